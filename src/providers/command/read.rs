//! Facts out of a program's answer.

use serde_json::Value as Json;

use crate::domain::reading::{Unread, Value, Why};
use crate::domain::service::{CommandFact, CommandType};
use crate::domain::text;
use crate::ports::{CommandAnswer, Exit};

/// No answer that is worth reading is longer.
const LONGEST: usize = 1 << 20;

/// What a program answered, as JSON. `what` says what was tried.
pub(super) fn json(what: &str, answer: &CommandAnswer) -> Result<Json, Unread> {
    let why = match &answer.exit {
        Exit::Status(0) if answer.cut || answer.stdout.len() > LONGEST => {
            return Err(Unread::new(Why::Malformed, format!("{what}: more than a mebibyte of output")));
        }
        Exit::Status(0) => {
            return serde_json::from_str(&answer.stdout)
                .map_err(|error| Unread::new(Why::Malformed, format!("{what}: what it prints is no JSON: {error}")));
        }
        Exit::TimedOut => Why::TimedOut,
        _ => Why::Other,
    };
    Err(Unread::new(why, format!("{what}: {}", ended(answer))))
}

/// How a program ended, with the last thing that it said.
pub(super) fn ended(answer: &CommandAnswer) -> String {
    let how = match &answer.exit {
        Exit::Status(status) => format!("exit status {status}"),
        Exit::Signal(signal) => format!("ended by signal {signal}"),
        Exit::TimedOut => "it ran out of time, and its process group was ended".to_owned(),
        Exit::Cancelled => "cancelled, and its process group was ended".to_owned(),
        Exit::NotStarted(why) => why.clone(),
    };
    let failed = answer.exit != Exit::Status(0);
    let said = if failed && !answer.stderr.trim().is_empty() { &answer.stderr } else { &answer.stdout };
    match said.trim() {
        "" => how,
        said => text::bounded(&format!("{how}: {said}"), 380),
    }
}

/// One fact of an answer, or why it is none.
pub(super) fn fact(spec: &CommandFact, answer: &Json) -> Result<Value, Unread> {
    let place = if spec.path.is_empty() { "the answer" } else { &spec.path };
    let found = match answer.pointer(&spec.path) {
        None | Some(Json::Null) => {
            return Err(Unread::new(Why::NotFound, format!("there is nothing at {place}")));
        }
        Some(found) => found,
    };
    let wrong = |wanted: &str| {
        let shown = text::bounded(&found.to_string(), 80);
        Err(Unread::new(Why::Malformed, format!("{place} is {shown}, and not {wanted}")))
    };
    let value = match &spec.of {
        CommandType::Text => found.as_str().map(|word| Value::Text(text::bounded(word, 400))),
        CommandType::Words(words) => {
            let word = found.as_str().filter(|word| words.iter().any(|known| known == word));
            word.map(|word| Value::Text(word.to_owned()))
        }
        CommandType::Number => number(found).map(Value::Number),
        CommandType::Bool => match found {
            Json::Bool(yes) => Some(Value::Bool(*yes)),
            // Tags and the like are texts.
            Json::String(word) => match word.as_str() {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            _ => None,
        },
        CommandType::Seconds => number(found).filter(|seconds| *seconds >= 0.0).map(Value::Seconds),
    };
    match (value, &spec.of) {
        (Some(value), _) => Ok(value),
        (None, CommandType::Text) => wrong("a text"),
        (None, CommandType::Words(words)) => wrong(&format!("one of {}", words.join(", "))),
        (None, CommandType::Number) => wrong("a number"),
        (None, CommandType::Bool) => wrong("yes or no"),
        (None, CommandType::Seconds) => wrong("a number of seconds"),
    }
}

/// A number, also where it is written as a text: AWS writes amounts of money so.
fn number(found: &Json) -> Option<f64> {
    let number = match found {
        Json::Number(number) => number.as_f64(),
        Json::String(word) => word.parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(of: CommandType, answer: &Json) -> Option<Value> {
        let spec = CommandFact { name: "f".into(), path: "/a/0/b~1c".into(), of, healthy: None, simulated: None };
        fact(&spec, &json!({ "a": [{ "b/c": answer }] })).ok()
    }

    #[test]
    fn a_value_of_another_type_is_no_fact() {
        let words = || CommandType::Words(vec!["active".into(), "deleted".into()]);
        assert_eq!(read(words(), &json!("active")), Some(Value::Text("active".into())));
        assert_eq!(read(words(), &json!("odd")), None);
        assert_eq!(read(CommandType::Text, &json!(5)), None);
        assert_eq!(read(CommandType::Text, &json!("a\u{202e}b")), Some(Value::Text("a\\u{202e}b".into())));
        assert_eq!(read(CommandType::Number, &json!("12.5")), Some(Value::Number(12.5)));
        assert_eq!(read(CommandType::Number, &json!("NaN")), None);
        assert_eq!(read(CommandType::Bool, &json!("false")), Some(Value::Bool(false)));
        assert_eq!(read(CommandType::Bool, &json!(0)), None);
        assert_eq!(read(CommandType::Seconds, &json!(90)), Some(Value::Seconds(90.0)));
        assert_eq!(read(CommandType::Seconds, &json!(-1)), None);
        for of in [CommandType::Text, words(), CommandType::Number, CommandType::Bool, CommandType::Seconds] {
            assert_eq!(read(of, &Json::Null), None);
        }
    }
}
