mod chords;
mod confirm;
mod guide;
mod lead;
mod palette;
mod random;
mod seconds;
mod wall;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Effect, Msg, update};
use crate::app::find::Target;
use crate::app::modal::{Modal, Subject, Way};
use crate::app::{Action, Capabilities, Key, Keymap, Model, Opening, Role};
use crate::domain::command::{Command, Event};
use crate::domain::consent::How;
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::journal::{Body, Chain};
use crate::domain::lag::Thresholds;
use crate::domain::plan::{Plan, Refusal, tests::plan};
use crate::domain::reading::{Evidence, Freshness};
use crate::domain::redact::Redactor;
use crate::domain::region::Pair;
use crate::domain::run::{Ending, Mode, Run};
use crate::domain::runbook::{Action as Does, Exercise, Hazard, Phase, Runbook, Step, Way as Goes};
use crate::domain::service::{Aws, Objectives, Service};

struct Desk {
    model: Model,
    chain: Chain,
    wall: Timestamp,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn act(id: &str, hazard: Hazard) -> Step {
    let on = crate::domain::region::Side::Target;
    Step::bare(id, Does::Act { component: "database".into(), action: id.into(), on }, hazard)
}

fn desk(role: Role) -> Desk {
    let home = Pair { primary: "us-east-1".parse().unwrap(), standby: "us-west-2".parse().unwrap() };
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let service = Arc::new(Service {
        name: "ledger".into(),
        environment: "production".into(),
        description: String::new(),
        regions: home,
        approval: None,
        fence: Vec::new(),
        trail: None,
        metrics: None,
        drills: crate::domain::drill::Drills::default(),
        people: crate::domain::service::People::default(),
        notify: Vec::new(),
        waivers: Vec::new(),
        objectives: Objectives { rto: minutes(30), rpo: minutes(15), disruption: None, dns: None, replication: None },
        meter: Duration::from_secs(1),
        lag: Thresholds { warn: minutes(5), breach: minutes(15) },
        aws: Aws::default(),
        components: vec![],
    });
    let steps = vec![
        Step::bare("look", Does::Attest { statement: "it is down".into() }, Hazard::None),
        Step::bare("check", Does::Check { expect: vec![] }, Hazard::None),
        act("promote", Hazard::Irreversible),
        act("point", Hazard::Write),
    ];
    let runbook = Runbook {
        id: "failover".into(),
        title: "Failover".into(),
        description: String::new(),
        way: Goes::Failover,
        split_brain: String::new(),
        scenario: None,
        phases: vec![Phase { title: "all".into(), steps }],
        criteria: Vec::new(),
        exercise: Exercise::default(),
    };
    let run = Run::new("ledger", runbook, Mode::Live, service.failover());
    let model = Model::new(Opening {
        service,
        runbooks: crate::domain::shelf::Shelf::default(),
        run,
        journal: vec![],
        role,
        operator: "anna".into(),
        speed: 1.0,
        keymap: Keymap::built_in(),
        capabilities: Capabilities { unicode: true, copy: true },
        now: at(0),
    });
    Desk { model, chain: Chain::new(Redactor::default()), wall: at(0) }
}

impl Desk {
    /// A desk at the promotion, resolved; armed or not.
    fn at_promote(armed: bool) -> Self {
        let mut desk = desk(Role::Lead);
        desk.settle("look");
        desk.settle("check");
        if armed {
            desk.entry(Body::Armed);
        }
        desk.planned(plan(), vec![]);
        desk
    }

    fn entry(&mut self, body: Body) -> Vec<Effect> {
        let sealed = self.chain.seal(self.model.now, Duration::ZERO, "anna", body).unwrap();
        self.chain.advance(&sealed);
        update(&mut self.model, Msg::Engine(Event::Entry(Arc::new(sealed.entry))))
    }

    fn settle(&mut self, step: &str) -> Vec<Effect> {
        let says = String::new();
        self.entry(Body::Settled { step: step.into(), ending: Ending::Done, says, evidence: vec![] })
    }

    fn planned(&mut self, plan: Plan, gates: Vec<GateResult>) {
        let step = plan.step.clone();
        update(&mut self.model, Msg::Engine(Event::Planned { step, result: Ok((Arc::new(plan), gates)) }));
    }

