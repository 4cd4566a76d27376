//! A mutation: planned, confirmed, planned again, intended, performed once, settled.

use std::sync::Arc;
use std::time::Duration;

use super::calls::ANSWER_LIMIT;
use super::{Executor, Found, MYSELF};
use crate::domain::command::Event;
use crate::domain::consent::{Consent, How, authorise};
use crate::domain::duration;
use crate::domain::gate::GateResult;
use crate::domain::journal::Body;
use crate::domain::plan::{Ask, Plan, Refusal};
use crate::domain::reading::{Evidence, Freshness, Key, Value};
use crate::domain::region::Place;
use crate::domain::run::{Ending, Mode};
use crate::domain::runbook::{Action, Hazard, Step, Way};
use crate::domain::safeguard;
use crate::domain::service::SWITCHOVER;
use crate::domain::timeline::Milestone;
use crate::engine::programs::{program_of, program_plan};
use crate::ports::within;

/// What a plan is made for.
#[derive(Debug, Clone)]
pub(super) enum Purpose {
    /// To be shown.
    Show,
    /// To be carried out with this consent.
    Apply(Consent),
    /// To see whether the step is done already.
    Already,
    /// To see whether what a person did by hand shows.
    ByHand(String),
}

impl Executor {
    /// Resolves a step to its exact call, in a task of its own; `false` if there is nothing to resolve.
    pub(super) fn plan(&mut self, id: &str, purpose: Purpose) -> bool {
        let Some(step) = self.step(id) else {
            self.refuse(format!("there is no step {id:?}"));
            return false;
        };
        let found = self.found.clone();
        let safeguards = safeguard::gates(&self.service, &self.run, &step);
        let wanted = self.places_of(step.gates.iter().chain(&safeguards).map(|gate| &gate.predicate));
        let looks = self.sampler.look_now(&wanted);
        let approved = self.read_approvals();
        match &step.action {
            Action::Act { component, action, on } => {
                let Some(part) = self.world.components.get(component).cloned() else {
                    self.refuse(format!("the service has no component {component:?}"));
                    return false;
                };
                let ask = Ask {
                    step: step.id.clone(),
                    component: component.clone(),
                    action: action.clone(),
                    on: on.place(&self.run.direction, &self.service.regions),
                    direction: self.run.direction.clone(),
                    run: self.run.id.clone(),
                    impact: self.run.timeline.at(Milestone::ImpactBegan),
                };
                let clock = Arc::clone(&self.world.clock);
                self.tasks.spawn(async move {
                    let plan = within(clock.as_ref(), ANSWER_LIMIT, part.plan(&ask));
                    let (plan, looks, approved) = tokio::join!(plan, looks, approved);
                    let late = || Refusal::new(format!("no answer within {} s while planning", ANSWER_LIMIT.as_secs()));
                    let result = plan.unwrap_or_else(|| Err(late()));
                    let _ = found.send(Found::Planned { step: ask.step, purpose, result, looks, approved });
                });
            }
            Action::Exec(exec) => {
                let plan = program_plan(&self.service, &self.run, &step, exec, self.dir.as_deref());
                self.tasks.spawn(async move {
                    let (looks, approved) = tokio::join!(looks, approved);
                    let _ = found.send(Found::Planned { step: step.id, purpose, result: Ok(plan), looks, approved });
                });
            }
            _ => {
                self.refuse(format!("{id} makes no call: there is no plan to show"));
                return false;
            }
        }
        true
    }

    /// The gates of a step with its plan: the component's own, the runbook's, and the safeguards of every run.
    fn gates(&self, step: &Step, plan: &Plan) -> Vec<GateResult> {
        let sight = self.sight();
        let mut gates = plan.gates.clone();
        gates.extend(step.gates.iter().map(|gate| {
            let (verdict, evidence) = sight.look(&gate.predicate);
            GateResult { name: gate.name.clone(), verdict, evidence }
        }));
        gates.extend(safeguard::look(&self.service, &self.run, step, plan, &sight, self.last.as_ref()));
        gates.extend(self.approval(step, plan).map(|(gate, _)| gate));
        gates
    }

    /// What is being accepted with a plan that loses data: the lag, as it was last seen.
    fn accepting(&self, plan: &Plan) -> Option<String> {
        if plan.hazard != Hazard::Irreversible || !self.service.takes_over(&plan.component, &plan.action) {
            return plan.accepting.clone();
        }
        let (component, place) = self.service.lag_series(&self.run.direction.target)?;
        let now = self.now();
        let key = Key::new(component, &place, "lag");
        // An old figure bounds nothing: a source that nobody reaches may have gone on.
        let since = match self.board.evidence(&key, now).freshness {
            Freshness::Fresh => "",
            _ => "; and of all that the source has taken since",
        };
        Some(match self.board.get(&key) {
            Some(reading) => format!(
                "the loss of what the replica has not received: {} behind, as seen {} ago{since}",
                reading.value,
                duration::age(reading.age(now))
            ),
            None => "the loss of an unknown amount of data: the lag was never read".to_owned(),
        })
    }

