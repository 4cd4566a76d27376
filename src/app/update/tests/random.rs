//! Whatever is pressed, whatever the engine says: nothing is confirmed by accident.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Move {
    Key(&'static str, bool, u16),
    Type,
    Draw,
    Paste,
    Plan(bool, u8),
    Refuse,
    Tick,
    Arm(bool),
    Settle(usize),
    Latch,
}

fn moves() -> impl Strategy<Value = Move> {
    const KEYS: [&str; 22] = [
        "enter",
        "y",
        "esc",
        "j",
        "k",
        "A",
        "o",
        "O",
        "p",
        "x",
        "q",
        ":",
        "?",
        "n",
        "C",
        "tab",
        "ctrl-c",
        "G",
        "g",
        "backspace",
        "space",
        "t",
    ];
    prop_oneof![
        12 => (0..KEYS.len(), prop::bool::weighted(0.1), 0u16..900).prop_map(|(key, repeat, late)| Move::Key(KEYS[key], repeat, late)),
        10 => (0u16..900).prop_map(|late| Move::Key("enter", false, late)),
        3 => (0u16..900).prop_map(|late| Move::Key("y", false, late)),
        8 => Just(Move::Type),
        8 => Just(Move::Draw),
        1 => Just(Move::Paste),
        4 => (any::<bool>(), 0u8..3).prop_map(|(promote, version)| Move::Plan(promote, version)),
        1 => Just(Move::Refuse),
        2 => Just(Move::Tick),
        4 => prop::bool::weighted(0.9).prop_map(Move::Arm),
        1 => (2usize..4).prop_map(Move::Settle),
        1 => Just(Move::Latch),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever order: nothing panics, and a confirmation is only ever the answer to a dialog that was
    /// drawn with that very plan, given by keys pressed after that.
    #[test]
    fn nothing_is_confirmed_that_was_not_shown_and_answered(script in prop::collection::vec(moves(), 1..200)) {
        let mut desk = Desk::at_promote(true);
        // The hash in the dialog when it was last drawn, when, and what was pressed in sight of it.
        let mut sight: Option<(String, Timestamp, Vec<String>)> = None;
        for step in script {
            let shown = |model: &Model| match model.modals.last() {
                Some(Modal::Confirm(confirm)) => match &confirm.subject {
                    Subject::Perform(call) => Some(call.hash.clone()),
                    _ => None,
                },
                _ => None,
            };
            let effects = match step {
                Move::Key(key, repeat, late) => {
                    desk.wall += Duration::from_millis(u64::from(late));
                    let at = desk.wall;
                    let effects = desk.raw(key, repeat, at);
                    if let Some((_, since, pressed)) = &mut sight
                        && !repeat && at >= *since + Duration::from_millis(300)
                    {
                        pressed.push(key.to_owned());
                    }
                    effects
                }
                Move::Type => {
                    desk.wall += Duration::from_secs(1);
                    let at = desk.wall;
                    if let Some((_, since, pressed)) = &mut sight && at >= *since + Duration::from_millis(300) {
                        pressed.push("promote us-west-2".to_owned());
                    }
                    "promote us-west-2".chars().flat_map(|c| {
                        let key = Key::char(c);
                        update(&mut desk.model, Msg::Key { key, repeat: false, at })
                    }).collect()
                }
                Move::Draw => {
                    update(&mut desk.model, Msg::Drawn(desk.wall));
                    match (shown(&desk.model), &sight) {
                        (Some(hash), Some((had, ..))) if hash == *had => {}
                        (Some(hash), _) => sight = Some((hash, desk.wall, vec![])),
                        (None, _) => {}
                    }
                    vec![]
                }
                Move::Paste => update(&mut desk.model, Msg::Paste("promote us-west-2\n".into())),
                Move::Plan(promote, version) => {
                    let mut plan = plan();
                    plan.basis[0].value = version.to_string();
                    if !promote {
                        plan = Plan { step: "point".into(), phrase: None, hazard: Hazard::Write, ..plan };
                    }
                    desk.planned(plan, vec![]);
                    vec![]
                }
                Move::Refuse => {
                    let event = Event::Planned { step: "promote".into(), result: Err(Refusal::new("no")) };
                    update(&mut desk.model, Msg::Engine(event))
                }
                Move::Tick => {
                    let now = desk.model.now + Duration::from_secs(7);
                    update(&mut desk.model, Msg::Tick(now))
                }
                Move::Arm(true) => desk.entry(Body::Armed),
                Move::Arm(false) => desk.entry(Body::Disarmed { reason: String::new() }),
                Move::Settle(index) => {
                    let id = desk.model.rows[index].id.clone();
                    desk.settle(&id)
                }
                Move::Latch => update(&mut desk.model, Msg::Engine(Event::Latched { why: "disk".into() })),
            };
            for command in confirms(&effects) {
                let Command::Confirm { plan_hash, how, .. } = command else { continue };
                let (hash, _, pressed) = sight.as_ref().expect("a dialog was drawn");
                prop_assert_eq!(plan_hash, hash);
                let needed = if let How::Typed { phrase } = how { phrase.as_str() } else { "y" };
                prop_assert!(pressed.iter().any(|key| key == needed), "{needed:?} in {pressed:?}");
                prop_assert_eq!(pressed.last().map(String::as_str), Some("enter"));
                prop_assert!(desk.model.rights().armed);
            }
            if shown(&desk.model).is_none() || !confirms(&effects).is_empty() {
                sight = None;
            }
        }
    }
}
