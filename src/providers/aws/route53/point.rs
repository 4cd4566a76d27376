//! `point`: the PRIMARY record gets a Region's target, by compare-and-set.

use std::time::Duration;

use super::Failover;
use super::records::{Batch, Both, Record, plain};
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Evidence;
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::text::bounded;
use crate::providers::aws::clients::ROUTE53_REGION;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, refused};

/// After how long an accepted change would show in the records.
const WOULD_SHOW: Duration = Duration::from_secs(30);

const ZONE: &str = "HostedZoneId";
const BATCH: &str = "ChangeBatch";

impl Failover {
    pub(super) async fn plan_point(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let both = self
            .records()
            .await
            .map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        let target = self.spec.target.get(role);
        if both.primary.value().is_some_and(|value| plain(value) == plain(target)) {
            return Err(Refusal::already(format!("the PRIMARY record of {} is {target} already", self.spec.record)));
        }
        let (check, gates) = self.check_for(role, region, &both).await;
        let alias_zone = self.spec.alias_zone.as_ref().map(|zones| zones.get(role).as_str());
        let new = both.primary.pointed_at(target, alias_zone, check);
        let batch = serde_json::to_string(&Batch::swap(&both.primary, &new))
            .map_err(|err| Refusal::new(format!("the change cannot be written: {err}")))?;
        let words =
            ["route53", "change-resource-record-sets", "--hosted-zone-id", &self.spec.zone, "--change-batch", &batch];
        let params = [(ZONE, self.spec.zone.as_str()), (BATCH, batch.as_str())];
        let call = call("route53", "ChangeResourceRecordSets", ROUTE53_REGION, &params);
        Ok(Plan {
            changes: self.changes(&both, &new, region),
            basis: basis(&[("PRIMARY record", &both.primary.json()), ("SECONDARY record", &both.secondary.json())]),
            gates,
            ..self.own.plan(ask, call, self.aws.by_hand(&words, None), Hazard::Write)
        })
    }

    /// The health check that the changed record gets. Where the records have checks and none is known for this Region, a gate
    /// says so: a record without one counts as healthy for ever.
    async fn check_for(&self, role: HomeRole, region: &Region, both: &Both) -> (Option<String>, Vec<GateResult>) {
        let found = self.check_of(role, both).await;
        if both.primary.health_check_id.is_none() && both.secondary.health_check_id.is_none() {
            return (found.ok().flatten(), Vec::new());
        }
        let place = Place::Region(region.clone());
        let (verdict, evidence, check) = match found {
            Ok(Some(id)) => {
                let evidence = self.own.evidence(&place, "health_check", &id, "route53");
                (Verdict::Pass, evidence, Some(id))
            }
            Ok(None) => {
                (Verdict::Fail, self.own.evidence(&place, "health_check", "none that is its own", "route53"), None)
            }
            Err(unread) => {
                let evidence = self.own.blank(&place, "health_check", unread.to_string(), "route53:ListHealthChecks");
                (Verdict::Unknown, evidence, None)
            }
        };
        let name = format!("{region} has a health check");
        (check, vec![GateResult { name, verdict, evidence }])
    }

    fn changes(&self, both: &Both, new: &Record, region: &Region) -> Vec<String> {
        let name = &self.spec.record;
        let value = |record: &Record| bounded(record.value().unwrap_or("?"), 300);
        let (old, to) = (value(&both.primary), value(new));
        let mut changes = vec![format!("The PRIMARY record of {name} goes from {old} to {to} ({region}).")];
        match &new.health_check_id {
            Some(id) => changes.push(format!("Its health check becomes {}, that of {region}.", bounded(id, 64))),
            None => changes.push("It gets no health check: Route 53 counts it as healthy.".to_owned()),
        }
        let lost = both.primary.health_check_id.as_ref().filter(|id| {
            new.health_check_id.as_ref() != Some(*id) && both.secondary.health_check_id.as_ref() != Some(*id)
        });
        if let Some(id) = lost {
            changes.push(format!(
                "Health check {} is then on no record; pointing back puts it on again.",
                bounded(id, 64)
            ));
        }
        if plain(&value(&both.secondary)) == plain(&to) {
            changes.push(format!("Both records then answer {to}: no health check can send traffic back."));
        } else {
            changes.push(format!("The SECONDARY record still has {}.", value(&both.secondary)));
        }
        changes.push(format!("Resolvers may answer {old} for up to {} s more.", both.primary.ttl()));
        changes
    }

