//! The policies that `handover iam` prints: every action of every kind has its permissions, the README names the same, and a
//! run's policy has what its steps call and no more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use handover::config::{Project, facts, locate};
use handover::domain::permissions::{TELLING, acting, observer, policy, publishing, runs, trail, watching};
use handover::domain::service::Service;

fn presets() -> Vec<Project> {
    locate::presets().iter().map(Project::from_preset).collect()
}

#[test]
fn every_action_of_every_kind_has_its_permissions() {
    for project in presets() {
        for component in &project.service().unwrap().components {
            for action in facts::actions(&component.spec) {
                let (kind, name) = (component.spec.kind(), action.name);
                assert!(acting(&component.spec, name).is_some(), "{kind} {name}");
            }
        }
    }
}

/// Whatever looks like an action of IAM in the README's table of permissions.
fn documented() -> BTreeSet<String> {
    let readme = include_str!("../README.md");
    let table = readme.split_once("| kind | to watch | to act |").unwrap().1.split_once("\n\n").unwrap().0;
    let words = table.split('`').filter(|word| {
        word.split_once(':').is_some_and(|(service, name)| {
            service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && name.starts_with(|c: char| c.is_ascii_uppercase())
        })
    });
    words.map(str::to_owned).collect()
}

fn read(fixture: &str) -> Service {
    let source = handover::config::source::Source::new("service.toml", fixture.as_bytes());
    let project = Project::from_sources(handover::config::project::Origin::Preset("fixture"), &source, &[]);
    assert!(!project.diagnostics.has_errors(), "{}", project.diagnostics);
    project.service().unwrap().clone()
}

/// A service whose journals are kept in both ways.
fn kept() -> Service {
    read(include_str!("fixtures/good/trail.toml"))
}

/// A service whose metrics are published.
fn published() -> Service {
    read(include_str!("fixtures/good/metrics.toml"))
}

#[test]
fn whoever_publishes_metrics_may_write_to_their_namespace_alone() {
    let service = published();
    let all = policy(&runs(&service, &[]));
    let mut statements = all["Statement"].as_array().unwrap().iter();
    let publish = statements.find(|statement| statement["Sid"] == "Publish").unwrap();
    assert_eq!(publish["Action"], serde_json::json!(["cloudwatch:PutMetricData"]));
    assert_eq!(publish["Condition"]["StringEquals"]["cloudwatch:namespace"], "MultiRegion");
    assert!(!policy(&observer(&service)).to_string().contains("PutMetricData"));
    assert_eq!(publishing(&kept()), None);
}

#[test]
fn whoever_ships_a_journal_can_neither_change_nor_delete_it() {
    let service = kept();
    let text = policy(&runs(&service, &[])).to_string();
    for wanted in [
        "arn:aws:logs:us-west-2:*:log-group:/handover/journals:*",
        "arn:aws:s3:::shop-trail-west/audit/*",
        "s3:PutObjectRetention",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    for never in ["Delete", "Bypass", "PutRetentionPolicy", "PutObjectLegalHold"] {
        assert!(!text.contains(never), "{never}: {text}");
    }
    assert!(!policy(&observer(&service)).to_string().contains("logs:"));
}

#[test]
fn the_readme_names_the_same_permissions() {
    let mut known = BTreeSet::new();
    let fixture = include_str!("fixtures/control.toml");
    let control = handover::config::source::Source::new("service.toml", fixture.as_bytes());
    let control = Project::from_sources(handover::config::project::Origin::Preset("control"), &control, &[]);
    for project in presets().iter().chain([&control]) {
        for component in &project.service().unwrap().components {
            known.extend(watching(&component.spec).iter().map(|action| (*action).to_owned()));
            for action in facts::actions(&component.spec) {
                let needs = acting(&component.spec, action.name).unwrap_or_default();
                known.extend(needs.iter().map(|action| (*action).to_owned()));
            }
        }
    }
    known.insert(TELLING.to_owned());
    known.extend(trail(&kept()).iter().flat_map(|statement| &statement.actions).map(|action| (*action).to_owned()));
    known.extend(publishing(&published()).iter().flat_map(|of| &of.actions).map(|action| (*action).to_owned()));
    let mut documented = documented();
    // Always allowed, and needed where a service file says so; neither is a preset's.
    for other in ["sts:GetCallerIdentity", "secretsmanager:GetSecretValue", "kms:Decrypt"] {
        documented.remove(other);
        known.remove(other);
    }
    assert_eq!(documented, known);
}

#[test]
fn a_runs_policy_has_what_its_steps_call_and_no_more() {
    let fineract = &presets()[0];
    let service = fineract.service().unwrap();
    let drill = policy(&runs(service, &[fineract.runbook("drill").unwrap()])).to_string();
    assert!(drill.contains("rds:RestoreDBInstanceFromDBSnapshot"), "{drill}");
    for never in ["rds:PromoteReadReplica", "route53:ChangeResourceRecordSets"] {
        assert!(!drill.contains(never), "{drill}");
    }
    let failover = policy(&runs(service, &[fineract.runbook("failover").unwrap()]));
    let text = failover.to_string();
    for wanted in [
        "rds:PromoteReadReplica",
        "arn:aws:rds:us-west-2:*:db:fineract-production-replica",
        "arn:aws:route53:::hostedzone/Z0FINERACTEXAMPLE",
        "\"route53:ChangeResourceRecordSetsNormalizedRecordNames\":[\"api.fineract.com\"]",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(failover["Version"], "2012-10-17");
    for statement in failover["Statement"].as_array().unwrap() {
        let sid = statement["Sid"].as_str().unwrap();
        assert!(!sid.is_empty() && sid.bytes().all(|b| b.is_ascii_alphanumeric()), "{sid}");
        let resources = statement["Resource"].as_array().unwrap();
        assert!(!resources.is_empty(), "{statement}");
        // What writes names what it writes to.
        assert!(sid.starts_with("Watch") || resources.iter().all(|resource| resource != "*"), "{statement}");
    }
}

#[test]
fn what_a_drill_throws_away_is_what_it_has_restored() {
    let fineract = &presets()[0];
    let drill = runs(fineract.service().unwrap(), &[fineract.runbook("drill").unwrap()]);
    let discard = drill.iter().find(|statement| statement.sid == "DiscardBackups").unwrap();
    assert_eq!(discard.actions, ["rds:DeleteDBInstance", "rds:DeleteDBSnapshot"]);
    for resource in &discard.resources {
        let own = resource.contains(":db:fineract-drill-") || resource.contains(":snapshot:handover-");
        assert!(own, "{resource}");
    }
    let others = drill.iter().filter(|statement| statement.sid != "DiscardBackups");
    assert!(others.flat_map(|statement| &statement.actions).all(|action| !action.contains("Delete")));
}

#[test]
fn contents_are_read_where_the_service_file_names_them() {
    for project in presets() {
        for statement in observer(project.service().unwrap()) {
            let holds = statement
                .actions
                .iter()
                .any(|action| ["s3:", "secretsmanager:", "ssm:"].iter().any(|service| action.starts_with(service)));
            assert!(!holds || statement.resources.iter().all(|resource| resource != "*"), "{statement:?}");
        }
    }
}

#[test]
fn whoever_only_watches_is_allowed_nothing_that_writes() {
    let reads = ["Describe", "Get", "List"];
    for project in presets() {
        for statement in observer(project.service().unwrap()) {
            for action in statement.actions {
                let name = action.split_once(':').unwrap().1;
                assert!(reads.iter().any(|read| name.starts_with(read)), "{action}");
            }
        }
    }
}
