//! The console's loop: messages in, effects and drawings out.
//!
//! The loop has the main thread to itself and does no I/O but drawing. Input, signals and the engine each live in
//! threads of their own and send what they have; the loop draws when something came, and once a second to move the
//! clocks: of most seconds the banner alone.

mod behind;
pub mod cast;
pub mod looks;
pub mod preview;

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use color_eyre::eyre::{Result, WrapErr};
use jiff::Timestamp;
use tokio::sync::mpsc as tokio_mpsc;

use crate::app::key::Key;
use crate::app::modal::Sight;
use crate::app::model::{Due, Level, Model};
use crate::app::{self, Effect, Msg, update};
use crate::domain::command::{Command, Event};
use crate::domain::replay::From;
use crate::domain::text;
use crate::engine::replay::Player;
use crate::ports::Clock;
use crate::term::canvas::{Canvas, Known};
use crate::term::capabilities::Shared;
use crate::term::input::{self, Did, Input, KeyCode, KeyModifiers, Kind, Mouse};
use crate::term::links::Link;
use crate::term::screen::Screen;
use crate::term::session::{self, Options, Session};
use crate::term::{clipboard, signals};
use crate::ui::Seen;
use crate::ui::skin::Skin;
use crate::wire::{Archive, NoStage, Seat, Stage};
use behind::{Reads, start_engine};
use looks::Looks;

/// What stands behind a console.
pub enum Behind {
    /// A run's engine.
    Stage(Box<Stage>),
    /// A replay, and where it begins.
    Replay(Player, From),
}

/// Everything that the loop needs besides the stage.
pub struct Console {
    /// The model, ready for its first drawing.
    pub model: Model,
    /// The screen that it opens on, where that is not the overview.
    pub screen: Option<app::screen::Screen>,
    /// Its looks.
    pub looks: Looks,
    /// Whether the terminal takes synchronised updates.
    pub synchronized: bool,
    /// The shared-terminal program that the terminal is in.
    pub shared: Option<Shared>,
    /// Where a copy is kept too.
    pub copies: Option<PathBuf>,
    /// Whether the simulation's own operator plays.
    pub autoplay: bool,
    /// The past runs.
    pub archive: Archive,
}

/// What wakes the loop.
enum Wake {
    Input(Input, Timestamp),
    /// What an engine tells, with the engine's number.
    Engine(u32, Event),
    /// What somebody else than an engine tells.
    Told(Event),
    /// The run can be gone on with in another role, or why not.
    Seat(Result<Box<Stage>, NoStage>),
    Signal(signals::Asked),
    /// The theme's file was edited.
    Skin(Result<Box<Skin>, String>),
}

/// Why the console ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The operator left.
    Left,
    /// Another process asked for it, by this signal.
    Signal(&'static str, i32),
    /// The terminal is gone.
    Lost(String),
}

/// For how long the engine may take to write down that the console was left.
const LEAVING: Duration = Duration::from_secs(3);

/// The terminal, taken over before there is anything to be shown: whoever opened the console sees at once that it does. It is given
/// back when this is dropped.
pub struct Taken {
    session: Session,
    wake: mpsc::Sender<Wake>,
    woken: mpsc::Receiver<Wake>,
}

impl Taken {
    /// Takes the terminal; `repeats` is whether it tells repeats from presses, `mouse` whether it is to tell of the mouse.
    ///
    /// # Errors
    /// If there is no terminal.
    pub fn open(repeats: bool, mouse: bool) -> Result<Self> {
        session::install_panic_hook();
        let (wake, woken) = mpsc::channel();
        let to_signals = wake.clone();
        // Before the terminal is taken: a signal from then on finds somebody who gives it back.
        signals::start(move |asked| {
            let _ = to_signals.send(Wake::Signal(asked));
        })?;
        let session = Session::open(Options { repeats, mouse, ..Options::default() }).wrap_err(
            "the console needs a terminal; without one, try `handover status`, `handover plan`, or \
             `handover demo --autoplay --headless`",
        )?;
        Ok(Self { session, wake, woken })
    }
}

