//! IAM: Query. What a simulation may do is what its scenario does not deny, and IAM's own simulator says the same.

use super::sts::{dated, user};
use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, form, respond, unknown_operation};
use crate::sim::world::faults::ApiCall;
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub(super) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
/// How many evaluations one answer holds.
const PAGE: usize = 100;

type Form = Vec<(String, String)>;

pub(super) fn answer(
    world: &World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let body = form::parse(request.body());
    let xml = match called.operation.as_str() {
        "GetRole" => role(world, &body)?,
        "ListAccountAliases" => aliases(),
        "SimulatePrincipalPolicy" => simulated(world, &body)?,
        _ => return Err(unknown_operation(called)),
    };
    let mut xml = xml;
    xml.nest("ResponseMetadata", |xml| {
        xml.text("RequestId", id);
    });
    Ok(dated(world, respond(200, "text/xml", id, xml.end(&format!("{}Response", called.operation)))))
}

fn param<'a>(body: &'a Form, name: &str) -> Option<&'a str> {
    body.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// `Name.member.1` and so on.
fn list<'a>(body: &'a Form, name: &str) -> Vec<&'a str> {
    let start = format!("{name}.member.");
    body.iter().filter(|(key, _)| key.starts_with(&start)).map(|(_, value)| value.as_str()).collect()
}

/// The role that the service file assumes, with its path.
fn known_role(world: &World) -> Option<&str> {
    world.service().aws.assume_role.as_ref().map(|assume| assume.role.as_str())
}

fn role(world: &World, body: &Form) -> Result<Xml, ApiError> {
    let name = param(body, "RoleName").unwrap_or_default();
    let found = known_role(world).filter(|arn| arn.rsplit('/').next() == Some(name));
    let Some(arn) = found else {
        let message = format!("The role with name {name} cannot be found.");
        return Err(ApiError::new(404, "NoSuchEntity", message));
    };
    let path = arn.split_once(":role").map_or("/", |(_, path)| path.rsplit_once('/').map_or("/", |(path, _)| path));
    let mut xml = Xml::root("GetRoleResponse", NAMESPACE);
    xml.nest("GetRoleResult", |xml| {
        xml.nest("Role", |xml| {
            xml.text("Path", format!("{}/", path.trim_end_matches('/'))).text("RoleName", name);
            xml.text("RoleId", format!("AROA{}", super::sts::unique(world, name))).text("Arn", arn);
            xml.text("CreateDate", "2026-01-05T09:00:00Z");
        });
    });
    Ok(xml)
}

/// Every simulated account has the same name, so that none is taken for a real one.
fn aliases() -> Xml {
    let mut xml = Xml::root("ListAccountAliasesResponse", NAMESPACE);
    xml.nest("ListAccountAliasesResult", |xml| {
        xml.text("IsTruncated", "false");
        xml.nest("AccountAliases", |xml| {
            xml.text("member", "simulated");
        });
    });
    xml
}

fn simulated(world: &World, body: &Form) -> Result<Xml, ApiError> {
    let invalid = |message: String| ApiError::new(400, "InvalidInput", message);
    let source = param(body, "PolicySourceArn").unwrap_or_default();
    if source != user(world) && Some(source) != known_role(world) {
        return Err(ApiError::new(404, "NoSuchEntity", format!("{source} cannot be found.")));
    }
    let (actions, resources) = (list(body, "ActionNames"), list(body, "ResourceArns"));
    if actions.is_empty() {
        return Err(invalid("ActionNames must have at least one member".to_owned()));
    }
    if let Some(bad) = actions.iter().find(|action| !action.contains(':')) {
        return Err(invalid(format!("Invalid action: {bad}")));
    }
    let resources = if resources.is_empty() { vec!["*"] } else { resources };
    let all: Vec<(&str, &str)> =
        actions.iter().flat_map(|action| resources.iter().map(move |resource| (*action, *resource))).collect();
    let begin = param(body, "Marker").and_then(|marker| marker.parse::<usize>().ok()).unwrap_or(0);
    let region = requested_region(body);
    let mut xml = Xml::root("SimulatePrincipalPolicyResponse", NAMESPACE);
    xml.nest("SimulatePrincipalPolicyResult", |xml| {
        xml.nest("EvaluationResults", |xml| {
            for (action, resource) in all.iter().skip(begin).take(PAGE) {
                xml.nest("member", |xml| {
                    xml.text("EvalActionName", action).text("EvalResourceName", resource);
                    xml.text(
                        "EvalDecision",
                        if denied(world, action, resource, region) { "implicitDeny" } else { "allowed" },
                    );
                    xml.nest("MatchedStatements", |_| {}).nest("MissingContextValues", |_| {});
                });
            }
        });
        let end = begin.saturating_add(PAGE);
        xml.text("IsTruncated", end < all.len());
        xml.maybe("Marker", (end < all.len()).then_some(end));
    });
    Ok(xml)
}

/// The Region that the calls would be made in, where the context says so.
fn requested_region(body: &Form) -> &str {
    let is = |(key, value): &&(String, String)| key.ends_with(".ContextKeyName") && value == "aws:RequestedRegion";
    let entry = body.iter().find(is).and_then(|(key, _)| key.strip_suffix(".ContextKeyName"));
    entry.and_then(|entry| param(body, &format!("{entry}.ContextKeyValues.member.1"))).unwrap_or("us-east-1")
}

fn denied(world: &World, action: &str, resource: &str, region: &str) -> bool {
    let (prefix, operation) = action.split_once(':').unwrap_or((action, ""));
    let service = if prefix == "cloudwatch" { "monitoring" } else { prefix };
    let named = resource.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(region);
    world.denies(&ApiCall { region: named, service, operation })
}
