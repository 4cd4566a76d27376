//! What AWS and the databases themselves say, in each Region and of the whole.

use std::pin::Pin;

use futures::future::select_ok;

use super::AuroraGlobal;
use super::lag::{Lag, Sample};
use super::look::{Cluster, Global};
use crate::domain::duration;
use crate::domain::reading::{Fact, Health, Observation, Unread, Value, Why};
use crate::domain::region::{HomeRole, Place, Region};
use crate::ports::SqlState;

/// Statuses of a cluster in which it serves nobody (Aurora user guide, "Viewing DB cluster status").
const DOWN: [&str; 8] = [
    "stopped",
    "stopping",
    "starting",
    "deleting",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "cloning-failed",
];

/// What the global cluster of a Region's own telling has of its cluster.
fn role_word(global: Option<&Global>, role: HomeRole) -> &'static str {
    match global.and_then(|global| global.member(role)) {
        Some(member) if member.writer => "writer",
        Some(_) => "reader",
        None => "detached",
    }
}

/// What SQL told.
struct Asked {
    state: SqlState,
    mark: Result<Option<i64>, Unread>,
}

/// What a Region was read to be.
struct Seen<'a> {
    cluster: &'a Cluster,
    /// `None` where the global cluster could not be read.
    role: Option<&'static str>,
    available: Option<usize>,
    synchronization: Option<&'a str>,
    lag: Option<f64>,
    state: Option<&'a SqlState>,
}

impl AuroraGlobal {
    pub(super) async fn in_region(&self, place: &Place, region: &Region) -> Result<Observation, Unread> {
        let (_, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        let (cluster, available, global, lag, sql) = tokio::join!(
            self.cluster(region, role),
            self.instances(region, role),
            self.global(region),
            self.lag(region, role),
            self.ask(region),
        );
        let mut seen = Observation::new(Self::asked(region));
        let state = match sql {
            Some(Ok(asked)) => {
                tell_sql(&mut seen, &asked);
                Some(asked.state)
            }
            Some(Err(unread)) => {
                seen.unread.push(("sql".to_owned(), unread));
                None
            }
            None => None,
        };
        let cluster = match cluster {
            Ok(Some(cluster)) => cluster,
            Ok(None) => {
                seen.text("role", "absent");
                seen.fact("reachable", Value::Bool(true));
                let id = self.spec.cluster.get(role);
                seen.glance(Health::Down, format!("there is no cluster {id} here"));
                return Ok(seen);
            }
            Err(unread) => {
                let Some(state) = state else { return Err(unread) };
                seen.source = format!("sql {region}");
                seen.unread.push(("api".to_owned(), unread));
                seen.glance(Health::Degraded, format!("AWS does not answer; the database {}", writes(&state)));
                return Ok(seen);
            }
        };
        tell_cluster(&mut seen, &cluster);
        let available = kept(&mut seen, "members", available);
        let global = kept(&mut seen, "global", global);
        let word = global.as_ref().map(|global| role_word(global.as_ref(), role));
        let member = global.as_ref().and_then(|global| global.as_ref()?.member(role));
        let synchronization = member.and_then(|member| member.synchronization.as_deref());
        if let Some(count) = available {
            seen.fact("members", number(count));
        }
        for (name, text) in [("role", word), ("synchronization", synchronization)] {
            if let Some(text) = text {
                seen.text(name, text);
            }
        }
        // The writer has no lag, and a metric of its former role would be one of another time.
        let lag = if word == Some("reader") { kept(&mut seen, "lag", lag) } else { None };
        let behind = lag.and_then(|lag| tell_lag(&mut seen, lag));
        let state = state.as_ref();
        let (health, summary) =
            glance(&Seen { cluster: &cluster, role: word, available, synchronization, lag: behind, state });
        seen.glance(health, summary);
        Ok(seen)
    }

    async fn ask(&self, region: &Region) -> Option<Result<Asked, Unread>> {
        let (probe, spec) = self.sql.as_ref().zip(self.spec.sql.as_ref())?;
        let state = match probe.state(region).await {
            Ok(state) => state,
            Err(unread) => return Some(Err(unread)),
        };
        let mark = if spec.mark.is_some() { probe.mark(region).await } else { Ok(None) };
        Some(Ok(Asked { state, mark }))
    }

    /// The global cluster by whichever Region answers first.
    pub(super) async fn any_global(&self) -> Result<(Option<Global>, &Region), Unread> {
        type Look<'a> = Pin<Box<dyn Future<Output = Result<(Option<Global>, &'a Region), Unread>> + Send + 'a>>;
        let look = |region| -> Look<'_> { Box::pin(async move { Ok((self.global(region).await?, region)) }) };
        let regions = &self.own.regions;
        select_ok([look(&regions.primary), look(&regions.standby)]).await.map(|(found, _)| found)
    }

