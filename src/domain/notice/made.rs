//! Which entries people are told of, and in what words. Plans, readings and requests are not among them.

use super::{About, Notice, Severity, Telling};
use crate::domain::approval::GATE;
use crate::domain::journal::{Body, Entry, RunOutcome};
use crate::domain::run::{Mode, Run};
use crate::domain::runbook::{Hazard, Step, Way};
use crate::domain::text::bounded;
use crate::domain::timeline::{Loss, Milestone};

/// How long a notice's text may be, in characters: Slack takes 3000 in a section.
pub const MOST: usize = 1_500;

/// How long its title may be, in characters: Slack takes 150 in a header.
const TITLE: usize = 150;

/// What an entry tells, if it tells anything; `run` has taken it in, and `so_far` is what was told before it.
pub(crate) fn made(run: &Run, entry: &Entry, so_far: &Telling) -> Option<Notice> {
    let teller = Teller { run, usual: usual(run), so_far };
    let (severity, about, title, text) = if so_far.begun { teller.line(entry)? } else { teller.beginning(entry)? };
    let first = match run.mode {
        Mode::Live => "",
        Mode::Drill => "DRILL ",
        Mode::Simulation => "SIMULATION ",
    };
    Some(Notice {
        key: format!("{}/{}", run.id, entry.seq),
        run: run.id.clone(),
        service: run.service.clone(),
        mode: run.mode,
        at: entry.at,
        by: bounded(&entry.by, 80),
        kind: entry.body.kind(),
        severity,
        about,
        title: cut(&format!("{first}{}: {title}", run.service), TITLE),
        text: cut(&text, MOST),
    })
}

/// What is longer is cut, so that the whole has no more characters than that.
fn cut(text: &str, most: usize) -> String {
    let text = bounded(text, most.saturating_mul(2));
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// How much the run itself matters: an unplanned handover is for everybody, the way home for those who are at work, and a drill
/// wakes nobody.
fn usual(run: &Run) -> Severity {
    match (run.mode, run.runbook.way) {
        (Mode::Live, Way::Failover) => Severity::Critical,
        (Mode::Live, _) => Severity::Warning,
        (Mode::Drill | Mode::Simulation, _) => Severity::Info,
    }
}

type Said = (Severity, About, String, String);

struct Teller<'r> {
    run: &'r Run,
    usual: Severity,
    so_far: &'r Telling,
}