    /// A key, a second after what is open was drawn.
    fn key(&mut self, key: &str) -> Vec<Effect> {
        update(&mut self.model, Msg::Drawn(self.wall));
        self.wall += Duration::from_secs(1);
        self.raw(key, false, self.wall)
    }

    fn keys(&mut self, keys: &str) -> Vec<Effect> {
        keys.split(' ').flat_map(|key| self.key(key)).collect()
    }

    fn type_text(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|c| self.key(if c == ' ' { "space".into() } else { c.to_string() }.as_str())).collect()
    }

    fn raw(&mut self, key: &str, repeat: bool, at: Timestamp) -> Vec<Effect> {
        update(&mut self.model, Msg::Key { key: key.parse().unwrap(), repeat, at })
    }

    fn says(&self) -> &str {
        self.model.toast.as_ref().map_or("", |toast| toast.text.as_str())
    }
}

fn confirms(effects: &[Effect]) -> Vec<&Command> {
    let confirm = |effect: &'_ Effect| matches!(effect, Effect::Engine(Command::Confirm { .. }));
    effects
        .iter()
        .filter(|effect| confirm(effect))
        .filter_map(|effect| if let Effect::Engine(command) = effect { Some(command) } else { None })
        .collect()
}

fn gate(name: &str, verdict: Verdict) -> GateResult {
    let evidence = Evidence {
        reading: "x".into(),
        value: "?".into(),
        at: None,
        freshness: Freshness::Never,
        source: String::new(),
    };
    GateResult { name: name.into(), verdict, evidence }
}

#[test]
fn a_ready_step_is_resolved_when_it_is_selected_once_and_again_when_its_plan_is_old() {
    let mut desk = desk(Role::Lead);
    desk.settle("look");
    let effects = desk.settle("check");
    let asks = |effects: &[Effect]| {
        effects.iter().filter(|effect| **effect == Effect::Engine(Command::Plan("promote".into()))).count()
    };
    assert_eq!(asks(&effects), 1, "the next ready step is selected and resolved");
    assert_eq!(asks(&update(&mut desk.model, Msg::Tick(at(1)))), 0);
    desk.planned(plan(), vec![]);
    assert_eq!(asks(&update(&mut desk.model, Msg::Tick(at(5)))), 0);
    assert_eq!(asks(&update(&mut desk.model, Msg::Tick(at(12)))), 1);
    assert_eq!(asks(&update(&mut desk.model, Msg::Tick(at(13)))), 0);
}

#[test]
fn without_arms_a_write_is_not_even_asked_for() {
    let mut desk = Desk::at_promote(false);
    assert!(confirms(&desk.keys("enter y enter")).is_empty());
    assert!(desk.model.modals.is_empty());
    assert_eq!(desk.says(), "read-only: press A to arm");
}

#[test]
fn gates_are_overridden_one_at_a_time_by_name_with_a_reason() {
    let mut desk = Desk::at_promote(true);
    desk.planned(
        plan(),
        vec![gate("replica", Verdict::Pass), gate("lag", Verdict::Unknown), gate("backup", Verdict::Fail)],
    );
    desk.keys("enter down enter");
    assert!(desk.key("enter").is_empty(), "no override without a reason");
    desk.type_text("Region is gone");
    let effects = desk.key("enter");
    let reason = String::from("Region is gone");
    let wanted = Command::Override { step: "promote".into(), gate: "backup".into(), reason: reason.clone() };
    assert_eq!(effects, [Effect::Engine(wanted)]);
    let evidence = gate("backup", Verdict::Fail).evidence;
    desk.entry(Body::Override {
        step: "promote".into(),
        gate: "backup".into(),
        reason: reason.clone(),
        evidence: evidence.clone(),
    });
    assert!(matches!(desk.model.modals.last(), Some(Modal::Gates(_))), "one is left");
    desk.entry(Body::Override { step: "promote".into(), gate: "lag".into(), reason, evidence });
    assert!(desk.model.modals.is_empty());
    desk.key("enter");
    assert!(matches!(desk.model.modals.last(), Some(Modal::Confirm(_))));
}

