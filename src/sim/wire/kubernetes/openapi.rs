//! The OpenAPI documents, as far as kubectl looks into them: whether a kind can be patched in a dry run and with its fields
//! validated. kubectl up to 1.26 reads version 2 as a protocol buffer, later ones version 3 as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::resources::{ALL, Resource};

/// The query parameters of a patch that kubectl looks for.
const PARAMETERS: [&str; 2] = ["dryRun", "fieldValidation"];
const GVK: &str = "x-kubernetes-group-version-kind";

fn path(resource: &Resource) -> String {
    let root = if resource.group.is_empty() { "api".to_owned() } else { "apis".to_owned() };
    let space = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
    format!("/{root}/{}{space}/{}/{{name}}", resource.group_version(), resource.plural)
}

fn document(group_version: &str) -> String {
    let root = if group_version.contains('/') { "apis" } else { "api" };
    format!("{root}/{group_version}")
}

/// `/openapi/v3`.
pub(super) fn v3_index(prefix: &str) -> Value {
    let paths: BTreeMap<String, Value> = ALL
        .iter()
        .map(|resource| document(&resource.group_version()))
        .map(|name| (name.clone(), json!({ "serverRelativeURL": format!("{prefix}/openapi/v3/{name}?hash=0") })))
        .collect();
    json!({ "paths": paths })
}

/// `/openapi/v3/apis/GROUP/VERSION`; `None` if there is no such document.
pub(super) fn v3(name: &str) -> Option<Value> {
    let mut paths = BTreeMap::new();
    for resource in ALL.iter().filter(|resource| document(&resource.group_version()) == name && resource.written()) {
        let parameters = PARAMETERS.map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
        let gvk = json!({ "group": resource.group, "version": resource.version, "kind": resource.kind });
        let patch = json!({ GVK: gvk, "parameters": parameters, "responses": { "200": { "description": "OK" } } });
        paths.insert(path(resource), json!({ "patch": patch }));
    }
    let known = ALL.iter().any(|resource| document(&resource.group_version()) == name);
    known.then(|| {
        json!({
            "openapi": "3.0.0", "info": { "title": "Kubernetes", "version": crate::sim::world::kube::VERSION },
            "paths": paths,
        })
    })
}

/// `/openapi/v2` as JSON.
pub(super) fn v2_json() -> Value {
    json!({
        "swagger": "2.0", "info": { "title": "Kubernetes", "version": crate::sim::world::kube::VERSION },
        "paths": {}, "definitions": {},
    })
}

/// `/openapi/v2` as a protocol buffer of `openapi.v2.Document` (gnostic's `OpenAPIv2.proto`).
pub(super) fn v2_protobuf() -> Vec<u8> {
    let mut paths = Vec::new();
    for resource in ALL.iter().filter(|resource| resource.written()) {
        let mut operation = Vec::new();
        for name in PARAMETERS {
            // ParametersItem.parameter, Parameter.non_body_parameter, its query_parameter_sub_schema, name.
            let query = [field(2, b"query"), field(4, name.as_bytes())].concat();
            operation.extend(field(8, &field(1, &field(2, &field(3, &query)))));
        }
        let gvk = format!("group: \"{}\"\nversion: {}\nkind: {}\n", resource.group, resource.version, resource.kind);
        // NamedAny { name, value: Any { yaml } }
        operation.extend(field(13, &[field(1, GVK.as_bytes()), field(2, &field(2, gvk.as_bytes()))].concat()));
        // NamedPathItem { name, value: PathItem { patch } }
        paths.extend(field(2, &[field(1, path(resource).as_bytes()), field(2, &field(8, &operation))].concat()));
    }
    let info = [field(1, b"Kubernetes"), field(2, crate::sim::world::kube::VERSION.as_bytes())].concat();
    [field(1, b"2.0"), field(2, &info), field(8, &paths)].concat()
}

/// A field with its length (wire type 2).
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap_or(0));
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_fields_have_long_lengths() {
        assert_eq!(field(1, b"2.0"), b"\x0a\x032.0");
        assert_eq!(field(8, &[0; 300])[..3], [0x42, 0xac, 0x02]);
    }

    #[test]
    fn every_group_has_its_document() {
        let index = v3_index("/kubernetes/us-east-1");
        for name in index["paths"].as_object().unwrap().keys() {
            assert!(v3(name).is_some(), "{name}");
        }
        assert!(v3("apis/nothing/v1").is_none());
    }
}
