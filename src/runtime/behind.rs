//! What runs beside the loop: the engine or the player of a replay, and what reads the past runs.

use std::sync::mpsc;

use tokio::sync::mpsc as tokio_mpsc;

use super::{Behind, Wake};
use crate::domain::command::{Command, Event};
use crate::domain::text;
use crate::engine::autoplay;
use crate::wire::Archive;

/// Starts the engine, and whatever passes its events on.
pub(super) fn start_engine(
    runtime: &tokio::runtime::Handle,
    behind: Behind,
    autoplay: Option<tokio_mpsc::UnboundedSender<Command>>,
    inbox: tokio_mpsc::UnboundedReceiver<Command>,
    (number, wake): (u32, mpsc::Sender<Wake>),
) {
    let (tell, mut told) = tokio_mpsc::unbounded_channel();
    let player = match (&behind, autoplay) {
        (Behind::Stage(stage), Some(commands)) => {
            let (pass_on, passed_on) = tokio_mpsc::unbounded_channel();
            let (run, clock) = (stage.run.clone(), std::sync::Arc::clone(&stage.clock));
            runtime.spawn(async move {
                // The console stays open when the run is over: somebody is looking at it.
                let _ = autoplay::play(run, clock, commands, passed_on, autoplay::Then::Stay).await;
            });
            Some(pass_on)
        }
        _ => None,
    };
    match behind {
        Behind::Stage(stage) => runtime.spawn(stage.run(inbox, tell)),
        Behind::Replay(player, from) => runtime.spawn(player.run(from, inbox, tell)),
    };
    runtime.spawn(async move {
        while let Some(event) = told.recv().await {
            if let Some(player) = &player {
                let _ = player.send(event.clone());
            }
            if wake.send(Wake::Engine(number, event)).is_err() {
                return;
            }
        }
    });
}

/// What reads the past runs, beside the loop.
pub(super) struct Reads {
    pub(super) archive: Archive,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) wake: mpsc::Sender<Wake>,
}

impl Reads {
    /// Starts a reading, whose findings come as an event.
    pub(super) fn start(&self) {
        let (archive, wake) = (self.archive.clone(), self.wake.clone());
        self.runtime.spawn_blocking(move || {
            let event = match archive.read() {
                Ok(history) => Event::History(std::sync::Arc::new(history)),
                Err(error) => Event::Refused { why: format!("the past runs: {}", text::visible(&error.to_string())) },
            };
            let _ = wake.send(Wake::Told(event));
        });
    }
}
