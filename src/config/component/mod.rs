//! The components of a service file: one file a kind.

mod arc_routing;
mod aurora;
mod cloudfront;
mod cloudwatch;
mod command;
mod ecs;
mod elasticache;
mod endpoint;
mod health_check;
mod kubernetes;
mod lambda;
mod rds;
mod restore;
mod route53;
mod s3;
mod secrets;
mod sql;
mod ssm;

pub(super) use s3::{bucket, prefix};

use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::form;
use super::reader::{Node, Table};
use super::words::{is_secret, one_of};
use crate::domain::region::Pair;
use crate::domain::service::{Component, Spec};
use crate::domain::text::bounded;

/// Every kind that a component can be.
pub(super) const KINDS: [&str; 18] = [
    "endpoint",
    "rds-replica",
    "rds-restore",
    "route53-failover",
    "secret-replica",
    "cloudwatch",
    "ecs",
    "aurora-global",
    "elasticache-global",
    "ssm-parameter",
    "lambda",
    "cloudfront",
    "kubernetes",
    "s3-replication",
    "command",
    "health-check",
    "arc-routing",
    "identity",
];

const MS_100: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Reads `[components.*]` in the order of the file. Also gives the ids of those that could not be read.
pub(super) fn read_all(root: &Table<'_, '_>) -> (Vec<Component>, Vec<String>) {
    let (mut components, mut broken) = (Vec::new(), Vec::new());
    let Some(node) = root.need("components", "a table [components.NAME] for each part of the service") else {
        return (components, broken);
    };
    let Some(table) = node.table("a table [components.NAME] for each part of the service") else {
        return (components, broken);
    };
    let entries = table.entries();
    if entries.is_empty() {
        node.context().push(node.found("the service has no components").expected("at least one [components.NAME]"));
    }
    for (id, span, node) in entries {
        if !form::is_slug(id) || id.len() > 32 {
            let message = format!("`{}` is no id for a component", bounded(id, 60));
            let found = Diagnostic::error(node.context().source(), span, &node.path, message);
            node.context().push(found.expected("lower-case letters, digits and hyphens, such as `database`"));
            continue;
        }
        if is_secret(id) {
            let found = Diagnostic::hidden(
                node.context().source(),
                node.span.clone(),
                &node.path,
                "secrets are never in the file",
            );
            node.context().push(found);
            continue;
        }
        match node.table("a table with the component's kind and parts").and_then(|table| component(id, &table)) {
            Some(component) => {
                unlike_the_others(&component, &components, &node);
                components.push(component);
            }
            None => broken.push(id.to_owned()),
        }
    }
    (components, broken)
}

fn component(id: &str, table: &Table<'_, '_>) -> Option<Component> {
    let title = table.get("title");
    let every = table.optional("every", |node| node.duration(SECOND, HOUR));
    let title = title.map_or(Some(id.to_owned()), |node| node.line("a name for the screen", 32));
    let kind = table.need("kind", &one_of(KINDS))?.word(&KINDS.map(|kind| (kind, kind)))?;
    let spec = match kind {
        "endpoint" => endpoint::endpoint(table).map(Spec::Endpoint),
        "rds-replica" => rds::rds_replica(table).map(Spec::RdsReplica),
        "rds-restore" => restore::rds_restore(table).map(Spec::RdsRestore),
        "route53-failover" => route53::route53(table).map(Spec::Route53Failover),
        "secret-replica" => secrets::secret(table).map(Spec::SecretReplica),
        "cloudwatch" => cloudwatch::cloudwatch(table).map(Spec::CloudWatch),
        "aurora-global" => aurora::aurora(table).map(Spec::AuroraGlobal),
        "elasticache-global" => elasticache::global(table).map(Spec::ElasticacheGlobal),
        "ssm-parameter" => ssm::parameter(table).map(Spec::SsmParameter),
        "lambda" => lambda::lambda(table).map(Spec::Lambda),
        "cloudfront" => cloudfront::cloudfront(table).map(Spec::CloudFront),
        "kubernetes" => kubernetes::kubernetes(table).map(Spec::Kubernetes),
        "command" => command::command(table).map(Spec::Command),
        "health-check" => health_check::health_check(table).map(Spec::HealthCheck),
        // Whose credentials it is about stands in [aws].
        "identity" => Some(Spec::Identity),
        "arc-routing" => arc_routing::arc_routing(table).map(Spec::ArcRouting),
        "s3-replication" => s3::s3_replication(table).map(Spec::S3Replication),
        _ => ecs::ecs(table).map(Spec::Ecs),
    };
    table.finish();
    Some(Component { id: id.to_owned(), title: title?, every: every.ok()?, spec: spec? })
}

