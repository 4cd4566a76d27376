//! `set-aside`: an instance that no longer has the writes gives its name up, so that a replica can be made under it. What it
//! holds is kept: rows that were never replicated are in it and nowhere else. Whoever still has its old address finds
//! nothing there.

use std::time::Duration;

use super::RdsReplica;
use super::instance::{Instance, Role};
use super::observe::takes_writes;
use super::rename;
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Why;
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::providers::own::{basis, gate, refused, verdict, yes_no};

impl RdsReplica {
    /// The Region of the pair that is not this one, and its role.
    pub(super) fn other_side(&self, role: HomeRole) -> (&Region, HomeRole) {
        let other = match role {
            HomeRole::Primary => HomeRole::Standby,
            HomeRole::Standby => HomeRole::Primary,
        };
        (self.own.regions.get(other), other)
    }

    pub(super) async fn plan_aside(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let id = self.spec.instance.get(role);
        let instance = match self.describe(region, role).await {
            Ok(instance) => instance,
            Err(unread) if unread.why == Why::NotFound => {
                return Err(Refusal::already(format!("there is no instance {id} in {region}: its name is free")));
            }
            Err(unread) => return Err(Refusal::new(format!("what it rests on cannot be read now: {unread}"))),
        };
        let name = rename::aside(id, instance.resource.as_deref());
        let (call, by_hand) = rename::call_of(&self.aws, region, id, &name);
        Ok(Plan {
            changes: vec![
                format!("{id} in {region} is called {name} from now on; it restarts, and its address changes with it."),
                format!("Whoever connects to {id} there finds nothing: that fences those who kept its address."),
                "Its data is kept: rows that were never replicated are in it and nowhere else.".to_owned(),
                format!("To undo: give it the name {id} again, as long as no other instance has it."),
            ],
            basis: basis(&[
                ("instance", id),
                ("resource", instance.resource.as_deref().unwrap_or("?")),
                ("status", &instance.status),
                ("role", instance.role.as_str()),
            ]),
            gates: self.aside_gates(&ask.on, region, role, &instance).await,
            ..self.own.plan(ask, call, by_hand, Hazard::Write)
        })
    }

    async fn aside_gates(&self, on: &Place, region: &Region, role: HomeRole, instance: &Instance) -> Vec<GateResult> {
        let asked = Self::source_of(region);
        let seen = |fact: &str, value: &str| self.own.evidence(on, fact, value, &asked);
        let has_replicas = instance.role == Role::Primary;
        let mut gates = vec![
            gate("instance available", verdict(instance.available()), seen("status", &instance.status)),
            gate("nothing replicates from it", verdict(!has_replicas), seen("role", instance.role.as_str())),
        ];
        let Ok((probe, _)) = self.sql() else { return gates };
        let (other, _) = self.other_side(role);
        let (here, there) = tokio::join!(probe.state(region), probe.state(other));
        let place = Place::Region(other.clone());
        let (source_here, source_there) = (format!("sql {region}"), format!("sql {other}"));
        gates.push(match there {
            Ok(state) => {
                let writes = takes_writes(&state);
                let evidence = self.own.evidence(&place, "takes_writes", yes_no(writes), &source_there);
                gate("the other takes the writes", verdict(writes), evidence)
            }
            Err(unread) => {
                let blank = self.own.blank(&place, "takes_writes", unread.to_string(), &source_there);
                gate("the other takes the writes", Verdict::Unknown, blank)
            }
        });
        gates.push(match here {
            Ok(state) => {
                let writes = takes_writes(&state);
                let evidence = self.own.evidence(on, "takes_writes", yes_no(writes), &source_here);
                gate("takes no application writes", verdict(!writes), evidence)
            }
            Err(unread) => {
                let blank = self.own.blank(on, "takes_writes", unread.to_string(), &source_here);
                gate("takes no application writes", Verdict::Unknown, blank)
            }
        });
        gates
    }

    pub(super) async fn aside(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        rename::perform(&self.aws, region, plan).await
    }

    pub(super) async fn settle_aside(&self, plan: &Plan, since: Duration) -> Settlement {
        match self.own.side(&plan.on) {
            Ok((region, _)) => rename::settle(&self.own, &self.aws, region, plan, since).await,
            Err(why) => Settlement::CannotTell(why),
        }
    }
}
