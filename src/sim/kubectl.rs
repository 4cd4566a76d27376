//! A stand-in for kubectl in a simulation: it understands the lines that `providers::kubernetes` makes, and asks the
//! simulated API what kubectl would.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::regions::{Broken, Regions};
use super::wire::WireRequest;
use super::world::kube::seed::IMAGES;
use crate::domain::region::HomeRole;
use crate::domain::service::{Kubernetes, Spec};
use crate::domain::text;
use crate::ports::{Exit, Kube, KubeAnswer, within};

/// kubectl, as far as it is needed.
pub struct Kubectl {
    regions: Arc<Regions>,
}

/// A command line, taken apart.
struct Line<'a> {
    context: &'a str,
    namespace: &'a str,
    words: Vec<&'a str>,
    output: Option<&'a str>,
    label: Option<&'a str>,
    patch: Option<&'a str>,
    folder: Option<&'a str>,
    raw: Option<&'a str>,
    replicas: Option<&'a str>,
    part: Option<&'a str>,
    dry: bool,
}

/// What is written, and what went wrong, if something did.
struct Said {
    out: String,
    err: Vec<String>,
}

/// A cluster that is asked.
struct Cluster<'a> {
    regions: &'a Regions,
    region: String,
    spec: Kubernetes,
}

impl<'a> Line<'a> {
    fn of(arguments: &'a [String]) -> Result<Self, String> {
        let mut line = Self {
            context: "",
            namespace: "",
            words: Vec::new(),
            output: None,
            label: None,
            patch: None,
            folder: None,
            raw: None,
            replicas: None,
            part: None,
            dry: false,
        };
        let mut left = arguments.iter().map(String::as_str);
        while let Some(word) = left.next() {
            let mut value = || left.next().ok_or_else(|| format!("error: flag needs an argument: {word}"));
            match word {
                "--context" => line.context = value()?,
                "--namespace" => line.namespace = value()?,
                "--kubeconfig" => drop(value()?),
                "-o" => line.output = Some(value()?),
                "-l" => line.label = Some(value()?),
                "-p" => line.patch = Some(value()?),
                "-k" => line.folder = Some(value()?),
                "--raw" => line.raw = Some(value()?),
                "--type=merge" | "--minify" | "--quiet" => {}
                "--dry-run=server" => line.dry = true,
                _ if word.starts_with("--request-timeout=") => {}
                _ if word.starts_with("--subresource=") => line.part = word.strip_prefix("--subresource="),
                _ => match word.strip_prefix("--replicas=") {
                    Some(count) => line.replicas = Some(count),
                    None if word.starts_with('-') => return Err(format!("error: unknown flag: {word}")),
                    None => line.words.push(word),
                },
            }
        }
        Ok(line)
    }
}

impl Kubectl {
    pub(super) fn new(regions: Arc<Regions>) -> Self {
        Self { regions }
    }

    async fn answer(&self, arguments: &[String]) -> Said {
        match self.carry_out(arguments).await {
            Ok(said) => said,
            Err(why) => Said { out: String::new(), err: vec![why] },
        }
    }

