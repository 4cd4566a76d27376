//! Ships the journal to places outside this machine while a run goes on: each place has a task and a queue of its own, so that
//! one that hangs delays neither a step nor the other places.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::reading::{Unread, Why};
use crate::domain::trail::{Anchor, Line, Terms, Whose};
use crate::ports::{Clock, Trail, within};

/// For how long lines are gathered before they are sent together.
const GATHER: Duration = Duration::from_secs(2);
/// How many lines are sent together at most.
const BATCH: usize = 100;
/// How many bytes of lines are sent together, unless one alone is longer.
const BYTES: usize = 512 * 1024;
/// How long a place may take to answer.
const LIMIT: Duration = Duration::from_secs(20);
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_mins(1);

/// What a place is to be given, in this order.
#[derive(Debug, Clone)]
enum Item {
    Line(Line),
    Anchor(Anchor),
}

impl Item {
    fn seq(&self) -> u64 {
        match self {
            Self::Line(line) => line.seq,
            Self::Anchor(anchor) => anchor.seq,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// How a place keeps what it is given.
    Kept {
        /// The place.
        to: String,
        /// How.
        terms: Terms,
    },
    /// A place has an anchor.
    Anchored {
        /// The place.
        to: String,
        /// The anchor.
        anchor: Anchor,
    },
    /// A place does not take what it is given; it is tried again until it does.
    Behind {
        /// The place.
        to: String,
        /// Why.
        why: String,
        /// The first entry that it may not have.
        since: u64,
    },
    /// A place has everything again.
    CaughtUp {
        /// The place.
        to: String,
        /// The last entry that it has.
        until: u64,
    },
}

/// Ships one run's journal.
pub struct Shipping {
    queues: Vec<mpsc::UnboundedSender<Item>>,
    told: mpsc::UnboundedReceiver<Told>,
    tasks: JoinSet<()>,
    head: Option<Anchor>,
    /// How many anchors have been asked for and not been told of.
    owed: usize,
}

impl Shipping {
    /// Begins to ship to these places; `past` is what the journal held before. Must be called inside a runtime.
    pub fn start(places: &[Arc<dyn Trail>], clock: &Arc<dyn Clock>, whose: &Whose, past: Vec<Line>) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let mut queues = Vec::new();
        for place in places {
            let (queue, items) = mpsc::unbounded_channel();
            let keeper = Keeper::new(Arc::clone(place), Arc::clone(clock), whose.clone(), items, tell.clone());
            tasks.spawn(keeper.run());
            queues.push(queue);
        }
        let mut shipping = Self { queues, told, tasks, head: None, owed: 0 };
        for line in past {
            shipping.line(line);
        }
        shipping
    }

    /// Ships a line.
    pub fn line(&mut self, line: Line) {
        self.head = Some(line.anchor());
        self.give(&Item::Line(line));
    }

    /// Anchors the last line, and sends what is waiting for company at once.
    pub fn anchor(&mut self) {
        if let Some(anchor) = self.head.clone() {
            self.owed += self.queues.len();
            self.give(&Item::Anchor(anchor));
        }
    }

    fn give(&self, item: &Item) {
        for queue in &self.queues {
            // A place whose task has ended was told to.
            let _ = queue.send(item.clone());
        }
    }

    /// Whether an anchor has been asked for and not been told of.
    pub fn owes(&self) -> bool {
        self.owed > 0
    }

    /// The next thing to be told; without any shipping, never.
    pub async fn next(of: Option<&mut Self>) -> Told {
        if let Some(shipping) = of
            && let Some(told) = shipping.told.recv().await
        {
            if let Told::Anchored { .. } = told {
                shipping.owed = shipping.owed.saturating_sub(1);
            }
            return told;
        }
        std::future::pending().await
    }

    /// Sends what is left and the last line's anchor; whoever calls bounds the time.
    pub async fn finish(mut self) {
        self.anchor();
        self.queues.clear();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// One place, and what it has yet to be given.
struct Keeper {
    to: Arc<dyn Trail>,
    clock: Arc<dyn Clock>,
    whose: Whose,
    name: String,
    items: mpsc::UnboundedReceiver<Item>,
    tell: mpsc::UnboundedSender<Told>,
    pending: VecDeque<Item>,
    /// How many of those are being sent together: a try that was not answered is made again as it was.
    together: Option<usize>,
    /// Whether the place has been asked how it keeps things, and what it has.
    met: bool,
    behind: bool,
    failures: u32,
    closing: bool,
}

impl Keeper {
    fn new(
        to: Arc<dyn Trail>,
        clock: Arc<dyn Clock>,
        whose: Whose,
        items: mpsc::UnboundedReceiver<Item>,
        tell: mpsc::UnboundedSender<Told>,
    ) -> Self {
        let name = to.name(&whose);
        Self {
            to,
            clock,
            whose,
            name,
            items,
            tell,
            pending: VecDeque::new(),
            together: None,
            met: false,
            behind: false,
            failures: 0,
            closing: false,
        }
    }

    async fn run(mut self) {
        while self.gather().await {
            let clock = Arc::clone(&self.clock);
            let sent = within(clock.as_ref(), LIMIT, self.send()).await;
            let late = || Unread::new(Why::TimedOut, format!("no answer within {} s", LIMIT.as_secs()));
            match sent.unwrap_or_else(|| Err(late())) {
                Ok(until) => self.sent(until),
                Err(why) => {
                    self.failed(&why);
                    if self.closing {
                        return;
                    }
                    self.wait().await;
                }
            }
        }
    }

    fn say(&self, told: Told) {
        // Nobody listens any more when the console is closing.
        let _ = self.tell.send(told);
    }

    /// Waits until there is something to send, and a little for more; `false` when there never will be.
    async fn gather(&mut self) -> bool {
        if self.pending.is_empty() {
            match self.items.recv().await {
                Some(item) => self.pending.push_back(item),
                None => return false,
            }
            let clock = Arc::clone(&self.clock);
            let enough = async {
                while self.pending.len() < BATCH && !matches!(self.pending.back(), Some(Item::Anchor(_))) {
                    match self.items.recv().await {
                        Some(item) => self.pending.push_back(item),
                        None => return true,
                    }
                }
                false
            };
            self.closing = within(clock.as_ref(), GATHER, enough).await.unwrap_or(self.closing);
        }
        self.drain();
        true
    }

    fn drain(&mut self) {
        loop {
            match self.items.try_recv() {
                Ok(item) => self.pending.push_back(item),
                Err(mpsc::error::TryRecvError::Empty) => return,
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    self.closing = true;
                    return;
                }
            }
        }
    }

    /// Sends what comes first: lines together, or an anchor. Says up to which entry the place has everything then.
    async fn send(&mut self) -> Result<Option<u64>, Unread> {
        if !self.met {
            self.meet().await?;
        }
        let (to, whose) = (Arc::clone(&self.to), self.whose.clone());
        match self.pending.front() {
            None => Ok(None),
            Some(Item::Anchor(anchor)) => {
                let anchor = anchor.clone();
                to.anchor(&whose, &anchor).await?;
                self.pending.pop_front();
                let seq = anchor.seq;
                self.say(Told::Anchored { to: self.name.clone(), anchor });
                Ok(Some(seq))
            }
            Some(Item::Line(_)) => {
                let count = *self.together.get_or_insert_with(|| together(&self.pending));
                let lines: Vec<Line> = self.pending.iter().take(count).filter_map(line).cloned().collect();
                to.ship(&whose, &lines).await?;
                self.pending.drain(..count);
                self.together = None;
                Ok(lines.last().map(|line| line.seq))
            }
        }
    }

    /// Asks how the place keeps things, and what it has: an earlier process may have shipped some, and what it shipped must be
    /// what the journal still says.
    async fn meet(&mut self) -> Result<(), Unread> {
        let terms = self.to.terms(&self.whose).await?;
        let has = self.to.has(&self.whose).await?;
        if let Some(has) = has {
            let ours = self.pending.iter().filter_map(line).find(|line| line.seq == has.seq);
            if ours.is_none_or(|ours| ours.hash != has.hash) {
                let why =
                    format!("it has another entry {} of this run than this journal: one of them was changed", has.seq);
                return Err(Unread::new(Why::Other, why));
            }
            self.pending.retain(|item| matches!(item, Item::Anchor(_)) || item.seq() > has.seq);
        }
        self.met = true;
        self.say(Told::Kept { to: self.name.clone(), terms });
        Ok(())
    }

    fn sent(&mut self, until: Option<u64>) {
        self.failures = 0;
        self.drain();
        if let (true, true, Some(until)) = (self.behind, self.pending.is_empty(), until) {
            self.behind = false;
            self.say(Told::CaughtUp { to: self.name.clone(), until });
        }
    }

    fn failed(&mut self, why: &Unread) {
        tracing::warn!(to = %self.name, %why, "the trail is behind");
        self.failures += 1;
        if !self.behind {
            self.behind = true;
            let since = self.pending.front().map_or(1, Item::seq);
            self.say(Told::Behind { to: self.name.clone(), why: why.message.clone(), since });
        }
    }

    /// Waits for the next try: longer each time, and for somewhat different spans, so that consoles do not march in step. Cut
    /// short when nothing more will come.
    async fn wait(&mut self) {
        let base = Duration::from_secs(1 << self.failures.min(6)).min(LONGEST);
        let turn =
            self.whose.run.bytes().fold(self.failures, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let span = base * (75 + turn % 51) / 100;
        let clock = Arc::clone(&self.clock);
        let closed = async {
            while let Some(item) = self.items.recv().await {
                self.pending.push_back(item);
            }
        };
        self.closing = within(clock.as_ref(), span, closed).await.is_some();
    }
}

fn line(item: &Item) -> Option<&Line> {
    match item {
        Item::Line(line) => Some(line),
        Item::Anchor(_) => None,
    }
}

/// How many of the lines that come first are sent together.
fn together(pending: &VecDeque<Item>) -> usize {
    let mut bytes = 0;
    let fits = |line: &&Line| {
        bytes += line.text.len();
        bytes <= BYTES
    };
    pending.iter().map_while(line).take(BATCH).take_while(fits).count().max(1)
}
