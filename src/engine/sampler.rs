//! Looks at every component in every place, each in a task of its own and at its own pace: a place that hangs ages
//! its own readings and no others. Looks of one pace begin together, so that what stands side by side on the screen was
//! read side by side.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::Place;
use crate::ports::{Component, Components, World, within};

/// How long one look may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A look, as it comes back.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) component: String,
    pub(super) place: Place,
    pub(super) at: Timestamp,
    pub(super) fresh_for: Duration,
    pub(super) result: Result<Observation, Unread>,
}

/// The sampler's handle: ends its tasks when dropped.
pub(super) struct Sampler {
    world: World,
    brisk: watch::Sender<bool>,
    tasks: tokio::task::JoinSet<()>,
}

impl Sampler {
    /// Starts looking.
    pub(super) fn start(world: &World, looks: &UnboundedSender<Look>) -> Self {
        let (brisk, _) = watch::channel(false);
        let mut tasks = tokio::task::JoinSet::new();
        for component in world.components.values() {
            for place in component.places() {
                let (world, component, looks) = (world.clone(), Arc::clone(component), looks.clone());
                let mut brisk = brisk.subscribe();
                tasks.spawn(async move {
                    loop {
                        let look = look(&world, component.as_ref(), &place).await;
                        let throttled = matches!(&look.result, Err(unread) if unread.why == Why::Throttled);
                        if looks.send(look).is_err() {
                            return;
                        }
                        let mut pause = component.pace();
                        if *brisk.borrow_and_update() {
                            pause = pause.min(BRISK);
                        }
                        if throttled {
                            pause *= 2;
                        }
                        tokio::select! {
                            () = world.clock.sleep(until_next(world.clock.mono(), pause)) => {}
                            changed = brisk.changed() => if changed.is_err() { return },
                        }
                    }
                });
            }
        }
        Self { world: world.clone(), brisk, tasks }
    }

    /// While a step runs, everything is looked at at least every five seconds.
    pub(super) fn set_brisk(&self, brisk: bool) {
        self.brisk.send_if_modified(|now| std::mem::replace(now, brisk) != brisk);
    }

    /// Looks at some components now, all at once, and returns what was seen.
    pub(super) fn look_now(&self, wanted: &[(String, Place)]) -> impl Future<Output = Vec<Look>> + Send + use<> {
        let world = self.world.clone();
        let wanted = wanted.to_vec();
        async move {
            join_all(wanted.iter().filter_map(|(id, place)| {
                let component = component(&world.components, id, place)?;
                let world = &world;
                Some(async move { look(world, component.as_ref(), place).await })
            }))
            .await
        }
    }

    /// Every component and place there is.
    pub(super) fn everything(&self) -> Vec<(String, Place)> {
        let places =
            |c: &Arc<dyn Component>| c.places().into_iter().map(|p| (c.id().to_owned(), p)).collect::<Vec<_>>();
        self.world.components.values().flat_map(places).collect()
    }

    /// Stops looking.
    pub(super) fn stop(&mut self) {
        self.tasks.abort_all();
    }
}

/// The time until the next whole multiple of `pause`.
fn until_next(now: Duration, pause: Duration) -> Duration {
    let into = now.as_nanos().checked_rem(pause.as_nanos()).unwrap_or(0);
    pause.saturating_sub(Duration::from_nanos(u64::try_from(into).unwrap_or(0)))
}

const BRISK: Duration = Duration::from_secs(5);

fn component(components: &Components, id: &str, place: &Place) -> Option<Arc<dyn Component>> {
    components.get(id).filter(|component| component.places().contains(place)).cloned()
}

async fn look(world: &World, component: &dyn Component, place: &Place) -> Look {
    // A reading is as old as the question, not as the answer.
    let at = world.clock.now();
    let result = match within(world.clock.as_ref(), LIMIT, component.observe(place)).await {
        Some(result) => result,
        None => Err(Unread::new(Why::TimedOut, format!("no answer within {} s", LIMIT.as_secs()))),
    };
    Look { component: component.id().to_owned(), place: place.clone(), at, fresh_for: component.pace() * 3, result }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_of_one_pace_begin_together() {
        let seconds = Duration::from_secs;
        assert_eq!(until_next(seconds(12), seconds(5)), seconds(3));
        assert_eq!(until_next(seconds(15), seconds(5)), seconds(5));
        assert_eq!(until_next(Duration::from_millis(14_999), seconds(5)), Duration::from_millis(1));
        assert_eq!(until_next(seconds(12), Duration::ZERO), Duration::ZERO);
    }
}
