//! Declared programs: nothing is run. A fact is what the service file says that it is in a simulation, until an action has
//! made it what the action is done by.

use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::reading::Value;
use crate::domain::region::HomeRole;
use crate::domain::service::{self, Spec};
use crate::sim::steps::{Ms, Steps};

/// How long it takes until what a program did shows.
const SHOWS: (Ms, Ms) = (2_000, 9_000);

/// A component of declared programs.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its id.
    pub id: String,
    /// What the service file says of it.
    pub spec: service::Command,
    /// Its facts over time: by name, and by Region where it is not global. `None` is what is not simulated.
    facts: Vec<(String, HomeRole, Steps<Option<Value>>)>,
}

pub(super) fn compile(world: &World) -> Vec<Declared> {
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::Command(spec) => Some((&component.id, spec)),
        _ => None,
    });
    specs.map(|(id, spec)| Declared::compile(world, id, spec)).collect()
}

impl Declared {
    fn compile(world: &World, id: &str, spec: &service::Command) -> Self {
        let roles: &[HomeRole] =
            if spec.global { &[HomeRole::Primary] } else { &[HomeRole::Primary, HomeRole::Standby] };
        let facts = spec.facts.iter().flat_map(|fact| roles.iter().map(move |role| (fact, *role)));
        let facts = facts.map(|(fact, role)| {
            let mut steps = Steps::always(fact.simulated.as_ref().map(|simulated| simulated.get(role).clone()));
            for mutation in world.mutations() {
                let Change::RunCommand { component, action } = &mutation.change else { continue };
                let here = spec.global || world.role_of(&mutation.region) == Some(role);
                let done = spec.action(action).and_then(|action| action.done.as_ref());
                let Some(done) = done.filter(|done| component == id && here && done.fact == fact.name) else {
                    continue;
                };
                let at = world.ms(mutation.at);
                steps.push(at + world.chance.between(id, at, SHOWS.0, SHOWS.1), Some(done.is.clone()));
            }
            (fact.name.clone(), role, steps)
        });
        Self { id: id.to_owned(), spec: spec.clone(), facts: facts.collect() }
    }
}

impl World {
    /// A component of declared programs.
    pub fn declared(&self, id: &str) -> Option<&Declared> {
        self.compiled.declared.iter().find(|declared| declared.id == id)
    }

    /// What a program would print for a Region, or for the service as a whole: each fact that is simulated, in its place.
    pub fn printed(&self, declared: &Declared, region: Option<&str>, at: Ms) -> serde_json::Value {
        let role = region.and_then(|region| self.role_of(region)).unwrap_or(HomeRole::Primary);
        let mut printed = serde_json::Value::Object(serde_json::Map::new());
        for (name, of, steps) in &declared.facts {
            let (Some(fact), Some(value)) = (declared.spec.fact(name), steps.at(at)) else { continue };
            if *of == role {
                put(&mut printed, &fact.path, json(value));
            }
        }
        printed
    }

    pub(super) fn may_run(&self, component: &str, action: &str) -> Result<(), ApiError> {
        let known = self.declared(component).and_then(|declared| declared.spec.action(action));
        known
            .map(|_| ())
            .ok_or_else(|| ApiError::new(404, "NotFound", format!("{component} declares no action {action}")))
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number) | Value::Seconds(number) => (*number).into(),
        Value::Series(_) => serde_json::Value::Null,
    }
}

/// Puts a value at a JSON pointer. A pointer finds an object's member `0` as it finds a list's first item.
fn put(document: &mut serde_json::Value, path: &str, value: serde_json::Value) {
    let mut place = document;
    for word in path.split('/').skip(1) {
        let word = word.replace("~1", "/").replace("~0", "~");
        if !place.is_object() {
            *place = serde_json::Value::Object(serde_json::Map::new());
        }
        let Some(members) = place.as_object_mut() else { return };
        place = members.entry(word).or_insert(serde_json::Value::Null);
    }
    *place = value;
}
