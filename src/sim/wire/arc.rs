//! The data plane of Route 53 Application Recovery Controller: AWS JSON 1.0. The Region of a request's signature says which
//! endpoint of the cluster is asked.

use serde_json::{Value, json};

use super::{Called, WireRequest, WireResponse, json, unknown_operation};
use crate::domain::region::HomeRole;
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// The name that its requests are signed for.
pub(super) const SERVICE: &str = "route53-recovery-cluster";

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let body = json::body(request)?;
    let region = called.region.as_str();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let answer = match called.operation.as_str() {
        "GetRoutingControlState" => {
            let arn = text("RoutingControlArn");
            let state = world.control_state(region, arn, world.now())?;
            json!({ "RoutingControlArn": arn, "RoutingControlState": state, "RoutingControlName": name(world, arn) })
        }
        "ListRoutingControls" => {
            let arns: Vec<String> = world
                .routing()
                .map(|spec| vec![spec.control.primary.clone(), spec.control.standby.clone()])
                .unwrap_or_default();
            let told = |arn: &String| {
                let state = world.control_state(region, arn, world.now())?;
                Ok(json!({
                    "ControlPanelArn": arn.split("/routingcontrol/").next(),
                    "ControlPanelName": "DefaultControlPanel",
                    "RoutingControlArn": arn,
                    "RoutingControlName": name(world, arn),
                    "RoutingControlState": state,
                    "Owner": world.account(),
                }))
            };
            let told: Vec<Value> = arns.iter().map(told).collect::<Result<_, ApiError>>()?;
            json!({ "RoutingControls": told })
        }
        "UpdateRoutingControlState" => {
            overrides_nothing(&body)?;
            let entry = (text("RoutingControlArn").to_owned(), text("RoutingControlState").to_owned());
            world.apply(region, id, Change::RoutingControls { entries: vec![entry] })?;
            json!({})
        }
        "UpdateRoutingControlStates" => {
            overrides_nothing(&body)?;
            let entries = body.get("UpdateRoutingControlStateEntries").and_then(Value::as_array);
            let part =
                |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let entries = entries.into_iter().flatten();
            let entries = entries.map(|entry| (part(entry, "RoutingControlArn"), part(entry, "RoutingControlState")));
            world.apply(region, id, Change::RoutingControls { entries: entries.collect() })?;
            json!({})
        }
        _ => return Err(unknown_operation(called)),
    };
    Ok(json::ok(&answer, id))
}

fn name(world: &World, arn: &str) -> &'static str {
    let own = world.routing().is_some_and(|spec| spec.control.get(HomeRole::Primary) == arn);
    if own { "primary" } else { "standby" }
}

/// Refuses what is not simulated, in place of leaving it out.
fn overrides_nothing(body: &Value) -> Result<(), ApiError> {
    let rules = body.get("SafetyRulesToOverride").and_then(Value::as_array);
    if rules.is_none_or(Vec::is_empty) {
        return Ok(());
    }
    let message = "The simulated cluster lets nobody override its safety rule.".to_owned();
    Err(ApiError::new(400, "ValidationException", message))
}
