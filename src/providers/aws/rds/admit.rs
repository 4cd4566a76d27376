//! `admit`: the application's login is given back on the promoted target. Roles travel with the write-ahead log, so the
//! fence on a source that still replicates takes the login away on the target too.

use std::time::Duration;

use super::RdsReplica;
use super::fence::by_hand;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::runbook::Hazard;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};
use crate::providers::postgres::identifier;

impl RdsReplica {
    pub(super) async fn plan_admit(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (probe, spec) = self.sql().map_err(Refusal::new)?;
        let app = spec.app_user.as_deref().ok_or_else(|| {
            Refusal::new(format!("{} names no `app_user`: there is no login to give back", self.own.id))
        })?;
        let (id, host) = (self.spec.instance.get(role), spec.host.get(role));
        let state = probe.state(region).await.map_err(|unread| Refusal::new(unread.to_string()))?;
        if state.app_login == Some(true) && !state.in_recovery {
            return Err(Refusal::already(format!("{app} may log in at {id} in {region}")));
        }
        let asked = format!("sql {region}");
        let seen = |fact: &str, value: &str| self.own.evidence(&ask.on, fact, value, &asked);
        let login = state.app_login.map_or("no such role", yes_no);
        let recovery = yes_no(state.in_recovery);
        let call = call("sql", "Admit", region.as_str(), &[("host", host), ("role", app)]);
        let by_hand = by_hand(spec, role, &[format!("ALTER ROLE {} LOGIN", identifier(app))]);
        Ok(Plan {
            changes: vec![format!("The role {app} may log in at {id} ({host}) in {region}.")],
            basis: basis(&[
                ("host", host),
                ("application role", app),
                ("may log in", login),
                ("in recovery", recovery),
            ]),
            gates: vec![
                gate("not in recovery", verdict(!state.in_recovery), seen("in_recovery", recovery)),
                gate("application role exists", verdict(state.app_login.is_some()), seen("app_login", login)),
            ],
            ..self.own.plan(ask, call, by_hand, Hazard::Write)
        })
    }

    pub(super) async fn admit(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let (probe, spec) = self.sql().map_err(refused)?;
        let role = plan.call.param("role").unwrap_or_default();
        if spec.app_user.as_deref() != Some(role) {
            return Err(refused(format!("the plan names the role {role:?}, the service file does not")));
        }
        probe.admit(region).await?;
        Ok(Receipt { request_id: None, answer: format!("{role} may log in"), handle: None })
    }

    pub(super) async fn settle_admit(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let (region, probe, spec) = match (self.own.side(&plan.on), self.sql()) {
            (Ok((region, _)), Ok((probe, spec))) => (region, probe, spec),
            (Err(why), _) | (_, Err(why)) => return Settlement::CannotTell(why),
        };
        let state = match probe.state(region).await {
            Ok(state) => state,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let login = state.app_login.map_or("no such role", yes_no);
        let evidence = vec![self.own.evidence(&plan.on, "app_login", login, &format!("sql {region}"))];
        match (state.app_login, receipt) {
            (Some(true), _) => Settlement::Done(evidence),
            (_, Some(_)) => Settlement::Failed("the login was given back and has been taken away".to_owned(), evidence),
            // The transaction had no longer than that: by now it is committed or gone.
            (_, None) if since > 2 * spec.timeout => Settlement::NotStarted(evidence),
            (_, None) => Settlement::InProgress("the login is not given back yet".to_owned(), evidence),
        }
    }
}
