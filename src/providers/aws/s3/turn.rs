//! Turning the replication round, and ending it: one call each, which replaces a bucket's whole configuration.

use std::time::Duration;

use super::observe::towards;
use super::rules::{Configuration, Destination, Filter, Metrics, Minutes, OFF, ON, Rule, Switch, Timed};
use super::{REVERSE, S3Replication, Side, asked, rests_on};
use crate::domain::gate::Verdict;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::region::Place;
use crate::domain::runbook::Hazard;
use crate::domain::{duration, hash, text};
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict};

/// After how long an accepted configuration would show.
const WOULD_SHOW: Duration = Duration::from_secs(30);
/// For how long S3 may still answer with the configuration of before, after it has accepted another.
const SPREADS: Duration = Duration::from_mins(2);
/// S3 takes no more rules than this.
const MOST_RULES: usize = 1_000;
/// The start of the names under which a plan keeps the rules.
const RULE: &str = "Rule ";

impl S3Replication {
    /// Refuses where either bucket has no versioning: S3 would, for a good reason.
    async fn both_versioned(&self, side: &Side<'_>) -> Result<(), Refusal> {
        let target = self.opposite(side);
        let (here, there) = tokio::join!(self.versioning(side), self.versioning(&target));
        for (side, word) in [(side, here), (&target, there)] {
            let word = word.map_err(|why| rests_on(&why))?;
            if word != ON {
                let why = format!("versioning of {} in {} is {word}: S3 replicates versions", side.bucket, side.region);
                return Err(Refusal::new(why));
            }
        }
        Ok(())
    }

    pub(super) async fn plan_reverse(&self, ask: &Ask, side: &Side<'_>) -> Result<Plan, Refusal> {
        let Some(role) = &self.spec.role else {
            let why = format!("components.{} has no `role`, with which S3 would replicate", self.own.id);
            return Err(Refusal::new(why));
        };
        self.both_versioned(side).await?;
        let before = self.configuration(side).await.map_err(|why| rests_on(&why))?;
        let known = towards(before.as_ref(), side.towards);
        if let Some(rule) = known.filter(|rule| rule.enabled()) {
            let why = format!("{} is replicated to {} already, by the rule {}", side.bucket, side.towards, rule.name());
            return Err(Refusal::already(why));
        }
        let known = known.cloned();
        let mut after = before.clone().unwrap_or_else(|| Configuration { role: role.clone(), rules: Vec::new() });
        if after.role != *role {
            // One role is for all rules: another one might not reach where the others go.
            let why =
                format!("the rules of {} go by the role {}; the service file names {role}", side.bucket, after.role);
            return Err(Refusal::new(why));
        }
        let mut changes = Vec::new();
        if let Some(known) = known {
            changes.push(format!("The rule {} of {} is enabled, as it is.", known.name(), side.bucket));
            for rule in after.rules.iter_mut().filter(|rule| **rule == known) {
                ON.clone_into(&mut rule.status);
            }
        } else {
            let rule = self.new_rule(side, role, &after);
            changes.push(format!("{} gets the rule {}, for all objects.", side.bucket, rule.name()));
            after.rules.push(rule);
        }
        let new = towards(Some(&after), side.towards);
        changes
            .push(format!("What is written to it from then on is replicated to {} in {}.", side.towards, side.other));
        changes.push(format!(
            "What was written to it before is not: {} lacks it until S3 Batch Replication copies it.",
            side.towards
        ));
        if new.is_some_and(|rule| !rule.delete_markers()) {
            changes.push(format!("Deletions are not: what is deleted in {} stays in {}.", side.region, side.other));
        }
        let evidence = self.own.evidence(&ask.on, "versioning", ON, &asked("GetBucketVersioning", side.region));
        let gates = vec![gate("versioning is on in both buckets", verdict(true), evidence)];
        self.replace(ask, side, before.as_ref(), &after, changes, gates)
    }

    /// The rule towards the other bucket, where there is none.
    fn new_rule(&self, side: &Side<'_>, role: &str, others: &Configuration) -> Rule {
        let quarter = || Minutes { minutes: Some(15) };
        let partition = role.split(':').nth(1).unwrap_or("aws");
        let wanted = if self.spec.delete_markers { ON } else { OFF };
        let priority = others.rules.iter().filter_map(|rule| rule.priority).max().unwrap_or(0) + 1;
        let timed = self.spec.rtc.then(|| Timed { status: ON.to_owned(), time: Some(quarter()) });
        Rule {
            id: Some(format!("handover-to-{}", side.other)),
            priority: Some(priority),
            filter: Some(Filter { prefix: Some(String::new()), ..Filter::default() }),
            status: ON.to_owned(),
            destination: Destination {
                bucket: format!("arn:{partition}:s3:::{}", side.towards),
                // Without metrics nobody could tell how much is still to come.
                metrics: Some(Metrics { status: ON.to_owned(), event_threshold: timed.as_ref().map(|_| quarter()) }),
                replication_time: timed,
                ..Destination::default()
            },
            delete_marker_replication: Some(Switch { status: Some(wanted.to_owned()) }),
            ..Rule::default()
        }
    }

