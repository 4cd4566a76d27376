//! Pictures of the console, text and styles, at the sizes that it knows; and that no size and no text breaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod console;
mod docs;
mod fuzz;
mod keys;
mod mouse;
mod numbered;
mod sizes;
mod states;
mod svg;
mod themes;
mod wall;
#[path = "../common/written.rs"]
#[allow(unreachable_pub, reason = "as in the other helpers")]
mod written;

use std::sync::Arc;
use std::time::Duration;

use console::{Console, at, east, gates, picture, promote, seen, text, west};
use handover::app::{Effect, Role};
use handover::domain::command::{Command, Event};
use handover::domain::debrief::{Handled, Revealed, Secret, Truth};
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::notice::Severity;
use handover::domain::people::OnCall;
use handover::domain::reading::{Health, Value};
use handover::domain::region::Place;
use handover::domain::run::Ending;
use handover::domain::service::{Contact, Escalation, Notify, NotifyBy, Service};
use handover::domain::writers::Split;
use handover::ui::Depth;
use insta::assert_snapshot;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Takes a picture at each size.
fn pictures(name: &str, make: impl Fn() -> Console) {
    pictures_at(name, &SIZES, make);
}

/// Takes a picture at some sizes.
fn pictures_at(name: &str, sizes: &[(u16, u16)], make: impl Fn() -> Console) {
    for (width, height) in sizes {
        let (width, height) = (*width, *height);
        let mut console = make();
        let buffer = console.draw(width, height, Depth::TrueColour, true);
        assert_snapshot!(format!("{name}-{width}x{height}"), picture(&buffer));
    }
}

fn ready_to_promote(stale: bool) -> Console {
    let mut console = Console::outage(Role::Lead);
    console.at_promotion();
    console.planned(promote(), gates(stale));
    console
}

fn confirming() -> Console {
    let mut console = ready_to_promote(false);
    console.arm();
    console.keys("enter");
    console.planned(promote(), gates(false));
    console.keys("promote");
    console
}

fn settling() -> Console {
    let mut console = ready_to_promote(false);
    console.arm();
    console.settling();
    console
}

fn observer() -> Console {
    Console::outage(Role::Observer { lead: "anna@bastion".into() })
}

fn latched() -> Console {
    let mut console = ready_to_promote(false);
    console.engine(Event::Latched { why: "fdatasync failed: no space left on device".into() });
    for _ in 0..12 {
        console.tick(1);
    }
    console
}

fn all_done() -> Console {
    let mut console = settling();
    let steps: Vec<String> = console.model.run.runbook.steps().map(|(_, step)| step.id.clone()).collect();
    for step in steps {
        if !console.model.state(&step).is_ended() {
            console.settle(&step, Ending::Done, "by fresh evidence");
        }
    }
    console.entry(Body::RunClosed { outcome: RunOutcome::Verified, says: "writes and reads pass on us-west-2".into() });
    console
}

#[test]
fn opening_on_an_outage() {
    pictures("opening", || Console::outage(Role::Lead));
}

#[test]
fn a_planned_step_with_a_stale_gate() {
    pictures("planned-stale-gate", || ready_to_promote(true));
}

#[test]
fn a_guided_step_with_a_stale_gate() {
    pictures("guided", || {
        let mut console = ready_to_promote(true);
        console.arm();
        console.keys("i");
        console
    });
}

#[test]
fn a_guided_step_that_is_under_way_and_one_that_is_over() {
    pictures("guided-settling", || {
        let mut console = settling();
        console.keys("i");
        console
    });
    pictures("guided-done", || {
        let mut console = settling();
        console.settle("promote", Ending::Done, "available, no source, out of recovery");
        console.model.selected = console.model.rows.iter().position(|row| row.id == "promote").unwrap();
        console.keys("i");
        console
    });
}

#[test]
fn at_every_size_a_guided_console_leaves_the_plan_and_its_gates_readable() {
    for (width, height) in SIZES {
        let mut console = ready_to_promote(true);
        console.arm();
        console.keys("i l");
        let shown = picture(&console.draw(width, height, Depth::TrueColour, true));
        for part in ["1.3 Promote", "lag within RPO", "overrides it by name", "❯", "API ✖ down"] {
            assert!(shown.contains(part), "{width}x{height} lacks {part:?}:\n{shown}");
        }
    }
}

#[test]
fn the_first_page_of_a_guided_run() {
    pictures("guided-first-page", || {
        let mut console = Console::outage(Role::Lead);
        console.keys("I");
        console
    });
}

