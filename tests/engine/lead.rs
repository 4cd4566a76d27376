//! The lead from hand to hand, and who is on the call.

use std::sync::Arc;

use handover::domain::command::{Command, Event};
use handover::domain::journal::{Body, Entry};
use handover::domain::people::OnCall;
use handover::domain::run::{Ending, State};

use crate::audit::audit;
use crate::rig::{Desk, Rig};

fn to(name: &str) -> Command {
    Command::HandOver { to: name.into(), reason: "my shift ends".into() }
}

/// Waits for the engine's end, and says how many had the hold on the run when it was told: the rig itself is one.
async fn ended(desk: &mut Desk, rig: &Rig) -> usize {
    let hold = Arc::clone(&rig.hold);
    // One more for this function's own.
    desk.until(|_, event| matches!(event, Event::Ended).then(|| Arc::strong_count(&hold) - 1)).await
}

fn is_consent(entry: &Entry) -> bool {
    matches!(entry.body, Body::Consent { .. })
}

fn place(entries: &[Entry], wanted: impl Fn(&Body) -> bool) -> usize {
    entries.iter().position(|entry| wanted(&entry.body)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_lead_is_handed_over_with_nothing_armed_and_nothing_held() {
    let mut rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    assert_eq!(desk.carry_out("fence").await, Ending::Done);
    for (name, reason, why) in
        [(" ", "why not", "a name"), ("ben", " ", "a reason"), ("Anna", "why not", "leads already")]
    {
        let refused = desk.refused(Command::HandOver { to: name.into(), reason: reason.into() }).await;
        assert!(refused.contains(why), "{refused}");
    }
    assert!(desk.run.armed.is_some(), "what is refused changes nothing");
    assert_eq!(Arc::strong_count(&rig.hold), 2);
    desk.say(to("ben"));
    // What is asked for after that finds nobody.
    desk.say(Command::Note("too late".into()));
    desk.say(Command::Arm);
    assert_eq!(ended(&mut desk, &rig).await, 1, "the hold ends before anybody is told");
    assert_eq!(desk.run.armed, None);
    let offer = desk.run.offered.clone().unwrap();
    assert_eq!((offer.by.as_str(), offer.to.as_str(), offer.reason.as_str()), ("anna", "ben", "my shift ends"));
    let entries = rig.lines.entries();
    let disarmed = place(&entries, |body| matches!(body, Body::Disarmed { .. }));
    assert!(disarmed < place(&entries, |body| matches!(body, Body::LeadOffered { .. })));
    assert!(!entries.iter().any(|entry| matches!(&entry.body, Body::Note { text } if text == "too late")));

    // Whoever takes it leads, and is not armed by it.
    rig.operator = "ben".into();
    rig.pass(1).await;
    let mut desk = rig.boot();
    desk.until(|run, _| run.lead.as_ref().is_some_and(|(lead, _)| lead == "ben").then_some(())).await;
    assert_eq!((&desk.run.offered, &desk.run.armed), (&None, &None));
    assert!(desk.run.led_since > Some(offer.at));
    assert!(desk.plan("promote").await.is_ok());
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 0);
    desk.arm().await;
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    let consents: Vec<String> = rig.lines.entries().into_iter().filter(is_consent).map(|entry| entry.by).collect();
    assert_eq!(consents, ["anna", "ben"]);
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn while_a_step_runs_the_lead_stays_where_it_is() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    // From the moment of the confirmation on, before its intent is written.
    desk.confirm("fence").await;
    let why = desk.refused(to("ben")).await;
    assert!(why.contains("fence is under way"), "{why}");
    desk.until(|run, _| (run.state("fence") == State::Settling).then_some(())).await;
    assert!(desk.refused(to("ben")).await.contains("fence is under way"));
    assert_eq!(desk.ended("fence").await, Ending::Done);
    assert!(desk.run.armed.is_some() && desk.run.offered.is_none());
    assert!(!rig.lines.text().contains("lead-offered"));
    desk.say(to("ben"));
    assert_eq!(ended(&mut desk, &rig).await, 1);
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_lead_that_cannot_be_recorded_as_given_up_is_kept() {
    let rig = Rig::short("calm");
    let fault = crate::rig::Fault::Before;
    let mut desk = rig.boot_with(Some((fault, Box::new(|_, line: &str| line.contains("\"lead-offered\"")))));
    desk.pass(10).await;
    desk.arm().await;
    desk.say(to("ben"));
    desk.until(|_, event| matches!(event, Event::Latched { .. }).then_some(())).await;
    let told = desk.pass(30).await;
    assert!(!told.iter().any(|event| matches!(event, Event::Ended)));
    assert_eq!(Arc::strong_count(&rig.hold), 1, "a journal that cannot be written holds nothing any more");
    assert_eq!(desk.run.offered, None);
    desk.die().await;
}

#[tokio::test(start_paused = true)]
async fn the_last_list_of_the_call_is_the_one_that_holds() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    let one = |name: &str, role: Option<&str>| OnCall { name: name.into(), role: role.map(str::to_owned) };
    let first = vec![one("anna", Some("incident commander")), one("ben", None)];
    let second = vec![one("ben", Some("incident commander"))];
    for list in [&first, &second] {
        desk.say(Command::OnCall(list.clone()));
        desk.until(|run, _| (run.on_call == *list).then_some(())).await;
    }
    desk.die().await;
    // Whoever takes the run up knows it, too.
    let desk = rig.boot();
    assert_eq!(desk.run.on_call, second);
    let lists = rig.lines.entries().into_iter().filter(|entry| matches!(entry.body, Body::OnCall { .. })).count();
    assert_eq!(lists, 2);
    assert!(
        rig.lines.text().contains(r#""people":[{"name":"ben","role":"incident commander"}]"#),
        "{}",
        rig.lines.text()
    );
    desk.die().await;
}
