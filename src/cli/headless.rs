//! A simulation without a terminal: the journal is printed as it goes.

use tokio::sync::mpsc;

use super::Status;
use crate::domain::command::Event;
use crate::domain::journal::{Entry, RunOutcome};
use crate::engine::autoplay;
use crate::wire::Stage;

/// Plays a run to its end.
pub(super) fn play(runtime: &tokio::runtime::Runtime, stage: Stage) -> Status {
    if let Some(lead) = &stage.lead {
        let lead = format!("{} on {}", lead.operator, lead.host);
        eprintln!("{} leads this run", crate::domain::text::visible(&lead));
        return Status::Led;
    }
    say!("run {}", crate::domain::text::visible(&stage.folder.id));
    let (run, clock) = (stage.run.clone(), stage.clock.clone());
    let outcome = runtime.block_on(async move {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (tell, mut told) = mpsc::unbounded_channel();
        let (pass_on, passed_on) = mpsc::unbounded_channel();
        let engine = tokio::spawn(stage.run(inbox, tell));
        let print = tokio::spawn(async move {
            while let Some(event) = told.recv().await {
                match &event {
                    Event::Entry(entry) => print_entry(entry),
                    Event::Latched { why } => eprintln!("read-only: {}", crate::domain::text::visible(why)),
                    Event::Refused { why } => eprintln!("refused: {}", crate::domain::text::visible(why)),
                    _ => {}
                }
                // The player may be gone already; printing goes on to the end.
                let _ = pass_on.send(event);
            }
        });
        let outcome = autoplay::play(run, clock, commands, passed_on, autoplay::Then::Leave).await;
        let _ = engine.await;
        let _ = print.await;
        outcome
    });
    match outcome {
        Some(RunOutcome::Verified) => Status::Ok,
        Some(RunOutcome::StoodDown) => Status::StoodDown,
        Some(RunOutcome::Abandoned) | None => Status::Failed,
    }
}

/// One entry, one line.
pub(super) fn line(entry: &Entry) -> String {
    format!(
        "{:>4} {} {:<10} {:<14} {}",
        entry.seq,
        entry.at.strftime("%H:%M:%SZ"),
        crate::domain::text::bounded(&entry.by, 40),
        entry.body.kind(),
        crate::domain::text::visible(&entry.body.says())
    )
}

fn print_entry(entry: &Entry) {
    say!("{}", line(entry));
}
