//! Who took part, and what they decided.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::journal::{Body, Entry};
use crate::domain::run::{Ending, Run};
use crate::domain::service::{self, Service};
use crate::domain::timeline::Milestone;

/// Somebody who took part.
#[derive(Debug, Clone, Serialize)]
pub struct Participant {
    /// Their name, as the system knew them.
    pub who: String,
    /// As what: lead, operator, decision-maker, approver.
    pub roles: Vec<&'static str>,
    /// Where they sat.
    pub hosts: Vec<String>,
}

pub(super) fn people(entries: &[Entry], run: &Run) -> Vec<Participant> {
    let mut all: BTreeMap<String, (Vec<&'static str>, Vec<String>)> = BTreeMap::new();
    let mut add = |who: &str, role: &'static str, host: Option<&String>| {
        let (roles, hosts) = all.entry(who.to_owned()).or_default();
        if !roles.contains(&role) {
            roles.push(role);
        }
        if let Some(host) = host.filter(|host| !hosts.contains(host)) {
            hosts.push(host.clone());
        }
    };
    let decides = |id: &str| run.runbook.step(id).is_some_and(|step| step.marks == Some(Milestone::Decided));
    for entry in entries {
        match &entry.body {
            Body::LeadChange { lead, host } => add(lead, "lead", Some(host)),
            Body::Armed => add(&entry.by, "operator", None),
            Body::Settled { step, ending: Ending::Attested, .. } if decides(step) => {
                add(&entry.by, "decision-maker", None);
            }
            Body::Approved { approval, .. } => {
                add(&approval.statement.approver, "approver", Some(&approval.statement.host));
            }
            _ => {}
        }
    }
    all.into_iter().map(|(who, (roles, hosts))| Participant { who, roles, hosts }).collect()
}

/// What a person decided.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// The entry of the journal.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What, with the reason.
    pub says: String,
}

pub(super) fn decisions(entries: &[Entry]) -> Vec<Decision> {
    let decided = |entry: &&Entry| match &entry.body {
        Body::Consent { .. }
        | Body::Override { .. }
        | Body::Approved { .. }
        | Body::Armed
        | Body::Disarmed { .. }
        | Body::LeadChange { .. }
        | Body::Paused { .. }
        | Body::Continued
        | Body::Ungraceful { .. }
        | Body::RollBack { .. }
        | Body::NextWay { .. }
        | Body::Reopened { .. }
        | Body::RunClosed { .. } => true,
        Body::Settled { ending, .. } => matches!(ending, Ending::Attested | Ending::ByHand) || ending.is_undone(),
        _ => false,
    };
    let row =
        |entry: &Entry| Decision { entry: entry.seq, at: entry.at, by: entry.by.clone(), says: entry.body.says() };
    entries.iter().filter(decided).map(row).collect()
}

/// Whom the service file says to call.
#[derive(Debug, Clone, Serialize)]
pub struct Contact {
    /// The role.
    pub role: String,
    /// How it is reached.
    pub reach: String,
}

pub(super) fn contacts(service: &Service) -> Vec<Contact> {
    let of = |contact: &service::Contact| Contact { role: contact.role.clone(), reach: contact.reach.clone() };
    service.people.contacts.iter().map(of).collect()
}