    /// What a plan loses if that is more than was promised, or if nobody knows: then it is typed, too. The figure is rounded
    /// up, so that it stays while it is typed.
    fn beyond_rpo(&self, plan: &Plan) -> Option<String> {
        let loses = plan.hazard == Hazard::Irreversible
            && plan.action != SWITCHOVER
            && self.service.takes_over(&plan.component, &plan.action);
        if !loses || (self.is_fenced() && self.has_everything(&plan.component)) {
            return None;
        }
        let now = self.now();
        let lag = self.service.lag_series(&self.run.direction.target).and_then(|(component, place)| {
            let reading = self.board.get(&Key::new(component, &place, "lag"))?;
            match reading.value {
                Value::Seconds(lag) if reading.at <= now => Duration::try_from_secs_f64(lag).ok(),
                _ => None,
            }
        });
        match lag {
            Some(lag) if lag <= self.service.objectives.rpo => None,
            Some(lag) => Some(round_up(lag)),
            None => Some("unknown".to_owned()),
        }
    }

    /// Whether the target's database has all that the fenced source has, by the positions of both logs.
    fn has_everything(&self, component: &str) -> bool {
        let key = Key::new(component, &Place::Global, "behind_bytes");
        self.board.evidence(&key, self.now()).freshness == Freshness::Fresh
            && self.board.get(&key).is_some_and(|reading| reading.value == Value::Number(0.0))
    }

    pub(super) async fn planned(&mut self, id: String, purpose: Purpose, result: Result<Plan, Refusal>) {
        let Some(step) = self.step(&id) else { return };
        let result = result.map(|mut plan| {
            // A runbook may call a step more dangerous than its component does, never less.
            plan.hazard = plan.hazard.max(step.hazard);
            if plan.hazard == Hazard::Irreversible && plan.phrase.is_none() {
                plan.phrase = Some(format!("{} {}", plan.action, plan.on));
            }
            plan.accepting = self.accepting(&plan);
            if let (Some(phrase), Some(loss)) = (&plan.phrase, self.beyond_rpo(&plan)) {
                plan.phrase = Some(format!("{phrase} losing {loss}"));
            }
            let gates = self.gates(&step, &plan);
            (Arc::new(plan), gates)
        });
        if let Ok((plan, gates)) = &result {
            self.seen_gates.insert(id.clone(), gates.clone());
            self.ask_for_approval(&step, plan).await;
        }
        // Between the question and its answer the step may have been confirmed, or ended: then the answer is of no use.
        let asked = matches!(purpose, Purpose::Already | Purpose::ByHand(_));
        let state = self.run.state(&id);
        if asked && (self.applying.contains(&id) || state.is_running() || state.is_ended() || self.run.closed.is_some())
        {
            return self.refuse(format!("{id}: something else was done about it meanwhile"));
        }
        match purpose {
            Purpose::Show => self.tell(Event::Planned { step: id, result }),
            Purpose::Already => match result {
                Err(refusal) if refusal.already => {
                    let by = self.operator.clone();
                    self.settle_step(&by, &id, Ending::AlreadyDone, refusal.reason, Vec::new()).await;
                }
                other => {
                    self.tell(Event::Planned { step: id.clone(), result: other });
                    self.refuse(format!("{id} is not done yet: it wants a confirmation"));
                }
            },
            Purpose::ByHand(reason) => match result {
                Err(refusal) if refusal.already => {
                    let by = self.operator.clone();
                    let says = format!("{reason} ({})", refusal.reason);
                    self.settle_step(&by, &id, Ending::ByHand, says, Vec::new()).await;
                }
                Ok((plan, _)) => {
                    // Perhaps it is under way: follow it for as long as it takes to tell.
                    self.by_hand.insert(id.clone(), reason);
                    self.follow(&plan, None, Duration::ZERO);
                }
                Err(refusal) => self.refuse(format!("the cloud cannot confirm it: {refusal}")),
            },
            Purpose::Apply(consent) => self.apply(&step, consent, result).await,
        }
    }

    /// A person confirmed a plan: read again what it rests on, then carry it out.
    pub(super) fn confirm(&mut self, id: &str, plan_hash: String, how: How) {
        if self.run.armed.as_deref() != Some(self.operator.as_str()) {
            return self.refuse("the console is read-only: arm it first");
        }
        let Some(step) = self.startable(id) else { return };
        if !matches!(step.action, Action::Act { .. } | Action::Exec(_)) {
            return self.refuse(format!("{id} changes nothing: there is nothing to confirm"));
        }
        if let Some(why) = self.not_in_a_drill(&step) {
            return self.refuse(why);
        }
        let consent = Consent { plan: plan_hash, operator: self.operator.clone(), at: self.now(), how };
        if self.plan(&step.id, Purpose::Apply(consent)) {
            self.applying.insert(step.id);
        }
    }

