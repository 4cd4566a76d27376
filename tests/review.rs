//! The review: every mistake of the published documents is found in them, none in the presets; and for every rule there is an
//! edit of sound files that makes it fire, and nothing before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::fs;
use std::path::{Path, PathBuf};

use handover::config::{Project, locate};
use handover::domain::review::{Finding, RULES, Subject, review};
use jiff::civil::date;

fn find(project: &Project) -> Vec<Finding> {
    assert!(!project.diagnostics.has_errors(), "{}", project.diagnostics);
    let subject = Subject { service: project.service().unwrap(), runbooks: &project.runbooks };
    review(&subject, date(2026, 3, 3))
}

fn told(findings: &[Finding]) -> String {
    let line = |finding: &Finding| format!("{} {}: {}\n", finding.rule.id, finding.spot, finding.says);
    findings.iter().map(line).collect()
}

#[test]
fn the_presets_make_none_of_the_mistakes() {
    for preset in locate::presets() {
        let found = find(&Project::from_preset(preset));
        assert!(found.is_empty(), "{}:\n{}", preset.name, told(&found));
    }
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

const SERVICE: &str = r#"
[service]
name = "shop"
environment = "production"
primary = "us-east-1"
standby = "us-west-2"

[objectives]
rto = "30m"
rpo = "5m"

[lag]
warn = "1m"
breach = "5m"

[components.endpoint]
kind = "endpoint"
primary = { url = "https://east.shop.example/health" }
standby = { url = "https://west.shop.example/health" }

[components.database]
kind = "rds-replica"
primary = { instance = "shop" }
standby = { instance = "shop-replica" }

[components.database.sql]
primary = "shop.east.example:5432"
standby = "shop.west.example:5432"
database = "shop"
user = "handover"
password_env = "PASSWORD"
app_user = "shop_app"

[components.cluster]
kind = "kubernetes"
primary = { context = "shop-us-east-1" }
standby = { context = "shop-us-west-2" }
namespace = "shop"
workloads = ["deployment/api"]
replicas = { primary = 2, standby = 2 }
applications = ["shop"]

[components.cluster.connection]
secret = "shop-database"
key = "host"
primary = "shop.east.example"
standby = "shop.west.example"

[components.cache]
kind = "elasticache-global"
global = "ldgnf-shop"
primary = { group = "shop-east" }
standby = { group = "shop-west" }

[components.traffic]
kind = "route53-failover"
zone = "Z0SHOP"
record = "shop.example"
primary = { target = "east.shop.example", health_check = "east" }
standby = { target = "west.shop.example", health_check = "west" }
resolvers = ["1.1.1.1:53", "8.8.8.8:53"]

[components.metrics]
kind = "cloudwatch"
primary = { alarms = [] }
standby = { alarms = [] }

[components.metrics.lag]
namespace = "AWS/RDS"
metric = "ReplicaLag"
unit = "seconds"
dimension = { DBInstanceIdentifier = "shop-replica" }
region = "standby"
"#;

fn act(id: &str, component: &str, action: &str, on: &str, after: &str) -> String {
    let after = if after.is_empty() { String::new() } else { format!("after = [{after}]\n") };
    format!(
        "[[phase.step]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"act\"\ncomponent = \"{component}\"\naction = \"{action}\"\non = \"{on}\"\n{after}"
    )
}

fn failover() -> String {
    let mut text = String::from(
        "[runbook]\nid = \"failover\"\ntitle = \"Fail over\"\nway = \"failover\"\n\n[[phase]]\ntitle = \"All\"\n\n",
    );
    text += &act("freeze", "cluster", "suspend-sync", "target", "");
    text += &act("fence", "database", "fence", "source", "");
    text += &act("promote", "database", "promote", "target", "");
    text += &act("cache", "cache", "failover", "target", "");
    text += &act("configure", "cluster", "patch-connection", "target", "");
    text += &act("restart", "cluster", "restart", "target", "");
    text += "[[phase.step]]\nid = \"serves\"\ntitle = \"serves\"\nkind = \"wait\"\ntimeout = \"5m\"\nuntil = [\n  { reading = \"database.target.takes_writes\", is = true },\n  { reading = \"cluster.target.available\", is = true },\n]\n";
    text += &act("point", "traffic", "point", "target", "");
    text
}

fn failback() -> String {
    let mut text = String::from(
        "[runbook]\nid = \"failback\"\ntitle = \"Fail back\"\nway = \"failback\"\n\n[[phase]]\ntitle = \"All\"\n\n",
    );
    text += &act("freeze", "cluster", "suspend-sync", "target", "");
    text += &act("quiesce", "database", "fence", "source", "");
    text += "[[phase.step]]\nid = \"zero\"\ntitle = \"zero\"\nkind = \"wait\"\ntimeout = \"5m\"\nuntil = [{ reading = \"database.global.behind_bytes\", at_most = 0 }]\n";
    text += &act("promote", "database", "promote", "target", "");
    text += &act("cache", "cache", "failover", "target", "");
    text += &act("configure", "cluster", "patch-connection", "target", "");
    text += &act("restart", "cluster", "restart", "target", "");
    text += "[[phase.step]]\nid = \"serves\"\ntitle = \"serves\"\nkind = \"check\"\nexpect = [{ reading = \"database.target.takes_writes\", is = true }]\n";
    text += &act("point", "traffic", "point", "target", "");
    text
}

fn exec(id: &str, shell: &str) -> String {
    format!(
        "[[phase.step]]\nid = \"{id}\"\ntitle = \"{id}\"\nkind = \"exec\"\nhazard = \"write\"\ntimeout = \"5m\"\nshell = '''{shell}'''\n"
    )
}

/// Sound files, as a project.
fn project(folder: &Path, service: &str, failover: &str, failback: &str) -> Project {
    fs::create_dir_all(folder.join("runbooks")).unwrap();
    fs::write(folder.join("service.toml"), service).unwrap();
    fs::write(folder.join("runbooks/failover.toml"), failover).unwrap();
    fs::write(folder.join("runbooks/failback.toml"), failback).unwrap();
    Project::from_file(&folder.join("service.toml"))
}

/// A rule, and what has to be edited in the sound files for it to fire.
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

const SLIPS: &[Slip] = &[
    Slip {
        rule: "HO001",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            before(over, "serves", &exec("slip", "aws rds wait db-instance-available --region us-west-2"))
        },
    },
    Slip { rule: "HO002", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "fence") },
    Slip {
        rule: "HO003",
        at: "runbooks/failover, step point",
        edit: |_, over, _| {
            cut(over, "point");
            before(over, "configure", &act("point", "traffic", "point", "target", ""));
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
            replace(over, "Fail over", "Planned move");
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
            before(back, "quiesce", &exec("slip", "aws rds start-db-instance --db-instance-identifier shop"))
        },
    },
    Slip {
        rule: "HO018",
        at: "components.metrics",
        edit: |service, _, _| replace(service, "metric = \"ReplicaLag\"", "metric = \"AuroraReplicaLagMaximum\""),
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
            *over += &exec("slip", "aws cloudfront update-distribution --id E1 --distribution-config file://d.json")
        },
    },
    Slip { rule: "HO022", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "cache") },
    Slip {
        rule: "HO023",
        at: "runbooks/failover, step promote",
        edit: |_, over, _| replace(over, "Fail over", "Data corruption"),
    },
    Slip {
        rule: "HO024",
        at: "runbooks/failover, step slip",
        edit: |_, over, _| {
            before(over, "fence", &exec("slip", "aws sts assume-role --role-arn arn:aws:iam::1:role/dr"))
        },
    },
    Slip { rule: "HO025", at: "runbooks/failover, step promote", edit: |_, over, _| cut(over, "freeze") },
];

