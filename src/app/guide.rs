//! What the guide says of the selected step: what can be done now and by which key, why it is done, what to look at, what would go
//! wrong; and afterwards, what it came to.

use std::fmt::Write as _;

use super::action::Action;
use super::model::{Model, Role, Row};
use crate::domain::duration::{clock, format as span};
use crate::domain::gate::Verdict;
use crate::domain::journal::Body;
use crate::domain::reading::age;
use crate::domain::run::{Ending, Mode, State, StepRecord};
use crate::domain::runbook::{Action as Does, Hazard, Step};
use crate::domain::text::counted;

/// A part of what the guide says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What can be done now, and by which key.
    Now,
    /// What the step came to.
    Was,
    /// Why it is done.
    Why,
    /// What to look at.
    Look,
    /// What would go wrong.
    Wrong,
}

impl Part {
    /// Its label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Was => "it took",
            Self::Why => "why",
            Self::Look => "look at",
            Self::Wrong => "beware",
        }
    }
}

/// What it says of the selected step, what matters most at this moment first: a small screen shows only that.
pub fn says(model: &Model) -> Vec<(Part, String)> {
    let (Some(row), Some(step)) = (model.row(), model.step()) else { return Vec::new() };
    let mut parts = vec![(Part::Now, now(model, row, step))];
    let state = model.state(&step.id);
    let order = match state {
        _ if state.is_running() => [Part::Look, Part::Wrong, Part::Why],
        State::Failed(_) | State::Unsure(_) => [Part::Wrong, Part::Look, Part::Why],
        _ => [Part::Why, Part::Look, Part::Wrong],
    };
    if let (State::Ended(ending), Some(record)) = (state, model.record(&step.id)) {
        parts.insert(0, (Part::Was, was(model, step, record, *ending)));
    }
    match &step.learn {
        Some(learn) => parts.extend(order.map(|part| {
            let text = match part {
                Part::Look => &learn.look,
                Part::Wrong => &learn.wrong,
                _ => &learn.why,
            };
            (part, text.clone())
        })),
        // A runbook of somebody's own need not teach: what it says to whoever carries it out is there.
        None if !step.guidance.is_empty() => parts.push((Part::Look, step.guidance.clone())),
        None => {}
    }
    parts
}

/// A key, or the name under which the palette finds the action.
fn key(model: &Model, action: Action) -> String {
    model.keymap.chord(action).map_or_else(|| format!("`{}`", action.id()), ToString::to_string)
}

/// What can be done now.
fn now(model: &Model, row: &Row, step: &Step) -> String {
    let key = |action| key(model, action);
    if model.run.closed.is_some() {
        return format!(
            "The run is over. {} leaves; `handover report` writes down what it came to.",
            key(Action::Quit)
        );
    }
    match &model.role {
        Role::Replay => return format!("A replay: nothing is done. {} goes one entry on.", key(Action::ReplayNext)),
        Role::Observer { lead } => return format!("You watch: {lead} leads. Look, and say what you see."),
        Role::Lead => {}
    }
    if model.latched.is_some() {
        return "The journal cannot be written, so nothing more is done from here.".to_owned();
    }
    if model.run.paused.is_some() {
        return format!("The run is held: nothing is started. {} goes on with it.", key(Action::Pause));
    }
    let next = key(Action::StepReady);
    match model.state(&step.id) {
        State::Ended(_) if model.run.is_complete() => {
            format!("Every step is over. {} closes the run, and says how it ended.", key(Action::CloseRun))
        }
        State::Ended(_) => format!("It is over. {next} goes to what can be done next."),
        State::Looking => format!("It looks by itself until it holds. {} stops it.", key(Action::StepCancel)),
        State::InFlight | State::Settling => {
            format!(
                "The call was made and cannot be taken back; it ends by itself. {next} goes to what can be done beside it."
            )
        }
        State::Failed(_) => format!(
            "It failed. Find out why, then {} shows the ways on: again, by hand, or left out with a reason.",
            key(Action::StepWays)
        ),
        State::Unsure(_) => format!(
            "Nobody knows whether it was done. Look at the thing itself, then {} to say what you found.",
            key(Action::StepWays)
        ),
        State::Pending | State::Planned if !row.ready => {
            format!("It waits for {}. {next} goes to what can be done now.", row.waits_for.join(", "))
        }
        State::Pending | State::Planned => ready(model, step),
    }
}

