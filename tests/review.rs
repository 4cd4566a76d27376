//! The review: every mistake of the published documents is found in them, none in the presets; and for every rule there is an
//! edit of sound files that makes it fire, and nothing before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use handover::config::{Project, locate};
use handover::domain::board::Board;
use handover::domain::reading::{Observation, Value};
use handover::domain::region::Place;
use handover::domain::review::{Drilled, Finding, Live, RULES, Subject, review};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

fn subject(project: &Project) -> Subject<'_> {
    assert!(!project.diagnostics.has_errors(), "{}", project.diagnostics);
    Subject {
        service: project.service().unwrap(),
        runbooks: &project.runbooks,
        live: None,
        drills: None,
        today: date(2026, 3, 3),
    }
}

fn find(project: &Project) -> Vec<Finding> {
    review(&subject(project))
}

fn told(findings: &[Finding]) -> String {
    let line = |finding: &Finding| format!("{} {}: {}\n", finding.rule.id, finding.spot, finding.says);
    findings.iter().map(line).collect()
}

#[test]
fn the_presets_make_none_of_the_mistakes() {
    let mut all = String::new();
    for preset in locate::presets() {
        let project = Project::from_preset(preset);
        let mut found = find(&project);
        let waived = found.iter().filter(|finding| finding.waived.is_some()).count();
        assert_eq!(waived, project.service().unwrap().waivers.len(), "{}: a waiver covers nothing", preset.name);
        found.retain(|finding| finding.waived.is_none());
        if !found.is_empty() {
            all += &format!("{}:\n{}", preset.name, told(&found));
        }
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn every_rule_has_an_id_of_its_own_and_says_why_and_where_from() {
    for (at, rule) in RULES.iter().enumerate() {
        assert_eq!(rule.id, format!("HO{:03}", at + 1));
        for text in [rule.title, rule.why, rule.practice] {
            assert!(text.len() > 10 && !text.contains("  "), "{}: {text}", rule.id);
        }
        assert!(rule.source.starts_with("https://"), "{}", rule.id);
    }
}

fn sound() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sound")
}

/// The sound shop: its service file, its failover and its failback.
fn shop() -> [String; 3] {
    ["service.toml", "runbooks/failover.toml", "runbooks/failback.toml"]
        .map(|file| fs::read_to_string(sound().join("shop").join(file)).unwrap())
}

fn act(id: &str, component: &str, action: &str, on: &str) -> String {
    format!(
        "[[phase.step]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"act\"\ncomponent = \"{component}\"\naction = \"{action}\"\non = \"{on}\"\n\n"
    )
}

fn exec(id: &str, shell: &str) -> String {
    format!(
        "[[phase.step]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"exec\"\nhazard = \"write\"\ntimeout = \"5m\"\nshell = '''{shell}'''\n"
    )
}

/// The shop's files, edited, as a project.
fn project(folder: &Path, [service, failover, failback]: &[String; 3]) -> Project {
    fs::create_dir_all(folder.join("runbooks")).unwrap();
    fs::write(folder.join("service.toml"), service).unwrap();
    fs::write(folder.join("runbooks/failover.toml"), failover).unwrap();
    fs::write(folder.join("runbooks/failback.toml"), failback).unwrap();
    fs::copy(sound().join("shop/runbooks/restore.toml"), folder.join("runbooks/restore.toml")).unwrap();
    Project::from_file(&folder.join("service.toml"))
}

/// A rule, and what has to be edited in the sound shop for it to fire: its service, its failover, its failback.
struct Slip {
    rule: &'static str,
    at: &'static str,
    edit: fn(&mut String, &mut String, &mut String),
}

fn replace(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "{from}");
    *text = text.replacen(from, to, 1);
}

fn cut(text: &mut String, id: &str) {
    let from = text.find(&format!("[[phase.step]]\nid = \"{id}\"")).unwrap();
    let rest = text[from + 1..].find("[[phase.step]]").map_or(text.len(), |at| from + 1 + at);
    text.replace_range(from..rest, "");
}

fn before(text: &mut String, id: &str, step: &str) {
    let at = text.find(&format!("[[phase.step]]\nid = \"{id}\"")).unwrap();
    text.insert_str(at, step);
}

/// Adds lines to a step, after its title.
fn add(text: &mut String, id: &str, lines: &str) {
    let step = text.find(&format!("[[phase.step]]\nid = \"{id}\"")).unwrap();
    let title = step + text[step..].find("title = ").unwrap();
    let end = title + text[title..].find('\n').unwrap() + 1;
    text.insert_str(end, &format!("{lines}\n"));
}

