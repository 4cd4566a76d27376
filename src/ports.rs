//! The traits behind which the outside world stands. Production, the simulated Regions and tests differ only here.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::approval::Approval;
use crate::domain::consent::Authorised;
use crate::domain::debrief::{Revealed, Truth};
use crate::domain::disruption::{Probe, Vantage};
use crate::domain::metrics::Metric;
use crate::domain::notice::{Notice, Severity};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::preflight::{Answered, Question, Right, Ruling};
use crate::domain::reading::{Observation, Unread};
use crate::domain::region::{Place, Region};
use crate::domain::trail::{Anchor, Line, Terms, Whose};

mod probes;
mod programs;

pub use probes::{DnsAnswer, HttpAnswer, HttpProbe, Resolver, SqlProbe, SqlState, WriteRefused};
pub use programs::{CommandAnswer, CommandLine, Commands, Exit, Kube, KubeAnswer, OutputLine, Program, ProgramSpec};

/// One part of the service, behind the four verbs. A system that `handover` can hand over is one type that answers them.
#[async_trait]
pub trait Component: Send + Sync {
    /// Its id in the service file.
    fn id(&self) -> &str;

    /// Where it can be observed; each place is sampled on its own.
    fn places(&self) -> Vec<Place>;

    /// How often it is worth observing at rest. A reading counts as fresh for three times this long.
    fn pace(&self) -> Duration;

    /// Reads it in one place. Never writes. The caller bounds the time.
    async fn observe(&self, place: &Place) -> Result<Observation, Unread>;

    /// Resolves an action to the exact call, reading what it rests on now; or refuses with the reason.
    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal>;

    /// Makes exactly one mutation.
    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError>;

    /// Reads how far a plan has come. `since` is the time since the call was (or may have been) made; `receipt` is what
    /// it answered, if that is known. An implementation says [`Settlement::NotStarted`] only when so much time has
    /// passed that a call would have shown.
    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement;

    /// Whether a system with rights of its own (SQL, Kubernetes) would let an action be done there; nothing where IAM
    /// decides. Reads only.
    async fn may(&self, _action: &str, _on: &Place) -> Vec<Right> {
        Vec::new()
    }

    /// From where the disruption meter can watch the service as its users see it.
    fn vantages(&self) -> Vec<Vantage> {
        Vec::new()
    }

    /// Asks once from a vantage of its own. Reads only; the answer comes within the component's own timeout.
    /// Nothing where the question itself could not be put: that says nothing of the service.
    async fn probe(&self, _from: &Vantage) -> Option<Probe> {
        None
    }
}

/// What a preflight asks of AWS besides the components.
#[async_trait]
pub trait Access: Send + Sync {
    /// As whom a Region knows us, for how long yet, and whether our clock agrees with its own.
    async fn identity(&self, region: &Region) -> Result<Observation, Unread>;

    /// What the account's owners call it, if they have given it a name: its IAM alias.
    async fn alias(&self) -> Result<Option<String>, Unread>;

    /// What IAM would say of each question, were it asked by the identity with this ARN. Nothing is called.
    async fn rulings(&self, arn: &str, questions: &[Question]) -> Result<Vec<Ruling>, Unread>;

    /// How every endpoint answered last of those that were asked since the start.
    fn answered(&self) -> Vec<Answered>;
}

/// Every component of a service, by id.
pub type Components = BTreeMap<String, Arc<dyn Component>>;

/// The time. In a simulation it runs faster, and `sleep` with it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock, UTC.
    fn now(&self) -> Timestamp;

    /// A clock that never jumps, since some fixed moment.
    fn mono(&self) -> Duration;

    /// Waits for a span of this clock.
    async fn sleep(&self, span: Duration);
}

/// Waits for `future`, at most `limit` of the clock's time; `None` if that ran out.
pub async fn within<F: Future>(clock: &dyn Clock, limit: Duration, future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        out = future => Some(out),
        () = clock.sleep(limit) => None,
    }
}

/// Where a run's journal lives.
pub trait JournalStore: Send {
    /// Appends one line (without its line break) and returns when it is durable.
    fn append(&mut self, line: &str) -> io::Result<()>;
}

/// Where what a run's console was shown is kept. It is worth much less than the journal: nothing waits for it.
pub trait Readings: Send {
    /// Adds lines, each with its line break, and returns how many bytes there are then.
    ///
    /// # Errors
    /// If they could not be added: nothing more should be.
    fn add(&mut self, lines: &str) -> io::Result<u64>;

