//! Whole pages: the plan of the run, what the review finds, and what a run will need.

use ratatui::layout::Rect;

use super::boxed;
use crate::app::modal::{Help, Page};
use crate::app::{Action, Model};
use crate::domain::duration::{self, format as span};
use crate::domain::outline::{Back, Outline, Planned, outline};
use crate::domain::preflight::{AREAS, Row, Verdict};
use crate::domain::reading::age;
use crate::domain::review::{Finding, Severity};
use crate::domain::runbook::Hazard;
use crate::ui::doc::Doc;
use crate::ui::filter;
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;

pub(super) fn draw(model: &Model, help: &Help, screen: Rect, painter: &mut Painter<'_>) {
    let mut doc = Doc::default();
    let (title, right) = match help.page {
        Page::Review => {
            review(&help.findings, painter, &mut doc);
            (format!("review: {}", count(&help.findings)), "handover check says the same".to_owned())
        }
        Page::Preflight => {
            preflight(model, painter, &mut doc);
            let says = model.preflight.as_ref().map_or_else(|| "not made yet".to_owned(), |made| made.summary());
            (format!("preflight: {says}"), asked(model))
        }
        Page::Debrief => {
            let title = crate::ui::debrief::put(model, painter, &mut doc);
            (title, "handover report says the same".to_owned())
        }
        Page::Guide => {
            crate::ui::guide::first_page(model, &mut doc);
            ("what this is, and how it works".to_owned(), "the guide".to_owned())
        }
        _ => {
            plan(model, painter, &mut doc);
            let right = format!("{} → {}", model.run.direction.source, model.run.direction.target);
            (format!("the whole plan: {}", model.run.runbook.title), right)
        }
    };
    let high = usize::from(screen.height.saturating_sub(2));
    let kept = help.filter.is_on().then(|| doc.keep(&help.filter.words()));
    let (title, right, tone) = match kept {
        Some(kept) if kept.wrong > 0 => {
            (help.filter.says(kept.shown, kept.all), format!("hides {} that want an eye", kept.wrong), Tone::Warn)
        }
        Some(kept) => (help.filter.says(kept.shown, kept.all), right, Tone::Dim),
        None => (title, right, Tone::Dim),
    };
    let inside = boxed(screen, screen.width, high, &title, &[(&right, tone)], painter);
    let mut about = Rect { height: inside.height.saturating_sub(1), ..inside };
    if let Some(kept) = kept {
        about = filter::line(&help.filter, about, painter);
        if kept.shown == 0 {
            painter.put(&mut Pen::line(about, 0), "nothing here holds that; esc clears the filter", Tone::Dim);
        }
    }
    let below = doc.draw(about, help.scroll, painter);
    let mut pen = Pen::line(inside, inside.height.saturating_sub(1));
    let more = if below > 0 {
        format!("{below} more lines: j and k scroll; / filters; esc goes back")
    } else {
        "/ filters; esc goes back".to_owned()
    };
    painter.put(&mut pen, &more, Tone::Dim);
}

/// The plan in a few lines: what is confirmed by arming.
pub(in crate::ui) fn summary(model: &Model, doc: &mut Doc) {
    let plan = outline(&model.service, &model.run.runbook, &model.run.direction);
    let (writes, never) = plan.writes();
    let steps = plan.steps.len();
    doc.put("plan", format!("{steps} steps: {writes} change something, {never} of them for good"), Tone::Text);
    let (text, over) = time(model, &plan);
    doc.put("takes", text, if over { Tone::Warn } else { Tone::Text });
    needs(model, &plan, doc);
    let (text, tone) = match &model.preflight {
        None => ("what it will need was not asked yet".to_owned(), Tone::Dim),
        Some(made) => {
            let tone = match made.worst() {
                _ if made.is_old(model.now) => Tone::Warn,
                Verdict::Bad => Tone::Bad,
                Verdict::Wanting => Tone::Warn,
                Verdict::Good | Verdict::Unknown => Tone::Text,
            };
            let shows =
                model.keymap.chord(Action::Preflight).map(|key| format!("; {key} shows each")).unwrap_or_default();
            (format!("what it will need: {}, {}{shows}", made.summary(), asked(model)), tone)
        }
    };
    doc.put("asked", text, tone);
    if model.preflight.as_ref().is_some_and(|made| matches!(made.worst(), Verdict::Bad | Verdict::Wanting)) {
        let says = "what is wanting may stop a step, not the arming: each is judged again before its call";
        doc.put("", says, Tone::Dim);
    }
}

