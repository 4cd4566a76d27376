//! Lambda: a function of a Region at rest has been idle for so long that the first call only wakes it.

use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{self, Spec};
use crate::sim::steps::{Ms, Steps};

/// How long it takes to make the network of an inactive function anew.
const WAKES: (Ms, Ms) = (25_000, 60_000);
/// The version that is published.
pub const VERSION: &str = "17";
/// The concurrency that is reserved for each function.
pub const RESERVED: i32 = 5;

/// A function in both Regions.
#[derive(Debug, Clone)]
pub struct Function {
    /// What the service file says of it.
    pub spec: service::Lambda,
    /// `Active`, `Inactive` or `Pending` over time.
    pub state: Pair<Steps<&'static str>>,
}

/// How a call of a function ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// `Unhandled` where the function failed.
    pub error: Option<&'static str>,
    /// What it answered, in JSON.
    pub payload: String,
}

pub(super) fn compile(world: &World) -> Vec<Function> {
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::Lambda(spec) => Some(spec),
        _ => None,
    });
    specs
        .map(|spec| {
            let state = Pair { primary: Steps::always("Active"), standby: woken(world, spec) };
            Function { spec: spec.clone(), state }
        })
        .collect()
}

/// The standby's function over time: the first call wakes it.
fn woken(world: &World, spec: &service::Lambda) -> Steps<&'static str> {
    let mut state = Steps::always("Inactive");
    let first = world.mutations().iter().find(|mutation| {
        matches!(&mutation.change, Change::InvokeFunction { function, .. } if *function == spec.function.standby)
            && world.role_of(&mutation.region) == Some(HomeRole::Standby)
    });
    if let Some(first) = first {
        let at = world.ms(first.at);
        state.push(at, "Pending");
        state.push(at + world.chance.between(&spec.function.standby, at, WAKES.0, WAKES.1), "Active");
    }
    state
}

impl World {
    /// A function by its name or ARN, of a version or alias.
    pub fn function(&self, region: &str, id: &str, qualifier: Option<&str>) -> Result<(&Function, HomeRole), ApiError> {
        let (name, inner) = named(id);
        let qualifier = qualifier.or(inner);
        let not_found = || {
            let tail = qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
            let arn = format!("arn:aws:lambda:{region}:{}:function:{name}{tail}", self.account());
            ApiError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
        };
        let role = self.role_of(region).ok_or_else(not_found)?;
        let found = self.compiled.functions.iter().find(|function| function.spec.function.get(role) == name);
        let known = |function: &&Function| {
            qualifier.is_none_or(|q| q == "$LATEST" || q == VERSION || Some(q) == function.spec.alias.as_deref())
        };
        found.filter(known).map(|function| (function, role)).ok_or_else(not_found)
    }

    pub(super) fn may_invoke(&self, region: &str, function: &str) -> Result<(), ApiError> {
        self.function(region, function, None).map(|_| ())
    }

    /// Whether a call can reach a function at a moment: one that is not active refuses.
    pub fn function_ready(state: &str) -> Result<(), ApiError> {
        match state {
            "Inactive" => {
                let message = "The function is inactive and its VPC connection is no longer available. Wait for the VPC \
                               connection to reestablish and try again.";
                Err(ApiError::new(502, "ResourceNotReadyException", message.to_owned()))
            }
            "Active" => Ok(()),
            other => {
                let message = format!(
                    "The operation cannot be performed at this time. The function is currently in the following \
                     state: {other}"
                );
                Err(ApiError::new(409, "ResourceConflictException", message))
            }
        }
    }

    /// What a monitor of the replication finds in its Region: it asks the database there, and hangs with it.
    pub fn run_function(&self, role: HomeRole, at: Ms) -> Answered {
        if self.database_reach(role, at).is_some() {
            let said =
                format!("{:.3} {} Task timed out after 3.00 seconds", self.timestamp(at), self.chance.uuid("task", at));
            let payload = serde_json::json!({ "errorType": "Sandbox.Timedout", "errorMessage": said });
            return Answered { error: Some("Unhandled"), payload: payload.to_string() };
        }
        let region = self.service.regions.get(role).as_str();
        let payload = match self
            .stores()
            .next()
            .filter(|store| store.streaming(HomeRole::Standby, at) || store.streaming(HomeRole::Primary, at))
        {
            Some(store) => serde_json::json!({ "region": region, "lagMillis": store.lag_at(at) }),
            None => serde_json::json!({ "region": region, "lagMillis": null }),
        };
        Answered { error: None, payload: payload.to_string() }
    }
}

/// The name and the qualifier in an ARN, a partial ARN or a name.
pub fn named(id: &str) -> (&str, Option<&str>) {
    let name = id.rsplit_once("function:").map_or(id, |(_, name)| name);
    match name.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (name, None),
    }
}
