//! Where everything stands, by the size of the screen.

use ratatui::layout::Rect;

use crate::app::Model;
use crate::app::model::Focus;

/// The sizes that the console knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Below 60×15: the banner and one step.
    Tiny,
    /// From 60×15: one pane at a time.
    Small,
    /// From 80×24.
    Compact,
    /// From 110×36.
    Standard,
    /// From 160×50.
    Wide,
}

impl Tier {
    /// The tier of a screen.
    pub fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (160.., 50..) => Self::Wide,
            (110.., 36..) => Self::Standard,
            (80.., 24..) => Self::Compact,
            (60.., 15..) => Self::Small,
            _ => Self::Tiny,
        }
    }
}

/// The areas of the panels; an empty one is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The size.
    pub tier: Tier,
    /// Mode, direction, clocks.
    pub banner: Rect,
    /// What must not be: only then.
    pub alarm: Rect,
    /// Everything between the banner and the footer, of every screen but the overview.
    pub body: Rect,
    /// The Region being left.
    pub source: Rect,
    /// The Region taking over.
    pub target: Rect,
    /// What no Region owns.
    pub world: Rect,
    /// Replication lag.
    pub lag: Rect,
    /// The steps.
    pub checklist: Rect,
    /// The selected step.
    pub step: Rect,
    /// The journal's tail.
    pub journal: Rect,
    /// What is said of the selected step to whoever wants to be guided: else empty.
    pub guide: Rect,
    /// A message, or the keys.
    pub footer: Rect,
}

/// Cuts areas off a screen, top and bottom, and never more than there is.
struct Cut(Rect);

impl Cut {
    fn top(&mut self, height: u16) -> Rect {
        let height = height.min(self.0.height);
        let cut = Rect { height, ..self.0 };
        self.0.y = self.0.y.saturating_add(height);
        self.0.height -= height;
        cut
    }

    fn bottom(&mut self, height: u16) -> Rect {
        let height = height.min(self.0.height);
        self.0.height -= height;
        Rect { y: self.0.bottom(), height, ..self.0 }
    }
}

fn halves(area: Rect, percent: u16) -> (Rect, Rect) {
    let left = u16::try_from(u32::from(area.width) * u32::from(percent) / 100).unwrap_or(area.width);
    let right = area.width.saturating_sub(left);
    (Rect { width: left, ..area }, Rect { x: area.x.saturating_add(left), width: right, ..area })
}

/// How many of what no Region owns stand side by side: more would be cut in the middle of a word.
pub(super) const ABREAST: u16 = 4;

/// How many lines that takes.
fn world_rows(model: &Model) -> u16 {
    u16::try_from(model.global().count()).unwrap_or(u16::MAX).div_ceil(ABREAST).clamp(1, 3)
}

impl Layout {
    /// Lays the screen out.
    pub fn of(area: Rect, model: &Model) -> Self {
        let tier = Tier::of(area);
        let none = Rect { width: 0, height: 0, ..area };
        let mut cut = Cut(area);
        let mut layout = Self {
            tier,
            banner: none,
            alarm: none,
            body: none,
            source: none,
            target: none,
            world: none,
            lag: none,
            checklist: none,
            step: none,
            journal: none,
            guide: none,
            footer: none,
        };
        if tier == Tier::Tiny {
            layout.banner = cut.top(super::banner::lines(area));
            if area.height >= 6 {
                layout.footer = cut.bottom(1);
            }
            layout.alarm = cut.top(super::alarm::rows(model, area.height));
            layout.step = cut.0;
            layout.body = cut.0;
            return layout;
        }
        // What its second line tells hangs on the wall in large letters.
        layout.banner = cut.top(if model.screens.wall { 1 } else { 2 });
        layout.alarm = cut.top(super::alarm::rows(model, area.height));
        layout.footer = cut.bottom(1);
        layout.guide = cut.bottom(if model.screens.wall { 0 } else { super::guide::rows(model, tier) });
        layout.body = cut.0;
        if model.zoom {
            *match model.focus {
                Focus::Checklist => &mut layout.checklist,
                Focus::Step => &mut layout.step,
                Focus::Journal => &mut layout.journal,
            } = cut.0;
            return layout;
        }
        if tier == Tier::Small {
            layout.world = cut.top(super::wall::region_lines(area.width));
            *match model.focus {
                Focus::Checklist => &mut layout.checklist,
                Focus::Step => &mut layout.step,
                Focus::Journal => &mut layout.journal,
            } = cut.0;
            return layout;
        }
        // Beside the guide, what is around the steps gives way: the plan and its gates must still be read.
        let guided = !layout.guide.is_empty();
        // Never squeezed: a status that is cut off its name would look like none.
        let rows = world_rows(model);
        // On a small screen what is below needs the room: the rest of a Region's components is told in one line.
        let half = area.height.saturating_sub(10) / 2;
        let most = match tier {
            Tier::Compact if guided => 3,
            Tier::Compact => half.saturating_sub(rows).clamp(4, 9),
            _ => 12,
        };
        let lines = u16::try_from(model.regional().count()).unwrap_or(u16::MAX).clamp(1, most);
        let facts = model.facts || tier == Tier::Wide;
        let regions = match (tier, facts) {
            (Tier::Wide, _) => lines.saturating_add(16).min(20),
            (Tier::Standard, true) => 18,
            (Tier::Compact, true) => 13,
            _ => lines.saturating_add(2),
        };
        (layout.source, layout.target) = halves(cut.top(regions), 50);
        layout.world = cut.top(rows);
        layout.lag = cut.top(match tier {
            Tier::Wide if guided => 4,
            Tier::Wide => 8,
            Tier::Standard if !model.facts && !guided => 4,
            Tier::Standard | Tier::Compact | Tier::Small | Tier::Tiny => 1,
        });
        layout.journal = cut.bottom(match tier {
            Tier::Compact if guided => 0,
            Tier::Standard if guided => 3,
            Tier::Wide if guided => 5,
            Tier::Wide => 9,
            Tier::Standard => 5,
            Tier::Compact | Tier::Small | Tier::Tiny => 1,
        });
        let percent = if tier == Tier::Wide { 38 } else { 45 };
        (layout.checklist, layout.step) = halves(cut.0, percent);
        layout
    }
}
