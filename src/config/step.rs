//! One step of a runbook.

use std::ops::Range;
use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::facts::{self, ActionSpec, Also};
use super::form;
use super::learn;
use super::predicate::{self, REGIONS};
use super::reader::{Bad, Node, Table};
use super::runbook::{Known, Scope};
use super::service::LONGEST;
use super::words::{is_secret, meant, nearest, one_of};
use crate::domain::gate::Predicate;
use crate::domain::region::Side;
use crate::domain::runbook::{Action, Exec, Gate, Hazard, Step, Ungraceful, Way};
use crate::domain::text::bounded;
use crate::domain::timeline::Milestone;

const SECOND: Duration = Duration::from_secs(1);
const KINDS: [&str; 5] = ["attest", "check", "act", "exec", "wait"];

/// How wide a title may be so that it fits the checklist beside the step.
const TITLE: usize = 48;

/// A step named in `after`.
pub(super) struct After {
    pub(super) id: String,
    pub(super) span: Range<usize>,
    pub(super) path: String,
}

/// What could be read of a step.
pub(super) struct Read {
    pub(super) step: Option<Step>,
    pub(super) id: Option<(String, Range<usize>)>,
    pub(super) after: Vec<After>,
}

/// Reads one `[[phase.step]]`.
pub(super) fn read(node: &Node<'_, '_>, scope: &Scope<'_>, way: Way) -> Read {
    let Some(table) = node.table("a [[phase.step]] table") else {
        return Read { step: None, id: None, after: Vec::new() };
    };
    let id = table
        .need("id", "a name that is unique in this file")
        .and_then(|node| Some((form::slug(&node, 40)?, node.span)));
    let after = table.get("after").map(|node| after(&node));
    let head = head(&table);
    let gates = table.get("gates").map_or(Some(Vec::new()), |node| gates(&node, scope, way));
    let kind = table.need("kind", &one_of(KINDS)).and_then(|node| node.word(&KINDS.map(|kind| (kind, kind))));
    let action = kind.and_then(|kind| action(kind, &table, scope, way));
    let ungraceful =
        table.optional("ungraceful", |node| self::ungraceful(node, action.as_ref().map(|(of, _)| of), scope));
    let learn = table.optional("learn", learn::read);
    let hazard_node = table.get("hazard");
    let hazard = action.as_ref().and_then(|(action, least)| hazard(&table, hazard_node, action, *least));
    // Without its kind, nobody knows which keys a step may have.
    if kind.is_some() {
        table.finish();
    }
    let waits = after.unwrap_or(Some(Vec::new()));
    let names = waits.iter().flatten().map(|after| after.id.clone()).collect();
    let step = (|| {
        let (action, _) = action?;
        Some(Step {
            id: id.as_ref()?.0.clone(),
            title: head.title?,
            action,
            hazard: hazard?,
            gates: gates?,
            after: waits.is_some().then_some(names)?,
            expected: head.expected.ok()?,
            guidance: head.guidance?,
            carries: head.carries?,
            differs: head.differs?,
            marks: head.marks.ok()?,
            cleanup: head.cleanup?,
            ungraceful: ungraceful.ok()?,
            learn: learn.ok()?,
        })
    })();
    if way == Way::Drill
        && let Some(step) = &step
        && let Some(why) = scope.not_in_a_drill(step)
    {
        table.context().error(table.span(), table.path(), why);
    }
    Read { step, id, after: waits.unwrap_or_default() }
}

/// `"skip"`, or an action of the same component on the same side.
fn ungraceful(node: &Node<'_, '_>, action: Option<&Action>, scope: &Scope<'_>) -> Option<Ungraceful> {
    let word = node.line("\"skip\", or another action of the step's component", 64)?;
    if word == "skip" {
        return Some(Ungraceful::Skip);
    }
    let of = match action {
        Some(Action::Act { component, .. }) => scope.service().component(component),
        // What is wrong with the step is said elsewhere.
        _ => None,
    };
    let known = of.map(|component| facts::actions(&component.spec)).unwrap_or_default();
    if let Some(found) = known.iter().find(|known| known.name == word) {
        return Some(Ungraceful::Act { action: word, hazard: found.hazard });
    }
    let names = known.iter().map(|known| known.name).chain(["skip"]);
    let found = node.found(format!("\"{}\" is nothing that this step can do instead", bounded(&word, 60)));
    let help = meant(&word, names.clone());
    node.context().push(found.expected(one_of(names.collect::<Vec<_>>())).help_if(help));
    None
}

