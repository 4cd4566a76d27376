//! The preflight: asks everything that a run of any of these runbooks would need, and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::dry_run::look_at_all;
use crate::domain::account::Account;
use crate::domain::board::Board;
use crate::domain::journal::Body;
use crate::domain::preflight::{Asked, EVERY, Estate, Preflight, Question, Right, Ruling, judge, questions};
use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::Region;
use crate::domain::review::{Finding, Live, Subject, review};
use crate::domain::runbook::{Action, Exec, Runbook, Ungraceful};
use crate::domain::service::{Service, Spec};
use crate::ports::{World, within};

/// How long IAM's simulator is waited for in all.
const SIMULATOR: Duration = Duration::from_mins(2);
/// How long any other question is.
const LIMIT: Duration = Duration::from_secs(15);

/// How long after its start a console asks whose account it is in.
const WHOSE: Duration = Duration::from_secs(1);
/// How long after that it asks for all the rest for the first time: what is on the screen comes first.
const FIRST: Duration = Duration::from_secs(4);
/// How many wrong things an entry names.
const NAMED: usize = 30;

/// What is found out beforehand.
pub(super) enum Known {
    /// Whose account our credentials are for.
    Account(Account),
    /// What a run will need.
    Preflight(Preflight),
}

/// Preflights while a console is open: now and then, and when somebody asks; and before each, whose account it is in.
pub struct Preflights {
    ask: mpsc::UnboundedSender<()>,
    known: mpsc::UnboundedReceiver<Known>,
    task: JoinHandle<()>,
}

impl Preflights {
    /// Begins to make them.
    pub fn start(world: World, service: Arc<Service>, runbooks: Vec<Runbook>, dir: Option<String>) -> Self {
        let (ask, mut asked) = mpsc::unbounded_channel();
        let (out, known) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            world.clock.sleep(WHOSE).await;
            whose(&world, &service, &out).await;
            let mut wait = FIRST;
            loop {
                tokio::select! {
                    () = world.clock.sleep(wait) => {}
                    asked = asked.recv() => if asked.is_none() { return },
                }
                if wait == EVERY {
                    whose(&world, &service, &out).await;
                }
                let made = preflight(&world, &service, &runbooks, dir.as_deref()).await;
                if out.send(Known::Preflight(made)).is_err() {
                    return;
                }
                // Whoever asked while it was made has their answer.
                while asked.try_recv().is_ok() {}
                wait = EVERY;
            }
        });
        Self { ask, known, task }
    }

    /// Asks for one now.
    pub(super) fn ask(&self) {
        let _ = self.ask.send(());
    }

    /// What is found out next; without any, for ever.
    pub(super) async fn next(of: Option<&mut Self>) -> Known {
        if let Some(preflights) = of
            && let Some(known) = preflights.known.recv().await
        {
            return known;
        }
        std::future::pending().await
    }
}

