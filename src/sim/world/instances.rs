//! RDS instances: each is created, renamed, promoted and deleted in its own time.

use super::lineage::Held;
use crate::domain::region::HomeRole;
use crate::sim::chance::Chance;
use crate::sim::steps::{EVER, Ms, NEVER, Steps};

/// How a promotion goes. The instance reads `available` for a while after the call, and only then begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promotion {
    /// The call.
    pub called: Ms,
    /// `modifying` from here on; replication is cut.
    pub modifying: Ms,
    /// `rebooting` from here on; nothing to connect to.
    pub rebooting: Ms,
    /// `available` as a database of its own from here on.
    pub done: Ms,
}

/// A span in which an instance does something: it cannot be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// From when.
    pub from: Ms,
    /// Until when.
    pub until: Ms,
    /// What `DescribeDBInstances` calls it.
    pub status: &'static str,
}

/// How an instance came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was there from the first, as the pair's source.
    Source,
    /// It was made as a replica of the other Region's instance, or was there as that from the first.
    Replica,
    /// It was restored, with what a database held at a moment.
    Restored(Held),
}

/// An RDS instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its Region.
    pub role: HomeRole,
    /// Its identifier over time; `None` before it is made and after it is deleted.
    pub names: Steps<Option<String>>,
    /// How it came to be.
    pub origin: Origin,
    /// From when on it can be connected to for the first time.
    pub available: Ms,
    /// When it was renamed, or deleted.
    pub busy: Vec<Busy>,
    /// Its promotion, once called.
    pub promotion: Option<Promotion>,
    /// Whether it is kept from being deleted.
    pub protected: Steps<bool>,
    /// Its security groups over time.
    pub groups: Steps<Vec<String>>,
    /// What it has held since its name was taken away, or since it was restored.
    pub aside: Option<Held>,
}

impl Machine {
    /// One that was there from the first.
    pub(super) fn first(role: HomeRole, id: &str, origin: Origin) -> Self {
        Self {
            role,
            names: Steps::always(Some(id.to_owned())),
            origin,
            available: EVER,
            busy: Vec::new(),
            promotion: None,
            protected: Steps::always(true),
            groups: Steps::always(vec![super::database::USUAL.to_owned()]),
            aside: None,
        }
    }

    /// The same with security groups of its own.
    pub(super) fn grouped(self, groups: Vec<String>) -> Self {
        Self { groups: Steps::always(groups), ..self }
    }

    /// One that is made at a moment.
    pub(super) fn made(role: HomeRole, id: &str, origin: Origin, called: Ms, available: Ms) -> Self {
        let mut names = Steps::always(None);
        names.push(called, Some(id.to_owned()));
        let aside = if let Origin::Restored(held) = origin { Some(held) } else { None };
        let protected = Steps::always(false);
        Self { names, available, protected, aside, ..Self::first(role, id, origin) }
    }

    /// Whether it goes by a name at a moment.
    pub fn is(&self, id: &str, at: Ms) -> bool {
        self.names.at(at).as_deref().is_some_and(|name| name.eq_ignore_ascii_case(id))
    }

    /// Whether it is a replica at a moment, in the eyes of RDS.
    pub fn replicates(&self, at: Ms) -> bool {
        self.origin == Origin::Replica && self.promotion.is_none_or(|promotion| at < promotion.done)
    }

    /// Its status as RDS tells it, if it does something.
    pub fn doing(&self, at: Ms) -> Option<&'static str> {
        if at < self.available {
            return Some("creating");
        }
        if let Some(busy) = self.busy.iter().find(|busy| busy.from <= at && at < busy.until) {
            return Some(busy.status);
        }
        let promotion = self.promotion.filter(|promotion| promotion.modifying <= at && at < promotion.done)?;
        Some(if at < promotion.rebooting { "modifying" } else { "rebooting" })
    }
}

/// How long a promotion takes.
pub(super) fn promotion(chance: Chance, called: Ms) -> Promotion {
    let modifying = called + chance.between("promote available", called, 12_000, 18_000);
    let rebooting = modifying + chance.between("promote modifying", called, 50_000, 70_000);
    let done = rebooting + chance.between("promote rebooting", called, 25_000, 35_000);
    Promotion { called, modifying, rebooting, done }
}

/// How long an instance takes to be made from a snapshot of another: longer in earnest, by its size.
pub(super) fn creation(chance: Chance, id: &str, called: Ms, link: &Steps<bool>) -> Ms {
    let takes = chance.between(&format!("create {id}"), called, 400_000, 560_000);
    let done = called + takes;
    // Without the other Region there is nothing to copy.
    let up = link.spans().find(|(_, until, up)| **up && *until > done).map_or(NEVER, |(from, _, _)| from);
    done.max(up)
}

/// How a new name is taken: at once in the API, with a restart.
pub(super) fn renaming(chance: Chance, called: Ms) -> Busy {
    let from = called + chance.between("rename", called, 2_000, 5_000);
    Busy { from, until: from + chance.between("renamed", called, 60_000, 90_000), status: "renaming" }
}

/// How long a deletion takes.
pub(super) fn deletion(chance: Chance, called: Ms) -> Busy {
    Busy { from: called, until: called + chance.between("delete", called, 90_000, 150_000), status: "deleting" }
}
