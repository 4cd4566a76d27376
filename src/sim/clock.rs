//! The simulation's clock: tokio's time, faster.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::ports::Clock;

/// tokio's time from a start, at a speed. Under tokio's paused clock it stands still and jumps with it.
#[derive(Debug, Clone, Copy)]
pub struct SimClock {
    start: Timestamp,
    origin: Instant,
    speed: f64,
}

impl SimClock {
    /// A clock that shows `start` now and goes `speed` times as fast as tokio's. A speed that is no positive number is 1.
    pub fn new(start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { start, origin: Instant::now(), speed }
    }

    /// What it showed when it was made.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// How much faster than tokio's time it goes.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The same clock as the SDK's sleep, so that its timeouts and retries are in simulated time.
    pub fn sdk_sleep(&self) -> SharedAsyncSleep {
        SharedAsyncSleep::new(*self)
    }

    /// The same clock as the SDK's time source, so that signatures carry simulated time.
    pub fn sdk_time(&self) -> SharedTimeSource {
        SharedTimeSource::new(*self)
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed().mul_f64(self.speed)
    }

    async fn wait(self, span: Duration) {
        // A year is longer than any simulation, and short enough for every timer.
        let span = span.min(Duration::from_hours(8_760));
        tokio::time::sleep(span.div_f64(self.speed)).await;
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
        self.wait(span).await;
    }
}

impl AsyncSleep for SimClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.wait(duration))
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
}