const SLIPS: &[Slip] = &[
    Slip {
        rule: "HO001",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            before(over, "serves", &exec("slip", "aws rds wait db-instance-available --region us-west-2"));
        },
    },
    Slip { rule: "HO002", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "fence") },
    Slip {
        rule: "HO003",
        at: "runbooks/failover, step point",
        edit: |_, over, _| {
            cut(over, "point");
            before(over, "configure", &act("point", "traffic", "point", "target"));
        },
    },
    Slip {
        rule: "HO004",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| *over += &exec("slip", "aws route53 update-health-check --health-check-id east --disabled"),
    },
    Slip {
        rule: "HO005",
        at: "runbooks/failover, step point",
        edit: |service, _, _| replace(service, ", health_check = \"east\" }", " }"),
    },
    Slip {
        rule: "HO006",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            let call =
                "aws rds failover-global-cluster --region us-west-2 --target-db-cluster-identifier arn:aws:rds:x";
            before(over, "cache", &exec("slip", call));
        },
    },
    Slip { rule: "HO007", at: "runbooks/failover, step point", edit: |_, over, _| cut(over, "serves") },
    Slip { rule: "HO008", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "point") },
    Slip { rule: "HO009", at: "runbooks/failback, step promote", edit: |_, _, back| cut(back, "zero") },
    Slip {
        rule: "HO010",
        at: "runbooks/failback, step slip",
        edit: |_, _, back| {
            let call = "aws rds create-db-instance-read-replica --source-db-instance-identifier shop";
            before(back, "quiesce", &exec("slip", call));
        },
    },
    Slip {
        rule: "HO011",
        at: "runbooks/failover, step promote",
        edit: |_, over, _| {
            replace(over, "title = \"Fail over\"", "title = \"Planned move\"");
            cut(over, "fence");
        },
    },
    Slip {
        rule: "HO012",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| before(over, "serves", &exec("slip", "kubectl get pods")),
    },
    Slip {
        rule: "HO013",
        at: "components.checks",
        edit: |service, _, _| {
            *service += "\n[components.checks]\nkind = \"health-check\"\nprimary = { id = \"east\", simulated = \"CALCULATED\" }\nstandby = { id = \"west\" }\n";
        },
    },
    Slip {
        rule: "HO014",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            let call = "aws events put-rule --name auto-failover --event-pattern {\"source\":[\"aws.health\"]}";
            *over += &exec("slip", call);
        },
    },
    Slip { rule: "HO015", at: "runbooks/failover, step configure", edit: |_, over, _| cut(over, "restart") },
    Slip {
        rule: "HO016",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| before(over, "serves", &exec("slip", "./scripts/restore-sealed-secrets-keys.sh production")),
    },
    Slip {
        rule: "HO017",
        at: "runbooks/failback, step slip",
        edit: |_, _, back| {
            cut(back, "rebuild");
            before(back, "quiesce", &exec("slip", "aws rds start-db-instance --db-instance-identifier shop"));
        },
    },
    Slip {
        rule: "HO018",
        at: "components.metrics",
        edit: |service, _, _| {
            replace(service, "metric = \"ReplicaLag\"", "metric = \"AuroraReplicaLagMaximum\"");
            replace(service, "unit = \"seconds\"", "unit = \"milliseconds\"");
        },
    },
    Slip {
        rule: "HO019",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| *over += &exec("slip", "dig +short shop.example"),
    },
    Slip {
        rule: "HO020",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| before(over, "serves", &exec("slip", "sleep 60")),
    },
    Slip {
        rule: "HO021",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            *over += &exec("slip", "aws cloudfront update-distribution --id E1 --distribution-config file://d.json");
        },
    },
    Slip { rule: "HO022", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "cache") },
    Slip {
        rule: "HO023",
        at: "runbooks/failover, step promote",
        edit: |_, over, _| replace(over, "title = \"Fail over\"", "title = \"Data corruption\""),
    },
    Slip {
        rule: "HO024",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            before(over, "fence", &exec("slip", "aws sts assume-role --role-arn arn:aws:iam::1:role/dr"));
        },
    },
    Slip { rule: "HO025", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "freeze") },
    Slip {
        rule: "HO027",
        at: "runbooks/failover",
        edit: |_, over, _| replace(over, "expected = \"8m\"", "expected = \"28m\""),
    },
    Slip {
        rule: "HO028",
        at: "runbooks/failover, step point",
        edit: |_, over, _| {
            add(
                over,
                "point",
                "gates = [{ name = \"follows\", reading = \"database.target.role\", is = \"replica\" }]",
            );
        },
    },
    Slip {
        rule: "HO028",
        at: "runbooks/failback, step zero",
        edit: |_, _, back| {
            replace(
                back,
                "at_most = 0 }]",
                "at_most = 0 }, { reading = \"database.global.behind_bytes\", at_least = 5 }]",
            );
        },
    },
    Slip {
        rule: "HO029",
        at: "components.database",
        edit: |service, _, _| replace(service, "arn:aws:kms:us-west-2", "arn:aws:kms:us-east-1"),
    },
    Slip {
        rule: "HO030",
        at: "components.cluster",
        edit: |service, _, _| replace(service, "standby = 2 }", "standby = 1 }"),
    },
    Slip {
        rule: "HO031",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| before(over, "serves", &act("slip", "cluster", "scale-up", "target")),
    },
    Slip {
        rule: "HO033",
        at: "components.endpoint",
        edit: |service, _, _| {
            replace(service, "https://west.shop.example/health", "https://us-east-1.shop.example/health");
        },
    },
    Slip {
        rule: "HO035",
        at: "components.endpoint",
        edit: |_, over, _| replace(over, "  { reading = \"endpoint.target.health\", is = \"healthy\" },\n", ""),
    },
    Slip {
        rule: "HO036",
        at: "runbooks/failover, step slip",
        edit: |service, over, back| {
            let from = service.find("[components.cache]").unwrap();
            let to = service.find("[components.traffic]").unwrap();
            service.replace_range(from..to, "");
            cut(over, "cache");
            cut(back, "cache");
            let call = "aws elasticache failover-global-replication-group --global-replication-group-id ldgnf-shop";
            before(over, "serves", &exec("slip", call));
        },
    },
];

