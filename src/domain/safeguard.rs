//! Safeguards: the gates that every run has, whatever its runbook says.
//!
//! - Traffic goes where the database takes writes and something runs, and where a write was made if the runbook makes one.
//! - A database takes over when the fence of the other was tried: it holds, or its risk was accepted by name.
//! - Nothing comes home while its last byte is missing, or while the other side takes writes.
//! - A service that was handed over within the hour is not handed over again without somebody saying so.
//!
//! Each is overridden like any gate: alone, by its name, with a reason, and it is journaled.

use std::time::Duration;

use jiff::Timestamp;

use super::duration;
use super::fencing::{CUT_OFF, FENCE, is_fence};
use super::gate::{GateResult, Predicate, ReadingRef, Sight, Test, Verdict};
use super::plan::Plan;
use super::reading::{Evidence, Freshness, age};
use super::region::{Place, Side};
use super::run::{Ending, Run, State};
use super::runbook::{Action, Gate, Step, Way};
use super::service::{Component, SWITCHOVER, Service, Spec};

/// For how long a service that was handed over is left where it is.
pub const SETTLE: Duration = Duration::from_hours(1);

/// The last time that this service was handed over, in another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The run.
    pub run: String,
    /// When.
    pub at: Timestamp,
}

/// What a step does that there are safeguards for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// It moves traffic to the target.
    Traffic,
    /// It makes the target's database the one that writes, and loses what that has not received.
    Promotion,
    /// It makes it so without loss, by the cloud's own means.
    Switchover,
}

/// The gates over readings that a step has besides its runbook's; none where the runbook asks for the same.
pub fn gates(service: &Service, run: &Run, step: &Step) -> Vec<Gate> {
    let mut gates = Vec::new();
    match deed(service, run, step) {
        Some(Deed::Traffic) => {
            for component in &service.components {
                gates.extend(serves(component));
            }
        }
        Some(Deed::Promotion) if run.runbook.way == Way::Failback => {
            if let Action::Act { component, .. } = &step.action
                && let Some(Spec::RdsReplica(database)) = service.component(component).map(|of| &of.spec)
                && database.sql.is_some()
            {
                let test = Test::AtMost(0.0);
                gates.push(gate("the last byte is there", component, Side::Global, "behind_bytes", test));
            }
        }
        _ => {}
    }
    gates.retain(|gate| !asks(step, &gate.predicate));
    gates
}

/// What must be so in a component of the target before traffic comes.
fn serves(component: &Component) -> Option<Gate> {
    let id = &component.id;
    let at_least_one = |fact| gate(&format!("{id} runs there"), id, Side::Target, fact, Test::AtLeast(1.0));
    let writes = || gate(&format!("{id} takes writes there"), id, Side::Target, "takes_writes", Test::IsBool(true));
    let role = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        gate(&format!("{id} follows nobody there"), id, Side::Target, "role", Test::OneOf(words))
    };
    match &component.spec {
        Spec::RdsReplica(database) if database.sql.is_some() => Some(writes()),
        Spec::AuroraGlobal(database) if database.sql.is_some() => Some(writes()),
        Spec::RdsReplica(_) => Some(role(&["primary", "standalone"])),
        Spec::AuroraGlobal(_) => Some(role(&["writer", "detached"])),
        Spec::Ecs(_) => Some(at_least_one("running")),
        Spec::Kubernetes(cluster) if !cluster.workloads.is_empty() => Some(at_least_one("ready")),
        _ => None,
    }
}

fn gate(name: &str, component: &str, side: Side, fact: &str, test: Test) -> Gate {
    let reading = ReadingRef { component: component.to_owned(), side, fact: fact.to_owned() };
    Gate { name: name.to_owned(), predicate: Predicate { reading, test, span: false } }
}

/// Whether the runbook asks for the same at this step; a stricter limit of the same reading is the same.
fn asks(step: &Step, predicate: &Predicate) -> bool {
    step.gates.iter().map(|gate| &gate.predicate).any(|other| {
        other.reading == predicate.reading
            && match (&other.test, &predicate.test) {
                (Test::AtLeast(theirs), Test::AtLeast(ours)) => theirs >= ours,
                (Test::AtMost(theirs), Test::AtMost(ours)) => theirs <= ours,
                (theirs, ours) => theirs == ours,
            }
    })
}

/// Every safeguard of a step, looked at.
pub fn look(
    service: &Service,
    run: &Run,
    step: &Step,
    plan: &Plan,
    sight: &Sight<'_>,
    last: Option<&Takeover>,
) -> Vec<GateResult> {
    let mut results: Vec<GateResult> = gates(service, run, step)
        .into_iter()
        .map(|gate| {
            let (verdict, evidence) = sight.look(&gate.predicate);
            GateResult { name: gate.name, verdict, evidence }
        })
        .collect();
    let Some(deed) = deed(service, run, step) else { return results };
    match deed {
        Deed::Traffic => results.extend(wrote(run)),
        Deed::Promotion => results.push(fenced(service, run, plan)),
        Deed::Switchover => {}
    }
    results.extend(last.and_then(|last| settled(last, sight.now)));
    results
}

