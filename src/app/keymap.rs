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

    const CHORDS: [(Context, &str, Action); 6] = [
        (Context::Checklist, "g g", Action::StepFirst),
        (Context::Checklist, "G", Action::StepLast),
        (Context::Pane, "ctrl-x p", Action::PaneTop),
        (Context::Global, "ctrl-x o", Action::FocusNext),
        (Context::Global, "ctrl-x ctrl-c", Action::Quit),
        (Context::Checklist, "ctrl-x enter", Action::StepPerform),
    ];

    fn of(binds: &[(Context, &str, Action)]) -> Result<Keymap, Vec<Fault>> {
        Keymap::from_bindings(binds.iter().map(|(context, chord, action)| bind(*context, chord, *action)).collect())
    }

    fn keys(text: &str) -> Vec<Key> {
        text.parse::<Chord>().unwrap().keys().to_vec()
    }

    #[test]
    fn a_chord_is_found_by_all_its_keys_in_its_place() {
        let keymap = of(&CHORDS).unwrap();
        let find = |context, text| keymap.find(context, &keys(text), ARMED);
        assert_eq!(find(Context::Checklist, "g"), Found::More);
        assert_eq!(find(Context::Checklist, "g g"), Found::Action(Action::StepFirst));
        assert_eq!(find(Context::Checklist, "g g g"), Found::Nothing);
        assert_eq!(find(Context::Checklist, "g G"), Found::Nothing);
        assert_eq!(find(Context::Pane, "g"), Found::Nothing, "it begins nothing there");
        assert_eq!(find(Context::Pane, "ctrl-x o"), Found::Action(Action::FocusNext));
        assert_eq!(find(Context::Checklist, "ctrl-x p"), Found::Nothing);
        assert_eq!(find(Context::Menu, "ctrl-x"), Found::Nothing);
    }

    #[test]
    fn what_can_follow_depends_on_the_place_and_the_rights() {
        let keymap = of(&CHORDS).unwrap();
        let follows = |context, rights| {
            let next = keymap.follows(context, &keys("ctrl-x"), rights);
            next.iter().map(|next| (next.key.to_string(), next.binding.unwrap().action)).collect::<Vec<_>>()
        };
        let (o, c) = (("o".to_owned(), Action::FocusNext), ("ctrl-c".to_owned(), Action::Quit));
        let sorted = |mut found: Vec<(String, Action)>| {
            found.sort();
            found
        };
        assert_eq!(sorted(follows(Context::Checklist, LEAD)), [c.clone(), o.clone()]);
        let armed = sorted(follows(Context::Checklist, ARMED));
        assert_eq!(armed, [c.clone(), ("enter".to_owned(), Action::StepPerform), o.clone()]);
        assert_eq!(sorted(follows(Context::Pane, LEAD)), [c, o, ("p".to_owned(), Action::PaneTop)]);
        let write = of(&[(Context::Checklist, "ctrl-x enter", Action::StepPerform)]).unwrap();
        assert_eq!(write.find(Context::Checklist, &keys("ctrl-x"), LEAD), Found::Nothing, "no write is even begun");
    }

    #[test]
    fn a_chord_whose_beginning_does_something_is_a_fault_wherever_both_can_be_pressed() {
        let inner = (Context::Checklist, "g g", Action::StepFirst);
        for (context, action, stands) in [
            (Context::Checklist, Action::StepLast, false),
            (Context::Global, Action::Zoom, false),
            (Context::Replay, Action::ReplayToggle, false),
            (Context::Pane, Action::PaneTop, true),
            (Context::Help, Action::HelpDown, true),
        ] {
            for binds in [[inner, (context, "g", action)], [(context, "g", action), inner]] {
                let Err(faults) = of(&binds) else {
                    assert!(stands, "{context:?}");
                    continue;
                };
                assert!(!stands && faults.len() == 1, "{faults:?}");
                let (chord, begin) = (faults[0].index, faults[0].other.unwrap());
                assert_eq!((binds[chord].1, binds[begin].1), ("g g", "g"));
                assert!(faults[0].says.contains("g is"), "{}", faults[0].says);
            }
        }
        let outer = of(&[(Context::Global, "z z", Action::Zoom), (Context::Pane, "z", Action::PaneTop)]).unwrap_err();
        assert_eq!((outer[0].index, outer[0].other), (0, Some(1)));
    }

    #[test]
    fn no_chord_takes_esc_or_ctrl_c_or_is_given_by_holding_a_key() {
        let one = |context, chord, action| of(&[(context, chord, action)]);
        assert!(one(Context::Global, "g esc", Action::Zoom).is_err());
        assert!(one(Context::Global, "esc g", Action::Zoom).is_err());
        assert!(one(Context::Global, "ctrl-c g", Action::Quit).is_err());
        assert!(one(Context::Global, "g ctrl-c", Action::Zoom).is_err());
        assert!(one(Context::Global, "ctrl-x ctrl-c", Action::Quit).is_ok(), "it asks to leave, as ctrl-c does");
        assert!(one(Context::Global, "Z Z", Action::Zoom).is_ok());
        for (context, action) in [
            (Context::Global, Action::Quit),
            (Context::Global, Action::Arm),
            (Context::Checklist, Action::StepPerform),
            (Context::Menu, Action::MenuChoose),
        ] {
            let faults = one(context, "Z Z", action).unwrap_err();
            assert!(faults[0].says.contains("holds Z down"), "{}", faults[0].says);
        }
        assert!(one(Context::Palette, "x ctrl-n", Action::PaletteNext).is_err());
        assert!(one(Context::Palette, "ctrl-x n", Action::PaletteNext).is_ok());
    }

    #[test]
    fn backing_out_can_be_bound_in_every_context() {
        for context in Context::ALL {
            assert!(of(&[(context, "ctrl-g", Action::BackOut)]).is_ok(), "{context:?}");
        }
    }

    #[test]
    fn keys_are_case_sensitive() {
        let keymap = Keymap::built_in();
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('g'), LEAD), Some(Action::StepFirst));
        assert_eq!(keymap.lookup(Context::Checklist, Key::char('G'), LEAD), Some(Action::StepLast));
    }
}
