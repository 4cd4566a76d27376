//! Predicates: `{ reading = "database.target.status", is = "available" }`, checked against what the service can read.

use super::facts::{self, FactSpec, FactType};
use super::reader::{Node, Table};
use super::runbook::{Known, Scope};
use super::service::LONGEST;
use super::words::{meant, one_of};
use crate::domain::gate::{Predicate, ReadingRef, Test};
use crate::domain::region::{HomeRole, Region, Side};
use crate::domain::runbook::Way;
use crate::domain::service::Spec;
use crate::domain::text::bounded;
use std::time::Duration;

/// What stands for a Region until a run says which.
pub(super) const REGIONS: [&str; 4] = ["{source}", "{target}", "{primary}", "{standby}"];

const TESTS: &str = "one of is, one_of, is_not, at_most, at_least";

/// The home role that a side has in a runbook: `None` for the service as a whole.
pub(super) fn role(side: Side, way: Way) -> Option<HomeRole> {
    let back = way == Way::Failback;
    match side {
        Side::Source => Some(if back { HomeRole::Standby } else { HomeRole::Primary }),
        Side::Target => Some(if back { HomeRole::Primary } else { HomeRole::Standby }),
        Side::Primary => Some(HomeRole::Primary),
        Side::Standby => Some(HomeRole::Standby),
        Side::Global => None,
    }
}

/// Reads one predicate.
pub(super) fn read(table: &Table<'_, '_>, scope: &Scope<'_>, way: Way) -> Option<Predicate> {
    let reading =
        table.need("reading", "such as \"database.target.status\"").and_then(|node| reading(&node, scope, way));
    let keys = ["is", "one_of", "is_not", "at_most", "at_least"];
    let tests: Vec<(&str, Node<'_, '_>)> = keys.into_iter().filter_map(|key| Some((key, table.get(key)?))).collect();
    let (key, node) = match tests.as_slice() {
        [] => {
            if !table.context().is_broken() {
                let message = format!("{} does not say what the reading must be", table.path());
                let context = table.context();
                let found = super::Diagnostic::error(context.source(), table.span(), table.path(), message);
                context.push(found.expected(TESTS));
            }
            return None;
        }
        [one] => one,
        [_, second, ..] => {
            second.1.context().push(second.1.found("a predicate has one test").expected(TESTS));
            return None;
        }
    };
    let (reading, of) = reading?;
    let test = match of {
        Some(of) => typed_test(key, node, of, &reading, scope),
        None => any_test(key, node),
    };
    // A limit on a span is written as a duration, which is a text.
    let span = node.is_string();
    Some(Predicate { reading, test: test?, span })
}

/// Reads a list of predicates, each a table.
pub(super) fn read_list(node: &Node<'_, '_>, scope: &Scope<'_>, way: Way) -> Option<Vec<Predicate>> {
    const EXPECTED: &str = "a list such as [{ reading = \"database.target.status\", is = \"available\" }]";
    let items = node.filled_list(EXPECTED)?;
    let read_one = |item: &Node<'_, '_>| {
        let table = item.table("{ reading = …, is = … }")?;
        let predicate = read(&table, scope, way);
        table.finish();
        predicate
    };
    // Every item is read before the first failure counts, so that all of them are reported.
    let read: Vec<Option<Predicate>> = items.iter().map(read_one).collect();
    read.into_iter().collect()
}

