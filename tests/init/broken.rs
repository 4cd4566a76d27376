//! Files that are none, or broken: each is refused with its place, and with nothing of what it holds.

use std::fs;

use handover::config::terraform::{self, Asked, MAX_BYTES};
use serde_json::{Value, json};

use super::{SERVICES, draft_json, json, path};

fn refusal(bytes: &[u8]) -> String {
    terraform::draft(&[("my.tfstate".to_owned(), bytes.to_vec())], &Asked::default()).unwrap_err().to_string()
}

#[test]
fn what_is_no_state_is_said_with_its_place() {
    let deep = format!("{{\"version\":4,\"resources\":{}", "[".repeat(100_000));
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, parts) in [
        (b"".as_slice(), ["my.tfstate: the file is empty", "terraform state pull"].as_slice()),
        (b"resource \"aws_db_instance\" \"a\" {}", &["not JSON", "line 1 column 1", "terraform state pull"]),
        (b"{\n  \"version\": 4,\n  \"resources\": [,]\n}", &["not JSON", "line 3 column 17"]),
        (b"[]", &["expected an object, found a list"]),
        (b"{}", &["neither a state nor outputs"]),
        (b"\"AKIAIOSFODNN7EXAMPLE\"", &["expected an object, found a string"]),
        (deep.as_bytes(), &["not JSON", "recursion limit"]),
        (&utf16, &["UTF-16"]),
        (b"{\"version\":4,\"resources\":[]}\xff", &["not JSON"]),
        (br#"{"version":3,"serial":1,"modules":[]}"#, &["version 3; version 4 is read", "Terraform 0.12"]),
        (br#"{"version":5,"serial":1}"#, &["a version that is not known"]),
        (br#"{"version":4.5,"serial":1}"#, &["a version that is not known"]),
        (br#"{"version":"4","serial":1}"#, &["my.tfstate: version: expected 4, found a string"]),
        (br#"{"version":4,"resources":{}}"#, &["resources: expected a list, found an object"]),
        (br#"{"version":4,"resources":[7]}"#, &["resources[0]: expected an object, found a number"]),
        (br#"{"version":4,"resources":[{"type":7}]}"#, &["resources[0].type: expected a string"]),
        (
            br#"{"version":4,"resources":[{"type":"aws_lb","name":"a","instances":[{"attributes":"x"}]}]}"#,
            &["resources[0].instances[0].attributes: expected an object, found a string"],
        ),
        (
            br#"{"version":4,"resources":[{"type":"aws_lb","name":"a","provider":[],"instances":[]}]}"#,
            &["resources[0].provider: expected a string, found a list"],
        ),
        (br#"{"format_version":"1.0","values":[]}"#, &["values: expected an object, found a list"]),
        (
            br#"{"format_version":"1.0","values":{"root_module":{"child_modules":[{"resources":1}]}}}"#,
            &["values.root_module.child_modules[0].resources: expected a list, found a number"],
        ),
        (
            br#"{"format_version":"1.2","planned_values":{},"resource_changes":[]}"#,
            &["this is a plan", "terraform show -json"],
        ),
        (br#"{"serial":1,"lineage":"x","encrypted_data":"x","encryption_version":"v0"}"#, &["the state is encrypted"]),
        (br#"{"version":4,"serial":1,"resources":[]}"#, &["nothing in it that handover knows"]),
        (br#"{"format_version":"1.0"}"#, &["nothing in it that handover knows"]),
    ] {
        let why = refusal(bytes);
        for part in parts {
            assert!(why.contains(part), "{part} is not in {why}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_not_parsed() {
    let why = refusal(&vec![b' '; MAX_BYTES + 1]);
    assert!(why.contains("more than 64 MiB"), "{why}");
}

#[test]
fn a_mark_at_its_start_is_no_error() {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(fs::read(path("regami.tfstate")).unwrap());
    assert!(terraform::draft(&[("s".to_owned(), bytes)], &Asked::default()).is_ok());
}

#[test]
fn a_file_that_ends_early_is_refused_without_a_word_of_it() {
    for name in SERVICES.concat() {
        let bytes = fs::read(path(name)).unwrap();
        for end in (1..bytes.len() - 2).step_by(97) {
            let why = refusal(&bytes[..end]);
            assert!(why.contains("not JSON: EOF") && why.contains(" line "), "{why}");
            assert!(!why.contains("planted") && why.len() < 300, "{why}");
        }
    }
}

#[test]
fn an_attribute_of_another_type_is_left_out_and_told() {
    let mut state = json("regami.tfstate");
    let main = super::attributes(&mut state, "aws_db_instance", "main");
    main["db_subnet_group_name"] = json!(["planted-in-a-list"]);
    main["port"] = json!({ "planted": 1 });
    let draft = draft_json(&state, &Asked::default()).unwrap();
    super::loaded(&draft);
    let told = draft.left.iter().filter(|line| line.contains("s.json: resources[3].instances[0].attributes.")).count();
    assert_eq!(told, 2, "{:?}", draft.left);
    assert!(draft.text.contains("attributes.port: expected a number, found an object"), "{}", draft.text);
    assert!(!draft.text.contains("planted") && !draft.left.concat().contains("planted"));
}

#[test]
fn what_every_value_is_replaced_by_never_panics() {
    for name in ["regami.tfstate", "claims.show.json", "fineract.outputs.json"] {
        let whole = json(name);
        for pointer in pointers(&whole) {
            for with in [Value::Null, json!(true), json!(-1), json!(1e300), json!([[]]), json!({ "a": {} })] {
                let mut state = whole.clone();
                *state.pointer_mut(&pointer).unwrap() = with;
                if let Ok(draft) = draft_json(&state, &super::asked("", "")) {
                    assert!(!draft.text.contains("planted"), "{pointer}");
                }
            }
        }
    }
}

/// Every tenth place of a value.
fn pointers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{at}/{index}"), found));
            }
            Value::Object(map) => {
                for (key, item) in map {
                    walk(item, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found.into_iter().step_by(10).collect()
}