fn after(node: &Node<'_, '_>) -> Option<Vec<After>> {
    const EXPECTED: &str = "a list of step ids; leave it out to wait for the step before";
    let read = |item: &Node<'_, '_>| {
        let id = item.line("a step's id", 64)?;
        Some(After { id, span: item.span.clone(), path: item.path.clone() })
    };
    let items: Vec<Option<After>> = node.filled_list(EXPECTED)?.iter().map(read).collect();
    items.into_iter().collect()
}

/// What every step has besides its action; `None` inside where a key is there and wrong.
struct Head {
    title: Option<String>,
    expected: Result<Option<Duration>, Bad>,
    guidance: Option<String>,
    carries: Option<String>,
    differs: Option<String>,
    marks: Result<Option<Milestone>, Bad>,
    cleanup: Option<bool>,
}

fn head(table: &Table<'_, '_>) -> Head {
    let title_node = table.need("title", "a short imperative, such as \"Promote the replica\"");
    let title = title_node.as_ref().and_then(|node| node.line("a short imperative", 200));
    if let (Some(node), Some(title)) = (title_node, &title)
        && title.chars().count() > TITLE
    {
        let message = format!("the title has {} characters; the checklist shows {TITLE}", title.chars().count());
        node.context().push(node.doubt(message).help("shorten it; the guidance has room"));
    }
    let prose = |key, limit| table.get(key).map_or(Some(String::new()), |node| node.prose("a text", limit));
    let milestones = Milestone::ALL.map(|milestone| (milestone.as_str(), milestone));
    Head {
        title,
        expected: table.optional("expected", |node| node.duration(SECOND, LONGEST)),
        guidance: prose("guidance", 1_500),
        carries: prose("carries", 300),
        differs: prose("differs", 1_000),
        marks: table.optional("marks", |node| node.word(&milestones)),
        cleanup: table.get("cleanup").map_or(Some(false), |node| node.boolean()),
    }
}

fn gates(node: &Node<'_, '_>, scope: &Scope<'_>, way: Way) -> Option<Vec<Gate>> {
    const EXPECTED: &str = "a list such as [{ name = \"replica available\", reading = …, is = … }]";
    let mut gates: Vec<Gate> = Vec::new();
    let mut sound = true;
    for item in node.list(EXPECTED)? {
        let read = item.table("{ name = …, reading = …, is = … }").and_then(|table| {
            let name = table.get("name").map(|node| (node.line("a gate's name", 60), node));
            let predicate = predicate::read(&table, scope, way);
            table.finish();
            let predicate = predicate?;
            let name = match name {
                Some((name, _)) => name?,
                None => bounded(&predicate.to_string(), 60),
            };
            Some(Gate { name, predicate })
        });
        match read {
            // An override names its gate: two of one name could not be told apart.
            Some(gate) if gates.iter().any(|other| other.name == gate.name) => {
                item.error(format!("there is another gate \"{}\" in this step", bounded(&gate.name, 60)));
                sound = false;
            }
            Some(gate) => gates.push(gate),
            None => sound = false,
        }
    }
    sound.then_some(gates)
}

/// The action, and the least hazard that it can have; `None` where only the runbook knows.
fn action(kind: &str, table: &Table<'_, '_>, scope: &Scope<'_>, way: Way) -> Option<(Action, Option<Hazard>)> {
    let read = match kind {
        "attest" => {
            let statement = table.need("statement", "what the person says by confirming")?.line("a sentence", 500)?;
            (Action::Attest { statement }, Some(Hazard::None))
        }
        "check" => {
            let node = table.need("expect", "a list of { reading = …, is = … }")?;
            (Action::Check { expect: predicate::read_list(&node, scope, way)? }, Some(Hazard::None))
        }
        "act" => {
            let (action, least) = act(table, scope, way)?;
            (action, Some(least))
        }
        "exec" => (Action::Exec(exec(table)?), None),
        _ => (wait(table, scope, way)?, Some(Hazard::None)),
    };
    Some(read)
}

