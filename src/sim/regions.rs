//! The simulated Regions, running: the world tied to a clock, a log and the ports.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::{SignedDuration, Timestamp};

use super::clock::SimClock;
use super::commands;
use super::kubectl::Kubectl;
use super::log::{Header, Log};
use super::probes::Probes;
use super::program::Pretend;
use super::scenario::{Fault, Scenario};
use super::steps::Ms;
use super::surprise::{self, Surprise};
use super::trail;
use super::wire::client::WireClient;
use super::wire::kubernetes;
use super::wire::{self, Called, WireRequest, WireResponse};
use super::world::World;
use super::world::faults::{ApiCall, Met, Verdict};
use super::world::mutation::{Change, Mutation};
use super::world::truth::Truth;
use crate::domain::debrief::{self, Revealed, Secret};
use crate::domain::region::HomeRole;
use crate::domain::service::Service;
use crate::ports::{Clock, Commands, HttpProbe, Kube, Program, Resolver, SqlProbe, Trail, Trainer};

/// Why a request got no answer at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// There was nothing to connect to, or the connection was given up.
    Refused,
}

/// The simulated Regions.
pub struct Regions {
    clock: Arc<SimClock>,
    core: Mutex<Core>,
}

struct Core {
    world: World,
    log: Option<Log>,
    met: Met,
    requests: i64,
    /// The journals that are kept, by place and run. Another process of the same simulation begins without them.
    kept: BTreeMap<String, trail::Kept>,
    /// The surprise that is held back, or has come.
    surprise: Option<Secret>,
}

impl Regions {
    /// Starts them, or goes on with a simulation whose log is there. The scenario's zero lies its `start` before what
    /// the clock showed when the simulation was first opened.
    pub fn start(
        service: &Service,
        scenario: &Scenario,
        seed: u64,
        clock: Arc<SimClock>,
        log: Option<PathBuf>,
    ) -> io::Result<Arc<Self>> {
        Self::start_with(service, scenario, seed, clock, log, None)
    }

    /// As [`Self::start`], with a surprise that is held back until its moment; of a simulation that goes on, its log knows it.
    pub fn start_with(
        service: &Service,
        scenario: &Scenario,
        seed: u64,
        clock: Arc<SimClock>,
        log: Option<PathBuf>,
        surprise: Option<Secret>,
    ) -> io::Result<Arc<Self>> {
        let epoch = clock.start().checked_sub(SignedDuration::from_millis(scenario.start)).unwrap_or(Timestamp::MIN);
        let fresh = Header {
            service: service.name.clone(),
            scenario: scenario.name.clone(),
            seed,
            epoch,
            start: clock.start(),
            opened: Timestamp::now(),
            speed: clock.speed(),
            surprise: surprise.clone(),
        };
        let mut log = log.map(|path| Log::open(&path, &fresh)).transpose()?;
        let epoch = log.as_ref().map_or(epoch, |log| log.header().epoch);
        let mut world = World::new(service.clone(), scenario.clone(), seed, epoch);
        if let Some(log) = &mut log {
            log.catch_up()?.into_iter().for_each(|mutation| world.accept(mutation));
        }
        let surprise = log.as_ref().map_or(surprise, |log| log.header().surprise.clone());
        let core = Core { world, log, met: Met::new(), requests: 0, kept: BTreeMap::new(), surprise };
        clock.watch();
        Ok(Arc::new(Self { clock, core: Mutex::new(core) }))
    }

    /// From here on, keeps what is done in a log, which must not be there yet: so that a console which is only looked at
    /// leaves nothing behind.
    pub fn keep_log(&self, path: &Path) -> io::Result<()> {
        let mut core = self.lock();
        let world = &core.world;
        let fresh = Header {
            service: world.service().name.clone(),
            scenario: world.scenario().name.clone(),
            seed: world.seed(),
            epoch: world.epoch(),
            start: Clock::now(self.clock.as_ref()),
            opened: Timestamp::now(),
            speed: self.clock.speed(),
            surprise: core.surprise.clone(),
        };
        let mut log = Log::open(path, &fresh)?;
        log.append(world.done())?;
        core.log = Some(log);
        Ok(())
    }

    /// The surprise that is still held back.
    pub fn held_back(&self) -> Option<Surprise> {
        let name = self.lock().surprise.as_ref()?.name.clone();
        if self.sprung().is_some() {
            return None;
        }
        surprise::load(&name).ok()
    }

    /// When the surprise came, if it has.
    fn sprung(&self) -> Option<Timestamp> {
        let came = |mutation: &&Mutation| matches!(mutation.change, Change::Surprise { .. });
        self.look(|world| world.done().iter().find(came).map(|mutation| mutation.at))
    }

