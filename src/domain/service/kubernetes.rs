//! A Kubernetes cluster in each Region.

use std::fmt;
use std::time::Duration;

use crate::domain::region::Pair;

/// What a service has in a Kubernetes cluster in each Region. Every call names its context and its namespace: the current
/// context is whichever was looked at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kubernetes {
    /// The context of each Region's cluster in the kubeconfig.
    pub context: Pair<String>,
    /// The namespace, the same in both.
    pub namespace: String,
    /// The kubeconfig's path; without it, kubectl's own search.
    pub kubeconfig: Option<String>,
    /// The workloads that carry the service.
    pub workloads: Vec<Workload>,
    /// How many replicas each workload has where the Region carries the service.
    pub replicas: Option<Pair<u32>>,
    /// Argo CD's applications.
    pub applications: Vec<String>,
    /// The namespace that the applications are in.
    pub argocd_namespace: String,
    /// The folders (or URLs) of kustomizations that make each Region what it should be.
    pub manifests: Option<Pair<String>>,
    /// The keys of Sealed Secrets.
    pub keys: Option<SealingKeys>,
    /// The secret that names the database.
    pub connection: Option<Connection>,
    /// How long one run of kubectl may take.
    pub timeout: Duration,
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// What it is.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: String,
}

/// What a workload is: those that have replicas and can be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkloadKind {
    /// `deployment`.
    Deployment,
    /// `statefulset`.
    StatefulSet,
}

impl WorkloadKind {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
        }
    }

    /// Its resource with its group, so that no other group's resource of that name is meant.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Deployment => "deployments.apps",
            Self::StatefulSet => "statefulsets.apps",
        }
    }
}

/// `deployments.apps/fineract`, as kubectl takes it.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.resource(), self.name)
    }
}

/// Where Sealed Secrets keeps its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKeys {
    /// The controller's namespace.
    pub namespace: String,
    /// The label that its keys bear.
    pub label: String,
}

/// A secret that names the database that the service connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The secret's name.
    pub secret: String,
    /// The key that holds the host.
    pub key: String,
    /// The host of each Region's own database.
    pub value: Pair<String>,
}
