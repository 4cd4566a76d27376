//! What is copied out of the console.

use super::Effect;
use crate::app::model::{Level, Model};
use crate::app::screen::Screen;
use crate::domain::plan::Plan;
use crate::domain::run::Mode;

/// Copies what there is, or says why there is nothing.
pub(super) fn copy(model: &mut Model, what: Result<(String, String), &'static str>, effects: &mut Vec<Effect>) {
    match what {
        Ok((text, says)) => {
            effects.push(Effect::Copy(text));
            model.say(Level::Info, says);
        }
        Err(why) => model.say(Level::Info, why),
    }
}

/// What is copied here, and what is said then: what is in sight, never the step of another screen.
pub(super) fn by_hand(model: &Model) -> Result<(String, String), &'static str> {
    if model.screens.shown == Screen::Journal {
        let entry = model.chosen().ok_or("there is no entry to copy")?;
        // As it stands in the file: its hash can be worked out from it.
        return Ok((crate::domain::hash::canonical(entry.as_ref()), format!("copied entry {}", entry.seq)));
    }
    if !model.screens.shown.has_steps() {
        return Err("nothing to copy here: it is the step's line by hand (1, 2) or an entry (6)");
    }
    match planned(model).map(|plan| plan.by_hand.clone()) {
        Some(line) if !line.is_empty() => Ok((line, "copied the line to do it by hand".to_owned())),
        _ => Err("there is no line to copy: the step has not been resolved"),
    }
}

/// The plan of the selected step as it is shown.
fn planned(model: &Model) -> Option<&Plan> {
    let step = model.step()?;
    let shown =
        model.plans.get(&step.id).and_then(|planned| planned.result.as_ref().ok()).map(|(plan, _)| plan.as_ref());
    shown.or(model.record(&step.id).and_then(|record| record.plan.as_ref()))
}

/// The address of the AWS console's page of what the selected step changes.
pub(super) fn page(model: &Model) -> Result<(String, String), &'static str> {
    if !model.screens.shown.has_steps() {
        return Err("the page is that of the selected step (1, 2)");
    }
    if model.run.mode == Mode::Simulation {
        return Err("what is simulated has no page in the AWS console");
    }
    let plan = planned(model).ok_or("the step has not been resolved")?;
    let page = model.page(plan).ok_or("what this step changes has no page in the AWS console")?;
    Ok((page, "copied the address of its page in the AWS console".to_owned()))
}

impl Model {
    /// The page of the AWS console that shows what a plan changes. What is simulated is not there.
    pub fn page(&self, plan: &Plan) -> Option<String> {
        if self.run.mode == Mode::Simulation { None } else { crate::domain::page::of(plan) }
    }
}
