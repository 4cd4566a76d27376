//! What steps teach: the bundled drills and failovers say it of every step, each in words of its own; and what is malformed is
//! located.

use std::collections::BTreeMap;

use handover::config::runbook::{Scope, read};
use handover::config::{Project, Source, locate};
use handover::domain::learn::LONGEST;
use handover::domain::runbook::Runbook;

#[test]
fn every_step_of_a_bundled_drill_or_failover_teaches_something_of_its_own() {
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    let mut runbooks = 0;
    for preset in locate::presets() {
        let project = Project::from_preset(preset);
        for id in ["drill", "failover"] {
            let runbook: &Runbook = project.runbook(id).unwrap_or_else(|| panic!("{} has no {id}", preset.name));
            runbooks += 1;
            for (_, step) in runbook.steps() {
                let here = format!("{}/{id}/{}", preset.name, step.id);
                let learn = step.learn.as_ref().unwrap_or_else(|| panic!("{here} teaches nothing"));
                for (label, text) in learn.texts() {
                    let words = text.split_whitespace().count();
                    assert!((4..=60).contains(&words), "{here}, {label}: {words} words");
                    assert!(text.chars().count() <= LONGEST && text.ends_with(['.', '?']), "{here}, {label}: {text}");
                    let copied = [&step.title, &step.guidance, &step.differs];
                    assert!(copied.iter().all(|other| other.as_str() != text), "{here}, {label} repeats the step");
                    if let Some(other) = said.insert(text.to_owned(), here.clone()) {
                        panic!("{here} says the same as {other}: {text}");
                    }
                }
            }
        }
    }
    assert_eq!(runbooks, 2 * locate::presets().len());
}

/// What is said of a runbook with one step and this below it.
fn diagnosed(learn: &str) -> String {
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let service = project.service().unwrap();
    let step = "[[phase.step]]\nid = \"one\"\ntitle = \"One\"\nkind = \"attest\"\nstatement = \"So it is.\"\n";
    let text = format!("[runbook]\ntitle = \"r\"\nway = \"failover\"\n[[phase]]\ntitle = \"p\"\n{step}{learn}");
    let loaded = read(&Source::new("r.toml", text.as_bytes()), &Scope::new(service, &[]));
    assert_eq!(loaded.value.is_none(), loaded.diagnostics.has_errors());
    loaded.diagnostics.to_string()
}

#[test]
fn what_a_step_teaches_is_whole_bounded_and_harmless_or_it_is_said_where() {
    let whole = "[phase.step.learn]\nwhy = \"a\"\nlook = \"b\"\nwrong = \"c\"\n";
    assert!(diagnosed(whole).starts_with("0 errors, 0 warnings"), "{}", diagnosed(whole));
    assert!(diagnosed(&whole.replace("look = \"b\"\n", "")).contains("learn has no `look`"));
    let typo = diagnosed(&whole.replace("wrong", "worng"));
    assert!(typo.contains("has no `wrong`") || typo.contains("unknown key `worng`"), "{typo}");
    let long = diagnosed(&whole.replace("\"a\"", &format!("\"{}\"", "a".repeat(LONGEST + 1))));
    assert!(long.contains("401 characters") && long.contains("r.toml:12"), "{long}");
    let hostile = diagnosed(&whole.replace("\"c\"", "\"\\u202e\""));
    assert!(hostile.contains("U+202E"), "{hostile}");
    assert!(diagnosed("learn = \"no table\"\n").contains("is a string"));
}
