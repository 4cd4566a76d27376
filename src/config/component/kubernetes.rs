//! `kubernetes`.

use std::time::Duration;

use super::{both, differ, hosts, pair, timeout};
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::{Connection, Kubernetes, SealingKeys, Workload, WorkloadKind};
use crate::domain::text::bounded;

/// More replicas than this are a slip of the finger.
const MOST: i64 = 5_000;

const CONTEXT: &str = "the name of a context in the kubeconfig";
const NAME: &str = "a name in Kubernetes: lower-case letters, digits, hyphens and dots";

pub(super) fn kubernetes(table: &Table<'_, '_>) -> Option<Kubernetes> {
    let context = both(table, "{ context = \"…\" }", |side| {
        let node = side.need("context", CONTEXT)?;
        // The names that `aws eks update-kubeconfig` makes are ARNs.
        form::token(&node, CONTEXT, 253, |b| b.is_ascii_graphic()).and_then(|name| no_option(&node, name))
    });
    let context = differ(table, context, "context");
    let namespace = table.need("namespace", "the service's namespace").and_then(|node| label(&node));
    let kubeconfig = table.optional("kubeconfig", absolute);
    let workloads = table.optional("workloads", workloads);
    let replicas = table.optional("replicas", |node| pair(node, |node| node.integer(1, MOST)));
    let applications = table.optional("applications", |node| {
        let items = node.filled_list("names of Argo CD applications")?;
        unique(node, items.iter().map(name).collect())
    });
    let argocd_namespace = table.get("argocd_namespace").map_or(Some("argocd".to_owned()), |node| label(&node));
    let manifests = table.optional("manifests", |node| {
        pair(node, |node| node.line("the folder of a kustomization", 1_000).and_then(|text| no_option(node, text)))
    });
    let keys = table.optional("keys", keys);
    let connection = table.optional("connection", connection);
    // A look is given ten seconds in all: what hangs is to say so before.
    let timeout = timeout(table, Duration::from_secs(5));
    if let (Some(node), Ok(None)) = (table.get("replicas"), &workloads) {
        node.context().push(node.found("there are no workloads to have replicas").help("add workloads = [\"…\"]"));
        return None;
    }
    let replicas = replicas.ok()?.map(|Pair { primary, standby }| {
        let count = |count| u32::try_from(count).unwrap_or(1);
        Pair { primary: count(primary), standby: count(standby) }
    });
    Some(Kubernetes {
        context: context?,
        namespace: namespace?,
        kubeconfig: kubeconfig.ok()?,
        workloads: workloads.ok()?.unwrap_or_default(),
        replicas,
        applications: applications.ok()?.unwrap_or_default(),
        argocd_namespace: argocd_namespace?,
        manifests: manifests.ok()?,
        keys: keys.ok()?,
        connection: connection.ok()?,
        timeout: timeout?,
    })
}

/// What kubectl would take for an option of its own is no name.
fn no_option(node: &Node<'_, '_>, text: String) -> Option<String> {
    if text.starts_with('-') {
        node.error(format!("\"{}\" would be taken for an option", bounded(&text, 60)));
        return None;
    }
    Some(text)
}

/// A DNS subdomain, as most objects' names are (RFC 1123).
fn name(node: &Node<'_, '_>) -> Option<String> {
    let text = node.line(NAME, 253)?;
    let part = |part: &str| {
        let ends = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && part.as_bytes().first().is_some_and(ends)
            && part.as_bytes().last().is_some_and(ends)
    };
    if text.split('.').all(part) {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{}\" is no name in Kubernetes", bounded(&text, 60))).expected(NAME));
    None
}

/// A namespace's name has no dots.
fn label(node: &Node<'_, '_>) -> Option<String> {
    let text = name(node)?;
    if text.len() <= 63 && !text.contains('.') {
        return Some(text);
    }
    let found = node.found(format!("\"{}\" is no namespace", bounded(&text, 60)));
    node.context().push(found.expected("lower-case letters, digits and hyphens, at most 63"));
    None
}

fn absolute(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "an absolute path, such as \"/etc/fineract/kubeconfig\"";
    let text = node.line(EXPECTED, 1_000)?;
    if text.starts_with('/') {
        return Some(text);
    }
    let found = node.found(format!("\"{}\" is no absolute path", bounded(&text, 80))).expected(EXPECTED);
    node.context().push(found.help("leave it out to use $KUBECONFIG or ~/.kube/config"));
    None
}

fn workloads(node: &Node<'_, '_>) -> Option<Vec<Workload>> {
    const EXPECTED: &str = "\"deployment/NAME\" or \"statefulset/NAME\"";
    let one = |node: &Node<'_, '_>| {
        let text = node.line(EXPECTED, 300)?;
        let (kind, rest) = text.split_once('/').unwrap_or(("", &text));
        let kind = match kind {
            "deployment" => Some(WorkloadKind::Deployment),
            "statefulset" => Some(WorkloadKind::StatefulSet),
            _ => None,
        };
        let named =
            crate::config::form::is_dns_name(rest) && !rest.bytes().any(|b| b.is_ascii_uppercase() || b == b'_');
        if let Some(kind) = kind.filter(|_| named) {
            return Some(Workload { kind, name: rest.to_owned() });
        }
        let found = node.found(format!("\"{}\" is no workload that can be scaled", bounded(&text, 80)));
        node.context().push(found.expected(EXPECTED));
        None
    };
    let items = node.filled_list(EXPECTED)?;
    unique(node, items.iter().map(one).collect())
}

/// All of them, if each was read, so that each that was not has been reported.
fn unique<T: PartialEq>(node: &Node<'_, '_>, items: Vec<Option<T>>) -> Option<Vec<T>> {
    let items = items.into_iter().collect::<Option<Vec<T>>>()?;
    let twice = items.iter().enumerate().any(|(at, item)| items.iter().take(at).any(|earlier| earlier == item));
    if twice {
        node.error(format!("`{}` names something twice", node.path));
        return None;
    }
    Some(items)
}

fn keys(node: &Node<'_, '_>) -> Option<SealingKeys> {
    const LABEL: &str = "a label, such as \"sealedsecrets.bitnami.com/sealed-secrets-key\"";
    let table = node.table("a table { namespace = \"…\", label = \"…\" }")?;
    let namespace = table.get("namespace").map_or(Some("kube-system".to_owned()), |node| label(&node));
    let text = table.get("label").map_or(Some("sealedsecrets.bitnami.com/sealed-secrets-key".to_owned()), |node| {
        form::token(&node, LABEL, 317, |b| b.is_ascii_alphanumeric() || b"-._/".contains(&b))
            .and_then(|text| no_option(&node, text))
    });
    table.finish();
    Some(SealingKeys { namespace: namespace?, label: text? })
}

fn connection(node: &Node<'_, '_>) -> Option<Connection> {
    let table = node.table("a table { secret = \"…\", key = \"…\", value = { primary = \"…\", standby = \"…\" } }")?;
    let secret = table.need("secret", "the secret's name").and_then(|node| name(&node));
    let (key, value) = hosts(&table);
    table.finish();
    Some(Connection { secret: secret?, key: key?, value: value? })
}
