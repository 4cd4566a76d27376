//! Keys in a confirmation. Only keys pressed in sight of it count, never a held one, and anything unexpected cancels.

use jiff::Timestamp;

use super::Effect;
use crate::app::key::{Code, Key};
use crate::app::modal::{Attest, Confirm, Field, Modal, Subject, Way};
use crate::app::model::{Level, Model};
use crate::app::when;
use crate::domain::command::Command;
use crate::domain::consent::How;
use crate::domain::text;

/// What a key does to a confirmation.
enum Answer {
    /// It stays open.
    Open,
    /// It is cancelled.
    Cancelled,
    /// It is given.
    Given,
}

/// Takes a key.
pub(super) fn press(model: &mut Model, key: Key, repeat: bool, at: Timestamp, effects: &mut Vec<Effect>) {
    let now = model.now;
    let Some(Modal::Confirm(confirm)) = model.modals.last_mut() else { return };
    if key.code == Code::Esc {
        model.modals.pop();
        model.say(Level::Info, "cancelled: nothing was done");
        return;
    }
    if let Some(by) = scrolls(key) {
        // What was begun is begun anew after somebody has gone on reading.
        if let Way::TwoKeys { first } = &mut confirm.way {
            *first = false;
        }
        return scroll(model, by);
    }
    // A held key is nobody's decision, and what was pressed before the dialog was to be seen was meant for something else.
    // A letter twice at once is how many words are written.
    if (repeat && !doubles(confirm, key)) || !confirm.guard.lets(at) {
        return;
    }
    // Who watches sees the first of two keys; of what is typed nothing.
    let first = matches!(confirm.way, Way::TwoKeys { first: false });
    let answer = match &mut confirm.subject {
        Subject::Attest(attest) if attest.field != Field::Answer || key.code == Code::Tab => {
            field(attest, key);
            if attest.field != Field::Answer {
                confirm.way.reset();
            }
            Answer::Open
        }
        _ => answer(confirm, key),
    };
    let first = first && matches!(confirm.way, Way::TwoKeys { first: true });
    match answer {
        Answer::Open if first => model.presenter.press(key, "yes"),
        Answer::Open => {}
        Answer::Cancelled => {
            model.modals.pop();
            model.say(Level::Info, "cancelled: nothing was done");
        }
        Answer::Given => given(model, now, effects),
    }
}

/// How many lines a key scrolls what is to be confirmed.
fn scrolls(key: Key) -> Option<isize> {
    Some(match key.code {
        Code::Down => 1,
        Code::Up => -1,
        Code::PageDown => 5,
        Code::PageUp => -5,
        _ => return None,
    })
}

/// Scrolls what is to be confirmed, as far as there is more of it than was shown.
pub(super) fn scroll(model: &mut Model, by: isize) {
    let Some(Modal::Confirm(confirm)) = model.modals.last_mut() else { return };
    let before = confirm.scroll;
    let by = by.min(isize::try_from(model.sight.below).unwrap_or(isize::MAX));
    confirm.scroll = before.saturating_add_signed(by);
    model.sight.below = (model.sight.below + before).saturating_sub(confirm.scroll);
}

fn answer(confirm: &mut Confirm, key: Key) -> Answer {
    if confirm.blocked.is_some() {
        return Answer::Open;
    }
    match &mut confirm.way {
        Way::TwoKeys { first: first @ false } if key == Key::char('y') => {
            *first = true;
            confirm.notice = None;
            Answer::Open
        }
        Way::TwoKeys { first: true } if key == Key::plain(Code::Enter) => Answer::Given,
        Way::TwoKeys { .. } => Answer::Cancelled,
        Way::Phrase { phrase, input } => {
            if key == Key::plain(Code::Enter) {
                if input.text() == phrase {
                    return Answer::Given;
                }
                confirm.notice = Some("that is not the phrase".to_owned());
            } else {
                input.key(key);
                confirm.notice = None;
            }
            Answer::Open
        }
    }
}

/// Whether a key is the letter again that the text which is being written ends with.
fn doubles(confirm: &Confirm, key: Key) -> bool {
    let text = match (&confirm.subject, &confirm.way) {
        (Subject::Attest(attest), _) => match attest.field {
            Field::Note => attest.note.text(),
            Field::When => attest.when.text(),
            Field::Answer => return false,
        },
        (_, Way::Phrase { input, .. }) => input.text(),
        (_, Way::TwoKeys { .. }) => return false,
    };
    matches!(key.code, Code::Char(letter) if text.ends_with(letter))
}

/// Keys of the attest dialog outside its answer: the note and the moment.
fn field(attest: &mut Attest, key: Key) {
    attest.error = None;
    let next = |field| match field {
        Field::Answer => Field::Note,
        Field::Note if attest.marks.is_some() => Field::When,
        Field::Note | Field::When => Field::Answer,
    };
    match (key.code, attest.field) {
        (Code::Tab, field) => attest.field = next(field),
        // Back to the answer: Enter in a field never attests anything.
        (Code::Enter, _) => attest.field = Field::Answer,
        (_, Field::Note) => {
            attest.note.key(key);
        }
        (_, Field::When) => {
            attest.when.key(key);
        }
        (_, Field::Answer) => {}
    }
}

fn given(model: &mut Model, now: Timestamp, effects: &mut Vec<Effect>) {
    let rights = model.rights();
    let Some(Modal::Confirm(confirm)) = model.modals.last_mut() else { return };
    match &mut confirm.subject {
        Subject::Perform(call) => {
            if !rights.armed {
                return;
            }
            let how = match &confirm.way {
                Way::TwoKeys { .. } => How::TwoKeys,
                Way::Phrase { input, .. } => How::Typed { phrase: input.text().to_owned() },
            };
            let (step, plan_hash) = (call.step.clone(), call.hash.clone());
            model.modals.pop();
            model.say(Level::Info, "confirmed: what it rests on is read again, then the call is made");
            effects.push(Effect::Engine(Command::Confirm { step, plan_hash, how }));
        }
        Subject::Attest(attest) => {
            let typed = attest.when.text().trim();
            let when = if typed.is_empty() { Ok(None) } else { when::parse(typed, now).map(Some) };
            let (when, known) = match when {
                Ok(Some((when, known))) => (Some(when), known),
                Ok(None) => attest.guess.clone().map_or((None, String::new()), |(at, known)| (Some(at), known)),
                Err(why) => {
                    attest.error = Some(why);
                    attest.field = Field::When;
                    confirm.way.reset();
                    return;
                }
            };
            let mut note = attest.note.text().trim().to_owned();
            if !known.is_empty() {
                if !note.is_empty() {
                    note.push_str("; ");
                }
                note.push_str(&known);
            }
            let step = attest.step.clone();
            model.modals.pop();
            effects.push(Effect::Engine(Command::Attest { step, note: text::visible(&note), when }));
        }
        Subject::Arm => {
            model.modals.pop();
            effects.push(Effect::Engine(Command::Arm));
        }
        Subject::TakeLead => {
            model.modals.pop();
            if rights.observer {
                model.say(Level::Info, "taking the lead");
                effects.push(Effect::TakeLead);
            }
        }
    }
}
