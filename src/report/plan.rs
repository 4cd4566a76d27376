//! A runbook as it would be carried out now: each step with its exact call, its gates and the line to do it by hand.
//! As Markdown it is meant to be kept where it can be read when all else is down.

use std::fmt::Write as _;

use crate::domain::duration;
use crate::domain::gate::GateResult;
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

    fn write(&self, out: &mut String, md: bool) -> std::fmt::Result {
        let (service, runbook) = (self.service, self.runbook);
        let (source, target) = (&self.direction.source, &self.direction.target);
        let heading = if md { "# " } else { "" };
        writeln!(out, "{heading}{}: {} ({source} → {target})\n", service.name, runbook.title)?;
        let simulated = if self.simulated { " on the simulated Regions" } else { "" };
        writeln!(out, "A dry run made{simulated} at {}. Nothing was changed.", self.at.strftime("%Y-%m-%d %H:%M:%SZ"))?;
        writeln!(
            out,
            "Objectives: RTO {}, RPO {}. Expected time of all steps, one after the other: {}.\n",
            duration::format(service.objectives.rto),
            duration::format(service.objectives.rpo),
            duration::format(runbook.expected()),
        )?;
        if !runbook.description.is_empty() {
            writeln!(out, "{}\n", runbook.description)?;
        }
        for phase in &runbook.phases {
            writeln!(out, "{}{}\n", if md { "## " } else { "== " }, phase.title)?;
            for step in &phase.steps {
                self.step(out, step, md)?;
            }
        }
        Ok(())
    }

    fn step(&self, out: &mut String, step: &Step, md: bool) -> std::fmt::Result {
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
        if let Some(expected) = step.expected {
            writeln!(out, "{bullet}expected: {}", duration::format(expected))?;
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
