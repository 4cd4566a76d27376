//! The Fineract service as the peers have it: its service file and its runbook, each made from the preset's own, with
//! DNS and HTTP beside them, and the program in a terminal.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Weak};

use handover::config::Project;
use handover::domain::run::{Mode, Run};

use crate::common::peers::{Options, Peers};
use crate::common::pty::Pty;
use crate::person::{Person, TARGET};
use crate::{dns, http};

pub const SOURCE: &str = "us-east-1";
const DB_PASSWORD: &str = "handover-secret";
const AWS_SECRET: &str = "wJalrXUtnFEMI-e2e-secret-key";
/// What must be seen nowhere: these, and the application's own password.
pub const SECRETS: [&str; 3] = [DB_PASSWORD, AWS_SECRET, "app-secret"];
/// A part of what a hostile program writes between its escape sequences: to be seen, as text.
pub const PAYLOAD: &str = "pwned-by-output";

const SERVICE: &str = include_str!("../../assets/presets/fineract/service.toml");
const RUNBOOK: &str = include_str!("../../assets/presets/fineract/runbooks/failover.toml");

/// A program whose output attacks the terminal, and tells every secret that it knows.
const NOISE: &str = r#"printf '\033]0;pwned-by-output\007\033]52;c;cHduZWQ=\007\n'
printf '\033[?7777h\033[38;5;213mred\033[0m\033Ppwned\033\\\302\2339999m\342\200\256\n'
echo "the password is $HANDOVER_DB_PASSWORD and the key is $AWS_SECRET_ACCESS_KEY"
"#;

/// Everything that a run needs.
pub struct Scene {
    pub peers: Arc<Peers>,
    dir: tempfile::TempDir,
    // Its servers end with it.
    _runtime: tokio::runtime::Runtime,
}

impl Scene {
    /// Starts everything; `None` where the environment says to do without peers. With `dead`, whatever the source
    /// Region has for the console besides AWS accepts connections and never answers.
    pub fn start(dead: bool) -> Option<Self> {
        let peers = Peers::start(&Options::default()).unwrap_or_else(|error| panic!("{error}"))?;
        let peers = Arc::new(peers);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let weak = || Arc::downgrade(&peers);
        let servers = [true, false].map(|authoritative| runtime.block_on(dns::serve(weak(), authoritative)));
        let dir = tempfile::tempdir().unwrap();
        let service = service_file(&peers, weak, dead, &servers.map(|server| server.to_string()));
        fs::write(dir.path().join("service.toml"), service).unwrap();
        fs::create_dir(dir.path().join("runbooks")).unwrap();
        fs::write(dir.path().join("runbooks/failover.toml"), runbook_file()).unwrap();
        fs::create_dir(dir.path().join("scripts")).unwrap();
        fs::write(dir.path().join("scripts/noise.sh"), NOISE).unwrap();
        Some(Self { peers, dir, _runtime: runtime })
    }

    pub fn service(&self) -> PathBuf {
        self.dir.path().join("service.toml")
    }

    /// Where the program keeps its runs.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        let nothing = self.dir.path().join("none").display().to_string();
        vec![
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", AWS_SECRET.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", nothing.clone()),
            ("AWS_SHARED_CREDENTIALS_FILE", nothing),
            ("HANDOVER_DB_PASSWORD", DB_PASSWORD.to_owned()),
            ("HANDOVER_DATA_DIR", self.data().display().to_string()),
            ("HANDOVER_SERVICE", self.service().display().to_string()),
            ("HANDOVER_OPERATOR", "anna".to_owned()),
        ]
    }

    /// Somebody at the console, which was just opened on the service.
    pub fn person(&self) -> Person {
        let env = self.env();
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let pty = Pty::spawn(env!("CARGO_BIN_EXE_handover"), &[], &env, 120, 40);
        let project = Project::from_file(&self.service());
        let service = project.service().unwrap_or_else(|| panic!("{}", project.diagnostics));
        let runbook = project.runbook("failover").unwrap_or_else(|| panic!("{}", project.diagnostics)).clone();
        let empty = Run::new(&service.name, runbook, Mode::Live, service.failover());
        Person::at(pty, self.data().join("runs"), empty, &SECRETS)
    }

    /// A subcommand, run to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_handover")).args(args).envs(self.env()).output().unwrap()
    }

    /// The only run's folder, once there is one.
    pub fn run_folder(&self) -> Option<PathBuf> {
        fs::read_dir(self.data().join("runs")).ok()?.find_map(|entry| Some(entry.ok()?.path()))
    }
}

fn swap(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "the preset no longer has {from:?}");
    *text = text.replace(from, to);
}

/// Takes out what stands between two texts, with the first.
fn cut(text: &mut String, from: &str, to: &str) {
    let start = text.find(from).unwrap_or_else(|| panic!("the preset no longer has {from:?}"));
    let length = text[start..].find(to).unwrap_or_else(|| panic!("no {to:?} comes after {from:?}"));
    text.replace_range(start..start + length, "");
}

