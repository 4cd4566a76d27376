//! Somebody at the console: reads the screen, presses keys, and has the runbook and the journal to see how it goes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use handover::domain::journal::{Entry, verify};
use handover::domain::run::{Run, State};
use handover::domain::runbook::{Action, Hazard, Step};
use handover::domain::timeline::Milestone;

use crate::common::pty::{Pty, TAP};

/// Where the runs of these tests go.
pub const TARGET: &str = "us-west-2";

/// How long the person looks at a dialog before answering it: longer than the console's own guard.
const LOOK: Duration = Duration::from_millis(350);
const POLL: Duration = Duration::from_millis(10);
const LIMIT: Duration = Duration::from_secs(30);

pub struct Person {
    pub pty: Pty,
    /// The folder of the program's runs, of which there is one.
    runs: PathBuf,
    empty: Run,
    /// What may never be on the screen.
    secrets: &'static [&'static str],
    failures: HashMap<String, u32>,
    /// What this person was asked to type for what cannot be undone.
    pub phrases: Vec<String>,
    /// How long the console took to its first screen.
    pub opened: Duration,
    /// The step that this person is at.
    step: String,
    /// Every key whose answer was waited for; kept only where keys are measured.
    pub answers: Option<Vec<Answer>>,
}

/// How long the screen took to answer a key.
#[derive(Debug, Clone)]
pub struct Answer {
    pub key: &'static str,
    pub took: Duration,
    /// The step that was being done.
    pub step: String,
}

