//! S3: a bucket in each Region, and the replication between them.
//!
//! What makes it dangerous: only what is written while a rule is enabled is replicated, not what was there before and not what
//! comes while it is disabled; a replica is not replicated onwards; deletions stay where they are unless a rule says otherwise,
//! and a version that is deleted for good is gone in that one bucket; a rule works only some seconds after S3 has accepted it;
//! and what is written just before a Region is lost may not have left it.

mod calls;
mod metrics;
mod replicate;
mod rules;

pub use self::calls::Put;
pub(in crate::sim) use self::calls::no_such_bucket;
pub use self::metrics::NAMESPACE;
pub use self::replicate::Fate;
pub use self::rules::{Config, Rule};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::World;
use super::mutation::Change;
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{S3Replication, Spec};
use crate::sim::scenario::{Fault, Part, Scenario};
use crate::sim::steps::{Ms, Steps};

/// The application writes an object this often.
const EVERY: Ms = 20_000;
/// How long before the scenario's zero it began with those that are still there.
const SINCE: Ms = 3_600_000;
/// The rule is as old as this.
const RULED: Ms = -86_400_000 * 30;
/// And these objects are older: no rule applied to them.
const BEFORE: [(&str, Ms); 3] =
    [("archive/000001", -86_400_000 * 90), ("archive/000002", -86_400_000 * 75), ("archive/000003", -86_400_000 * 60)];

/// A pair of buckets.
#[derive(Debug, Clone)]
pub struct Storage {
    /// What the service file says of them.
    pub spec: S3Replication,
    buckets: Pair<Bucket>,
    /// What was written through the API.
    written: Vec<Version>,
    /// What was deleted for good: the bucket, the version's id, when.
    removed: Vec<(HomeRole, String, Ms)>,
    /// Which Region's application writes, if one does.
    writes: Steps<Option<HomeRole>>,
    /// Whether objects get from one Region to the other.
    road: Steps<Road>,
    /// How much longer than usual they take.
    slower: Steps<Ms>,
    memory: Memory,
}

/// What was worked out before: all of it follows from the rest, and is asked for again with every look.
#[derive(Debug, Clone, Default)]
struct Memory {
    /// The application's objects by number.
    objects: Arc<Mutex<HashMap<i64, Option<Version>>>>,
    /// What becomes of a version, by its id.
    fates: Arc<Mutex<HashMap<String, Fate>>>,
}

/// A bucket over time.
#[derive(Debug, Clone)]
struct Bucket {
    versioning: Steps<Versioning>,
    /// What `GetBucketReplication` answers.
    config: Steps<Option<Config>>,
    /// What S3 goes by.
    working: Steps<Option<Config>>,
}

/// The state of a bucket's versioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// Every object that is written is a version of its own.
    Enabled,
    /// It was enabled once.
    Suspended,
}

/// Whether objects get from one Region to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    Open,
    /// They wait.
    Stalled,
    /// They fail.
    Failing,
}

/// A version of an object, or a delete marker, where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Where it was written.
    pub origin: HomeRole,
    /// The key.
    pub key: String,
    /// The version's id: the same in both buckets.
    pub id: String,
    /// When it was written.
    pub at: Ms,
    /// What is in it; `None` for a delete marker.
    pub body: Option<Body>,
    /// Its content type and its own metadata.
    pub headers: BTreeMap<String, String>,
}

/// What is in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A line, so many times: the application's own objects.
    Lines(String, usize),
    /// What was put.
    Put(Vec<u8>),
}

impl Body {
    /// Its size in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Lines(line, count) => line.len() * count,
            Self::Put(bytes) => bytes.len(),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Lines(line, count) => line.repeat(*count).into_bytes(),
            Self::Put(bytes) => bytes.clone(),
        }
    }
}

/// A version as one bucket has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The version.
    pub version: Version,
    /// `PENDING`, `COMPLETED`, `FAILED` or `REPLICA`; `None` if no rule applied to it.
    pub status: Option<&'static str>,
}

