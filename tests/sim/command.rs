//! Declared programs in a simulation: nothing is run.

use std::sync::Arc;

use handover::config::{Source, service as files};
use handover::domain::plan::Settlement;
use handover::domain::reading::{Value, Why};
use handover::domain::region::Place;
use handover::domain::service::Service;
use handover::ports::Component;

use crate::support::{answering, ask_on, carry_out, east, fineract, rig_for, scenario_with, west};

/// Whoever ran it would be told so: there is no such program.
const PROGRAM: &str = "handover-there-is-no-such-program";

fn shop() -> Service {
    let good = include_str!("../fixtures/good/service.toml");
    let (head, _) = good.split_once("[components.endpoint]").unwrap();
    let text = format!(
        "{head}[components.peering]\nkind = \"command\"\nobserve = [\"{PROGRAM}\", \"{{region}}\"]\n\
         facts.state = {{ path = \"/Peerings/0/Status\", type = \"words\", words = [\"pending\", \"active\"], \
         healthy = \"active\", simulated = {{ primary = \"active\", standby = \"pending\" }} }}\n\
         facts.age = {{ path = \"/Age\", type = \"seconds\", simulated = \"90s\" }}\n\
         facts.other = {{ path = \"/Other\", type = \"bool\" }}\n[components.peering.actions]\n\
         accept = {{ run = [\"{PROGRAM}\"], hazard = \"write\", on = \"target\", changes = \"Accepted.\", \
         done = {{ fact = \"state\", is = \"active\" }} }}\n\
         tell = {{ run = [\"{PROGRAM}\"], hazard = \"write\", on = \"target\", changes = \"Told.\" }}\n"
    );
    let mut shop = fineract();
    let declared = files::read(&Source::new("service.toml", text.as_bytes())).sound().unwrap();
    shop.components.extend(declared.components);
    shop
}

fn peering(rig: &crate::support::Rig) -> Arc<dyn Component> {
    answering(rig, &shop())["peering"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_fact_is_what_the_file_says_until_an_action_has_made_it_so() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let peering = peering(&rig);
    let here = Place::Region(east());
    let seen = peering.observe(&here).await.unwrap();
    assert_eq!(seen.value("state"), Some(&Value::Text("active".into())));
    assert_eq!(seen.value("age"), Some(&Value::Seconds(90.0)));
    assert_eq!(seen.value("other"), None, "what is not simulated is not read");
    let there = Place::Region(west());
    assert_eq!(peering.observe(&there).await.unwrap().value("state"), Some(&Value::Text("pending".into())));
    let (settled, took) = carry_out(&rig, &peering, &ask_on(&shop(), "peering", "accept", &west())).await;
    assert!(matches!(settled, Settlement::Done(_)) && took > 0, "{settled:?} after {took} s");
    assert_eq!(peering.observe(&there).await.unwrap().value("state"), Some(&Value::Text("active".into())));
    let (settled, _) = carry_out(&rig, &peering, &ask_on(&shop(), "peering", "tell", &west())).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(rig.regions.mutations().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_program_fails_with_its_region_and_as_the_scenario_has_it() {
    let rig = rig_for(&shop(), &scenario_with("region-outage", ""));
    rig.pass(300).await;
    let unread = peering(&rig).observe(&Place::Region(east())).await.unwrap_err();
    assert_eq!(unread.why, Why::TimedOut, "{unread}");
    assert!(peering(&rig).observe(&Place::Region(west())).await.is_ok());
    let rig = rig_for(&shop(), &scenario_with("calm", &format!("[[program]]\nname = \"{PROGRAM}\"\nexit = 7\n")));
    let unread = peering(&rig).observe(&Place::Region(west())).await.unwrap_err();
    assert!(unread.message.contains("exit status 7"), "{unread}");
    assert!(rig.regions.mutations().is_empty());
}
