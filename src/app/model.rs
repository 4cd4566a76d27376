//! Everything that the console knows. Views read it; only [`update`](super::update()) changes it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Context, Rights};
use super::chord::Pending;
use super::keymap::Keymap;
use super::modal::{Help, Modal, Page, Sight};
use super::presenter::Presenter;
use super::screen::Screens;
use crate::domain::account::Account;
use crate::domain::board::Board;
use crate::domain::disruption::Tally;
use crate::domain::figures::Figures;
use crate::domain::history::History;
use crate::domain::journal::Entry;
use crate::domain::lags::Lags;
use crate::domain::outline::{Outline, outline};
use crate::domain::preflight::Preflight;
use crate::domain::replay::Position;
use crate::domain::run::{Run, State, StepRecord};
use crate::domain::runbook::{Action as StepAction, Step, StepId};
use crate::domain::service::Service;
use crate::domain::shelf::Shelf;
use crate::domain::worst::Worst;

mod opening;
mod parts;
mod time;

pub use opening::{Capabilities, Opening, Replay, Role};
pub use parts::{Due, Focus, Level, Planned, Progress, Row, Toast};
pub use time::BEAT;

/// How many journal entries are kept, the latest: a run of days has fewer.
pub const TAIL: usize = 50_000;
/// How many lines of a program's output are kept.
pub const OUTPUT: usize = 500;
/// After how long a plan on the screen is made again, by the run's clock.
pub const PLAN_PACE: Duration = Duration::from_secs(10);
/// For how many ticks (seconds) a message stays in the footer.
const TOAST_TICKS: u8 = 10;
/// And one that only answers a key.
const ANSWER_TICKS: u8 = 4;

/// Everything that the console knows.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // They are independent of each other.
pub struct Model {
    /// The service.
    pub service: Arc<Service>,
    /// The service's runbooks, where all of them are known.
    pub runbooks: Shelf,
    /// The run, folded from its journal.
    pub run: Run,
    /// The readings.
    pub board: Board,
    /// The worst health in each Region, and since when it has been that.
    pub worst: Worst,
    /// The latest journal entries, oldest first.
    pub tail: VecDeque<Arc<Entry>>,
    /// Who sits here.
    pub role: Role,
    /// Whether they came only to watch, and can never lead.
    pub only_watches: bool,
    /// Their name.
    pub operator: String,
    /// The AWS account that the credentials are for, as soon as AWS has said so.
    pub account: Option<Arc<Account>>,
    /// How many times faster than time a simulation runs.
    pub speed: f64,
    /// Where the replay is, if this is one.
    pub replay: Option<Replay>,
    /// The keys.
    pub keymap: Keymap,
    /// What the terminal can do.
    pub capabilities: Capabilities,
    /// The run's clock.
    pub now: Timestamp,
    /// The steps, in order.
    pub rows: Vec<Row>,
    /// The plan of the whole run.
    pub outline: Outline,
    /// How long the open steps will take, as they usually do or as their runbook expects, and to what: to the step with which the
    /// recovery time ends where there is one. Steps that can run side by side are counted so.
    pub left: (Duration, &'static str),
    /// The selected step, as an index into the rows.
    pub selected: usize,
    /// The screens.
    pub screens: Screens,
    /// The course of every lag since the console began, and before, where CloudWatch has it.
    pub lags: Lags,
    /// The keys that are shown to who watches.
    pub presenter: Presenter,
    /// Where keys go.
    pub focus: Focus,
    /// Whether the focused pane has the whole height.
    pub zoom: bool,
    /// Whether the Region panels show every reading.
    pub facts: bool,
    /// Whether the guide explains the selected step.
    pub guide: bool,
    /// How many lines of the step pane are scrolled away.
    pub step_scroll: usize,
    /// How many entries of the journal's tail are scrolled away, from the newest.
    pub journal_scroll: usize,
    /// The latest resolution of each step.
    pub plans: BTreeMap<StepId, Planned>,
    /// When each step's resolution was asked for last.
    pub asked: BTreeMap<StepId, Timestamp>,
    /// What programs wrote.
    pub output: BTreeMap<StepId, VecDeque<String>>,
    /// How running steps get on.
    pub progress: BTreeMap<StepId, Progress>,
    /// The last preflight.
    pub preflight: Option<Arc<Preflight>>,
    /// What the service's users met with, as the meter counted it last.
    pub disruption: Arc<Vec<Tally>>,
    /// Since when one is waited for.
    pub preflight_asked: Option<Timestamp>,
    /// The past runs, as they were read last.
    pub history: Option<Arc<History>>,
    /// The commands that were run from the palette, the latest first.
    pub recent: Vec<Action>,
    /// The chord that has been begun, if one has.
    pub pending: Option<Pending>,
    /// A step that was over while a dialog stood before it: the mark goes on from it when the dialog is closed.
    pub goes_on: Option<StepId>,
    /// The dialogs; the last is on top.
    pub modals: Vec<Modal>,
    /// How much of the topmost was shown by the last drawing.
    pub sight: Sight,
    /// Whether the terminal tells of the mouse.
    pub mouse: bool,
    /// The message in the footer.
    pub toast: Option<Toast>,
    /// Why the journal can no longer be written.
    pub latched: Option<String>,
    /// Whether the console is being left.
    pub leaving: bool,
    /// Whether the engine has ended.
    pub ended: bool,
    /// How much of the screen may have changed since it was drawn.
    pub due: Due,
    /// Whether a reading has said something new that is not worth a drawing of its own.
    pub news: bool,
}

impl Model {
    /// The console as it opens.
    pub fn new(opening: Opening) -> Self {
        let Opening { service, runbooks, run, journal, role, operator, speed, keymap, capabilities, now } = opening;
        let skip = journal.len().saturating_sub(TAIL);
        let mut model = Self {
            service,
            runbooks,
            run,
            board: Board::default(),
            worst: Worst::new(),
            tail: journal.into_iter().skip(skip).collect(),
            role,
            only_watches: false,
            operator,
            account: None,
            speed,
            replay: None,
            keymap,
            capabilities,
            now,
            rows: Vec::new(),
            outline: Outline::default(),
            left: (Duration::ZERO, "the end"),
            selected: 0,
            screens: Screens::default(),
            lags: Lags::default(),
            presenter: Presenter::default(),
            focus: Focus::Checklist,
            zoom: false,
            facts: false,
            guide: false,
            step_scroll: 0,
            journal_scroll: 0,
            plans: BTreeMap::new(),
            asked: BTreeMap::new(),
            output: BTreeMap::new(),
            progress: BTreeMap::new(),
            preflight: None,
            disruption: Arc::default(),
            preflight_asked: None,
            history: None,
            recent: Vec::new(),
            pending: None,
            goes_on: None,
            modals: Vec::new(),
            sight: Sight::WHOLE,
            mouse: false,
            toast: None,
            latched: None,
            leaving: false,
            ended: false,
            due: Due::Everything,
            news: false,
        };
        model.refresh_rows();
        model.selected = model.next_open(0).unwrap_or(0);
        model
    }

