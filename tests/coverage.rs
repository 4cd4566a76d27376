//! `docs/coverage.md` tells the truth: every step that it names carries something, every reading that it names is one that
//! the console has, every item that a step carries is in it, and no row is without a state.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::collections::BTreeMap;

use handover::config::{Project, facts, locate};
use handover::domain::region::HomeRole;

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

/// Whether a service's console shows a reading, which is named `component.fact`, anywhere.
fn is_read(project: &Project, reading: &str) -> bool {
    let Some((id, name)) = reading.split_once('.') else { return false };
    let Some(component) = project.service().unwrap().component(id) else { return false };
    let spec = &component.spec;
    facts::find(spec, name).is_some_and(|fact| {
        let places = [Some(HomeRole::Primary), Some(HomeRole::Standby), None];
        facts::lacking(spec, fact.needs).is_none() && places.into_iter().any(|role| facts::is_at(spec, &fact, role))
    })
}

#[test]
fn every_row_has_a_state_and_every_step_that_is_named_is_there() {
    let rows = rows();
    assert!(rows.len() >= 972, "{} rows", rows.len());
    let projects: BTreeMap<&str, Project> =
        locate::presets().iter().map(|preset| (preset.name, Project::from_preset(preset))).collect();
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
        let project = projects.get(preset).unwrap_or_else(|| panic!("no preset {preset}"));
        if runbook == "service" {
            assert!(is_read(project, step), "{}: the service of {preset} has no such reading", row.state);
            continue;
        }
        let runbook = project.runbook(runbook).unwrap_or_else(|| panic!("{preset} has no runbook {runbook}"));
        let step = runbook.step(step).unwrap_or_else(|| panic!("{preset}/{} has no step {step}", runbook.id));
        assert!(step.carries.starts_with(&row.document), "{}: {:?}", row.state, step.carries);
    }
}

#[test]
fn a_reading_that_the_console_does_not_show_is_no_coverage() {
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    assert!(is_read(&project, "metrics.lag") && is_read(&project, "metrics.alarm.fineract-production-api-5xx"));
    for no in ["metrics", "metrics.lags", "nothing.lag", "endpoint.points_at"] {
        assert!(!is_read(&project, no), "{no}");
    }
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
