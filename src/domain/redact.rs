//! Keeping secrets off the screen, out of the journal and out of the log.

use std::sync::Arc;

/// What stands where a secret stood.
pub const MARK: &str = "[redacted]";

/// The secrets that this process knows, and the shapes of those that it doesn't.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<Vec<String>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} secrets)", self.known.len())
    }
}

impl Redactor {
    /// A redactor of these values: the contents of the environment variables that a service names, and the like.
    /// Values shorter than four characters are left out: hiding them would only garble the text.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let mut known: Vec<String> = known.into_iter().filter(|secret| secret.chars().count() >= 4).collect();
        // The longest first, so that a secret that contains another goes whole.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        known.dedup();
        Self { known: Arc::new(known) }
    }

    /// The text without its secrets: known values, AWS access keys, `password=…` and `"password": "…"` pairs, bearer
    /// tokens, and passwords inside URLs.
    pub fn apply(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in self.known.iter() {
            if out.contains(secret.as_str()) {
                out = out.replace(secret.as_str(), MARK);
            }
        }
        out = hide_access_keys(&out);
        out = hide_named(&out);
        hide_in_urls(&out)
    }

    /// Redacts every string inside a JSON value.
    pub fn apply_json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                let clean = self.apply(text);
                if clean != *text {
                    *text = clean;
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.apply_json(item)),
            serde_json::Value::Object(map) => map.values_mut().for_each(|item| self.apply_json(item)),
            _ => {}
        }
    }
}

/// Access key ids are `AKIA` or `ASIA` and sixteen more of `A-Z2-7` (IAM user guide, "Unique identifiers").
fn hide_access_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = [rest.find("AKIA"), rest.find("ASIA")].into_iter().flatten().min() {
        let (before, key) = rest.split_at(at);
        out.push_str(before);
        let run = key.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
        let (word, tail) = key.split_at(run);
        out.push_str(if run >= 20 { MARK } else { word });
        rest = tail;
    }
    out.push_str(rest);
    out
}

const NAMES: [&str; 11] = [
    "password",
    "passwd",
    "pwd",
    "secret_access_key",
    "secretaccesskey",
    "session_token",
    "sessiontoken",
    "secret_key",
    "token",
    "authorization",
    "api_key",
];

/// `name=value`, `name: value` and `"name":"value"`, whatever the case, where the name ends in one of [`NAMES`].
fn hide_named(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut at = 0;
    while at < lower.len() {
        let Some(tail) = lower.get(at..) else {
            at += 1;
            continue;
        };
        let Some(name) = NAMES.into_iter().find(|name| tail.starts_with(name)) else {
            at += 1;
            continue;
        };
        let after = at + name.len();
        if let Some((start, end)) = value_after(text, after) {
            out.push_str(text.get(done..start).unwrap_or_default());
            out.push_str(MARK);
            done = end;
            at = end.max(after);
        } else {
            at = after;
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Where the value stands that follows a name ending at `at`: after an optional quote, `=` or `:`, and spaces.
fn value_after(text: &str, at: usize) -> Option<(usize, usize)> {
    let tail = text.get(at..)?;
    let unquoted = tail.trim_start_matches(['"', '\'']);
    let spaced = unquoted.trim_start_matches(' ');
    let value = spaced.strip_prefix('=').or_else(|| spaced.strip_prefix(':'))?.trim_start_matches(' ');
    let lower = value.get(..7).map(str::to_ascii_lowercase);
    let value = if matches!(lower.as_deref(), Some("bearer ")) { value.get(7..)? } else { value };
    let (value, quote) = match value.chars().next()? {
        quote @ ('"' | '\'') => (value.get(1..)?, Some(quote)),
        _ => (value, None),
    };
    let length = match quote {
        Some(quote) => value.find(quote).unwrap_or(value.len()),
        None => value
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | '}'))
            .unwrap_or(value.len()),
    };
    let start = text.len() - value.len();
    (length > 0 && !value.starts_with(MARK)).then_some((start, start + length))
}

/// `scheme://user:password@host` loses its password.
fn hide_in_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, tail) = rest.split_at(at + 3);
        out.push_str(before);
        let authority =
            tail.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'')).unwrap_or(tail.len());
        let (authority, tail) = tail.split_at(authority);
        match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
            Some((user, host)) => {
                out.push_str(user);
                out.push(':');
                out.push_str(MARK);
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_of_every_shape_go() {
        let redactor = Redactor::new(["hunter2hunter2".to_owned(), "abc".to_owned()]);
        for (text, left) in [
            ("the word is hunter2hunter2.", "the word is [redacted]."),
            ("abc stays", "abc stays"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used"),
            ("PGPASSWORD=swordfish psql", "PGPASSWORD=[redacted] psql"),
            (r#"{"password": "sword fish", "user":"a"}"#, r#"{"password": "[redacted]", "user":"a"}"#),
            ("Authorization: Bearer abcdef", "Authorization: Bearer [redacted]"),
            ("postgres://app:pw123@db:5432/x", "postgres://app:[redacted]@db:5432/x"),
            ("password required", "password required"),
        ] {
            assert_eq!(redactor.apply(text), left);
        }
    }

    proptest! {
        #[test]
        fn a_known_secret_never_gets_through(before in ".*", after in ".*", secret in "[a-zA-Z0-9!#]{6,20}") {
            let redactor = Redactor::new([secret.clone()]);
            let text = format!("{before}{secret}{after}");
            prop_assert!(!redactor.apply(&text).contains(&secret));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Redactor::default().apply(&text);
            let _ = Redactor::default().apply(&format!("password={text}"));
        }
    }
}
