//! Where the simulated Regions keep journals: in memory, behind the same faults as every other call.

use std::sync::Arc;

use async_trait::async_trait;

use super::regions::Regions;
use super::world::faults::{ApiCall, Verdict};
use crate::domain::reading::{Unread, Why};
use crate::domain::trail::{Anchor, Line, Terms, Whose};
use crate::ports::{Clock as _, Trail};

/// What one place keeps of one run.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    lines: Vec<Line>,
    anchors: Vec<Anchor>,
}

/// One place: `logs` or `s3`, by its signing name.
pub(super) struct Place {
    regions: Arc<Regions>,
    service: &'static str,
    days: u64,
    lock: Option<&'static str>,
}

impl Place {
    pub(super) fn new(regions: Arc<Regions>, service: &'static str, days: u64, lock: Option<&'static str>) -> Self {
        Self { regions, service, days, lock }
    }

    /// Does what is asked, or not, as the scenario has it.
    async fn call<R>(&self, whose: &Whose, operation: &str, act: impl FnOnce(&mut Kept) -> R) -> Result<R, Unread> {
        let region = whose.target.as_str();
        let (verdict, latency) = self.regions.verdict(&ApiCall { region, service: self.service, operation });
        self.regions.clock().sleep(latency).await;
        let what = |said: &str| format!("{}:{operation} {region}: {said}", self.service);
        let act = || self.regions.kept(&format!("{} {}", self.service, whose.run), act);
        match verdict {
            Verdict::Answer => Ok(act()),
            Verdict::LoseAnswer => {
                act();
                self.regions.never().await;
                Err(Unread::new(Why::TimedOut, what("no answer in time")))
            }
            Verdict::Hang => {
                self.regions.never().await;
                Err(Unread::new(Why::TimedOut, what("no answer in time")))
            }
            Verdict::Refuse => Err(Unread::new(Why::Unreachable, what("connection refused"))),
            Verdict::Deny => Err(Unread::new(Why::Denied, what("AccessDenied: not authorized"))),
            Verdict::Throttle => Err(Unread::new(Why::Throttled, what("Throttling: Rate exceeded"))),
            Verdict::Error => Err(Unread::new(Why::ServerError, what("InternalFailure: the request has failed"))),
        }
    }
}

#[async_trait]
impl Trail for Place {
    fn name(&self, whose: &Whose) -> String {
        format!("{} in {} (simulated)", self.service, whose.target)
    }

    async fn terms(&self, whose: &Whose) -> Result<Terms, Unread> {
        let terms = Terms { days: Some(self.days), lock: self.lock.map(str::to_owned) };
        self.call(whose, "Describe", |_| terms).await
    }

    async fn has(&self, whose: &Whose) -> Result<Option<Anchor>, Unread> {
        self.call(whose, "List", |kept| kept.lines.last().map(Line::anchor)).await
    }

    async fn ship(&self, whose: &Whose, lines: &[Line]) -> Result<(), Unread> {
        self.call(whose, "Put", |kept| {
            for line in lines {
                if !kept.lines.contains(line) {
                    kept.lines.push(line.clone());
                }
            }
        })
        .await
    }

    async fn anchor(&self, whose: &Whose, anchor: &Anchor) -> Result<(), Unread> {
        self.call(whose, "PutAnchor", |kept| {
            if !kept.anchors.contains(anchor) {
                kept.anchors.push(anchor.clone());
            }
        })
        .await
    }

    async fn anchors(&self, whose: &Whose) -> Result<Vec<Anchor>, Unread> {
        self.call(whose, "List", |kept| kept.anchors.clone()).await
    }
}
