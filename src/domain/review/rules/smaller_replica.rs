//! a replica smaller than its primary.

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::region::{Place, Region};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO038",
    title: "a replica smaller than its primary",
    severity: Severity::Warning,
    why: "It keeps up with the writes, which is little work, and then has to answer every read, too.",
    practice: "The primary's class in the standby, or a step that grows it before the traffic.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html",
    look,
};

/// The sizes of instance classes, the smallest first; `8xlarge` is beyond them, by its number.
const SIZES: &[&str] = &["micro", "small", "medium", "large", "xlarge"];

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    let Some(live) = subject.live else { return };
    for component in &subject.service.components {
        if !matches!(component.spec, Spec::RdsReplica(_)) {
            continue;
        }
        let class = |region: &Region| live.text(&component.id, &Place::Region(region.clone()), "instance_class");
        let (Some(primary), Some(standby)) = (class(&regions.primary), class(&regions.standby)) else { continue };
        if let (Some(needed), Some(there)) = (size(primary), size(standby))
            && there < needed
        {
            found.at(
                Spot::Component(component.id.clone()),
                format!("it is {standby} in {} and {primary} in {}", regions.standby, regions.primary),
            );
        }
    }
}

/// How large a class such as `db.r6g.4xlarge` is, in comparison.
fn size(class: &str) -> Option<usize> {
    let size = class.rsplit('.').next()?;
    SIZES.iter().position(|word| *word == size).or_else(|| {
        let times: usize = size.strip_suffix("xlarge")?.parse().ok()?;
        Some(SIZES.len() + times)
    })
}