/// A rule about what is read: where it finds it, the reading, what it should be, and what makes it fire.
struct Read {
    rule: &'static str,
    at: &'static str,
    place: &'static str,
    fact: &'static str,
    sound: fn() -> Value,
    slip: fn() -> Value,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const READ: &[Read] = &[
    Read {
        rule: "HO026",
        at: "traffic",
        place: "global",
        fact: "ttl",
        sound: || Value::Seconds(60.0),
        slip: || Value::Seconds(300.0),
    },
    Read {
        rule: "HO032",
        at: "metrics",
        place: "us-west-2",
        fact: "silent_alarms",
        sound: || text(""),
        slip: || text("shop-lag"),
    },
    Read {
        rule: "HO037",
        at: "database",
        place: "us-west-2",
        fact: "backup_retention_days",
        sound: || Value::Number(7.0),
        slip: || Value::Number(0.0),
    },
    Read {
        rule: "HO038",
        at: "database",
        place: "us-west-2",
        fact: "instance_class",
        sound: || text("db.r6g.xlarge"),
        slip: || text("db.r6g.large"),
    },
    Read {
        rule: "HO039",
        at: "database",
        place: "us-west-2",
        fact: "engine_version",
        sound: || text("16.3"),
        slip: || text("15.7"),
    },
    Read {
        rule: "HO033",
        at: "secrets",
        place: "us-west-2",
        fact: "names_host_of",
        sound: || text("us-west-2"),
        slip: || text("us-east-1"),
    },
];

/// The rules that look at past drills.
const PAST: &[&str] = &["HO034"];

fn board(slip: Option<&Read>, now: Timestamp) -> Board {
    let mut board = Board::default();
    for read in READ {
        let place = if read.place == "global" { Place::Global } else { Place::Region(read.place.parse().unwrap()) };
        let here = READ.iter().filter(|other| (other.at, other.place) == (read.at, read.place));
        let seen = |place: &Place| {
            let mut seen = Observation::new("test");
            for read in here.clone() {
                let slips = *place == Place::Global || place.to_string() == read.place;
                let slips = slips && slip.is_some_and(|slip| slip.rule == read.rule);
                seen.fact(read.fact, if slips { (read.slip)() } else { (read.sound)() });
            }
            seen
        };
        board.record(read.at, &place, now, Duration::from_mins(1), &Ok(seen(&place)));
        // The primary's, with which some are compared.
        let primary = Place::Region("us-east-1".parse().unwrap());
        board.record(read.at, &primary, now, Duration::from_mins(1), &Ok(seen(&primary)));
    }
    board
}

#[test]
fn every_rule_about_readings_fires_on_its_slip_and_on_nothing_stale() {
    let dir = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-03-03T10:00:00Z".parse().unwrap();
    let found = |board: &Board, now, files: &[String; 3]| {
        let project = project(dir.path(), files);
        let live = Some(Live { board, now });
        review(&Subject { live, drills: Some(Drilled::Last(date(2026, 1, 5))), ..subject(&project) })
    };
    let sound = found(&board(None, now), now, &shop());
    assert!(sound.is_empty(), "{}", told(&sound));
    for read in READ {
        let board = board(Some(read), now);
        let mut files = shop();
        if read.at == "secrets" {
            // A step that switches what the application is told is what makes a secret's host harmless.
            cut(&mut files[1], "configure");
        }
        let all = found(&board, now, &files);
        let at = format!("components.{}", read.at);
        let fired = all.iter().any(|finding| finding.rule.id == read.rule && finding.spot.to_string() == at);
        assert!(fired, "{} at {at}: found\n{}", read.rule, told(&all));
        // Nothing is concluded from what is out of date.
        let later = found(&board, now + SignedDuration::from_mins(5), &files);
        assert!(!later.iter().any(|finding| finding.rule.id == read.rule), "{}", read.rule);
    }
}

#[test]
fn a_quarter_without_a_drill_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let project = project(dir.path(), &shop());
    let found = |drills| review(&Subject { drills, ..subject(&project) }).iter().map(|f| f.rule.id).collect::<Vec<_>>();
    assert!(found(None).is_empty());
    assert!(found(Some(Drilled::Last(date(2025, 12, 3)))).is_empty());
    assert_eq!(found(Some(Drilled::Last(date(2025, 12, 2)))), PAST);
    assert_eq!(found(Some(Drilled::Never)), PAST);
}