    /// Why a drill may not carry out a step; asked here, whatever the runbook's reader has let through.
    pub(super) fn not_in_a_drill(&self, step: &Step) -> Option<String> {
        let drill = self.run.mode == Mode::Drill || self.run.runbook.way == Way::Drill;
        if !drill {
            return None;
        }
        self.service.drills.refusal(step, &self.run.direction, &self.service.regions)
    }

    async fn apply(&mut self, step: &Step, consent: Consent, result: Result<(Arc<Plan>, Vec<GateResult>), Refusal>) {
        self.applying.remove(&step.id);
        let (plan, gates) = match result {
            Ok(planned) => planned,
            Err(refusal) => {
                let reason = refusal.reason.clone();
                self.tell(Event::Planned { step: step.id.clone(), result: Err(refusal) });
                self.void(step, &consent, reason).await;
                return;
            }
        };
        self.tell(Event::Planned { step: step.id.clone(), result: Ok((Arc::clone(&plan), gates.clone())) });
        // Between the confirmation and now the step may have ended, or the console been disarmed.
        if !self.run.is_ready(&step.id) {
            return self.refuse(format!("{} is no longer ready", step.id));
        }
        let shown = Body::Plan {
            step: step.id.clone(),
            plan: Box::new((*plan).clone()),
            plan_hash: plan.hash(),
            gates: gates.clone(),
        };
        if !self.record(MYSELF, shown).await {
            return;
        }
        let closed: Vec<String> =
            self.run.open_questions(&step.id, &gates).into_iter().map(|gate| gate.name.clone()).collect();
        if !closed.is_empty() {
            return self.void(step, &consent, format!("gates do not pass: {}", closed.join(", "))).await;
        }
        let simulated = self.run.mode == Mode::Simulation;
        let authorised = match authorise((*plan).clone(), &consent, self.run.armed.as_deref(), simulated, self.now()) {
            Ok(authorised) => authorised,
            Err(void) => return self.void(step, &consent, void.to_string()).await,
        };
        let operator = consent.operator.clone();
        let attempt = self.run.record(&step.id).tries + 1;
        let evidence = self.before(&plan);
        if !self.record(&operator, Body::Consent { step: step.id.clone(), consent }).await {
            return;
        }
        let intent = Body::Intent { step: step.id.clone(), plan_hash: plan.hash(), attempt, evidence };
        if !self.record(&operator, intent).await {
            return;
        }
        match &step.action {
            Action::Exec(exec) => {
                let spec = program_of(&self.service, &self.run, exec, self.dir.as_deref());
                drop(authorised);
                self.spawn_program(&step.id, spec);
            }
            _ => self.send(authorised, 1),
        }
        if self.takes_over(step) {
            self.keep_unreplayed(&plan.component);
            let (when, source) = (self.now(), format!("step {}: intent", step.id));
            self.record(MYSELF, Body::Milestone { milestone: Milestone::PromoteCalled, when, source }).await;
        }
    }

    async fn void(&mut self, step: &Step, consent: &Consent, reason: String) {
        let operator = consent.operator.clone();
        let given = Body::Consent { step: step.id.clone(), consent: consent.clone() };
        if self.record(&operator, given).await {
            self.refuse(format!("{}: not carried out: {reason}", step.id));
            self.record(MYSELF, Body::Void { step: step.id.clone(), reason }).await;
        }
    }

    /// What bounds the loss, as seen on both sides just before an irreversible call.
    fn before(&self, plan: &Plan) -> Vec<Evidence> {
        if plan.hazard != Hazard::Irreversible {
            return Vec::new();
        }
        let now = self.now();
        let mut evidence: Vec<Evidence> = Vec::new();
        for (key, reading) in self.board.iter() {
            let bounds = matches!(
                key.fact.as_str(),
                "receive_lsn"
                    | "replay_lsn"
                    | "replay_age"
                    | "current_lsn"
                    | "mark"
                    | "lag"
                    | "status"
                    | "takes_writes"
            );
            let about = key.component == plan.component || key.fact == "lag";
            if bounds && about && !matches!(reading.value, Value::Series(_)) {
                evidence.push(self.board.evidence(key, now));
            }
        }
        evidence
    }
}

/// A span as a person types it, rounded up: `20s`, `5m`, `2h`.
fn round_up(span: Duration) -> String {
    const STEPS: [u64; 13] = [10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800];
    let rounded = STEPS.into_iter().map(Duration::from_secs).find(|step| span <= *step);
    rounded.map_or_else(|| format!("{}d", span.as_secs().div_ceil(86_400)), duration::format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_of_a_loss_is_rounded_up() {
        let said = |secs| round_up(Duration::from_millis(secs));
        assert_eq!(
            [said(1), said(10_000), said(61_000), said(3_600_000), said(30_000_000), said(200_000_000)],
            ["10s", "10s", "2m", "1h", "1d", "3d"].map(str::to_owned)
        );
    }
}
