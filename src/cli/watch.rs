//! `handover watch`: watches a service without a console and without a run.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::options::{PRESETS, ServiceOptions, loopback, speed};
use super::{Status, surroundings};
use crate::config::{Origin, Project};
use crate::domain::duration;
use crate::domain::redact::Redactor;
use crate::domain::service::Service;
use crate::domain::text;
use crate::engine::watch::{ReadRecord, Seen, Watching, run};
use crate::ports::{Clock, World};
use crate::providers::clock::SystemClock;
use crate::sim::{Regions, SimClock, scenario};
use crate::wire::{self, Archive};

/// How long what was said last may take to be read, when it ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

const ABOUT: &str = "Nothing is written and no run is begun. A line is printed when a component's health changes: the time, the Region, \
the component, its health and why. With [metrics] in the service file, metrics are published to CloudWatch meanwhile. Ctrl-C, SIGTERM \
or --for ends it, with exit status 0.";

/// `handover watch`.
#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(super) struct Watch {
    /// Without a terminal: print what changes. Always needed, since with a terminal `handover` itself is the console that only
    /// watches, until somebody arms it
    #[arg(long)]
    headless: bool,
    /// Serve the metrics as Prometheus reads them, at http://ADDR/metrics; on loopback alone, as anybody who can connect can read them
    #[arg(long, value_name = "ADDR", value_parser = loopback)]
    metrics: Option<SocketAddr>,
    /// End after this long, such as 10m
    #[arg(long = "for", value_name = "DURATION", value_parser = span)]
    limit: Option<Duration>,
    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
    /// Watch the simulated Regions, in which this happens
    #[arg(long, value_name = "SCENARIO", value_parser = clap::builder::PossibleValuesParser::new(scenario::names()))]
    simulated: Option<String>,
    /// Of a preset instead of a service
    #[arg(long, value_name = "PRESET", requires = "simulated", value_parser = PRESETS)]
    preset: Option<String>,
    /// How many times faster than time a simulation goes, where the machine can follow
    #[arg(long, value_name = "N", requires = "simulated", value_parser = speed)]
    speed: Option<f64>,
    /// What a simulation draws by chance is drawn from this
    #[arg(long, value_name = "N", requires = "simulated", default_value_t = 1)]
    seed: u64,
}

fn span(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

impl Watch {
    pub(super) fn run(&self, options: &ServiceOptions) -> Result<Status> {
        if !self.headless {
            eprintln!(
                "`handover watch` has no screen of its own and needs --headless: the console, `handover`, only watches until somebody \
                 arms it."
            );
            return Ok(Status::Usage);
        }
        let project = options.project(self.preset.as_deref())?;
        let service = Arc::new(project.service().ok_or_else(|| eyre!("{}", project.diagnostics))?.clone());
        let runtime = surroundings::runtime()?;
        let (say, said) = channel();
        let printer = std::thread::spawn(move || print(&said));
        let result = runtime.block_on(self.watch(service, &project, say));
        // Whoever stopped reading is not waited for.
        let waited = std::time::Instant::now();
        while !printer.is_finished() && waited.elapsed() < LAST_WORDS {
            std::thread::sleep(Duration::from_millis(5));
        }
        runtime.shutdown_background();
        result
    }

    async fn watch(&self, service: Arc<Service>, project: &Project, say: Sender<String>) -> Result<Status> {
        // From the beginning, so that none of them ends it otherwise.
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let redactor = wire::redactor(&service);
        let (world, record) = self.world(&service, project, &redactor).await?;
        let listener = match self.metrics {
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.wrap_err_with(|| format!("cannot listen on {address}"))?)
            }
            None => None,
        };
        let teller = Teller { json: self.json, redactor, say };
        teller.begins(&service, listener.as_ref().map(TcpListener::local_addr).transpose()?);
        let clock = Arc::clone(&world.clock);
        let (tell, mut told) = mpsc::unbounded_channel();
        let watched = tokio::spawn(run(Watching { world, service, record, listener }, tell));
        let over = async {
            match self.limit {
                Some(limit) => clock.sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                () = &mut over => break,
                seen = told.recv() => match seen {
                    Some(seen) => teller.tell(&seen),
                    None => return Err(eyre!("watching has ended by itself")),
                },
            }
        }
        watched.abort();
        Ok(Status::Ok)
    }

    /// The world, and what past runs came to: a simulation says nothing of real events, nor they of it.
    async fn world(
        &self,
        service: &Service,
        project: &Project,
        redactor: &Redactor,
    ) -> Result<(World, Option<ReadRecord>)> {
        if let Some(name) = &self.simulated {
            let scenario = scenario::load(name).map_err(|why| eyre!(why))?;
            let clock = Arc::new(SimClock::new(Timestamp::now(), self.speed.unwrap_or(1.0)));
            let regions = Regions::start(service, &scenario, self.seed, Arc::clone(&clock), None)?;
            return Ok((wire::simulated_world(service, &regions, &clock), None));
        }
        let clock = Arc::new(SystemClock::new()) as Arc<dyn Clock>;
        let world = wire::live(service, clock, redactor, dir(project), None).await.map_err(|why| eyre!(why))?;
        let archive = Archive::new(surroundings::runs(), Some(service));
        Ok((world, Some(Arc::new(move || archive.record()))))
    }
}

/// The service file's folder, where relative programs run.
fn dir(project: &Project) -> Option<PathBuf> {
    match &project.origin {
        Origin::File(path) => path.parent().map(PathBuf::from),
        Origin::Preset(_) => None,
    }
}

/// Prints what there is to print; whoever does not read it holds up nothing else.
fn print(said: &Receiver<String>) {
    for line in said {
        say!("{line}");
    }
}

/// Puts what is seen into lines.
struct Teller {
    json: bool,
    redactor: Redactor,
    say: Sender<String>,
}

impl Teller {
    fn line(&self, text: &str, mut value: Value) {
        let line = if self.json {
            text::clean_json(&mut value);
            self.redactor.apply(&value.to_string())
        } else {
            text::visible(&self.redactor.apply(text))
        };
        let _ = self.say.send(line);
    }

    fn begins(&self, service: &Service, listening: Option<SocketAddr>) {
        let regions = &service.regions;
        let at = listening.map(|address| format!("http://{address}/metrics"));
        let mut text = format!("watching {} in {} and {}", service.name, regions.primary, regions.standby);
        if let Some(at) = &at {
            text += &format!("; metrics at {at}");
        }
        self.line(&text, json!({ "watching": service.name, "metrics": at }));
    }

    fn tell(&self, seen: &Seen) {
        let time = |at: &Timestamp| at.strftime("%H:%M:%SZ").to_string();
        match seen {
            Seen::Changed { component, place, at, health, says } => self.line(
                &format!("{} {place:<14} {component:<16} {:<9} {says}", time(at), health.as_str()),
                json!({ "at": at.to_string(), "place": place.to_string(), "component": component,
                        "health": health.as_str(), "says": says }),
            ),
            Seen::Unpublished { at, why } => self.line(
                &format!("{} metrics are not published: {why}; they are tried again", time(at)),
                json!({ "at": at.to_string(), "published": false, "says": why }),
            ),
            Seen::Published { at } => self.line(
                &format!("{} metrics are published again", time(at)),
                json!({ "at": at.to_string(), "published": true }),
            ),
        }
    }
}
