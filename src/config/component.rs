//! The components of a service file: one function a kind.

use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::form;
use super::reader::{Node, Table};
use super::words::{is_secret, meant, one_of};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{
    CloudWatch, Component, Endpoint, LagMetric, LagUnit, RdsReplica, RecordType, Route53Failover, SecretReplica, Spec,
    Sql, Tls,
};
use crate::domain::text::bounded;

/// Every kind that a component can be.
pub(super) const KINDS: [&str; 5] = ["endpoint", "rds-replica", "route53-failover", "secret-replica", "cloudwatch"];

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
        "endpoint" => endpoint(table).map(Spec::Endpoint),
        "rds-replica" => rds_replica(table).map(Spec::RdsReplica),
        "route53-failover" => route53(table).map(Spec::Route53Failover),
        "secret-replica" => secret(table).map(Spec::SecretReplica),
        _ => cloudwatch(table).map(Spec::CloudWatch),
    };
    table.finish();
    Some(Component { id: id.to_owned(), title: title?, every: every.ok()?, spec: spec? })
}

/// Two components on the same thing would be two answers to one question.
fn unlike_the_others(component: &Component, others: &[Component], node: &Node<'_, '_>) {
    let same = |other: &&Component| match (&component.spec, &other.spec) {
        (Spec::RdsReplica(a), Spec::RdsReplica(b)) => a.instance == b.instance,
        (Spec::Route53Failover(a), Spec::Route53Failover(b)) => a.zone == b.zone && a.record == b.record,
        (Spec::SecretReplica(a), Spec::SecretReplica(b)) => a == b,
        (Spec::Endpoint(a), Spec::Endpoint(b)) => a.urls == b.urls,
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

fn timeout(table: &Table<'_, '_>, default: Duration) -> Option<Duration> {
    table.get("timeout").map_or(Some(default), |node| node.duration(MS_100, MINUTE))
}

fn endpoint(table: &Table<'_, '_>) -> Option<Endpoint> {
    let urls = both(table, "{ url = \"https://…\" }", |side| {
        form::url(&side.need("url", "the URL of this Region's own endpoint")?)
    });
    let urls = differ(table, urls, "URL");
    let public = table.optional("public", form::url);
    let expect_status = table.get("expect_status").map_or(Some(200), |node| node.integer(100, 599));
    let expect_text = table.optional("expect_text", |node| node.line("a text that a healthy body contains", 200));
    let timeout = timeout(table, Duration::from_secs(5));
    Some(Endpoint {
        urls: urls?,
        public: public.ok()?,
        expect_status: u16::try_from(expect_status?).ok()?,
        expect_text: expect_text.ok()?,
        timeout: timeout?,
    })
}

fn rds_replica(table: &Table<'_, '_>) -> Option<RdsReplica> {
    const EXPECTED: &str = "an instance identifier: letters, digits and hyphens, at most 63";
    let instance = both(table, "{ instance = \"…\" }", |side| {
        let node = side.need("instance", "the instance identifier in this Region")?;
        let id = form::token(&node, EXPECTED, 255, |b| b.is_ascii_alphanumeric() || b"-:".contains(&b))?;
        let help = id.contains(':').then_some("write the bare identifier, not the ARN");
        if id.len() > 63 || help.is_some() || !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let found = node.found(format!("\"{}\" is not an instance identifier", bounded(&id, 80)));
            node.context().push(found.expected(EXPECTED).help_if(help));
            return None;
        }
        Some(id)
    });
    let sql = table.optional("sql", |node| {
        let table = node.table("a table")?;
        let sql = sql(&table);
        table.finish();
        sql
    });
    Some(RdsReplica { instance: instance?, sql: sql.ok()? })
}

fn sql(table: &Table<'_, '_>) -> Option<Sql> {
    let at = |node: Option<Node<'_, '_>>| form::host_port(&node?, 5432);
    let primary = at(table.need("primary", "the primary's \"host:port\""));
    let standby = at(table.need("standby", "the standby's \"host:port\""));
    let pair = primary.zip(standby).map(|(primary, standby)| Pair { primary, standby });
    let pair = differ(table, pair, "host and port");
    let database = table.need("database", "the database's name").and_then(|node| node.line("a name", 63));
    let user = table.need("user", "the role to log in as").and_then(|node| node.line("a role's name", 63));
    let password_env = table.optional("password_env", form::variable);
    let tls =
        table.get("tls").map_or(Some(Tls::Verify), |node| node.word(&[("verify", Tls::Verify), ("off", Tls::Off)]));
    let app_user = table.optional("app_user", |node| node.line("the application's own role", 63));
    let mark = table.optional("mark", mark);
    let timeout = timeout(table, Duration::from_secs(3));
    let pair = pair?;
    Some(Sql {
        host: Pair { primary: pair.primary.0, standby: pair.standby.0 },
        port: Pair { primary: pair.primary.1, standby: pair.standby.1 },
        database: database?,
        user: user?,
        password_env: password_env.ok()?,
        tls: tls?,
        app_user: app_user.ok()?,
        mark: mark.ok()?,
        timeout: timeout?,
    })
}

/// The mark query runs on both databases in the middle of an outage: one statement, and one that reads.
fn mark(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "one SELECT that gives one number, such as \"SELECT max(id) FROM ledger\"";
    let text = node.line(EXPECTED, 1_000)?;
    let select = text.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case("select"));
    if select && !text.trim_end().trim_end_matches(';').contains(';') {
        return Some(text);
    }
    node.context().push(node.found("the mark query is not a single SELECT").expected(EXPECTED));
    None
}

