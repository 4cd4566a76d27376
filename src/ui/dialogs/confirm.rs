//! Confirmations: what would be done, what it changes, what is accepted, and how to say yes.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::{boxed, comfortable, input, too_small};
use crate::app::Model;
use crate::app::modal::{Attest, Call, Confirm, Field, Sight, Subject, Way};
use crate::domain::duration::age as short;
use crate::domain::reading::{Freshness, Health};
use crate::domain::runbook::Hazard;
use crate::domain::timeline::Milestone;
use crate::ui::doc::Doc;
use crate::ui::paint::{Painter, Pen, width};
use crate::ui::skin::Tone;
use crate::ui::words;

/// How many lines of what it is about are to be seen at least.
const ABOUT: u16 = 3;
/// How many columns the instruction for two keys takes; with fewer, what is called can hardly be read.
const TWO_KEYS: u16 = 36;

/// How many lines the answer takes: a blank, what happened, the instruction, the input, how to cancel.
const ANSWER: u16 = 5;

pub(super) fn draw(model: &Model, confirm: &Confirm, screen: Rect, painter: &mut Painter<'_>) -> Sight {
    let mut doc = Doc::default();
    let mut badge = None;
    let title = match &confirm.subject {
        Subject::Perform(call) => {
            badge = words::hazard(hazard(model, call));
            perform(model, call, painter, &mut doc);
            let number = model.run.runbook.number(&call.step);
            let title = model.run.runbook.step(&call.step).map_or("", |step| step.title.as_str());
            format!("confirm {number} {title}")
        }
        Subject::Attest(attest) => {
            doc.put(
                "you say",
                crate::domain::gate::fill(&attest.statement, &model.run.direction, &model.service.regions),
                Tone::Title,
            );
            doc.put("as", format!("{}, in the journal", model.operator), Tone::Text);
            if attest.marks == Some(Milestone::ImpactBegan) {
                began(model, &mut doc);
            }
            format!("attest {}", model.run.runbook.number(&attest.step))
        }
        Subject::Arm => {
            arm(model, &mut doc);
            "arm the console".to_owned()
        }
        Subject::TakeLead => {
            take_lead(model, &mut doc);
            "take the lead".to_owned()
        }
    };
    let wide = comfortable(screen);
    let extra: u16 = match &confirm.subject {
        Subject::Attest(attest) => 1 + u16::from(attest.marks.is_some()) + u16::from(attest.error.is_some()),
        _ => 0,
    };
    let answer = ANSWER.saturating_add(extra);
    let lines = doc.height(wide.saturating_sub(4));
    let high = lines + usize::from(answer);
    let inside = boxed(screen, wide, high, &title, badge.as_slice(), painter);
    // What is to be typed or pressed, and the beginning of what it does: without them nothing is confirmed.
    let asks = match &confirm.way {
        Way::Phrase { phrase, .. } => u16::try_from(width(phrase)).unwrap_or(u16::MAX).saturating_add(5).max(TWO_KEYS),
        Way::TwoKeys { .. } => TWO_KEYS,
    };
    let least = answer.saturating_add(ABOUT.min(u16::try_from(lines).unwrap_or(ABOUT)));
    if inside.width < asks || inside.height < least {
        return too_small(inside, (asks.saturating_add(8), least.saturating_add(2)), painter);
    }
    // The answer always has its lines; what it is about gets the others.
    let answer = answer.min(inside.height);
    let about = Rect { height: inside.height.saturating_sub(answer), ..inside };
    let below = doc.draw(about, confirm.scroll, painter);
    let mut area = Rect { y: about.bottom(), height: answer, ..inside };
    if below > 0 {
        painter.put(&mut Pen::line(area, 0), &format!("{below} more lines: down and up scroll"), Tone::Warn);
    }
    let next = |area: &mut Rect| {
        area.y = area.y.saturating_add(1);
        area.height = area.height.saturating_sub(1);
    };
    next(&mut area);
    if let Subject::Attest(attest) = &confirm.subject {
        fields(attest, &mut area, painter);
    }
    if let Some(notice) = &confirm.notice {
        let mut pen = Pen::line(area, 0);
        painter.sign(&mut pen, painter.glyphs().warn, Tone::Warn);
        pen.skip(1);
        painter.put(&mut pen, notice, Tone::Warn);
    }
    next(&mut area);
    ask(confirm, area, painter);
    Sight { asks: true, below }
}