    pub(super) async fn across(&self) -> Result<Observation, Unread> {
        let (global, told) = self.any_global().await?;
        let mut seen = Observation::new(Self::asked_global(told));
        let global = global.as_ref();
        let (primary, standby) =
            tokio::join!(self.takes(global, HomeRole::Primary), self.takes(global, HomeRole::Standby));
        let writer = match (primary, standby) {
            (Ok(primary), Ok(standby)) => Some(self.writer_word(global, primary, standby)),
            (primary, standby) => {
                seen.unread.extend(
                    [primary, standby].into_iter().filter_map(Result::err).map(|why| ("writer".to_owned(), why)),
                );
                None
            }
        };
        let failover = global.map_or("none", Global::failover_word);
        if let Some(global) = global {
            seen.text("status", &global.status);
        }
        seen.text("failover", failover);
        if let Some(writer) = &writer {
            seen.text("writer", writer);
        }
        let status = global.map_or("no global cluster", |global| global.status.as_str());
        let (health, says) = match writer.as_deref() {
            None => (Health::Degraded, "the writer is unknown".to_owned()),
            Some("both") => (Health::Down, "two clusters write, each for itself".to_owned()),
            Some("none") => (Health::Down, "no cluster writes".to_owned()),
            Some("other") => (Health::Degraded, "a cluster of another Region writes".to_owned()),
            Some(region) => (Health::Healthy, format!("{region} writes")),
        };
        let calm = failover == "none" && global.is_some_and(Global::available);
        let under_way = if failover == "none" { String::new() } else { format!(", {failover}") };
        let behind = global.and_then(Global::to_be_rebuilt).map(|role| self.own.regions.get(role));
        let calm = calm && behind.is_none();
        let alone = behind.map(|region| format!(", {region} is to be rebuilt")).unwrap_or_default();
        let health = if calm { health } else { health.max(Health::Degraded) };
        seen.glance(health, format!("{says}, {status}{under_way}{alone}"));
        Ok(seen)
    }

    /// Whether a Region's cluster writes: as the global cluster's writer, or for itself. Only a cluster that is no member
    /// has to be looked at, in its own Region.
    async fn takes(&self, global: Option<&Global>, role: HomeRole) -> Result<bool, Unread> {
        match global.and_then(|global| global.member(role)) {
            Some(member) => Ok(member.writer),
            None => Ok(self.cluster(self.own.regions.get(role), role).await?.is_some()),
        }
    }

    fn writer_word(&self, global: Option<&Global>, primary: bool, standby: bool) -> String {
        let other = global.is_some_and(|global| global.other_writer);
        match (primary, standby, other) {
            (true, true, _) | (true, _, true) | (_, true, true) => "both".to_owned(),
            (true, false, false) => self.own.regions.primary.to_string(),
            (false, true, false) => self.own.regions.standby.to_string(),
            (false, false, true) => "other".to_owned(),
            (false, false, false) => "none".to_owned(),
        }
    }
}

/// What was read, or a note of why it was not.
fn kept<T>(seen: &mut Observation, part: &str, read: Result<T, Unread>) -> Option<T> {
    read.map_err(|unread| seen.unread.push((part.to_owned(), unread))).ok()
}