    pub(super) async fn point(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let zone = plan.call.param(ZONE).ok_or_else(|| refused("the plan names no zone"))?;
        let batch: Batch = serde_json::from_str(plan.call.param(BATCH).unwrap_or_default())
            .map_err(|err| refused(format!("the plan's change cannot be read: {err}")))?;
        if batch.sides().is_none() {
            return Err(refused("the plan's change is no exchange of one record"));
        }
        let batch = batch.build().map_err(|err| refused(format!("the plan's change cannot be made: {err}")))?;
        let call = self.aws.route53.write.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        match call.send().await {
            Ok(output) => {
                let info = output.change_info();
                let status = info.map_or("?", |info| info.status().as_str());
                let id = info.map(|info| info.id().trim_start_matches("/change/"));
                Ok(errors::receipt(&output, status, id))
            }
            Err(err) => Err(errors::perform("route53:ChangeResourceRecordSets", &err)),
        }
    }

    pub(super) async fn settle_point(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let batch: Option<Batch> = plan.call.param(BATCH).and_then(|batch| serde_json::from_str(batch).ok());
        let (Some(batch), Some(region)) = (batch, plan.on.region()) else {
            return Settlement::CannotTell("the plan's change cannot be read".to_owned());
        };
        let Some((old, new)) = batch.sides() else {
            return Settlement::CannotTell("the plan's change is no exchange of one record".to_owned());
        };
        let both = match self.records().await {
            Ok(both) => both,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let mut evidence = vec![self.seen("PRIMARY record", both.primary.json(), "route53:ListResourceRecordSets")];
        if same(&both.primary, old) {
            return if since > WOULD_SHOW {
                Settlement::NotStarted(evidence)
            } else {
                Settlement::InProgress("the record is not changed yet".to_owned(), evidence)
            };
        }
        if !same(&both.primary, new) {
            return Settlement::Failed("somebody else has changed the record".to_owned(), evidence);
        }
        let handle = receipt.and_then(|receipt| receipt.handle.as_deref());
        if let Some(id) = handle {
            match self.aws.route53.read.get_change().id(id).send().await {
                Ok(output) => {
                    let status = output.change_info().map_or("?", |info| info.status().as_str()).to_owned();
                    evidence.push(self.seen("change", &status, "route53:GetChange"));
                    if status != "INSYNC" {
                        return Settlement::InProgress(format!("Route 53: {}", bounded(&status, 40)), evidence);
                    }
                }
                Err(err) => {
                    return Settlement::InProgress(errors::unread("route53:GetChange", &err).to_string(), evidence);
                }
            }
        }
        if self.spec.private {
            // Nobody outside its VPCs can ask the servers of a private zone: Route 53's own word is all there is, and
            // where the change's id is not known, that of a resolver.
            let servers = self.ask_resolvers().await;
            evidence.push(self.seen("resolvers", servers.list(), "DNS"));
            return if handle.is_some() || servers.agreeing(region.as_str()) > 0 {
                Settlement::Done(evidence)
            } else {
                Settlement::InProgress(
                    bounded(&format!("no resolver answers {region}: {}", servers.list()), 400),
                    evidence,
                )
            };
        }
        match self.ask_authoritative().await {
            Ok(servers) => {
                let (agree, all) = (servers.agreeing(region.as_str()), servers.0.len());
                evidence.push(self.seen("authoritative", servers.list(), "DNS"));
                if all > 0 && agree == all {
                    Settlement::Done(evidence)
                } else {
                    let said = format!("{agree} of {all} authoritative servers answer {region}: {}", servers.list());
                    Settlement::InProgress(bounded(&said, 400), evidence)
                }
            }
            Err(unread) => Settlement::InProgress(unread.to_string(), evidence),
        }
    }

    fn seen(&self, fact: &str, value: impl AsRef<str>, source: &str) -> Evidence {
        self.own.evidence(&Place::Global, fact, value, source)
    }
}

/// Whether Route 53 has a record as it was asked for: it writes names its own way.
fn same(has: &Record, wanted: &Record) -> bool {
    let key = |record: &Record| {
        let values: Vec<String> = record.resource_records.iter().map(|record| plain(&record.value)).collect();
        let alias = record
            .alias_target
            .as_ref()
            .map(|alias| (alias.hosted_zone_id.clone(), plain(&alias.dns_name), alias.evaluate_target_health));
        (plain(&record.name), record.set_identifier.clone(), record.ttl, values, alias, record.health_check_id.clone())
    };
    key(has) == key(wanted)
}
