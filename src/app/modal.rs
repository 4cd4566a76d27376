//! Dialogs: what they ask, and what they hold while they are open. They form a stack; only the topmost takes keys.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::action::Context;
use super::filter::Filter;
use super::find::Hit;
use super::input::Input;
use crate::domain::gate::GateResult;
use crate::domain::journal::RunOutcome;
use crate::domain::plan::Plan;
use crate::domain::review::Finding;
use crate::domain::runbook::StepId;
use crate::domain::timeline::Milestone;

/// For how long after a dialog has come to the screen keys are not taken as its answer: they were meant for what was
/// there before.
pub const GUARD: Duration = Duration::from_millis(300);

/// Since when a dialog is on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guard {
    shown: Option<Timestamp>,
}

impl Guard {
    /// The dialog has been drawn.
    pub fn drawn(&mut self, at: Timestamp) {
        self.shown.get_or_insert(at);
    }

    /// Whether a key pressed at this moment was pressed in sight of the dialog.
    pub fn lets(&self, at: Timestamp) -> bool {
        self.shown.is_some_and(|shown| at >= shown + GUARD)
    }
}

/// How much of the topmost dialog the last drawing showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Whether what it asks, and where it is answered, was to be seen. What is not is not answered, either.
    pub asks: bool,
    /// How many lines of what it is about were below the last that was shown.
    pub below: usize,
}

impl Sight {
    /// All of it.
    pub const WHOLE: Self = Self { asks: true, below: 0 };
    /// Too little to be answered.
    pub const TOO_LITTLE: Self = Self { asks: false, below: 0 };
}

/// A dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Modal {
    /// A confirmation.
    Confirm(Box<Confirm>),
    /// The gates of a step that stand open.
    Gates(Gates),
    /// A line of text is asked for.
    Reason(Reason),
    /// One of several is to be chosen.
    Menu(Menu),
    /// The command palette.
    Palette(Palette),
    /// The help.
    Help(Help),
}

impl Modal {
    /// The context in which its keys are looked up; none where they are fixed.
    pub fn context(&self) -> Option<Context> {
        match self {
            Self::Confirm(_) | Self::Reason(_) => None,
            Self::Gates(_) | Self::Menu(_) => Some(Context::Menu),
            Self::Palette(_) => Some(Context::Palette),
            Self::Help(_) => Some(Context::Help),
        }
    }

    /// What was over it is gone: nothing that was pressed before it is drawn again is an answer to it.
    pub fn resurface(&mut self) {
        if let Some(guard) = self.guard_mut() {
            *guard = Guard::default();
        }
        if let Self::Confirm(confirm) = self {
            confirm.way.reset();
        }
    }

    /// Its guard, where its answer matters.
    pub fn guard_mut(&mut self) -> Option<&mut Guard> {
        match self {
            Self::Confirm(confirm) => Some(&mut confirm.guard),
            Self::Gates(gates) => Some(&mut gates.guard),
            Self::Reason(reason) => Some(&mut reason.guard),
            Self::Menu(menu) => Some(&mut menu.guard),
            Self::Palette(_) | Self::Help(_) => None,
        }
    }
}

/// A confirmation: the default is to cancel, and anything unexpected cancels.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// Since when it is on the screen.
    pub guard: Guard,
    /// What is confirmed.
    pub subject: Subject,
    /// How.
    pub way: Way,
    /// What happened while it was open, such as that the plan changed.
    pub notice: Option<String>,
    /// Why it can't be confirmed at the moment.
    pub blocked: Option<String>,
    /// How many lines of what it is about are scrolled away.
    pub scroll: usize,
}

/// What is confirmed.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A call.
    Perform(Call),
    /// That a statement is so.
    Attest(Attest),
    /// That writes may be confirmed from here on.
    Arm,
    /// That this console is to lead.
    TakeLead,
}

/// A call to be confirmed, as it was resolved last.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The step.
    pub step: StepId,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// The plan's hash.
    pub hash: String,
    /// When the plan was made.
    pub at: Timestamp,
    /// Its gates.
    pub gates: Vec<GateResult>,
}

/// A statement to be attested.
#[derive(Debug, Clone, PartialEq)]
pub struct Attest {
    /// The step.
    pub step: StepId,
    /// What the person says by confirming.
    pub statement: String,
    /// What they add.
    pub note: Input,
    /// When the moment that the step marks was, if they know better than "now" or the guess.
    pub when: Input,
    /// When it was by what is known here, and how that is known, where that is not "now".
    pub guess: Option<(Timestamp, String)>,
    /// The moment that the step marks.
    pub marks: Option<Milestone>,
    /// Where keys go.
    pub field: Field,
    /// What is wrong with what was typed.
    pub error: Option<String>,
}

/// A field of the attest dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The two keys.
    Answer,
    /// The note.
    Note,
    /// The moment.
    When,
}

/// How a confirmation is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// `y`, then Enter.
    TwoKeys {
        /// Whether `y` has been pressed.
        first: bool,
    },
    /// The phrase, typed exactly, then Enter.
    Phrase {
        /// What is to be typed.
        phrase: String,
        /// What has been typed.
        input: Input,
    },
}

impl Way {
    /// Takes back everything that was given so far.
    pub fn reset(&mut self) {
        match self {
            Self::TwoKeys { first } => *first = false,
            Self::Phrase { input, .. } => input.clear(),
        }
    }
}

/// The gates of a step that stand open, to be overridden one at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Gates {
    /// Since when it is on the screen.
    pub guard: Guard,
    /// The step.
    pub step: StepId,
    /// The line that is selected.
    pub selected: usize,
}

