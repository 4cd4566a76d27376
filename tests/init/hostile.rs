//! States that somebody else could have written: secrets stay in them, and names cannot break out of the file.

use handover::config::terraform::{Asked, Draft};
use handover::config::{Severity, Source, service};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{SERVICES, asked, attributes, draft_json, draft_of, drafted, json, loaded};

/// All that gets out of a draft.
fn out(draft: &Draft) -> String {
    let components: Vec<String> = draft.components.iter().map(|(id, kind, from)| format!("{id}{kind}{from}")).collect();
    [draft.text.as_str(), &draft.regions, &components.join("\n"), &draft.left.join("\n")].join("\n")
}

#[test]
fn no_secret_of_a_state_gets_out() {
    let all = SERVICES.iter().map(|files| drafted(files)).chain([draft_of(
        &["fineract.outputs.json"],
        &asked("us-east-1", ""),
    )
    .unwrap()]);
    for draft in all {
        let out = out(&draft);
        for secret in ["planted", "hunter2", "AKIA", "PRIVATE KEY", "BEGIN", "root_", "dbadmin", "eyJ"] {
            assert!(!out.contains(secret), "{secret} is in\n{out}");
        }
    }
}

/// What is marked as sensitive is not read, whichever attribute it is: each in turn.
#[test]
fn what_is_marked_as_sensitive_is_not_read() {
    let mark = "MARKED-AS-SENSITIVE";
    for (kind, name, attribute) in [
        ("aws_db_instance", "main", "endpoint"),
        ("aws_db_instance", "main", "db_subnet_group_name"),
        ("aws_ecs_service", "main", "name"),
        ("aws_route53_health_check", "primary", "resource_path"),
        ("aws_route53_record", "primary", "zone_id"),
        ("aws_cloudwatch_metric_alarm", "primary_unhealthy", "alarm_name"),
    ] {
        let mut state = json("regami.tfstate");
        attributes(&mut state, kind, name)[attribute] = json!(mark);
        let shown = draft_json(&state, &asked("", "")).map(|draft| out(&draft)).unwrap();
        let resources = state["resources"].as_array_mut().unwrap();
        let one = resources.iter_mut().find(|one| one["type"] == kind && one["name"] == name).unwrap();
        one["instances"][0]["sensitive_attributes"] = json!([[{ "type": "get_attr", "value": attribute }]]);
        let hidden = draft_json(&state, &asked("us-east-1", "us-west-2")).map(|draft| out(&draft)).unwrap();
        assert!(!hidden.contains(mark), "{kind}.{attribute} is in\n{hidden}");
        // The test can only fail if the attribute is one that is read.
        assert!(shown.contains(mark) || attribute == "zone_id", "{kind}.{attribute} is not read at all");
    }
}

#[test]
fn outputs_that_are_sensitive_are_not_read() {
    let mut outputs = json("fineract.outputs.json");
    for sensitive in [json!(true), json!("true"), json!(1)] {
        outputs["replica_endpoint"]["sensitive"] = sensitive.clone();
        outputs["replica"]["sensitive"] = sensitive;
        let draft = draft_json(&outputs, &asked("us-east-1", "")).unwrap();
        assert!(!out(&draft).contains("fineract-production-replica"), "{}", draft.text);
    }
}

#[test]
fn what_looks_like_a_secret_is_not_written_where_it_should_not_be() {
    let mut state = json("regami.tfstate");
    attributes(&mut state, "aws_cloudwatch_metric_alarm", "primary_unhealthy")["alarm_name"] =
        json!("key AKIAIOSFODNN7EXAMPLE password=swordfish");
    attributes(&mut state, "aws_route53_health_check", "primary")["resource_path"] = json!("/health?token=swordfish");
    let draft = draft_json(&state, &asked("", "")).unwrap();
    loaded(&draft);
    assert!(!out(&draft).contains("swordfish") && !out(&draft).contains("AKIA"), "{}", draft.text);
    assert!(draft.left.iter().any(|line| line.contains("what looks like a secret: left out")), "{:?}", draft.left);
}

