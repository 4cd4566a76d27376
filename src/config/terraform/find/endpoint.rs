//! `endpoint`: what the health checks ask in each Region.

use super::Part;
use super::route53::pairs;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::hosts::{region_of, same, target};
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::Sides;
use crate::domain::region::Region;

const CHECK: &str = "aws_route53_health_check";

/// What a health check asks, if it asks by HTTP.
fn url(check: &Resource) -> Option<String> {
    let (scheme, usual) = match check.text("type")? {
        "HTTPS" | "HTTPS_STR_MATCH" => ("https", 443),
        "HTTP" | "HTTP_STR_MATCH" => ("http", 80),
        _ => return None,
    };
    let host = check.text("fqdn").or_else(|| check.text("ip_address"))?;
    let port = check.count("port").filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
    let path = check.text("resource_path").unwrap_or("/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some(format!("{scheme}://{host}{port}{slash}{path}"))
}

/// The health check of a record: its own, else the only one that asks the host that the record points at.
fn check_of<'e>(estate: &'e Estate, record: &Resource) -> Option<&'e Resource> {
    if let Some(id) = record.text("health_check_id") {
        return estate.of(CHECK).find(|check| check.text("id") == Some(id));
    }
    let target = target(record)?;
    only(estate.of(CHECK).filter(|check| check.text("fqdn").is_some_and(|host| same(host, target))))
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let mut blocks: Vec<Block> = Vec::new();
    let mut left = Vec::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    for pair in pairs(estate) {
        let (Some(primary), Some(secondary)) = (pair.primary, pair.secondary) else { continue };
        let asked =
            [primary, secondary].map(|record| check_of(estate, record).and_then(|check| Some((check, url(check)?))));
        match asked {
            [Some((one, primary)), Some((other, standby))] => {
                if seen.contains(&(primary.clone(), standby.clone())) {
                    continue;
                }
                seen.push((primary.clone(), standby.clone()));
                blocks.push(block([one, other], [&primary, &standby], Some(pair.name)));
            }
            sides => {
                let lacks = sides.into_iter().zip([primary, secondary]).filter(|(asked, _)| asked.is_none());
                left.extend(lacks.map(|(_, record)| {
                    Note::Missing(format!("what is asked at the target of {}: a health check by HTTP", record.told()))
                }));
            }
        }
    }
    if blocks.is_empty() {
        let here = |region: &Region| {
            only(estate.of(CHECK).filter(|check| {
                url(check).is_some()
                    && check.text("fqdn").and_then(|host| region_of(estate, host)).as_ref() == Some(region)
            }))
        };
        match (here(&sides.primary), here(&sides.standby)) {
            (Some(one), Some(other)) => {
                let urls = [one, other].map(|check| url(check).unwrap_or_default());
                blocks.push(block([one, other], [&urls[0], &urls[1]], None));
            }
            _ => blocks.extend(balancers(estate, sides)),
        }
    }
    Part { what: "endpoints", blocks, left }
}

fn block(checks: [&Resource; 2], [primary, standby]: [&str; 2], public: Option<&str>) -> Block {
    let mut block = Block::new("endpoint", "endpoint").title(public.unwrap_or_default()).from(checks);
    block.say("Each Region is asked directly, past DNS, as its health check does.");
    for (key, url) in [("primary", primary), ("standby", standby)] {
        if url.starts_with("https://") && url.contains(".elb.") {
            let note = format!("the {key} is asked by its load balancer's own name, which is not in its certificate");
            block.note(Note::Check(note));
        }
        block.set(key, Val::Table(vec![("url", text(url))]));
    }
    // Both halves have to agree before the body counts.
    let [one, other] = checks.map(|check| check.text("search_string"));
    if one == other {
        block.set_if("expect_text", one.map(text));
    }
    match public {
        Some(name) => {
            block.note(Note::Missing(format!("the URL that the world asks, of {name}: public = \"https://…\"")));
        }
        None => block.note(Note::Missing("the URL that the world asks: public = \"https://…\"".to_owned())),
    }
    block
}

/// With no health check, the load balancers tell the hosts, and neither scheme nor path.
fn balancers(estate: &Estate, sides: &Sides) -> Option<Block> {
    let here = |region: &Region| {
        only(estate.of("aws_lb").filter(|one| one.is_in(region) && one.flag("internal") != Some(true)))
    };
    let (primary, standby) = (here(&sides.primary)?, here(&sides.standby)?);
    let mut block = Block::new("endpoint", "endpoint").from([primary, standby]);
    block.put_off(Note::Missing("what to ask: no health check tells the scheme and the path".to_owned()));
    for (key, one) in [("primary", primary), ("standby", standby)] {
        let url = format!("https://{}/", one.text("dns_name").unwrap_or("…"));
        block.set(key, Val::Table(vec![("url", Val::Text(url))]));
    }
    Some(block)
}
