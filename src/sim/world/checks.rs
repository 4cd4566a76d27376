//! Route 53's health checks: what each is, and what its checkers see.

use serde::{Deserialize, Serialize};

use super::health::{Answering, CheckSettings, HealthCheck};
use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{self, SimulatedCheck, Spec};
use crate::sim::steps::{Ms, Steps};

/// A checker's interval; it wants three failures (or successes) in a row.
const INTERVAL: Ms = 30_000;
/// How late the data of an alarm is.
const DATA: (Ms, Ms) = (60_000, 120_000);

/// A health check's configuration, as `HealthCheckConfig` has it, without what can be changed later.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckConfig {
    /// Its type, such as `HTTPS`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The address that is asked.
    #[serde(rename = "IPAddress", default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The port.
    #[serde(rename = "Port", default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The path.
    #[serde(rename = "ResourcePath", default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The host that is asked.
    #[serde(rename = "FullyQualifiedDomainName", default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Of a calculated check: the others.
    #[serde(rename = "ChildHealthChecks", default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
    /// Of a calculated check: how many of them must be healthy.
    #[serde(rename = "HealthThreshold", default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<usize>,
    /// Of a check that follows an alarm: its Region and name.
    #[serde(rename = "AlarmIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<(String, String)>,
    /// Of a check that follows a routing control: its ARN.
    #[serde(rename = "RoutingControlArn", default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
}

/// A health check that somebody has made.
struct Made<'a> {
    id: String,
    role: HomeRole,
    config: CheckConfig,
    first: CheckSettings,
    /// Whose endpoint it watches, where that does not follow from its configuration.
    watches: Option<&'a Steps<Answering>>,
}

/// What the service file says of its health checks.
fn declared(world: &World) -> Option<&service::HealthCheck> {
    world.service.components.iter().find_map(|component| match &component.spec {
        Spec::HealthCheck(spec) => Some(spec),
        _ => None,
    })
}

/// The health checks: one that watches each Region's endpoint or is what the service file says, one above them, and those
/// that were made.
pub(super) fn compile(world: &World, endpoints: &Pair<Steps<Answering>>) -> Vec<HealthCheck> {
    let mut all: Vec<Made<'_>> = Vec::new();
    let spec = declared(world);
    for role in [HomeRole::Primary, HomeRole::Standby] {
        let named = world.service.components.iter().find_map(|component| match &component.spec {
            Spec::Route53Failover(spec) => spec.health_check.get(role).clone(),
            _ => None,
        });
        let own = spec.map(|spec| (spec.id.get(role), *spec.simulated.get(role), *spec.inverted.get(role)));
        let own = own.filter(|(id, ..)| named.as_ref().is_none_or(|named| named == *id));
        let id = own.map(|(id, ..)| id.clone()).or(named);
        let id = id.unwrap_or_else(|| world.chance.uuid("health check", role as i64));
        let (kind, inverted) = own.map_or((SimulatedCheck::Https, false), |(_, kind, inverted)| (kind, inverted));
        all.push(world.simulated_check(id, role, kind, inverted, endpoints));
    }
    if let Some(spec) = spec {
        // Those of the component that no record has.
        for role in [HomeRole::Primary, HomeRole::Standby] {
            let id = spec.id.get(role);
            if !all.iter().any(|check| check.id == *id) {
                let (kind, inverted) = (*spec.simulated.get(role), *spec.inverted.get(role));
                all.push(world.simulated_check(id.clone(), role, kind, inverted, endpoints));
            }
        }
        let children = vec![spec.id.primary.clone(), spec.id.standby.clone()];
        let config = CheckConfig { kind: "CALCULATED".into(), children, threshold: Some(1), ..CheckConfig::default() };
        all.extend(spec.parent.clone().map(|id| Made::new(id, config)));
    }
    for mutation in world.mutations() {
        let Change::CreateHealthCheck { id, config, disabled, inverted, .. } = &mutation.change else { continue };
        let first = CheckSettings { disabled: *disabled, inverted: *inverted, version: 1 };
        all.push(Made { first, ..Made::new(id.clone(), config.clone()) });
    }
    let mut checks: Vec<HealthCheck> = Vec::new();
    // Calculated ones last: what they see is what the others count as.
    let (calculated, plain): (Vec<_>, Vec<_>) = all.iter().partition(|made| made.config.kind == "CALCULATED");
    for made in plain.into_iter().chain(calculated) {
        let seen = world.seen_by(made, endpoints, &checks);
        let settings = world.check_settings(&made.id, made.first);
        checks.push(HealthCheck { id: made.id.clone(), role: made.role, config: made.config.clone(), settings, seen });
    }
    // Records find theirs by place: the Regions' own come first.
    checks.sort_by_key(|check| all.iter().position(|made| made.id == check.id));
    checks
}

