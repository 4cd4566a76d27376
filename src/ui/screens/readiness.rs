//! Whether a run would get through now: what it needs, what the review finds, how far the standby is behind, and whether the
//! way has been gone lately.

use crate::app::Model;
use crate::domain::review::Severity;
use crate::ui::dialogs::sheet;
use crate::ui::doc::Doc;
use crate::ui::paint::Painter;
use crate::ui::skin::Tone;

pub(super) fn put(model: &Model, painter: &Painter<'_>, doc: &mut Doc) {
    let glyphs = painter.glyphs();
    doc.put("", "the plan", Tone::Title);
    sheet::summary(model, doc);
    let today = model.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let due = model.history.as_ref().and_then(|history| history.due(today));
    let (says, over) = due.unwrap_or_else(|| ("8 shows the past runs".to_owned(), false));
    doc.put("drill", says, if over { Tone::Warn } else { Tone::Text });
    doc.put("", "what the review finds (V shows all of it)", Tone::Title);
    let open: Vec<_> = model.screens.findings.iter().filter(|finding| finding.waived.is_none()).collect();
    if open.is_empty() {
        doc.sign("", (glyphs.ok, Tone::Ok), "nothing that it knows of".to_owned(), Tone::Text);
    }
    for finding in open {
        let (sign, tone) = match finding.rule.severity {
            Severity::Danger => (glyphs.bad, Tone::Bad),
            Severity::Warning => (glyphs.warn, Tone::Warn),
            Severity::Note => (glyphs.dot, Tone::Text),
        };
        let rule = finding.rule;
        doc.sign(rule.id, (sign, tone), format!("{}: {} ({})", rule.severity.as_str(), rule.title, finding.spot), tone);
    }
    doc.put("", "what a run will need (F asks anew)", Tone::Title);
    sheet::preflight(model, painter, doc);
}
