//! Who has the lead, and who is on the call.

use super::Executor;
use crate::domain::journal::Body;
use crate::domain::people::{self, OnCall};

impl Executor {
    pub(super) async fn on_call(&mut self, people: Vec<OnCall>) {
        let by = self.operator.clone();
        self.record(&by, Body::OnCall { people }).await;
    }

    /// Gives the lead up. Nothing may be under way: whoever takes it finds a run that stands still. The hold on the run
    /// ends with this engine, after its last entry.
    pub(super) async fn hand_over(&mut self, to: &str, reason: &str) {
        let (to, reason) = (to.trim(), reason.trim());
        if to.is_empty() || reason.is_empty() {
            return self.refuse("a name and a reason are needed to hand the lead over");
        }
        if people::same(to, &self.operator) {
            return self.refuse(format!("{to} leads already"));
        }
        let running = self.run.running().map(|step| step.id.clone());
        let busy = running.chain(self.applying.iter().cloned()).chain(self.by_hand.keys().cloned()).next();
        if let Some(step) = busy {
            return self.refuse(format!("{step} is under way: the lead is handed over while nothing is"));
        }
        let by = self.operator.clone();
        if self.run.armed.is_some() {
            let reason = format!("the lead is handed to {to}");
            if !self.record(&by, Body::Disarmed { reason }).await {
                return;
            }
        }
        let body = Body::LeadOffered { to: to.to_owned(), reason: reason.to_owned() };
        if self.record(&by, body).await {
            self.leave().await;
        }
    }
}
