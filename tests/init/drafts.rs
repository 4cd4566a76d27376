//! Drafts from states as the four systems' Terraform would leave them.

use std::time::Duration;

use handover::domain::service::{LagUnit, RecordType, Service, Spec};
use serde_json::json;

use super::{SERVICES, asked, attributes, draft_json, drafted, json, loaded};

fn spec<'s>(service: &'s Service, id: &str) -> &'s Spec {
    &service.component(id).unwrap_or_else(|| panic!("there is no {id}")).spec
}

/// A text without the marks of comments and the breaks of lines.
fn flat(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "#").collect::<Vec<_>>().join(" ")
}

#[test]
fn every_draft_loads_without_a_diagnostic() {
    for files in SERVICES {
        let draft = drafted(files);
        let service = loaded(&draft);
        let ids: Vec<_> = service.components.iter().map(|component| component.id.clone()).collect();
        let told: Vec<_> = draft.components.iter().map(|(id, ..)| id.clone()).collect();
        assert_eq!(ids, told);
    }
}

#[test]
fn an_instance_its_replica_and_all_around_them_are_found() {
    let service = loaded(&drafted(&["regami.tfstate"]));
    assert_eq!((service.name.as_str(), service.environment.as_str()), ("regami", "production"));
    assert_eq!((service.regions.primary.as_str(), service.regions.standby.as_str()), ("us-east-1", "us-west-2"));
    assert_eq!(service.aws.account.as_deref(), Some("123456789012"));
    // The alarm on the lag has its threshold in seconds.
    assert_eq!(service.lag.warn, Duration::from_mins(5));
    let Spec::RdsReplica(database) = spec(&service, "database") else { panic!() };
    assert_eq!(
        (database.instance.primary.as_str(), database.instance.standby.as_str()),
        ("regami-db", "regami-db-replica")
    );
    let rebuild = database.rebuild.as_ref().unwrap();
    assert_eq!(
        (rebuild.primary.subnet_group.as_str(), rebuild.standby.subnet_group.as_str()),
        ("regami-db", "regami-db-secondary")
    );
    assert!(rebuild.standby.kms_key.starts_with("arn:aws:kms:us-west-2:"));
    assert_eq!(rebuild.primary.security_groups, ["sg-01111222233334444"]);
    let Spec::Route53Failover(traffic) = spec(&service, "traffic") else { panic!() };
    assert_eq!((traffic.zone.as_str(), traffic.record.as_str()), ("Z1234567890ABC", "api.regami.com"));
    let zones = traffic.alias_zone.as_ref().unwrap();
    assert_eq!((zones.primary.as_str(), zones.standby.as_str()), ("Z35SXDOTRQ7X7K", "Z1H1FL5HABSF5"));
    assert!(traffic.target.standby.starts_with("regami-alb-secondary-"));
    // Only the PRIMARY record has one: the other check exists, and is not the record's.
    assert_eq!(traffic.health_check.primary.as_deref(), Some("0b5a1c52-1d4e-4b8a-9c55-0e2f6b3d7a01"));
    assert_eq!(traffic.health_check.standby, None);
    let Spec::Endpoint(endpoint) = spec(&service, "endpoint") else { panic!() };
    assert!(
        endpoint.urls.primary.ends_with(".us-east-1.elb.amazonaws.com/health?check=db"),
        "{}",
        endpoint.urls.primary
    );
    assert!(endpoint.urls.standby.ends_with(".us-west-2.elb.amazonaws.com/health"), "{}", endpoint.urls.standby);
    let Spec::CloudWatch(metrics) = spec(&service, "metrics") else { panic!() };
    let lag = metrics.lag.as_ref().unwrap();
    assert_eq!(
        (lag.metric.as_str(), lag.unit, lag.dimension.1.as_str()),
        ("ReplicaLag", LagUnit::Seconds, "regami-db-replica")
    );
    assert_eq!(metrics.alarms.standby, ["regami-high-replication-lag"]);
}

