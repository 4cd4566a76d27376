//! `handover drill`: opens a drill, explained if it is wanted so, and in simulated Regions with a surprise.

use clap::Args;
use clap::builder::PossibleValuesParser;
use color_eyre::eyre::{Result, bail, eyre};
use jiff::Timestamp;

use super::demo::usual;
use super::options::{ScreenOptions, ServiceOptions, WhoOptions, simulated, speed};
use super::{Status, console, headless, surroundings};
use crate::config::Project;
use crate::domain::debrief::Secret;
use crate::domain::hash;
use crate::domain::runbook::{Runbook, Way};
use crate::domain::service::Service;
use crate::sim::surprise::{self, Surprise};
use crate::wire::{Stage, Wanted, book, open};

const NONE: &str = "none";
const RANDOM: &str = "random";

/// `handover drill`.
#[derive(Debug, Args)]
pub(super) struct Drill {
    /// The runbook; without it, the service's drill, and in simulated Regions its failover
    runbook: Option<String>,
    /// Drill in simulated Regions: a preset, or a service file of your own
    #[arg(long, value_name = "PRESET")]
    demo: Option<String>,
    /// Explain each step: why, what to look at, what would go wrong
    #[arg(long)]
    guided: bool,
    /// What happens in the simulated Regions; without it, what the runbook is for
    #[arg(long, value_name = "NAME", requires = "demo",
          value_parser = PossibleValuesParser::new(crate::sim::scenario::names()))]
    scenario: Option<String>,
    /// What comes unannounced in the simulated Regions, at a moment of the run: a name, or one that nobody knows
    #[arg(long, value_name = "NAME", requires = "demo", default_value = NONE,
          value_parser = PossibleValuesParser::new(wanted()))]
    surprise: String,
    /// What is drawn by chance is drawn from this; without it, nobody knows what a random surprise will be
    #[arg(long, value_name = "N", requires = "demo")]
    seed: Option<u64>,
    /// How many times faster than time it goes, where the machine can follow
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed, requires = "demo")]
    speed: f64,
    /// Let the simulation's own operator do the run
    #[arg(long, requires = "demo")]
    autoplay: bool,
    /// Without a terminal: print the journal as it goes; the exit status tells how the run ended
    #[arg(long, requires = "autoplay", conflicts_with = "guided")]
    headless: bool,
}

/// What can be asked for as a surprise.
fn wanted() -> Vec<&'static str> {
    [NONE, RANDOM].into_iter().chain(surprise::names()).collect()
}

impl Drill {
    pub(super) fn run(&self, service: &ServiceOptions, screen: &ScreenOptions, who: &WhoOptions) -> Result<Status> {
        if self.headless {
            // The simulation's clock starts with the runtime that it runs in.
            let runtime = surroundings::runtime()?;
            let _inside = runtime.enter();
            return Ok(headless::play(&runtime, self.stage(service, who)?));
        }
        let begin = console::Begin { autoplay: self.autoplay, guided: self.guided };
        console::run(screen, begin, || self.stage(service, who))
    }

    fn stage(&self, service: &ServiceOptions, who: &WhoOptions) -> Result<Stage> {
        let (operator, runs) = (surroundings::operator(who), surroundings::runs());
        let Some(demo) = &self.demo else {
            let project = service.project(None)?;
            let book = book(&project, Some(&self.real(&project)?)).map_err(|why| eyre!(why))?;
            return Ok(Stage::new(book, operator, &runs, None)?);
        };
        let book = open(simulated(demo)?, self.runbook.as_deref()).map_err(|why| eyre!(why))?;
        let scenario = self.scenario.clone().or_else(|| book.runbook.scenario.clone());
        let scenario = scenario.unwrap_or_else(|| usual(book.runbook.way).to_owned());
        let surprise = self.surprise(&book.service, &book.runbook, &scenario)?;
        let wanted = Wanted { scenario, seed: self.seed.unwrap_or(1), speed: self.speed, surprise };
        Ok(Stage::new(book, operator, &runs, Some(&wanted))?)
    }

    /// The runbook of a drill on real Regions: one that says of itself that it is one.
    fn real(&self, project: &Project) -> Result<String> {
        let is_drill = |runbook: &&Runbook| runbook.way == Way::Drill;
        let Some(wanted) = &self.runbook else {
            let drill = project.runbook("drill").filter(is_drill);
            let first = drill.or_else(|| project.runbooks.iter().find(is_drill));
            return first.map(|runbook| runbook.id.clone()).ok_or_else(|| {
                eyre!("the service has no runbook with way = \"drill\"; `handover drill --demo FILE` drills its failover in simulated Regions")
            });
        };
        match project.runbook(wanted) {
            Some(runbook) if !is_drill(&runbook) => bail!(
                "{wanted} is no drill: on real Regions it would be carried out. `handover drill {wanted} --demo FILE` plays \
                 it in simulated Regions; `handover --runbook {wanted}` opens it in earnest"
            ),
            // One that is not there is told of with those that are.
            _ => Ok(wanted.clone()),
        }
    }

    /// The surprise that is wanted, sealed with a number that nobody knows.
    fn surprise(&self, service: &Service, runbook: &Runbook, scenario: &str) -> Result<Option<Secret>> {
        let nonce = hash::sha256(format!("{:?} {}", Timestamp::now().as_nanosecond(), std::process::id()).as_bytes());
        let name = match self.surprise.as_str() {
            NONE => return Ok(None),
            RANDOM => {
                let seed = self.seed.or_else(|| u64::from_str_radix(nonce.get(..15)?, 16).ok()).unwrap_or_default();
                let drawn = surprise::drawn(service, runbook, scenario, seed);
                drawn.map(|drawn| drawn.name).ok_or_else(|| {
                    eyre!("no surprise can come in a run of {} in the scenario {scenario}", runbook.id)
                })?
            }
            name => {
                let surprise = surprise::load(name).map_err(|why| eyre!(why))?;
                if let Some(why) = surprise.unfit(service, runbook, scenario) {
                    let fitting = surprise::fitting(service, runbook, scenario);
                    let names: Vec<&str> = fitting.iter().map(|other: &Surprise| other.name.as_str()).collect();
                    bail!(
                        "{why}. What can come here: {}",
                        if names.is_empty() { NONE.to_owned() } else { names.join(", ") }
                    );
                }
                name.to_owned()
            }
        };
        Ok(Some(Secret { name, nonce }))
    }
}
