use std::time::Duration;

use super::*;
use crate::domain::disruption::{Asks, PUBLIC, Probe, Tally, Vantage};
use crate::domain::reading::{Fact, Health, Observation, Unread, Why};
use crate::domain::region::{Pair, Place};
use crate::domain::service::{Aws, CloudWatch, Component, Endpoint, Objectives, People, Spec};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn west() -> Place {
    Place::Region("us-west-2".parse().unwrap())
}

fn service() -> Service {
    let pair = |a: &str, b: &str| Pair { primary: a.to_owned(), standby: b.to_owned() };
    let endpoint = Endpoint {
        urls: pair("https://east.example.com", "https://west.example.com"),
        public: None,
        expect_status: 200,
        expect_text: None,
        timeout: Duration::from_secs(5),
    };
    let component = |id: &str, spec| Component { id: id.into(), title: id.into(), every: None, spec };
    Service {
        name: "shop".into(),
        environment: "test".into(),
        description: String::new(),
        regions: Pair { primary: "us-east-1".parse().unwrap(), standby: "us-west-2".parse().unwrap() },
        objectives: Objectives {
            rto: Duration::from_mins(30),
            rpo: Duration::from_mins(15),
            disruption: None,
            dns: None,
            replication: None,
        },
        lag: crate::domain::lag::Thresholds { warn: Duration::from_mins(5), breach: Duration::from_mins(15) },
        meter: Duration::from_secs(1),
        aws: Aws::default(),
        approval: None,
        fence: Vec::new(),
        drills: crate::domain::drill::Drills::default(),
        trail: None,
        metrics: None,
        people: People::default(),
        notify: Vec::new(),
        waivers: Vec::new(),
        components: vec![
            component("api", Spec::Endpoint(endpoint)),
            component("cloudwatch", Spec::CloudWatch(CloudWatch { lag: None, alarms: Pair::default() })),
            component("who", Spec::Identity),
        ],
    }
}

// As a look comes back.
#[allow(clippy::unnecessary_wraps)]
fn seen(facts: &[(&str, Value, i64)]) -> Result<Observation, Unread> {
    let mut seen = Observation::new("test");
    seen.glance(Health::Healthy, "well");
    for (name, value, second) in facts {
        seen.facts.push(Fact { name: (*name).into(), value: value.clone(), at: Some(at(*second)) });
    }
    Ok(seen)
}

