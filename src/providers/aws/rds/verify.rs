//! `verify-writes`: a write on the target that leaves nothing behind, to prove that it takes them.

use std::time::Duration;

use super::RdsReplica;
use super::fence::by_hand;
use crate::domain::gate::Verdict;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Why;
use crate::domain::runbook::Hazard;
use crate::domain::text::bounded;
use crate::ports::WriteRefused;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};

const COMMITTED: &str = "committed";

impl RdsReplica {
    pub(super) async fn plan_verify(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (probe, spec) = self.sql().map_err(Refusal::new)?;
        let host = spec.host.get(role);
        let asked = format!("sql {region}");
        let (verdict, evidence, recovery) = match probe.state(region).await {
            Ok(state) => {
                let word = yes_no(state.in_recovery);
                (verdict(!state.in_recovery), self.own.evidence(&ask.on, "in_recovery", word, &asked), word)
            }
            Err(unread) => {
                let blank = self.own.blank(&ask.on, "in_recovery", unread.to_string(), &asked);
                (Verdict::Unknown, blank, "unknown")
            }
        };
        let statement = "BEGIN; SELECT pg_logical_emit_message(true, 'handover', 'test write'); COMMIT".to_owned();
        let call = call("sql", "TestWrite", region.as_str(), &[("host", host)]);
        Ok(Plan {
            changes: vec![format!(
                "One record in the write-ahead log of {host} in {region}, durable at commit; no table changes."
            )],
            basis: basis(&[("host", host), ("in recovery", recovery)]),
            gates: vec![gate("not in recovery", verdict, evidence)],
            ..self.own.plan(ask, call, by_hand(spec, role, &[statement]), Hazard::Write)
        })
    }

    pub(super) async fn verify(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let (probe, _) = self.sql().map_err(refused)?;
        match probe.try_write(region).await {
            Ok(()) => Ok(Receipt { request_id: None, answer: COMMITTED.to_owned(), handle: None }),
            Err(WriteRefused::ReadOnly(said)) => Err(refused(said)),
            Err(WriteRefused::Unread(unread)) => {
                let message = bounded(&unread.to_string(), 600);
                Err(match unread.why {
                    Why::Unreachable | Why::Auth | Why::Throttled => PerformError::NotYet { message, request_id: None },
                    _ => PerformError::Unknown { message },
                })
            }
        }
    }

    pub(super) async fn settle_verify(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let (region, probe, spec) = match (self.own.side(&plan.on), self.sql()) {
            (Ok((region, _)), Ok((probe, spec))) => (region, probe, spec),
            (Err(why), _) | (_, Err(why)) => return Settlement::CannotTell(why),
        };
        let state = match probe.state(region).await {
            Ok(state) => state,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let source = format!("sql {region}");
        let mut evidence = vec![self.own.evidence(&plan.on, "in_recovery", yes_no(state.in_recovery), &source)];
        match receipt {
            _ if state.in_recovery => Settlement::Failed("the database is in recovery".to_owned(), evidence),
            Some(receipt) if receipt.answer == COMMITTED => {
                evidence.push(self.own.evidence(&plan.on, "test_write", "accepted", &source));
                Settlement::Done(evidence)
            }
            Some(receipt) => Settlement::Failed(receipt.answer.clone(), evidence),
            // It leaves nothing to look for: whether it was accepted is not known, and it may safely be made again.
            None if since > 2 * spec.timeout => Settlement::NotStarted(evidence),
            None => Settlement::InProgress("the write may still be under way".to_owned(), evidence),
        }
    }
}

/// Why a write was not accepted, as a sentence.
pub(super) fn said(why: &WriteRefused) -> String {
    match why {
        WriteRefused::ReadOnly(said) => format!("a test write is refused: {}", bounded(said, 300)),
        WriteRefused::Unread(unread) => format!("a test write has no answer: {unread}"),
    }
}
