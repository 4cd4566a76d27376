//! `service.toml`: the service being protected.

use std::time::Duration;

use super::assume_role;
use super::component;
use super::context::Context;
use super::diagnostic::Diagnostic;
use super::drills;
use super::form;
use super::project::Loaded;
use super::reader::{Node, Table};
use super::source::Source;
use super::words::meant;
use super::{approval, fencing, metrics, notify, people, trail, waivers};
use crate::domain::duration;
use crate::domain::lag::Thresholds;
use crate::domain::region::{Pair, Region};
use crate::domain::service::{Aws, Objectives, Service};
use crate::domain::text::bounded;

/// The longest duration that a service or a runbook may name: beyond it, something was mistyped.
pub(super) const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Reads a service file. The value holds what could be read: with errors, it is good for looking at, never for acting.
pub fn read(source: &Source) -> Loaded<Service> {
    let mut left_out = Vec::new();
    let (value, diagnostics) = Context::read(source, |context, root| {
        let parts = Parts::read(root);
        let (components, broken) = component::read_all(root);
        let fence = root.optional("fence", |node| fencing::ways(node, &components, &broken));
        let drills = drills::read(root, &components, &broken);
        let approval = root.optional("approval", approval::rule);
        let trail = root.optional("trail", trail::read);
        let metrics = root.optional("metrics", metrics::read);
        let people = people::read(root);
        let notify = notify::read(root, parts.regions.as_ref());
        let waivers = waivers::read(root);
        left_out = broken;
        let service = (|| {
            Some(Service {
                name: parts.name?,
                environment: parts.environment?,
                description: parts.description,
                regions: parts.regions?,
                objectives: parts.objectives?,
                lag: parts.lag?,
                meter: parts.meter?,
                aws: parts.aws,
                approval: approval.ok()?,
                fence: fence.ok()?.unwrap_or_default(),
                drills: drills?,
                trail: trail.ok()?,
                metrics: metrics.ok()?,
                people: people?,
                notify: notify?,
                waivers: waivers?,
                components,
            })
        })();
        root.finish();
        service.filter(|_| !context.is_broken())
    });
    Loaded { value, left_out, diagnostics }
}

/// What a service file holds besides its components; each as far as it could be read.
struct Parts {
    name: Option<String>,
    environment: Option<String>,
    description: String,
    regions: Option<Pair<Region>>,
    objectives: Option<Objectives>,
    lag: Option<Thresholds>,
    meter: Option<Duration>,
    aws: Aws,
}

impl Parts {
    fn read(root: &Table<'_, '_>) -> Self {
        let service = root.need("service", "the table [service] with name, environment, primary and standby");
        let service = service.and_then(|node| node.table("a table"));
        let (mut name, mut environment, mut description, mut regions) = (None, None, String::new(), None);
        if let Some(table) = &service {
            name = table.need("name", "such as \"fineract-production\"").and_then(|node| form::slug(&node, 64));
            environment = table.need("environment", "such as \"production\"").and_then(|node| form::slug(&node, 32));
            description =
                table.get("description").and_then(|node| node.line("a sentence for people", 400)).unwrap_or_default();
            regions = home(table);
            table.finish();
        }
        let objectives = root.need("objectives", "the table [objectives] with rto and rpo");
        let objectives = objectives.and_then(|node| node.table("a table")).and_then(|table| objectives_of(&table));
        let lag = root.need("lag", "the table [lag] with warn and breach").and_then(|node| node.table("a table"));
        let lag = lag.and_then(|table| thresholds(&table, objectives));
        let meter = root.get("meter").and_then(|node| node.table("a table with `every`"));
        let meter = meter.map_or(Some(METER), |table| meter_of(&table));
        let aws = root.get("aws").and_then(|node| node.table("a table"));
        let aws = aws.map(|table| aws_of(&table, regions.as_ref())).unwrap_or_default();
        Self { name, environment, description, regions, objectives, lag, meter, aws }
    }
}

fn home(table: &Table<'_, '_>) -> Option<Pair<Region>> {
    let primary = table.need("primary", "the Region where the service lives on an ordinary day");
    let standby = table.need("standby", "the Region that takes over");
    let primary = primary.and_then(|node| form::region(&node));
    let (node, standby) = standby.and_then(|node| form::region(&node).map(|region| (node, region)))?;
    let primary = primary?;
    if primary == standby {
        let message = format!("primary and standby are the same Region, {standby}");
        node.context().push(node.found(message).expected("another Region than the primary"));
        return None;
    }
    Some(Pair { primary, standby })
}

