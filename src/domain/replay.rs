//! Playing a run back: everything that its console was told, in order and with its time, and where in it a replay is.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::command::Event;
use super::journal::{Body, Entry};
use super::kept::Kept;
use super::reading::age;

/// How a replay is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playback {
    /// Pauses, or goes on.
    Toggle,
    /// One entry on.
    Next,
    /// One entry back.
    Back,
    /// Twice as fast.
    Faster,
    /// Half as fast.
    Slower,
    /// To so many tenths of the run.
    Tenth(u8),
    /// To the next moment of the recovery.
    NextMilestone,
    /// To the one before.
    LastMilestone,
}

/// Where a replay begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// Before the first entry.
    Start,
    /// Right after an entry, by its number.
    Entry(u64),
    /// At a moment.
    Time(Timestamp),
}

/// Where a replay is.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The number of the last entry that is shown; 0 before the first.
    pub entry: u64,
    /// How many entries the run has.
    pub entries: u64,
    /// How many times faster than time it goes.
    pub speed: f64,
    /// Whether it goes on by itself.
    pub playing: bool,
}

/// One thing that a replay does to the model.
#[derive(Debug, Clone)]
pub enum Beat {
    /// A second of the run passes, or the moment of an event comes.
    Tick(Timestamp),
    /// What the console was told.
    Event(Event),
}

/// How a replay has moved.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Whether it begins anew: everything before is forgotten.
    pub anew: bool,
    /// What happened on the way, in order.
    pub beats: Vec<Beat>,
    /// The run's clock now.
    pub at: Timestamp,
    /// Where it is now.
    pub position: Position,
}

#[derive(Debug, Clone)]
struct Item {
    at: Timestamp,
    event: Event,
}

/// Everything that a run's console was told.
#[derive(Debug, Clone)]
pub struct Tape {
    items: Vec<Item>,
    /// For each entry, how many items there are up to and with it.
    after: Vec<usize>,
}

/// After so long without anything told, nothing changes any more by growing old.
const STILL: i64 = 3_600;
/// A pause between two processes of a run is not waited for if it is longer than this.
const GAP: Duration = Duration::from_mins(1);

impl Tape {
    /// The tape of a run: its entries, and what else was kept.
    pub fn new(entries: &[Arc<Entry>], kept: Vec<Kept>) -> Self {
        let mut items: Vec<Item> = Vec::with_capacity(entries.len() + kept.len());
        let mut after = Vec::with_capacity(entries.len());
        let mut kept = kept.into_iter().peekable();
        let mut push = |at: Timestamp, event: Event| {
            // No clock of a run goes back on the screen.
            let at = items.last().map_or(at, |last| last.at.max(at));
            items.push(Item { at, event });
            items.len()
        };
        for entry in entries {
            while let Some(line) = kept.next_if(|line| line.after < entry.seq) {
                push(line.at, line.what.event());
            }
            after.push(push(entry.at, Event::Entry(Arc::clone(entry))));
        }
        for line in kept {
            push(line.at, line.what.event());
        }
        Self { items, after }
    }

    /// How many entries there are.
    pub fn entries(&self) -> u64 {
        u64::try_from(self.after.len()).unwrap_or(u64::MAX)
    }

    /// Whether there is nothing on it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// How many things there are up to and with an entry; of entry 0, what was known before the first.
    pub fn after(&self, entry: u64) -> usize {
        let index = usize::try_from(entry).unwrap_or(usize::MAX);
        match index.checked_sub(1) {
            None => self.after.first().map_or(0, |first| first.saturating_sub(1)),
            Some(index) => self.after.get(index).copied().unwrap_or(self.items.len()),
        }
    }

    /// The number of the last entry among the first so many things.
    pub fn entry(&self, count: usize) -> u64 {
        u64::try_from(self.after.partition_point(|after| *after <= count)).unwrap_or(u64::MAX)
    }

    /// How many things were told up to a moment.
    pub fn until(&self, at: Timestamp) -> usize {
        self.items.partition_point(|item| item.at <= at)
    }

    /// When the last of the first so many things was told.
    pub fn moment(&self, count: usize) -> Timestamp {
        let last = count.checked_sub(1).and_then(|last| self.items.get(last)).or_else(|| self.items.first());
        last.map_or(Timestamp::UNIX_EPOCH, |item| item.at)
    }

    /// The time of a tenth of the run, from its first entry to its last thing.
    pub fn tenth(&self, tenth: u8) -> Timestamp {
        let (begin, end) = (self.moment(self.after(1)), self.moment(self.items.len()));
        begin.checked_add(age(begin, end) * u32::from(tenth.min(10)) / 10).unwrap_or(end)
    }

