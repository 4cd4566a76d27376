//! The procedures of the five reference documents, as they stand, carried out by the real AWS command line, boto3 and
//! kubectl against `handover sim`; and what comes of their mistakes. The simulated Regions are not kinder than AWS.
//!
//! `tests/peers/seeds/` has a driver for each document. `docs/simulated-calls.md` has every call of theirs; each test here
//! proves its rows of it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "seeds/clusters.rs"]
mod clusters;
mod common;
#[path = "seeds/sim.rs"]
mod sim;
#[path = "seeds/table.rs"]
mod table;

use serde_json::{Value, json};
use sim::Sim;

/// A number that a driver found.
fn number(of: &Value) -> i64 {
    of.as_i64().unwrap_or_else(|| panic!("{of} is no number"))
}

/// Whether each home Region's database takes writes.
fn writers(truth: &Value) -> (bool, bool) {
    let of = |role: &str| truth["takes_writes"][role].as_bool().unwrap();
    (of("primary"), of("standby"))
}

fn rows(truth: &Value) -> (i64, i64) {
    (number(&truth["rows"]["primary"]), number(&truth["rows"]["standby"]))
}

/// 000, and so 001: `rds wait db-instance-available` straight after the promotion's call.
#[test]
fn a_wait_for_available_ends_before_the_promotion_begins() {
    let Some(sim) = Sim::start("fineract", "region-outage", "2") else { return };
    let found = sim.drive("fineract", "promote");
    assert_eq!(found["waited"][0], 0, "the wait is content");
    assert!(found["waited"][1].as_f64().unwrap() < 5.0, "{}", found["waited"]);
    assert_eq!(found["replica"], json!(["available", true]), "and it is a replica still");
    assert_eq!((writers(&found["after"]), &found["after"]["promoted"]), ((true, false), &json!(false)));
    assert_eq!(found["restore"], "timeout", "the keys are fetched from the Region that is gone");
    assert_eq!(found["restore in DR"], json!(["AWSCURRENT"]));
    table::carried(&sim, "a_wait_for_available_ends_before_the_promotion_begins");
}

/// 000: the workflow moves DNS while the target is a replica, and nobody fences the old primary.
#[test]
fn dns_before_the_promotion_leads_to_503_and_without_a_fence_both_take_writes() {
    let Some(sim) = Sim::start("fineract", "old-primary-returns", "60") else { return };
    let found = sim.drive("fineract", "dns-first");
    // No pod runs there yet, either.
    assert_eq!((&found["moved"]["answers"]["standby"], &found["public"]), (&json!("empty"), &json!(503)));
    assert!(!writers(&found["moved"]).1, "{}", found["moved"]);
    assert_eq!((writers(&found["back"]), writers(&found["later"])), ((true, true), (true, true)), "split brain");
    let lost = |when: &str| number(&found[when]["rows_lost"]);
    assert!(lost("back") > 0, "what was not replicated");
    // Three rows a second from clients that kept the old address.
    assert!(lost("later") - lost("back") >= 150, "{} then {}", lost("back"), lost("later"));
    assert!(rows(&found["later"]).0 > rows(&found["back"]).0, "the old primary's own rows");
    table::carried(&sim, "dns_before_the_promotion_leads_to_503_and_without_a_fence_both_take_writes");
}

/// 000: the backup that writes to both Regions, and the test that compares them at once.
#[test]
fn a_replicated_secret_is_written_in_one_region_and_differs_for_a_while() {
    let Some(sim) = Sim::start("fineract", "calm", "5") else { return };
    let found = sim.drive("fineract", "secrets");
    assert_eq!(found["put"], json!(["accepted", "InvalidRequestException"]));
    assert_eq!(found["at once"], json!(["{\"keys\": \"new\"}", found["first"]]), "existence is not equality");
    assert_eq!(found["later"], json!(["{\"keys\": \"new\"}\n", "{\"keys\": \"new\"}\n"]));
    assert_eq!(found["before"], found["first"]);
    assert_eq!(found["no such version"], "ResourceNotFoundException");
    assert_eq!(found["no such secret"], "ResourceNotFoundException");
    table::carried(&sim, "a_replicated_secret_is_written_in_one_region_and_differs_for_a_while");
}

