//! Requests that no SDK would send get an answer too, and leave the world as it was.

use handover::sim::scenario;
use handover::sim::wire::{Called, answer};
use handover::sim::world::World;
use proptest::prelude::*;

use crate::support::{ZONE, fineract};

fn request(service: &str, method: &str, path: &str, target: &str, body: Vec<u8>) -> http::Request<Vec<u8>> {
    http::Request::builder()
        .method(method)
        .uri(path)
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential=A/20260303/us-west-2/{service}/aws4_request, S=x"),
        )
        .header("x-amz-target", target)
        .body(body)
        .unwrap()
}

fn answers(service: &str, method: &str, path: &str, target: &str, body: Vec<u8>) -> u16 {
    let epoch = "2026-03-03T14:00:00Z".parse().unwrap();
    let mut world = World::new(fineract(), scenario::load("calm").unwrap(), 1, epoch);
    let request = request(service, method, path, target, body);
    let called = Called::of(&request).unwrap();
    let status = answer(&mut world, &called, &request, "id").status().as_u16();
    assert!(status < 500, "{status}");
    assert!(world.mutations().is_empty());
    status
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in any::<Vec<u8>>(), text in "\\PC{0,200}", op in 0usize..3) {
        let operations = ["DescribeDBInstances", "PromoteReadReplica", "Other"];
        let form = format!("Action={}&DBInstanceIdentifier={text}&{text}", operations[op]);
        answers("rds", "POST", "/", "x", form.into_bytes());
        answers("rds", "POST", "/", "x", body.clone());
        for target in ["DescribeSecret", "PutSecretValue", "StopReplicationToReplica"] {
            answers("secretsmanager", "POST", "/", &format!("secretsmanager.{target}"), body.clone());
            let json = serde_json::json!({ "SecretId": text }).to_string().into_bytes();
            answers("secretsmanager", "POST", "/", &format!("secretsmanager.{target}"), json);
        }
        for operation in ["GetMetricData", "DescribeAlarms", "Other"] {
            let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
            answers("monitoring", "POST", &path, "x", body.clone());
        }
        let zone = format!("/2013-04-01/hostedzone/{ZONE}/rrset");
        for path in [zone.as_str(), "/2013-04-01/healthcheck/x", "/2013-04-01/change/%2", "/", "/2013-04-01"] {
            answers("route53", "POST", path, "x", body.clone());
            answers("route53", "GET", path, "x", vec![]);
            let xml = format!("<R><Change><Action>UPSERT</Action><ResourceRecordSet><Name>{text}</Name></ResourceRecordSet></Change></R>");
            answers("route53", "POST", path, "x", xml.into_bytes());
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    assert_eq!(answers("monitoring", "POST", path, "x", vec![0x81; 100_000]), 400);
    let xml = "<a>".repeat(100_000);
    answers("route53", "POST", &format!("/2013-04-01/hostedzone/{ZONE}/rrset"), "x", xml.into_bytes());
}

#[test]
fn an_unsigned_request_is_refused() {
    assert!(Called::of(&http::Request::new(vec![])).is_none());
}

/// The console looks for ever: a look must cost microseconds, whatever time has gone by.
#[test]
fn a_look_after_a_year_costs_what_a_look_after_a_minute_costs() {
    let epoch = "2026-03-03T14:00:00Z".parse().unwrap();
    let mut world = World::new(fineract(), scenario::load("region-outage").unwrap(), 1, epoch);
    let cost = |world: &mut World, at: i64| {
        world.advance(at);
        let request = request("rds", "POST", "/", "x", b"Action=DescribeDBInstances".to_vec());
        let called = Called::of(&request).unwrap();
        let began = std::time::Instant::now();
        for _ in 0..500 {
            answer(world, &called, &request, "id");
            world.resolved("1.1.1.1:53", crate::support::RECORD, "CNAME", at);
            world.truth(at);
        }
        began.elapsed() / 500
    };
    let (soon, late) = (cost(&mut world, 60_000), cost(&mut world, 31_536_000_000));
    assert!(late < soon * 5 + std::time::Duration::from_millis(1), "{soon:?} and then {late:?}");
    assert!(late < std::time::Duration::from_millis(5), "{late:?}");
    eprintln!("a look: {soon:?}, after a year: {late:?}");
}
