//! SQL, DNS and HTTP over the simulated Regions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::regions::{Regions, millis};
use super::steps::Ms;
use super::world::faults::{ApiCall, Verdict};
use super::world::health::Answering;
use super::world::mutation::Change;
use super::world::store::Store;
use super::world::{ApiError, World};
use crate::domain::plan::PerformError;
use crate::domain::reading::{Unread, Why};
use crate::domain::region::{HomeRole, Region};
use crate::domain::service::{Endpoint, Spec};
use crate::ports::{Clock, DnsAnswer, HttpAnswer, HttpProbe, Resolver, SqlProbe, SqlState, WriteRefused, within};

/// All three probes.
pub struct Probes {
    regions: Arc<Regions>,
}

/// A connection that did not come about, or a statement that was not answered.
enum NoSql {
    /// Nothing was sent.
    Unreachable(String),
    /// The database failed.
    Failed(String),
    /// Nothing came back in time.
    TimedOut(String),
}

impl From<NoSql> for Unread {
    fn from(no: NoSql) -> Self {
        match no {
            NoSql::Unreachable(message) => Self::new(Why::Unreachable, message),
            NoSql::Failed(message) => Self::new(Why::ServerError, message),
            NoSql::TimedOut(message) => Self::new(Why::TimedOut, message),
        }
    }
}

impl Probes {
    pub(super) fn new(regions: Arc<Regions>) -> Self {
        Self { regions }
    }

    /// Connects to a Region's database, within the service file's timeout as a real client does; says whether its
    /// answer will be lost.
    async fn connect(&self, region: &Region, operation: &str) -> Result<bool, NoSql> {
        let call = ApiCall { region: region.as_str(), service: "sql", operation };
        let (verdict, latency) = self.regions.verdict(&call);
        self.regions.clock().sleep(latency / 4).await;
        match verdict {
            Verdict::Hang => Err(NoSql::TimedOut(self.give_up().await)),
            Verdict::Refuse => Err(NoSql::Unreachable("connection refused".to_owned())),
            Verdict::Deny => Err(NoSql::Failed("FATAL: password authentication failed".to_owned())),
            Verdict::Error => Err(NoSql::Failed("FATAL: sorry, too many clients already".to_owned())),
            // A security group that lets nobody in drops what it does not let in: nothing comes back.
            Verdict::Throttle | Verdict::Answer | Verdict::LoseAnswer if self.cut_off(region) => {
                Err(NoSql::TimedOut(self.give_up().await))
            }
            Verdict::Throttle | Verdict::Answer => self.up(region).map(|()| false),
            Verdict::LoseAnswer => self.up(region).map(|()| true),
        }
    }

    /// Waits for an answer that never comes, for as long as a real client does.
    async fn give_up(&self) -> String {
        let limit = self.regions.look(|world| world.sql_store().and_then(Store::sql).map(|sql| sql.timeout));
        let limit = limit.unwrap_or(Duration::from_secs(5));
        self.regions.clock().sleep(limit).await;
        format!("no answer in {:.1} s", limit.as_secs_f64())
    }

    fn cut_off(&self, region: &Region) -> bool {
        self.regions.look(|world| {
            let role = world.role_of(region.as_str());
            role.zip(world.sql_store()).is_some_and(|(role, store)| store.cut_off(role, world.now()))
        })
    }

    fn up(&self, region: &Region) -> Result<(), NoSql> {
        self.regions.look(|world| match (world.role_of(region.as_str()), world.sql_store()) {
            (Some(role), Some(database)) if database.up(role, world.now()) => Ok(()),
            (Some(role), Some(database)) if !database.exists(role, world.now()) => {
                Err(NoSql::Unreachable("there is no such host: no instance has this name".to_owned()))
            }
            (Some(_), Some(_)) => Err(NoSql::Unreachable("connection refused: the instance is rebooting".to_owned())),
            _ => Err(NoSql::Unreachable(format!("there is no database to be asked by SQL in {region}"))),
        })
    }

    /// Writes to a database that is connected; `Err(None)` where nobody knows whether it was done.
    async fn write(&self, region: &Region, change: Change, lost: bool) -> Result<(), Option<ApiError>> {
        let done = self.regions.act(|world, id| world.apply(region.as_str(), id, change).map(|_| ()));
        if lost {
            self.give_up().await;
            return Err(None);
        }
        done.unwrap_or_else(|error| Err(ApiError::new(500, "58030", format!("could not write: {error}")))).map_err(Some)
    }

