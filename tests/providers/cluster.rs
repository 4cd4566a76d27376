//! The kubernetes component, with a kubectl that says what it is told to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Plan, Receipt, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::runbook::Hazard;
use handover::domain::service::{Connection, Kubernetes, SealingKeys, Service, Spec, Workload, WorkloadKind};
use handover::ports::{Component, Exit, KubeAnswer};
use serde_json::{Value as Json, json};

use super::support::{Fake, ask, authorised, east, kubernetes, service, west};

fn pair(primary: &str, standby: &str) -> Pair<String> {
    Pair { primary: primary.to_owned(), standby: standby.to_owned() }
}

fn cluster() -> Kubernetes {
    Kubernetes {
        context: pair("prod-east", "prod-west"),
        namespace: "fineract".into(),
        kubeconfig: Some("/etc/kubeconfig".into()),
        workloads: vec![Workload { kind: WorkloadKind::Deployment, name: "fineract".into() }],
        replicas: Some(Pair { primary: 3, standby: 2 }),
        applications: vec!["fineract".into()],
        argocd_namespace: "argocd".into(),
        manifests: Some(pair("env/east", "env/west")),
        keys: Some(SealingKeys { namespace: "kube-system".into(), label: "sealed".into() }),
        connection: Some(Connection {
            secret: "credentials".into(),
            key: "db.host".into(),
            value: pair("db.east.example.com", "db.west.example.com"),
        }),
        timeout: Duration::from_secs(10),
    }
}

fn fineract() -> Service {
    service("cluster", Spec::Kubernetes(cluster()))
}

/// What a cluster has, as kubectl prints it.
#[derive(Clone)]
struct Has {
    deployment: Json,
    application: Json,
    secret: &'static str,
    keys: &'static str,
    dry_run: &'static str,
    /// What a change, or everything, is answered instead.
    fails: Option<(&'static str, KubeAnswer)>,
}

fn deployment(desired: i64, ready: i64, generation: i64, observed: i64) -> Json {
    json!({
        "kind": "Deployment", "metadata": { "name": "fineract", "generation": generation },
        "spec": { "replicas": desired, "template": { "metadata": {} } },
        "status": { "replicas": ready, "readyReplicas": ready, "updatedReplicas": ready, "observedGeneration": observed },
    })
}

fn application(heals: bool, sync: &str) -> Json {
    let policy = if heals { json!({ "automated": { "selfHeal": true } }) } else { json!({}) };
    json!({
        "metadata": { "name": "fineract", "resourceVersion": "70" }, "spec": { "syncPolicy": policy },
        "status": { "sync": { "status": sync }, "health": { "status": "Healthy" } },
    })
}

fn good() -> Has {
    Has {
        deployment: deployment(2, 2, 4, 4),
        application: application(false, "Synced"),
        // The host in base64: db.west.example.com.
        secret: "41\nZGIud2VzdC5leGFtcGxlLmNvbQ==",
        keys: "key-b QkJC\nkey-a QUFB\n",
        dry_run: "deployment.apps/fineract configured (server dry run)\nconfigmap/c unchanged (server dry run)\n",
        fails: None,
    }
}

fn said(stdout: &str) -> KubeAnswer {
    KubeAnswer { exit: Exit::Status(0), stdout: stdout.into(), stderr: vec![], cut: false }
}

fn failed(stderr: &str) -> KubeAnswer {
    KubeAnswer { exit: Exit::Status(1), stdout: vec![], stderr: stderr.into(), cut: false }
}

struct Rig {
    component: Arc<dyn Component>,
    lines: Arc<Mutex<Vec<String>>>,
    has: Arc<Mutex<Has>>,
}

impl Rig {
    fn new(has: Has) -> Self {
        Self::of(&fineract(), has)
    }

