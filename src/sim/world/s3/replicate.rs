//! What becomes of a version that was written: when its replica arrives, or why it does not.

use std::sync::PoisonError;

use super::{NULL, Road, Storage, Version, Versioning};
use crate::sim::steps::{Ms, NEVER};
use crate::sim::world::World;

/// With Replication Time Control: most in seconds, nearly all within minutes.
const TIMED: (Ms, Ms) = (2_000, 25_000);
/// One in a hundred takes longer, and still keeps the 15 minutes.
const TIMED_LATE: (Ms, Ms) = (60_000, 600_000);
/// Without it: most within two minutes.
const USUAL: (Ms, Ms) = (5_000, 110_000);
/// One in a hundred takes hours.
const USUAL_LATE: (Ms, Ms) = (900_000, 3 * 3_600_000);
/// After a stall what has waited comes over by and by.
const CATCHES_UP: (Ms, Ms) = (2_000, 90_000);
/// The source says COMPLETED some time after the replica is there.
const TOLD: (Ms, Ms) = (500, 6_000);

/// What becomes of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The rule that applied to it when it was written.
    pub rule: Option<String>,
    /// When its replica is in the other bucket.
    pub arrives: Option<Ms>,
    /// When the source's status says so.
    told: Ms,
    /// When replicating it failed for good.
    pub fails: Option<Ms>,
}

impl Fate {
    const NONE: Self = Self { rule: None, arrives: None, told: NEVER, fails: None };

    /// Whether the replica is there at a moment.
    pub fn arrived(&self, at: Ms) -> bool {
        self.arrives.is_some_and(|when| when <= at)
    }

    /// Whether it still waits at a moment.
    pub fn waits(&self, at: Ms) -> bool {
        self.rule.is_some() && !self.arrived(at) && self.fails.is_none_or(|when| when > at)
    }

    /// The status that the source's object bears.
    pub fn status(&self, at: Ms) -> Option<&'static str> {
        self.rule.as_ref()?;
        Some(match self.fails {
            Some(when) if when <= at => "FAILED",
            _ if self.told <= at => "COMPLETED",
            _ => "PENDING",
        })
    }
}

impl Storage {
    /// What becomes of a version.
    pub(super) fn fate(&self, world: &World, version: &Version) -> Fate {
        // Of several null versions each has a fate of its own.
        if version.id == NULL {
            return self.becomes(world, version);
        }
        let mut known = self.memory.fates.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(version.id.clone()).or_insert_with(|| self.becomes(world, version)).clone()
    }

    fn becomes(&self, world: &World, version: &Version) -> Fate {
        let role = version.origin;
        let source = self.buckets.get(role);
        let to = self.spec.bucket.get(role.other());
        let config = source.working.at(version.at).as_ref();
        let rule = config.and_then(|config| config.rule_for(&version.key, version.body.is_none(), to));
        let Some(rule) = rule.filter(|_| *source.versioning.at(version.at) == Versioning::Enabled) else {
            return Fate::NONE;
        };
        let waiting = Fate { rule: Some(rule.id.clone()), ..Fate::NONE };
        let due = self.due(world, version, rule.rtc);
        // What was still waiting when its rule was taken away, or when it was itself, waits for good.
        let ruled = source.working.spans().filter(|(from, until, _)| *from <= due && *until > version.at);
        let removed = self.removed.iter().any(|(of, id, at)| *of == role && *id == version.id && *at <= due);
        if removed
            || ruled.into_iter().any(|(_, _, config)| !config.as_ref().is_some_and(|config| config.has(&rule.id)))
        {
            return waiting;
        }
        let versioned = *self.buckets.get(role.other()).versioning.at(due) == Versioning::Enabled;
        if *self.road.at(due) == Road::Failing || !versioned {
            return Fate { fails: Some(due), ..waiting };
        }
        if due >= NEVER {
            return waiting;
        }
        let told = due + world.chance.between("told", version.at, TOLD.0, TOLD.1);
        Fate { arrives: Some(due), told, ..waiting }
    }

    /// When S3 has brought it over, or has failed to.
    fn due(&self, world: &World, version: &Version, timed: bool) -> Ms {
        let between =
            |what: &str, (low, high)| world.chance.between(&format!("{what} {}", version.id), version.at, low, high);
        let (usual, late) = if timed { (TIMED, TIMED_LATE) } else { (USUAL, USUAL_LATE) };
        let is_late = between("one in a hundred", (0, 99)) == 0;
        let takes = if is_late { between("late", late) } else { between("usual", usual) };
        let mut due = version.at + takes + *self.slower.at(version.at);
        for (from, until, road) in self.road.spans() {
            if from <= due && due < until && *road == Road::Stalled {
                due = if until >= NEVER { NEVER } else { until + between("after a stall", CATCHES_UP) };
            }
        }
        due
    }
}
