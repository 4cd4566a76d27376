//! Taking out what Terraform marks as sensitive, before anything is read.

use serde_json::{Map, Value};

/// Takes out the values at a state's `sensitive_attributes`: paths of `get_attr` and `index` steps. A path that cannot be
/// followed to its end takes out all that it passes into.
pub(super) fn by_paths(attributes: &mut Map<String, Value>, paths: Option<&Value>) {
    let Some(Value::Array(paths)) = paths else { return };
    for path in paths {
        let Value::Array(steps) = path else { continue };
        let Some((name, rest)) = steps.split_first().and_then(|(first, rest)| Some((key(first)?, rest))) else {
            // What it means to hide is not known: then everything is hidden.
            attributes.clear();
            return;
        };
        if let Some(value) = attributes.get_mut(name) {
            hide(value, rest);
        }
    }
}

fn hide(value: &mut Value, steps: &[Value]) {
    let Some((step, rest)) = steps.split_first() else {
        *value = Value::Null;
        return;
    };
    let inner = match value {
        Value::Object(map) => key(step).and_then(|name| map.get_mut(name)),
        Value::Array(items) => index(step).and_then(|at| items.get_mut(at)),
        _ => None,
    };
    match inner {
        Some(inner) => hide(inner, rest),
        None => *value = Value::Null,
    }
}

/// The name in a step: `{"type": "get_attr", "value": "password"}`, or an index of a map.
fn key(step: &Value) -> Option<&str> {
    let value = step.get("value")?;
    value.as_str().or_else(|| value.get("value")?.as_str())
}

/// The number in a step: `{"type": "index", "value": {"value": 0, "type": "number"}}`.
fn index(step: &Value) -> Option<usize> {
    let value = step.get("value")?;
    let number = if value.is_object() { value.get("value")? } else { value };
    usize::try_from(number.as_u64()?).ok()
}

/// Takes out the values where the mirror, the `sensitive_values` of `terraform show -json`, has `true`.
pub(super) fn by_mirror(value: &mut Value, mirror: &Value) {
    match (value, mirror) {
        (value, Value::Bool(true)) => *value = Value::Null,
        (Value::Object(map), Value::Object(marks)) => {
            for (name, mark) in marks {
                if let Some(inner) = map.get_mut(name) {
                    by_mirror(inner, mark);
                }
            }
        }
        (Value::Array(items), Value::Array(marks)) => {
            items.iter_mut().zip(marks).for_each(|(inner, mark)| by_mirror(inner, mark));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn left(mut value: Value, paths: &Value) -> Value {
        by_paths(value.as_object_mut().unwrap(), Some(paths));
        value
    }

    #[test]
    fn a_path_takes_out_what_it_leads_to() {
        let attr = |name: &str| json!({"type": "get_attr", "value": name});
        let index = json!({"type": "index", "value": {"value": 0, "type": "number"}});
        let value = json!({"password": "s", "port": 5432, "origin": [{"id": "a", "header": "s"}]});
        let out = left(value.clone(), &json!([[attr("password")], [attr("origin"), index, attr("header")]]));
        assert_eq!(out, json!({"password": null, "port": 5432, "origin": [{"id": "a", "header": null}]}));
        // An item of a set is named by its own value: then the whole set goes.
        let set = json!({"type": "index", "value": {"value": {"id": "a"}, "type": ["object", {}]}});
        let out = left(value.clone(), &json!([[attr("origin"), set, attr("header")]]));
        assert_eq!(out, json!({"password": "s", "port": 5432, "origin": null}));
        assert_eq!(left(value, &json!([[]])), json!({}));
    }

    #[test]
    fn a_mirror_takes_out_what_it_marks() {
        let mut value = json!({"password": "s", "origin": [{"id": "a", "header": "s"}, {"id": "b"}]});
        by_mirror(&mut value, &json!({"password": true, "origin": [{"header": true}], "tags": {}}));
        assert_eq!(value, json!({"password": null, "origin": [{"id": "a", "header": null}, {"id": "b"}]}));
        by_mirror(&mut value, &json!({"origin": true}));
        assert_eq!(value["origin"], Value::Null);
    }
}