    fn of(service: &Service, has: Has) -> Self {
        let (lines, has) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(has)));
        let (seen, state) = (lines.clone(), has.clone());
        let fake = Fake::default();
        *fake.kubectl.lock().unwrap() = Some(Box::new(move |line: &str| {
            seen.lock().unwrap().push(line.to_owned());
            let has = state.lock().unwrap().clone();
            let east = line.contains("prod-east");
            if let Some((what, answer)) = has.fails.filter(|(what, _)| line.contains(what)) {
                assert!(!what.is_empty());
                return answer;
            }
            match line {
                _ if line.contains("config view") => said("https://gateway.example.com/clusters/west/"),
                _ if line.contains("get --raw /clusters/west/readyz") => said("ok"),
                _ if line.contains("version -o json") => {
                    said(r#"{"serverVersion":{"gitVersion":"v1.31.0-eks\u001b[2J"}}"#)
                }
                _ if line.contains("get nodes") => said(
                    r#"{"items":[{"status":{"conditions":[{"type":"Ready","status":"True"}]}},
                                 {"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}]}"#,
                ),
                _ if line.contains("get deployments.apps") => said(&has.deployment.to_string()),
                _ if line.contains("get applications.argoproj.io") => said(&has.application.to_string()),
                _ if line.contains("get secret credentials") => said(has.secret),
                _ if line.contains("get secrets -l sealed") && east => said("key-a QUFB\nkey-b QkJC\n"),
                _ if line.contains("get secrets -l sealed") => said(has.keys),
                _ if line.contains("kustomize") => said("kind: Deployment\n"),
                _ if line.contains("--dry-run=server") => said(has.dry_run),
                _ => said("done\n"),
            }
        }));
        Self { component: kubernetes(service, Arc::new(fake)), lines, has }
    }

    fn change(&self, change: impl FnOnce(&mut Has)) {
        change(&mut self.has.lock().unwrap());
    }

    async fn plan(&self, action: &str) -> Plan {
        self.component.plan(&ask(&fineract(), action, &west())).await.unwrap_or_else(|why| panic!("{action}: {why}"))
    }

    async fn refusal(&self, action: &str) -> handover::domain::plan::Refusal {
        self.component.plan(&ask(&fineract(), action, &west())).await.unwrap_err()
    }

    async fn settle(&self, plan: &Plan, accepted: bool, since: u64) -> Settlement {
        let receipt = Receipt { request_id: None, answer: String::new(), handle: None };
        self.component.settle(plan, accepted.then_some(&receipt), Duration::from_secs(since)).await
    }
}

#[tokio::test]
async fn every_line_names_its_context_and_namespace() {
    let rig = Rig::new(good());
    for place in rig.component.places() {
        rig.component.observe(&place).await.unwrap();
    }
    rig.change(|has| has.secret = "41\nZGI=");
    for action in ["scale-down", "restart", "apply", "patch-connection"] {
        let on = if action == "scale-down" { east() } else { west() };
        let plan = rig.component.plan(&ask(&fineract(), action, &on)).await.unwrap();
        rig.component.perform(&authorised(&plan)).await.unwrap();
    }
    let lines = rig.lines.lock().unwrap();
    assert!(lines.len() > 25, "{lines:?}");
    for line in lines.iter() {
        assert!(line.starts_with("--context prod-"), "{line}");
        assert!(line.contains(" --namespace ") && line.contains(" --kubeconfig /etc/kubeconfig "), "{line}");
    }
}

#[tokio::test]
async fn a_look_tells_what_is_there_and_no_secret() {
    let rig = Rig::new(good());
    let seen = rig.component.observe(&Place::Region(west())).await.unwrap();
    assert!(seen.unread.is_empty(), "{:?}", seen.unread);
    for (fact, value) in [
        ("reachable", Value::Bool(true)),
        ("nodes", Value::Number(2.0)),
        ("nodes_ready", Value::Number(1.0)),
        ("desired", Value::Number(2.0)),
        ("ready", Value::Number(2.0)),
        ("available", Value::Bool(true)),
        ("synced", Value::Bool(true)),
        ("auto_sync", Value::Bool(false)),
        ("application_health", Value::Text("Healthy".into())),
        ("connection_current", Value::Bool(true)),
        ("keys", Value::Number(2.0)),
    ] {
        assert_eq!(seen.value(fact), Some(&value), "{fact}");
    }
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "1 of 2 nodes ready, 2 of 2 ready"));
    assert!(seen.value("version").unwrap().to_string().starts_with("v1.31.0-eks\\u{1b}"));
    assert!(rig.component.observe(&Place::Global).await.unwrap().value("keys_equal") == Some(&Value::Bool(true)));
    // No private key, and of the other secret the one key alone.
    let lines = rig.lines.lock().unwrap();
    let secrets: Vec<&String> = lines.iter().filter(|line| line.contains("get secret")).collect();
    assert_eq!(secrets.len(), 4);
    for line in secrets {
        assert!(line.contains("jsonpath=") && !line.contains("tls\\.key") && !line.contains("-o json "), "{line}");
        assert!(line.contains("{.data.tls\\.crt}") || line.contains("{.data.db\\.host}"), "{line}");
    }
}

