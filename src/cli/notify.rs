//! `handover notify`: tries the channels, sends what a run still owes, drafts a text for a status page.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, bail, eyre};
use jiff::Timestamp;

use super::options::{ServiceOptions, WhoOptions};
use super::{Status, headless, patience, surroundings};
use crate::config::Project;
use crate::domain::notice::Notice;
use crate::domain::run::{Mode, Run};
use crate::domain::text;
use crate::ports::{Channel, Clock, Unsent, within};
use crate::providers::clock::SystemClock;
use crate::report::draft::draft;
use crate::wire::{channels, send_owed};

/// How long a channel may take that is tried.
const TRY: Duration = Duration::from_secs(20);

/// How long what is owed is tried.
const OWED: Duration = Duration::from_mins(2);

/// `handover notify`.
#[derive(Debug, Args)]
pub(super) struct NotifyCommand {
    #[command(subcommand)]
    command: Do,
}

#[derive(Debug, Subcommand)]
enum Do {
    /// Send a test message through each channel, and print what came back
    Test {
        /// Only this channel
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
    },
    /// Send what a run still owes, and record it
    Send {
        /// The run's id, or enough of it; without it, the latest run
        run: Option<String>,
    },
    /// Print a text for a status page, for a person to change and to post
    Draft {
        /// The run's id, or enough of it; without it, the latest run
        run: Option<String>,
    },
}

impl NotifyCommand {
    pub(super) fn run(&self, options: &ServiceOptions, who: &WhoOptions) -> Result<Status> {
        match &self.command {
            Do::Test { channel } => test(options, who, channel.as_deref()),
            Do::Send { run } => send(run.as_deref(), who),
            Do::Draft { run } => print_draft(run.as_deref()),
        }
    }
}

fn test(options: &ServiceOptions, who: &WhoOptions, only: Option<&str>) -> Result<Status> {
    let project = options.project(None)?;
    let Some(service) = project.service().filter(|_| !project.diagnostics.has_errors()) else {
        bail!("{}", project.diagnostics);
    };
    let wanted: Vec<_> =
        service.notify.iter().filter(|notify| only.is_none_or(|only| notify.name == only)).cloned().collect();
    if wanted.is_empty() {
        let names: Vec<&str> = service.notify.iter().map(|notify| notify.name.as_str()).collect();
        match only {
            Some(only) if !names.is_empty() => bail!("there is no channel {only:?}; there is: {}", names.join(", ")),
            _ => bail!("{} has no [[notify]]: nobody is told", service.name),
        }
    }
    let redactor = crate::wire::redactor(service);
    let operator = surroundings::operator(who);
    let notice = Notice::test(&service.name, &operator.name, Timestamp::now());
    let tried = async {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let channels = channels(service, &wanted, &clock).await;
        // All at once: one that hangs keeps nobody waiting for the others.
        let tries = channels.iter().map(|channel| attempt(clock.as_ref(), channel.as_ref(), &notice));
        futures::future::join_all(tries).await
    };
    let results = surroundings::runtime()?.block_on(patience::with("telling every channel", Some(TRY), tried));
    let mut all_good = true;
    for (notify, result) in wanted.iter().zip(results) {
        let (good, says) = match result {
            Ok(answer) => (true, format!("ok: {answer}")),
            Err(why) => (false, format!("FAILED: {why}")),
        };
        all_good &= good;
        let says = text::visible(&redactor.apply(&says));
        say!("{:<16} {:<10} {:<9} {says}", notify.name, notify.by.kind(), notify.from.as_str());
    }
    Ok(if all_good { Status::Ok } else { Status::Failed })
}

async fn attempt(clock: &dyn Clock, channel: &dyn Channel, notice: &Arc<Notice>) -> Result<String, String> {
    match within(clock, TRY, channel.send(std::slice::from_ref(notice))).await {
        Some(Ok(sent)) => Ok(sent.answer),
        Some(Err(Unsent::Later { why, .. } | Unsent::Never { why })) => Err(why),
        None => Err(format!("no answer in {} s", TRY.as_secs())),
    }
}

fn send(run: Option<&str>, who: &WhoOptions) -> Result<Status> {
    let folder = surroundings::runs().find(run)?;
    let operator = surroundings::operator(who);
    let sent = surroundings::runtime()?
        .block_on(send_owed(&folder, &operator, OWED, |entry| say!("{}", headless::line(entry))));
    match sent {
        Ok(0) => {
            say!("{}: nothing is owed", text::visible(&folder.id));
            Ok(Status::Ok)
        }
        Ok(left) => {
            say!("{}: {left} still owed", text::visible(&folder.id));
            Ok(Status::Failed)
        }
        Err(error) => super::unheld(error),
    }
}

fn print_draft(run: Option<&str>) -> Result<Status> {
    let folder = surroundings::runs().find(run)?;
    let verified = match folder.read()? {
        Ok(verified) => verified,
        Err(broken) => {
            eprintln!("{}: {broken}", text::visible(&folder.journal().display().to_string()));
            return Ok(Status::Corrupt);
        }
    };
    let project = Project::from_file(&folder.service());
    let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
        bail!("the run's own files do not load:\n{}", project.diagnostics);
    };
    if verified.entries.is_empty() {
        return Err(eyre!("nothing was recorded in this run"));
    }
    let direction = service.direction(runbook.way);
    let run = Run::new(&service.name, runbook.clone(), Mode::Live, direction).fold(&verified.entries);
    say!(@raw draft(&run, service, Timestamp::now()));
    Ok(Status::Ok)
}
