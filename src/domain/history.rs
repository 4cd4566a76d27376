//! Past runs: what each came to, how that goes over time, and when the next drill is due.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use super::figures::{Figures, Kept, Span};
use super::journal::{Entry, RunOutcome};
use super::reading::age;
use super::region::Region;
use super::run::{Mode, Run, State};
use super::service::Objectives;

/// How many runs a trend is made of.
pub const TREND: usize = 12;

/// A run that is there to be told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its id.
    pub run: String,
    /// The service.
    pub service: String,
    /// The runbook's id.
    pub runbook: String,
    /// Live, drill or simulation: never counted together.
    pub mode: Mode,
    /// The Region that took over, or was to.
    pub target: Region,
    /// Whether a database was promoted or traffic was moved.
    pub handed_over: bool,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// How it ended; none while it is open.
    pub outcome: Option<RunOutcome>,
    /// Who leads it, or led it last.
    pub lead: String,
    /// How many entries it has.
    pub entries: usize,
    /// Its figures.
    pub figures: Figures,
    /// What was promised then: of its own copy of the service file, where that can be read.
    pub objectives: Option<Objectives>,
    /// Its steps, in the order in which they were begun.
    pub steps: Vec<PastStep>,
}

/// A step of a past run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastStep {
    /// Its id.
    pub id: String,
    /// How it ended, or where it stands.
    pub state: String,
    /// How long that took, where both ends are known.
    pub took: Option<Duration>,
    /// How many tries were made.
    pub tries: u32,
    /// How many of its gates were overridden.
    pub overridden: usize,
}

impl Past {
    /// A run's, from its journal; none if that does not begin with a run.
    pub fn of(run: &str, entries: &[Entry], objectives: Option<Objectives>) -> Option<Self> {
        let folded = Run::from_journal(entries)?;
        let now = entries.last().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
        let mut steps: Vec<PastStep> = Vec::new();
        for id in entries.iter().filter_map(|entry| entry.body.step()) {
            if steps.iter().any(|step| step.id == *id) {
                continue;
            }
            let record = folded.record(id);
            let state = match &record.state {
                State::Ended(ending) => ending.as_str().to_owned(),
                State::Failed(_) => "failed".to_owned(),
                State::Unsure(_) => "unsure".to_owned(),
                state if state.is_running() => "running".to_owned(),
                _ => "not begun".to_owned(),
            };
            let took = record.started.zip(record.ended).map(|(from, to)| age(from, to));
            let (tries, overridden) = (record.tries, record.overrides.len());
            steps.push(PastStep { id: id.clone(), state, took, tries, overridden });
        }
        Some(Self {
            run: run.to_owned(),
            service: folded.service.clone(),
            runbook: folded.runbook.id.clone(),
            mode: folded.mode,
            target: folded.direction.target.clone(),
            handed_over: folded.has_handed_over(),
            opened: folded.opened,
            outcome: folded.closed.as_ref().map(|(outcome, _)| *outcome),
            lead: folded.lead.as_ref().map(|(lead, _)| lead.clone()).unwrap_or_default(),
            entries: entries.len(),
            figures: Figures::of(&folded, now),
            objectives,
            steps,
        })
    }

    /// Whether the recovery time objective was kept.
    pub fn rto(&self) -> Kept {
        self.objectives.map_or(Kept::Unknown, |objectives| self.figures.rto(objectives))
    }

    /// Whether the recovery point objective was kept.
    pub fn rpo(&self) -> Kept {
        self.objectives.map_or(Kept::Unknown, |objectives| self.figures.rpo(objectives))
    }

    /// How it ended, in a word or two.
    pub fn state(&self) -> &'static str {
        self.outcome.map_or("open", RunOutcome::as_str)
    }

    /// The achieved recovery time, where it was measured from end to end.
    pub fn achieved(&self) -> Option<Duration> {
        match self.figures.total {
            Span::Took(took) => Some(took),
            _ => None,
        }
    }
}

/// A run's folder: what is in it, or why that cannot be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The run's id.
    pub run: String,
    /// What it came to.
    pub past: Result<Past, String>,
}