/// Two components on the same thing would be two answers to one question.
fn unlike_the_others(component: &Component, others: &[Component], node: &Node<'_, '_>) {
    let same = |other: &&Component| match (&component.spec, &other.spec) {
        (Spec::RdsReplica(a), Spec::RdsReplica(b)) => a.instance == b.instance,
        (Spec::RdsRestore(a), Spec::RdsRestore(b)) => a.restored == b.restored,
        (Spec::Route53Failover(a), Spec::Route53Failover(b)) => a.zone == b.zone && a.record == b.record,
        (Spec::SecretReplica(a), Spec::SecretReplica(b)) => a == b,
        (Spec::Endpoint(a), Spec::Endpoint(b)) => a.urls == b.urls,
        (Spec::Ecs(a), Spec::Ecs(b)) => a.cluster == b.cluster && a.service == b.service,
        (Spec::AuroraGlobal(a), Spec::AuroraGlobal(b)) => a.global == b.global || a.cluster == b.cluster,
        (Spec::ElasticacheGlobal(a), Spec::ElasticacheGlobal(b)) => a.global == b.global,
        (Spec::SsmParameter(a), Spec::SsmParameter(b)) => a.name == b.name,
        (Spec::Lambda(a), Spec::Lambda(b)) => a == b,
        (Spec::CloudFront(a), Spec::CloudFront(b)) => a.distribution == b.distribution,
        // A service may have its keys or its connection in a component of their own, but each workload in one alone.
        (Spec::Kubernetes(a), Spec::Kubernetes(b)) => {
            let shared = || a.workloads.iter().any(|workload| b.workloads.contains(workload));
            a == b || (a.context == b.context && a.namespace == b.namespace && shared())
        }
        (Spec::Command(a), Spec::Command(b)) => a.observe == b.observe,
        (Spec::HealthCheck(a), Spec::HealthCheck(b)) => a.id.primary == b.id.primary || a.id.standby == b.id.standby,
        (Spec::Identity, Spec::Identity) => true,
        (Spec::ArcRouting(a), Spec::ArcRouting(b)) => {
            a.control.primary == b.control.primary || a.control.standby == b.control.standby
        }
        (Spec::S3Replication(a), Spec::S3Replication(b)) => a.bucket == b.bucket,
        _ => false,
    };
    if let Some(other) = others.iter().find(same) {
        let message = format!("{} has the same targets as components.{}", node.path, other.id);
        node.context().push(node.found(message).help("leave one of the two out"));
    }
}

/// The tables `primary` and `standby` of a component, each read by `one`.
fn both<T>(table: &Table<'_, '_>, expected: &str, one: impl Fn(&Table<'_, '_>) -> Option<T>) -> Option<Pair<T>> {
    let side = |node: Option<Node<'_, '_>>| {
        let table = node?.table(expected)?;
        let value = one(&table);
        table.finish();
        value
    };
    let primary = table.need("primary", expected);
    let standby = table.need("standby", expected);
    let (primary, standby) = (side(primary), side(standby));
    Some(Pair { primary: primary?, standby: standby? })
}

/// Refuses a pair whose sides are the same.
fn differ<T: PartialEq>(table: &Table<'_, '_>, pair: Option<Pair<T>>, what: &str) -> Option<Pair<T>> {
    let pair = pair?;
    if pair.primary != pair.standby {
        return Some(pair);
    }
    if let Some(node) = table.get("standby") {
        let message = format!("primary and standby have the same {what}");
        node.context().push(node.found(message).expected(format!("another {what} than the primary's")));
    }
    None
}

/// The key of a secret that holds a database's host, and the host of each Region's own.
fn hosts(table: &Table<'_, '_>) -> (Option<String>, Option<Pair<String>>) {
    let key = table.get("key").map_or(Some("host".to_owned()), |node| {
        form::token(&node, "a key of the secret", 253, |b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    });
    let value = table.need("value", "{ primary = \"…\", standby = \"…\" }: the host of each Region's own database");
    let hosts = value.as_ref().and_then(|node| pair(node, form::dns_name));
    if let (Some(node), Some(hosts)) = (&value, &hosts)
        && hosts.primary == hosts.standby
    {
        node.error("both Regions have the same database host");
        return (key, None);
    }
    (key, hosts)
}

/// `{ primary = …, standby = … }` of plain values.
fn pair<T>(node: &Node<'_, '_>, one: impl Fn(&Node<'_, '_>) -> Option<T>) -> Option<Pair<T>> {
    let table = node.table("a table { primary = …, standby = … }")?;
    let side = |node: Option<Node<'_, '_>>| one(&node?);
    let (primary, standby) = (table.need("primary", "the primary's"), table.need("standby", "the standby's"));
    let (primary, standby) = (side(primary), side(standby));
    table.finish();
    Some(Pair { primary: primary?, standby: standby? })
}

fn timeout(table: &Table<'_, '_>, default: Duration) -> Option<Duration> {
    table.get("timeout").map_or(Some(default), |node| node.duration(MS_100, MINUTE))
}
