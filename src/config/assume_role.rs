//! `[aws] assume_role`: a role whose credentials are used for everything.

use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::form;
use super::reader::{Node, Table};
use crate::domain::service::{AssumeRole, ExternalId};
use crate::domain::text::bounded;

const EXPECTED: &str = "{ role = \"arn:aws:iam::…:role/…\", external_id = \"…\", duration = \"1h\" }";

pub(super) fn read(node: &Node<'_, '_>) -> Option<AssumeRole> {
    let table = node.table(EXPECTED)?;
    let role = table.need("role", "the role's ARN").and_then(|node| arn(&node));
    let external_id = external_id(&table);
    let source_profile = table.optional("source_profile", |node| node.line("the name of a profile", 128));
    // What STS takes; a role says itself how much of it.
    let duration = table
        .get("duration")
        .map_or(Some(Duration::from_hours(1)), |node| node.duration(Duration::from_mins(15), Duration::from_hours(12)));
    table.finish();
    Some(AssumeRole {
        role: role?,
        external_id: external_id?,
        source_profile: source_profile.ok()?,
        duration: duration?,
    })
}

fn arn(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a role's ARN, such as \"arn:aws:iam::123456789012:role/dr-operations\"";
    let text = node.line(EXPECTED, 2_048)?;
    let account = |rest: &str| rest.len() > 12 && rest.bytes().take(12).all(|b| b.is_ascii_digit());
    let rest = text.split_once(":iam::").filter(|(start, _)| start.starts_with("arn:aws")).map(|(_, rest)| rest);
    if rest.is_some_and(|rest| account(rest) && rest.get(12..).is_some_and(|rest| rest.starts_with(":role/"))) {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{}\" is no role's ARN", bounded(&text, 80))).expected(EXPECTED));
    None
}

/// `external_id` or `external_id_env`. The id itself is not shown.
#[expect(clippy::option_option, reason = "nothing there is not the same as something wrong")]
fn external_id(table: &Table<'_, '_>) -> Option<Option<ExternalId>> {
    let (text, env) = (table.get("external_id"), table.get("external_id_env"));
    match (text, env) {
        (None, None) => Some(None),
        (Some(_), Some(env)) => {
            env.error("external_id and external_id_env are two answers to one question");
            None
        }
        (None, Some(env)) => form::variable(&env).map(|name| Some(ExternalId::Env(name))),
        (Some(node), None) => {
            const EXPECTED: &str = "2 to 1224 letters, digits and characters of +=,.@:/_-";
            let text = node.string(EXPECTED)?;
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@:/_-".contains(&b);
            if (2..=1_224).contains(&text.len()) && text.bytes().all(fits) {
                return Some(Some(ExternalId::Text(text.to_owned())));
            }
            let message = "this is no external id";
            let found = Diagnostic::hidden(node.context().source(), node.span.clone(), &node.path, message);
            node.context().push(found.expected(EXPECTED));
            None
        }
    }
}