#[tokio::test]
async fn nothing_of_nothing_is_not_available_and_no_keys_are_not_equal() {
    let rig = Rig::new(Has { deployment: deployment(0, 0, 4, 4), ..good() });
    let look = || async { rig.component.observe(&Place::Region(west())).await.unwrap() };
    let seen = look().await;
    assert_eq!(seen.value("available"), Some(&Value::Bool(false)));
    assert!(seen.summary.contains("scaled to zero"), "{}", seen.summary);
    // The status is of the wish before.
    rig.change(|has| has.deployment = deployment(2, 2, 5, 4));
    assert_eq!(look().await.value("available"), Some(&Value::Bool(false)));
    rig.change(|has| has.deployment = deployment(2, 0, 5, 5));
    assert_eq!(look().await.health, Health::Down);
    let equal = || async { rig.component.observe(&Place::Global).await.unwrap().value("keys_equal").cloned() };
    rig.change(|has| has.keys = "key-a QUFB\n");
    assert_eq!(equal().await, Some(Value::Bool(false)));
    rig.change(|has| (has.keys, has.fails) = ("", Some(("prod-east --namespace kube-system", said("")))));
    assert_eq!(equal().await, Some(Value::Bool(false)), "two clusters without keys have none in common");
    assert_eq!(look().await.value("keys_fingerprint"), None);
}

#[tokio::test]
async fn what_cannot_be_read_is_absent() {
    let forbidden = "Error from server (Forbidden): secrets \"credentials\" is forbidden\n";
    let rig = Rig::new(Has { fails: Some(("get secret credentials", failed(forbidden))), ..good() });
    let look = || async { rig.component.observe(&Place::Region(west())).await };
    let seen = look().await.unwrap();
    assert_eq!(seen.value("connection_current"), None);
    assert_eq!((seen.unread[0].0.as_str(), seen.unread[0].1.why), ("connection", Why::Denied));
    assert_eq!(seen.health, Health::Unknown);
    // A workload that is not there is not one of no pods.
    let missing = failed("Error from server (NotFound): deployments.apps \"fineract\" not found");
    rig.change(|has| has.fails = Some(("get deployments.apps", missing)));
    let seen = look().await.unwrap();
    assert_eq!((seen.value("available"), seen.unread[0].1.why), (None, Why::NotFound));
    let garbled = said("<html>");
    rig.change(|has| has.fails = Some(("get nodes", garbled)));
    assert_eq!(look().await.unwrap().value("nodes"), None);
    for (answer, why) in [
        (failed("error: context \"prod-west\" does not exist"), Why::NotFound),
        (failed("error: You must be logged in to the server (Unauthorized)"), Why::Auth),
        (KubeAnswer { exit: Exit::TimedOut, ..said("") }, Why::TimedOut),
        (KubeAnswer { exit: Exit::NotStarted("kubectl could not be started".into()), ..said("") }, Why::Other),
    ] {
        rig.change(|has| has.fails = Some(("--context", answer)));
        assert_eq!(look().await.unwrap_err().why, why);
    }
    // Nothing listens, or it says that it is not ready: that is an answer.
    for said in [
        "The connection to the server x was refused - did you specify the right host or port?",
        "Error from server (InternalError): an error on the server (\"[-]etcd failed\") has prevented the request",
    ] {
        rig.change(|has| has.fails = Some(("readyz", failed(said))));
        let seen = look().await.unwrap();
        assert_eq!((seen.value("reachable"), seen.health), (Some(&Value::Bool(false)), Health::Down));
        assert_eq!(seen.facts.len(), 1);
    }
}

