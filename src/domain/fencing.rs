//! Fencing by several ways: where the first does not hold, the next is tried, in the order of the service file. Each is an action
//! of a component, planned and confirmed like any; what changes is how the fence's own step is done.

use serde::{Deserialize, Serialize};

use super::region::{Place, Side};
use super::run::Run;
use super::runbook::{Action, Hazard, Step};
use super::service::Service;

/// The action that takes a database's writes away by SQL: the way after which its last mark can be read.
pub const FENCE: &str = "fence";

/// The action that takes a database off the network. Who is connected may stay so: AWS interrupts no tracked connection (EC2 user
/// guide, "Security group connection tracking").
pub const CUT_OFF: &str = "cut-off";

/// A way to take the writes from the Region that is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceWay {
    /// The component.
    pub component: String,
    /// Its action.
    pub action: String,
    /// What it can do to the world.
    pub hazard: Hazard,
}

/// Whether a step fences the Region that is left: it did so at first, or does it by another way by now.
pub fn is_fence(service: &Service, run: &Run, step: &Step) -> bool {
    let Action::Act { action, on, .. } = &step.action else { return false };
    let tried = run.steps.get(&step.id).is_some_and(|record| !record.ways.is_empty());
    let source = Place::Region(run.direction.source.clone());
    let fences = action == FENCE || action == CUT_OFF;
    tried || (fences && on.place(&run.direction, &service.regions) == source)
}

/// The next way of a step that fences: of the service's, the first that it was not done by yet.
pub fn next<'a>(service: &'a Service, run: &Run, step: &Step) -> Option<&'a FenceWay> {
    if !is_fence(service, run, step) {
        return None;
    }
    let Action::Act { component, action, .. } = &step.action else { return None };
    let tried = run.steps.get(&step.id).map(|record| record.ways.as_slice()).unwrap_or_default();
    let same = |way: &FenceWay, of: (&str, &str)| (way.component.as_str(), way.action.as_str()) == of;
    service.fence.iter().find(|way| {
        !same(way, (component, action)) && !tried.iter().any(|tried| same(way, (&tried.component, &tried.action)))
    })
}

/// Does a step by another way from here on; gives the way that it was done by.
pub(super) fn turn(step: &mut Step, way: &FenceWay) -> Option<FenceWay> {
    let Action::Act { component, action, on } = &mut step.action else { return None };
    let before = FenceWay {
        component: std::mem::replace(component, way.component.clone()),
        action: std::mem::replace(action, way.action.clone()),
        hazard: step.hazard,
    };
    *on = Side::Source;
    step.hazard = step.hazard.max(way.hazard);
    // They asked about the other way.
    step.gates.clear();
    Some(before)
}
