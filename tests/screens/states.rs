//! States that are easy to forget: nobody is logged in, another account, production, names that nobody expects, a step that waits for
//! an hour, nothing there at all.

use std::sync::Arc;

use handover::app::screen::Screen;
use handover::app::{Effect, Role};
use handover::domain::account::Account;
use handover::domain::command::{Command, Event};
use handover::domain::reading::{Health, Observation, Unread, Why};
use handover::domain::region::Place;
use handover::domain::run::{Ending, Mode};
use handover::domain::service::Service;
use handover::ui::Depth;

use super::console::{Console, at, picture, west};
use super::{SIZES, pictures, ready_to_promote, settling};

const ACCOUNT: &str = "123456789012";

fn shown(console: &mut Console, (width, height): (u16, u16)) -> String {
    picture(&console.draw(width, height, Depth::TrueColour, true))
}

/// The service, changed.
fn with_service(console: &mut Console, change: impl FnOnce(&mut Service)) {
    let mut service = Service::clone(&console.model.service);
    change(&mut service);
    console.model.service = Arc::new(service);
    console.model.refresh_rows();
}

/// A live run, in an account.
fn live(environment: &str, account: &str, alias: Option<&str>) -> Console {
    let mut console = ready_to_promote(false);
    console.model.run.mode = Mode::Live;
    with_service(&mut console, |service| {
        environment.clone_into(&mut service.environment);
        service.aws.account = Some(ACCOUNT.to_owned());
        service.aws.profile = Some("dr-operations".to_owned());
    });
    let account = Account::new(account, alias, console.model.service.aws.account.as_deref());
    console.engine(Event::Account(Arc::new(account)));
    console
}

fn logged_out() -> Console {
    let mut console = live("production", ACCOUNT, None);
    let expired = "the SSO session associated with this profile has expired or is otherwise invalid";
    for component in ["database", "secrets", "metrics"] {
        console.looked(component, Place::Region(west()), 0, 15, Err(Unread::new(Why::Auth, expired)));
    }
    console
}

#[test]
fn production_looks_like_nothing_else() {
    pictures("state-production", || live("production", ACCOUNT, Some("bank-production")));
    for size in SIZES {
        let production = shown(&mut live("production", ACCOUNT, None), size);
        assert!(production.contains(" PRODUCTION "), "{production}");
        let staging = shown(&mut live("staging", ACCOUNT, None), size);
        assert!(staging.contains(" staging ") && !staging.contains("PRODUCTION"), "{staging}");
        let simulated = shown(&mut ready_to_promote(false), size);
        assert!(!simulated.contains("PRODUCTION"), "a simulation writes to nobody's production: {simulated}");
    }
}

#[test]
fn whose_account_it_is_is_there_where_there_is_room() {
    let wide = shown(&mut live("production", ACCOUNT, Some("bank-production")), (200, 60));
    assert!(wide.contains("account 123456789012 (bank-production)"), "{wide}");
}

#[test]
fn another_account_is_told_at_every_size() {
    pictures("state-wrong-account", || {
        let mut console = live("production", "210987654321", Some("bank-staging"));
        console.keys("A");
        console
    });
    let mut console = live("production", "210987654321", None);
    let before = console.effects.len();
    console.keys("A y enter");
    assert_eq!(console.effects.len(), before, "it cannot be armed: {:?}", &console.effects[before..]);
    for (width, height) in [(40, 6), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let told = shown(&mut live("production", "210987654321", None), (width, height));
        assert!(told.contains("WRONG ACCOUNT"), "{width}x{height} {told}");
    }
}

#[test]
fn who_is_logged_out_is_told_what_to_do() {
    pictures("state-logged-out", logged_out);
    for size in SIZES {
        let told = shown(&mut logged_out(), size);
        assert!(told.contains("no credentials: aws sso login"), "{told}");
    }
    // An outage is no lack of credentials.
    assert!(!shown(&mut live("production", ACCOUNT, None), (120, 40)).contains("no credentials"));
}

