//! Taking the terminal over, and giving it back whatever happens.
//!
//! What was switched on is kept in one atomic, so that giving back is idempotent and can be done by whoever comes first:
//! the drop of the session, the panic hook, the thread that waits for signals.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::output;

/// What to switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mode of its own")]
pub struct Options {
    /// Pastes arrive as pastes, so that they can't answer a dialog.
    pub bracketed_paste: bool,
    /// The terminal says when it gains and loses the focus.
    pub focus: bool,
    /// Asks for key repeats to be told from presses (kitty's keyboard protocol, not negotiated: only where
    /// [`super::capabilities::Capabilities::reports_repeats`]). Every key then arrives as an escape code, and text made by
    /// compose or dead keys is lost; elsewhere [`super::input`] tells repeats by their pace.
    pub repeats: bool,
    /// The terminal tells of clicks and of the wheel, and selects no text meanwhile.
    pub mouse: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { bracketed_paste: true, focus: true, repeats: false, mouse: false }
    }
}

const OPEN: u8 = 1;
const PASTE: u8 = 1 << 1;
const FOCUS: u8 = 1 << 2;
const REPEATS: u8 = 1 << 3;
const MOUSE: u8 = 1 << 4;

/// Clicks and the wheel, but no movements, in the form that knows no limit of columns.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

impl Options {
    fn bits(self) -> u8 {
        OPEN | if self.bracketed_paste { PASTE } else { 0 }
            | if self.focus { FOCUS } else { 0 }
            | if self.repeats { REPEATS } else { 0 }
            | if self.mouse { MOUSE } else { 0 }
    }
}

/// What is switched on now; 0 when the terminal is not ours.
static STATE: AtomicU8 = AtomicU8::new(0);
/// What was switched on when it was given back for a stop.
static SUSPENDED: AtomicU8 = AtomicU8::new(0);
/// Held while bytes go out, so that a frame and the giving back don't mix.
static WRITING: Mutex<()> = Mutex::new(());

/// The bytes that take the terminal over.
fn entering(bits: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(b"\x1b[?1049h\x1b[?25l\x1b[0m\x1b[2J");
    if bits & PASTE != 0 {
        out.extend_from_slice(b"\x1b[?2004h");
    }
    if bits & FOCUS != 0 {
        out.extend_from_slice(b"\x1b[?1004h");
    }
    if bits & MOUSE != 0 {
        out.extend_from_slice(MOUSE_ON);
    }
    if bits & REPEATS != 0 {
        // Disambiguate, event types, alternate keys, all keys: what it takes for the repeat of a letter to be told.
        out.extend_from_slice(b"\x1b[>15u");
    }
    out
}

/// The bytes that give it back: first the end of a synchronized update that may have been cut, last the screen.
fn leaving(bits: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(b"\x1b[?2026l");
    if bits & REPEATS != 0 {
        out.extend_from_slice(b"\x1b[<1u");
    }
    if bits & MOUSE != 0 {
        out.extend_from_slice(MOUSE_OFF);
    }
    if bits & FOCUS != 0 {
        out.extend_from_slice(b"\x1b[?1004l");
    }
    if bits & PASTE != 0 {
        out.extend_from_slice(b"\x1b[?2004l");
    }
    out.extend_from_slice(b"\x1b[0m\x1b[?25h\x1b[?1049l");
    out
}

/// The terminal, taken over for as long as this lives.
#[derive(Debug)]
pub struct Session(());

impl Session {
    /// Takes the terminal over: raw mode, the alternate screen, no cursor.
    ///
    /// Fails with [`io::ErrorKind::AlreadyExists`] when this process has taken it already, and as the system says when
    /// standard input or output is no terminal.
    pub fn open(options: Options) -> io::Result<Self> {
        use std::io::IsTerminal as _;
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::other("standard input and output must both be a terminal"));
        }
        let bits = options.bits();
        if STATE.compare_exchange(0, bits, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the terminal is taken over already"));
        }
        let session = Self(());
        // crossterm's answer to NO_COLOR is a full reset in place of each colour, which takes bold and reverse away too.
        // How many colours there are is decided in `capabilities`, once.
        crossterm::style::force_color_output(true);
        enter(bits)?;
        Ok(session)
    }

    /// Gives the terminal back; the drop does the same, without saying whether it worked.
    pub fn close(self) -> io::Result<()> {
        restore()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        SUSPENDED.store(0, Ordering::Release);
        let _ = restore();
    }
}

fn enter(bits: u8) -> io::Result<()> {
    enable_raw_mode()?;
    let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    output::raw(&entering(bits)).map(drop)
}

/// Has the terminal tell of the mouse, or leaves the mouse to it. While the terminal is not ours, nothing is done.
///
/// # Errors
/// As the terminal says when it can't be written to.
pub fn mouse(on: bool) -> io::Result<()> {
    let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Before the bytes: whoever gives the terminal back in between switches off what was switched on.
    let change = |bits| if on { bits | MOUSE } else { bits & !MOUSE };
    let set = STATE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| (bits != 0).then(|| change(bits)));
    match set {
        Ok(_) => output::raw(if on { MOUSE_ON } else { MOUSE_OFF }).map(drop),
        Err(_) => Ok(()),
    }
}

