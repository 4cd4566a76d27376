//! How far a change has come.

use std::time::Duration;

use super::Kubernetes;
use super::doing::Doing;
use super::read::State;
use super::said::Failed;
use crate::domain::plan::{Plan, Settlement};
use crate::domain::reading::Evidence;
use crate::domain::region::HomeRole;
use crate::domain::service::Workload;
use crate::providers::own::yes_no;

/// After how long an accepted change would show: the API reads what it has written.
const WOULD_SHOW: Duration = Duration::from_secs(30);
/// Within this, Argo CD undoes what differs from Git: it looks every 3 minutes (`timeout.reconciliation`), and then syncs.
const UNDONE: Duration = Duration::from_mins(4);

/// What is being settled.
pub(super) struct Settling<'a> {
    pub(super) plan: &'a Plan,
    pub(super) role: HomeRole,
    /// Whether kubectl said that it was done.
    pub(super) accepted: bool,
    pub(super) since: Duration,
}

impl Settling<'_> {
    /// The state is as it was before: nothing was done, it is too early, or somebody has undone it.
    fn as_before(&self, undone: &str, evidence: Vec<Evidence>) -> Settlement {
        if self.accepted {
            Settlement::Failed(undone.to_owned(), evidence)
        } else if self.since > WOULD_SHOW {
            Settlement::NotStarted(evidence)
        } else {
            Settlement::InProgress("nothing has changed yet".to_owned(), evidence)
        }
    }

    fn basis(&self, what: &str) -> Option<&str> {
        self.plan.basis.iter().find(|basis| basis.what == what).map(|basis| basis.value.as_str())
    }
}

impl Kubernetes {
    pub(super) async fn settled(&self, doing: &Doing, settling: &Settling<'_>) -> Result<Settlement, Failed> {
        match doing {
            Doing::Scale(count) => self.settled_scale(i64::from(*count), settling).await,
            Doing::Restart => self.settled_restart(settling).await,
            Doing::Apply => self.settled_apply(settling).await,
            Doing::Host { host, .. } => self.settled_host(host, settling).await,
            Doing::Suspend { .. } => self.settled_sync(false, settling).await,
            Doing::Resume { .. } => self.settled_sync(true, settling).await,
        }
    }

    fn seen(&self, settling: &Settling<'_>, fact: &str, value: impl AsRef<str>) -> Evidence {
        self.own.evidence(&settling.plan.on, fact, value, &self.source(settling.role))
    }

    fn evidence(&self, settling: &Settling<'_>, states: &[(&Workload, State)]) -> Vec<Evidence> {
        let line = |(workload, state): &(&Workload, State)| {
            let said = format!(
                "{}: {} desired, {} ready, {} updated, generation {} of {}",
                workload.name, state.desired, state.ready, state.updated, state.observed, state.generation
            );
            self.seen(settling, "ready", said)
        };
        states.iter().map(line).collect()
    }

    /// Of workloads that are as they should be, whether their pods are too.
    fn pods(states: &[(&Workload, State)], evidence: Vec<Evidence>) -> Settlement {
        if states.iter().all(|(_, state)| state.settled()) {
            return Settlement::Done(evidence);
        }
        if let Some((workload, why)) =
            states.iter().find_map(|(workload, state)| Some((workload, state.failed.as_ref()?)))
        {
            return Settlement::Failed(format!("{workload}: {why}"), evidence);
        }
        let sum = |of: fn(&State) -> i64| states.iter().map(|(_, state)| of(state)).sum::<i64>();
        let (ready, desired, total) = (sum(|s| s.ready), sum(|s| s.desired), sum(|s| s.total));
        let said = if !states.iter().all(|(_, state)| state.current()) {
            "the controller has not taken notice yet".to_owned()
        } else if desired < total && ready >= desired {
            format!("{} pods are still stopping", total - desired)
        } else {
            format!("{ready} of {desired} ready, {} of the newest template", sum(|s| s.updated))
        };
        Settlement::InProgress(said, evidence)
    }

    async fn settled_scale(&self, count: i64, settling: &Settling<'_>) -> Result<Settlement, Failed> {
        let states = self.workloads(settling.role).await?;
        let evidence = self.evidence(settling, &states);
        if states.iter().all(|(_, state)| state.desired == count) {
            return Ok(Self::pods(&states, evidence));
        }
        let before = |(workload, state): &(&Workload, State)| {
            settling.basis(&format!("{workload} replicas")) == Some(state.desired.to_string().as_str())
        };
        if states.iter().all(before) || settling.accepted {
            let now = states.iter().map(|(workload, state)| format!("{} {}", workload.name, state.desired));
            let now = now.collect::<Vec<_>>().join(", ");
            let undone = format!("somebody has set the replicas again: {now}; an autoscaler, or Argo CD?");
            return Ok(settling.as_before(&undone, evidence));
        }
        Ok(Self::in_part(settling, evidence))
    }

