//! What is done to a cluster: from one description come the plan's call, the command line that a person reads, and the
//! arguments that kubectl is run with.

use serde_json::{Map, Value, json};

use super::read::SUSPENDED;
use crate::domain::plan::Plan;
use crate::domain::region::HomeRole;
use crate::domain::service;
use crate::domain::text;

pub(super) const UP: &str = "scale-up";
pub(super) const DOWN: &str = "scale-down";
pub(super) const RESTART: &str = "restart";
pub(super) const APPLY: &str = "apply";
pub(super) const HOST: &str = "patch-connection";
pub(super) const SUSPEND: &str = "suspend-sync";
pub(super) const RESUME: &str = "resume-sync";

/// Every action, in the order in which a refusal lists them.
pub(super) const ACTIONS: [&str; 7] = [UP, DOWN, RESTART, APPLY, HOST, SUSPEND, RESUME];

/// What an action needs to be allowed, as `kubectl auth can-i` is asked for it, and the namespace. What a kustomization holds
/// is not known before it is applied.
pub(super) fn needs<'a>(action: &str, spec: &'a service::Kubernetes) -> Vec<(&'a str, Vec<String>)> {
    let patch = |of: String, part: Option<&str>| {
        let part = part.map(|part| format!("--subresource={part}"));
        [Some("patch".to_owned()), Some(of), part].into_iter().flatten().collect::<Vec<_>>()
    };
    let workloads = |part: Option<&str>| {
        let of = |workload: &service::Workload| (spec.namespace.as_str(), patch(workload.to_string(), part));
        spec.workloads.iter().map(of).collect::<Vec<_>>()
    };
    match action {
        UP | DOWN => workloads(Some("scale")),
        RESTART => workloads(None),
        HOST => {
            let secrets = spec.connection.iter().map(|connection| format!("secrets/{}", connection.secret));
            secrets.map(|secret| (spec.namespace.as_str(), patch(secret, None))).collect()
        }
        SUSPEND | RESUME => {
            let applications = spec.applications.iter().map(|name| format!("applications.argoproj.io/{name}"));
            applications.map(|name| (spec.argocd_namespace.as_str(), patch(name, None))).collect()
        }
        _ => Vec::new(),
    }
}

/// One run of kubectl that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doing {
    /// The replicas of every workload.
    Scale(u32),
    /// A restart of every workload, pod by pod.
    Restart,
    /// A kustomization.
    Apply,
    /// The database's host, if the secret is still of this version.
    Host { host: String, version: String },
    /// Argo CD's automated sync is taken away, and kept in an annotation. The version is there for a single application.
    Suspend { automated: String, version: Option<String> },
    /// Argo CD's automated sync as it was.
    Resume { automated: String, version: Option<String> },
}

/// A patch of an application: what is kept in the annotation, and its sync policy.
fn policy(kept: &Value, automated: &Value, version: Option<&String>) -> String {
    let mut metadata = Map::new();
    metadata.insert("annotations".to_owned(), json!({ SUSPENDED: kept }));
    metadata.extend(version.map(|version| ("resourceVersion".to_owned(), json!(version))));
    json!({ "metadata": metadata, "spec": { "syncPolicy": { "automated": automated } } }).to_string()
}

