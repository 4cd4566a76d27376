//! Who took part, and what they decided.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::journal::{Body, Entry};
use crate::domain::people;
use crate::domain::run::{Ending, Run};
use crate::domain::service::{self, Service};
use crate::domain::timeline::Milestone;

/// Somebody who took part.
#[derive(Debug, Clone, Serialize)]
pub struct Participant {
    /// Their name, as the system knew them.
    pub who: String,
    /// As what: lead, operator, decision-maker, approver, and what they were on the call.
    pub roles: Vec<String>,
    /// Where they sat.
    pub hosts: Vec<String>,
}

pub(super) fn people(entries: &[Entry], run: &Run) -> Vec<Participant> {
    let mut all: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let mut add = |who: &str, role: &str, host: Option<&String>| {
        let (roles, hosts) = all.entry(who.to_owned()).or_default();
        if !roles.iter().any(|known| known == role) {
            roles.push(role.to_owned());
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
    let known: Vec<String> = all.keys().cloned().collect();
    for entry in entries {
        let Body::OnCall { people: list } = &entry.body else { continue };
        for one in list {
            // Somebody wrote these names, the system knew the others: Anna on the call is anna at the console.
            let mut fitting = known.iter().filter(|known| people::same(known, &one.name));
            let who = known.iter().find(|known| **known == one.name).or_else(|| fitting.next()).unwrap_or(&one.name);
            let (roles, _) = all.entry(who.clone()).or_default();
            let role = one.role.as_deref().unwrap_or("on the call");
            if !roles.iter().any(|known| known == role) {
                roles.push(role.to_owned());
            }
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
        | Body::LeadOffered { .. }
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

/// What the service file says to do at a severity.
#[derive(Debug, Clone, Serialize)]
pub struct Escalation {
    /// 1 is the worst.
    pub severity: u8,
    /// When it is that.
    pub when: String,
    /// What is done then.
    pub what: String,
}

pub(super) fn escalation(service: &Service) -> Vec<Escalation> {
    let of = |row: &service::Escalation| Escalation {
        severity: row.severity,
        when: row.when.clone(),
        what: row.what.clone(),
    };
    service.people.escalation.iter().map(of).collect()
}
