//! Health checks.

use roxmltree::{Document, Node};

use super::{NAMESPACE, element, malformed, text, time};
use crate::sim::steps::Ms;
use crate::sim::wire::xml::Xml;
use crate::sim::world::checks::CheckConfig;
use crate::sim::world::health::HealthCheck;
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// Where checkers are that tell.
const CHECKERS: [&str; 6] = ["us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "sa-east-1"];

fn find<'a>(world: &'a World, id: &str) -> Result<&'a HealthCheck, ApiError> {
    world
        .checks()
        .iter()
        .find(|check| check.id == id)
        .ok_or_else(|| ApiError::new(404, "NoSuchHealthCheck", format!("No health check exists with ID: {id}")))
}

pub(super) fn one(world: &World, root: &str, id: &str) -> Result<Vec<u8>, ApiError> {
    let check = find(world, id)?;
    let mut xml = Xml::root(root, NAMESPACE);
    write(&mut xml, world, check);
    Ok(xml.end(root))
}

pub(super) fn list(world: &World) -> Vec<u8> {
    let mut xml = Xml::root("ListHealthChecksResponse", NAMESPACE);
    xml.nest("HealthChecks", |xml| {
        for check in world.checks() {
            write(xml, world, check);
        }
    });
    xml.text("Marker", "").text("IsTruncated", false).text("MaxItems", 100);
    xml.end("ListHealthChecksResponse")
}

fn write(xml: &mut Xml, world: &World, check: &HealthCheck) {
    let settings = check.settings.at(world.now());
    let config = &check.config;
    xml.nest("HealthCheck", |xml| {
        xml.text("Id", &check.id).text("CallerReference", format_args!("simulated-{}", check.id));
        xml.nest("HealthCheckConfig", |xml| {
            xml.maybe("IPAddress", config.address.as_ref())
                .maybe("Port", config.port)
                .text("Type", &config.kind)
                .maybe("ResourcePath", config.path.as_ref())
                .maybe("FullyQualifiedDomainName", config.host.as_ref());
            if config.address.is_some() || config.host.is_some() {
                xml.text("RequestInterval", 30).text("FailureThreshold", 3).text("MeasureLatency", false);
            }
            xml.text("Inverted", settings.inverted).text("Disabled", settings.disabled);
            if config.kind == "HTTPS" {
                xml.text("EnableSNI", true);
            }
            xml.maybe("HealthThreshold", config.threshold);
            if config.kind == "CALCULATED" {
                xml.nest("ChildHealthChecks", |xml| {
                    for child in &config.children {
                        xml.text("ChildHealthCheck", child);
                    }
                });
            }
            if let Some((region, name)) = &config.alarm {
                xml.nest("AlarmIdentifier", |xml| {
                    xml.text("Region", region).text("Name", name);
                });
                xml.text("InsufficientDataHealthStatus", "LastKnownStatus");
            }
            xml.maybe("RoutingControlArn", config.control.as_ref());
        });
        xml.text("HealthCheckVersion", settings.version);
        if config.alarm.is_some() {
            xml.nest("CloudWatchAlarmConfiguration", |xml| {
                xml.text("EvaluationPeriods", 1)
                    .text("Threshold", 1.0)
                    .text("ComparisonOperator", "LessThanThreshold")
                    .text("Period", 60)
                    .text("MetricName", "HealthCheckStatus")
                    .text("Namespace", "AWS/Route53")
                    .text("Statistic", "Minimum");
            });
        }
    });
}

/// What checkers of several Regions last saw. Of a calculated check they see nothing (API reference, `GetHealthCheckStatus`).
pub(super) fn status(world: &World, id: &str) -> Result<Vec<u8>, ApiError> {
    let check = find(world, id)?;
    let now = world.now();
    let well = *check.seen.at(now);
    let status = match (check.config.kind.as_str(), well) {
        ("CALCULATED", _) => {
            let message = "Invalid parameter : The status of a calculated health check cannot be retrieved.";
            return Err(ApiError::new(400, "InvalidInput", message.to_owned()));
        }
        // Nobody looks at anything: the control says.
        ("RECOVERY_CONTROL", _) => {
            let message = "Invalid parameter : The health check has no checkers.";
            return Err(ApiError::new(400, "InvalidInput", message.to_owned()));
        }
        ("TCP", false) => "Failure: Connection timed out. The endpoint or the internet connection is down.".to_owned(),
        (_, true) => "Success: HTTP Status Code 200, OK".to_owned(),
        (_, false) => world.checker_failure(check.role, now).to_owned(),
    };
    let mut xml = Xml::root("GetHealthCheckStatusResponse", NAMESPACE);
    xml.nest("HealthCheckObservations", |xml| {
        for (n, region) in (1_i64..).zip(CHECKERS) {
            // Each looked at a moment of its own in the last half minute.
            let ago: Ms = world.chance().between(region, now.div_euclid(30_000), 0, 29_000);
            let ago = ago.min(now.rem_euclid(30_000));
            xml.nest("HealthCheckObservation", |xml| {
                xml.text("Region", region).text("IPAddress", format_args!("198.51.100.{n}"));
                xml.nest("StatusReport", |xml| {
                    xml.text("Status", &status).text("CheckedTime", time(world, now - ago));
                });
            });
        }
    });
    Ok(xml.end("GetHealthCheckStatusResponse"))
}

