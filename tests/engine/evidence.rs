//! Missing, stale or failing evidence never passes a gate; a gate is overridden one at a time, by name, with a reason.

use handover::domain::command::Command;
use handover::domain::gate::Verdict;
use handover::domain::run::Ending;

use crate::audit::audit;
use crate::rig::{Rig, confirm};

const LAG: &str = "data loss within the RPO";
const FENCE: &str = "the old primary is fenced";

#[tokio::test(start_paused = true)]
async fn stale_evidence_stops_the_call_until_its_gate_is_overridden_by_name() {
    let rig = Rig::short("region-outage");
    let mut desk = rig.boot();
    desk.pass(240).await;
    desk.arm().await;
    desk.say(Command::Skip { step: "fence".into(), reason: "out of reach".into() });
    desk.ended("fence").await;
    let over = |gate: &str, reason: &str| Command::Override {
        step: "promote".into(),
        gate: gate.to_owned(),
        reason: reason.to_owned(),
    };
    let why = desk.refused(over("not backing up", "early")).await;
    assert!(why.contains("not been looked at"), "{why}");
    let (plan, gates) = desk.plan("promote").await.unwrap();
    let open: Vec<_> = desk.run.open_questions("promote", &gates).iter().map(|gate| gate.name.clone()).collect();
    assert_eq!(open, [LAG, FENCE]);
    assert_eq!(gates.iter().find(|gate| gate.name == LAG).unwrap().verdict, Verdict::Unknown);
    let why = desk.refused(confirm(&plan)).await;
    assert!(why.contains(LAG), "{why}");
    for (gate, reason, wanted) in [
        (LAG, "", "reason"),
        (LAG, " \t", "reason"),
        ("replica is available", "x", "passes"),
        ("not backing up", "x", "passes"),
        ("*", "x", "no gate"),
        ("", "x", "no gate"),
    ] {
        let why = desk.refused(over(gate, reason)).await;
        assert!(why.contains(wanted), "{gate:?} {reason:?}: {why}");
    }
    assert_eq!(rig.ledger.count(), 0);
    desk.say(over(LAG, "the series ends with the Region"));
    desk.pass(1).await;
    let why = desk.refused(confirm(&plan)).await;
    assert!(why.contains(FENCE) && !why.contains(LAG), "{why}");
    desk.say(over(FENCE, "it is out of reach"));
    desk.pass(1).await;
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    let overrides = rig.lines.entries().iter().filter(|entry| entry.body.kind() == "override").count();
    assert_eq!(overrides, 2);
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_gate_holds_back_checks_attestations_and_programs_too() {
    let gate = "gates = [{ name = \"public answers\", reading = \"endpoint.source.health\", is = \"healthy\" }]\n";
    let runbook = format!(
        "[runbook]\nid = \"failover\"\ntitle = \"t\"\ndescription = \"d\"\nway = \"failover\"\n[[phase]]\ntitle = \"p\"\n\
         [[phase.step]]\nid = \"say\"\ntitle = \"s\"\nkind = \"attest\"\nstatement = \"so\"\n{gate}\
         [[phase.step]]\nid = \"run\"\ntitle = \"r\"\nkind = \"exec\"\nhazard = \"none\"\nrun = [\"true\"]\ntimeout = \"1m\"\nafter = [\"other\"]\n{gate}\
         [[phase.step]]\nid = \"other\"\ntitle = \"o\"\nkind = \"attest\"\nstatement = \"so\"\nafter = [\"first\"]\n\
         [[phase.step]]\nid = \"first\"\ntitle = \"o\"\nkind = \"attest\"\nstatement = \"so\"\n"
    );
    let runbook = runbook.replace("after = [\"other\"]\n", "").replace("after = [\"first\"]\n", "");
    let rig = Rig::new(&runbook, &crate::rig::with("region-outage", ""), 5);
    let mut desk = rig.boot();
    desk.pass(15).await;
    let say = || Command::Attest { step: "say".into(), note: String::new(), when: None };
    let why = desk.refused(say()).await;
    assert!(why.contains("public answers"), "{why}");
    desk.arm().await;
    desk.say(Command::Override { step: "say".into(), gate: "public answers".into(), reason: "it is gone".into() });
    desk.pass(1).await;
    desk.say(say());
    assert_eq!(desk.ended("say").await, Ending::Attested);
    let why = desk.refused(Command::Start("run".into())).await;
    assert!(why.contains("public answers"), "{why}");
}