#[tokio::test]
async fn the_plan_is_the_exact_line_and_it_is_run_once() {
    let rig = Rig::new(Has { deployment: deployment(0, 0, 4, 4), ..good() });
    let plan = rig.plan("scale-up").await;
    assert_eq!(plan.call.headline(), "kubectl:scale in us-west-2");
    assert_eq!(plan.call.param("replicas"), Some("2"));
    assert_eq!(plan.hazard, Hazard::Write);
    assert_eq!(
        plan.by_hand,
        "kubectl --context prod-west --namespace fineract --kubeconfig /etc/kubeconfig scale --replicas=2 \
         deployments.apps/fineract"
    );
    assert!(plan.closed_gates().next().is_none());
    rig.lines.lock().unwrap().clear();
    rig.component.perform(&authorised(&plan)).await.unwrap();
    let ran = rig.lines.lock().unwrap().clone();
    assert_eq!(ran, [format!("{} --request-timeout=10000ms", plan.by_hand.trim_start_matches("kubectl "))]);
    // What the file doesn't say is not done, whatever a plan says.
    for (name, value) in [("replicas", "200"), ("context", "other"), ("workloads", "deployments.apps/other")] {
        let mut other = plan.clone();
        other.call.params.iter_mut().find(|(key, _)| key == name).unwrap().1 = value.into();
        let refused = rig.component.perform(&authorised(&other)).await;
        assert!(matches!(refused, Err(PerformError::Refused { .. })), "{name}");
    }
    assert_eq!(rig.lines.lock().unwrap().len(), 1);
    rig.change(|has| has.deployment = deployment(2, 1, 5, 5));
    assert!(rig.refusal("scale-up").await.already);
    assert!(rig.refusal("promote").await.reason.contains("scale-up, scale-down, restart, apply, patch-connection"));
}

#[tokio::test]
async fn a_gate_holds_while_argo_cd_would_undo_it() {
    let rig = Rig::new(Has { application: application(true, "Synced"), secret: "41\nZGI=", ..good() });
    for action in ["patch-connection", "apply"] {
        let plan = rig.plan(action).await;
        assert_eq!((plan.gates[0].name.as_str(), plan.gates[0].verdict), ("Argo CD leaves it as it is", Verdict::Fail));
    }
    rig.change(|has| has.application = application(false, "Synced"));
    assert_eq!(rig.plan("patch-connection").await.gates[0].verdict, Verdict::Pass);
}