    /// Takes the application's login away, or gives it back.
    async fn change_role(&self, region: &Region, operation: &str, change: Change) -> Result<(), PerformError> {
        // Until the statement is sent nothing can have been done.
        let lost = self.connect(region, operation).await.map_err(|no| match no {
            NoSql::Unreachable(message) | NoSql::Failed(message) | NoSql::TimedOut(message) => {
                PerformError::NotYet { message: format!("{region}: {message}"), request_id: None }
            }
        })?;
        self.write(region, change, lost).await.map_err(|error| match error {
            Some(error) => PerformError::Refused { message: error.message, request_id: None },
            None => PerformError::Unknown { message: format!("{region}: sent, and no answer came") },
        })
    }

    /// Reads of one database of the pair.
    async fn read<R>(
        &self,
        region: &Region,
        operation: &str,
        read: impl FnOnce(&World, Store<'_>, HomeRole, Ms) -> R,
    ) -> Result<R, Unread> {
        if self.connect(region, operation).await? {
            return Err(NoSql::TimedOut(self.give_up().await).into());
        }
        let read = self.regions.look(|world| {
            let (role, database) = world.role_of(region.as_str()).zip(world.sql_store())?;
            Some(read(world, database, role, world.now()))
        });
        read.ok_or_else(|| Unread::new(Why::NotFound, format!("there is no such database in {region}")))
    }
}

fn sql_state(world: &World, database: Store<'_>, role: HomeRole, at: Ms) -> SqlState {
    let recovers = database.in_recovery(role, at);
    let (mark, tells) = (world.mark(database, role, at), database.tells_positions());
    let app = database.sql().is_some_and(|sql| sql.app_user.is_some());
    let login = database.login(role, at);
    let sessions = match (login, world.endpoint(role, at).0) {
        (false, _) => 0,
        (true, Answering::Ok) => world.chance().between("sessions", at.div_euclid(5_000), 9, 16),
        (true, _) => 2,
    };
    let replayed = world.commit_in(database, role, at).map(|commit| world.timestamp(commit));
    SqlState {
        in_recovery: recovers,
        read_only: recovers,
        receive_lsn: (recovers && tells).then(|| World::lsn(world.received_mark(database, role, at))),
        replay_lsn: (recovers && tells).then(|| World::lsn(mark)),
        current_lsn: (!recovers && tells).then(|| World::lsn(mark)),
        replayed_at: replayed.filter(|_| recovers && tells),
        app_login: app.then_some(login),
        app_sessions: app.then(|| u32::try_from(sessions).unwrap_or(0)),
    }
}

#[async_trait]
impl SqlProbe for Probes {
    async fn state(&self, region: &Region) -> Result<SqlState, Unread> {
        self.read(region, "State", sql_state).await
    }

    async fn try_write(&self, region: &Region) -> Result<(), WriteRefused> {
        let lost = self.connect(region, "TestWrite").await.map_err(|no| WriteRefused::Unread(no.into()))?;
        self.write(region, Change::TestWrite {}, lost).await.map_err(|error| match error {
            Some(error) => WriteRefused::ReadOnly(error.message),
            None => WriteRefused::Unread(Unread::new(Why::TimedOut, "sent, and no answer came")),
        })
    }

    async fn fence(&self, region: &Region) -> Result<(), PerformError> {
        self.change_role(region, "Fence", Change::Fence {}).await
    }

    async fn admit(&self, region: &Region) -> Result<(), PerformError> {
        self.change_role(region, "Admit", Change::Admit {}).await
    }

    async fn may_fence(&self, region: &Region) -> Result<Option<String>, Unread> {
        self.read(region, "MayFence", |_, _, _, _| None).await
    }

