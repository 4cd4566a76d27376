//! How soon to look again. Waiters that poll every 30 s lose half of that on every step; looking every second for
//! minutes costs an account its rate limit.

use std::time::Duration;

/// A polling schedule: every second for ten seconds, every two to the minute, then every five; slower when throttled.
#[derive(Debug, Clone)]
pub struct Pace {
    elapsed: Duration,
    slower: u32,
    jitter: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

impl Pace {
    /// A schedule that starts now.
    pub fn new() -> Self {
        Self { elapsed: Duration::ZERO, slower: 1, jitter: 0 }
    }

    /// The time until the next look.
    pub fn wait(&mut self) -> Duration {
        let base = match self.elapsed.as_secs() {
            0..10 => 1_000,
            10..60 => 2_000,
            _ => 5_000,
        };
        // Up to a tenth more, different from look to look, so that several followers do not march in step.
        self.jitter = (self.jitter * 7 + 3) % 11;
        let wait = Duration::from_millis(base + base * u64::from(self.jitter) / 100) * self.slower;
        self.elapsed += wait;
        wait
    }

    /// The other side asked to slow down: the rate is halved, to a sixteenth at most.
    pub fn throttled(&mut self) {
        self.slower = (self.slower * 2).min(16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_quick_and_gets_slower() {
        let mut pace = Pace::new();
        let first = pace.wait();
        assert!(first >= Duration::from_secs(1) && first < Duration::from_millis(1_200));
        let mut looks = 0;
        while pace.elapsed < Duration::from_mins(1) {
            pace.wait();
            looks += 1;
        }
        assert!((25..40).contains(&looks), "{looks} looks in the first minute");
        assert!(pace.wait() >= Duration::from_secs(5));
    }

    #[test]
    fn throttling_halves_the_rate() {
        let mut pace = Pace::new();
        pace.throttled();
        assert!(pace.wait() >= Duration::from_secs(2));
        for _ in 0..40 {
            pace.throttled();
        }
        assert!(pace.wait() <= Duration::from_secs(18));
    }
}
