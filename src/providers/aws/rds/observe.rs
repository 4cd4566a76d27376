//! What AWS and the database itself say of an instance, side by side.

use std::time::Duration;

use jiff::Timestamp;

use super::RdsReplica;
use super::instance::{Instance, Role};
use crate::domain::duration;
use crate::domain::reading::{Health, Observation, Unread, Value, Why, age};
use crate::domain::region::{Place, Region};
use crate::ports::SqlState;

/// A replica that has replayed nothing for so long wants an eye: its source is idle, or lost.
const IDLE: Duration = Duration::from_mins(2);

/// What SQL told.
struct Asked {
    state: SqlState,
    mark: Option<i64>,
    mark_failed: Option<Unread>,
}

impl RdsReplica {
    pub(super) async fn look(&self, place: &Place) -> Result<Observation, Unread> {
        let (region, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        let (api, sql) = tokio::join!(self.describe(region, role), self.ask(region));
        let mut seen = Observation::new(match (&api, &sql) {
            (Err(_), Some(Ok(_))) => format!("sql {region}"),
            (Ok(_), Some(Ok(_))) => format!("{}, sql", Self::source_of(region)),
            _ => Self::source_of(region),
        });
        if let Ok(instance) = &api {
            tell_instance(&mut seen, instance);
        }
        if let Some(Ok(asked)) = &sql {
            self.tell_sql(&mut seen, asked);
        }
        let state = sql.as_ref().and_then(|asked| asked.as_ref().ok()).map(|asked| &asked.state);
        match (&api, state) {
            (Ok(instance), _) => {
                let (health, summary) = glance(instance, state, matches!(sql, Some(Err(_))), self.own.clock.now());
                seen.glance(health, summary);
            }
            (Err(_), Some(state)) => {
                seen.glance(Health::Degraded, format!("AWS does not answer; the database {}", writes(state)));
            }
            (Err(_), None) => {}
        }
        match (api, sql) {
            (Err(unread), None | Some(Err(_))) => return Err(unread),
            (Err(unread), _) => seen.unread.push(("api".to_owned(), unread)),
            (Ok(_), Some(Err(unread))) => seen.unread.push(("sql".to_owned(), unread)),
            (Ok(_), Some(Ok(asked))) => seen.unread.extend(asked.mark_failed.map(|why| ("mark".to_owned(), why))),
            (Ok(_), None) => {}
        }
        Ok(seen)
    }

    async fn ask(&self, region: &Region) -> Option<Result<Asked, Unread>> {
        let (probe, spec) = self.sql().ok()?;
        let state = match probe.state(region).await {
            Ok(state) => state,
            Err(unread) => return Some(Err(unread)),
        };
        let (mark, mark_failed) = if spec.mark.is_some() {
            match probe.mark(region).await {
                Ok(mark) => (mark, None),
                Err(unread) => (None, Some(unread)),
            }
        } else {
            (None, None)
        };
        Some(Ok(Asked { state, mark, mark_failed }))
    }

    fn tell_sql(&self, seen: &mut Observation, asked: &Asked) {
        let state = &asked.state;
        seen.fact("in_recovery", Value::Bool(state.in_recovery));
        seen.fact("read_only", Value::Bool(state.read_only));
        seen.fact("takes_writes", Value::Bool(takes_writes(state)));
        if let Some(at) = state.replayed_at {
            seen.fact("replay_age", Value::Seconds(age(at, self.own.clock.now()).as_secs_f64()));
        }
        for (name, lsn) in [
            ("receive_lsn", &state.receive_lsn),
            ("replay_lsn", &state.replay_lsn),
            ("current_lsn", &state.current_lsn),
        ] {
            if let Some(lsn) = lsn {
                seen.text(name, lsn);
            }
        }
        if let Some(login) = state.app_login {
            seen.fact("app_login", Value::Bool(login));
        }
        if let Some(count) = state.app_sessions {
            seen.fact("app_sessions", Value::Number(f64::from(count)));
        }
        if let Some(mark) = asked.mark {
            #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, beyond any row number")]
            seen.fact("mark", Value::Number(mark as f64));
        }
    }
}

fn tell_instance(seen: &mut Observation, instance: &Instance) {
    seen.text("status", &instance.status);
    seen.text("role", instance.role.as_str());
    if let Some(replication) = &instance.replication {
        seen.text("replication", replication);
    }
    seen.fact("backing_up", Value::Bool(instance.backing_up()));
    seen.fact("reachable", Value::Bool(true));
    let groups = (!instance.groups.is_empty()).then(|| instance.groups.join(", "));
    for (name, value) in [
        ("engine_version", &instance.engine_version),
        ("instance_class", &instance.class),
        ("host", &instance.host),
        ("source", &instance.source),
        ("security_groups", &groups),
    ] {
        if let Some(value) = value {
            seen.text(name, value);
        }
    }
    if let Some(days) = instance.retention_days {
        seen.fact("backup_retention_days", Value::Number(f64::from(days)));
    }
}

/// Whether the application can write: the database would let it, and it may log in.
pub(super) fn takes_writes(state: &SqlState) -> bool {
    !state.in_recovery && !state.read_only && state.app_login != Some(false)
}

fn writes(state: &SqlState) -> &'static str {
    if state.in_recovery {
        "is in recovery"
    } else if state.app_login == Some(false) {
        "is fenced"
    } else if state.read_only {
        "is read-only"
    } else {
        "takes writes"
    }
}

/// `replica available, replicating`; `primary available, takes writes`.
fn glance(instance: &Instance, state: Option<&SqlState>, sql_failed: bool, now: Timestamp) -> (Health, String) {
    let mut summary = format!("{} {}", instance.role.as_str(), instance.status);
    let mut health = instance.health();
    if instance.role == Role::Replica {
        summary = format!("{summary}, {}", instance.replication.as_deref().unwrap_or("replication unknown"));
    }
    if sql_failed {
        summary.push_str(", SQL does not answer");
        health = health.max(Health::Degraded);
    }
    if let Some(state) = state {
        match (instance.role, state.in_recovery) {
            (Role::Replica, true) => {
                // RDS goes on calling it replicating when its source has died.
                let idle = state.replayed_at.map(|at| age(at, now)).filter(|idle| *idle >= IDLE);
                if let Some(idle) = idle {
                    summary = format!("no replay for {}, replica {}", duration::age(idle), instance.status);
                    health = health.max(Health::Degraded);
                }
            }
            (Role::Replica, false) => {
                summary = format!("{summary}, but {}", writes(state));
                health = health.max(Health::Degraded);
            }
            (_, in_recovery) => {
                summary = format!("{summary}, {}", writes(state));
                if in_recovery || state.read_only {
                    health = health.max(Health::Degraded);
                }
            }
        }
    }
    (health, summary)
}
