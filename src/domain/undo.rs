//! The way back from a step that is done, where there is one: another step, planned and confirmed like any.

use serde::{Deserialize, Serialize};

use super::region::Side;
use super::runbook::{Action, Hazard, Phase, Runbook, Step, StepId};
use super::service::{Service, Spec};

/// The phase that holds such steps.
const PHASE: &str = "Taken back";

/// What takes a step back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The id of the step that does so.
    pub id: StepId,
    /// The component.
    pub component: String,
    /// Its action.
    pub action: String,
    /// Where.
    pub on: Side,
}

/// What takes a step back, if there is such a thing.
pub fn undo(service: &Service, runbook: &Runbook, step: &Step) -> Option<Undo> {
    let Action::Act { component, action, on } = &step.action else { return None };
    let (action, on) = reverse(&service.component(component)?.spec, action, *on)?;
    let id = format!("undo-{}", step.id);
    let taken = |id: &str| runbook.step(id).is_some();
    let id = if taken(&id) { (2..100).map(|times| format!("{id}-{times}")).find(|id| !taken(id))? } else { id };
    Some(Undo { id, component: component.clone(), action: action.to_owned(), on })
}

/// The action that takes another back, and where.
fn reverse(spec: &Spec, action: &str, on: Side) -> Option<(&'static str, Side)> {
    let other = match on {
        Side::Source => Side::Target,
        Side::Target => Side::Source,
        Side::Primary => Side::Standby,
        Side::Standby => Side::Primary,
        Side::Global => Side::Global,
    };
    Some(match (spec, action) {
        (spec, "fence") if spec.is_database() => ("admit", on),
        (Spec::RdsReplica(_), "cut-off") => ("let-in", on),
        (Spec::Ecs(_) | Spec::Kubernetes(_), "scale-up") => ("scale-down", on),
        (Spec::Ecs(_) | Spec::Kubernetes(_), "scale-down" | "stop") => ("scale-up", on),
        (Spec::Kubernetes(_), "suspend-sync") => ("resume-sync", on),
        (Spec::HealthCheck(_), "force-unhealthy") => ("release", on),
        (spec, "point") if spec.carries_traffic() => ("point", other),
        _ => return None,
    })
}

/// Adds the step to a run's checklist, at its end: nothing waits for it.
pub fn append(runbook: &mut Runbook, of: &str, undo: &Undo) {
    let title = runbook.step(of).map_or(of, |step| step.title.as_str());
    let action = Action::Act { component: undo.component.clone(), action: undo.action.clone(), on: undo.on };
    let step = Step {
        title: format!("Take back: {title}"),
        after: vec![of.to_owned()],
        ..Step::bare(&undo.id, action, Hazard::Write)
    };
    match runbook.phases.last_mut().filter(|phase| phase.title == PHASE) {
        Some(phase) => phase.steps.push(step),
        None => runbook.phases.push(Phase { title: PHASE.to_owned(), steps: vec![step] }),
    }
}
