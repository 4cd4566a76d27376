//! A runbook as it would be carried out now: each step with its exact call, its gates and the line to do it by hand.
//! As Markdown it is meant to be kept where it can be read when all else is down.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::domain::duration;
use crate::domain::gate::GateResult;
use crate::domain::outline::{Back, Planned, outline};
use crate::domain::plan::{Plan, Refusal};
use crate::domain::region::Direction;
use crate::domain::runbook::{Action, Hazard, Runbook, Step};
use crate::domain::service::Service;

/// A step, resolved as far as it can be today.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The step's id.
    pub step: String,
    /// Its exact call, or why there is none; `None` for a step without a call.
    pub call: Option<Result<Plan, Refusal>>,
    /// Its gates, as they stand.
    pub gates: Vec<GateResult>,
}

/// What a dry run is about.
#[derive(Debug, Clone, Copy)]
pub struct DryRun<'a> {
    /// The service.
    pub service: &'a Service,
    /// The runbook.
    pub runbook: &'a Runbook,
    /// Which way it goes.
    pub direction: &'a Direction,
    /// When it was made.
    pub at: jiff::Timestamp,
    /// Whether it was made on the simulated Regions.
    pub simulated: bool,
    /// The steps.
    pub steps: &'a [Resolved],
}

impl DryRun<'_> {
    fn resolved(&self, step: &Step) -> Option<&Resolved> {
        self.steps.iter().find(|resolved| resolved.step == step.id)
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = self.write(&mut out, false);
        out
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let _ = self.write(&mut out, true);
        out
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let outline = outline(self.service, self.runbook, self.direction);
        let steps = outline.steps.iter().filter_map(|planned| {
            let step = self.runbook.step(&planned.id)?;
            let resolved = self.resolved(step);
            let call = match resolved.and_then(|resolved| resolved.call.as_ref()) {
                Some(Ok(plan)) => json!({ "plan": plan, "hash": plan.hash() }),
                Some(Err(refusal)) => json!({ "refused": refusal.reason, "already": refusal.already }),
                None => Value::Null,
            };
            Some(json!({
                "id": planned.id,
                "number": planned.number,
                "title": step.title,
                "kind": step.action.kind(),
                "hazard": planned.hazard,
                "begins_s": planned.begins.as_secs(),
                "expected_s": planned.expected.as_secs(),
                "critical": planned.critical,
                "needs": planned.plane.as_ref().map(|plane| json!({
                    "what": plane.name, "region": plane.region, "left": plane.left, "otherwise": plane.otherwise,
                })),
                "way_back": planned.back.map(way_back),
                "call": call,
                "gates": resolved.map(|resolved| &resolved.gates),
                "learn": step.learn,
            }))
        });
        json!({
            "service": self.service.name,
            "runbook": self.runbook.id,
            "source": self.direction.source,
            "target": self.direction.target,
            "at": self.at.to_string(),
            "simulated": self.simulated,
            "rto_s": self.service.objectives.rto.as_secs(),
            "rpo_s": self.service.objectives.rpo.as_secs(),
            "longest_s": outline.longest.as_secs(),
            "recovered_s": outline.recovered.map(|recovered| recovered.as_secs()),
            "steps": steps.collect::<Vec<_>>(),
        })
    }

    fn write(&self, out: &mut String, md: bool) -> std::fmt::Result {
        let (service, runbook) = (self.service, self.runbook);
        let outline = outline(service, runbook, self.direction);
        let (source, target) = (&self.direction.source, &self.direction.target);
        let heading = if md { "# " } else { "" };
        writeln!(out, "{heading}{}: {} ({source} → {target})\n", service.name, runbook.title)?;
        let simulated = if self.simulated { " on the simulated Regions" } else { "" };
        writeln!(out, "A dry run made{simulated} at {}. Nothing was changed.", self.at.strftime("%Y-%m-%d %H:%M:%SZ"))?;
        writeln!(
            out,
            "Objectives: RTO {}, RPO {}. Expected: {} by the longest way, {} one after the other.",
            duration::format(service.objectives.rto),
            duration::format(service.objectives.rpo),
            duration::format(outline.longest),
            duration::format(runbook.expected()),
        )?;
        if let Some(recovered) = outline.recovered {
            writeln!(out, "It serves again after {}.", duration::format(recovered))?;
        }
        let (writes, never) = outline.writes();
        writeln!(out, "{} steps: {writes} change something, {never} of them for good.\n", outline.steps.len())?;
        for (step, plane) in outline.in_source() {
            let bullet = if md { "- " } else { "  " };
            writeln!(
                out,
                "{bullet}{} wants {} in {source}, the Region being left: {}",
                step.number, plane.name, plane.otherwise
            )?;
        }
        if outline.in_source().next().is_some() {
            writeln!(out)?;
        }
        if !runbook.description.is_empty() {
            writeln!(out, "{}\n", runbook.description)?;
        }
        for phase in &runbook.phases {
            writeln!(out, "{}{}\n", if md { "## " } else { "== " }, phase.title)?;
            for step in &phase.steps {
                self.step(out, step, outline.steps.iter().find(|planned| planned.id == step.id), md)?;
            }
        }
        Ok(())
    }

    fn step(&self, out: &mut String, step: &Step, planned: Option<&Planned>, md: bool) -> std::fmt::Result {
        let number = self.runbook.number(&step.id);
        let badge = match step.hazard {
            Hazard::None => String::new(),
            hazard => format!(" [{}]", hazard.as_str().to_uppercase()),
        };
        if md {
            writeln!(out, "### ☐ {number} {}{badge}\n", step.title)?;
        } else {
            writeln!(out, "{number} {}{badge}  ({})", step.title, step.action.kind())?;
        }
        let bullet = if md { "- " } else { "    " };
        for text in [&step.guidance, &step.differs].into_iter().filter(|text| !text.is_empty()) {
            writeln!(out, "{bullet}{text}")?;
        }
        // What is kept to be read beforehand teaches; what is looked at on a terminal says what is so.
        if let Some(learn) = step.learn.as_ref().filter(|_| md) {
            for (label, text) in learn.texts() {
                writeln!(out, "{bullet}{label}: {text}")?;
            }
        }
        match &step.action {
            Action::Attest { statement } => writeln!(out, "{bullet}a person confirms: {statement}")?,
            Action::Check { expect } => {
                for predicate in expect {
                    writeln!(out, "{bullet}checks that {predicate}")?;
                }
            }
            Action::Wait { until, hold, timeout } => {
                for predicate in until {
                    writeln!(out, "{bullet}waits until {predicate}")?;
                }
                if !hold.is_zero() {
                    writeln!(out, "{bullet}for {} without a break", duration::format(*hold))?;
                }
                writeln!(out, "{bullet}gives up after {}", duration::format(*timeout))?;
            }
            Action::Act { .. } | Action::Exec(_) => {}
        }
        if let Some(resolved) = self.resolved(step) {
            match &resolved.call {
                Some(Ok(plan)) => Self::call(out, plan, bullet, md)?,
                Some(Err(refusal)) => writeln!(out, "{bullet}no plan today: {refusal}")?,
                None => {}
            }
            for gate in &resolved.gates {
                let GateResult { name, verdict, evidence } = gate;
                let value = format!("{} is {} ({})", evidence.reading, evidence.value, evidence.freshness.as_str());
                writeln!(out, "{bullet}gate {name}: {} now: {value}", verdict.as_str())?;
            }
        }
        if let Some(planned) = planned {
            let critical = if planned.critical { ", on the longest way" } else { "" };
            let (begins, takes) = (duration::format(planned.begins), duration::format(planned.expected));
            writeln!(out, "{bullet}expected: from +{begins} on, {takes}{critical}")?;
            if let Some(plane) = &planned.plane {
                let at = plane.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
                writeln!(out, "{bullet}has to answer: {}{at}", plane.name)?;
            }
            if let Some(back) = planned.back {
                writeln!(out, "{bullet}way back: {}", way_back(back))?;
            }
        }
        if !step.carries.is_empty() {
            writeln!(out, "{bullet}carries: {}", step.carries)?;
        }
        writeln!(out)
    }

    fn call(out: &mut String, plan: &Plan, bullet: &str, md: bool) -> std::fmt::Result {
        writeln!(out, "{bullet}calls {}", plan.call.headline())?;
        for (name, value) in &plan.call.params {
            writeln!(out, "{bullet}  {name} = {value}")?;
        }
        for change in &plan.changes {
            writeln!(out, "{bullet}changes: {change}")?;
        }
        if md {
            writeln!(out, "- by hand:\n\n  ```sh\n  {}\n  ```\n", plan.by_hand)
        } else {
            writeln!(out, "{bullet}by hand: {}", plan.by_hand)
        }
    }
}

/// What takes a step back, in words.
fn way_back(back: Back) -> &'static str {
    match back {
        Back::Action => "an action of the same component; the console offers it",
        Back::ByHand => "by hand, or by another runbook",
        Back::Never => "none",
    }
}
