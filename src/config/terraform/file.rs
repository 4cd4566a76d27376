//! A file that Terraform wrote: which of its three forms it has, and where it is wrong.

use serde_json::{Map, Value};

use super::resource::Estate;
use super::{output, show, state};
use crate::domain::text::{bounded, visible};

/// How much a file may hold.
pub const MAX_BYTES: usize = 64 << 20;

const GIVE: &str = "give what `terraform state pull`, `terraform show -json` or `terraform output -json` prints";

/// What is wrong with a file. It never holds a value of the file: any of them may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}{message}{}", help.map(|help| format!("\n  {help}")).unwrap_or_default())]
pub struct BadFile {
    /// The file's name, safe to show.
    file: String,
    /// Where in it, such as `resources[3].instances: `; empty for the file as a whole.
    place: String,
    message: String,
    help: Option<&'static str>,
}

/// A place in a file, for what is wrong there.
#[derive(Debug, Clone)]
pub(super) struct At<'f> {
    pub(super) file: &'f str,
    pub(super) path: String,
}

impl At<'_> {
    pub(super) fn key(&self, key: &str) -> Self {
        let key = bounded(key, 80);
        let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
        Self { file: self.file, path }
    }

    pub(super) fn item(&self, index: usize) -> Self {
        Self { file: self.file, path: format!("{}[{index}]", self.path) }
    }

    pub(super) fn is_not(&self, expected: &str, found: &Value) -> BadFile {
        let message = format!("expected {expected}, found {}", type_name(found));
        BadFile { file: visible(self.file), place: format!("{}: ", self.path), message, help: Some(GIVE) }
    }

    /// What is wrong here, in one line.
    pub(super) fn told(&self, what: &str) -> String {
        format!("{}: {}: {what}", visible(self.file), self.path)
    }

    pub(super) fn object<'v>(&self, value: &'v Value) -> Result<&'v Map<String, Value>, BadFile> {
        value.as_object().ok_or_else(|| self.is_not("an object", value))
    }

    /// The items of a list; none where there is nothing.
    pub(super) fn list<'v>(&self, value: Option<&'v Value>) -> Result<&'v [Value], BadFile> {
        match value {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.is_not("a list", other)),
        }
    }

    /// A text that has to be there.
    pub(super) fn text<'v>(&self, object: &'v Map<String, Value>, key: &str) -> Result<&'v str, BadFile> {
        let value = object.get(key).unwrap_or(&Value::Null);
        value.as_str().ok_or_else(|| self.key(key).is_not("a string", value))
    }

    /// A text that may be left out.
    pub(super) fn word<'v>(&self, object: &'v Map<String, Value>, key: &str) -> Result<Option<&'v str>, BadFile> {
        match object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(object, key).map(Some),
        }
    }
}

/// The type of a value in words.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Reads one file of any of the three forms into the estate.
pub(super) fn read(name: &str, bytes: &[u8], estate: &mut Estate) -> Result<(), BadFile> {
    let at = At { file: name, path: String::new() };
    let wrong = |message: String, help| BadFile { file: visible(name), place: String::new(), message, help };
    if bytes.len() > MAX_BYTES {
        return Err(wrong(format!("more than {} MiB; so much is not read", MAX_BYTES >> 20), None));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(wrong("UTF-16, as some shells' `>` writes it".to_owned(), Some("save it as UTF-8")));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(wrong("the file is empty".to_owned(), Some(GIVE)));
    }
    // An error of the syntax tells its line and column, and nothing of the text.
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| wrong(format!("not JSON: {error}"), Some(GIVE)))?;
    let Value::Object(root) = &value else {
        return Err(wrong(format!("expected an object, found {}", type_name(&value)), Some(GIVE)));
    };
    if root.contains_key("encrypted_data") && root.contains_key("encryption_version") {
        return Err(wrong("the state is encrypted".to_owned(), Some("give what `tofu state pull` prints")));
    }
    if root.contains_key("planned_values") || root.contains_key("resource_changes") {
        let help = Some("a plan says what is to be, not what is: run `terraform show -json` without a plan's file");
        return Err(wrong("this is a plan".to_owned(), help));
    }
    if root.get("format_version").is_some_and(Value::is_string) {
        return show::read(&at, root, estate);
    }
    let looks_like_state = ["serial", "lineage", "terraform_version", "resources", "modules"];
    match root.get("version") {
        Some(Value::Number(version)) => match version.as_u64() {
            Some(4) => state::read(&at, root, estate),
            Some(before @ 1..=3) => {
                let help = "let Terraform 0.12 or newer write it: `terraform state pull` there gives version 4";
                Err(wrong(format!("the state has version {before}; version 4 is read"), Some(help)))
            }
            _ => Err(wrong("the state has a version that is not known; version 4 is read".to_owned(), None)),
        },
        Some(other) if looks_like_state.iter().any(|key| root.contains_key(*key)) && !is_output(other) => {
            Err(at.key("version").is_not("4", other))
        }
        _ if !root.is_empty() && root.values().all(is_output) => {
            output::read(&at, root, estate);
            Ok(())
        }
        _ => Err(wrong("neither a state nor outputs of Terraform".to_owned(), Some(GIVE))),
    }
}

/// Whether a value has the form that `terraform output -json` gives each output.
fn is_output(value: &Value) -> bool {
    value.as_object().is_some_and(|output| output.contains_key("value") && output.contains_key("type"))
}