#[test]
fn gates_that_hold_by_themselves_close_their_dialog() {
    let mut desk = Desk::at_promote(true);
    desk.planned(plan(), vec![gate("replica", Verdict::Pass), gate("lag", Verdict::Unknown)]);
    desk.key("enter");
    assert!(matches!(desk.model.modals.last(), Some(Modal::Gates(_))));
    desk.planned(plan(), vec![gate("replica", Verdict::Pass), gate("lag", Verdict::Fail)]);
    assert!(matches!(desk.model.modals.last(), Some(Modal::Gates(_))), "one does not hold yet");
    desk.planned(plan(), vec![gate("replica", Verdict::Pass), gate("lag", Verdict::Pass)]);
    assert!(desk.model.modals.is_empty());
}

#[test]
fn losing_the_arms_or_the_journal_closes_the_dialog() {
    for lost in [true, false] {
        let mut desk = Desk::at_promote(true);
        desk.key("enter");
        desk.type_text("promote us-west-2");
        if lost {
            update(&mut desk.model, Msg::Engine(Event::Latched { why: "disk full".into() }));
        } else {
            desk.entry(Body::Disarmed { reason: "asked".into() });
        }
        assert!(desk.model.modals.is_empty());
        assert!(confirms(&desk.key("enter")).is_empty());
    }
}

#[test]
fn an_observer_asks_the_engine_for_nothing_that_concerns_the_run() {
    let mut desk = desk(Role::Observer { lead: "bert".into() });
    desk.entry(Body::Armed);
    for info in crate::app::ACTIONS {
        for key in info.keys {
            let effects = desk.key(key);
            // What a run will need is asked with the observer's own credentials, and changes nothing.
            let harmless = |effect: &&Effect| matches!(effect, Effect::Engine(Command::Preflight));
            let asked = effects.iter().filter(|effect| !harmless(effect));
            assert!(!asked.clone().any(|effect| matches!(effect, Effect::Engine(_))), "{key}: {effects:?}");
            desk.model.modals.clear();
        }
    }
}

#[test]
fn an_observer_who_quits_is_told_that_the_lead_goes_on() {
    let mut desk = desk(Role::Observer { lead: "bert".into() });
    desk.entry(Body::Started { step: "check".into() });
    desk.key("q");
    let Some(Modal::Menu(menu)) = desk.model.modals.last() else { panic!("no menu") };
    assert!(menu.says.contains("bert leads this run") && !menu.says.contains("journal"), "{}", menu.says);
    assert_eq!(menu.items[1].label, "leave");
}

#[test]
fn without_arms_keymap_palette_and_help_hold_no_write() {
    let mut desk = Desk::at_promote(false);
    desk.key(":");
    let Some(Modal::Palette(palette)) = desk.model.modals.last() else { panic!("no palette") };
    let holds = |palette: &crate::app::modal::Palette, action| {
        palette.found.iter().any(|hit| hit.target == Target::Action(action))
    };
    assert!(holds(palette, Action::Arm));
    assert!(palette.found.iter().all(|hit| matches!(hit.target, Target::Action(action) if !action.writes())));
    assert!(desk.model.keymap.bindings(desk.model.rights()).all(|binding| !binding.action.writes()));
    let mut armed = Desk::at_promote(true);
    armed.key(":");
    let Some(Modal::Palette(palette)) = armed.model.modals.last() else { panic!("no palette") };
    assert!(holds(palette, Action::StepPerform) && !holds(palette, Action::Arm));
}

#[test]
fn arming_takes_two_keys() {
    let mut desk = desk(Role::Lead);
    assert!(desk.keys("A enter").is_empty());
    assert!(desk.keys("A y x").is_empty());
    assert_eq!(desk.keys("A y enter"), [Effect::Engine(Command::Arm)]);
    desk.entry(Body::Armed);
    assert_eq!(desk.key("A"), [Effect::Engine(Command::Disarm)]);
}

#[test]
fn a_statement_is_attested_by_two_keys_with_a_note_and_a_moment() {
    let mut desk = desk(Role::Lead);
    desk.keys("enter tab");
    desk.type_text("seen by two");
    desk.keys("enter y");
    let effects = desk.key("enter");
    let wanted = Command::Attest { step: "look".into(), note: "seen by two".into(), when: None };
    assert_eq!(effects, [Effect::Engine(wanted)]);
}

