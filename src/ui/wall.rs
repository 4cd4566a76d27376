//! The wall: what a room of people asks, in letters that are read from its back. How long it takes, how much is lost, which
//! Region is how, what goes on now and who has to do what next; nothing else.

use ratatui::layout::Rect;

use super::big;
use super::paint::{Painter, Pen, width};
use super::skin::Tone;
use super::words;
use crate::app::model::{Model, Role, Row};
use crate::domain::duration::{clock, seconds};
use crate::domain::figures::{Figures, Kept, Span};
use crate::domain::reading::{Freshness, Health};
use crate::domain::region::Region;
use crate::domain::run::State;
use crate::domain::runbook::{Action, Hazard};
use crate::domain::timeline::Loss;

/// The largest scale of letters.
const MOST: u16 = 16;
/// On screens that are higher, the Regions and the step are written large, too.
const HIGH: u16 = 32;
const HIGHER: u16 = 48;

/// A figure: what it is, itself, and what is to be said of it.
struct Figure {
    label: &'static str,
    big: String,
    says: String,
    tone: Tone,
}

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut rest = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    if rest.is_empty() {
        return;
    }
    let lost = model.latched.as_ref().map(|why| format!("READ-ONLY: the journal can't be written: {why}"));
    let unknown = model.lacks_credentials() && model.replay.is_none();
    let nobody = unknown.then(|| "NO CREDENTIALS: nothing is read or written until somebody logs in to AWS".to_owned());
    for says in lost.into_iter().chain(nobody) {
        let line = take(&mut rest, 1);
        painter.fill(Rect { x: area.x, width: area.width, ..line }, Tone::Irreversible);
        painter.put(&mut Pen::line(line, 0), &format!("{} {says}", painter.glyphs().bad), Tone::Irreversible);
    }
    let figures = [recovery(model), loss(model)];
    let unicode = painter.glyphs().unicode;
    let large = if rest.height >= HIGH { 2 * big::height(1) + 1 } else { region_lines(rest.width) };
    let step = match rest.height {
        HIGHER.. => big::height(1) + 2,
        14.. => 3.min(rest.height / 5),
        _ => 1,
    };
    let clocks = rest.height.saturating_sub(large).saturating_sub(step);
    let beside = Rect { width: rest.width / 2, height: clocks, ..rest };
    let above = Rect { height: clocks / 2, ..rest };
    let fits = |room: Rect| {
        let room = (room.width.saturating_sub(2), room.height.saturating_sub(1));
        figures.iter().map(|figure| big::scale(&figure.big, room, MOST, unicode)).min().unwrap_or(0)
    };
    // Above each other or side by side, whichever is larger.
    let (scale, apart) = if fits(beside) > fits(above) { (fits(beside), true) } else { (fits(above), false) };
    let lines = if scale == 0 { 1 } else { big::height(scale) + 1 };
    // What is left goes between the parts.
    let used = if apart { lines } else { 2 * lines };
    let gap = clocks.saturating_sub(used) / 4;
    take(&mut rest, gap.min(2));
    if apart {
        let both = take(&mut rest, lines);
        for (index, figure) in (0u16..).zip(&figures) {
            let x = both.x.saturating_add(index.saturating_mul(both.width / 2));
            draw_figure(figure, scale, Rect { x, width: both.width / 2, ..both }, painter);
        }
    } else {
        for figure in &figures {
            draw_figure(figure, scale, take(&mut rest, lines), painter);
            take(&mut rest, gap);
        }
    }
    regions(model, take(&mut rest, large), painter);
    let between = gap.min(1).min(rest.height.saturating_sub(step));
    take(&mut rest, between);
    draw_step(model, rest, painter);
}

/// Cuts lines off the top.
fn take(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    let cut = Rect { height: lines, ..*rest };
    rest.y = rest.y.saturating_add(lines);
    rest.height -= lines;
    cut
}

fn draw_figure(figure: &Figure, scale: u16, area: Rect, painter: &mut Painter<'_>) {
    let mut pen = Pen::line(area, 0);
    painter.put(&mut pen, figure.label, Tone::Title);
    pen.skip(1);
    if scale == 0 {
        painter.put(&mut pen, &figure.big, figure.tone);
        pen.skip(1);
    }
    painter.put(&mut pen, &figure.says, figure.tone);
    if scale > 0 {
        big::draw(&figure.big, scale, Pen::line(area, 1), area.bottom(), figure.tone, painter);
    }
}

