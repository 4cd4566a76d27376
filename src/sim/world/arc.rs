//! Routing controls: a cluster of five endpoints that agree after a moment, and a safety rule.

use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::region::HomeRole;
use crate::domain::service::{ArcRouting, Spec};
use crate::sim::steps::{Ms, Steps};

/// How late an endpoint may tell of what another has accepted.
const AGREES: (Ms, Ms) = (0, 2_500);

impl World {
    /// The service's routing controls.
    pub fn routing(&self) -> Option<&ArcRouting> {
        self.service.components.iter().find_map(|component| match &component.spec {
            Spec::ArcRouting(spec) => Some(spec),
            _ => None,
        })
    }

    /// Whether a control is on over time, as an endpoint tells it or a health check follows it. At first the primary's is.
    pub(super) fn control(&self, arn: &str, by: &str) -> Option<Steps<bool>> {
        let spec = self.routing()?;
        let role = [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| spec.control.get(*role) == arn)?;
        let mut steps = Steps::always(role == HomeRole::Primary);
        let mut last = Ms::MIN;
        for mutation in self.mutations() {
            let Change::RoutingControls { entries } = &mutation.change else { continue };
            let Some((_, state)) = entries.iter().find(|(of, _)| of == arn) else { continue };
            let at = self.ms(mutation.at);
            // Nobody tells of two changes in another order than they were made in.
            last = last.max(at + self.chance.between(by, at, AGREES.0, AGREES.1));
            steps.push(last, state == "On");
        }
        Some(steps)
    }

    /// A control's state as the endpoint in a Region tells it.
    pub fn control_state(&self, region: &str, arn: &str, at: Ms) -> Result<&'static str, ApiError> {
        self.cluster_endpoint(region)?;
        let not_found = || {
            let message = format!("The routing control {arn} was not found in the cluster.");
            ApiError::new(404, "ResourceNotFoundException", message)
        };
        let steps = self.control(arn, region).ok_or_else(not_found)?;
        Ok(if *steps.at(at) { "On" } else { "Off" })
    }

    fn cluster_endpoint(&self, region: &str) -> Result<&ArcRouting, ApiError> {
        let spec = self.routing().filter(|spec| spec.endpoints.iter().any(|(of, _)| of.as_str() == region));
        spec.ok_or_else(|| {
            ApiError::new(400, "AccessDeniedException", format!("The cluster has no endpoint in {region}."))
        })
    }

    pub(super) fn may_turn(&self, region: &str, entries: &[(String, String)], at: Ms) -> Result<(), ApiError> {
        let spec = self.cluster_endpoint(region)?;
        if entries.is_empty() || entries.iter().any(|(_, state)| state != "On" && state != "Off") {
            let message = "Routing control entries need an ARN and a state, On or Off.".to_owned();
            return Err(ApiError::new(400, "ValidationException", message));
        }
        for (arn, _) in entries {
            self.control_state(region, arn, at)?;
        }
        // The rule is judged by what the cluster has agreed on, not by what one endpoint tells.
        let stays_on = |role: HomeRole| {
            let arn = spec.control.get(role);
            match entries.iter().find(|(of, _)| of == arn) {
                Some((_, state)) => state == "On",
                None => self.control(arn, "agreed").is_some_and(|steps| *steps.last()),
            }
        };
        if stays_on(HomeRole::Primary) || stays_on(HomeRole::Standby) {
            return Ok(());
        }
        let message = "The request conflicts with the safety rule at-least-one-region: at least 1 of 2 routing controls must \
                       be On.";
        Err(ApiError::new(409, "ConflictException", message.to_owned()))
    }
}