    pub(super) async fn plan_stop(&self, ask: &Ask, side: &Side<'_>) -> Result<Plan, Refusal> {
        let (before, waiting) = tokio::join!(self.configuration(side), self.waiting(side));
        let before = before.map_err(|why| rests_on(&why))?;
        let on = |rule: &&mut Rule| rule.enabled() && rule.goes_to(side.towards);
        let mut after = before.clone();
        let rules = after.as_mut().map(|after| after.rules.iter_mut().filter(on));
        let mut names = Vec::new();
        for rule in rules.into_iter().flatten() {
            OFF.clone_into(&mut rule.status);
            names.push(rule.name());
        }
        let Some(after) = after.filter(|_| !names.is_empty()) else {
            return Err(Refusal::already(format!("no rule of {} replicates to {}", side.bucket, side.towards)));
        };
        let changes = vec![
            format!(
                "{} of {} is disabled: nothing more is replicated to {}.",
                names.join(", "),
                side.bucket,
                side.towards
            ),
            format!(
                "What is written to {} while it is disabled is never replicated by enabling it again.",
                side.bucket
            ),
        ];
        let there = Place::Region(side.other.clone());
        let source = format!("cloudwatch:GetMetricData {}", side.other);
        let blank = |why: &str| (Verdict::Unknown, self.own.blank(&there, "pending_operations", why, &source));
        let (holds, evidence) = match waiting {
            Ok(Some((at, count))) => {
                let age = crate::domain::reading::age(at, self.own.clock.now());
                let told = format!("{count}, {} ago", duration::age(age));
                // What has waited for longer than a sample takes to come is not known.
                let holds = if age > 3 * self.own.pace { Verdict::Unknown } else { verdict(count == 0.0) };
                (holds, self.own.evidence(&there, "pending_operations", told, &source))
            }
            Ok(None) => blank("no samples: the rule has no metrics, or S3 tells none"),
            Err(why) => blank(&why.to_string()),
        };
        let gates = vec![gate("nothing waits to be replicated", holds, evidence)];
        self.replace(ask, side, before.as_ref(), &after, changes, gates)
    }

    /// The plan that replaces a bucket's configuration by another.
    fn replace(
        &self,
        ask: &Ask,
        side: &Side<'_>,
        before: Option<&Configuration>,
        after: &Configuration,
        mut changes: Vec<String>,
        gates: Vec<crate::domain::gate::GateResult>,
    ) -> Result<Plan, Refusal> {
        if after.rules.len() > MOST_RULES {
            return Err(Refusal::new(format!("{} has as many rules as S3 takes", side.bucket)));
        }
        let clean = |written: &str| text::bounded(written, text::LIMIT) == written;
        let mut rules = Vec::new();
        for (number, rule) in (1..).zip(&after.rules) {
            let written = hash::canonical(rule);
            // The journal keeps no longer text and none with deceiving characters: a plan must read the same from there.
            if !clean(&written) || !clean(&after.role) {
                let why = format!(
                    "the rule {} of {} cannot be written into a plan; change it by hand",
                    rule.name(),
                    side.bucket
                );
                return Err(Refusal::new(why));
            }
            rules.push((format!("{RULE}{number}"), written));
        }
        let others = after.rules.iter().filter(|rule| !rule.goes_to(side.towards)).count();
        if others > 0 {
            changes.push(format!("Of its rules, the {others} to other buckets stay as they are."));
        }
        let mut params = vec![("Bucket", side.bucket), ("Role", after.role.as_str())];
        params.extend(rules.iter().map(|(name, rule)| (name.as_str(), rule.as_str())));
        let whole = hash::canonical(after);
        let words =
            ["s3api", "put-bucket-replication", "--bucket", side.bucket, "--replication-configuration", whole.as_str()];
        let told = |rule: &Rule| {
            format!("{} {} to {}", rule.name(), rule.status, text::bounded(&rule.destination.bucket, 200))
        };
        let listed = before
            .map_or_else(|| "none".to_owned(), |before| before.rules.iter().map(told).collect::<Vec<_>>().join("; "));
        Ok(Plan {
            changes,
            basis: basis(&[
                ("bucket", side.bucket),
                ("rules", &text::bounded(&listed, 1_000)),
                ("replication configuration", &before.map_or_else(|| "none".to_owned(), hash::of)),
            ]),
            gates,
            ..self.own.plan(
                ask,
                call("s3", "PutBucketReplication", side.region.as_str(), &params),
                self.aws.by_hand(&words, Some(side.region)),
                Hazard::Write,
            )
        })
    }