fn objectives_of(table: &Table<'_, '_>) -> Option<Objectives> {
    let rto = table.need("rto", "the recovery time objective, such as \"30m\"");
    let rpo = table.need("rpo", "the recovery point objective, such as \"15m\"");
    let rto = rto.and_then(|node| node.duration(Duration::from_secs(1), LONGEST));
    let rpo = rpo.and_then(|node| node.duration(Duration::ZERO, LONGEST));
    let further = |key: &'static str| table.optional(key, |node| node.duration(Duration::from_secs(1), LONGEST));
    let (disruption, dns, replication) = (further("disruption"), further("dns"), further("replication"));
    table.finish();
    Some(Objectives {
        rto: rto?,
        rpo: rpo?,
        disruption: disruption.ok()?,
        dns: dns.ok()?,
        replication: replication.ok()?,
    })
}

/// How often the disruption meter asks, where the file does not say.
const METER: Duration = Duration::from_secs(1);

fn meter_of(table: &Table<'_, '_>) -> Option<Duration> {
    let every = table.need("every", "how often the service is asked, such as \"1s\"");
    let every = every.and_then(|node| node.duration(Duration::from_millis(200), Duration::from_mins(1)));
    table.finish();
    every
}

fn thresholds(table: &Table<'_, '_>, objectives: Option<Objectives>) -> Option<Thresholds> {
    let warn = table.need("warn", "the lag that is worth a look, such as \"5m\"");
    let breach = table.need("breach", "the lag beyond which too much would be lost, such as \"15m\"");
    let breach_node = breach.clone();
    let warn_node = warn.clone();
    let warn = warn.and_then(|node| node.duration(Duration::ZERO, LONGEST));
    let breach = breach.and_then(|node| node.duration(Duration::from_secs(1), LONGEST));
    table.finish();
    let (warn, breach) = (warn?, breach?);
    if let Some(node) = warn_node.filter(|_| warn > breach) {
        let message = format!("lag.warn is {}, above lag.breach, which is {}", text(warn), text(breach));
        node.context().push(node.found(message).expected("at most lag.breach"));
        return None;
    }
    if let (Some(node), Some(objectives)) = (breach_node, objectives)
        && breach > objectives.rpo
    {
        let message = format!(
            "lag.breach is {}, above objectives.rpo, which is {}: the screen would call a lag fine that is not",
            text(breach),
            text(objectives.rpo)
        );
        node.context().push(node.doubt(message).help("set it to the RPO or below"));
    }
    Some(Thresholds { warn, breach })
}

fn text(value: Duration) -> String {
    duration::format(value)
}

fn aws_of(table: &Table<'_, '_>, regions: Option<&Pair<Region>>) -> Aws {
    let mut aws = Aws {
        profile: table.get("profile").and_then(|node| node.line("the name of a profile of the AWS configuration", 128)),
        account: table.get("account").and_then(|node| account(&node)),
        assume_role: table.get("assume_role").and_then(|node| assume_role::read(&node)),
        ..Aws::default()
    };
    if let Some(endpoints) = table.get("endpoints").and_then(|node| node.table("a table of URLs by Region")) {
        for (key, span, node) in endpoints.entries() {
            if key == "global" {
                aws.global_endpoint = form::url(&node);
            } else if let Some(region) = endpoint_region(&endpoints, key, span, regions)
                && let Some(url) = form::url(&node)
            {
                aws.endpoints.push((region, url));
            }
        }
    }
    table.finish();
    aws
}

/// An account id is twelve digits; it is a text, because it may start with 0.
fn account(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "twelve digits in quotes, such as \"123456789012\"";
    let text = node.string(EXPECTED)?;
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    node.context().push(node.found(format!("\"{}\" is not an account id", bounded(text, 40))).expected(EXPECTED));
    None
}

fn endpoint_region(
    table: &Table<'_, '_>,
    key: &str,
    span: std::ops::Range<usize>,
    regions: Option<&Pair<Region>>,
) -> Option<Region> {
    let region = key.parse::<Region>().ok();
    let Some(home) = regions else { return region };
    if let Some(region) = region.filter(|region| home.role_of(region).is_some()) {
        return Some(region);
    }
    let words = [home.primary.as_str(), home.standby.as_str(), "global"];
    let message = format!("`{}` is neither a Region of this service nor `global`", bounded(key, 60));
    let help = meant(key, words).unwrap_or_else(|| format!("the keys here are {}", words.join(", ")));
    let context = table.context();
    context.push(Diagnostic::error(context.source(), span, &table.path_of(key), message).help(help));
    None
}
