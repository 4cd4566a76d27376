//! The signs beside the words, in Unicode and in ASCII. No sign stands alone: each has its word.

/// A set of signs, each one column wide unless said otherwise.
#[derive(Debug)]
pub struct Glyphs {
    /// Healthy, holds.
    pub ok: &'static str,
    /// Wants an eye.
    pub warn: &'static str,
    /// Down, fails.
    pub bad: &'static str,
    /// Nobody knows.
    pub unknown: &'static str,
    /// Done.
    pub done: &'static str,
    /// May be started.
    pub ready: &'static str,
    /// Waits for something else.
    pub waits: &'static str,
    /// Goes on.
    pub running: &'static str,
    /// Left out.
    pub skipped: &'static str,
    /// A phase that is open.
    pub open: &'static str,
    /// The selected row.
    pub selected: &'static str,
    /// From source to target; two or three columns.
    pub arrow: &'static str,
    /// A full part of a bar.
    pub full: &'static str,
    /// An empty part of a bar.
    pub empty: &'static str,
    /// Between parts of a line.
    pub dot: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// A threshold in a chart.
    pub threshold: &'static str,
    /// A gap in a series.
    pub gap: &'static str,
    /// Heights of a column, the lowest first; eight of them.
    pub heights: [&'static str; 8],
    /// More below.
    pub more: &'static str,
    /// Top left, top right, bottom left, bottom right, horizontal, vertical.
    pub frame: [&'static str; 6],
    /// The same, of the pane that keys go to.
    pub focused: [&'static str; 6],
    /// Whether anything but ASCII may be drawn.
    pub unicode: bool,
}

/// Signs of Unicode that every font has.
pub static UNICODE: Glyphs = Glyphs {
    ok: "●",
    warn: "▲",
    bad: "✖",
    unknown: "?",
    done: "✔",
    ready: "▶",
    waits: "○",
    running: "◐",
    skipped: "–",
    open: "▸",
    selected: "❯",
    arrow: "━━▶",
    full: "█",
    empty: "░",
    dot: "·",
    ellipsis: "…",
    threshold: "┄",
    gap: "·",
    heights: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    more: "▼",
    frame: ["╭", "╮", "╰", "╯", "─", "│"],
    focused: ["┏", "┓", "┗", "┛", "━", "┃"],
    unicode: true,
};

/// Signs of ASCII.
pub static ASCII: Glyphs = Glyphs {
    ok: "o",
    warn: "!",
    bad: "x",
    unknown: "?",
    done: "v",
    ready: ">",
    waits: ".",
    running: "*",
    skipped: "-",
    open: "+",
    selected: ">",
    arrow: "==>",
    full: "#",
    empty: ".",
    dot: "|",
    ellipsis: "~",
    threshold: "-",
    gap: ".",
    heights: ["_", "_", ".", "-", "=", "+", "*", "#"],
    more: "v",
    frame: ["+", "+", "+", "+", "-", "|"],
    focused: ["#", "#", "#", "#", "=", "#"],
    unicode: false,
};

/// A character of a text in ASCII, where there is nothing but ASCII.
pub(super) fn in_ascii(c: char) -> &'static str {
    match c {
        '→' | '▶' | '❯' => ">",
        '·' | '●' => "*",
        '–' | '—' | '−' | '─' | '━' => "-",
        '…' | '≈' => "~",
        '×' => "x",
        '“' | '”' => "\"",
        '‘' | '’' => "'",
        '✔' => "v",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn a_sign_is_as_wide_as_it_has_characters() {
        for glyphs in [&UNICODE, &ASCII] {
            // One by one: what is drawn as a sign is not measured.
            let Glyphs { ok, warn, bad, unknown, done, ready, waits, running, skipped, open, selected, .. } = *glyphs;
            let Glyphs { arrow, full, empty, dot, ellipsis, threshold, gap, more, unicode, .. } = *glyphs;
            let Glyphs { heights, frame, focused, .. } = *glyphs;
            let signs = [ok, warn, bad, unknown, done, ready, waits, running, skipped, open, selected];
            let more_signs = [arrow, full, empty, dot, ellipsis, threshold, gap, more];
            for sign in signs.into_iter().chain(more_signs).chain(heights).chain(frame).chain(focused) {
                assert_eq!(sign.width(), sign.chars().count(), "{sign:?}");
                assert!(unicode || sign.is_ascii(), "{sign:?}");
                assert!(!sign.is_empty());
            }
        }
    }
}
