//! Parameter Store of Systems Manager: AWS JSON 1.1.

use serde_json::{Value, json};

use super::{Called, WireRequest, WireResponse, json, unknown_operation};
use crate::sim::world::mutation::Change;
use crate::sim::world::ssm::Version;
use crate::sim::world::{ApiError, World};

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let body = json::body(request)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or_default();
    let list = |name: &str| {
        let items = body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let missing = |name: &str| ApiError::new(400, "ValidationException", format!("{name} is missing."));
    let region = called.region.as_str();
    let one = |world: &World, name: &str| world.parameter(region, name).and_then(|all| whole(world, region, name, all));
    let answer = match called.operation.as_str() {
        "GetParameter" => {
            let name = text("Name").ok_or_else(|| missing("Name"))?;
            let found = one(world, name).ok_or_else(|| ApiError::new(400, "ParameterNotFound", String::new()))?;
            json!({ "Parameter": found })
        }
        "GetParameters" => {
            let names = list("Names");
            let (found, not): (Vec<_>, Vec<_>) = names.iter().partition(|name| one(world, name).is_some());
            let found: Vec<Value> = found.into_iter().filter_map(|name| one(world, name)).collect();
            json!({ "Parameters": found, "InvalidParameters": not })
        }
        "GetParametersByPath" => {
            let path = text("Path").ok_or_else(|| missing("Path"))?;
            let path = format!("{}/", path.trim_end_matches('/'));
            let below =
                |name: &&str| name.strip_prefix(&path).is_some_and(|rest| flag("Recursive") || !rest.contains('/'));
            let names = world.parameter_names(region).into_iter().filter(below);
            json!({ "Parameters": names.filter_map(|name| one(world, name)).collect::<Vec<_>>() })
        }
        "DescribeParameters" => {
            if body.get("Filters").is_some() || body.get("ParameterFilters").is_some() {
                let message = "The simulated Parameter Store describes all parameters, without filters.".to_owned();
                return Err(ApiError::new(400, "InvalidFilterKey", message));
            }
            let told = |name: &str| {
                let mut told = one(world, name)?;
                // Values are not described.
                told.as_object_mut()?.remove("Value");
                Some(told)
            };
            json!({ "Parameters": world.parameter_names(region).into_iter().filter_map(told).collect::<Vec<_>>() })
        }
        "PutParameter" => {
            let name = text("Name").ok_or_else(|| missing("Name"))?.to_owned();
            let change = Change::PutParameter {
                name: name.clone(),
                value: text("Value").ok_or_else(|| missing("Value"))?.to_owned(),
                kind: text("Type").map(str::to_owned),
                overwrite: flag("Overwrite"),
            };
            world.apply(region, id, change)?;
            json!({ "Version": world.parameter(region, &name).map_or(0, <[Version]>::len), "Tier": "Standard" })
        }
        _ => return Err(unknown_operation(called)),
    };
    Ok(json::ok(&answer, id))
}

fn whole(world: &World, region: &str, name: &str, versions: &[Version]) -> Option<Value> {
    let last = versions.last()?;
    Some(json!({
        "Name": name,
        "Type": last.kind,
        "Value": last.value,
        "Version": versions.len(),
        "LastModifiedDate": world.timestamp(last.at).as_second(),
        "ARN": format!("arn:aws:ssm:{region}:{}:parameter/{}", world.account(), name.trim_start_matches('/')),
        "DataType": "text",
    }))
}
