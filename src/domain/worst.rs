//! The worst health in each Region, and since when it has been that.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::board::Board;
use super::reading::Health;
use super::region::{Place, Region};
use super::service::Service;

/// The worst health in each Region, and since when.
pub type Worst = BTreeMap<Region, (Health, Timestamp)>;

/// Looks again at what each Region's worst health is; a change is as old as this look.
pub fn refresh(worst: &mut Worst, service: &Service, board: &Board, now: Timestamp) {
    let rank = |health: &Health| match health {
        Health::Healthy => 0,
        Health::Degraded => 1,
        Health::Unknown => 2,
        Health::Down => 3,
    };
    for region in [&service.regions.primary, &service.regions.standby] {
        let place = Place::Region(region.clone());
        let regional = service.components.iter().filter(|component| component.spec.is_regional());
        let seen = regional
            .map(|component| board.glance(&component.id, &place).map_or(Health::Unknown, |glance| glance.shown(now)))
            .max_by_key(rank)
            .unwrap_or(Health::Unknown);
        let held = worst.entry(region.clone()).or_insert((seen, now));
        if held.0 != seen {
            *held = (seen, now);
        }
    }
}
