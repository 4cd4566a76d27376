//! The Fineract preset: it loads, and it carries the whole checklist that it replaces.

use std::time::Duration;

use handover::config::{Files, Project, locate};
use handover::domain::runbook::{Action, Hazard, Runbook};

/// The items of the "Manual Failover Checklist" of document 000, as they stand there.
const CHECKLIST: [(&str, &[&str]); 7] = [
    (
        "Pre-Failover",
        &[
            "Confirm primary region outage (not false alarm)",
            "Verify DR region health",
            "Notify stakeholders of pending failover",
            "Start incident timer (RTO tracking)",
            "Gather team on incident call",
        ],
    ),
    (
        "Step 1",
        &[
            "Promote RDS read replica to primary",
            "Wait for promotion: `aws rds wait db-instance-available`",
            "Verify database is writable",
        ],
    ),
    (
        "Step 2",
        &[
            "Update Route 53 to point to DR region",
            "Verify DNS propagation: `dig api.fineract.com`",
            "Test from multiple locations",
        ],
    ),
    ("Step 3", &["Restore sealed secrets keys from replica", "Verify key compatibility", "Check controller logs"]),
    (
        "Step 4",
        &[
            "Configure kubectl for DR cluster",
            "Deploy ArgoCD applications",
            "Wait for all pods to be ready",
            "Verify service endpoints",
        ],
    ),
    (
        "Step 5",
        &[
            "Test Fineract API: `curl https://api.fineract.com/health`",
            "Test Keycloak authentication",
            "Test frontend applications",
            "Check all critical workflows",
        ],
    ),
    (
        "Post-Failover",
        &[
            "Update incident status (failover complete)",
            "Monitor for 1 hour",
            "Document issues encountered",
            "Update audit log: `operations/sealed-secrets-key-audit.yaml`",
            "Schedule post-mortem",
        ],
    ),
];

fn fineract() -> Project {
    Project::from_preset(&locate::preset("fineract").unwrap())
}

fn failover() -> Runbook {
    fineract().runbook("failover").expect("the runbook loads").clone()
}

/// Whether a step can only start when another has ended.
fn waits_for(runbook: &Runbook, step: &str, other: &str) -> bool {
    runbook.needs(step).into_iter().any(|need| need == other || waits_for(runbook, need, other))
}

#[test]
fn every_preset_loads_without_a_diagnostic() {
    for preset in locate::presets() {
        let project = Project::from_preset(preset);
        assert!(project.diagnostics.is_empty(), "{}", project.diagnostics);
        assert_eq!(project.runbooks.len(), preset.runbooks.len());
        assert!(project.service().is_some());
    }
}

#[test]
fn a_preset_written_to_disk_is_the_same_project() {
    let preset = locate::preset("fineract").unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("runbooks")).unwrap();
    std::fs::write(dir.path().join("service.toml"), preset.service_toml).unwrap();
    for (name, text) in preset.runbooks {
        std::fs::write(dir.path().join("runbooks").join(name), text).unwrap();
    }
    let path = locate::find(None, dir.path(), None).unwrap();
    let project = Project::from_file(&path);
    assert!(project.diagnostics.is_empty(), "{}", project.diagnostics);
    assert_eq!(project.service(), fineract().service());
    // From a folder they come by their names.
    let mut runbooks = fineract().runbooks;
    runbooks.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(project.runbooks, runbooks);
}

#[test]
fn what_is_read_ahead_is_what_is_read_of_all() {
    for preset in locate::presets() {
        let project = Project::from_preset(preset);
        for runbook in &project.runbooks {
            let ahead = Files::of_preset(preset).ahead(&runbook.id).unwrap();
            assert_eq!(Some(&*ahead.service), project.service());
            assert_eq!(ahead.runbook, *runbook);
            assert_eq!(ahead.service_toml, preset.service_toml);
            assert!(preset.runbooks.contains(&(format!("{}.toml", runbook.id).as_str(), &ahead.runbook_toml)));
            assert_eq!(ahead.runbooks[..], project.runbooks);
        }
        assert!(Files::of_preset(preset).ahead("nonsense").is_none());
    }
}

#[test]
fn of_files_with_errors_nothing_is_read_ahead_and_another_runbook_s_errors_keep_nobody_waiting() {
    let preset = locate::preset("fineract").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let (failover, failback) = (runbook_text(&preset, "failover.toml"), runbook_text(&preset, "failback.toml"));
    let ahead = || Files::of_file(&dir.path().join("service.toml")).unwrap().ahead("failover");
    assert!(Files::of_file(&dir.path().join("service.toml")).is_err());
    put("service.toml", preset.service_toml);
    assert!(ahead().is_none(), "there is no runbook");
    put("runbooks/failover.toml", failover);
    put("runbooks/failback.toml", &failback.replace("title", "tilte"));
    let read = ahead().unwrap();
    assert_eq!(read.runbooks[..], [read.runbook]);
    put("runbooks/failover.toml", &failover.replace("title", "tilte"));
    assert!(ahead().is_none(), "the runbook has errors");
    put("runbooks/failover.toml", failover);
    put("service.toml", &preset.service_toml.replace("rto", "rot"));
    assert!(ahead().is_none(), "the service has errors");
}

