//! One frame, one `write`: what is drawn is collected and goes out at once, so that a terminal never shows half of it,
//! and every byte is counted.

use std::io::{self, Write};

use super::session;

/// Begins an update that the terminal shows at once (DEC private mode 2026); others ignore it.
const BEGIN_SYNCHRONIZED: &[u8] = b"\x1b[?2026h";
/// Ends it.
const END_SYNCHRONIZED: &[u8] = b"\x1b[?2026l";

/// Up to this many bytes a terminal takes in one read; around them a synchronized update would only add bytes.
const ATOMIC: usize = 512;

/// The terminal's writing end, unbuffered and without a lock that a stuck writer could hold against [`session::restore`].
/// Refuses to write once the terminal was given back: what a late frame would draw over is the shell's, or the report
/// of a panic.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        session::while_open(|| raw(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes to standard output all of it, past any buffer.
#[cfg(unix)]
pub(super) fn raw(bytes: &[u8]) -> io::Result<usize> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    let out = rustix::stdio::stdout();
    let mut left = bytes;
    while !left.is_empty() {
        match rustix::io::write(out, left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // Whoever shares the terminal may have made it non-blocking for all.
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::new(&out, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes.len())
}

/// Writes to standard output all of it.
#[cfg(not(unix))]
pub(super) fn raw(bytes: &[u8]) -> io::Result<usize> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(bytes.len())
}

/// Collects a frame; [`BufferedOut::present`] writes it in one go.
#[derive(Debug)]
pub struct BufferedOut<W = Tty> {
    sink: W,
    /// Starts with room for [`BEGIN_SYNCHRONIZED`], so that the frame need not be moved to be wrapped.
    frame: Vec<u8>,
    synchronized: bool,
    bytes: u64,
    frames: u64,
}

impl BufferedOut<Tty> {
    /// To the terminal.
    pub fn new(synchronized: bool) -> Self {
        Self::to(Tty, synchronized)
    }
}

impl<W: Write> BufferedOut<W> {
    /// To any sink. `synchronized` wraps larger frames into a synchronized update.
    pub fn to(sink: W, synchronized: bool) -> Self {
        let mut frame = Vec::with_capacity(16 * 1024);
        frame.extend_from_slice(BEGIN_SYNCHRONIZED);
        Self { sink, frame, synchronized, bytes: 0, frames: 0 }
    }

    /// Writes what was collected, if anything, and says how many bytes went out. A frame that fails is not kept: the
    /// next one starts clean.
    pub fn present(&mut self) -> io::Result<usize> {
        let start = BEGIN_SYNCHRONIZED.len();
        let drawn = self.frame.len().saturating_sub(start);
        if drawn == 0 {
            return Ok(0);
        }
        let wrap = self.synchronized && drawn > ATOMIC;
        if wrap {
            self.frame.extend_from_slice(END_SYNCHRONIZED);
        }
        let out = self.frame.get(if wrap { 0 } else { start }..).unwrap_or_default();
        let size = out.len();
        let done = self.sink.write_all(out).and_then(|()| self.sink.flush());
        self.frame.truncate(start);
        done?;
        self.bytes += size as u64;
        self.frames += 1;
        Ok(size)
    }

    /// How many bytes of the frame are collected.
    pub(super) fn collected(&self) -> usize {
        self.frame.len().saturating_sub(BEGIN_SYNCHRONIZED.len())
    }

    /// Takes back what was collected from so many bytes on.
    pub(super) fn take_back(&mut self, from: usize) -> Vec<u8> {
        self.frame.split_off((BEGIN_SYNCHRONIZED.len() + from).min(self.frame.len()))
    }

    /// Bytes written since the start.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Frames written since the start.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// What it writes to.
    pub fn sink(&self) -> &W {
        &self.sink
    }
}

impl<W: Write> Write for BufferedOut<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Does nothing: a frame goes out whole, by [`BufferedOut::present`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps each write apart.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_however_often_it_is_flushed() {
        let mut out = BufferedOut::to(Writes::default(), true);
        for part in ["a", "b", "c"] {
            out.write_all(part.as_bytes()).unwrap();
            out.flush().unwrap();
        }
        assert_eq!(out.present().unwrap(), 3);
        assert_eq!(out.sink().0, [b"abc".to_vec()]);
        assert_eq!((out.bytes(), out.frames()), (3, 1));
    }

    #[test]
    fn a_large_frame_is_shown_at_once() {
        let mut out = BufferedOut::to(Writes::default(), true);
        out.write_all(&[b'x'; 2_000]).unwrap();
        out.present().unwrap();
        out.write_all(b"y").unwrap();
        out.present().unwrap();
        let writes = &out.sink().0;
        assert!(writes[0].starts_with(BEGIN_SYNCHRONIZED) && writes[0].ends_with(END_SYNCHRONIZED));
        assert_eq!(writes[1], b"y");
        assert_eq!(out.bytes(), 2_016 + 1);
    }

    #[test]
    fn nothing_drawn_is_nothing_written() {
        let mut out = BufferedOut::to(Writes::default(), true);
        assert_eq!(out.present().unwrap(), 0);
        assert!(out.sink().0.is_empty());
        assert_eq!(out.frames(), 0);
    }

    #[test]
    fn a_frame_that_failed_is_not_written_with_the_next() {
        struct Once(bool, Vec<u8>);
        impl Write for Once {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if std::mem::take(&mut self.0) {
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
                self.1.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = BufferedOut::to(Once(true, Vec::new()), false);
        out.write_all(b"lost").unwrap();
        assert!(out.present().is_err());
        out.write_all(b"kept").unwrap();
        out.present().unwrap();
        assert_eq!(out.sink().1, b"kept");
    }

    #[test]
    fn a_terminal_that_was_given_back_is_not_drawn_on() {
        let mut out = BufferedOut::new(false);
        out.write_all(b"late").unwrap();
        assert_eq!(out.present().unwrap_err().kind(), io::ErrorKind::NotConnected);
    }
}
