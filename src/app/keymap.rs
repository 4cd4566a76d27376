//! Which key does what, where.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::action::{ACTIONS, Action, Context, Need, Rights};
use super::chord::{Chord, written};
use super::key::{Code, Key};

/// One line of a keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it is pressed.
    pub context: Context,
    /// The key, or the keys one after the other.
    pub chord: Chord,
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

/// What keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing, and nothing begins with them.
    Nothing,
    /// A chord begins with them.
    More,
    /// This.
    Action(Action),
}

/// What can follow the keys of a begun chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next<'k> {
    /// The key.
    pub key: Key,
    /// What it does; nothing if there are more keys to come.
    pub binding: Option<&'k Binding>,
}

/// A checked keymap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
    /// Where in the list each chord's bindings are.
    by_context: BTreeMap<Context, BTreeMap<Chord, Vec<usize>>>,
}

impl Keymap {
    /// Checks bindings and makes a keymap of them.
    ///
    /// # Errors
    /// Every binding that is given twice, can never be reached, or stands in a context where its action means nothing.
    pub fn from_bindings(bindings: Vec<Binding>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut made = Self { bindings, by_context: BTreeMap::new() };
        for (index, binding) in made.bindings.iter().enumerate() {
            let (chord, info) = (&binding.chord, binding.action.info());
            if let Some(says) = unfit(binding) {
                faults.push(Fault { index, other: None, says });
                continue;
            }
            let slot = made.by_context.entry(binding.context).or_default().entry(chord.clone()).or_default();
            let clash = slot.iter().copied().find(|other| {
                made.bindings.get(*other).is_some_and(|other| collide(other.action.info().need, info.need))
            });
            match clash {
                Some(other) => {
                    let id = made.bindings.get(other).map_or("", |other| other.action.id());
                    let says = format!("{chord} is {id} already in the context {:?}", binding.context.as_str());
                    faults.push(Fault { index, other: Some(other), says });
                }
                None => slot.push(index),
            }
        }
        for (index, binding) in made.bindings.iter().enumerate() {
            faults.extend(made.hidden(index, binding).or_else(|| made.cut_short(index, binding)));
        }
        if faults.is_empty() { Ok(made) } else { Err(faults) }
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
        Self::from_bindings(bindings).unwrap_or_default()
    }

    /// What works everywhere and is never reached: the checklist and the panes are looked at before it.
    fn hidden(&self, index: usize, binding: &Binding) -> Option<Fault> {
        if binding.context != Context::Global {
            return None;
        }
        [Context::Checklist, Context::Pane].into_iter().find_map(|inner| {
            let other = self.exactly(inner, binding.chord.keys()).next()?;
            let (chord, inner) = (&binding.chord, inner.as_str());
            let says = format!("{chord} is never reached: the context {inner:?} takes it first");
            Some(Fault { index, other: Some(other), says })
        })
    }

    /// A chord of which the first keys do something by themselves, wherever both can be pressed: it would do that, or never
    /// come to its end, and nobody could tell which.
    fn cut_short(&self, index: usize, binding: &Binding) -> Option<Fault> {
        let keys = binding.chord.keys();
        (1..keys.len()).filter_map(|long| keys.get(..long)).find_map(|begin| {
            // Its own context first: that is where it was most likely meant.
            let (context, other) = std::iter::once(binding.context)
                .chain(Context::ALL)
                .filter(|context| together(*context, binding.context))
                .find_map(|context| Some((context, self.exactly(context, begin).next()?)))?;
            let (begin, id) = (written(begin), self.bindings.get(other).map_or("", |other| other.action.id()));
            let says = format!(
                "{} cannot be given: {begin} is {id} by itself in the context {:?}",
                binding.chord,
                context.as_str()
            );
            Some(Fault { index, other: Some(other), says })
        })
    }

    /// The bindings of exactly these keys in one context.
    fn exactly(&self, context: Context, keys: &[Key]) -> impl Iterator<Item = usize> {
        let found = self.by_context.get(&context).and_then(|chords| chords.get(keys));
        found.map(Vec::as_slice).unwrap_or_default().iter().copied()
    }