fn route53(table: &Table<'_, '_>) -> Option<Route53Failover> {
    let zone =
        table.need("zone", "the hosted zone's id, such as \"Z0123456789ABCDEFGHIJ\"").and_then(|node| zone(&node));
    let record = table.need("record", "the name that moves, such as \"api.example.com\"");
    let record = record.and_then(|node| form::dns_name(&node));
    let words = [("CNAME", RecordType::Cname), ("A", RecordType::A)];
    let record_type = table.get("type").map_or(Some(RecordType::Cname), |node| node.word(&words));
    let sides = both(table, "{ target = \"…\", health_check = \"…\" }", |side| {
        let target = side.need("target", "the value that means this Region");
        let target = target.and_then(|node| match record_type {
            Some(RecordType::A) => ipv4(&node),
            Some(RecordType::Cname) => form::dns_name(&node),
            None => None,
        });
        let health_check = side.optional("health_check", |node| {
            form::token(node, "a health check's id", 64, |b| b.is_ascii_alphanumeric() || b == b'-')
        });
        Some((target?, health_check.ok()?))
    });
    let differing = |sides: Pair<(String, Option<String>)>| {
        let Pair { primary: (target, check), standby: (other_target, other_check) } = sides;
        differ(table, Some(Pair { primary: target.clone(), standby: other_target.clone() }), "target")?;
        if check.is_some() {
            differ(table, Some(Pair { primary: check.clone(), standby: other_check.clone() }), "health check")?;
        }
        Some((Pair { primary: target, standby: other_target }, Pair { primary: check, standby: other_check }))
    };
    let sides = sides.and_then(differing);
    let nameservers = servers(table.get("nameservers"));
    let resolvers = servers(table.get("resolvers"));
    let (target, health_check) = sides?;
    let record = record?;
    if [&target.primary, &target.standby].into_iter().any(|target| target.eq_ignore_ascii_case(&record)) {
        if let Some(node) = table.get("record") {
            node.error("the record would point at itself");
        }
        return None;
    }
    Some(Route53Failover {
        zone: zone?,
        record,
        record_type: record_type?,
        target,
        health_check,
        nameservers: nameservers?,
        resolvers: resolvers?,
    })
}

/// Hosted zone ids are `Z` and up to 31 more capitals and digits.
fn zone(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a hosted zone's id, such as \"Z0123456789ABCDEFGHIJ\"";
    let text = node.line(EXPECTED, 64)?;
    let shaped = text.len() <= 32 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if shaped && text.starts_with('Z') && text.len() > 1 {
        return Some(text);
    }
    let found = node.found(format!("\"{text}\" is not a hosted zone's id")).expected(EXPECTED);
    let bare = text.strip_prefix("/hostedzone/").map(|bare| format!("write \"{bare}\""));
    node.context().push(found.help_if(bare));
    None
}

fn ipv4(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "an IPv4 address, such as \"192.0.2.10\"";
    let text = node.line(EXPECTED, 64)?;
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{text}\" is not an IPv4 address")).expected(EXPECTED));
    None
}

fn servers(node: Option<Node<'_, '_>>) -> Option<Vec<String>> {
    let Some(node) = node else { return Some(Vec::new()) };
    let items = node.list("a list of \"host:port\"")?;
    let mut servers = Vec::new();
    let mut sound = true;
    for item in items {
        let Some((host, port)) = form::host_port(&item, 53) else {
            sound = false;
            continue;
        };
        let server = format!("{host}:{port}");
        if servers.contains(&server) {
            item.error(format!("{server} is listed twice"));
            sound = false;
        }
        servers.push(server);
    }
    sound.then_some(servers)
}

