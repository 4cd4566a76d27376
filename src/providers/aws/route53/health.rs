//! What Route 53's health checks say of the records.

use aws_sdk_route53::types::HealthCheckConfig;

use super::Failover;
use super::records::{Both, plain};
use crate::domain::reading::Unread;
use crate::domain::region::HomeRole;
use crate::providers::aws::errors;
use crate::providers::aws::health_check::look::look;

/// A health check, as Route 53 uses it to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Healthy,
    Unhealthy,
    /// Route 53 counts it as healthy (developer guide, "Disabling health checks").
    Disabled,
    /// The record has none: it counts as healthy.
    None,
    Unknown,
}

impl Check {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Disabled => "disabled",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    /// Whether Route 53 counts it as healthy; `None` if nobody knows.
    fn counts(self) -> Option<bool> {
        match self {
            Self::Healthy | Self::Disabled | Self::None => Some(true),
            Self::Unhealthy => Some(false),
            Self::Unknown => None,
        }
    }
}

/// Which record Route 53 answers with: the PRIMARY unless it is unhealthy and the SECONDARY is not (developer guide, "How Route 53
/// averts failover problems").
pub(super) fn answering(primary: Check, secondary: Check) -> Option<HomeRole> {
    match (primary.counts(), secondary.counts()) {
        (Some(true), _) | (_, Some(false)) => Some(HomeRole::Primary),
        (Some(false), Some(true)) => Some(HomeRole::Standby),
        _ => None,
    }
}

impl Failover {
    pub(super) async fn check(&self, id: &str) -> Result<Check, Unread> {
        let seen = look(&self.aws, id).await?;
        Ok(match (seen.disabled && !seen.inverted, seen.counts()) {
            (true, _) => Check::Disabled,
            (false, Some(true)) => Check::Healthy,
            (false, Some(false)) => Check::Unhealthy,
            // A status that was not told is said: what is missing of a calculated one is in its children.
            (false, None) => match seen.unread.into_iter().next() {
                Some((_, unread)) => return Err(unread),
                None => Check::Unknown,
            },
        })
    }

    /// The health check that belongs to a Region: the one that the service file names; else of whichever record has its target; else of the one check whose own
    /// target that is. `Ok(None)` if there is none, or more than one.
    pub(super) async fn check_of(&self, role: HomeRole, both: &Both) -> Result<Option<String>, Unread> {
        if let Some(named) = self.spec.health_check.get(role) {
            return Ok(Some(named.clone()));
        }
        let target = plain(self.spec.target.get(role));
        let has = [&both.secondary, &both.primary]
            .into_iter()
            .find(|record| record.value().is_some_and(|value| plain(value) == target));
        if let Some(record) = has {
            return Ok(record.health_check_id.clone());
        }
        let mut found = Vec::new();
        let mut pages = self.aws.route53.read.list_health_checks().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|err| errors::unread("route53:ListHealthChecks", &err))?;
            for check in page.health_checks() {
                let config = check.health_check_config();
                let names = [
                    config.and_then(HealthCheckConfig::fully_qualified_domain_name),
                    config.and_then(HealthCheckConfig::ip_address),
                ];
                if names.into_iter().flatten().any(|name| plain(name) == target) {
                    found.push(check.id().to_owned());
                }
            }
        }
        Ok(if found.len() == 1 { found.pop() } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disabled_check_counts_as_healthy_and_two_unhealthy_ones_answer_the_primary() {
        assert_eq!(answering(Check::Disabled, Check::Healthy), Some(HomeRole::Primary));
        assert_eq!(answering(Check::Unhealthy, Check::Healthy), Some(HomeRole::Standby));
        assert_eq!(answering(Check::Unhealthy, Check::Unhealthy), Some(HomeRole::Primary));
        assert_eq!(answering(Check::Unhealthy, Check::None), Some(HomeRole::Standby));
        assert_eq!(answering(Check::Unknown, Check::Healthy), None);
        assert_eq!(answering(Check::Unhealthy, Check::Unknown), None);
    }
}
