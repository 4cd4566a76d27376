//! `arc-routing`: which Region gets the traffic, by routing controls of Route 53 Application Recovery Controller.
//!
//! It is a data plane: five endpoints in five Regions, of which any takes a change, so that it answers when us-east-1, where
//! all else of Route 53 is changed, does not.
//!
//! `point` turns the target's control on and the source's off in one call, which is done as a whole or not at all. The
//! endpoints are tried in turn, and the next only after a no that is certain: nothing was sent, or the endpoint says that
//! it takes nothing now. The call names the states and not a change of them, so that the same call twice does nothing that
//! one did not: going on cannot do it twice. After a silence nothing else is tried all the same: what was sent may arrive
//! late, after somebody has turned the controls back, and then it is for the operator to say what should be.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_route53recoverycluster::Client;
use aws_sdk_route53recoverycluster::types::{RoutingControlState, UpdateRoutingControlStateEntry};
use futures::future::join_all;
use serde_json::json;

use super::{Clients, errors};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Evidence, Health, Observation, Unread, Value, Why};
use crate::domain::region::{HomeRole, Pair, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::own::{Own, basis, call, gate, refused, verdict};

const POINT: &str = "point";

/// After how long an accepted change would show at every endpoint.
const WOULD_SHOW: Duration = Duration::from_mins(1);

/// The routing controls of two Regions.
pub struct ArcRouting {
    own: Own,
    spec: service::ArcRouting,
    aws: Clients,
}

/// Whether each Region's control is on.
type States = Pair<bool>;

/// What the endpoints tell.
struct Looked {
    /// What most of those that answer tell; `None` where no state has most of them.
    states: Option<States>,
    /// How many answer.
    answering: usize,
    /// By the place of an endpoint in the file: whether it answers.
    answers: Vec<bool>,
    /// Why those that do not answer don't.
    unread: Vec<(String, Unread)>,
}

fn on_off(on: bool) -> &'static str {
    if on { "On" } else { "Off" }
}

