//! Malformed files made by hand: each says in its first lines where its errors are, and all of them are found.

use std::path::Path;

use handover::config::runbook::Scope;
use handover::config::{Severity, Source, runbook, service, theme};
use handover::domain::service::Service;

const SERVICE: &str = include_str!("../fixtures/good/service.toml");

pub(crate) fn shop() -> Service {
    service::read(&Source::new("service.toml", SERVICE.as_bytes())).sound().expect("the good service file is good")
}

/// `# expect: LINE KEY`, one a line at the start of the file.
fn expected(text: &str) -> Vec<(usize, String)> {
    text.lines()
        .map_while(|line| line.strip_prefix("# expect: "))
        .map(|rest| {
            let (line, key) = rest.split_once(' ').expect("LINE KEY");
            (line.parse().expect("a line's number"), key.to_owned())
        })
        .collect()
}

#[test]
fn every_malformed_file_is_diagnosed_where_its_errors_are_and_nowhere_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad");
    let shop = shop();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let source = Source::new(name.as_str(), text.as_bytes());
        let (diagnostics, has_value) = if name.starts_with("service-") {
            let loaded = service::read(&source);
            (loaded.diagnostics.clone(), loaded.sound().is_ok())
        } else if name.starts_with("theme-") {
            let loaded = theme::read(&source);
            (loaded.diagnostics.clone(), loaded.sound().is_ok())
        } else {
            let loaded = runbook::read(&source, &Scope::new(&shop, &[]));
            (loaded.diagnostics.clone(), loaded.sound().is_ok())
        };
        let mut found: Vec<(usize, String)> =
            diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| (d.line, d.key.clone())).collect();
        let mut wanted = expected(&text);
        assert!(!wanted.is_empty(), "{name} says nothing of what is expected");
        assert!(!has_value, "{name} was read as if it were sound");
        found.sort();
        wanted.sort();
        if found != wanted {
            wrong.push(format!("── {name}: expected {wanted:?}\n{diagnostics}"));
        }
        let shown = diagnostics.to_string();
        assert!(!shown.contains("hunter2") && !shown.contains("AKIAIOSFODNN7"), "a secret is shown:\n{shown}");
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 40, "{seen} malformed files");
}

#[test]
fn the_nearest_key_and_word_are_offered() {
    let text = SERVICE.replace("environment =", "enviroment =").replace("\"endpoint\"", "\"endpiont\"");
    let shown = service::read(&Source::new("service.toml", text.as_bytes())).diagnostics.to_string();
    assert!(shown.contains("did you mean \"environment\"?"), "{shown}");
    assert!(shown.contains("did you mean \"endpoint\"?"), "{shown}");
}

#[test]
fn a_component_that_is_broken_leaves_the_others_readable_and_is_not_called_unknown() {
    let text = SERVICE.replace("instance = \"shop-primary\"", "instance = 5");
    let loaded = service::read(&Source::new("service.toml", text.as_bytes()));
    assert_eq!(loaded.left_out, ["database"]);
    let partial = loaded.value.clone().expect("the rest is read");
    assert!(partial.component("endpoint").is_some() && partial.component("database").is_none());
    let step = "[runbook]\ntitle = \"t\"\nway = \"failover\"\n[[phase]]\ntitle = \"p\"\n[[phase.step]]\nid = \"a\"\n\
                title = \"t\"\nkind = \"check\"\nexpect = [{ reading = \"database.target.status\", is = \"x\" }]\n";
    let source = Source::new("r.toml", step.as_bytes());
    let runbook = runbook::read(&source, &Scope::new(&partial, &loaded.left_out));
    assert!(runbook.diagnostics.is_empty(), "{}", runbook.diagnostics);
    assert!(loaded.sound().is_err(), "nothing may be changed by a file with errors");
}

#[test]
fn the_sides_of_a_failback_are_the_other_way_round() {
    let text = |way: &str, side: &str| {
        format!(
            "[runbook]\ntitle = \"t\"\nway = \"{way}\"\n[[phase]]\ntitle = \"p\"\n[[phase.step]]\nid = \"a\"\n\
             title = \"t\"\nkind = \"check\"\nexpect = [{{ reading = \"metrics.{side}.lag\", at_most = \"1m\" }}]\n"
        )
    };
    let shop = shop();
    for (way, side, good) in [
        ("failover", "target", true),
        ("failover", "source", false),
        ("failback", "target", false),
        ("failback", "source", true),
        ("failback", "standby", true),
    ] {
        let text = text(way, side);
        let loaded = runbook::read(&Source::new("r.toml", text.as_bytes()), &Scope::new(&shop, &[]));
        assert_eq!(loaded.diagnostics.is_empty(), good, "{way} {side}: {}", loaded.diagnostics);
    }
}

#[test]
fn a_replication_is_turned_round_only_where_its_role_is_named() {
    let text = "[runbook]\ntitle = \"t\"\nway = \"failover\"\n[[phase]]\ntitle = \"p\"\n[[phase.step]]\nid = \"turn\"\n\
                title = \"t\"\nkind = \"act\"\ncomponent = \"assets\"\naction = \"reverse\"\non = \"target\"\n";
    let buckets = "\n[components.assets]\nkind = \"s3-replication\"\nprimary = { bucket = \"assets-east\" }\n\
                   standby = { bucket = \"assets-west\" }\n";
    for (role, good) in [("", false), ("role = \"arn:aws:iam::123456789012:role/s3-replication\"\n", true)] {
        let service = format!("{SERVICE}{buckets}{role}");
        let service = service::read(&Source::new("service.toml", service.as_bytes())).sound().expect("it is good");
        let loaded = runbook::read(&Source::new("r.toml", text.as_bytes()), &Scope::new(&service, &[]));
        let shown = loaded.diagnostics.to_string();
        assert_eq!(loaded.diagnostics.is_empty(), good, "{shown}");
        assert!(good || shown.contains("role"), "{shown}");
    }
}