/// A line of text is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Since when it is on the screen.
    pub guard: Guard,
    /// What for.
    pub purpose: Purpose,
    /// What has been typed.
    pub input: Input,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// What a typed line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Overriding a gate.
    Override {
        /// The step.
        step: StepId,
        /// The gate's name.
        gate: String,
    },
    /// Leaving a step out.
    Skip(StepId),
    /// Accepting the risk of a step that could not be done.
    AcceptRisk(StepId),
    /// A step was done by hand.
    ByHand(StepId),
    /// The call of an unsure step was never made.
    NotDone(StepId),
    /// Nobody can do a step now.
    Impossible(StepId),
    /// Fencing by the next way.
    NextWay(StepId),
    /// Doing after all what was left undone.
    Reopen(StepId),
    /// Taking a step back.
    RollBack(StepId),
    /// Holding the run.
    Pause,
    /// Going on without the source.
    Ungraceful,
    /// A note.
    Note,
    /// Who is on the call.
    OnCall,
    /// Handing the lead over.
    HandOver,
    /// A moment of the recovery.
    Mark(Milestone),
    /// Closing the run.
    Close(RunOutcome),
}

impl Purpose {
    /// The dialog's title.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Override { .. } => "override a gate",
            Self::Skip(_) => "skip this step",
            Self::AcceptRisk(_) => "accept the risk of this step",
            Self::ByHand(_) => "done by hand",
            Self::NotDone(_) => "it was not done",
            Self::Impossible(_) => "this step is impossible",
            Self::NextWay(_) => "fence by another way",
            Self::Reopen(_) => "do it after all",
            Self::RollBack(_) => "take this step back",
            Self::Pause => "hold the run",
            Self::Ungraceful => "go on ungracefully",
            Self::Note => "note",
            Self::OnCall => "who is on the call",
            Self::HandOver => "hand the lead over",
            Self::Mark(_) => "when was it?",
            Self::Close(_) => "close the run",
        }
    }

    /// What is asked.
    pub fn prompt(&self) -> &'static str {
        match self {
            Self::Override { .. } => "Why may it go on although this gate does not hold?",
            Self::Skip(_) => "Why is it left out?",
            Self::AcceptRisk(_) => "What could not be done, and why is that risk accepted?",
            Self::ByHand(_) => "What was done, by whom, and how do you know that it worked?",
            Self::NotDone(_) => "How do you know that the call was never made?",
            Self::Impossible(_) => "Why can nobody do it now, and what does the run go on without?",
            Self::NextWay(_) => "Why does this way not do? The other is planned and confirmed like any",
            Self::Reopen(_) => "Why is it to be done now? Then it stands where it stood at the start",
            Self::RollBack(_) => "Why is it taken back? A step that does so is added, to be confirmed like any",
            Self::Pause => "Why is the run held? What is under way goes on; nothing new is started",
            Self::Ungraceful => "Why can the source not be waited for? What it had not sent is lost",
            Self::Note => "What should the journal say?",
            Self::OnCall => "Everybody, with what they are there: anna (incident commander), ben (database), chris",
            Self::HandOver => {
                "To whom, and why? ben: my shift ends. This console is read-only from then on, and watches"
            }
            Self::Mark(_) => "The moment, then how it is known",
            Self::Close(RunOutcome::Verified) => "By what is the target verified?",
            Self::Close(RunOutcome::StoodDown) => "Why is nothing handed over?",
            Self::Close(RunOutcome::Abandoned) => "In what state is the service left, and who goes on?",
        }
    }
}

/// One of several is to be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Menu {
    /// Since when it is on the screen.
    pub guard: Guard,
    /// The step whose ways out it offers, if it does: they are others once the step has moved on.
    pub step: Option<StepId>,
    /// Its title.
    pub title: String,
    /// What the choice is about.
    pub says: String,
    /// The lines.
    pub items: Vec<Item>,
    /// The line that is selected.
    pub selected: usize,
}

impl Menu {
    /// A menu that is about no step, with its first line selected.
    pub fn new(title: String, says: String, items: Vec<Item>) -> Self {
        Self { guard: Guard::default(), step: None, title, says, items, selected: 0 }
    }
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its words.
    pub label: String,
    /// What follows from it.
    pub detail: String,
    /// What it does.
    pub choice: Choice,
}

/// What a line of a menu does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: the dialog closes.
    Stay,
    /// Leaves the console.
    Leave,
    /// Tries a step again.
    Again(StepId),
    /// Stops what a step does.
    Cancel(StepId),
    /// Opens the gates of a step.
    Gates(StepId),
    /// Asks for a line of text.
    Ask(Purpose),
}

/// The command palette.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Palette {
    /// What filters.
    pub input: Input,
    /// What is left, best first.
    pub found: Vec<Hit>,
    /// The line that is selected.
    pub selected: usize,
}

/// What the help shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// Every key that works now.
    #[default]
    Keys,
    /// The whole plan of the run.
    Plan,
    /// What the review finds.
    Review,
    /// What a run will need.
    Preflight,
    /// What the run, the screen and the keys are.
    Guide,
    /// What an exercise came to.
    Debrief,
}

/// The help.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Help {
    /// What it shows.
    pub page: Page,
    /// What the review has found, on its page: looked for when that was opened.
    pub findings: Vec<Finding>,
    /// What filters it.
    pub filter: Filter,
    /// How many lines are scrolled away.
    pub scroll: usize,
}
