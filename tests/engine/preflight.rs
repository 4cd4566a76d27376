//! What a run will need, asked beforehand: everything is asked, nothing is done, and what would be in the way is named.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use handover::config::locate;
use handover::domain::command::{Command, Event};
use handover::domain::journal::Body;
use handover::domain::permissions::runs;
use handover::domain::preflight::{Area, Preflight, Row, Verdict};
use handover::domain::runbook::Runbook;
use handover::engine::preflight::preflight;
use handover::ports::Clock as _;
use handover::sim::scenario;
use handover::wire::simulated_world;

use crate::rig::{Rig, SHORT, with};

async fn made(rig: &Rig, runbooks: &[Runbook]) -> Preflight {
    let world = simulated_world(&rig.service, &rig.regions, &rig.clock);
    let made = preflight(&world, &rig.service, runbooks, None).await;
    assert!(rig.regions.mutations().is_empty(), "it changes nothing");
    made
}

fn rows(made: &Preflight, area: Area) -> Vec<&Row> {
    made.rows.iter().filter(|row| row.area == area).collect()
}

fn bad(made: &Preflight) -> Vec<String> {
    let bad = made.rows.iter().filter(|row| row.verdict == Verdict::Bad);
    bad.map(|row| format!("{}: {}", row.what, row.says)).collect()
}

