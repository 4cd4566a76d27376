//! A replay's engine: plays a run's tape on a clock of its own, and obeys nothing but the keys that move it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::domain::command::{Command, Event};
use crate::domain::reading::age;
use crate::domain::replay::{From, Playback, Position, Replayed, Tape};

/// How often it tells what has happened meanwhile.
const BEAT: Duration = Duration::from_millis(100);
/// How slow and how fast it goes, in multiples of time.
const SLOWEST: f64 = 0.125;
const FASTEST: f64 = 1_024.0;

/// Plays a tape.
#[derive(Debug)]
pub struct Player {
    tape: Tape,
    /// How many things have been told.
    count: usize,
    /// Its clock.
    at: Timestamp,
    speed: f64,
    playing: bool,
}

impl Player {
    /// A player of a tape, at its beginning.
    pub fn new(tape: Tape, speed: f64, playing: bool) -> Self {
        let count = tape.after(0);
        let at = tape.moment(count);
        Self { tape, count, at, speed, playing }
    }

    /// Where it is.
    pub fn position(&self) -> Position {
        let (entry, entries) = (self.tape.entry(self.count), self.tape.entries());
        Position { entry, entries, speed: self.speed, playing: self.playing }
    }

    /// Its clock.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Goes to a place: from the start again, where it lies behind.
    pub fn go(&mut self, from: &From) -> Replayed {
        let (count, at) = match from {
            From::Start => (self.tape.after(0), None),
            From::Entry(seq) => (self.tape.after((*seq).min(self.tape.entries())), None),
            From::Time(at) => (self.tape.until(*at), Some(*at)),
        };
        let first = self.tape.moment(self.tape.after(0));
        let last = self.tape.moment(self.tape.len());
        let at = at.unwrap_or_else(|| self.tape.moment(count)).clamp(first, last.max(first));
        self.move_to(count.max(self.tape.after(0)), at, true)
    }

    fn move_to(&mut self, count: usize, at: Timestamp, anew: bool) -> Replayed {
        let (from, since) = if anew { (0, self.tape.moment(0)) } else { (self.count, self.at) };
        let beats = self.tape.beats(from, since, count, at);
        self.count = count;
        self.at = at;
        if count == self.tape.len() && at >= self.tape.moment(count) {
            self.playing = false;
        }
        Replayed { anew, beats, at, position: self.position() }
    }

    /// Lets time go by, in the time of whoever watches.
    pub fn pass(&mut self, real: Duration) -> Option<Replayed> {
        if !self.playing {
            return None;
        }
        let span = Duration::try_from_secs_f64(real.as_secs_f64() * self.speed).unwrap_or_default();
        let mut at = self.at.checked_add(span).unwrap_or(self.at);
        at = self.tape.gap(self.count, self.at).unwrap_or(at).min(self.tape.moment(self.tape.len()).max(self.at));
        let count = self.tape.until(at).max(self.count);
        Some(self.move_to(count, at, false))
    }

    /// Does what a key says.
    pub fn play(&mut self, how: Playback) -> Replayed {
        let entry = self.tape.entry(self.count);
        match how {
            Playback::Toggle => {
                let over = self.count == self.tape.len();
                self.playing = !self.playing;
                if over && self.playing {
                    return self.go(&From::Start);
                }
            }
            Playback::Faster => self.speed = (self.speed * 2.0).min(FASTEST),
            Playback::Slower => self.speed = (self.speed / 2.0).max(SLOWEST),
            Playback::Next if entry < self.tape.entries() => {
                let count = self.tape.after(entry + 1);
                return self.move_to(count, self.tape.moment(count).max(self.at), false);
            }
            Playback::Back => return self.go(&From::Entry(entry.saturating_sub(1))),
            Playback::Tenth(tenth) => return self.go(&From::Time(self.tape.tenth(tenth))),
            Playback::NextMilestone | Playback::LastMilestone => {
                if let Some(entry) = self.tape.milestone(entry, how == Playback::NextMilestone) {
                    return self.go(&From::Entry(entry));
                }
            }
            Playback::Next => {}
        }
        Replayed { anew: false, beats: Vec::new(), at: self.at, position: self.position() }
    }

    /// Plays until it is told to leave.
    pub async fn run(
        mut self,
        from: From,
        mut inbox: mpsc::UnboundedReceiver<Command>,
        events: mpsc::UnboundedSender<Event>,
    ) {
        let tell = |replayed| {
            // Nobody listens any more when the console is closing.
            let _ = events.send(Event::Replayed(Arc::new(replayed)));
        };
        tell(self.go(&from));
        let mut last = Instant::now();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    None | Some(Command::Leave) => break,
                    Some(Command::Play(how)) => tell(self.play(how)),
                    Some(_) => {
                        let _ = events.send(Event::Refused { why: "this is a replay: nothing can be done here".to_owned() });
                    }
                },
                _ = beat.tick() => {
                    let (second, before) = (self.at.as_second(), self.position());
                    let since = last.elapsed();
                    last = Instant::now();
                    if let Some(moved) = self.pass(since)
                        && (!moved.beats.is_empty() || moved.at.as_second() != second || moved.position != before)
                    {
                        tell(moved);
                    }
                }
            }
        }
        let _ = events.send(Event::Ended);
    }

    /// How long the run is, from its first entry on.
    pub fn length(&self) -> Duration {
        age(self.tape.moment(self.tape.after(0)), self.tape.moment(self.tape.len()))
    }
}