fn act(table: &Table<'_, '_>, scope: &Scope<'_>, way: Way) -> Option<(Action, Hazard)> {
    let component_node = table.need("component", "a component's id");
    let action_node = table.need("action", "such as \"promote\"");
    let on_node = table.need("on", "\"source\" or \"target\"");
    let sides = Side::ALL.map(|side| (side.as_str(), side));
    let on = on_node.as_ref().and_then(|node| node.word(&sides));
    let id = component_node.as_ref().and_then(|node| node.line("a component's id", 64));
    let action = action_node.as_ref().and_then(|node| node.line("an action's name", 64));
    let (component_node, action_node, on_node) = (component_node?, action_node?, on_node?);
    let (id, action) = (id?, action?);
    let component = match scope.component(&component_node, &id)? {
        Known::Read(component) => component,
        Known::Unread => return Some((Action::Act { component: id, action, on: on? }, Hazard::Write)),
    };
    let known = facts::actions(&component.spec);
    let kind = component.spec.kind();
    if known.is_empty() {
        component_node.error(format!("{id} ({kind}) has no actions: it is only read"));
        return None;
    }
    let Some(spec) = known.iter().find(|known| known.name == action) else {
        let names: Vec<&str> = known.iter().map(|known| known.name).collect();
        let found = action_node.found(format!("{id} ({kind}) has no action \"{}\"", bounded(&action, 60)));
        let help = meant(&action, names.iter().copied());
        action_node.context().push(found.expected(one_of(names)).help_if(help));
        return None;
    };
    if let Some(lacking) = facts::lacking(&component.spec, spec.needs) {
        let message = format!("{id} cannot {action}: the service file has no components.{id}.{lacking}");
        action_node.error(message);
        return None;
    }
    let on = on?;
    if !acts_on(spec, on, way) {
        let found = on_node.found(format!("{action} acts on the {}, not on {on}", spec.on));
        on_node.context().push(found.expected(format!("\"{}\"", spec.on)));
        return None;
    }
    Some((Action::Act { component: id, action, on }, spec.hazard))
}

/// Whether a side is the one that an action is for, by whatever name the runbook gives it.
fn acts_on(spec: &ActionSpec<'_>, on: Side, way: Way) -> bool {
    on != Side::Global
        && match spec.also {
            Also::Always => true,
            Also::Failback if way == Way::Failback => true,
            Also::Drill if way == Way::Drill => true,
            Also::Failback | Also::Drill | Also::Never => predicate::role(on, way) == predicate::role(spec.on, way),
        }
}

fn wait(table: &Table<'_, '_>, scope: &Scope<'_>, way: Way) -> Option<Action> {
    let until: Option<Vec<Predicate>> = table
        .need("until", "a list of { reading = …, is = … }")
        .and_then(|node| predicate::read_list(&node, scope, way));
    let hold_node = table.get("hold");
    let hold = hold_node.as_ref().map_or(Some(Duration::ZERO), |node| node.duration(Duration::ZERO, LONGEST));
    let timeout = table.need("timeout", "after how long it has failed, such as \"15m\"");
    let timeout = timeout.and_then(|node| node.duration(SECOND, LONGEST));
    let (hold, timeout) = (hold?, timeout?);
    if let Some(node) = hold_node.filter(|_| hold >= timeout) {
        node.context()
            .push(node.found("the wait would time out before it could hold that long").expected("less than timeout"));
        return None;
    }
    Some(Action::Wait { until: until?, hold, timeout })
}

fn exec(table: &Table<'_, '_>) -> Option<Exec> {
    let run_node = table.get("run");
    let shell_node = table.get("shell");
    if let (Some(_), Some(shell)) = (&run_node, &shell_node) {
        shell
            .context()
            .push(shell.found("an exec step has run or shell, not both").help("keep run: no shell interprets it"));
    } else if run_node.is_none() && shell_node.is_none() {
        table.need("run", "the program and its arguments, such as [\"kubectl\", \"get\", \"pods\"]");
    }
    let both = run_node.is_some() && shell_node.is_some();
    let one = run_node.is_some() != shell_node.is_some();
    let run = run_node.map_or(Some(Vec::new()), |node| words(&node));
    let shell = shell_node.map_or(Ok(None), |node| line(&node, 4_000).map(Some).ok_or(Bad));
    let env = table.get("env").map_or(Some(Vec::new()), |node| env(&node));
    let dir = table.optional("dir", |node| line(node, 500));
    let timeout = table.need("timeout", "after how long it is ended, such as \"2m\"");
    let timeout = timeout.and_then(|node| node.duration(SECOND, LONGEST));
    (one && !both).then_some(())?;
    Some(Exec { run: run?, shell: shell.ok()?, env: env?, dir: dir.ok()?, timeout: timeout? })
}

