//! What a look at a cluster gives.

use super::Kubernetes;
use super::read::Application;
use super::said::Failed;
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::HomeRole;

impl Kubernetes {
    pub(super) async fn observe_region(&self, role: HomeRole) -> Result<Observation, Unread> {
        let mut seen = Observation::new(self.source(role));
        if let Err(failed) = self.ready(role).await {
            let unread = Unread::from(failed);
            // An API that refuses, or says that it is not ready, has answered the question; one that is silent has not.
            if !matches!(unread.why, Why::Unreachable | Why::ServerError) {
                return Err(unread);
            }
            seen.fact("reachable", Value::Bool(false));
            seen.glance(Health::Down, format!("the API: {unread}"));
            seen.unread.push(("the API".to_owned(), unread));
            return Ok(seen);
        }
        seen.fact("reachable", Value::Bool(true));
        let (version, nodes, workloads, applications, connection, keys) = tokio::join!(
            self.version(role),
            self.nodes(role),
            async { if self.spec.workloads.is_empty() { None } else { Some(self.workloads(role).await) } },
            async { if self.spec.applications.is_empty() { None } else { Some(self.applications(role).await) } },
            async {
                let connection = self.spec.connection.as_ref()?;
                Some(self.host(role, connection).await.map(|read| (read, connection)))
            },
            async { Some(self.keys(role, self.spec.keys.as_ref()?).await) },
        );
        let mut look = Look { seen, health: Health::Healthy, said: Vec::new() };
        look.take("version", version, |look, version| look.seen.text("version", version));
        look.take("nodes", nodes, |look, (ready, all)| {
            look.count("nodes", all);
            look.count("nodes_ready", ready);
            if ready < all || all == 0 {
                look.note(
                    if ready == 0 { Health::Down } else { Health::Degraded },
                    format!("{ready} of {all} nodes ready"),
                );
            }
        });
        look.maybe("workloads", workloads, |look, workloads| {
            let sum = |of: fn(&super::read::State) -> i64| workloads.iter().map(|(_, state)| of(state)).sum::<i64>();
            let (ready, desired) = (sum(|state| state.ready), sum(|state| state.desired));
            let available = workloads.iter().all(|(_, state)| state.available());
            look.count("desired", desired);
            look.count("ready", ready);
            look.seen.fact("available", Value::Bool(available));
            let health = match (available, desired, ready) {
                (true, ..) => Health::Healthy,
                (false, 0, 0) => Health::Degraded,
                (false, _, 0) => Health::Down,
                _ => Health::Degraded,
            };
            let count = if desired == 0 { "scaled to zero".to_owned() } else { format!("{ready} of {desired} ready") };
            look.note(health, count);
            for (workload, state) in &workloads {
                if let Some(why) = &state.failed {
                    look.note(Health::Down, format!("{}: {why}", workload.name));
                }
            }
        });
        look.maybe("applications", applications, |look, all| {
            let health = Application::worst(&all);
            let synced = all.iter().all(|app| app.sync == "Synced");
            let line = |app: &Application| {
                let auto = if app.automated.is_some() { "auto-sync" } else { "no auto-sync" };
                format!("{} {} {} {auto}", app.name, app.sync, app.health)
            };
            look.seen.text("applications", all.iter().map(line).collect::<Vec<_>>().join(", "));
            look.seen.fact("synced", Value::Bool(synced));
            look.seen.text("application_health", health);
            look.seen.fact("auto_sync", Value::Bool(all.iter().any(|app| app.automated.is_some())));
            let glance = match health {
                "Healthy" if synced => return,
                "Healthy" | "Progressing" | "Suspended" => Health::Degraded,
                "Unknown" => Health::Unknown,
                _ => Health::Down,
            };
            look.note(glance, format!("Argo CD: {health}, {}", if synced { "synced" } else { "out of sync" }));
        });
        look.maybe("connection", connection, |look, (read, connection)| {
            let current = read.host.as_ref() == Some(connection.value.get(role));
            look.seen.fact("connection_current", Value::Bool(current));
            if !current {
                look.note(Health::Degraded, format!("{} names another database", connection.secret));
            }
        });
        look.maybe("keys", keys, |look, keys| {
            look.count("keys", keys.count());
            match keys.fingerprint() {
                Some(fingerprint) => look.seen.text("keys_fingerprint", fingerprint),
                None => look.note(Health::Down, "no keys to unseal secrets with".to_owned()),
            }
        });
        Ok(look.end())
    }

    /// Whether both clusters can unseal the same secrets.
    pub(super) async fn observe_keys(&self) -> Result<Observation, Unread> {
        let Some(keys) = &self.spec.keys else {
            return Err(Unread::new(Why::NotFound, format!("{} has no keys", self.own.id)));
        };
        let (primary, standby) = tokio::join!(self.keys(HomeRole::Primary, keys), self.keys(HomeRole::Standby, keys));
        let (primary, standby) = (primary?, standby?);
        // Two clusters without any key have nothing in common.
        let equal = primary.count() > 0 && primary == standby;
        let mut seen =
            Observation::new(format!("kubectl get secrets -l {} --namespace {}", keys.label, keys.namespace));
        seen.fact("keys_equal", Value::Bool(equal));
        let counts = format!("{} and {} keys", primary.count(), standby.count());
        if equal {
            seen.glance(Health::Healthy, format!("{counts}, the same"));
        } else {
            seen.glance(Health::Degraded, format!("{counts}, not the same"));
        }
        Ok(seen)
    }
}

/// A look under way.
struct Look {
    seen: Observation,
    health: Health,
    said: Vec<String>,
}

impl Look {
    fn take<T>(&mut self, what: &str, read: Result<T, Failed>, found: impl FnOnce(&mut Self, T)) {
        match read {
            Ok(value) => found(self, value),
            Err(failed) => {
                let unread = Unread::from(failed);
                self.note(Health::Unknown, format!("{what}: {}", unread.why.as_str()));
                self.seen.unread.push((what.to_owned(), unread));
            }
        }
    }

    fn maybe<T>(&mut self, what: &str, read: Option<Result<T, Failed>>, found: impl FnOnce(&mut Self, T)) {
        if let Some(read) = read {
            self.take(what, read, found);
        }
    }

    fn count(&mut self, name: &str, count: impl TryInto<u32>) {
        let count = count.try_into().unwrap_or(u32::MAX);
        self.seen.fact(name, Value::Number(count.into()));
    }

    /// The worst counts; what is not known is worse than what is degraded, and not as bad as what is down.
    fn note(&mut self, health: Health, said: String) {
        let rank = |health| match health {
            Health::Healthy => 0,
            Health::Degraded => 1,
            Health::Unknown => 2,
            Health::Down => 3,
        };
        if rank(health) > rank(self.health) {
            self.health = health;
        }
        self.said.push(said);
    }

    fn end(mut self) -> Observation {
        let said = if self.said.is_empty() { "ready".to_owned() } else { self.said.join(", ") };
        self.seen.glance(self.health, said);
        self.seen
    }
}
