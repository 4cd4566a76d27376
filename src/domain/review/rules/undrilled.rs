//! a way that nobody has gone for as long as it may.

use super::super::{Drilled, Found, Rule, Severity, Spot, Subject};
use crate::domain::history::Cadence;

/// Where the service file does not say how often.
const QUARTERLY: Cadence = Cadence::Months(3);

pub(super) const RULE: Rule = Rule {
    id: "HO034",
    title: "a way that nobody has gone for as long as it may",
    severity: Severity::Warning,
    why: "What was not rehearsed does not work: permissions, quotas and names have changed since.",
    practice: "A drill every quarter, by other people than last time, with the primary blocked.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_dr_tested.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let every = subject.service.drills.every.unwrap_or(QUARTERLY);
    match subject.drills {
        Some(Drilled::Never) => found.at(Spot::Service, "there is no record of a drill here"),
        Some(Drilled::Last(day)) if every.after(day).is_some_and(|due| due < subject.today) => {
            let says = format!("the last drill that was carried through was on {day}, and one is wanted {every}");
            found.at(Spot::Service, says);
        }
        Some(Drilled::Last(_)) | None => {}
    }
}