fn deed(service: &Service, run: &Run, step: &Step) -> Option<Deed> {
    let Action::Act { component, action, on } = &step.action else { return None };
    let there = on.place(&run.direction, &service.regions) == Place::Region(run.direction.target.clone());
    if !there || run.runbook.way == Way::Drill {
        return None;
    }
    if service.takes_over(component, action) {
        return Some(if action == SWITCHOVER { Deed::Switchover } else { Deed::Promotion });
    }
    let traffic = service.component(component)?.spec.carries_traffic();
    (traffic && action == "point").then_some(Deed::Traffic)
}

/// Whether the runbook's own write was made, where it makes one.
fn wrote(run: &Run) -> Vec<GateResult> {
    let proofs = run.runbook.steps().map(|(_, step)| step).filter(
        |step| matches!(&step.action, Action::Act { action, on: Side::Target, .. } if action == "verify-writes"),
    );
    proofs.map(|step| ended(run, step, &format!("{} is done", step.id), is_done)).collect()
}

/// The gate that asks for a fence.
const FENCED: &str = "the old primary is fenced";

/// Whether a gate passes though what it asks for is not so: a fence whose risk was accepted.
pub fn is_taken_on_trust(service: &Service, run: &Run, gate: &GateResult) -> bool {
    let given_up = |step: &Step| run.state(&step.id) == State::Ended(Ending::RiskAccepted);
    gate.verdict == Verdict::Pass && gate.name == FENCED && fence(service, run).is_some_and(given_up)
}

/// How the fence of the other database stands.
fn fenced(service: &Service, run: &Run, plan: &Plan) -> GateResult {
    let name = FENCED;
    let fence = fence(service, run);
    let Some(step) = fence else {
        let value = format!("no step of this run fences {}", run.direction.source);
        let evidence = Evidence {
            reading: plan.component.clone(),
            value,
            at: None,
            freshness: Freshness::Never,
            source: String::new(),
        };
        return GateResult { name: name.to_owned(), verdict: Verdict::Fail, evidence };
    };
    // On the way home there is time: a fence that does not hold is no fence.
    let home = run.runbook.way == Way::Failback;
    let mut result = ended(run, step, name, |ending| is_done(ending) || (ending == Ending::RiskAccepted && !home));
    // It passes, but nothing is fenced: whoever reads it must not think so.
    if let State::Ended(Ending::RiskAccepted) = run.record(&step.id).state {
        result.evidence.value = format!("not fenced, {}", result.evidence.value);
    }
    // What was done beside the database says nothing of the database: somebody answers for it, by name.
    if let (Verdict::Pass, Action::Act { action, .. }) = (result.verdict, &step.action)
        && action != FENCE
    {
        let open = if action == CUT_OFF { "who was connected" } else { "another client" };
        result.verdict = Verdict::Unknown;
        result.evidence.value = format!("{}, by {action}: {open} may still write", result.evidence.value);
    }
    result
}

/// The step that takes the writes from the side that is left, if the runbook has one.
pub fn fence<'a>(service: &Service, run: &'a Run) -> Option<&'a Step> {
    run.runbook.steps().map(|(_, step)| step).find(|step| is_fence(service, run, step))
}

/// Whether a step that ended so is done.
pub fn is_done(ending: Ending) -> bool {
    matches!(ending, Ending::Done | Ending::AlreadyDone | Ending::ByHand)
}

fn ended(run: &Run, step: &Step, name: &str, good: impl Fn(Ending) -> bool) -> GateResult {
    let record = run.record(&step.id);
    let (verdict, value) = match record.state {
        State::Ended(ending) if good(ending) => (Verdict::Pass, ending.as_str()),
        State::Ended(ending) => (Verdict::Fail, ending.as_str()),
        _ => (Verdict::Fail, "not over"),
    };
    let evidence = Evidence {
        reading: format!("step {}", step.id),
        value: value.to_owned(),
        at: record.ended,
        freshness: Freshness::Fresh,
        source: "the journal".to_owned(),
    };
    GateResult { name: name.to_owned(), verdict, evidence }
}

/// The gate that somebody opens who hands a service over again within the hour.
fn settled(last: &Takeover, now: Timestamp) -> Option<GateResult> {
    let ago = age(last.at, now);
    let evidence = Evidence {
        reading: format!("the run {}", last.run),
        value: format!("handed over {} ago", duration::age(ago)),
        at: Some(last.at),
        freshness: Freshness::Fresh,
        source: "the journals of this machine".to_owned(),
    };
    let name = "nothing was handed over in the last hour".to_owned();
    (ago < SETTLE).then_some(GateResult { name, verdict: Verdict::Fail, evidence })
}
