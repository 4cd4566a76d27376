//! Runbook files, checked against the service that they are for.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::context::Context;
use super::criteria;
use super::diagnostic::Diagnostic;
use super::form;
use super::graph;
use super::project::Loaded;
use super::reader::{Node, Table};
use super::source::Source;
use super::step::{self, Read};
use super::words::{meant, one_of};
use crate::domain::runbook::{Exercise, Phase, Runbook, Step, Way};
use crate::domain::service::{Component, Service};
use crate::domain::text::bounded;

/// What a runbook is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    service: &'s Service,
    left_out: &'s [String],
}

/// A component that a runbook names.
pub(super) enum Known<'s> {
    /// It is there.
    Read(&'s Component),
    /// It is in the service file, and could not be read.
    Unread,
}

impl<'s> Scope<'s> {
    /// A service, and the ids of its components that could not be read: what is said of those is not judged.
    pub fn new(service: &'s Service, left_out: &'s [String]) -> Self {
        Self { service, left_out }
    }

    /// Why a drill may not carry out a step.
    pub(super) fn not_in_a_drill(&self, step: &Step) -> Option<String> {
        self.service.drills.refusal(step, &self.service.failover(), &self.service.regions)
    }

    /// The service.
    pub fn service(&self) -> &'s Service {
        self.service
    }

    /// A component by id. `None`, with a diagnostic, where there is none.
    pub(super) fn component(&self, node: &Node<'_, '_>, id: &str) -> Option<Known<'s>> {
        if let Some(component) = self.service.component(id) {
            return Some(Known::Read(component));
        }
        if self.left_out.iter().any(|left_out| left_out == id) {
            return Some(Known::Unread);
        }
        let ids = || self.service.components.iter().map(|component| component.id.as_str());
        let found = node.found(format!("the service has no component \"{}\"", bounded(id, 60)));
        let help =
            meant(id, ids()).unwrap_or_else(|| format!("its components are {}", ids().collect::<Vec<_>>().join(", ")));
        node.context().push(found.help(help));
        None
    }
}

/// Where the steps of a runbook stand in its file, for what is only known when all have been read.
#[derive(Default)]
struct Places {
    /// Every step by id, in order: its place in the whole, and where its id stands.
    ids: BTreeMap<String, (usize, Range<usize>)>,
    /// For each step: its id if it could be read, and its `after` with places and paths.
    steps: Vec<(Option<String>, Vec<step::After>)>,
}

/// Reads a runbook file. With errors there is no value: a checklist with a step missing is no checklist.
pub fn read(source: &Source, scope: &Scope<'_>) -> Loaded<Runbook> {
    let (value, diagnostics) = Context::read(source, |context, root| {
        let head =
            root.need("runbook", "the table [runbook] with title and way").and_then(|node| node.table("a table"));
        let mut parts = None;
        let mut way = Way::Failover;
        if let Some(table) = &head {
            let id = id(table, source);
            let title = table.need("title", "its name on the screen").and_then(|node| node.line("a title", 80));
            let description = table.get("description").map(|node| node.prose("a sentence or two", 1_000));
            let ways = Way::ALL.map(|way| (way.as_str(), way));
            let words = one_of(Way::ALL.map(Way::as_str));
            let read_way = table.need("way", &words).and_then(|node| node.word(&ways));
            way = read_way.unwrap_or(Way::Failover);
            let scenario = table.optional("scenario", |node| form::slug(&node.clone(), 40));
            let split = table.get("split_brain").map(|node| node.prose("what to do then", 400));
            table.finish();
            let text = |read: Option<Option<String>>| read.unwrap_or(Some(String::new()));
            parts = read_way.is_some().then_some((id, title, text(description), text(split), scenario));
        }
        let mut places = Places::default();
        let phases = root
            .need("phase", "[[phase]] with title and steps")
            .and_then(|node| phases(&node, scope, way, &mut places));
        check_order(context, &places);
        let ids: Vec<&str> = places.ids.keys().map(String::as_str).collect();
        let criteria = root.optional("criteria", |node| criteria::read(node, scope.service.objectives, &ids));
        let exercise = root.optional("exercise", |node| exercise(&node.table("a table")?));
        root.finish();
        let (id, title, description, split_brain, scenario) = parts?;
        let (id, title, description, split_brain, scenario) = (id?, title?, description?, split_brain?, scenario.ok()?);
        let value = Runbook {
            id,
            title,
            description,
            way,
            split_brain,
            scenario,
            phases: phases?,
            criteria: criteria.ok()?.unwrap_or_default(),
            exercise: exercise.ok()?.unwrap_or_default(),
        };
        (!context.is_broken()).then_some(value)
    });
    let value = value.filter(|_| !diagnostics.has_errors());
    Loaded { value, left_out: Vec::new(), diagnostics }
}