    /// Lets the surprise come that is held back.
    ///
    /// # Errors
    /// If that could not be written down: then it has not come.
    pub fn spring(&self) -> io::Result<()> {
        let Some(surprise) = self.held_back() else { return Ok(()) };
        let change = Change::Surprise { name: surprise.name };
        self.act(|world, id| world.apply("", id, change).map(|_| ()).map_err(|error| io::Error::other(error.message)))?
    }

    /// The simulation's clock.
    pub fn clock(&self) -> &Arc<SimClock> {
        &self.clock
    }

    /// A client for the AWS SDK.
    pub fn http_client(self: &Arc<Self>) -> SharedHttpClient {
        SharedHttpClient::new(WireClient::new(Arc::clone(self)))
    }

    /// The databases.
    pub fn sql(self: &Arc<Self>) -> Arc<dyn SqlProbe> {
        Arc::new(Probes::new(Arc::clone(self)))
    }

    /// DNS.
    pub fn resolver(self: &Arc<Self>) -> Arc<dyn Resolver> {
        Arc::new(Probes::new(Arc::clone(self)))
    }

    /// The endpoints.
    pub fn http(self: &Arc<Self>) -> Arc<dyn HttpProbe> {
        Arc::new(Probes::new(Arc::clone(self)))
    }

    /// A stand-in for external programs.
    pub fn program(self: &Arc<Self>) -> Arc<dyn Program> {
        let programs = self.look(|world| world.scenario().programs.clone());
        Arc::new(Pretend::new(Arc::clone(&self.clock), programs))
    }

    /// A kubectl for the simulated clusters.
    pub fn kube(self: &Arc<Self>) -> Arc<dyn Kube> {
        Arc::new(Kubectl::new(Arc::clone(self)))
    }

    /// A stand-in for the programs that the service file declares.
    pub fn commands(self: &Arc<Self>) -> Arc<dyn Commands> {
        Arc::new(commands::Pretend::new(Arc::clone(self)))
    }

    /// The places that keep journals, as the service file has them.
    pub fn trails(self: &Arc<Self>) -> Vec<Arc<dyn Trail>> {
        let Some(wanted) = self.look(|world| world.service().trail.clone()) else { return Vec::new() };
        let days = wanted.retention.as_secs() / 86_400;
        let place =
            |service, lock| Arc::new(trail::Place::new(Arc::clone(self), service, days, lock)) as Arc<dyn Trail>;
        let logs = wanted.log_group.map(|_| place("logs", None));
        let objects = wanted.bucket.map(|_| place("s3", Some(wanted.lock.as_str())));
        logs.into_iter().chain(objects).collect()
    }

    /// Does something to what a place keeps of a run's journal.
    pub(super) fn kept<R>(&self, of: &str, act: impl FnOnce(&mut trail::Kept) -> R) -> R {
        act(self.lock().kept.entry(of.to_owned()).or_default())
    }

    /// What has been done since the simulation opened, by any process, oldest first.
    pub fn mutations(&self) -> Vec<Mutation> {
        self.look(|world| world.done().to_vec())
    }

    /// What is so now, whatever can be seen of it.
    pub fn truth(&self) -> Truth {
        self.look(|world| world.truth(world.now()))
    }

    /// What was so at a moment that is over, or is so now.
    pub fn truth_at(&self, at: Timestamp) -> Truth {
        self.look(|world| world.truth(world.ms(at)))
    }

    /// Takes in what other processes have done. Looking at the world does so by itself; this also tells what went wrong.
    pub fn refresh(&self) -> io::Result<()> {
        self.lock().follow()
    }

