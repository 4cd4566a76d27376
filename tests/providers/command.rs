//! Declared programs, really run.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use handover::config::{Source, service as files};
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::redact::Redactor;
use handover::domain::region::Place;
use handover::domain::service::Service;
use handover::ports::Component;
use handover::providers::command::live::Programs;

use super::support::{ask, authorised, declared, east, west};

const HEAD: &str = "[service]\nname = \"shop\"\nenvironment = \"production\"\nprimary = \"us-east-1\"\n\
                    standby = \"us-west-2\"\n[objectives]\nrto = \"30m\"\nrpo = \"15m\"\n[lag]\nwarn = \"5m\"\nbreach = \"15m\"\n";

/// A service with one component of declared programs, `observe` and the rest of whose table are given.
fn service(rest: &str) -> Service {
    let text = format!("{HEAD}[components.peering]\nkind = \"command\"\n{rest}");
    let loaded = files::read(&Source::new("service.toml", text.as_bytes()));
    assert!(!loaded.diagnostics.has_errors(), "{}", loaded.diagnostics);
    loaded.sound().unwrap()
}

fn over(service: &Service, dir: &Path) -> Arc<dyn Component> {
    let redactor = Redactor::new(["hunter2hunter2".to_owned()]);
    declared(service, Arc::new(Programs::new(redactor, Some(dir.to_owned()))))
}

const FILES: &str = "observe = [\"cat\", \"{region}.json\"]\n\
    facts.state = { path = \"/Peerings/0/Status\", type = \"words\", words = [\"active\", \"deleted\"], healthy = \"active\" }\n\
    facts.note = { path = \"/Note\", type = \"text\" }\n\
    facts.spent = { path = \"/Spent\", type = \"number\", at_most = 900 }\n";

#[tokio::test]
async fn facts_are_read_by_pointer_and_what_is_not_there_is_absent() {
    let dir = tempfile::tempdir().unwrap();
    let write = |region: &str, text: &str| std::fs::write(dir.path().join(format!("{region}.json")), text).unwrap();
    write(
        "us-east-1",
        r#"{ "Peerings": [{ "Status": "active" }], "Note": "by hunter2hunter2 \u001b[31m", "Spent": "812.5" }"#,
    );
    write("us-west-2", r#"{ "Peerings": [{ "Status": "odd" }], "Note": null, "Spent": 901 }"#);
    let peering = over(&service(FILES), dir.path());
    let seen = peering.observe(&Place::Region(east())).await.unwrap();
    assert_eq!((seen.health, seen.source.as_str()), (Health::Healthy, "command:cat us-east-1"));
    assert_eq!(seen.value("spent"), Some(&Value::Number(812.5)));
    assert_eq!(seen.value("note"), Some(&Value::Text("by [redacted] \\u{1b}[31m".into())));
    let seen = peering.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "not as it should be: spent 901"));
    assert_eq!((seen.value("state"), seen.value("note")), (None, None), "never guessed");
    assert_eq!(seen.unread.len(), 2);
    assert!(seen.unread[0].1.message.contains("one of active, deleted"), "{:?}", seen.unread);
    write("us-west-2", r#"{ "Peerings": [], "Note": "", "Spent": 1 }"#);
    let seen = peering.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Unknown, "what should be healthy was not read");
    assert!(peering.observe(&Place::Global).await.is_err());
}