/// Whether objects get from one Region to the other at a moment.
fn road(scenario: &Scenario, at: Ms) -> Road {
    let both = [HomeRole::Primary, HomeRole::Standby];
    let broken = |part| both.into_iter().find_map(|role| super::faults::broken(scenario, role, part, at));
    match (broken(Part::All), broken(Part::S3Replication)) {
        (None, None) => Road::Open,
        (None, Some(Fault::Error)) => Road::Failing,
        _ => Road::Stalled,
    }
}

pub(super) fn compile(world: &World, leads: &Steps<Option<HomeRole>>) -> Vec<Storage> {
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::S3Replication(spec) => Some(spec),
        _ => None,
    });
    specs.map(|spec| Storage::compile(world, spec, leads)).collect()
}

impl Storage {
    fn compile(world: &World, spec: &S3Replication, leads: &Steps<Option<HomeRole>>) -> Self {
        let first = Config::first(spec, world.account(), &world.service.regions.standby);
        let mut ruled = Steps::always(None);
        ruled.push(RULED, Some(first));
        let bucket = |config: Steps<Option<Config>>| Bucket {
            versioning: Steps::always(Versioning::Enabled),
            working: config.clone(),
            config,
        };
        let mut buckets = Pair { primary: bucket(ruled), standby: bucket(Steps::always(None)) };
        let (mut written, mut removed) = (Vec::new(), Vec::new());
        for mutation in world.mutations() {
            let Some(role) = world.role_of(&mutation.region) else { continue };
            let here = |bucket: &String| bucket == spec.bucket.get(role);
            let at = world.ms(mutation.at);
            let side = match role {
                HomeRole::Primary => &mut buckets.primary,
                HomeRole::Standby => &mut buckets.standby,
            };
            match &mutation.change {
                Change::PutObject { bucket, put } if here(bucket) => written.push(put.version(role, at)),
                Change::DeleteObject { bucket, key, marker } if here(bucket) => written.push(Version {
                    origin: role,
                    key: key.clone(),
                    id: marker.clone(),
                    at,
                    body: None,
                    headers: BTreeMap::new(),
                }),
                Change::DeleteVersion { bucket, version, .. } if here(bucket) => {
                    removed.push((role, version.clone(), at));
                }
                Change::PutVersioning { bucket, enabled } if here(bucket) => {
                    side.versioning.push(at, if *enabled { Versioning::Enabled } else { Versioning::Suspended });
                }
                Change::PutReplication { bucket, role, rules } if here(bucket) => {
                    let config = Config::read(role, rules).ok().filter(|config| !config.rules.is_empty());
                    side.config.push(at, config.clone());
                    let works = at + world.chance.between(&format!("rules {bucket}"), at, 2_000, 15_000);
                    side.working.push(works, config);
                }
                _ => {}
            }
        }
        let scenario = &world.scenario;
        let moments = || super::faults::moments(scenario);
        let gone = |role, at| super::faults::broken(scenario, role, Part::All, at).is_some();
        let writes = Steps::of(moments().chain(leads.moments()), |at| leads.at(at).filter(|role| !gone(*role, at)));
        let road = Steps::of(moments(), |at| road(scenario, at));
        let slower = Steps::of(moments(), |at| super::faults::slower_replication(scenario, at));
        Self { spec: spec.clone(), buckets, written, removed, writes, road, slower, memory: Memory::default() }
    }

    /// The home role of a bucket of this pair.
    pub fn role_of(&self, bucket: &str) -> Option<HomeRole> {
        [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| self.spec.bucket.get(*role) == bucket)
    }

    /// A bucket's configuration, as S3 answers with it.
    pub fn config(&self, role: HomeRole, at: Ms) -> Option<&Config> {
        self.buckets.get(role).config.at(at).as_ref()
    }

    /// The state of a bucket's versioning.
    pub fn versioning(&self, role: HomeRole, at: Ms) -> Versioning {
        *self.buckets.get(role).versioning.at(at)
    }

