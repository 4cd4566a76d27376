//! How a change is told in fewer bytes: what stays is written again where that is shorter than to move over it, and all that
//! is drawn with one pen is drawn together where pens are longer to say than places.

use ratatui::buffer::{Buffer, Cell};

use super::{Pen, columns, same_blank};

/// A cell that is drawn, with its column and line.
pub(in crate::term) type Change<'a> = (u16, u16, &'a Cell);

/// Over more columns than these a move is as short.
const BRIDGE: u16 = 3;

/// Adds the characters between two changes of a line that stay as they are, where they are few: a text that takes another's
/// place shares letters with it.
pub(in crate::term) fn bridged<'a>(changes: Vec<Change<'a>>, line: &'a Buffer) -> Vec<Change<'a>> {
    let mut all: Vec<Change<'a>> = Vec::with_capacity(changes.len() * 2);
    for change in changes {
        if let Some(&(before, y, from)) = all.last()
            && (2..=1 + BRIDGE).contains(&change.0.saturating_sub(before))
            && let Some(cells) =
                line.content.get(usize::from(before + 1 - line.area.x)..usize::from(change.0 - line.area.x))
            && is_bridge(from, cells, change.2)
        {
            all.extend((before + 1..).zip(cells).map(|(x, cell)| (x, y, cell)));
        }
        all.push(change);
    }
    all
}

/// Whether cells can be written again without a pen that would not be taken anyway. Only plain characters: how wide others
/// are, terminals do not agree on.
fn is_bridge(from: &Cell, cells: &[Cell], to: &Cell) -> bool {
    let is_plain = |cell: &Cell| matches!(cell.symbol().as_bytes(), [b' '..=b'~']);
    let like_to = cells.iter().skip_while(|cell| goes_with(cell, from));
    columns(from.symbol()) == 1 && cells.iter().all(is_plain) && like_to.into_iter().all(|cell| goes_with(cell, to))
}

/// Whether a cell can be written with the pen that another is written with.
fn goes_with(cell: &Cell, other: &Cell) -> bool {
    let (pen, others) = (Pen::of(cell), Pen::of(other));
    if cell.symbol() == " " { same_blank(pen, others) } else { other.symbol() != " " && pen == others }
}

/// The changes in the order of the pens they are drawn with, beginning with the one at hand. `None` where a character is not one
/// column wide: what is drawn before or after it may matter.
pub(super) fn by_pen<'a>(at_hand: Option<Pen>, changes: &[Change<'a>]) -> Option<Vec<Change<'a>>> {
    let mut pens: Vec<Pen> = at_hand.into_iter().collect();
    let mut drawn: Vec<Vec<Change<'a>>> = vec![Vec::new(); pens.len()];
    let mut last = (0, u16::MAX);
    for change in changes {
        let (_, line, cell) = *change;
        if columns(cell.symbol()) != 1 {
            return None;
        }
        let pen = Pen::of(cell);
        let fits = |known: &Pen| if cell.symbol() == " " { same_blank(*known, pen) } else { *known == pen };
        // A blank stays with what stands before it.
        let before = Some(last).filter(|(number, y)| *y == line && pens.get(*number).is_some_and(fits));
        let known = before.map(|(number, _)| number).or_else(|| pens.iter().position(fits));
        let number = known.unwrap_or_else(|| {
            pens.push(pen);
            drawn.push(Vec::new());
            pens.len() - 1
        });
        last = (number, line);
        if let Some(with_it) = drawn.get_mut(number) {
            with_it.push(*change);
        }
    }
    Some(drawn.concat())
}

/// Changes with those of a pen one below the other, from column to column: to the next line it is not far.
pub(super) fn downwards<'a>(changes: &[Change<'a>]) -> Vec<Change<'a>> {
    let mut all = Vec::with_capacity(changes.len());
    for pen in changes.chunk_by(|(.., one), (.., other)| goes_with(other, one)) {
        let mut runs: Vec<&[Change<'a>]> = pen.chunk_by(|one, next| (one.0 + 1, one.1) == (next.0, next.1)).collect();
        runs.sort_by_key(|run| run.first().map(|(x, y, _)| (*x, *y)));
        all.extend(runs.into_iter().flatten());
    }
    all
}
