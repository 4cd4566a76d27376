//! Secrets Manager: AWS JSON 1.1.

use serde_json::{Value, json};

use super::{Called, WireRequest, WireResponse, json, unknown_operation};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let body = json::body(request)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let secret = text("SecretId")
        .ok_or_else(|| ApiError::new(400, "InvalidParameterException", "You must provide a SecretId.".to_owned()))?;
    let described = |world: &World| world.describe_secret(&called.region, secret, world.now());
    let answer = match called.operation.as_str() {
        "DescribeSecret" => describe(world, &described(world)?),
        "GetSecretValue" => {
            let found = described(world)?;
            let stage = text("VersionStage").unwrap_or("AWSCURRENT");
            let staged = match stage {
                "AWSCURRENT" => Some(found.versions.0.clone()),
                "AWSPREVIOUS" => found.versions.1.clone(),
                _ => None,
            };
            let version = text("VersionId").map(str::to_owned).or(staged).ok_or_else(|| {
                let message =
                    format!("Secrets Manager can't find the specified secret value for staging label: {stage}");
                ApiError::new(400, "ResourceNotFoundException", message)
            })?;
            let value = world.secret_value(&called.region, secret, Some(&version), world.now())?;
            let stage = if version == found.versions.0 { "AWSCURRENT" } else { "AWSPREVIOUS" };
            json!({
                "ARN": found.arn, "Name": found.name, "VersionId": version, "VersionStages": [stage],
                "SecretString": value, "CreatedDate": world.timestamp(found.changed).as_second(),
            })
        }
        "StopReplicationToReplica" => {
            let name = described(world)?.name;
            world.apply(&called.region, id, Change::StopReplication { secret: name })?;
            json!({ "ARN": described(world)?.arn })
        }
        "PutSecretValue" => {
            let name = described(world)?.name;
            let version = text("ClientRequestToken").map_or_else(|| world.chance().uuid(id, 2), str::to_owned);
            let value = text("SecretString").map(str::to_owned);
            let change = Change::PutSecret { secret: name.clone(), version: version.clone(), value };
            world.apply(&called.region, id, change)?;
            json!({
                "ARN": described(world)?.arn, "Name": name,
                "VersionId": version, "VersionStages": ["AWSCURRENT"],
            })
        }
        _ => return Err(unknown_operation(called)),
    };
    Ok(json::ok(&answer, id))
}

fn describe(world: &World, secret: &crate::sim::world::secrets::Described) -> Value {
    let seconds = |at: i64| Value::from(world.timestamp(at).as_second());
    let mut stages = json!({ secret.versions.0.clone(): ["AWSCURRENT"] });
    if let (Some(old), Some(stages)) = (&secret.versions.1, stages.as_object_mut()) {
        stages.insert(old.clone(), json!(["AWSPREVIOUS"]));
    }
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "RotationEnabled": false,
        "LastChangedDate": seconds(secret.changed),
        "CreatedDate": seconds(-86_400_000 * 400),
        "VersionIdsToStages": stages,
    });
    if let Some(answer) = answer.as_object_mut() {
        if let Some(primary) = &secret.primary {
            answer.insert("PrimaryRegion".into(), json!(primary));
        }
        if let Some((region, status)) = &secret.replica {
            answer.insert("ReplicationStatus".into(), json!([{ "Region": region, "Status": status }]));
        }
    }
    answer
}
