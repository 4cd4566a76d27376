//! alarms that tell nobody.

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::region::Place;
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO032",
    title: "alarms that tell nobody",
    severity: Severity::Warning,
    why: "An alarm without an action, or with its actions off, turns red in a console that nobody has open: the outage begins with whoever looks first.",
    practice: "Every alarm with an action that reaches somebody, in the Region that lives.",
    source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    for component in &subject.service.components {
        if !matches!(component.spec, Spec::CloudWatch(_)) {
            continue;
        }
        for region in [&regions.primary, &regions.standby] {
            let place = Place::Region(region.clone());
            let silent = subject.live.and_then(|live| live.text(&component.id, &place, "silent_alarms"));
            if let Some(silent) = silent.filter(|silent| !silent.is_empty()) {
                found.at(Spot::Component(component.id.clone()), format!("nobody is told by {silent} of {region}"));
            }
        }
    }
}
