//! `fence`: the application's login is taken away and its sessions ended, so that the source takes no more of its writes.

use std::time::Duration;

use super::RdsReplica;
use super::observe::takes_writes;
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::region::{HomeRole, Place};
use crate::domain::runbook::Hazard;
use crate::domain::service::{Sql, Tls};
use crate::domain::text::{bounded, shell_line};
use crate::ports::SqlState;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};
use crate::providers::postgres::{identifier, literal};

impl RdsReplica {
    pub(super) async fn plan_fence(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (probe, spec) = self.sql().map_err(Refusal::new)?;
        let app = spec.app_user.as_deref().ok_or_else(|| {
            Refusal::new(format!("{} names no `app_user`: there is no login to take away", self.own.id))
        })?;
        if app == spec.user {
            return Err(Refusal::new(
                "`app_user` is the role that handover itself logs in as; it needs one of its own",
            ));
        }
        let id = self.spec.instance.get(role);
        let host = spec.host.get(role);
        let state = probe.state(region).await;
        let asked = format!("sql {region}");
        let seen = |fact: &str, value: &str| self.own.evidence(&ask.on, fact, value, &asked);
        let (gates, login) = match &state {
            Ok(state) if state.in_recovery => {
                return Err(Refusal::already(format!("{id} in {region} is in recovery: it takes no writes")));
            }
            Ok(state) if fenced(state) => {
                return Err(Refusal::already(format!("{app} may not log in at {id} in {region} and has no sessions")));
            }
            Ok(state) => {
                let login = state.app_login.map_or("no such role", yes_no);
                let gates = vec![
                    gate("database answers", Verdict::Pass, seen("in_recovery", yes_no(state.in_recovery))),
                    gate("application role exists", verdict(state.app_login.is_some()), seen("app_login", login)),
                ];
                (gates, login)
            }
            // The plan still says what would be done, and by hand; a source that is gone is often why one fences.
            Err(unread) => {
                let blank = self.own.blank(&ask.on, "app_login", unread.to_string(), &asked);
                (vec![gate("database answers", Verdict::Unknown, blank)], "unknown")
            }
        };
        let mut gates = gates;
        if *region == ask.direction.target {
            gates.push(self.other_writes(role).await);
        }
        let call = call("sql", "Fence", region.as_str(), &[("host", host), ("role", app)]);
        Ok(Plan {
            changes: vec![
                format!("The role {app} may no longer log in at {id} ({host}) in {region}."),
                format!("Every session of {app} there is ended; what it had not committed is rolled back."),
                format!("To undo: ALTER ROLE {} LOGIN.", identifier(app)),
            ],
            basis: basis(&[("host", host), ("application role", app), ("may log in", login)]),
            gates,
            ..self.own.plan(ask, call, by_hand(spec, role, &statements(app)), Hazard::Write)
        })
    }

    /// What takes over is only fenced while the other takes the writes: what came back after an outage, not what serves.
    async fn other_writes(&self, role: HomeRole) -> GateResult {
        const NAME: &str = "the other takes the writes";
        let (other, _) = self.other_side(role);
        let (place, asked) = (Place::Region(other.clone()), format!("sql {other}"));
        let state = match self.sql() {
            Ok((probe, _)) => probe.state(other).await.map_err(|unread| unread.to_string()),
            Err(why) => Err(why),
        };
        match state {
            Ok(state) => {
                let writes = takes_writes(&state);
                gate(NAME, verdict(writes), self.own.evidence(&place, "takes_writes", yes_no(writes), &asked))
            }
            Err(why) => gate(NAME, Verdict::Unknown, self.own.blank(&place, "takes_writes", why, &asked)),
        }
    }

    pub(super) async fn fence(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let (probe, spec) = self.sql().map_err(refused)?;
        let role = plan.call.param("role").unwrap_or_default();
        if spec.app_user.as_deref() != Some(role) {
            return Err(refused(format!("the plan names the role {role:?}, the service file does not")));
        }
        probe.fence(region).await?;
        let answer = format!("{role} may not log in, and its sessions are ended");
        Ok(Receipt { request_id: None, answer: bounded(&answer, 400), handle: None })
    }

    pub(super) async fn settle_fence(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let asked = match (self.own.side(&plan.on), self.sql()) {
            (Ok((region, _)), Ok((probe, spec))) => probe.state(region).await.map(|state| (state, region, spec)),
            (Err(why), _) | (_, Err(why)) => return Settlement::CannotTell(why),
        };
        let (state, region, spec) = match asked {
            Ok(asked) => asked,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let source = format!("sql {region}");
        let sessions = state.app_sessions.map_or_else(|| "?".to_owned(), |count| count.to_string());
        let evidence = vec![
            self.own.evidence(&plan.on, "app_login", state.app_login.map_or("?", yes_no), &source),
            self.own.evidence(&plan.on, "app_sessions", &sessions, &source),
        ];
        if fenced(&state) {
            Settlement::Done(evidence)
        } else if state.app_login == Some(false) {
            Settlement::InProgress(format!("it may not log in; {sessions} sessions are left"), evidence)
        } else if receipt.is_some() {
            Settlement::Failed("the login was taken away and has been given back".to_owned(), evidence)
        } else if since > 2 * spec.timeout {
            // The transaction had no longer than that: by now it is committed or gone.
            Settlement::NotStarted(evidence)
        } else {
            Settlement::InProgress("the login is not taken away yet".to_owned(), evidence)
        }
    }
}

fn fenced(state: &SqlState) -> bool {
    state.app_login == Some(false) && state.app_sessions == Some(0)
}

fn statements(app: &str) -> [String; 2] {
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ";
    [format!("ALTER ROLE {} NOLOGIN", identifier(app)), format!("{terminate}{}", literal(app))]
}

/// A `psql` line that asks for the password by itself.
pub(super) fn by_hand(spec: &Sql, role: HomeRole, statements: &[String]) -> String {
    let port = spec.port.get(role).to_string();
    let mut words = vec!["psql", "-h", spec.host.get(role), "-p", &port, "-U", &spec.user, "-d", &spec.database];
    for statement in statements {
        words.extend(["-c", statement]);
    }
    let line = shell_line(words);
    match spec.tls {
        Tls::Verify => format!("PGSSLMODE=verify-full {line}"),
        Tls::Off => line,
    }
}
