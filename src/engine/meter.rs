//! The disruption meter: asks from every vantage at a steady rate, each in a task of its own, so that one that hangs slows no
//! other. What comes back is told in the order in which it was asked.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::domain::disruption::{Probe, Vantage};
use crate::ports::{Component, World};

/// How many questions from one vantage may be open at once.
const OPEN: usize = 10;

/// A question that came back.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) vantage: Vantage,
    pub(super) at: Timestamp,
    pub(super) answered: Timestamp,
    pub(super) probe: Probe,
}

/// Every vantage of a world.
pub(super) fn vantages(world: &World) -> Vec<Vantage> {
    world.components.values().flat_map(|component| component.vantages()).collect()
}

/// Starts asking, until the set is dropped.
pub(super) fn start(world: &World, every: Duration, told: &UnboundedSender<Asked>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for component in world.components.values() {
        for vantage in component.vantages() {
            tasks.spawn(watch(world.clone(), Arc::clone(component), vantage, every, told.clone()));
        }
    }
    tasks
}

async fn watch(
    world: World,
    component: Arc<dyn Component>,
    vantage: Vantage,
    every: Duration,
    told: UnboundedSender<Asked>,
) {
    let (clock, vantage) = (&world.clock, &vantage);
    let mut open = FuturesOrdered::new();
    let mut due = clock.mono();
    loop {
        tokio::select! {
            biased;
            Some((at, answered, probe)) = open.next(), if !open.is_empty() => {
                // What could not be asked says nothing of the service.
                let Some(probe) = probe else { continue };
                if told.send(Asked { vantage: vantage.clone(), at, answered, probe }).is_err() {
                    return;
                }
            }
            () = clock.sleep(due.saturating_sub(clock.mono())), if open.len() < OPEN => {
                // After a pause it goes on at the same rate, and makes up for nothing.
                due = (due + every).max(clock.mono());
                let component = &component;
                open.push_back(async move {
                    let at = clock.now();
                    let probe = component.probe(vantage).await;
                    (at, clock.now(), probe)
                });
            }
        }
    }
}
