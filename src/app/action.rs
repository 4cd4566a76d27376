//! Everything that can be done at the console, in one table. Keymap, help and palette are made from it, so none of them
//! can offer what does not exist, or hide what does.

use std::fmt;
use std::str::FromStr;

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Anywhere outside a dialog.
    Global,
    /// In the checklist.
    Checklist,
    /// In the step pane or the journal.
    Pane,
    /// In a list to choose from: gates, ways out, moments.
    Menu,
    /// In a replay, before the checklist and the panes are looked at.
    Replay,
    /// In the command palette, where characters filter.
    Palette,
    /// In the help.
    Help,
}

impl Context {
    /// Every context, in the order in which help lists them.
    pub const ALL: [Self; 7] =
        [Self::Global, Self::Checklist, Self::Pane, Self::Menu, Self::Replay, Self::Palette, Self::Help];

    /// The word in a keymap.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Checklist => "checklist",
            Self::Pane => "pane",
            Self::Menu => "menu",
            Self::Replay => "replay",
            Self::Palette => "palette",
            Self::Help => "help",
        }
    }
}

impl FromStr for Context {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|context| context.as_str() == word).ok_or(())
    }
}

/// Who may do something. The stronger need comes later: where two actions share a key, the strongest that is met wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Anybody at the console, an observer too.
    Anyone,
    /// Who watches a run that is open.
    Observer,
    /// Who leads the run.
    Lead,
    /// Who leads and is not armed.
    ReadOnly,
    /// Who leads and is armed: it leads to a write.
    Armed,
    /// Who plays a run back.
    Replay,
}

/// What whoever sits at the console may do now.
#[expect(clippy::struct_excessive_bools, reason = "each is a right of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// They lead the run, it is open, and its journal can be written.
    pub lead: bool,
    /// And they have armed the console.
    pub armed: bool,
    /// They watch a run that is open, and could lead it.
    pub observer: bool,
    /// They play a run back: there is nothing to lead.
    pub replay: bool,
}

impl Rights {
    /// Whether a need is met.
    pub fn meet(self, need: Need) -> bool {
        match need {
            Need::Anyone => true,
            Need::Observer => self.observer,
            Need::Lead => self.lead,
            Need::ReadOnly => self.lead && !self.armed,
            Need::Armed => self.lead && self.armed,
            Need::Replay => self.replay,
        }
    }
}

/// An entry of the table.
#[derive(Debug)]
pub struct Info {
    /// The action.
    pub action: Action,
    /// Its id in a keymap and in the palette.
    pub id: &'static str,
    /// What it does, in a line.
    pub doc: &'static str,
    /// Where its keys work.
    pub context: Context,
    /// Who may do it.
    pub need: Need,
    /// Its keys, where a keymap file cannot be read.
    pub keys: &'static [&'static str],
}

macro_rules! actions {
    ($($name:ident $id:literal $context:ident $need:ident [$($key:literal),*] $doc:literal;)*) => {
        /// Something that can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $doc] $name,)*
        }

        /// Every action, in the order in which help lists them.
        pub static ACTIONS: &[Info] = &[
            $(Info {
                action: Action::$name,
                id: $id,
                doc: $doc,
                context: Context::$context,
                need: Need::$need,
                keys: &[$($key),*],
            },)*
        ];
    };
}

