//! Each rule, broken alone; and a run that breaks none.

use super::*;
use crate::domain::debrief::Secret;
use crate::domain::journal::{Files, OutcomeOf, RunOutcome};
use crate::domain::reading::{Evidence, Freshness};
use crate::domain::region::Direction;
use crate::domain::run::Mode;
use crate::domain::timeline::{Loss, Milestone};
use crate::domain::usual::{Usual, Usuals};
use crate::domain::writers::Split;

const OBJECTIVES: Objectives = Objectives {
    rto: Duration::from_mins(30),
    rpo: Duration::from_mins(15),
    disruption: None,
    dns: None,
    replication: None,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A journal under construction; its entries are numbered from 1.
#[derive(Clone)]
struct Tale(Vec<Entry>);

impl Tale {
    /// Opened at second 0, and armed.
    fn new() -> Self {
        let direction = Direction { source: "us-east-1".parse().unwrap(), target: "us-west-2".parse().unwrap() };
        let opened = Body::RunOpened {
            run: "run".into(),
            service: "shop".into(),
            runbook: "failover".into(),
            mode: Mode::Simulation,
            direction,
            files: Files { service: String::new(), runbook: String::new() },
            tool: "test".into(),
            host: "here".into(),
            shared_terminal: None,
            scenario: Some("region-outage".into()),
        };
        Self(Vec::new()).then(0, "anna", opened).then(1, "anna", Body::Armed)
    }

    fn then(mut self, second: i64, by: &str, body: Body) -> Self {
        let seq = self.0.len() as u64 + 1;
        let mono_ms = u64::try_from(second).unwrap() * 1000;
        self.0.push(Entry {
            seq,
            at: at(second),
            mono_ms,
            by: by.into(),
            body,
            prev: String::new(),
            hash: String::new(),
        });
        self
    }

    fn marked(self, second: i64, milestone: Milestone) -> Self {
        self.then(second, "handover", Body::Milestone { milestone, when: at(second), source: "test".into() })
    }

    /// A recovery that took twenty minutes and lost two seconds of writes.
    fn recovered(self) -> Self {
        let loss = Loss::Exact { rows: 40, source_mark: 140, target_mark: 100, at_most_ms: Some(2000) };
        self.then(
            20,
            "anna",
            Body::Milestone { milestone: Milestone::ImpactBegan, when: at(0), source: "alarm".into() },
        )
        .then(25, "anna", intent("promote", 1))
        .marked(30, Milestone::PromoteCalled)
        .then(90, "handover", settled("promote", Ending::Done, "promoted"))
        .marked(90, Milestone::Promoted)
        .then(95, "handover", Body::DataLoss { loss })
        .marked(1200, Milestone::Sustained)
    }

    fn debriefed(self, second: i64, truth: Truth, surprise: Option<Revealed>) -> Self {
        self.then(second, "handover", Body::Debriefed { truth, surprise: surprise.map(Box::new) })
    }

    fn closed(self, second: i64, outcome: RunOutcome) -> Self {
        self.then(second, "anna", Body::RunClosed { outcome, says: "so it is".into() })
    }

    fn judged(&self) -> Option<Score> {
        let entries: Vec<&Entry> = self.0.iter().collect();
        score(&entries, &Run::from_journal(&self.0).unwrap(), OBJECTIVES)
    }

    fn score(&self) -> Score {
        self.judged().expect("it is closed")
    }
}

fn intent(step: &str, attempt: u32) -> Body {
    Body::Intent { step: step.into(), plan_hash: String::new(), attempt, evidence: vec![] }
}

fn settled(step: &str, ending: Ending, says: &str) -> Body {
    Body::Settled { step: step.into(), ending, says: says.into(), evidence: vec![] }
}

fn failed(step: &str, reason: &str) -> Body {
    Body::Failed { step: step.into(), reason: reason.into(), evidence: vec![] }
}

fn overridden(reason: &str, freshness: Freshness) -> Body {
    let evidence = Evidence {
        reading: "metrics.us-west-2.lag".into(),
        value: "3.2 s".into(),
        at: None,
        freshness,
        source: String::new(),
    };
    Body::Override { step: "promote".into(), gate: "lag within RPO".into(), reason: reason.into(), evidence }
}

fn truth() -> Truth {
    let west = "us-west-2".parse().unwrap();
    Truth { rows_lost: Some(40), loss_ms: Some(2000), writers: vec![west], traffic: None }
}

fn told(sprung: Option<i64>, handled: Handled) -> Revealed {
    Revealed {
        secret: Secret { name: "throttled-promotion".into(), nonce: "7".into() },
        title: "Throttled".into(),
        says: "Rate exceeded.".into(),
        remedy: "Wait.".into(),
        sprung: sprung.map(at),
        signs: vec!["rate exceeded".into()],
        handled,
    }
}

fn sealed() -> Body {
    Body::SurpriseSealed { sha256: told(None, Handled::OneWriter).secret.seal() }
}

/// A run by the book with one more entry in it.
fn with(second: i64, body: Body) -> Score {
    Tale::new()
        .then(second, "anna", body)
        .recovered()
        .debriefed(1300, truth(), None)
        .closed(1310, RunOutcome::Verified)
        .score()
}

/// The only deduction: its points and its entry.
fn only(score: &Score) -> (u32, u64) {
    let [deduction] = score.deductions.as_slice() else { panic!("{:#?}", score.deductions) };
    assert_eq!(score.points, FULL - deduction.points);
    assert!(!deduction.better.is_empty() && !deduction.why.is_empty());
    (deduction.points, deduction.entry)
}

#[test]
fn a_run_by_the_book_loses_nothing_and_is_not_praised() {
    let score = Tale::new().recovered().debriefed(1300, truth(), None).closed(1310, RunOutcome::Verified).score();
    assert_eq!((score.points, score.deductions.len(), score.unknown.len()), (FULL, 0, 0), "{score:#?}");
    assert_eq!((score.truth, score.surprise), (Some(truth()), None));
}

#[test]
fn a_run_that_is_open_has_no_score() {
    let open = Tale::new().recovered();
    assert_eq!(open.judged(), None);
}

#[test]
fn gates_cost_by_what_was_known_and_what_was_said() {
    assert_eq!(only(&with(2, overridden("ok", Freshness::Stale))), (8, 3));
    assert_eq!(only(&with(2, overridden("lag within RPO", Freshness::Stale))), (8, 3), "the gate's name is no reason");
    assert_eq!(only(&with(2, overridden("the Region is gone and SQL says 3 s", Freshness::Stale))), (2, 3));
    assert_eq!(only(&with(2, overridden("we have no more time now", Freshness::Fresh))), (5, 3));
}

#[test]
fn what_is_left_out_or_done_beside_the_console_costs() {
    assert_eq!(only(&with(2, settled("smoke", Ending::Skipped, "no"))), (5, 3));
    assert!(with(2, settled("smoke", Ending::Skipped, "the tests run in another account")).deductions.is_empty());
    assert_eq!(only(&with(2, settled("freeze", Ending::ByHand, "done by Ben in the console"))), (2, 3));
    assert_eq!(only(&with(2, Body::Left { running: vec!["promote".into()] })), (5, 3));
}

#[test]
fn the_same_call_at_once_costs_and_after_a_look_does_not() {
    let tale = |second| {
        let tale = Tale::new().then(2, "handover", failed("point", "refused")).then(second, "anna", intent("point", 2));
        tale.recovered().debriefed(1300, truth(), None).closed(1310, RunOutcome::Verified).score()
    };
    assert_eq!(only(&tale(6)), (3, 4));
    assert!(tale(14).deductions.is_empty());
}

#[test]
fn time_costs_against_what_was_promised_and_against_what_is_usual() {
    let late = Tale::new()
        .recovered()
        .0
        .into_iter()
        .filter(|entry| !matches!(entry.body, Body::Milestone { milestone: Milestone::Sustained, .. }));
    let late = Tale(late.collect()).marked(1801, Milestone::Sustained);
    let late = late.debriefed(1900, truth(), None).closed(1910, RunOutcome::Verified).score();
    let rto = late.deductions.iter().find(|deduction| deduction.points == 20).unwrap();
    assert!(rto.why.contains("30:01") && rto.why.contains("30m"), "{}", rto.why);

    let usual = |ms| {
        let steps = Usuals::from([("promote".to_owned(), Usual { ms, runs: 3 })]);
        with(2, Body::Usual { steps, runs: vec!["before".into()] })
    };
    assert!(usual(60_000).deductions.is_empty(), "65 s is not twice a minute");
    assert_eq!(only(&usual(4_000)), (2, 7));

    let mut unmeasured = Tale::new().recovered();
    unmeasured.0.retain(|entry| !matches!(entry.body, Body::Milestone { milestone: Milestone::ImpactBegan, .. }));
    let score = unmeasured.debriefed(1300, truth(), None).closed(1310, RunOutcome::Verified).score();
    assert!(score.deductions.iter().any(|deduction| deduction.points == 5 && deduction.why.contains("not measured")));
}

#[test]
fn the_true_loss_counts_and_not_the_one_that_was_recorded() {
    let ended =
        |truth: Truth| Tale::new().recovered().debriefed(1300, truth, None).closed(1310, RunOutcome::Verified).score();
    let lost = ended(Truth { loss_ms: Some(901_000), rows_lost: Some(18_020), ..truth() });
    let points: Vec<u32> = lost.deductions.iter().map(|deduction| deduction.points).collect();
    assert_eq!(points, [20, 10], "beyond the RPO, and more than was recorded: {lost:#?}");
    assert_eq!(only(&ended(Truth { rows_lost: Some(41), ..truth() })), (10, 8));
    assert!(ended(Truth { rows_lost: Some(39), ..truth() }).deductions.is_empty());
    let both = vec!["us-east-1".parse().unwrap(), "us-west-2".parse().unwrap()];
    let two = ended(Truth { writers: both.clone(), ..truth() });
    assert_eq!(only(&two), (10, 11));
    let split = Body::SplitBrain { splits: vec![Split { component: "database".into(), regions: both }] };
    assert_eq!(only(&with(2, split)), (10, 3));
}

#[test]
fn of_real_regions_nobody_knows_what_was_lost_and_that_is_said() {
    let score = Tale::new().recovered().closed(1310, RunOutcome::Verified).score();
    assert_eq!((score.points, score.truth), (FULL, None));
    assert_eq!(score.unknown, ["what was really lost: only a simulation knows"]);
}

#[test]
fn an_abandoned_run_costs_a_quarter() {
    let score = Tale::new().debriefed(5, truth(), None).closed(6, RunOutcome::Abandoned).score();
    assert_eq!(only(&score), (25, 4));
}

/// A recovery in which a surprise came at second 100, with what was entered after it.
fn surprised(entries: &[(i64, &str, Body)], handled: Handled, truth: Truth) -> Score {
    let mut tale = Tale::new().then(2, "handover", sealed()).recovered();
    let sustained = tale.0.pop().unwrap();
    for (second, by, body) in entries {
        tale = tale.then(*second, by, body.clone());
    }
    let tale = tale.then(1200, "handover", sustained.body);
    tale.debriefed(1300, truth, Some(told(Some(100), handled))).closed(1310, RunOutcome::Verified).score()
}

fn throttled() -> Body {
    let outcome = OutcomeOf::Refused { message: "Rate exceeded".into() };
    Body::Outcome { step: "point".into(), attempt: 1, outcome }
}

#[test]
fn a_surprise_is_shown_by_an_entry_and_noticed_by_a_person() {
    let note = || Body::Note { text: "the API says rate exceeded".into() };
    let good = surprised(&[(110, "handover", throttled()), (140, "anna", note())], Handled::OneWriter, truth());
    assert!(good.deductions.is_empty(), "{good:#?}");
    let surprise = good.surprise.unwrap();
    assert_eq!((surprise.sealed, surprise.handled), (true, Some(true)));
    assert_eq!(surprise.shown.map(|seen| (seen.entry, seen.after_ms)), Some((10, 10_000)));
    assert_eq!(surprise.noticed.map(|seen| (seen.entry, seen.after_ms)), Some((11, 40_000)));

    let late = surprised(&[(110, "handover", throttled()), (500, "anna", note())], Handled::OneWriter, truth());
    assert_eq!(only(&late), (5, 11));
    let nobody = surprised(&[(110, "handover", throttled())], Handled::OneWriter, truth());
    assert_eq!(only(&nobody), (10, 10));
    assert!(nobody.deductions[0].why.contains("entry 10 shows it"));
    let unseen = surprised(&[], Handled::OneWriter, truth());
    assert_eq!(only(&unseen).0, 10);
    assert!(unseen.deductions[0].why.contains("no entry shows it"));
    // A note about something else, before it shows, is no reaction.
    let other = Body::Note { text: "lunch is at noon".into() };
    assert_eq!(only(&surprised(&[(105, "anna", other)], Handled::OneWriter, truth())).0, 10);
}

#[test]
fn a_surprise_is_handled_by_what_it_was_about() {
    let note = || (111, "anna", Body::Note { text: "rate exceeded again".into() });
    let both = vec!["us-east-1".parse().unwrap(), "us-west-2".parse().unwrap()];
    let two = surprised(&[note()], Handled::OneWriter, Truth { writers: both, ..truth() });
    assert!(two.deductions.iter().any(|deduction| deduction.points == 15 && deduction.better == "Wait."), "{two:#?}");

    let left_out = [
        (110, "handover", failed("point", "Rate exceeded")),
        (150, "anna", settled("point", Ending::Skipped, "no more time for this one")),
    ];
    let score = surprised(&left_out, Handled::StepCarriedThrough, truth());
    assert_eq!(only(&score), (15, 14), "the way it was left out is its handling: nothing else is wrong");
    let carried = [
        (110, "handover", failed("point", "Rate exceeded")),
        (150, "anna", intent("point", 2)),
        (160, "handover", settled("point", Ending::Done, "done")),
    ];
    assert!(surprised(&carried, Handled::StepCarriedThrough, truth()).deductions.is_empty());
    // What was left out for other reasons, without having failed, is not the surprise's.
    let other = [note(), (150, "anna", settled("smoke", Ending::Skipped, "the tests run elsewhere tonight"))];
    assert!(surprised(&other, Handled::StepCarriedThrough, truth()).deductions.is_empty());

    let lost = surprised(&[note()], Handled::LossWithinRpo, Truth { loss_ms: Some(901_000), ..truth() });
    assert!(lost.deductions.iter().any(|deduction| deduction.points == 15));
}

#[test]
fn a_surprise_that_never_came_or_was_not_the_sealed_one_is_said_to_be_so() {
    let tale = |seal: Option<Body>, sprung| {
        let mut tale = Tale::new();
        if let Some(seal) = seal {
            tale = tale.then(2, "handover", seal);
        }
        let note = Body::Note { text: "rate exceeded".into() };
        let tale = tale.recovered().then(1250, "anna", note);
        tale.debriefed(1300, truth(), Some(told(sprung, Handled::OneWriter))).closed(1310, RunOutcome::Verified).score()
    };
    let never = tale(Some(sealed()), None);
    assert_eq!(never.points, FULL);
    assert!(never.unknown.iter().any(|why| why.contains("never came so far")), "{never:#?}");
    for seal in [None, Some(Body::SurpriseSealed { sha256: "0".repeat(64) })] {
        let forged = tale(seal, Some(1240));
        assert!(!forged.surprise.unwrap().sealed);
        assert!(forged.unknown.iter().any(|why| why.contains("not the one in the journal")));
    }
}

#[test]
fn points_never_go_below_nothing() {
    let mut tale = Tale::new();
    for second in 2..40 {
        tale = tale.then(second, "anna", overridden("ok", Freshness::Stale));
    }
    assert_eq!(tale.recovered().debriefed(1300, truth(), None).closed(1310, RunOutcome::Verified).score().points, 0);
}
