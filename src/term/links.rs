//! Links in what is shown, by OSC 8 (<https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>): the cells of a line
//! that lead somewhere.

use std::sync::Arc;

/// How long an address may be: VTE drops longer ones.
const LONGEST: usize = 2083;

/// Cells that lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The first column.
    pub x: u16,
    /// The line.
    pub y: u16,
    /// How many columns.
    pub width: u16,
    /// Where they lead.
    pub to: Arc<str>,
}

impl Link {
    /// A link, if the address can stand in an escape sequence: printable ASCII without spaces (the sequence's own rule), and not
    /// too long.
    pub fn new(x: u16, y: u16, width: u16, to: &str) -> Option<Self> {
        let fits = !to.is_empty() && to.len() <= LONGEST && to.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self { x, y, width, to: to.into() })
    }

    /// The column after the last.
    pub(super) fn end(&self) -> u16 {
        self.x.saturating_add(self.width)
    }

    pub(super) fn covers(&self, x: u16, y: u16) -> bool {
        self.y == y && (self.x..self.end()).contains(&x)
    }
}

/// The columns of a line whose links are others than before, from the first of them to the last.
pub(super) fn changed(before: &[Link], now: &[Link], y: u16) -> Option<(usize, usize)> {
    let on = |links: &'_ [Link]| links.iter().filter(|link| link.y == y).cloned().collect::<Vec<_>>();
    if before.is_empty() && now.is_empty() {
        return None;
    }
    let (before, now) = (on(before), on(now));
    if before == now {
        return None;
    }
    let all = || before.iter().chain(&now);
    let from = all().map(|link| link.x).min()?;
    let to = all().map(Link::end).max()?;
    Some((usize::from(from), usize::from(to)))
}
