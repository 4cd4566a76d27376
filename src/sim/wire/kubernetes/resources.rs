//! The resources that a simulated cluster has.

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) plural: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespaced: bool,
    pub(super) short: &'static [&'static str],
}

const fn resource(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
    short: &'static [&'static str],
) -> Resource {
    Resource { group, version, plural, kind, namespaced, short }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Those with a controller of their own are the workloads, the pods and the applications; the others are kept as written.
pub(super) const ALL: &[Resource] = &[
    resource("", "v1", "configmaps", "ConfigMap", true, &["cm"]),
    resource("", "v1", "namespaces", "Namespace", false, &["ns"]),
    resource("", "v1", "nodes", "Node", false, &["no"]),
    resource("", "v1", "pods", "Pod", true, &["po"]),
    resource("", "v1", "secrets", "Secret", true, &[]),
    resource("", "v1", "serviceaccounts", "ServiceAccount", true, &["sa"]),
    resource("", "v1", "services", "Service", true, &["svc"]),
    resource("apps", "v1", "deployments", "Deployment", true, &["deploy"]),
    resource("apps", "v1", "statefulsets", "StatefulSet", true, &["sts"]),
    resource("argoproj.io", "v1alpha1", "applications", "Application", true, &["app", "apps"]),
    resource("networking.k8s.io", "v1", "ingresses", "Ingress", true, &["ing"]),
    resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true, &["netpol"]),
    resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true, &["pdb"]),
    resource(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", false, &[]),
    resource(RBAC, "v1", "clusterroles", "ClusterRole", false, &[]),
    resource(RBAC, "v1", "rolebindings", "RoleBinding", true, &[]),
    resource(RBAC, "v1", "roles", "Role", true, &[]),
];

impl Resource {
    /// `apps/v1`, or `v1` of the group without a name.
    pub(super) fn group_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, or `secrets` of the group without a name.
    pub(super) fn name(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether it can be scaled.
    pub(super) fn scales(&self) -> bool {
        self.group == "apps"
    }

    /// Whether its objects can be written: pods follow from their workloads, nodes are there.
    pub(super) fn written(&self) -> bool {
        !matches!(self.plural, "pods" | "nodes")
    }

    /// Whether kubectl may merge its lists by their own keys; what is defined by a CRD is merged as plain JSON.
    pub(super) fn built_in(&self) -> bool {
        self.group != "argoproj.io"
    }
}