/// A run that was opened with a surprise is closed: what it came to is told.
fn debriefed() -> Console {
    let secret = Secret { name: "old-primary-returns".into(), nonce: "7".into() };
    let mut console = ready_to_promote(false);
    console.entry_by("handover", Body::SurpriseSealed { sha256: secret.seal() });
    console.arm();
    console.settling();
    console.settle("promote", Ending::Done, "available, no source, out of recovery");
    let sprung = Some(at(100));
    let splits = vec![Split { component: "database".into(), regions: vec![east(), west()] }];
    console.tick(140);
    console.entry_by("handover", Body::SplitBrain { splits });
    console.tick(95);
    console.entry(Body::Note { text: "the old primary is back: both take writes".into() });
    let steps: Vec<String> = console.model.run.runbook.steps().map(|(_, step)| step.id.clone()).collect();
    for step in steps {
        if !console.model.state(&step).is_ended() {
            console.settle(&step, Ending::Skipped, "not what is looked at here");
        }
    }
    let truth =
        Truth { rows_lost: Some(417), loss_ms: Some(3_200), writers: vec![east(), west()], traffic: Some(west()) };
    let told = Revealed {
        secret,
        title: "The old primary returns".into(),
        says: "A minute after the promotion the lost Region answered again, and its database took writes.".into(),
        remedy: "Fence it as soon as the console shows two writers.".into(),
        sprung,
        signs: vec!["both".into()],
        handled: Handled::OneWriter,
    };
    console.entry_by("handover", Body::Debriefed { truth, surprise: Some(Box::new(told)) });
    console.entry(Body::RunClosed { outcome: RunOutcome::Verified, says: "so it is".into() });
    console
}

#[test]
fn what_an_exercise_came_to() {
    pictures("debrief", debriefed);
    let shown = picture(&debriefed().draw(120, 40, Depth::TrueColour, true));
    for part in ["The old primary returns", "not handled", "both take writes", "its seal is in the journal", "better"] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
}

#[test]
fn the_gates_of_a_step() {
    pictures("gates", || {
        let mut console = ready_to_promote(true);
        console.arm();
        console.keys("enter");
        console
    });
}

#[test]
fn confirming_the_promotion() {
    pictures("confirming", confirming);
}

#[test]
fn arming() {
    pictures("arming", || {
        let mut console = Console::outage(Role::Lead);
        console.keys("A y");
        console
    });
}

#[test]
fn while_it_settles() {
    pictures("settling", settling);
}

#[test]
fn a_channel_that_fails_shows_with_what_waits_for_it() {
    let mut console = ready_to_promote(false);
    let mut service = Service::clone(&console.model.service);
    let by = NotifyBy::Slack { url_env: "CHAT".to_owned() };
    service.notify = vec![Notify { name: "team-chat".to_owned(), from: Severity::Info, by }];
    console.model.service = Arc::new(service);
    let shown = |console: &mut Console| picture(&console.draw(120, 40, Depth::TrueColour, true));
    console.arm();
    assert!(!shown(&mut console).contains("waiting"), "nothing fails yet");
    let keys = vec!["run/1".to_owned()];
    let untold = Body::Untold { channel: "team-chat".to_owned(), keys, why: "HTTP 500".to_owned(), given_up: false };
    console.entry(untold);
    let owed = console.model.run.telling.owed("team-chat", Severity::Info);
    assert!(!owed.is_empty());
    assert!(shown(&mut console).contains(&format!("team-chat ✖ {} waiting", owed.len())));
    let keys = owed.iter().map(|notice| notice.key.clone()).collect();
    console.entry(Body::Told { channel: "team-chat".to_owned(), keys, attempt: 3, answer: "ok".to_owned() });
    assert!(!shown(&mut console).contains("✖ 0 waiting") && !shown(&mut console).contains("waiting"));
}

#[test]
fn when_all_is_done() {
    pictures("done", all_done);
}

#[test]
fn the_help() {
    pictures("help", || {
        let mut console = Console::outage(Role::Lead);
        console.keys("?");
        console
    });
}

#[test]
fn the_whole_plan() {
    pictures("whole-plan", || {
        let mut console = Console::outage(Role::Lead);
        console.keys("W");
        console
    });
}

