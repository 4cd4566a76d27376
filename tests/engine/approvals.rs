//! The two-person rule: no plan that is dangerous enough is carried out on one person's word, unless they say so alone.

use std::sync::{Arc, Mutex};

use handover::domain::approval::{Approval, Approver, GATE, Key, Rule, Statement};
use handover::domain::command::{Command, Event};
use handover::domain::gate::Verdict;
use handover::domain::hash::unhex;
use handover::domain::journal::Body;
use handover::domain::run::{Ending, State};
use handover::domain::runbook::Hazard;
use handover::ports::{Approvals, Clock as _};

use crate::audit::audit;
use crate::rig::{Desk, Rig};

/// Approvals that are there from one moment to the next.
#[derive(Default)]
struct Left(Mutex<Vec<Approval>>);

impl Approvals for Left {
    fn read(&self) -> Vec<Approval> {
        self.0.lock().unwrap().clone()
    }
}

struct Second {
    rig: Rig,
    left: Arc<Left>,
    bert: Key,
}

/// A short run in which what cannot be undone needs a second person.
fn second() -> Second {
    let mut rig = Rig::short("calm");
    let (bert, _) = Key::generate().unwrap();
    let key = unhex(&bert.public()).unwrap().try_into().unwrap();
    let mut service = (*rig.service).clone();
    let approvers = vec![Approver { name: "bert".to_owned(), key }];
    service.approval = Some(Rule { hazard: Hazard::Irreversible, approvers });
    rig.service = Arc::new(service);
    let left = Arc::new(Left::default());
    rig.approvals = Some(left.clone());
    Second { rig, left, bert }
}

impl Second {
    fn approve(&self, desk: &Desk, key: &Key, approver: &str, plan: &str) {
        let text = |text: &str| text.to_owned();
        let statement = Statement {
            run: desk.run.id.clone(),
            step: text("promote"),
            plan: text(plan),
            approver: text(approver),
            at: self.rig.clock.now(),
            user: text("bert"),
            host: text("elsewhere"),
        };
        self.left.0.lock().unwrap().push(key.sign(statement));
    }
}

/// How the gate of the promotion stands, and the plan's hash.
async fn gate(desk: &mut Desk) -> (Verdict, String) {
    let (plan, gates) = desk.plan("promote").await.unwrap();
    let gate = gates.iter().find(|gate| gate.name == GATE).unwrap();
    (gate.verdict, plan.hash())
}

async fn fenced(second: &Second) -> Desk {
    let mut desk = second.rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    // What is less dangerous needs nobody.
    assert_eq!(desk.carry_out("fence").await, Ending::Done);
    desk
}

#[tokio::test(start_paused = true)]
async fn nothing_irreversible_is_done_before_a_second_person_has_approved_that_very_plan() {
    let second = second();
    let mut desk = fenced(&second).await;
    let (verdict, hash) = gate(&mut desk).await;
    assert_eq!(verdict, Verdict::Fail);
    desk.confirm("promote").await;
    desk.pass(30).await;
    assert_eq!(second.rig.mutations("rds:PromoteReadReplica"), 0);
    // Not by oneself, not by a stranger, not by another's key, not another plan.
    let (stranger, _) = Key::generate().unwrap();
    second.approve(&desk, &second.bert, "anna", &hash);
    second.approve(&desk, &stranger, "carl", &hash);
    second.approve(&desk, &stranger, "bert", &hash);
    second.approve(&desk, &second.bert, "bert", "another");
    assert_eq!(gate(&mut desk).await.0, Verdict::Fail);
    desk.confirm("promote").await;
    desk.pass(30).await;
    assert_eq!(second.rig.mutations("rds:PromoteReadReplica"), 0);
    second.approve(&desk, &second.bert, "bert", &hash);
    assert_eq!(gate(&mut desk).await.0, Verdict::Pass);
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    assert_eq!(second.rig.mutations("rds:PromoteReadReplica"), 1);
    let entries = second.rig.lines.entries();
    let asked = entries.iter().filter(|entry| matches!(&entry.body, Body::ApprovalAsked { .. })).count();
    assert_eq!(asked, 1, "once, however often it is shown");
    let approved: Vec<&str> = entries
        .iter()
        .filter(|entry| matches!(&entry.body, Body::Approved { .. }))
        .map(|entry| entry.by.as_str())
        .collect();
    assert_eq!(approved, ["bert"]);
    desk.die().await;
    audit(&second.rig);
}

#[tokio::test(start_paused = true)]
async fn an_approval_is_good_for_a_quarter_of_an_hour() {
    let second = second();
    let mut desk = fenced(&second).await;
    let (_, hash) = gate(&mut desk).await;
    second.approve(&desk, &second.bert, "bert", &hash);
    assert_eq!(gate(&mut desk).await.0, Verdict::Pass);
    desk.pass(901).await;
    assert_eq!(gate(&mut desk).await.0, Verdict::Fail);
    desk.confirm("promote").await;
    desk.pass(30).await;
    assert_eq!(second.rig.mutations("rds:PromoteReadReplica"), 0);
    assert!(!desk.run.state("promote").is_ended());
    desk.die().await;
}

#[tokio::test(start_paused = true)]
async fn alone_it_is_done_by_name_with_a_reason_that_stands_out() {
    let second = second();
    let mut desk = fenced(&second).await;
    gate(&mut desk).await;
    let (step, gate, reason) = ("promote".to_owned(), GATE.to_owned(), "bert does not answer".to_owned());
    desk.say(Command::Override { step, gate, reason });
    let said = desk
        .until(|_, event| match event {
            Event::Entry(entry) => matches!(entry.body, Body::Override { .. }).then(|| entry.body.says()),
            _ => None,
        })
        .await;
    assert_eq!(said, "promote: SOLO, without the second person's approval: bert does not answer");
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    assert_eq!(desk.run.state("promote"), State::Ended(Ending::Done));
    desk.die().await;
    audit(&second.rig);
}
