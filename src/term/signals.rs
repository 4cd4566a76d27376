//! What other processes ask of this one by signals. Ctrl-C and Ctrl-Z are keys while the terminal is ours; these come
//! from outside.

use std::io;
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::session;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To end, by the signal of this name and number. The console ends as if the operator had quit at once.
    End(&'static str, i32),
    /// The process was stopped and goes on, the terminal was taken over again: draw everything anew.
    Redraw,
}

/// Starts a thread that calls `asked` for each. A second signal to end, while the first is still being answered, gives the
/// terminal back and ends the process at once.
pub fn start(asked: impl Fn(Asked) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        let mut ending = false;
        for signal in signals.forever() {
            match signal {
                SIGTSTP => {
                    let _ = session::suspend();
                    // Stops the whole process here; what follows is the SIGCONT.
                    let _ = emulate_default_handler(SIGTSTP);
                }
                SIGCONT => {
                    if session::resume().unwrap_or(false) {
                        asked(Asked::Redraw);
                    }
                }
                _ if ending => {
                    let _ = session::restore();
                    let _ = emulate_default_handler(signal);
                }
                _ => {
                    ending = true;
                    asked(Asked::End(name(signal), signal));
                }
            }
        }
    })?;
    Ok(())
}

fn name(signal: i32) -> &'static str {
    match signal {
        SIGTERM => "SIGTERM",
        SIGHUP => "SIGHUP",
        SIGINT => "SIGINT",
        SIGQUIT => "SIGQUIT",
        _ => "a signal",
    }
}
