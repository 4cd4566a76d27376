//! What the model makes of the readings: which Region has the traffic, how each is, how far behind the target is.

use std::time::Duration;

use jiff::Timestamp;

use super::model::Model;
use crate::domain::reading::{Freshness, Health, Key, Reading, Value, Why};
use crate::domain::region::{Place, Region};
use crate::domain::service::{Component, Spec};
use crate::domain::timeline::Milestone;
use crate::domain::worst;

impl Model {
    /// A reading.
    pub fn reading(&self, component: &str, place: &Place, fact: &str) -> Option<&Reading> {
        self.board.get(&Key::new(component, place, fact))
    }

    /// The Region that has the traffic now, as far as it is known by a fresh reading; never remembered.
    pub fn active(&self) -> Option<&Region> {
        let traffic = self.service.traffic()?;
        let code = ["answers", "points_at"].into_iter().find_map(|fact| {
            let reading = self.reading(traffic, &Place::Global, fact)?;
            match &reading.value {
                Value::Text(code) if reading.freshness(self.now) == Freshness::Fresh => Some(code.as_str()),
                _ => None,
            }
        })?;
        let pair = &self.service.regions;
        [&pair.primary, &pair.standby].into_iter().find(|region| region.as_str() == code)
    }

    /// Whether a Region is down in nothing but what would serve users, while another has them: it stands by.
    pub fn stands_by(&self, region: &Region) -> bool {
        let place = Place::Region(region.clone());
        let shown = |component: &Component| {
            self.board.glance(&component.id, &place).map_or(Health::Unknown, |glance| glance.shown(self.now))
        };
        let others = self.regional().filter(|component| !matches!(component.spec, Spec::Endpoint(_)));
        let healths: Vec<Health> = others.map(shown).collect();
        // Of a Region that tells nothing of itself nobody knows what it does.
        let is_known = healths.iter().any(|health| *health != Health::Unknown);
        self.active().is_some_and(|active| active != region) && is_known && !healths.contains(&Health::Down)
    }

    /// The components that stand in each Region, in the order of the file.
    pub fn regional(&self) -> impl Iterator<Item = &Component> {
        self.service.components.iter().filter(|component| component.spec.is_regional())
    }

    /// The components that have something to say of no Region in particular.
    pub fn global(&self) -> impl Iterator<Item = &Component> {
        self.service.components.iter().filter(|component| component.spec.is_global())
    }

    /// Why nothing may be written with these credentials, if that is so.
    pub fn wrong_account(&self) -> Option<String> {
        self.account.as_ref()?.wrong()
    }

    /// Whether the Region that takes over answers nobody who comes with our credentials: none are to be had, or they have ended.
    pub fn lacks_credentials(&self) -> bool {
        let place = Place::Region(self.run.direction.target.clone());
        self.regional().filter(|component| !matches!(component.spec, Spec::Kubernetes(_))).any(|component| {
            let failure = self.board.glance(&component.id, &place).and_then(|glance| glance.failure.as_ref());
            failure.is_some_and(|(unread, _)| unread.why == Why::Auth)
        })
    }

    /// Looks again at what each Region's worst health is; a change is as old as this look.
    pub fn refresh_worst(&mut self) {
        worst::refresh(&mut self.worst, &self.service, &self.board, self.now);
    }

    /// The span in which everything was committed that the target's database lacks, once the lag is not told any more: since
    /// the last commit that it has.
    pub fn unreplayed(&self) -> Option<Duration> {
        let fresh = self.lag().is_some_and(|(_, reading)| reading.freshness(self.now) == Freshness::Fresh);
        let target = Place::Region(self.run.direction.target.clone());
        let database = self.service.components.iter().find(|component| component.spec.is_database())?;
        let now = if fresh { None } else { self.board.unreplayed(&database.id, &target, self.now) };
        // A database that is being promoted takes no more of what the other commits: from then on the bound stays.
        let promoting = self.run.timeline.at(Milestone::PromoteCalled).map_or(Duration::ZERO, |at| self.since(at));
        now.map(|most| most.saturating_sub(promoting))
    }

    /// When the impact began by what is known here, and how that is known: with the last commit that the replica has, once the lag is not
    /// told any more; else when the source was first seen to be down.
    pub fn began(&self) -> Option<(Timestamp, String)> {
        let (health, since) =
            self.worst.get(&self.run.direction.source).filter(|(health, _)| *health == Health::Down)?;
        Some(match self.unreplayed().and_then(|most| self.now.checked_sub(most).ok()) {
            Some(last) if last < *since => (last, "the last commit that the replica has".to_owned()),
            _ => (*since, format!("the source {} from here", health.as_str())),
        })
    }

    /// The newest lag figure, when it was true, and whether it is still fresh.
    pub fn lag(&self) -> Option<(f64, &Reading)> {
        let (component, place) = self.service.lag_series(&self.run.direction.target)?;
        let reading = self.reading(component, &place, "lag")?;
        match reading.value {
            Value::Seconds(seconds) if seconds.is_finite() && seconds >= 0.0 => Some((seconds, reading)),
            _ => None,
        }
    }
}