#[test]
fn a_name_cannot_break_out_of_its_quotes_nor_a_comment_of_its_line() {
    let hostile = "x\"\n[components.evil]\nkind = \"endpoint\" # \u{1b}[2J\u{202e}";
    let mut state = json("regami.tfstate");
    for one in state["resources"].as_array_mut().unwrap() {
        one["name"] = json!(hostile);
        one["module"] = json!(hostile);
    }
    attributes(&mut state, "aws_db_instance", hostile)["db_subnet_group_name"] = json!(hostile);
    attributes(&mut state, "aws_db_instance", hostile)["identifier"] = json!("it's \"quoted\" \\ and ''' more \"\"\"");
    let draft = draft_json(&state, &asked("us-east-1", "us-west-2")).unwrap();
    let service = loaded(&draft);
    assert!(service.component("evil").is_none());
    assert!(out(&draft).chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')), "{:?}", draft.text);
}

#[test]
fn a_value_that_its_kind_cannot_have_is_commented_out_in_its_quotes() {
    let odd = "it's \"odd\" \\ and ''' more \"\"\"";
    let mut state = json("regami.tfstate");
    attributes(&mut state, "aws_db_instance", "replica")["identifier"] = json!(odd);
    let draft = draft_json(&state, &asked("", "")).unwrap();
    assert!(loaded(&draft).component("database").is_none());
    assert!(draft.left.iter().any(|line| line.contains("handover's own reader refuses it")), "{:?}", draft.left);
    let line = draft.text.lines().find(|line| line.starts_with("# standby = { instance = ")).unwrap();
    let table: toml::Table = line.trim_start_matches("# ").parse().unwrap();
    assert_eq!(table["standby"]["instance"].as_str(), Some(odd));
}

/// A text that is hostile to TOML, to terminals, or to nobody.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\"'\\\\\\[\\]{}#=\n\r\t.-]{0,40}",
        "[a-z0-9-]{1,80}",
        Just("\u{1b}]0;x\u{7}\u{202e}\"\"\"'''\n[components.x]\n".to_owned()),
        Just("AKIAIOSFODNN7EXAMPLE".to_owned()),
        Just("arn:aws:rds:us-east-1:123456789012:db:\"".to_owned()),
        Just("arn:aws:s3:::x\ny".to_owned()),
        Just("aws_db_instance".to_owned()),
        Just("PRIMARY".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Every value below the attributes of a state, by the path to it.
fn places<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| places(item, found)),
        Value::Object(map) => map.values_mut().for_each(|item| places(item, found)),
        leaf => found.push(leaf),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a state: the draft loads, shows nothing raw and no secret, or there is none.
    #[test]
    fn whatever_a_state_says_the_draft_is_safe(
        which in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), value()), 1..12),
        primary in any::<bool>(),
    ) {
        let mut state = json(["regami.tfstate", "payments.tfstate", "claims.show.json"][which]);
        for (at, with) in changes {
            let mut found = Vec::new();
            places(&mut state, &mut found);
            let index = at.index(found.len());
            *found.swap_remove(index) = with;
        }
        let asked = match (primary, which) {
            (false, _) => Asked::default(),
            (true, 2) => asked("eu-central-1", "eu-west-1"),
            (true, _) => asked("us-east-1", "us-west-2"),
        };
        match draft_json(&state, &asked) {
            Ok(draft) => {
                let loaded = service::read(&Source::new("service.toml", draft.text.as_bytes()));
                let errors = loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
                prop_assert!(loaded.value.is_some() && !errors, "{}", loaded.diagnostics);
                let out = out(&draft);
                prop_assert!(out.chars().all(|c| c == '\n' || !c.is_control()), "{out:?}");
                prop_assert!(!out.contains('\u{202e}') && !out.contains("planted") && !out.contains("AKIA"), "{out}");
            }
            Err(why) => {
                let why = why.to_string();
                prop_assert!(why.chars().all(|c| c == '\n' || !c.is_control()), "{why:?}");
                prop_assert!(!why.contains("planted") && !why.contains("AKIA"), "{why}");
            }
        }
    }

    /// Bytes that nobody wrote as JSON do no harm either.
    #[test]
    fn whatever_the_bytes_are_there_is_an_answer(bytes in any::<Vec<u8>>()) {
        let _ = handover::config::terraform::draft(&[("x".to_owned(), bytes)], &Asked::default());
    }
}