/// Every run there is, and when the next drill is due.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The runs, the latest first.
    pub lines: Vec<Line>,
    /// How often a drill is wanted, where the service file says so.
    pub every: Option<Cadence>,
    /// The day of the last drill that was carried through.
    pub last_drill: Option<Date>,
}

/// The achieved recovery times of runs of one kind, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// Of which service.
    pub service: String,
    /// Of which runbook.
    pub runbook: String,
    /// Live, drills or simulations.
    pub mode: Mode,
    /// The recovery time of each run; none where it was not measured.
    pub times: Vec<Option<Duration>>,
    /// The recovery time objective of the latest.
    pub rto: Option<Duration>,
    /// How many kept theirs, and of how many that is known.
    pub met: (usize, usize),
}

impl History {
    /// The runs that could be read.
    pub fn readable(&self) -> impl DoubleEndedIterator<Item = &Past> {
        self.lines.iter().filter_map(|line| line.past.as_ref().ok())
    }

    /// The trends: one for each service, runbook and mode, those of the latest runs first. Only runs that were carried through
    /// count: one that was stood down says nothing of how long a recovery takes.
    pub fn trends(&self) -> Vec<Trend> {
        let mut trends: Vec<Trend> = Vec::new();
        for past in self.readable().filter(|past| past.outcome == Some(RunOutcome::Verified)) {
            let same = |trend: &Trend| {
                trend.mode == past.mode && trend.runbook == past.runbook && trend.service == past.service
            };
            let index = trends.iter().position(same);
            let index = index.unwrap_or_else(|| {
                let (service, runbook) = (past.service.clone(), past.runbook.clone());
                let rto = past.objectives.map(|objectives| objectives.rto);
                trends.push(Trend { service, runbook, mode: past.mode, times: Vec::new(), rto, met: (0, 0) });
                trends.len() - 1
            });
            let Some(trend) = trends.get_mut(index).filter(|trend| trend.times.len() < TREND) else { continue };
            trend.times.insert(0, past.achieved());
            match past.rto() {
                Kept::Met => trend.met = (trend.met.0 + 1, trend.met.1 + 1),
                Kept::Missed => trend.met.1 += 1,
                Kept::Unknown => {}
            }
        }
        trends
    }

    /// When the next drill is due, in a sentence; whether it is overdue. Nothing where the service file does not say how often.
    pub fn due(&self, today: Date) -> Option<(String, bool)> {
        let every = self.every?;
        let Some(last) = self.last_drill else {
            return Some((format!("a drill is wanted {every}, and none was carried through yet"), true));
        };
        let next = every.after(last)?;
        let days = today.until(next).ok()?.get_days();
        let plural = |days: i32| if days == 1 { "day" } else { "days" };
        let says = match days {
            0 => "today".to_owned(),
            days if days > 0 => format!("in {days} {}, on {next}", plural(days)),
            days => format!("overdue by {} {}, since {next}", -days, plural(-days)),
        };
        Some((
            format!("the next drill is {}{says}; the last was on {last}", if days < 0 { "" } else { "due " }),
            days < 0,
        ))
    }
}

/// How often a drill is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cadence {
    /// Every so many days.
    Days(u16),
    /// Every so many calendar months.
    Months(u8),
}

impl Cadence {
    /// The words for the common ones.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("weekly", Self::Days(7)),
        ("monthly", Self::Months(1)),
        ("quarterly", Self::Months(3)),
        ("yearly", Self::Months(12)),
    ];

    /// The day that it comes to after another.
    pub fn after(self, day: Date) -> Option<Date> {
        match self {
            Self::Days(days) => day.checked_add(i64::from(days).days()).ok(),
            Self::Months(months) => day.checked_add(i64::from(months).months()).ok(),
        }
    }
}

impl std::fmt::Display for Cadence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (Self::WORDS.into_iter().find(|(_, cadence)| cadence == self), self) {
            (Some((word, _)), _) => f.write_str(word),
            (None, Self::Days(days)) => write!(f, "every {days} days"),
            (None, Self::Months(months)) => write!(f, "every {months} months"),
        }
    }
}