impl Doing {
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::Scale(_) => "scale",
            Self::Restart => "rollout restart",
            Self::Apply => "apply",
            Self::Host { .. } | Self::Suspend { .. } | Self::Resume { .. } => "patch",
        }
    }

    /// The namespace that it is done in.
    pub(super) fn namespace<'a>(&self, spec: &'a service::Kubernetes) -> &'a str {
        match self {
            Self::Suspend { .. } | Self::Resume { .. } => &spec.argocd_namespace,
            _ => &spec.namespace,
        }
    }

    /// The arguments after those that say where.
    pub(super) fn words(&self, spec: &service::Kubernetes, role: HomeRole) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let workloads = spec.workloads.iter().map(ToString::to_string);
        let patch = |kind: &str, names: &[String], patch: String| {
            let mut words = owned(&["patch", kind]);
            words.extend(names.iter().cloned());
            words.extend(owned(&["--type=merge", "-p"]));
            words.push(patch);
            words
        };
        match self {
            Self::Scale(count) => {
                let mut words = vec!["scale".to_owned(), format!("--replicas={count}")];
                words.extend(workloads);
                words
            }
            Self::Restart => owned(&["rollout", "restart"]).into_iter().chain(workloads).collect(),
            Self::Apply => {
                let folder = spec.manifests.as_ref().map(|folders| folders.get(role).as_str());
                owned(&["apply", "-k", folder.unwrap_or_default()])
            }
            Self::Host { host, version } => {
                let (secret, key) =
                    spec.connection.as_ref().map_or(("", "host"), |found| (found.secret.as_str(), found.key.as_str()));
                // With the version that was read, the API refuses the patch if anybody was here in between.
                let text = json!({ "metadata": { "resourceVersion": version }, "stringData": { key: host } });
                patch("secret", &[secret.to_owned()], text.to_string())
            }
            Self::Suspend { automated, version } => patch(
                "applications.argoproj.io",
                &spec.applications,
                policy(&json!(automated), &Value::Null, version.as_ref()),
            ),
            Self::Resume { automated, version } => {
                let restored = serde_json::from_str(automated).unwrap_or_default();
                patch("applications.argoproj.io", &spec.applications, policy(&Value::Null, &restored, version.as_ref()))
            }
        }
    }

    /// The call's parameters beside the context and the namespace.
    pub(super) fn params(&self, spec: &service::Kubernetes, role: HomeRole) -> Vec<(&'static str, String)> {
        let workloads = || spec.workloads.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let applications = |automated: &String, version: &Option<String>| {
            let mut params = vec![("applications", spec.applications.join(" ")), ("automated", automated.clone())];
            params.extend(version.clone().map(|version| ("resourceVersion", version)));
            params
        };
        match self {
            Self::Scale(count) => vec![("workloads", workloads()), ("replicas", count.to_string())],
            Self::Restart => vec![("workloads", workloads())],
            Self::Apply => {
                vec![(
                    "manifests",
                    spec.manifests.as_ref().map(|folders| folders.get(role).clone()).unwrap_or_default(),
                )]
            }
            Self::Host { host, version } => {
                let found = spec.connection.as_ref();
                vec![
                    ("secret", found.map(|found| found.secret.clone()).unwrap_or_default()),
                    ("key", found.map(|found| found.key.clone()).unwrap_or_default()),
                    ("host", host.clone()),
                    ("resourceVersion", version.clone()),
                ]
            }
            Self::Suspend { automated, version } | Self::Resume { automated, version } => {
                applications(automated, version)
            }
        }
    }

    /// What a plan says is to be done, if the service file says so too.
    pub(super) fn of(plan: &Plan, spec: &service::Kubernetes, role: HomeRole) -> Result<Self, String> {
        let need =
            |name: &str| plan.call.param(name).map(str::to_owned).ok_or_else(|| format!("the plan names no {name}"));
        let version = plan.call.param("resourceVersion").map(str::to_owned);
        let doing = match plan.action.as_str() {
            UP | DOWN => Self::Scale(need("replicas")?.parse().map_err(|_| "the plan names no count".to_owned())?),
            RESTART => Self::Restart,
            APPLY => Self::Apply,
            HOST => Self::Host { host: need("host")?, version: need("resourceVersion")? },
            SUSPEND => Self::Suspend { automated: need("automated")?, version },
            RESUME => Self::Resume { automated: need("automated")?, version },
            other => return Err(format!("there is no action {:?}", text::bounded(other, 60))),
        };
        let wanted = match &doing {
            Self::Scale(count) if plan.action == UP => {
                spec.replicas.as_ref().is_some_and(|replicas| replicas.get(role) == count)
            }
            Self::Scale(count) => *count == 0,
            Self::Host { host, .. } => {
                spec.connection.as_ref().is_some_and(|connection| connection.value.get(role) == host)
            }
            _ => true,
        };
        let params = doing.params(spec, role);
        let same = params.iter().all(|(name, value)| plan.call.param(name) == Some(value));
        let here = plan.call.param("context") == Some(spec.context.get(role))
            && plan.call.param("namespace") == Some(doing.namespace(spec));
        if wanted && same && here { Ok(doing) } else { Err("the plan says another thing than the service file".into()) }
    }
}