    /// Some objects are changed and some are not, and nobody knows whether kubectl still runs.
    fn in_part(settling: &Settling<'_>, evidence: Vec<Evidence>) -> Settlement {
        if settling.since > WOULD_SHOW {
            return Settlement::Failed("it was done in part: do it again".to_owned(), evidence);
        }
        Settlement::InProgress("it is done in part".to_owned(), evidence)
    }

    async fn settled_restart(&self, settling: &Settling<'_>) -> Result<Settlement, Failed> {
        let states = self.workloads(settling.role).await?;
        let evidence = self.evidence(settling, &states);
        let again = |(workload, state): &&(&Workload, State)| {
            let since = if state.restarted.is_empty() { "never" } else { &state.restarted };
            settling.basis(&format!("{workload} restarted")).is_some_and(|before| before != since)
        };
        let restarted = states.iter().filter(again).count();
        Ok(if restarted == states.len() {
            Self::pods(&states, evidence)
        } else if restarted == 0 {
            settling.as_before("somebody has taken the restart back", evidence)
        } else {
            Self::in_part(settling, evidence)
        })
    }

    async fn settled_apply(&self, settling: &Settling<'_>) -> Result<Settlement, Failed> {
        let (_, changes) = self.would_change(settling.role).await?;
        let left: Vec<String> = changes.iter().map(|change| format!("{} {}", change.object, change.verb)).collect();
        let left = left.join(", ");
        let mut evidence = vec![self.seen(settling, "would change", if left.is_empty() { "nothing" } else { &left })];
        if left.is_empty() {
            if self.spec.workloads.is_empty() {
                return Ok(Settlement::Done(evidence));
            }
            let states = self.workloads(settling.role).await?;
            evidence.extend(self.evidence(settling, &states));
            return Ok(Self::pods(&states, evidence));
        }
        if settling.accepted || settling.basis("would change") == Some(left.as_str()) {
            return Ok(settling.as_before(&format!("it differs again: {left}; Argo CD?"), evidence));
        }
        Ok(Self::in_part(settling, evidence))
    }

    async fn settled_host(&self, host: &str, settling: &Settling<'_>) -> Result<Settlement, Failed> {
        let Some(connection) = &self.spec.connection else {
            return Ok(Settlement::CannotTell("there is no connection in the service file".to_owned()));
        };
        let read = self.host(settling.role, connection).await?;
        let current = read.host.as_deref() == Some(host);
        let mut evidence = vec![
            self.seen(settling, "connection_current", yes_no(current)),
            self.seen(settling, "resource version", &read.version),
        ];
        if !current {
            let undone = format!(
                "something has put {} back: Argo CD, or whatever else makes this secret; suspend it and patch again",
                connection.secret
            );
            return Ok(settling.as_before(&undone, evidence));
        }
        if self.spec.applications.is_empty() {
            return Ok(Settlement::Done(evidence));
        }
        let healing: Vec<String> =
            self.applications(settling.role).await?.into_iter().filter(|app| app.heals).map(|app| app.name).collect();
        evidence.push(self.seen(settling, "auto_sync", yes_no(!healing.is_empty())));
        if healing.is_empty() || settling.since > UNDONE {
            return Ok(Settlement::Done(evidence));
        }
        let said =
            format!("it is patched; {} may put it back within {} minutes", healing.join(", "), UNDONE.as_secs() / 60);
        Ok(Settlement::InProgress(said, evidence))
    }

    async fn settled_sync(&self, on: bool, settling: &Settling<'_>) -> Result<Settlement, Failed> {
        let all = self.applications(settling.role).await?;
        let evidence: Vec<Evidence> = all
            .iter()
            .map(|app| self.seen(settling, "auto_sync", format!("{} {}", app.name, yes_no(app.automated.is_some()))))
            .collect();
        let done = all.iter().filter(|app| app.automated.is_some() == on).count();
        Ok(if done == all.len() {
            Settlement::Done(evidence)
        } else if done == 0 || settling.accepted {
            let undone = if on {
                "somebody has suspended it again"
            } else {
                "it was switched on again: by an application that owns it?"
            };
            settling.as_before(undone, evidence)
        } else {
            Self::in_part(settling, evidence)
        })
    }
}