#[tokio::test]
async fn a_program_that_fails_hangs_or_prints_too_much_is_no_reading() {
    let dir = tempfile::tempdir().unwrap();
    let ask = async |observe: &str| {
        let service = service(&format!(
            "place = \"global\"\nobserve = {observe}\ntimeout = \"1s\"\nfacts.all = {{ type = \"text\" }}\n"
        ));
        let unread = over(&service, dir.path()).observe(&Place::Global).await.unwrap_err();
        (unread.why, unread.message)
    };
    let (why, said) = ask(r#"["sh", "-c", "echo \"password=hunter2hunter2 denied\" >&2; exit 3"]"#).await;
    assert_eq!(why, Why::Other);
    assert!(said.contains("exit status 3") && said.contains("[redacted]") && !said.contains("hunter2"), "{said}");
    assert_eq!(ask(r#"["sleep", "30"]"#).await.0, Why::TimedOut);
    let (why, said) = ask(r#"["handover-there-is-no-such-program"]"#).await;
    assert_eq!(why, Why::Other);
    assert!(said.contains("could not be started"), "{said}");
    assert_eq!(ask(r#"["echo", "hello"]"#).await.0, Why::Malformed);
    let (why, said) = ask(r#"["head", "-c", "1100000", "/dev/zero"]"#).await;
    assert_eq!(why, Why::Malformed, "{said}");
    assert!(said.contains("mebibyte"), "{said}");
}

/// What stands for a shell's own words comes through as it is.
#[tokio::test]
async fn no_shell_reads_an_argument() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(
        "place = \"global\"\nobserve = [\"printf\", '\"%s\"', '$(touch made) ; `id` > made {a: b} {primary}']\n\
         facts.all = { type = \"text\" }\n",
    );
    let seen = over(&service, dir.path()).observe(&Place::Global).await.unwrap();
    let expected = "$(touch made) ; `id` > made {a: b} us-east-1";
    assert_eq!(seen.value("all"), Some(&Value::Text(expected.into())));
    assert!(!dir.path().join("made").exists());
    assert_eq!(seen.health, Health::Unknown, "nothing says what would be well");
}

const ACTIONS: &str = "\n[components.peering.actions]\n\
    accept = { run = [\"cp\", \"accepted.json\", \"{region}.json\"], hazard = \"write\", on = \"target\", changes = \"The peering in {region} is accepted.\", done = { fact = \"state\", is = \"active\" } }\n\
    fail = { run = [\"sh\", \"-c\", \"echo cannot >&2; exit 4\"], hazard = \"write\", on = \"target\", changes = \"Nothing.\", done = { fact = \"state\", is = \"active\" } }\n\
    blind = { run = [\"touch\", \"made\"], hazard = \"irreversible\", on = \"target\", changes = \"A file is made.\" }\n\
    slow = { run = [\"sleep\", \"30\"], hazard = \"write\", on = \"target\", changes = \"It sleeps.\", timeout = \"500ms\", done = { fact = \"state\", is = \"active\" } }\n\
    none = { run = [\"handover-there-is-no-such-program\"], hazard = \"write\", on = \"target\", changes = \"Nothing.\" }\n";

#[tokio::test]
async fn an_action_is_settled_by_its_fact() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("us-west-2.json", r#"{ "Peerings": [{ "Status": "deleted" }], "Note": "n", "Spent": 1 }"#);
    write("accepted.json", r#"{ "Peerings": [{ "Status": "active" }], "Note": "n", "Spent": 1 }"#);
    let service = service(&format!("{FILES}{ACTIONS}"));
    let peering = over(&service, dir.path());
    let plan = peering.plan(&ask(&service, "fail", &west())).await.unwrap();
    let receipt = peering.perform(&authorised(&plan)).await.unwrap();
    let Settlement::Failed(said, evidence) = peering.settle(&plan, Some(&receipt), Duration::ZERO).await else {
        panic!()
    };
    assert!(said.contains("exit status 4") && evidence[1].value.contains("cannot"), "{said} {evidence:?}");

    let slow = peering.plan(&ask(&service, "slow", &west())).await.unwrap();
    let error = peering.perform(&authorised(&slow)).await.unwrap_err();
    assert!(matches!(error, PerformError::Unknown { .. }), "{error}");
    assert!(matches!(peering.settle(&slow, None, Duration::from_secs(5)).await, Settlement::InProgress(..)));
    let settled = peering.settle(&slow, None, Duration::from_secs(90)).await;
    assert!(matches!(settled, Settlement::CannotTell(_)), "half of it may be done: {settled:?}");

    let plan = peering.plan(&ask(&service, "accept", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "command:accept in us-west-2");
    assert_eq!(plan.by_hand, "cp accepted.json us-west-2.json");
    assert_eq!(plan.changes[0], "The peering in us-west-2 is accepted.");
    assert_eq!(plan.basis[1].value, "deleted");
    let mut other = plan.clone();
    other.call.params[1].1 = "/etc/passwd".into();
    assert!(matches!(peering.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    assert!(matches!(peering.settle(&plan, None, Duration::ZERO).await, Settlement::InProgress(..)));
    let receipt = peering.perform(&authorised(&plan)).await.unwrap();
    let settled = peering.settle(&plan, Some(&receipt), Duration::ZERO).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert!(peering.plan(&ask(&service, "accept", &west())).await.unwrap_err().already);
    let refusal = peering.plan(&ask(&service, "accept", &east())).await.unwrap_err();
    assert!(refusal.reason.contains("cannot be read now"), "{refusal}");
}

#[tokio::test]
async fn without_a_fact_the_exit_status_alone_tells() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(&format!("{FILES}{ACTIONS}"));
    let peering = over(&service, dir.path());
    let plan = peering.plan(&ask(&service, "blind", &west())).await.unwrap();
    assert_eq!(plan.phrase.as_deref(), Some("blind us-west-2"));
    assert!(plan.changes[1].contains("exit status"), "{:?}", plan.changes);
    let receipt = peering.perform(&authorised(&plan)).await.unwrap();
    assert!(dir.path().join("made").exists());
    assert!(matches!(peering.settle(&plan, Some(&receipt), Duration::ZERO).await, Settlement::Done(_)));
    assert!(matches!(peering.settle(&plan, None, Duration::from_secs(600)).await, Settlement::CannotTell(_)));
    let plan = peering.plan(&ask(&service, "none", &west())).await.unwrap();
    let error = peering.perform(&authorised(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::Refused { .. }), "it was never started: {error}");
}
