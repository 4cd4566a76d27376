//! Publishes metrics, now and then, by a task of its own: whoever has them is only asked for them, and waits for nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::domain::metrics::Metric;
use crate::domain::reading::{Unread, Why};
use crate::ports::{Clock, MetricStore, World, within};

/// How long CloudWatch may take to answer.
const LIMIT: Duration = Duration::from_secs(20);
/// How long the first readings are waited for.
const FIRST: Duration = Duration::from_secs(10);
/// The wait after a first failure; each further one doubles it.
const RETRY: Duration = Duration::from_secs(5);
/// The longest wait between two tries, unless they are further apart anyway.
const LONGEST: Duration = Duration::from_mins(5);

/// What the publisher wants, or tells.
#[derive(Debug)]
pub enum Word {
    /// What is known now is wanted.
    Wanted(oneshot::Sender<Vec<Metric>>),
    /// They are not taken, and why: said once, until they are again.
    Failing(String),
    /// They are taken again.
    Recovered,
}

/// Metrics on their way to where others keep them; ends when it is dropped.
pub struct Publisher {
    words: mpsc::UnboundedReceiver<Word>,
    now: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Begins to publish, where the world has a place for it. Must be called inside a runtime.
    pub fn start(world: &World, every: Duration) -> Option<Self> {
        let (store, clock) = (Arc::clone(world.metrics.as_ref()?), Arc::clone(&world.clock));
        let (tell, words) = mpsc::unbounded_channel();
        let now = Arc::new(Notify::new());
        let task = tokio::spawn(publish(store, clock, every, tell, Arc::clone(&now)));
        Some(Self { words, now, task })
    }

    /// Publishes at once: something is known that may not be for long.
    pub fn hurry(&self) {
        self.now.notify_one();
    }

    /// What it wants or tells next; without any, never.
    pub async fn next(of: Option<&mut Self>) -> Word {
        if let Some(publisher) = of
            && let Some(word) = publisher.words.recv().await
        {
            return word;
        }
        std::future::pending().await
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn publish(
    store: Arc<dyn MetricStore>,
    clock: Arc<dyn Clock>,
    every: Duration,
    tell: mpsc::UnboundedSender<Word>,
    now: Arc<Notify>,
) {
    let mut failures: u32 = 0;
    let mut wait = FIRST.min(every);
    loop {
        // Whoever hurries is not heard while it fails: the other side is given its time.
        if failures == 0 {
            let _ = within(clock.as_ref(), wait, now.notified()).await;
        } else {
            clock.sleep(wait).await;
        }
        let (answer, metrics) = oneshot::channel();
        if tell.send(Word::Wanted(answer)).is_err() {
            return;
        }
        let Ok(metrics) = metrics.await else { return };
        let at = clock.now();
        let late = || Unread::new(Why::TimedOut, format!("no answer within {} s", LIMIT.as_secs()));
        let put = within(clock.as_ref(), LIMIT, store.put(&metrics, at)).await.unwrap_or_else(|| Err(late()));
        let word = match put {
            Ok(()) => {
                wait = every;
                (std::mem::take(&mut failures) > 0).then_some(Word::Recovered)
            }
            Err(why) => {
                tracing::warn!(%why, "metrics are not published");
                wait = backoff(failures, every);
                failures = failures.saturating_add(1);
                (failures == 1).then(|| Word::Failing(why.to_string()))
            }
        };
        if word.is_some_and(|word| tell.send(word).is_err()) {
            return;
        }
    }
}

/// How long is waited after so many failures: what was known then is not sent again, only what is known by the next try.
fn backoff(failures: u32, every: Duration) -> Duration {
    RETRY.saturating_mul(1 << failures.min(10)).min(LONGEST.max(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_a_limit() {
        let minute = Duration::from_mins(1);
        let waits: Vec<u64> = (0..8).map(|failures| backoff(failures, minute).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(backoff(u32::MAX, Duration::from_hours(1)), Duration::from_secs(3_600));
    }
}