/// What is known from here of when it began: the impact may be older, but hardly younger.
fn began(model: &Model, doc: &mut Doc) {
    let told = |at: Timestamp| format!("{}Z, {} ago", at.strftime("%H:%M:%S"), short(model.since(at)));
    let source = &model.run.direction.source;
    let down = model.worst.get(source).filter(|(health, _)| matches!(health, Health::Down | Health::Unknown));
    if let Some((health, since)) = down {
        doc.put("seen", format!("{source} {} from here since {}", health.as_str(), told(*since)), Tone::Text);
    }
    if let Some((_, reading)) = model.lag().filter(|(_, reading)| reading.freshness(model.now) != Freshness::Fresh) {
        doc.put("", format!("the last figure of the replication lag is of {}", told(reading.at)), Tone::Text);
    }
}

fn hazard(model: &Model, call: &Call) -> Hazard {
    model.run.runbook.step(&call.step).map_or(call.plan.hazard, |step| step.hazard.max(call.plan.hazard))
}

fn perform(model: &Model, call: &Call, painter: &Painter<'_>, doc: &mut Doc) {
    let plan = &call.plan;
    doc.call(model, plan, painter);
    for (index, change) in plan.changes.iter().enumerate() {
        doc.put(if index == 0 { "changes" } else { "" }, change.as_str(), Tone::Text);
    }
    doc.put("accepts", plan.accepting.clone().unwrap_or_default(), Tone::Warn);
    if let Some(step) = model.run.runbook.step(&call.step) {
        crate::ui::step::needs(model, step, doc);
    }
    if hazard(model, call) == Hazard::Irreversible {
        doc.put("undo", "there is none", Tone::Bad);
    }
    doc.gates(model, &call.gates, &call.step, painter);
    let age = short(model.since(call.at));
    let age = if age == "now" { "just now".to_owned() } else { format!("{age} ago") };
    let hash = call.hash.get(..12).unwrap_or_default();
    doc.put(
        "plan",
        format!("made {age}, {} mode, plan {hash}; read again before the call", model.run.mode.as_str()),
        Tone::Dim,
    );
}

fn arm(model: &Model, doc: &mut Doc) {
    let run = &model.run;
    doc.put("service", format!("{} ({})", model.service.name, model.service.environment), Tone::Title);
    doc.put("mode", run.mode.as_str().to_uppercase(), Tone::Title);
    let (account, tone) = match (&model.account, &model.service.aws.account) {
        (Some(account), _) => match account.wrong() {
            Some(why) => (format!("WRONG: {why}"), Tone::Bad),
            None => (account.to_string(), Tone::Text),
        },
        (None, Some(wanted)) => (format!("not known yet; the service file says {wanted}"), Tone::Warn),
        (None, None) => ("not known yet".to_owned(), Tone::Warn),
    };
    doc.put("account", account, tone);
    doc.put("way", format!("{} → {}", run.direction.source, run.direction.target), Tone::Text);
    doc.put("as", model.operator.as_str(), Tone::Text);
    super::sheet::summary(model, doc);
    doc.put("", "Nothing is written by arming. From there on, each write asks for its own confirmation.", Tone::Text);
}