#[test]
fn every_rule_fires_on_its_slip_and_on_nothing_before() {
    let dir = tempfile::tempdir().unwrap();
    let sound = find(&project(dir.path(), SERVICE, &failover(), &failback()));
    assert!(sound.is_empty(), "{}", told(&sound));
    for rule in RULES {
        assert!(SLIPS.iter().any(|slip| slip.rule == rule.id), "nothing makes {} fire", rule.id);
    }
    for slip in SLIPS {
        let (mut service, mut over, mut back) = (SERVICE.to_owned(), failover(), failback());
        (slip.edit)(&mut service, &mut over, &mut back);
        let found = find(&project(dir.path(), &service, &over, &back));
        let fired = found.iter().any(|finding| finding.rule.id == slip.rule && finding.spot.to_string() == slip.at);
        assert!(fired, "{} at {}: found\n{}", slip.rule, slip.at, told(&found));
    }
}

#[test]
fn a_waiver_covers_its_finding_up_to_its_last_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut over = failover();
    cut(&mut over, "cache");
    let waiver = |until: &str| {
        format!("{SERVICE}\n[[waivers]]\nrule = \"HO022\"\nreason = \"it holds nothing\"\nuntil = \"{until}\"\n")
    };
    let covered = find(&project(dir.path(), &waiver("2026-03-03"), &over, &failback()));
    assert_eq!(covered.len(), 1, "{}", told(&covered));
    assert_eq!(covered[0].waived.as_ref().unwrap().reason, "it holds nothing");
    let over_now = find(&project(dir.path(), &waiver("2026-03-02"), &over, &failback()));
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
        let spot =
            if file == "service" { format!("components.{part}") } else { format!("runbooks/{file}, step {part}") };
        let rule = format!("HO{:03}", number.parse::<u32>().unwrap());
        numbers.insert(rule.clone());
        if !found.iter().any(|finding| finding.rule.id == rule && spots.contains(&finding.spot.to_string())) {
            missed.push(line.to_owned());
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    assert_eq!(numbers.len(), 25, "{numbers:?}");
}
