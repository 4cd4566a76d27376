//! What is read of a cluster, by kubectl's own output as JSON or by chosen fields.

use aws_smithy_types::base64;
use serde_json::Value;

use super::Kubernetes;
use super::said::Failed;
use crate::domain::hash;
use crate::domain::region::HomeRole;
use crate::domain::service::{Connection, SealingKeys, Workload, WorkloadKind};
use crate::domain::text;

/// Where `kubectl rollout restart` notes when it did.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";
/// Where handover keeps the sync policy that it took away.
pub(super) const SUSPENDED: &str = "handover/suspended-sync";

/// A workload as its status has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) desired: i64,
    pub(super) total: i64,
    pub(super) ready: i64,
    pub(super) updated: i64,
    pub(super) generation: i64,
    pub(super) observed: i64,
    /// When it was last restarted by `kubectl rollout restart`; empty if never.
    pub(super) restarted: String,
    /// Why a rollout has failed, if it has.
    pub(super) failed: Option<String>,
}

impl State {
    fn of(workload: &Workload, object: &Value) -> Self {
        let number = |path: &str| object.pointer(path).and_then(Value::as_i64);
        let status = |name: &str| number(&format!("/status/{name}")).unwrap_or(0);
        let annotations = object.pointer("/spec/template/metadata/annotations");
        let restarted = annotations.and_then(|all| all.get(RESTARTED)).and_then(Value::as_str).unwrap_or_default();
        let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
        let stuck = conditions.into_iter().flatten().find(|condition| {
            condition.get("type").and_then(Value::as_str) == Some("Progressing")
                && condition.get("status").and_then(Value::as_str) == Some("False")
        });
        let message = |condition: &Value| {
            let said = condition.get("message").and_then(Value::as_str).unwrap_or("it makes no progress");
            text::bounded(said, 200)
        };
        Self {
            // The API server's default, where nobody has said.
            desired: number("/spec/replicas").unwrap_or(1),
            total: status("replicas"),
            ready: status("readyReplicas"),
            updated: status("updatedReplicas"),
            generation: number("/metadata/generation").unwrap_or(0),
            observed: status("observedGeneration"),
            restarted: text::bounded(restarted, 60),
            failed: stuck.filter(|_| workload.kind == WorkloadKind::Deployment).map(message),
        }
    }

    /// Whether the status is of what is wanted now, and not of what was.
    pub(super) fn current(&self) -> bool {
        self.observed >= self.generation
    }

    /// As many as are wanted, all ready and of the newest template, and none left over.
    pub(super) fn settled(&self) -> bool {
        self.current() && self.ready == self.desired && self.total == self.desired && self.updated == self.desired
    }

    /// It carries something: 0 of 0 does not.
    pub(super) fn available(&self) -> bool {
        self.desired > 0 && self.current() && self.ready >= self.desired
    }
}

/// An application of Argo CD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) sync: String,
    pub(super) health: &'static str,
    /// `spec.syncPolicy.automated` as it is, if it is there and not switched off.
    pub(super) automated: Option<String>,
    /// Whether it undoes what differs from Git.
    pub(super) heals: bool,
    /// The policy that handover took away.
    pub(super) suspended: Option<String>,
    pub(super) version: String,
}

/// From the worst to the best.
const HEALTH: [&str; 6] = ["Degraded", "Missing", "Unknown", "Suspended", "Progressing", "Healthy"];

impl Application {
    fn of(object: &Value) -> Self {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or("Unknown");
        let automated = object
            .pointer("/spec/syncPolicy/automated")
            .filter(|policy| policy.is_object() && policy.get("enabled").and_then(Value::as_bool) != Some(false));
        let annotations = object.pointer("/metadata/annotations");
        let suspended = annotations.and_then(|all| all.get(SUSPENDED)).and_then(Value::as_str);
        let health = text("/status/health/status");
        Self {
            name: text::bounded(text("/metadata/name"), 253),
            sync: text::bounded(text("/status/sync/status"), 40),
            health: HEALTH.into_iter().find(|known| *known == health).unwrap_or("Unknown"),
            heals: automated.and_then(|policy| policy.get("selfHeal")).and_then(Value::as_bool) == Some(true),
            automated: automated.map(Value::to_string),
            suspended: suspended.map(str::to_owned),
            version: text::bounded(text("/metadata/resourceVersion"), 40),
        }
    }

    /// The worst health of all.
    pub(super) fn worst(all: &[Self]) -> &'static str {
        HEALTH.into_iter().find(|health| all.iter().any(|app| app.health == *health)).unwrap_or("Unknown")
    }
}

/// The secret that names the database, without anything else that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) version: String,
    /// The host; `None` if the secret has no such key, or no text in it.
    pub(super) host: Option<String>,
}

/// The keys of Sealed Secrets: names and public certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    by_name: Vec<(String, String)>,
}

impl Keys {
    pub(super) fn count(&self) -> usize {
        self.by_name.len()
    }

    /// SHA-256 over the names and the certificates; `None` of none.
    pub(super) fn fingerprint(&self) -> Option<String> {
        (!self.by_name.is_empty()).then(|| hash::of(&self.by_name))
    }
}