/// The recovery time against its objective; without its beginning, how long the run has taken.
fn recovery(model: &Model) -> Figure {
    let rto = model.service.objectives.rto;
    let figures = Figures::of(&model.run, model.now);
    let (label, taken) = match (figures.total.time(), figures.execution.time()) {
        (Some(taken), _) => ("RECOVERY TIME", taken),
        (None, Some(taken)) => ("THE RUN", taken),
        (None, None) => {
            let says = format!("of {} (RTO): the beginning is not entered", clock(rto));
            return Figure { label: "RECOVERY TIME", big: "?".to_owned(), says, tone: Tone::Unknown };
        }
    };
    let over = taken > rto;
    let mut says = format!("of {} (RTO)", clock(rto));
    if over {
        says = format!("RTO MISSED by {}, {says}", clock(taken.saturating_sub(rto)));
    } else if let Some(serving) = figures.serving {
        says += &format!(", {}", words::serving(serving));
    } else if matches!(figures.total, Span::Took(_)) {
        says += ", KEPT";
    } else if model.run.closed.is_none() {
        says += &format!(", {} left", clock(rto.saturating_sub(taken)));
        if label == "THE RUN" {
            says += "; when it began is not entered";
        }
    }
    let tone = match figures.total {
        _ if over => Tone::Bad,
        Span::Took(_) => Tone::Ok,
        // The last fifth.
        _ if taken.saturating_mul(5) > rto.saturating_mul(4) => Tone::Warn,
        _ => Tone::Text,
    };
    Figure { label, big: clock(taken), says, tone }
}

/// What was lost, or would be, against its objective.
fn loss(model: &Model) -> Figure {
    let objectives = model.service.objectives;
    let of = format!("of {} (RPO)", clock(objectives.rpo));
    if let Some(loss) = &model.run.loss {
        let figure = match loss {
            Loss::Exact { rows, .. } => format!("{rows} rows"),
            Loss::Nothing { .. } => "none".to_owned(),
            Loss::Estimate { lag_ms, .. } => figure(std::time::Duration::from_millis(*lag_ms).as_secs_f64()),
            Loss::Unknown { .. } => "unknown".to_owned(),
            Loss::Unbounded { .. } => "no bound".to_owned(),
        };
        let (word, tone) = match Figures::of(&model.run, model.now).rpo(objectives) {
            Kept::Met => ("KEPT", Tone::Ok),
            Kept::Missed => ("RPO MISSED", Tone::Bad),
            Kept::Unknown => ("not known whether kept", Tone::Warn),
        };
        return Figure { label: "DATA LOSS", big: figure, says: format!("{loss}, {of}: {word}"), tone };
    }
    let label = "EXPECTED LOSS";
    let bound = model.unreplayed().map(|most| seconds(most.as_secs_f64()));
    let Some((lag, reading)) = model.lag() else {
        let known =
            bound.map_or_else(|| "no lag is known".to_owned(), |most| format!("no lag is known; at most {most}"));
        return Figure { label, big: "unknown".to_owned(), says: format!("{of}: {known}"), tone: Tone::Unknown };
    };
    let fresh = reading.freshness(model.now);
    let over = lag > objectives.rpo.as_secs_f64();
    let mut says = format!("{of}, seen {}", model.ago(reading.at));
    if fresh != Freshness::Fresh {
        says += &format!(", {}", fresh.as_str().to_uppercase());
    }
    if let Some(most) = bound {
        says = format!("AT MOST {most} {says}");
    }
    if over {
        says = format!("BEYOND THE RPO, {says}");
    }
    let tone = match fresh {
        _ if over => Tone::Bad,
        Freshness::Fresh => Tone::Text,
        _ => Tone::Warn,
    };
    Figure { label, big: figure(lag), says, tone }
}

/// A number of seconds in few large letters.
fn figure(lag: f64) -> String {
    if (100.0..360_000.0).contains(&lag) {
        return clock(std::time::Duration::from_secs_f64(lag));
    }
    // From far away, a large S after a figure is a 5.
    let text = seconds(lag);
    text.strip_suffix(" s").map_or_else(|| text.clone(), |figure| format!("{figure} sec"))
}

/// How many lines both Regions take in small letters.
pub(super) fn region_lines(width: u16) -> u16 {
    if width >= 70 { 1 } else { 2 }
}

/// Both Regions: which is which, and how each is.
pub(super) fn regions(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let direction = &model.run.direction;
    let both = [(&direction.source, "SOURCE", Tone::Source), (&direction.target, "TARGET", Tone::Target)];
    let tall = area.height > 2;
    for (index, (code, side, tone)) in (0u16..).zip(both) {
        let half = if tall || area.width >= 70 {
            let width = area.width / 2;
            Rect { x: area.x.saturating_add(index.saturating_mul(width)), width: width.saturating_sub(1), ..area }
        } else {
            Rect { y: area.y.saturating_add(index), height: area.height.saturating_sub(index).min(1), ..area }
        };
        region(model, code, (side, tone), half, tall, painter);
    }
}

