//! The simulation's clock: tokio's time, faster.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::ports::Clock;

/// How far a clock that is watched goes at most while nobody looks at it: less than what anything waits for an answer.
const STRIDE: Duration = Duration::from_millis(500);
/// But no less than this by tokio's time, which no timer is finer than.
const TICK: Duration = Duration::from_micros(1_500);

/// tokio's time from a start, at a speed. Under tokio's paused clock it stands still and jumps with it.
///
/// A fast clock that is watched (`watch`) goes no faster than the machine can follow: else a busy processor would look like a
/// Region that does not answer in time.
#[derive(Debug, Clone)]
pub struct SimClock {
    start: Timestamp,
    speed: f64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// When it was last brought up to date, and what had passed by then.
    last: Instant,
    passed: Duration,
    /// How much of tokio's time may pass between two looks and count.
    most: Option<Duration>,
}

impl State {
    fn passed(&self, speed: f64) -> Duration {
        let real = self.last.elapsed();
        self.passed + self.most.map_or(real, |most| real.min(most)).mul_f64(speed)
    }
}

impl SimClock {
    /// A clock that shows `start` now and goes `speed` times as fast as tokio's. A speed that is no positive number is 1.
    pub fn new(start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        let state = State { last: Instant::now(), passed: Duration::ZERO, most: None };
        Self { start, speed, state: Arc::new(Mutex::new(state)) }
    }

    /// What it showed when it was made.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// How much faster than tokio's time it goes, where the machine can follow.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Keeps a clock that is faster than time from running away from the runtime that this is called in: it goes on by strides,
    /// each of which waits for its turn among everything else that there is to do.
    pub fn watch(&self) {
        let stride = STRIDE.div_f64(self.speed).max(TICK);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.speed <= 1.0 || self.state().most.replace(stride).is_some() {
            return;
        }
        let (state, speed) = (Arc::downgrade(&self.state), self.speed);
        let pause = (stride / 2).clamp(Duration::from_millis(1), Duration::from_millis(10));
        runtime.spawn(async move {
            while let Some(state) = state.upgrade() {
                {
                    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                    state.passed = state.passed(speed);
                    state.last = Instant::now();
                }
                drop(state);
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// The same clock as the SDK's sleep, so that its timeouts and retries are in simulated time.
    pub fn sdk_sleep(&self) -> SharedAsyncSleep {
        SharedAsyncSleep::new(self.clone())
    }

    /// The same clock as the SDK's time source, so that signatures carry simulated time.
    pub fn sdk_time(&self) -> SharedTimeSource {
        SharedTimeSource::new(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        self.state().passed(self.speed)
    }

    async fn wait(self, span: Duration) {
        // A year is longer than any simulation, and short enough for every timer.
        let span = span.min(Duration::from_hours(8_760));
        let until = self.elapsed() + span;
        loop {
            let left = until.saturating_sub(self.elapsed());
            tokio::time::sleep(left.div_f64(self.speed)).await;
            if self.elapsed() >= until || left.is_zero() {
                return;
            }
        }
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        SignedDuration::try_from(self.elapsed())
            .ok()
            .and_then(|elapsed| self.start.checked_add(elapsed).ok())
            .unwrap_or(Timestamp::MAX)
    }

    fn mono(&self) -> Duration {
        self.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        self.clone().wait(span).await;
    }
}

impl AsyncSleep for SimClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.clone().wait(duration))
    }
}

impl TimeSource for SimClock {
    fn now(&self) -> SystemTime {
        SystemTime::from(Clock::now(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_faster_and_sleeps_shorter() {
        let start: Timestamp = "2026-03-03T14:00:00Z".parse().unwrap();
        let clock = SimClock::new(start, 60.0);
        let real = Instant::now();
        Clock::sleep(&clock, Duration::from_mins(1)).await;
        assert!(real.elapsed() <= Duration::from_millis(1_001), "{:?}", real.elapsed());
        let shown = Clock::now(&clock).duration_since(start);
        assert!((60..=61).contains(&shown.as_secs()), "{shown}");
    }

    #[tokio::test]
    async fn a_watched_clock_waits_for_a_busy_machine() {
        let clock = SimClock::new(Timestamp::UNIX_EPOCH, 100.0);
        clock.watch();
        Clock::sleep(&clock, Duration::from_secs(5)).await;
        let before = Clock::mono(&clock);
        // Nothing else gets a turn for this long: 30 seconds of its own.
        std::thread::sleep(Duration::from_millis(300));
        let gone = Clock::mono(&clock).saturating_sub(before);
        assert!(gone <= STRIDE, "{gone:?}");
        Clock::sleep(&clock, Duration::from_secs(5)).await;
        assert!(Clock::mono(&clock) >= before + Duration::from_secs(5));
    }
}
