//! Whether a theme can be read: every text on all that it may stand on, and the status colours against each other.

use super::eyes::{Vision, contrast};
use super::{Paint, ROLES, Rgb, Theme};

/// The least contrast of text (WCAG 2.1, 1.4.3, level AA).
pub const TEXT: f64 = 4.5;
/// The least contrast of lines (WCAG 2.1, 1.4.11).
pub const LINES: f64 = 3.0;
/// The least distance (CIE ΔE2000) of two status colours.
pub const APART: f64 = 10.0;

/// The roles that are lines and not text.
const LINE_ROLES: [&str; 2] = ["border", "focus"];

/// The roles that say how something is.
pub const STATUS: [&str; 10] =
    ["ok", "warn", "bad", "unknown", "source", "target", "live", "drill", "simulation", "armed"];

/// A role on something that it may stand on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// The role.
    pub role: &'static str,
    /// What it stands on: `itself`, `screen`, `dialog` or `selected`.
    pub on: &'static str,
    /// The colour of the text.
    pub fg: Rgb,
    /// The colour behind it.
    pub bg: Rgb,
    /// The contrast, from 1 to 21.
    pub ratio: f64,
    /// What it has to be at least.
    pub least: f64,
}

impl Contrast {
    /// Whether it is too low.
    pub fn is_low(&self) -> bool {
        self.ratio < self.least
    }
}

/// Two status colours to somebody's eyes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// One role.
    pub one: &'static str,
    /// The other.
    pub other: &'static str,
    /// Whose eyes.
    pub vision: Vision,
    /// How far apart they are (CIE ΔE2000).
    pub distance: f64,
    /// Whether the theme has to keep them [`APART`]: always for normal eyes, for others if it promises to.
    pub binds: bool,
}

impl Pair {
    /// Whether they are too near to be told apart by their colours.
    pub fn is_near(&self) -> bool {
        self.distance < APART
    }
}

/// What was found of a theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The background that everything was judged on where the theme sets none.
    pub ground: Rgb,
    /// Whether the theme did not say it, so that black was assumed.
    pub assumed: bool,
    /// Every role on everything that it may stand on, but where a colour is the terminal's own.
    pub contrasts: Vec<Contrast>,
    /// Every two status colours, to all eyes.
    pub pairs: Vec<Pair>,
}

impl Judgement {
    /// Judges a theme. One without colours leaves nothing to judge.
    pub fn of(theme: &Theme) -> Self {
        let ground = theme.ground.unwrap_or(Rgb(0, 0, 0));
        let assumed = theme.ground.is_none();
        if !theme.is_coloured() {
            return Self { ground, assumed, contrasts: Vec::new(), pairs: Vec::new() };
        }
        let stage = Stage::of(theme, ground);
        let mut contrasts = Vec::new();
        for (role, paint) in ROLES.into_iter().zip(&theme.paints) {
            stage.contrasts(role, paint, &mut contrasts);
        }
        Self { ground, assumed, contrasts, pairs: pairs(theme, &stage) }
    }

    /// The contrasts that are too low.
    pub fn low(&self) -> impl Iterator<Item = &Contrast> {
        self.contrasts.iter().filter(|found| found.is_low())
    }

    /// The pairs that are too near.
    pub fn near(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.is_near())
    }

    /// Whether the theme keeps all that it has to.
    pub fn holds(&self) -> bool {
        self.low().next().is_none() && !self.near().any(|pair| pair.binds)
    }

    /// Of each role, where it is read worst.
    pub fn worst(&self) -> impl Iterator<Item = &Contrast> {
        ROLES.into_iter().filter_map(move |role| {
            let own = self.contrasts.iter().filter(|found| found.role == role);
            own.min_by(|one, other| one.ratio.total_cmp(&other.ratio))
        })
    }
}

/// What roles stand on, and the text's colours there.
struct Stage<'a> {
    theme: &'a Theme,
    selected: Paint,
    screen: Rgb,
    dialog: Rgb,
    ink: Rgb,
    dialog_ink: Rgb,
}

impl<'a> Stage<'a> {
    fn of(theme: &'a Theme, ground: Rgb) -> Self {
        let (text, dialog) = (theme.paint("text"), theme.paint("dialog"));
        // A terminal's own text can be read on its own background, whatever they are.
        let own = if contrast(Rgb(255, 255, 255), ground) > TEXT { Rgb(255, 255, 255) } else { Rgb(0, 0, 0) };
        let ink = text.fg.unwrap_or(own);
        Self {
            theme,
            selected: theme.paint("selected"),
            screen: text.bg.unwrap_or(ground),
            dialog: dialog.bg.unwrap_or(ground),
            ink,
            dialog_ink: dialog.fg.unwrap_or(ink),
        }
    }

    fn contrasts(&self, role: &'static str, paint: &Paint, found: &mut Vec<Contrast>) {
        let is_line = LINE_ROLES.contains(&role);
        let least = if is_line { LINES } else { self.theme.promises.contrast.unwrap_or(TEXT) };
        let mut add = |on, fg, bg| found.push(Contrast { role, on, fg, bg, ratio: contrast(fg, bg), least });
        match role {
            "selected" => {
                if let Some(bg) = paint.bg {
                    add("itself", paint.fg.unwrap_or(self.ink), bg);
                }
            }
            "dialog" => add("itself", self.dialog_ink, self.dialog),
            _ if paint.bg.is_some() && role != "text" => {
                add("itself", paint.fg.unwrap_or(self.ink), paint.bg.unwrap_or(self.screen));
            }
            _ => {
                add("screen", paint.fg.unwrap_or(self.ink), self.screen);
                add("dialog", paint.fg.unwrap_or(self.dialog_ink), self.dialog);
                // Where the selection has a colour of text, too, that is every text's.
                if let (Some(bg), None, false) = (self.selected.bg, self.selected.fg, is_line) {
                    add("selected", paint.fg.unwrap_or(self.ink), bg);
                }
            }
        }
    }
}

/// Filled ones are told from written ones by being filled, so each is compared with its like. Two that are both in the
/// terminal's own colours are told apart by their marks.
fn pairs(theme: &Theme, stage: &Stage<'_>) -> Vec<Pair> {
    let mut found = Vec::new();
    let paints = STATUS.map(|role| (role, theme.paint(role)));
    for (at, (one, a)) in paints.into_iter().enumerate() {
        for (other, b) in paints.into_iter().skip(at + 1) {
            let (a, b) = match (a.bg, b.bg) {
                (Some(a), Some(b)) => (a, b),
                (None, None) if a.fg.is_some() || b.fg.is_some() => {
                    (a.fg.unwrap_or(stage.ink), b.fg.unwrap_or(stage.ink))
                }
                _ => continue,
            };
            for vision in Vision::ALL {
                let binds = vision == Vision::Normal || theme.promises.colour_blind;
                found.push(Pair { one, other, vision, distance: vision.distance(a, b), binds });
            }
        }
    }
    found
}
