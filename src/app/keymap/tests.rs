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
    let found =
        faults(vec![bind(Context::Checklist, "j", Action::StepNext), bind(Context::Checklist, "j", Action::StepPrev)]);
    assert_eq!((found[0].index, found[0].other), (1, Some(0)));
    assert!(found[0].says.contains("step-next already"), "{}", found[0].says);
    assert_eq!(faults(vec![bind(Context::Global, "esc", Action::Quit)])[0].index, 0);
    assert_eq!(faults(vec![bind(Context::Global, "ctrl-c", Action::Quit)])[0].index, 0);
    assert!(faults(vec![bind(Context::Palette, "x", Action::PaletteNext)])[0].says.contains("never reached"));
    assert!(faults(vec![bind(Context::Global, "x", Action::StepNext)])[0].says.contains("means nothing"));
    let found = faults(vec![bind(Context::Global, "q", Action::Quit), bind(Context::Checklist, "q", Action::StepNext)]);
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
