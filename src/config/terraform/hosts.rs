//! In which Region a host is: by AWS's own names, or by the records of the same estate.

use serde_json::Value;

use super::resource::{Estate, Resource, inner};
use crate::domain::region::Region;

/// The Region in one of AWS's own host names, such as `shop-1.us-east-1.elb.amazonaws.com`.
pub(super) fn region_in(host: &str) -> Option<Region> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let own = [".amazonaws.com", ".amazonaws.com.cn", ".on.aws"].into_iter().any(|end| host.ends_with(end));
    // The first label is a name that somebody chose: it may look like a Region.
    let labels: Vec<&str> = host.split('.').skip(1).collect();
    labels.iter().rev().filter(|_| own).find_map(|label| label.parse().ok())
}

/// Whether two host names are the same: names in DNS know no case, `dualstack.` is the same load balancer.
pub(super) fn same(a: &str, b: &str) -> bool {
    let bare = |name: &str| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.strip_prefix("dualstack.").map(str::to_owned).unwrap_or(name)
    };
    bare(a) == bare(b)
}

/// A record's name in full. `name` may be given without the zone's, `fqdn` never is.
pub(super) fn full_name(record: &Resource) -> Option<&str> {
    record.text("fqdn").or_else(|| record.text("name")).map(|name| name.trim_end_matches('.'))
}

/// What a record points at: its alias's name, or its only value.
pub(super) fn target(record: &Resource) -> Option<&str> {
    if let Some(alias) = record.list("alias").first() {
        return inner(alias, "name").map(|name| name.trim_end_matches('.'));
    }
    match record.list("records") {
        [Value::String(only)] if !only.is_empty() => Some(only.trim_end_matches('.')),
        _ => None,
    }
}

pub(super) fn is_failover(record: &Resource) -> bool {
    !record.list("failover_routing_policy").is_empty()
}

/// The Region of a host.
pub(super) fn region_of(estate: &Estate, host: &str) -> Option<Region> {
    const HOPS: usize = 4;
    let mut host = host.to_owned();
    for _ in 0..HOPS {
        let balancer = estate.of("aws_lb").find(|lb| lb.text("dns_name").is_some_and(|name| same(name, &host)));
        let bucket = estate.of("aws_s3_bucket").find(|bucket| {
            ["bucket_regional_domain_name", "bucket_domain_name"]
                .into_iter()
                .any(|key| bucket.text(key).is_some_and(|name| same(name, &host)))
        });
        let known = balancer.or(bucket).and_then(|found| found.region.clone());
        if let Some(region) = known.or_else(|| region_in(&host)) {
            return Some(region);
        }
        // A plain record of the same name leads on; one with a routing policy has several answers.
        let mut onward = estate
            .of("aws_route53_record")
            .filter(|record| !is_failover(record) && full_name(record).is_some_and(|name| same(name, &host)))
            .filter(|record| matches!(record.text("type"), Some("A" | "CNAME")))
            .map(target);
        match (onward.next(), onward.next()) {
            (Some(Some(next)), None) => host = next.to_owned(),
            _ => return None,
        }
    }
    None
}
