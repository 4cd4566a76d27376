//! An observer's engine: the readings of its own sampler, and the lead's journal as it grows. It obeys nothing that
//! writes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::preflight::{Known, Preflights};
use super::sampler::Sampler;
use crate::domain::command::{Command, Event};
use crate::domain::journal::{Body, verify};
use crate::ports::World;

/// How often the lead's journal is read.
const EVERY: Duration = Duration::from_millis(500);

/// Follows a journal, of which `known` entries have been taken in, until it is told to leave.
pub async fn run(
    world: World,
    journal: PathBuf,
    mut known: u64,
    mut lead: String,
    mut preflights: Preflights,
    mut commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<Event>,
) {
    let (looks, mut looks_in) = mpsc::unbounded_channel();
    let sampler = Sampler::start(&world, &looks);
    let mut length = 0;
    // One timer for all turns of the loop: readings that come quicker than it would else put it off for ever.
    let mut due = tokio::time::interval(EVERY);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                None | Some(Command::Leave) => break,
                Some(Command::Refresh) => {
                    let all = sampler.everything();
                    let (look, looks) = (sampler.look_now(&all), looks.clone());
                    tokio::spawn(async move {
                        for look in look.await {
                            let _ = looks.send(look);
                        }
                    });
                }
                Some(Command::Preflight) => preflights.ask(),
                Some(Command::Selected(_)) => {}
                Some(_) => {
                    let why = format!("{lead} leads this run; this console only watches");
                    let _ = events.send(Event::Refused { why });
                }
            },
            Some(look) = looks_in.recv() => {
                let _ = events.send(Event::Looked {
                    component: look.component,
                    place: look.place,
                    at: look.at,
                    fresh_for: look.fresh_for,
                    result: Arc::new(look.result),
                });
            }
            known = Preflights::next(Some(&mut preflights)) => {
                let _ = events.send(match known {
                    Known::Account(account) => Event::Account(Arc::new(account)),
                    Known::Preflight(made) => Event::Preflight(Arc::new(made)),
                });
            }
            _ = due.tick() => {
                let Ok(now) = tokio::fs::metadata(&journal).await.map(|data| data.len()) else { continue };
                if now == length {
                    continue;
                }
                let Ok(bytes) = tokio::fs::read(&journal).await else { continue };
                match verify(&bytes) {
                    Ok(verified) => {
                        length = now;
                        for entry in verified.entries.into_iter().filter(|entry| entry.seq > known).collect::<Vec<_>>() {
                            known = entry.seq;
                            if let Body::LeadChange { lead: now, .. } = &entry.body {
                                lead.clone_from(now);
                            }
                            let _ = events.send(Event::Entry(Arc::new(entry)));
                        }
                    }
                    Err(broken) => {
                        length = now;
                        let _ = events.send(Event::Latched { why: format!("the lead's journal does not verify: {broken}") });
                    }
                }
            }
        }
    }
    let _ = events.send(Event::Ended);
}
