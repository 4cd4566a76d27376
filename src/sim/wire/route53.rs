//! Route 53: REST with XML. Its control plane is in us-east-1, whichever Regions the service is in.

mod checks;

use http::{HeaderValue, Method, header};
use roxmltree::{Document, Node};

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, form, respond, unknown_operation};
use crate::sim::steps::Ms;
use crate::sim::world::mutation::Change;
use crate::sim::world::records::{Action, AliasTarget, RecordChange, RecordSet, full_name};
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
const PREFIX: &str = "/2013-04-01/";

fn parts(path: &str) -> Vec<String> {
    let path = path.strip_prefix(PREFIX).unwrap_or_default();
    path.split('/').filter(|part| !part.is_empty()).map(|part| form::decode(part.as_bytes())).collect()
}

/// The operation behind a method and a path; empty where there is none.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    let parts = parts(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let get = *method == Method::GET;
    let post = *method == Method::POST;
    match parts.as_slice() {
        ["hostedzone", _] if get => "GetHostedZone",
        ["hostedzone", _, "rrset"] if get => "ListResourceRecordSets",
        ["hostedzone", _, "rrset"] if post => "ChangeResourceRecordSets",
        ["change", _] if get => "GetChange",
        ["healthcheck"] if post => "CreateHealthCheck",
        ["healthcheck"] if get => "ListHealthChecks",
        ["healthcheck", _] if get => "GetHealthCheck",
        ["healthcheck", _] if post => "UpdateHealthCheck",
        ["healthcheck", _, "status"] if get => "GetHealthCheckStatus",
        _ => "",
    }
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let parts = parts(request.uri().path());
    let subject = parts.get(1).map_or("", String::as_str);
    let query = form::parse(request.uri().query().unwrap_or_default().as_bytes());
    let body = match called.operation.as_str() {
        "GetHostedZone" => hosted_zone(world, subject)?,
        "ListResourceRecordSets" => list_records(world, subject, &query)?,
        "ChangeResourceRecordSets" => {
            let changes = read_changes(request.body())?;
            let zone = world.zone(subject).map_or(subject, |zone| zone.id.as_str()).to_owned();
            world.apply(&called.region, id, Change::Records { zone: zone.clone(), changes })?;
            let last = world.zone(&zone).and_then(|zone| zone.last_change()).map(|change| change.id.clone());
            change_info(world, "ChangeResourceRecordSetsResponse", &last.unwrap_or_default())?
        }
        "GetChange" => change_info(world, "GetChangeResponse", subject)?,
        "ListHealthChecks" => checks::list(world),
        "GetHealthCheck" => checks::one(world, "GetHealthCheckResponse", subject)?,
        "UpdateHealthCheck" => {
            let change = checks::read_update(world, subject, request.body())?;
            world.apply(&called.region, id, change)?;
            checks::one(world, "UpdateHealthCheckResponse", subject)?
        }
        "GetHealthCheckStatus" => checks::status(world, subject)?,
        "CreateHealthCheck" => return create_check(world, called, request, id),
        _ => return Err(unknown_operation(called)),
    };
    Ok(respond(200, "text/xml", id, body))
}

