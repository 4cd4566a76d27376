//! The command line: one file a subcommand.

/// Prints a line. Whoever reads our output may have stopped reading: then there is nobody to print for.
macro_rules! say {
    () => { $crate::cli::out("\n") };
    (@raw $text:expr) => { $crate::cli::out(&$text) };
    ($($part:tt)*) => { $crate::cli::out(&format!("{}\n", format_args!($($part)*))) };
}

mod approve;
mod check;
mod completions;
mod console;
mod demo;
mod drill;
mod exit;
mod follow_up;
mod headless;
mod iam;
mod init;
mod journal;
mod keymap;
mod man;
pub mod manual;
mod notify;
mod observe;
mod options;
mod patience;
mod plan;
mod preflight;
mod replay;
mod report;
mod resume;
mod runs;
mod score;
mod sim;
mod status;
mod surroundings;
mod theme;
mod trail;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use color_eyre::eyre::{Report, Result};

use crate::store::file::OpenError;
use crate::wire::NoStage;

pub use exit::Status;

/// Hand a service over from one AWS Region to another.
///
/// Without a subcommand, opens the console on a service: --service, else ./service.toml, else the one in the
/// configuration directory. `handover demo` needs no account, no network and no file.
#[derive(Debug, Parser)]
#[command(name = "handover", version, max_term_width = 100, after_help = format!("Exit statuses: {}.", exit::in_a_line()))]
struct Cli {
    #[command(subcommand)]
    command: Option<Cmd>,
    #[command(flatten)]
    service: options::ServiceOptions,
    #[command(flatten)]
    screen: options::ScreenOptions,
    #[command(flatten)]
    who: options::WhoOptions,
    /// The runbook to open; without it, the service's failover
    #[arg(long, value_name = "ID")]
    runbook: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Cmd {
    /// Open the console on the simulated Regions: no account, no network
    Demo(demo::Demo),
    /// Open a drill: explained if wanted, and in simulated Regions with a surprise; it is scored when it is closed
    Drill(drill::Drill),
    /// Write a service file and runbooks to start from
    Init(init::Init),
    /// Serve the AWS interfaces of the simulated Regions on loopback, for other clients
    Sim(sim::Sim),
    /// Check a service file and its runbooks
    Check(check::Check),
    /// Print each step of a runbook with its exact calls, gates and lines by hand; changes nothing
    Plan(plan::PlanCommand),
    /// Ask beforehand what a run will need: identity, permissions, endpoints, programs, the estate; changes nothing
    Preflight(preflight::PreflightCommand),
    /// Print the least IAM policy that a run needs, or one for observers
    Iam(iam::Iam),
    /// Print both Regions' health
    Status(status::StatusCommand),
    /// Watch without a console: print what changes, serve and publish metrics; changes nothing
    Watch(watch::Watch),
    /// Approve, as a second person, a plan of somebody else's run
    Approve(approve::Approve),
    /// Try the channels by which people are told, send what a run still owes, draft a status page's text
    Notify(notify::NotifyCommand),
    /// Write a run's report: figures, timeline, steps, people, decisions, deviations
    Report(report::ReportCommand),
    /// Play a run back in the console, from its journal and what was kept with it
    Replay(replay::ReplayCommand),
    /// Say who sees to what after a run, or that it was seen to
    FollowUp(follow_up::FollowUp),
    /// List the runs of this machine
    Runs(runs::RunsCommand),
    /// Take a run up again after the console was left or killed, or watch one that somebody else leads
    Resume(resume::Resume),
    /// Watch a run on a screen of its own, read-only: never leads it, asks nobody
    Observe(observe::Observe),
    /// Print or verify a run's journal
    Journal(journal::JournalCommand),
    /// List, check, print and preview themes
    Theme(theme::ThemeCommand),
    /// List, check and print keymaps
    Keymap(keymap::KeymapCommand),
    /// Print a page of the manual, or write all of them
    Man(man::ManCommand),
    /// Print a completion script for a shell
    Completions(completions::Completions),
}

/// Runs the program and returns its exit status.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => console::open(&cli.service, &cli.screen, &cli.who, cli.runbook.as_deref()),
        Some(Cmd::Demo(command)) => command.run(&cli.screen, &cli.who),
        Some(Cmd::Drill(command)) => command.run(&cli.service, &cli.screen, &cli.who),
        Some(Cmd::Init(command)) => command.run(),
        Some(Cmd::Sim(command)) => command.run(),
        Some(Cmd::Check(command)) => command.run(&cli.service),
        Some(Cmd::Plan(command)) => command.run(&cli.service),
        Some(Cmd::Preflight(command)) => command.run(&cli.service),
        Some(Cmd::Iam(command)) => command.run(&cli.service),
        Some(Cmd::Status(command)) => command.run(&cli.service),
        Some(Cmd::Watch(command)) => command.run(&cli.service),
        Some(Cmd::Approve(command)) => command.run(),
        Some(Cmd::Notify(command)) => command.run(&cli.service, &cli.who),
        Some(Cmd::Report(command)) => command.run(),
        Some(Cmd::Replay(command)) => command.run(&cli.screen),
        Some(Cmd::Runs(command)) => command.run(&cli.service),
        Some(Cmd::FollowUp(command)) => command.run(&cli.who),
        Some(Cmd::Resume(command)) => command.run(&cli.screen, &cli.who),
        Some(Cmd::Observe(command)) => command.run(&cli.screen, &cli.who),
        Some(Cmd::Journal(command)) => command.run(),
        Some(Cmd::Theme(command)) => command.run(&cli.screen),
        Some(Cmd::Keymap(command)) => command.run(),
        Some(Cmd::Man(command)) => command.run(),
        Some(Cmd::Completions(command)) => command.run(),
    };
    match result {
        Ok(status) => status.into(),
        Err(report) => {
            explain(&report);
            Status::Failed.into()
        }
    }
}

/// Writes to standard output.
fn out(text: &str) {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// The status of a command that had to hold a run and could not: what has one of its own is said, and is no failure of ours.
fn unheld(error: NoStage) -> Result<Status> {
    let status = match &error {
        NoStage::Led(_) => Status::Led,
        NoStage::Journal(OpenError::Broken { .. }) => Status::Corrupt,
        _ => return Err(error.into()),
    };
    explain(&error.into());
    Ok(status)
}

/// Prints why a command failed. Whatever it says may hold text from outside.
fn explain(report: &Report) {
    let text = format!("{report:#}");
    for line in text.lines() {
        eprintln!("{}", crate::domain::text::visible(line));
    }
}
