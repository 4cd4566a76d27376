//! A stand-in for declared programs: a simulation runs nothing.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::regions::Regions;
use super::world::faults::{ApiCall, Verdict};
use super::world::mutation::Change;
use crate::domain::region::Region;
use crate::ports::{Clock as _, CommandAnswer, CommandLine, Commands, Exit, within};

/// Prints what is simulated, and does what an action is done by.
pub struct Pretend {
    regions: Arc<Regions>,
}

impl Pretend {
    pub(super) fn new(regions: Arc<Regions>) -> Self {
        Self { regions }
    }

    /// The exit status that the scenario has for a program, by its file name.
    fn status(&self, program: &str) -> i32 {
        let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
        self.regions.look(|world| {
            let faults = &world.scenario().programs;
            faults.iter().find(|fault| fault.name == name).map_or(0, |fault| fault.exit)
        })
    }

    fn print(&self, line: &CommandLine) -> CommandAnswer {
        let region = line.place.region().map(Region::as_str);
        let printed = self.regions.look(|world| {
            let declared = world.declared(&line.component)?;
            Some(world.printed(declared, region, world.now()).to_string())
        });
        printed.map_or_else(|| failed(2, "simulation: there is no such component"), |out| ended(Exit::Status(0), out))
    }

    fn act(&self, line: &CommandLine, action: &str) -> CommandAnswer {
        let region = line.place.region().map_or("", Region::as_str);
        let change = Change::RunCommand { component: line.component.clone(), action: action.to_owned() };
        match self.regions.act(|world, id| world.apply(region, id, change).map(|_| ())) {
            Ok(Ok(())) => ended(Exit::Status(0), "simulation: not run".to_owned()),
            Ok(Err(error)) => failed(1, &error.message),
            Err(error) => failed(1, &format!("simulation: it cannot be kept: {error}")),
        }
    }
}

fn ended(exit: Exit, stdout: String) -> CommandAnswer {
    CommandAnswer { exit, stdout, stderr: String::new(), cut: false }
}

fn failed(status: i32, said: &str) -> CommandAnswer {
    CommandAnswer { stderr: said.to_owned(), ..ended(Exit::Status(status), String::new()) }
}

#[async_trait]
impl Commands for Pretend {
    async fn run(&self, line: &CommandLine) -> CommandAnswer {
        let clock = self.regions.clock();
        let region = line.place.region().map_or("", Region::as_str);
        let operation = line.action.as_deref().unwrap_or("observe");
        let (verdict, latency) = self.regions.verdict(&ApiCall { region, service: "command", operation });
        clock.sleep(latency).await;
        let answer = || match &line.action {
            Some(action) => self.act(line, action),
            None => self.print(line),
        };
        let status = self.status(line.argv.first().map_or("", String::as_str));
        if status != 0 {
            return failed(status, &format!("simulation: the scenario lets this fail with status {status}"));
        }
        let silent = async {
            let _ = within(clock.as_ref(), line.timeout, self.regions.never()).await;
            ended(Exit::TimedOut, String::new())
        };
        match verdict {
            Verdict::Answer => answer(),
            Verdict::LoseAnswer => {
                answer();
                silent.await
            }
            Verdict::Hang => silent.await,
            Verdict::Refuse => failed(255, "Could not connect to the endpoint URL"),
            Verdict::Deny => failed(254, "An error occurred (AccessDenied): not authorized"),
            Verdict::Throttle => failed(254, "An error occurred (Throttling): Rate exceeded"),
            Verdict::Error => failed(254, "An error occurred (InternalFailure): the request has failed"),
        }
    }
}
