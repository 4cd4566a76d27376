//! `route53-failover`.

use super::{both, differ};
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::{RecordType, Route53Failover};

pub(super) fn route53(table: &Table<'_, '_>) -> Option<Route53Failover> {
    let zone =
        table.need("zone", "the hosted zone's id, such as \"Z0123456789ABCDEFGHIJ\"").and_then(|node| zone_id(&node));
    let record = table.need("record", "the name that moves, such as \"api.example.com\"");
    let record = record.and_then(|node| form::dns_name(&node));
    let words =
        [("CNAME", (RecordType::Cname, false)), ("A", (RecordType::A, false)), ("alias", (RecordType::A, true))];
    let record_type = table.get("type").map_or(Some((RecordType::Cname, false)), |node| node.word(&words));
    let is_alias = record_type.is_some_and(|(_, alias)| alias);
    let sides = both(table, "{ target = \"…\", health_check = \"…\" }", |side| {
        let target = side.need("target", "the value that means this Region");
        let target = target.and_then(|node| match record_type {
            Some((RecordType::A, false)) => ipv4(&node),
            Some(_) => form::dns_name(&node),
            None => None,
        });
        let target_zone = if is_alias {
            let node = side.need("target_zone", "the hosted zone's id of the load balancers of this Region")?;
            Some(zone_id(&node)?)
        } else {
            None
        };
        let health_check = side.optional("health_check", |node| {
            form::token(node, "a health check's id", 64, |b| b.is_ascii_alphanumeric() || b == b'-')
        });
        Some((target?, health_check.ok()?, target_zone))
    });
    let alias_zone = sides
        .as_ref()
        .and_then(|sides| Some(Pair { primary: sides.primary.2.clone()?, standby: sides.standby.2.clone()? }));
    let sides = sides
        .map(|Pair { primary, standby }| Pair { primary: (primary.0, primary.1), standby: (standby.0, standby.1) });
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
    let private = table.get("private").map_or(Some(false), |node| node.boolean());
    let (target, health_check) = sides?;
    if private == Some(true) {
        if let Some(node) = table.get("nameservers") {
            node.error("a private zone has no servers that could be asked: leave nameservers out");
            return None;
        }
        if resolvers.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("{} has a private zone and no resolvers", table.path());
            let help =
                "name some that see it, such as the inbound endpoints of its VPCs: resolvers = [\"10.0.1.10:53\"]";
            table.context().error(table.span(), table.path(), format!("{message}: {help}"));
            return None;
        }
    }
    // What an alias answers are addresses that change: only a resolver tells whose they are.
    if is_alias && resolvers.as_ref().is_some_and(Vec::is_empty) {
        let message = format!("{} has alias records and no resolvers", table.path());
        let help = "name some, such as resolvers = [\"1.1.1.1:53\", \"8.8.8.8:53\"]";
        table.context().error(table.span(), table.path(), format!("{message}: {help}"));
        return None;
    }
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
        record_type: record_type?.0,
        target,
        alias_zone,
        health_check,
        private: private?,
        nameservers: nameservers?,
        resolvers: resolvers?,
    })
}

/// Hosted zone ids are `Z` and up to 31 more capitals and digits.
fn zone_id(node: &Node<'_, '_>) -> Option<String> {
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