#[test]
fn nothing_is_found_in_sound_files() {
    let mut files = 0;
    for folder in ["shop", "bank", "web"] {
        let project = Project::from_file(&sound().join(folder).join("service.toml"));
        let found = find(&project);
        assert!(found.is_empty(), "{folder}:\n{}", told(&found));
        files += 1 + project.runbooks.len();
    }
    assert!(files >= 10, "{files}");
}

#[test]
fn every_rule_about_files_fires_on_its_slip_and_on_nothing_before() {
    let dir = tempfile::tempdir().unwrap();
    for rule in RULES {
        let known = SLIPS.iter().map(|slip| slip.rule).chain(READ.iter().map(|read| read.rule));
        let known = known.chain(PAST.iter().copied());
        assert!(known.into_iter().any(|id| id == rule.id), "nothing makes {} fire", rule.id);
    }
    let mut silent = String::new();
    for slip in SLIPS {
        let [mut service, mut over, mut back] = shop();
        (slip.edit)(&mut service, &mut over, &mut back);
        let found = find(&project(dir.path(), &[service, over, back]));
        if !found.iter().any(|finding| finding.rule.id == slip.rule && finding.spot.to_string() == slip.at) {
            silent += &format!("{} at {}: found\n{}\n", slip.rule, slip.at, told(&found));
        }
    }
    assert!(silent.is_empty(), "{silent}");
}

#[test]
fn a_waiver_covers_its_finding_up_to_its_last_day() {
    let dir = tempfile::tempdir().unwrap();
    let [service, mut over, back] = shop();
    cut(&mut over, "cache");
    let waived = |until: &str| {
        let waiver = format!("[[waivers]]\nrule = \"HO022\"\nreason = \"it holds nothing\"\nuntil = \"{until}\"\n");
        find(&project(dir.path(), &[format!("{service}\n{waiver}"), over.clone(), back.clone()]))
    };
    let covered = waived("2026-03-03");
    assert_eq!(covered.len(), 1, "{}", told(&covered));
    assert_eq!(covered[0].waived.as_ref().unwrap().reason, "it holds nothing");
    let over_now = waived("2026-03-02");
    assert!(over_now[0].waived.is_none());
}

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds/documents")
}

#[test]
fn every_mistake_of_the_documents_is_found_where_it_is() {
    let list = fs::read_to_string(documents().join("mistakes.tsv")).unwrap();
    let (mut missed, mut numbers) = (Vec::new(), std::collections::BTreeSet::new());
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [number, folder, file, part] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let found = find(&Project::from_file(&documents().join(folder).join("service.toml")));
        let spots = if file == "service" && part == "-" {
            vec!["service".to_owned()]
        } else if file == "service" {
            vec![format!("components.{part}")]
        } else {
            // What is missing is said of the runbook where no step is to blame for it.
            vec![format!("runbooks/{file}, step {part}"), format!("runbooks/{file}")]
        };
        let rule = format!("HO{:03}", number.parse::<u32>().unwrap());
        numbers.insert(rule.clone());
        if !found.iter().any(|finding| finding.rule.id == rule && spots.contains(&finding.spot.to_string())) {
            missed.push(line.to_owned());
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    assert_eq!(numbers.len(), 25, "{numbers:?}");
}

#[test]
fn the_document_has_every_rule_as_the_program_prints_it() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/review.md");
    let printed = handover::report::review::catalogue();
    assert!(
        fs::read_to_string(document).unwrap_or_default() == printed,
        "docs/review.md is not what `handover check --rules` prints:\n{printed}"
    );
}