/// 001: the planned failover does not stop the writes, nor wait for a task.
#[test]
fn a_planned_failover_without_quiescing_loses_rows() {
    let Some(sim) = Sim::start("regami", "calm", "20") else { return };
    let found = sim.drive("regami", "planned");
    assert_eq!(found["fleet"], json!([2, 0]), "two are wanted, none runs");
    assert_eq!((&found["asked"], &found["last"]), (&json!(503), &json!(2)));
    // Twenty rows a second, from the moment replication was cut until resolvers had the new record.
    assert!(number(&found["moved"]["rows_lost"]) >= 50, "{}", found["moved"]);
    assert_eq!(writers(&found["moved"]), (true, true), "and the old one takes writes still");
    table::carried(&sim, "a_planned_failover_without_quiescing_loses_rows");
}

/// 001: the quarterly drill promotes the replica that production relies on.
#[test]
fn a_drill_that_promotes_the_real_replica_leaves_no_standby() {
    let Some(sim) = Sim::start("regami", "calm", "60") else { return };
    let found = sim.drive("regami", "drill");
    assert_eq!((&found["before"][0]["follows"]["standby"], &found["before"][1]), (&json!(true), &json!(200)));
    for when in ["ready", "later"] {
        let follows = &found[when]["follows"];
        assert_eq!(follows, &json!({ "primary": false, "standby": false }), "{when}: nothing is replicated any more");
        assert_eq!(found[when]["traffic"], "primary");
    }
    assert_eq!((&found["replicas"], &found["again"]), (&json!([]), &json!("InvalidDBInstanceState")));
    assert_eq!(found["secondary"], 200, "the drill calls that a success");
    let grown = number(&found["later"]["rows_lost"]) - number(&found["ready"]["rows_lost"]);
    assert!(grown >= 1_000, "{grown} rows of a minute are in one Region alone");
    table::carried(&sim, "a_drill_that_promotes_the_real_replica_leaves_no_standby");
}

/// 001: the failback's replica is named without its ARN and its key; its script goes on all the same.
#[test]
fn a_failback_by_bare_names_serves_the_data_of_hours_ago() {
    let Some(sim) = Sim::start("regami", "failed-over", "100") else { return };
    let found = sim.drive("regami", "failback");
    assert_eq!(found["health"], 200, "the old primary looks well");
    assert_eq!((&found["bare"], &found["promoted"]), (&json!("DBInstanceNotFound"), &json!("DBInstanceNotFound")));
    assert_ne!(found["waited"], 0);
    let (primary, standby) = rows(&found["moved"]);
    assert!(standby - primary > 100_000, "{standby} rows at the standby, {primary} are served now");
    let grown = number(&found["later"]["rows_lost"]) - number(&found["moved"]["rows_lost"]);
    assert!(grown >= 1_000, "{grown}: new rows go into the old data");
    assert_eq!(found["without a key"], "InvalidParameterCombination");
    assert_eq!(found["with a key"], "accepted");
    table::carried(&sim, "a_failback_by_bare_names_serves_the_data_of_hours_ago");
}

/// 000 and 001: the failback promotes while the standby takes writes.
#[test]
fn a_failback_while_the_standby_takes_writes_loses_them() {
    let Some(sim) = Sim::start("regami", "failed-over", "200") else { return };
    let found = sim.drive("regami", "failback-live");
    assert_eq!(found["caught up"]["follows"]["primary"], true, "available: it has started to replicate");
    assert_eq!(writers(&found["promoted"]), (true, true));
    let lost = |when: &str| number(&found[when]["rows_lost"]);
    assert!(lost("promoted") >= 500, "{}: what the standby took while the promotion ran", lost("promoted"));
    assert!(lost("later") - lost("promoted") >= 1_000, "and goes on taking");
    table::carried(&sim, "a_failback_while_the_standby_takes_writes_loses_them");
}

/// 001: snapshots, and what comes of them: instances beside the service's, whose data stays what it is.
#[test]
fn what_is_restored_stands_beside_the_damage() {
    let Some(sim) = Sim::start("regami", "corruption", "200") else { return };
    let found = sim.drive("regami", "backups");
    assert_eq!(found["copied"], json!(["InvalidParameterCombination", "accepted"]), "without a key of that Region");
    assert_eq!((&found["names"], &found["hosts"]), (&json!(["regami-db-replica", "regami-db-restored"]), &json!(2)));
    assert_eq!(found["truth"]["damaged"], json!({ "primary": true, "standby": true }), "replicated long ago");
    table::carried(&sim, "what_is_restored_stands_beside_the_damage");
}

