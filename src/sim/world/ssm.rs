//! Parameter Store: each Region has its own parameters, and nobody copies one to the other.

use std::collections::BTreeMap;

use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::region::HomeRole;
use crate::domain::service::Spec;
use crate::sim::steps::Ms;

/// Updates of one parameter that come closer than this are concurrent.
const APART: Ms = 500;
/// When the parameters that the service file names were written last before the scenario.
const BEFORE: Ms = -86_400_000 * 9;
/// The parameters of both Regions by name.
pub type Parameters = BTreeMap<(HomeRole, String), Vec<Version>>;

/// A version of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// When it was written.
    pub at: Ms,
    /// `String` or `StringList`.
    pub kind: String,
    /// Its value.
    pub value: String,
}

pub(super) fn compile(world: &World) -> Parameters {
    let mut parameters = Parameters::new();
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::SsmParameter(spec) => Some(spec),
        _ => None,
    });
    for spec in specs {
        for role in [HomeRole::Primary, HomeRole::Standby] {
            // The first of its life was made with the stack.
            let version = Version { at: BEFORE, kind: "String".to_owned(), value: spec.value.primary.clone() };
            parameters.insert((role, spec.name.clone()), vec![version]);
        }
    }
    for mutation in world.mutations() {
        let Change::PutParameter { name, value, kind, .. } = &mutation.change else { continue };
        let Some(role) = world.role_of(&mutation.region) else { continue };
        let versions = parameters.entry((role, name.clone())).or_default();
        let kind = versions.last().map_or_else(|| kind.clone().unwrap_or_default(), |last| last.kind.clone());
        versions.push(Version { at: world.ms(mutation.at), kind, value: value.clone() });
    }
    parameters
}

impl World {
    /// A parameter's versions in a Region, the oldest first.
    pub fn parameter(&self, region: &str, name: &str) -> Option<&[Version]> {
        let role = self.role_of(region)?;
        self.compiled.parameters.get(&(role, name.to_owned())).map(Vec::as_slice)
    }

    /// The names of a Region's parameters, in order.
    pub fn parameter_names(&self, region: &str) -> Vec<&str> {
        let role = self.role_of(region);
        let here = self.compiled.parameters.keys().filter(|(of, _)| Some(*of) == role);
        here.map(|(_, name)| name.as_str()).collect()
    }

    pub(super) fn may_put_parameter(
        &self,
        region: &str,
        (name, value): (&str, &str),
        kind: Option<&str>,
        overwrite: bool,
        at: Ms,
    ) -> Result<(), ApiError> {
        let no = |code, message: &str| Err(ApiError::new(400, code, message.to_owned()));
        if name.contains('/') && !name.starts_with('/') {
            return no("ValidationException", "Parameter name must be a fully qualified name.");
        }
        if value.is_empty() || value.len() > 4_096 {
            return no(
                "ValidationException",
                "Standard tier parameters support a maximum parameter value of 4096 characters.",
            );
        }
        if kind.is_some_and(|kind| !["String", "StringList"].contains(&kind)) {
            return no("UnsupportedParameterType", "The simulated Parameter Store holds String and StringList.");
        }
        match self.parameter(region, name).and_then(<[Version]>::last) {
            None if kind.is_none() => {
                no("ValidationException", "A parameter type is required when you create a parameter.")
            }
            Some(_) if !overwrite => no(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            ),
            Some(last) if kind.is_some_and(|kind| kind != last.kind) => no(
                "HierarchyTypeMismatchException",
                "Parameter Store does not support changing a parameter type in a hierarchy.",
            ),
            Some(last) if at - last.at < APART => {
                no("TooManyUpdates", "There are concurrent updates for a resource that supports one update at a time.")
            }
            None | Some(_) => Ok(()),
        }
    }
}