    /// Makes what there is durable, and returns its SHA-256 and the number of its lines.
    ///
    /// # Errors
    /// If it could not be read again.
    fn seal(&mut self) -> io::Result<(String, u64)>;
}

/// Where second persons leave their approvals.
pub trait Approvals: Send + Sync {
    /// Everything that is there; whether it is any good is for others to say.
    fn read(&self) -> Vec<Approval>;
}

tokio::task_local! {
    static STEP: String;
}

/// Does something for a step of a run, so that whoever is asked can be told for which.
pub async fn during<F: Future>(step: &str, future: F) -> F::Output {
    Box::pin(STEP.scope(step.to_owned(), future)).await
}

/// The step that something is being done for, where it is for one.
pub fn current_step() -> Option<String> {
    STEP.try_with(Clone::clone).ok()
}

/// A place outside this machine that keeps journals, in the Region that takes over.
#[async_trait]
pub trait Trail: Send + Sync {
    /// What people call it.
    fn name(&self, whose: &Whose) -> String;

    /// How it keeps what it is given.
    async fn terms(&self, whose: &Whose) -> Result<Terms, Unread>;

    /// The last line that it has, if it has any: then it has those before, too.
    async fn has(&self, whose: &Whose) -> Result<Option<Anchor>, Unread>;

    /// Keeps lines that follow each other. To keep the same again changes nothing.
    async fn ship(&self, whose: &Whose, lines: &[Line]) -> Result<(), Unread>;

    /// Keeps an entry's hash. To keep the same again changes nothing.
    async fn anchor(&self, whose: &Whose, anchor: &Anchor) -> Result<(), Unread>;

    /// Every hash that it keeps, in the order of the entries.
    async fn anchors(&self, whose: &Whose) -> Result<Vec<Anchor>, Unread>;
}

/// A place outside this machine that keeps metrics.
#[async_trait]
pub trait MetricStore: Send + Sync {
    /// Keeps what was known at a moment. The caller bounds the time, and never sends the same again.
    async fn put(&self, metrics: &[Metric], at: Timestamp) -> Result<(), Unread>;
}

/// Who holds a run.
pub trait Lease: Send {
    /// Whether this process still holds it.
    fn held(&self) -> bool;
}

/// One way in which people are told: a chat, a pager, a topic, a mail, a receiver of one's own.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Its name in the service file.
    fn id(&self) -> &str;

    /// From which severity on it is told.
    fn least(&self) -> Severity;

    /// How many notices go into one message at most; at least one.
    fn most(&self) -> usize {
        1
    }

    /// How much time there has to be between two messages.
    fn gap(&self) -> Duration {
        Duration::ZERO
    }

    /// Sends one message with these notices. The caller bounds the time, and sends what was not taken again with the same keys.
    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent>;
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the other side answered, safe to show and short.
    pub answer: String,
}

/// A message that was not taken, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// It may be taken later.
    Later {
        /// Why not now, safe to show.
        why: String,
        /// After how long at the earliest, where the other side said so.
        after: Option<Duration>,
    },
    /// It is not going to be taken as it is.
    Never {
        /// Why, safe to show.
        why: String,
    },
}

/// Whoever knows what is really so in simulated Regions.
pub trait Trainer: Send + Sync {
    /// What is so now, and the surprise that the run was opened with, if it was.
    fn debrief(&self) -> (Truth, Option<Revealed>);
}

/// Everything that an engine needs of the world.
#[derive(Clone)]
pub struct World {
    /// The service's components.
    pub components: Components,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// External programs.
    pub program: Arc<dyn Program>,
    /// The databases, where they can be asked.
    pub sql: Option<Arc<dyn SqlProbe>>,
    /// What AWS would let us do, and which of its endpoints answer.
    pub access: Arc<dyn Access>,
    /// How people are told.
    pub channels: Vec<Arc<dyn Channel>>,
    /// Where the journal is kept besides this machine.
    pub trails: Vec<Arc<dyn Trail>>,
    /// Where metrics are published, where the service wants it.
    pub metrics: Option<Arc<dyn MetricStore>>,
    /// Whoever knows what is really so: of simulated Regions alone.
    pub trainer: Option<Arc<dyn Trainer>>,
}