#[tokio::test]
async fn the_connection_is_patched_only_as_it_was_read() {
    let rig = Rig::new(Has { secret: "41\nZGIuZWFzdC5leGFtcGxlLmNvbQ==", ..good() });
    let plan = rig.plan("patch-connection").await;
    assert!(plan.changes[0].contains("names db.west.example.com instead of db.east.example.com"), "{:?}", plan.changes);
    let patch = r#"{"metadata":{"resourceVersion":"41"},"stringData":{"db.host":"db.west.example.com"}}"#;
    assert!(plan.by_hand.ends_with(&format!("patch secret credentials --type=merge -p '{patch}'")), "{}", plan.by_hand);
    // Whatever else stands there is not shown.
    rig.change(|has| has.secret = "42\naHVudGVyMg==");
    let other = rig.plan("patch-connection").await;
    assert_ne!(other.hash(), plan.hash());
    assert!(!format!("{other:?}").contains("hunter2") && !format!("{other:?}").contains("aHVudGVyMg"), "{other:?}");
    let conflict = "Error from server (Conflict): Operation cannot be fulfilled on secrets \"credentials\"";
    rig.change(|has| has.fails = Some(("patch secret", failed(conflict))));
    assert!(matches!(rig.component.perform(&authorised(&plan)).await, Err(PerformError::Refused { .. })));
    rig.change(|has| has.fails = Some(("patch secret", KubeAnswer { exit: Exit::TimedOut, ..said("") })));
    assert!(matches!(rig.component.perform(&authorised(&plan)).await, Err(PerformError::Unknown { .. })));
    rig.change(|has| (has.fails, has.secret) = (None, "41\nZGIuZWFzdC5leGFtcGxlLmNvbQ=="));
    assert!(matches!(rig.settle(&plan, false, 5).await, Settlement::InProgress(..)));
    assert!(matches!(rig.settle(&plan, false, 60).await, Settlement::NotStarted(_)));
    let Settlement::Failed(why, _) = rig.settle(&plan, true, 60).await else { panic!() };
    assert!(why.contains("something has put credentials back: Argo CD"), "{why}");
    rig.change(|has| has.secret = "43\nZGIud2VzdC5leGFtcGxlLmNvbQ==");
    assert!(matches!(rig.settle(&plan, true, 1).await, Settlement::Done(_)));
    // Where it may still be put back it is watched for as long as that takes.
    rig.change(|has| has.application = application(true, "OutOfSync"));
    let Settlement::InProgress(why, _) = rig.settle(&plan, true, 100).await else { panic!() };
    assert!(why.contains("fineract may put it back"), "{why}");
    assert!(matches!(rig.settle(&plan, true, 300).await, Settlement::Done(_)));
    assert!(rig.refusal("patch-connection").await.already);
}

#[tokio::test]
async fn a_restart_is_done_when_every_pod_is_of_the_new_template() {
    let rig = Rig::new(good());
    let plan = rig.plan("restart").await;
    assert!(plan.by_hand.ends_with("rollout restart deployments.apps/fineract"), "{}", plan.by_hand);
    assert!(matches!(rig.settle(&plan, false, 60).await, Settlement::NotStarted(_)));
    let restarted = |updated: i64, total: i64| {
        let mut after = deployment(2, 2, 5, 5);
        after["spec"]["template"]["metadata"] =
            json!({ "annotations": { "kubectl.kubernetes.io/restartedAt": "now" } });
        after["status"]["updatedReplicas"] = json!(updated);
        after["status"]["replicas"] = json!(total);
        after
    };
    rig.change(|has| has.deployment = restarted(1, 3));
    let Settlement::InProgress(why, _) = rig.settle(&plan, false, 10).await else { panic!() };
    assert!(why.contains("pods are still stopping"), "{why}");
    rig.change(|has| {
        has.deployment = restarted(1, 2);
        has.deployment["status"]["conditions"] =
            json!([{ "type": "Progressing", "status": "False", "message": "ReplicaSet has timed out progressing." }]);
    });
    assert!(matches!(rig.settle(&plan, true, 700).await, Settlement::Failed(..)));
    rig.change(|has| has.deployment = restarted(2, 2));
    assert!(matches!(rig.settle(&plan, true, 10).await, Settlement::Done(_)));
    rig.change(|has| has.deployment = deployment(0, 0, 5, 5));
    assert!(!rig.refusal("restart").await.already);
}