#[test]
fn a_state_for_each_region_gives_one_service_in_whichever_order() {
    let files = SERVICES[1];
    let service = loaded(&drafted(files));
    assert_eq!(loaded(&drafted(&[files[1], files[0]])), service);
    // The same twice is the same.
    assert_eq!(loaded(&drafted(&[files[0], files[1], files[0]])), service);
    let Spec::Route53Failover(traffic) = spec(&service, "traffic") else { panic!() };
    assert_eq!(
        (traffic.record_type, traffic.target.primary.as_str()),
        (RecordType::Cname, "api-us-east-1.fineract.com")
    );
    assert_eq!(traffic.health_check.standby.as_deref(), Some("a81c3e90-77b2-4f6d-8e1b-3c9d5f2a6b02"));
    let Spec::SecretReplica(secret) = spec(&service, "secrets") else { panic!() };
    assert_eq!(secret.secret, "/fineract/production/sealed-secrets/master-key");
    let Spec::Endpoint(endpoint) = spec(&service, "endpoint") else { panic!() };
    assert_eq!(endpoint.urls.standby, "https://api-us-west-2.fineract.com/health");
}

#[test]
fn a_global_cluster_gives_its_members_and_the_series_of_its_lag() {
    let draft = drafted(&["payments.tfstate"]);
    let service = loaded(&draft);
    // This threshold is in milliseconds.
    assert_eq!(service.lag.warn, Duration::from_secs(5));
    let Spec::CloudWatch(metrics) = spec(&service, "metrics") else { panic!() };
    let lag = metrics.lag.as_ref().unwrap();
    assert_eq!((lag.unit, lag.dimension.1.as_str()), (LagUnit::Milliseconds, "secondary-aurora-cluster-prod"));
    assert_eq!(lag.back.as_deref(), Some("primary-aurora-cluster-prod"));
    let Spec::AuroraGlobal(database) = spec(&service, "database") else { panic!() };
    assert_eq!(database.global, "aurora-global-prod");
    assert_eq!(database.cluster.primary, "primary-aurora-cluster-prod");
    assert_eq!(database.cluster.standby, "secondary-aurora-cluster-prod");
    // A public resolver sees nothing of a private zone.
    let Spec::Route53Failover(traffic) = spec(&service, "traffic") else { panic!() };
    assert!(traffic.resolvers.is_empty());
}

#[test]
fn the_other_kinds_are_found_with_their_settings() {
    let draft = drafted(&["claims.show.json"]);
    let service = loaded(&draft);
    let Spec::Ecs(compute) = spec(&service, "compute") else { panic!() };
    assert_eq!((compute.count.primary, compute.count.standby, compute.rest), (2, 2, 2));
    let ids: Vec<_> = service.components.iter().map(|component| component.id.as_str()).collect();
    let all = ["endpoint", "database", "traffic", "compute", "secrets", "storage", "cache", "cdn", "parameters"];
    assert_eq!(ids, [all.as_slice(), &["functions", "functions-2", "metrics"]].concat());
    for line in [
        "global = \"sgaui-claims\"",
        "primary = { group = \"claims-primary\" }",
        "standby = { group = \"claims-standby\" }",
        "primary = { bucket = \"claims-documents-eu-central-1\" }",
        "role = \"arn:aws:iam::123456789012:role/claims-crr\"",
        "rtc = true",
        "delete_markers = true",
        "distribution = \"E1U5RQF7T870K0\"",
        "origin = { primary = \"primary-alb\", standby = \"standby-alb\" }",
        "name = \"/claims/active-region\"",
        "value = { primary = \"eu-central-1\", standby = \"eu-west-1\" }",
        "standby = { function = \"claims-worker-eu-west-1\" }",
    ] {
        assert!(draft.text.contains(&format!("\n{line}\n")), "{line} is not in\n{}", draft.text);
    }
}