impl Drop for Preflights {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a run's journal keeps of it.
pub(super) fn entry(made: &Preflight) -> Body {
    let wrong = made.wrong().map(|row| format!("{}: {}", row.what, row.says)).take(NAMED).collect();
    let (identity, clock_ms) = (made.identity.clone(), made.clock_ms);
    Body::Preflight { begun: made.at, identity, clock_ms, says: made.summary(), wrong }
}

/// Asks everything, the components and who we are at once.
pub async fn preflight(world: &World, service: &Service, runbooks: &[Runbook], dir: Option<&str>) -> Preflight {
    let at = world.clock.now();
    let regions = [&service.regions.primary, &service.regions.standby];
    let who = join_all(regions.map(|region| async move {
        let seen = bounded(world, world.access.identity(region)).await;
        (region.clone(), seen.unwrap_or_else(Err))
    }));
    let (identity, looks, rights) = tokio::join!(who, look_at_all(world), rights(world, service, runbooks));
    let mut board = Board::default();
    for (id, place, fresh_for, result) in &looks {
        board.record(id, place, at, *fresh_for, result);
    }
    let (questions, rulings) = permissions(world, service, runbooks, &identity).await;
    let estate = looks.into_iter().map(|(component, place, _, result)| Estate { component, place, result }).collect();
    let asked = Asked {
        at,
        identity,
        questions,
        rulings,
        rights,
        answered: world.access.answered(),
        programs: programs(service, runbooks)
            .into_iter()
            .map(|(program, folder)| {
                let found = world.program.find(&program, folder.as_deref().or(dir));
                (program, found)
            })
            .collect(),
        estate,
        findings: found_by_looking(service, runbooks, &board, at),
    };
    judge(service, runbooks, &asked)
}

/// Tells whose account our credentials are for, as soon as one Region says so (the standby's word first: the primary may be out);
/// then what it is called, as IAM may be out, too.
async fn whose(world: &World, service: &Service, out: &mpsc::UnboundedSender<Known>) {
    let wanted = service.aws.account.as_deref();
    for region in [&service.regions.standby, &service.regions.primary] {
        let Ok(Ok(seen)) = bounded(world, world.access.identity(region)).await else { continue };
        let Some(id) = seen.said("account") else { continue };
        let _ = out.send(Known::Account(Account::new(id, None, wanted)));
        if let Ok(Ok(Some(alias))) = bounded(world, world.access.alias()).await {
            let _ = out.send(Known::Account(Account::new(id, Some(&alias), wanted)));
        }
        return;
    }
}

async fn bounded<T>(world: &World, question: impl Future<Output = T>) -> Result<T, Unread> {
    let late = || Unread::new(Why::TimedOut, format!("no answer within {} s", LIMIT.as_secs()));
    within(world.clock.as_ref(), LIMIT, question).await.ok_or_else(late)
}

type Answered = (Region, Result<Observation, Unread>);

/// What IAM's simulator says, asked as whom the standby knows us: the primary may be out.
async fn permissions(
    world: &World,
    service: &Service,
    runbooks: &[Runbook],
    identity: &[Answered],
) -> (Vec<Question>, Result<Vec<Ruling>, Unread>) {
    let seen = identity.iter().rev().find_map(|(_, seen)| {
        let seen = seen.as_ref().ok()?;
        Some((seen.said("arn")?, seen.said("account")?))
    });
    let Some((arn, account)) = seen else {
        let why = Unread::new(Why::Auth, "without an identity nothing can be asked of IAM");
        return (Vec::new(), Err(why));
    };
    let questions = questions(service, runbooks, account);
    let asked = world.access.rulings(arn, &questions);
    let late = || Err(Unread::new(Why::TimedOut, format!("no answer within {} s", SIMULATOR.as_secs())));
    let rulings = within(world.clock.as_ref(), SIMULATOR, asked).await.unwrap_or_else(late);
    (questions, rulings)
}

/// What systems with rights of their own say of every action.
async fn rights(world: &World, service: &Service, runbooks: &[Runbook]) -> Vec<Right> {
    let mut acts = BTreeSet::new();
    for runbook in runbooks {
        let direction = service.direction(runbook.way);
        for (_, step) in runbook.steps() {
            if let Action::Act { component, action, on } = &step.action {
                let place = on.place(&direction, &service.regions);
                acts.insert((component.clone(), action.clone(), place.clone()));
                if let Some(Ungraceful::Act { action, .. }) = &step.ungraceful {
                    acts.insert((component.clone(), action.clone(), place));
                }
            }
        }
    }
    let asked = acts.iter().filter_map(|(component, action, place)| {
        let part = world.components.get(component)?;
        Some(async move {
            let may = bounded(world, part.may(action, place)).await;
            may.unwrap_or_else(|late| {
                let (component, what) = (component.clone(), action.clone());
                let right = |region: &Region| Right { component, region: region.clone(), what, answer: Err(late) };
                place.region().map(right).into_iter().collect()
            })
        })
    });
    let mut told: Vec<Right> = Vec::new();
    for right in join_all(asked).await.into_iter().flatten() {
        // Two actions may need the same.
        if !told.contains(&right) {
            told.push(right);
        }
    }
    told
}

/// The programs that steps and components start, each once, and the folder where a step has its own.
fn programs(service: &Service, runbooks: &[Runbook]) -> BTreeMap<String, Option<String>> {
    let mut all = BTreeMap::new();
    let named = |exec: &Exec| if exec.shell.is_some() { Some("/bin/sh".to_owned()) } else { exec.run.first().cloned() };
    for (_, step) in runbooks.iter().flat_map(Runbook::steps) {
        if let Action::Exec(exec) = &step.action
            && let Some(program) = named(exec)
        {
            all.entry(program).or_insert_with(|| exec.dir.clone());
        }
    }
    for component in &service.components {
        match &component.spec {
            Spec::Kubernetes(_) => drop(all.entry("kubectl".to_owned()).or_insert(None)),
            Spec::Command(command) => {
                let acts = command.actions.iter().filter_map(|action| action.run.first());
                for program in command.observe.first().into_iter().chain(acts) {
                    all.entry(program.clone()).or_insert(None);
                }
            }
            _ => {}
        }
    }
    all
}

/// What the review finds with what was read, and does not without.
fn found_by_looking(service: &Service, runbooks: &[Runbook], board: &Board, now: Timestamp) -> Vec<Finding> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let subject = |live| Subject { service, runbooks, live, drills: None, today };
    let (without, with) = (review(&subject(None)), review(&subject(Some(Live { board, now }))));
    with.into_iter().filter(|finding| !without.contains(finding)).collect()
}