impl ArcRouting {
    pub(crate) fn new(own: Own, spec: service::ArcRouting, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn source(region: &Region) -> String {
        format!("route53-recovery-cluster:GetRoutingControlState {region}")
    }

    async fn state(&self, region: &Region, url: &str, role: HomeRole) -> Result<bool, Unread> {
        let what = Self::source(region);
        let client: &Client = &self.aws.cluster(url)?.read;
        let asked = client.get_routing_control_state().routing_control_arn(self.spec.control.get(role));
        let output = asked.send().await.map_err(|err| errors::unread(&what, &err))?;
        match output.routing_control_state() {
            RoutingControlState::On => Ok(true),
            RoutingControlState::Off => Ok(false),
            other => Err(Unread::new(Why::Malformed, format!("{what}: {:?} is no state", other.as_str()))),
        }
    }

    /// Both controls at every endpoint at once: one that hangs delays no other.
    async fn look(&self) -> Looked {
        let told = join_all(self.spec.endpoints.iter().map(|(region, url)| async move {
            let (primary, standby) =
                tokio::join!(self.state(region, url, HomeRole::Primary), self.state(region, url, HomeRole::Standby));
            Ok::<States, Unread>(Pair { primary: primary?, standby: standby? })
        }))
        .await;
        let mut counts: BTreeMap<(bool, bool), usize> = BTreeMap::new();
        let mut looked = Looked { states: None, answering: 0, answers: Vec::new(), unread: Vec::new() };
        for ((region, _), told) in self.spec.endpoints.iter().zip(told) {
            looked.answers.push(told.is_ok());
            match told {
                Ok(states) => {
                    looked.answering += 1;
                    *counts.entry((states.primary, states.standby)).or_default() += 1;
                }
                Err(unread) => looked.unread.push((format!("endpoint {region}"), unread)),
            }
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        looked.states = most
            .filter(|(_, count)| **count * 2 > looked.answering)
            .map(|((primary, standby), _)| Pair { primary: *primary, standby: *standby });
        looked
    }

    /// A Region, `both` or `none`.
    fn word(&self, states: &States) -> String {
        match (states.primary, states.standby) {
            (true, true) => "both".to_owned(),
            (false, false) => "none".to_owned(),
            (true, false) => self.own.regions.primary.to_string(),
            (false, true) => self.own.regions.standby.to_string(),
        }
    }

    async fn observe_all(&self) -> Result<Observation, Unread> {
        let looked = self.look().await;
        let all = self.spec.endpoints.len();
        if looked.answering == 0 {
            let first = looked.unread.into_iter().next().map(|(_, unread)| unread);
            return Err(first.unwrap_or_else(|| Unread::new(Why::Other, "there are no endpoints")));
        }
        let mut seen = Observation::new("route53-recovery-cluster:GetRoutingControlState");
        let word = looked.states.as_ref().map(|states| self.word(states));
        if let Some(word) = &word {
            seen.text("points_at", word);
        } else {
            let message = "the endpoints do not tell the same";
            seen.unread.push(("points_at".to_owned(), Unread::new(Why::Other, message)));
        }
        #[expect(clippy::cast_precision_loss, reason = "there are five")]
        seen.fact("endpoints", Value::Number(looked.answering as f64));
        let health = match word.as_deref() {
            None => Health::Unknown,
            Some("none") => Health::Down,
            Some("both") => Health::Degraded,
            Some(_) if looked.answering < all => Health::Degraded,
            Some(_) => Health::Healthy,
        };
        let shown = word.as_deref().unwrap_or("?");
        seen.glance(health, format!("{shown}, {}/{all} endpoints", looked.answering));
        seen.unread.extend(looked.unread);
        Ok(seen)
    }

    /// One control, by the first endpoint that tells. Its own Region's comes last: it is the one that may be gone.
    async fn observe_one(&self, region: &Region, role: HomeRole) -> Result<Observation, Unread> {
        let elsewhere = self.spec.endpoints.iter().filter(|(of, _)| of != region);
        let here = self.spec.endpoints.iter().filter(|(of, _)| of == region);
        let mut last = Unread::new(Why::Other, "there are no endpoints");
        for (of, url) in elsewhere.chain(here) {
            match self.state(of, url, role).await {
                Ok(on) => {
                    let mut seen = Observation::new(Self::source(of));
                    seen.text("state", on_off(on));
                    seen.glance(Health::Healthy, on_off(on));
                    return Ok(seen);
                }
                Err(unread) => last = unread,
            }
        }
        Err(last)
    }

    fn seen(&self, role: HomeRole, on: bool) -> Evidence {
        let place = Place::Region(self.own.regions.get(role).clone());
        self.own.evidence(&place, "state", on_off(on), "route53-recovery-cluster:GetRoutingControlState")
    }

    async fn plan_point(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let looked = self.look().await;
        let Some(states) = looked.states else {
            let why = looked.unread.first().map_or_else(
                || "the endpoints do not tell the same".to_owned(),
                |(what, unread)| format!("{what}: {unread}"),
            );
            return Err(Refusal::new(format!("what it rests on cannot be read now: {why}")));
        };
        let other = role.other();
        if *states.get(role) && !*states.get(other) {
            return Err(Refusal::already(format!(
                "{region} is on already, and {} is off",
                self.own.regions.get(other)
            )));
        }
        let (target, source) = (self.spec.control.get(role).as_str(), self.spec.control.get(other).as_str());
        let elsewhere = self.spec.endpoints.iter().find(|(of, _)| *of != ask.direction.source);
        let Some((near, url)) = elsewhere.or_else(|| self.spec.endpoints.first()) else {
            return Err(Refusal::new("there are no endpoints"));
        };
        let entries = json!([
            { "RoutingControlArn": target, "RoutingControlState": "On" },
            { "RoutingControlArn": source, "RoutingControlState": "Off" },
        ])
        .to_string();
        let words = [
            "route53-recovery-cluster",
            "update-routing-control-states",
            "--update-routing-control-state-entries",
            &entries,
        ];
        let regions: Vec<&str> = self.spec.endpoints.iter().map(|(of, _)| of.as_str()).collect();
        let all = self.spec.endpoints.len();
        let enough = format!("{} of {all}", looked.answering);
        let changes = vec![
            format!("The routing control of {region} is turned on; it is {} now.", on_off(*states.get(role))),
            format!(
                "The routing control of {} is turned off; it is {} now. Both at once, or neither.",
                self.own.regions.get(other),
                on_off(*states.get(other))
            ),
            "The health checks that follow them turn within seconds; DNS answers are kept for their TTL.".to_owned(),
            format!(
                "Any one of {all} endpoints takes it; {} answer. The next is tried only after a certain no.",
                enough
            ),
        ];
        let params = [(target, "On"), (source, "Off")];
        let evidence = self.own.evidence(&Place::Global, "endpoints", &enough, "route53-recovery-cluster");
        Ok(Plan {
            changes,
            basis: basis(&[
                ("target's control", on_off(*states.get(role))),
                ("source's control", on_off(*states.get(other))),
            ]),
            // The cluster takes a change by a majority of its own.
            gates: vec![gate("most endpoints answer", verdict(looked.answering * 2 > all), evidence)],
            ..self.own.plan(
                ask,
                call("route53-recovery-cluster", "UpdateRoutingControlStates", &regions.join(" or "), &params),
                self.aws.by_hand_at(&words, near.as_str(), url),
                Hazard::Write,
            )
        })
    }

    /// The endpoints in the order in which they are tried: those that answer first, and of each the source's Region last.
    async fn order(&self, source: &Region) -> Vec<&(Region, String)> {
        let answers = self.look().await.answers;
        let mut all: Vec<_> =
            self.spec.endpoints.iter().zip(answers.into_iter().chain(std::iter::repeat(false))).collect();
        all.sort_by_key(|((region, _), answers)| (!answers, region == source));
        all.into_iter().map(|(endpoint, _)| endpoint).collect()
    }
}

#[async_trait]
impl Component for ArcRouting {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(true)
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        match place {
            Place::Global => self.observe_all().await,
            Place::Region(_) => {
                let (region, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
                self.observe_one(region, role).await
            }
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            POINT => self.plan_point(ask).await,
            _ => Err(self.own.no_action(ask, &[POINT])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let (_, role) = self.own.side(&plan.on).map_err(refused)?;
        let (target, source) = (self.spec.control.get(role), self.spec.control.get(role.other()));
        if plan.call.param(target) != Some("On") || plan.call.param(source) != Some("Off") {
            return Err(refused("the plan names other routing controls or states than the service file"));
        }
        let entry = |arn: &str, state| {
            let entry = UpdateRoutingControlStateEntry::builder().routing_control_arn(arn).routing_control_state(state);
            entry.build().map_err(|error| refused(error.to_string()))
        };
        let entries = vec![entry(target, RoutingControlState::On)?, entry(source, RoutingControlState::Off)?];
        let mut said = Vec::new();
        for (region, url) in self.order(&plan.direction.source).await {
            let client = &self.aws.cluster(url).map_err(|unread| refused(unread.to_string()))?.write;
            let update = client.update_routing_control_states();
            match update.set_update_routing_control_state_entries(Some(entries.clone())).send().await {
                Ok(output) => return Ok(errors::receipt(&output, format!("accepted in {region}"), None)),
                Err(err) => {
                    let unavailable = errors::code(&err) == Some("EndpointTemporarilyUnavailableException");
                    let what = format!("route53-recovery-cluster:UpdateRoutingControlStates {region}");
                    match errors::perform(&what, &err) {
                        PerformError::NotYet { message, .. } => said.push(message),
                        PerformError::Unknown { message } if unavailable => said.push(message),
                        error => return Err(error),
                    }
                }
            }
        }
        Err(PerformError::NotYet { message: text::bounded(&said.join("; "), 600), request_id: None })
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let Ok((_, role)) = self.own.side(&plan.on) else {
            return Settlement::CannotTell("the plan cannot be read".to_owned());
        };
        let looked = self.look().await;
        let Some(states) = looked.states else {
            let why = looked.unread.first().map(|(_, unread)| unread.to_string());
            return match why {
                Some(why) if looked.answering == 0 => Settlement::CannotTell(why),
                _ => Settlement::InProgress("the endpoints do not tell the same yet".to_owned(), Vec::new()),
            };
        };
        let (target, source) = (*states.get(role), *states.get(role.other()));
        let evidence = vec![self.seen(role, target), self.seen(role.other(), source)];
        if target && !source {
            return Settlement::Done(evidence);
        }
        match receipt {
            None if since > WOULD_SHOW => Settlement::NotStarted(evidence),
            Some(_) if since > WOULD_SHOW => {
                Settlement::Failed("it was accepted, and somebody has turned it back".to_owned(), evidence)
            }
            _ => Settlement::InProgress("it does not show yet".to_owned(), evidence),
        }
    }
}
