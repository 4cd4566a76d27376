//! Which key does what, where.

use std::collections::HashMap;

use super::action::{ACTIONS, Action, Context, Need, Rights};
use super::key::{Code, Key};

/// One key of a keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it is pressed.
    pub context: Context,
    /// The key.
    pub chord: Key,
    /// What it does.
    pub action: Action,
    /// The words for help; the action's own where a keymap gives none.
    pub desc: String,
}

/// A binding that cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which, by its place in the list.
    pub index: usize,
    /// The one that it collides with, if there is one.
    pub other: Option<usize>,
    /// What is wrong.
    pub says: String,
}

/// A checked keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
    by_key: HashMap<(Context, Key), Vec<usize>>,
}

impl Keymap {
    /// Checks bindings and makes a keymap of them.
    ///
    /// # Errors
    /// Every binding that is given twice, can never be reached, or stands in a context where its action means nothing.
    pub fn from_bindings(bindings: Vec<Binding>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut by_key: HashMap<(Context, Key), Vec<usize>> = HashMap::new();
        for (index, binding) in bindings.iter().enumerate() {
            let chord = binding.chord;
            let mut fault = |other, says| faults.push(Fault { index, other, says });
            let info = binding.action.info();
            if let Some(why) = reserved(chord) {
                fault(None, format!("{chord} can't be bound: {why}"));
            } else if binding.context != info.context {
                let (id, own) = (info.id, info.context.as_str());
                fault(
                    None,
                    format!("{id} means nothing in the context {:?}; its own is {own:?}", binding.context.as_str()),
                );
            } else if binding.context == Context::Palette && edits(chord) {
                fault(None, format!("{chord} is never reached in the palette: it edits the text there"));
            } else {
                let slot = by_key.entry((binding.context, chord)).or_default();
                let clash = slot.iter().copied().find(|other| {
                    bindings.get(*other).is_some_and(|other| collide(other.action.info().need, info.need))
                });
                match clash {
                    Some(other) => {
                        let id = bindings.get(other).map_or("", |other| other.action.id());
                        fault(
                            Some(other),
                            format!("{chord} is {id} already in the context {:?}", info.context.as_str()),
                        );
                    }
                    None => slot.push(index),
                }
            }
        }
        // The checklist and the panes are looked at before what works everywhere.
        for (index, binding) in bindings.iter().enumerate().filter(|(_, binding)| binding.context == Context::Global) {
            for inner in [Context::Checklist, Context::Pane] {
                if let Some(other) = by_key.get(&(inner, binding.chord)).and_then(|found| found.first()) {
                    let (chord, inner) = (binding.chord, inner.as_str());
                    let says = format!("{chord} is never reached: the context {inner:?} takes it first");
                    faults.push(Fault { index, other: Some(*other), says });
                    break;
                }
            }
        }
        if faults.is_empty() { Ok(Self { bindings, by_key }) } else { Err(faults) }
    }

    /// The keymap of the action table itself: what there is before any file is read.
    pub fn built_in() -> Self {
        let bindings = ACTIONS
            .iter()
            .flat_map(|info| info.keys.iter().filter_map(move |key| Some((info, key.parse().ok()?))))
            .map(|(info, chord)| Binding {
                context: info.context,
                chord,
                action: info.action,
                desc: info.doc.to_owned(),
            })
            .collect();
        Self::from_bindings(bindings).unwrap_or(Self { bindings: Vec::new(), by_key: HashMap::new() })
    }

    /// What a key does in a context. In the checklist and the panes, what works everywhere is looked at too, and in a replay, what
    /// moves it, first.
    pub fn lookup(&self, context: Context, key: Key, rights: Rights) -> Option<Action> {
        let key = key.normal();
        let find = |context| {
            self.by_key
                .get(&(context, key))?
                .iter()
                .filter_map(|index| self.bindings.get(*index))
                .map(|binding| binding.action)
                .filter(|action| rights.meet(action.info().need))
                .max_by_key(|action| action.info().need)
        };
        if !matches!(context, Context::Checklist | Context::Pane) {
            return find(context);
        }
        find(Context::Replay).or_else(|| find(context)).or_else(|| find(Context::Global))
    }

    /// Every binding that exists for whoever has these rights, in the order of the file.
    pub fn bindings(&self, rights: Rights) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| rights.meet(binding.action.info().need))
    }

    /// The first key of an action, for a hint.
    pub fn chord(&self, action: Action) -> Option<Key> {
        self.bindings.iter().find(|binding| binding.action == action).map(|binding| binding.chord)
    }
}

/// Why a key can't be bound.
fn reserved(key: Key) -> Option<&'static str> {
    match key.code {
        Code::Esc => Some("Esc only ever backs out"),
        Code::Char('c') if key.ctrl => Some("Ctrl-C always asks to leave"),
        _ => None,
    }
}

