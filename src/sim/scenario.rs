//! What happens to the simulated Regions: a TOML file of timed events.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::steps::{Ms, NEVER};
use crate::domain::duration;
use crate::domain::region::HomeRole;

const EMBEDDED: [(&str, &str); 10] = [
    ("calm", include_str!("../../assets/scenarios/calm.toml")),
    ("region-outage", include_str!("../../assets/scenarios/region-outage.toml")),
    ("false-alarm", include_str!("../../assets/scenarios/false-alarm.toml")),
    ("lagging-replica", include_str!("../../assets/scenarios/lagging-replica.toml")),
    ("throttled", include_str!("../../assets/scenarios/throttled.toml")),
    ("failed-over", include_str!("../../assets/scenarios/failed-over.toml")),
    ("moved-over", include_str!("../../assets/scenarios/moved-over.toml")),
    ("both-regions-out", include_str!("../../assets/scenarios/both-regions-out.toml")),
    ("corruption", include_str!("../../assets/scenarios/corruption.toml")),
    ("old-primary-returns", include_str!("../../assets/scenarios/old-primary-returns.toml")),
];

/// The span over which the lag's noise goes from one throw to the next.
pub const NOISE: Ms = 30_000;

/// The names of the scenarios that come with the program.
pub fn names() -> Vec<&'static str> {
    EMBEDDED.iter().map(|(name, _)| *name).collect()
}

/// A scenario that comes with the program; the error names those there are.
pub fn load(name: &str) -> Result<Scenario, String> {
    let text = EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).ok_or_else(|| {
        let name = crate::domain::text::bounded(name, 60);
        format!("there is no scenario {name:?}; there are: {}", names().join(", "))
    })?;
    parse(name, text)
}

/// Reads a scenario.
pub fn parse(name: &str, text: &str) -> Result<Scenario, String> {
    let mut scenario: Scenario = toml::from_str(text).map_err(|error| format!("scenario {name}: {error}"))?;
    name.clone_into(&mut scenario.name);
    let points = scenario.lag.points.iter();
    for (before, next) in points.clone().zip(points.skip(1)) {
        let (span, growth) = (next.at - before.at, next.lag - before.lag);
        // A replica that falls behind faster than time goes by would forget what it has.
        if span <= 0 || growth + 2 * scenario.lag.jitter * (span / NOISE + 1) >= span {
            return Err(format!("scenario {name}: the lag grows faster than time, or its points go back"));
        }
    }
    if 2 * scenario.lag.jitter >= NOISE || scenario.lag.points.is_empty() {
        return Err(format!("scenario {name}: the lag has no points, or too much jitter"));
    }
    for event in &scenario.events {
        if event.until <= event.at {
            return Err(format!("scenario {name}: an event ends before it begins"));
        }
    }
    Ok(scenario)
}

/// A scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// A line for a list.
    pub title: String,
    /// What the operator will meet.
    pub description: String,
    /// How much of it has gone by when the simulation opens.
    #[serde(deserialize_with = "millis")]
    pub start: Ms,
    /// Whether the control planes of Route 53 and CloudFront live through an outage of us-east-1.
    #[serde(default)]
    pub route53_control_plane: ControlPlane,
    /// When the service was handed over to the standby, if that was done before.
    #[serde(default, deserialize_with = "perhaps")]
    pub failed_over: Option<Ms>,
    /// Whose account the credentials are for, where that is not the service's.
    #[serde(default)]
    pub account: Option<String>,
    /// Replication lag.
    pub lag: Lag,
    /// The service's own writes.
    #[serde(default)]
    pub traffic: Traffic,
    /// What is wrong with the Kubernetes clusters from the start.
    #[serde(default)]
    pub kubernetes: Clusters,
    /// What goes wrong, and when.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
    /// Programs that fail.
    #[serde(default, rename = "program")]
    pub programs: Vec<ProgramFault>,
    /// What a right run finds.
    pub expected: Expected,
    /// Clients that stick to the primary's address only from a moment on, and how many rows a second they write: of a surprise.
    #[serde(skip)]
    pub joined: Vec<(Ms, i64)>,
}

/// Whether a control plane lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlPlane {
    /// It answers all the time.
    #[default]
    Up,
    /// It hangs while us-east-1 does.
    Hangs,
}

/// Replication lag over time: straight lines between points, and noise on top.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lag {
    /// How far the noise goes to either side.
    #[serde(default, deserialize_with = "millis")]
    pub jitter: Ms,
    /// The points, in order of time.
    pub points: Vec<LagPoint>,
}

/// One point of the lag's shape.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LagPoint {
    /// When.
    #[serde(deserialize_with = "millis")]
    pub at: Ms,
    /// How much.
    #[serde(deserialize_with = "millis")]
    pub lag: Ms,
}

/// The service's own writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traffic {
    /// Rows a second, committed where the public name points.
    pub commits_per_second: i64,
    /// Rows a second from clients that stick to the primary's address whatever DNS says.
    pub old_clients_per_second: i64,
    /// Whether taking the application's login away is replicated, as PostgreSQL's roles are.
    pub fence_replicates: bool,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { commits_per_second: 20, old_clients_per_second: 0, fence_replicates: true }
    }
}

/// How the Kubernetes clusters differ from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clusters {
    /// Whether the standby's cluster has made sealing keys of its own, as it does when nobody has given it the primary's.
    pub own_sealing_keys: bool,
}