#[test]
fn what_is_denied_says_so_and_names_the_right() {
    let mut console = live("production", ACCOUNT, None);
    let denied = "secretsmanager:DescribeSecret us-west-2: not authorized to perform secretsmanager:DescribeSecret";
    console.looked("secrets", Place::Region(west()), 0, 15, Err(Unread::new(Why::Denied, denied)));
    for size in SIZES {
        let told = shown(&mut console, size);
        // On the smallest it is one of those that are told in one line.
        let says = if size == SIZES[0] { "more: ? unknown" } else { "denied" };
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn a_title_of_three_hundred_characters_and_a_name_from_right_to_left() {
    let odd = || {
        let mut console = settling();
        with_service(&mut console, |service| service.description = "שירות התשלומים של הבנק".to_owned());
        console.model.operator = "נועה".to_owned();
        for phase in &mut console.model.run.runbook.phases {
            for step in &mut phase.steps {
                step.title = if step.id == "promote" {
                    "promote it ".repeat(28)
                } else {
                    format!("قاعدة البيانات {}", step.id)
                };
            }
        }
        console.model.refresh_rows();
        console
    };
    assert!(odd().model.step().is_some_and(|step| step.title.len() >= 300));
    pictures("state-odd-texts", odd);
    for screen in Screen::ALL {
        for size in SIZES {
            let mut console = odd();
            console.keys(&screen.number().to_string());
            let told = shown(&mut console, size);
            assert!(told.contains("SIMULATION") && told.contains("us-west-2"), "{told}");
        }
    }
}

#[test]
fn a_step_that_waits_for_an_hour_says_since_when_and_what_for() {
    let waiting = || {
        let mut console = settling();
        console.tick(3600);
        console
    };
    pictures("state-an-hour", waiting);
    for size in SIZES {
        let told = shown(&mut waiting(), size);
        assert!(told.contains("1 h") || told.contains("61:") || told.contains("1:01") || told.contains("1h"), "{told}");
    }
}

#[test]
fn a_service_of_which_nothing_can_be_read_is_unknown_and_not_well() {
    for screen in Screen::ALL {
        for size in SIZES {
            let mut console = Console::new(Role::Lead);
            with_service(&mut console, |service| service.components.clear());
            console.keys(&screen.number().to_string());
            let told = shown(&mut console, size);
            assert!(told.contains("active ? unknown"), "{told}");
            assert!(!told.contains("● healthy"), "nothing was read: {told}");
        }
    }
}

#[test]
fn before_anything_has_answered_nothing_is_said_to_be_well() {
    pictures("state-nothing-yet", || Console::new(Role::Lead));
    for size in SIZES {
        let told = shown(&mut Console::new(Role::Lead), size);
        assert!(told.contains("unknown") && !told.contains("● healthy"), "{told}");
    }
}

#[test]
fn a_standby_that_serves_nobody_is_no_alarm_while_another_region_has_the_traffic() {
    let down = |console: &mut Console, component: &str| {
        let mut seen = Observation::new("test");
        seen.glance(Health::Down, "503: scaled to zero");
        console.looked(component, Place::Region(west()), 0, 600, Ok(seen));
    };
    let mut console = ready_to_promote(false);
    for component in ["database", "cluster", "secrets", "metrics", "reports"] {
        let mut seen = Observation::new("test");
        seen.glance(Health::Healthy, "as it should be");
        console.looked(component, Place::Region(west()), 0, 600, Ok(seen));
    }
    down(&mut console, "endpoint");
    console.tick(1);
    let shown_now = shown(&mut console, (120, 40));
    assert!(shown_now.contains("○ not serving") && shown_now.contains("✖ down 503"), "{shown_now}");
    down(&mut console, "database");
    console.tick(1);
    let shown_now = shown(&mut console, (120, 40));
    assert!(!shown_now.contains("not serving"), "a database that is down is an alarm:\n{shown_now}");
}

#[test]
fn when_it_began_is_offered_as_it_is_known_and_is_what_is_said_without_another_time() {
    let mut console = Console::outage(Role::Lead);
    console.settle("confirm-outage", Ending::Checked, "it is out");
    console.model.selected = console.model.rows.iter().position(|row| row.id == "start-timer").unwrap();
    console.tick(1);
    console.keys("enter");
    let open = shown(&mut console, (120, 40));
    assert!(open.contains("the last commit that the replica has"), "{open}");
    console.effects.clear();
    console.keys("y enter");
    let said = console.effects.iter().find_map(|effect| match effect {
        Effect::Engine(Command::Attest { when, note, .. }) => Some(((*when)?, note.as_str())),
        _ => None,
    });
    let (when, note) = said.unwrap();
    assert_eq!(note, "the last commit that the replica has");
    // Read 3 s ago, it was 723.2 s old.
    assert!(when.duration_since(at(-726)).as_secs_f64().abs() < 1.0, "{when}");
}