    pub(super) async fn put_configuration(&self, plan: &Plan, side: &Side<'_>) -> Result<Receipt, PerformError> {
        let wanted = planned(plan).map_err(refused)?;
        let on = towards(Some(&wanted), side.towards).is_some_and(Rule::enabled);
        if on != (plan.action == REVERSE) {
            return Err(refused("the plan's rules do not do what its action says"));
        }
        let written = wanted.write().map_err(|error| refused(error.to_string()))?;
        let client = &self.aws.region(side.region).map_err(|unread| refused(unread.to_string()))?.s3.write;
        match client.put_bucket_replication().bucket(side.bucket).replication_configuration(written).send().await {
            Ok(output) => Ok(errors::receipt(&output, "accepted", None)),
            Err(err) => Err(errors::perform(&asked("PutBucketReplication", side.region), &err)),
        }
    }

    /// Done when S3 answers with the rules that were put.
    pub(super) async fn settle_configuration(
        &self,
        plan: &Plan,
        side: &Side<'_>,
        receipt: Option<&Receipt>,
        since: Duration,
    ) -> Settlement {
        let wanted = match planned(plan) {
            Ok(wanted) => wanted,
            Err(why) => return Settlement::CannotTell(why),
        };
        let found = match self.configuration(side).await {
            Ok(found) => found,
            Err(why) => return Settlement::CannotTell(why.to_string()),
        };
        let rule = towards(found.as_ref(), side.towards);
        let asked = asked("GetBucketReplication", side.region);
        let seen = |fact: &str, value: &str| self.own.evidence(&plan.on, fact, value, &asked);
        let evidence = vec![
            seen("replication", super::observe::word(rule)),
            seen("rules", &found.as_ref().map_or(0, |found| found.rules.len()).to_string()),
        ];
        if found.as_ref().is_some_and(|found| same(found, &wanted)) {
            return Settlement::Done(evidence);
        }
        let digest = found.as_ref().map_or_else(|| "none".to_owned(), hash::of);
        let untouched =
            plan.basis.iter().any(|value| value.what == "replication configuration" && value.value == digest);
        match receipt {
            _ if !untouched => Settlement::Failed(format!("somebody has put other rules on {}", side.bucket), evidence),
            None if since > WOULD_SHOW => Settlement::NotStarted(evidence),
            Some(_) if since > SPREADS => {
                Settlement::Failed("S3 accepted the rules and still has those of before".to_owned(), evidence)
            }
            _ => Settlement::InProgress("S3 still answers with the rules of before".to_owned(), evidence),
        }
    }
}

/// The configuration that a plan puts.
fn planned(plan: &Plan) -> Result<Configuration, String> {
    let role = plan.call.param("Role").ok_or("the plan names no role")?.to_owned();
    let rules = plan.call.params.iter().filter(|(name, _)| name.starts_with(RULE));
    let rules = rules.map(|(_, rule)| serde_json::from_str(rule)).collect::<Result<Vec<Rule>, _>>();
    let rules = rules.map_err(|error| format!("the plan's rules cannot be read: {error}"))?;
    if rules.is_empty() {
        return Err("the plan names no rules".to_owned());
    }
    Ok(Configuration { role, rules })
}

/// Whether two configurations are the same, in whichever order their rules stand, and whether or not S3 gives an empty
/// prefix back.
fn same(a: &Configuration, b: &Configuration) -> bool {
    let plain = |rule: &Rule| {
        let mut rule = rule.clone();
        if let Some(filter) = &mut rule.filter {
            filter.prefix = filter.prefix.take().filter(|prefix| !prefix.is_empty());
        }
        hash::canonical(&rule)
    };
    let sorted = |of: &Configuration| {
        let mut rules: Vec<String> = of.rules.iter().map(plain).collect();
        rules.sort_unstable();
        rules
    };
    a.role == b.role && sorted(a) == sorted(b)
}
