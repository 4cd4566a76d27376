//! The figures of a recovery: how long it took, by what and whom it was held up, what it cost, and what was promised. Nothing is
//! claimed that was not measured, and zero is never a word for "not known".

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::disruption::{Tally, for_users};
use super::duration::clock;
use super::reading::age;
use super::run::Run;
use super::service::Objectives;
use super::timeline::{Loss, Milestone};

/// A span of time, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Told", from = "Told")]
pub enum Span {
    /// Measured, from end to end.
    Took(Duration),
    /// It has begun and goes on.
    SoFar(Duration),
    /// It had not ended when the run was closed.
    AtLeast(Duration),
    /// Its beginning or its end is not known.
    NotMeasured,
}

/// A span as JSON has it.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "known", content = "milliseconds")]
enum Told {
    Measured(u64),
    SoFar(u64),
    AtLeast(u64),
    NotMeasured,
}

impl From<Span> for Told {
    fn from(span: Span) -> Self {
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        match span {
            Span::Took(span) => Self::Measured(ms(span)),
            Span::SoFar(span) => Self::SoFar(ms(span)),
            Span::AtLeast(span) => Self::AtLeast(ms(span)),
            Span::NotMeasured => Self::NotMeasured,
        }
    }
}

impl From<Told> for Span {
    fn from(told: Told) -> Self {
        match told {
            Told::Measured(ms) => Self::Took(Duration::from_millis(ms)),
            Told::SoFar(ms) => Self::SoFar(Duration::from_millis(ms)),
            Told::AtLeast(ms) => Self::AtLeast(Duration::from_millis(ms)),
            Told::NotMeasured => Self::NotMeasured,
        }
    }
}

impl Span {
    /// The time, where any is known.
    pub fn time(self) -> Option<Duration> {
        match self {
            Self::Took(span) | Self::SoFar(span) | Self::AtLeast(span) => Some(span),
            Self::NotMeasured => None,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Took(span) => f.write_str(&clock(*span)),
            Self::SoFar(span) => write!(f, "{} so far", clock(*span)),
            Self::AtLeast(span) => write!(f, "at least {}", clock(*span)),
            Self::NotMeasured => f.write_str("not measured"),
        }
    }
}

/// What an achieved figure is against what was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Within the objective.
    Met,
    /// Beyond it.
    Missed,
    /// Nobody can say.
    Unknown,
}

impl Kept {
    /// The word for a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unknown => "unknown",
        }
    }
}

/// What serves, while nobody knows yet whether it stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// It answers, and nobody watches.
    Unwatched,
    /// The watch goes on.
    Watched,
}

/// The figures of a run, as far as they are known at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// T12 − T0: how long the service was not what it should be.
    pub total: Span,
    /// While it serves and nobody knows yet whether it stays so.
    pub serving: Option<Serving>,
    /// T12 − T4: how long handing over took.
    pub execution: Span,
    /// T1 − T0: until an alarm.
    pub detection: Span,
    /// T3 − T1: from there to the decision.
    pub decision: Span,
    /// Of the execution: how long nothing was under way and a person was waited for.
    pub waiting: Span,
    /// T13 − T7: how long there was no standby.
    pub exposure: Span,
    /// What was lost.
    pub loss: Option<Loss>,
}

impl Figures {
    /// Those of a run.
    pub fn of(run: &Run, now: Timestamp) -> Self {
        let span = |from, to| between(run, from, to, now);
        let (serving, since) = serving(run).unzip();
        // As it is measured in the end, so it is told before.
        let recovered = since.flatten().unwrap_or(now);
        Self {
            total: between(run, Milestone::ImpactBegan, Milestone::Sustained, recovered),
            serving,
            execution: between(run, Milestone::RunStarted, Milestone::Sustained, recovered),
            detection: measured(run, Milestone::ImpactBegan, Milestone::FirstAlarm),
            decision: measured(run, Milestone::FirstAlarm, Milestone::Decided),
            waiting: run.waiting(now),
            exposure: span(Milestone::Promoted, Milestone::RedundancyRestored),
            loss: run.loss.clone(),
        }
    }

