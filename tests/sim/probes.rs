//! SQL, DNS, HTTP and programs over the same world.

use std::time::Duration;

use handover::domain::plan::PerformError;
use handover::domain::reading::{Value, Why};
use handover::domain::region::Place;
use handover::domain::service::{Endpoint, Spec};
use handover::ports::{Exit, ProgramSpec, WriteRefused};
use tokio::sync::{mpsc, watch};

use crate::support::{
    RECORD, RESOLVERS, Rig, answering, component, east, fineract, pair, rig, rig_for, rig_of, scenario_with, west,
};

const TIMEOUT: Duration = Duration::from_secs(5);

async fn get(rig: &Rig, host: &str) -> Result<(u16, String), Why> {
    let answer = rig.regions.http().get(&format!("https://{host}/health"), TIMEOUT).await;
    answer.map(|answer| (answer.status, answer.body)).map_err(|error| error.why)
}

#[tokio::test(start_paused = true)]
async fn endpoints_have_teeth() {
    let rig = rig("calm");
    let answer = rig.regions.http().get("https://east.fineract.com/health", TIMEOUT).await.unwrap();
    assert!((15..=90).contains(&answer.took.as_millis()), "{:?}", answer.took);
    assert!(answer.status == 200 && answer.body.contains("UP") && answer.body.contains("us-east-1"));
    let (status, body) = get(&rig, "west.fineract.com").await.unwrap();
    assert!(status == 503 && body.contains("database is read-only"), "{body}");
    assert!(get(&rig, RECORD).await.unwrap().1.contains("us-east-1"));
    assert_eq!(get(&rig, "elsewhere.example.com").await, Err(Why::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn a_success_rate_is_of_the_last_questions_at_a_place() {
    let rig = rig("false-alarm");
    let endpoint = answering(&rig, &fineract())["endpoint"].clone();
    let rate = async |place: Place| match endpoint.observe(&place).await.unwrap().value("success_rate") {
        Some(Value::Number(rate)) => format!("{rate:.0}"),
        other => panic!("{other:?}"),
    };
    let east = Place::Region(east());
    for _ in 0..3 {
        assert_eq!(rate(east.clone()).await, "0", "502");
    }
    rig.pass(100).await;
    assert_eq!(rate(east.clone()).await, "25");
    // Another place has questions of its own.
    assert_eq!(rate(Place::Global).await, "100");
    assert_eq!(rate(Place::Region(west())).await, "0", "503, as its database follows");
    for _ in 0..56 {
        rate(east.clone()).await;
    }
    assert_eq!(rate(east.clone()).await, "97", "two of sixty: the first is forgotten");
    rate(east.clone()).await;
    assert_eq!(rate(east).await, "100");
}

#[tokio::test(start_paused = true)]
async fn a_part_of_the_service_answers_whoever_writes() {
    let mut service = fineract();
    let urls = pair("https://east.fineract.com/health/cache", "https://west.fineract.com/health/cache");
    let part = Endpoint { urls, public: None, expect_status: 204, expect_text: None, timeout: TIMEOUT };
    service.components.push(component("cache-check", Spec::Endpoint(part)));
    let at = rig_for(&service, &scenario_with("calm", ""));
    let get = async |url: &str| at.regions.http().get(url, TIMEOUT).await.unwrap().status;
    assert_eq!(get("https://west.fineract.com/health").await, 503);
    assert_eq!(get("https://west.fineract.com/health/cache").await, 204);
    assert_eq!(get("https://east.fineract.com/health/cache").await, 204);
    // What no endpoint names is asked of the service's own.
    assert_eq!(get("https://west.fineract.com/elsewhere").await, 503);
    let gone = rig_for(&service, &scenario_with("region-outage", ""));
    let asked = gone.regions.http().get("https://east.fineract.com/health/cache", TIMEOUT).await;
    assert_eq!(asked.unwrap_err().why, Why::TimedOut, "a Region that hangs takes its parts along");
}

#[tokio::test(start_paused = true)]
async fn the_standby_serves_some_time_after_its_promotion() {
    let rig = rig("region-outage");
    assert_eq!(get(&rig, "east.fineract.com").await, Err(Why::TimedOut));
    rig.promote().await;
    let sql = rig.regions.sql();
    let mut writable = None;
    let mut serves = None;
    for second in 0..200 {
        if writable.is_none() && sql.try_write(&west()).await.is_ok() {
            writable = Some(second);
        }
        if serves.is_none() && get(&rig, "west.fineract.com").await.unwrap().0 == 200 {
            serves = Some(second);
        }
        rig.pass(1).await;
    }
    let (writable, serves) = (writable.unwrap(), serves.unwrap());
    assert!((80..130).contains(&writable), "{writable}");
    assert!((15..30).contains(&(serves - writable)), "{serves} - {writable}");
}

#[tokio::test(start_paused = true)]
async fn sql_tells_of_replication() {
    let rig = rig("calm");
    let sql = rig.regions.sql();
    let (source, replica) = (sql.state(&east()).await.unwrap(), sql.state(&west()).await.unwrap());
    assert!(!source.in_recovery && source.current_lsn.is_some() && source.replayed_at.is_none());
    assert!(replica.in_recovery && replica.read_only && replica.current_lsn.is_none());
    let age = handover::ports::Clock::now(rig.clock.as_ref()).duration_since(replica.replayed_at.unwrap());
    assert!((500..3_000).contains(&age.as_millis()), "{age}");
    assert_eq!(source.app_login, Some(true));
    assert!(source.app_sessions.unwrap() > 5);
    let (ahead, behind) = (sql.mark(&east()).await.unwrap().unwrap(), sql.mark(&west()).await.unwrap().unwrap());
    assert!((5..100).contains(&(ahead - behind)), "{ahead} {behind}");
    rig.pass(10).await;
    assert_eq!(sql.mark(&east()).await.unwrap().unwrap() - ahead, 200, "20 rows a second");
    assert_eq!(sql.try_write(&east()).await, Ok(()));
    assert!(matches!(sql.try_write(&west()).await, Err(WriteRefused::ReadOnly(why)) if why.contains("read-only")));
    assert!(matches!(sql.fence(&west()).await, Err(PerformError::Refused { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_fence_stops_the_rows_and_the_replica_catches_up() {
    let rig = rig("calm");
    let sql = rig.regions.sql();
    sql.fence(&east()).await.unwrap();
    let state = sql.state(&east()).await.unwrap();
    assert_eq!((state.app_login, state.app_sessions), (Some(false), Some(0)));
    assert_eq!(get(&rig, "east.fineract.com").await.unwrap().0, 503);
    let stopped = sql.mark(&east()).await.unwrap();
    rig.pass(10).await;
    assert_eq!(sql.mark(&east()).await.unwrap(), stopped);
    assert_eq!(sql.mark(&west()).await.unwrap(), stopped);
    let (source, replica) = (sql.state(&east()).await.unwrap(), sql.state(&west()).await.unwrap());
    assert_eq!(source.current_lsn, replica.replay_lsn);
}

#[tokio::test(start_paused = true)]
async fn resolvers_count_their_ttl_down_and_move_each_at_its_own_moment() {
    let rig = rig("region-outage");
    let resolver = rig.regions.resolver();
    let records = rig.records().await;
    let batch = crate::wire::swap(&records[0], "west.fineract.com", None);
    let call = rig.route53().change_resource_record_sets().hosted_zone_id(crate::support::ZONE).change_batch(batch);
    call.send().await.unwrap();
    let mut moved = [None; 3];
    for second in 0..120_u32 {
        for (index, server) in RESOLVERS.iter().enumerate() {
            let answer = resolver.ask(server, RECORD, "CNAME").await.unwrap();
            assert!(!answer.authoritative && (1..=60).contains(&answer.ttl), "{answer:?}");
            if answer.values == ["west.fineract.com"] {
                moved[index].get_or_insert(second);
            }
        }
        rig.pass(1).await;
    }
    let moments: std::collections::BTreeSet<_> = moved.iter().map(|second| second.unwrap()).collect();
    assert!(moments.len() == 3 && moments.iter().all(|second| *second < 105), "{moments:?}");
    assert_eq!(resolver.ask(RESOLVERS[0], "api.example.org", "CNAME").await.unwrap_err().why, Why::NotFound);
}

#[tokio::test(start_paused = true)]
async fn programs_are_never_run() {
    let rig = rig_of(&scenario_with("calm", "[[program]]\nname='kubectl'\nexit=3\n"), 1, None);
    let run = async |argv: &[&str], stop: bool| {
        let (output, mut lines) = mpsc::unbounded_channel();
        let (cancel, cancelled) = watch::channel(stop);
        let spec = ProgramSpec {
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            env: vec![("TOKEN".into(), "hunter2".into())],
            dir: None,
            timeout: Duration::from_mins(1),
        };
        let exit = rig.regions.program().run(&spec, output, cancelled).await;
        drop(cancel);
        let mut told = String::new();
        while let Ok(line) = lines.try_recv() {
            told.push_str(&line.text);
        }
        (exit, told)
    };
    let (exit, told) = run(&["touch", "/nonexistent/x\u{1b}"], false).await;
    assert_eq!(exit, Exit::Status(0));
    assert!(told.contains("not run: touch") && !told.contains('\u{1b}') && !told.contains("hunter2"), "{told}");
    assert_eq!(run(&["/usr/bin/kubectl", "get"], false).await.0, Exit::Status(3));
    assert_eq!(run(&["touch"], true).await.0, Exit::Cancelled);
}
