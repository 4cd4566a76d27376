//! What kubectl's failures mean: it ends with 1 whatever happened, and tells the rest in words.

use crate::domain::plan::PerformError;
use crate::domain::reading::{Unread, Why};
use crate::domain::text;
use crate::ports::{Exit, KubeAnswer};

/// A run of kubectl that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) fate: Fate,
    pub(super) message: String,
    /// Whether it had reported something done before it failed.
    pub(super) in_part: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// There is no kubectl.
    NotStarted,
    /// The context or the kubeconfig is not there.
    Unconfigured,
    /// No connection came to be.
    Unreachable,
    /// No credentials, or none that are taken.
    Auth,
    /// Not allowed.
    Denied,
    /// Not there.
    NotFound,
    /// It has changed since it was read.
    Conflict,
    /// Asked to slow down.
    Throttled,
    /// The API said no.
    Refused,
    /// The API failed.
    Server,
    /// No answer in time.
    TimedOut,
    /// Cut off, killed, or words that are not known.
    Other,
}

/// What kubectl says, in words of its own and of client-go, and what it means. The first that is found counts.
const WORDS: &[(&str, Fate)] = &[
    ("(NotFound)", Fate::NotFound),
    ("(Forbidden)", Fate::Denied),
    ("(Unauthorized)", Fate::Auth),
    ("You must be logged in to the server", Fate::Auth),
    ("getting credentials:", Fate::Auth),
    ("(Conflict)", Fate::Conflict),
    ("the object has been modified", Fate::Conflict),
    ("(TooManyRequests)", Fate::Throttled),
    ("(InternalError)", Fate::Server),
    ("(ServiceUnavailable)", Fate::Server),
    ("(Timeout)", Fate::Server),
    ("(ServerTimeout)", Fate::Server),
    ("(Invalid)", Fate::Refused),
    (" is invalid:", Fate::Refused),
    ("(BadRequest)", Fate::Refused),
    ("(AlreadyExists)", Fate::Refused),
    ("(MethodNotAllowed)", Fate::Refused),
    ("admission webhook", Fate::Refused),
    ("the server doesn't have a resource type", Fate::NotFound),
    ("the server could not find the requested resource", Fate::NotFound),
    ("no matches for kind", Fate::NotFound),
    ("context was not found", Fate::Unconfigured),
    ("cannot locate context", Fate::Unconfigured),
    ("no configuration has been provided", Fate::Unconfigured),
    ("error loading config file", Fate::Unconfigured),
    ("no such file or directory", Fate::Unconfigured),
    ("Client.Timeout exceeded", Fate::TimedOut),
    ("context deadline exceeded", Fate::TimedOut),
    ("timed out waiting for", Fate::TimedOut),
    ("connection refused", Fate::Unreachable),
    ("was refused - did you specify", Fate::Unreachable),
    ("no such host", Fate::Unreachable),
    ("no route to host", Fate::Unreachable),
    ("network is unreachable", Fate::Unreachable),
    ("i/o timeout", Fate::TimedOut),
    ("TLS handshake timeout", Fate::TimedOut),
    ("x509:", Fate::Unreachable),
    ("Error from server", Fate::Server),
    ("an error on the server", Fate::Server),
];

fn fate(said: &str) -> Fate {
    // `error: context "west" does not exist`: no object's name gets between these two.
    if said.contains("context \"") && said.contains("\" does not exist") {
        return Fate::Unconfigured;
    }
    WORDS.iter().find(|(words, _)| said.contains(words)).map_or(Fate::Other, |(_, fate)| *fate)
}

/// The output of a run that succeeded, or what its failure means. `what` says what was tried, such as
/// `kubectl get nodes, west`.
pub(super) fn output(what: &str, answer: KubeAnswer) -> Result<Vec<u8>, Failed> {
    let in_part = !answer.stdout.is_empty();
    let said = text::visible_bytes(&answer.stderr);
    let said = text::bounded(said.trim(), 400);
    let fail = |fate, why: &str| Failed { fate, message: format!("{what}: {why}"), in_part };
    match answer.exit {
        Exit::Status(0) if answer.cut => Err(fail(Fate::Other, "it wrote more than can be read")),
        Exit::Status(0) => Ok(answer.stdout),
        Exit::Status(status) if said.is_empty() => Err(fail(Fate::Other, &format!("status {status}, without a word"))),
        Exit::Status(_) => Err(fail(fate(&said), &said)),
        Exit::TimedOut => Err(fail(Fate::TimedOut, "no answer in time")),
        Exit::Cancelled => Err(fail(Fate::Other, "it was cancelled")),
        Exit::Signal(signal) => Err(fail(Fate::Other, &format!("it was ended by signal {signal}"))),
        Exit::NotStarted(why) => Err(Failed { fate: Fate::NotStarted, message: why, in_part: false }),
    }
}

