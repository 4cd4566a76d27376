//! How far a change of roles has come: by the members of the global cluster, by what is under way in it, by the clusters,
//! and where SQL is configured by the database that is to take writes.

use std::time::Duration;

use super::{AuroraGlobal, SWITCHOVER};
use crate::domain::plan::{Plan, Receipt, Settlement};
use crate::domain::reading::Evidence;
use crate::domain::region::{Place, Region};
use crate::ports::WriteRefused;
use crate::providers::own::yes_no;

/// After how long a call that was accepted would show.
const WOULD_SHOW: Duration = Duration::from_mins(3);

impl AuroraGlobal {
    /// Of a switchover or a failover. Read in the target's Region: the other one may be gone.
    pub(super) async fn settle_change(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let (region, role, _) = match self.planned(plan) {
            Ok(planned) => planned,
            Err(why) => return Settlement::CannotTell(why),
        };
        let (global, cluster) = match tokio::join!(self.global(region), self.cluster(region, role)) {
            (Ok(global), Ok(cluster)) => (global, cluster),
            (Err(unread), _) | (_, Err(unread)) => return Settlement::CannotTell(unread.to_string()),
        };
        let Some((global, cluster)) = global.zip(cluster) else {
            return Settlement::Failed("the global cluster or the target is gone".to_owned(), Vec::new());
        };
        let (asked, asked_global) = (Self::asked(region), Self::asked_global(region));
        let seen = |fact: &str, value: &str| self.own.evidence(&Place::Global, fact, value, &asked_global);
        let (writes, other) = (global.writes(role), global.writes(role.other()));
        let writer = match (writes, other) {
            (true, false) => region.as_str(),
            (false, true) => self.own.regions.get(role.other()).as_str(),
            (true, true) => "both",
            (false, false) => "none",
        };
        let mut evidence = vec![
            seen("writer", writer),
            seen("failover", global.failover_word()),
            seen("status", &global.status),
            self.own.evidence(&plan.on, "status", &cluster.status, &asked),
        ];
        if let Some(word) = global.member(role.other()).and_then(|member| member.synchronization.as_deref()) {
            let place = Place::Region(self.own.regions.get(role.other()).clone());
            evidence.push(self.own.evidence(&place, "synchronization", word, &asked_global));
        }
        if global.member(role).is_none() {
            let said = "the target is no member of the global cluster any more".to_owned();
            return Settlement::Failed(said, evidence);
        }
        if let Some(failover) = &global.failover {
            // Somebody else's, in the other direction or of the other kind.
            let planned = plan.action != SWITCHOVER;
            if failover.to.as_deref().is_some_and(|to| Some(to) != Some(cluster.arn.as_str()))
                || failover.loss.is_some_and(|loss| loss != planned)
            {
                let said = format!("another change is under way: {}", failover.status);
                return Settlement::InProgress(said, evidence);
            }
            return Settlement::InProgress(failover.status.clone(), evidence);
        }
        if writes && !other && cluster.available() && cluster.has_writer {
            return match self.open_for_writes(&plan.on, region, &mut evidence).await {
                Ok(()) => Settlement::Done(evidence),
                Err(why) => Settlement::InProgress(format!("AWS says done; {why}"), evidence),
            };
        }
        if !writes && cluster.available() && global.available() && since > WOULD_SHOW {
            return match receipt {
                Some(_) => Settlement::Failed("it was given up: the roles are as they were".to_owned(), evidence),
                None => Settlement::NotStarted(evidence),
            };
        }
        let said = if writes { "the roles have changed" } else { "the roles have not changed yet" };
        Settlement::InProgress(format!("{said}, the target is {}", cluster.status), evidence)
    }

    /// Of a detachment.
    pub(super) async fn settle_detach(&self, plan: &Plan, since: Duration) -> Settlement {
        let (region, role, _) = match self.planned(plan) {
            Ok(planned) => planned,
            Err(why) => return Settlement::CannotTell(why),
        };
        let (global, cluster) = match tokio::join!(self.global(region), self.cluster(region, role)) {
            (Ok(global), Ok(cluster)) => (global, cluster),
            (Err(unread), _) | (_, Err(unread)) => return Settlement::CannotTell(unread.to_string()),
        };
        let Some(cluster) = cluster else {
            return Settlement::Failed("the cluster is gone".to_owned(), Vec::new());
        };
        let member = global.as_ref().is_some_and(|global| global.member(role).is_some());
        let mut evidence = vec![
            self.own.evidence(
                &plan.on,
                "role",
                if member { "reader" } else { "detached" },
                &Self::asked_global(region),
            ),
            self.own.evidence(&plan.on, "status", &cluster.status, &Self::asked(region)),
        ];
        if member && cluster.available() && since > WOULD_SHOW {
            return Settlement::NotStarted(evidence);
        }
        if member || !cluster.available() {
            let said = if member { "still a member" } else { "no member any more" };
            return Settlement::InProgress(format!("{}, {said}", cluster.status), evidence);
        }
        match self.open_for_writes(&plan.on, region, &mut evidence).await {
            Ok(()) => Settlement::Done(evidence),
            Err(why) => Settlement::InProgress(format!("AWS says detached; {why}"), evidence),
        }
    }

    /// Whether the database itself says that it takes writes. Without SQL there is nobody to ask, and AWS's word stands.
    async fn open_for_writes(&self, on: &Place, region: &Region, evidence: &mut Vec<Evidence>) -> Result<(), String> {
        let (Some(probe), Some(_)) = (&self.sql, &self.spec.sql) else { return Ok(()) };
        let asked = format!("sql {region}");
        let state = probe.state(region).await.map_err(|unread| unread.to_string())?;
        evidence.push(self.own.evidence(on, "in_recovery", yes_no(state.in_recovery), &asked));
        if state.in_recovery {
            return Err("the database is still in recovery".to_owned());
        }
        match probe.try_write(region).await {
            Ok(()) => {
                evidence.push(self.own.evidence(on, "test_write", "accepted", &asked));
                Ok(())
            }
            Err(WriteRefused::ReadOnly(said)) => Err(format!("a test write is refused: {said}")),
            Err(WriteRefused::Unread(unread)) => Err(format!("a test write has no answer: {unread}")),
        }
    }
}
