//! How a command ends: the exit statuses, told once for the code, the help, the manual and the documents.

use std::process::ExitCode;

/// How a command ended, as the exit status of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// What was asked for is so: the run is verified, the files are sound, the journal holds.
    Ok = 0,
    /// It is not so, or something failed.
    Failed = 1,
    /// The command line could not be understood (clap's own status).
    Usage = 2,
    /// The run was stood down: nothing was handed over.
    StoodDown = 3,
    /// A journal does not verify.
    Corrupt = 4,
    /// Somebody else leads the run.
    Led = 5,
}

impl Status {
    /// Each, in the order of its number.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Failed, Self::Usage, Self::StoodDown, Self::Corrupt, Self::Led];

    /// Its number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What it says of any command.
    pub fn says(self) -> &'static str {
        match self {
            Self::Ok => "done, verified or sound",
            Self::Failed => "failed or not so",
            Self::Usage => "the command line is wrong",
            Self::StoodDown => "the run was stood down",
            Self::Corrupt => "a journal does not verify, or CloudTrail contradicts it",
            Self::Led => "somebody else leads the run",
        }
    }

    /// What it says of one command, such as `journal verify`, where that is more.
    pub fn says_of(self, command: &str) -> Option<&'static str> {
        OF.iter().find(|(of, status, _)| *of == command && *status == self).map(|(_, _, says)| *says)
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.number())
    }
}

/// All of them in a line.
pub(super) fn in_a_line() -> String {
    Status::ALL.map(|status| format!("{} {}", status.number(), status.says())).join("; ")
}

/// What a status says of one command in particular.
const OF: &[(&str, Status, &str)] = &[
    ("demo", Status::Ok, "the console was left; with --headless, the run is verified"),
    ("demo", Status::Failed, "with --headless, the run was abandoned; or something failed"),
    ("demo", Status::StoodDown, "with --headless, the run was stood down"),
    ("check", Status::Failed, "a file is not sound, or a finding that is not waived is as severe as --deny says"),
    ("plan", Status::Failed, "a file is not sound, or there is no such runbook"),
    ("preflight", Status::Failed, "something is bad: a run would not get through"),
    ("status", Status::Failed, "something is not healthy, or could not be read"),
    ("watch", Status::Ok, "it was ended by Ctrl-C, SIGTERM or --for"),
    ("watch", Status::Usage, "the command line is wrong, or --headless is missing"),
    ("approve", Status::Failed, "nothing waits, the phrase was not typed, or it is not yours to approve"),
    ("notify test", Status::Failed, "a channel did not take its message"),
    ("notify send", Status::Failed, "something is still owed"),
    ("resume", Status::Ok, "the console was left; with --headless, the run is verified"),
    ("resume", Status::StoodDown, "with --headless, the run was stood down"),
    ("resume", Status::Led, "with --headless, somebody else leads the run"),
    ("journal show", Status::Corrupt, "the journal does not verify; it is shown all the same"),
    ("journal verify", Status::Ok, "the journal holds, and agrees with whatever it was held against"),
    ("journal verify", Status::Failed, "CloudTrail's record lacks a request of the journal; or something failed"),
    (
        "journal verify",
        Status::Corrupt,
        "the journal does not verify, an anchor is another, or CloudTrail contradicts it",
    ),
    ("report", Status::Corrupt, "the journal does not verify; the report is made all the same, and says so"),
    ("theme check", Status::Failed, "it cannot be read, breaks a limit of contrast, or its own promise"),
    ("keymap check", Status::Failed, "it cannot be read, or has faults"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_numbered_without_a_gap_and_said_once() {
        for (number, status) in (0u8..).zip(Status::ALL) {
            assert_eq!(status.number(), number);
            assert!(!status.says().is_empty());
        }
        for (at, (command, status, _)) in OF.iter().enumerate() {
            assert!(
                OF.iter().skip(at + 1).all(|(of, other, _)| (of, other) != (command, status)),
                "{command} {status:?}"
            );
        }
    }

    #[test]
    fn what_is_said_of_a_command_is_of_one_that_there_is() {
        let commands = crate::cli::manual::pages();
        for (command, ..) in OF {
            assert!(commands.iter().any(|page| page.name == *command), "{command}");
        }
    }
}
