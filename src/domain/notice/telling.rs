//! What has been told where, and what is still owed: the fold of the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{About, Notice, Severity, made};
use crate::domain::journal::{Body, Entry};
use crate::domain::run::Run;
use crate::domain::timeline::Milestone;

/// What has been told of a run, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Telling {
    notices: Vec<Arc<Notice>>,
    /// The keys that each channel has taken.
    told: BTreeMap<String, BTreeSet<String>>,
    failing: BTreeMap<String, Failing>,
    /// Whether it was told that the run began.
    pub(super) begun: bool,
    /// Whether it was told that somebody has taken it on.
    pub(super) taken_on: bool,
    /// The worst that the run's own incident was opened with.
    pub(super) worst: Option<Severity>,
}

/// That a channel takes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Why.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether what it was given is no longer tried by the process that said so.
    pub given_up: bool,
}

impl Telling {
    /// Every notice so far, the oldest first.
    pub fn notices(&self) -> &[Arc<Notice>] {
        &self.notices
    }

    /// What a channel that is told from a severity on has not taken yet, the oldest first.
    pub fn owed(&self, channel: &str, least: Severity) -> Vec<Arc<Notice>> {
        let told = self.told.get(channel);
        let is_owed =
            |notice: &&Arc<Notice>| notice.severity >= least && !told.is_some_and(|told| told.contains(&notice.key));
        self.notices.iter().filter(is_owed).cloned().collect()
    }

    /// Why a channel takes nothing, if so.
    pub fn failing(&self, channel: &str) -> Option<&Failing> {
        self.failing.get(channel)
    }

    /// Takes in what an entry tells, of a run that has taken it in.
    #[must_use]
    pub(crate) fn apply(mut self, run: &Run, entry: &Entry) -> Self {
        match &entry.body {
            Body::Told { channel, keys, .. } => {
                self.failing.remove(channel);
                self.told.entry(channel.clone()).or_default().extend(keys.iter().cloned());
            }
            Body::Untold { channel, why, given_up, .. } => {
                let since = self.failing.get(channel).map_or(entry.at, |failing| failing.since);
                let failing = Failing { why: why.clone(), since, given_up: *given_up };
                self.failing.insert(channel.clone(), failing);
            }
            // Another process tries again whatever is owed.
            Body::Resumed { .. } => self.failing.clear(),
            _ => {}
        }
        if let Some(notice) = made(run, entry, &self) {
            let begins = matches!(entry.body, Body::Armed | Body::Milestone { milestone: Milestone::Decided, .. });
            self.taken_on |= begins && self.begun;
            self.begun |= begins;
            if matches!(&notice.about, About::Opened(incident) if *incident == notice.run) {
                self.worst = self.worst.max(Some(notice.severity));
            }
            self.notices.push(Arc::new(notice));
        }
        self
    }
}