/// 001: a failover by health checks, to a standby without tasks, and then to one that cannot write.
#[test]
fn a_failover_by_health_checks_leads_to_an_empty_or_a_read_only_standby() {
    let Some(sim) = Sim::start("regami", "region-outage", "60") else { return };
    let found = sim.drive("regami", "automatic");
    assert_eq!(found["before"][1], Value::Null, "nothing answers");
    assert_eq!(
        (&found["empty"]["traffic"], &found["empty"]["answers"]["standby"]),
        (&json!("primary"), &json!("empty"))
    );
    assert_eq!(found["moved"]["answers"]["standby"], "read-only");
    assert_eq!((&found["public"], writers(&found["moved"]).1), (&json!(503), false));
    table::carried(&sim, "a_failover_by_health_checks_leads_to_an_empty_or_a_read_only_standby");
}

/// 002 and 003: `update-health-check --disabled`.
#[test]
fn a_disabled_check_pins_the_traffic_to_the_dead_primary() {
    let Some(sim) = Sim::start_with("provability.toml", "region-outage", "60") else { return };
    let found = sim.drive("provability", "manual");
    assert_eq!(
        found["itself"]["answers"]["standby"], "ok",
        "the check alone had moved the traffic to where it is served"
    );
    let [disabled, inverted, enabled] = ["disabled", "inverted", "enabled"].map(|what| &found[what]);
    assert_eq!((&disabled[0], &disabled[1]["traffic"]), (&json!([true, false]), &json!("primary")));
    assert_eq!((&disabled[1]["answers"]["primary"], &disabled[2]), (&json!("hang"), &Value::Null));
    assert_eq!(
        (&inverted[0], &inverted[1]["traffic"], &inverted[2]),
        (&json!([true, true]), &json!("standby"), &json!(200))
    );
    assert_eq!((&enabled[0], &enabled[1]["traffic"]), (&json!([false, true]), &json!("primary")));
    table::carried(&sim, "a_disabled_check_pins_the_traffic_to_the_dead_primary");
}

/// 001 and 002: the primary turns healthy, and has the traffic again.
#[test]
fn a_primary_that_comes_back_takes_the_traffic_with_stale_data() {
    let Some(sim) = Sim::start_with("provability.toml", "old-primary-returns", "60") else { return };
    let found = sim.drive("provability", "comes-back");
    let (primary, standby) = rows(&found["taken back"]);
    assert!(standby - primary > 100, "{standby} rows at the standby, {primary} are served");
    assert_eq!((writers(&found["taken back"]), &found["public"]), ((true, true), &json!(200)), "and nobody is told");
    let grown = number(&found["later"]["rows_lost"]) - number(&found["taken back"]["rows_lost"]);
    assert!(grown >= 1_000, "{grown}");
    assert_eq!(found["listed"], json!([0, ["PRE", "documents/"]]), "a list says that something is there");
    table::carried(&sim, "a_primary_that_comes_back_takes_the_traffic_with_stale_data");
}

/// 003: the manual failover, in the Region that is gone, by a bare name, and without a word on the loss.
#[test]
fn a_global_failover_hangs_or_is_refused_as_it_is_written() {
    let Some(sim) = Sim::start_with("aurora.toml", "region-outage", "60") else { return };
    let found = sim.drive("aurora", "outage");
    for what in ["role", "verify", "as it stands", "monitor"] {
        assert_eq!(found[what], "timeout", "{what}");
    }
    assert_eq!(found["stranger"], "AccessDenied");
    for what in ["elsewhere", "by its ARN", "automation"] {
        assert_eq!(found[what], "InvalidGlobalClusterStateFault", "{what}: without the loss it is a switchover");
    }
    assert_eq!(found["nothing yet"]["rows_lost"], Value::Null, "nothing was begun");
    assert_eq!((&found["right"], &found["writers"]), (&json!("accepted"), &json!([true])));
    assert!(writers(&found["done"]).1 && number(&found["done"]["rows_lost"]) > 0, "{}", found["done"]);
    assert_eq!(found["checkers"], "InvalidInput", "a calculated check has no checkers");
    let itself = (&found["by itself"]["traffic"], &found["by itself"]["answers"]["standby"]);
    assert_eq!(itself, (&json!("primary"), &json!("ok")), "without children both sides are unhealthy for ever");
    assert_eq!(found["disabled"], true);
    assert_eq!(
        found["served"],
        json!(["primary", 200]),
        "the standby serves, and the traffic goes to the dead primary"
    );
    table::carried(&sim, "a_global_failover_hangs_or_is_refused_as_it_is_written");
}

