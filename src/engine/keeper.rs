//! Keeps what the console is told besides the journal's entries, so that a run can be replayed. It never holds anything up: lines
//! are written by a thread beside, and when that fails or falls behind, keeping ends, and says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::domain::command::Event;
use crate::domain::journal::Body;
use crate::domain::kept::{Kept, LIMIT, What};
use crate::domain::reading::ComponentId;
use crate::domain::redact::Redactor;
use crate::domain::region::Place;
use crate::domain::runbook::StepId;
use crate::domain::text;
use crate::domain::worst::Worst;
use crate::ports::Readings;

/// How many lines may wait to be written: minutes' worth of a brisk run.
const WAITING: usize = 20_000;

/// Keeps what is told.
#[derive(Default)]
pub(super) struct Keeper {
    phase: Mutex<Phase>,
}

enum Phase {
    /// No run is open: only what is on the screen is remembered.
    Before(Box<Before>),
    Open(Arc<Line>),
    /// Nothing is kept any more.
    Over,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Before(Box::default())
    }
}

type Told = (Timestamp, What);

/// What is on the screen before a run is open: as much of what was told as the screen can tell.
#[derive(Default)]
struct Before {
    /// Of each place the last good look, the first that failed since, and the last that did.
    looks: BTreeMap<(ComponentId, Place), [Option<Told>; 3]>,
    asked: BTreeMap<StepId, Told>,
    planned: BTreeMap<StepId, Told>,
    selected: Option<Told>,
    account: Option<Told>,
    preflight: Option<Told>,
}

impl Before {
    fn take(&mut self, at: Timestamp, what: What) {
        match &what {
            What::Looked { component, place, result, .. } => {
                let [good, failed, again] = self.looks.entry((component.clone(), place.clone())).or_default();
                if result.is_ok() {
                    (*good, *failed, *again) = (Some((at, what)), None, None);
                } else if failed.is_none() {
                    *failed = Some((at, what));
                } else {
                    *again = Some((at, what));
                }
            }
            What::Asked { step } => {
                self.asked.insert(step.clone(), (at, what));
            }
            What::Planned { step, .. } => {
                self.planned.insert(step.clone(), (at, what));
            }
            What::Selected { .. } => self.selected = Some((at, what)),
            What::Account { .. } => self.account = Some((at, what)),
            What::Preflight { .. } => self.preflight = Some((at, what)),
            _ => {}
        }
    }

    /// All of it, in the order in which it was told.
    fn told(self) -> Vec<Told> {
        let Self { looks, asked, planned, selected, account, preflight } = self;
        let looks = looks.into_values().flatten().flatten();
        let steps = asked.into_values().chain(planned.into_values());
        let mut told: Vec<Told> = looks.chain(steps).chain(selected).chain(account).chain(preflight).collect();
        told.sort_by_key(|(at, _)| *at);
        told
    }
}

/// The way to the file.
struct Line {
    waiting: Mutex<Vec<Kept>>,
    writer: Mutex<Writer>,
    /// What was said of a failure so far.
    complained: Mutex<bool>,
}

struct Writer {
    store: Box<dyn Readings>,
    redactor: Redactor,
    /// Why nothing is written any more.
    stopped: Option<String>,
}

/// What holds no more than values that are whole after every step is as good after a panic as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In whole milliseconds, as the journal's times.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

impl Keeper {
    /// Something was told, when the journal had `after` entries.
    pub(super) fn told(&self, at: Timestamp, after: u64, event: &Event) {
        let Some(what) = What::of(event) else { return };
        let at = whole(at);
        match &mut *lock(&self.phase) {
            Phase::Before(before) => before.take(at, what),
            Phase::Open(line) => line.push([Kept { after, at, what }]),
            Phase::Over => {}
        }
    }

