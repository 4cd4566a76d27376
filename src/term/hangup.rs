//! Notices that the terminal is gone, or that whoever started us died and the terminal was taken by somebody else.
//!
//! It is a thread of its own because crossterm 0.29 reads a terminal that hung up again and again without an end: its
//! loop takes an end of file and every error but "would block" as "nothing yet". This thread sleeps in `poll` meanwhile,
//! and costs nothing.

use std::io;
use std::os::fd::OwnedFd;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getpgrp, getppid};
use rustix::termios::tcgetpgrp;

const SECOND: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Watches, and calls `lost` once, with the reason.
pub fn watch(lost: impl FnOnce(String) + Send + 'static) -> io::Result<()> {
    let parent = Parent::now();
    thread::Builder::new().name("hangup".into()).spawn(move || lost(wait(parent)))?;
    Ok(())
}

/// Whether the terminal has hung up already.
pub fn is_gone() -> bool {
    let terminal = rustix::stdio::stdin();
    let mut fds = [PollFd::new(&terminal, PollFlags::empty())];
    let told = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    let [fd] = fds;
    told.is_ok_and(|count| count > 0) && fd.revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Who started us.
struct Parent {
    pid: Option<Pid>,
    /// Readable once it died, where the system has such a thing.
    handle: Option<OwnedFd>,
}

impl Parent {
    fn now() -> Self {
        let pid = getppid();
        Self { pid, handle: pid.and_then(handle) }
    }

    fn died(&self) -> bool {
        getppid() != self.pid
    }
}

#[cfg(target_os = "linux")]
fn handle(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn handle(_: Pid) -> Option<OwnedFd> {
    None
}

/// Returns the reason once the terminal is lost.
fn wait(mut parent: Parent) -> String {
    let terminal = rustix::stdio::stdin();
    loop {
        // No event is asked for: POLLHUP and POLLERR are always told.
        let mut fds = vec![PollFd::new(&terminal, PollFlags::empty())];
        if let Some(handle) = &parent.handle {
            fds.push(PollFd::new(handle, PollFlags::IN));
        }
        // Without a handle the parent's death is only seen by looking; with one there is nothing to look for.
        let rest = if parent.handle.is_some() { None } else { Some(&SECOND) };
        if let Err(error) = poll(&mut fds, rest)
            && error != rustix::io::Errno::INTR
        {
            return format!("the terminal can't be watched: {error}");
        }
        let hung_up = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if fds.first().is_some_and(|fd| fd.revents().intersects(hung_up)) {
            return "the terminal hung up".to_owned();
        }
        if parent.died() {
            // That alone is no reason to leave an operator without a console. But a process group that nobody is left
            // to care for, and that is not in the foreground, gets no key any more and draws over someone else's work.
            if tcgetpgrp(terminal).is_ok_and(|foreground| foreground != getpgrp()) {
                return "the program that started this one died, and the terminal is no longer ours".to_owned();
            }
            parent.handle = None;
        }
    }
}