fn runbook_text(preset: &locate::Preset, file: &str) -> &'static str {
    preset.runbooks.iter().find(|(name, _)| *name == file).unwrap().1
}

#[test]
fn the_service_has_the_objectives_and_thresholds_of_its_document() {
    let project = fineract();
    let service = project.service().unwrap();
    let minutes = |minutes: u64| Duration::from_mins(minutes);
    assert_eq!((service.objectives.rto, service.objectives.rpo), (minutes(30), minutes(15)));
    assert_eq!((service.lag.warn, service.lag.breach), (minutes(5), minutes(15)));
    let ids: Vec<&str> = service.components.iter().map(|component| component.id.as_str()).collect();
    assert_eq!(ids, ["endpoint", "database", "backups", "cluster", "traffic", "secrets", "reports", "metrics"]);
}

#[test]
fn every_item_of_the_checklist_is_carried_exactly_once() {
    let runbook = failover();
    // Other parts of the document have items that stand in this runbook, too.
    let in_checklist = |text: &&str| CHECKLIST.iter().any(|(part, _)| text.starts_with(&format!("000 · {part} · ")));
    let mut carried: Vec<&str> = runbook.steps().map(|(_, step)| step.carries.as_str()).filter(in_checklist).collect();
    let mut items: Vec<String> = CHECKLIST
        .iter()
        .flat_map(|(part, items)| items.iter().map(move |item| format!("000 · {part} · {item}")))
        .collect();
    carried.sort_unstable();
    items.sort_unstable();
    assert_eq!(carried, items);
}

#[test]
fn the_order_is_the_safe_one() {
    let runbook = failover();
    for (step, before) in [
        ("freeze-automation", "decide"),
        ("fence", "freeze-automation"),
        ("promote", "fence"),
        ("verify-writes", "wait-promoted"),
        ("restart-controller", "restore-keys"),
        ("switch-database", "verify-writes"),
        ("switch-database", "freeze-automation"),
        ("deploy", "switch-database"),
        ("scale-pods", "switch-database"),
        ("restart-pods", "switch-database"),
        ("wait-pods", "scale-pods"),
        ("point-traffic", "wait-pods"),
        ("point-traffic", "verify-writes"),
        ("point-traffic", "verify-endpoints"),
        ("point-traffic", "verify-keys"),
        ("test-api", "point-traffic"),
        ("monitor", "test-workflows"),
        ("unfreeze-automation", "monitor"),
    ] {
        assert!(waits_for(&runbook, step, before), "{step} must wait for {before}");
    }
    // The critical path is what the RTO is made of: these must not wait for the promotion.
    for step in ["scale-cluster", "restore-keys"] {
        assert!(!waits_for(&runbook, step, "promote"), "{step} must run beside the promotion");
    }
    let last = "schedule-post-mortem";
    for (_, step) in runbook.steps().filter(|(_, step)| step.id != last) {
        assert!(waits_for(&runbook, last, &step.id), "the run would end without {}", step.id);
    }
}

/// The length of the longest chain of steps up to a milestone's step, by what they are expected to take.
fn path_to(runbook: &Runbook, id: &str) -> Duration {
    let own = runbook.step(id).and_then(|step| step.expected).unwrap_or_default();
    own + runbook.needs(id).into_iter().map(|need| path_to(runbook, need)).max().unwrap_or_default()
}

#[test]
fn the_expected_path_from_alarm_to_verified_fits_the_rto() {
    let runbook = failover();
    let path = path_to(&runbook, "test-api");
    assert!(path <= Duration::from_mins(30), "{path:?}");
}

#[test]
fn every_step_tells_the_operator_what_to_look_at() {
    for (_, step) in failover().steps() {
        assert!(step.title.chars().count() <= 48, "{}", step.title);
        let sentences = step.guidance.matches(['.', '?']).count();
        assert!((1..=5).contains(&sentences) && step.guidance.len() <= 400, "{}: {}", step.id, step.guidance);
        assert!(step.expected.is_some(), "{}", step.id);
        assert!(!step.guidance.contains('\n') && !step.differs.contains('\n'), "{}", step.id);
    }
}

#[test]
fn what_changes_the_world_says_so_and_names_its_cluster() {
    for (_, step) in failover().steps() {
        match &step.action {
            Action::Exec(exec) => {
                let kubectl = exec.run.first().is_some_and(|program| program == "kubectl");
                assert!(!kubectl || exec.run.iter().any(|word| word == "--context"), "{}", step.id);
            }
            Action::Act { action, .. } => {
                let least = if action == "promote" { Hazard::Irreversible } else { Hazard::Write };
                assert_eq!(step.hazard, least, "{}", step.id);
            }
            _ => assert_eq!(step.hazard, Hazard::None, "{}", step.id),
        }
    }
}

#[test]
fn no_line_of_a_preset_is_too_wide() {
    for preset in locate::presets() {
        let texts = preset.runbooks.iter().map(|(_, text)| *text).chain([preset.service_toml]);
        for line in texts.flat_map(str::lines) {
            assert!(line.chars().count() <= 120, "{line}");
        }
    }
}
