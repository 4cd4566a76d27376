//! Who takes writes: the split-brain watch asks it of every database, from the fence of the old primary to the end of a run.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::board::Board;
use super::reading::{ComponentId, Freshness, Key, Value};
use super::region::{Place, Region};
use super::run::Run;
use super::runbook::Action;
use super::safeguard::fence;
use super::service::{Component, Service, Spec};

/// Two sides of one database that both take writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The database.
    pub component: ComponentId,
    /// The Regions that take writes.
    pub regions: Vec<Region>,
}

/// `database takes writes in us-east-1 and in us-west-2`.
impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let regions: Vec<String> = self.regions.iter().map(|region| format!("in {region}")).collect();
        write!(f, "{} takes writes {}", self.component, regions.join(" and "))
    }
}

/// Whether a run is to be watched: the old primary's fence is over, or a database's taking over was intended, so that from
/// then on there is one side that must not take writes.
pub fn is_watched(service: &Service, run: &Run) -> bool {
    let intended = |id: &str| run.steps.get(id).is_some_and(|record| record.intended.is_some());
    run.closed.is_none()
        && (fence(service, run).is_some_and(|step| run.state(&step.id).is_ended())
            || run.runbook.steps().any(|(_, step)| match &step.action {
                Action::Act { component, action, .. } => service.takes_over(component, action) && intended(&step.id),
                _ => false,
            }))
}

/// The watch. It knows since when each side has said that it takes writes: a word from before the other took over proves
/// nothing, however fresh it still is.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    since: BTreeMap<(ComponentId, Region), Timestamp>,
}

impl Watch {
    /// The databases of which both sides take writes, by what each has said since the other does. What was split stays so
    /// until a side says that it takes none: what cannot be read accuses nobody, and acquits nobody either.
    pub fn look(&mut self, service: &Service, board: &Board, now: Timestamp, known: &[Split]) -> Vec<Split> {
        let [primary, standby] = [&service.regions.primary, &service.regions.standby];
        let databases = service.components.iter().filter(|component| component.spec.is_database());
        let mut split = Vec::new();
        for component in databases {
            let says = [primary, standby].map(|region| (region, writes(component, region, board, now)));
            for (region, said) in &says {
                let side = (component.id.clone(), Region::clone(region));
                match said {
                    Some((true, at)) => {
                        self.since.entry(side).or_insert(*at);
                    }
                    Some((false, _)) => {
                        self.since.remove(&side);
                    }
                    None => {}
                }
            }
            let since = |region: &Region| self.since.get(&(component.id.clone(), region.clone())).copied();
            let both = match says {
                [(_, Some((true, one))), (_, Some((true, other)))] => {
                    Some(one) >= since(standby) && Some(other) >= since(primary)
                }
                _ => false,
            };
            let was = known.iter().any(|split| split.component == component.id);
            let acquitted = says.iter().any(|(_, said)| matches!(said, Some((false, _))));
            if both || was && !acquitted {
                split.push(Split { component: component.id.clone(), regions: vec![primary.clone(), standby.clone()] });
            }
        }
        split
    }
}

/// Whether a database takes writes in a Region, and when it said so: by its own word; where the service file does not say how
/// it is asked, by the part that it plays. `None` if nobody can say now.
fn writes(component: &Component, region: &Region, board: &Board, now: Timestamp) -> Option<(bool, Timestamp)> {
    let asked = match &component.spec {
        Spec::RdsReplica(database) => database.sql.is_some(),
        Spec::AuroraGlobal(database) => database.sql.is_some(),
        _ => false,
    };
    let fact = if asked { "takes_writes" } else { "role" };
    let reading = board.get(&Key::new(&component.id, &Place::Region(region.clone()), fact))?;
    if reading.freshness(now) != Freshness::Fresh {
        return None;
    }
    match &reading.value {
        Value::Bool(takes) => Some((*takes, reading.at)),
        Value::Text(role) => {
            let part = ["primary", "standalone", "writer", "detached"].contains(&role.as_str());
            Some((part, reading.at))
        }
        _ => None,
    }
}