fn service_file(peers: &Arc<Peers>, weak: impl Fn() -> Weak<Peers>, dead: bool, servers: &[String; 2]) -> String {
    let ready = &peers.ready;
    let at = |port: u16| format!("http://127.0.0.1:{port}/health");
    let source = if dead { http::hang() } else { http::serve(http::Site::Out, weak()) };
    let primary_port = if dead { http::hang() } else { ready.postgres.primary_port };
    let mut text = SERVICE.to_owned();
    // There is no cluster here and no bucket: what asks for them is another program, below, or is left out.
    cut(&mut text, "# What runs in each Region", "[components.traffic]");
    cut(&mut text, "# The rule of the document", "[components.metrics]");
    swap(&mut text, ", \"reports.canary\"", "");
    swap(&mut text, "https://api-us-east-1.fineract.com/health", &at(source));
    swap(&mut text, "https://api-us-west-2.fineract.com/health", &at(http::serve(http::Site::Standby, weak())));
    swap(&mut text, "https://api.fineract.com/health", &at(http::serve(http::Site::Public, weak())));
    swap(
        &mut text,
        "fineract-production-primary.c0example0001.us-east-1.rds.amazonaws.com:5432",
        &format!("127.0.0.1:{primary_port}"),
    );
    swap(
        &mut text,
        "fineract-production-replica.c0example0002.us-west-2.rds.amazonaws.com:5432",
        &format!("127.0.0.1:{}", ready.postgres.standby_port),
    );
    swap(&mut text, "\"fineract_default\"", &format!("{:?}", ready.postgres.database));
    swap(&mut text, "\"verify\"", "\"off\"");
    swap(&mut text, "\"fineract_app\"", "\"app\"");
    swap(&mut text, "SELECT max(id) FROM m_portfolio_command_source", "SELECT max(id) FROM ledger");
    swap(&mut text, "timeout = \"3s\"", "timeout = \"1s\"");
    swap(&mut text, "Z0FINERACTEXAMPLE", &ready.hosted_zone);
    swap(&mut text, "5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a01", &ready.health_checks[SOURCE]);
    swap(&mut text, "a81c3e90-77b2-4f6d-8e1b-3c9d5f2a6b02", &ready.health_checks[TARGET]);
    let [zone, resolver] = servers;
    swap(
        &mut text,
        r#"["1.1.1.1:53", "8.8.8.8:53", "9.9.9.9:53"]"#,
        &format!("[{resolver:?}]\nnameservers = [{zone:?}]"),
    );
    // Nobody waits for a minute here; and a sample of the lag counts as stale as soon as there are no more of them.
    for kind in ["endpoint", "rds-replica", "route53-failover", "cloudwatch"] {
        swap(&mut text, &format!("kind = \"{kind}\""), &format!("kind = \"{kind}\"\nevery = \"2s\""));
    }
    text.push_str("\n[aws.endpoints]\n");
    for region in [SOURCE, TARGET, "global"] {
        let _ = writeln!(text, "{region} = {:?}", peers.endpoint(region));
    }
    text
}

/// What stands for a program of the preset, or for what is done to its cluster.
fn program(step: &str) -> &'static str {
    match step {
        "controller-logs" => r#"["/bin/sh", "scripts/noise.sh"]"#,
        "restore-keys" => r#"["/bin/sh", "-c", "echo keys restored in $DR_REGION"]"#,
        "wait-pods" => r#"["/bin/sh", "-c", "echo 1 of 2; sleep 0.3; echo 2 of 2"]"#,
        "check-cluster" => r#"["echo", "six nodes in {target}"]"#,
        _ => r#"["true"]"#,
    }
}

/// The preset's runbook, with other programs and shorter times, and without a cluster.
fn runbook_file() -> String {
    let mut shortened = 0;
    let steps: Vec<String> = RUNBOOK.split("[[phase.step]]").map(|step| step_here(step, &mut shortened)).collect();
    assert_eq!(shortened, 2, "the preset no longer waits for silence, or no longer monitors");
    steps.join("[[phase.step]]")
}

/// Whether a line asks the cluster.
fn of_cluster(line: &str) -> bool {
    line.contains("reading = \"cluster.")
}

/// A step as it is here: what is done to the cluster, and what asks the cluster alone, is a program instead.
fn step_here(step: &str, shortened: &mut u32) -> String {
    let id = step.lines().find_map(|line| line.strip_prefix("id = ")).unwrap_or_default().trim_matches('"');
    let acts = step.contains("component = \"cluster\"");
    let asked: Vec<&str> = step.lines().filter(|line| line.starts_with("  { reading = ")).collect();
    let instead = acts || (!asked.is_empty() && asked.iter().all(|line| of_cluster(line)));
    let mut text = String::new();
    let mut in_list = false;
    for line in step.lines() {
        if in_list {
            in_list = line != "]";
        } else if line.starts_with("run = [") {
            let _ = writeln!(text, "run = {}", program(id));
            in_list = !line.ends_with(']');
        } else if instead && line.starts_with("kind = ") {
            let hazard = if acts { "write" } else { "none" };
            let run = program(id);
            let _ = writeln!(text, "kind = \"exec\"\nhazard = \"{hazard}\"\nrun = {run}\ntimeout = \"1m\"");
        } else if instead && (line.starts_with("expect = [") || line.starts_with("until = [")) {
            in_list = !line.ends_with(']');
        } else if of_cluster(line)
            || instead && ["component = ", "action = ", "on = ", "timeout = "].iter().any(|key| line.starts_with(key))
        {
            // Left out.
        } else if line.contains("database.target.replay_age") {
            text.push_str("  { reading = \"database.target.replay_age\", at_least = \"2s\" },\n");
            *shortened += 1;
        } else if line.starts_with("hold = ") {
            text.push_str("hold = \"3s\"\n");
            *shortened += 1;
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The text of a file below the run's folder.
pub fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}
