//! Which two Regions, and which of them is the primary.

use std::collections::BTreeSet;

use super::Asked;
use super::find::{aurora, elasticache, rds, route53, s3, secrets};
use super::resource::Estate;
use crate::domain::region::Region;

/// The two Regions of the service.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    pub(super) primary: Region,
    pub(super) standby: Region,
    /// Why the primary is the primary; safe to show.
    why: String,
    /// What speaks against it; safe to show.
    pub(super) against: Vec<String>,
}

impl Sides {
    pub(super) fn told(&self) -> String {
        format!("{} is the primary: {}; {} is the standby", self.primary, self.why, self.standby)
    }

    /// The two in the order of the home roles, if they are one in each of these Regions.
    pub(super) fn sort<T>(&self, a: (Option<&Region>, T), b: (Option<&Region>, T)) -> Option<(T, T)> {
        let (primary, standby) = (Some(&self.primary), Some(&self.standby));
        if (a.0, b.0) == (primary, standby) {
            Some((a.1, b.1))
        } else if (b.0, a.0) == (primary, standby) {
            Some((b.1, a.1))
        } else {
            None
        }
    }
}

/// Something that is in one Region and copied, or led, to another.
pub(super) struct Evidence {
    pub(super) from: Option<Region>,
    pub(super) to: Option<Region>,
    /// What it is, safe to show.
    pub(super) what: String,
}

/// Why the Regions are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undecided(String);

/// Decides by what was asked for, else by where databases are replicated from, else by where PRIMARY records point.
pub(super) fn decide(estate: &Estate, asked: &Asked) -> Result<Sides, Undecided> {
    let mut databases = rds::evidence(estate);
    databases.extend(aurora::evidence(estate));
    let records = route53::evidence(estate);
    let mut others = elasticache::evidence(estate);
    others.extend(s3::evidence(estate));
    others.extend(secrets::evidence(estate));
    let everywhere: BTreeSet<&Region> = estate.all().filter_map(|one| one.region.as_ref()).collect();
    let told = |regions: &BTreeSet<&Region>| regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");

    let leading: Vec<&Evidence> = databases.iter().chain(&records).filter(|copy| copy.from.is_some()).collect();
    let (primary, why) = if let Some(primary) = &asked.primary {
        (primary.clone(), "you said so".to_owned())
    } else {
        let from: BTreeSet<&Region> = leading.iter().filter_map(|copy| copy.from.as_ref()).collect();
        match (leading.first(), from.len()) {
            (Some(Evidence { from: Some(region), what, .. }), 1) => (region.clone(), what.clone()),
            (Some(_), _) => {
                let reasons: Vec<String> = leading.iter().take(6).map(|copy| format!("\n  {}", copy.what)).collect();
                let message = "the states do not agree on which Region is the primary; say it with --primary REGION";
                return Err(Undecided(format!("{message}{}", reasons.concat())));
            }
            (None, _) if everywhere.is_empty() => {
                return Err(Undecided("there is nothing in it that handover knows in any Region".to_owned()));
            }
            (None, _) => {
                let message = "no database and no failover record says which Region is the primary";
                return Err(Undecided(format!("{message} of {}; say it with --primary REGION", told(&everywhere))));
            }
        }
    };

    let standby = match &asked.standby {
        Some(standby) => standby.clone(),
        None => other(&primary, [&databases[..], &records[..], &others[..]], &everywhere).map_err(|found| {
            Undecided(if found.is_empty() {
                let help = "give the other Region's state too, or say it with --standby REGION";
                format!("everything found is in {primary}; {help}")
            } else {
                format!("besides {primary} there are {}; say which is meant with --standby REGION", told(&found))
            })
        })?,
    };
    if primary == standby {
        return Err(Undecided(format!("{primary} cannot be both the primary and the standby")));
    }
    let against = leading.iter().filter(|copy| copy.from.as_ref() != Some(&primary)).map(|copy| copy.what.clone());
    let against = against.take(6).collect();
    Ok(Sides { primary, standby, why, against })
}

/// The other Region, by the strongest evidence that names any; several are an error.
fn other<'e>(
    primary: &Region,
    evidence: [&'e [Evidence]; 3],
    everywhere: &BTreeSet<&'e Region>,
) -> Result<Region, BTreeSet<&'e Region>> {
    let named = evidence.into_iter().map(|copies| {
        copies
            .iter()
            .filter(|copy| [&copy.from, &copy.to].into_iter().any(|end| end.as_ref() == Some(primary)))
            .flat_map(|copy| [copy.from.as_ref(), copy.to.as_ref()])
            .flatten()
            .collect::<BTreeSet<_>>()
    });
    for regions in named.chain(std::iter::once(everywhere.clone())) {
        let others: BTreeSet<&Region> = regions.into_iter().filter(|region| *region != primary).collect();
        match (others.len(), others.first()) {
            (0, _) => {}
            (1, Some(only)) => return Ok((*only).clone()),
            _ => return Err(others),
        }
    }
    Err(BTreeSet::new())
}
