//! `handover sim`, the drivers, and what was asked of it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::common::peers;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/seeds");
const DRIVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/seeds");

/// The program, serving the simulated Regions.
pub(crate) struct Sim {
    child: Child,
    pub(crate) endpoint: String,
    programs: Option<PathBuf>,
    printed: Arc<Mutex<Vec<String>>>,
}

impl Sim {
    /// With a preset's service, for the drivers; `None` when the environment says to skip them.
    pub(crate) fn start(service: &str, scenario: &str, speed: &str) -> Option<Self> {
        let programs = peers::programs().unwrap_or_else(|error| panic!("{error}"))?;
        let mut sim = Self::open(Path::new(service), scenario, speed, None);
        sim.programs = Some(programs);
        Some(sim)
    }

    /// With a service file of `tests/fixtures/seeds/`.
    pub(crate) fn start_with(fixture: &str, scenario: &str, speed: &str) -> Option<Self> {
        Self::start(&format!("{FIXTURES}/{fixture}"), scenario, speed)
    }

    /// With a service file and a kubeconfig, for kubectl.
    pub(crate) fn start_clusters(fixture: &str, scenario: &str, speed: &str, kubeconfig: &Path) -> Self {
        Self::open(&Path::new(FIXTURES).join(fixture), scenario, speed, Some(kubeconfig))
    }

    fn open(service: &Path, scenario: &str, speed: &str, kubeconfig: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
        command.arg("sim").arg(service).args(["--listen", "127.0.0.1:0", "--scenario", scenario, "--speed", speed]);
        if let Some(path) = kubeconfig {
            command.arg("--kubeconfig").arg(path);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("listening on ")).unwrap();
        let endpoint = said.trim_start_matches("listening on ").split(';').next().unwrap().to_owned();
        // The kubeconfig is written before the last of what is said at first.
        let contexts = if kubeconfig.is_some() { 2 } else { 0 };
        lines.by_ref().map(Result::unwrap).filter(|line| line.contains("# context ")).take(contexts).for_each(drop);
        let printed = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&printed);
        std::thread::spawn(move || lines.for_each(|line| kept.lock().unwrap().extend(line)));
        Self { child, endpoint, programs: None, printed }
    }

    /// Runs a procedure of a document's driver; what it found.
    pub(crate) fn drive(&self, document: &str, procedure: &str) -> Value {
        let mut command = Command::new(self.programs.as_ref().unwrap().join("python"));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("AWS_") {
                command.env_remove(variable);
            }
        }
        command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
        command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any").env("AWS_MAX_ATTEMPTS", "1");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_DEFAULT_OUTPUT", "json");
        command.arg("-B").arg(format!("{DRIVERS}/{document}.py")).args([&self.endpoint, procedure]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{document} {procedure}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The calls that were answered with success, such as `rds:PromoteReadReplica`.
    pub(crate) fn made(&self) -> Vec<String> {
        let lines = self.printed.lock().unwrap();
        // `14:07:31Z us-west-2 rds:PromoteReadReplica 200`
        let call = |line: &String| {
            let (rest, status) = line.rsplit_once(' ')?;
            let (_, rest) = rest.split_once(' ')?;
            status.starts_with('2').then(|| rest.split_once(' ').map_or(rest, |(_, call)| call).to_owned())
        };
        lines.iter().filter_map(call).collect()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