impl Made<'_> {
    fn new(id: String, config: CheckConfig) -> Self {
        let first = CheckSettings { version: 1, ..CheckSettings::default() };
        Self { id, role: HomeRole::Primary, config, first, watches: None }
    }
}

impl World {
    fn simulated_check<'a>(
        &self,
        id: String,
        role: HomeRole,
        kind: SimulatedCheck,
        inverted: bool,
        endpoints: &'a Pair<Steps<Answering>>,
    ) -> Made<'a> {
        let (host, path) = self.checked(role);
        let region = self.service.regions.get(role).to_string();
        let config = |kind: &str| CheckConfig { kind: kind.to_owned(), ..CheckConfig::default() };
        let config = match kind {
            SimulatedCheck::Https => {
                CheckConfig { port: Some(443), path: Some(path), host: Some(host), ..config("HTTPS") }
            }
            SimulatedCheck::Tcp => {
                let address = if role == HomeRole::Primary { "10.0.1.20" } else { "10.1.1.20" };
                CheckConfig { address: Some(address.to_owned()), port: Some(5432), ..config("TCP") }
            }
            SimulatedCheck::Calculated => CheckConfig { threshold: Some(1), ..config("CALCULATED") },
            SimulatedCheck::Alarm => {
                let name = self.endpoint_alarm_name(role).unwrap_or_else(|| format!("{role}-endpoint"));
                CheckConfig { alarm: Some((region, name)), ..config("CLOUDWATCH_METRIC") }
            }
            SimulatedCheck::RoutingControl => {
                CheckConfig { control: Some(self.control_of(role)), ..config("RECOVERY_CONTROL") }
            }
        };
        let first = CheckSettings { version: 1, disabled: false, inverted };
        let watches = (kind == SimulatedCheck::Https).then(|| endpoints.get(role));
        Made { id, role, config, first, watches }
    }

    /// The first alarm of a Region that is not about replication.
    fn endpoint_alarm_name(&self, role: HomeRole) -> Option<String> {
        let mut names = self.service.components.iter().filter_map(|component| match &component.spec {
            Spec::CloudWatch(watch) => Some(watch.alarms.get(role)),
            _ => None,
        });
        let lag = |name: &&String| ["lag", "replica"].iter().any(|word| name.to_ascii_lowercase().contains(word));
        names.find_map(|names| names.iter().find(|name| !lag(name)).cloned())
    }

    /// The ARN of a Region's routing control; one that is nobody's where the service has none.
    fn control_of(&self, role: HomeRole) -> String {
        if let Some(spec) = self.routing() {
            return spec.control.get(role).clone();
        }
        format!("arn:aws:route53-recovery-control::{}:controlpanel/simulated/routingcontrol/{role}", self.account())
    }

    fn check_settings(&self, id: &str, first: CheckSettings) -> Steps<CheckSettings> {
        let mut settings = Steps::always(first);
        for mutation in self.mutations() {
            let Change::HealthCheck { id: of, disabled, inverted } = &mutation.change else { continue };
            if of == id {
                let now: &CheckSettings = settings.last();
                let next = CheckSettings {
                    disabled: disabled.unwrap_or(now.disabled),
                    inverted: inverted.unwrap_or(now.inverted),
                    version: now.version + 1,
                };
                settings.push(self.ms(mutation.at), next);
            }
        }
        settings
    }

    /// What a health check sees over time.
    fn seen_by(&self, made: &Made<'_>, endpoints: &Pair<Steps<Answering>>, others: &[HealthCheck]) -> Steps<bool> {
        let config = &made.config;
        let well =
            |answering: &Steps<Answering>| Steps::of(answering.moments(), |at| *answering.at(at) == Answering::Ok);
        let watched = made.watches.or_else(|| {
            let host = config.host.as_deref().filter(|host| !host.is_empty() && config.address.is_none())?;
            let role = [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| self.checked(*role).0 == host)?;
            Some(endpoints.get(role))
        });
        match config.kind.as_str() {
            "CALCULATED" => {
                let children: Vec<&HealthCheck> =
                    others.iter().filter(|check| config.children.contains(&check.id)).collect();
                let moments: Vec<Ms> = children.iter().flat_map(|check| check.moments()).collect();
                let wanted = config.threshold.unwrap_or(0);
                Steps::of(moments, |at| children.iter().filter(|check| check.healthy(at)).count() >= wanted)
            }
            "CLOUDWATCH_METRIC" => {
                let alarm = config.alarm.as_ref().and_then(|(region, name)| Some((self.role_of(region)?, name)));
                // Without data, what it was last, and it was never anything: Route 53 begins with healthy.
                let Some((role, _)) = alarm.filter(|(role, name)| self.names_alarm(*role, name)) else {
                    return Steps::always(true);
                };
                Steps::settled(&well(endpoints.get(role)), |at, _| self.chance.between(&made.id, at, DATA.0, DATA.1))
            }
            "RECOVERY_CONTROL" => {
                let steps = config.control.as_deref().and_then(|arn| self.control(arn, &made.id));
                steps.unwrap_or_else(|| Steps::always(false))
            }
            // A private address, or a name that is not the service's own: nothing answers there.
            _ => match watched {
                // The first of three looks falls anywhere in an interval, the other two follow.
                Some(answering) => Steps::settled(&well(answering), |at, _| {
                    2 * INTERVAL + self.chance.between(&made.id, at, 1_000, INTERVAL - 1_000)
                }),
                None => Steps::always(false),
            },
        }
    }

    fn names_alarm(&self, role: HomeRole, name: &str) -> bool {
        self.service.components.iter().any(|component| match &component.spec {
            Spec::CloudWatch(watch) => watch.alarms.get(role).iter().any(|known| known == name),
            _ => false,
        })
    }

    /// Whether a health check may be made.
    pub(super) fn may_create_check(&self, reference: &str, config: &CheckConfig) -> Result<(), ApiError> {
        let invalid = |message: &str| Err(ApiError::new(400, "InvalidInput", format!("Invalid parameter : {message}")));
        let made = self.mutations().iter().find_map(|mutation| match &mutation.change {
            Change::CreateHealthCheck { reference: of, config, .. } if of == reference => Some(config),
            _ => None,
        });
        if made.is_some() {
            let message = "A health check with the same caller reference and different settings exists.".to_owned();
            return Err(ApiError::new(409, "HealthCheckAlreadyExists", message));
        }
        let known = |id: &String| self.checks().iter().any(|check| check.id == *id);
        match config.kind.as_str() {
            "CALCULATED" if config.threshold.is_none() => {
                invalid("Calculated health checks must have a health threshold specified.")
            }
            "CALCULATED" if !config.children.iter().all(known) => invalid("A child health check does not exist."),
            "CLOUDWATCH_METRIC" if config.alarm.is_none() => invalid("An alarm must be specified."),
            "RECOVERY_CONTROL" if config.control.is_none() => invalid("A routing control must be specified."),
            "HTTP" | "HTTPS" | "TCP" if config.address.is_none() && config.host.is_none() => {
                invalid("Either an IP address or a domain name must be specified.")
            }
            "HTTP" | "HTTPS" | "TCP" | "CALCULATED" | "CLOUDWATCH_METRIC" | "RECOVERY_CONTROL" => Ok(()),
            _ => invalid("The simulated Route 53 does not make health checks of this type."),
        }
    }
}