    async fn carry_out(&self, arguments: &[String]) -> Result<Said, String> {
        let line = Line::of(arguments)?;
        let cluster = self.cluster(line.context, line.namespace)?;
        match line.words.as_slice() {
            ["get"] => {
                let path = line.raw.ok_or("error: Required resource not specified.")?;
                cluster.raw("GET", path, "", "").await.map(Said::of)
            }
            ["config", "view"] => Ok(Said::of("https://simulated".to_owned())),
            ["version"] => {
                let server = cluster.json("/version").await?;
                Ok(Said::of(json!({ "clientVersion": {}, "serverVersion": server }).to_string()))
            }
            ["auth", "can-i", verb, resource] => cluster.may(&line, verb, resource).await.map(Said::of),
            ["get", targets @ ..] => cluster.get(&line, targets).await,
            ["scale", targets @ ..] => {
                let count = line.replicas.and_then(|count| count.parse::<u32>().ok());
                let count = count.ok_or("error: --replicas=COUNT is required")?;
                let patch = json!({ "spec": { "replicas": count } }).to_string();
                cluster.each(&line, targets, |path| (format!("{path}/scale"), "merge", patch.clone()), "scaled").await
            }
            ["rollout", "restart", targets @ ..] => {
                let now = self.regions.look(|world| world.kube_time(world.now()));
                let patch = json!({ "spec": { "template": { "metadata": { "annotations": {
                    "kubectl.kubernetes.io/restartedAt": now,
                } } } } })
                .to_string();
                cluster.each(&line, targets, |path| (path, "strategic-merge", patch.clone()), "restarted").await
            }
            ["patch", resource, names @ ..] => {
                let patch = line.patch.ok_or("error: must specify -p to patch")?.to_owned();
                let targets: Vec<String> = names.iter().map(|name| format!("{resource}/{name}")).collect();
                let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
                cluster.each(&line, &targets, |path| (path, "merge", patch.clone()), "patched").await
            }
            ["kustomize", folder] => {
                Ok(Said::of(format!("# {folder}, simulated: the newest image of every workload\n")))
            }
            ["apply"] if line.folder.is_some() => cluster.apply(&line).await,
            other => Err(format!("error: the simulation's kubectl does not know {:?}", other.join(" "))),
        }
    }

    fn cluster(&self, context: &str, namespace: &str) -> Result<Cluster<'_>, String> {
        self.regions.look(|world| {
            let specs = world.service().components.iter().filter_map(|component| match &component.spec {
                Spec::Kubernetes(spec) => Some(spec),
                _ => None,
            });
            let mut here = specs.filter_map(|spec| {
                let role =
                    [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| spec.context.get(*role) == context);
                Some((spec, role?))
            });
            let all: Vec<_> = here.by_ref().collect();
            let own = all.iter().find(|(spec, _)| spec.namespace == namespace).or_else(|| all.first());
            let (spec, role) = own.ok_or_else(|| format!("error: context {context:?} does not exist"))?;
            let region = world.service().regions.get(*role).to_string();
            Ok(Cluster { regions: &self.regions, region, spec: (*spec).clone() })
        })
    }
}

impl Said {
    fn of(out: String) -> Self {
        Self { out, err: Vec::new() }
    }
}