impl Teller<'_> {
    /// What begins a run for those who are not at the console: that it is decided, or that writes can be made.
    fn beginning(&self, entry: &Entry) -> Option<Said> {
        let how = match &entry.body {
            Body::Armed => format!("{} has armed the console: writes are confirmed from here on.", entry.by),
            Body::Milestone { milestone: Milestone::Decided, .. } => format!("{} has decided it.", entry.by),
            // Two sides that take writes are nobody's routine.
            Body::SplitBrain { .. } => return self.line(entry),
            _ => return None,
        };
        let lead = self.run.lead.as_ref().map_or_else(String::new, |(lead, host)| format!(" {lead} leads, on {host}."));
        Some((self.usual, self.opened(), format!("{} has begun", self.journey()), format!("{how}{lead}")))
    }

    fn line(&self, entry: &Entry) -> Option<Said> {
        let says = entry.body.says();
        let (by, usual) = (&entry.by, self.usual);
        let change = |severity, title: String| Some((severity, About::Change, title, says.clone()));
        let warning = Severity::Warning;
        match &entry.body {
            Body::Armed | Body::Milestone { milestone: Milestone::Decided, .. } if !self.so_far.taken_on => {
                let about = if self.pages() { About::Acknowledged(self.run.id.clone()) } else { About::Change };
                Some((usual, about, format!("{by} carries out the {}", self.run.runbook.way.as_str()), says))
            }
            Body::Armed => change(Severity::Info, format!("{by} has armed the console again")),
            Body::Disarmed { .. } => change(Severity::Info, "the console is read-only again".to_owned()),
            Body::Resumed { .. } => change(Severity::Info, "the run was taken up again".to_owned()),
            Body::LeadChange { lead, .. } => change(Severity::Info, format!("{lead} leads")),
            Body::LeadOffered { to, .. } => change(warning, format!("{by} hands the lead to {to}")),
            Body::Milestone { milestone, source, .. } => {
                let title = match milestone {
                    Milestone::Decided => "the decision".to_owned(),
                    Milestone::PromoteCalled => {
                        format!("the promotion in {} is about to be called", self.run.direction.target)
                    }
                    Milestone::InSync => "the traffic's move is in sync".to_owned(),
                    Milestone::FirstSuccess => format!("first success in {}", self.run.direction.target),
                    _ => return None,
                };
                Some((usual, About::Change, title, source.clone()))
            }
            Body::Settled { step, ending, .. } => {
                let known = self.run.runbook.step(step)?;
                let title = format!("{}: {}", known.title, ending.as_str());
                if ending.is_undone() {
                    return change(warning.max(if is_turn(known) { usual } else { Severity::Info }), title);
                }
                let routine = known.hazard != Hazard::None;
                let severity = if is_turn(known) { Some(usual) } else { routine.then_some(Severity::Info) };
                change(severity?, title)
            }
            Body::Failed { step, .. } => {
                let title = format!("failed: {}", self.title(step));
                let turn = self.run.runbook.step(step).is_some_and(is_turn);
                Some(self.trouble(if turn { Severity::Critical } else { warning }, title, says))
            }
            Body::Unsure { step, .. } => {
                let title = format!("nobody knows what became of: {}", self.title(step));
                Some(self.trouble(Severity::Critical, title, says))
            }
            Body::Override { step, gate, .. } => {
                let what = if gate == GATE { "went on without a second person" } else { "overrode a gate" };
                change(warning, format!("{by} {what}: {}", self.title(step)))
            }
            Body::SplitBrain { splits } => {
                let key = format!("{}/split-brain", self.run.id);
                let (about, title) = if splits.is_empty() {
                    (About::Resolved(key), "only one side takes writes again")
                } else {
                    (About::Opened(key), "SPLIT BRAIN: both sides take writes")
                };
                Some((Severity::Critical, about, title.to_owned(), says))
            }
            Body::DataLoss { loss } => {
                let none = matches!(loss, Loss::Nothing { .. } | Loss::Exact { rows: 0, .. });
                let severity = if none || self.run.mode != Mode::Live { usual } else { Severity::Critical };
                change(severity, "what was lost".to_owned())
            }
            Body::ApprovalAsked { step, .. } => {
                change(warning, format!("a second person is asked to approve: {}", self.title(step)))
            }
            Body::Approved { step, .. } => change(Severity::Info, format!("approved: {}", self.title(step))),
            Body::Paused { .. } => change(warning, format!("{by} holds the run")),
            Body::Continued => change(warning, "the run goes on".to_owned()),
            Body::Ungraceful { .. } => change(warning, format!("{by} goes on without the source")),
            Body::RollBack { step, .. } => change(warning, format!("{by} takes back: {}", self.title(step))),
            Body::NextWay { step, .. } => change(warning, format!("{by} fences by another way: {}", self.title(step))),
            Body::Reopened { step, .. } => change(warning, format!("{by} opens again: {}", self.title(step))),
            Body::Left { .. } => change(warning, format!("{by} left the console while steps were running")),
            Body::RunClosed { outcome, .. } => Some(self.end(*outcome, says)),
            _ => None,
        }
    }

    /// How it ended. What was left unfinished is no resolved incident: whoever abandons it knows where it goes on.
    fn end(&self, outcome: RunOutcome, says: String) -> Said {
        let title = format!("{} is closed: {}", self.journey(), outcome.as_str());
        let about = match outcome {
            RunOutcome::Verified | RunOutcome::StoodDown if self.pages() => About::Resolved(self.run.id.clone()),
            RunOutcome::Abandoned => self.opened(),
            _ => About::Change,
        };
        // Whoever heard that it was open hears that it is over.
        (self.usual.max(self.so_far.worst.unwrap_or(self.usual)), about, title, says)
    }

    /// What went wrong is part of the run's incident, where that is one; in a drill nobody is called for it.
    fn trouble(&self, severity: Severity, title: String, text: String) -> Said {
        let severity = if self.run.mode == Mode::Live { severity } else { Severity::Warning };
        (severity, self.opened(), title, text)
    }

    fn opened(&self) -> About {
        if self.pages() { About::Opened(self.run.id.clone()) } else { About::Change }
    }

    /// Whether the run is an incident: a drill is none.
    fn pages(&self) -> bool {
        self.run.mode == Mode::Live
    }

    fn journey(&self) -> String {
        let direction = &self.run.direction;
        format!("{} {} → {}", self.run.runbook.way.as_str(), direction.source, direction.target)
    }

    fn title(&self, step: &str) -> String {
        self.run.runbook.step(step).map_or_else(|| step.to_owned(), |step| step.title.clone())
    }
}

/// Whether the service's state turns with a step: the fence, the promotion, the traffic, the way back to two sides.
fn is_turn(step: &Step) -> bool {
    use Milestone::{Fenced, FirstWrite, Promoted, RedundancyRestored, Sustained, TrafficMoved};
    matches!(step.marks, Some(Fenced | Promoted | FirstWrite | TrafficMoved | Sustained | RedundancyRestored))
}
