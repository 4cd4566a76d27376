//! `handover sim`: the simulated Regions on a socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::options::{PRESETS, loopback, simulated, speed};
use super::{Status, surroundings};
use crate::domain::region::HomeRole;
use crate::domain::service::{Service, Spec};
use crate::domain::text;
use crate::ports::Clock as _;
use crate::sim::serve::{Served, serve};
use crate::sim::{Regions, SimClock, scenario};

const BESIDE: &str = "Beside AWS, to requests without a signature: the service's endpoints answer as HTTP by their own \
names (curl -x http://ADDR http://HOST/PATH, or that Host), and GET /truth tells what is so behind all that can be seen, as \
JSON: which database takes the application's writes and which follows, how the endpoints answer, where the traffic goes, how \
many rows each database has, and how many acknowledged rows the database that was promoted last has lost.";

/// `handover sim`.
#[derive(Debug, Args)]
#[command(after_help = BESIDE)]
pub(super) struct Sim {
    /// The preset, or a service file of your own to simulate
    #[arg(default_value = "fineract", value_parser = PRESETS, hide_possible_values = true)]
    preset: String,
    /// Where to listen; on loopback alone, as anybody who can connect can call anything
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4599", value_parser = loopback)]
    listen: SocketAddr,
    /// What happens in the simulated Regions
    #[arg(long, value_name = "NAME", default_value = "region-outage",
          value_parser = clap::builder::PossibleValuesParser::new(scenario::names()))]
    scenario: String,
    /// How many times faster than time it goes, where the machine can follow
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Write a kubeconfig with the service's contexts, for kubectl
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// What is drawn by chance is drawn from this
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Sim {
    pub(super) fn run(&self) -> Result<Status> {
        let project = simulated(&self.preset)?.project();
        let Some(service) = project.service() else { return Err(eyre!("{}", project.diagnostics)) };
        let scenario = scenario::load(&self.scenario).map_err(|why| eyre!(why))?;
        let runtime = surroundings::runtime()?;
        runtime.block_on(async {
            let clock = Arc::new(SimClock::new(Timestamp::now(), self.speed));
            let regions = Regions::start(service, &scenario, self.seed, Arc::clone(&clock), None)?;
            let listener =
                TcpListener::bind(self.listen).await.wrap_err_with(|| format!("cannot listen on {}", self.listen))?;
            let address = listener.local_addr()?;
            let (primary, standby) = (&service.regions.primary, &service.regions.standby);
            say!("{} in {primary} and {standby}, simulated: {}", text::visible(&service.name), scenario.title);
            say!("listening on http://{address}; Ctrl-C ends it, and everything in it");
            say!("  AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws --endpoint-url http://{address} \\");
            say!("    --region {standby} rds describe-db-instances");
            say!("  curl http://{address}/truth    # who takes writes, where the traffic goes, what is lost");
            let contexts = contexts(service, address);
            if let Some(path) = &self.kubeconfig {
                let text = serde_json::to_string_pretty(&kubeconfig(&contexts))?;
                std::fs::write(path, text + "\n").wrap_err_with(|| format!("cannot write {}", path.display()))?;
            }
            for Context { name, namespace, server } in &contexts {
                let name = text::shell_word(name);
                say!("  kubectl --server {server} --namespace {namespace} get deployments    # context {name}");
            }
            let tell = move |served: &Served| say!("{}", line(&clock.now(), served));
            tokio::select! {
                () = serve(regions, listener, tell) => {}
                ended = tokio::signal::ctrl_c() => ended?,
            }
            Ok(Status::Ok)
        })
    }
}

/// A context of the service, and where its cluster is simulated.
struct Context {
    name: String,
    namespace: String,
    server: String,
}

fn contexts(service: &Service, address: SocketAddr) -> Vec<Context> {
    let mut contexts: Vec<Context> = Vec::new();
    for component in &service.components {
        let Spec::Kubernetes(spec) = &component.spec else { continue };
        for role in [HomeRole::Primary, HomeRole::Standby] {
            let name = spec.context.get(role).clone();
            if contexts.iter().all(|known| known.name != name) {
                let server = format!("http://{address}/kubernetes/{}", service.regions.get(role));
                contexts.push(Context { name, namespace: spec.namespace.clone(), server });
            }
        }
    }
    contexts
}

/// A kubeconfig is YAML, and so may be JSON. It has no current context: nothing is done where nobody has said.
fn kubeconfig(contexts: &[Context]) -> Value {
    let cluster = |of: &Context| json!({ "name": of.name, "cluster": { "server": of.server } });
    let context = |of: &Context| {
        let inside = json!({ "cluster": of.name, "user": "simulated", "namespace": of.namespace });
        json!({ "name": of.name, "context": inside })
    };
    json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "",
        "clusters": contexts.iter().map(cluster).collect::<Vec<_>>(),
        "contexts": contexts.iter().map(context).collect::<Vec<_>>(),
        "users": [{ "name": "simulated", "user": { "token": "simulated" } }],
    })
}

/// `14:07:31Z us-west-2 rds:PromoteReadReplica 200`
fn line(now: &Timestamp, served: &Served) -> String {
    let status = served.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let called = match &served.called {
        Some(called) => format!("{} {}:{}", called.region, called.service, called.operation),
        None => "not signed".to_owned(),
    };
    text::bounded(&format!("{} {called} {status}", now.strftime("%H:%M:%SZ")), 300)
}