    /// The run is open: what was told so far, and each Region's worst health, goes first.
    pub(super) fn begin(&self, store: Box<dyn Readings>, redactor: Redactor, now: Timestamp, after: u64, worst: Worst) {
        let now = whole(now);
        let mut phase = lock(&self.phase);
        let Phase::Before(before) = &mut *phase else { return };
        let told = std::mem::take(&mut **before).told();
        let began = told.first().map_or(now, |(at, _)| *at);
        let writer = Mutex::new(Writer { store, redactor, stopped: None });
        let line = Arc::new(Line { waiting: Mutex::default(), writer, complained: Mutex::default() });
        // How the Regions were is said last: looks that were left out would make them seem to have changed.
        let first = Kept { after, at: began, what: What::Began };
        let last = Kept { after, at: now, what: What::Stood { worst } };
        let told = told.into_iter().map(|(at, what)| Kept { after, at, what });
        line.push(std::iter::once(first).chain(told).chain([last]));
        *phase = Phase::Open(line);
    }

    /// Why nothing is kept any more; said once.
    pub(super) fn complaint(&self) -> Option<String> {
        let phase = lock(&self.phase);
        let Phase::Open(line) = &*phase else { return None };
        let mut complained = lock(&line.complained);
        if *complained {
            return None;
        }
        let why = line.writer.try_lock().ok()?.stopped.clone()?;
        *complained = true;
        Some(why)
    }

    /// Writes what waits.
    pub(super) async fn flush(&self) {
        let line = match &*lock(&self.phase) {
            Phase::Open(line) => Arc::clone(line),
            Phase::Before(_) | Phase::Over => return,
        };
        let _ = tokio::task::spawn_blocking(move || line.write(&mut lock(&line.writer))).await;
    }

    /// The run ends: writes what waits, and says what is there.
    pub(super) async fn end(&self) -> Option<Body> {
        let line = match std::mem::replace(&mut *lock(&self.phase), Phase::Over) {
            Phase::Open(line) => line,
            Phase::Before(_) | Phase::Over => return None,
        };
        let sealed = tokio::task::spawn_blocking(move || {
            let mut writer = lock(&line.writer);
            line.write(&mut writer);
            let sealed = writer.store.seal();
            (sealed, writer.stopped.clone())
        })
        .await;
        Some(match sealed {
            Ok((Ok((sha256, lines)), missing)) => Body::ReadingsKept { sha256: Some(sha256), lines, missing },
            Ok((Err(error), missing)) => {
                let missing = missing.or_else(|| Some(text::visible(&error.to_string())));
                Body::ReadingsKept { sha256: None, lines: 0, missing }
            }
            Err(_) => Body::ReadingsKept { sha256: None, lines: 0, missing: Some("writing was cut short".to_owned()) },
        })
    }
}

