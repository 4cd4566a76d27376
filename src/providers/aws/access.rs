//! Whom AWS takes us for, and what IAM would let that identity do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::identity::Identity;
use super::{Clients, errors};
use crate::domain::preflight::{Answered, Question, Ruling};
use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::{Place, Region};
use crate::domain::service::Service;
use crate::domain::text;
use crate::ports::{self, Clock, Component as _};
use crate::providers::own::Own;

/// What a preflight asks of AWS.
pub struct Access {
    identity: Identity,
    aws: Clients,
}

/// Whose policies are asked about.
enum Source {
    /// A user, a group or a role, by its ARN.
    Policies(String),
    /// A session of a role, by the role's name and what its ARN would be without a path.
    Role(String, String),
}

impl Access {
    /// Asks with these clients.
    pub fn new(service: &Service, clock: Arc<dyn Clock>, aws: Clients) -> Self {
        let own = Own { id: "identity".to_owned(), pace: Duration::ZERO, regions: service.regions.clone(), clock };
        Self { identity: Identity::new(own, aws.clone()), aws }
    }

    /// The ARN whose policies IAM is asked about: of a session, its role's, which may have a path that the session does not
    /// tell.
    async fn source(&self, arn: &str) -> Result<String, Unread> {
        match source(arn)? {
            Source::Policies(arn) => Ok(arn),
            Source::Role(name, otherwise) => {
                let known = self.aws.iam.get_role().role_name(name).send().await;
                Ok(known.ok().and_then(|known| known.role).map_or(otherwise, |role| role.arn))
            }
        }
    }

    async fn ask(&self, arn: &str, index: usize, question: &Question) -> Result<Vec<Ruling>, Unread> {
        let mut rulings = Vec::new();
        let mut marker = None;
        loop {
            let mut call = self.aws.iam.simulate_principal_policy().policy_source_arn(arn).set_marker(marker);
            call = call.set_action_names(Some(question.actions.clone()));
            if !question.resources.is_empty() {
                call = call.set_resource_arns(Some(question.resources.clone()));
            }
            for (key, value) in &question.context {
                let list = key.starts_with("route53:");
                let kind = if list { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
                let entry = ContextEntry::builder().context_key_name(key).context_key_type(kind);
                call = call.context_entries(entry.context_key_values(value).build());
            }
            let told = call.send().await.map_err(|err| errors::unread("iam:SimulatePrincipalPolicy", &err))?;
            for result in told.evaluation_results() {
                ruled(index, result, &mut rulings);
            }
            marker = told.marker;
            if !told.is_truncated || marker.is_none() {
                return Ok(rulings);
            }
        }
    }
}

fn source(arn: &str) -> Result<Source, Unread> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, _, _, account, named] = parts.as_slice() else {
        return Err(Unread::new(Why::Malformed, format!("{} is no ARN", text::bounded(arn, 100))));
    };
    if let Some(session) = named.strip_prefix("assumed-role/") {
        let role = session.split('/').next().unwrap_or(session);
        let otherwise = format!("arn:{partition}:iam::{account}:role/{role}");
        return Ok(Source::Role(role.to_owned(), otherwise));
    }
    if *named == "root" {
        return Err(Unread::new(Why::Other, "IAM does not simulate the account's root user: use a role"));
    }
    Ok(Source::Policies(arn.to_owned()))
}

/// What IAM said of an action: of each resource, where it says so.
fn ruled(question: usize, result: &EvaluationResult, rulings: &mut Vec<Ruling>) {
    let ruling = |resource: &str, decision: &PolicyEvaluationDecisionType| Ruling {
        question,
        action: text::bounded(&result.eval_action_name, 100),
        resource: text::bounded(resource, 300),
        allowed: *decision == PolicyEvaluationDecisionType::Allowed,
        why: why(result, decision).to_owned(),
    };
    if result.resource_specific_results().is_empty() {
        rulings.push(ruling(result.eval_resource_name.as_deref().unwrap_or("*"), &result.eval_decision));
    }
    for one in result.resource_specific_results() {
        rulings.push(ruling(&one.eval_resource_name, &one.eval_resource_decision));
    }
}

fn why(result: &EvaluationResult, decision: &PolicyEvaluationDecisionType) -> &'static str {
    let organization = result.organizations_decision_detail.as_ref();
    let boundary = result.permissions_boundary_decision_detail.as_ref();
    match decision {
        PolicyEvaluationDecisionType::Allowed => "",
        _ if organization.is_some_and(|detail| !detail.allowed_by_organizations) => {
            "an organization's policy denies it"
        }
        _ if boundary.is_some_and(|detail| !detail.allowed_by_permissions_boundary) => {
            "a permissions boundary denies it"
        }
        PolicyEvaluationDecisionType::ExplicitDeny => "a policy denies it by name",
        _ => "no policy allows it",
    }
}

#[async_trait]
impl ports::Access for Access {
    async fn identity(&self, region: &Region) -> Result<Observation, Unread> {
        self.identity.observe(&Place::Region(region.clone())).await
    }

    async fn alias(&self) -> Result<Option<String>, Unread> {
        // An account has one at most.
        let told = self.aws.iam.list_account_aliases().max_items(1).send().await;
        let told = told.map_err(|err| errors::unread("iam:ListAccountAliases", &err))?;
        Ok(told.account_aliases.first().map(|alias| text::bounded(alias, 63)))
    }

    async fn rulings(&self, arn: &str, questions: &[Question]) -> Result<Vec<Ruling>, Unread> {
        let source = self.source(arn).await?;
        let mut rulings = Vec::new();
        // One after the other: IAM's simulator is slow, and asked to slow down itself at a handful a second.
        for (index, question) in questions.iter().enumerate() {
            rulings.extend(self.ask(&source, index, question).await?);
        }
        Ok(rulings)
    }

    fn answered(&self) -> Vec<Answered> {
        self.aws.answered()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_asked_about_by_its_role() {
        let of = |arn: &str| match source(arn) {
            Ok(Source::Policies(arn)) => arn,
            Ok(Source::Role(name, otherwise)) => format!("{name}, else {otherwise}"),
            Err(unread) => unread.to_string(),
        };
        assert_eq!(
            of("arn:aws:sts::123456789012:assumed-role/dr-operations/anna"),
            "dr-operations, else arn:aws:iam::123456789012:role/dr-operations"
        );
        assert_eq!(of("arn:aws-cn:iam::123456789012:user/anna"), "arn:aws-cn:iam::123456789012:user/anna");
        assert!(of("arn:aws:iam::123456789012:root").contains("root"));
        assert!(of("anna").contains("is no ARN"));
    }
}
