//! The two-person rule: whoever is to approve a plan is asked, and what they said is recorded.

use std::sync::Arc;

use super::{Executor, MYSELF};
use crate::domain::approval::{Approval, Wanted};
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::journal::Body;
use crate::domain::plan::Plan;
use crate::domain::runbook::Step;

impl Executor {
    /// What second persons have left so far, read in a task of its own.
    pub(super) fn read_approvals(&self) -> impl Future<Output = Vec<Approval>> + Send + use<> {
        let approvals = self.service.approval.is_some().then(|| self.approvals.clone()).flatten();
        async move {
            match approvals {
                Some(approvals) => tokio::task::spawn_blocking(move || approvals.read()).await.unwrap_or_default(),
                None => Vec::new(),
            }
        }
    }

    /// Whether a plan that has to be approved is; and by what.
    pub(super) fn approval(&self, step: &Step, plan: &Plan) -> Option<(GateResult, Option<&Approval>)> {
        let rule = self.service.approval.as_ref().filter(|rule| rule.concerns(plan))?;
        let hash = plan.hash();
        let wanted =
            Wanted { run: &self.run.id, step: &step.id, plan: &hash, operator: &self.operator, now: self.now() };
        Some(rule.gate(&self.approved, &wanted))
    }

    /// Records that somebody is asked to approve a plan, or that they did: each once, and only in a run that is going on.
    pub(super) async fn ask_for_approval(&mut self, step: &Step, plan: &Arc<Plan>) {
        if self.run.armed.is_none() || !self.run.is_ready(&step.id) {
            return;
        }
        let Some((gate, approval)) = self.approval(step, plan) else { return };
        let (hash, record) = (plan.hash(), self.run.record(&step.id));
        match (gate.verdict, approval.cloned()) {
            (Verdict::Pass, Some(approval)) if !record.approved.contains_key(&hash) => {
                let by = approval.statement.approver.clone();
                self.record(&by, Body::Approved { step: step.id.clone(), approval }).await;
            }
            (Verdict::Pass, _) => {}
            _ if record.asked.is_some_and(|(_, asked)| asked == hash) => {}
            _ => {
                let plan = Box::new(Plan::clone(plan));
                let asked = Body::ApprovalAsked { step: step.id.clone(), plan, plan_hash: hash };
                self.record(MYSELF, asked).await;
            }
        }
    }
}