#[test]
fn what_a_run_will_need() {
    use handover::domain::preflight::{Area, Preflight, Row, Verdict};
    pictures("preflight", || {
        let mut console = Console::outage(Role::Lead);
        let row = |area, what: &str, verdict, says: &str, remedy: &str| {
            let (what, says, remedy) = (what.to_owned(), says.to_owned(), remedy.to_owned());
            Row { area, what, verdict, says, remedy }
        };
        let denied = "rds:PromoteReadReplica: no policy allows it";
        let policy = "`handover iam` prints the policy that a run needs";
        let hangs = "route53.amazonaws.com: timed out: no answer within 5 s; for failover 2.3";
        let left = "it is in the Region that a failover leaves: the records' health checks lead to the standby";
        let rows = vec![
            row(Area::Identity, "who we are in us-west-2", Verdict::Good, "assumed-role/dr-operations/anna", ""),
            row(Area::Permissions, "ActDatabase in us-west-2", Verdict::Bad, denied, policy),
            row(Area::Permissions, "ActTraffic in us-east-1", Verdict::Good, "route53:ChangeResourceRecordSets", ""),
            row(Area::Endpoints, "route53 in us-east-1", Verdict::Wanting, hangs, left),
            row(Area::Endpoints, "lambda in us-west-2", Verdict::Unknown, "it was not asked yet; only read", ""),
            row(Area::Programs, "kubectl", Verdict::Good, "/usr/bin/kubectl", ""),
        ];
        let identity = Some("arn:aws:sts::123456789012:assumed-role/dr-operations/anna".to_owned());
        console.engine(Event::Preflight(Arc::new(Preflight { at: at(-720), identity, clock_ms: Some(0), rows })));
        // One that is old is shown, and asked for anew.
        console.keys("F");
        assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Preflight))));
        console
    });
}

#[test]
fn what_the_review_finds() {
    pictures("review", || {
        let mut console = Console::outage(Role::Lead);
        // A standby without backups, of another size than the primary.
        let facts = [("backup_retention_days", Value::Number(0.0)), ("engine_version", text("15.4"))];
        let result = Arc::new(seen(Health::Healthy, "replica available, replicating", &facts));
        let place = Place::Region(west());
        let (component, at, fresh_for) = ("database".to_owned(), at(0), Duration::from_mins(1));
        console.engine(Event::Looked { component, place, at, fresh_for, result });
        console.keys("V");
        console
    });
}

#[test]
fn two_sides_take_writes() {
    let alarm = || {
        let mut console = settling();
        let splits = vec![Split { component: "database".into(), regions: vec![east(), west()] }];
        console.entry_by("handover", Body::SplitBrain { splits });
        console
    };
    pictures("split-brain", alarm);
    // On the smallest screens that show anything of a step, too.
    for (width, height) in [(60, 15), (40, 8)] {
        let shown = picture(&alarm().draw(width, height, Depth::None, false));
        assert!(shown.contains("SPLIT BRAIN"), "{shown}");
    }
    let mut over = alarm();
    over.entry_by("handover", Body::SplitBrain { splits: Vec::new() });
    assert!(!picture(&over.draw(80, 24, Depth::TrueColour, true)).contains("SPLIT BRAIN"));
}

#[test]
fn a_run_that_is_held() {
    pictures("held", || {
        let mut console = ready_to_promote(false);
        console.entry(Body::Paused { reason: "the vendor is on the phone".into() });
        console.tick(185);
        console
    });
}

#[test]
fn the_palette() {
    pictures("palette", || {
        let mut console = Console::outage(Role::Lead);
        console.keys(": step");
        console
    });
}

#[test]
fn an_observers_console() {
    pictures("observer", observer);
}

/// Somebody watches, the lead is handed over, and it is written down who is on the call.
fn handed_over() -> Console {
    let mut console = observer();
    console.model.operator = "ben".into();
    let one = |name: &str, role: Option<&str>| OnCall { name: name.into(), role: role.map(str::to_owned) };
    console.entry(Body::LeadChange { lead: "anna".into(), host: "bastion".into() });
    let people = vec![one("anna", Some("Incident Commander")), one("ben", Some("database")), one("chris", None)];
    console.entry(Body::OnCall { people });
    console.tick(90);
    console.entry(Body::LeadOffered { to: "ben".into(), reason: "my shift ends".into() });
    console
}

#[test]
fn the_people_of_a_run_and_whom_to_call() {
    pictures("people", || {
        let mut console = handed_over();
        let mut service = Service::clone(&console.model.service);
        let contact = |role: &str, reach: &str| Contact { role: role.into(), reach: reach.into() };
        service.people.contacts =
            vec![contact("Incident commander", "pager ledger-ic"), contact("Database lead", "pager ledger-db")];
        let (when, what) = ("complete outage".into(), "page all leads at once".into());
        service.people.escalation = vec![Escalation { severity: 1, when, what }];
        console.model.service = Arc::new(service);
        console.keys("@");
        console
    });
}

#[test]
fn taking_the_lead() {
    pictures("taking-the-lead", || {
        let mut console = handed_over();
        console.tick(20);
        console.keys("L");
        console
    });
}

#[test]
fn latched_read_only() {
    pictures("latched", latched);
}