    /// Whether the recovery time objective was kept: by the total, and where nobody has entered when the impact began, it was
    /// missed if handing over alone took longer.
    pub fn rto(&self, objectives: Objectives) -> Kept {
        match (self.total, self.execution) {
            (Span::Took(total), _) if total <= objectives.rto => Kept::Met,
            (Span::Took(total) | Span::SoFar(total) | Span::AtLeast(total), _) if total > objectives.rto => {
                Kept::Missed
            }
            (Span::NotMeasured, Span::Took(took) | Span::SoFar(took) | Span::AtLeast(took))
                if took > objectives.rto =>
            {
                Kept::Missed
            }
            _ => Kept::Unknown,
        }
    }

    /// Whether the recovery point objective was kept: by the bound in time, for rows have no age. An estimate that is beyond it
    /// was beyond it, whatever else is unknown.
    pub fn rpo(&self, objectives: Objectives) -> Kept {
        match &self.loss {
            Some(loss) if loss.bound().is_some_and(|most| most <= objectives.rpo) => Kept::Met,
            Some(Loss::Estimate { lag_ms, .. }) if Duration::from_millis(*lag_ms) > objectives.rpo => Kept::Missed,
            _ => Kept::Unknown,
        }
    }
}

/// The time between two moments of a run; up to now, or to its end, where the later is not known.
fn between(run: &Run, from: Milestone, to: Milestone, now: Timestamp) -> Span {
    let Some(begin) = run.timeline.get(from) else { return Span::NotMeasured };
    match (run.timeline.get(to), &run.closed) {
        (Some(_), _) => measured(run, from, to),
        (None, Some((_, closed))) => Span::AtLeast(age(begin.at, *closed)),
        (None, None) => Span::SoFar(age(begin.at, now)),
    }
}

/// The time between two moments that are both known, and lie so.
fn measured(run: &Run, from: Milestone, to: Milestone) -> Span {
    match (run.timeline.get(from), run.timeline.get(to)) {
        (Some(begin), Some(end)) if begin.at <= end.at => Span::Took(begin.until(end)),
        _ => Span::NotMeasured,
    }
}

/// Since when users are answered without a gap by what took over, as far as somebody asked for them from outside: since the gap of the
/// outage; and where the other Region had answered them all along, since the target was first seen to (T11). A watch that begins later
/// watches what was so since then. `None` while they are not answered, and where that is not known.
pub fn answered_since(run: &Run, tallies: &[Tally]) -> Option<Timestamp> {
    let since = for_users(tallies, run.direction.target.as_str())?.answered_since()?;
    match run.timeline.at(Milestone::Promoted) {
        Some(promoted) if promoted <= since => Some(since),
        _ => run.timeline.at(Milestone::FirstSuccess).map(|served| served.max(since)),
    }
}

