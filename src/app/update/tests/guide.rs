//! What the guide says, and when.

use super::*;
use crate::app::guide::{Part, first_page, says};
use crate::app::modal::Page;
use crate::app::screen::Screen;
use crate::domain::learn::Learn;

fn teaches(desk: &mut Desk) {
    for step in desk.model.run.runbook.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
        let text = |word: &str| format!("{word} of {}.", step.id);
        step.learn = Some(Learn { why: text("Why"), look: text("Look"), wrong: text("Wrong") });
    }
}

/// The parts in their order, and what the first part of a kind says.
fn parts(desk: &Desk) -> Vec<Part> {
    says(&desk.model).into_iter().map(|(part, _)| part).collect()
}

fn said(desk: &Desk, part: Part) -> String {
    says(&desk.model).into_iter().find(|(of, _)| *of == part).map(|(_, text)| text).unwrap_or_default()
}

#[test]
fn it_tells_what_can_be_done_now_by_the_key_that_does_it() {
    let mut desk = desk(Role::Lead);
    teaches(&mut desk);
    assert_eq!(parts(&desk), [Part::Now, Part::Why, Part::Look, Part::Wrong]);
    assert!(said(&desk, Part::Now).starts_with("enter shows the statement"));
    assert_eq!(said(&desk, Part::Why), "Why of look.");
    desk.settle("look");
    assert!(said(&desk, Part::Now).starts_with("enter compares"), "{}", said(&desk, Part::Now));
    desk.settle("check");
    assert!(said(&desk, Part::Now).starts_with("It writes: A arms"), "{}", said(&desk, Part::Now));
    desk.entry(Body::Armed);
    assert!(said(&desk, Part::Now).contains("cannot be undone, so you type its phrase"));
    let gate = GateResult {
        name: "lag within RPO".into(),
        verdict: Verdict::Unknown,
        evidence: Evidence {
            reading: "metrics.us-west-2.lag".into(),
            value: "3.2 s".into(),
            at: None,
            freshness: Freshness::Stale,
            source: String::new(),
        },
    };
    desk.planned(plan(), vec![gate]);
    let now = said(&desk, Part::Now);
    assert!(now.contains("\"lag within RPO\" cannot be judged") && now.contains("O overrides"), "{now}");
}

#[test]
fn it_follows_the_run_and_says_afterwards_what_it_came_to() {
    let mut desk = Desk::at_promote(true);
    teaches(&mut desk);
    desk.entry(Body::Intent { step: "promote".into(), plan_hash: String::new(), attempt: 1, evidence: vec![] });
    assert_eq!(parts(&desk), [Part::Now, Part::Look, Part::Wrong, Part::Why], "while it runs, what to look at");
    desk.model.now += Duration::from_secs(72);
    desk.entry(Body::Failed { step: "promote".into(), reason: "throttled".into(), evidence: vec![] });
    assert_eq!(parts(&desk)[1], Part::Wrong);
    assert!(said(&desk, Part::Now).contains("o shows the ways on"));
    let why = "said so".to_owned();
    desk.entry(Body::Override {
        step: "promote".into(),
        gate: "lag".into(),
        reason: why,
        evidence: Evidence {
            reading: "metrics.us-west-2.lag".into(),
            value: String::new(),
            at: None,
            freshness: Freshness::Never,
            source: String::new(),
        },
    });
    desk.entry(Body::Intent { step: "promote".into(), plan_hash: String::new(), attempt: 2, evidence: vec![] });
    desk.settle("promote");
    desk.model.selected = 2;
    let was = said(&desk, Part::Was);
    assert!(was.starts_with("1:12; done at try 2; gate \"lag\" overridden: said so."), "{was}");
    assert_eq!(parts(&desk)[..2], [Part::Was, Part::Now]);
}

#[test]
fn who_watches_is_told_to_look_and_who_plays_back_that_nothing_is_done() {
    let mut desk = desk(Role::Observer { lead: "bert on bastion".into() });
    assert!(said(&desk, Part::Now).contains("bert on bastion leads"));
    desk.model.role = Role::Replay;
    assert!(said(&desk, Part::Now).starts_with("A replay"));
}

#[test]
fn a_step_that_teaches_nothing_has_its_guidance_read_out() {
    let mut desk = desk(Role::Lead);
    assert_eq!(parts(&desk), [Part::Now]);
    for step in desk.model.run.runbook.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
        step.guidance = "Ask a colleague.".into();
    }
    assert_eq!(said(&desk, Part::Look), "Ask a colleague.");
}

#[test]
fn its_key_shows_it_beside_the_steps_and_hides_it_there() {
    let mut desk = desk(Role::Lead);
    desk.key("i");
    assert!(desk.model.guide);
    // From a screen without steps it is gone to, not switched off unseen.
    desk.key("5");
    assert_eq!(desk.model.screens.shown, Screen::Timeline);
    desk.key("i");
    assert_eq!((desk.model.guide, desk.model.screens.shown), (true, Screen::Overview));
    desk.key("i");
    assert!(!desk.model.guide);
    desk.key("I");
    assert!(matches!(desk.model.modals.last(), Some(Modal::Help(help)) if help.page == Page::Guide));
}

#[test]
fn the_first_page_says_whether_anything_real_can_be_touched() {
    let mut desk = desk(Role::Lead);
    let touches = |desk: &Desk| first_page(&desk.model).into_iter().find(|(label, _)| *label == "touches").unwrap().1;
    assert!(touches(&desk).contains("NO drill"));
    desk.model.run.mode = Mode::Drill;
    assert!(touches(&desk).contains("REAL"));
    desk.model.run.mode = Mode::Simulation;
    assert!(touches(&desk).contains("simulated"));
    let model = desk.model.guided();
    assert!(model.guide && matches!(model.modals.last(), Some(Modal::Help(help)) if help.page == Page::Guide));
}
