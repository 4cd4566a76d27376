//! What programs are run by: those of steps, kubectl, and those that a service file declares.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::domain::region::Place;

/// An external program, ready to be started: nothing is left to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSpec {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Variables added to the environment.
    pub env: Vec<(String, String)>,
    /// Where it runs.
    pub dir: Option<String>,
    /// After how long it is ended.
    pub timeout: Duration,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Status(i32),
    /// By a signal.
    Signal(i32),
    /// It ran out of time and its process group was ended.
    TimedOut,
    /// It was cancelled and its process group was ended.
    Cancelled,
    /// It could not be started.
    NotStarted(String),
}

/// A line that a program wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// Whether it came on standard error.
    pub error: bool,
    /// The line, made safe to show and redacted.
    pub text: String,
}

/// Runs external programs.
#[async_trait]
pub trait Program: Send + Sync {
    /// Starts the program in a process group of its own, sends its output line by line, and returns how it ended.
    /// Ending `cancel` (or dropping its sender after a send) ends the whole group.
    async fn run(
        &self,
        spec: &ProgramSpec,
        output: mpsc::UnboundedSender<OutputLine>,
        cancel: tokio::sync::watch::Receiver<bool>,
    ) -> Exit;

    /// Where a program is that would be started by this name from this folder; nothing if it is nowhere.
    fn find(&self, name: &str, dir: Option<&str>) -> Option<String>;
}

/// What kubectl wrote and how it ended. It is not made safe to show: whoever reads it takes only what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeAnswer {
    /// How it ended.
    pub exit: Exit,
    /// Its standard output, in full.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// Whether it wrote more than is read: then the output is of no use.
    pub cut: bool,
}

/// Runs kubectl.
#[async_trait]
pub trait Kube: Send + Sync {
    /// Runs `kubectl` with these arguments in a process group of its own, with nothing to read on standard input, and ends
    /// it when `limit` is over.
    async fn run(&self, arguments: &[String], limit: Duration) -> KubeAnswer;
}

/// A program that a service file declares, ready to be started: nothing is left to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The component that declares it.
    pub component: String,
    /// The action that it carries out; `None` where it only reads.
    pub action: Option<String>,
    /// Of which place it is asked, or where it acts.
    pub place: Place,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// After how long it is ended.
    pub timeout: Duration,
}

/// What a declared program wrote, without the secrets that are known, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandAnswer {
    /// How it ended.
    pub exit: Exit,
    /// Its standard output. What was JSON still is.
    pub stdout: String,
    /// Its standard error, made safe to show.
    pub stderr: String,
    /// Whether it wrote more than is read: then the output is of no use.
    pub cut: bool,
}

/// Runs declared programs.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Runs one in a process group of its own, without a shell and with nothing to read on standard input, and ends it when
    /// its time is over.
    async fn run(&self, line: &CommandLine) -> CommandAnswer;
}
