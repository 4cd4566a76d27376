//! `handover theme preview`: a screen of samples, and its few keys.

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use color_eyre::eyre::{Result, eyre};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::looks;
use crate::config::theme::judge::Judgement;
use crate::config::theme::{BUILT_IN, Theme, Watch, find_built_in};
use crate::domain::text::visible;
use crate::term::canvas::Canvas;
use crate::term::capabilities::{Capabilities, Colour, ColourChoice, is_forced};
use crate::term::input::{self, Input, KeyCode, KeyModifiers};
use crate::term::output::BufferedOut;
use crate::term::screen::Screen;
use crate::term::session::{self, Options, Session};
use crate::term::signals::{self, Asked};
use crate::ui::preview::{self, Preview};
use crate::ui::skin::{Depth, Skin};

/// Shows a theme until somebody leaves; without a terminal, prints it once.
pub fn run(wanted: &str, choice: ColourChoice, ascii: bool) -> Result<()> {
    let able = Capabilities::detect(choice, ascii);
    let seen = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut colour = able.colour;
    // In a pipe colours are only what was asked for.
    if !seen && choice == ColourChoice::Auto && !is_forced(&|name| std::env::var(name).ok()) {
        colour = Colour::None;
    }
    let mut shown = Shown::open(wanted, looks::depth(colour), able.unicode)?;
    if seen {
        return full_screen(&mut shown);
    }
    once(&shown);
    Ok(())
}

fn once(shown: &Shown) {
    let (width, height) = preview::SIZE;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    shown.draw(false, &mut buffer);
    let mut screen = Screen::fixed(BufferedOut::to(std::io::stdout(), false), Size { width, height });
    // Whoever reads our output may have stopped reading.
    let _ = screen.print(&buffer);
}

/// What is shown at the moment.
struct Shown {
    /// What can be stepped through: the bundled themes, and the file that was asked for.
    all: Vec<String>,
    at: usize,
    theme: Theme,
    judgement: Judgement,
    watch: Option<Watch>,
    depth: Depth,
    unicode: bool,
    notice: Option<String>,
}

impl Shown {
    fn open(wanted: &str, depth: Depth, unicode: bool) -> Result<Self> {
        let mut all: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
        let known = find_built_in(wanted).map_or(wanted, |(name, _)| name);
        let at = all.iter().position(|name| name == known).unwrap_or_else(|| {
            all.push(known.to_owned());
            all.len() - 1
        });
        let draft = looks::sound(known)?;
        let (theme, watch) = (draft.theme(), Watch::of(known, &draft));
        let judgement = Judgement::of(&theme);
        Ok(Self { all, at, theme, judgement, watch, depth, unicode, notice: None })
    }

    fn draw(&self, keys: bool, buffer: &mut Buffer) {
        let skin = Skin::new(&self.theme, self.depth, self.unicode);
        let name = self.all.get(self.at).map(|name| visible(name)).unwrap_or_default();
        let notice = self.notice.as_deref();
        preview::draw(
            &Preview { name: &name, depth: self.depth, judgement: &self.judgement, keys, notice },
            &skin,
            buffer,
        );
    }

    /// Another theme, this many further on.
    fn step(&mut self, by: usize) {
        self.at = (self.at + by) % self.all.len().max(1);
        let Some(wanted) = self.all.get(self.at) else { return };
        match looks::sound(wanted) {
            Ok(draft) => {
                self.watch = Watch::of(wanted, &draft);
                self.take(draft.theme());
            }
            Err(why) => self.notice = Some(visible(&format!("{why:#}"))),
        }
    }

    fn take(&mut self, theme: Theme) {
        self.judgement = Judgement::of(&theme);
        self.theme = theme;
        self.notice = None;
    }

    /// Whether the file was edited.
    fn look(&mut self) -> bool {
        match self.watch.as_mut().and_then(Watch::look) {
            None => false,
            Some(looked) => {
                match looked {
                    Ok(theme) => self.take(theme),
                    Err(why) => self.notice = Some(visible(&why)),
                }
                true
            }
        }
    }

    fn key(&mut self, code: KeyCode) {
        let others = self.all.len().saturating_sub(1);
        let depths = Depth::ALL.len();
        let mut deeper = |by: usize| {
            let at = Depth::ALL.iter().position(|depth| *depth == self.depth).unwrap_or_default();
            self.depth = Depth::ALL.get((at + by) % depths).copied().unwrap_or(self.depth);
        };
        match code {
            KeyCode::Char('d') | KeyCode::Down => deeper(1),
            KeyCode::Char('D') | KeyCode::Up => deeper(depths - 1),
            KeyCode::Right | KeyCode::Char('l' | 'n') => self.step(1),
            KeyCode::Left | KeyCode::Char('h' | 'p') => self.step(others),
            _ => {}
        }
    }
}

enum Wake {
    Input(Input),
    Signal(Asked),
}

fn full_screen(shown: &mut Shown) -> Result<()> {
    session::install_panic_hook();
    let (wake, woken) = mpsc::channel();
    let to_signals = wake.clone();
    signals::start(move |asked| {
        let _ = to_signals.send(Wake::Signal(asked));
    })?;
    let session = Session::open(Options::default())?;
    let mut canvas = Canvas::new(Screen::new(true));
    canvas.draw(|buffer| shown.draw(true, buffer))?;
    input::start(move |input| {
        let _ = wake.send(Wake::Input(input));
    })?;
    let ended = loop {
        match woken.recv_timeout(Duration::from_millis(500)) {
            Ok(Wake::Input(Input::Key(key))) => match key.code {
                KeyCode::Char('q') | KeyCode::Esc => break Ok(()),
                KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => break Ok(()),
                code => shown.key(code),
            },
            Ok(Wake::Input(Input::Lost(why))) => break Err(eyre!("the terminal is gone: {why}")),
            Ok(Wake::Input(_)) => {}
            Ok(Wake::Signal(Asked::Redraw)) => canvas.forget(),
            Ok(Wake::Signal(Asked::End(name, _))) => break Err(eyre!("ended by {name}")),
            Err(RecvTimeoutError::Timeout) => {
                if !shown.look() {
                    continue;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break Ok(()),
        }
        match canvas.draw(|buffer| shown.draw(true, buffer)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotConnected || !session::is_held() => {
                break Err(error.into());
            }
            _ => {}
        }
    };
    session.close()?;
    ended
}
