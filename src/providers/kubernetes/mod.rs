//! `kubernetes`: what a service has in a cluster in each Region, asked and changed with kubectl.
//!
//! Every run of kubectl names its context and its namespace. kubectl brings what a person at a shell has too: the way to log
//! in, the kubeconfig, kustomizations; and the line by hand is the line that is run.

mod doing;
pub mod live;
mod observe;
mod plan;
mod read;
mod said;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use self::doing::Doing;
use self::said::{Failed, output};
use super::own::{Own, refused};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::preflight::Right;
use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::{HomeRole, Place};
use crate::domain::{service, text};
use crate::ports::{Component, Kube};

/// How much longer than its own limit on one request kubectl may take: it asks for what the API has first.
const SLACK: Duration = Duration::from_secs(2);
/// A kustomization is many requests.
const APPLYING: u32 = 6;

/// What a service has in a Kubernetes cluster in each Region.
pub struct Kubernetes {
    own: Own,
    spec: service::Kubernetes,
    kube: Arc<dyn Kube>,
}

impl Kubernetes {
    pub(crate) fn new(own: Own, spec: service::Kubernetes, kube: Arc<dyn Kube>) -> Self {
        Self { own, spec, kube }
    }

    /// The arguments that say where, and then these.
    fn line(&self, role: HomeRole, namespace: &str, words: &[String]) -> Vec<String> {
        let mut line = vec!["--context".to_owned(), self.spec.context.get(role).clone()];
        line.extend(["--namespace".to_owned(), namespace.to_owned()]);
        if let Some(path) = &self.spec.kubeconfig {
            line.extend(["--kubeconfig".to_owned(), path.clone()]);
        }
        line.extend(words.iter().cloned());
        line
    }

    async fn run(&self, role: HomeRole, namespace: &str, words: &[String], times: u32) -> Result<Vec<u8>, Failed> {
        let mut line = self.line(role, namespace, words);
        let timeout = self.spec.timeout;
        // These two ask nobody.
        if words.first().is_none_or(|word| word != "kustomize" && word != "config") {
            line.push(format!("--request-timeout={}ms", timeout.as_millis()));
        }
        let answer = self.kube.run(&line, timeout * times + SLACK).await;
        let shown: Vec<&str> =
            words.iter().map(String::as_str).take_while(|word| *word != "-o" && *word != "-p").collect();
        let what = format!("kubectl {}, {}", shown.join(" "), self.spec.context.get(role));
        output(&text::bounded(&what, 200), answer)
    }

    /// Reads something.
    async fn ask(&self, role: HomeRole, namespace: &str, words: &[&str]) -> Result<Vec<u8>, Failed> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.run(role, namespace, &words, 1).await
    }

    async fn json(&self, role: HomeRole, namespace: &str, words: &[&str]) -> Result<Value, Failed> {
        let said = self.ask(role, namespace, words).await?;
        serde_json::from_slice(&said).map_err(|error| Failed::garbled("kubectl", error))
    }

    /// Whether the API would let something be done: why not, where it wouldn't.
    async fn can_i(&self, role: HomeRole, namespace: &str, words: &[String]) -> Result<Option<String>, Unread> {
        let mut line = self.line(role, namespace, &["auth".to_owned(), "can-i".to_owned()]);
        line.extend(words.iter().cloned());
        line.push(format!("--request-timeout={}ms", self.spec.timeout.as_millis()));
        let answer = self.kube.run(&line, self.spec.timeout + SLACK).await;
        // It ends with 1 when the answer is no.
        match answer.stdout.trim_ascii() {
            b"yes" => Ok(None),
            said if said.starts_with(b"no") => {
                Ok(Some(format!("{} is not allowed to: `kubectl auth can-i` says no", self.spec.context.get(role))))
            }
            _ => match output("kubectl auth can-i", answer) {
                Ok(said) => {
                    let said = text::bounded(&text::visible_bytes(&said), 100);
                    Err(Unread::new(Why::Malformed, format!("kubectl auth can-i: {said}")))
                }
                Err(failed) => Err(failed.into()),
            },
        }
    }

    /// Where something was read.
    fn source(&self, role: HomeRole) -> String {
        format!("kubectl --context {} --namespace {}", self.spec.context.get(role), self.spec.namespace)
    }

    fn times(doing: &Doing) -> u32 {
        if *doing == Doing::Apply { APPLYING } else { 1 }
    }
}

#[async_trait]
impl Component for Kubernetes {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(self.spec.keys.is_some())
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        match place {
            Place::Global => self.observe_keys().await,
            Place::Region(_) => {
                let (_, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
                self.observe_region(role).await
            }
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        self.resolve(ask).await
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let (_, role) = self.own.side(&plan.on).map_err(refused)?;
        let doing = Doing::of(plan, &self.spec, role).map_err(refused)?;
        let words = doing.words(&self.spec, role);
        let said = self.run(role, doing.namespace(&self.spec), &words, Self::times(&doing)).await?;
        let said = text::visible_bytes(&said);
        Ok(Receipt { request_id: None, answer: text::bounded(said.trim(), 400), handle: None })
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let side = self.own.side(&plan.on);
        let doing = side.and_then(|(_, role)| Doing::of(plan, &self.spec, role).map(|doing| (role, doing)));
        match doing {
            Ok((role, doing)) => {
                let settling = settle::Settling { plan, role, accepted: receipt.is_some(), since };
                self.settled(&doing, &settling).await.unwrap_or_else(|failed| Settlement::CannotTell(failed.message))
            }
            Err(why) => Settlement::CannotTell(why),
        }
    }

    async fn may(&self, action: &str, on: &Place) -> Vec<Right> {
        let Ok((region, role)) = self.own.side(on) else { return Vec::new() };
        let asked = doing::needs(action, &self.spec).into_iter().map(|(namespace, words)| async move {
            let answer = self.can_i(role, namespace, &words).await;
            Right { component: self.own.id.clone(), region: region.clone(), what: words.join(" "), answer }
        });
        futures::future::join_all(asked).await
    }
}
