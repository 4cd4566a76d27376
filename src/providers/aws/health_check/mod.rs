//! `health-check`: a Route 53 health check of each Region, what it finds and what Route 53 counts it as.
//!
//! A disabled health check counts as healthy: whoever disables the primary's to force a failover pins the traffic to it.
//! `force-unhealthy` disables it *and* inverts it; `release` undoes that. Health checks are changed in us-east-1 alone.

pub(super) mod look;

use std::time::Duration;

use async_trait::async_trait;

use self::look::{Check, look, word};
use super::clients::ROUTE53_REGION;
use super::{Clients, errors};
use crate::domain::consent::Authorised;
use crate::domain::gate::Verdict;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Evidence, Health, Observation, Unread, Value, Why};
use crate::domain::region::{HomeRole, Place};
use crate::domain::runbook::Hazard;
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::own::{Own, basis, call, gate, refused, yes_no};

const FORCE: &str = "force-unhealthy";
const RELEASE: &str = "release";

/// After how long an accepted change would show.
const WOULD_SHOW: Duration = Duration::from_mins(1);
const SOURCE: &str = "route53:GetHealthCheck us-east-1";

const ID: &str = "HealthCheckId";
const VERSION: &str = "HealthCheckVersion";
const DISABLED: &str = "Disabled";
const INVERTED: &str = "Inverted";

/// The health checks of two Regions.
pub struct HealthCheck {
    own: Own,
    spec: service::HealthCheck,
    aws: Clients,
}

impl HealthCheck {
    pub(crate) fn new(own: Own, spec: service::HealthCheck, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    /// The health check of a place.
    fn id_at(&self, place: &Place) -> Result<&str, String> {
        match place {
            Place::Global => self.spec.parent.as_deref().ok_or_else(|| format!("{} has no parent", self.own.id)),
            Place::Region(_) => self.own.side(place).map(|(_, role)| self.spec.id.get(role).as_str()),
        }
    }

    fn seen(&self, place: &Place, fact: &str, value: &str) -> Evidence {
        self.own.evidence(place, fact, value, SOURCE)
    }

    fn tell(check: Check) -> Observation {
        let mut seen = Observation::new(SOURCE);
        let counts = check.counts();
        seen.text("type", &check.kind);
        seen.text("status", word(check.found));
        seen.fact("disabled", Value::Bool(check.disabled));
        seen.fact("inverted", Value::Bool(check.inverted));
        if let Some(counts) = counts {
            seen.text("counts_as", word(Some(counts)));
        }
        if let Some(detection) = check.detection {
            seen.fact("detection", Value::Seconds(detection.into()));
        }
        #[expect(clippy::cast_precision_loss, reason = "checkers and children are few")]
        let number = |count: usize| Value::Number(count as f64);
        if let Some((good, _)) = check.checkers {
            seen.fact("checkers_ok", number(good));
        }
        if let Some(children) = check.children {
            seen.fact("children", number(children));
        }
        if let Some(threshold) = check.threshold {
            seen.fact("threshold", Value::Number(threshold.into()));
        }
        if let Some(sound) = check.sound() {
            seen.fact("sound", Value::Bool(sound));
        }
        let health = match (counts, check.faults.is_empty()) {
            // It counts as healthy although nothing is looked at, or although it cannot be anything else.
            (Some(true), false) => Health::Degraded,
            (Some(true), true) if check.disabled => Health::Degraded,
            (Some(true), true) => Health::Healthy,
            (Some(false), _) => Health::Down,
            (None, _) => Health::Unknown,
        };
        let mut said = match counts {
            Some(counts) if check.disabled => format!("disabled, counts as {}", word(Some(counts))),
            Some(counts) if check.inverted => format!("inverted, counts as {}", word(Some(counts))),
            counts => word(counts).to_owned(),
        };
        if let Some((good, all)) = check.checkers {
            said = format!("{said}, {good}/{all} checkers");
        }
        // What is wrong with it comes first: a line may be cut.
        if let Some(fault) = check.faults.first() {
            said = format!("{fault}; {said}");
        }
        seen.glance(health, format!("{said} ({})", check.kind));
        seen.unread = check.unread;
        seen
    }

    async fn plan_change(&self, ask: &Ask, force: bool) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let id = self.spec.id.get(role).as_str();
        let unread = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let check = look(&self.aws, id).await.map_err(unread)?;
        let inverted = if force { true } else { *self.spec.inverted.get(role) };
        if (check.disabled, check.inverted) == (force, inverted) {
            let how = if force { "disabled and inverted" } else { "as it is on an ordinary day" };
            return Err(Refusal::already(format!("the health check of {region} is {how} already")));
        }
        if check.kind == "RECOVERY_CONTROL" {
            return Err(Refusal::new(format!(
                "the health check of {region} follows a routing control: turn that, by a component of kind arc-routing"
            )));
        }
        let version = check.version.to_string();
        let line = self.by_hand(id, &version, force, inverted);
        let mut changes = vec![format!(
            "The health check {id} of {region} becomes {} and {}; it is {} and {} now.",
            if force { "disabled" } else { "enabled" },
            if inverted { "inverted" } else { "not inverted" },
            if check.disabled { "disabled" } else { "enabled" },
            if check.inverted { "inverted" } else { "not inverted" },
        )];
        let mut gates = Vec::new();
        if force {
            changes
                .push("Route 53 counts it as unhealthy, whatever its checkers find, until it is released.".to_owned());
            changes.push(
                "What answers in its place is the other record of a failover pair, if that is healthy.".to_owned(),
            );
            let other = self.own.regions.get(role.other()).clone();
            let (verdict, shown) = match look(&self.aws, self.spec.id.get(role.other())).await {
                Ok(check) => match check.counts() {
                    Some(counts) => (crate::providers::own::verdict(counts), word(Some(counts)).to_owned()),
                    None => (Verdict::Unknown, "unknown".to_owned()),
                },
                Err(unread) => (Verdict::Unknown, unread.to_string()),
            };
            // With both unhealthy, Route 53 answers the primary all the same.
            let evidence = self.seen(&Place::Region(other.clone()), "counts_as", &shown);
            gates.push(gate(&format!("{other} counts as healthy"), verdict, evidence));
        } else {
            changes.push(
                "It counts as what its checkers find: a primary that is found healthy gets its traffic back at once, \
                 whatever data it has."
                    .to_owned(),
            );
        }
        if ask.direction.source.as_str() == ROUTE53_REGION {
            changes.push(format!(
                "Route 53 takes changes in {ROUTE53_REGION} alone, the Region that is being left: it may not answer."
            ));
        }
        let params = [(ID, id), (VERSION, &version), (DISABLED, flag(force)), (INVERTED, flag(inverted))];
        Ok(Plan {
            changes,
            basis: basis(&[
                ("version", &version),
                ("disabled", yes_no(check.disabled)),
                ("inverted", yes_no(check.inverted)),
            ]),
            gates,
            ..self.own.plan(ask, call("route53", "UpdateHealthCheck", ROUTE53_REGION, &params), line, Hazard::Write)
        })
    }

