//! Which Regions, and which of them is the primary: what the states say, else what was asked for, else an error.

use serde_json::{Value, json};

use super::{asked, attributes, draft_json, draft_of, json, loaded, without};

const ALONE: [&str; 2] = ["aws_db_instance", "aws_route53_record"];

fn refusal(state: &Value, primary: &str, standby: &str) -> String {
    draft_json(state, &asked(primary, standby)).unwrap_err().to_string()
}

fn sides(state: &Value, primary: &str, standby: &str) -> (String, String) {
    let service = loaded(&draft_json(state, &asked(primary, standby)).unwrap());
    (service.regions.primary.to_string(), service.regions.standby.to_string())
}

fn pair(primary: &str, standby: &str) -> (String, String) {
    (primary.to_owned(), standby.to_owned())
}

#[test]
fn without_a_database_the_primary_record_tells() {
    let mut state = json("regami.tfstate");
    without(&mut state, &["aws_db_instance"]);
    assert_eq!(sides(&state, "", ""), pair("us-east-1", "us-west-2"));
}

#[test]
fn without_either_it_has_to_be_said() {
    let mut state = json("regami.tfstate");
    without(&mut state, &ALONE);
    let why = refusal(&state, "", "");
    assert!(why.contains("us-east-1, us-west-2") && why.contains("--primary REGION"), "{why}");
    assert_eq!(sides(&state, "us-west-2", ""), pair("us-west-2", "us-east-1"));
}

#[test]
fn states_that_disagree_are_not_decided_by_the_program() {
    let mut state = json("regami.tfstate");
    for (name, role) in [("primary", "SECONDARY"), ("secondary", "PRIMARY")] {
        attributes(&mut state, "aws_route53_record", name)["failover_routing_policy"] = json!([{ "type": role }]);
    }
    let why = refusal(&state, "", "");
    assert!(
        why.contains("do not agree") && why.contains("aws_db_instance.replica") && why.contains("aws_route53_record"),
        "{why}"
    );
    let draft = draft_json(&state, &asked("us-east-1", "")).unwrap();
    loaded(&draft);
    let against = draft.left.iter().any(|line| line.starts_with("service.primary: check: the PRIMARY record"));
    assert!(against, "{:?}", draft.left);
}

#[test]
fn what_was_said_goes_before_what_was_found() {
    let state = json("regami.tfstate");
    let draft = draft_json(&state, &asked("us-west-2", "")).unwrap();
    let service = loaded(&draft);
    assert_eq!(service.regions.primary.as_str(), "us-west-2");
    assert!(
        draft.left.iter().any(|line| line.contains("it replicates from the standby, us-east-1")),
        "{:?}",
        draft.left
    );
}

#[test]
fn of_three_regions_the_standby_has_to_be_said() {
    let mut state = json("regami.tfstate");
    let resources = state["resources"].as_array_mut().unwrap();
    let mut third =
        resources.iter().find(|one| one["type"] == "aws_db_instance" && one["name"] == "replica").unwrap().clone();
    third["name"] = json!("third");
    let attributes = &mut third["instances"][0]["attributes"];
    attributes["arn"] = json!("arn:aws:rds:eu-west-1:123456789012:db:regami-db-third");
    attributes["identifier"] = json!("regami-db-third");
    attributes["availability_zone"] = json!("eu-west-1a");
    resources.push(third);
    let why = refusal(&state, "", "");
    assert!(why.contains("eu-west-1, us-west-2") && why.contains("--standby REGION"), "{why}");
    let draft = draft_json(&state, &asked("", "us-west-2")).unwrap();
    assert_eq!(loaded(&draft).regions.standby.as_str(), "us-west-2");
    assert!(draft.left.iter().any(|line| line.contains("aws_db_instance.third (eu-west-1)")), "{:?}", draft.left);
}

#[test]
fn one_region_alone_is_no_pair() {
    let mut state = json("regami.tfstate");
    let east = |one: &Value| !one["provider"].as_str().unwrap().ends_with(".secondary");
    state["resources"].as_array_mut().unwrap().retain(east);
    without(&mut state, &["aws_route53_record", "aws_s3_bucket_replication_configuration"]);
    let why = refusal(&state, "us-east-1", "");
    assert!(why.contains("everything found is in us-east-1") && why.contains("--standby"), "{why}");
    let why = refusal(&state, "us-east-1", "us-east-1");
    assert!(why.contains("cannot be both"), "{why}");
}

#[test]
fn a_region_comes_from_others_of_the_same_provider_where_a_resource_does_not_tell_it() {
    let mut state = json("regami.tfstate");
    for name in ["uploads", "uploads_replica"] {
        attributes(&mut state, "aws_s3_bucket", name).as_object_mut().unwrap().remove("region");
    }
    let draft = draft_json(&state, &asked("", "")).unwrap();
    assert!(draft.text.contains("primary = { bucket = \"regami-uploads\" }"), "{}", draft.text);
    assert!(!draft.text.contains("the Region of regami-uploads"), "{}", draft.text);
}

#[test]
fn outputs_tell_no_primary_and_pair_only_what_their_names_say() {
    let why = draft_of(&["fineract.outputs.json"], &asked("", "")).unwrap_err().to_string();
    assert!(why.contains("--primary REGION"), "{why}");
    let draft = draft_of(&["fineract.outputs.json"], &asked("us-east-1", "")).unwrap();
    let service = loaded(&draft);
    assert!(service.component("database").is_some() && service.component("secrets").is_some());
    assert!(draft.left.iter().any(|line| line.contains("from the names of the outputs")), "{:?}", draft.left);
    assert!(
        draft
            .text
            .contains("# standby = \"fineract-production-replica.c0example0002.us-west-2.rds.amazonaws.com:5432\"")
    );
    // With other names there is only the secret, whose two ARNs say that they are one.
    let mut outputs = json("fineract.outputs.json");
    let map = outputs.as_object_mut().unwrap();
    map.remove("replica");
    for (from, to) in [("primary_endpoint", "db_one"), ("replica_endpoint", "db_two")] {
        let value = map.remove(from).unwrap();
        map.insert(to.to_owned(), value);
    }
    let draft = draft_json(&outputs, &asked("us-east-1", "")).unwrap();
    assert!(loaded(&draft).component("database").is_none());
    assert!(draft.text.contains("# [components.database]"), "{}", draft.text);
}

#[test]
fn with_nothing_certain_nothing_is_written_and_what_was_seen_is_told() {
    let outputs = json!({
        "db_one": { "sensitive": false, "type": "string", "value": "a.c0example0001.us-east-1.rds.amazonaws.com:5432" },
        "db_two": { "sensitive": false, "type": "string", "value": "b.c0example0002.us-west-2.rds.amazonaws.com:5432" },
    });
    let why = refusal(&outputs, "us-east-1", "");
    assert!(why.contains("nothing in it is certain enough") && why.contains("neither replicates"), "{why}");
}
