//! What must hold of every journal, whatever happened.

use std::collections::BTreeMap;

use handover::domain::gate::Verdict;
use handover::domain::journal::Body;
use handover::domain::reading::{Evidence, Freshness};
use handover::domain::run::{Ending, Run, State};
use handover::domain::service::Spec;
use handover::sim::world::records::RecordSet;

use crate::rig::Rig;
use crate::spy::Ended;

/// Looks at everything that a run left behind.
pub(crate) fn audit(rig: &Rig) {
    audit_beside(rig, 0);
}

/// The same, where somebody else has made promotions of their own.
pub(crate) fn audit_beside(rig: &Rig, promotions: usize) {
    let broken = rig.ledger.broken.lock().unwrap().clone();
    assert!(broken.is_empty(), "{broken:#?}\n{}", rig.lines.text());
    let complain = |what: String| panic!("{what}\n{}", rig.lines.text());
    let mut run = Run::new(&rig.service.name, rig.runbook.clone(), rig.mode, rig.service.failover());
    let mut consented: BTreeMap<String, String> = BTreeMap::new();
    let mut outcomes: BTreeMap<(String, u32), u32> = BTreeMap::new();
    let mut ended: BTreeMap<String, Ending> = BTreeMap::new();
    let mut owned = false;
    for entry in rig.lines.entries() {
        let before = run.clone();
        run.apply(&entry);
        let line = entry.seq;
        if let Body::Reopened { step, .. } = &entry.body {
            ended.remove(step);
        }
        for (step, ending) in &ended {
            if run.state(step) != State::Ended(*ending) {
                complain(format!("{line}: {step} left its end"));
            }
        }
        if let Some(step) = entry.body.step()
            && before.state(step).is_ended()
            && !matches!(entry.body, Body::Output { .. } | Body::Attempt { .. } | Body::Reopened { .. })
        {
            complain(format!("{line}: {} for {step}, which is over", entry.body.kind()));
        }
        let truth = rig.regions.look(|world| world.truth(world.ms(entry.at)));
        match &entry.body {
            // From here on two sides may take writes, and somebody said so by name.
            Body::Settled { step, ending, .. } if step == "fence" && ending.is_undone() => owned = true,
            Body::Override { gate, .. } if gate == "the old primary is fenced" => owned = true,
            Body::RollBack { step, .. } if step == "fence" => owned = true,
            _ => {}
        }
        let both = truth.takes_writes.primary && truth.takes_writes.standby;
        if both && !owned && run.splits.is_empty() {
            complain(format!("{line}: both sides take writes, and nobody said so"));
        }
        match &entry.body {
            Body::Consent { step, consent } => {
                if consent.operator != entry.by {
                    complain(format!("{line}: a consent in another's name"));
                }
                consented.insert(step.clone(), consent.plan.clone());
            }
            Body::Void { step, .. } => {
                consented.remove(step);
            }
            Body::Intent { step, plan_hash, attempt, .. } => {
                if consented.remove(step).as_ref() != Some(plan_hash) {
                    complain(format!("{line}: an intent without its own consent"));
                }
                if before.armed.as_ref() != Some(&entry.by) {
                    complain(format!("{line}: an intent of somebody who is not armed"));
                }
                if *attempt != before.record(step).tries + 1 {
                    complain(format!("{line}: try {attempt} after {}", before.record(step).tries));
                }
                if before.paused.is_some() {
                    complain(format!("{line}: an intent in a run that is held"));
                }
                if !before.is_ready(step) {
                    complain(format!("{line}: {step} was not ready"));
                }
                let record = before.record(step);
                if !before.open_questions(step, &record.gates).is_empty() {
                    complain(format!("{line}: a closed gate was passed"));
                }
                for gate in record.gates.iter().filter(|gate| gate.verdict == Verdict::Pass) {
                    if let Some(old) = too_old(&gate.evidence, entry.at) {
                        complain(format!("{line}: {step} passed {:?} by {old}", gate.name));
                    }
                }
            }
            Body::Outcome { step, attempt, .. } => {
                let count = outcomes.entry((step.clone(), *attempt)).or_default();
                *count += 1;
                if *count > 1 {
                    complain(format!("{line}: two outcomes of one try"));
                }
            }
            Body::Settled { step, ending, .. } => {
                ended.insert(step.clone(), *ending);
                let promotes = rig.runbook.step(step).is_some_and(|step| {
                    matches!(&step.action, handover::domain::runbook::Action::Act { action, .. } if action == "promote")
                });
                if promotes && matches!(ending, Ending::Done | Ending::AlreadyDone | Ending::ByHand) {
                    let truth = rig.regions.look(|world| world.truth(world.ms(entry.at)));
                    if !truth.promoted {
                        complain(format!("{line}: promoted by the journal and in recovery in truth"));
                    }
                }
            }
            _ => {}
        }
    }
    for record in &records_of(rig) {
        assert!(record.0 && record.1, "a target was removed\n{}", rig.lines.text());
    }
    let made = rig.ledger.made.lock().unwrap().clone();
    // What was accepted was asked for, and at most as often.
    for (operation, action) in [
        ("rds:PromoteReadReplica", "promote"),
        ("route53:ChangeResourceRecordSets", "point"),
        ("sql:Fence", "fence"),
        ("sql:Admit", "admit"),
    ] {
        let tries: std::collections::BTreeSet<(&str, u32)> = made
            .iter()
            .filter(|made| made.action == action)
            .filter(|made| !matches!(made.ended, Some(Ended::NotYet | Ended::Refused)))
            .map(|made| (made.step.as_str(), made.attempt))
            .collect();
        let others = if action == "promote" { promotions } else { 0 };
        let accepted = rig.mutations(operation) - others;
        assert!(accepted <= tries.len(), "{accepted} of {operation} for the tries {tries:?}\n{}", rig.lines.text());
    }
}

