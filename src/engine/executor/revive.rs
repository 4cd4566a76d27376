//! Taking up a run that an earlier process left: nothing is done again on a guess.

use super::steps::marks;
use super::{Executor, MYSELF};
use crate::domain::fencing::FENCE;
use crate::domain::journal::Body;
use crate::domain::reading::age;
use crate::domain::run::{Ending, State};
use crate::domain::runbook::{Action, Hazard};
use crate::domain::timeline::Milestone;

impl Executor {
    /// Finds every step that something was going on in. What was asked of the cloud is asked about, not asked for
    /// again; what a program may have done, only a person can say; what merely looked, looks again.
    pub(super) async fn revive(&mut self) {
        // Opening the journal records that the run was taken up.
        let note = "looking for what was going on when the last process ended".to_owned();
        if !self.record(MYSELF, Body::Note { text: note }).await {
            return;
        }
        let steps: Vec<_> = self.run.runbook.steps().map(|(_, step)| step.clone()).collect();
        for step in steps {
            let record = self.run.record(&step.id);
            match (&record.state, &step.action) {
                (State::InFlight | State::Settling | State::Unsure(_), Action::Act { .. }) => {
                    let Some(plan) = &record.plan else { continue };
                    let already = record.intended.map_or_else(Default::default, |at| age(at, self.now()));
                    if record.state == State::InFlight {
                        let reason = "the process ended between the intent and the outcome".to_owned();
                        self.record(MYSELF, Body::Unsure { step: step.id.clone(), reason }).await;
                    }
                    self.follow(plan, record.receipt.as_ref(), already);
                }
                (State::InFlight | State::Settling, Action::Exec(_)) => {
                    let reason = "the process ended while the program ran: look whether it did its work".to_owned();
                    self.record(MYSELF, Body::Unsure { step: step.id.clone(), reason }).await;
                }
                (State::Looking, Action::Check { expect }) => self.look_for_check(&step.id, expect),
                (State::Looking, Action::Wait { until, hold, timeout }) => {
                    self.wait_for(&step.id, until, *hold, *timeout).await;
                }
                (State::Looking, Action::Exec(_)) if step.hazard == Hazard::None => {
                    let reason = "the process ended while the program ran; it can be started again".to_owned();
                    self.fail_step(MYSELF, &step.id, reason, Vec::new()).await;
                }
                _ => {}
            }
        }
        self.revive_milestones().await;
        self.revive_source_mark();
        self.revive_loss();
    }

    /// The moments of what ended (or was called) just before the process did.
    async fn revive_milestones(&mut self) {
        let steps: Vec<_> = self.run.runbook.steps().map(|(_, step)| step.clone()).collect();
        for step in steps {
            let record = self.run.record(&step.id);
            let promotes = self.takes_over(&step);
            if let (true, Some(when), None) =
                (promotes, record.intended, self.run.timeline.at(Milestone::PromoteCalled))
            {
                let source = format!("step {}: intent", step.id);
                self.record(MYSELF, Body::Milestone { milestone: Milestone::PromoteCalled, when, source }).await;
            }
            let (State::Ended(ending), Some(milestone), Some(when)) = (record.state, step.marks, record.ended) else {
                continue;
            };
            if marks(ending, milestone) && self.run.timeline.at(milestone).is_none() {
                let source = format!("step {}: {}", step.id, ending.as_str());
                self.record(MYSELF, Body::Milestone { milestone, when, source }).await;
            }
        }
    }

    /// What was lost, if the process ended between the promotion and the figure. Once something else was done on the
    /// target its mark tells nothing any more; the lag still does.
    fn revive_loss(&mut self) {
        let promoted = self.run.runbook.steps().map(|(_, step)| step.clone()).find(|step| {
            self.takes_over(step)
                && matches!(self.run.state(&step.id), State::Ended(Ending::Done | Ending::AlreadyDone | Ending::ByHand))
        });
        if let (Some(step), None) = (promoted, &self.run.loss) {
            self.after_settled(&step, Ending::Done);
        }
    }

    /// The mark of a fenced source, if an earlier process recorded one, is asked for again: it cannot have moved.
    fn revive_source_mark(&mut self) {
        let fence =
            self.run.runbook.steps().map(|(_, step)| step.clone()).find(|step| {
                matches!(&step.action, Action::Act { action, .. } if action == FENCE) && self.on_source(step)
            });
        if let (Some(step), true) = (fence, self.is_fenced()) {
            self.after_settled(&step, Ending::Done);
        }
    }
}