#[test]
fn quitting_while_a_step_runs_is_a_choice_and_esc_stays() {
    let mut desk = desk(Role::Lead);
    desk.settle("look");
    assert_eq!(desk.key("enter"), [Effect::Engine(Command::Start("check".into()))]);
    desk.entry(Body::Started { step: "check".into() });
    assert!(desk.keys("q enter").is_empty(), "the default is to stay");
    assert!(desk.keys("q esc").is_empty());
    assert_eq!(desk.keys("q j enter"), [Effect::Engine(Command::Leave)]);
    assert_eq!(update(&mut desk.model, Msg::Engine(Event::Ended)), [Effect::Quit]);
}

#[test]
fn ctrl_c_asks_and_asked_while_leaving_it_leaves() {
    let mut desk = desk(Role::Lead);
    assert!(desk.key("ctrl-c").is_empty());
    assert_eq!(desk.keys("j enter"), [Effect::Engine(Command::Leave)]);
    assert_eq!(desk.key("ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_failed_step_offers_its_ways_out() {
    let mut desk = Desk::at_promote(true);
    desk.entry(Body::Failed { step: "promote".into(), reason: "throttled".into(), evidence: vec![] });
    desk.keys("enter j j j j enter");
    desk.type_text("by the other team");
    let effects = desk.key("enter");
    assert_eq!(effects, [Effect::Engine(Command::Skip { step: "promote".into(), reason: "by the other team".into() })]);
}

#[test]
fn what_a_step_offers_is_offered_anew_when_it_moves_on_and_no_key_on_its_way_chooses() {
    let mut desk = Desk::at_promote(true);
    let labels = |desk: &Desk| match desk.model.modals.as_slice() {
        [Modal::Menu(menu)] => menu.items.iter().map(|item| item.label.clone()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    desk.key("o");
    assert!(!labels(&desk).iter().any(|label| label == "try it again"));
    desk.key("j");
    desk.entry(Body::Failed { step: "promote".into(), reason: "throttled".into(), evidence: vec![] });
    assert!(labels(&desk).iter().any(|label| label == "try it again"));
    // It was pressed for what was there before.
    assert_eq!(desk.raw("enter", false, desk.wall), []);
    assert!(labels(&desk).len() > 2, "and it is still there");
    desk.entry(Body::Failed { step: "check".into(), reason: "another step's".into(), evidence: vec![] });
    assert!(labels(&desk).len() > 2, "another step is none of its business");
}

#[test]
fn the_mark_goes_on_when_the_dialog_before_it_is_closed_unless_another_step_was_selected() {
    let here = |desk: &Desk| desk.model.row().map(|row| row.id.clone()).unwrap();
    for (keys, expected) in [("esc", "check"), ("esc k", "look"), ("esc ? esc", "check")] {
        let mut desk = desk(Role::Lead);
        desk.key("?");
        desk.settle("look");
        assert_eq!(here(&desk), "look", "somebody is reading");
        desk.keys(keys);
        assert_eq!(here(&desk), expected, "{keys}");
    }
}

#[test]
fn a_risk_is_offered_only_for_what_was_tried_and_what_was_not_says_so() {
    let mut desk = Desk::at_promote(true);
    let ways = |desk: &mut Desk| {
        desk.key("o");
        let Some(Modal::Menu(menu)) = desk.model.modals.pop() else { panic!("no menu") };
        (menu.items.iter().any(|item| item.label == "accept the risk"), menu.says)
    };
    let (offered, says) = ways(&mut desk);
    assert!(!offered && says.contains("once it was tried"), "{says}");
    desk.entry(Body::Failed { step: "promote".into(), reason: "throttled".into(), evidence: vec![] });
    let (offered, says) = ways(&mut desk);
    assert!(offered && says.contains("throttled"), "{says}");
}

#[test]
fn a_run_is_closed_as_verified_only_when_it_is_complete() {
    let labels = |desk: &mut Desk| {
        desk.key("C");
        let Some(Modal::Menu(menu)) = desk.model.modals.pop() else { return vec![] };
        menu.items.iter().map(|item| item.label.clone()).collect::<Vec<_>>()
    };
    let mut desk = desk(Role::Lead);
    assert_eq!(labels(&mut desk), ["back", "stand down", "abandon"]);
    for step in ["look", "check", "promote", "point"] {
        desk.settle(step);
    }
    assert_eq!(labels(&mut desk), ["back", "verified"]);
}