/// Times as a line of blocks, each as high as its share of the longest (or of the objective, if that is longer). What was not
/// measured is `?`. `blocks` are the signs, lowest first.
pub fn sparkline(times: &[Option<Duration>], rto: Option<Duration>, blocks: &[&'static str]) -> String {
    let most = times.iter().flatten().copied().chain(rto).max().unwrap_or_default().as_millis().max(1);
    let last = blocks.len().saturating_sub(1);
    let block = |time: Duration| {
        let share = time.as_millis().saturating_mul(u128::try_from(blocks.len()).unwrap_or(1)) / most;
        blocks.get(usize::try_from(share).unwrap_or(last).min(last)).copied().unwrap_or_default()
    };
    times.iter().map(|time| time.map_or("?", block)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::domain) fn past(run: &str, mode: Mode, minutes: Option<u64>, outcome: RunOutcome) -> Line {
        let took = minutes.map_or(Span::NotMeasured, |minutes| Span::Took(Duration::from_mins(minutes)));
        let not = Span::NotMeasured;
        let figures = Figures {
            total: took,
            serving: None,
            execution: not,
            detection: not,
            decision: not,
            waiting: not,
            exposure: not,
            loss: None,
        };
        let objectives = Some(Objectives {
            rto: Duration::from_mins(30),
            rpo: Duration::from_mins(15),
            disruption: None,
            dns: None,
            replication: None,
        });
        let past = Past {
            run: run.into(),
            service: "shop".into(),
            runbook: "failover".into(),
            mode,
            target: "us-west-2".parse().unwrap(),
            handed_over: true,
            opened: None,
            outcome: Some(outcome),
            lead: "anna".into(),
            entries: 9,
            figures,
            objectives,
            steps: Vec::new(),
        };
        Line { run: run.into(), past: Ok(past) }
    }

    pub(in crate::domain) fn history(every: Option<Cadence>, last_drill: Option<Date>) -> History {
        let verified = RunOutcome::Verified;
        let lines = vec![
            past("e", Mode::Drill, Some(40), verified),
            past("d", Mode::Live, Some(20), verified),
            past("c", Mode::Drill, Some(2), RunOutcome::StoodDown),
            past("b", Mode::Drill, None, verified),
            past("a", Mode::Drill, Some(10), verified),
            Line { run: "0".into(), past: Err("does not verify".into()) },
        ];
        History { lines, every, last_drill }
    }

    #[test]
    fn drills_and_real_events_have_trends_of_their_own_and_gaps_stay_gaps() {
        let trends = history(None, None).trends();
        let mins = |minutes| Some(Duration::from_mins(minutes));
        assert_eq!(trends.len(), 2);
        assert_eq!((trends[0].mode, trends[0].times.clone()), (Mode::Drill, vec![mins(10), None, mins(40)]));
        assert_eq!((trends[0].met, trends[1].met), ((1, 2), (1, 1)));
        assert_eq!(trends[1].times, [mins(20)]);
        assert_eq!(sparkline(&trends[0].times, trends[0].rto, &["_", "-", "=", "#"]), "-?#");
        // Against the objective, not against itself.
        assert_eq!(sparkline(&trends[1].times, trends[1].rto, &["_", "-", "=", "#"]), "=");
    }

    #[test]
    fn the_next_drill_is_due_by_the_calendar() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let due = |every, last: Option<&str>, today: &str| history(every, last.map(day)).due(day(today));
        assert_eq!(due(None, Some("2026-01-31"), "2026-05-01"), None);
        let (says, over) = due(Some(Cadence::Months(3)), Some("2026-01-31"), "2026-05-12").unwrap();
        assert_eq!(
            (says.as_str(), over),
            ("the next drill is overdue by 12 days, since 2026-04-30; the last was on 2026-01-31", true)
        );
        let (says, over) = due(Some(Cadence::Days(90)), Some("2026-01-01"), "2026-03-31").unwrap();
        assert_eq!(
            (says.as_str(), over),
            ("the next drill is due in 1 day, on 2026-04-01; the last was on 2026-01-01", false)
        );
        let (says, over) = due(Some(Cadence::Months(1)), Some("2026-01-01"), "2026-02-01").unwrap();
        assert_eq!((says.as_str(), over), ("the next drill is due today; the last was on 2026-01-01", false));
        let (says, over) = due(Some(Cadence::Months(3)), None, "2026-02-01").unwrap();
        assert_eq!((says.as_str(), over), ("a drill is wanted quarterly, and none was carried through yet", true));
    }
}
