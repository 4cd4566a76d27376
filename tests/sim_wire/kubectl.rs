//! `handover sim`, asked by kubectl, and by the component over that same kubectl.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use handover::config::{Source, service};
use handover::domain::consent::{Consent, How, authorise};
use handover::domain::plan::{Ask, Plan, Refusal, Settlement};
use handover::domain::reading::{Value as Fact, Why};
use handover::domain::region::{Place, Region};
use handover::domain::service::Service;
use handover::ports::Component;
use handover::providers::kubernetes::live::Kubectl;
use handover::providers::{Probes, clock::SystemClock, components};
use handover::sim::{Regions, SimClock, scenario};
use serde_json::Value;

use crate::common::kubectl::kubectl;

const DEPLOYMENT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: api, labels: { app.kubernetes.io/name: api } }
spec:
  selector: { matchLabels: { app.kubernetes.io/name: api } }
  template:
    metadata: { labels: { app.kubernetes.io/name: api } }
    spec:
      containers: [{ name: api, image: "registry.example.com/api:18" }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { region: us-west-2 }
"#;

/// The program, serving the simulated clusters; and the kubectl of this machine.
struct Clusters {
    child: Child,
    folder: tempfile::TempDir,
    kubectl: PathBuf,
}

impl Clusters {
    fn start(scenario: &str) -> Option<Self> {
        let kubectl = kubectl()?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("west")).unwrap();
        fs::write(at("west/kustomization.yaml"), "resources: [all.yaml]\n").unwrap();
        fs::write(at("west/all.yaml"), DEPLOYMENT).unwrap();
        // kubectl keeps what it has discovered in the home directory.
        let wrapper = format!("#!/bin/sh\nHOME='{}' exec '{}' \"$@\"\n", folder.path().display(), kubectl.display());
        fs::write(at("kubectl"), wrapper).unwrap();
        fs::set_permissions(at("kubectl"), fs::Permissions::from_mode(0o755)).unwrap();
        let text = include_str!("../fixtures/good/service.toml").to_owned()
            + &format!(
                "\n[components.cluster]\nkind = \"kubernetes\"\nprimary = {{ context = \"east\" }}\n\
                 standby = {{ context = \"west\" }}\nnamespace = \"shop\"\nkubeconfig = \"{}\"\n\
                 workloads = [\"deployment/api\", \"statefulset/store\"]\nreplicas = {{ primary = 3, standby = 2 }}\n\
                 applications = [\"shop\"]\nkeys = {{}}\nmanifests = {{ primary = \"east\", standby = \"west\" }}\n\
                 connection = {{ secret = \"credentials\", value = {{ primary = \"db.east.example.com\", \
                 standby = \"db.west.example.com\" }} }}\ntimeout = \"3s\"\n",
                at("kubeconfig").display()
            );
        fs::write(at("service.toml"), text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_handover"))
            .arg("sim")
            .arg(at("service.toml"))
            .args(["--listen", "127.0.0.1:0", "--scenario", scenario, "--speed", "20", "--kubeconfig"])
            .arg(at("kubeconfig"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The kubeconfig is written before the contexts are named.
        lines.by_ref().map(Result::unwrap).find(|line| line.contains("# context west")).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, kubectl: at("kubectl"), folder })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(self.at("kubeconfig")).args(words).current_dir(self.folder.path());
        command.output().unwrap()
    }

    /// A line in a context and the service's namespace that is accepted; what it prints.
    fn say(&self, context: &str, words: &[&str]) -> String {
        let output = self.run(&[&["--context", context, "--namespace", "shop"], words].concat());
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(&[&["--context", "west", "--namespace", "shop"], words].concat());
        assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    fn get(&self, context: &str, what: &str) -> Value {
        serde_json::from_str(&self.say(context, &["get", what, "-o", "json"])).unwrap()
    }
}

impl Drop for Clusters {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn kubectl_reads_scales_and_restarts_in_one_context_and_not_in_the_other() {
    let Some(clusters) = Clusters::start("calm") else { return };
    assert!(clusters.run(&["get", "nodes"]).status.code() != Some(0), "there is no current context to be trusted");
    assert_eq!(clusters.get("east", "nodes")["items"].as_array().unwrap().len(), 3);
    assert_eq!(clusters.get("west", "nodes")["items"].as_array().unwrap().len(), 2);
    assert!(clusters.say("west", &["version"]).contains("v1.32.4"));
    let said = clusters.say("west", &["scale", "--replicas=2", "deployments.apps/api", "statefulsets.apps/store"]);
    assert!(said.contains("deployment.apps/api scaled"), "{said}");
    for workload in ["deployment/api", "statefulset/store"] {
        let said = clusters.say("west", &["rollout", "status", workload, "--timeout=60s"]);
        assert!(said.contains("successfully rolled out") || said.contains("rolling update complete 2 pods"), "{said}");
    }
    let before = clusters.get("west", "deployment/api");
    assert_eq!(before["status"]["readyReplicas"], 2);
    clusters.say("west", &["rollout", "restart", "deployment/api"]);
    clusters.say("west", &["rollout", "status", "deployment/api", "--timeout=60s"]);
    let after = clusters.get("west", "deployment/api");
    assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"].as_i64().unwrap() + 1);
    let pods = clusters.get("west", "pods");
    assert!(pods["items"].as_array().unwrap().iter().all(|pod| pod["status"]["phase"] == "Running"), "{pods}");
    assert_eq!(clusters.get("east", "deployment/api")["metadata"]["generation"], 1);
    assert!(clusters.refused(&["scale", "--current-replicas=7", "--replicas=1", "deployment/api"]).contains('7'));
    assert!(
        clusters.refused(&["get", "deployment/nothing"]).contains("(NotFound): deployments.apps \"nothing\" not found")
    );
}

#[test]
fn kubectl_patches_what_it_has_read_and_applies_what_has_changed() {
    let Some(clusters) = Clusters::start("calm") else { return };
    let host = |value: &str| format!("{{\"stringData\":{{\"host\":\"{value}\"}}}}");
    let version = clusters.say("west", &["get", "secret", "credentials", "-o", "jsonpath={.metadata.resourceVersion}"]);
    clusters.say("west", &["patch", "secret", "credentials", "--type=merge", "-p", &host("db.west.example.com")]);
    let held = clusters.say("west", &["get", "secret", "credentials", "-o", "jsonpath={.data.host}"]);
    assert_eq!(held, "ZGIud2VzdC5leGFtcGxlLmNvbQ==");
    let stale = format!("{{\"metadata\":{{\"resourceVersion\":\"{version}\"}},\"stringData\":{{\"host\":\"x\"}}}}");
    let said = clusters.refused(&["patch", "secret", "credentials", "--type=merge", "-p", &stale]);
    assert!(said.contains("(Conflict)") && said.contains("the object has been modified"), "{said}");
    let test = r#"[{"op":"test","path":"/metadata/resourceVersion","value":"1"},{"op":"remove","path":"/data/host"}]"#;
    clusters.refused(&["patch", "secret", "credentials", "--type=json", "-p", test]);

    let dry = clusters.say("west", &["apply", "-k", "west", "--dry-run=server"]);
    assert!(dry.contains("deployment.apps/api configured (server dry run)"), "{dry}");
    assert!(dry.contains("configmap/settings created (server dry run)"), "{dry}");
    assert!(clusters.refused(&["get", "configmap", "settings"]).contains("NotFound"), "a dry run does nothing");
    clusters.say("west", &["apply", "-k", "west"]);
    let image = "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].name}";
    let image = clusters.say("west", &["get", "deployment/api", "-o", image]);
    assert_eq!(image, "registry.example.com/api:18 DATABASE_HOST", "what others have set stays");
    let again = clusters.say("west", &["apply", "-k", "west"]);
    assert_eq!(again.matches(" unchanged").count(), 2, "{again}");
    clusters.say("west", &["diff", "-k", "west"]);
    clusters.say("west", &["apply", "-k", "west", "--server-side", "--force-conflicts"]);
    clusters.say("west", &["create", "namespace", "dr-drill-1"]);
    assert!(clusters.run(&["--context", "west", "apply", "-k", "west", "-n", "dr-drill-1"]).status.success());
    clusters.say("west", &["delete", "namespace", "dr-drill-1", "--timeout=20s"]);
    clusters.refused(&["get", "namespace", "dr-drill-1"]);
    let elsewhere = clusters.refused(&["apply", "-k", "west", "--namespace", "nowhere"]);
    assert!(elsewhere.contains("namespaces \"nowhere\" not found"), "{elsewhere}");
}

/// The component over the real kubectl.
struct Over {
    service: Service,
    component: Arc<dyn Component>,
}

impl Over {
    fn of(clusters: &Clusters, program: &Path) -> Self {
        let text = fs::read(clusters.at("service.toml")).unwrap();
        let service = service::read(&Source::new("service.toml", &text)).sound().unwrap();
        let clock = Arc::new(SimClock::new(jiff::Timestamp::now(), 1.0));
        // Nothing here asks AWS.
        let regions = Regions::start(&service, &scenario::load("calm").unwrap(), 1, Arc::clone(&clock), None).unwrap();
        let aws = handover::providers::aws::Clients::simulated(
            &service,
            regions.http_client(),
            clock.sdk_sleep(),
            clock.sdk_time(),
        );
        let probes = Probes {
            clock: Arc::new(SystemClock::new()),
            sql: None,
            resolver: regions.resolver(),
            http: regions.http(),
            kube: Arc::new(Kubectl::of(program, Some(clusters.folder.path().to_owned()))),
            commands: regions.commands(),
        };
        let component = components(&service, &aws, probes)["cluster"].clone();
        Self { service, component }
    }

    async fn plan(&self, action: &str, on: &Region) -> Result<Plan, Refusal> {
        let ask = Ask {
            step: action.into(),
            component: "cluster".into(),
            action: action.into(),
            on: Place::Region(on.clone()),
            direction: self.service.failover(),
            run: "run-1".into(),
            impact: None,
        };
        self.component.plan(&ask).await
    }

    async fn done(&self, action: &str) {
        let plan =
            self.plan(action, &self.service.regions.standby).await.unwrap_or_else(|why| panic!("{action}: {why}"));
        let now = jiff::Timestamp::now();
        let consent = Consent { plan: plan.hash(), operator: "operator".into(), at: now, how: How::TwoKeys };
        let authorised = authorise(plan.clone(), &consent, Some("operator"), false, now).unwrap();
        let receipt = self.component.perform(&authorised).await.unwrap_or_else(|why| panic!("{action}: {why}"));
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            match self.component.settle(&plan, Some(&receipt), began.elapsed()).await {
                Settlement::Done(_) => return,
                Settlement::InProgress(..) => tokio::time::sleep(Duration::from_millis(300)).await,
                other => panic!("{action}: {other:?}"),
            }
        }
        panic!("{action} is never done");
    }

    async fn fact(&self, place: &Place, fact: &str) -> Option<Fact> {
        let seen = self.component.observe(place).await.unwrap_or_else(|why| panic!("{why}"));
        assert!(seen.unread.is_empty(), "{:?}", seen.unread);
        seen.value(fact).cloned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_component_hands_a_cluster_over_by_the_real_kubectl() {
    let Some(clusters) = Clusters::start("calm") else { return };
    let over = Over::of(&clusters, &clusters.kubectl);
    let west = Place::Region(over.service.regions.standby.clone());
    let east = Place::Region(over.service.regions.primary.clone());
    assert_eq!(over.fact(&east, "ready").await, Some(Fact::Number(6.0)));
    assert_eq!(over.fact(&east, "version").await, Some(Fact::Text("v1.32.4-eks-0000000".into())));
    assert_eq!(over.fact(&west, "available").await, Some(Fact::Bool(false)));
    assert_eq!(over.fact(&west, "keys").await, Some(Fact::Number(2.0)));
    assert_eq!(over.fact(&Place::Global, "keys_equal").await, Some(Fact::Bool(true)));
    over.done("suspend-sync").await;
    over.done("patch-connection").await;
    // Asked beforehand, by the real `kubectl auth can-i`: of each workload.
    let rights = over.component.may("scale-up", &Place::Region(over.service.regions.standby.clone())).await;
    assert_eq!(rights.iter().map(|right| &right.answer).collect::<Vec<_>>(), [&Ok(None), &Ok(None)], "{rights:?}");
    over.done("scale-up").await;
    over.done("apply").await;
    over.done("restart").await;
    assert_eq!(over.fact(&west, "available").await, Some(Fact::Bool(true)));
    assert_eq!(over.fact(&west, "connection_current").await, Some(Fact::Bool(true)));
    assert_eq!(over.fact(&west, "auto_sync").await, Some(Fact::Bool(false)));
    assert!(over.plan("apply", &over.service.regions.standby).await.unwrap_err().already);
    over.done("resume-sync").await;
    assert_eq!(over.fact(&west, "auto_sync").await, Some(Fact::Bool(true)));
    // There are no manifests for the primary: what kubectl says of it is the reason.
    let refusal = over.plan("apply", &over.service.regions.primary).await.unwrap_err();
    assert!(refusal.reason.contains("kubectl kustomize east, east"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_gone_is_told_from_a_context_and_a_program_that_are_not_there() {
    let Some(clusters) = Clusters::start("region-outage") else { return };
    let over = Over::of(&clusters, &clusters.kubectl);
    let look = |over: &Over, region: &Region| {
        let (component, place) = (over.component.clone(), Place::Region(region.clone()));
        async move { component.observe(&place).await }
    };
    let (east, west) = (&over.service.regions.primary, &over.service.regions.standby);
    let began = Instant::now();
    assert_eq!(look(&over, east).await.unwrap_err().why, Why::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(look(&over, west).await.is_ok());
    let config = fs::read_to_string(clusters.at("kubeconfig")).unwrap();
    fs::write(clusters.at("kubeconfig"), config.replace("\"west\"", "\"elsewhere\"")).unwrap();
    let unread = look(&over, west).await.unwrap_err();
    assert_eq!(unread.why, Why::NotFound, "{unread}");
    // Nobody listens on port 1.
    let mut closed: Value = serde_json::from_str(&config).unwrap();
    for cluster in closed["clusters"].as_array_mut().unwrap() {
        cluster["cluster"]["server"] = "http://127.0.0.1:1".into();
    }
    fs::write(clusters.at("kubeconfig"), closed.to_string()).unwrap();
    assert_eq!(look(&over, west).await.unwrap().value("reachable"), Some(&Fact::Bool(false)));
    let missing = Over::of(&clusters, Path::new("/nonexistent/kubectl"));
    let unread = look(&missing, west).await.unwrap_err();
    assert!(unread.message.contains("could not be started"), "{unread}");
}