#[tokio::test(start_paused = true)]
async fn on_a_calm_day_every_permission_of_every_runbook_is_asked_and_given() {
    for preset in locate::presets() {
        let rig = Rig::of(preset, "failover", Some("calm"));
        let project = handover::config::Project::from_preset(preset);
        let made = made(&rig, &project.runbooks).await;
        let runbooks: Vec<&Runbook> = project.runbooks.iter().collect();
        assert_eq!(bad(&made), Vec::<String>::new(), "{}", preset.name);
        let asked = rows(&made, Area::Permissions);
        assert!(asked.iter().all(|row| row.verdict == Verdict::Good), "{}: {asked:?}", preset.name);
        let said: String = asked.iter().map(|row| row.says.as_str()).collect::<Vec<_>>().join(", ");
        let said: BTreeSet<&str> = said.split(", ").collect();
        for statement in runs(&rig.service, &runbooks) {
            // Of what is open altogether (any subnet group, any key) nothing can be asked.
            let open = statement.resources.iter().all(|arn| arn.ends_with("/*"));
            for action in statement.actions.iter().filter(|_| !open) {
                assert!(said.contains(action), "{}: {action} of {} is not asked", preset.name, statement.sid);
            }
        }
        for area in [Area::Identity, Area::Endpoints, Area::Estate] {
            assert!(!rows(&made, area).is_empty(), "{}: nothing of {area:?}", preset.name);
        }
        // Everything that is asked at all has answered by now.
        let silent: Vec<&Row> =
            rows(&made, Area::Endpoints).into_iter().filter(|row| row.verdict == Verdict::Unknown).collect();
        assert!(silent.is_empty(), "{}: {silent:?}", preset.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_would_be_denied_is_named_with_its_region() {
    let denied = with(
        "calm",
        r#"
[[event]]
at = "0s"
region = "standby"
part = "rds"
fault = "deny"
operation = "PromoteReadReplica"
[[event]]
at = "0s"
region = "standby"
part = "kubernetes"
fault = "deny"
operation = "patch deployments/scale"
"#,
    );
    let rig = Rig::new(handover::config::locate::preset("fineract").unwrap().runbooks[0].1, &denied, 5);
    let made = made(&rig, std::slice::from_ref(&rig.runbook)).await;
    let bad = bad(&made);
    assert!(bad.iter().any(|row| row.contains("us-west-2: rds:PromoteReadReplica: no policy allows it")), "{bad:#?}");
    assert!(bad.iter().any(|row| row.contains("us-west-2") && row.contains("can-i` says no")), "{bad:#?}");
    assert_eq!(bad.len(), 3, "a database, and two workloads: {bad:#?}");
}

#[tokio::test(start_paused = true)]
async fn with_the_control_planes_out_nothing_is_concluded_and_it_ends() {
    let text = include_str!("../../assets/scenarios/region-outage.toml");
    let text = text.replace("route53_control_plane = \"up\"", "route53_control_plane = \"hangs\"");
    let rig = Rig::new(SHORT, &scenario::parse("region-outage", &text).unwrap(), 3);
    rig.clock.sleep(Duration::from_mins(2)).await;
    let before = rig.clock.now();
    let made = made(&rig, std::slice::from_ref(&rig.runbook)).await;
    let took = rig.clock.now().duration_since(before);
    assert!(took.as_secs() < 60, "{took:?}");
    let simulator = made.rows.iter().find(|row| row.what == "IAM's simulator").unwrap();
    assert_eq!(simulator.verdict, Verdict::Unknown, "{simulator:?}");
    let route53 = made.rows.iter().find(|row| row.what == "route53 in us-east-1").unwrap();
    assert!(
        route53.verdict == Verdict::Bad && route53.remedy.contains("the Region that a failover leaves"),
        "{route53:?}"
    );
    // The standby is well, and is said to be.
    let west = made.rows.iter().find(|row| row.what == "rds in us-west-2").unwrap();
    assert_eq!(west.verdict, Verdict::Good, "{west:?}");
}

#[tokio::test(start_paused = true)]
async fn a_console_asks_by_itself_and_an_open_run_keeps_what_came_of_it() {
    let mut rig = Rig::short("calm");
    rig.asks = true;
    let mut desk = rig.boot();
    let first = desk.until(|_, event| if let Event::Preflight(made) = event { Some(made.clone()) } else { None }).await;
    assert!(first.identity.is_some() && first.worst() < Verdict::Bad, "{:?}", first.summary());
    assert!(rig.lines.entries().is_empty(), "a console that is only looked at leaves no run");
    desk.arm().await;
    let kept = |event: &Event| match event {
        Event::Entry(entry) => matches!(entry.body, Body::Preflight { .. }).then_some(entry.at),
        _ => None,
    };
    let began = desk.until(|_, event| kept(event)).await;
    // On demand, and half an hour later again.
    desk.say(Command::Preflight);
    let asked = desk.until(|_, event| kept(event)).await;
    assert!(asked.duration_since(began).as_secs() < 30, "{asked}");
    rig.clock.sleep(Duration::from_mins(15)).await;
    let next = desk.until(|_, event| kept(event)).await;
    assert!((1_800..1_860).contains(&next.duration_since(asked).as_secs()), "{next}");
    desk.die().await;
}

#[tokio::test(start_paused = true)]
async fn in_another_account_than_the_services_nothing_is_armed() {
    let mut wrong = scenario::load("calm").unwrap();
    wrong.account = Some("210987654321".to_owned());
    let mut rig = Rig::new(SHORT, &wrong, 7);
    rig.asks = true;
    let mut service = (*rig.service).clone();
    service.aws.account = Some("123456789012".to_owned());
    rig.service = Arc::new(service);
    let mut desk = rig.boot();
    let told = |event: &Event| match event {
        Event::Account(account) if account.alias.is_some() => Some(Arc::clone(account)),
        _ => None,
    };
    let account = desk.until(|_, event| told(event)).await;
    assert_eq!((account.id.as_str(), account.alias.as_deref()), ("210987654321", Some("simulated")));
    let why = desk.refused(Command::Arm).await;
    assert!(why.contains("210987654321") && why.contains("123456789012"), "{why}");
    assert!(rig.lines.entries().is_empty(), "no run was opened");
    // In the right one it is armed, and the account is told all the same.
    let mut rig = Rig::short("calm");
    rig.asks = true;
    let mut desk = rig.boot();
    let account = desk.until(|_, event| told(event)).await;
    assert_eq!(account.wrong(), None);
    desk.arm().await;
}