impl Failed {
    /// An answer that makes no sense.
    pub(super) fn garbled(what: &str, why: impl std::fmt::Display) -> Self {
        Self { fate: Fate::Other, message: format!("{what}: an answer that makes no sense: {why}"), in_part: false }
    }

    fn why(&self) -> Why {
        match self.fate {
            Fate::NotStarted | Fate::Other | Fate::Conflict | Fate::Refused => Why::Other,
            Fate::Unconfigured | Fate::NotFound => Why::NotFound,
            Fate::Unreachable => Why::Unreachable,
            Fate::Auth => Why::Auth,
            Fate::Denied => Why::Denied,
            Fate::Throttled => Why::Throttled,
            Fate::Server => Why::ServerError,
            Fate::TimedOut => Why::TimedOut,
        }
    }
}

impl From<Failed> for Unread {
    fn from(failed: Failed) -> Self {
        Self::new(failed.why(), failed.message)
    }
}

/// What a change that failed means. kubectl reads before it writes, so that no connection means that nothing was sent; and
/// of several objects some may be done when one fails.
impl From<Failed> for PerformError {
    fn from(failed: Failed) -> Self {
        let message = text::bounded(&failed.message, 600);
        if failed.in_part {
            return Self::Unknown { message: format!("done in part, perhaps: {message}") };
        }
        match failed.fate {
            Fate::Unreachable | Fate::Throttled => Self::NotYet { message, request_id: None },
            Fate::NotStarted
            | Fate::Unconfigured
            | Fate::Auth
            | Fate::Denied
            | Fate::NotFound
            | Fate::Conflict
            | Fate::Refused => Self::Refused { message, request_id: None },
            Fate::Server | Fate::TimedOut | Fate::Other => Self::Unknown { message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectls_words_are_understood() {
        for (said, fate_of_it) in [
            ("Error from server (NotFound): deployments.apps \"x\" not found", Fate::NotFound),
            ("Error from server (Forbidden): secrets \"x\" is forbidden: User \"me\" cannot get", Fate::Denied),
            (
                "Error from server (Conflict): Operation cannot be fulfilled on secrets \"x\": the object has been modified",
                Fate::Conflict,
            ),
            ("error: context \"west\" does not exist", Fate::Unconfigured),
            ("Error in configuration: context was not found for specified context: west", Fate::Unconfigured),
            ("error: cannot locate context west", Fate::Unconfigured),
            ("error: You must be logged in to the server (Unauthorized)", Fate::Auth),
            (
                "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
                Fate::Unreachable,
            ),
            ("Unable to connect to the server: dial tcp: lookup nowhere: no such host", Fate::Unreachable),
            (
                "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
                Fate::TimedOut,
            ),
            ("error: the server doesn't have a resource type \"applications\"", Fate::NotFound),
            ("Unable to connect to the server: EOF", Fate::Other),
        ] {
            assert_eq!(fate(said), fate_of_it, "{said}");
        }
    }

    #[test]
    fn what_was_reported_before_a_failure_may_be_done() {
        let answer = |stdout: &str, stderr: &str| KubeAnswer {
            exit: Exit::Status(1),
            stdout: stdout.into(),
            stderr: stderr.into(),
            cut: false,
        };
        let refused = "The connection to the server x was refused - did you specify the right host or port?";
        let nothing = output("kubectl scale", answer("", refused)).unwrap_err();
        assert!(matches!(PerformError::from(nothing), PerformError::NotYet { .. }));
        let some = output("kubectl scale", answer("deployment.apps/a scaled\n", refused)).unwrap_err();
        assert!(matches!(PerformError::from(some), PerformError::Unknown { .. }));
        let hostile = output("kubectl scale", answer("", "\u{1b}[2J(Forbidden)")).unwrap_err();
        assert!(!hostile.message.contains('\u{1b}'), "{hostile:?}");
    }
}
