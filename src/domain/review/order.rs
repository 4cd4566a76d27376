//! What comes before what in a runbook.

use std::collections::BTreeSet;

use super::deeds::{Deed, does};
use crate::domain::runbook::{Runbook, Step};
use crate::domain::service::Service;

/// Every step that is over before this one starts.
pub(super) fn before<'a>(runbook: &'a Runbook, id: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![id]);
    while let Some(id) = open.pop() {
        for need in runbook.needs(id) {
            if seen.insert(need.as_str()) {
                open.push(need);
            }
        }
    }
    seen
}

/// The steps of a runbook that do something.
pub(super) fn doing<'a>(
    service: &'a Service,
    runbook: &'a Runbook,
    deed: Deed,
) -> impl Iterator<Item = &'a Step> + use<'a> {
    runbook.steps().map(|(_, step)| step).filter(move |step| does(service, step, deed))
}

/// Whether something is done before a step starts.
pub(super) fn done_before(service: &Service, runbook: &Runbook, id: &str, deed: Deed) -> bool {
    before(runbook, id).into_iter().filter_map(|id| runbook.step(id)).any(|step| does(service, step, deed))
}

/// Whether something is done after a step is over.
pub(super) fn done_after(service: &Service, runbook: &Runbook, id: &str, deed: Deed) -> bool {
    doing(service, runbook, deed).any(|step| before(runbook, &step.id).contains(id))
}
