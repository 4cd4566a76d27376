//! What `terraform output -json` prints: values without their resources. ARNs and AWS's own host names tell what they are.

use serde_json::{Map, Value};

use super::file::At;
use super::hosts;
use super::names::{arn, said};
use super::resource::{Estate, Standing};
use crate::domain::region::Region;

pub(super) fn read(at: &At<'_>, outputs: &Map<String, Value>, estate: &mut Estate) {
    for (name, output) in outputs {
        // Anything but a plain "no" is a secret.
        if output.get("sensitive").is_none_or(|mark| *mark == Value::Bool(false)) {
            let mut texts = Vec::new();
            collect(output.get("value"), &mut texts);
            for text in texts {
                if let Some((kind, attributes)) = resource(text) {
                    let address = format!("output.{name}");
                    estate.add(
                        &at.key(name),
                        Standing { kind, address, provider: None, said: said(name) },
                        &attributes,
                    );
                }
            }
        }
    }
}

fn collect<'v>(value: Option<&'v Value>, texts: &mut Vec<&'v str>) {
    match value {
        Some(Value::String(text)) => texts.push(text),
        Some(Value::Array(items)) => items.iter().for_each(|item| collect(Some(item), texts)),
        Some(Value::Object(map)) => map.values().for_each(|item| collect(Some(item), texts)),
        _ => {}
    }
}

/// The resource that a value tells of, with the attributes that it tells.
fn resource(text: &str) -> Option<(&'static str, Map<String, Value>)> {
    if text.starts_with("arn:") { by_arn(text) } else { by_host(text) }
}

fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}

fn by_arn(text: &str) -> Option<(&'static str, Map<String, Value>)> {
    let arn = arn(text)?;
    let (word, name) = arn.resource.split_once([':', '/']).unwrap_or(("", arn.resource));
    let one = |kind, key| Some((kind, attributes([("arn", text), (key, name)])));
    match (arn.service, word) {
        ("rds", "db") => one("aws_db_instance", "identifier"),
        ("rds", "cluster") => one("aws_rds_cluster", "cluster_identifier"),
        ("rds", "global-cluster") => one("aws_rds_global_cluster", "global_cluster_identifier"),
        // The ARN ends with a hyphen and six characters, the same in every Region that has the secret.
        ("secretsmanager", "secret") => {
            let (name, mark) = name.rsplit_once('-')?;
            let known = mark.len() == 6 && mark.bytes().all(|b| b.is_ascii_alphanumeric());
            known.then(|| ("aws_secretsmanager_secret", attributes([("arn", text), ("name", name)])))
        }
        ("ecs", "service") => {
            let (cluster, service) = name.split_once('/')?;
            let pairs = [("arn", text), ("id", text), ("cluster", cluster), ("name", service)];
            Some(("aws_ecs_service", attributes(pairs)))
        }
        ("lambda", "function") => {
            let name = name.split(':').next()?;
            Some(("aws_lambda_function", attributes([("arn", text), ("function_name", name)])))
        }
        ("elasticache", "replicationgroup") => one("aws_elasticache_replication_group", "replication_group_id"),
        ("elasticache", "globalreplicationgroup") => {
            one("aws_elasticache_global_replication_group", "global_replication_group_id")
        }
        ("cloudwatch", "alarm") => one("aws_cloudwatch_metric_alarm", "alarm_name"),
        ("cloudfront", "distribution") => one("aws_cloudfront_distribution", "id"),
        ("eks", "cluster") => one("aws_eks_cluster", "name"),
        ("ssm", "parameter") => {
            let name = if name.contains('/') { format!("/{name}") } else { name.to_owned() };
            Some(("aws_ssm_parameter", attributes([("arn", text), ("name", &name)])))
        }
        _ => None,
    }
}

/// `NAME.HASH.REGION.rds.amazonaws.com:PORT`, and the names of load balancers.
fn by_host(text: &str) -> Option<(&'static str, Map<String, Value>)> {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    if port.len() > 5 || !port.bytes().all(|b| b.is_ascii_digit()) || !super::super::form::is_dns_name(host) {
        return None;
    }
    let region: Region = hosts::region_in(host)?;
    let labels: Vec<&str> = host.split('.').collect();
    if let [name, hash, _, "rds", "amazonaws", "com", ..] = labels.as_slice() {
        let kind = if hash.starts_with("cluster-ro-") || hash.starts_with("proxy-") {
            return None;
        } else if hash.starts_with("cluster-") {
            ("aws_rds_cluster", "cluster_identifier")
        } else {
            ("aws_db_instance", "identifier")
        };
        let mut values = attributes([("endpoint", text), (kind.1, name), ("region", region.as_str())]);
        if !port.is_empty() {
            values.insert("port".to_owned(), Value::from(port));
        }
        return Some((kind.0, values));
    }
    let balancer = labels.contains(&"elb");
    balancer.then(|| ("aws_lb", attributes([("dns_name", host), ("region", region.as_str())])))
}