/// Where a resource's objects are in the API, and how kubectl calls them.
fn path(resource: &str, namespace: &str) -> Result<(String, &'static str), String> {
    Ok(match resource {
        "nodes" => ("/api/v1/nodes".to_owned(), "node"),
        "secret" | "secrets" => (format!("/api/v1/namespaces/{namespace}/secrets"), "secret"),
        "deployments.apps" => (format!("/apis/apps/v1/namespaces/{namespace}/deployments"), "deployment.apps"),
        "statefulsets.apps" => (format!("/apis/apps/v1/namespaces/{namespace}/statefulsets"), "statefulset.apps"),
        "applications.argoproj.io" => {
            (format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"), "application.argoproj.io")
        }
        other => return Err(format!("error: the server doesn't have a resource type {other:?}")),
    })
}

impl Cluster<'_> {
    /// Whether the API would let it be done: `yes` or `no`.
    async fn may(&self, line: &Line<'_>, verb: &str, resource: &str) -> Result<String, String> {
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let (plural, group) = kind.split_once('.').unwrap_or((kind, ""));
        let asked = json!({ "spec": { "resourceAttributes": {
            "namespace": line.namespace, "verb": verb, "group": group, "resource": plural, "name": name,
            "subresource": line.part.unwrap_or_default(),
        } } });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer: Value =
            serde_json::from_str(&self.raw("POST", path, "json", &asked.to_string()).await?).unwrap_or_default();
        let allowed = answer.pointer("/status/allowed").and_then(Value::as_bool) == Some(true);
        Ok(if allowed { "yes\n" } else { "no\n" }.to_owned())
    }

    /// What the API answers, or what kubectl makes of its error.
    async fn raw(&self, method: &str, path: &str, kind: &str, body: &str) -> Result<String, String> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/kubernetes/{}{path}", self.region))
            .header("content-type", format!("application/{kind}-patch+json"))
            .body(body.as_bytes().to_vec());
        let request: WireRequest = request.map_err(|error| format!("error: {error}"))?;
        let response = self.regions.serve(&request).await.map_err(|Broken::Refused| {
            format!(
                "The connection to the server {} was refused - did you specify the right host or port?",
                self.region
            )
        })?;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        if response.status().is_success() {
            return Ok(body);
        }
        let status: Value = serde_json::from_str(&body).unwrap_or_default();
        let said = |name: &str| status.get(name).and_then(Value::as_str).unwrap_or("Unknown").to_owned();
        // Of what is not valid kubectl repeats the message alone.
        if said("reason") == "Invalid" {
            return Err(format!("The request is invalid: {}", said("message")));
        }
        Err(format!("Error from server ({}): {}", said("reason"), said("message")))
    }

    async fn json(&self, path: &str) -> Result<Value, String> {
        serde_json::from_str(&self.raw("GET", path, "", "").await?).map_err(|error| format!("error: {error}"))
    }

    /// `TYPE`, `TYPE NAME…` or `TYPE/NAME…`.
    async fn get(&self, line: &Line<'_>, targets: &[&str]) -> Result<Said, String> {
        let output = line.output.ok_or("error: -o is needed")?;
        let mut said = Said::of(String::new());
        let found = match targets {
            [resource] if !resource.contains('/') => {
                let label = line.label.map(|label| format!("?labelSelector={label}")).unwrap_or_default();
                self.json(&format!("{}{label}", path(resource, line.namespace)?.0)).await?
            }
            _ => {
                let mut objects = Vec::new();
                for (resource, name) in pairs(targets) {
                    match self.json(&format!("{}/{name}", path(resource, line.namespace)?.0)).await {
                        Ok(object) => objects.push(object),
                        Err(why) => said.err.push(why),
                    }
                }
                match <[Value; 1]>::try_from(objects) {
                    Ok([one]) => one,
                    Err(objects) if objects.is_empty() => return Ok(said),
                    Err(objects) => json!({ "apiVersion": "v1", "kind": "List", "items": objects }),
                }
            }
        };
        said.out = match output.strip_prefix("jsonpath=") {
            Some(template) => fields(template, &found),
            None => found.to_string(),
        };
        Ok(said)
    }

    /// The same patch to each of some objects; those after one that fails are tried too, as kubectl does.
    async fn each(
        &self,
        line: &Line<'_>,
        targets: &[&str],
        call: impl Fn(String) -> (String, &'static str, String),
        done: &str,
    ) -> Result<Said, String> {
        let mut said = Said::of(String::new());
        for (resource, name) in pairs(targets) {
            let (list, kind) = path(resource, line.namespace)?;
            let (path, merge, patch) = call(format!("{list}/{name}"));
            match self.raw("PATCH", &path, merge, &patch).await {
                Ok(_) => said.out += &format!("{kind}/{name} {done}\n"),
                Err(why) => said.err.push(why),
            }
        }
        Ok(said)
    }

    /// What the simulation's Git holds: the newest image of every workload.
    async fn apply(&self, line: &Line<'_>) -> Result<Said, String> {
        let mut said = Said::of(String::new());
        for workload in &self.spec.workloads {
            let (list, kind) = path(workload.kind.resource(), line.namespace)?;
            let path = format!("{list}/{}", workload.name);
            let object = self.json(&path).await?;
            let containers = object.pointer("/spec/template/spec/containers").and_then(Value::as_array);
            let newest = |container: &Value| {
                let image = container.get("image").and_then(Value::as_str)?;
                let (name, _) = image.rsplit_once(':')?;
                Some(json!({ "name": container.get("name"), "image": format!("{name}:{}", IMAGES.0) }))
            };
            let wanted: Vec<Value> = containers.into_iter().flatten().filter_map(newest).collect();
            let patch = json!({ "spec": { "template": { "spec": { "containers": wanted } } } }).to_string();
            let query = if line.dry { "?dryRun=All" } else { "" };
            let after = self.raw("PATCH", &format!("{path}{query}"), "strategic-merge", &patch).await?;
            let after: Value = serde_json::from_str(&after).map_err(|error| format!("error: {error}"))?;
            let same = after.get("spec") == object.get("spec");
            let note = if line.dry { " (server dry run)" } else { "" };
            said.out += &format!("{kind}/{} {}{note}\n", workload.name, if same { "unchanged" } else { "configured" });
        }
        Ok(said)
    }
}