/// Runs the console until it ends.
pub fn run(taken: Taken, console: Console, behind: Behind) -> Result<Ended> {
    let Taken { session, wake, woken } = taken;
    let Console { mut model, screen, looks, synchronized, shared, copies, autoplay, archive } = console;
    let skin = looks.skin();
    let mut terminal = Canvas::new(Screen::new(synchronized));
    let (clock, seat) = match &behind {
        Behind::Stage(stage) => (Some(std::sync::Arc::clone(&stage.clock)), stage.seat()),
        // What it shows comes with its time.
        Behind::Replay(..) => (None, None),
    };
    let seen = draw(&mut terminal, &mut model, &skin, Due::Everything, None)?;

    let to_input = wake.clone();
    input::start(move |input| {
        let _ = to_input.send(Wake::Input(input, Timestamp::now()));
    })?;
    let (commands, inbox) = tokio_mpsc::unbounded_channel();
    // One worker: the engine waits far more than it works, and what blocks (the disk, names) has threads of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    looks.watch(wake.clone())?;
    let reads = Reads { archive, runtime: runtime.handle().clone(), wake: wake.clone() };
    start_engine(runtime.handle(), behind, autoplay.then(|| commands.clone()), inbox, (0, wake));

    let mut running = Loop {
        terminal,
        seen,
        model,
        skin,
        commands,
        later: Vec::new(),
        clock,
        shared,
        copies,
        reads,
        seat,
        seating: false,
        engine: 0,
        ended: None,
        engine_ended: false,
    };
    if let Some(screen) = screen {
        let wall = running.model.screens.wall;
        running.update(Msg::Open(screen))?;
        running.model.screens.wall = wall;
    }
    let result = running.go(&woken);
    let ended = running.ended.take().unwrap_or(Ended::Left);
    drop(running);
    let restored = session.close();
    // What still runs there must not keep the process: it is journaled as left.
    runtime.shutdown_timeout(Duration::from_millis(200));
    result?;
    restored?;
    Ok(ended)
}

struct Loop {
    terminal: Canvas,
    /// What the last drawing has shown.
    seen: Option<Seen>,
    model: Model,
    skin: Skin,
    commands: tokio_mpsc::UnboundedSender<Command>,
    /// What the engine is told when the drawing is out: nobody waits for it.
    later: Vec<Command>,
    clock: Option<std::sync::Arc<dyn Clock>>,
    shared: Option<Shared>,
    copies: Option<PathBuf>,
    reads: Reads,
    /// From where the run can be gone on with in another role; a replay has none.
    seat: Option<Seat>,
    /// Whether that is being tried.
    seating: bool,
    /// The number of the engine that is listened to.
    engine: u32,
    ended: Option<Ended>,
    engine_ended: bool,
}