#[test]
fn what_is_commented_out_is_toml_when_its_marks_are_taken_off() {
    let mut seen = 0;
    for files in SERVICES {
        for block in drafted(files).text.split("\n\n").filter(|block| block.contains("# [components.")) {
            let from = block.find("# [components.").unwrap();
            let bare: String =
                block[from..].lines().map(|line| line.strip_prefix("# ").unwrap_or("").to_owned() + "\n").collect();
            let table: Result<toml::Table, _> = bare.parse();
            assert!(table.is_ok(), "{bare}\n{table:?}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn whatever_is_left_is_told_and_stands_in_the_file_too() {
    for files in SERVICES {
        let draft = drafted(files);
        let text = flat(&draft.text);
        assert!(!draft.left.is_empty());
        for line in &draft.left {
            let note = line.split_once(": ").unwrap().1;
            assert!(text.contains(&flat(note)), "{note} is not in\n{}", draft.text);
        }
        let notes = text.matches("not found in the state: ").count() + text.matches("not sure: ").count();
        let told = draft.left.iter().filter(|line| line.contains(": not found") || line.contains(": not sure")).count();
        assert_eq!(notes, told);
    }
}

#[test]
fn a_standby_that_runs_nothing_does_not_say_what_it_would_need() {
    let draft = drafted(&["regami.tfstate"]);
    assert!(loaded(&draft).component("compute").is_none());
    assert!(draft.text.contains("\n# [components.compute]\n"), "{}", draft.text);
    assert!(draft.left.iter().any(|line| line.contains("how many tasks us-west-2 runs")), "{:?}", draft.left);
    let mut state = json("regami.tfstate");
    attributes(&mut state, "aws_ecs_service", "secondary")["desired_count"] = json!(2);
    let service = loaded(&draft_json(&state, &asked("", "")).unwrap());
    let Spec::Ecs(compute) = spec(&service, "compute") else { panic!() };
    assert_eq!((compute.service.standby.as_str(), compute.count.standby), ("regami-service-secondary", 2));
}

#[test]
fn two_instances_of_which_none_is_a_replica_are_no_pair() {
    let mut state = json("regami.tfstate");
    attributes(&mut state, "aws_db_instance", "replica")["replicate_source_db"] = json!("");
    // Still the PRIMARY record says which Region is the primary.
    let draft = draft_json(&state, &asked("", "")).unwrap();
    let service = loaded(&draft);
    assert!(service.component("database").is_none());
    assert!(
        draft.text.contains("# not sure: an instance in each Region, and neither replicates from the other"),
        "{}",
        draft.text
    );
    let Spec::CloudWatch(metrics) = spec(&service, "metrics") else { panic!() };
    assert!(metrics.lag.is_none());
}

#[test]
fn a_replica_within_its_region_is_no_standby() {
    let mut state = json("regami.tfstate");
    without_region(&mut state);
    let draft = draft_json(&state, &asked("us-east-1", "us-west-2")).unwrap();
    assert!(loaded(&draft).component("database").is_none());
    assert!(
        draft.left.iter().any(|line| line.contains("a replica in the other Region of aws_db_instance.main")),
        "{:?}",
        draft.left
    );
}

/// Puts the replica beside its source, as `replicate_source_db` of a Region's own replicas is: a bare name.
fn without_region(state: &mut serde_json::Value) {
    let replica = attributes(state, "aws_db_instance", "replica");
    replica["replicate_source_db"] = json!("regami-db");
    replica["arn"] = json!("arn:aws:rds:us-east-1:123456789012:db:regami-db-replica");
    replica["availability_zone"] = json!("us-east-1b");
}

#[test]
fn what_waits_to_be_destroyed_is_no_part_of_it() {
    let draft = drafted(&["regami.tfstate"]);
    assert!(!draft.text.contains("regami-db-old"));
}

#[test]
fn an_alarm_on_a_resource_id_is_told() {
    let mut state = json("regami.tfstate");
    let id = attributes(&mut state, "aws_db_instance", "replica")["id"].clone();
    attributes(&mut state, "aws_cloudwatch_metric_alarm", "replication_lag")["dimensions"] =
        json!({ "DBInstanceIdentifier": id });
    let draft = draft_json(&state, &asked("", "")).unwrap();
    assert!(
        draft.left.iter().any(|line| line.contains("not its name regami-db-replica: it has no data")),
        "{:?}",
        draft.left
    );
    assert!(draft.left.iter().any(|line| line.starts_with("lag.warn: not found")), "{:?}", draft.left);
}

#[test]
fn more_of_a_kind_than_a_file_should_hold_are_counted() {
    let mut state = json("fineract-us-east-1.tfstate");
    let secret = state["resources"].as_array().unwrap().iter().find(|one| one["type"] == "aws_secretsmanager_secret");
    let secret = secret.unwrap().clone();
    for number in 0..30 {
        let mut one = secret.clone();
        one["name"] = json!(format!("s{number}"));
        one["instances"][0]["attributes"]["name"] = json!(format!("/s/{number}"));
        one["instances"][0]["attributes"]["arn"] =
            json!(format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:/s/{number}-AbC1dE"));
        state["resources"].as_array_mut().unwrap().push(one);
    }
    let draft = draft_json(&state, &asked("", "")).unwrap();
    let secrets = loaded(&draft).components.iter().filter(|one| matches!(one.spec, Spec::SecretReplica(_))).count();
    assert_eq!(secrets, 12);
    assert!(draft.left.iter().any(|line| line.contains("19 more secrets were found")), "{:?}", draft.left);
}
