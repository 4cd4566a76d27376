//! Patches: JSON merge (RFC 7386), JSON (RFC 6902), and Kubernetes' strategic merge, which knows by which key the items of a
//! list are told apart.

use serde_json::{Map, Value};

use crate::sim::world::ApiError;

/// Lists that are merged item by item, and the key that tells their items apart (the API's `patchMergeKey`).
const MERGED: [(&str, &str); 12] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("imagePullSecrets", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("hostAliases", "ip"),
    ("ownerReferences", "uid"),
    ("topologySpreadConstraints", "topologyKey"),
    ("conditions", "type"),
];

/// Ports are told apart by their number, which a service calls otherwise than a container.
const PORTS: [&str; 2] = ["containerPort", "port"];

fn invalid(message: impl std::fmt::Display) -> ApiError {
    ApiError::new(422, "Invalid", format!("the patch cannot be applied: {message}"))
}

/// Applies a JSON merge patch.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// Applies a strategic merge patch.
pub(super) fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if changes.get("$patch").and_then(Value::as_str) == Some("replace") || !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    if let Some(kept) = changes.get("$retainKeys").and_then(Value::as_array) {
        target.retain(|key, _| kept.iter().any(|kept| kept.as_str() == Some(key)));
    }
    for (key, change) in changes {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(items)), Some(gone)) = (target.get_mut(list), change.as_array()) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        // The order of a list is told apart from what is in it.
        if key.starts_with('$') {
            continue;
        }
        match change {
            Value::Null => drop(target.remove(key)),
            Value::Array(items) => {
                let here = target.entry(key.clone()).or_insert(Value::Array(Vec::new()));
                list(here, key, items);
            }
            _ => strategic(target.entry(key.clone()).or_insert(Value::Null), change),
        }
    }
}

fn list(target: &mut Value, name: &str, changes: &[Value]) {
    let key = MERGED.iter().find(|(list, _)| *list == name).map(|(_, key)| *key).or_else(|| {
        let of = |key: &&str| changes.iter().all(|item| item.get(*key).is_some());
        (name == "ports" && !changes.is_empty()).then(|| PORTS.into_iter().find(of)).flatten()
    });
    let (Some(key), Value::Array(items)) = (key, &mut *target) else {
        *target = Value::Array(changes.to_vec());
        return;
    };
    let is = |item: &Value, directive: &str| item.get("$patch").and_then(Value::as_str) == Some(directive);
    if changes.iter().any(|change| is(change, "replace")) {
        items.clear();
    }
    for change in changes.iter().filter(|change| !is(change, "replace")) {
        let same = |item: &Value| item.get(key).is_some() && item.get(key) == change.get(key);
        if is(change, "delete") {
            items.retain(|item| !same(item));
        } else if let Some(item) = items.iter_mut().find(|item| same(item)) {
            strategic(item, change);
        } else {
            let mut item = Value::Null;
            strategic(&mut item, change);
            items.push(item);
        }
    }
}

/// Applies a JSON patch, all of it or nothing.
pub(super) fn json(target: &mut Value, patch: &Value) -> Result<(), ApiError> {
    let operations = patch.as_array().ok_or_else(|| invalid("it is no list of operations"))?;
    let mut changed = target.clone();
    for operation in operations {
        let text = |name: &str| operation.get(name).and_then(Value::as_str);
        let path = text("path").ok_or_else(|| invalid("an operation without a path"))?;
        let value = || operation.get("value").cloned().ok_or_else(|| invalid("an operation without a value"));
        match text("op").unwrap_or_default() {
            "test" => {
                if changed.pointer(path) != Some(&value()?) {
                    return Err(invalid(format_args!("testing value {path} failed")));
                }
            }
            "remove" => drop(remove(&mut changed, path)?),
            "add" => add(&mut changed, path, value()?)?,
            "replace" => {
                let place = changed.pointer_mut(path).ok_or_else(|| invalid(format_args!("there is no {path}")))?;
                *place = value()?;
            }
            "copy" | "move" => {
                let from = text("from").ok_or_else(|| invalid("an operation without its origin"))?;
                let value = if text("op") == Some("move") {
                    remove(&mut changed, from)?
                } else {
                    changed.pointer(from).cloned().ok_or_else(|| invalid(format_args!("there is no {from}")))?
                };
                add(&mut changed, path, value)?;
            }
            _ => return Err(invalid("an operation that is unknown")),
        }
    }
    *target = changed;
    Ok(())
}

