//! Whatever is pressed, pasted, clicked, told and resized, in whatever order: the console does not break, its rules hold, and
//! no command leaves it without the sequence of keys, in sight of the dialog, that it takes.
//!
//! `HANDOVER_FUZZ=1000000` makes it as many events; `HANDOVER_FUZZ_SEED` another history.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use handover::app::modal::{Choice, Confirm, Field, Page, Purpose, Sight, Subject, Way};
use handover::app::model::Due;
use handover::app::{ACTIONS, Effect, Key, Modal, Model, Msg, Role, update};
use handover::domain::command::{Command, Event};
use handover::domain::consent::How;
use handover::domain::gate::Verdict;
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::plan::{Plan, Refusal};
use handover::domain::run::{Ending, State};
use handover::domain::runbook::{Action, Hazard, Step};
use handover::domain::writers::Split;
use handover::ui::Depth;
use jiff::Timestamp;

use super::console::{Console, at, east, gates, promote, west};

/// How many events there are without being asked for more.
const EVENTS: usize = 30_000;
/// After how many a new console is opened.
const LIFE: usize = 700;

/// Dice: the same seed, the same history.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % below.max(1)
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    fn of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.roll(things.len())]
    }
}

/// What somebody who watches the screen has seen of the dialog on top, and what was pressed in sight of it.
#[derive(Default)]
struct Witness {
    /// What it is about: it is another as soon as this is.
    about: String,
    /// Since when it has been in sight, if it is.
    since: Option<Timestamp>,
    /// What was pressed since, as far as it counts.
    pressed: Vec<Key>,
}

/// What a dialog is about. A plan that changes makes it another.
fn about(modal: &Modal) -> String {
    match modal {
        Modal::Confirm(confirm) => match &confirm.subject {
            Subject::Perform(call) => format!("perform {} {}", call.step, call.hash),
            Subject::Attest(attest) => format!("attest {}", attest.step),
            Subject::Arm => "arm".to_owned(),
            Subject::TakeLead => "take the lead".to_owned(),
        },
        Modal::Reason(reason) => format!("{:?}", reason.purpose),
        Modal::Menu(menu) => format!("menu {}", menu.title),
        Modal::Gates(gates) => format!("gates {}", gates.step),
        Modal::Palette(_) => "palette".to_owned(),
        Modal::Help(_) => "help".to_owned(),
    }
}

struct Fuzz {
    console: Console,
    dice: Dice,
    wall: Timestamp,
    witness: Witness,
    size: (u16, u16),
    counts: BTreeMap<&'static str, usize>,
}

