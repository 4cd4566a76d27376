//! 000's lines for kubectl, by the kubectl of this machine.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::kubectl::kubectl;
use crate::sim::Sim;
use crate::table;

const EAST: &str = "fineract-production-us-east-1";
const WEST: &str = "fineract-production-us-west-2";
const DR_HOST: &str = "fineract-production-replica.xxx.us-west-2.rds.amazonaws.com";
const MANIFESTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: fineract, labels: { app.kubernetes.io/name: fineract } }
spec:
  selector: { matchLabels: { app.kubernetes.io/name: fineract } }
  template:
    metadata: { labels: { app.kubernetes.io/name: fineract } }
    spec:
      containers: [{ name: fineract, image: "registry.example.com/fineract:18" }]
"#;

/// A home folder of its own, with a kubeconfig and the manifests that the document's lines name.
struct Desk {
    kubectl: PathBuf,
    folder: tempfile::TempDir,
}

impl Desk {
    /// `None`, and a word of it, where there is no kubectl and none is demanded.
    fn new() -> Option<Self> {
        let desk = Self { kubectl: kubectl()?, folder: tempfile::tempdir().unwrap() };
        for place in ["environments/production", "apps/sealed-secrets-controller/base"] {
            fs::create_dir_all(desk.at(place)).unwrap();
            fs::write(desk.at(place).join("kustomization.yaml"), "resources: [all.yaml]\n").unwrap();
            fs::write(desk.at(place).join("all.yaml"), MANIFESTS).unwrap();
        }
        Some(desk)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A line as the document has it: the context is whichever is current.
    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.kubectl);
        command.env("HOME", self.folder.path()).env("KUBECONFIG", self.at("kubeconfig"));
        command.args(words).current_dir(self.folder.path()).output().unwrap()
    }

    fn say(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn get(&self, context: &str, words: &[&str]) -> Value {
        let line = [&["--context", context, "-o", "json", "get"], words].concat();
        serde_json::from_str(&self.say(&line)).unwrap()
    }

    /// The database that the secret names, in base64.
    fn host(&self, context: &str) -> String {
        let secret = self.get(context, &["secret", "fineract-db-credentials", "-n", "fineract-production"]);
        secret["data"]["host"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_patched_secret_restarts_no_pod_and_is_undone_and_a_drill_goes_where_the_context_points() {
    let Some(desk) = Desk::new() else { return };
    let sim = Sim::start_clusters("fineract.toml", "calm", "60", &desk.at("kubeconfig"));
    // No context: nothing is done. The context that somebody left: the drill is in production.
    assert!(!desk.run(&["create", "namespace", "dr-drill-1"]).status.success());
    desk.say(&["config", "use-context", EAST]);
    desk.say(&["create", "namespace", "dr-drill-1"]);
    desk.say(&["apply", "-k", "apps/sealed-secrets-controller/base/", "-n", "dr-drill-1"]);
    assert_eq!(desk.get(EAST, &["deployments", "-n", "dr-drill-1"])["items"].as_array().unwrap().len(), 1);
    assert!(!desk.run(&["--context", WEST, "get", "namespace", "dr-drill-1"]).status.success());
    desk.say(&["delete", "namespace", "dr-drill-1"]);

    desk.say(&["config", "use-context", WEST]);
    let as_git_has_it = desk.host(WEST);
    let patch = format!("{{\"stringData\":{{\"host\":\"{DR_HOST}\"}}}}");
    let secret = ["secret", "fineract-db-credentials", "-n", "fineract-production"];
    desk.say(&[&["patch"], &secret[..], &["--type", "merge", "-p", &patch]].concat());
    assert_ne!(desk.host(WEST), as_git_has_it);
    let deployment = desk.get(WEST, &["deployment", "fineract", "-n", "fineract-production"]);
    assert_eq!(deployment["metadata"]["generation"], 1, "no pod is told");
    desk.say(&["apply", "-k", "environments/production/", "-n", "fineract-production"]);
    let began = Instant::now();
    while desk.host(WEST) != as_git_has_it {
        assert!(began.elapsed() < Duration::from_secs(30), "Argo CD has not undone the patch");
        std::thread::sleep(Duration::from_millis(100));
    }
    table::carried(&sim, "a_patched_secret_restarts_no_pod_and_is_undone_and_a_drill_goes_where_the_context_points");
}