fn create_check(world: &mut World, called: &Called, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let (made, change) = checks::read_new(world, request.body())?;
    // The same reference with the same settings is the same health check.
    if !world.has_done(&change) {
        world.apply(&called.region, id, change)?;
    }
    let mut response = respond(201, "text/xml", id, checks::one(world, "CreateHealthCheckResponse", &made)?);
    let place = format!("https://route53.amazonaws.com{PREFIX}healthcheck/{made}");
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

fn hosted_zone(world: &World, id: &str) -> Result<Vec<u8>, ApiError> {
    let zone = find_zone(world, id)?;
    let private = world.is_private(&zone.id);
    let mut xml = Xml::root("GetHostedZoneResponse", NAMESPACE);
    xml.nest("HostedZone", |xml| {
        xml.text("Id", format_args!("/hostedzone/{}", zone.id))
            .text("Name", &zone.name)
            .text("CallerReference", format_args!("simulated-{}", zone.id))
            .nest("Config", |xml| {
                xml.text("PrivateZone", private);
            })
            .text("ResourceRecordSetCount", zone.records.at(world.now()).len());
    });
    // A private zone is delegated to nobody; it is known in its VPCs.
    if private {
        xml.nest("VPCs", |xml| {
            let regions = &world.service().regions;
            for (region, vpc) in
                [(&regions.primary, "vpc-0a0000000000000a1"), (&regions.standby, "vpc-0b0000000000000b1")]
            {
                xml.nest("VPC", |xml| {
                    xml.text("VPCRegion", region).text("VPCId", vpc);
                });
            }
        });
        return Ok(xml.end("GetHostedZoneResponse"));
    }
    xml.nest("DelegationSet", |xml| {
        xml.nest("NameServers", |xml| {
            for server in world.server_names() {
                xml.text("NameServer", server);
            }
        });
    });
    Ok(xml.end("GetHostedZoneResponse"))
}

fn find_zone<'a>(world: &'a World, id: &str) -> Result<&'a crate::sim::world::dns::Zone, ApiError> {
    world.zone(id).ok_or_else(|| ApiError::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}")))
}

/// Route 53 sorts by the labels in reverse order.
fn place(name: &str, kind: &str, set: &str) -> (Vec<String>, String, String) {
    let labels = name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect();
    (labels, kind.to_owned(), set.to_owned())
}

fn list_records(world: &World, id: &str, query: &[(String, String)]) -> Result<Vec<u8>, ApiError> {
    let zone = find_zone(world, id)?;
    let param = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let most = param("maxitems").and_then(|most| most.parse::<usize>().ok()).unwrap_or(300).clamp(1, 300);
    let from = param("name").map(|name| {
        place(&full_name(name), param("type").unwrap_or_default(), param("identifier").unwrap_or_default())
    });
    let at = |record: &RecordSet| place(&record.name, &record.kind, record.set.as_deref().unwrap_or_default());
    let mut records: Vec<&RecordSet> = zone.records.at(world.now()).iter().collect();
    records.sort_by_key(|record| at(record));
    records.retain(|record| from.as_ref().is_none_or(|from| at(record) >= *from));
    let next = records.get(most).copied();
    let mut xml = Xml::root("ListResourceRecordSetsResponse", NAMESPACE);
    xml.nest("ResourceRecordSets", |xml| {
        for record in records.iter().take(most) {
            write_record(xml, record);
        }
    });
    xml.text("IsTruncated", next.is_some());
    if let Some(next) = next {
        xml.text("NextRecordName", &next.name)
            .text("NextRecordType", &next.kind)
            .maybe("NextRecordIdentifier", next.set.as_ref());
    }
    xml.text("MaxItems", most);
    Ok(xml.end("ListResourceRecordSetsResponse"))
}

fn write_record(xml: &mut Xml, record: &RecordSet) {
    xml.nest("ResourceRecordSet", |xml| {
        xml.text("Name", &record.name)
            .text("Type", &record.kind)
            .maybe("SetIdentifier", record.set.as_ref())
            .maybe("Failover", record.failover.as_ref());
        if let Some(alias) = &record.alias {
            xml.nest("AliasTarget", |xml| {
                xml.text("HostedZoneId", &alias.zone)
                    .text("DNSName", &alias.name)
                    .text("EvaluateTargetHealth", alias.evaluate);
            });
        } else {
            xml.text("TTL", record.ttl);
            xml.nest("ResourceRecords", |xml| {
                for value in &record.values {
                    xml.nest("ResourceRecord", |xml| {
                        xml.text("Value", value);
                    });
                }
            });
        }
        xml.maybe("HealthCheckId", record.check.as_ref());
    });
}