impl Fuzz {
    fn new(seed: u64) -> Self {
        Self {
            console: Console::outage(Role::Lead),
            dice: Dice(seed),
            wall: at(0),
            witness: Witness::default(),
            size: (120, 40),
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// A console somewhere in a run.
    fn open_another(&mut self) {
        self.console = match self.dice.roll(8) {
            0 => Console::outage(Role::Observer { lead: "ben@bastion".into() }),
            1 | 2 => Console::outage(Role::Lead),
            3 => {
                let mut console = Console::outage(Role::Lead);
                console.arm();
                console
            }
            _ => {
                let mut console = Console::outage(Role::Lead);
                console.arm();
                console.at_promotion();
                console.planned(promote(), gates(false));
                console
            }
        };
        self.witness = Witness::default();
        self.wall = self.console.model.now;
        self.draw();
    }

    fn model(&self) -> &Model {
        &self.console.model
    }

    fn draw(&mut self) {
        let depth = if self.dice.one_in(2) { Depth::None } else { Depth::Indexed };
        let unicode = self.dice.one_in(2);
        let wall = self.wall;
        self.console.draw_at(self.size.0, self.size.1, depth, unicode, wall);
        let sight = self.model().sight;
        self.look(Some(sight));
    }

    /// Looks which dialog is on top; after a drawing, how much of it is in sight.
    fn look(&mut self, drawn: Option<Sight>) {
        let Some(top) = self.model().modals.last().map(about) else {
            self.witness = Witness::default();
            return;
        };
        if top != self.witness.about {
            self.witness = Witness { about: top, ..Witness::default() };
        }
        match drawn {
            Some(sight) if !sight.asks => {
                self.witness = Witness { about: self.witness.about.clone(), ..Witness::default() }
            }
            Some(_) => {
                let wall = self.wall;
                self.witness.since.get_or_insert(wall);
            }
            None => {}
        }
    }

    fn key(&mut self, key: Key, repeat: bool) {
        let at = self.wall;
        let counts = self.witness.since.is_some_and(|since| at >= since + Duration::from_millis(300));
        let top = self.model().modals.last().cloned();
        let (depth, rights, wall) = (self.model().modals.len(), self.model().rights(), self.model().screens.wall);
        if counts && !repeat {
            self.witness.pressed.push(key);
        }
        let pressed = std::mem::take(&mut self.witness.pressed);
        let before = (top.is_none() && self.dice.one_in(8)).then(|| {
            self.console.model.take_due();
            self.console.whole(self.size)
        });
        let effects = update(&mut self.console.model, Msg::Key { key, repeat, at });
        if let Some(before) = before {
            if self.console.selection_over(before) {
                self.count("selections");
            }
            self.console.model.due = Due::Everything;
        }
        for effect in &effects {
            assert!(!repeat || !decides(effect), "a held {key} did {effect:?}");
            self.judge(effect, key, top.as_ref(), &pressed, rights.lead, rights.armed);
            assert!(!(wall && top.is_none() && decides(effect)), "{key} before the wall did {effect:?}");
        }
        if key == "esc".parse().unwrap() {
            assert!(effects.iter().all(|effect| !decides(effect)), "esc did {effects:?}");
            assert!(self.model().modals.len() <= depth, "esc opened something");
        }
        self.witness.pressed = pressed;
        if self.model().modals.len() < depth {
            // What comes to light again has to be seen and answered anew.
            self.witness = Witness::default();
        }
        self.settle(effects);
    }

    /// Whether a command was come by as it must be.
    fn judge(&mut self, effect: &Effect, key: Key, top: Option<&Modal>, pressed: &[Key], lead: bool, armed: bool) {
        if !decides(effect) {
            return;
        }
        self.count("decisions");
        let enter: Key = "enter".parse().unwrap();
        let Effect::Engine(command) = effect else {
            // To take the lead is confirmed, to leave is chosen or asked for.
            if *effect == Effect::TakeLead {
                Self::two_keys(top, pressed, |subject| matches!(subject, Subject::TakeLead));
                self.count("leads taken");
            }
            return;
        };
        match command {
            Command::Confirm { step, plan_hash, how } => {
                assert!(lead && armed, "{command:?}");
                let Some(Modal::Confirm(confirm)) = top else { panic!("{command:?} without a dialog: {top:?}") };
                let Subject::Perform(call) = &confirm.subject else { panic!("{command:?} by {top:?}") };
                assert_eq!((&call.step, &call.hash), (step, plan_hash));
                assert_eq!(*plan_hash, call.plan.hash(), "the plan that is shown is the one that is confirmed");
                assert!(confirm.blocked.is_none(), "{confirm:?}");
                assert_eq!(pressed.last(), Some(&enter));
                match (how, &call.plan.phrase) {
                    (How::Typed { phrase }, Some(wanted)) => {
                        assert_eq!(phrase, wanted);
                        let typed: Vec<char> = pressed.iter().filter_map(|key| key.typed()).collect();
                        assert!(typed.len() >= wanted.chars().count(), "{wanted:?} was typed in sight: {typed:?}");
                        self.count("phrases");
                    }
                    (How::TwoKeys, None) => {
                        assert!(pressed.len() >= 2 && pressed[pressed.len() - 2] == Key::char('y'), "{pressed:?}");
                        self.count("two keys");
                    }
                    other => panic!("{other:?}"),
                }
                let declared = self.model().run.runbook.step(step).map_or(Hazard::Irreversible, |step| step.hazard);
                let hazard = declared.max(call.plan.hazard);
                assert!(hazard != Hazard::Irreversible || matches!(how, How::Typed { .. }), "{command:?}");
            }
            Command::Arm => {
                assert!(lead);
                Self::two_keys(top, pressed, |subject| matches!(subject, Subject::Arm));
                self.count("armings");
            }
            Command::Attest { step, .. } => {
                assert!(lead);
                Self::two_keys(
                    top,
                    pressed,
                    |subject| matches!(subject, Subject::Attest(attest) if attest.step == *step),
                );
                self.count("attestations");
            }
            Command::Start(id) => {
                assert!(lead);
                let step = self.model().run.runbook.step(id).cloned().unwrap();
                // Of what writes a start only looks how far it has come.
                let looks = matches!(self.model().state(id), State::Failed(_) | State::Unsure(_))
                    || self.model().plans.get(id).is_some_and(|planned| planned.result.is_err());
                assert!(!writes(&step) || looks, "{command:?} of {step:?}");
                assert!(matches!(top, None | Some(Modal::Menu(_) | Modal::Palette(_))), "{command:?} by {top:?}");
                self.count("starts");
            }
            Command::Cancel(_) | Command::Continue => assert!(lead, "{command:?}"),
            Command::Override { .. }
            | Command::Skip { .. }
            | Command::AcceptRisk { .. }
            | Command::ByHand { .. }
            | Command::NotDone { .. }
            | Command::Impossible { .. }
            | Command::NextWay { .. }
            | Command::Reopen { .. }
            | Command::RollBack { .. }
            | Command::Pause { .. }
            | Command::Ungraceful { .. }
            | Command::Note(_)
            | Command::OnCall(_)
            | Command::HandOver { .. }
            | Command::Mark { .. }
            | Command::Close { .. } => {
                assert!(lead, "{command:?}");
                let Some(Modal::Reason(reason)) = top else { panic!("{command:?} by {top:?}") };
                assert!(reason.purpose == Purpose::OnCall || reason.input.text().trim().chars().count() >= 3);
                assert_eq!(key, enter, "{command:?}");
                assert_eq!(pressed.last(), Some(&enter), "in sight: {command:?}");
                self.count("reasons");
            }
            other => panic!("nobody has said how {other:?} is come by"),
        }
    }

    /// A confirmation by `y`, then Enter, both in sight of it.
    fn two_keys(top: Option<&Modal>, pressed: &[Key], of: impl Fn(&Subject) -> bool) {
        let Some(Modal::Confirm(confirm)) = top else { panic!("without a dialog: {top:?}") };
        assert!(of(&confirm.subject) && confirm.blocked.is_none(), "{confirm:?}");
        assert!(matches!(confirm.way, Way::TwoKeys { first: true }), "{confirm:?}");
        let [.., first, second] = pressed else { panic!("{pressed:?}") };
        assert_eq!((*first, *second), (Key::char('y'), "enter".parse().unwrap()), "{pressed:?}");
    }

    /// What anything but a key does: it decides nothing.
    fn send(&mut self, msg: Msg, from: &str) {
        let depth = self.model().modals.len();
        let effects = update(&mut self.console.model, msg);
        for effect in &effects {
            assert!(!decides(effect) || matches!(effect, Effect::Watch | Effect::Quit), "{from} did {effect:?}");
        }
        if self.model().modals.len() < depth {
            self.witness = Witness::default();
        }
        self.look(None);
        self.settle(effects);
    }

    /// Answers as an engine would, most of the time.
    fn settle(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Engine(command) = effect else {
                if effect == Effect::Quit {
                    self.open_another();
                }
                continue;
            };
            self.count("commands");
            match command {
                Command::Arm => self.entry(Body::Armed),
                Command::Disarm if self.dice.one_in(2) => self.entry(Body::Disarmed { reason: String::new() }),
                Command::Plan(step) if !self.dice.one_in(4) => self.plan(&step),
                Command::Confirm { step, .. } | Command::Attest { step, .. } | Command::Start(step) => match self
                    .dice
                    .roll(5)
                {
                    0 => self.entry(Body::Failed { step, reason: "throttled".into(), evidence: vec![] }),
                    1 => self.entry(Body::Unsure { step, reason: "the answer was lost".into() }),
                    2 => self.entry(Body::Started { step }),
                    _ => {
                        self.entry(Body::Settled { step, ending: Ending::Done, says: String::new(), evidence: vec![] });
                    }
                },
                Command::Skip { step, .. } => {
                    self.entry(Body::Settled { step, ending: Ending::Skipped, says: String::new(), evidence: vec![] });
                }
                Command::Pause { reason } => self.entry(Body::Paused { reason }),
                Command::Continue => self.entry(Body::Continued),
                Command::Ungraceful { reason } => self.entry(Body::Ungraceful { reason }),
                Command::Note(text) => self.entry(Body::Note { text }),
                Command::HandOver { to, reason } if self.dice.one_in(2) => {
                    self.entry(Body::LeadOffered { to, reason });
                }
                Command::Close { .. } | Command::Leave => self.open_another(),
                _ => {}
            }
        }
        self.look(None);
    }

    fn entry(&mut self, body: Body) {
        let before = self.console.effects.len();
        let depth = self.model().modals.len();
        self.console.entry(body);
        if self.model().modals.len() < depth {
            self.witness = Witness::default();
        }
        for effect in &self.console.effects[before..] {
            assert!(!decides(effect) || matches!(effect, Effect::Watch | Effect::Quit), "an entry did {effect:?}");
        }
        self.look(None);
    }

    /// A plan for a step, one of a few.
    fn plan(&mut self, id: &str) {
        let Some(step) = self.model().run.runbook.step(id).cloned() else { return };
        if self.dice.one_in(8) {
            let result = Err(Refusal::new("the replica does not exist"));
            return self.send(Msg::Engine(Event::Planned { step: id.to_owned(), result }), "a refusal");
        }
        let mut plan = Plan { step: id.to_owned(), hazard: step.hazard, ..promote() };
        plan.basis[0].value = self.dice.roll(3).to_string();
        if step.hazard != Hazard::Irreversible {
            plan.phrase = None;
        }
        let mut found = gates(false);
        if self.dice.one_in(5) {
            found[0].verdict = Verdict::Fail;
        }
        let result = Ok((Arc::new(plan), found));
        self.send(Msg::Engine(Event::Planned { step: id.to_owned(), result }), "a plan");
    }

    /// A second passes. One that asks for nothing but the banner must have left everything below it as it was.
    fn second(&mut self) {
        self.console.model.take_due();
        let before = self.console.below_the_banner(self.size);
        self.console.tick(1);
        if self.console.model.take_due() == Due::Banner {
            let after = self.console.below_the_banner(self.size);
            let differs = before.iter().zip(&after).find(|(before, after)| before != after);
            assert_eq!(differs, None, "{:?}", self.model().screens.shown);
            self.count("quiet seconds");
        }
        self.console.model.due = Due::Everything;
    }

    /// Some event from outside.
    fn happens(&mut self) {
        let steps: Vec<String> = self.model().rows.iter().map(|row| row.id.clone()).collect();
        let step = self.dice.of(&steps).clone();
        match self.dice.roll(14) {
            0 | 1 => self.plan(&step),
            2 => self.entry(Body::Settled { step, ending: Ending::Done, says: String::new(), evidence: vec![] }),
            3 => self.entry(Body::Armed),
            4 if self.dice.one_in(3) => self.entry(Body::Disarmed { reason: "by itself".into() }),
            5 => {
                let splits = vec![Split { component: "database".into(), regions: vec![east(), west()] }];
                self.entry(Body::SplitBrain { splits });
            }
            6 => self.entry(Body::SplitBrain { splits: vec![] }),
            7 if self.dice.one_in(2) => self.entry(Body::Unsure { step, reason: "no answer in 5 s".into() }),
            7 => self.entry(Body::Failed { step, reason: "denied".into(), evidence: vec![] }),
            8 if self.dice.one_in(12) => {
                self.send(Msg::Engine(Event::Latched { why: "no space left".into() }), "a lost journal");
            }
            9 => self.send(Msg::Engine(Event::Output { step, line: "one\u{1b}[31m line".into() }), "output"),
            10 => {
                let text = "still a replica".into();
                self.send(Msg::Engine(Event::Progress { step, text, next: None }), "progress");
            }
            11 if self.dice.one_in(12) => {
                self.entry(Body::RunClosed { outcome: RunOutcome::StoodDown, says: "a false alarm".into() });
            }
            12 => self.send(Msg::Engine(Event::Refused { why: "a gate does not hold".into() }), "a refusal"),
            _ => {
                self.console.standby_answers();
                self.look(None);
            }
        }
    }

    /// Somebody who knows what the dialog wants: without them hardly a phrase would ever be typed.
    fn answers(&mut self) {
        let wants = match self.model().modals.last() {
            Some(Modal::Confirm(confirm)) => wants(confirm),
            Some(Modal::Reason(_)) => "ben because x enter".to_owned(),
            Some(Modal::Menu(menu)) if menu.items.iter().any(|item| item.choice == Choice::Leave) => "esc".to_owned(),
            Some(Modal::Menu(_) | Modal::Gates(_)) => "j enter".to_owned(),
            Some(Modal::Help(help)) if help.page == Page::Keys => "esc".to_owned(),
            Some(_) => "esc".to_owned(),
            None => (*self.dice.of(&["enter", "space", "A", "enter", "j", "o", "n", "C", "t", "P"])).to_owned(),
        };
        if !self.dice.one_in(6) {
            self.draw();
        }
        self.wall += Duration::from_millis(if self.dice.one_in(6) { 100 } else { 350 });
        for word in wants.split(' ') {
            let keys: Vec<Key> = match word.parse::<Key>() {
                Ok(key) => vec![key],
                Err(_) => word.chars().map(Key::char).collect(),
            };
            for key in keys {
                self.wall += Duration::from_millis(60);
                self.key(key, false);
                if self.dice.one_in(40) {
                    self.happens();
                }
            }
        }
    }

    fn step(&mut self, keys: &[Key]) {
        let late = self.dice.roll(500);
        self.wall += Duration::from_millis(u64::try_from(late).unwrap());
        match self.dice.roll(100) {
            0..40 => {
                let key = *self.dice.of(keys);
                let repeat = self.dice.one_in(8);
                self.key(key, repeat);
            }
            40..58 => self.answers(),
            58..66 => self.happens(),
            66..71 => {
                let text = *self.dice.of(&["promote us-west-2\n", "y\n", "y", "ben: because\r\n", "\u{1b}[A"]);
                self.send(Msg::Paste(text.to_owned()), "a paste");
            }
            71..75 => {
                self.size =
                    *self.dice.of(&[(120, 40), (80, 24), (200, 60), (60, 15), (40, 10), (24, 4), (5, 2), (0, 0)]);
                self.send(Msg::Resize, "a change of size");
            }
            75..80 => {
                self.second();
                self.look(None);
            }
            80..85 => {
                let (column, line) = (self.dice.roll(120), self.dice.roll(40));
                let (column, line) = (u16::try_from(column).unwrap(), u16::try_from(line).unwrap());
                if let Some(spot) = self.console.seen.as_ref().and_then(|seen| seen.spot(column, line)) {
                    self.count("clicks");
                    let msg = if self.dice.one_in(2) {
                        Msg::Click(spot)
                    } else {
                        Msg::Wheel { spot: Some(spot), down: true }
                    };
                    self.send(msg, "the mouse");
                }
            }
            _ => self.draw(),
        }
        if self.size.0 < 30 && self.dice.one_in(6) {
            self.size = (120, 40);
        }
        let over = self.model().latched.is_some() || self.model().run.closed.is_some() || self.model().ended;
        if over && self.dice.one_in(10) || self.model().run.offered.is_some() && self.dice.one_in(10) {
            self.open_another();
        }
        self.sound();
    }

    /// What always holds of the model.
    fn sound(&self) {
        let model = self.model();
        assert!(model.selected < model.rows.len().max(1), "{}", model.selected);
        assert!(model.journal_scroll <= model.tail.len());
        assert!(model.modals.len() < 8, "dialogs pile up: {:?}", model.modals.iter().map(about).collect::<Vec<_>>());
        let rights = model.rights();
        for modal in &model.modals {
            match modal {
                Modal::Menu(menu) => assert!(menu.selected < menu.items.len().max(1)),
                Modal::Palette(palette) => assert!(palette.selected < palette.found.len().max(1)),
                Modal::Confirm(confirm) => match &confirm.subject {
                    Subject::Perform(_) => assert!(rights.armed, "a call waits for an answer that may not be given"),
                    Subject::Attest(_) => assert!(rights.lead),
                    Subject::Arm => assert!(rights.lead && !rights.armed),
                    Subject::TakeLead => assert!(rights.observer),
                },
                Modal::Reason(_) | Modal::Gates(_) => assert!(rights.lead),
                Modal::Help(_) => {}
            }
        }
    }
}

fn wants(confirm: &Confirm) -> String {
    match (&confirm.subject, &confirm.way) {
        (Subject::Attest(attest), _) if attest.field != Field::Answer => "enter".to_owned(),
        (_, Way::TwoKeys { .. }) => "y enter".to_owned(),
        (_, Way::Phrase { phrase, .. }) => format!("ctrl-u {} enter", phrase.replace(' ', " space ")),
    }
}

/// Whether it is more than looking, reading and leaving.
fn decides(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::Engine(
            Command::Plan(_)
                | Command::Selected(_)
                | Command::Preflight
                | Command::Refresh
                // To be read-only again is nobody's risk, and neither is to leave.
                | Command::Disarm
                | Command::Leave
        ) | Effect::Copy(_)
            | Effect::History
            | Effect::Mouse(_)
            | Effect::Redraw
            | Effect::Quit
    )
}

