//! A theme on sample lines: every role, as the console uses it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{Painter, Pen};
use super::skin::{Depth, Skin, Tone};
use crate::config::theme::judge::Judgement;

/// The size of the samples, where there is no terminal to ask.
pub const SIZE: (u16, u16) = (100, 27);

/// What is previewed.
#[derive(Debug)]
pub struct Preview<'a> {
    /// The theme's name, safe to show.
    pub name: &'a str,
    /// In which depth.
    pub depth: Depth,
    /// What was found of the theme.
    pub judgement: &'a Judgement,
    /// Whether somebody can press keys.
    pub keys: bool,
    /// Something to tell, such as a file that has errors now.
    pub notice: Option<&'a str>,
}

/// Draws the samples.
pub fn draw(preview: &Preview<'_>, skin: &Skin, buffer: &mut Buffer) {
    let area = buffer.area;
    let mut painter = Painter::anew(area, skin);
    painter.fill(area, Tone::Text);
    head(preview, area, &mut painter);
    let body = Rect { y: area.y.saturating_add(3), height: area.height.saturating_sub(4), ..area };
    let left = Rect { width: area.width / 2, ..body };
    let right = Rect { x: left.right(), width: body.width.saturating_sub(left.width), ..body };
    let part = |of: Rect, top: u16, height: u16| Rect {
        y: of.y.saturating_add(top),
        height: height.min(of.height.saturating_sub(top)),
        ..of
    };
    statuses(part(left, 0, 12), &mut painter);
    steps(part(right, 0, 7), &mut painter);
    lag(part(right, 7, 5), &mut painter);
    roles(part(left, 12, 11), &mut painter);
    dialog(part(right, 12, 11), &mut painter);
    foot(preview, area, &mut painter);
    painter.paint(buffer);
}

