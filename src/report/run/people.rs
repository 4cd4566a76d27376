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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::journal::Chain;
    use crate::domain::people::OnCall;
    use crate::domain::redact::Redactor;
    use crate::domain::region::Direction;
    use crate::domain::run::Mode;
    use crate::domain::runbook::Runbook;

    #[test]
    fn who_was_on_the_call_stands_with_what_the_system_knew_of_them() {
        let one = |name: &str, role: Option<&str>| OnCall { name: name.into(), role: role.map(str::to_owned) };
        let lead = |who: &str| Body::LeadChange { lead: who.into(), host: "bastion".into() };
        let mut chain = Chain::new(Redactor::default());
        let bodies = [
            lead("anna"),
            Body::OnCall { people: vec![one("Anna", Some("incident commander")), one("ben", None)] },
            Body::LeadOffered { to: "ben".into(), reason: "my shift ends".into() },
            lead("ben"),
            Body::OnCall { people: vec![one("ben", Some("incident commander")), one("carl", Some("database"))] },
        ];
        let seal = |body| {
            let sealed = chain.seal(Timestamp::UNIX_EPOCH, Duration::ZERO, "anna", body).unwrap();
            chain.advance(&sealed);
            sealed.entry
        };
        let entries: Vec<Entry> = bodies.into_iter().map(seal).collect();
        let (source, target) = ("us-east-1".parse().unwrap(), "us-west-2".parse().unwrap());
        let run = Run::new("ledger", Runbook::unknown("failover"), Mode::Live, Direction { source, target });
        let told = people(&entries, &run);
        let told: Vec<(&str, String)> = told.iter().map(|one| (one.who.as_str(), one.roles.join(", "))).collect();
        let wanted = [
            ("anna", "lead, incident commander"),
            ("ben", "lead, on the call, incident commander"),
            ("carl", "database"),
        ];
        assert_eq!(told, wanted.map(|(who, roles)| (who, roles.to_owned())));
        let decided = decisions(&entries);
        assert_eq!(decided.len(), 3, "{decided:?}");
        assert_eq!(decided[1].says, "the lead is handed to ben: my shift ends");
    }
}