    fn by_hand(&self, id: &str, version: &str, disabled: bool, inverted: bool) -> String {
        let words = [
            "route53",
            "update-health-check",
            "--health-check-id",
            id,
            "--health-check-version",
            version,
            if disabled { "--disabled" } else { "--no-disabled" },
            if inverted { "--inverted" } else { "--no-inverted" },
        ];
        self.aws.by_hand(&words, None)
    }

    /// What a plan asks for: disabled, inverted.
    fn wanted(&self, action: &str, role: HomeRole) -> Option<(bool, bool)> {
        match action {
            FORCE => Some((true, true)),
            RELEASE => Some((false, *self.spec.inverted.get(role))),
            _ => None,
        }
    }
}

fn flag(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

#[async_trait]
impl Component for HealthCheck {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(self.spec.parent.is_some())
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        let id = self.id_at(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        look(&self.aws, id).await.map(Self::tell)
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            FORCE => self.plan_change(ask, true).await,
            RELEASE => self.plan_change(ask, false).await,
            _ => Err(self.own.no_action(ask, &[FORCE, RELEASE])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let (_, role) = self.own.side(&plan.on).map_err(refused)?;
        let id = self.spec.id.get(role).as_str();
        let wanted = self.wanted(&plan.action, role).ok_or_else(|| refused("there is no such action"))?;
        let named = [plan.call.param(ID), plan.call.param(DISABLED), plan.call.param(INVERTED)];
        if named != [Some(id), Some(flag(wanted.0)), Some(flag(wanted.1))] {
            return Err(refused("the plan names another health check or setting than the service file"));
        }
        let version = plan.call.param(VERSION).and_then(|version| version.parse().ok());
        let version: i64 = version.ok_or_else(|| refused("the plan names no version"))?;
        let update = self.aws.route53.write.update_health_check().health_check_id(id).health_check_version(version);
        match update.disabled(wanted.0).inverted(wanted.1).send().await {
            Ok(output) => {
                let version = output.health_check().map(|check| check.health_check_version().to_string());
                let answer = format!("version {}", version.as_deref().unwrap_or("?"));
                Ok(errors::receipt(&output, answer, version.as_deref()))
            }
            Err(err) => {
                let raced = errors::code(&err) == Some("HealthCheckVersionMismatch");
                match errors::perform("route53:UpdateHealthCheck us-east-1", &err) {
                    PerformError::Refused { message, request_id } if raced => Err(PerformError::Refused {
                        message: text::bounded(&format!("somebody changed it since it was planned: {message}"), 600),
                        request_id,
                    }),
                    error => Err(error),
                }
            }
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let side = self.own.side(&plan.on);
        let Some((role, wanted)) = side.ok().and_then(|(_, role)| Some((role, self.wanted(&plan.action, role)?)))
        else {
            return Settlement::CannotTell("the plan cannot be read".to_owned());
        };
        let check = match look(&self.aws, self.spec.id.get(role)).await {
            Ok(check) => check,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let version = check.version.to_string();
        let evidence = vec![
            self.seen(&plan.on, "disabled", yes_no(check.disabled)),
            self.seen(&plan.on, "inverted", yes_no(check.inverted)),
            self.seen(&plan.on, "version", &version),
        ];
        let same = plan.call.param(VERSION) == Some(version.as_str());
        if (check.disabled, check.inverted) == wanted && !same {
            return Settlement::Done(evidence);
        }
        match receipt {
            _ if !same => Settlement::Failed("somebody has changed it otherwise".to_owned(), evidence),
            None if since > WOULD_SHOW => Settlement::NotStarted(evidence),
            Some(_) if since > WOULD_SHOW => {
                Settlement::Failed("it was accepted, and does not show".to_owned(), evidence)
            }
            _ => Settlement::InProgress("it does not show yet".to_owned(), evidence),
        }
    }
}
