//! What a health check is, and what it finds.

use std::time::Duration;

use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckType};

use crate::domain::reading::{Unread, Why};
use crate::domain::region::Region;
use crate::domain::text;
use crate::providers::aws::{Clients, errors};

/// How many children of a calculated check are looked at: Route 53 tells the status of one check a second.
const MOST_CHILDREN: usize = 16;
/// For how long an alarm is asked for: it may be in the Region that is out, and the rest of the look must not wait for it.
const ALARM: Duration = Duration::from_secs(3);
/// How deep calculated checks are followed.
const DEEPEST: usize = 3;

/// A health check, looked at.
#[derive(Debug, Clone, Default)]
pub(in crate::providers::aws) struct Check {
    /// Its type, such as `HTTPS`.
    pub(super) kind: String,
    pub(super) version: i64,
    pub(in crate::providers::aws) disabled: bool,
    pub(in crate::providers::aws) inverted: bool,
    /// What it finds, inversion and all left aside; `None` if nobody knows.
    pub(super) found: Option<bool>,
    /// How many checkers report success, and how many report.
    pub(super) checkers: Option<(usize, usize)>,
    /// The children of a calculated check.
    pub(super) children: Option<usize>,
    /// How many of them must be healthy.
    pub(super) threshold: Option<i32>,
    /// Seconds until a failure counts.
    pub(super) detection: Option<i32>,
    /// Why it cannot work as it is made.
    pub(super) faults: Vec<String>,
    /// What could not be read of it.
    pub(in crate::providers::aws) unread: Vec<(String, Unread)>,
}

impl Check {
    /// What Route 53 counts it as (API reference, `Disabled` and `Inverted`); `None` if nobody knows.
    pub(in crate::providers::aws) fn counts(&self) -> Option<bool> {
        if self.disabled { Some(!self.inverted) } else { self.found.map(|found| found != self.inverted) }
    }

    /// Whether it can work; `None` if what it is made of could not all be read.
    pub(super) fn sound(&self) -> Option<bool> {
        if !self.faults.is_empty() {
            return Some(false);
        }
        self.unread.iter().all(|(what, _)| what == "status").then_some(true)
    }
}

/// `healthy`, `unhealthy` or `unknown`.
pub(super) fn word(healthy: Option<bool>) -> &'static str {
    match healthy {
        Some(true) => "healthy",
        Some(false) => "unhealthy",
        None => "unknown",
    }
}

/// Healthy if more than 18 % of the checkers report success (developer guide, "How Amazon Route 53 determines whether a
/// health check is healthy").
fn judged((good, all): (usize, usize)) -> Option<bool> {
    (all > 0).then_some(good * 100 > all * 18)
}

/// Whether checkers, who are on the internet, can never reach an address.
fn is_private(address: &str) -> bool {
    match address.parse() {
        Ok(std::net::IpAddr::V4(v4)) => {
            let shared = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared
        }
        Ok(std::net::IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
        Err(_) => false,
    }
}

/// Reads a health check, and what it finds. Calculated ones are told by their children, and those on an alarm by the
/// alarm: Route 53 does not tell.
pub(in crate::providers::aws) async fn look(aws: &Clients, id: &str) -> Result<Check, Unread> {
    Look { aws }.look_at(id, 0).await
}

struct Look<'a> {
    aws: &'a Clients,
}

