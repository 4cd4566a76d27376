//! `arc-routing`.

use super::{both, differ};
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Region;
use crate::domain::service::ArcRouting;

const CONTROL: &str = "the routing control's ARN, \
                       \"arn:aws:route53-recovery-control::…:controlpanel/…/routingcontrol/…\"";
const ENDPOINTS: &str = "the cluster's five endpoints, such as [{ region = \"us-east-1\", url = \"https://…\" }, …]";

pub(super) fn arc_routing(table: &Table<'_, '_>) -> Option<ArcRouting> {
    let control = both(table, "{ control = \"…\" }", |side| arn(&side.need("control", CONTROL)?));
    let control = differ(table, control, "routing control");
    let endpoints = table.need("endpoints", ENDPOINTS).and_then(|node| endpoints(&node));
    Some(ArcRouting { control: control?, endpoints: endpoints? })
}

fn arn(node: &Node<'_, '_>) -> Option<String> {
    let text = form::token(node, CONTROL, 255, |b| b.is_ascii_alphanumeric() || b":/_-".contains(&b))?;
    let parts = text.split_once(":route53-recovery-control::").filter(|(start, _)| start.starts_with("arn:aws"));
    if parts.is_some_and(|(_, rest)| rest.contains(":controlpanel/") && rest.contains("/routingcontrol/")) {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{text}\" is no routing control's ARN")).expected(CONTROL));
    None
}

fn endpoints(node: &Node<'_, '_>) -> Option<Vec<(Region, String)>> {
    let items = node.filled_list(ENDPOINTS)?;
    let mut endpoints: Vec<(Region, String)> = Vec::new();
    let mut sound = true;
    for item in &items {
        let read = item.table("{ region = …, url = … }").and_then(|table| {
            let region =
                table.need("region", "the Region that the endpoint is in").and_then(|node| form::region(&node));
            let url = table.need("url", "its URL").and_then(|node| form::url(&node));
            table.finish();
            Some((region?, url?))
        });
        match read {
            Some((region, url)) if endpoints.iter().any(|(of, known)| *of == region || *known == url) => {
                item.error(format!("there is another endpoint in {region}, or with this URL"));
                sound = false;
            }
            Some(endpoint) => endpoints.push(endpoint),
            None => sound = false,
        }
    }
    // Those that are not named are the ones that would have answered.
    if sound && endpoints.len() != 5 {
        node.context().push(node.found(format!("{} endpoints", endpoints.len())).expected(ENDPOINTS));
        return None;
    }
    sound.then_some(endpoints)
}