impl Person {
    /// Sits down at a new console. The run is as it is before its first entry.
    pub fn at(pty: Pty, runs: PathBuf, empty: Run, secrets: &'static [&'static str]) -> Self {
        let began = Instant::now();
        let mut person = Self {
            pty,
            runs,
            empty,
            secrets,
            failures: HashMap::new(),
            phrases: Vec::new(),
            opened: Duration::ZERO,
            step: String::new(),
            answers: None,
        };
        person.until("the console", || person.heading().starts_with("checklist"));
        person.opened = began.elapsed();
        person
    }

    pub fn journal(&self) -> PathBuf {
        let mut folders = std::fs::read_dir(&self.runs).into_iter().flatten();
        folders.find_map(|entry| Some(entry.ok()?.path())).unwrap_or_default().join("journal.jsonl")
    }

    pub fn entries(&self) -> Vec<Entry> {
        // A line that is being written is a tail, and no entry yet.
        let bytes = std::fs::read(self.journal()).unwrap_or_default();
        verify(&bytes).unwrap_or_else(|broken| panic!("{broken:?}")).entries
    }

    pub fn run(&self) -> Run {
        self.empty.clone().fold(&self.entries())
    }

    /// The screen, on which no secret may ever be.
    pub fn screen(&self) -> String {
        let screen = self.pty.screen();
        for secret in self.secrets {
            assert!(!screen.contains(secret), "a secret is on the screen\n{screen}");
        }
        screen
    }

    /// What the pane or dialog that has the keys is called: its frame is the only heavy one.
    pub fn heading(&self) -> String {
        let screen = self.screen();
        let title = screen.lines().find_map(|line| line.split_once('┏').map(|(_, title)| title));
        title.unwrap_or_default().trim_start_matches(['━', ' ']).to_owned()
    }

    /// The number of the step that is selected in the checklist.
    pub fn selected(&self) -> String {
        let screen = self.screen();
        let row = screen.lines().find_map(|line| line.split_once('❯').map(|(_, row)| row));
        row.unwrap_or_default().split_whitespace().nth(1).unwrap_or_default().to_owned()
    }

    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let limit = Instant::now() + LIMIT;
        while !holds() {
            assert!(Instant::now() < limit, "not within {LIMIT:?}: {what}; the screen is\n{}", self.screen());
            sleep(POLL);
        }
    }

    /// Presses keys as a person does: the same key at once again would be one that is held down.
    fn press(&mut self, keys: &str) {
        sleep(TAP + Duration::from_millis(20));
        self.pty.send_keys(keys);
    }

    fn wait_heading(&self, start: &str) {
        self.until(&format!("the dialog {start:?}"), || self.heading().starts_with(start));
        sleep(LOOK);
    }

    fn two_keys(&mut self) {
        self.press("y");
        self.until("the second key is asked for", || self.screen().contains("now press"));
        self.press("<enter>");
    }

    pub fn arm(&mut self) {
        self.press("A");
        self.wait_heading("arm the console");
        self.two_keys();
        self.until("the console is armed", || self.screen().contains("ARMED: anna"));
    }

    /// Types a line where one is asked for.
    fn tell(&mut self, heading: &str, text: &str) {
        self.wait_heading(heading);
        self.press(text);
        self.until("what was typed is on the screen", || self.screen().contains(text));
        self.press("<enter>");
        self.until("the line is taken", || !self.heading().starts_with(heading));
    }

    /// Chooses a line of the menu that is open.
    fn choose(&mut self, label: &str) {
        sleep(LOOK);
        // The rows of the menu, and which of them is chosen; none on a screen that is half drawn.
        let rows = |person: &Self| {
            let screen = person.screen();
            let inside = screen.lines().filter(|line| line.matches('┃').count() == 2);
            let rows: Vec<String> = inside.filter_map(|line| Some(line.split('┃').nth(1)?.trim().to_owned())).collect();
            let chosen = rows.iter().position(|row| row.starts_with('❯'));
            let of = |row: &String| row.trim_start_matches('❯').trim().starts_with(label);
            (chosen, rows.iter().position(of))
        };
        let limit = Instant::now() + LIMIT;
        while Instant::now() < limit {
            match rows(self) {
                (Some(chosen), Some(wanted)) if chosen == wanted => {
                    // It must stay there: a key that is still on its way would choose another.
                    sleep(LOOK);
                    if rows(self) == (Some(wanted), Some(wanted)) {
                        self.press("<enter>");
                        // What follows looks at what the screen shows next, not at the menu that was answered.
                        let closed = || rows(self).1.is_none();
                        return self.until(&format!("{label:?} is taken"), closed);
                    }
                }
                (Some(chosen), Some(wanted)) => {
                    self.press(if wanted > chosen { "j" } else { "k" });
                    let moved = Instant::now() + Duration::from_secs(2);
                    while rows(self).0.is_none_or(|now| now == chosen) && Instant::now() < moved {
                        sleep(POLL);
                    }
                }
                _ => sleep(POLL),
            }
        }
        panic!("no {label:?} in the menu\n{}", self.screen());
    }

    /// Takes the run from its first step to its last.
    pub fn walk(&mut self) {
        let began = Instant::now();
        while !self.run().is_complete() {
            assert!(began.elapsed() < Duration::from_mins(8), "too long; the screen is\n{}", self.screen());
            self.measure();
            let run = self.run();
            let number = self.selected();
            let (found, ready) = {
                let of = |step: &Step| run.runbook.number(&step.id) == number;
                (run.runbook.steps().map(|(_, step)| step).find(|step| of(step)).cloned(), run.ready().any(of))
            };
            match found.filter(|_| ready) {
                Some(step) => self.take(&step),
                // The console goes on to the next step by itself; where it doesn't, the person does.
                None if run.ready().next().is_some() => {
                    self.press("<space>");
                    sleep(Duration::from_millis(100));
                }
                None => sleep(POLL),
            }
        }
    }

    /// Does whatever a step that is ready and selected asks for.
    fn take(&mut self, step: &Step) {
        self.step.clone_from(&step.id);
        let failed = matches!(self.run().state(&step.id), State::Failed(_));
        let number = self.run().runbook.number(&step.id);
        self.press("<enter>");
        if failed {
            self.wait_heading(&number);
            let count = self.failures.entry(step.id.clone()).or_default();
            *count += 1;
            assert!(*count < 20, "{} fails again and again\n{}", step.id, self.screen());
            let unfenced = self.screen().contains("accept the risk");
            if unfenced && matches!(&step.action, Action::Act { action, .. } if action == "fence") {
                self.choose("accept the risk");
                self.tell("accept the risk", "the region does not answer");
                return self.follow(step);
            }
            sleep(Duration::from_millis(500));
            self.choose("try it again");
        }
        match &step.action {
            Action::Attest { .. } => {
                self.wait_heading(&format!("attest {number}"));
                if step.marks == Some(Milestone::ImpactBegan) {
                    self.press("<tab>seen by the pager<tab>1m ago<enter>");
                    self.until("the moment is on the screen", || self.screen().contains("1m ago"));
                }
                self.two_keys();
                self.follow(step);
            }
            Action::Act { .. } => self.confirm(step, &number),
            Action::Exec(_) if step.hazard != Hazard::None => self.confirm(step, &number),
            Action::Check { .. } | Action::Wait { .. } | Action::Exec(_) => self.follow(step),
        }
    }

    /// What is to be typed for what cannot be undone, as the screen has it.
    fn phrase(&self) -> Option<String> {
        let screen = self.screen();
        let (_, rest) = screen.split_once("Type ")?;
        rest.split_once(" exactly").map(|(phrase, _)| phrase.to_owned())
    }

    /// Goes through whatever stands between a person and a write.
    fn confirm(&mut self, step: &Step, number: &str) {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < LIMIT, "{} is not confirmed\n{}", step.id, self.screen());
            let before = self.entries().len();
            let heading = self.heading();
            if heading.starts_with(&format!("gates of {number}")) {
                sleep(LOOK);
                self.press("<enter>");
                // It closes by itself, too, once every gate holds.
                let limit = Instant::now() + Duration::from_secs(4);
                while self.heading().starts_with("gates of") && Instant::now() < limit {
                    sleep(POLL);
                }
                if !self.heading().starts_with("override a gate") {
                    continue;
                }
                self.tell("override a gate", "the primary is gone, nobody can read it");
                self.until("the override is recorded", || self.entries().len() > before);
                // It closes by itself once every gate is answered.
                let limit = Instant::now() + Duration::from_secs(4);
                while self.heading().starts_with("gates of") && Instant::now() < limit {
                    sleep(POLL);
                }
                if !self.heading().starts_with("gates of") {
                    self.press("<enter>");
                }
            } else if heading.starts_with(&format!("confirm {number}")) {
                sleep(LOOK);
                match self.phrase() {
                    Some(phrase) => {
                        self.press(&phrase);
                        self.phrases.push(phrase);
                        self.press("<enter>");
                    }
                    None => self.two_keys(),
                }
                self.until("the confirmation is taken", || !self.heading().starts_with("confirm"));
                return self.follow(step);
            } else if heading.starts_with(number) {
                // The ways out: somebody has done it already, or it cannot be done now.
                panic!("{} is refused\n{}", step.id, self.screen());
            } else if self.run().state(&step.id).is_ended() {
                return;
            } else {
                // The exact call is still being resolved.
                sleep(Duration::from_millis(300));
                if self.heading().starts_with("checklist") && !self.run().state(&step.id).is_ended() {
                    self.press("<enter>");
                    sleep(Duration::from_millis(300));
                }
            }
        }
    }

    /// Waits until a step is over, or has failed, or its consent was void.
    fn follow(&mut self, step: &Step) {
        let began = Instant::now();
        let since = self.entries().len();
        loop {
            let run = self.run();
            let state = run.state(&step.id);
            if state.is_ended() {
                break;
            }
            let new = self.entries().split_off(since.min(self.entries().len()));
            let kinds: Vec<&str> =
                new.iter().filter(|e| e.body.step() == Some(&step.id)).map(|e| e.body.kind()).collect();
            if kinds.iter().any(|kind| ["failed", "void"].contains(kind)) || matches!(state, State::Failed(_)) {
                // What follows a failure is a new look at the screen.
                sleep(Duration::from_millis(200));
                break;
            }
            assert!(!matches!(state, State::Unsure(_)), "{} is unsure\n{}", step.id, self.screen());
            assert!(began.elapsed() < Duration::from_secs(180), "{} goes on\n{}", step.id, self.screen());
            self.measure();
            sleep(POLL);
        }
    }

    /// Presses keys that only look, and notes how long the screen took to answer.
    fn measure(&mut self) {
        if self.answers.is_none() || !self.heading().starts_with("checklist") {
            return;
        }
        self.timed("?", |person| person.heading().starts_with("keys"));
        self.timed("?", |person| person.heading().starts_with("checklist"));
        let (there, back) = if self.selected() == "0.1" { ("j", "k") } else { ("k", "j") };
        for key in [there, back] {
            // A step that ends selects the next one: then a key may lead back to where the screen was, and cannot be told.
            let over = |person: &Self| person.entries().iter().filter(|entry| entry.body.kind() == "settled").count();
            let (before, ended) = (self.selected(), over(self));
            let moved = |person: &Self| person.selected() != before;
            self.timed(key, |person| moved(person) || over(person) != ended);
            if !moved(self) {
                self.answers.get_or_insert_default().pop();
                // What the key does may still be on its way to the screen, and is no answer to the next one.
                sleep(LOOK);
            }
        }
        sleep(Duration::from_millis(50));
    }

    fn timed(&mut self, key: &'static str, answered: impl Fn(&Self) -> bool) {
        sleep(TAP);
        let began = Instant::now();
        self.pty.send_bytes(key.as_bytes());
        while !answered(self) {
            assert!(began.elapsed() < LIMIT, "{key:?} is not answered\n{}", self.screen());
            sleep(Duration::from_millis(1));
        }
        let took = began.elapsed();
        let step = self.step.clone();
        self.answers.get_or_insert_default().push(Answer { key, took, step });
    }

    /// Selects a step and looks at its pane until that says something.
    pub fn look_at(&mut self, id: &str, says: &[&str]) {
        let number = self.run().runbook.number(id);
        self.press("g");
        self.until("the first step", || self.selected() == "0.1");
        while self.selected() != number {
            let before = self.selected();
            self.press("j");
            self.until("the next step", || self.selected() != before);
        }
        for text in says {
            self.until(&format!("{text:?} in the pane"), || self.screen().contains(text));
        }
    }

    /// Closes the run as verified, of which nothing is told afterwards, and leaves.
    pub fn close(&mut self) {
        self.close_run();
        self.leave();
    }

    /// Closes the run as verified.
    pub fn close_run(&mut self) {
        let all = self.run().runbook.steps().count();
        self.until("every step is over on the screen", || {
            self.heading().starts_with(&format!("checklist {all}/{all}"))
        });
        self.press("C");
        self.wait_heading("close the run");
        self.choose("verified");
        self.tell("close the run", "the target serves and takes writes");
    }

    /// Reads the debrief that comes when an exercise is closed, and goes back from it; gives its title.
    pub fn debrief(&mut self, says: &[&str]) -> String {
        self.wait_heading("debrief: ");
        for text in says {
            self.until(&format!("{text:?} in the debrief"), || self.screen().contains(text));
        }
        let title = self.heading();
        self.press("q");
        self.until("the debrief is gone", || self.heading().starts_with("checklist"));
        title
    }

    /// Writes a note.
    pub fn note(&mut self, text: &str) {
        self.press("n");
        self.tell("note", text);
    }

    /// Leaves a run that is closed.
    pub fn leave(&mut self) {
        self.until("the run is closed", || self.screen().contains("closed: verified"));
        self.press("q");
        let status = self.pty.wait_exit(LIMIT);
        assert!(status.success(), "{status:?}\n{}", self.screen());
    }
}