/// Targets as pairs of a resource and a name.
fn pairs<'a>(targets: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    match targets {
        [resource, names @ ..] if !resource.contains('/') => names.iter().map(|name| (*resource, *name)).collect(),
        _ => targets.iter().filter_map(|target| target.split_once('/')).collect(),
    }
}

/// kubectl's JSONPath, as far as it is needed: `{.a.b\.c}`, `{"\n"}` and `{range .items[*]}…{end}`.
fn fields(template: &str, object: &Value) -> String {
    if let Some((before, rest)) = template.split_once("{range .items[*]}")
        && let Some((inside, after)) = rest.split_once("{end}")
    {
        let items = object.get("items").and_then(Value::as_array);
        let each: String = items.into_iter().flatten().map(|item| fields(inside, item)).collect();
        return fields(before, object) + &each + &fields(after, object);
    }
    let mut out = String::new();
    let mut left = template;
    while let Some((before, rest)) = left.split_once('{') {
        let (inside, after) = rest.split_once('}').unwrap_or((rest, ""));
        out += before;
        if let Some(quoted) = inside.strip_prefix('"') {
            out += &quoted.trim_end_matches('"').replace("\\n", "\n");
        } else if let Some(value) = lead(inside, object) {
            match value {
                Value::String(text) => out += text,
                other => out += &other.to_string(),
            }
        }
        left = after;
    }
    out + left
}

/// Where a path such as `.data.tls\.crt` leads.
fn lead<'a>(path: &str, object: &'a Value) -> Option<&'a Value> {
    let escaped = path.replace("\\.", "\u{0}");
    escaped
        .split('.')
        .filter(|part| !part.is_empty())
        .try_fold(object, |here, part| here.get(part.replace('\u{0}', ".")))
}

#[async_trait]
impl Kube for Kubectl {
    async fn run(&self, arguments: &[String], limit: Duration) -> KubeAnswer {
        let answer = within(self.regions.clock().as_ref(), limit, self.answer(arguments)).await;
        let Some(Said { out, err }) = answer else {
            return KubeAnswer { exit: Exit::TimedOut, stdout: Vec::new(), stderr: Vec::new(), cut: false };
        };
        let exit = Exit::Status(i32::from(!err.is_empty()));
        let err: Vec<String> = err.iter().map(|line| text::visible(line)).collect();
        KubeAnswer { exit, stdout: out.into_bytes(), stderr: err.join("\n").into_bytes(), cut: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_as_kubectl_takes_them() {
        let secret = json!({ "metadata": { "resourceVersion": "7" }, "data": { "db.host": "aA==" } });
        assert_eq!(fields("{.metadata.resourceVersion}{\"\\n\"}{.data.db\\.host}", &secret), "7\naA==");
        assert_eq!(fields("{.data.nothing}", &secret), "");
        let list = json!({ "items": [{ "a": "x" }, { "a": "y" }] });
        assert_eq!(fields("{range .items[*]}{.a}{\" \"}{.b}{\"\\n\"}{end}", &list), "x \ny \n");
    }

    #[test]
    fn an_option_that_is_unknown_is_refused() {
        let line = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(Line::of(&line("--context a get nodes -o json")).is_ok());
        assert!(Line::of(&line("get nodes --all-namespaces")).is_err());
        assert!(Line::of(&line("get nodes -o")).is_err());
    }
}