    async fn mark(&self, region: &Region) -> Result<Option<i64>, Unread> {
        self.read(region, "Mark", |world, database, role, at| {
            let asked = database.sql().is_some_and(|sql| sql.mark.is_some());
            asked.then(|| world.mark(database, role, at))
        })
        .await
    }
}

#[async_trait]
impl Resolver for Probes {
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<DnsAnswer, Unread> {
        let now = self.regions.look(World::now);
        let takes = self.regions.look(|world| world.chance().between(server, now, 4, 30));
        self.regions.clock().sleep(millis(takes)).await;
        let (reply, authoritative) = self.regions.look(|world| match world.server_index(server) {
            Some(index) => (world.authoritative(index, name, record_type, world.now()), true),
            None => (world.resolved(server, name, record_type, world.now()), false),
        });
        let reply = reply.ok_or_else(|| {
            let why = if authoritative { "REFUSED" } else { "NXDOMAIN" };
            Unread::new(Why::NotFound, format!("{server} answers {why} for {name} {record_type}"))
        })?;
        Ok(DnsAnswer { values: reply.values, ttl: reply.ttl, authoritative })
    }
}

/// The host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// An endpoint that is asked.
#[derive(Debug, Clone)]
struct Asked {
    spec: Endpoint,
    /// Whose it is; `None` if the public name leads nowhere.
    role: Option<HomeRole>,
    /// Whether it asks about one part of the service. The first endpoint of a service file is the service's own, which is
    /// well when it can write; a part answers whoever writes.
    part: bool,
}

/// Whose endpoint a URL is, and what a healthy answer of it holds: by the whole of it, else by its host.
fn endpoint(world: &World, url: &str) -> Option<Asked> {
    let endpoints = || {
        let specs = world.service().components.iter().filter_map(|component| match &component.spec {
            Spec::Endpoint(spec) => Some(spec),
            _ => None,
        });
        specs.enumerate()
    };
    let by = |same: &dyn Fn(&str) -> bool| {
        endpoints().find_map(|(index, spec)| {
            let own = [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| same(spec.urls.get(*role)));
            let public = spec.public.as_deref().is_some_and(same);
            let role = match own {
                Some(role) => Some(role),
                None if public => world.leads_to(world.now()),
                None => return None,
            };
            Some(Asked { spec: spec.clone(), role, part: index > 0 })
        })
    };
    by(&|known| known == url).or_else(|| by(&|known| authority(known) == authority(url)))
}

/// Whether a host and port are an endpoint's of the service.
pub(super) fn is_endpoint(world: &World, host: &str) -> bool {
    endpoint(world, &format!("http://{host}/")).is_some()
}

#[async_trait]
impl HttpProbe for Probes {
    async fn get(&self, url: &str, timeout: Duration) -> Result<HttpAnswer, Unread> {
        let unreachable = |message: String| Unread::new(Why::Unreachable, message);
        let found = self.regions.look(|world| endpoint(world, url).map(|asked| (asked, world.now())));
        let (Asked { spec, role, part }, asked) =
            found.ok_or_else(|| unreachable(format!("no such host: {}", authority(url))))?;
        let role = role.ok_or_else(|| unreachable(format!("{} leads nowhere", authority(url))))?;
        let (region, extra) = self.regions.look(|world| {
            let region = world.service().regions.get(role).clone();
            (region, world.chance().between("http", asked ^ (role as i64) << 50, 20, 80))
        });
        let call = ApiCall { region: region.as_str(), service: "endpoint", operation: "GET" };
        let takes = self.regions.verdict(&call).1 + millis(extra).saturating_sub(millis(25));
        let clock = self.regions.clock().as_ref();
        within(clock, timeout, clock.sleep(takes))
            .await
            .ok_or_else(|| Unread::new(Why::TimedOut, "no answer in time"))?;
        let (status, state) = match self.regions.look(|world| world.endpoint(role, world.now()).0) {
            Answering::Ok => (spec.expect_status, "UP"),
            Answering::ReadOnly if part => (spec.expect_status, "UP"),
            Answering::ReadOnly => (503, "database is read-only"),
            Answering::NoDatabase => (503, "database cannot be reached"),
            Answering::Empty => (503, "service unavailable"),
            Answering::Error => (502, "bad gateway"),
            Answering::Refuse => return Err(unreachable(format!("{}: connection refused", authority(url)))),
            Answering::Hang => {
                clock.sleep(timeout.saturating_sub(takes)).await;
                return Err(Unread::new(Why::TimedOut, "the connection opened, and nothing answered in time"));
            }
        };
        let healthy = status == spec.expect_status;
        let note = spec.expect_text.as_deref().filter(|_| healthy).unwrap_or_default();
        let body = serde_json::json!({ "status": state, "region": region.as_str(), "note": note }).to_string();
        Ok(HttpAnswer { status, body, took: takes, peer: None })
    }
}