fn writes(step: &Step) -> bool {
    matches!(step.action, Action::Act { .. }) || matches!(step.action, Action::Exec(_)) && step.hazard != Hazard::None
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nothing_is_done_without_its_confirmation_and_nothing_breaks() {
    let events = number("HANDOVER_FUZZ").map_or(EVENTS, |events| usize::try_from(events).unwrap());
    let mut fuzz = Fuzz::new(number("HANDOVER_FUZZ_SEED").unwrap_or(0x2545_f491_4f6c_dd1d));
    let mut keys: Vec<Key> = ACTIONS.iter().flat_map(|info| info.keys).map(|key| key.parse().unwrap()).collect();
    for (key, times) in [("enter", 14), ("y", 6), ("esc", 5), ("space", 6), ("A", 3), ("ctrl-c", 1), ("backspace", 1)] {
        keys.extend(std::iter::repeat_n(key.parse::<Key>().unwrap(), times));
    }
    for event in 0..events {
        if event % LIFE == 0 {
            fuzz.open_another();
        }
        fuzz.step(&keys);
    }
    println!("{events} events: {:?}", fuzz.counts);
    let reached = |what| fuzz.counts.get(what).copied().unwrap_or(0) * EVENTS / events.max(1);
    let confirmed: usize = ["phrases", "two keys", "armings", "attestations", "leads taken"].map(reached).iter().sum();
    assert!(reached("commands") > 600 && reached("phrases") > 8 && confirmed > 40, "{:?}", fuzz.counts);
    assert!(reached("reasons") > 100 && reached("starts") > 10 && reached("clicks") > 60, "{:?}", fuzz.counts);
    assert!(reached("quiet seconds") > 60, "{:?}", fuzz.counts);
    assert!(reached("selections") > 8, "{:?}", fuzz.counts);
}