/// The container that a pointer leads into, and the last part of the pointer.
fn place<'a>(target: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), ApiError> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| invalid(format_args!("{path} is no path")))?;
    let parent = target.pointer_mut(parent).ok_or_else(|| invalid(format_args!("there is no {parent}")))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), ApiError> {
    match place(target, path)? {
        (Value::Object(parent), last) => drop(parent.insert(last, value)),
        (Value::Array(parent), last) if last == "-" => parent.push(value),
        (Value::Array(parent), last) => match last.parse::<usize>() {
            Ok(index) if index <= parent.len() => parent.insert(index, value),
            _ => return Err(invalid(format_args!("{path} is out of bounds"))),
        },
        _ => return Err(invalid(format_args!("{path} leads nowhere"))),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, ApiError> {
    let gone = match place(target, path)? {
        (Value::Object(parent), last) => parent.remove(&last),
        (Value::Array(parent), last) => {
            last.parse::<usize>().ok().filter(|index| *index < parent.len()).map(|index| parent.remove(index))
        }
        _ => None,
    };
    gone.ok_or_else(|| invalid(format_args!("there is no {path}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_of_a_list_are_merged_by_their_key() {
        let mut target = json!({ "containers": [{ "name": "a", "image": "a:1", "env": [{ "name": "X", "value": "1" }] }, { "name": "b" }] });
        let patch = json!({
            "$setElementOrder/containers": [{ "name": "a" }],
            "containers": [{ "name": "a", "image": "a:2", "env": [{ "name": "Y", "value": "2" }] }, { "$patch": "delete", "name": "b" }],
        });
        strategic(&mut target, &patch);
        let env = json!([{ "name": "X", "value": "1" }, { "name": "Y", "value": "2" }]);
        assert_eq!(target, json!({ "containers": [{ "name": "a", "image": "a:2", "env": env }] }));
        let mut target = json!({ "ports": [{ "containerPort": 80, "name": "a" }], "args": [1, 2] });
        strategic(&mut target, &json!({ "ports": [{ "containerPort": 80, "name": "b" }], "args": [3] }));
        assert_eq!(target, json!({ "ports": [{ "containerPort": 80, "name": "b" }], "args": [3] }));
        let mut target = json!({ "strategy": { "type": "RollingUpdate", "rollingUpdate": {} } });
        strategic(&mut target, &json!({ "strategy": { "$retainKeys": ["type"], "type": "Recreate" } }));
        assert_eq!(target, json!({ "strategy": { "type": "Recreate" } }));
    }

    #[test]
    fn null_takes_away_and_a_merge_replaces_lists() {
        let mut target = json!({ "a": { "b": 1, "c": [1, 2] } });
        merge(&mut target, &json!({ "a": { "b": null, "c": [3] }, "d": { "e": null, "f": 1 } }));
        assert_eq!(target, json!({ "a": { "c": [3] }, "d": { "f": 1 } }));
    }

    #[test]
    fn a_json_patch_is_done_whole_or_not_at_all() {
        let mut target = json!({ "metadata": { "resourceVersion": "1" }, "data": { "a/b": "x" } });
        let patch = json!([
            { "op": "test", "path": "/metadata/resourceVersion", "value": "1" },
            { "op": "replace", "path": "/data/a~1b", "value": "y" },
            { "op": "add", "path": "/data/c", "value": "z" },
        ]);
        json(&mut target, &patch).unwrap();
        assert_eq!(target["data"], json!({ "a/b": "y", "c": "z" }));
        let patch = json!([{ "op": "remove", "path": "/data/c" }, { "op": "test", "path": "/metadata/resourceVersion", "value": "2" }]);
        assert_eq!(json(&mut target, &patch).unwrap_err().status, 422);
        assert_eq!(target["data"]["c"], "z");
        assert!(json(&mut target, &json!([{ "op": "remove", "path": "nowhere" }])).is_err());
    }
}