pub(super) fn read_update(world: &World, id: &str, body: &[u8]) -> Result<Change, ApiError> {
    let text_of = std::str::from_utf8(body).map_err(malformed)?;
    let document = Document::parse(text_of).map_err(malformed)?;
    let root = document.root_element();
    let check = find(world, id)?;
    only(root, &["HealthCheckVersion", "Disabled", "Inverted"])?;
    if let Some(told) = text(root, "HealthCheckVersion")
        && told.parse() != Ok(check.settings.at(world.now()).version)
    {
        let message = "The value of HealthCheckVersion in the request doesn't match the health check's.".to_owned();
        return Err(ApiError::new(409, "HealthCheckVersionMismatch", message));
    }
    let flag = |name: &str| text(root, name).map(|told| told == "true");
    Ok(Change::HealthCheck { id: id.to_owned(), disabled: flag("Disabled"), inverted: flag("Inverted") })
}

/// Refuses what is not simulated, in place of leaving it out.
fn only(node: Node<'_, '_>, known: &[&str]) -> Result<(), ApiError> {
    let other = node.children().find(|node| node.is_element() && !known.contains(&node.tag_name().name()));
    other.map_or(Ok(()), |other| Err(malformed(format_args!("{} is not simulated", other.tag_name().name()))))
}

/// The id that a new health check gets, and what makes it.
pub(super) fn read_new(world: &World, body: &[u8]) -> Result<(String, Change), ApiError> {
    let text_of = std::str::from_utf8(body).map_err(malformed)?;
    let document = Document::parse(text_of).map_err(malformed)?;
    let root = document.root_element();
    let reference = text(root, "CallerReference").ok_or_else(|| malformed("CallerReference is missing"))?;
    let node = element(root, "HealthCheckConfig").ok_or_else(|| malformed("HealthCheckConfig is missing"))?;
    only(
        node,
        &[
            "IPAddress",
            "Port",
            "Type",
            "ResourcePath",
            "FullyQualifiedDomainName",
            "RequestInterval",
            "FailureThreshold",
            "Inverted",
            "Disabled",
            "HealthThreshold",
            "ChildHealthChecks",
            "AlarmIdentifier",
            "RoutingControlArn",
        ],
    )?;
    for (name, simulated) in [("RequestInterval", "30"), ("FailureThreshold", "3")] {
        if text(node, name).is_some_and(|told| told != simulated) {
            return Err(malformed(format_args!("{name} is {simulated} here, and nothing else is simulated")));
        }
    }
    let own = |name: &str| text(node, name).map(str::to_owned);
    let children = element(node, "ChildHealthChecks").map(|list| {
        list.children().filter(Node::is_element).filter_map(|child| child.text()).map(str::to_owned).collect()
    });
    let alarm = element(node, "AlarmIdentifier")
        .and_then(|alarm| Some((text(alarm, "Region")?.to_owned(), text(alarm, "Name")?.to_owned())));
    let config = CheckConfig {
        kind: own("Type").ok_or_else(|| malformed("Type is missing"))?,
        address: own("IPAddress"),
        port: own("Port").map(|port| port.parse().map_err(malformed)).transpose()?,
        path: own("ResourcePath"),
        host: own("FullyQualifiedDomainName"),
        children: children.unwrap_or_default(),
        threshold: own("HealthThreshold").map(|count| count.parse().map_err(malformed)).transpose()?,
        alarm,
        control: own("RoutingControlArn"),
    };
    let id = world.chance().uuid(reference, 0);
    let change = Change::CreateHealthCheck {
        id: id.clone(),
        reference: reference.to_owned(),
        config,
        disabled: text(node, "Disabled") == Some("true"),
        inverted: text(node, "Inverted") == Some("true"),
    };
    Ok((id, change))
}