fn tell_cluster(seen: &mut Observation, cluster: &Cluster) {
    seen.text("status", &cluster.status);
    seen.fact("reachable", Value::Bool(true));
    for (name, value) in
        [("engine_version", &cluster.version), ("host", &cluster.host), ("reader_host", &cluster.reader_host)]
    {
        if let Some(value) = value {
            seen.text(name, value);
        }
    }
}

fn tell_sql(seen: &mut Observation, asked: &Asked) {
    let state = &asked.state;
    seen.fact("in_recovery", Value::Bool(state.in_recovery));
    seen.fact("read_only", Value::Bool(state.read_only));
    seen.fact("takes_writes", Value::Bool(takes_writes(state)));
    if let Some(login) = state.app_login {
        seen.fact("app_login", Value::Bool(login));
    }
    if let Some(count) = state.app_sessions {
        seen.fact("app_sessions", Value::Number(f64::from(count)));
    }
    match &asked.mark {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, beyond any row number")]
        Ok(Some(mark)) => seen.fact("mark", Value::Number(*mark as f64)),
        Ok(None) => {}
        Err(unread) => seen.unread.push(("mark".to_owned(), unread.clone())),
    }
}

/// Adds the lag, each figure at its own time; the last one.
fn tell_lag(seen: &mut Observation, lag: Lag) -> Option<f64> {
    let mut tell = |name: &str, sample: Option<Sample>| {
        if let Some((at, seconds)) = sample {
            seen.facts.push(Fact { name: name.to_owned(), value: Value::Seconds(seconds), at: Some(at) });
        }
    };
    tell("lag", lag.replication);
    tell("rpo_lag", lag.rpo);
    tell("progress_lag", lag.progress);
    lag.rpo.or(lag.replication).map(|(_, seconds)| seconds)
}

/// Whether the application can write: the database would let it, and it may log in.
fn takes_writes(state: &SqlState) -> bool {
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

/// `writer available, 2 instances`; `reader available, 2 instances, 1.3 s behind`.
fn glance(seen: &Seen<'_>) -> (Health, String) {
    let status = seen.cluster.status.as_str();
    let mut health = match (seen.role, status) {
        _ if DOWN.contains(&status) => Health::Down,
        (Some("writer" | "reader"), "available") => Health::Healthy,
        _ => Health::Degraded,
    };
    let mut parts = vec![format!("{} {status}", seen.role.unwrap_or("cluster"))];
    let mut doubt = |parts: &mut Vec<String>, what: String| {
        parts.push(what);
        health = health.max(Health::Degraded);
    };
    match seen.available {
        Some(0) => doubt(&mut parts, "no instance available".to_owned()),
        Some(count) if count < seen.cluster.size => {
            doubt(&mut parts, format!("{count} of {} instances", seen.cluster.size));
        }
        Some(1) => parts.push("1 instance".to_owned()),
        Some(count) => parts.push(format!("{count} instances")),
        None => doubt(&mut parts, "instances unknown".to_owned()),
    }
    if seen.role == Some("detached") {
        parts.push("writes for itself".to_owned());
    }
    if let Some(word) = seen.synchronization.filter(|word| *word != "connected") {
        doubt(&mut parts, word.to_owned());
    }
    if let Some(lag) = seen.lag {
        parts.push(format!("{} behind", duration::seconds(lag)));
    }
    if let Some(state) = seen.state {
        let reader = seen.role == Some("reader");
        let odd = if reader { !state.in_recovery } else { state.in_recovery || state.read_only };
        if odd {
            doubt(&mut parts, format!("but {}", writes(state)));
        } else if !reader {
            parts.push(writes(state).to_owned());
        }
    }
    (health, parts.join(", "))
}

#[expect(clippy::cast_precision_loss, reason = "a handful of instances")]
fn number(count: usize) -> Value {
    Value::Number(count as f64)
}