type Word = (&'static str, Tone);

/// Writes words with a space between them.
fn words(painter: &mut Painter<'_>, pen: &mut Pen, words: &[Word]) {
    for (word, tone) in words {
        painter.put(pen, word, *tone);
        pen.skip(1);
    }
}

fn head(preview: &Preview<'_>, area: Rect, painter: &mut Painter<'_>) {
    let mut pen = Pen::line(area, 0);
    let modes = [
        (" LIVE ", Tone::Live),
        (" DRILL ", Tone::Drill),
        (" SIMULATION ", Tone::Simulation),
        (" ARMED: anna ", Tone::Armed),
    ];
    words(painter, &mut pen, &modes);
    painter.put_right(&mut pen, &format!("{} in {} ", preview.name, preview.depth.as_str()), Tone::Title);
    let mut pen = Pen::line(area, 1);
    pen.skip(1);
    let arrow = painter.glyphs().arrow;
    let way = [
        ("us-east-1", Tone::Source),
        (arrow, Tone::Dim),
        ("us-west-2", Tone::Target),
        ("active us-east-1", Tone::Title),
    ];
    words(painter, &mut pen, &way);
    painter.put(&mut pen, &verdict(preview), if preview.judgement.holds() { Tone::Dim } else { Tone::Bad });
    painter.put(
        &mut Pen::line(area, 2),
        " SPLIT BRAIN  database: us-east-1 and us-west-2 take writes ",
        Tone::Irreversible,
    );
}

fn verdict(preview: &Preview<'_>) -> String {
    let worst = preview
        .judgement
        .contrasts
        .iter()
        .min_by(|one, other| (one.ratio / one.least).total_cmp(&(other.ratio / other.least)));
    let Some(worst) = worst else { return "no colour of its own".to_owned() };
    let near = preview.judgement.near().count();
    format!("{:.1}:1 at worst ({} on {}), {near} too near", worst.ratio, worst.role, worst.on)
}

fn statuses(area: Rect, painter: &mut Painter<'_>) {
    let glyphs = painter.glyphs();
    let inside =
        painter.frame(area, &[("us-west-2", Tone::Title), (" standby", Tone::Dim)], &[("TARGET", Tone::Target)], false);
    let lines: [(&'static str, &'static str, Tone, &'static str); 10] = [
        (glyphs.ok, "healthy", Tone::Ok, "replica available, replicating"),
        (glyphs.warn, "degraded", Tone::Warn, "scaled to zero"),
        (glyphs.bad, "down", Tone::Bad, "timeout after 5.0 s"),
        (glyphs.unknown, "unknown", Tone::Unknown, "last healthy, 12m ago"),
        (glyphs.done, "done", Tone::Ok, "by fresh evidence"),
        (glyphs.ready, "ready", Tone::Accent, "may be started"),
        (glyphs.waits, "waits", Tone::Dim, "for step 1.2"),
        (glyphs.running, "settling", Tone::Accent, "status modifying"),
        ("", "WRITES", Tone::Write, "rds:ModifyDBInstance"),
        ("", "IRREVERSIBLE", Tone::Irreversible, "rds:PromoteReadReplica"),
    ];
    for (line, (sign, word, tone, says)) in (0u16..).zip(lines) {
        let mut pen = Pen::line(inside, line);
        if !sign.is_empty() {
            painter.sign(&mut pen, sign, tone);
        }
        pen.to(inside.x, 2);
        painter.put(&mut pen, word, tone);
        pen.to(inside.x, 16);
        painter.put(&mut pen, says, Tone::Text);
    }
}

fn steps(area: Rect, painter: &mut Painter<'_>) {
    let glyphs = painter.glyphs();
    let inside = painter.frame(area, &[("checklist 3/5", Tone::Title)], &[("2 min behind", Tone::Dim)], true);
    let lines: [(&'static str, Tone, &'static str); 5] = [
        (glyphs.done, Tone::Ok, "1.1 Fence the old primary"),
        (glyphs.warn, Tone::Warn, "1.2 Accept the risk"),
        (glyphs.ready, Tone::Accent, "1.3 Promote the read replica"),
        (glyphs.bad, Tone::Bad, "1.4 Point the record"),
        (glyphs.unknown, Tone::Unknown, "1.5 Verify writes"),
    ];
    for (line, (sign, tone, title)) in (0u16..).zip(lines) {
        let selected = line == 2 || line == 3;
        let mut pen = Pen::line(inside, line);
        let whole = Rect { y: pen.y, height: u16::from(line < inside.height), ..inside };
        painter.sign(&mut pen, if selected { glyphs.selected } else { " " }, Tone::Accent);
        painter.sign(&mut pen, sign, tone);
        pen.skip(1);
        painter.put_right(
            &mut pen,
            if line == 2 { " !" } else { " 0:42" },
            if line == 2 { Tone::Irreversible } else { Tone::Dim },
        );
        painter.put(&mut pen, title, Tone::Text);
        if selected {
            painter.tint(whole, Tone::Selected);
        }
    }
}

fn lag(area: Rect, painter: &mut Painter<'_>) {
    let glyphs = painter.glyphs();
    let right = [("3.2 s", Tone::Ok), (" warn 5m, breach 15m", Tone::Dim)];
    let inside = painter.frame(area, &[("replication lag", Tone::Title)], &right, false);
    let Some(bottom) = inside.height.checked_sub(1) else { return };
    for column in 0..inside.width {
        // Rises from the lowest to twice the highest of a line, then falls.
        let height = usize::from(column) * 24 / usize::from(inside.width.max(1));
        let tone = if height > 15 {
            Tone::Bad
        } else if height > 7 {
            Tone::Warn
        } else {
            Tone::Accent
        };
        for line in 0..inside.height {
            let below = usize::from(bottom - line) * 8;
            if height < below {
                continue;
            }
            let sign = glyphs.heights.get((height - below).min(7)).copied().unwrap_or(glyphs.full);
            let x = inside.x.saturating_add(column);
            painter.sign(&mut Pen { x, y: inside.y.saturating_add(line), end: x.saturating_add(1) }, sign, tone);
        }
    }
}

fn roles(area: Rect, painter: &mut Painter<'_>) {
    let inside = painter.frame(area, &[("roles", Tone::Title)], &[], false);
    let all = u16::try_from(Tone::ALL.len()).unwrap_or(u16::MAX);
    // Where there are few lines, the longest names are cut: each role is to be seen.
    let columns = all.div_ceil(inside.height.max(1)).max(3);
    let (lines, wide) = (all.div_ceil(columns), inside.width / columns);
    for (at, tone) in (0u16..).zip(Tone::ALL) {
        let x = inside.x.saturating_add(at / lines * wide);
        let line = Pen::line(inside, at % lines);
        let mut pen = Pen { x, end: line.end.min(x.saturating_add(wide.saturating_sub(1))), ..line };
        painter.put(&mut pen, tone.role(), tone);
    }
}

fn dialog(area: Rect, painter: &mut Painter<'_>) {
    let glyphs = painter.glyphs();
    painter.fill(area, Tone::Dialog);
    let inside = painter.frame(area, &[("confirm 1.3", Tone::Title)], &[("IRREVERSIBLE", Tone::Irreversible)], true);
    let lines: [&[Word]; 7] = [
        &[("calls", Tone::Dim), ("rds:PromoteReadReplica in us-west-2", Tone::Title)],
        &[(glyphs.done, Tone::Ok), ("replica available", Tone::Text), ("pass", Tone::Ok)],
        &[(glyphs.unknown, Tone::Warn), ("lag within RPO", Tone::Text), ("unknown", Tone::Warn)],
        &[("accepts", Tone::Dim), ("the loss of 3.2 s", Tone::Warn)],
        &[("Type", Tone::Text), ("promote us-west-2", Tone::Key), ("exactly, then", Tone::Text), ("enter", Tone::Key)],
        &[(">", Tone::Dim), ("promote us-w", Tone::Input)],
        &[(glyphs.bad, Tone::Bad), ("that is not the phrase", Tone::Bad)],
    ];
    for (line, parts) in (0u16..).zip(lines) {
        let mut pen = Pen::line(inside, line);
        words(painter, &mut pen, parts);
    }
    for (line, (word, selected)) in (7u16..).zip([("esc cancels", true), ("what a dialog says", false)]) {
        let mut pen = Pen::line(inside, line);
        let whole = Rect { y: pen.y, height: u16::from(line < inside.height), ..inside };
        painter.put(&mut pen, word, Tone::Dialog);
        if selected {
            painter.tint(whole, Tone::Selected);
        }
    }
}

fn foot(preview: &Preview<'_>, area: Rect, painter: &mut Painter<'_>) {
    let mut pen = Pen::line(area, area.height.saturating_sub(1));
    pen.skip(1);
    if let Some(notice) = preview.notice {
        painter.put(&mut pen, notice, Tone::Bad);
    } else if preview.keys {
        for (key, word) in [("left right", "themes"), ("d", "fewer colours"), ("q", "leaves")] {
            painter.put(&mut pen, key, Tone::Key);
            pen.skip(1);
            painter.put(&mut pen, word, Tone::Dim);
            pen.skip(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::theme;

    fn drawn(name: &str, depth: Depth, width: u16, height: u16) -> (Skin, Buffer) {
        let theme = theme::built_in(name).unwrap();
        let skin = Skin::new(&theme, depth, true);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let judgement = Judgement::of(&theme);
        draw(&Preview { name, depth, judgement: &judgement, keys: true, notice: None }, &skin, &mut buffer);
        (skin, buffer)
    }

    #[test]
    fn every_role_is_shown_in_its_own_style() {
        for ((name, _), (width, height)) in
            theme::BUILT_IN.into_iter().flat_map(|theme| [(theme, SIZE), (theme, (80, 24))])
        {
            let (skin, buffer) = drawn(name, Depth::TrueColour, width, height);
            let lines: Vec<String> =
                (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>()).collect();
            for tone in Tone::ALL {
                let style = skin.style(tone);
                let word = &tone.role()[..tone.role().len().min(7)];
                let shown = lines.iter().enumerate().any(|(y, line)| {
                    let mut starts = line.match_indices(word).map(|(at, _)| line[..at].chars().count());
                    starts.any(|x| {
                        let cell = &buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())];
                        style.fg.is_none_or(|fg| cell.fg == fg) && cell.modifier == style.add_modifier
                    })
                });
                assert!(shown, "{name} does not show {} at {width}x{height}", tone.role());
            }
        }
    }

    #[test]
    fn no_size_breaks_it() {
        for (width, height) in [(0, 0), (1, 1), (3, 40), (200, 2), (30, 10), (80, 24), (200, 60)] {
            drawn("nord", Depth::Ansi, width, height);
        }
    }
}