    /// Looks at the world as it is now.
    pub fn look<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        let mut core = self.lock();
        // A log that cannot be read now leaves the world as it was known; `refresh` and every write say so.
        let _ = core.follow();
        self.advance(&mut core);
        look(&core.world)
    }

    /// Does something to the world as it is now. What it did is in the log when this returns, or was not done.
    pub fn act<R>(&self, act: impl FnOnce(&mut World, &str) -> R) -> io::Result<R> {
        let mut core = self.lock();
        core.requests += 1;
        self.advance(&mut core);
        let id = core.request_id();
        let Core { world, log, .. } = &mut *core;
        let Some(log) = log else { return Ok(act(world, &id)) };
        log.exclusively(|log| {
            log.catch_up()?.into_iter().for_each(|mutation| world.accept(mutation));
            let had = world.mutations().len();
            let out = act(world, &id);
            let done = world.mutations().get(had..).unwrap_or_default();
            if !done.is_empty()
                && let Err(error) = log.append(done)
            {
                world.forget_after(had);
                return Err(error);
            }
            Ok(out)
        })
    }

    /// What becomes of a call now.
    pub(super) fn verdict(&self, call: &ApiCall<'_>) -> (Verdict, Duration) {
        let mut core = self.lock();
        self.advance(&mut core);
        let Core { world, met, .. } = &mut *core;
        let (verdict, latency) = world.verdict(call, world.now(), met);
        (verdict, millis(latency))
    }

    /// Answers one HTTP request, after the time that it takes, or never.
    pub async fn serve(&self, request: &WireRequest) -> Result<WireResponse, Broken> {
        let Some(called) = Called::of(request) else { return Ok(wire::unsigned("00000000")) };
        let (verdict, latency) = self.verdict(&called.api());
        self.clock.sleep(latency / 2).await;
        let response = match verdict {
            Verdict::Hang => return Err(self.never().await),
            Verdict::Refuse => return Err(Broken::Refused),
            Verdict::Deny => self.refuse(&called, &wire::denied(&called)),
            Verdict::Throttle => self.refuse(&called, &wire::throttled(&called)),
            Verdict::Error => self.refuse(&called, &wire::failed(&called)),
            Verdict::Answer if kubernetes::watches(request) => self.watch(&called, request).await,
            Verdict::Answer => self.answer(&called, request),
            Verdict::LoseAnswer => {
                self.answer(&called, request);
                return Err(self.never().await);
            }
        };
        self.clock.sleep(latency / 2).await;
        Ok(response)
    }

    /// Answers a watch when there is something to tell, and with nothing when it has waited long enough.
    async fn watch(&self, called: &Called, request: &WireRequest) -> WireResponse {
        let began = self.look(World::now);
        loop {
            let response = self.answer(called, request);
            if kubernetes::has_news(&response) || self.look(World::now) - began > kubernetes::WATCH {
                return response;
            }
            self.clock.sleep(Duration::from_millis(500)).await;
        }
    }

    fn answer(&self, called: &Called, request: &WireRequest) -> WireResponse {
        if called.writes(request.method()) {
            return self
                .act(|world, id| wire::answer(world, called, request, id))
                .unwrap_or_else(|_| self.refuse(called, &wire::failed(called)));
        }
        let mut core = self.lock();
        let _ = core.follow();
        core.requests += 1;
        self.advance(&mut core);
        let id = core.request_id();
        wire::answer(&mut core.world, called, request, &id)
    }

    fn refuse(&self, called: &Called, error: &super::world::ApiError) -> WireResponse {
        let mut core = self.lock();
        core.requests += 1;
        wire::refuse(called, error, &core.request_id())
    }

    /// Waits for what never comes; whoever waits a day for it is told that the connection is gone.
    pub(super) async fn never(&self) -> Broken {
        self.clock.sleep(Duration::from_hours(24)).await;
        Broken::Refused
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, core: &mut Core) {
        let now = core.world.ms(Clock::now(self.clock.as_ref()));
        core.world.advance(now);
    }
}

impl Trainer for Regions {
    fn debrief(&self) -> (debrief::Truth, Option<Revealed>) {
        let secret = self.lock().surprise.clone();
        let sprung = self.sprung();
        let truth = self.look(|world| {
            let now = world.truth(world.now());
            let region = |role: HomeRole| world.service().regions.get(role).clone();
            // Nobody writes to what nobody reaches; that it would take writes, should it return, is another matter.
            let silent = |role| matches!(world.database_reach(role, world.now()), Some(Fault::Hang | Fault::Refuse));
            let takes = |role: &HomeRole| *now.takes_writes.get(*role) && !silent(*role);
            debrief::Truth {
                rows_lost: now.rows_lost,
                loss_ms: now.loss.and_then(|loss| u64::try_from(loss.as_millis()).ok()),
                writers: [HomeRole::Primary, HomeRole::Standby].into_iter().filter(takes).map(region).collect(),
                traffic: now.traffic.map(region),
            }
        });
        let revealed = secret.and_then(|secret| {
            let Surprise { title, description, remedy, signs, handled, .. } = surprise::load(&secret.name).ok()?;
            Some(Revealed { secret, title, says: line(&description), remedy: line(&remedy), sprung, signs, handled })
        });
        (truth, revealed)
    }
}

/// A text without its line breaks.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Core {
    fn follow(&mut self) -> io::Result<()> {
        if let Some(log) = &mut self.log {
            let world = &mut self.world;
            log.catch_up()?.into_iter().for_each(|mutation| world.accept(mutation));
        }
        Ok(())
    }

    fn request_id(&self) -> String {
        self.world.chance().uuid("request", self.world.now().wrapping_mul(4_096).wrapping_add(self.requests))
    }
}

pub(super) fn millis(ms: Ms) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
