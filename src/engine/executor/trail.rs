//! The journal leaves the machine: what was recorded is shipped, and what became of that is recorded.

use std::time::Duration;

use super::{Executor, MYSELF};
use crate::domain::journal::{Body, Sealed};
use crate::domain::run::Run;
use crate::domain::trail::{Line, Whose};
use crate::engine::trail::{Shipping, Told};
use crate::ports::within;

/// How long leaving may wait for what is still to be shipped; the console itself waits for three seconds.
const LEAVING: Duration = Duration::from_secs(2);

impl Executor {
    /// Gives an entry to the places that keep the journal. Waits for none of them.
    pub(super) fn ship(&mut self, sealed: &Sealed) {
        if self.world.trails.is_empty() {
            return;
        }
        let (world, run, recorder) = (&self.world, &self.run, &mut self.recorder);
        let shipping = self.shipping.get_or_insert_with(|| {
            let whose = Whose { run: run.id.clone(), target: run.direction.target.clone() };
            Shipping::start(&world.trails, &world.clock, &whose, recorder.take_past())
        });
        shipping.line(Line::from(sealed));
        if ends_a_phase(&self.run, &sealed.entry.body) {
            shipping.anchor();
        }
    }

    /// Records what became of what was shipped.
    pub(super) async fn shipped(&mut self, told: Told) {
        if self.recorder.latched().is_some() {
            return;
        }
        let body = match told {
            Told::Kept { to, terms } => {
                let wanted = self.service.trail.as_ref().map_or(Duration::ZERO, |trail| trail.retention);
                Body::Kept {
                    to,
                    days: terms.days,
                    wanted_days: wanted.as_secs() / 86_400,
                    lock: terms.lock,
                    redacted: self.service.secret_variables(),
                }
            }
            Told::Anchored { to, anchor } => Body::Anchored { at: anchor.seq, head: anchor.hash, to },
            Told::Behind { to, why, since } => Body::TrailBehind { to, why, since },
            Told::CaughtUp { to, until } => Body::TrailCaughtUp { to, until },
        };
        self.record(MYSELF, body).await;
    }

    /// Gives what is still to be shipped a short while.
    pub(super) async fn leave_the_trail(&mut self) {
        let clock = std::sync::Arc::clone(&self.world.clock);
        let until = clock.mono() + LEAVING;
        let left = || until.saturating_sub(clock.mono());
        while let Some(shipping) = self.shipping.as_mut().filter(|shipping| shipping.owes()) {
            let Some(told) = within(clock.as_ref(), left(), Shipping::next(Some(shipping))).await else { break };
            self.shipped(told).await;
        }
        if let Some(shipping) = self.shipping.take() {
            // What is not away by then is owed: `handover journal ship` brings it.
            let _ = within(clock.as_ref(), left(), shipping.finish()).await;
        }
    }
}

/// Whether nothing is left to be done in a phase after this, or in the run.
fn ends_a_phase(run: &Run, body: &Body) -> bool {
    match body {
        Body::RunClosed { .. } | Body::Ungraceful { .. } => true,
        Body::Settled { step, .. } => run.runbook.phases.iter().any(|phase| {
            let mut steps = phase.steps.iter();
            steps.clone().any(|other| other.id == *step) && steps.all(|step| run.state(&step.id).is_ended())
        }),
        _ => false,
    }
}
