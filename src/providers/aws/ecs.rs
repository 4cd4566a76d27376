//! `ecs`: an ECS service in each Region, of which one carries the load.
//!
//! `scale-up` gives it the tasks of a Region that carries the service, `scale-down` those of one at rest, `stop` none.
//! ECS calls 0 of 0 running tasks a steady state: here, a service without tasks is never stable.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ecs::types::{Deployment, DeploymentRolloutState, Service};

use super::{Clients, errors};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::own::{Own, basis, call, gate, refused, verdict, yes_no};

const UP: &str = "scale-up";
const DOWN: &str = "scale-down";
const STOP: &str = "stop";

/// After how long an accepted change of the desired count would show.
const WOULD_SHOW: Duration = Duration::from_secs(30);

/// An ECS service in two Regions.
pub struct Ecs {
    own: Own,
    spec: service::Ecs,
    aws: Clients,
}

/// What ECS says of a service.
struct Fleet {
    status: String,
    desired: i64,
    running: i64,
    pending: i64,
    deployments: usize,
    /// Why the newest deployment has failed, if it has.
    failed: Option<String>,
    task_definition: Option<String>,
    /// What ECS reported last.
    event: Option<String>,
}

impl Fleet {
    fn read(service: &Service) -> Self {
        let newest = service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
        let failed = |deployment: &Deployment| {
            (deployment.rollout_state() == Some(&DeploymentRolloutState::Failed))
                .then(|| text::bounded(deployment.rollout_state_reason().unwrap_or("no reason given"), 300))
        };
        let last_part = |arn: &str| text::bounded(arn.rsplit('/').next().unwrap_or(arn), 200);
        Self {
            status: text::bounded(service.status().unwrap_or("?"), 40),
            desired: service.desired_count().into(),
            running: service.running_count().into(),
            pending: service.pending_count().into(),
            deployments: service.deployments().len(),
            failed: newest.and_then(failed),
            task_definition: service.task_definition().map(last_part),
            event: service.events().first().and_then(|event| event.message()).map(|said| text::bounded(said, 300)),
        }
    }

    /// All the tasks that it should have, by one deployment; and it has some.
    fn stable(&self) -> bool {
        self.desired > 0 && self.is_at(self.desired)
    }

    fn is_at(&self, count: i64) -> bool {
        self.desired == count && self.running == count && self.pending == 0 && self.deployments <= 1
    }
}