/// 003: its checks after deployment and its monitor's calls.
#[test]
fn a_monitor_writes_a_metric_of_its_own_and_a_bare_name_is_looked_for_in_one_region() {
    let Some(sim) = Sim::start_with("aurora.toml", "calm", "60") else { return };
    let found = sim.drive("aurora", "calm");
    assert_eq!(found["checkers"], json!(["Failure"]), "no checker reaches a private address");
    assert_eq!(found["calculated"], "InvalidInput");
    assert_eq!((&found["invoked"], &found["writer"]), (&json!([200, true]), &json!([true, false])));
    assert_eq!(found["bare"], "DBClusterNotFoundFault");
    assert_eq!(found["own metric"], json!([[7.0], [], []]), "with its dimension, without, and in the other Region");
    assert_eq!(
        (&found["a metric of AWS"], &found["no value"]),
        (&json!("InvalidParameterValue"), &json!("ValidationError"))
    );
    assert_eq!(found["sns"], "UnknownOperationException", "what is not simulated is refused");
    table::carried(&sim, "a_monitor_writes_a_metric_of_its_own_and_a_bare_name_is_looked_for_in_one_region");
}

/// 004: the troubleshooting guide's look at the lag.
#[test]
fn a_lag_of_a_wrong_name_region_or_unit_or_without_its_dimension_is_nothing() {
    let Some(sim) = Sim::start_with("matbakh.toml", "calm", "60") else { return };
    let found = sim.drive("matbakh", "looks");
    let nothing =
        ["as it stands", "with the dimension", "without the dimension", "in the primary's Region", "in seconds"];
    for what in nothing {
        assert_eq!(found[what], json!([]), "{what}");
    }
    let lags = found["right"].as_array().unwrap();
    assert!(lags.iter().all(|lag| (500.0..3_000.0).contains(&lag.as_f64().unwrap())) && lags.len() >= 3, "{lags:?}");
    assert_eq!((&found["global"], &found["cache"]), (&json!("available"), &json!("available")));
    assert_eq!(
        (&found["check"], &found["bucket"], &found["secret"]),
        (&json!("HTTPS"), &json!("eu-west-1"), &json!(1))
    );
    assert_ne!(found["logs"], "accepted", "what is not simulated is refused");
    table::carried(&sim, "a_lag_of_a_wrong_name_region_or_unit_or_without_its_dimension_is_nothing");
}

/// 004: the orchestrator's steps: database, DNS, CloudFront, parameter, cache.
#[test]
fn an_orchestration_meets_what_each_service_demands() {
    let Some(sim) = Sim::start_with("matbakh.toml", "calm", "40") else { return };
    let found = sim.drive("matbakh", "orchestrated");
    assert_eq!(found["without the loss"], "InvalidGlobalClusterStateFault", "a switchover is asked elsewhere");
    assert_eq!(
        found["cdn"],
        json!(["InvalidIfMatchVersion", "PreconditionFailed", "InProgress", "PreconditionFailed"])
    );
    assert_eq!(
        found["ssm"],
        json!(["ParameterAlreadyExists", "accepted", "eu-central-1", "eu-west-1"]),
        "each Region has a parameter of its own"
    );
    let modifying = json!({ "primary": true, "standby": false });
    let busy = "InvalidGlobalReplicationGroupState";
    assert_eq!(found["cache"], json!(["InvalidParameterValue", "modifying", modifying, busy]));
    assert_eq!(found["caches"], json!({ "primary": false, "standby": true }));
    assert!(number(&found["switch"]) >= 60_000, "{} ms", found["switch"]);
    assert!(number(&found["done"]["rows_lost"]) >= 20, "a failover on an ordinary day loses: {}", found["done"]);
    table::carried(&sim, "an_orchestration_meets_what_each_service_demands");
}
