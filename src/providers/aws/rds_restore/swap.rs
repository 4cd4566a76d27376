//! `retire` and `adopt`: what is damaged gives its name up, and what was restored takes it: whoever connects by that name
//! finds the restored data.

use std::time::Duration;

use super::RdsRestore;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Why;
use crate::domain::runbook::Hazard;
use crate::providers::aws::rds::instance::{describe, source_of};
use crate::providers::aws::rds::rename;
use crate::providers::own::{basis, gate, refused, verdict};

impl RdsRestore {
    pub(super) async fn plan_retire(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (id, restored) = (self.spec.instance.get(role), self.spec.restored.get(role));
        let unreadable = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let damaged = match describe(&self.aws, region, id).await {
            Ok(damaged) => damaged,
            Err(unread) if unread.why == Why::NotFound => {
                return Err(Refusal::already(format!("there is no instance {id} in {region}: its name is free")));
            }
            Err(unread) => return Err(unreadable(unread)),
        };
        let made = describe(&self.aws, region, restored).await.map_err(unreadable)?;
        let name = rename::aside(id, damaged.resource.as_deref());
        let (call, by_hand) = rename::call_of(&self.aws, region, id, &name);
        let source = source_of(region);
        let seen = |fact: &str, value: &str| self.own.evidence(&ask.on, fact, value, &source);
        Ok(Plan {
            changes: vec![
                format!(
                    "{id} in {region} is called {name} from now on: the service has no database until {restored} takes its name."
                ),
                "Its data is kept: what was written after the moment of the restore is in it and nowhere else."
                    .to_owned(),
                "Its replica goes on following it, and must be made anew from what takes its place.".to_owned(),
                format!("To undo: give it the name {id} again, as long as no other instance has it."),
            ],
            basis: basis(&[
                ("instance", id),
                ("resource", damaged.resource.as_deref().unwrap_or("?")),
                ("restored", &made.status),
            ]),
            gates: vec![
                gate("instance available", verdict(damaged.available()), seen("status", &damaged.status)),
                gate("restored is available", verdict(made.available()), seen("restored", &made.status)),
            ],
            ..self.own.plan(ask, call, by_hand, Hazard::Write)
        })
    }

    pub(super) async fn plan_adopt(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (id, restored) = (self.spec.instance.get(role), self.spec.restored.get(role));
        let unreadable = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let made = describe(&self.aws, region, restored).await;
        match (describe(&self.aws, region, id).await, &made) {
            (Err(unread), _) if unread.why == Why::NotFound => {}
            (Err(unread), _) => return Err(unreadable(unread)),
            (Ok(there), Err(gone)) if gone.why == Why::NotFound => {
                return Err(Refusal::already(format!(
                    "{id} in {region} is {}, and there is no {restored}",
                    there.status
                )));
            }
            (Ok(_), _) => {
                return Err(Refusal::new(format!("{id} in {region} still has the name: retire it first")));
            }
        }
        let made = made.map_err(unreadable)?;
        let (call, by_hand) = rename::call_of(&self.aws, region, restored, id);
        let seen = self.own.evidence(&ask.on, "restored", &made.status, &source_of(region));
        Ok(Plan {
            changes: vec![
                format!("{restored} in {region} is called {id} from now on: whoever connects to {id} finds its data."),
                format!("To undo: give it the name {restored} again."),
            ],
            basis: basis(&[
                ("instance", restored),
                ("resource", made.resource.as_deref().unwrap_or("?")),
                ("status", &made.status),
            ]),
            gates: vec![gate("restored is available", verdict(made.available()), seen)],
            ..self.own.plan(ask, call, by_hand, Hazard::Write)
        })
    }

    pub(super) async fn rename(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        rename::perform(&self.aws, region, plan).await
    }

    pub(super) async fn settle_rename(&self, plan: &Plan, since: Duration) -> Settlement {
        match self.own.side(&plan.on) {
            Ok((region, _)) => rename::settle(&self.own, &self.aws, region, plan, since).await,
            Err(why) => Settlement::CannotTell(why),
        }
    }
}