/// Reads `component.side.fact`. The type is `None` where the component itself could not be read.
fn reading<'s>(node: &Node<'_, '_>, scope: &Scope<'s>, way: Way) -> Option<(ReadingRef, Option<FactType<'s>>)> {
    const EXPECTED: &str = "\"component.side.fact\", such as \"database.target.status\"";
    let text = node.line(EXPECTED, 400)?;
    let mut parts = text.splitn(3, '.');
    let (Some(id), Some(side), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        node.context().push(node.found(format!("\"{}\" names no reading", bounded(&text, 80))).expected(EXPECTED));
        return None;
    };
    let side_names = Side::ALL.map(Side::as_str);
    let Ok(side) = side.parse::<Side>() else {
        let found = node.found(format!("\"{}\" is no side", bounded(side, 40))).expected(one_of(side_names));
        node.context().push(found.help_if(meant(side, side_names)));
        return None;
    };
    let reading = ReadingRef { component: id.to_owned(), side, fact: name.to_owned() };
    let component = match scope.component(node, id)? {
        Known::Read(component) => component,
        Known::Unread => return Some((reading, None)),
    };
    let spec = &component.spec;
    let Some(fact) = facts::find(spec, name) else {
        let names: Vec<&str> = facts::facts(spec).iter().map(|fact| fact.name).collect();
        let found = node.found(format!("{id} ({}) has no fact \"{}\"", spec.kind(), bounded(name, 60)));
        let help = meant(name, names.iter().copied()).unwrap_or_else(|| format!("its facts are {}", names.join(", ")));
        node.context().push(found.help(help));
        return None;
    };
    if let Some(lacking) = facts::lacking(spec, fact.needs) {
        let message = format!("{id} cannot tell `{name}`: the service file has no components.{id}.{lacking}");
        node.context().push(node.found(message).help("add it, or compare another fact"));
        return None;
    }
    let role = role(side, way);
    if !facts::is_at(spec, &fact, role) {
        node.context().push(not_there(node, &reading, spec, &fact, way));
        return None;
    }
    alarm_is_known(node, spec, role, name);
    Some((reading, Some(fact.of)))
}

/// Why a fact is never read at a side, and at which it is.
fn not_there(
    node: &Node<'_, '_>,
    reading: &ReadingRef,
    spec: &Spec,
    fact: &FactSpec<'_>,
    way: Way,
) -> super::Diagnostic {
    let sides: Vec<&str> =
        Side::ALL.into_iter().filter(|side| facts::is_at(spec, fact, role(*side, way))).map(Side::as_str).collect();
    let ReadingRef { component, side, fact } = reading;
    let help = match (spec, *side) {
        (Spec::HealthCheck(_), Side::Global) => format!("add components.{component}.parent to the service file"),
        (Spec::Endpoint(_), Side::Global) => format!("add components.{component}.public to the service file"),
        _ => format!(
            "write {}",
            sides.iter().map(|side| format!("{component}.{side}.{fact}")).collect::<Vec<_>>().join(" or ")
        ),
    };
    node.found(format!("`{fact}` of {component} is never read at {side}")).help(help)
}

/// An alarm that the service does not name is never read: a gate on it would stay shut for good.
fn alarm_is_known(node: &Node<'_, '_>, spec: &Spec, role: Option<HomeRole>, name: &str) {
    let (Spec::CloudWatch(watch), Some(role), Some(alarm)) = (spec, role, name.strip_prefix(facts::ALARM)) else {
        return;
    };
    let alarms = watch.alarms.get(role);
    if !alarms.iter().any(|known| known == alarm) {
        let message = format!("the service file names no alarm \"{}\" in the {role}'s Region", bounded(alarm, 80));
        let help = meant(alarm, alarms.iter().map(String::as_str));
        node.context().push(node.doubt(message).help_if(help));
    }
}