fn words(node: &Node<'_, '_>) -> Option<Vec<String>> {
    let items = node.filled_list("the program and its arguments, such as [\"kubectl\", \"get\", \"pods\"]")?;
    let mut read = Vec::new();
    for (index, item) in items.iter().enumerate() {
        // An argument may be empty; the program's name may not.
        let word = if index == 0 { line(item, 1_000) } else { argument(item) };
        read.push(word);
    }
    let words: Vec<String> = read.into_iter().collect::<Option<_>>()?;
    if let (Some(first), [program]) = (items.first(), words.as_slice())
        && program.contains(' ')
    {
        let found = first.doubt("the program's name has spaces in it");
        first.context().push(found.help("write each argument as an item of its own"));
    }
    Some(words)
}

fn argument(node: &Node<'_, '_>) -> Option<String> {
    let text = node.string("a string")?;
    if text.is_empty() { Some(String::new()) } else { line(node, 4_000) }
}

fn line(node: &Node<'_, '_>, limit: usize) -> Option<String> {
    let text = node.prose("a text", limit)?;
    placeholders(node, &text);
    Some(text)
}

/// `{traget}` would be handed to a program as it is: what looks like a slip is an error. Other braces are the program's.
fn placeholders(node: &Node<'_, '_>, text: &str) {
    let names =
        || REGIONS.into_iter().chain(["{service}", "{run}", "{date}"]).map(|name| name.trim_matches(['{', '}']));
    for (at, _) in text.match_indices('{') {
        if text.get(..at).is_some_and(|before| before.ends_with('$')) {
            continue;
        }
        let Some((word, _)) = text.get(at + 1..).and_then(|rest| rest.split_once('}')) else { continue };
        let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic());
        if plain
            && !names().any(|name| name == word)
            && let Some(near) = nearest(word, names())
        {
            let found = node.found(format!("nothing is filled in for {{{word}}}"));
            node.context().push(found.help(format!("did you mean {{{near}}}?")));
        }
    }
}

fn env(node: &Node<'_, '_>) -> Option<Vec<(String, String)>> {
    let table = node.table("a table such as { DR_REGION = \"{target}\" }")?;
    let mut env = Vec::new();
    let mut sound = true;
    for (name, span, value) in table.entries() {
        let context = value.context();
        if is_secret(name) {
            let message = format!("{} looks like a secret: secrets are never in the file", bounded(name, 60));
            let found = Diagnostic::hidden(context.source(), value.span.clone(), &value.path, message);
            context.push(found.help("leave it out: the program inherits the environment of handover"));
            sound = false;
        } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || name.is_empty() {
            let message = format!("`{}` is no name for an environment variable", bounded(name, 60));
            context.push(Diagnostic::error(context.source(), span, &value.path, message));
            sound = false;
        } else {
            match argument(&value) {
                Some(value) => env.push((name.to_owned(), value)),
                None => sound = false,
            }
        }
    }
    sound.then_some(env)
}

/// The hazard: the action's own unless the runbook raises it; an exec step must say.
fn hazard(table: &Table<'_, '_>, node: Option<Node<'_, '_>>, action: &Action, least: Option<Hazard>) -> Option<Hazard> {
    let words = Hazard::ALL.map(|hazard| (hazard.as_str(), hazard));
    let expected = one_of(Hazard::ALL.map(Hazard::as_str));
    let Some(least) = least else {
        let help = format!("{expected}: only the runbook knows what the program does");
        return table.need("hazard", &help)?.word(&words);
    };
    let Some(node) = node else { return Some(least) };
    let stated = node.word(&words)?;
    let kind = action.kind();
    if !matches!(action, Action::Act { .. }) && stated != Hazard::None {
        node.error(format!("a {kind} step changes nothing; its hazard is none"));
        return None;
    }
    if stated < least {
        let found = node.found(format!("the hazard of this step is {least}; a runbook may raise it, not lower it"));
        node.context().push(found.expected(format!("\"{least}\" or leave it out")));
        return None;
    }
    Some(stated)
}