actions! {
    StepNext "step-next" Checklist Anyone ["j", "down"] "Select the next step";
    StepPrev "step-prev" Checklist Anyone ["k", "up"] "Select the step before";
    StepFirst "step-first" Checklist Anyone ["g", "home"] "Select the first step";
    StepLast "step-last" Checklist Anyone ["G", "end"] "Select the last step";
    StepPageDown "step-page-down" Checklist Anyone ["ctrl-d", "page-down"] "Go ten steps down";
    StepPageUp "step-page-up" Checklist Anyone ["ctrl-u", "page-up"] "Go ten steps up";
    StepReady "step-ready" Checklist Anyone ["space"] "Select the next step that is ready or running";
    StepStart "step-start" Checklist Lead ["enter"] "Attest, check, wait or run the selected step";
    StepPerform "step-perform" Checklist Armed ["enter"] "Start the selected step, or confirm its call (writes)";
    StepGates "step-gates" Checklist Armed ["O"] "Override a gate of the selected step, by name";
    StepWays "step-ways" Checklist Lead ["o"] "Ways out of the selected step: again, by hand, skip, accept the risk";
    StepPlan "step-plan" Checklist Lead ["p"] "Resolve the selected step to its exact call again";
    StepCancel "step-cancel" Checklist Lead ["x"] "Stop the selected check, wait or program";
    StepFind "step-find" Checklist Anyone ["/"] "Find a step by words; none is hidden";
    FocusStep "focus-step" Checklist Anyone ["l", "right"] "Go to the step pane";
    PaneDown "pane-down" Pane Anyone ["j", "down"] "Scroll down";
    PaneUp "pane-up" Pane Anyone ["k", "up"] "Scroll up";
    PanePageDown "pane-page-down" Pane Anyone ["ctrl-d", "page-down"] "Scroll ten lines down";
    PanePageUp "pane-page-up" Pane Anyone ["ctrl-u", "page-up"] "Scroll ten lines up";
    PaneTop "pane-top" Pane Anyone ["g", "home"] "Scroll to the start";
    Filter "filter" Pane Anyone ["/"] "Filter what is shown by words";
    Detail "detail" Pane Anyone ["enter"] "Show the selected entry whole";
    WatchLonger "watch-longer" Pane Anyone ["+"] "Look at a longer time: 15 minutes, an hour, 6, 24";
    WatchShorter "watch-shorter" Pane Anyone ["minus"] "Look at a shorter time";
    WatchPause "watch-pause" Pane Anyone ["space"] "Hold the charts still, or let them go on";
    FocusChecklist "focus-checklist" Pane Anyone ["h", "left"] "Go back to the checklist";
    FocusNext "focus-next" Global Anyone ["tab"] "Go to the next pane";
    FocusPrev "focus-prev" Global Anyone ["shift-tab"] "Go to the pane before";
    Zoom "zoom" Global Anyone ["z"] "Give the pane the whole height, or take it back";
    Facts "facts" Global Anyone ["f"] "Show every reading of both Regions, or the summary";
    Guide "guide" Global Anyone ["i"] "Show or hide the guide: why, what to look at, what would go wrong";
    GuidePage "guide-page" Global Anyone ["I"] "Explain this run, the screen and the keys; when it is over, what it came to";
    CopyByHand "copy-by-hand" Global Anyone ["y"] "Copy the line that does the selected step by hand; in the journal, the entry";
    CopyPage "copy-page" Global Anyone ["Y"] "Copy the address of the AWS console's page of what the selected step changes";
    Arm "arm" Global ReadOnly ["A"] "Arm the console: writes can be confirmed from there on";
    Disarm "disarm" Global Armed ["A"] "Make the console read-only again";
    Refresh "refresh" Global Lead ["r"] "Read everything now";
    Note "note" Global Lead ["n"] "Write a note into the journal";
    Mark "mark" Global Lead ["t"] "Enter when something was: the impact began, the alarm, the decision";
    OnCall "on-call" Global Lead ["c"] "Write down who is on the call, and as what";
    HandOver "hand-over" Global Lead ["L"] "Hand the lead over to somebody; this console then watches";
    TakeLead "take-lead" Global Observer ["L"] "Take the lead, if nobody has it";
    Pause "pause" Global Lead ["P"] "Hold the run, or go on with it: nothing is started meanwhile";
    Ungraceful "ungraceful" Global Armed ["U"] "Go on without the source: leave out what waits for it, take over by force";
    CloseRun "close-run" Global Lead ["C"] "Close the run: verified, stood down or abandoned";
    ScreenOverview "screen-overview" Global Anyone ["1"] "Go to the overview";
    ScreenChecklist "screen-checklist" Global Anyone ["2"] "Go to the checklist, in full";
    ScreenWatch "screen-watch" Global Anyone ["3"] "Go to the replication, live";
    ScreenReadiness "screen-readiness" Global Anyone ["4"] "Go to the readiness: would a run get through?";
    ScreenTimeline "screen-timeline" Global Anyone ["5"] "Go to the timeline";
    ScreenJournal "screen-journal" Global Anyone ["6"] "Go to the journal";
    ScreenPeople "screen-people" Global Anyone ["7"] "Go to the people";
    ScreenHistory "screen-history" Global Anyone ["8"] "Go to the past runs";
    Wall "wall" Global Anyone ["w"] "Show the wall: large clocks for who stands far away; Esc goes back";
    Presenter "presenter" Global Anyone ["K"] "Show in the corner which keys are pressed, or stop that";
    Mouse "mouse" Global Anyone ["ctrl-t"] "Take the mouse to select and scroll, or leave it to the terminal";
    Palette "palette" Global Anyone [":"] "Find a command or a step by name";
    Help "help" Global Anyone ["?", "f1"] "Show every key that works now";
    People "people" Global Anyone ["@"] "Show who takes part, whom to call, and when";
    WholePlan "whole-plan" Global Anyone ["W"] "Show the whole plan: order, times, whose control plane, the way back";
    Review "review" Global Anyone ["V"] "Show what the review finds in the service and its runbooks";
    Preflight "preflight" Global Anyone ["F"] "Show what a run will need, and ask for it anew";
    History "history" Global Anyone ["H"] "Show past runs, their trend against the objectives, and when the next drill is due";
    BackOut "back-out" Global Anyone [] "Back out of what is open, one thing at a time, as esc does everywhere";
    Redraw "redraw" Global Anyone ["ctrl-l"] "Draw the screen anew";
    Quit "quit" Global Anyone ["q"] "Leave the console; the run stays, and can be resumed";
    ReplayToggle "replay-toggle" Replay Replay ["space"] "Pause the replay, or go on with it";
    ReplayNext "replay-next" Replay Replay ["right", "]"] "Go one entry on";
    ReplayBack "replay-back" Replay Replay ["left", "["] "Go one entry back";
    ReplayFaster "replay-faster" Replay Replay [">"] "Play twice as fast";
    ReplaySlower "replay-slower" Replay Replay ["<"] "Play half as fast";
    ReplayTenthOn "replay-tenth-on" Replay Replay ["}"] "Go a tenth of the run on";
    ReplayTenthBack "replay-tenth-back" Replay Replay ["{"] "Go a tenth of the run back";
    ReplayMilestone "replay-milestone" Replay Replay ["m"] "Go to the next moment of the recovery";
    ReplayMilestoneBack "replay-milestone-back" Replay Replay ["M"] "Go to the moment of the recovery before";
    MenuNext "menu-next" Menu Anyone ["j", "down"] "Next line";
    MenuPrev "menu-prev" Menu Anyone ["k", "up"] "Line before";
    MenuChoose "menu-choose" Menu Anyone ["l", "right", "enter"] "Choose the line";
    PaletteNext "palette-next" Palette Anyone ["down", "ctrl-n"] "Next command";
    PalettePrev "palette-prev" Palette Anyone ["up", "ctrl-p"] "Command before";
    PaletteRun "palette-run" Palette Anyone ["enter"] "Run the command";
    HelpDown "help-down" Help Anyone ["j", "down"] "Scroll down";
    HelpUp "help-up" Help Anyone ["k", "up"] "Scroll up";
    HelpPageDown "help-page-down" Help Anyone ["ctrl-d", "page-down"] "Scroll ten lines down";
    HelpPageUp "help-page-up" Help Anyone ["ctrl-u", "page-up"] "Scroll ten lines up";
    HelpFilter "help-filter" Help Anyone ["/"] "Filter what is shown by words";
    HelpClose "help-close" Help Anyone ["q", "enter", "?", "f1"] "Close the help";
}

