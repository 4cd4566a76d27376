//! External programs as steps.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Found, MYSELF};
use crate::domain::command::Event;
use crate::domain::journal::{Body, OutcomeOf};
use crate::domain::run::{Ending, State};
use crate::ports::{Exit, OutputLine, ProgramSpec};

/// How many of a program's last lines the journal keeps.
const KEPT: usize = 20;

impl Executor {
    /// Runs it, in a task of its own.
    pub(super) fn spawn_program(&mut self, id: &str, spec: ProgramSpec) {
        let (cancel, cancelled) = tokio::sync::watch::channel(false);
        self.cancels.insert(id.to_owned(), cancel);
        self.output.insert(id.to_owned(), Vec::new());
        let (found, clock, program) =
            (self.found.clone(), Arc::clone(&self.world.clock), Arc::clone(&self.world.program));
        let step = id.to_owned();
        // Not in `tasks`: its process group is ended by cancelling, not by forgetting it.
        tokio::spawn(async move {
            let began = clock.mono();
            let (lines, mut lines_in) = tokio::sync::mpsc::unbounded_channel();
            let forward = async {
                while let Some(line) = lines_in.recv().await {
                    let _ = found.send(Found::Line { step: step.clone(), line });
                }
            };
            let (exit, ()) = tokio::join!(program.run(&spec, lines, cancelled), forward);
            let took = clock.mono().saturating_sub(began);
            let _ = found.send(Found::ProgramEnded { step, exit, took });
        });
    }

    pub(super) fn line(&mut self, step: String, line: OutputLine) {
        let kept = self.output.entry(step.clone()).or_default();
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(line.text.clone());
        self.tell(Event::Output { step, line: line.text });
    }

    pub(super) async fn program_ended(&mut self, id: &str, exit: Exit, took: Duration) {
        self.cancels.remove(id);
        let lines = self.output.remove(id).unwrap_or_default();
        let state = self.run.state(id);
        if !lines.is_empty() {
            self.record(MYSELF, Body::Output { step: id.to_owned(), lines }).await;
        }
        let says = match &exit {
            Exit::Status(status) => format!("exit status {status}"),
            Exit::Signal(signal) => format!("ended by signal {signal}"),
            Exit::TimedOut => "it ran out of time, and its process group was ended".to_owned(),
            Exit::Cancelled => "cancelled, and its process group was ended".to_owned(),
            Exit::NotStarted(why) => format!("it could not be started: {why}"),
        };
        if state == State::InFlight {
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let attempt = self.run.record(id).tries;
            let body = Body::Attempt {
                step: id.to_owned(),
                attempt,
                request: 1,
                request_id: None,
                took_ms,
                answer: says.clone(),
            };
            self.record(MYSELF, body).await;
            let outcome = match exit {
                Exit::Status(0) => OutcomeOf::Accepted { answer: says.clone(), handle: None },
                Exit::Status(_) | Exit::NotStarted(_) => OutcomeOf::Refused { message: says.clone() },
                // It was stopped half-way: what it had done by then, only a person can look up.
                Exit::Signal(_) | Exit::TimedOut | Exit::Cancelled => OutcomeOf::Unknown { message: says.clone() },
            };
            let unknown = matches!(outcome, OutcomeOf::Unknown { .. });
            self.record(MYSELF, Body::Outcome { step: id.to_owned(), attempt, outcome }).await;
            if unknown {
                return;
            }
        } else if state != State::Looking {
            return;
        }
        if exit == Exit::Status(0) {
            self.settle_step(MYSELF, id, Ending::Ran, says, Vec::new()).await;
        } else {
            self.fail_step(MYSELF, id, says, Vec::new()).await;
        }
    }
}