fn take_lead(model: &Model, doc: &mut Doc) {
    if let Some(offer) = &model.run.offered {
        let at = offer.at.strftime("%H:%M:%S");
        doc.put("lead", format!("nobody: {} gave it up at {at}Z", offer.by), Tone::Title);
        doc.put("for", offer.to.as_str(), if offer.is_to(&model.operator) { Tone::Text } else { Tone::Warn });
        doc.put("why", offer.reason.as_str(), Tone::Text);
    } else {
        let led = model.run.lead.as_ref().map_or_else(String::new, |(lead, host)| format!("{lead} on {host}"));
        doc.put("lead", led, Tone::Title);
        doc.put("", "It was not handed over: it can be taken only if that console is gone. Ask first.", Tone::Warn);
    }
    doc.put("as", model.operator.as_str(), Tone::Text);
    doc.put("", "This console leads from then on, read-only until it is armed.", Tone::Text);
}

fn fields(attest: &Attest, area: &mut Rect, painter: &mut Painter<'_>) {
    let mut field = |label: &str, hint: &str, text: &crate::app::input::Input, active: bool| {
        let mut pen = Pen::line(*area, 0);
        painter.put(&mut pen, label, Tone::Dim);
        if text.text().is_empty() && !active {
            painter.put(&mut pen, hint, Tone::Dim);
        } else {
            input(text.text(), text.cursor(), pen, active, painter);
        }
        area.y = area.y.saturating_add(1);
        area.height = area.height.saturating_sub(1);
    };
    field("note     ", "tab to add one", &attest.note, attest.field == Field::Note);
    if let Some(marks) = attest.marks {
        let guess = attest.guess.as_ref().map(|(at, known)| format!("{}Z, {known}", at.strftime("%H:%M:%S")));
        let guess = guess.unwrap_or_else(|| "now".to_owned());
        let hint = format!("{guess}; tab for another ({}): 3m ago, 14:07 UTC", marks.as_str());
        field("when     ", &hint, &attest.when, attest.field == Field::When);
    }
    if let Some(error) = &attest.error {
        painter.put(&mut Pen::line(*area, 0), error, Tone::Bad);
        area.y = area.y.saturating_add(1);
        area.height = area.height.saturating_sub(1);
    }
}

fn ask(confirm: &Confirm, area: Rect, painter: &mut Painter<'_>) {
    let mut pen = Pen::line(area, 0);
    if let Some(blocked) = &confirm.blocked {
        painter.sign(&mut pen, painter.glyphs().bad, Tone::Bad);
        pen.skip(1);
        painter.put(&mut pen, blocked, Tone::Bad);
    } else {
        match &confirm.way {
            _ if matches!(&confirm.subject, Subject::Attest(attest) if attest.field != Field::Answer) => {
                painter.put(&mut pen, " enter ", Tone::Key);
                painter.put(&mut pen, " ends typing; then ", Tone::Text);
                painter.put(&mut pen, " y ", Tone::Key);
                painter.put(&mut pen, " and ", Tone::Text);
                painter.put(&mut pen, " enter ", Tone::Key);
                painter.put(&mut pen, " confirm", Tone::Text);
            }
            Way::TwoKeys { first: false } => {
                painter.put(&mut pen, "Press ", Tone::Text);
                painter.put(&mut pen, " y ", Tone::Key);
                painter.put(&mut pen, ", then ", Tone::Text);
                painter.put(&mut pen, " enter ", Tone::Key);
                painter.put(&mut pen, " to confirm", Tone::Text);
            }
            Way::TwoKeys { first: true } => {
                painter.put(&mut pen, "y: now press ", Tone::Warn);
                painter.put(&mut pen, " enter ", Tone::Key);
                painter.put(&mut pen, " to confirm", Tone::Warn);
            }
            Way::Phrase { phrase, input: typed } => {
                painter.put(&mut pen, "Type ", Tone::Text);
                painter.put(&mut pen, phrase, Tone::Key);
                painter.put(&mut pen, " exactly, then ", Tone::Text);
                painter.put(&mut pen, " enter ", Tone::Key);
                input(typed.text(), typed.cursor(), Pen::line(area, 1), true, painter);
            }
        }
    }
    let last = match confirm.way {
        Way::Phrase { .. } => 2,
        Way::TwoKeys { .. } => 1,
    };
    painter.put(&mut Pen::line(area, last), "esc cancels; nothing is done until you confirm", Tone::Dim);
}
