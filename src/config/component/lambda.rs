//! `lambda`.

use serde_json::Value;

use super::both;
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::config::words::is_credential;
use crate::domain::service::Lambda;

/// Far below what Lambda takes: it is shown whole to whoever consents.
const LONGEST: usize = 2_000;

pub(super) fn lambda(table: &Table<'_, '_>) -> Option<Lambda> {
    const NAME: &str = "the function's name: letters, digits, hyphens and underscores, at most 64";
    const ALIAS: &str = "an alias or a version, such as \"live\" or \"17\"";
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let alias = table.optional("alias", |node| form::token(node, ALIAS, 128, plain));
    let payload = table.get("payload").map_or(Some("{}".to_owned()), |node| object(&node));
    let function =
        both(table, "{ function = \"…\" }", |side| form::token(&side.need("function", NAME)?, NAME, 64, plain));
    Some(Lambda { function: function?, alias: alias.ok()?, payload: payload? })
}

fn object(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a JSON object as a text, such as '{ \"check\": true }'";
    let text = node.line(EXPECTED, LONGEST)?;
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ Value::Object(_)) if !holds_a_secret(&value) => Some(value.to_string()),
        Ok(Value::Object(_)) => {
            let message = "the payload has a key that names a secret: secrets are never in the file";
            let found =
                crate::config::Diagnostic::hidden(node.context().source(), node.span.clone(), &node.path, message);
            node.context().push(found);
            None
        }
        Ok(_) => {
            node.context().push(node.found("the payload is JSON, but no object").expected(EXPECTED));
            None
        }
        Err(error) => {
            node.context().push(node.found(format!("the payload is no JSON: {error}")).expected(EXPECTED));
            None
        }
    }
}

fn holds_a_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| is_credential(key) || holds_a_secret(value)),
        Value::Array(items) => items.iter().any(holds_a_secret),
        _ => false,
    }
}
