//! A stand-in for external programs: a simulation touches nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};

use super::clock::SimClock;
use super::scenario::ProgramFault;
use crate::domain::text::{shell_line, visible};
use crate::ports::{Clock, Exit, OutputLine, Program, ProgramSpec};

/// Says what it would have run, takes a few seconds, and ends as the scenario has it.
pub struct Pretend {
    clock: Arc<SimClock>,
    faults: Vec<ProgramFault>,
}

impl Pretend {
    /// Programs that succeed, but for those named.
    pub fn new(clock: Arc<SimClock>, faults: Vec<ProgramFault>) -> Self {
        Self { clock, faults }
    }

    /// The exit status of a program, by its file name.
    fn status(&self, program: &str) -> i32 {
        let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
        self.faults.iter().find(|fault| fault.name == name).map_or(0, |fault| fault.exit)
    }
}

#[async_trait]
impl Program for Pretend {
    fn find(&self, _: &str, _: Option<&str>) -> Option<String> {
        Some("the simulation: nothing is run".to_owned())
    }

    async fn run(
        &self,
        spec: &ProgramSpec,
        output: mpsc::UnboundedSender<OutputLine>,
        mut cancel: watch::Receiver<bool>,
    ) -> Exit {
        let Some(program) = spec.argv.first() else { return Exit::NotStarted("no program is named".to_owned()) };
        let status = self.status(program);
        // Nobody listening is no reason to stop.
        let say = |error: bool, text: String| drop(output.send(OutputLine { error, text }));
        say(false, format!("simulation: not run: {}", visible(&shell_line(&spec.argv))));
        // The environment may hold credentials: names only.
        if !spec.env.is_empty() {
            let names: Vec<&str> = spec.env.iter().map(|(name, _)| name.as_str()).collect();
            say(false, format!("simulation: would have set {}", visible(&names.join(", "))));
        }
        if let Some(dir) = &spec.dir {
            say(false, format!("simulation: would have run in {}", visible(dir)));
        }
        let work = async {
            for _ in 0..3 {
                self.clock.sleep(Duration::from_secs(1)).await;
            }
        };
        let stopped = async {
            // A sender that is dropped before it asked for anything asks for nothing.
            if cancel.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = stopped => return Exit::Cancelled,
            () = self.clock.sleep(spec.timeout) => return Exit::TimedOut,
            () = work => {}
        }
        if status == 0 {
            say(false, "simulation: done".to_owned());
        } else {
            say(true, format!("simulation: the scenario lets this fail with status {status}"));
        }
        Exit::Status(status)
    }
}
