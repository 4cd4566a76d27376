//! `docs/coverage.md` tells the truth: every step that it names carries something, every reading that it names is one that
//! the console has, every item that a step carries is in it, and no row is without a state.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::collections::BTreeMap;

use handover::config::{Project, facts, locate};
use handover::domain::service::Service;

const COVERAGE: &str = include_str!("../docs/coverage.md");

/// A row of a document's table.
struct Row {
    document: String,
    line: u32,
    item: String,
    state: String,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut document = String::new();
    for line in COVERAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.split(' ').next().unwrap().clone_into(&mut document);
        }
        // A bar within a cell is escaped.
        let plain = line.replace("\\|", "\u{1}");
        let cells: Vec<&str> = plain.trim_matches('|').split('|').map(str::trim).collect();
        if let ([number, item, _, how, state], true) = (cells.as_slice(), line.starts_with("| ")) {
            let Ok(number) = number.parse() else { continue };
            assert!(!item.is_empty() && !how.is_empty(), "{line}");
            let (item, state) = (item.replace('\u{1}', "|"), (*state).to_owned());
            rows.push(Row { document: document.clone(), line: number, item, state });
        }
    }
    rows
}

#[test]
fn every_row_has_a_state_and_every_step_that_is_named_is_there() {
    let rows = rows();
    assert!(rows.len() >= 941, "{} rows", rows.len());
    let mut last = (String::new(), 0);
    for row in &rows {
        let place = (row.document.clone(), row.line);
        assert!(place >= last, "{} {}: rows are in the order of the documents", row.document, row.line);
        last = place;
        if ["not yet", "left out"].contains(&row.state.as_str()) {
            continue;
        }
        let [preset, runbook, step] = row.state.split('/').collect::<Vec<_>>()[..] else {
            panic!("{} {}: {:?} is no state", row.document, row.line, row.state)
        };
        let project = Project::from_preset(&locate::preset(preset).unwrap_or_else(|| panic!("no preset {preset}")));
        if runbook == "service" {
            assert!(is_read(project.service().unwrap(), step), "{} {}: {step} is not read", row.document, row.line);
            continue;
        }
        let runbook = project.runbook(runbook).unwrap_or_else(|| panic!("{preset} has no runbook {runbook}"));
        let step = runbook.step(step).unwrap_or_else(|| panic!("{preset}/{} has no step {step}", runbook.id));
        assert!(step.carries.starts_with(&row.document), "{}: {:?}", row.state, step.carries);
    }
}

/// Whether a service has a reading, named by component and fact, and says what it takes to read it.
fn is_read(service: &Service, reading: &str) -> bool {
    let (component, fact) = reading.split_once('.').unwrap_or_else(|| panic!("{reading:?} is no reading"));
    let spec = &service.component(component).unwrap_or_else(|| panic!("no component {component}")).spec;
    facts::find(spec, fact).is_some_and(|fact| facts::lacking(spec, fact.needs).is_none())
}

#[test]
fn a_reading_counts_only_where_the_service_has_it() {
    let project = Project::from_preset(&locate::preset("regami").unwrap());
    let service = project.service().unwrap();
    assert!(is_read(service, "database.takes_writes") && is_read(service, "metrics.lag"));
    assert!(!is_read(service, "database.lag") && !is_read(service, "endpoint.takes_writes"));
}

#[test]
fn every_item_that_a_step_carries_is_in_the_table() {
    let mut carried: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows() {
        carried.entry(row.state).or_default().push(row.item);
    }
    for preset in locate::presets() {
        let project = Project::from_preset(preset);
        for runbook in &project.runbooks {
            for (_, step) in runbook.steps().filter(|(_, step)| !step.carries.is_empty()) {
                let state = format!("{}/{}/{}", preset.name, runbook.id, step.id);
                let item = step.carries.rsplit(" · ").next().unwrap().replace('`', "");
                let items = carried.get(&state).unwrap_or_else(|| panic!("{state} is not in docs/coverage.md"));
                assert!(items.contains(&item), "{state}: {item:?} is not among {items:?}");
            }
        }
    }
}
