//! What a command finds around it: who works on which host, where runs are kept, and the log.

use color_eyre::eyre::Result;
use jiff::Timestamp;

use super::options::WhoOptions;
use crate::domain::text;
use crate::sim;
use crate::store::runs::{RunFolder, Runs, default_root};
use crate::wire::Operator;

/// Who works here.
pub(super) fn operator(who: &WhoOptions) -> Operator {
    let login = || whoami::username().unwrap_or_else(|_| "operator".to_owned());
    let name = who.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(login);
    let shared = crate::term::capabilities::shared(&|name| std::env::var(name).ok());
    Operator {
        name: text::bounded(name.trim(), 40),
        host: text::bounded(&gethostname::gethostname().to_string_lossy(), 80),
        shared_terminal: shared.map(|shared| shared.to_string()),
    }
}

/// The runs of this machine.
pub(super) fn runs() -> Runs {
    Runs::new(default_root())
}

/// A runtime for what talks to the world. Two threads: nothing here computes.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Logs to a file beside the runs, if HANDOVER_LOG says what (such as `handover=debug`). The guard writes out what is
/// left when it is dropped.
pub(super) fn log() -> Option<tracing_appender::non_blocking::WorkerGuard> {
    let filter = std::env::var("HANDOVER_LOG").ok().filter(|filter| !filter.is_empty())?;
    let folder = default_root().parent().map(std::path::Path::to_owned).unwrap_or_default();
    std::fs::create_dir_all(&folder).ok()?;
    let (out, guard) = tracing_appender::non_blocking(tracing_appender::rolling::never(folder, "handover.log"));
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_ansi(false)
        .with_writer(out)
        .try_init()
        .ok()?;
    Some(guard)
}

/// The time by the run's own clock: a simulation's may go faster.
pub(super) fn now(folder: &RunFolder) -> Result<Timestamp> {
    let header = sim::log::header(&folder.wire_log())?;
    Ok(header.map_or_else(Timestamp::now, |header| crate::ports::Clock::now(&header.clock())))
}
