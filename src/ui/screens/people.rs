//! Who takes part in this run, from its journal; then whom to call, and when, from the service file.

use crate::app::Model;
use crate::app::model::Role;
use crate::domain::people::commander;
use crate::domain::run::{Ending, State};
use crate::domain::timeline::Milestone;
use crate::ui::doc::Doc;
use crate::ui::paint::Painter;
use crate::ui::skin::Tone;

/// Puts the page into a document. What nobody has said is not on it.
pub(super) fn put(model: &Model, _: &Painter<'_>, doc: &mut Doc) {
    let run = &model.run;
    match commander(&run.on_call) {
        Some(one) => doc.put("commands", format!("{}, incident commander", one.name), Tone::Title),
        None => doc.put("commands", "nobody is written down as the incident commander", Tone::Dim),
    }
    lead(model, doc);
    let decides = |(_, step): &(usize, &crate::domain::runbook::Step)| {
        step.marks == Some(Milestone::Decided) && run.state(&step.id) == State::Ended(Ending::Attested)
    };
    for (_, step) in run.runbook.steps().filter(decides) {
        doc.put("decided", format!("{}: {}", run.record(&step.id).by, step.title), Tone::Text);
    }
    for (_, step) in run.runbook.steps() {
        for approver in run.record(&step.id).approved.values() {
            doc.put("approved", format!("{approver}: {} {}", run.runbook.number(&step.id), step.title), Tone::Text);
        }
    }
    if let Role::Observer { .. } = &model.role {
        doc.put("watch", format!("{}, at this console; others are not known here", model.operator), Tone::Text);
    }
    match run.on_call.split_first() {
        None => doc.put("on call", "nobody is written down", Tone::Dim),
        Some((first, others)) => {
            doc.put("on call", first.to_string(), Tone::Text);
            for one in others {
                doc.put("", one.to_string(), Tone::Text);
            }
        }
    }
    let people = &model.service.people;
    if people.contacts.is_empty() && people.escalation.is_empty() {
        doc.put("call", "the service file names nobody: add [[contacts]] and [[escalation]]", Tone::Dim);
    }
    let wide = people.contacts.iter().map(|contact| contact.role.chars().count()).max().unwrap_or(0);
    for (index, contact) in people.contacts.iter().enumerate() {
        let label = if index == 0 { "call" } else { "" };
        doc.put(label, format!("{:wide$}  {}", contact.role, contact.reach), Tone::Text);
    }
    for escalation in &people.escalation {
        let text = format!("severity {}, {}: {}", escalation.severity, escalation.when, escalation.what);
        doc.put("escalate", text, Tone::Text);
    }
}

fn lead(model: &Model, doc: &mut Doc) {
    let run = &model.run;
    let Some((lead, host)) = &run.lead else {
        return doc.put("lead", format!("{}, once the run is open", model.operator), Tone::Text);
    };
    if let Some(offer) = &run.offered {
        let at = offer.at.strftime("%H:%M:%S");
        let text = format!("nobody: {} handed it to {} at {at}Z: {}", offer.by, offer.to, offer.reason);
        doc.put("lead", text, Tone::Warn);
        return;
    }
    let since = run.led_since.map_or_else(String::new, |at| format!(" since {}Z", at.strftime("%H:%M:%S")));
    doc.put("lead", format!("{lead} on {host}{since}"), Tone::Title);
}