    /// Everything that was written anywhere up to a moment, oldest first.
    fn everything(&self, world: &World, until: Ms) -> Vec<Version> {
        let old = BEFORE.iter().map(|(key, at)| self.application(world, HomeRole::Primary, key, *at));
        let mut all: Vec<Version> = old.collect();
        let mut known = self.memory.objects.lock().unwrap_or_else(PoisonError::into_inner);
        for number in -(SINCE / EVERY)..=until.div_euclid(EVERY) {
            let object = known.entry(number).or_insert_with(|| self.numbered(world, number));
            all.extend(object.iter().filter(|object| object.at <= until).cloned());
        }
        drop(known);
        all.extend(self.written.iter().filter(|version| version.at <= until).cloned());
        all.sort_by_key(|version| version.at);
        all
    }

    /// The application's object of a number, if it was up to write it.
    fn numbered(&self, world: &World, number: i64) -> Option<Version> {
        // Not all on the stroke.
        let at = number * EVERY + world.chance.between(&self.spec.bucket.primary, number, 0, EVERY - 1);
        let key = format!("documents/{:06}", number + SINCE / EVERY);
        self.writes.at(at).map(|role| self.application(world, role, &key, at))
    }

    /// An object of the application's own.
    fn application(&self, world: &World, origin: HomeRole, key: &str, at: Ms) -> Version {
        let line = format!("{key}\n");
        let lines = usize::try_from(world.chance.between(key, at, 20, 900)).unwrap_or(20);
        let id = version_id(world, &self.spec.bucket.primary, at);
        let headers = BTreeMap::from([("content-type".to_owned(), "text/plain".to_owned())]);
        Version { origin, key: key.to_owned(), id, at, body: Some(Body::Lines(line, lines)), headers }
    }

    /// What a bucket has at a moment: every version of every key, a key's newest first.
    pub fn versions(&self, world: &World, role: HomeRole, at: Ms) -> Vec<Stored> {
        let gone = |version: &Version| {
            self.removed
                .iter()
                .any(|(of, id, when)| *of == role && *id == version.id && *when <= at && *when >= version.at)
        };
        let mut stored: Vec<Stored> = Vec::new();
        for version in self.everything(world, at).into_iter().rev().filter(|version| !gone(version)) {
            let fate = self.fate(world, &version);
            let status = if version.origin == role {
                Some(fate.status(at))
            } else {
                fate.arrived(at).then_some(Some("REPLICA"))
            };
            let Some(status) = status else { continue };
            // The null version is overwritten by the next one.
            let twice = |one: &Stored| one.version.key == version.key && one.version.id == version.id;
            if version.id != NULL || !stored.iter().any(twice) {
                stored.push(Stored { version, status });
            }
        }
        stored.sort_by(|a, b| a.version.key.cmp(&b.version.key));
        stored
    }

    /// The objects of a bucket at a moment, by key: the newest version of each, where that is no delete marker.
    pub fn objects(&self, world: &World, role: HomeRole, at: Ms) -> Vec<Stored> {
        let mut versions = self.versions(world, role, at);
        versions.dedup_by(|later, first| later.version.key == first.version.key);
        versions.retain(|stored| stored.version.body.is_some());
        versions
    }
}

/// The id of what is written while versioning is not enabled.
pub const NULL: &str = "null";

/// A version's id, as S3 makes them.
pub fn version_id(world: &World, of: &str, number: i64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    world.chance().text(&format!("version {of}"), number, LETTERS, 32)
}

impl World {
    /// The buckets.
    pub fn storages(&self) -> &[Storage] {
        &self.compiled.storages
    }

    /// The pair that a bucket belongs to, and its home role.
    pub fn storage(&self, bucket: &str) -> Option<(&Storage, HomeRole)> {
        self.storages().iter().find_map(|storage| Some((storage, storage.role_of(bucket)?)))
    }
}