fn change_info(world: &World, root: &str, id: &str) -> Result<Vec<u8>, ApiError> {
    let Some(change) = world.change(id) else {
        return Err(ApiError::new(404, "NoSuchChange", format!("Could not find resource with ID: {id}")));
    };
    let mut xml = Xml::root(root, NAMESPACE);
    xml.nest("ChangeInfo", |xml| {
        xml.text("Id", format_args!("/change/{}", change.id))
            .text("Status", if change.insync <= world.now() { "INSYNC" } else { "PENDING" })
            .text("SubmittedAt", time(world, change.at));
    });
    Ok(xml.end(root))
}

fn time(world: &World, at: Ms) -> String {
    format!("{:.3}", world.timestamp(at))
}

fn malformed(message: impl std::fmt::Display) -> ApiError {
    ApiError::new(400, "InvalidInput", format!("Invalid XML ; {message}"))
}

fn read_changes(body: &[u8]) -> Result<Vec<RecordChange>, ApiError> {
    let text = std::str::from_utf8(body).map_err(malformed)?;
    let document = Document::parse(text).map_err(malformed)?;
    let changes = document.descendants().filter(|node| node.tag_name().name() == "Change");
    changes.map(read_change).collect()
}

fn read_change(node: Node<'_, '_>) -> Result<RecordChange, ApiError> {
    let action = match text(node, "Action") {
        Some("CREATE") => Action::Create,
        Some("DELETE") => Action::Delete,
        Some("UPSERT") => Action::Upsert,
        _ => return Err(malformed("Action must be CREATE, DELETE or UPSERT")),
    };
    let record = element(node, "ResourceRecordSet").ok_or_else(|| malformed("ResourceRecordSet is missing"))?;
    let known = ["Name", "Type", "SetIdentifier", "Failover", "TTL", "ResourceRecords", "AliasTarget", "HealthCheckId"];
    if let Some(other) = record.children().find(|node| node.is_element() && !known.contains(&node.tag_name().name())) {
        return Err(malformed(format_args!("{} is not simulated", other.tag_name().name())));
    }
    let need = |name: &str| text(record, name).ok_or_else(|| malformed(format_args!("{name} is missing")));
    let values = element(record, "ResourceRecords").map(|records| {
        records.children().filter_map(|record| text(record, "Value")).map(str::to_owned).collect::<Vec<_>>()
    });
    let alias = element(record, "AliasTarget").map(read_alias).transpose()?;
    if alias.is_some() && (values.is_some() || text(record, "TTL").is_some()) {
        return Err(malformed("an alias has neither TTL nor ResourceRecords"));
    }
    let (ttl, values) = if alias.is_some() {
        (60, Vec::new())
    } else {
        let values = values.filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| malformed("ResourceRecords is missing"))?;
        (need("TTL")?.parse().map_err(malformed)?, values)
    };
    let record = RecordSet {
        name: full_name(need("Name")?),
        kind: need("Type")?.to_owned(),
        set: text(record, "SetIdentifier").map(str::to_owned),
        failover: text(record, "Failover").map(str::to_owned),
        ttl,
        values,
        alias,
        check: text(record, "HealthCheckId").map(str::to_owned),
    };
    if record.failover.is_some() && record.set.is_none() {
        return Err(malformed("a record set with Failover needs a SetIdentifier"));
    }
    Ok(RecordChange { action, record })
}

fn read_alias(node: Node<'_, '_>) -> Result<AliasTarget, ApiError> {
    let need = |name: &str| text(node, name).ok_or_else(|| malformed(format_args!("AliasTarget needs {name}")));
    Ok(AliasTarget {
        zone: need("HostedZoneId")?.to_owned(),
        name: full_name(need("DNSName")?),
        evaluate: need("EvaluateTargetHealth")? == "true",
    })
}

fn element<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    element(node, name).and_then(|child| child.text())
}
