//! `cloudwatch`.

use super::{HOUR, MINUTE, SECOND};
use crate::config::reader::{Node, Table};
use crate::config::words::meant;
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{CloudWatch, LagMetric, LagUnit};
use crate::domain::text::bounded;

pub(super) fn cloudwatch(table: &Table<'_, '_>) -> Option<CloudWatch> {
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
    let back = table.optional("back", |node| node.line("the dimension's value in the other Region", 255));
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
    Some(LagMetric {
        namespace: namespace?,
        metric,
        unit,
        dimension: dimension?,
        region: region?,
        back: back.ok()?,
        period: period?,
    })
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