impl Kubernetes {
    /// Whether the API says that it is ready.
    pub(super) async fn ready(&self, role: HomeRole) -> Result<(), Failed> {
        // `--raw` takes the place of the whole path, and a cluster behind a gateway has its API below one.
        const SERVER: &str = "jsonpath={.clusters[0].cluster.server}";
        let server = self.ask(role, &self.spec.namespace, &["config", "view", "--minify", "-o", SERVER]).await?;
        let server = String::from_utf8_lossy(&server);
        let below = server.split_once("://").and_then(|(_, rest)| rest.trim().split_once('/'));
        let path =
            format!("{}/readyz", below.map(|(_, path)| format!("/{}", path.trim_matches('/'))).unwrap_or_default());
        let path = path.replace("//", "/");
        let said = self.ask(role, &self.spec.namespace, &["get", "--raw", &path]).await?;
        if said.trim_ascii() == b"ok" { Ok(()) } else { Err(Failed::garbled("/readyz", text::visible_bytes(&said))) }
    }

    pub(super) async fn version(&self, role: HomeRole) -> Result<String, Failed> {
        let version = self.json(role, &self.spec.namespace, &["version", "-o", "json"]).await?;
        let said = version.pointer("/serverVersion/gitVersion").and_then(Value::as_str);
        said.map(|said| text::bounded(said, 60)).ok_or_else(|| Failed::garbled("kubectl version", "no serverVersion"))
    }

    /// How many nodes are ready, and how many there are.
    pub(super) async fn nodes(&self, role: HomeRole) -> Result<(usize, usize), Failed> {
        let answer = self.json(role, &self.spec.namespace, &["get", "nodes", "-o", "json"]).await?;
        let nodes = items(&answer);
        let ready = |node: &&&Value| {
            let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
            conditions.into_iter().flatten().any(|condition| {
                let is = |key: &str, value: &str| condition.get(key).and_then(Value::as_str) == Some(value);
                is("type", "Ready") && is("status", "True")
            })
        };
        Ok((nodes.iter().filter(ready).count(), nodes.len()))
    }

    /// The workloads in the order of the service file. One that is missing is an error: it is not read as nothing.
    pub(super) async fn workloads(&self, role: HomeRole) -> Result<Vec<(&Workload, State)>, Failed> {
        let names: Vec<String> = self.spec.workloads.iter().map(ToString::to_string).collect();
        let mut words = vec!["get"];
        words.extend(names.iter().map(String::as_str));
        words.extend(["-o", "json"]);
        let answer = self.json(role, &self.spec.namespace, &words).await?;
        let found = items(&answer);
        let state = |workload| {
            let here = found.iter().find(|object| is(object, workload));
            let missing =
                || Failed::garbled("kubectl get", format!("{workload} is not among those that were asked for"));
            Ok((workload, State::of(workload, here.ok_or_else(missing)?)))
        };
        self.spec.workloads.iter().map(state).collect()
    }

    pub(super) async fn applications(&self, role: HomeRole) -> Result<Vec<Application>, Failed> {
        let mut words = vec!["get", "applications.argoproj.io"];
        words.extend(self.spec.applications.iter().map(String::as_str));
        words.extend(["-o", "json"]);
        let answer = self.json(role, &self.spec.argocd_namespace, &words).await?;
        Ok(items(&answer).into_iter().map(Application::of).collect())
    }

    /// Only the one key is asked for: nothing else of the secret comes into this process.
    pub(super) async fn host(&self, role: HomeRole, connection: &Connection) -> Result<Host, Failed> {
        let key = connection.key.replace('.', "\\.");
        let fields = format!("jsonpath={{.metadata.resourceVersion}}{{\"\\n\"}}{{.data.{key}}}");
        let words = ["get", "secret", connection.secret.as_str(), "-o", fields.as_str()];
        let said = self.ask(role, &self.spec.namespace, &words).await?;
        let said = String::from_utf8(said).map_err(|error| Failed::garbled("kubectl get secret", error))?;
        let (version, data) = said.split_once('\n').unwrap_or((said.as_str(), ""));
        let host = base64::decode(data.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Host { version: text::bounded(version, 40), host: host.filter(|_| !data.trim().is_empty()) })
    }

    /// Names and certificates alone are asked for, never the private keys.
    pub(super) async fn keys(&self, role: HomeRole, keys: &SealingKeys) -> Result<Keys, Failed> {
        const FIELDS: &str = "jsonpath={range .items[*]}{.metadata.name}{\" \"}{.data.tls\\.crt}{\"\\n\"}{end}";
        let said = self.ask(role, &keys.namespace, &["get", "secrets", "-l", &keys.label, "-o", FIELDS]).await?;
        let said = String::from_utf8(said).map_err(|error| Failed::garbled("kubectl get secrets", error))?;
        let key = |line: &str| {
            let (name, certificate) = line.split_once(' ')?;
            (!certificate.is_empty()).then(|| (name.to_owned(), certificate.to_owned()))
        };
        let lines = said.lines().filter(|line| !line.trim().is_empty());
        let mut by_name = lines.map(key).collect::<Option<Vec<_>>>().ok_or_else(|| {
            Failed::garbled("kubectl get secrets", "a secret with the keys' label has no certificate")
        })?;
        by_name.sort();
        Ok(Keys { by_name })
    }
}

/// The objects of an answer: one, or a list of them.
fn items(answer: &Value) -> Vec<&Value> {
    match answer.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().collect(),
        None => vec![answer],
    }
}

fn is(object: &Value, workload: &Workload) -> bool {
    object.get("kind").and_then(Value::as_str) == Some(workload.kind.as_str())
        && object.pointer("/metadata/name").and_then(Value::as_str) == Some(&workload.name)
}
