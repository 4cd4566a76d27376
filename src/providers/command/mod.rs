//! `command`: a declared program whose JSON is read into facts, and declared programs as actions.
//!
//! No shell reads an argument. What an action has done is seen by its `done` fact; without one, its exit status alone says
//! so, and where that is not known either, nobody here can tell.

pub mod live;
mod read;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, Call, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Evidence, Health, Observation, Unread, Value, Why};
use crate::domain::region::Place;
use crate::domain::runbook::Hazard;
use crate::domain::service::{self, CommandAction, CommandFact, Done};
use crate::domain::text;
use crate::ports::{CommandAnswer, CommandLine, Commands, Component, Exit};
use crate::providers::own::{Own, basis, refused};

/// For how long after its end what a program did may not show yet.
const WOULD_SHOW: Duration = Duration::from_mins(1);

/// A declared program.
pub struct Command {
    own: Own,
    spec: service::Command,
    service: String,
    commands: Arc<dyn Commands>,
}

impl Command {
    pub(crate) fn new(own: Own, spec: service::Command, service: String, commands: Arc<dyn Commands>) -> Self {
        Self { own, spec, service, commands }
    }

    /// `command:aws`.
    fn source(argv: &[String]) -> String {
        let program = argv.first().map_or("", String::as_str);
        let name = program.rsplit('/').next().unwrap_or(program);
        format!("command:{}", text::bounded(name, 60))
    }

    fn filled(&self, words: &[String], place: &Place) -> Vec<String> {
        let home = &self.own.regions;
        let one = |word: &String| {
            let word = word.replace("{service}", &self.service);
            let word = word.replace("{primary}", home.primary.as_str()).replace("{standby}", home.standby.as_str());
            match place.region() {
                Some(region) => word.replace("{region}", region.as_str()),
                None => word,
            }
        };
        words.iter().map(one).collect()
    }

    async fn ask(&self, place: &Place) -> Result<serde_json::Value, Unread> {
        let argv = self.filled(&self.spec.observe, place);
        let what = format!("{} {place}", Self::source(&argv));
        let line = CommandLine {
            component: self.own.id.clone(),
            action: None,
            place: place.clone(),
            argv,
            timeout: self.spec.timeout,
        };
        read::json(&what, &self.commands.run(&line).await)
    }

    async fn look(&self, place: &Place) -> Result<Observation, Unread> {
        let answer = self.ask(place).await?;
        let mut seen = Observation::new(format!("{} {place}", Self::source(&self.spec.observe)));
        let (mut judged, mut wrong) = (false, Vec::new());
        let mut said = Vec::new();
        for fact in &self.spec.facts {
            match read::fact(fact, &answer) {
                Ok(value) => {
                    judged |= fact.healthy.is_some();
                    let shown = format!("{} {value}", fact.name);
                    if fact.healthy.as_ref().is_some_and(|healthy| !healthy.holds(&value)) {
                        wrong.push(shown.clone());
                    }
                    said.push(shown);
                    seen.fact(&fact.name, value);
                }
                Err(unread) => {
                    said.push(format!("{} ?", fact.name));
                    seen.unread.push((fact.name.clone(), unread));
                }
            }
        }
        // What is wrong comes first: a line may be cut.
        let missing = self.spec.facts.iter().any(|fact| fact.healthy.is_some() && seen.value(&fact.name).is_none());
        let (health, summary) = if !wrong.is_empty() {
            (Health::Degraded, format!("not as it should be: {}", wrong.join(", ")))
        } else if judged && !missing {
            (Health::Healthy, said.join(", "))
        } else {
            // Something was not read, or nothing says what would be well.
            (Health::Unknown, said.join(", "))
        };
        seen.glance(health, summary);
        Ok(seen)
    }

    /// Where the facts of an ask are.
    fn place(&self, on: &Place) -> Place {
        if self.spec.global { Place::Global } else { on.clone() }
    }

    /// The fact by which an action is seen to be done, as it is now.
    async fn now(&self, done: &Done, on: &Place) -> Result<(Value, Evidence), Unread> {
        let place = self.place(on);
        let spec = self.spec.fact(&done.fact);
        let spec: &CommandFact = spec.ok_or_else(|| Unread::new(Why::NotFound, "there is no such fact"))?;
        let value = read::fact(spec, &self.ask(&place).await?)?;
        let source = format!("{} {place}", Self::source(&self.spec.observe));
        let evidence = self.own.evidence(&place, &done.fact, value.to_string(), &source);
        Ok((value, evidence))
    }

    fn action(&self, name: &str) -> Option<&CommandAction> {
        self.spec.action(name)
    }

    fn names(&self) -> Vec<&str> {
        self.spec.actions.iter().map(|action| action.name.as_str()).collect()
    }