#[tokio::test]
async fn a_kustomization_is_planned_by_what_the_api_says_would_change() {
    let rig = Rig::new(good());
    let plan = rig.plan("apply").await;
    assert_eq!(plan.changes[0], "deployment.apps/fineract: configured.");
    assert_eq!(plan.changes[1..], ["env/west is below the folder of the service file."]);
    assert_eq!(plan.basis[1].value, "deployment.apps/fineract configured");
    assert!(plan.by_hand.ends_with("apply -k env/west"), "{}", plan.by_hand);
    assert!(matches!(rig.settle(&plan, false, 60).await, Settlement::NotStarted(_)));
    rig.change(|has| has.dry_run = "deployment.apps/fineract unchanged (server dry run)\n");
    assert!(matches!(rig.settle(&plan, true, 5).await, Settlement::Done(_)));
    assert!(rig.refusal("apply").await.already);
    // kubectl reports what it has done before it fails: nobody may do it again on a guess.
    let half = KubeAnswer {
        stdout: b"configmap/c created\n".to_vec(),
        ..failed("The connection to the server x was refused")
    };
    rig.change(|has| has.fails = Some(("apply -k env/west --request-timeout", half)));
    assert!(matches!(rig.component.perform(&authorised(&plan)).await, Err(PerformError::Unknown { .. })));
    let wrong = "error: the namespace from the provided object \"argocd\" does not match the namespace \"fineract\"";
    rig.change(|has| has.fails = Some(("--dry-run=server", failed(wrong))));
    assert!(rig.refusal("apply").await.reason.contains("does not match the namespace"));
}

#[tokio::test]
async fn what_was_suspended_is_what_is_resumed() {
    let rig = Rig::new(Has { application: application(true, "Synced"), ..good() });
    let plan = rig.plan("suspend-sync").await;
    assert!(
        plan.by_hand.contains("--namespace argocd") && plan.by_hand.contains(r#""resourceVersion":"70""#),
        "{}",
        plan.by_hand
    );
    assert!(plan.by_hand.contains(r#""spec":{"syncPolicy":{"automated":null}}"#), "{}", plan.by_hand);
    rig.change(|has| {
        has.application = application(false, "OutOfSync");
        has.application["metadata"]["annotations"] = json!({ "handover/suspended-sync": r#"{"selfHeal":true}"# });
    });
    assert!(matches!(rig.settle(&plan, true, 1).await, Settlement::Done(_)));
    assert!(rig.refusal("suspend-sync").await.already);
    let plan = rig.plan("resume-sync").await;
    assert!(plan.by_hand.contains(r#""spec":{"syncPolicy":{"automated":{"selfHeal":true}}}"#), "{}", plan.by_hand);
    assert_eq!(plan.gates[0].verdict, Verdict::Fail, "what was patched would be undone");
    rig.change(|has| has.application["metadata"]["annotations"] = json!({ "handover/suspended-sync": "\"; rm" }));
    assert!(rig.refusal("resume-sync").await.reason.contains("is no policy"));
    rig.change(|has| has.application = application(false, "Synced"));
    assert!(rig.refusal("resume-sync").await.reason.contains("handover took away"));
}

/// A program in kubectl's place.
#[cfg(unix)]
async fn shell(line: &str, limit: Duration) -> KubeAnswer {
    use handover::ports::Kube as _;
    let shell = handover::providers::kubernetes::live::Kubectl::of("/bin/sh", Some("/".into()));
    shell.run(&["-c".to_owned(), line.to_owned()], limit).await
}

#[cfg(unix)]
#[tokio::test]
async fn what_kubectl_writes_comes_as_it_is() {
    let answer = shell("printf '\\033\\377ok'; pwd >&2; read x; exit 3", Duration::from_secs(20)).await;
    assert_eq!(answer.exit, Exit::Status(3), "there is nothing to read");
    assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice()), (&b"\x1b\xffok"[..], &b"/\n"[..]));
    let much = shell("head -c 50000000 /dev/zero", Duration::from_secs(20)).await;
    assert!(much.cut && much.stdout.len() < 40_000_000, "{}", much.stdout.len());
}

#[cfg(unix)]
#[tokio::test]
async fn a_kubectl_that_hangs_is_ended_with_whatever_it_has_started() {
    let began = std::time::Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let line = format!("sleep 1000 & echo $! > {}; wait", file.display());
    assert_eq!(shell(&line, Duration::from_secs(1)).await.exit, Exit::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let pid: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let gone = || rustix::process::test_kill_process(pid).is_err() || is_zombie(pid);
    while !gone() && began.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(gone());
}

/// Ended, and not yet taken note of by whoever inherited it.
#[cfg(unix)]
fn is_zombie(pid: rustix::process::Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with('Z')))
}
