//! Resolving an action to the exact run of kubectl.

use super::Kubernetes;
use super::doing::{ACTIONS, APPLY, DOWN, Doing, HOST, RESTART, RESUME, SUSPEND, UP};
use super::read::Application;
use super::said::Failed;
use crate::domain::gate::GateResult;
use crate::domain::plan::{Ask, Basis, Plan, Refusal};
use crate::domain::region::HomeRole;
use crate::domain::runbook::Hazard;
use crate::domain::{hash, text};
use crate::providers::own::{basis, call, gate, verdict, yes_no};

/// How many of a kustomization's objects are named one by one.
const NAMED: usize = 12;

/// What a plan says beside its call.
#[derive(Default)]
struct Found {
    changes: Vec<String>,
    basis: Vec<Basis>,
    gates: Vec<GateResult>,
}

/// An object that a kustomization would make or change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) object: String,
    pub(super) verb: String,
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unread(failed: Failed) -> Refusal {
    Refusal::new(format!("what it rests on cannot be read now: {}", failed.message))
}

impl Kubernetes {
    pub(super) async fn resolve(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (_, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let lacks = |what: &str| Refusal::new(format!("{} has no `{what}` in the service file", self.own.id));
        let workloads = !self.spec.workloads.is_empty();
        let (doing, found) = match ask.action.as_str() {
            UP => {
                let replicas = self.spec.replicas.as_ref().ok_or_else(|| lacks("replicas"))?;
                self.scale(ask, role, *replicas.get(role)).await?
            }
            DOWN if workloads => self.scale(ask, role, 0).await?,
            RESTART if workloads => self.restart(role).await?,
            DOWN | RESTART => return Err(lacks("workloads")),
            APPLY => self.apply(ask, role).await?,
            HOST => self.connect(ask, role).await?,
            SUSPEND | RESUME if self.spec.applications.is_empty() => return Err(lacks("applications")),
            SUSPEND => self.suspend(role).await?,
            RESUME => self.resume(ask, role).await?,
            _ => return Err(self.own.no_action(ask, &ACTIONS)),
        };
        let namespace = doing.namespace(&self.spec);
        let context = self.spec.context.get(role);
        let mut params = vec![("context", context.as_str()), ("namespace", namespace)];
        let own = doing.params(&self.spec, role);
        params.extend(own.iter().map(|(name, value)| (*name, value.as_str())));
        let region = self.own.regions.get(role).as_str();
        let mut line = vec!["kubectl".to_owned()];
        line.extend(self.line(role, namespace, &doing.words(&self.spec, role)));
        let call = call("kubectl", doing.operation(), region, &params);
        let Found { changes, basis, gates } = found;
        Ok(Plan { changes, basis, gates, ..self.own.plan(ask, call, text::shell_line(line), Hazard::Write) })
    }

    /// The gate of whatever Argo CD would undo.
    async fn left_alone(&self, ask: &Ask, role: HomeRole) -> Result<Vec<GateResult>, Refusal> {
        const NAME: &str = "Argo CD leaves it as it is";
        if self.spec.applications.is_empty() {
            return Ok(Vec::new());
        }
        let source = self.source(role);
        let all = self.applications(role).await.map_err(unread)?;
        let healing: Vec<&str> = all.iter().filter(|app| app.heals).map(|app| app.name.as_str()).collect();
        let said = if healing.is_empty() { "none heals itself".to_owned() } else { healing.join(", ") };
        let evidence = self.own.evidence(&ask.on, "auto_sync", said, &source);
        Ok(vec![gate(NAME, verdict(healing.is_empty()), evidence)])
    }

    async fn scale(&self, ask: &Ask, role: HomeRole, count: u32) -> Result<(Doing, Found), Refusal> {
        let states = self.workloads(role).await.map_err(unread)?;
        let wanted = i64::from(count);
        if states.iter().all(|(_, state)| state.desired == wanted) {
            let ready: i64 = states.iter().map(|(_, state)| state.ready).sum();
            return Err(Refusal::already(format!(
                "every workload is to have {count} replicas already; {ready} are ready"
            )));
        }
        let context = self.spec.context.get(role);
        let mut found = Found { gates: self.left_alone(ask, role).await?, ..Found::default() };
        for (workload, state) in &states {
            if state.desired != wanted {
                found.changes.push(format!("{workload} in {context} goes from {} to {count} replicas.", state.desired));
            }
            found.basis.extend(basis(&[(&format!("{workload} replicas"), &state.desired.to_string())]));
        }
        if count == 0 {
            found.changes.push(format!("Nothing of it runs in {context} then, unless an autoscaler starts it again."));
            found.changes.push("A pod that is being stopped may work on for its grace period.".to_owned());
        } else {
            let (ready, all) = self.nodes(role).await.map_err(unread)?;
            let evidence = self.own.evidence(&ask.on, "nodes_ready", format!("{ready} of {all}"), &self.source(role));
            found.gates.push(gate("a node is ready", verdict(ready > 0), evidence));
        }
        Ok((Doing::Scale(count), found))
    }

    async fn restart(&self, role: HomeRole) -> Result<(Doing, Found), Refusal> {
        let states = self.workloads(role).await.map_err(unread)?;
        if states.iter().all(|(_, state)| state.desired == 0) {
            return Err(Refusal::new("there is nothing to restart: every workload is scaled to zero"));
        }
        let mut found = Found::default();
        for (workload, state) in &states {
            let change = format!("The {} pods of {workload} are replaced, some at a time.", state.desired);
            found.changes.push(change);
            let since = if state.restarted.is_empty() { "never" } else { &state.restarted };
            found.basis.extend(basis(&[(&format!("{workload} restarted"), since)]));
        }
        found.changes.push("The new pods read secrets and configuration as they are then.".to_owned());
        Ok((Doing::Restart, found))
    }

    /// What a kustomization is: the hash of what it renders to, and what the API says would come of it.
    pub(super) async fn would_change(&self, role: HomeRole) -> Result<(String, Vec<Change>), Failed> {
        let folder = self.spec.manifests.as_ref().map(|folders| folders.get(role).as_str()).unwrap_or_default();
        let rendered = self.ask(role, &self.spec.namespace, &["kustomize", folder]).await?;
        let words = ["apply", "-k", folder, "--dry-run=server"].map(str::to_owned);
        let said = self.run(role, &self.spec.namespace, &words, Self::times(&Doing::Apply)).await?;
        let change = |line: &str| {
            let line = line.trim_end().strip_suffix(" (server dry run)")?;
            let (object, verb) = line.split_once(' ')?;
            Some(Change { object: text::bounded(object, 300), verb: text::bounded(verb, 40) })
        };
        let lines = String::from_utf8_lossy(&said);
        let changes = lines.lines().filter(|line| !line.trim().is_empty()).map(change).collect::<Option<Vec<_>>>();
        let changes = changes.ok_or_else(|| Failed::garbled("kubectl apply --dry-run=server", "an unknown line"))?;
        Ok((hash::sha256(&rendered), changes.into_iter().filter(|change| change.verb != "unchanged").collect()))
    }

    async fn apply(&self, ask: &Ask, role: HomeRole) -> Result<(Doing, Found), Refusal> {
        let Some(folders) = &self.spec.manifests else {
            return Err(Refusal::new(format!("{} has no `manifests` in the service file", self.own.id)));
        };
        let folder = folders.get(role);
        let (rendered, changes) = self.would_change(role).await.map_err(unread)?;
        if changes.is_empty() {
            return Err(Refusal::already(format!("{} is what {folder} says already", self.spec.context.get(role))));
        }
        let all: Vec<String> = changes.iter().map(|change| format!("{} {}", change.object, change.verb)).collect();
        let mut found = Found {
            changes: changes.iter().take(NAMED).map(|change| format!("{}: {}.", change.object, change.verb)).collect(),
            basis: basis(&[("rendered manifests, SHA-256", &rendered), ("would change", &all.join(", "))]),
            gates: self.left_alone(ask, role).await?,
        };
        if all.len() > NAMED {
            found.changes.push(format!("And {} more objects.", all.len() - NAMED));
        }
        if !folder.starts_with('/') && !folder.contains("://") {
            found.changes.push(format!("{folder} is below the folder of the service file."));
        }
        Ok((Doing::Apply, found))
    }

    async fn connect(&self, ask: &Ask, role: HomeRole) -> Result<(Doing, Found), Refusal> {
        let Some(connection) = &self.spec.connection else {
            return Err(Refusal::new(format!("{} has no `connection` in the service file", self.own.id)));
        };
        let (secret, host) = (&connection.secret, connection.value.get(role));
        let read = self.host(role, connection).await.map_err(unread)?;
        let current = match &read.host {
            Some(current) if current == host => {
                return Err(Refusal::already(format!("{secret} names {host} already")));
            }
            // A secret may hold anything under the key: it is shown only if it is the other Region's host.
            Some(current) if current == connection.value.get(role.other()) => current.clone(),
            Some(_) => "another value".to_owned(),
            None => "nothing".to_owned(),
        };
        let found = Found {
            changes: vec![
                format!("{secret} in {} names {host} instead of {current}.", self.spec.context.get(role)),
                "Pods that took it from their environment keep the old host until they are restarted.".to_owned(),
            ],
            basis: basis(&[("resource version", &read.version), ("host", &current)]),
            gates: self.left_alone(ask, role).await?,
        };
        Ok((Doing::Host { host: host.clone(), version: read.version }, found))
    }

    /// The one policy of all: a single patch writes the same to each of them.
    fn one_policy(&self, all: &[Application], of: fn(&Application) -> Option<&String>) -> Result<String, Refusal> {
        let mut policies: Vec<&String> = all.iter().filter_map(of).collect();
        policies.dedup();
        match policies.as_slice() {
            [one] if all.iter().all(|app| of(app).is_some()) => Ok((*one).clone()),
            _ => {
                let reason = "its applications have different sync policies: give each a component of its own";
                Err(Refusal::new(format!("{}: {reason}", self.own.id)))
            }
        }
    }

    fn versions(all: &[Application]) -> (Option<String>, Vec<Basis>) {
        let version = match all {
            [only] => Some(only.version.clone()),
            _ => None,
        };
        let policy = |app: &Application| app.automated.clone().unwrap_or_else(|| "none".to_owned());
        (version, all.iter().flat_map(|app| basis(&[(&format!("{} automated", app.name), &policy(app))])).collect())
    }

    async fn suspend(&self, role: HomeRole) -> Result<(Doing, Found), Refusal> {
        let all = self.applications(role).await.map_err(unread)?;
        if all.iter().all(|app| app.automated.is_none()) {
            return Err(Refusal::already("no application is synced automatically"));
        }
        let automated = self.one_policy(&all, |app| app.automated.as_ref())?;
        let (version, basis) = Self::versions(&all);
        let names = self.spec.applications.join(", ");
        let changes = vec![
            format!("Argo CD in {} no longer syncs {names} by itself.", self.spec.context.get(role)),
            format!("The policy {automated} is kept in an annotation, for resume-sync."),
        ];
        Ok((Doing::Suspend { automated, version }, Found { changes, basis, ..Found::default() }))
    }

    async fn resume(&self, ask: &Ask, role: HomeRole) -> Result<(Doing, Found), Refusal> {
        let all = self.applications(role).await.map_err(unread)?;
        if all.iter().all(|app| app.automated.is_some()) {
            return Err(Refusal::already("every application is synced automatically"));
        }
        if all.iter().all(|app| app.suspended.is_none()) {
            return Err(Refusal::new("no application has a sync policy that handover took away"));
        }
        let automated = self.one_policy(&all, |app| app.suspended.as_ref())?;
        if !serde_json::from_str::<serde_json::Value>(&automated).is_ok_and(|policy| policy.is_object()) {
            return Err(Refusal::new("the annotation with the sync policy is no policy"));
        }
        let (version, basis) = Self::versions(&all);
        let synced = all.iter().all(|app| app.sync == "Synced");
        let evidence = self.own.evidence(&ask.on, "synced", yes_no(synced), &self.source(role));
        let changes = vec![
            format!(
                "Argo CD in {} syncs {} by itself again: {automated}.",
                self.spec.context.get(role),
                self.spec.applications.join(", ")
            ),
            "Whatever was changed in the cluster and is not in Git is undone then.".to_owned(),
        ];
        let gates = vec![gate("Git says what the cluster is", verdict(synced), evidence)];
        Ok((Doing::Resume { automated, version }, Found { changes, basis, gates }))
    }
}
