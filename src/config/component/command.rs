//! `command`.

use std::ops::Range;
use std::time::Duration;

use super::MS_100;
use crate::config::diagnostic::Diagnostic;
use crate::config::form;
use crate::config::reader::{Bad, Node, Table};
use crate::config::words::{is_credential, meant, nearest, one_of};
use crate::domain::duration;
use crate::domain::reading::Value;
use crate::domain::region::{Pair, Side};
use crate::domain::runbook::Hazard;
use crate::domain::service::{Command, CommandAction, CommandFact, CommandType, Done, Healthy};
use crate::domain::text::bounded;

const PROGRAM: &str =
    "the program and its arguments, such as [\"aws\", \"ec2\", \"describe-vpcs\", \"--output\", \"json\"]";
const FACT: &str = "{ path = \"/a/b\", type = \"text\" }";
const ACTION: &str = "{ run = […], hazard = \"write\", on = \"target\", changes = \"…\" }";
/// A look is given ten seconds in all.
const LONGEST_LOOK: Duration = Duration::from_secs(9);
/// A call is given thirty seconds in all: what takes longer is a step of kind `exec`.
const LONGEST_ACTION: Duration = Duration::from_secs(25);

pub(super) fn command(table: &Table<'_, '_>) -> Option<Command> {
    let global = table.get("place").map_or(Some(false), |node| node.word(&[("regions", false), ("global", true)]));
    let observe = table.need("observe", PROGRAM);
    let words = observe.as_ref().and_then(|node| program(node, global.unwrap_or(false)));
    if let (Some(node), Some(words), Some(false)) = (&observe, &words, global)
        && !words.iter().any(|word| word.contains("{region}"))
    {
        let found = node.doubt("no argument has {region} in it: both Regions would be told the same");
        node.context().push(found.help("put {region} where the program takes it, or set place = \"global\""));
    }
    let timeout = table.get("timeout").map_or(Some(Duration::from_secs(8)), |node| node.duration(MS_100, LONGEST_LOOK));
    let facts = table.need("facts", "a table [components.NAME.facts] of what is read").and_then(|node| facts(&node));
    let actions = table.optional("actions", |node| {
        let table = node.table("a table of programs that change something")?;
        let entries = table.entries();
        let read: Vec<_> =
            entries.iter().map(|(name, span, node)| action(name, span, node, facts.as_deref())).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    Some(Command {
        global: global?,
        observe: words?,
        timeout: timeout?,
        facts: facts?,
        actions: actions.ok()?.unwrap_or_default(),
    })
}

fn program(node: &Node<'_, '_>, global: bool) -> Option<Vec<String>> {
    let items = node.filled_list(PROGRAM)?;
    let mut sound = true;
    let mut words = Vec::new();
    for (index, item) in items.iter().enumerate() {
        // An argument may be empty; the program's name may not.
        let empty = index > 0 && item.is_string() && item.string("a text").is_some_and(str::is_empty);
        let word = if empty { Some(String::new()) } else { item.prose("a text", 4_000) };
        match word {
            Some(word) if index > 0 && names_a_secret(&word) => {
                let message = "this argument looks like a secret: secrets are never in the file";
                let found = Diagnostic::hidden(node.context().source(), item.span.clone(), &item.path, message);
                item.context().push(found.help("leave it out: the program inherits the environment of handover"));
                sound = false;
            }
            Some(word) => {
                sound &= placeholders(item, &word, global);
                words.push(word);
            }
            None => sound = false,
        }
    }
    if let (Some(first), [program]) = (items.first(), words.as_slice())
        && program.contains(' ')
    {
        let found = first.doubt("the program's name has spaces in it");
        first.context().push(found.help("no shell reads it: write each argument as an item of its own"));
    }
    sound.then_some(words)
}

/// `--password=…`, `DB_PASSWORD=…`; the name alone is the program's own business.
fn names_a_secret(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| !value.is_empty() && is_credential(name.trim_start_matches('-')))
}

/// `{regoin}` would be handed to the program as it is. Other braces are the program's.
fn placeholders(node: &Node<'_, '_>, text: &str, global: bool) -> bool {
    const OWN: [&str; 4] = ["region", "primary", "standby", "service"];
    let mut sound = true;
    for (at, _) in text.match_indices('{') {
        let Some((word, _)) = text.get(at + 1..).and_then(|rest| rest.split_once('}')) else { continue };
        let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        let found = if ["source", "target"].contains(&word) {
            node.found(format!("nothing is filled in for {{{word}}} here"))
                .help("write {region}: the side that it acts on")
        } else if global && word == "region" {
            node.found("nothing is filled in for {region}: the component is global")
                .help("name the Region, or {primary}")
        } else if plain
            && !OWN.contains(&word)
            && let Some(near) = nearest(word, OWN)
        {
            node.found(format!("nothing is filled in for {{{word}}}")).help(format!("did you mean {{{near}}}?"))
        } else {
            continue;
        };
        node.context().push(found);
        sound = false;
    }
    sound
}

/// A fact's or an action's name; `None`, with a diagnostic, where it is none.
fn named(node: &Node<'_, '_>, name: &str, span: &Range<usize>) -> Option<String> {
    if form::is_slug(name) && name.len() <= 40 {
        return Some(name.to_owned());
    }
    let message = format!("`{}` is no name here", bounded(name, 60));
    let found = Diagnostic::error(node.context().source(), span.clone(), &node.path, message);
    node.context().push(found.expected("lower-case letters, digits, hyphens and underscores"));
    None
}

fn facts(node: &Node<'_, '_>) -> Option<Vec<CommandFact>> {
    let table = node.table("a table of what is read")?;
    let entries = table.entries();
    if entries.is_empty() {
        node.context().push(node.found("nothing is read of the program's answer").expected(format!("NAME = {FACT}")));
        return None;
    }
    let mut facts: Vec<CommandFact> = Vec::new();
    let mut sound = true;
    for (name, span, node) in &entries {
        let Some(fact) = named(node, name, span).and_then(|name| fact(name, node)) else {
            sound = false;
            continue;
        };
        // A fact is a plain value: what has parts is none.
        let below = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
        if let Some(other) = facts.iter().find(|other| below(&other.path, &fact.path) || below(&fact.path, &other.path))
        {
            node.error(format!("`{}` lies within or around this one, and both are to be plain values", other.name));
            sound = false;
        }
        facts.push(fact);
    }
    sound.then_some(facts)
}

fn fact(name: String, node: &Node<'_, '_>) -> Option<CommandFact> {
    let table = node.table(FACT)?;
    let path = table.get("path").map_or(Some(String::new()), |node| pointer(&node));
    let kinds = ["text", "words", "number", "bool", "seconds"];
    let kind = table.need("type", &one_of(kinds)).and_then(|node| node.word(&kinds.map(|kind| (kind, kind))));
    let words = table.optional("words", |node| {
        let items = node.filled_list("a list of words")?;
        let words: Vec<_> = items.iter().map(|item| item.line("a word", 200)).collect();
        words.into_iter().collect::<Option<Vec<_>>>()
    });
    let of = match (kind?, words.ok()?) {
        ("words", Some(words)) => CommandType::Words(words),
        ("words", None) => {
            table.need("words", "every word that it can be");
            return None;
        }
        (_, Some(_)) => {
            table.get("words")?.error("only a fact of type \"words\" has words");
            return None;
        }
        ("text", None) => CommandType::Text,
        ("number", None) => CommandType::Number,
        ("bool", None) => CommandType::Bool,
        _ => CommandType::Seconds,
    };
    let healthy = healthy(&table, &of);
    let simulated = table.optional("simulated", |node| simulated(node, &of));
    table.finish();
    Some(CommandFact { name, path: path?, healthy: healthy.ok()?, simulated: simulated.ok()?, of })
}

/// A JSON pointer (RFC 6901).
fn pointer(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a JSON pointer, such as \"/Vpcs/0/State\"; leave it out for the whole answer";
    let text = node.line(EXPECTED, 400)?;
    let sound =
        text.starts_with('/') && text.split('~').skip(1).all(|rest| rest.starts_with('0') || rest.starts_with('1'));
    if !sound {
        node.context().push(node.found(format!("\"{}\" is no JSON pointer", bounded(&text, 60))).expected(EXPECTED));
        return None;
    }
    if text.split('/').any(is_credential) {
        node.error("this names a secret: what is read is shown and recorded");
        return None;
    }
    Some(text)
}

/// A value of a fact's type.
fn value(node: &Node<'_, '_>, of: &CommandType) -> Option<Value> {
    match of {
        CommandType::Text => node.line("a text", 200).map(Value::Text),
        CommandType::Words(words) => {
            let text = node.line("one of the fact's words", 200)?;
            if words.contains(&text) {
                return Some(Value::Text(text));
            }
            let found = node.found(format!("the fact is never \"{}\"", bounded(&text, 60)));
            let known = || words.iter().map(String::as_str);
            node.context().push(found.expected(one_of(known())).help_if(meant(&text, known())));
            None
        }
        CommandType::Number => node.float().map(Value::Number),
        CommandType::Bool => node.boolean().map(Value::Bool),
        CommandType::Seconds => {
            let span = node.duration(Duration::ZERO, Duration::from_hours(24 * 3_660))?;
            Some(Value::Seconds(span.as_secs_f64()))
        }
    }
}

/// What the fact is while all is well: `healthy`, `at_most` or `at_least`, one of them.
fn healthy(table: &Table<'_, '_>, of: &CommandType) -> Result<Option<Healthy>, Bad> {
    let given: Vec<_> =
        ["healthy", "at_most", "at_least"].into_iter().filter_map(|key| Some((key, table.get(key)?))).collect();
    let (key, node) = match given.as_slice() {
        [] => return Ok(None),
        [one] => one,
        [_, (_, second), ..] => {
            second.context().push(second.found("one condition is enough").expected("healthy, at_most or at_least"));
            return Err(Bad);
        }
    };
    let ordered = matches!(of, CommandType::Number | CommandType::Seconds);
    if (*key == "healthy") == ordered {
        let fits = if ordered { "at_most or at_least" } else { "healthy" };
        node.context().push(node.found(format!("`{key}` does not apply to a fact of this type")).expected(fits));
        return Err(Bad);
    }
    let limit = |value: Option<Value>| match value? {
        Value::Number(limit) | Value::Seconds(limit) => Some(limit),
        _ => None,
    };
    let read = match *key {
        "at_most" => limit(value(node, of)).map(Healthy::AtMost),
        "at_least" => limit(value(node, of)).map(Healthy::AtLeast),
        _ if node.is_string() || node.is_boolean() => value(node, of).map(|value| Healthy::Is(vec![value])),
        _ => {
            let items = node.filled_list("a value, or a list of values").unwrap_or_default();
            let values: Option<Vec<_>> = items.iter().map(|item| value(item, of)).collect();
            values.filter(|values| !values.is_empty()).map(Healthy::Is)
        }
    };
    read.map(Some).ok_or(Bad)
}

/// One value, or one for each Region.
fn simulated(node: &Node<'_, '_>, of: &CommandType) -> Option<Pair<Value>> {
    if node.type_name() != "a table" {
        let value = value(node, of)?;
        return Some(Pair { primary: value.clone(), standby: value });
    }
    let table = node.table("a value, or { primary = …, standby = … }")?;
    let side = |key| table.need(key, "the value in that Region").and_then(|node| value(&node, of));
    let (primary, standby) = (side("primary"), side("standby"));
    table.finish();
    Some(Pair { primary: primary?, standby: standby? })
}

fn action(
    name: &str,
    span: &Range<usize>,
    node: &Node<'_, '_>,
    facts: Option<&[CommandFact]>,
) -> Option<CommandAction> {
    let name = named(node, name, span);
    let table = node.table(ACTION)?;
    let run = table.need("run", PROGRAM).and_then(|node| program(&node, false));
    let hazards = [Hazard::Write, Hazard::Irreversible].map(|hazard| (hazard.as_str(), hazard));
    let expected = one_of(hazards.map(|(word, _)| word));
    let hazard = table.need("hazard", &expected).and_then(|node| node.word(&hazards));
    let sides = [Side::Source, Side::Target].map(|side| (side.as_str(), side));
    let on = table.need("on", &one_of(sides.map(|(word, _)| word))).and_then(|node| node.word(&sides));
    let changes = table.need("changes", "a sentence that says what it changes");
    let changes = changes.and_then(|node| {
        let text = node.line("a sentence", 400)?;
        placeholders(&node, &text, false).then_some(text)
    });
    let timeout = table.get("timeout").map_or(Some(Duration::from_secs(20)), |node| {
        let found = node.duration(MS_100, Duration::from_hours(24))?;
        if found <= LONGEST_ACTION {
            return Some(found);
        }
        let message = format!("a call is waited for {} at most", duration::format(LONGEST_ACTION));
        node.context().push(node.found(message).help("what takes longer is a step of kind \"exec\""));
        None
    });
    let done = table.optional("done", |node| done(node, facts?));
    // Where the facts could not be read, nothing is said of what is named among them.
    let done = if facts.is_none() { Some(None) } else { done.ok() };
    table.finish();
    Some(CommandAction {
        name: name?,
        run: run?,
        timeout: timeout?,
        hazard: hazard?,
        on: on?,
        changes: changes?,
        done: done?,
    })
}

fn done(node: &Node<'_, '_>, facts: &[CommandFact]) -> Option<Done> {
    let table = node.table("{ fact = \"…\", is = … }")?;
    let fact = table.need("fact", "one of the component's facts");
    let is = table.need("is", "what the fact is when it is done");
    table.finish();
    let (fact, is) = (fact?, is?);
    let name = fact.line("a fact's name", 60)?;
    let Some(known) = facts.iter().find(|known| known.name == name) else {
        let names = || facts.iter().map(|fact| fact.name.as_str());
        let found = fact.found(format!("the component has no fact \"{}\"", bounded(&name, 60)));
        fact.context().push(found.expected(one_of(names())).help_if(meant(&name, names())));
        return None;
    };
    if known.of == CommandType::Seconds {
        fact.error("a span of time is never exactly something: name another fact");
        return None;
    }
    Some(Done { fact: name, is: value(&is, &known.of)? })
}