impl Loop {
    fn go(&mut self, woken: &mpsc::Receiver<Wake>) -> Result<()> {
        let second = Duration::from_secs(1);
        let mut next_tick = Instant::now() + second;
        let mut leave_by: Option<Instant> = None;
        loop {
            let now = Instant::now();
            if let Some(by) = leave_by
                && (self.engine_ended || now >= by)
            {
                return Ok(());
            }
            let until = leave_by.map_or(next_tick, |by| by.min(next_tick));
            match woken.recv_timeout(until.saturating_duration_since(now)) {
                Ok(wake) => {
                    self.take(wake)?;
                    // Whatever else is there is taken in before the one drawing.
                    while let Ok(wake) = woken.try_recv() {
                        self.take(wake)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + second;
                let now = self.clock.as_ref().map_or_else(Timestamp::now, |clock| clock.now());
                self.update(Msg::Tick(now))?;
            }
            if self.ended.is_some() && leave_by.is_none() {
                leave_by = Some(Instant::now() + LEAVING);
                self.tell(Command::Leave);
            }
            match self.model.take_due() {
                _ if matches!(self.ended, Some(Ended::Lost(_))) => {}
                Due::Nothing => {}
                due => self.draw(due)?,
            }
            self.tell_the_rest();
        }
    }

    /// Tells the engine something, after what it has yet to be told. An engine that has ended has said so.
    fn tell(&mut self, command: Command) {
        self.later.push(command);
        self.tell_the_rest();
    }

    fn tell_the_rest(&mut self) {
        for command in self.later.drain(..) {
            let _ = self.commands.send(command);
        }
    }

    /// Draws what is due.
    fn draw(&mut self, due: Due) -> Result<()> {
        let before = self.seen.take();
        self.seen = draw(&mut self.terminal, &mut self.model, &self.skin, due, before)?;
        Ok(())
    }

    fn take(&mut self, wake: Wake) -> Result<()> {
        match wake {
            Wake::Input(Input::Key(key), at) => match translate(key) {
                Some((key, repeat)) => self.update(Msg::Key { key, repeat, at }),
                None => Ok(()),
            },
            Wake::Input(Input::Paste(text), _) => self.update(Msg::Paste(text)),
            Wake::Input(Input::Mouse(mouse), _) => self.mouse(mouse),
            Wake::Input(Input::Resize(..), _) => self.update(Msg::Resize),
            Wake::Input(Input::Focus(_), _) => Ok(()),
            Wake::Input(Input::Lost(why), _) => {
                self.ended.get_or_insert(Ended::Lost(why));
                Ok(())
            }
            // An engine that has been left may still have something to say.
            Wake::Engine(number, _) if number != self.engine => Ok(()),
            Wake::Told(event) => self.update(Msg::Engine(event)),
            Wake::Seat(stage) => self.sit_down(stage),
            Wake::Engine(_, event) => {
                self.engine_ended |= matches!(event, Event::Ended);
                self.update(Msg::Engine(event))
            }
            Wake::Signal(signals::Asked::End(name, number)) => {
                self.ended.get_or_insert(Ended::Signal(name, number));
                Ok(())
            }
            Wake::Signal(signals::Asked::Redraw) => self.redraw(),
            Wake::Skin(Ok(skin)) => {
                self.skin = *skin;
                self.seen = None;
                self.update(Msg::Say(Level::Info, "the theme was read anew".to_owned()))
            }
            Wake::Skin(Err(why)) => {
                self.update(Msg::Say(Level::Bad, format!("the theme stays as it was: {}", text::visible(&why))))
            }
        }
    }

    /// The mouse points at what was drawn last.
    fn mouse(&mut self, mouse: Mouse) -> Result<()> {
        let spot = self.seen.as_ref().and_then(|seen| seen.spot(mouse.column, mouse.line));
        match (mouse.did, spot) {
            (Did::Click, Some(spot)) => self.update(Msg::Click(spot)),
            (Did::Click, None) => Ok(()),
            (Did::Down | Did::Up, spot) => self.update(Msg::Wheel { spot, down: mouse.did == Did::Down }),
        }
    }

    fn update(&mut self, msg: Msg) -> Result<()> {
        for effect in update(&mut self.model, msg) {
            match effect {
                // Where the engine works on the processor that draws, the drawing would wait for it.
                Effect::Engine(command @ (Command::Selected(_) | Command::Plan(_))) => self.later.push(command),
                // Whatever else is asked for must not wait for a terminal that takes nothing.
                Effect::Engine(command) => self.tell(command),
                Effect::Copy(text) => self.copy(&text)?,
                Effect::History => self.reads.start(),
                Effect::Mouse(on) => session::mouse(on)?,
                Effect::TakeLead => self.seat(Seat::lead),
                Effect::Watch => self.seat(Seat::watch),
                Effect::Redraw => self.redraw()?,
                Effect::Quit => {
                    self.ended.get_or_insert(Ended::Left);
                }
            }
        }
        Ok(())
    }

    /// Tries to go on with the run in another role, beside the loop: it reads files, and may wait for somebody to let go.
    fn seat(&mut self, how: fn(&Seat) -> std::result::Result<Stage, NoStage>) {
        let Some(seat) = self.seat.clone().filter(|_| !self.seating) else { return };
        self.seating = true;
        let wake = self.reads.wake.clone();
        self.reads.runtime.spawn_blocking(move || {
            let _ = wake.send(Wake::Seat(how(&seat).map(Box::new)));
        });
    }

    /// Goes on with the run in another role: another engine, and a console that knows of the run what its journal tells.
    fn sit_down(&mut self, stage: std::result::Result<Box<Stage>, NoStage>) -> Result<()> {
        self.seating = false;
        let stage = match stage {
            // Whoever leaves takes nothing more; what was taken is let go.
            _ if self.ended.is_some() || self.model.leaving => return Ok(()),
            Err(why) => return self.update(Msg::Say(Level::Bad, text::visible(&why.to_string()))),
            Ok(stage) => stage,
        };
        self.tell(Command::Leave);
        let (commands, inbox) = tokio_mpsc::unbounded_channel();
        self.commands = commands;
        self.engine += 1;
        self.engine_ended = false;
        self.clock = Some(std::sync::Arc::clone(&stage.clock));
        let words = match &stage.lead {
            None => "you lead this run: read-only until it is armed",
            Some(_) => "you gave the lead up: this console watches",
        };
        let model = stage.console(self.model.keymap.clone(), self.model.capabilities).going_on_from(&self.model);
        self.model = model;
        let wake = (self.engine, self.reads.wake.clone());
        start_engine(&self.reads.runtime, Behind::Stage(stage), None, inbox, wake);
        self.update(Msg::Say(Level::Warn, words.to_owned()))
    }

    fn copy(&mut self, text: &str) -> Result<()> {
        let folder = self.copies.clone();
        let copied = clipboard::copy(text, self.shared, self.terminal.screen_mut().out_mut(), folder.as_deref());
        let (level, words) = match copied {
            Ok(copied) => {
                let file = copied.file.map(|file| format!("; also in {}", file.display())).unwrap_or_default();
                let note = copied.note.map(|note| format!(" ({note})")).unwrap_or_default();
                (Level::Info, format!("copied{note}{file}"))
            }
            Err(error) => (Level::Bad, format!("not copied: {error}")),
        };
        self.update(Msg::Say(level, words))
    }

    fn redraw(&mut self) -> Result<()> {
        self.terminal.forget();
        self.draw(Due::Everything)
    }
}

/// Draws what is due over what was seen before, and tells the model what of it is to be seen, and that it was drawn.
fn draw(terminal: &mut Canvas, model: &mut Model, skin: &Skin, due: Due, before: Option<Seen>) -> Result<Option<Seen>> {
    let mut seen = None;
    let drawn = terminal.draw_over(|buffer, anew| {
        let (shown, kept) = crate::ui::draw(model, skin, buffer, due, before.filter(|_| !anew));
        // Of a part nobody can say so: what is below the banner may wait for the next beat.
        debug_assert!(
            due != Due::Everything || crate::ui::is_whole(model, skin, buffer),
            "a line was taken for an older one"
        );
        let made = |link: &crate::ui::Link| Link::new(link.area.x, link.area.y, link.area.width, &link.to);
        let links = shown.links.iter().filter_map(made).collect();
        seen = Some(shown);
        Known { links, kept }
    });
    match drawn {
        Ok(()) => {}
        // Between the giving back and the stop; going on draws everything anew.
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected && session::is_held() => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    if due == Due::Everything {
        // What nobody has looked at is not in sight.
        update(model, Msg::Sight(seen.as_ref().map_or(Sight::TOO_LITTLE, |seen| seen.sight)));
        update(model, Msg::Drawn(Timestamp::now()));
    }
    Ok(seen)
}

/// A key of the terminal as a key of the console, and whether it is held down. Keys that the console has no name for
/// are none.
fn translate(key: input::Key) -> Option<(Key, bool)> {
    use crate::app::key::Code;
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Tab => Code::Tab,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let with = |modifier| key.modifiers.contains(modifier);
    // A character is shifted itself.
    let shift = with(KeyModifiers::SHIFT) && !matches!(code, Code::Char(_));
    let made = Key { code, ctrl: with(KeyModifiers::CONTROL), alt: with(KeyModifiers::ALT), shift };
    Some((made, key.kind == Kind::Repeat))
}
