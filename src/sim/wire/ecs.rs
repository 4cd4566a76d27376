//! ECS: AWS JSON 1.1.

use serde_json::{Value, json};

use super::{Called, WireRequest, WireResponse, json, unknown_operation};
use crate::sim::world::ecs::{Described, bare};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// Six weeks before the scenario's zero, when the services were made.
const CREATED: i64 = -86_400_000 * 42;

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let body = json::body(request)?;
    let cluster = body.get("cluster").and_then(Value::as_str).unwrap_or("default");
    let region = &called.region;
    let answer = match called.operation.as_str() {
        "DescribeServices" => {
            let wanted = body.get("services").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let (mut services, mut failures) = (Vec::new(), Vec::new());
            for name in wanted.iter().filter_map(Value::as_str) {
                match world.describe_fleet(region, cluster, name, world.now())? {
                    Some(fleet) => services.push(service(world, region, &fleet)),
                    None => failures.push(json!({ "arn": arn(world, region, cluster, name), "reason": "MISSING" })),
                }
            }
            json!({ "services": services, "failures": failures })
        }
        "UpdateService" => {
            let name = body.get("service").and_then(Value::as_str).unwrap_or_default();
            let Some(desired) = body.get("desiredCount").and_then(Value::as_i64) else {
                let message = "The simulated ECS changes a service's desired count, and nothing else.".to_owned();
                return Err(ApiError::new(400, "InvalidParameterException", message));
            };
            let change =
                Change::ScaleService { cluster: bare(cluster).to_owned(), service: bare(name).to_owned(), desired };
            world.apply(region, id, change)?;
            let fleet = world.describe_fleet(region, cluster, name, world.now())?;
            json!({ "service": fleet.map(|fleet| service(world, region, &fleet)) })
        }
        _ => return Err(unknown_operation(called)),
    };
    Ok(json::ok(&answer, id))
}

fn arn(world: &World, region: &str, cluster: &str, service: &str) -> String {
    format!("arn:aws:ecs:{region}:{}:service/{cluster}/{service}", world.account())
}

fn service(world: &World, region: &str, fleet: &Described) -> Value {
    let account = world.account();
    let seconds = |at: i64| Value::from(world.timestamp(at).as_second());
    let definition = format!("arn:aws:ecs:{region}:{account}:task-definition/{}:17", fleet.service);
    let (message, since) = &fleet.event;
    let since = (*since).max(CREATED);
    // Another number of tasks is no new deployment.
    let deployment = json!({
        "id": format!("ecs-svc/{}", world.chance().bits(&fleet.service, 0)),
        "status": "PRIMARY",
        "taskDefinition": definition,
        "desiredCount": fleet.desired,
        "pendingCount": fleet.pending,
        "runningCount": fleet.running,
        "failedTasks": 0,
        "createdAt": seconds(CREATED),
        "updatedAt": seconds(since),
        "launchType": "FARGATE",
        "rolloutState": "COMPLETED",
        "rolloutStateReason": "ECS deployment completed.",
    });
    json!({
        "serviceArn": arn(world, region, &fleet.cluster, &fleet.service),
        "serviceName": fleet.service,
        "clusterArn": format!("arn:aws:ecs:{region}:{account}:cluster/{}", fleet.cluster),
        "status": "ACTIVE",
        "desiredCount": fleet.desired,
        "runningCount": fleet.running,
        "pendingCount": fleet.pending,
        "launchType": "FARGATE",
        "schedulingStrategy": "REPLICA",
        "taskDefinition": definition,
        "deployments": [deployment],
        "events": [{
            "id": world.chance().uuid(message, since),
            "createdAt": seconds(since),
            "message": message,
        }],
        "createdAt": seconds(CREATED),
    })
}