fn secret(table: &Table<'_, '_>) -> Option<SecretReplica> {
    const EXPECTED: &str = "a secret's name, such as \"/fineract/production/master-key\"";
    let node = table.need("secret", EXPECTED)?;
    let name = form::token(&node, EXPECTED, 512, |b| b.is_ascii_alphanumeric() || b"/_+=.@-:".contains(&b))?;
    if name.contains(':') {
        let found = node.found("this is an ARN, which differs by Region").expected(EXPECTED);
        node.context().push(found.help("write the name, which is the same in both Regions"));
        return None;
    }
    Some(SecretReplica { secret: name })
}

fn cloudwatch(table: &Table<'_, '_>) -> Option<CloudWatch> {
    let lag = table.optional("lag", |node| {
        let table = node.table("a table")?;
        let lag = lag_metric(&table);
        table.finish();
        lag
    });
    let alarms = |key| {
        table
            .optional(key, |node| {
                let table = node.table("{ alarms = [\"…\"] }")?;
                let alarms = table.optional("alarms", names).map(Option::unwrap_or_default);
                table.finish();
                alarms.ok()
            })
            .map(Option::unwrap_or_default)
    };
    let (primary, standby) = (alarms("primary"), alarms("standby"));
    let found = CloudWatch { lag: lag.ok()?, alarms: Pair { primary: primary.ok()?, standby: standby.ok()? } };
    if found.lag.is_none() && found.alarms.primary.is_empty() && found.alarms.standby.is_empty() {
        let context = table.context();
        let message = format!("{} has neither a lag series nor alarms: there is nothing to read", table.path());
        context.error(table.span(), table.path(), message);
        return None;
    }
    Some(found)
}

fn names(node: &Node<'_, '_>) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for item in node.list("a list of alarm names")? {
        let name = item.line("an alarm's name", 255)?;
        if names.contains(&name) {
            item.error(format!("the alarm \"{}\" is listed twice", bounded(&name, 80)));
            return None;
        }
        names.push(name);
    }
    Some(names)
}

fn lag_metric(table: &Table<'_, '_>) -> Option<LagMetric> {
    let namespace = table.need("namespace", "such as \"AWS/RDS\"").and_then(|node| node.line("a namespace", 255));
    let metric_node = table.need("metric", "such as \"ReplicaLag\"");
    let metric = metric_node.as_ref().and_then(|node| node.line("a metric's name", 255));
    let units = [("seconds", LagUnit::Seconds), ("milliseconds", LagUnit::Milliseconds)];
    let unit_node = table.need("unit", "\"seconds\" or \"milliseconds\"");
    let unit = unit_node.as_ref().and_then(|node| node.word(&units));
    let dimension =
        table.need("dimension", "such as { DBInstanceIdentifier = \"…\" }").and_then(|node| dimension(&node));
    let roles = [("primary", HomeRole::Primary), ("standby", HomeRole::Standby)];
    let region = table.get("region").map_or(Some(HomeRole::Standby), |node| node.word(&roles));
    let period = table.get("period").map_or(Some(MINUTE), |node| node.duration(SECOND, HOUR));
    let (metric, unit) = (metric?, unit?);
    // CloudWatch answers nothing, without an error, when it is asked in a unit that the metric does not have.
    let known = match metric.as_str() {
        "ReplicaLag" => Some((LagUnit::Seconds, "seconds")),
        name if name.starts_with("AuroraGlobalDB") || name.starts_with("AuroraReplicaLag") => {
            Some((LagUnit::Milliseconds, "milliseconds"))
        }
        _ => None,
    };
    if let (Some(node), Some((right, word))) = (unit_node, known)
        && right != unit
    {
        node.context().push(node.found(format!("{metric} is in {word}")).expected(format!("\"{word}\"")));
        return None;
    }
    if let Some(node) = metric_node.filter(|_| metric == "AuroraGlobalDBRPLag") {
        let help = meant("AuroraGlobalDBRPOLag", ["AuroraGlobalDBRPOLag"]);
        node.context().push(node.found("there is no metric AuroraGlobalDBRPLag").help_if(help));
        return None;
    }
    Some(LagMetric { namespace: namespace?, metric, unit, dimension: dimension?, region: region?, period: period? })
}

fn dimension(node: &Node<'_, '_>) -> Option<(String, String)> {
    const EXPECTED: &str = "one dimension, such as { DBInstanceIdentifier = \"fineract-production-replica\" }";
    let table = node.table(EXPECTED)?;
    match table.entries().as_slice() {
        [(name, _, value)] if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            Some(((*name).to_owned(), value.line("the dimension's value", 255)?))
        }
        [(name, ..)] => {
            node.context()
                .push(node.found(format!("\"{}\" is no dimension's name", bounded(name, 60))).expected(EXPECTED));
            None
        }
        entries => {
            let message = format!("{} dimensions are given", entries.len());
            node.context().push(node.found(message).expected(EXPECTED));
            None
        }
    }
}