/// Something that goes wrong for a while.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When it begins.
    #[serde(deserialize_with = "millis")]
    pub at: Ms,
    /// When it ends; without it, never.
    #[serde(default = "never", deserialize_with = "millis")]
    pub until: Ms,
    /// In which Region.
    pub region: HomeRole,
    /// To what.
    #[serde(default)]
    pub part: Part,
    /// What happens.
    pub fault: Fault,
    /// For `throttle`: how many of a hundred calls.
    #[serde(default = "all")]
    pub percent: i64,
    /// For `throttle`: only the first so many calls that it meets (counted by each process for itself).
    #[serde(default)]
    pub first: Option<u32>,
    /// For API faults: only this operation.
    #[serde(default)]
    pub operation: Option<String>,
    /// For `slow`: by how much.
    #[serde(default, deserialize_with = "millis")]
    pub by: Ms,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The whole Region: its APIs, databases, endpoints and the replication from or to it.
    #[default]
    All,
    /// Its AWS APIs.
    Api,
    /// The RDS API.
    Rds,
    /// The Secrets Manager API.
    Secretsmanager,
    /// The CloudWatch API.
    Cloudwatch,
    /// The ECS API.
    Ecs,
    /// The ElastiCache API.
    Elasticache,
    /// The Systems Manager API.
    Ssm,
    /// The Lambda API.
    Lambda,
    /// The endpoint in the Region of a cluster of routing controls.
    Arc,
    /// CloudFront's control plane, whichever Region the event names.
    Cloudfront,
    /// The Kubernetes cluster's API.
    Kubernetes,
    /// The S3 API.
    S3,
    /// Route 53's control plane, whichever Region the event names.
    Route53,
    /// The databases themselves.
    Database,
    /// The service's endpoints.
    Endpoint,
    /// The replication between the databases.
    Replication,
    /// The replication between the buckets: it stalls (`hang`, `refuse`), fails for good (`error`) or takes longer (`slow`).
    #[serde(rename = "s3-replication")]
    S3Replication,
    /// The last of the resolvers that the service asks.
    Resolver,
}

/// How it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Connections open, nothing answers.
    Hang,
    /// Nothing to connect to.
    Refuse,
    /// It answers 5xx.
    Error,
    /// It says that whoever asks is not allowed to.
    Deny,
    /// An API asks to slow down.
    Throttle,
    /// It answers late.
    Slow,
    /// An API does what it is asked and the answer is lost.
    LoseAnswer,
    /// The Region's database instance takes its backup.
    BackingUp,
    /// The Region has no capacity for another task.
    NoCapacity,
    /// What is written to the Region's database from its beginning on is wrong.
    Corrupt,
    /// The Region's Aurora cluster runs another minor version of the engine.
    OtherEngine,
    /// A resolver gives the answer that it had, whatever its TTL.
    Stick,
    /// A secret is changed, and its replica only follows at the end.
    Unreplicated,
}

/// A program that fails in a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramFault {
    /// The program's file name.
    pub name: String,
    /// Its exit status.
    pub exit: i32,
}

/// What a right run finds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// How it ends.
    pub outcome: Outcome,
    /// Data loss is at least this.
    #[serde(default, deserialize_with = "millis")]
    pub loss_at_least: Ms,
    /// Data loss is at most this.
    #[serde(default, deserialize_with = "millis")]
    pub loss_at_most: Ms,
    /// Whether, unless it is fenced, the old primary takes writes beside the new one in the end.
    #[serde(default)]
    pub split_brain: bool,
}

/// How a right run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The standby has the writes and the traffic.
    FailedOver,
    /// The primary keeps them: there was nothing to fail over from.
    Stayed,
}

fn never() -> Ms {
    NEVER
}

fn all() -> i64 {
    100
}

fn perhaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ms>, D::Error> {
    millis(deserializer).map(Some)
}

pub(super) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ms, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span: Duration = duration::parse(&text).map_err(serde::de::Error::custom)?;
    Ms::try_from(span.as_millis()).ok().filter(|ms| *ms < NEVER).ok_or_else(|| serde::de::Error::custom("too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_reads() {
        for name in names() {
            let scenario = load(name).unwrap();
            assert!(!scenario.title.is_empty() && !scenario.description.is_empty(), "{name}");
            assert!(!scenario.lag.points.is_empty(), "{name}");
        }
        assert!(load("no-such").unwrap_err().contains("region-outage"));
    }

    #[test]
    fn unknown_keys_and_backward_events_are_refused() {
        let base = "title='t'\ndescription='d'\nstart='0s'\n[lag]\npoints=[{at='0s',lag='1s'}]\n[expected]\noutcome='stayed'\n";
        assert!(parse("x", base).is_ok());
        assert!(parse("x", &format!("{base}typo=1\n")).unwrap_err().contains("typo"));
        let backward = format!("{base}[[event]]\nat='2m'\nuntil='1m'\nregion='primary'\nfault='hang'\n");
        assert!(parse("x", &backward).unwrap_err().contains("ends before"));
        assert!(parse("x", &base.replace("0s", "soon")).is_err());
        let steep = base.replace("{at='0s',lag='1s'}", "{at='0s',lag='1s'},{at='1m',lag='2m'}");
        assert!(parse("x", &steep).unwrap_err().contains("faster than time"));
    }
}
