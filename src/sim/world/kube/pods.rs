//! Pods: what a workload's controller makes of each wish, in its own time.

use serde_json::Value;

use super::{CREATED, Key, STATEFUL_SETS, Version};
use crate::domain::region::HomeRole;
use crate::sim::steps::{Ms, NEVER};
use crate::sim::world::{World, faults};

/// A controller takes notice of a wish.
pub(super) const NOTICED: (Ms, Ms) = (200, 900);
/// An image is pulled, the container starts and passes its first readiness probe.
const STARTS: (Ms, Ms) = (15_000, 45_000);
/// A pod that is deleted has its grace period, and mostly does not need it.
const STOPS: (Ms, Ms) = (2_000, 30_000);

/// A pod over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod {
    /// Its name.
    pub(super) name: String,
    /// The version of its workload whose template it is of.
    pub(super) template: i64,
    /// When it was made.
    pub(super) created: Ms,
    /// When its container starts: later than it is made where there is no capacity.
    pub(super) placed: Ms,
    /// From when on it is ready.
    pub(super) ready: Ms,
    /// When it was told to stop.
    pub(super) deleted: Ms,
    /// When it is gone.
    pub(super) gone: Ms,
}

impl Pod {
    /// Whether it counts: those that are stopping do not.
    pub(super) fn counts(&self, at: Ms) -> bool {
        self.created <= at && at < self.deleted
    }

    /// Whether it is ready.
    pub(super) fn is_ready(&self, at: Ms) -> bool {
        self.counts(at) && self.ready <= at
    }
}

/// When a controller has taken notice of a version.
pub(super) fn noticed(world: &World, key: &Key, version: &Version) -> Ms {
    if version.at <= CREATED {
        return version.at;
    }
    version.at + world.chance.between(&format!("notice {}", key.name), version.at, NOTICED.0, NOTICED.1)
}

/// How many replicas a version of a workload wants; 1 where nothing is said, as the API has it.
pub(super) fn replicas(object: Option<&Value>) -> usize {
    let Some(object) = object else { return 0 };
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    usize::try_from(wanted).unwrap_or(0)
}

/// For each version, the number of the version that brought its template.
pub(super) fn template(versions: &[Version], number: i64) -> i64 {
    let of = |version: &Version| version.object.as_ref().and_then(|object| object.pointer("/spec/template")).cloned();
    let Some(wanted) = versions.iter().find(|version| version.number == number).map(of) else { return number };
    versions.iter().find(|version| of(version) == wanted).map_or(number, |version| version.number)
}

struct Controller<'a> {
    world: &'a World,
    role: HomeRole,
    key: &'a Key,
    pods: Vec<Pod>,
    made: i64,
}

pub(super) fn of(world: &World, role: HomeRole, key: &Key, versions: &[Version]) -> Vec<Pod> {
    let mut controller = Controller { world, role, key, pods: Vec::new(), made: 0 };
    for version in versions {
        let at = noticed(world, key, version);
        controller.forget(at);
        let wanted = replicas(version.object.as_ref());
        let template = template(versions, version.number);
        if key.resource == STATEFUL_SETS {
            controller.in_order(at, wanted, template);
        } else {
            controller.all_at_once(at, wanted, template);
        }
    }
    controller.pods
}

impl Controller<'_> {
    /// A new wish: what was still to come of the old one does not.
    fn forget(&mut self, at: Ms) {
        self.pods.retain(|pod| pod.created <= at);
        for pod in self.pods.iter_mut().filter(|pod| pod.deleted > at) {
            (pod.deleted, pod.gone) = (NEVER, NEVER);
        }
    }

    fn make(&mut self, at: Ms, template: i64, ordinal: Option<usize>) -> Ms {
        let (world, key) = (self.world, self.key);
        self.made += 1;
        let letters = |n, len| {
            world.chance.text(&format!("pod {} {}", self.role, key.name), n, b"bcdfghjklmnpqrstvwxz2456789", len)
        };
        let name = match ordinal {
            Some(ordinal) => format!("{}-{ordinal}", key.name),
            None => format!("{}-{}-{}", key.name, letters(-template, 9), letters(self.made, 5)),
        };
        let (placed, ready) = if at <= CREATED {
            (at, at)
        } else {
            let placed = faults::until_capacity(&world.scenario, self.role, at);
            (placed, placed + world.chance.between(&key.name, at + self.made, STARTS.0, STARTS.1))
        };
        self.pods.push(Pod { name, template, created: at, placed, ready, deleted: NEVER, gone: NEVER });
        ready
    }

    fn stop(&mut self, index: usize, at: Ms) -> Ms {
        let takes = self.world.chance.between(&format!("stop {}", self.key.name), at, STOPS.0, STOPS.1);
        if let Some(pod) = self.pods.get_mut(index) {
            (pod.deleted, pod.gone) = (at, at + takes);
        }
        at + takes
    }

    /// Those that are to stay, newest templates last, those that are ready last.
    fn alive(&self, template: i64, at: Ms) -> Vec<usize> {
        let mut alive: Vec<usize> = (0..self.pods.len()).collect();
        alive.retain(|index| self.pods.get(*index).is_some_and(|pod| pod.deleted == NEVER));
        alive.sort_by_key(|index| {
            self.pods.get(*index).map(|pod| (pod.template == template, pod.ready <= at, -pod.created))
        });
        alive
    }

    /// A deployment: all at once where the template stays, one more at a time where it does not.
    fn all_at_once(&mut self, at: Ms, wanted: usize, template: i64) {
        let alive = self.alive(template, at);
        for index in alive.iter().take(alive.len().saturating_sub(wanted)) {
            self.stop(*index, at);
        }
        let alive = self.alive(template, at);
        let old: Vec<usize> = alive
            .iter()
            .copied()
            .filter(|index| self.pods.get(*index).is_some_and(|pod| pod.template != template))
            .collect();
        for _ in alive.len()..wanted {
            self.make(at, template, None);
        }
        let mut next = at;
        for index in old {
            next = self.make(next, template, None);
            self.stop(index, next);
        }
    }

    /// A stateful set: one after the other, the last first where they are replaced.
    fn in_order(&mut self, at: Ms, wanted: usize, template: i64) {
        let mut next = at;
        let mut here: Vec<Option<usize>> = vec![None; wanted];
        for index in self.alive(template, at) {
            let ordinal = self.pods.get(index).and_then(|pod| pod.name.rsplit('-').next()?.parse::<usize>().ok());
            match ordinal.and_then(|ordinal| here.get_mut(ordinal)) {
                Some(place) => *place = Some(index),
                None => {
                    self.stop(index, at);
                }
            }
        }
        for (ordinal, place) in here.iter().enumerate() {
            if place.is_none() {
                next = self.make(next, template, Some(ordinal));
            }
        }
        for (ordinal, place) in here.iter().enumerate().rev() {
            let Some(index) = *place else { continue };
            if self.pods.get(index).is_some_and(|pod| pod.template != template) {
                let gone = self.stop(index, next);
                next = self.make(gone, template, Some(ordinal));
            }
        }
    }
}
