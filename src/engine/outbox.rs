//! The outbox: what people are told goes out beside the run, each channel at its own pace, and never holds anything up.
//!
//! What is owed follows from the journal alone ([`Telling`]): a notice whose entry is durable is told at least once, by this
//! process or by one that takes the run up, and always with the same key.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::hash::sha256;
use crate::domain::journal::Body;
use crate::domain::notice::{Notice, Severity, Telling};
use crate::ports::{Channel, Clock, Sent, Unsent, within};

/// How long a message may take before it counts as not taken.
const LIMIT: Duration = Duration::from_secs(20);

/// How long is waited after a first failure, and at most.
const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_mins(1);

/// The channels at work, and what they have to say.
pub struct Outbox {
    lines: Vec<Line>,
    said: mpsc::UnboundedReceiver<Body>,
    /// How many notices are neither taken nor given up, each channel's counted.
    pending: usize,
    _tasks: JoinSet<()>,
}

struct Line {
    least: Severity,
    to: mpsc::UnboundedSender<Arc<Notice>>,
}

impl Outbox {
    /// Starts every channel on what is still owed to it; `None` where there are no channels.
    pub fn start(clock: &Arc<dyn Clock>, channels: &[Arc<dyn Channel>], telling: &Telling) -> Option<Self> {
        if channels.is_empty() {
            return None;
        }
        let (say, said) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let mut pending = 0;
        let mut lines = Vec::with_capacity(channels.len());
        for channel in channels {
            let (to, inbox) = mpsc::unbounded_channel();
            let queue = VecDeque::from(telling.owed(channel.id(), channel.least()));
            pending += queue.len();
            lines.push(Line { least: channel.least(), to });
            let sender = Sender {
                clock: Arc::clone(clock),
                channel: Arc::clone(channel),
                inbox,
                say: say.clone(),
                queue,
                failures: 0,
                tries: 0,
                singly: 0,
                free: Duration::ZERO,
            };
            tasks.spawn(sender.run());
        }
        Some(Self { lines, said, pending, _tasks: tasks })
    }

    /// Gives a notice to every channel that it concerns. Returns at once.
    pub fn push(&mut self, notice: &Arc<Notice>) {
        for line in self.lines.iter().filter(|line| notice.severity >= line.least) {
            if line.to.send(Arc::clone(notice)).is_ok() {
                self.pending += 1;
            }
        }
    }

    /// How many notices are neither taken nor given up, each channel's counted.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// The next thing that is to be recorded of the channels; never anything without an outbox.
    pub async fn next(outbox: Option<&mut Self>) -> Body {
        let Some(outbox) = outbox else { return std::future::pending().await };
        let Some(body) = outbox.said.recv().await else { return std::future::pending().await };
        let settled = match &body {
            Body::Told { keys, .. } | Body::Untold { keys, given_up: true, .. } => keys.len(),
            _ => 0,
        };
        outbox.pending = outbox.pending.saturating_sub(settled);
        body
    }
}

/// One channel's queue, and how it gets on.
struct Sender {
    clock: Arc<dyn Clock>,
    channel: Arc<dyn Channel>,
    inbox: mpsc::UnboundedReceiver<Arc<Notice>>,
    say: mpsc::UnboundedSender<Body>,
    queue: VecDeque<Arc<Notice>>,
    /// How often in a row nothing was taken.
    failures: u32,
    /// How often the first of the queue was sent.
    tries: u32,
    /// How many are sent one by one: a message of them together was refused for good, and one may be to blame.
    singly: usize,
    /// When the next message may go out, by the clock that never jumps.
    free: Duration,
}

impl Sender {
    async fn run(mut self) {
        loop {
            if self.queue.is_empty() {
                match self.inbox.recv().await {
                    Some(notice) => self.queue.push_back(notice),
                    None => return,
                }
            }
            self.clock.sleep(self.free.saturating_sub(self.clock.mono())).await;
            // What came meanwhile goes along.
            while let Ok(notice) = self.inbox.try_recv() {
                self.queue.push_back(notice);
            }
            self.send().await;
        }
    }

    async fn send(&mut self) {
        let most = if self.singly > 0 { 1 } else { self.channel.most().max(1) };
        let batch: Vec<Arc<Notice>> = self.queue.iter().take(most).cloned().collect();
        self.tries += 1;
        let sent = within(self.clock.as_ref(), LIMIT, self.channel.send(&batch)).await;
        let sent = sent.unwrap_or_else(|| {
            let why = format!("no answer in {} s", LIMIT.as_secs());
            Err(Unsent::Later { why, after: None })
        });
        self.free = self.clock.mono() + self.channel.gap();
        let keys: Vec<String> = batch.iter().map(|notice| notice.key.clone()).collect();
        let channel = self.channel.id().to_owned();
        match sent {
            Ok(Sent { answer }) => {
                self.say(Body::Told { channel, keys, attempt: self.tries, answer });
                self.failures = 0;
                self.done(batch.len());
            }
            Err(Unsent::Later { why, after }) => {
                if self.failures == 0 {
                    self.say(Body::Untold { channel, keys, why, given_up: false });
                }
                self.failures = self.failures.saturating_add(1);
                let pause = self.pause().max(after.unwrap_or_default());
                self.free = self.free.max(self.clock.mono() + pause);
            }
            Err(Unsent::Never { .. }) if batch.len() > 1 => self.singly = batch.len(),
            Err(Unsent::Never { why }) => {
                self.say(Body::Untold { channel, keys, why, given_up: true });
                self.failures = 0;
                self.done(1);
            }
        }
    }

    fn done(&mut self, count: usize) {
        self.queue.drain(..count.min(self.queue.len()));
        self.singly = self.singly.saturating_sub(count);
        self.tries = 0;
    }

    fn say(&self, body: Body) {
        // Nobody listens any more when the run is being left.
        let _ = self.say.send(body);
    }

    /// Doubled with each failure, and shortened by up to half: not by chance, so that a simulation stays the same.
    fn pause(&self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.saturating_sub(1).min(10)).min(LAST);
        let first = self.queue.front().map_or("", |notice| notice.key.as_str());
        let mixed = sha256(format!("{} {first} {}", self.channel.id(), self.failures).as_bytes());
        let part = mixed.get(..2).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or_default();
        doubled.mul_f64(1.0 - f64::from(part) / 512.0)
    }
}