impl Ecs {
    pub(crate) fn new(own: Own, spec: service::Ecs, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn source(region: &Region) -> String {
        format!("ecs:DescribeServices {region}")
    }

    async fn describe(&self, region: &Region, role: HomeRole) -> Result<Fleet, Unread> {
        let (cluster, name) = (self.spec.cluster.get(role), self.spec.service.get(role));
        let client = &self.aws.region(region)?.ecs.read;
        let output = client
            .describe_services()
            .cluster(cluster)
            .services(name)
            .send()
            .await
            .map_err(|err| errors::unread(&Self::source(region), &err))?;
        let missing = || Unread::new(Why::NotFound, format!("there is no service {name} in {cluster}, {region}"));
        output.services().first().map(Fleet::read).ok_or_else(missing)
    }

    /// The desired count that an action sets.
    fn wanted(&self, action: &str, role: HomeRole) -> Option<u32> {
        match action {
            UP => Some(*self.spec.count.get(role)),
            DOWN => Some(self.spec.rest),
            STOP => Some(0),
            _ => None,
        }
    }

    async fn plan_scale(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let Some(count) = self.wanted(&ask.action, role) else {
            return Err(self.own.no_action(ask, &[UP, DOWN, STOP]));
        };
        let (cluster, name) = (self.spec.cluster.get(role), self.spec.service.get(role));
        let fleet = self
            .describe(region, role)
            .await
            .map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        if fleet.desired == i64::from(count) {
            return Err(Refusal::already(format!(
                "{name} in {region} is to have {count} tasks already; {} run",
                fleet.running
            )));
        }
        let count = count.to_string();
        let words =
            ["ecs", "update-service", "--cluster", cluster, "--service", name, "--desired-count", count.as_str()];
        let params = [("cluster", cluster.as_str()), ("service", name), ("desiredCount", &count)];
        let evidence = self.own.evidence(&ask.on, "status", &fleet.status, &Self::source(region));
        let mut changes = vec![format!("{name} in {region} goes from {} to {count} tasks.", fleet.desired)];
        if count == "0" {
            changes.push(format!("Nothing of it runs in {region} then: whatever is sent there is refused."));
        } else if ask.action == UP {
            let definition = fleet.task_definition.as_deref().unwrap_or("an unknown task definition");
            changes.push(format!("They run {definition}, with the configuration that it names in {region}."));
        }
        Ok(Plan {
            changes,
            basis: basis(&[
                ("cluster", cluster),
                ("service", name),
                ("status", &fleet.status),
                ("desired count", &fleet.desired.to_string()),
                ("task definition", fleet.task_definition.as_deref().unwrap_or("?")),
            ]),
            gates: vec![gate("service is active", verdict(fleet.status == "ACTIVE"), evidence)],
            ..self.own.plan(
                ask,
                call("ecs", "UpdateService", region.as_str(), &params),
                self.aws.by_hand(&words, Some(region)),
                Hazard::Write,
            )
        })
    }
}

#[async_trait]
impl Component for Ecs {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.both()
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        let (region, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        let fleet = self.describe(region, role).await?;
        let mut seen = Observation::new(Self::source(region));
        seen.text("status", &fleet.status);
        for (name, count) in [("desired", fleet.desired), ("running", fleet.running), ("pending", fleet.pending)] {
            seen.fact(name, number(count));
        }
        seen.fact("stable", Value::Bool(fleet.stable()));
        seen.fact("deployments", number(i64::try_from(fleet.deployments).unwrap_or(i64::MAX)));
        for (name, value) in [("task_definition", &fleet.task_definition), ("event", &fleet.event)] {
            if let Some(value) = value {
                seen.text(name, value);
            }
        }
        let count = format!("{} of {} running", fleet.running, fleet.desired);
        let (health, summary) = match &fleet.failed {
            _ if fleet.status != "ACTIVE" => (Health::Down, fleet.status.clone()),
            Some(why) => (Health::Down, format!("{count}, deployment failed: {why}")),
            None if fleet.desired == 0 && fleet.running == 0 => (Health::Degraded, "scaled to zero".to_owned()),
            None if fleet.stable() => (Health::Healthy, count),
            None if fleet.running == 0 => (Health::Down, count),
            None => (Health::Degraded, count),
        };
        seen.glance(health, summary);
        Ok(seen)
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        self.plan_scale(ask).await
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let (region, role) = self.own.side(&plan.on).map_err(refused)?;
        let count = plan.call.param("desiredCount").and_then(|count| count.parse::<i32>().ok());
        let count = count.ok_or_else(|| refused("the plan names no count"))?;
        if self.wanted(&plan.action, role).and_then(|wanted| i32::try_from(wanted).ok()) != Some(count) {
            return Err(refused(format!("the plan names {count} tasks, the service file does not")));
        }
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.ecs.write;
        let (cluster, name) = (self.spec.cluster.get(role), self.spec.service.get(role));
        match client.update_service().cluster(cluster).service(name).desired_count(count).send().await {
            Ok(output) => {
                let status = output.service().and_then(Service::status).unwrap_or("?");
                Ok(errors::receipt(&output, format!("{status}, {count} tasks are to run"), None))
            }
            Err(err) => Err(errors::perform(&format!("ecs:UpdateService {region}"), &err)),
        }
    }

    /// Done when as many run as should, by one deployment, and none is still starting.
    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let side = self.own.side(&plan.on);
        let count = plan.call.param("desiredCount").and_then(|count| count.parse::<i64>().ok());
        let (Ok((region, role)), Some(count)) = (side, count) else {
            return Settlement::CannotTell("the plan cannot be read".to_owned());
        };
        let fleet = match self.describe(region, role).await {
            Ok(fleet) => fleet,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let asked = Self::source(region);
        let seen = |fact: &str, value: &str| self.own.evidence(&plan.on, fact, value, &asked);
        let evidence = vec![
            seen("desired", &fleet.desired.to_string()),
            seen("running", &fleet.running.to_string()),
            seen("stable", yes_no(fleet.stable())),
        ];
        if fleet.desired != count {
            return match receipt {
                Some(_) => {
                    Settlement::Failed(format!("somebody has set the desired count to {}", fleet.desired), evidence)
                }
                None if since > WOULD_SHOW => Settlement::NotStarted(evidence),
                None => Settlement::InProgress("the desired count is not changed yet".to_owned(), evidence),
            };
        }
        if fleet.is_at(count) {
            return Settlement::Done(evidence);
        }
        if let Some(why) = fleet.failed {
            return Settlement::Failed(format!("the deployment has failed: {why}"), evidence);
        }
        let event = fleet.event.map(|said| format!("; ECS says: {said}")).unwrap_or_default();
        Settlement::InProgress(
            format!("{} of {count} running, {} starting{event}", fleet.running, fleet.pending),
            evidence,
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks are small")]
fn number(count: i64) -> Value {
    Value::Number(count as f64)
}
