//! A dry run: every step of a runbook resolved as far as it can be now. Reads, and changes nothing.

use std::time::Duration;

use futures::future::join_all;

use super::programs::program_plan;
use crate::domain::board::Board;
use crate::domain::gate::{GateResult, Sight};
use crate::domain::plan::{Ask, Plan, Refusal};
use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::Place;
use crate::domain::run::Run;
use crate::domain::runbook::Action;
use crate::domain::service::Service;
use crate::ports::{World, within};

const LIMIT: Duration = Duration::from_secs(10);

/// A step's id, its call (or why there is none; `None` for a step without one), and its gates.
pub type Resolved = (String, Option<Result<Plan, Refusal>>, Vec<GateResult>);

/// Looks at every component in every place, all at once.
pub async fn look_at_all(world: &World) -> Vec<(String, Place, Duration, Result<Observation, Unread>)> {
    let looks = world.components.values().flat_map(|component| {
        component.places().into_iter().map(move |place| async move {
            let result = within(world.clock.as_ref(), LIMIT, component.observe(&place)).await;
            let late = || Unread::new(Why::TimedOut, format!("no answer within {} s", LIMIT.as_secs()));
            (component.id().to_owned(), place, component.pace() * 3, result.unwrap_or_else(|| Err(late())))
        })
    });
    join_all(looks).await
}

/// Every reading there is, as of now.
pub async fn board_of(world: &World) -> Board {
    let mut board = Board::default();
    let at = world.clock.now();
    for (id, place, fresh_for, result) in look_at_all(world).await {
        board.record(&id, &place, at, fresh_for, &result);
    }
    board
}

/// Resolves every step.
pub async fn resolve(world: &World, service: &Service, run: &Run) -> Vec<Resolved> {
    let board = board_of(world).await;
    let mut resolved = Vec::new();
    for (_, step) in run.runbook.steps() {
        let call = match &step.action {
            Action::Act { component, action, on } => {
                let ask = Ask {
                    step: step.id.clone(),
                    component: component.clone(),
                    action: action.clone(),
                    on: on.place(&run.direction, &service.regions),
                    direction: run.direction.clone(),
                    run: run.id.clone(),
                    impact: None,
                };
                Some(match world.components.get(component) {
                    Some(part) => within(world.clock.as_ref(), LIMIT, part.plan(&ask))
                        .await
                        .unwrap_or_else(|| Err(Refusal::new(format!("no answer within {} s", LIMIT.as_secs())))),
                    None => Err(Refusal::new(format!("the service has no component {component:?}"))),
                })
            }
            Action::Exec(exec) => Some(Ok(program_plan(service, run, step, exec, None))),
            _ => None,
        };
        let sight = Sight { board: &board, direction: &run.direction, home: &service.regions, now: world.clock.now() };
        let mut gates = match &call {
            Some(Ok(plan)) => plan.gates.clone(),
            _ => Vec::new(),
        };
        gates.extend(step.gates.iter().map(|gate| {
            let (verdict, evidence) = sight.look(&gate.predicate);
            GateResult { name: gate.name.clone(), verdict, evidence }
        }));
        resolved.push((step.id.clone(), call, gates));
    }
    resolved
}
