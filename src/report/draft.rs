//! A text for a status page, drafted of what a run's journal says. A person reads it, changes it and posts it; it claims nothing
//! that is not in the journal.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::journal::RunOutcome;
use crate::domain::run::{Mode, Run};
use crate::domain::service::Service;
use crate::domain::text::bounded;
use crate::domain::timeline::Milestone;

/// After how long readers of a status page hear again, at the latest.
const AGAIN: Duration = Duration::from_mins(30);

/// The draft, as plain text.
pub fn draft(run: &Run, service: &Service, now: Timestamp) -> String {
    let mut lines = Vec::new();
    if run.mode != Mode::Live {
        lines.push(format!("NOT TO BE POSTED: this was a {}, and nobody was affected.\n", run.mode.as_str()));
    }
    let (status, done) = standing(run);
    let what = if service.description.is_empty() { String::new() } else { format!(" ({})", service.description) };
    lines.push(format!("Status: {status}"));
    lines.push(format!("What is affected: {} in {}{}", service.name, service.environment, bounded(&what, 400)));
    lines.push(match run.timeline.at(Milestone::ImpactBegan) {
        Some(at) => format!("Since: {}", minute(at)),
        None => "Since: not known yet".to_owned(),
    });
    lines.push(format!("What is done: {done}"));
    lines.extend(loss(run).map(|loss| format!("Data: {loss}")));
    if run.closed.is_none() {
        lines.push(format!("Next update: by {}", minute(now + AGAIN)));
    }
    lines.push(String::new());
    lines.push(format!(
        "(Drafted {} of entry {} of run {}. Read it, change it, and post it yourself.)",
        minute(now),
        run.entries,
        bounded(&run.id, 200)
    ));
    lines.push(String::new());
    lines.join("\n")
}

/// The words of a status page, and what has been done as far as the journal says.
fn standing(run: &Run) -> (&'static str, String) {
    let (source, target) = (&run.direction.source, &run.direction.target);
    let at = |milestone| run.timeline.at(milestone).map(minute);
    match &run.closed {
        Some((RunOutcome::Verified, when)) => {
            let says = format!("The service was moved from {source} to {target} and verified at {}.", minute(*when));
            return ("Resolved", says);
        }
        Some((RunOutcome::StoodDown, when)) => {
            let says =
                format!("A move to {target} was prepared and stood down at {}: nothing was moved.", minute(*when));
            return ("Monitoring", says);
        }
        Some((RunOutcome::Abandoned, when)) => {
            let says =
                format!("A move to {target} was broken off unfinished at {}. We go on by other means.", minute(*when));
            return ("Identified", says);
        }
        None => {}
    }
    if let Some(when) = at(Milestone::FirstSuccess) {
        return (
            "Monitoring",
            format!("The service answers from {target} since {when}; we watch whether it stays well."),
        );
    }
    if let Some(when) = at(Milestone::TrafficMoved) {
        return (
            "Monitoring",
            format!("Traffic goes to {target} since {when}; it takes some minutes to reach everybody."),
        );
    }
    if let Some(when) = at(Milestone::Promoted) {
        return ("Identified", format!("The database takes over in {target} since {when}; traffic follows."));
    }
    if let Some(when) = at(Milestone::Decided) {
        return ("Identified", format!("It was decided at {when} to move the service from {source} to {target}."));
    }
    if run.armed.is_some() || run.has_written() {
        return ("Identified", format!("We are about to move the service from {source} to {target}."));
    }
    ("Investigating", format!("We look into it, and prepare to move the service from {source} to {target}."))
}

/// What is known of the data; before anything took over nothing is said of it.
fn loss(run: &Run) -> Option<String> {
    match &run.loss {
        Some(loss) => Some(format!("what was lost: {loss}")),
        None if run.timeline.at(Milestone::Promoted).is_some() => {
            Some("whether any was lost is not known yet".to_owned())
        }
        None => None,
    }
}

fn minute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}
