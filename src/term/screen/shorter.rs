//! How a change is told in fewer bytes: what stays is written again where that is shorter than to move over it, and all that
//! is drawn with one pen is drawn together where pens are longer to say than places.

use ratatui::buffer::Cell;

use super::{Pen, columns, harmless, same_blank};

/// A cell that is drawn, with its column and line.
pub(in crate::term) type Change<'a> = (u16, u16, &'a Cell);

/// What is told of a change: looked up once, however often it is tried how to tell it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) symbol: &'a str,
    pub(super) pen: Pen,
    /// How many columns it takes.
    pub(super) columns: usize,
}

impl<'a> Told<'a> {
    pub(super) fn of((x, y, cell): Change<'a>) -> Self {
        let symbol = if harmless(cell.symbol()) { cell.symbol() } else { "?" };
        Self { x, y, symbol, pen: Pen::of(cell), columns: columns(symbol) }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.symbol == " "
    }
}

/// Over more columns than these a move is as short.
const BRIDGE: u16 = 3;

/// Adds the changes of a line to those before it, with the characters between two of them that stay as they are, where they are few:
/// a text that takes another's place shares letters with it.
pub(in crate::term) fn bridge<'a>(changes: &[Change<'a>], line: &'a [Cell], all: &mut Vec<Change<'a>>) {
    let mut last: Option<Change<'a>> = None;
    for change in changes {
        if let Some((before, y, from)) = last
            && (2..=1 + BRIDGE).contains(&change.0.saturating_sub(before))
            && let Some(cells) = line.get(usize::from(before) + 1..usize::from(change.0))
            && is_bridge(from, cells, change.2)
        {
            all.extend((before + 1..).zip(cells).map(|(x, cell)| (x, y, cell)));
        }
        all.push(*change);
        last = Some(*change);
    }
}

/// Whether cells can be written again without a pen that would not be taken anyway. Only plain characters: how wide others
/// are, terminals do not agree on.
fn is_bridge(from: &Cell, cells: &[Cell], to: &Cell) -> bool {
    let is_plain = |cell: &Cell| matches!(cell.symbol().as_bytes(), [b' '..=b'~']);
    let drawn = |cell: &Cell| (cell.symbol() == " ", Pen::of(cell));
    let like_to = cells.iter().skip_while(|cell| goes_with(drawn(cell), drawn(from)));
    columns(from.symbol()) == 1
        && cells.iter().all(is_plain)
        && like_to.into_iter().all(|cell| goes_with(drawn(cell), drawn(to)))
}

/// Whether what is drawn with one pen, a blank or not, can be drawn with another's.
fn goes_with((blank, pen): (bool, Pen), (other_blank, other): (bool, Pen)) -> bool {
    if blank { same_blank(pen, other) } else { !other_blank && pen == other }
}

/// The changes in the order of the pens they are drawn with, beginning with the one at hand: a pen takes far more bytes than a move.
/// `None` where a character is not one column wide: what is drawn before or after it may matter.
pub(super) fn by_pen(at_hand: Option<Pen>, changes: &[Told<'_>]) -> Option<Vec<usize>> {
    let mut pens: Vec<Pen> = at_hand.into_iter().collect();
    let mut numbers = Vec::with_capacity(changes.len());
    let mut last = (0, u16::MAX);
    for change in changes {
        if change.columns != 1 {
            return None;
        }
        let blank = change.is_blank();
        let fits = |known: &Pen| if blank { same_blank(*known, change.pen) } else { *known == change.pen };
        // A blank stays with what stands before it.
        let before = Some(last).filter(|(number, y)| *y == change.y && pens.get(*number).is_some_and(fits));
        let known = before.map(|(number, _)| number).or_else(|| pens.iter().position(fits));
        let number = known.unwrap_or_else(|| {
            pens.push(change.pen);
            pens.len() - 1
        });
        last = (number, change.y);
        numbers.push(number);
    }
    let of = |pen: usize| (0..).zip(&numbers).filter(move |(_, number)| **number == pen).map(|(at, _)| at);
    let mut order = Vec::with_capacity(changes.len());
    (0..pens.len()).for_each(|pen| order.extend(of(pen)));
    Some(order)
}