impl Look<'_> {
    async fn look_at(&self, id: &str, depth: usize) -> Result<Check, Unread> {
        let what = format!("route53:GetHealthCheck {}", text::bounded(id, 64));
        let asked = self.aws.route53.read.get_health_check().health_check_id(id);
        let output = asked.send().await.map_err(|err| errors::unread(&what, &err))?;
        let missing = || Unread::new(Why::Malformed, format!("{what}: no configuration"));
        let described = output.health_check().ok_or_else(missing)?;
        let config = described.health_check_config().ok_or_else(missing)?;
        let mut check = Check {
            kind: text::bounded(config.r#type().as_str(), 40),
            version: described.health_check_version(),
            disabled: config.disabled().unwrap_or(false),
            inverted: config.inverted().unwrap_or(false),
            ..Check::default()
        };
        match config.r#type() {
            HealthCheckType::Calculated => self.by_children(config, &mut check, depth).await,
            HealthCheckType::CloudwatchMetric => {
                let watched = described.cloud_watch_alarm_configuration();
                check.detection = watched.map(|watched| watched.period().saturating_mul(watched.evaluation_periods()));
                self.by_alarm(config, &mut check).await;
            }
            HealthCheckType::RecoveryControl => {
                if config.routing_control_arn().is_none() {
                    check.faults.push("it names no routing control".to_owned());
                }
                self.by_checkers(id, &mut check).await;
            }
            _ => {
                // Route 53's own defaults (API reference, `HealthCheckConfig`).
                let (interval, threshold) =
                    (config.request_interval().unwrap_or(30), config.failure_threshold().unwrap_or(3));
                check.detection = Some(interval.saturating_mul(threshold));
                if let Some(address) = config.ip_address().filter(|address| is_private(address)) {
                    let address = text::bounded(address, 60);
                    check.faults.push(format!("checkers cannot reach {address}, which is a private address"));
                }
                if config.ip_address().is_none() && config.fully_qualified_domain_name().is_none() {
                    check.faults.push("it names no address".to_owned());
                }
                self.by_checkers(id, &mut check).await;
            }
        }
        Ok(check)
    }

    async fn by_checkers(&self, id: &str, check: &mut Check) {
        let status = self.aws.route53.read.get_health_check_status().health_check_id(id).send().await;
        match status {
            Ok(status) => {
                let reports = status.health_check_observations().iter();
                let reports = reports.filter_map(|seen| seen.status_report().and_then(|report| report.status()));
                let mut checkers = (0, 0);
                for report in reports {
                    checkers.0 += usize::from(report.starts_with("Success"));
                    checkers.1 += 1;
                }
                check.checkers = Some(checkers);
                check.found = judged(checkers);
            }
            Err(err) => {
                check.unread.push(("status".to_owned(), errors::unread("route53:GetHealthCheckStatus", &err)));
            }
        }
    }

    async fn by_children(&self, config: &HealthCheckConfig, check: &mut Check, depth: usize) {
        let ids = config.child_health_checks();
        let threshold = config.health_threshold().unwrap_or(0);
        check.children = Some(ids.len());
        check.threshold = Some(threshold);
        let wanted = usize::try_from(threshold).unwrap_or(0);
        if ids.is_empty() {
            check.faults.push("it is calculated from no children".to_owned());
        }
        if wanted > ids.len() {
            let message = format!("{threshold} of its {} children must be healthy: it never is", ids.len());
            check.faults.push(message);
        } else if wanted == 0 {
            check.faults.push("none of its children must be healthy: it always is".to_owned());
        }
        let (mut healthy, mut unknown) = (0, 0);
        if depth >= DEEPEST || ids.len() > MOST_CHILDREN {
            let message = format!("{} children, {depth} deep, are more than are looked at", ids.len());
            check.unread.push(("children".to_owned(), Unread::new(Why::Other, message)));
            unknown = ids.len();
        } else {
            // One after the other: the status of health checks may be asked about once a second.
            for id in ids {
                match Box::pin(self.look_at(id, depth + 1)).await {
                    Ok(child) => {
                        match child.counts() {
                            Some(counts) => healthy += usize::from(counts),
                            None => unknown += 1,
                        }
                        check.detection = check.detection.max(child.detection);
                        let of = |fault: String| format!("its child {}: {fault}", text::bounded(id, 64));
                        check.faults.extend(child.faults.into_iter().map(of));
                        check.unread.extend(child.unread);
                    }
                    Err(unread) if unread.why == Why::NotFound => {
                        check.faults.push(format!("its child {} is not there", text::bounded(id, 64)));
                        unknown += 1;
                    }
                    Err(unread) => {
                        check.unread.push((format!("child {}", text::bounded(id, 64)), unread));
                        unknown += 1;
                    }
                }
            }
        }
        check.found = if healthy >= wanted {
            Some(true)
        } else if healthy + unknown < wanted {
            Some(false)
        } else {
            None
        };
    }

    /// By its alarm's state. Route 53 follows the alarm's data, not its state, so that the two may differ for a moment.
    async fn by_alarm(&self, config: &HealthCheckConfig, check: &mut Check) {
        let Some(alarm) = config.alarm_identifier() else {
            check.faults.push("it names no alarm".to_owned());
            return;
        };
        let (name, region) = (alarm.name(), alarm.region().as_str());
        let what = format!("cloudwatch:DescribeAlarms {}", text::bounded(region, 40));
        let known = region.parse::<Region>().ok();
        let client = known.ok_or_else(|| Unread::new(Why::Malformed, format!("{what}: no Region")));
        let client = client.and_then(|region| self.aws.region(&region).map(|clients| clients.cloudwatch.clone()));
        let client = match client {
            Ok(client) => client,
            Err(unread) => {
                check.unread.push(("alarm".to_owned(), unread));
                return;
            }
        };
        let patience = TimeoutConfig::builder().operation_timeout(ALARM).build();
        let patience = aws_sdk_cloudwatch::config::Builder::default().timeout_config(patience);
        let asked = client.describe_alarms().alarm_names(name).customize().config_override(patience);
        let output = match asked.send().await {
            Ok(output) => output,
            Err(err) => {
                check.unread.push(("alarm".to_owned(), errors::unread(&what, &err)));
                return;
            }
        };
        let state = output.metric_alarms().iter().find(|alarm| alarm.alarm_name() == Some(name));
        let Some(state) = state.and_then(|alarm| alarm.state_value()) else {
            check.faults.push(format!("there is no alarm {} in {region}", text::bounded(name, 80)));
            return;
        };
        let insufficient = config.insufficient_data_health_status().map_or("", |status| status.as_str());
        check.found = match (state.as_str(), insufficient) {
            ("OK", _) | ("INSUFFICIENT_DATA", "Healthy") => Some(true),
            ("ALARM", _) | ("INSUFFICIENT_DATA", "Unhealthy") => Some(false),
            // What it was last, which nobody tells.
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_disabled_counts_as_healthy_and_inverted_as_the_opposite() {
        let counts = |disabled, inverted, found| Check { disabled, inverted, found, ..Check::default() }.counts();
        assert_eq!(counts(false, false, Some(false)), Some(false));
        assert_eq!(counts(true, false, Some(false)), Some(true), "disabling pins the traffic to the dead");
        assert_eq!(counts(true, true, Some(true)), Some(false));
        assert_eq!(counts(false, true, Some(false)), Some(true));
        assert_eq!(counts(false, true, None), None);
        assert_eq!(counts(true, false, None), Some(true));
    }

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in ["10.0.1.5", "172.16.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.1", "fd00::1", "fe80::1"] {
            assert!(is_private(private), "{private}");
        }
        for public in ["203.0.113.10", "100.128.0.1", "2600:1f18::1", "name.example.com"] {
            assert!(!is_private(public), "{public}");
        }
    }

    #[test]
    fn more_than_18_percent_of_the_checkers_must_agree() {
        assert_eq!((judged((18, 100)), judged((19, 100)), judged((0, 0))), (Some(false), Some(true), None));
    }
}
