//! The command line of the real program: what it prints, and its exit statuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[cfg(unix)]
mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Shell {
    dir: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(args)
            .current_dir(self.dir.path())
            .env("HANDOVER_DATA_DIR", self.dir.path().join("data"))
            .env("HOME", self.dir.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("HANDOVER_SERVICE")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Exit status, standard output and standard error.
    fn says(&self, args: &[&str]) -> (i32, String, String) {
        let out = self.run(args);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    fn preset(&self) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets/fineract");
        fs::create_dir(self.dir.path().join("runbooks")).unwrap();
        for file in ["service.toml", "runbooks/failover.toml"] {
            fs::copy(from.join(file), self.dir.path().join(file)).unwrap();
        }
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn init_writes_what_check_finds_sound_and_overwrites_nothing() {
    let shell = Shell::new();
    let (status, out, err) = shell.says(&["init", "fineract", "my services/bank"]);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("wrote my services/bank/service.toml") && out.contains("runbooks/failover.toml"), "{out}");
    let next = "handover --service 'my services/bank/service.toml' plan failover";
    assert!(out.contains(next), "{out}");
    let service = "my services/bank/service.toml";
    assert_eq!(shell.says(&["--service", service, "check"]).0, 0);
    assert_eq!(shell.says(&["--service", service, "plan", "failover"]).0, 0);
    let path = shell.dir.path().join(service);
    fs::write(&path, "mine").unwrap();
    fs::remove_dir_all(path.with_file_name("runbooks")).unwrap();
    let (status, _, err) = shell.says(&["init", "fineract", "my services/bank"]);
    assert_eq!(status, 1);
    assert!(err.contains("service.toml is there already; nothing was written"), "{err}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert!(!path.with_file_name("runbooks").join("failover.toml").exists());
    let (status, _, err) = shell.says(&["init", "bank"]);
    assert!(status == 1 && err.contains("fineract"), "{err}");
    // A folder that cannot be made is said.
    fs::write(shell.dir.path().join("file"), "").unwrap();
    let (status, _, err) = shell.says(&["init", "fineract", "file"]);
    assert!(status == 1 && err.contains("file"), "{err}");
}

#[test]
fn without_a_service_it_says_what_to_do() {
    let (status, _, err) = Shell::new().says(&[]);
    assert_eq!(status, 1);
    assert!(err.contains("handover demo") && err.contains("--service") && err.contains("service.toml"), "{err}");
}

#[test]
fn without_a_terminal_the_console_says_what_else_there_is() {
    let (status, _, err) = Shell::new().says(&["demo"]);
    assert_eq!(status, 1);
    assert!(err.contains("needs a terminal") && err.contains("--headless"), "{err}");
}

#[test]
fn a_drill_opens_nothing_real_but_drills_and_no_surprise_that_cannot_come() {
    let shell = Shell::new();
    shell.preset();
    let (status, _, err) = shell.says(&["drill", "failover"]);
    assert_eq!(status, 1);
    assert!(err.contains("failover is no drill") && err.contains("handover --runbook failover"), "{err}");
    let (status, _, err) = shell.says(&["drill"]);
    assert!(status == 1 && err.contains("no runbook with way = \"drill\""), "{err}");
    let (status, _, err) = shell.says(&["drill", "--demo", "fineract", "--surprise", "replica-stalls"]);
    assert!(status == 1 && err.contains("it suits calm") && err.contains("old-primary-returns"), "{err}");
    // What real Regions do is not for a drill to say.
    assert_eq!(shell.says(&["drill", "--surprise", "random"]).0, 2);
    assert_eq!(shell.says(&["drill", "--seed", "4"]).0, 2);
    let (status, _, err) = shell.says(&["runs", "score"]);
    assert!(status == 1 && !err.is_empty(), "{err}");
}

#[test]
fn check_tells_every_error_at_once_with_its_place_and_the_nearest_key() {
    let shell = Shell::new();
    shell.preset();
    assert_eq!(shell.says(&["check"]).0, 0);
    shell.edit("service.toml", "rto = \"30m\"", "rto = \"30 minutes\"");
    shell.edit("service.toml", "warn = ", "wran = ");
    let (status, _, err) = shell.says(&["check"]);
    assert_eq!(status, 1);
    for part in ["service.toml:13:7", "objectives.rto", "service.toml:18:1", "did you mean \"warn\"?"] {
        assert!(err.contains(part), "{part} is not in\n{err}");
    }
}

#[test]
fn the_presets_the_themes_and_the_keymaps_are_sound() {
    let shell = Shell::new();
    for args in [
        ["check", "--preset", "fineract"].as_slice(),
        &["theme", "check", "dark"],
        &["theme", "check", "light"],
        &["theme", "check", "high-contrast"],
        &["theme", "check", "colour-blind"],
        &["theme", "check", "color-blind"],
        &["theme", "check", "mono"],
        &["theme", "check", "gruvbox"],
        &["theme", "check", "nord"],
        &["keymap", "check", "default"],
        &["keymap", "check", "vim"],
        &["keymap", "check", "emacs"],
    ] {
        let (status, out, err) = shell.says(args);
        assert_eq!(status, 0, "{args:?}: {err}");
        assert!(out.contains("sound"), "{out}");
    }
}

#[test]
fn a_bad_theme_and_a_bad_keymap_are_told_with_file_and_line() {
    let shell = Shell::new();
    fs::write(shell.dir.path().join("t.toml"), "name = \"t\"\n[roles]\nokk = { bold = true }\n").unwrap();
    let keymap = "[checklist]\n\"j\" = \"step-nxt\"\n";
    fs::write(shell.dir.path().join("k.toml"), keymap).unwrap();
    let (status, _, err) = shell.says(&["theme", "check", "t.toml"]);
    assert_eq!(status, 1);
    assert!(err.contains("t.toml:3:1") && err.contains("ok"), "{err}");
    let (status, _, err) = shell.says(&["keymap", "check", "k.toml"]);
    assert_eq!(status, 1);
    assert!(err.contains("k.toml:2:") && err.contains("step-next"), "{err}");
}

#[test]
fn a_printed_keymap_is_one_to_start_from_and_its_check_is_told_as_json() {
    let shell = Shell::new();
    let (status, out, _) = shell.says(&["keymap", "list"]);
    assert_eq!(status, 0);
    for name in ["default", "vim", "emacs"] {
        assert!(out.lines().any(|line| line.starts_with(name) && line.len() > 30), "{out}");
    }
    let (status, printed, _) = shell.says(&["keymap", "print", "emacs"]);
    assert!(status == 0 && printed.contains("\"ctrl-x ctrl-c\" = \"quit\""), "{printed}");
    fs::write(shell.dir.path().join("mine.toml"), &printed).unwrap();
    let (status, again, err) = shell.says(&["keymap", "print", "mine.toml"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(again, printed);
    let text = "inherits = \"mine.toml\"\n[checklist]\n\"alt-x y\" = \"step-next\"\n\"p\" = false\n";
    fs::write(shell.dir.path().join("k.toml"), text).unwrap();
    let (status, out, _) = shell.says(&["keymap", "check", "--json", "k.toml"]);
    assert_eq!(status, 1);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["sound"], &json["diagnostics"][0]["line"]), (&false.into(), &3.into()), "{out}");
    fs::write(shell.dir.path().join("k.toml"), text.replace("alt-x y", "alt-z y")).unwrap();
    let (status, out, _) = shell.says(&["keymap", "check", "--json", "k.toml"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &json["sound"], &json["without_a_key"][0]), (0, &true.into(), &"step-plan".into()), "{out}");
}

#[test]
fn a_plan_shows_the_exact_calls_and_the_lines_by_hand_and_writes_nothing() {
    let shell = Shell::new();
    let (status, out, err) = shell.says(&["plan", "failover", "--demo", "fineract"]);
    assert_eq!(status, 0, "{err}");
    for part in [
        "rds:PromoteReadReplica in us-west-2",
        "DBInstanceIdentifier = fineract-production-replica",
        "aws rds promote-read-replica --db-instance-identifier fineract-production-replica --region us-west-2",
        "route53:ChangeResourceRecordSets in us-east-1",
        "gate data loss within the RPO",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    let (status, md, _) = shell.says(&["plan", "failover", "--demo", "fineract", "--format", "markdown"]);
    assert_eq!(status, 0);
    assert!(md.contains("### ☐ 1.3 Promote the read replica [IRREVERSIBLE]") && md.contains("```sh"), "{md}");
    assert!(!shell.dir.path().join("data").exists(), "a dry run left something behind");
}

#[test]
fn a_simulation_can_be_played_verified_listed_and_shown() {
    let shell = Shell::new();
    let (status, out, _) = shell.says(&["runs", "--json"]);
    assert_eq!((status, out.trim()), (0, "[]"));
    let play = ["demo", "--autoplay", "--headless", "--speed", "60", "--scenario", "false-alarm"];
    let (status, out, err) = shell.says(&play);
    assert_eq!(status, 3, "a false alarm is stood down\n{out}\n{err}");
    let (status, out, _) = shell.says(&["journal", "verify"]);
    assert!(status == 0 && out.contains("entries hold"), "{out}");
    let (status, out, _) = shell.says(&["journal", "show"]);
    assert!(status == 0 && out.contains("run-opened") && out.contains("run-closed"), "{out}");
    let (status, out, _) = shell.says(&["journal", "show", "--markdown"]);
    assert!(
        status == 0 && out.starts_with("# failover of fineract-production, ") && out.contains("stood down"),
        "{out}"
    );
    let filed = shell.dir.path().join("docs/results.md");
    let to = filed.to_str().unwrap();
    let (status, _, err) = shell.says(&["journal", "show", "--markdown", "--to", to]);
    assert_eq!((status, std::fs::read_to_string(&filed).unwrap().trim()), (0, out.trim()), "{err}");
    let (status, _, err) = shell.says(&["journal", "show", "--markdown", "--to", to]);
    assert!(status != 0 && err.contains("results.md anew"), "a record is never overwritten: {err}");
    let (status, out, _) = shell.says(&["runs", "--json"]);
    let runs: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (status, runs[0]["state"].as_str(), runs[0]["mode"].as_str()),
        (0, Some("stood down"), Some("simulation"))
    );
    let (status, _, err) = shell.says(&["resume", "--autoplay", "--headless"]);
    assert!(status == 1 && err.contains("closed"), "{err}");
    listed(&shell, runs[0]["run"].as_str().unwrap());
    reported(&shell);
}

/// The runs against their objectives, the next drill, one run beside itself, and where a replay of it may begin.
fn listed(shell: &Shell, run: &str) {
    let (status, out, _) = shell.says(&["runs"]);
    assert!(status == 0 && out.contains("stood down") && out.contains("(RTO "), "{out}");
    assert!(out.contains("a drill is wanted quarterly, and none was carried through yet"), "{out}");
    assert!(!out.contains("Recovery times"), "what was stood down is no recovery: {out}");
    let (status, out, _) = shell.says(&["runs", "--json", "--mode", "drill"]);
    assert_eq!((status, out.trim()), (0, "[]"));
    let (status, out, _) = shell.says(&["runs", "--json", "--service", "fineract-production"]);
    assert!(status == 0 && out.contains(run) && out.contains("\"rto\""), "{out}");
    assert_eq!(shell.says(&["runs", "--json", "--service", "another"]).1.trim(), "[]");
    let (status, out, err) = shell.says(&["runs", "compare", run, run, "--json"]);
    assert_eq!(status, 0, "{err}");
    let same: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(same["rows"].as_array().unwrap().iter().all(|row| row["differs"] == false), "{out}");
    let (status, out, _) = shell.says(&["runs", "compare", run, run]);
    assert!(status == 0 && out.contains("recovery time") && out.contains("step "), "{out}");
    assert_eq!(shell.says(&["runs", "compare", run, "nothing"]).0, 1);
    let (status, _, err) = shell.says(&["replay", run, "--from", "nonsense"]);
    assert!(status == 1 && err.contains("the phases are: Pre-failover"), "{err}");
    let (status, _, err) = shell.says(&["replay", run, "--from", "9999"]);
    assert!(status == 1 && err.contains("there is no entry 9999"), "{err}");
}

/// The report of the latest run in each of its formats.
fn reported(shell: &Shell) {
    let (status, out, err) = shell.says(&["report"]);
    assert!(status == 0 && out.contains("| Recovery time (T12 − T0) |") && out.contains("stood down"), "{out}\n{err}");
    let (status, out, _) = shell.says(&["report", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, report["format"].as_str()), (0, Some("handover-report/1")));
    assert_eq!(report["identity"]["nature"], "simulation");
    assert_eq!(report["integrity"]["broken"], serde_json::Value::Null);
    assert_eq!(report["integrity"]["copies_hold"], true);
    let (status, out, _) = shell.says(&["report", "--format", "otlp"]);
    let spans: serde_json::Value = serde_json::from_str(&out).unwrap();
    let span = &spans["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(
        (status, span["traceId"].as_str().map(str::len), span["spanId"].as_str().map(str::len)),
        (0, Some(32), Some(16))
    );
    let (status, out, _) = shell.says(&["report", "--format", "yaml"]);
    assert!(status == 0 && out.starts_with("- date: \"20") && out.contains("  outcome: \"stood down\"\n"), "{out}");
    let to_do = ["follow-up", "--says", "Rehearse it", "--owner", "ben", "--due", "2026-12-01", "--about", "1"];
    let (status, out, err) = shell.says(&to_do);
    assert!(status == 0 && out.contains("to do: Rehearse it (ben, until 2026-12-01)"), "{out}\n{err}");
    assert!(
        shell.says(&["report"]).1.contains("| Rehearse it | ben | 2026-12-01 |  |"),
        "{}",
        shell.says(&["report"]).1
    );
    assert_eq!(shell.says(&["journal", "verify"]).0, 0);
    let filed = shell.dir.path().join("reports/run.html");
    let to = filed.to_str().unwrap();
    let (status, _, err) = shell.says(&["report", "--format", "html", "--to", to]);
    assert_eq!(status, 0, "{err}");
    let html = std::fs::read_to_string(&filed).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("<svg") && html.ends_with("</html>\n"), "{html}");
    for asks in ["<script", " src=", "href=", "url(", "@import"] {
        assert!(!html.contains(asks), "it asks for something: {asks}");
    }
    let (status, _, err) = shell.says(&["report", "--format", "html", "--to", to]);
    assert!(status != 0 && err.contains("anew"), "a report is never overwritten: {err}");
    // A journal that somebody has changed, and copies that somebody has changed, say so.
    let run = report["identity"]["run"].as_str().unwrap();
    let folder = std::path::PathBuf::from(
        shell.says(&["runs", "--json"]).1.parse::<serde_json::Value>().unwrap()[0]["folder"].as_str().unwrap(),
    );
    let journal = folder.join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("stood", "stoof", 1)).unwrap();
    let (status, out, err) = shell.says(&["report", run]);
    assert!(status == 4 && out.contains("DOES NOT VERIFY"), "{out}\n{err}");
    let service = folder.join("service.toml");
    let changed = format!("{}\n# changed\n", std::fs::read_to_string(&service).unwrap());
    std::fs::write(&service, changed).unwrap();
    assert!(shell.says(&["report", run]).1.contains("are NOT what was run"));
}

#[test]
fn a_status_of_what_cannot_be_reached_is_unknown_and_never_healthy() {
    let shell = Shell::new();
    shell.preset();
    // A port that nothing listens on, and no waiting for it.
    let nowhere = "http://127.0.0.1:9";
    let table =
        format!("[aws.endpoints]\nus-east-1 = \"{nowhere}\"\nus-west-2 = \"{nowhere}\"\nglobal = \"{nowhere}\"\n\n");
    shell.edit("service.toml", "[components.endpoint]", &format!("{table}[components.endpoint]"));
    shell.edit("service.toml", "https://api-us-east-1.fineract.com/health", "http://127.0.0.1:9/");
    shell.edit("service.toml", "https://api-us-west-2.fineract.com/health", "http://127.0.0.1:19/");
    shell.edit("service.toml", "https://api.fineract.com/health", "http://127.0.0.1:9/");
    shell.edit("service.toml", "[\"1.1.1.1:53\", \"8.8.8.8:53\", \"9.9.9.9:53\"]", "[\"127.0.0.1:9\"]");
    shell.edit(
        "service.toml",
        "fineract-production-primary.c0example0001.us-east-1.rds.amazonaws.com:5432",
        "127.0.0.1:9",
    );
    shell.edit(
        "service.toml",
        "fineract-production-replica.c0example0002.us-west-2.rds.amazonaws.com:5432",
        "127.0.0.1:19",
    );
    let out = Command::new(env!("CARGO_BIN_EXE_handover"))
        .args(["status", "--json"])
        .current_dir(shell.dir.path())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test-test-test")
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{err}");
    assert!(!out.stdout.is_empty(), "{err}");
    let seen: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let readings = seen["readings"].as_array().unwrap();
    assert!(readings.len() >= 8, "{seen}");
    assert!(readings.iter().all(|reading| reading["health"] != "healthy"), "{seen}");
}

#[test]
fn completions_name_every_subcommand() {
    let shell = Shell::new();
    for kind in ["bash", "zsh", "fish"] {
        let (status, out, _) = shell.says(&["completions", kind]);
        assert_eq!(status, 0);
        for word in ["demo", "check", "plan", "status", "runs", "replay", "resume", "journal", "theme", "keymap"] {
            assert!(out.contains(word), "{kind} lacks {word}");
        }
    }
}

#[test]
fn nonsense_is_a_usage_error() {
    let shell = Shell::new();
    for args in [
        ["--nonsense"].as_slice(),
        &["demo", "--speed", "0"],
        &["demo", "--scenario", "nope"],
        &["demo", "--headless"],
        &["demo", "finract"],
    ] {
        assert_eq!(shell.says(args).0, 2, "{args:?}");
    }
}

/// A live run's journal with one promotion, whose file the shell finds as `journal.jsonl`; `note` is what somebody wrote down in it.
fn journal(shell: &Shell, note: &str) -> Vec<handover::domain::journal::Entry> {
    use handover::domain::journal::{Body, Chain, Files, OutcomeOf};
    use handover::domain::plan::{Call, Plan};
    use handover::domain::region::{Direction, Place};
    let direction = Direction { source: "us-east-1".parse().unwrap(), target: "us-west-2".parse().unwrap() };
    let plan = Plan {
        step: "promote".into(),
        component: "database".into(),
        action: "promote".into(),
        direction: direction.clone(),
        on: Place::Region(direction.target.clone()),
        call: Call {
            service: "rds".into(),
            operation: "PromoteReadReplica".into(),
            control_plane: "us-west-2".into(),
            params: Vec::new(),
        },
        by_hand: String::new(),
        hazard: handover::domain::runbook::Hazard::Irreversible,
        changes: Vec::new(),
        basis: Vec::new(),
        gates: Vec::new(),
        phrase: None,
        accepting: None,
    };
    let step = "promote".to_owned();
    let bodies = vec![
        Body::RunOpened {
            run: "20260303T140020Z-shop-failover-ab12".into(),
            service: "shop".into(),
            runbook: "failover".into(),
            mode: handover::domain::run::Mode::Live,
            direction,
            files: Files { service: String::new(), runbook: String::new() },
            tool: "test".into(),
            host: "here".into(),
            shared_terminal: None,
            scenario: None,
        },
        Body::Note { text: note.into() },
        Body::Plan { step: step.clone(), plan_hash: plan.hash(), plan: Box::new(plan), gates: Vec::new() },
        Body::Attempt {
            step: step.clone(),
            attempt: 1,
            request: 1,
            request_id: Some("req-1".into()),
            took_ms: 80,
            answer: "accepted".into(),
        },
        Body::Outcome { step, attempt: 1, outcome: OutcomeOf::Accepted { answer: "ok".into(), handle: None } },
    ];
    let mut chain = Chain::new(handover::domain::redact::Redactor::new([]));
    let mut text = String::new();
    let seal = |body| {
        let at = "2026-03-03T14:05:00Z".parse().unwrap();
        let sealed = chain.seal(at, std::time::Duration::ZERO, "anna", body).unwrap();
        chain.advance(&sealed);
        text.push_str(&sealed.line);
        text.push('\n');
        sealed.entry
    };
    let entries = bodies.into_iter().map(seal).collect();
    fs::write(shell.dir.path().join("journal.jsonl"), text).unwrap();
    entries
}

#[test]
fn a_journal_is_held_against_anchors_and_against_cloudtrail() {
    let shell = Shell::new();
    let write = |name: &str, text: &str| fs::write(shell.dir.path().join(name), text).unwrap();
    let entries = journal(&shell, "the primary does not answer");
    write("anchors", &format!("2 {}\n5 {}\n", entries[1].hash, entries[4].hash));
    let anchored = ["journal", "verify", "journal.jsonl", "--anchors", "anchors"];
    let (status, out, err) = shell.says(&anchored);
    assert!(status == 0 && out.contains("2 anchors agree"), "{out}{err}");
    // Cut off, and made anew: the chain alone holds both times.
    let text = fs::read_to_string(shell.dir.path().join("journal.jsonl")).unwrap();
    write("journal.jsonl", &text.split_inclusive('\n').take(4).collect::<String>());
    assert_eq!(shell.says(&anchored[..3]).0, 0);
    let (status, _, err) = shell.says(&anchored);
    assert!(status == 4 && err.contains("cut off"), "{err}");
    journal(&shell, "the primary answers");
    assert_eq!(shell.says(&anchored[..3]).0, 0);
    let (status, _, err) = shell.says(&anchored);
    assert!(status == 4 && err.contains("the chain was made anew"), "{err}");
    write("anchors", "2 abc\n");
    let (status, _, err) = shell.says(&anchored);
    assert!(status == 1 && err.contains("line 1: no anchor"), "{err}");

    let compared = ["journal", "verify", "journal.jsonl", "--against-cloudtrail", "events.json"];
    let event = |request: &str, name: &str| {
        serde_json::json!({
            "eventTime": "2026-03-03T14:04:59Z", "eventSource": "rds.amazonaws.com", "eventName": name,
            "awsRegion": "us-west-2", "requestID": request, "readOnly": false,
            "userAgent": "x md/handover-run#20260303T140020Z-shop-failover-ab12 md/handover-step#promote",
        })
    };
    let export =
        |events: &[serde_json::Value]| write("events.json", &serde_json::json!({ "Records": events }).to_string());
    export(&[event("req-1", "PromoteReadReplica")]);
    let (status, out, err) = shell.says(&compared);
    assert!(status == 0 && out.contains("(req-1): corroborated") && out.contains("1 of 1 requests"), "{out}{err}");
    export(&[]);
    let (status, out, _) = shell.says(&compared);
    assert!(status == 1 && out.contains("missing in CloudTrail"), "{out}");
    export(&[event("req-1", "DeleteDBInstance")]);
    let (status, out, _) = shell.says(&compared);
    assert!(status == 4 && out.contains("CONTRADICTED: the call"), "{out}");
    export(&[event("req-1", "PromoteReadReplica"), event("req-2", "DeleteDBInstance\u{1b}[2J")]);
    let (status, out, _) = shell.says(&compared);
    assert!(status == 4 && out.contains("not in the journal: rds.amazonaws.com DeleteDBInstance"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out:?}");
    write("events.json", "[]");
    let (status, _, err) = shell.says(&compared);
    assert!(status == 1 && err.contains("neither a log file"), "{err}");
}

#[test]
fn what_cannot_be_shipped_says_why() {
    let shell = Shell::new();
    let play = ["demo", "--autoplay", "--headless", "--speed", "60", "--scenario", "false-alarm"];
    assert_eq!(shell.says(&play).0, 3);
    for command in ["ship", "anchors"] {
        let (status, _, err) = shell.says(&["journal", command]);
        assert!(status == 1 && err.contains("a simulation's journal"), "{err}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_that_takes_longer_than_a_second_says_what_it_waits_for_and_takes_that_away_again() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let args = ["preflight", "--demo", "fineract", "--scenario", "region-outage"];

    let pty = common::pty::Pty::spawn(
        env!("CARGO_BIN_EXE_handover"),
        &args,
        &[("HOME", home), ("XDG_DATA_HOME", home)],
        120,
        40,
    );
    pty.wait_for("asking both Regions, IAM and every endpoint: ", std::time::Duration::from_secs(60));
    pty.wait_for("fineract-production: ", std::time::Duration::from_secs(60));
    assert!(!pty.screen().contains("ctrl-c leaves"), "{}", pty.screen());
}
