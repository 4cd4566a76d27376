//! The channels by which people are told, a file each. None of them retries by itself: the engine's outbox does, with the same
//! keys. A secret that is missing is said when something is sent, so that it shows and is journaled, and stops nothing else.

mod email;
mod pagerduty;
mod post;
mod slack;
mod sns;
mod webhook;

use std::sync::Arc;

use super::aws::Clients;
use crate::domain::notice::Severity;
use crate::domain::service::{Notify, NotifyBy};
use crate::ports::{Channel, Unsent};

/// What an environment variable holds, by its name.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The channels of a service, with their secrets out of these variables. Without clients of AWS, what goes through SNS says so.
pub fn channels(notify: &[Notify], aws: Option<&Clients>, variables: Variables<'_>) -> Vec<Arc<dyn Channel>> {
    let secret = |name: &str| secret(variables, name);
    let channel = |notify: &Notify| -> Arc<dyn Channel> {
        let own = Own { id: notify.name.clone(), least: notify.from };
        match &notify.by {
            NotifyBy::Slack { url_env } => Arc::new(slack::Slack::new(own, secret(url_env))),
            NotifyBy::PagerDuty { key_env, url } => Arc::new(pagerduty::PagerDuty::new(own, url, secret(key_env))),
            NotifyBy::Sns { topic, region } => Arc::new(sns::Sns::new(own, topic, aws.and_then(|aws| aws.sns(region)))),
            NotifyBy::Email(spec) => Arc::new(email::Mail::new(own, spec, spec.password_env.as_deref().map(secret))),
            NotifyBy::Webhook { url, url_env, token_env } => {
                let url = match (url, url_env) {
                    (Some(url), _) => Ok(url.clone()),
                    (None, Some(env)) => secret(env),
                    (None, None) => Err("it has no URL".to_owned()),
                };
                Arc::new(webhook::Webhook::new(own, url, token_env.as_deref().map(secret)))
            }
        }
    };
    notify.iter().map(channel).collect()
}

/// What every channel has.
#[derive(Debug, Clone)]
struct Own {
    id: String,
    least: Severity,
}

fn secret(variables: Variables<'_>, name: &str) -> Result<String, String> {
    let value = variables(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("the environment variable {name} is not set"))
}

/// Something that is not there, and is not going to be while this process runs.
fn missing(why: &str) -> Unsent {
    Unsent::Never { why: why.to_owned() }
}