/// Exactly one of everything, on a target that has the service now.
pub(crate) fn exactly_once(rig: &Rig, fenced: bool) {
    let say = |what: &str| format!("{what}\n{}", rig.lines.text());
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 1, "{}", say("promotions"));
    assert_eq!(rig.mutations("route53:ChangeResourceRecordSets"), 1, "{}", say("changes of records"));
    assert_eq!(rig.mutations("sql:Fence"), usize::from(fenced), "{}", say("fences"));
    assert_eq!(rig.mutations("sql:Admit"), usize::from(fenced), "{}", say("admissions"));
    let truth = rig.regions.truth();
    assert!(truth.promoted && truth.takes_writes.standby, "{}", say("not promoted"));
    assert_eq!(truth.traffic, Some(handover::domain::region::HomeRole::Standby), "{}", say("traffic"));
}

/// What a gate must not have been passed by: a reading that was stale, or longer ago than anything is fresh for.
fn too_old(evidence: &Evidence, now: jiff::Timestamp) -> Option<String> {
    let what = &evidence.reading;
    if evidence.freshness != Freshness::Fresh {
        return Some(format!("{what}, which was {}", evidence.freshness.as_str()));
    }
    if evidence.source.starts_with("the journal") {
        return None;
    }
    let Some(at) = evidence.at else { return Some(format!("{what}, which was never read")) };
    // CloudWatch tells of minutes that are over; all else is asked every few seconds.
    let most = if evidence.source.starts_with("cloudwatch") { 300 } else { 60 };
    let old = now.duration_since(at).as_secs();
    (old > most).then(|| format!("{what} of {old} s ago, by {}", evidence.source))
}

/// At every moment that the zone changed: whether the record pair had its primary and its secondary.
fn records_of(rig: &Rig) -> Vec<(bool, bool)> {
    let targets = rig.service.components.iter().filter_map(|component| match &component.spec {
        Spec::Route53Failover(traffic) => Some(traffic),
        _ => None,
    });
    targets
        .flat_map(|traffic| {
            rig.regions.look(|world| {
                let zone = world.zone(&traffic.zone).expect("the zone of the service");
                let name = format!("{}.", traffic.record);
                let has = |records: &[RecordSet], role: &str| {
                    records.iter().any(|record| record.name == name && record.failover.as_deref() == Some(role))
                };
                let spans = zone.records.spans();
                spans.map(|(_, _, records)| (has(records, "PRIMARY"), has(records, "SECONDARY"))).collect::<Vec<_>>()
            })
        })
        .collect()
}

#[test]
fn what_is_old_stale_or_was_never_read_is_told() {
    let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let seen = |freshness, seconds: Option<i64>, source: &str| Evidence {
        reading: "database.us-west-2.status".to_owned(),
        value: "available".to_owned(),
        at: seconds.map(|seconds| now - jiff::SignedDuration::from_secs(seconds)),
        freshness,
        source: source.to_owned(),
    };
    assert_eq!(too_old(&seen(Freshness::Fresh, Some(60), "rds"), now), None);
    assert_eq!(too_old(&seen(Freshness::Fresh, Some(200), "cloudwatch"), now), None);
    assert_eq!(too_old(&seen(Freshness::Fresh, Some(2000), "the journal"), now), None);
    for bad in [
        seen(Freshness::Fresh, Some(61), "rds"),
        seen(Freshness::Fresh, Some(301), "cloudwatch"),
        seen(Freshness::Stale, Some(1), "rds"),
        seen(Freshness::Lost, Some(1), "the journal"),
        seen(Freshness::Fresh, None, "rds"),
    ] {
        assert!(too_old(&bad, now).is_some(), "{bad:?}");
    }
}
