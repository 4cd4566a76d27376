//! What every component has, and the parts that plans are made of.

use std::sync::Arc;
use std::time::Duration;

use super::Probes;
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, Basis, Call, PerformError, Plan, Refusal};
use crate::domain::reading::{Evidence, Freshness, Key};
use crate::domain::region::{HomeRole, Pair, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::service::{self, Service};
use crate::domain::text;
use crate::ports::Clock;

/// What every component has.
#[derive(Clone)]
pub(crate) struct Own {
    pub(crate) id: String,
    pub(crate) pace: Duration,
    pub(crate) regions: Pair<Region>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Own {
    pub(crate) fn new(component: &service::Component, service: &Service, probes: &Probes, pace: Duration) -> Self {
        Self {
            id: component.id.clone(),
            pace: component.every.unwrap_or(pace),
            regions: service.regions.clone(),
            clock: probes.clock.clone(),
        }
    }

    /// Both Regions, the primary first.
    pub(crate) fn both(&self) -> Vec<Place> {
        vec![Place::Region(self.regions.primary.clone()), Place::Region(self.regions.standby.clone())]
    }

    /// Both Regions, and the service as a whole where a component tells something of it.
    pub(crate) fn places(&self, global: bool) -> Vec<Place> {
        let mut places = self.both();
        places.extend(global.then_some(Place::Global));
        places
    }

    /// Something that was read just now.
    pub(crate) fn evidence(&self, place: &Place, fact: &str, value: impl AsRef<str>, source: &str) -> Evidence {
        Evidence {
            reading: Key::new(&self.id, place, fact).to_string(),
            value: text::bounded(value.as_ref(), 400),
            at: Some(self.clock.now()),
            freshness: Freshness::Fresh,
            source: source.to_owned(),
        }
    }

    /// Something that could not be read just now.
    pub(crate) fn blank(&self, place: &Place, fact: &str, why: impl AsRef<str>, source: &str) -> Evidence {
        Evidence {
            at: None,
            freshness: Freshness::Never,
            ..self.evidence(place, fact, format!("? ({})", why.as_ref()), source)
        }
    }

    /// The Region of an ask or a plan, and its home role.
    pub(crate) fn side<'a>(&self, on: &'a Place) -> Result<(&'a Region, HomeRole), String> {
        let region = on.region().ok_or_else(|| format!("{} is in Regions, not {on}", self.id))?;
        let role = self.regions.role_of(region).ok_or_else(|| format!("{} is not in {region}", self.id))?;
        Ok((region, role))
    }

    /// A plan for what is asked, with the call that it makes. What it changes, what it rests on and its gates are to be
    /// added.
    pub(crate) fn plan(&self, ask: &Ask, call: Call, by_hand: String, hazard: Hazard) -> Plan {
        Plan {
            step: ask.step.clone(),
            component: self.id.clone(),
            action: ask.action.clone(),
            direction: ask.direction.clone(),
            on: ask.on.clone(),
            call,
            by_hand,
            hazard,
            changes: Vec::new(),
            basis: Vec::new(),
            gates: Vec::new(),
            phrase: None,
            accepting: None,
        }
    }

    /// The refusal of an action that this kind does not have.
    pub(crate) fn no_action(&self, ask: &Ask, has: &[&str]) -> Refusal {
        let has = if has.is_empty() { "none".to_owned() } else { has.join(", ") };
        Refusal::new(format!("{} has no action {:?}; it has: {has}", self.id, ask.action))
    }
}

/// The words for yes and no in a basis or a piece of evidence.
pub(crate) fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// A call with every parameter.
pub(crate) fn call(service: &str, operation: &str, control_plane: &str, params: &[(&str, &str)]) -> Call {
    Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        control_plane: control_plane.to_owned(),
        params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// What a plan rests on.
pub(crate) fn basis(values: &[(&str, &str)]) -> Vec<Basis> {
    values.iter().map(|(what, value)| Basis { what: (*what).to_owned(), value: (*value).to_owned() }).collect()
}

/// What became of a gate, and by which evidence.
pub(crate) fn gate(name: &str, verdict: Verdict, evidence: Evidence) -> GateResult {
    GateResult { name: name.to_owned(), verdict, evidence }
}

/// The verdict on what was read just now.
pub(crate) fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}

/// A mutation that was not made: a no that was said here.
pub(crate) fn refused(message: impl AsRef<str>) -> PerformError {
    PerformError::Refused { message: text::bounded(message.as_ref(), 600), request_id: None }
}
