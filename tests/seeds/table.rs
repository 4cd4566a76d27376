//! `docs/simulated-calls.md` tells the truth: what it says is simulated was asked by the test that it names and answered,
//! and what it says of moto is so.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::common::peers;
use crate::sim::Sim;

const TABLE: &str = include_str!("../../docs/simulated-calls.md");
const TESTS: [&str; 2] = [include_str!("../seeds.rs"), include_str!("clusters.rs")];

/// A row: a call in a document.
struct Row {
    document: String,
    line: u32,
    call: String,
    simulated: bool,
    /// The test that makes it, or why there is none.
    test: String,
    moto: bool,
}

fn rows() -> Vec<Row> {
    let (mut rows, mut document) = (Vec::new(), String::new());
    for line in TABLE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.split(' ').next().unwrap().clone_into(&mut document);
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, written, call, simulated, test, moto] = cells[..] else { continue };
        let Ok(number) = number.parse() else { continue };
        let yes = |cell: &str| match cell {
            "yes" => true,
            "no" => false,
            other => panic!("{line}: {other:?} is neither yes nor no"),
        };
        assert!(!written.is_empty() && !test.is_empty() && call.contains(':'), "{line}");
        let [call, test] = [call, test].map(|cell| cell.replace('`', ""));
        let (simulated, moto) = (yes(simulated), yes(moto));
        rows.push(Row { document: document.clone(), line: number, call, simulated, test, moto });
    }
    rows
}

/// Asserts that a test's simulation was asked, and answered, every call for which the table names that test.
pub(crate) fn carried(sim: &Sim, test: &str) {
    let made: BTreeSet<String> = sim.made().into_iter().collect();
    let mut rows = rows();
    rows.retain(|row| row.simulated && row.test == test);
    assert!(!rows.is_empty(), "the table names no call that {test} makes");
    for row in rows {
        // CloudWatch signs as what it was called once.
        let call = row.call.replace("cloudwatch:", "monitoring:");
        assert!(made.contains(&call), "{} {}: {call} is not among {made:?}", row.document, row.line);
    }
}

#[test]
fn rows_are_in_order_and_those_that_say_yes_name_a_test() {
    let rows = rows();
    let mut last = (String::new(), 0);
    for row in &rows {
        let place = (row.document.clone(), row.line);
        assert!(place >= last, "{} {}: rows are in the order of the documents", row.document, row.line);
        last = place;
        let there = TESTS.iter().any(|text| text.contains(&format!("fn {}()", row.test)));
        assert_eq!(there, row.simulated, "{} {}: {:?}", row.document, row.line, row.test);
    }
    let documents: BTreeSet<&str> = rows.iter().map(|row| row.document.as_str()).collect();
    assert_eq!(Vec::from_iter(documents), ["000", "001", "002", "003", "004"]);
    let of = |document: &str| rows.iter().filter(|row| row.document == document).count();
    // The lines of the documents that call AWS or kubectl, counted by hand; calls that programs imply come on top.
    for (document, least) in [("000", 21), ("001", 12), ("002", 3), ("003", 8), ("004", 4)] {
        assert!(of(document) >= least, "{document}: {} rows", of(document));
    }
}

#[test]
fn what_is_said_of_moto_is_so() {
    let Some(programs) = peers::programs().unwrap_or_else(|error| panic!("{error}")) else { return };
    let rows = rows();
    let calls: BTreeSet<&str> = rows.iter().map(|row| row.call.as_str()).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/seeds/on_moto.py");
    let output = Command::new(programs.join("python")).arg("-B").arg(script).args(&calls).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in &rows {
        assert_eq!(found[&row.call], row.moto, "{} {}: {}", row.document, row.line, row.call);
    }
}