/// What starts a step that is ready.
fn ready(model: &Model, step: &Step) -> String {
    let key = |action| key(model, action);
    let armed = model.rights().armed;
    let enter = key(if armed { Action::StepPerform } else { Action::StepStart });
    match &step.action {
        Does::Attest { .. } => {
            format!(
                "{enter} shows the statement; y, then enter, says in your name that it is so. Only say what you know."
            )
        }
        Does::Check { .. } => format!("{enter} compares the readings with what they should be. It changes nothing."),
        Does::Wait { .. } => format!("{enter} begins to wait. It changes nothing."),
        Does::Exec(_) if step.hazard == Hazard::None => format!("{enter} runs the program, which changes nothing."),
        Does::Act { .. } | Does::Exec(_) if !armed => {
            format!("It writes: {} arms the console first. Read its exact call meanwhile.", key(Action::Arm))
        }
        Does::Act { .. } | Does::Exec(_) => {
            let planned = model.plans.get(&step.id).and_then(|planned| planned.result.as_ref().ok());
            let gates = planned.map(|(_, gates)| model.run.open_questions(&step.id, gates)).unwrap_or_default();
            if let Some(gate) = gates.first() {
                let why = if gate.verdict == Verdict::Unknown { "cannot be judged" } else { "does not hold" };
                let more = if gates.len() > 1 { format!(" ({} in all)", gates.len()) } else { String::new() };
                return format!(
                    "The gate \"{}\" {why}{more}. Find out why; {} overrides it by name, with your reason.",
                    gate.name,
                    key(Action::StepGates)
                );
            }
            match step.hazard {
                Hazard::Irreversible => {
                    format!("{enter} shows the exact call. It cannot be undone, so you type its phrase, then enter.")
                }
                _ => format!("{enter} shows the exact call; y, then enter, makes it. esc leaves it at that."),
            }
        }
    }
}

/// What a step came to: how long it took against what is usual, and what it cost to get there.
fn was(model: &Model, step: &Step, record: &StepRecord, ending: Ending) -> String {
    let mut text = match record.started.zip(record.ended) {
        Some((started, ended)) => clock(age(started, ended)),
        None => "no time that is known".to_owned(),
    };
    match (model.run.usual.get(&step.id), step.expected) {
        (Some(usual), _) => {
            let _ = write!(text, ", usually {} (in {})", clock(usual.time()), counted(usual.runs, "run"));
        }
        (None, Some(expected)) => {
            let _ = write!(text, ", expected about {}", span(expected));
        }
        (None, None) => {}
    }
    let _ = write!(text, "; {}", ending.as_str());
    if record.tries > 1 {
        let _ = write!(text, " at try {}", record.tries);
    }
    for (gate, reason) in &record.overrides {
        let _ = write!(text, "; gate \"{gate}\" overridden: {reason}");
    }
    if let Some(lag) = lag_at(model, step) {
        let _ = write!(text, "; lag when it was called {lag}");
    }
    text.push('.');
    text
}

/// The lag that the journal has of the moment of a step's intent, where it is of one that loses what is behind.
fn lag_at(model: &Model, step: &Step) -> Option<String> {
    let Does::Act { component, action, .. } = &step.action else { return None };
    if !model.service.takes_over(component, action) {
        return None;
    }
    let intent = model.tail.iter().rev().find_map(|entry| match &entry.body {
        Body::Intent { step: of, evidence, .. } if *of == step.id => Some(evidence),
        _ => None,
    })?;
    let lag = intent.iter().find(|evidence| evidence.reading.rsplit('.').next() == Some("lag"))?;
    Some(format!("{} ({})", lag.value, lag.freshness.as_str()))
}

/// What a drill is, the screen, and the keys that matter: the first page of a guided run, in paragraphs with their labels.
pub fn first_page(model: &Model) -> Vec<(&'static str, String)> {
    let key = |action| key(model, action);
    let touches = match model.run.mode {
        Mode::Simulation => "The Regions are simulated in this process: nothing outside this machine is called, and nothing can be broken. \
                             Behave as if it were real."
            .to_owned(),
        Mode::Drill => "The Regions are REAL. A drill may do what [drills] of the service file lists and nothing else; whatever is \
                        not listed is refused, whoever confirms it."
            .to_owned(),
        Mode::Live => "This is NO drill: the Regions are real, and what you confirm is done.".to_owned(),
    };
    vec![
        ("this run", format!("{} ({} to {}).", model.run.runbook.title, model.run.direction.source, model.run.direction.target)),
        ("touches", touches),
        ("top", "Mode, direction and who is armed; the recovery time against its objective, the expected loss.".to_owned()),
        ("Regions", "What is read in each, with its age. A sign and a word, never colour alone. What is stale or unknown passes no gate.".to_owned()),
        ("steps", "Left the checklist, right the selected step: its exact call, its gates, the line to do it by hand.".to_owned()),
        ("guide", format!("Below: what to do now, why, what to look at, the usual mistake. {} hides it, {} shows this page.", key(Action::Guide), key(Action::GuidePage))),
        ("keys", format!("{}: the next step that is ready", key(Action::StepReady))),
        ("", format!("{}: do it, or see its exact call first", key(Action::StepStart))),
        ("", format!("{}: arm the console; before that nothing can be written", key(Action::Arm))),
        ("", format!("{}: the ways out of a step that fails", key(Action::StepWays))),
        ("", format!("{}: a note; write down what you notice, when you notice it", key(Action::Note))),
        ("", format!("{} lists every other key", key(Action::Help))),
        (
            "the end",
            format!(
                "{} closes the run. Not everything that happens is on the checklist: what you noticed, and when, is read from the journal.",
                key(Action::CloseRun)
            ),
        ),
    ]
}