/// `[exercise]`: lists of lines.
fn exercise(table: &Table<'_, '_>) -> Option<Exercise> {
    let lines = |key| {
        let read = |node: &Node<'_, '_>| {
            let lines = node.filled_list("a list of lines")?.into_iter().map(|item| item.line("a line", 200));
            lines.collect::<Vec<_>>().into_iter().collect::<Option<Vec<String>>>()
        };
        table.optional(key, read)
    };
    let [assumptions, preconditions, third_parties, absences] =
        ["assumptions", "preconditions", "third_parties", "absences"].map(lines);
    table.finish();
    Some(Exercise {
        assumptions: assumptions.ok()?.unwrap_or_default(),
        preconditions: preconditions.ok()?.unwrap_or_default(),
        third_parties: third_parties.ok()?.unwrap_or_default(),
        absences: absences.ok()?.unwrap_or_default(),
    })
}

/// The id is the file's name without `.toml`; where the file says it too, it must say the same.
fn id(table: &Table<'_, '_>, source: &Source) -> Option<String> {
    let stem = Path::new(source.name()).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let node = table.get("id");
    if !form::is_slug(&stem) || stem.len() > 64 {
        let message = format!("the file's name, \"{}\", is no id for a runbook", bounded(&stem, 80));
        let found = Diagnostic::error(source, table.span(), &table.path_of("id"), message);
        table.context().push(found.help("rename the file: lower-case letters, digits and hyphens"));
        return None;
    }
    let Some(node) = node else { return Some(stem) };
    let id = form::slug(&node, 64)?;
    if id != stem {
        node.context().push(
            node.found(format!("the id is \"{id}\", and the file's name says \"{stem}\""))
                .expected(format!("\"{stem}\"")),
        );
        return None;
    }
    Some(id)
}

fn phases(node: &Node<'_, '_>, scope: &Scope<'_>, way: Way, places: &mut Places) -> Option<Vec<Phase>> {
    let items = node.filled_list("[[phase]] tables")?;
    let read: Vec<Option<Phase>> = items.iter().map(|item| phase(item, scope, way, places)).collect();
    read.into_iter().collect()
}

fn phase(node: &Node<'_, '_>, scope: &Scope<'_>, way: Way, places: &mut Places) -> Option<Phase> {
    let table = node.table("a [[phase]] table")?;
    let title = table.need("title", "the phase's title").and_then(|node| node.line("a title", 60));
    let items = table.need("step", "[[phase.step]] tables");
    let items = items.and_then(|node| node.filled_list("[[phase.step]] tables"));
    table.finish();
    let mut steps = Vec::new();
    let mut sound = true;
    for item in items.iter().flatten() {
        let Read { step, id, after } = step::read(item, scope, way);
        let index = places.steps.len();
        if let Some((id, span)) = &id {
            match places.ids.get(id) {
                Some((_, first)) => {
                    let line = item.context().source().position(first.start).0;
                    let message = format!("the id \"{id}\" is taken by the step at line {line}");
                    let path = format!("{}.id", item.path);
                    item.context().error(span.clone(), &path, message);
                }
                None => {
                    places.ids.insert(id.clone(), (index, span.clone()));
                }
            }
        }
        places.steps.push((id.map(|(id, _)| id), after));
        match step {
            Some(step) => steps.push(step),
            None => sound = false,
        }
    }
    items?;
    sound.then_some(())?;
    Some(Phase { title: title?, steps })
}

/// Every step in `after` must exist, and no step may wait for itself, however long the way round.
fn check_order(context: &Context<'_>, places: &Places) {
    if context.is_broken() {
        return;
    }
    let mut needs: Vec<Vec<usize>> = Vec::new();
    for (index, (_, after)) in places.steps.iter().enumerate() {
        let mut wanted = Vec::new();
        for (at, name) in after.iter().enumerate() {
            if let Some((need, _)) = places.ids.get(&name.id) {
                wanted.push(*need);
            } else {
                let message = format!("there is no step \"{}\"", bounded(&name.id, 60));
                let found = Diagnostic::error(context.source(), name.span.clone(), &name.path, message);
                context.push(found.help_if(meant(&name.id, places.ids.keys().map(String::as_str))));
            }
            if after.iter().take(at).any(|other| other.id == name.id) {
                let message = format!("\"{}\" is named twice", bounded(&name.id, 60));
                context.push(Diagnostic::warning(context.source(), name.span.clone(), &name.path, message));
            }
        }
        if after.is_empty() && index > 0 {
            wanted.push(index - 1);
        }
        needs.push(wanted);
    }
    let Some(circle) = graph::circle(&needs) else { return };
    let name =
        |index: &usize| places.steps.get(*index).and_then(|(id, _)| id.clone()).unwrap_or_else(|| "?".to_owned());
    let names: Vec<String> = circle.iter().chain(circle.first()).map(name).collect();
    let message = format!("these steps wait for each other: {}", names.join(" → "));
    // Only an `after` that was written can be wrong; the step before is never later.
    let Some(name) = circle.iter().find_map(|index| {
        let next = circle.iter().position(|at| at == index).and_then(|at| circle.get(at + 1).or(circle.first()))?;
        let (_, after) = places.steps.get(*index)?;
        after.iter().find(|name| next >= index && places.ids.get(&name.id).is_some_and(|(need, _)| need == next))
    }) else {
        return;
    };
    let found = Diagnostic::error(context.source(), name.span.clone(), &name.path, message);
    context.push(found.help("a step without `after` waits for the step before it"));
}
