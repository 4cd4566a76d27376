//! A line of text is asked for.

use ratatui::layout::Rect;

use super::{boxed, comfortable, input, too_small};
use crate::app::Model;
use crate::app::modal::{Purpose, Reason, Sight};
use crate::app::when;
use crate::domain::runbook::Ungraceful;
use crate::ui::paint::{Painter, Pen, wrap};
use crate::ui::skin::Tone;

pub(super) fn draw(model: &Model, reason: &Reason, screen: Rect, painter: &mut Painter<'_>) -> Sight {
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
    // The line that is typed, what it is about, and how many lines there are for what is asked.
    let (typed, prompt) = match inside.height {
        6.. => (3, 2),
        3..=5 => (2, 1),
        _ => (1, 0),
    };
    if inside.height < 2 || inside.width < LEAST {
        return too_small(inside, (LEAST.saturating_add(8), 4), painter);
    }
    painter.put(&mut Pen::line(inside, 0), &about, Tone::Title);
    for (y, line) in (1..=prompt).zip(wrap(reason.purpose.prompt(), usize::from(inside.width))) {
        painter.put(&mut Pen::line(inside, y), line, Tone::Text);
    }
    input(reason.input.text(), reason.input.cursor(), Pen::line(inside, typed), true, painter);
    let last = inside.height.saturating_sub(1);
    if last > typed + 1 {
        painter.put(&mut Pen::line(inside, last), "enter writes it into the journal; esc goes back", Tone::Dim);
    }
    if let Some(error) = &reason.error {
        painter.put(&mut Pen::line(inside, if last > typed { typed + 1 } else { 0 }), error, Tone::Bad);
    }
    Sight::WHOLE
}

/// How many columns it takes at least.
const LEAST: u16 = 20;

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