    async fn plan_action(&self, ask: &Ask, action: &CommandAction) -> Result<Plan, Refusal> {
        let (region, _) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let wanted = self.filled(&action.run, &ask.on);
        let mut changes = self.filled(std::slice::from_ref(&action.changes), &ask.on);
        let mut rests_on = vec![("timeout".to_owned(), format!("{} s", action.timeout.as_secs_f64()))];
        if let Some(done) = &action.done {
            let unread = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
            let (value, _) = self.now(done, &ask.on).await.map_err(unread)?;
            if value == done.is {
                return Err(Refusal::already(format!("{} is {value} already", done.fact)));
            }
            changes.push(format!("It is done when {} is {}; it is {value} now.", done.fact, done.is));
            rests_on.push((done.fact.clone(), value.to_string()));
        } else {
            changes.push("Nothing shows whether it is done but the program's own exit status.".to_owned());
        }
        let call = Call {
            service: "command".to_owned(),
            operation: action.name.clone(),
            control_plane: region.to_string(),
            params: argv(&wanted),
        };
        let irreversible = action.hazard == Hazard::Irreversible;
        let rests_on: Vec<(&str, &str)> = rests_on.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        Ok(Plan {
            changes,
            basis: basis(&rests_on),
            phrase: irreversible.then(|| format!("{} {region}", action.name)),
            ..self.own.plan(ask, call, text::shell_line(&wanted), action.hazard)
        })
    }
}

fn argv(words: &[String]) -> Vec<(String, String)> {
    words.iter().enumerate().map(|(at, word)| (format!("argv[{at}]"), word.clone())).collect()
}

#[async_trait]
impl Component for Command {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        if self.spec.global { vec![Place::Global] } else { self.own.both() }
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        match (place, self.spec.global) {
            (Place::Global, true) => self.look(place).await,
            (Place::Region(_), false) => {
                self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
                self.look(place).await
            }
            _ => Err(Unread::new(Why::NotFound, format!("{} is not observed at {place}", self.own.id))),
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match self.action(&ask.action) {
            Some(action) => self.plan_action(ask, action).await,
            None => Err(self.own.no_action(ask, &self.names())),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let action = self.action(&plan.action).ok_or_else(|| refused(format!("there is no action {}", plan.action)))?;
        self.own.side(&plan.on).map_err(refused)?;
        let wanted = self.filled(&action.run, &plan.on);
        if plan.call.params != argv(&wanted) {
            return Err(refused("the plan names another program or other arguments than the service file"));
        }
        let line = CommandLine {
            component: self.own.id.clone(),
            action: Some(action.name.clone()),
            place: plan.on.clone(),
            argv: wanted,
            timeout: action.timeout,
        };
        let answer: CommandAnswer = self.commands.run(&line).await;
        let said = read::ended(&answer);
        match answer.exit {
            // A program that fails may have done a part of it: its status is kept, and `settle` looks.
            Exit::Status(status) => {
                Ok(Receipt { request_id: None, answer: said, handle: (status != 0).then(|| status.to_string()) })
            }
            Exit::NotStarted(_) => Err(refused(said)),
            Exit::Signal(_) | Exit::TimedOut | Exit::Cancelled => Err(PerformError::Unknown { message: said }),
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let Some(action) = self.action(&plan.action) else {
            return Settlement::CannotTell(format!("there is no action {}", plan.action));
        };
        let source = Self::source(&action.run);
        let ended = receipt.map(|receipt| self.own.evidence(&plan.on, "answer", &receipt.answer, &source));
        let failed = receipt.and_then(|receipt| receipt.handle.as_deref());
        let Some(done) = &action.done else {
            return match (ended, failed) {
                (Some(ended), None) => Settlement::Done(vec![ended]),
                (Some(ended), Some(status)) => {
                    Settlement::Failed(format!("the program ended with exit status {status}"), vec![ended])
                }
                (None, _) => Settlement::CannotTell(
                    "nobody saw how the program ended, and no fact is declared by which it is seen to be done"
                        .to_owned(),
                ),
            };
        };
        let (value, evidence) = match self.now(done, &plan.on).await {
            Ok(now) => now,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let evidence: Vec<Evidence> = std::iter::once(evidence).chain(ended).collect();
        if value == done.is {
            return Settlement::Done(evidence);
        }
        let yet = format!("{} is {value}, not {} yet", done.fact, done.is);
        match (receipt, failed) {
            (Some(_), Some(status)) => Settlement::Failed(
                format!("the program ended with exit status {status}, and {} is {value}", done.fact),
                evidence,
            ),
            (Some(_), None) => Settlement::InProgress(yet, evidence),
            (None, _) if since <= action.timeout + WOULD_SHOW => Settlement::InProgress(yet, evidence),
            // Half of what it does may be done: that it was not even started cannot be told.
            (None, _) => {
                Settlement::CannotTell(format!("nobody saw how the program ended, and {} is {value}", done.fact))
            }
        }
    }
}