#[test]
fn in_ascii_without_colour() {
    let buffer = confirming().draw(120, 40, Depth::None, false);
    for cell in &buffer.content {
        assert!(cell.symbol().is_ascii(), "{:?}", cell.symbol());
    }
    assert_snapshot!("ascii-120x40", picture(&settling().draw(120, 40, Depth::None, false)));
}

#[test]
fn the_mode_the_active_region_and_the_running_step_are_there_at_any_size() {
    for (width, height) in [(60, 15), (70, 23), (60, 6), (80, 24), (120, 40)] {
        let text = picture(&settling().draw(width, height, Depth::TrueColour, true));
        assert!(text.contains("SIMULATION"), "{text}");
        assert!(text.contains("active us-east-1"), "{text}");
        assert!(text.contains("1.3 Promote the read"), "{width}x{height} {text}");
    }
    assert_snapshot!("small-60x15", picture(&settling().draw(60, 15, Depth::TrueColour, true)));
    assert_snapshot!("tiny-20x5", picture(&settling().draw(20, 5, Depth::TrueColour, true)));
}

#[test]
fn no_size_makes_it_panic() {
    let makes: [fn() -> Console; 6] = [confirming, settling, all_done, latched, observer, || {
        let mut console = Console::outage(Role::Lead);
        console.keys("?");
        console
    }];
    let mut consoles: Vec<Console> = makes.iter().map(|make| make()).collect();
    for number in 2..=8 {
        let mut console = numbered::under_way();
        console.keys(&format!("{number} enter"));
        consoles.push(console);
    }
    for mut console in consoles {
        for (width, height) in
            [(0, 0), (1, 1), (1, 40), (200, 1), (2, 2), (3, 3), (20, 5), (60, 15), (79, 23), (81, 24), (300, 100)]
        {
            console.draw(width, height, Depth::Indexed, true);
        }
        for width in 0..40 {
            console.draw(width, width / 2, Depth::Ansi, false);
        }
    }
}

#[test]
fn what_waits_in_the_dialog_is_not_lost_by_a_resize() {
    let mut console = confirming();
    console.send(handover::app::Msg::Resize);
    assert_eq!(console.model.modals.len(), 1);
    assert!(picture(&console.draw(80, 24, Depth::TrueColour, true)).contains("> promote"));
}

/// A console on which every text from outside is hostile.
fn hostile() -> Console {
    use handover::domain::reading::{Health, Unread, Why};
    use handover::domain::region::Place;
    let evil = "\u{1b}[31m\u{9b}2J\u{7}\u{202e}gpj\u{2066}\u{0}\u{7f}\u{200b}界\u{301}\u{fe0f}\r\n\t";
    let evil = format!("{evil}{}", evil.repeat(300));
    let mut console = ready_to_promote(true);
    for component in ["endpoint", "database", "secrets", "metrics", "traffic"] {
        for place in [Place::Region(console::east()), Place::Region(console::west()), Place::Global] {
            let facts = [("status", handover::domain::reading::Value::Text(evil.clone()))];
            let mut seen = console::seen(Health::Down, "x", &facts);
            // Past the domain's own cleaning: the last line of defence is the drawing.
            seen.as_mut().unwrap().summary.clone_from(&evil);
            console.looked(component, place.clone(), 0, 15, seen);
            if component == "secrets" {
                let unread = Unread { why: Why::Other, message: evil.clone() };
                console.looked(component, place, 0, 15, Err(unread));
            }
        }
    }
    let mut plan = promote();
    plan.by_hand.clone_from(&evil);
    plan.changes = vec![evil.clone()];
    plan.accepting = Some(evil.clone());
    plan.call.params = vec![(evil.clone(), evil.clone())];
    let mut bad = gates(true);
    bad[0].name.clone_from(&evil);
    bad[0].evidence.value.clone_from(&evil);
    console.planned(plan, bad);
    console.entry(Body::Note { text: evil.clone() });
    console.engine(Event::Output { step: "promote".into(), line: evil.clone() });
    console.engine(Event::Progress { step: "promote".into(), text: evil.clone(), next: None });
    console.engine(Event::Refused { why: evil.clone() });
    console.send(handover::app::Msg::Say(handover::app::model::Level::Bad, evil));
    console
}

#[test]
fn hostile_texts_reach_no_cell() {
    for open in ["", "enter", "o", "n", ":"] {
        for (width, height) in [(80, 24), (120, 40), (200, 60), (33, 9)] {
            let mut console = hostile();
            console.arm();
            if !open.is_empty() {
                console.keys(open);
            }
            let buffer = console.draw(width, height, Depth::TrueColour, true);
            for cell in &buffer.content {
                let harmful = |c: char| {
                    c.is_control()
                        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
                };
                assert!(!cell.symbol().chars().any(harmful), "{:?} at {width}x{height}", cell.symbol());
            }
        }
    }
}