    /// The console of the same run in another role: whoever sits here sees it as they saw it before.
    #[must_use]
    pub fn going_on_from(mut self, before: &Self) -> Self {
        self.selected = before.selected.min(self.rows.len().saturating_sub(1));
        (self.focus, self.zoom, self.facts) = (before.focus, before.zoom, before.facts);
        self.guide = before.guide;
        (self.step_scroll, self.journal_scroll) = (before.step_scroll, before.journal_scroll);
        self.account.clone_from(&before.account);
        self.history.clone_from(&before.history);
        self.recent.clone_from(&before.recent);
        self.screens.clone_from(&before.screens);
        self.presenter.clone_from(&before.presenter);
        self.mouse = before.mouse;
        self.lags.clone_from(&before.lags);
        self
    }

    /// The console of somebody who wants to be guided: it opens on what explains the run.
    #[must_use]
    pub fn guided(mut self) -> Self {
        self.guide = true;
        self.modals.push(Modal::Help(Help { page: Page::Guide, ..Help::default() }));
        self
    }

    /// The console of a replay, of whose run nothing has happened yet. `missing` says why what was read is not known, or not all
    /// of it.
    #[must_use]
    pub fn replaying(mut self, position: Position, missing: Option<String>) -> Self {
        self.role = Role::Replay;
        self.replay = Some(Replay { position, missing, fresh: self.run.clone() });
        self
    }

    /// Forgets what a process knew that its journal does not have.
    pub fn forget_readings(&mut self) {
        self.board = Board::default();
        self.lags = Lags::default();
        self.worst.clear();
        self.plans.clear();
        self.asked.clear();
        self.output.clear();
        self.progress.clear();
        self.account = None;
        self.preflight = None;
        self.preflight_asked = None;
        self.latched = None;
    }