fn region(model: &Model, code: &Region, side: (&str, Tone), area: Rect, tall: bool, painter: &mut Painter<'_>) {
    let (health, since) = model.worst.get(code).copied().unwrap_or((Health::Unknown, model.now));
    let (sign, word, tone) = words::region(model, code, painter.glyphs());
    let mut pen = Pen::line(area, 0);
    painter.put(&mut pen, side.0, side.1);
    pen.skip(1);
    painter.put(&mut pen, code.as_str(), Tone::Title);
    pen.skip(1);
    painter.sign(&mut pen, sign, tone);
    pen.skip(1);
    painter.put(&mut pen, word, tone);
    if health != Health::Healthy {
        painter.put(&mut pen, &format!(" {}", model.age(since)), tone);
    }
    if model.active() == Some(code) {
        let says = if width(" has the traffic") <= pen.room() { " has the traffic" } else { " active" };
        painter.put(&mut pen, says, Tone::Accent);
    }
    if tall {
        let unicode = painter.glyphs().unicode;
        let room = (area.width, area.height.saturating_sub(1) / 2);
        for (text, tone, line) in [(code.as_str(), side.1, 1), (word, tone, 1 + room.1)] {
            let scale = big::scale(text, room, MOST, unicode);
            if scale > 0 {
                big::draw(text, scale, Pen::line(area, line), area.bottom(), tone, painter);
            }
        }
    }
}

/// The step that everybody waits for: the one that runs, else one that wants a decision, else the next one.
fn step_of(model: &Model) -> Option<(&Row, &'static str)> {
    let rows = || model.rows.iter();
    let state = |row: &&Row| model.state(&row.id);
    rows()
        .find(|row| state(row).is_running())
        .map(|row| (row, "NOW"))
        .or_else(|| rows().find(|row| matches!(state(row), State::Unsure(_))).map(|row| (row, "UNSURE")))
        .or_else(|| rows().find(|row| matches!(state(row), State::Failed(_))).map(|row| (row, "FAILED")))
        .or_else(|| rows().find(|row| row.ready).map(|row| (row, "NEXT")))
}

fn draw_step(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut rest = area;
    let Some((row, word)) = step_of(model) else {
        let says = match &model.run.closed {
            Some((outcome, _)) => format!("THE RUN IS CLOSED: {}", outcome.as_str()),
            None if model.run.is_complete() => "EVERY STEP IS OVER".to_owned(),
            None => "NO STEP IS READY".to_owned(),
        };
        return painter.put(&mut Pen::line(rest, 0), &says, Tone::Title);
    };
    let Some(step) = model.step_of(row) else { return };
    let (sign, state, tone) = words::step(model, row, painter.glyphs());
    let name = format!("{} {}", row.number, step.title);
    let unicode = painter.glyphs().unicode;
    let scale = big::scale(&name, (rest.width, rest.height.saturating_sub(2)), 3, unicode);
    let mut pen = Pen::line(take(&mut rest, 1), 0);
    painter.put(&mut pen, word, tone);
    pen.skip(1);
    painter.sign(&mut pen, sign, tone);
    pen.skip(1);
    painter.put(&mut pen, state, tone);
    if let Some(elapsed) = words::elapsed(model, row) {
        painter.put(&mut pen, &format!(" {elapsed}"), tone);
    }
    painter.put(&mut pen, "  ", Tone::Text);
    painter.put(&mut pen, &name, Tone::Title);
    if scale > 0 {
        big::draw(&name, scale, Pen::line(rest, 0), rest.bottom(), Tone::Title, painter);
        take(&mut rest, big::height(scale));
    }
    let mut lines: Vec<(String, Tone)> = vec![(who(model, row, &step.action, step.hazard), Tone::Text)];
    if let Some(progress) = model.progress.get(&row.id) {
        lines.insert(0, (progress.text.clone(), Tone::Text));
    }
    let others = model.rows.iter().filter(|other| other.id != row.id && model.state(&other.id).is_running()).count();
    if others > 0 {
        lines.push((format!("and {others} more run"), Tone::Accent));
    }
    for (text, tone) in lines {
        painter.put(&mut Pen::line(take(&mut rest, 1), 0), &text, tone);
    }
}

/// Who has to do what for a step.
fn who(model: &Model, row: &Row, action: &Action, hazard: Hazard) -> String {
    let lead = match (&model.run.offered, &model.run.lead, &model.role) {
        (Some(offer), ..) => return format!("nobody leads: the lead was handed to {}", offer.to),
        (None, Some((lead, _)), _) => lead.as_str(),
        (None, None, Role::Lead) => model.operator.as_str(),
        (None, None, _) => "the lead",
    };
    match model.state(&row.id) {
        State::Pending | State::Planned => {}
        State::Failed(_) | State::Unsure(_) => return format!("{lead} decides how it goes on"),
        _ => return format!("{lead} leads; nobody has to do anything for this step now"),
    }
    match action {
        Action::Attest { .. } => format!("{lead} looks, and attests it"),
        Action::Check { .. } | Action::Wait { .. } => format!("{lead} starts it; it only reads"),
        Action::Exec(_) if hazard == Hazard::None => format!("{lead} starts the program"),
        Action::Act { .. } | Action::Exec(_) => {
            let arms = if model.run.armed.is_some() { "" } else { "arms the console and " };
            match hazard {
                Hazard::Irreversible => format!("{lead} {arms}types the phrase: it CANNOT BE UNDONE"),
                _ => format!("{lead} {arms}confirms the call"),
            }
        }
    }
}
