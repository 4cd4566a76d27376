//! A picture for where there is no screen: its lines one after the other, with their colours, and no cursor that moves.

use std::io::{self, Write};

use ratatui::buffer::Buffer;

use super::{PLAIN, Pen, Screen, harmless};

impl<W: Write> Screen<W> {
    /// Prints a picture line by line.
    pub fn print(&mut self, picture: &Buffer) -> io::Result<()> {
        self.pen = Some(PLAIN);
        for line in picture.content.chunks(usize::from(picture.area.width).max(1)) {
            for cell in line {
                self.take(Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier })?;
                let symbol = if harmless(cell.symbol()) { cell.symbol() } else { "?" };
                self.out.write_all(symbol.as_bytes())?;
            }
            // Before the line ends, so that no colour runs on to the terminal's edge.
            self.take(PLAIN)?;
            self.out.write_all(b"\n")?;
        }
        self.out.present().map(drop)
    }
}