/// Whether a key edits the text of an input.
fn edits(key: Key) -> bool {
    key.typed().is_some() || key == Key::ctrl('u') || matches!(key.code, Code::Backspace | Code::Delete)
}

/// Whether two actions on one key can't be told apart: the same need twice, or one that anybody meets beside another.
fn collide(one: Need, other: Need) -> bool {
    one == other || one.min(other) == Need::Anyone
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: Rights = Rights { lead: true, armed: false, observer: false, replay: false };
    const ARMED: Rights = Rights { lead: true, armed: true, observer: false, replay: false };

    fn bind(context: Context, chord: &str, action: Action) -> Binding {
        Binding { context, chord: chord.parse().unwrap(), action, desc: String::new() }
    }

    #[test]
    fn the_built_in_keymap_stands_and_reaches_every_listed_key() {
        let others = [Need::Replay, Need::Observer];
        let all = ACTIONS.iter().filter(|info| !others.contains(&info.need)).map(|info| info.keys.len()).sum::<usize>();
        assert_eq!(Keymap::built_in().bindings(ARMED).count() + 1, all, "all but `arm`");
    }

    #[test]
    fn duplicates_reserved_and_unreachable_keys_are_faults() {
        let faults = |bindings: Vec<Binding>| Keymap::from_bindings(bindings).unwrap_err();
        let found = faults(vec![
            bind(Context::Checklist, "j", Action::StepNext),
            bind(Context::Checklist, "j", Action::StepPrev),
        ]);
        assert_eq!((found[0].index, found[0].other), (1, Some(0)));
        assert!(found[0].says.contains("step-next already"), "{}", found[0].says);
        assert_eq!(faults(vec![bind(Context::Global, "esc", Action::Quit)])[0].index, 0);
        assert_eq!(faults(vec![bind(Context::Global, "ctrl-c", Action::Quit)])[0].index, 0);
        assert!(faults(vec![bind(Context::Palette, "x", Action::PaletteNext)])[0].says.contains("never reached"));
        assert!(faults(vec![bind(Context::Global, "x", Action::StepNext)])[0].says.contains("means nothing"));
        let found =
            faults(vec![bind(Context::Global, "q", Action::Quit), bind(Context::Checklist, "q", Action::StepNext)]);
        assert_eq!((found[0].index, found[0].other), (0, Some(1)));
    }

    #[test]
    fn the_same_key_writes_only_when_armed() {
        let keymap = Keymap::built_in();
        let enter = Key::plain(Code::Enter);
        assert_eq!(keymap.lookup(Context::Checklist, enter, LEAD), Some(Action::StepStart));
        assert_eq!(keymap.lookup(Context::Checklist, enter, ARMED), Some(Action::StepPerform));
        assert_eq!(keymap.lookup(Context::Checklist, enter, Rights::default()), None);
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('A'), LEAD), Some(Action::Arm));
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('A'), ARMED), Some(Action::Disarm));
    }

    #[test]
    fn one_key_hands_the_lead_over_and_takes_it() {
        let keymap = Keymap::built_in();
        let observer = Rights { observer: true, ..Rights::default() };
        let l = Key::char('L');
        assert_eq!(keymap.lookup(Context::Checklist, l, LEAD), Some(Action::HandOver));
        assert_eq!(keymap.lookup(Context::Checklist, l, observer), Some(Action::TakeLead));
        assert_eq!(keymap.lookup(Context::Checklist, l, Rights::default()), None);
    }

    #[test]
    fn without_arms_no_write_is_in_the_keymap() {
        let keymap = Keymap::built_in();
        for rights in [Rights::default(), LEAD] {
            assert!(keymap.bindings(rights).all(|binding| !binding.action.writes()));
        }
        assert!(keymap.bindings(ARMED).any(|binding| binding.action.writes()));
    }

    #[test]
    fn in_a_replay_its_keys_come_first_and_nothing_leads_to_a_write() {
        let keymap = Keymap::built_in();
        let replay = Rights { replay: true, ..Rights::default() };
        let space = Key::plain(Code::Char(' '));
        assert_eq!(keymap.lookup(Context::Checklist, space, replay), Some(Action::ReplayToggle));
        assert_eq!(keymap.lookup(Context::Checklist, space, LEAD), Some(Action::StepReady));
        assert_eq!(keymap.lookup(Context::Pane, Key::plain(Code::Left), replay), Some(Action::ReplayBack));
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('j'), replay), Some(Action::StepNext));
        for need in [Need::Observer, Need::Lead, Need::ReadOnly, Need::Armed] {
            assert!(keymap.bindings(replay).all(|binding| binding.action.info().need != need));
        }
    }

    #[test]
    fn keys_are_case_sensitive() {
        let keymap = Keymap::built_in();
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('g'), LEAD), Some(Action::StepFirst));
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('G'), LEAD), Some(Action::StepLast));
    }
}
