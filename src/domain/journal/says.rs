//! An entry in a sentence, for the tail on the screen and for `journal show`.

use super::body::Body;
use super::entry::OutcomeOf;
use crate::domain::approval::GATE;
use crate::domain::consent::How;
use crate::domain::disruption::Tally;
use crate::domain::duration::millis;
use crate::domain::people;
use crate::domain::text::counted;

impl Body {
    /// The entry in a sentence, for the tail on the screen and for `journal show`.
    pub fn says(&self) -> String {
        match self {
            Self::RunOpened { run, runbook, direction, mode, .. } => {
                format!("{} {runbook} {} → {} ({run})", mode.as_str(), direction.source, direction.target)
            }
            Self::Usual { steps, runs } => {
                format!("{} steps' usual times are known from {}", steps.len(), counted(runs.len(), "earlier run"))
            }
            Self::Resumed { host, .. } => format!("taken up again on {host}"),
            Self::Armed => "armed: writes can be confirmed from here on".to_owned(),
            Self::Disarmed { reason } => format!("read-only: {reason}"),
            Self::LeadChange { lead, host } => format!("{lead} leads, on {host}"),
            Self::LeadOffered { to, reason } => format!("the lead is handed to {to}: {reason}"),
            Self::OnCall { people } => format!("on the call: {}", people::line(people)),
            Self::Reading { says, .. } => says.clone(),
            Self::Started { step } => format!("{step}: started"),
            Self::Plan { step, plan, .. } => format!("{step}: would call {}", plan.call.headline()),
            Self::Consent { step, consent } => match &consent.how {
                How::Typed { phrase } => format!("{step}: confirmed by typing {phrase:?}"),
                How::TwoKeys => format!("{step}: confirmed"),
                How::Autoplay => format!("{step}: confirmed by autoplay"),
            },
            Self::Void { step, reason } => format!("{step}: not carried out: {reason}"),
            Self::Intent { step, attempt, .. } => format!("{step}: about to call (try {attempt})"),
            Self::Attempt { step, request_id, answer, .. } => match request_id {
                Some(id) => format!("{step}: {answer} (request {id})"),
                None => format!("{step}: {answer}"),
            },
            Self::Outcome { step, outcome, .. } => match outcome {
                OutcomeOf::Accepted { answer, .. } => format!("{step}: accepted: {answer}"),
                OutcomeOf::Refused { message } => format!("{step}: not done: {message}"),
                OutcomeOf::Unknown { message } => format!("{step}: outcome unknown: {message}"),
            },
            Self::Settled { step, ending, says, .. } => format!("{step}: {}: {says}", ending.as_str()),
            Self::Failed { step, reason, .. } => format!("{step}: failed: {reason}"),
            Self::Unsure { step, reason } => format!("{step}: unsure: {reason}"),
            Self::Override { step, gate, reason, .. } if gate == GATE => {
                format!("{step}: SOLO, without the second person's approval: {reason}")
            }
            Self::Override { step, gate, reason, .. } => format!("{step}: gate {gate:?} overridden: {reason}"),
            Self::Output { step, lines } => format!("{step}: {}", lines.join(" / ")),
            Self::Milestone { milestone, source, .. } => format!("{}: {source}", milestone.as_str()),
            Self::DataLoss { loss } => format!("data loss: {loss}"),
            Self::SplitBrain { splits } if splits.is_empty() => "only one side takes writes again".to_owned(),
            Self::SplitBrain { splits } => {
                let each: Vec<String> = splits.iter().map(ToString::to_string).collect();
                format!("SPLIT BRAIN: {}", each.join("; "))
            }
            Self::Metered { tallies, .. } => metered(tallies),
            Self::Preflight { says, wrong, .. } if wrong.is_empty() => format!("preflight: {says}"),
            Self::Preflight { says, wrong, .. } => format!("preflight: {says}: {}", wrong.join("; ")),
            Self::ApprovalAsked { step, plan_hash, .. } => {
                format!("{step}: a second person is asked to approve plan {}", plan_hash.get(..12).unwrap_or(plan_hash))
            }
            Self::Approved { step, approval } => {
                let said = &approval.statement;
                format!("{step}: approved by {} ({} on {})", said.approver, said.user, said.host)
            }
            Self::Paused { reason } => format!("paused: {reason}"),
            Self::Continued => "the run goes on".to_owned(),
            Self::Ungraceful { reason } => format!("goes on ungracefully: {reason}"),
            Self::RollBack { step, reason, .. } => format!("{step}: to be taken back: {reason}"),
            Self::NextWay { step, way, reason } => {
                format!("{step}: to be done by {} {} from here on: {reason}", way.component, way.action)
            }
            Self::Reopened { step, reason } => format!("{step}: to be done after all: {reason}"),
            Self::Told { channel, keys, attempt, answer } => {
                let again = if *attempt > 1 { format!(", at try {attempt}") } else { String::new() };
                format!("{channel} was told {}{again}: {answer}", count(keys))
            }
            Self::Untold { channel, keys, why, given_up } => {
                let then = if *given_up { "given up" } else { "tried again" };
                format!("{channel} does not take {} ({then}): {why}", count(keys))
            }
            Self::FollowUp { says, owner, due, done: None, .. } => format!("to do: {says} ({owner}, until {due})"),
            Self::FollowUp { says, owner, done: Some(done), .. } => format!("done: {says} ({owner}): {done}"),
            Self::Note { text } => text.clone(),
            Self::Left { running } => format!("left while running: {}", running.join(", ")),
            Self::RecoveredTail { bytes, kept_in } => {
                format!("the last line was incomplete; its {bytes} bytes are kept in {kept_in}")
            }
            Self::Kept { to, days, wanted_days, lock, .. } => {
                let lock = lock.as_ref().map_or_else(|| "not locked".to_owned(), |mode| format!("locked ({mode})"));
                match days {
                    Some(days) if days < wanted_days => {
                        format!("{to} keeps the journal for {days} days, {wanted_days} are wanted; {lock}")
                    }
                    Some(days) => format!("{to} keeps the journal for {days} days; {lock}"),
                    None => format!("{to} keeps the journal until somebody deletes it; {lock}"),
                }
            }
            Self::Anchored { at, head, to } => {
                format!("{to} has the hash of entry {at}: {}", head.get(..12).unwrap_or(head))
            }
            Self::TrailBehind { to, why, since } => {
                format!("{to} does not have the journal from entry {since} on: {why}")
            }
            Self::TrailCaughtUp { to, until } => format!("{to} has the journal up to entry {until} again"),
            Self::ReadingsKept { lines, missing: None, .. } => format!("what was seen is kept: {lines} lines"),
            Self::ReadingsKept { lines, missing: Some(why), .. } => {
                format!("what was seen is kept in part, {lines} lines: {why}")
            }
            Self::SurpriseSealed { sha256 } => {
                format!("not everything is on the checklist; what, is sealed: {}", sha256.get(..12).unwrap_or(sha256))
            }
            Self::Debriefed { truth, surprise } => {
                let lost = truth.rows_lost.map_or_else(
                    || "no database was taken over".to_owned(),
                    |rows| {
                        let over = truth.loss_ms.map(|ms| format!(" ({})", millis(ms))).unwrap_or_default();
                        format!("{rows} rows were really lost{over}")
                    },
                );
                let surprise = surprise.as_ref().map_or_else(String::new, |told| match told.sprung {
                    Some(_) => format!("; the surprise was: {}", told.title),
                    None => format!("; the surprise that never came was: {}", told.title),
                });
                format!("{lost}{surprise}")
            }
            Self::RunClosed { outcome, says } => format!("{}: {says}", outcome.as_str()),
        }
    }
}

/// What users met with, in a sentence: of each vantage what failed, or nothing where nothing did.
fn metered(tallies: &[Tally]) -> String {
    let said = |tally: &&Tally| {
        let longest = tally.longest()?;
        let Tally { vantage, asked, failed, .. } = tally;
        let goes_on = if tally.failing().is_some() { ", going on" } else { "" };
        Some(format!(
            "{} {}: {failed} of {asked} failed, longest gap {longest}{goes_on}",
            vantage.component, vantage.from
        ))
    };
    let said: Vec<String> = tallies.iter().filter_map(|tally| said(&tally)).collect();
    if said.is_empty() {
        "meter: every question was answered".to_owned()
    } else {
        format!("meter: {}", said.join("; "))
    }
}

/// How many notices some keys are of.
fn count(keys: &[String]) -> String {
    if keys.len() == 1 { "1 notice".to_owned() } else { format!("{} notices", keys.len()) }
}
