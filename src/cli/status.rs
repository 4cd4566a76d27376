//! `handover status`: both Regions' health, once.

use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, eyre};
use serde_json::json;

use super::options::ServiceOptions;
use super::{Status, patience, surroundings};
use crate::domain::reading::{Health, Value, Why};
use crate::domain::text;
use crate::engine::dry_run::look_at_all;
use crate::ports::Clock;
use crate::providers::clock::SystemClock;
use crate::wire;

/// What to do where AWS was not asked for want of credentials, or took none.
const NO_CREDENTIALS: &str = "Where it says \"no credentials\", nothing was read, and nothing is known: log in (such as `aws sso login`), \
set AWS_PROFILE, or name a profile or a role under [aws] in the service file. `handover preflight` says more.";

/// `handover status`.
#[derive(Debug, Args)]
pub(super) struct StatusCommand {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl StatusCommand {
    pub(super) fn run(&self, options: &ServiceOptions) -> Result<Status> {
        let project = options.project(None)?;
        let service = project.service().ok_or_else(|| eyre!("{}", project.diagnostics))?;
        let runtime = surroundings::runtime()?;
        let clock = Arc::new(SystemClock::new()) as Arc<dyn Clock>;
        let redactor = wire::redactor(service);
        let looked = async {
            let world =
                wire::live(service, Arc::clone(&clock), &redactor, None, None).await.map_err(|why| eyre!(why))?;
            Ok::<_, color_eyre::Report>((look_at_all(&world).await, clock.now()))
        };
        let (looks, now) = runtime.block_on(patience::with("reading both Regions", None, looked))?;
        let all_healthy = looks.iter().all(|(.., look)| look.as_ref().is_ok_and(|seen| seen.health == Health::Healthy));
        if self.json {
            let list: Vec<_> = looks
                .iter()
                .map(|(component, place, _, look)| match look {
                    Ok(seen) => {
                        let facts: serde_json::Map<String, serde_json::Value> = seen
                            .facts
                            .iter()
                            .filter(|fact| !matches!(fact.value, Value::Series(_)))
                            .map(|fact| (fact.name.clone(), value(&fact.value)))
                            .collect();
                        json!({"component": component, "place": place.to_string(), "health": seen.health.as_str(),
                               "summary": seen.summary, "facts": facts})
                    }
                    Err(unread) => json!({"component": component, "place": place.to_string(), "health": "unknown",
                                          "why": unread.why.as_str(), "message": unread.message}),
                })
                .collect();
            let mut all = json!({"service": service.name, "at": now.to_string(), "readings": list});
            text::clean_json(&mut all);
            say!("{}", redactor.apply(&serde_json::to_string_pretty(&all)?));
        } else {
            say!("{}  {} → {}", service.name, service.regions.primary, service.regions.standby);
            for (component, place, _, look) in &looks {
                let (health, says) = match look {
                    Ok(seen) => (seen.health, seen.summary.clone()),
                    Err(unread) => (Health::Unknown, unread.to_string()),
                };
                let says = text::visible(&redactor.apply(&says));
                say!("{:<16} {:<14} {:<9} {says}", place.to_string(), component, health.as_str());
            }
            if looks.iter().any(|(.., look)| look.as_ref().is_err_and(|unread| unread.why == Why::Auth)) {
                eprintln!("{NO_CREDENTIALS}");
            }
        }
        Ok(if all_healthy { Status::Ok } else { Status::Failed })
    }
}

/// A value as JSON: a span is a number of seconds.
fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => json!(text),
        Value::Bool(yes) => json!(yes),
        Value::Number(number) | Value::Seconds(number) => json!(number),
        Value::Series(samples) => json!(samples.len()),
    }
}
