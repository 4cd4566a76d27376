//! A line of text is asked for.

use ratatui::layout::Rect;

use super::{boxed, comfortable, input};
use crate::app::Model;
use crate::app::modal::{Purpose, Reason};
use crate::app::when;
use crate::domain::runbook::Ungraceful;
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;

pub(super) fn draw(model: &Model, reason: &Reason, screen: Rect, painter: &mut Painter<'_>) {
    let about = match &reason.purpose {
        Purpose::Override { step, gate } => format!("{} gate {gate:?}", name(model, step)),
        Purpose::Skip(step)
        | Purpose::AcceptRisk(step)
        | Purpose::ByHand(step)
        | Purpose::NotDone(step)
        | Purpose::Impossible(step)
        | Purpose::NextWay(step)
        | Purpose::Reopen(step)
        | Purpose::RollBack(step) => name(model, step),
        Purpose::Ungraceful => otherwise(model),
        Purpose::Note | Purpose::Pause => String::new(),
        Purpose::OnCall => "this list takes the place of the one before; nobody empties it".to_owned(),
        Purpose::HandOver => format!("{} leads now", model.operator),
        Purpose::Mark(milestone) => format!("{}: {}", milestone.as_str().replace('-', " "), when::HINT),
        Purpose::Close(outcome) => format!("the run ends as {}", outcome.as_str()),
    };
    let inside = boxed(screen, comfortable(screen), 6, reason.purpose.title(), &[], painter);
    painter.put(&mut Pen::line(inside, 0), &about, Tone::Title);
    painter.put(&mut Pen::line(inside, 1), reason.purpose.prompt(), Tone::Text);
    input(reason.input.text(), reason.input.cursor(), Pen::line(inside, 3), true, painter);
    if let Some(error) = &reason.error {
        painter.put(&mut Pen::line(inside, 4), error, Tone::Bad);
    }
    let last = inside.height.saturating_sub(1);
    painter.put(&mut Pen::line(inside, last), "enter writes it into the journal; esc goes back", Tone::Dim);
}

fn name(model: &Model, step: &str) -> String {
    let title = model.run.runbook.step(step).map_or("", |step| step.title.as_str());
    format!("{} {title}", model.run.runbook.number(step))
}

/// What becomes of which steps when the run goes on ungracefully.
fn otherwise(model: &Model) -> String {
    let open = model.run.runbook.steps().map(|(_, step)| step).filter(|step| !model.state(&step.id).is_ended());
    let each = open.filter_map(|step| {
        let number = model.run.runbook.number(&step.id);
        Some(match step.ungraceful.as_ref()? {
            Ungraceful::Skip => format!("{number} is left out"),
            Ungraceful::Act { action, .. } => format!("{number} does {action}, without its gates"),
        })
    });
    each.collect::<Vec<_>>().join("; ")
}