/// Gives the terminal back, if it is ours. Idempotent, and safe from any thread: it waits for a frame that is being
/// written for a fifth of a second at most, as the terminal may take no more bytes at all.
pub fn restore() -> io::Result<()> {
    let bits = STATE.swap(0, Ordering::AcqRel);
    if bits == 0 {
        return Ok(());
    }
    let writing = patiently();
    let written = output::raw(&leaving(bits));
    drop(writing);
    // Also when the bytes could not be written: the modes of the terminal are a matter of the kernel's.
    disable_raw_mode()?;
    written.map(drop)
}

/// The writing lock, or nothing if it is held for too long.
fn patiently() -> Option<MutexGuard<'static, ()>> {
    for _ in 0..40 {
        match WRITING.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    None
}

/// Gives the terminal back until [`resume`]: before the process is stopped.
pub fn suspend() -> io::Result<()> {
    let bits = STATE.load(Ordering::Acquire);
    if bits != 0 {
        SUSPENDED.store(bits, Ordering::Release);
    }
    restore()
}

/// Takes the terminal over again after the process was stopped, by [`suspend`] or by a SIGSTOP that could not be
/// foreseen. Says whether it did; everything then has to be drawn anew.
pub fn resume() -> io::Result<bool> {
    let suspended = SUSPENDED.load(Ordering::Acquire);
    if suspended != 0 {
        // In this order: at no moment does it look given back for good.
        STATE.store(suspended, Ordering::Release);
        SUSPENDED.store(0, Ordering::Release);
        enter(suspended)?;
        return Ok(true);
    }
    let bits = STATE.load(Ordering::Acquire);
    if bits == 0 {
        return Ok(false);
    }
    // The shell may have set the modes of the terminal as it likes them, behind crossterm's back, which knows them as raw.
    disable_raw_mode()?;
    enter(bits)?;
    Ok(true)
}

/// Whether the terminal is ours now.
pub fn is_open() -> bool {
    STATE.load(Ordering::Acquire) != 0
}

/// Whether the terminal was given back for a stop alone, or is ours: a drawing that failed is made up for.
pub fn is_held() -> bool {
    SUSPENDED.load(Ordering::Acquire) != 0 || is_open()
}

/// Does something with the terminal while it is ours and nobody can give it back; else fails with
/// [`io::ErrorKind::NotConnected`].
pub(super) fn while_open<T>(act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if is_open() { act() } else { Err(io::Error::new(io::ErrorKind::NotConnected, "the terminal was given back")) }
}

/// Puts the giving back of the terminal before whatever the panic hook does now, so that its report can be read. To be
/// called after `color_eyre::install`.
pub fn install_panic_hook() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        SUSPENDED.store(0, Ordering::Release);
        let _ = restore();
        report(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(bytes: &[u8], end: char) -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.split("\x1b[?").skip(1).filter_map(|rest| rest.split_once(end)).map(|(mode, _)| mode.to_owned()).collect()
    }

    #[test]
    fn everything_that_is_switched_on_is_switched_off() {
        for bits in 0..16_u8 {
            let [bracketed_paste, focus, repeats, mouse] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            let options = Options { bracketed_paste, focus, repeats, mouse };
            let (on, off) = (entering(options.bits()), leaving(options.bits()));
            let mut screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
            screen.process(&on);
            assert!(screen.screen().alternate_screen() && screen.screen().hide_cursor());
            assert_eq!(screen.screen().bracketed_paste(), options.bracketed_paste);
            screen.process(&off);
            assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor());
            assert!(!screen.screen().bracketed_paste());
            for mode in modes(&on, 'h') {
                let undone = if mode == "25l\u{1b}[0m\u{1b}[2J" { continue } else { mode };
                assert!(modes(&off, 'l').contains(&undone), "{undone} stays on");
            }
            let pushed = on.windows(3).filter(|w| w == b"\x1b[>").count();
            let popped = off.windows(3).filter(|w| w == b"\x1b[<").count();
            assert_eq!(pushed, popped);
        }
    }

    #[test]
    fn the_mouse_stays_off_unless_it_is_asked_for() {
        let on = String::from_utf8(entering(!MOUSE)).unwrap();
        for mode in ["1000", "1002", "1003", "1006", "1015"] {
            assert!(!on.contains(mode), "{mode}");
        }
    }

    #[test]
    fn giving_back_what_was_not_taken_does_nothing() {
        assert!(!is_open());
        restore().unwrap();
        restore().unwrap();
        assert!(!resume().unwrap());
    }

    #[test]
    fn without_a_terminal_it_does_not_open() {
        use std::io::IsTerminal as _;
        if io::stdout().is_terminal() && io::stdin().is_terminal() {
            return;
        }
        let error = Session::open(Options::default()).unwrap_err();
        assert!(error.to_string().contains("must both be a terminal"), "{error}");
        assert!(!is_open());
    }
}
