//! Fencing by several ways: where the first does not hold, the next in the service's order is tried, by name and with a reason.

use std::time::Duration;

use handover::domain::command::{Command, Event};
use handover::domain::gate::Verdict;
use handover::domain::journal::Body;
use handover::domain::run::{Ending, State};
use handover::ports::Clock as _;

use crate::audit::audit;
use crate::rig::{Desk, Rig, SHORT, with};

/// The primary's database answers nobody, and RDS does: it may be written to all the same.
const SILENT: &str = r#"
[[event]]
at = "0s"
region = "primary"
part = "database"
fault = "hang"
"#;

fn rig(scenario: &str) -> Rig {
    Rig::new(SHORT, &with("calm", scenario), 7)
}

fn next() -> Command {
    Command::NextWay { step: "fence".to_owned(), reason: "the database does not answer".to_owned() }
}

/// Opens by name whatever gates are shut.
async fn own(desk: &mut Desk, step: &str) -> Vec<String> {
    let (_, gates) = desk.plan(step).await.unwrap();
    let shut: Vec<String> =
        gates.into_iter().filter(|gate| gate.verdict != Verdict::Pass).map(|gate| gate.name).collect();
    for gate in shut.clone() {
        desk.say(Command::Override { step: step.to_owned(), gate, reason: "it is out of reach".to_owned() });
    }
    desk.pass(2).await;
    shut
}

const FENCED: &str = "the old primary is fenced";

#[tokio::test(start_paused = true)]
async fn where_sql_does_not_answer_the_network_is_cut_off() {
    let rig = rig(SILENT);
    let mut desk = rig.boot();
    desk.pass(30).await;
    desk.arm().await;
    own(&mut desk, "fence").await;
    desk.confirm("fence").await;
    desk.until(|run, _| matches!(run.state("fence"), State::Failed(_) | State::Unsure(_)).then_some(())).await;
    // Nothing takes over meanwhile.
    let (_, gates) = desk.plan("promote").await.unwrap();
    assert!(gates.iter().any(|gate| gate.name == FENCED && gate.verdict == Verdict::Fail), "{gates:?}");
    desk.say(next());
    desk.until(|run, _| (run.state("fence") == State::Pending).then_some(())).await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    assert_eq!(
        (plan.action.as_str(), plan.call.param("VpcSecurityGroupIds")),
        ("cut-off", Some("sg-0f10e0nobody00001"))
    );
    assert!(plan.changes.iter().any(|says| says.contains("may go on writing")), "{:?}", plan.changes);
    assert_eq!(desk.carry_out("fence").await, Ending::Done);
    // There is no third way.
    assert!(desk.refused(next()).await.contains("over or under way"));
    // Who was connected may still write, and does: no gate passes for it, until somebody says so by name.
    assert!(rig.regions.truth().takes_writes.primary, "a session that was open goes on");
    let shut = own(&mut desk, "promote").await;
    assert!(shut.iter().any(|gate| gate == FENCED), "{shut:?}");
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    rig.clock.sleep(Duration::from_mins(2)).await;
    assert!(!rig.regions.truth().takes_writes.primary, "the sessions that were open have ended");
    desk.pass(30).await;
    let loss = desk.run.loss.clone().unwrap().to_string();
    assert!(
        !loss.contains("none") && !loss.contains("exact"),
        "by the network alone nobody knows the last row: {loss}"
    );
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_way_is_chosen_before_the_step_is_done_and_outlives_the_process() {
    let rig = rig("");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk.say(next());
    desk.until(|_, event| match event {
        Event::Entry(entry) => matches!(entry.body, Body::NextWay { .. }).then_some(()),
        _ => None,
    })
    .await;
    assert!(desk.refused(next()).await.contains("no other way"));
    desk.die().await;
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    assert_eq!(desk.carry_out("fence").await, Ending::Done);
    assert_eq!(rig.mutations("rds:ModifyDBInstance"), 1);
    assert_eq!(rig.mutations("sql:Fence"), 0);
    // And it is taken back by its own way.
    let (step, reason) = ("fence".to_owned(), "it was a mistake".to_owned());
    desk.say(Command::RollBack { step, reason });
    desk.until(|run, _| run.runbook.step("undo-fence").is_some().then_some(())).await;
    assert_eq!(desk.carry_out("undo-fence").await, Ending::Done);
    assert!(rig.regions.truth().takes_writes.primary);
    desk.die().await;
    audit(&rig);
}