/// What is known of a board: kind, value, Region and vantage.
fn known(board: &Board, second: i64) -> Vec<(Kind, f64, String, String)> {
    let (service, recent) = (service(), Recent::default());
    let all = collect(Sources { service: &service, board, recent: &recent, record: None }, at(second));
    let of = |metric: &Metric, wanted| {
        metric.dimensions.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert!(all.iter().all(|metric| of(metric, Dimension::Service) == "shop"));
    all.iter().map(|m| (m.kind, m.value, of(m, Dimension::Region), of(m, Dimension::Vantage))).collect()
}

fn answered(second: i64) -> Result<Observation, Unread> {
    seen(&[("success_rate", Value::Number(97.5), second), ("response_time", Value::Seconds(0.048), second)])
}

const FRESH: Duration = Duration::from_secs(15);

#[test]
fn what_is_stale_lost_or_no_longer_told_is_not_there() {
    let mut board = Board::default();
    assert_eq!(known(&board, 0), []);
    board.record("api", &west(), at(0), FRESH, &answered(0));
    let api = |kind, value| (kind, value, "us-west-2".to_owned(), "api".to_owned());
    assert_eq!(known(&board, 15), [api(Kind::ResponseTime, 48.0), api(Kind::HealthCheck, 97.5)]);
    // Stale, and lost.
    assert_eq!(known(&board, 16), []);
    assert_eq!(known(&board, 500), []);
    // No answer is a finding of the health check, and no response time.
    board.record("api", &west(), at(20), FRESH, &seen(&[("success_rate", Value::Number(80.0), 20)]));
    assert_eq!(known(&board, 21), [api(Kind::HealthCheck, 80.0)]);
    // A look that failed makes even what is young no news.
    board.record("api", &west(), at(22), FRESH, &Err(Unread::new(Why::TimedOut, "5 s")));
    assert_eq!(known(&board, 22), []);
}

#[test]
fn a_lag_goes_by_its_own_time_and_is_none_once_nothing_replicates() {
    let mut board = Board::default();
    let lag = |last: Option<f64>| {
        let series = vec![(at(0), Some(3.0)), (at(60), last)];
        seen(&[("lag", Value::Seconds(3.2), 60), ("lag_series", Value::Series(series), 60)])
    };
    board.record("cloudwatch", &west(), at(70), FRESH, &lag(Some(3.2)));
    let all = known(&board, 70);
    assert_eq!(all, [(Kind::ReplicationLag, 3_200.0, "us-west-2".to_owned(), "cloudwatch".to_owned())]);
    // The look is young, the sample is not.
    assert_eq!(known(&board, 80), []);
    board.record("cloudwatch", &west(), at(71), FRESH, &lag(None));
    assert_eq!(known(&board, 71), []);
}

#[test]
fn what_another_kind_calls_by_the_same_name_is_something_else() {
    let mut board = Board::default();
    for component in ["who", "gone"] {
        let lag = seen(&[("lag", Value::Seconds(1.0), 0), ("success_rate", Value::Number(1.0), 0)]);
        board.record(component, &west(), at(0), FRESH, &lag);
    }
    board.record("api", &Place::Global, at(0), FRESH, &seen(&[("lag", Value::Seconds(1.0), 0)]));
    board.record("cloudwatch", &west(), at(0), FRESH, &seen(&[("lag", Value::Seconds(f64::NAN), 0)]));
    assert_eq!(known(&board, 1), []);
}

#[test]
fn the_service_as_the_world_sees_it_has_its_own_place() {
    let mut tally = Tally::new(Vantage { component: "api".into(), from: PUBLIC.into(), asks: Asks::Request }, at(0));
    let mut recent = Recent::default();
    for (second, probe) in [(0, Probe::Good(None)), (1, Probe::Good(None)), (2, Probe::Failed("503".into()))] {
        tally.take(at(second), at(second), probe);
        recent.take(std::slice::from_ref(&tally), at(second));
    }
    let (service, board) = (service(), Board::default());
    let all = collect(Sources { service: &service, board: &board, recent: &recent, record: None }, at(3));
    let text = exposition(&all);
    assert!(text.contains("{service=\"shop\",region=\"public\",vantage=\"api\"} 0.5\n"), "{text}");
    assert_eq!(all.len(), 1);
    assert_eq!(collect(Sources { service: &service, board: &board, recent: &recent, record: None }, at(300)), []);
}

fn run(run: &str, mode: Mode, verified: bool, minutes: Option<u64>) -> Achieved {
    Achieved {
        run: run.into(),
        mode,
        target: "us-west-2".parse().unwrap(),
        handed_over: verified,
        verified,
        rto: minutes.map(Duration::from_mins),
        rpo: minutes.map(Duration::from_secs),
    }
}

fn told(record: Option<&Record>) -> Vec<(Kind, String, f64)> {
    let (service, board, recent) = (service(), Board::default(), Recent::default());
    let all = collect(Sources { service: &service, board: &board, recent: &recent, record }, at(0));
    let place = |metric: &Metric| {
        metric.dimensions.iter().skip(1).map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" ")
    };
    all.iter().filter(|m| m.value != 0.0).map(|m| (m.kind, place(m), m.value)).collect()
}

#[test]
fn what_was_achieved_is_the_last_runs_alone_and_drills_stand_apart() {
    assert_eq!(told(None), []);
    let mut record = Record::default();
    record.add(run("a", Mode::Live, true, Some(40)));
    record.add(run("b", Mode::Live, true, Some(20)));
    record.add(run("c", Mode::Drill, true, Some(6)));
    record.add(run("d", Mode::Simulation, true, Some(1)));
    record.add(run("e", Mode::Live, false, Some(1)));
    let place = |mode: &str| format!("us-west-2 {mode}");
    let expected = [
        (Kind::Failovers, place("live"), 2.0),
        (Kind::Rto, place("live"), 20.0),
        (Kind::Rpo, place("live"), 20.0 / 60.0),
        (Kind::Failovers, place("drill"), 1.0),
        (Kind::Rto, place("drill"), 6.0),
        (Kind::Rpo, place("drill"), 0.1),
    ];
    assert_eq!(told(Some(&record)), expected);
    // A last run of which it was not measured is not filled in by the one before.
    record.add(run("f", Mode::Live, true, None));
    let live: Vec<_> = told(Some(&record)).into_iter().filter(|(_, of, _)| of.ends_with("live")).collect();
    assert_eq!(live, [(Kind::Failovers, place("live"), 3.0)]);
    // The same run again takes its own place.
    record.add(run("f", Mode::Live, true, Some(9)));
    assert_eq!(told(Some(&record))[1], (Kind::Rto, place("live"), 9.0));
    assert_eq!(told(Some(&record))[0], (Kind::Failovers, place("live"), 3.0));
}

#[test]
fn where_runs_were_looked_for_and_none_was_found_there_were_none() {
    let (service, board, recent, record) = (service(), Board::default(), Recent::default(), Record::default());
    let all = collect(Sources { service: &service, board: &board, recent: &recent, record: Some(&record) }, at(0));
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|metric| metric.kind == Kind::Failovers && metric.value == 0.0));
}

#[test]
fn the_names_are_those_of_the_published_set() {
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let published = [
        "HealthCheck/Success",
        "ReplicationLag/Milliseconds",
        "ResponseTime/Milliseconds",
        "Availability/Percentage",
        "Failover/Count",
        "RTO/Minutes",
        "RPO/Minutes",
    ];
    assert_eq!(names, published);
}
