//! a way that nobody has gone for a quarter.

use jiff::ToSpan as _;

use super::super::{Drilled, Found, Rule, Severity, Spot, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO034",
    title: "a way that nobody has gone for a quarter",
    severity: Severity::Warning,
    why: "What was not rehearsed does not work: permissions, quotas and names have changed since.",
    practice: "A drill every quarter, by other people than last time, with the primary blocked.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_dr_tested.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let oldest = subject.today.checked_sub(90.days()).ok();
    match subject.drills {
        Some(Drilled::Never) => found.at(Spot::Service, "there is no record of a drill here"),
        Some(Drilled::Last(day)) if oldest.is_some_and(|oldest| day < oldest) => {
            found.at(Spot::Service, format!("the last drill that was carried through was on {day}"));
        }
        Some(Drilled::Last(_)) | None => {}
    }
}
