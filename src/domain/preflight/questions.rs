//! What IAM's simulator is asked: every call of every runbook, in the Region where it would be made.

use std::collections::BTreeMap;

use super::super::permissions::{Statement, observer, runs};
use super::super::runbook::Runbook;
use super::super::service::{Metrics, Service, Spec};

/// The Region that IAM takes what has none to be called in.
const GLOBAL: &str = "us-east-1";

/// Some actions on some resources, as they would be called in one Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which statement of the policy it is about.
    pub sid: String,
    /// IAM actions.
    pub actions: Vec<String>,
    /// ARNs without wildcards; none asks about everything.
    pub resources: Vec<String>,
    /// The Region that the calls would be made in.
    pub region: String,
    /// What IAM would know of the call, by key.
    pub context: Vec<(String, String)>,
}

/// What would become of an action on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The question's place among those that were asked.
    pub question: usize,
    /// The IAM action.
    pub action: String,
    /// The resource, or `*`.
    pub resource: String,
    /// Whether it is allowed.
    pub allowed: bool,
    /// What denied it, where something did by name: `an explicit deny`, or that nothing allows it.
    pub why: String,
}

/// Every question, of what is in this account. What watching needs comes before what runs need, as in a policy.
pub fn questions(service: &Service, runbooks: &[Runbook], account: &str) -> Vec<Question> {
    let context = context(service);
    let watch = observer(service);
    let more =
        runs(service, &runbooks.iter().collect::<Vec<_>>()).into_iter().filter(|statement| !watch.contains(statement));
    let asked = watch.iter().cloned().chain(more).collect::<Vec<_>>();
    asked.iter().flat_map(|statement| by_region(service, statement, account, &context)).collect()
}

/// A statement, once for each Region that its resources are in.
fn by_region(service: &Service, statement: &Statement, account: &str, context: &[(String, String)]) -> Vec<Question> {
    let mut regions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for arn in statement.resources.iter().filter_map(|arn| concrete(arn, account)) {
        let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(GLOBAL).to_owned();
        regions.entry(region).or_default().push(arn);
    }
    if regions.is_empty() {
        // What is about no resource in particular may still be allowed in one Region and not in the other.
        regions.extend(
            [&service.regions.primary, &service.regions.standby].map(|region| (region.to_string(), Vec::new())),
        );
    }
    let question = |(region, resources): (String, Vec<String>)| Question {
        sid: statement.sid.clone(),
        actions: statement.actions.iter().map(|action| (*action).to_owned()).collect(),
        resources,
        context: context
            .iter()
            .cloned()
            .chain([
                ("aws:RequestedRegion".to_owned(), region.clone()),
                ("kms:ViaService".to_owned(), format!("rds.{region}.amazonaws.com")),
            ])
            .collect(),
        region,
    };
    regions.into_iter().map(question).collect()
}

/// A resource that an action could be about: a name that ends openly gets an end, what is open altogether is left out.
fn concrete(arn: &str, account: &str) -> Option<String> {
    // Where the service file names no account, it is that of whoever asks.
    let arn = arn.replacen(":*:", &format!(":{account}:"), 1);
    let open = |tail: &str| arn.strip_suffix(tail).filter(|start| !start.is_empty()).map(str::to_owned);
    let sample = open("-??????").or_else(|| open("-*")).map(|name| format!("{name}-000000"));
    let sample = sample.or_else(|| open("*").filter(|name| !name.ends_with([':', '/'])).map(|name| name + "handover"));
    let arn = sample.unwrap_or(arn);
    (!arn.contains('*')).then_some(arn)
}

/// What IAM would know of the calls: the name that traffic is pointed with, and the service that a role is passed to.
fn context(service: &Service) -> Vec<(String, String)> {
    let names = service.components.iter().filter_map(|component| match &component.spec {
        Spec::Route53Failover(traffic) => Some((
            "route53:ChangeResourceRecordSetsNormalizedRecordNames".to_owned(),
            traffic.record.trim_end_matches('.').to_ascii_lowercase(),
        )),
        Spec::S3Replication(_) => Some(("iam:PassedToService".to_owned(), "s3.amazonaws.com".to_owned())),
        _ => None,
    });
    let namespace = |wanted: &Metrics| ("cloudwatch:namespace".to_owned(), wanted.namespace.clone());
    names.chain(service.metrics.iter().map(namespace)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_ends_openly_gets_an_end_and_what_is_open_altogether_is_left_out() {
        let of = |arn: &str| concrete(arn, "123456789012");
        let some = |arn: &str| Some(arn.to_owned());
        assert_eq!(of("*"), None);
        assert_eq!(of("arn:aws:rds:eu-west-1:*:db:one"), some("arn:aws:rds:eu-west-1:123456789012:db:one"));
        assert_eq!(of("arn:aws:rds:eu-west-1:1:subgrp:*"), None);
        assert_eq!(of("arn:aws:rds:eu-west-1:1:db:one-aside-*"), some("arn:aws:rds:eu-west-1:1:db:one-aside-000000"));
        assert_eq!(of("arn:aws:s3:::bucket/canary*"), some("arn:aws:s3:::bucket/canaryhandover"));
        assert_eq!(of("arn:aws:kms:*:1:key/*"), None);
    }
}