    /// A replay begins anew.
    pub fn begin_again(&mut self) {
        let Some(replay) = &self.replay else { return };
        self.run = replay.fresh.clone();
        self.tail.clear();
        self.toast = None;
        self.journal_scroll = 0;
        self.forget_readings();
        self.refresh_rows();
        self.selected = self.next_open(0).unwrap_or(0);
    }

    /// Makes the rows anew from the run.
    pub fn refresh_rows(&mut self) {
        let mut rows = Vec::with_capacity(self.rows.len());
        for (phase, held) in self.run.runbook.phases.iter().enumerate() {
            for (place, step) in held.steps.iter().enumerate() {
                rows.push(Row {
                    phase,
                    place,
                    id: step.id.clone(),
                    number: format!("{phase}.{}", place + 1),
                    ready: self.run.is_ready(&step.id),
                    waits_for: self.run.blocked_by(&step.id).iter().map(|id| self.run.runbook.number(id)).collect(),
                });
            }
        }
        self.rows = rows;
        self.outline = outline(&self.service, &self.run.runbook, &self.run.direction);
        self.left = self.time_left();
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
    }

    fn time_left(&self) -> (Duration, &'static str) {
        let is_open = |step: &Step| !self.state(&step.id).is_ended();
        let left = |step: &Step| if is_open(step) { step.takes_to_mark(&self.run.usual) } else { Duration::ZERO };
        let serves = Figures::of(&self.run, self.now).serving.is_some();
        match self.run.runbook.serves_after(&left).filter(|left| !serves && !left.is_zero()) {
            Some(left) => (left, "recovery"),
            None => (self.run.runbook.longest(&left), "the end"),
        }
    }

    /// The selected row.
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }

    /// A row's step.
    pub fn step_of(&self, row: &Row) -> Option<&Step> {
        self.run.runbook.phases.get(row.phase)?.steps.get(row.place)
    }

    /// The selected step.
    pub fn step(&self) -> Option<&Step> {
        self.step_of(self.row()?)
    }

    /// A step's record, if anything has happened to it.
    pub fn record(&self, step: &str) -> Option<&StepRecord> {
        self.run.steps.get(step)
    }

    /// Where a step stands.
    pub fn state(&self, step: &str) -> &State {
        static PENDING: State = State::Pending;
        self.run.steps.get(step).map_or(&PENDING, |record| &record.state)
    }

    /// The first row from `from` on (and then from the start) that is ready, or that something goes on in.
    pub fn next_open(&self, from: usize) -> Option<usize> {
        let open = |row: &Row| {
            let state = self.state(&row.id);
            row.ready || state.is_running() || matches!(state, State::Unsure(_))
        };
        let from = from.min(self.rows.len());
        (from..self.rows.len()).chain(0..from).find(|index| self.rows.get(*index).is_some_and(open))
    }

    /// Whether something is going on that must not be forgotten.
    pub fn is_running(&self) -> bool {
        self.run.steps.values().any(|record| record.state.is_running())
    }

    /// What whoever sits here may do now.
    pub fn rights(&self) -> Rights {
        let open = self.latched.is_none() && self.run.closed.is_none() && !self.leaving && !self.ended;
        // Whoever has handed it over has it no longer, though the engine still ends what it has begun.
        let lead = open && self.role == Role::Lead && self.run.offered.is_none();
        let observer = open && !self.only_watches && matches!(self.role, Role::Observer { .. });
        let armed = lead && self.run.armed.as_deref() == Some(self.operator.as_str());
        Rights { lead, armed, observer, replay: self.replay.is_some() }
    }

    /// Where keys are looked up; none while a dialog with keys of its own is open.
    pub fn context(&self) -> Option<Context> {
        match self.modals.last() {
            Some(modal) => modal.context(),
            // Before the wall nothing is selected that a key could mean.
            None if self.screens.wall => Some(Context::Global),
            None if self.screens.shown.has_steps() => Some(self.focus.context()),
            None => Some(Context::Pane),
        }
    }

    /// Says something in the footer.
    pub fn say(&mut self, level: Level, text: impl Into<String>) {
        let left = if level == Level::Info { ANSWER_TICKS } else { TOAST_TICKS };
        self.toast = Some(Toast { text: text.into(), level, left });
    }

    /// How much of the screen has to be drawn; asking makes it drawn.
    pub fn take_due(&mut self) -> Due {
        std::mem::take(&mut self.due)
    }

    /// Whether a step is resolved to an exact call before it starts.
    pub fn has_plan(step: &Step) -> bool {
        matches!(step.action, StepAction::Act { .. } | StepAction::Exec(_))
    }
}