    /// The entry of the next moment of the recovery after an entry, or of the one before it.
    pub fn milestone(&self, entry: u64, on: bool) -> Option<u64> {
        let marks = |index: &usize| {
            let item = index.checked_sub(1).and_then(|index| self.items.get(index));
            matches!(item, Some(Item { event: Event::Entry(entry), .. }) if matches!(entry.body, Body::Milestone { .. }))
        };
        let numbered = (1..).zip(&self.after);
        let mut found = numbered.filter(|(_, index)| marks(index)).map(|(seq, _)| seq);
        if on { found.find(|seq| *seq > entry) } else { found.take_while(|seq| *seq < entry).last() }
    }

    /// The moment to which the clock may jump: nothing ran from `at` to the next thing, as another process told it.
    pub fn gap(&self, count: usize, at: Timestamp) -> Option<Timestamp> {
        let next = self.items.get(count)?;
        let resumed = match &next.event {
            Event::Began => true,
            Event::Entry(entry) => matches!(entry.body, Body::Resumed { .. } | Body::RecoveredTail { .. }),
            _ => false,
        };
        (resumed && age(at, next.at) > GAP).then_some(next.at)
    }

    /// What happened from one place to another, at whose end the clock says `until`. The model is told of each whole second,
    /// so that what grows old on the way does.
    pub fn beats(&self, count: usize, from: Timestamp, to: usize, until: Timestamp) -> Vec<Beat> {
        let mut beats = Vec::new();
        let mut now = from;
        for item in self.items.get(count..to).unwrap_or_default() {
            seconds(now, item.at, &mut beats);
            now = now.max(item.at);
            beats.push(Beat::Tick(now));
            beats.push(Beat::Event(item.event.clone()));
        }
        seconds(now, until, &mut beats);
        beats
    }
}

/// Each whole second after `from`, up to and with `to`.
fn seconds(from: Timestamp, to: Timestamp, beats: &mut Vec<Beat>) {
    let (first, last) = (from.as_second().saturating_add(1), to.as_second());
    for second in first..=last.min(first.saturating_add(STILL)) {
        if let Ok(at) = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(second)) {
            beats.push(Beat::Tick(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kept::What;
    use crate::domain::timeline::Milestone;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn entry(seq: u64, ms: i64, body: Body) -> Arc<Entry> {
        let (prev, hash) = (String::new(), String::new());
        Arc::new(Entry { seq, at: at(ms), mono_ms: 0, by: "anna".into(), body, prev, hash })
    }

    fn kept(after: u64, ms: i64) -> Kept {
        Kept { after, at: at(ms), what: What::Refused { why: ms.to_string() } }
    }

    fn tape() -> Tape {
        let mark = Body::Milestone { milestone: Milestone::Fenced, when: at(0), source: String::new() };
        let entries = [entry(1, 1_000, Body::Armed), entry(2, 5_000, mark), entry(3, 9_000, Body::Continued)];
        Tape::new(&entries, vec![kept(0, 500), kept(1, 1_200), kept(1, 4_900), kept(3, 9_500)])
    }

    #[test]
    fn things_stand_in_the_order_in_which_they_were_told() {
        let tape = tape();
        assert_eq!((tape.len(), tape.entries()), (7, 3));
        assert_eq!([0, 1, 2, 3, 4].map(|entry| tape.after(entry)), [1, 2, 5, 6, 7]);
        assert_eq!([0, 1, 2, 4, 5, 6, 7].map(|count| tape.entry(count)), [0, 0, 1, 1, 2, 3, 3]);
        assert_eq!(tape.until(at(4_900)), 4);
        assert_eq!((tape.milestone(0, true), tape.milestone(2, true)), (Some(2), None));
        assert_eq!((tape.milestone(3, false), tape.milestone(2, false)), (Some(2), None));
    }

    #[test]
    fn two_ways_to_a_moment_tell_the_model_the_same() {
        let tape = tape();
        let told = |beats: Vec<Beat>| beats.iter().map(|beat| format!("{beat:?}")).collect::<Vec<_>>();
        let at_once = told(tape.beats(0, at(0), 6, at(9_400)));
        let mut by_parts = told(tape.beats(0, at(0), 3, at(1_700)));
        by_parts.extend(told(tape.beats(3, at(1_700), 3, at(3_100))));
        by_parts.extend(told(tape.beats(3, at(3_100), 6, at(9_400))));
        assert_eq!(at_once, by_parts);
        assert_eq!(at_once.iter().filter(|beat| beat.starts_with("Tick")).count(), 9 + 6);
    }

    #[test]
    fn a_clock_that_went_back_stands_still() {
        let entries = [entry(1, 5_000, Body::Armed), entry(2, 1_000, Body::Continued)];
        let tape = Tape::new(&entries, Vec::new());
        assert_eq!(tape.moment(2), at(5_000));
    }
}