impl Action {
    /// Its entry in the table.
    pub fn info(self) -> &'static Info {
        static MISSING: Info =
            Info { action: Action::Redraw, id: "", doc: "", context: Context::Global, need: Need::Armed, keys: &[] };
        // The table is made from the same lines as the enum, in their order.
        ACTIONS.get(self as usize).unwrap_or(&MISSING)
    }

    /// Its id.
    pub fn id(self) -> &'static str {
        self.info().id
    }

    /// Whether its keys can stand in a context: in its own, and backing out in any.
    pub fn is_for(self, context: Context) -> bool {
        self.info().context == context || self == Self::BackOut
    }

    /// Whether it begins or ends something, where others look or move.
    pub fn starts(self) -> bool {
        self.info().need != Need::Anyone || matches!(self, Self::Quit | Self::MenuChoose | Self::PaletteRun)
    }

    /// Whether it leads to a write, so that it exists only when armed.
    pub fn writes(self) -> bool {
        matches!(self, Self::StepPerform | Self::StepGates | Self::Ungraceful)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Action {
    type Err = ();

    fn from_str(id: &str) -> Result<Self, ()> {
        ACTIONS.iter().find(|info| info.id == id).map(|info| info.action).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_answers_for_every_action_and_ids_are_unique() {
        for info in ACTIONS {
            assert_eq!(info.action.info().id, info.id);
            assert_eq!(info.id.parse::<Action>(), Ok(info.action));
            assert_eq!(ACTIONS.iter().filter(|other| other.id == info.id).count(), 1, "{}", info.id);
        }
    }

    #[test]
    fn what_writes_needs_an_armed_console() {
        for info in ACTIONS {
            assert!(!info.action.writes() || info.need == Need::Armed, "{}", info.id);
        }
    }
}