/// How old the last preflight is, or that one is waited for.
fn asked(model: &Model) -> String {
    let ago = |at| match duration::age(age(at, model.now)) {
        now if now == "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    };
    match (&model.preflight, model.preflight_asked) {
        (Some(made), None) => ago(made.at),
        (Some(made), Some(_)) => format!("{}, and being asked anew", ago(made.at)),
        (None, Some(_)) => "being asked".to_owned(),
        (None, None) => "it begins a few seconds after the console".to_owned(),
    }
}

/// What was asked: what is wrong first, and then everything, by what it is about.
pub(in crate::ui) fn preflight(model: &Model, painter: &Painter<'_>, doc: &mut Doc) {
    let Some(made) = &model.preflight else {
        doc.put(
            "",
            "Whose credentials these are, what they allow, what answers, and whether all is there.",
            Tone::Text,
        );
        doc.put("", "It takes up to half a minute where a Region does not answer.", Tone::Dim);
        return;
    };
    doc.put("as", made.identity.clone().unwrap_or_else(|| "nobody that AWS knows".to_owned()), Tone::Text);
    let line = |row: &Row, doc: &mut Doc| {
        let glyphs = painter.glyphs();
        let (sign, tone) = match row.verdict {
            Verdict::Good => (glyphs.ok, Tone::Ok),
            Verdict::Unknown => (glyphs.dot, Tone::Dim),
            Verdict::Wanting => (glyphs.warn, Tone::Warn),
            Verdict::Bad => (glyphs.bad, Tone::Bad),
        };
        let says = format!("{}: {}", row.what, row.says);
        doc.sign("", (sign, tone), says, if row.verdict == Verdict::Good { Tone::Text } else { tone });
        if row.verdict != Verdict::Good {
            doc.put("do", row.remedy.as_str(), Tone::Text);
        }
    };
    if made.wrong().next().is_some() {
        doc.put("", "not as it has to be", Tone::Title);
        made.wrong().for_each(|row| line(row, doc));
    }
    for area in AREAS {
        let mut rows = made.rows.iter().filter(|row| row.area == area && row.verdict < Verdict::Wanting).peekable();
        if rows.peek().is_some() {
            doc.put("", area.as_str(), Tone::Title);
            rows.for_each(|row| line(row, doc));
        }
    }
}

/// How long it takes, against what was promised.
fn time(model: &Model, plan: &Outline) -> (String, bool) {
    let rto = model.service.objectives.rto;
    match plan.recovered {
        Some(recovered) => (
            format!("it serves again after {}, of {}; all of it {}", span(recovered), span(rto), span(plan.longest)),
            recovered > rto,
        ),
        None => (format!("{}, by the steps' expected times", span(plan.longest)), false),
    }
}

/// The steps that need the Region being left, and what to do when it does not answer.
fn needs(model: &Model, plan: &Outline, doc: &mut Doc) {
    let mut label = "needs";
    for (step, plane) in plan.in_source() {
        let source = &model.run.direction.source;
        doc.put(
            label,
            format!("{} wants {} in {source}, the Region being left: {}", step.number, plane.name, plane.otherwise),
            Tone::Warn,
        );
        label = "";
    }
}

fn plan(model: &Model, painter: &Painter<'_>, doc: &mut Doc) {
    let plan = outline(&model.service, &model.run.runbook, &model.run.direction);
    summary(model, doc);
    doc.put("legend", format!("{} is on the way that decides how long it takes", painter.glyphs().full), Tone::Dim);
    for phase in &model.run.runbook.phases {
        doc.put("", phase.title.as_str(), Tone::Title);
        for step in &phase.steps {
            let Some(planned) = plan.steps.iter().find(|planned| planned.id == step.id) else { continue };
            let sign = if planned.critical { painter.glyphs().full } else { painter.glyphs().dot };
            let tone = match step.hazard {
                Hazard::None => Tone::Text,
                Hazard::Write => Tone::Write,
                Hazard::Irreversible => Tone::Bad,
            };
            let says = format!("{} {}{}", planned.number, step.title, detail(planned));
            doc.sign("", (sign, if planned.critical { Tone::Accent } else { Tone::Dim }), says, tone);
        }
    }
}

/// When it begins, how long it takes, what has to answer, and what takes it back.
fn detail(planned: &Planned) -> String {
    let mut says = format!(": at +{}", span(planned.begins));
    if !planned.expected.is_zero() {
        says += &format!(", {}", span(planned.expected));
    }
    if let Some(plane) = &planned.plane {
        let at = plane.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        says += &format!("; by {}{at}", plane.name);
        if plane.left {
            says += " (being left)";
        }
    }
    match planned.back {
        None => {}
        Some(Back::Action) => says += "; can be taken back",
        Some(Back::ByHand) => says += "; taken back by hand",
        Some(Back::Never) => says += "; CANNOT BE UNDONE",
    }
    says
}

fn count(findings: &[Finding]) -> String {
    let open = findings.iter().filter(|finding| finding.waived.is_none()).count();
    let waived = findings.len() - open;
    let open = if open == 0 { "nothing found".to_owned() } else { format!("{open} found") };
    if waived > 0 { format!("{open}, {waived} waived") } else { open }
}

fn review(findings: &[Finding], painter: &Painter<'_>, doc: &mut Doc) {
    if findings.is_empty() {
        doc.put("", "Nothing that the review knows of is wrong in these files, or in what was read.", Tone::Text);
    }
    let glyphs = painter.glyphs();
    for finding in findings {
        let rule = finding.rule;
        let (sign, tone) = match (&finding.waived, rule.severity) {
            (Some(_), _) => (glyphs.skipped, Tone::Dim),
            (None, Severity::Danger) => (glyphs.bad, Tone::Bad),
            (None, Severity::Warning) => (glyphs.warn, Tone::Warn),
            (None, Severity::Note) => (glyphs.dot, Tone::Text),
        };
        let word = if finding.waived.is_some() { "waived" } else { rule.severity.as_str() };
        doc.sign(rule.id, (sign, tone), format!("{word}: {} ({})", rule.title, finding.spot), tone);
        doc.put("here", finding.says.as_str(), Tone::Text);
        if let Some(waiver) = &finding.waived {
            doc.put("waived", format!("until {}: {}", waiver.until, waiver.reason), Tone::Dim);
        } else {
            doc.put("because", rule.why, Tone::Text);
            doc.put("do", rule.practice, Tone::Text);
            doc.put("such as", finding.edit.clone().unwrap_or_default(), Tone::Dim);
        }
    }
}