/// A test on a fact whose type is known.
fn typed_test(
    key: &str,
    node: &Node<'_, '_>,
    of: FactType<'_>,
    reading: &ReadingRef,
    scope: &Scope<'_>,
) -> Option<Test> {
    let unfit = |fits: &str| {
        let found = node.found(format!("`{key}` does not apply to {reading}, which is {}", of.describe()));
        node.context().push(found.expected(fits));
        None
    };
    let ordered = matches!(key, "at_most" | "at_least");
    match of {
        FactType::Series => unfit("another reading: a series is shown, never compared"),
        FactType::Bool => match key {
            "is" if node.is_boolean() => node.boolean().map(Test::IsBool),
            "is" => {
                node.context().push(node.found(format!("{reading} is yes or no")).expected("true or false"));
                None
            }
            _ => unfit("is = true or is = false"),
        },
        FactType::Number if ordered => {
            if node.is_number() {
                node.float().map(|limit| number_test(key, limit))
            } else {
                bad_limit(node, reading, "a number")
            }
        }
        FactType::Seconds if ordered => {
            if !node.is_string() {
                return bad_limit(node, reading, "a duration, such as \"15m\"");
            }
            node.duration(Duration::ZERO, LONGEST).map(|limit| number_test(key, limit.as_secs_f64()))
        }
        FactType::Number | FactType::Seconds => unfit("at_most or at_least"),
        FactType::Words(_) | FactType::Declared(_) | FactType::Region(_) | FactType::Text if ordered => {
            unfit("is, one_of or is_not")
        }
        FactType::Words(words) => word_test(key, node, |word| known_word(word, words)),
        FactType::Declared(words) => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            word_test(key, node, |word| known_word(word, &words))
        }
        FactType::Region(words) => word_test(key, node, |word| known_region(word, words, scope)),
        FactType::Text => word_test(key, node, |word| known_word(word, &[])),
    }
}

fn bad_limit(node: &Node<'_, '_>, reading: &ReadingRef, expected: &str) -> Option<Test> {
    let found = node.found(format!("{reading} cannot be compared with {}", node.type_name()));
    node.context().push(found.expected(expected));
    None
}

fn number_test(key: &str, limit: f64) -> Test {
    if key == "at_most" { Test::AtMost(limit) } else { Test::AtLeast(limit) }
}

/// What is wrong with a word: the expectation, and the help.
type Wrong = (String, Option<String>);

fn known_word(word: &str, words: &[&str]) -> Result<(), Wrong> {
    if words.is_empty() && !word.trim().is_empty() || words.contains(&word) {
        return Ok(());
    }
    Err((one_of(words.iter().copied()), meant(word, words.iter().copied())))
}

fn known_region(word: &str, words: &[&'static str], scope: &Scope<'_>) -> Result<(), Wrong> {
    let home = &scope.service().regions;
    if word.parse::<Region>().is_ok_and(|region| home.role_of(&region).is_some())
        || REGIONS.contains(&word)
        || words.contains(&word)
    {
        return Ok(());
    }
    let known =
        || REGIONS.into_iter().chain([home.primary.as_str(), home.standby.as_str()]).chain(words.iter().copied());
    // Two Regions' codes look alike: only a word that is no Region at all is taken for a slip of the fingers.
    let help = word.parse::<Region>().is_err().then(|| meant(word, known())).flatten();
    Err((one_of(known()), help))
}

fn word_test(key: &str, node: &Node<'_, '_>, known: impl Fn(&str) -> Result<(), Wrong>) -> Option<Test> {
    let word = |node: &Node<'_, '_>| {
        let text = node.line("a word in quotes", 200)?;
        match known(&text) {
            Ok(()) => Some(text),
            Err((expected, help)) => {
                let found = node.found(format!("the reading is never \"{}\"", bounded(&text, 60)));
                node.context().push(found.expected(expected).help_if(help));
                None
            }
        }
    };
    match key {
        "is" => word(node).map(Test::Is),
        "is_not" => word(node).map(Test::IsNot),
        _ => {
            let words: Vec<Option<String>> = node.filled_list("a list of words")?.iter().map(word).collect();
            words.into_iter().collect::<Option<Vec<_>>>().map(Test::OneOf)
        }
    }
}

/// A test on a fact of a component that could not be read: its form alone is checked.
fn any_test(key: &str, node: &Node<'_, '_>) -> Option<Test> {
    match key {
        "is" if node.is_boolean() => node.boolean().map(Test::IsBool),
        "at_most" | "at_least" if node.is_number() => node.float().map(|limit| number_test(key, limit)),
        "at_most" | "at_least" => {
            node.duration(Duration::ZERO, LONGEST).map(|limit| number_test(key, limit.as_secs_f64()))
        }
        _ => word_test(key, node, |_| Ok(())),
    }
}
