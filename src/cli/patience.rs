//! Says what a command waits for, as soon as that takes longer than a second: on standard error, where that is a terminal, in one
//! line that goes away again.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// Carries out `work`; meanwhile says `what` is waited for, since when, and how long it may take.
pub(super) async fn with<T>(what: &str, most: Option<Duration>, work: impl Future<Output = T>) -> T {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    tokio::pin!(work);
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waited = Duration::ZERO;
    seconds.tick().await;
    let done = loop {
        tokio::select! {
            biased;
            done = &mut work => break done,
            _ = seconds.tick() => {
                waited += Duration::from_secs(1);
                let mut terminal = std::io::stderr().lock();
                let _ = write!(terminal, "\r\u{1b}[K{}", line(what, waited, most)).and_then(|()| terminal.flush());
            }
        }
    };
    if !waited.is_zero() {
        let mut terminal = std::io::stderr().lock();
        let _ = write!(terminal, "\r\u{1b}[K").and_then(|()| terminal.flush());
    }
    done
}

/// `reading both Regions: 3 s, 15 s at most; ctrl-c leaves, nothing is changed`.
fn line(what: &str, waited: Duration, most: Option<Duration>) -> String {
    let most = most.map_or_else(String::new, |most| format!(", {} s at most", most.as_secs()));
    format!("{what}: {} s{most}; ctrl-c leaves", waited.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_since_when_and_how_long_at_most() {
        let said = line("reading both Regions", Duration::from_secs(3), Some(Duration::from_secs(15)));
        assert_eq!(said, "reading both Regions: 3 s, 15 s at most; ctrl-c leaves");
        assert_eq!(line("asking", Duration::from_secs(61), None), "asking: 61 s; ctrl-c leaves");
    }
}