    /// The bindings of one context whose chord begins with these keys and goes on.
    fn begun(&self, context: Context, keys: &[Key]) -> impl Iterator<Item = &Binding> {
        let chords = self.by_context.get(&context).into_iter();
        let from = move |chords: &'_ BTreeMap<Chord, Vec<usize>>| {
            chords
                .range::<[Key], _>((Bound::Excluded(keys), Bound::Unbounded))
                .take_while(|(chord, _)| chord.keys().starts_with(keys))
                .flat_map(|(_, places)| places.iter().copied())
                .collect::<Vec<_>>()
        };
        chords.flat_map(from).filter_map(|index| self.bindings.get(index))
    }

    /// What keys, pressed one after the other, mean in a context. In the checklist and the panes, what works everywhere is
    /// looked at too, and in a replay, what moves it, first.
    pub fn find(&self, context: Context, keys: &[Key], rights: Rights) -> Found {
        let keys: Vec<Key> = keys.iter().map(|key| key.normal()).collect();
        let action = |context| {
            self.exactly(context, &keys)
                .filter_map(|index| self.bindings.get(index))
                .map(|binding| binding.action)
                .filter(|action| rights.meet(action.info().need))
                .max_by_key(|action| action.info().need)
        };
        if let Some(action) = layers(context).iter().find_map(|context| action(*context)) {
            return Found::Action(action);
        }
        let met = |binding: &Binding| rights.meet(binding.action.info().need);
        let more = layers(context).iter().any(|context| self.begun(*context, &keys).any(met));
        if more { Found::More } else { Found::Nothing }
    }

    /// What a single key does in a context.
    pub fn lookup(&self, context: Context, key: Key, rights: Rights) -> Option<Action> {
        match self.find(context, &[key], rights) {
            Found::Action(action) => Some(action),
            Found::Nothing | Found::More => None,
        }
    }

    /// What can follow keys that a chord begins with, each key once, in the order of the keymap.
    pub fn follows(&self, context: Context, keys: &[Key], rights: Rights) -> Vec<Next<'_>> {
        let mut next: Vec<Next<'_>> = Vec::new();
        for binding in layers(context).iter().flat_map(|context| self.begun(*context, keys)) {
            let Some(key) = binding.chord.keys().get(keys.len()).copied() else { continue };
            if next.iter().any(|known| known.key == key) {
                continue;
            }
            let with: Vec<Key> = keys.iter().copied().chain([key]).collect();
            match self.find(context, &with, rights) {
                Found::Action(action) if action == binding.action => next.push(Next { key, binding: Some(binding) }),
                Found::More => next.push(Next { key, binding: None }),
                Found::Action(_) | Found::Nothing => {}
            }
        }
        next
    }

    /// Every binding that exists for whoever has these rights, in the order of the keymap.
    pub fn bindings(&self, rights: Rights) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| rights.meet(binding.action.info().need))
    }

    /// Every binding, whoever may use it.
    pub fn all(&self) -> &[Binding] {
        &self.bindings
    }

    /// The first key of an action, for a hint.
    pub fn chord(&self, action: Action) -> Option<&Chord> {
        self.bindings.iter().find(|binding| binding.action == action).map(|binding| &binding.chord)
    }

    /// The first key that does an action for whoever has these rights: not one that a stronger action takes.
    pub fn working(&self, action: Action, rights: Rights) -> Option<&Chord> {
        let own = action.info().context;
        // What moves a replay is looked at from the checklist, as is what works everywhere.
        let at = if matches!(own, Context::Global | Context::Replay) { Context::Checklist } else { own };
        let works = |binding: &&Binding| {
            binding.action == action && self.find(at, binding.chord.keys(), rights) == Found::Action(action)
        };
        self.bindings.iter().find(works).map(|binding| &binding.chord)
    }
}

/// Where a key is looked for, in this order.
fn layers(context: Context) -> &'static [Context] {
    match context {
        Context::Checklist => &[Context::Replay, Context::Checklist, Context::Global],
        Context::Pane => &[Context::Replay, Context::Pane, Context::Global],
        // Before the wall: a replay goes on there.
        Context::Global => &[Context::Replay, Context::Global],
        Context::Menu => &[Context::Menu],
        Context::Replay => &[Context::Replay],
        Context::Palette => &[Context::Palette],
        Context::Help => &[Context::Help],
    }
}

/// Whether keys of both contexts can be pressed in one place.
fn together(one: Context, other: Context) -> bool {
    one == other
        || [Context::Checklist, Context::Pane]
            .iter()
            .any(|place| layers(*place).contains(&one) && layers(*place).contains(&other))
}

/// Why a binding cannot stand by itself.
fn unfit(binding: &Binding) -> Option<String> {
    let (chord, action) = (&binding.chord, binding.action);
    let (first, info) = (chord.keys().first().copied()?, action.info());
    if let Some(why) = reserved(chord, action) {
        Some(format!("{chord} can't be bound: {why}"))
    } else if !action.is_for(binding.context) {
        let (id, own, here) = (info.id, info.context.as_str(), binding.context.as_str());
        Some(format!("{id} means nothing in the context {here:?}; its own is {own:?}"))
    } else if binding.context == Context::Palette && edits(first) {
        Some(format!("{chord} is never reached in the palette: {first} edits the text there"))
    } else if chord.is_given_by_holding() && action.starts() {
        Some(format!("{chord} can't be {}: whoever holds {first} down would give it without meaning to", info.id))
    } else {
        None
    }
}

/// Why a chord can't be bound.
fn reserved(chord: &Chord, action: Action) -> Option<&'static str> {
    let (last, before) = chord.keys().split_last()?;
    let leaves = |key: &Key| *key == Key::ctrl('c');
    if chord.keys().iter().any(|key| key.code == Code::Esc) {
        Some("Esc only ever backs out")
    } else if before.iter().any(leaves) || (leaves(last) && (before.is_empty() || action != Action::Quit)) {
        Some("Ctrl-C always asks to leave")
    } else {
        None
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
mod tests;