impl Line {
    fn push(self: &Arc<Self>, kept: impl IntoIterator<Item = Kept>) {
        {
            let mut waiting = lock(&self.waiting);
            // Whatever comes after that is missing; the writer says so when it gets to it.
            if waiting.len() <= WAITING {
                waiting.extend(kept);
            }
        }
        let line = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            // Whoever writes already takes this along, or the next one does.
            if let Ok(mut writer) = line.writer.try_lock() {
                line.write(&mut writer);
            }
        });
    }

    fn write(&self, writer: &mut Writer) {
        loop {
            let waiting = std::mem::take(&mut *lock(&self.waiting));
            let Some(last) = waiting.last().map(|last| (last.after, last.at)) else { return };
            if writer.stopped.is_some() {
                return;
            }
            let behind = waiting.len() > WAITING;
            let mut lines = String::new();
            for kept in &waiting {
                // A line that cannot be made is as good as one that was not told.
                if let Ok(line) = kept.line(&writer.redactor) {
                    lines.push_str(&line);
                    lines.push('\n');
                }
            }
            let why = match writer.store.add(&lines) {
                Ok(_) if behind => "the disk could not follow".to_owned(),
                Ok(size) if size >= LIMIT => {
                    format!("it has {} MB, which is all that a run may keep", LIMIT / 1_000_000)
                }
                Ok(_) => continue,
                Err(error) => text::visible(&error.to_string()),
            };
            let (after, at) = last;
            let stopped = Kept { after, at, what: What::Stopped { why: why.clone() } };
            if let Ok(line) = stopped.line(&writer.redactor) {
                // Where it cannot be written, the journal says so at the run's end.
                let _ = writer.store.add(&format!("{line}\n"));
            }
            writer.stopped = Some(why);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::domain::kept;
    use crate::domain::reading::{Observation, Unread, Why};

    /// A file that has so many bytes beforehand, or cannot be written.
    #[derive(Clone, Default)]
    struct Fake {
        text: Arc<Mutex<String>>,
        before: u64,
        broken: bool,
    }

    impl Readings for Fake {
        fn add(&mut self, lines: &str) -> io::Result<u64> {
            if self.broken {
                return Err(io::Error::other("no space left on device"));
            }
            lock(&self.text).push_str(lines);
            Ok(self.before)
        }

        fn seal(&mut self) -> io::Result<(String, u64)> {
            Ok(("sum".into(), 7))
        }
    }

    impl Fake {
        fn kept(&self) -> Vec<Kept> {
            let (kept, bad) = kept::read(lock(&self.text).as_bytes());
            assert_eq!(bad, 0);
            kept
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn looked(second: i64, good: bool) -> Event {
        let result = if good { Ok(Observation::new("test")) } else { Err(Unread::new(Why::TimedOut, "5 s")) };
        Event::Looked {
            component: "database".into(),
            place: Place::Global,
            at: at(second),
            fresh_for: std::time::Duration::from_secs(15),
            result: Arc::new(result),
        }
    }

    fn begin(keeper: &Keeper, fake: &Fake) {
        keeper.begin(Box::new(fake.clone()), Redactor::default(), at(60), 0, Worst::default());
    }

    #[tokio::test]
    async fn what_was_on_the_screen_goes_first_and_no_more_of_it_than_that() {
        let (keeper, fake) = (Keeper::default(), Fake::default());
        for (second, good) in [(0, false), (1, true), (2, true), (3, false), (4, false), (5, false)] {
            keeper.told(at(second), 0, &looked(second, good));
        }
        keeper.told(at(6), 0, &Event::Refused { why: "long gone".into() });
        begin(&keeper, &fake);
        keeper.told(at(61), 2, &looked(61, true));
        let sealed = keeper.end().await;
        assert_eq!(sealed, Some(Body::ReadingsKept { sha256: Some("sum".into()), lines: 7, missing: None }));
        let kept = fake.kept();
        // The last good look, the first and the last of those that failed since.
        let times: Vec<_> = kept.iter().map(|kept| (kept.after, kept.at)).collect();
        assert_eq!(times, [(0, at(2)), (0, at(2)), (0, at(3)), (0, at(5)), (0, at(60)), (2, at(61))]);
        assert_eq!((&kept[0].what, &kept[4].what), (&What::Began, &What::Stood { worst: Worst::default() }));
        keeper.told(at(62), 3, &looked(62, true));
        assert_eq!((fake.kept().len(), keeper.end().await), (6, None), "nothing after the end");
    }

    #[tokio::test]
    async fn what_fails_is_said_once_and_at_the_end() {
        let (keeper, fake) = (Keeper::default(), Fake { broken: true, ..Fake::default() });
        begin(&keeper, &fake);
        keeper.flush().await;
        assert_eq!(keeper.complaint().as_deref(), Some("no space left on device"));
        assert_eq!(keeper.complaint(), None);
        keeper.told(at(61), 2, &looked(61, true));
        let Some(Body::ReadingsKept { missing: Some(why), .. }) = keeper.end().await else { panic!() };
        assert_eq!(why, "no space left on device");
    }

    #[tokio::test]
    async fn at_its_limit_it_stops_with_a_line_that_says_so() {
        let (keeper, fake) = (Keeper::default(), Fake { before: LIMIT, ..Fake::default() });
        begin(&keeper, &fake);
        keeper.flush().await;
        keeper.told(at(61), 2, &looked(61, true));
        keeper.flush().await;
        let kept = fake.kept();
        assert!(matches!(&kept.last().unwrap().what, What::Stopped { why } if why.contains("100 MB")), "{kept:?}");
        assert_eq!(kept.len(), 3);
    }
}
