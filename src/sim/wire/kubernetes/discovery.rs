//! What a client asks first: which groups, versions and resources there are.

use serde_json::{Value, json};

use super::resources::{ALL, Resource};
use crate::sim::world::kube::VERSION;

pub(super) fn version() -> Value {
    json!({
        "major": "1", "minor": "32", "gitVersion": VERSION, "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean", "buildDate": "2025-01-01T00:00:00Z", "goVersion": "go1.23.8", "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// `/api`.
pub(super) fn core_versions() -> Value {
    json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] })
}

/// `/apis`.
pub(super) fn groups() -> Value {
    let mut groups: Vec<&Resource> = ALL.iter().filter(|resource| !resource.group.is_empty()).collect();
    groups.dedup_by_key(|resource| resource.group);
    let group = |resource: &Resource| {
        let version = json!({ "groupVersion": resource.group_version(), "version": resource.version });
        json!({ "name": resource.group, "versions": [version], "preferredVersion": version })
    };
    json!({
        "kind": "APIGroupList", "apiVersion": "v1",
        "groups": groups.into_iter().map(group).collect::<Vec<_>>(),
    })
}

/// `/api/v1` and `/apis/GROUP/VERSION`; `None` if there is no such group.
pub(super) fn resources(group_version: &str) -> Option<Value> {
    let mut list = Vec::new();
    for resource in ALL.iter().filter(|resource| resource.group_version() == group_version) {
        let verbs: &[&str] = if resource.written() {
            &["create", "delete", "get", "list", "patch", "update", "watch"]
        } else {
            &["get", "list", "watch"]
        };
        list.push(json!({
            "name": resource.plural, "singularName": resource.kind.to_lowercase(), "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": verbs, "shortNames": resource.short,
        }));
        if resource.scales() {
            list.push(json!({
                "name": format!("{}/scale", resource.plural), "singularName": "", "namespaced": true,
                "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"],
            }));
        }
    }
    (!list.is_empty()).then(
        || json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list }),
    )
}
