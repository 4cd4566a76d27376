//! The real process is killed at every record of a run's journal (before it is written, half-way through, and once it is
//! durable, which is between a call and its record on one side or the other), taken up again, and ends verified: with
//! every mutation made exactly once.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::atomic::{AtomicU32, Ordering};

use common::faults::{Fault, counted};
use common::short::{Short, count, mutations, said, side_by_side};

/// What a whole run asks for, once each. A test write leaves nothing behind and may be made again.
const ONCE: [&str; 4] = ["rds:PromoteReadReplica", "route53:ChangeResourceRecordSets", "sql:Admit", "sql:Fence"];

/// How often each mutation was made, but for test writes.
fn lasting(short: &Short, data: &str) -> BTreeMap<String, usize> {
    let mut counts = mutations(&short.folder(data));
    counts.remove("sql:TestWrite");
    counts
}

fn once() -> BTreeMap<String, usize> {
    ONCE.iter().map(|operation| ((*operation).to_owned(), 1)).collect()
}

/// Plays a run that nothing happens to, and says how many records it has.
fn records(short: &Short) -> u32 {
    let log = short.path("count");
    let output = short.play("whole", "calm", &Fault::Count.env(Some(&log)));
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(lasting(short, "whole"), once());
    let (writes, syncs) = counted(&log);
    // One sync more: that of the empty file.
    assert_eq!(
        (usize::try_from(writes).unwrap(), syncs),
        (short.journal("whole").split(|b| *b == b'\n').count() - 1, writes + 1)
    );
    writes
}

/// A run that `fault` ends at its `at`th record, taken up again (and killed and taken up once more, if `again` says at
/// which of its records), to its end. Returns how many processes were killed.
fn killed_and_resumed(short: &Short, fault: fn(u32) -> Fault, at: u32, again: Option<u32>) -> u32 {
    let data = format!("{at}");
    let torn = matches!(fault(at), Fault::TornWrite(_));
    let output = short.play(&data, "calm", &fault(at).env(None));
    if output.status.signal() != Some(9) {
        // What is read, and so recorded, is a matter of time: a run may have a record or two less than another.
        assert!(output.status.success(), "{:?} and not killed:\n{}", fault(at), said(&output));
        return 0;
    }
    let so_far = lasting(short, &data);
    assert!(so_far.values().all(|count| *count == 1), "{so_far:?}");
    let whole = count_all(short, &data);
    if whole == 0 {
        let output = short.resume(&data, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("nothing was recorded"), "{}", said(&output));
        assert_eq!(lasting(short, &data), BTreeMap::new());
        return 1;
    }
    let mut killed = 1;
    let mut tails = usize::from(torn);
    if let Some(again) = again {
        let output = short.resume(&data, &fault(again).env(None));
        if output.status.signal() == Some(9) {
            killed += 1;
            // Torn again; but in the first record of a resume after a torn one, that is the record of it.
            tails += usize::from(torn && again > 1);
        }
    }
    let output = short.resume(&data, &[]);
    let context = || {
        let journal = said(&short.run(&data, &["journal", "show"]));
        format!("{:?} then {again:?}: {}\n{}\n{journal}", fault(at), output.status, said(&output))
    };
    // Killed once its last record was durable, a run is over.
    let over = output.status.code() == Some(1) && said(&output).contains("is closed");
    assert!(output.status.success() || over, "{}", context());
    assert_eq!(lasting(short, &data), once(), "{}", context());
    let journal = short.journal(&data);
    assert_eq!(count(&journal, "run-closed"), 1, "{}", context());
    assert_eq!(count(&journal, "recovered-tail"), tails, "{}", context());
    let verified = short.run(&data, &["journal", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    killed
}

fn count_all(short: &Short, data: &str) -> usize {
    short.journal(data).iter().filter(|byte| **byte == b'\n').count()
}

/// A run for each record, killed there.
fn at_every_record(fault: fn(u32) -> Fault) {
    let short = Short::new();
    let all = records(&short);
    assert!(all >= 40, "{all} records");
    let killed = AtomicU32::new(0);
    side_by_side(&(1..=all).collect::<Vec<_>>(), |at| {
        // Every third is killed once more, somewhere in its first records after it was taken up.
        let again = (at % 3 == 0).then_some(at / 3 % 9 + 1);
        killed.fetch_add(killed_and_resumed(&short, fault, *at, again), Ordering::Relaxed);
    });
    let killed = killed.into_inner();
    println!("{all} records, {killed} processes killed");
    assert!(killed + 4 >= all, "only {killed} processes were killed at {all} records");
}

#[test]
fn killed_before_each_record_a_run_still_ends_with_every_mutation_made_once() {
    at_every_record(Fault::KillBeforeWrite);
}

#[test]
fn killed_after_each_record_a_run_still_ends_with_every_mutation_made_once() {
    // The first sync is that of the empty file.
    at_every_record(|record| Fault::KillAfterSync(record + 1));
}

#[test]
fn killed_in_the_middle_of_each_record_a_run_still_ends_with_every_mutation_made_once() {
    at_every_record(Fault::TornWrite);
}