/// Whether it serves and nobody knows yet whether it stays so; and since when, as far as that is known.
fn serving(run: &Run) -> Option<(Serving, Option<Timestamp>)> {
    let timeline = &run.timeline;
    if timeline.get(Milestone::Sustained).is_some() || run.closed.is_some() {
        return None;
    }
    let answered = answered_since(run, &run.disruption);
    let users = for_users(&run.disruption, run.direction.target.as_str());
    let failing = users.is_some_and(|users| users.failing().is_some());
    if failing || (answered.is_none() && timeline.get(Milestone::FirstSuccess).is_none()) {
        return None;
    }
    let watch = run.runbook.marking(Milestone::Sustained).and_then(|step| run.steps.get(&step.id));
    let watched = watch.filter(|record| record.state.is_running()).and_then(|record| record.started);
    Some(match watched {
        None => (Serving::Unwatched, answered),
        Some(watched) => (Serving::Watched, Some(answered.map_or(watched, |since| since.min(watched)))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disruption::{Asks, PUBLIC, Probe, Vantage};
    use crate::domain::journal::{Body, Entry, Files, RunOutcome};
    use crate::domain::region::Direction;
    use crate::domain::run::Mode;
    use crate::domain::runbook::{Action, Hazard, Phase, Step};

    const RPO: Objectives = Objectives {
        rto: Duration::from_mins(30),
        rpo: Duration::from_mins(15),
        disruption: None,
        dns: None,
        replication: None,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn entry(second: i64, body: Body) -> Entry {
        let mono_ms = u64::try_from(second).unwrap() * 1000;
        Entry { seq: 1, at: at(second), mono_ms, by: "anna".into(), body, prev: String::new(), hash: String::new() }
    }

    fn opened() -> Entry {
        let direction = Direction { source: "us-east-1".parse().unwrap(), target: "us-west-2".parse().unwrap() };
        let body = Body::RunOpened {
            run: "run".into(),
            service: "shop".into(),
            runbook: "failover".into(),
            mode: Mode::Drill,
            direction,
            files: Files { service: String::new(), runbook: String::new() },
            tool: "test".into(),
            host: "here".into(),
            shared_terminal: None,
            scenario: None,
        };
        entry(100, body)
    }

    fn marked(second: i64, milestone: Milestone, when: i64) -> Entry {
        entry(second, Body::Milestone { milestone, when: at(when), source: "test".into() })
    }

    fn figures(entries: &[Entry], now: i64) -> Figures {
        let mut all = vec![opened()];
        all.extend_from_slice(entries);
        Figures::of(&Run::from_journal(&all).unwrap(), at(now))
    }

    #[test]
    fn without_t0_the_recovery_time_is_not_measured_rather_than_zero() {
        let seen = figures(&[], 500);
        assert_eq!((seen.total, seen.execution), (Span::NotMeasured, Span::SoFar(Duration::from_secs(400))));
        assert_eq!((seen.detection, seen.exposure), (Span::NotMeasured, Span::NotMeasured));
        assert_eq!(seen.rto(RPO), Kept::Unknown);
        // Handing over alone took longer than all that was promised.
        assert_eq!(figures(&[], 100 + 1801).rto(RPO), Kept::Missed);
    }

    #[test]
    fn what_is_known_is_measured_and_what_had_not_ended_is_at_least_so_long() {
        let entries = [
            marked(110, Milestone::ImpactBegan, 0),
            marked(120, Milestone::FirstAlarm, 60),
            marked(130, Milestone::Decided, 130),
            marked(200, Milestone::Promoted, 200),
            marked(400, Milestone::Sustained, 340),
            entry(500, Body::RunClosed { outcome: RunOutcome::Verified, says: String::new() }),
        ];
        let seen = figures(&entries, 9_000);
        let took = |seconds| Span::Took(Duration::from_secs(seconds));
        assert_eq!((seen.total, seen.execution), (took(340), took(240)));
        assert_eq!((seen.detection, seen.decision), (took(60), took(70)));
        assert_eq!(seen.exposure, Span::AtLeast(Duration::from_secs(300)));
        assert_eq!(seen.rto(RPO), Kept::Met);
    }

    #[test]
    fn what_answers_is_a_recovery_time_only_once_it_is_watched() {
        let statement = "it holds".to_owned();
        let mut watch = Step::bare("watch", Action::Attest { statement }, Hazard::None);
        watch.marks = Some(Milestone::Sustained);
        let entries = [marked(110, Milestone::ImpactBegan, 0), marked(300, Milestone::FirstSuccess, 290)];
        let mut run = Run::from_journal(&[&[opened()], entries.as_slice()].concat()).unwrap();
        run.runbook.phases = vec![Phase { title: "Watch".into(), steps: vec![watch] }];
        let seen = |run: &Run, now| {
            let figures = Figures::of(run, at(now));
            (figures.serving, figures.total)
        };
        let so_far = |seconds| Span::SoFar(Duration::from_secs(seconds));
        assert_eq!(
            seen(&run, 350),
            (Some(Serving::Unwatched), so_far(350)),
            "nobody knows since when users are answered"
        );
        run.apply(&entry(400, Body::Started { step: "watch".into() }));
        assert_eq!(seen(&run, 450), (Some(Serving::Watched), so_far(400)), "it stands while it is watched");
        run.apply(&marked(460, Milestone::Sustained, 400));
        assert_eq!(seen(&run, 500), (None, Span::Took(Duration::from_secs(400))), "as it was told");
    }

    #[test]
    fn once_users_are_answered_the_recovery_time_is_one_figure_until_they_are_not() {
        let vantage = Vantage { component: "api".into(), from: PUBLIC.into(), asks: Asks::Request };
        let mut tally = Tally::new(vantage, at(120));
        let metered =
            |second, tally: &Tally| entry(second, Body::Metered { tallies: vec![tally.clone()], lag: vec![] });
        let mut run = Run::from_journal(&[opened(), marked(110, Milestone::ImpactBegan, 0)]).unwrap();
        let mut asked = |second, probe: Probe| {
            tally.take(at(second), at(second), probe);
            tally.clone()
        };
        let failed = || Probe::Failed("503".into());
        asked(120, failed());
        // The traffic comes over before anybody has looked at the target from outside.
        run.apply(&metered(281, &asked(280, Probe::Good(None))));
        run.apply(&marked(300, Milestone::FirstSuccess, 290));
        let seen = |run: &Run, now| (Figures::of(run, at(now)).serving, Figures::of(run, at(now)).total);
        let so_far = |seconds| Span::SoFar(Duration::from_secs(seconds));
        assert_eq!(
            seen(&run, 350),
            (Some(Serving::Unwatched), so_far(290)),
            "it may be the other Region that answered"
        );
        let mut promoted = run.clone();
        promoted.apply(&marked(270, Milestone::Promoted, 270));
        assert_eq!(
            seen(&promoted, 350),
            (Some(Serving::Unwatched), so_far(280)),
            "the gap's end, whoever looked later"
        );
        run.apply(&metered(360, &asked(360, failed())));
        assert_eq!(seen(&run, 370), (None, so_far(370)), "it goes on");
        run.apply(&metered(380, &asked(380, Probe::Good(None))));
        assert_eq!(seen(&run, 390), (Some(Serving::Unwatched), so_far(380)), "and stands where that was over");
        assert_eq!(answered_since(&run, &run.disruption), Some(at(380)));
    }

    #[test]
    fn a_moment_entered_after_what_it_should_precede_measures_nothing() {
        let seen = figures(&[marked(110, Milestone::FirstAlarm, 50), marked(120, Milestone::ImpactBegan, 90)], 200);
        assert_eq!(seen.detection, Span::NotMeasured);
    }

    #[test]
    fn a_loss_is_within_its_objective_only_by_a_bound() {
        let loss = |loss| Figures { loss: Some(loss), ..figures(&[], 200) }.rpo(RPO);
        let exact = |rows, at_most_ms| Loss::Exact { rows, source_mark: 9, target_mark: 9, at_most_ms };
        assert_eq!(loss(exact(0, None)), Kept::Met);
        assert_eq!(loss(exact(5, None)), Kept::Unknown);
        assert_eq!(loss(exact(5, Some(900_000))), Kept::Met);
        assert_eq!(loss(exact(5, Some(900_001))), Kept::Unknown);
        let estimate = |lag_ms, at_most_ms| Loss::Estimate { lag_ms, age_ms: 0, at_most_ms, method: String::new() };
        assert_eq!(loss(estimate(1_000, None)), Kept::Unknown);
        assert_eq!(loss(estimate(1_000, Some(2_000))), Kept::Met);
        assert_eq!(loss(estimate(900_001, None)), Kept::Missed);
        assert_eq!(loss(Loss::Unbounded { why: String::new() }), Kept::Unknown);
        assert_eq!(figures(&[], 200).rpo(RPO), Kept::Unknown);
    }

    #[test]
    fn a_span_is_told_in_milliseconds_and_with_how_it_is_known() {
        let told = serde_json::to_string(&Span::Took(Duration::from_millis(1_500))).unwrap();
        assert_eq!(told, r#"{"known":"measured","milliseconds":1500}"#);
        assert_eq!(serde_json::to_string(&Span::NotMeasured).unwrap(), r#"{"known":"not-measured"}"#);
        assert_eq!(serde_json::from_str::<Span>(&told).unwrap(), Span::Took(Duration::from_millis(1_500)));
    }
}
