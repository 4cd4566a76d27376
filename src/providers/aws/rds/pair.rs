//! What the two databases are to each other: which takes the writes, and how much of the log is still to be replayed.

use super::RdsReplica;
use super::observe::takes_writes;
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::ports::SqlState;

impl RdsReplica {
    /// Asks both at once. Which one takes writes is only told when both have answered: who hears nothing of the other
    /// must not say that it does not.
    pub(super) async fn look_at_both(&self) -> Result<Observation, Unread> {
        let (probe, _) = self.sql().map_err(|why| Unread::new(Why::NotFound, why))?;
        let regions = &self.own.regions;
        let (primary, standby) = tokio::join!(probe.state(&regions.primary), probe.state(&regions.standby));
        let mut seen = Observation::new(format!("sql {} and {}", regions.primary, regions.standby));
        let (primary, standby) = match (primary, standby) {
            (Ok(primary), Ok(standby)) => (primary, standby),
            (Err(unread), _) | (_, Err(unread)) => return Err(unread),
        };
        let (writer, mut health) = match (takes_writes(&primary), takes_writes(&standby)) {
            (true, true) => ("both", Health::Down),
            (true, false) => (regions.primary.as_str(), Health::Healthy),
            (false, true) => (regions.standby.as_str(), Health::Healthy),
            (false, false) => ("none", Health::Degraded),
        };
        seen.text("writer", writer);
        let mut said = match writer {
            "both" => "BOTH Regions take writes".to_owned(),
            "none" => "no Region takes the application's writes".to_owned(),
            writer => format!("{writer} takes the writes"),
        };
        match behind(&primary, &standby) {
            Some(bytes) => {
                #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 bytes of log")]
                seen.fact("behind_bytes", Value::Number(bytes as f64));
                said = format!("{said}, replica {bytes} B behind");
            }
            None if !primary.in_recovery && !standby.in_recovery => {
                said.push_str(", no replica");
                health = health.max(Health::Degraded);
            }
            None => {}
        }
        seen.glance(health, said);
        Ok(seen)
    }
}

/// How many bytes of the source's log the replica has not replayed, when one of the two is a replica.
fn behind(one: &SqlState, two: &SqlState) -> Option<u64> {
    let (source, replica) = match (one.in_recovery, two.in_recovery) {
        (false, true) => (one, two),
        (true, false) => (two, one),
        _ => return None,
    };
    let (written, replayed) = (position(source.current_lsn.as_deref()?)?, position(replica.replay_lsn.as_deref()?)?);
    Some(written.saturating_sub(replayed))
}

/// A position in the write-ahead log, `16/B374D848`, as a number of bytes (PostgreSQL, "pg_lsn Type").
pub(super) fn position(lsn: &str) -> Option<u64> {
    let (high, low) = lsn.split_once('/')?;
    let (high, low) = (u64::from(u32::from_str_radix(high, 16).ok()?), u64::from(u32::from_str_radix(low, 16).ok()?));
    Some(high << 32 | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(in_recovery: bool, lsn: &str) -> SqlState {
        let lsn = Some(lsn.to_owned());
        if in_recovery {
            SqlState { in_recovery, replay_lsn: lsn, ..SqlState::default() }
        } else {
            SqlState { current_lsn: lsn, ..SqlState::default() }
        }
    }

    #[test]
    fn how_far_a_replica_is_behind_is_counted_over_the_segments() {
        assert_eq!(behind(&state(false, "1/10"), &state(true, "0/FFFFFFF0")), Some(0x20));
        assert_eq!(behind(&state(true, "1/10"), &state(false, "1/10")), Some(0));
        assert_eq!(behind(&state(false, "1/10"), &state(false, "1/10")), None);
        assert_eq!(position("nonsense"), None);
        assert_eq!(position("1/1FFFFFFFF"), None);
    }
}
