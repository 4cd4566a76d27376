//! Two real consoles on one run: one leads, the others watch. A console that is left, or killed, leaves a run that the
//! next one takes up.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use common::pty::Pty;
use common::short::{PROGRAM, Short, count, entries, said, wait_until};
use rustix::process::Signal;

const LIMIT: Duration = Duration::from_secs(20);

/// The first step waits for what never comes.
const WAITING: &str = r#"
[runbook]
id = "failover"
title = "A run to look at"
description = "It waits."
way = "failover"

[[phase]]
title = "Everything"

[[phase.step]]
id = "patience"
title = "Wait for a standby that takes writes"
kind = "wait"
until = [{ reading = "database.target.takes_writes", is = true }]
timeout = "10h"
expected = "1m"

[[phase.step]]
id = "decide"
title = "Decide"
kind = "attest"
statement = "We hand over."
expected = "1m"
"#;

fn console(short: &Short, operator: &str, args: &[&str]) -> Pty {
    let mut env = short.env("data");
    env.push(("HANDOVER_OPERATOR".to_owned(), operator.to_owned()));
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pty = Pty::spawn(PROGRAM, args, &env, 160, 45);
    pty.wait_for_any(&["checklist"], LIMIT);
    pty
}

/// Types keys into a dialog that has just been opened: until it is seen, it takes none.
fn answer(pty: &mut Pty, title: &str, keys: &str) {
    pty.wait_for(title, LIMIT);
    std::thread::sleep(Duration::from_millis(600));
    pty.send_keys(keys);
}

/// A lead that has armed its console, so that there is a run.
fn lead(short: &Short) -> Pty {
    let service = short.service();
    let mut lead = console(short, "anna", &["demo", &service, "--scenario", "calm"]);
    lead.send_keys("A");
    answer(&mut lead, "arm", "y<enter>");
    lead.wait_for("ARMED: anna", LIMIT);
    // The same key again too soon is a key held down.
    std::thread::sleep(Duration::from_millis(200));
    lead
}

fn note(pty: &mut Pty, text: &str) {
    pty.send_keys("n");
    answer(pty, "note", &format!("{text}<enter>"));
    pty.wait_for(text, LIMIT);
    std::thread::sleep(Duration::from_millis(200));
}

#[test]
fn the_second_console_watches_and_the_next_takes_over_when_the_lead_dies() {
    let short = Short::with(WAITING);
    let mut lead = lead(&short);
    let mut observer = console(&short, "bert", &["resume"]);
    observer.wait_for("observer of anna on", LIMIT);
    assert!(!observer.screen().contains("ARMED"), "{}", observer.screen());

    // What the lead does is seen, as it is done.
    note(&mut lead, "the bridge is open");
    observer.wait_for("the bridge is open", LIMIT);
    lead.send_keys("<enter>");
    lead.wait_for("patience: started", LIMIT);
    observer.wait_for("patience: started", LIMIT);

    // Nothing that writes, or that only a lead may do, is offered.
    let before = short.journal("data");
    observer.send_keys("?");
    observer.wait_for("anywhere", LIMIT);
    observer.wait_quiet(Duration::from_millis(100), LIMIT);
    // All of it: it is longer than the screen.
    let mut help = observer.screen();
    observer.send_keys(&"j".repeat(26));
    observer.wait_for("in this help", LIMIT);
    observer.wait_quiet(Duration::from_millis(100), LIMIT);
    help += &observer.screen();
    for words in ["Arm the console", "(writes)", "Override a gate", "Write a note", "Close the run", "Ways out"] {
        assert!(!help.contains(words), "{words} in the help of an observer:\n{help}");
    }
    observer.send_keys("<esc>");
    observer.wait_gone("in the command palette", LIMIT);
    observer.send_keys(":");
    observer.wait_for("enter runs, esc closes", LIMIT);
    observer.wait_quiet(Duration::from_millis(100), LIMIT);
    // All of it: it is longer than its box.
    let mut palette = observer.screen();
    observer.send_keys(&"<down>".repeat(40));
    observer.wait_quiet(Duration::from_millis(100), LIMIT);
    palette += &observer.screen();
    // Its lines stand between heavy bars; what somebody else may do is there with why one may not.
    let offered: Vec<&str> = palette
        .lines()
        .filter(|line| !line.contains("not now: "))
        .filter_map(|line| line.split('┃').nth(1)?.trim_start_matches([' ', '❯']).split(' ').next())
        .collect();
    for id in [
        "arm",
        "step-start",
        "step-perform",
        "step-gates",
        "step-ways",
        "step-cancel",
        "note",
        "mark",
        "close-run",
        "hand-over",
    ] {
        assert!(!offered.contains(&id), "{id} in the palette of an observer:\n{palette}");
    }
    assert!(offered.contains(&"people") && offered.contains(&"quit") && offered.contains(&"take-lead"), "{offered:?}");
    observer.send_keys("<esc>");
    observer.wait_gone("enter runs, esc closes", LIMIT);
    for keys in ["A", "y", "<enter>", "O", "o", "x", "n", "C", "t"] {
        observer.send_keys(keys);
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(count(&short.journal("data"), "armed"), 1, "an observer armed");
    assert!(short.journal("data").starts_with(&before));
    let by_bert = entries(&short.journal("data")).iter().filter(|entry| entry["by"] == "bert").count();
    assert_eq!(by_bert, 0, "an observer wrote into the journal");

    // Without a terminal it is refused with the exit status for it.
    let output = short.run("data", &["resume", "--autoplay", "--headless"]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("anna"), "{}", said(&output));

    lead.kill(Signal::KILL);
    lead.wait_exit(LIMIT);
    let mut third = console(&short, "cleo", &["resume"]);
    wait_until("lead of the third console", LIMIT, || count(&short.journal("data"), "resumed") == 1);
    third.wait_for("read-only", LIMIT);
    assert!(!third.screen().contains("observer") && !third.screen().contains("ARMED"), "{}", third.screen());
    observer.wait_for("observer of cleo on", LIMIT);
    note(&mut third, "taken over");
    observer.wait_for("taken over", LIMIT);
    let verified = short.run("data", &["journal", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

/// Takes the lead as far as the last key.
fn reach_for_the_lead(pty: &mut Pty) {
    pty.send_keys("L");
    answer(pty, "take the lead", "y");
    pty.wait_for("now press", LIMIT);
    // The same key again too soon is a key held down.
    std::thread::sleep(Duration::from_millis(200));
}

fn take_the_lead(pty: &mut Pty) {
    reach_for_the_lead(pty);
    pty.send_keys("<enter>");
}

fn hand_over(pty: &mut Pty, words: &str) {
    pty.send_keys("L");
    answer(pty, "hand the lead over", &format!("{words}<enter>"));
}

/// Every entry of a person is of whoever led when it was written; says who did, in order.
fn leads(short: &Short) -> Vec<String> {
    let verified = short.run("data", &["journal", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    let (mut leads, mut open) = (Vec::new(), false);
    for entry in entries(&short.journal("data")) {
        let (by, kind) = (entry["by"].as_str().unwrap(), entry["kind"].as_str().unwrap());
        match kind {
            "lead-change" => {
                leads.push(by.to_owned());
                open = true;
            }
            "run-opened" | "resumed" => {}
            _ if by == "handover" => {}
            _ => assert!(open && leads.last().is_some_and(|lead| lead == by), "{entry} while {leads:?} led"),
        }
        open &= kind != "lead-offered";
    }
    leads
}

#[test]
fn the_lead_is_handed_over_taken_and_taken_back_while_nobody_else_ever_writes() {
    let short = Short::with(WAITING);
    let mut anna = lead(&short);
    let mut ben = console(&short, "ben", &["resume"]);
    ben.wait_for("observer of anna on", LIMIT);
    // From a lead that lives nothing is taken.
    take_the_lead(&mut ben);
    ben.wait_for("leads this run", LIMIT);
    assert!(ben.screen().contains("observer of anna on"), "{}", ben.screen());

    anna.send_keys("c");
    answer(&mut anna, "who is on the call", "Anna (incident commander), ben (database)<enter>");
    anna.wait_for("on the call: Anna", LIMIT);
    std::thread::sleep(Duration::from_millis(200));
    anna.send_keys("<enter>");
    anna.wait_for("patience: started", LIMIT);
    anna.send_keys("L");
    anna.wait_for("a step is running", LIMIT);
    anna.send_keys("x");
    wait_until("the step is stopped", LIMIT, || count(&short.journal("data"), "failed") == 1);
    // The journal has it before the console does.
    anna.wait_for("failed: cancelled by the operator", LIMIT);

    hand_over(&mut anna, "ben: my shift ends");
    ben.wait_for("anna hands the lead to you: L takes it", LIMIT);
    anna.wait_for("nobody leads: handed to ben", LIMIT);
    assert!(!anna.screen().contains("ARMED"), "{}", anna.screen());
    take_the_lead(&mut ben);
    ben.wait_for("you lead this run", LIMIT);
    anna.wait_for("observer of ben on", LIMIT);
    assert!(!ben.screen().contains("ARMED") && !ben.screen().contains("observer"), "{}", ben.screen());
    note(&mut ben, "ben is here");
    anna.wait_for("ben is here", LIMIT);
    // Who was the lead is an observer like any: nothing is taken from the new one, and nothing written.
    take_the_lead(&mut anna);
    anna.wait_for("leads this run", LIMIT);
    anna.send_keys("n");
    ben.send_keys("@");
    ben.wait_for("Anna, incident commander", LIMIT);
    assert!(ben.screen().contains("ben on") && ben.screen().contains("ben (database)"), "{}", ben.screen());
    ben.send_keys("<esc>");
    ben.wait_gone("incident commander", LIMIT);

    // Nobody comes: whoever gave it up takes it back, and can go on.
    hand_over(&mut ben, "carl, he knows the database");
    ben.wait_for("nobody leads: handed to carl", LIMIT);
    anna.wait_for("ben hands the lead to carl", LIMIT);
    take_the_lead(&mut ben);
    ben.wait_for("you lead this run", LIMIT);
    ben.send_keys("A");
    answer(&mut ben, "arm the console", "y<enter>");
    ben.wait_for("ARMED: ben", LIMIT);
    assert_eq!(leads(&short), ["anna", "ben", "ben"]);
    assert_eq!(count(&short.journal("data"), "lead-offered"), 2);
    for mut pty in [anna, ben] {
        pty.kill(Signal::TERM);
        pty.wait_exit(LIMIT);
        assert!(pty.kernel_modes_as_before());
    }
    leads(&short);
}

#[test]
fn of_two_who_reach_for_a_killed_leads_run_one_gets_it() {
    let short = Short::with(WAITING);
    let mut anna = lead(&short);
    anna.send_keys("<enter>");
    anna.wait_for("patience: started", LIMIT);
    let mut both = ["ben", "carl"].map(|name| console(&short, name, &["resume"]));
    for pty in &mut both {
        pty.wait_for("observer of anna on", LIMIT);
        reach_for_the_lead(pty);
    }
    anna.kill(Signal::KILL);
    anna.wait_exit(LIMIT);
    for pty in &mut both {
        pty.send_keys("<enter>");
    }
    let told = both.each_mut().map(|pty| pty.wait_for_any(&["you lead this run", "leads this run"], LIMIT));
    let won: Vec<usize> = (0..2).filter(|index| told[*index] == "you lead this run").collect();
    assert_eq!(won.len(), 1, "{told:?}");
    let (winner, loser) = (["ben", "carl"][won[0]], 1 - won[0]);
    both[loser].wait_for(&format!("observer of {winner} on"), LIMIT);
    // What ran is found again.
    both[won[0]].wait_for("waits for", LIMIT);
    note(&mut both[won[0]], "taken over");
    both[loser].wait_for("taken over", LIMIT);
    assert_eq!(leads(&short), ["anna", winner]);
    assert_eq!(count(&short.journal("data"), "started"), 1);
}

#[test]
fn leaving_while_a_step_runs_is_asked_and_recorded_and_the_step_is_found_again() {
    let short = Short::with(WAITING);
    let mut lead = lead(&short);
    lead.send_keys("<enter>");
    lead.wait_for("patience: started", LIMIT);
    lead.send_keys("q");
    answer(&mut lead, "leave the console?", "<enter>");
    lead.wait_gone("leave the console?", LIMIT);
    assert_eq!(count(&short.journal("data"), "left"), 0, "to stay is the default");

    lead.send_keys("q");
    answer(&mut lead, "leave while it runs", "<down>");
    std::thread::sleep(Duration::from_millis(100));
    lead.send_keys("<enter>");
    let exit = lead.wait_exit(LIMIT);
    assert!(exit.success(), "{exit:?}: {}", lead.screen());
    let journal = short.journal("data");
    let left = entries(&journal).into_iter().find(|entry| entry["kind"] == "left").expect("it says that it was left");
    assert_eq!(left["running"], serde_json::json!(["patience"]));
    assert_eq!(left["by"], "anna");

    let mut again = console(&short, "anna", &["resume"]);
    again.wait_for("waits for", LIMIT);
    wait_until("record that it was taken up", LIMIT, || count(&short.journal("data"), "resumed") == 1);
    assert_eq!(count(&short.journal("data"), "started"), 1, "the step was not started again, but found");
    again.send_keys("q");
    answer(&mut again, "leave while it runs", "<down><enter>");
    assert!(again.wait_exit(LIMIT).success());
    assert_eq!(count(&short.journal("data"), "left"), 2);
}

#[test]
fn a_signal_while_a_step_runs_is_recorded_as_leaving() {
    let short = Short::with(WAITING);
    let mut lead = lead(&short);
    lead.send_keys("<enter>");
    lead.wait_for("patience: started", LIMIT);
    lead.kill(Signal::TERM);
    assert!(!lead.wait_exit(LIMIT).success());
    assert_eq!(count(&short.journal("data"), "left"), 1);
}

/// What the lock of the one run holds, and when it was written.
fn lock(short: &Short) -> (Vec<u8>, std::time::SystemTime) {
    let file = short.folder("data").join("lock");
    (std::fs::read(&file).unwrap(), std::fs::metadata(&file).unwrap().modified().unwrap())
}

#[test]
fn an_observer_has_a_screen_of_its_own_and_can_never_lead() {
    let short = Short::with(WAITING);
    let none = short.run("data", &["observe"]);
    assert!(!none.status.success() && said(&none).contains("no run is open"), "{}", said(&none));
    assert!(said(&none).contains("--wait"), "{}", said(&none));

    // One waits before there is a run, and then shows the wall.
    let env: Vec<(String, String)> = short.env("data");
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut waiting = Pty::spawn(PROGRAM, &["observe", "--wait", "--wall"], &env, 100, 30);
    waiting.wait_for("waiting for it", LIMIT);
    let mut lead = lead(&short);
    waiting.wait_for("EXPECTED LOSS", LIMIT);
    waiting.wait_for("observer of anna on", LIMIT);
    let held = lock(&short);

    let id = short.folder("data").file_name().unwrap().to_str().unwrap().to_owned();
    let mut bert = Pty::spawn(PROGRAM, &["observe", &id[..15], "--screen", "watch", "--as", "bert"], &env, 130, 40);
    bert.wait_for("3 watch", LIMIT);
    bert.wait_for("observer of anna on", LIMIT);
    // A screen of its own: what one looks at moves nobody else's.
    bert.send_keys("6");
    bert.wait_for("6 journal", LIMIT);
    assert!(waiting.screen().contains("EXPECTED LOSS") && lead.screen().contains("checklist"));
    note(&mut lead, "the bridge is open");
    bert.wait_for("the bridge is open", LIMIT);
    lead.send_keys("<enter>");
    lead.wait_for("patience: started", LIMIT);
    waiting.wait_for("NOW", LIMIT);
    waiting.wait_for("Wait for a standby", LIMIT);

    // The lead is gone: an observer does not reach for what is free, whatever is pressed.
    lead.kill(Signal::KILL);
    lead.wait_exit(LIMIT);
    for keys in ["L", "y", "<enter>", "A", "y", "<enter>", "n", "<esc>"] {
        bert.send_keys(keys);
        waiting.send_keys(keys);
        std::thread::sleep(Duration::from_millis(150));
    }
    bert.send_keys("?");
    bert.wait_for("anywhere", LIMIT);
    assert!(!bert.screen().contains("Take the lead"), "{}", bert.screen());
    assert_eq!(lock(&short), held, "the lease was tried");
    assert_eq!(count(&short.journal("data"), "lead-change"), 1);
    let next = console(&short, "cleo", &["resume"]);
    next.wait_for("read-only", LIMIT);
    bert.send_keys("<esc>");
    bert.wait_for("observer of cleo on", LIMIT);
    for pty in [&mut bert, &mut waiting] {
        pty.send_keys("q");
        std::thread::sleep(Duration::from_millis(200));
        if pty.screen().contains("leave the console?") {
            std::thread::sleep(Duration::from_millis(600));
            pty.send_keys("<down><enter>");
        }
        assert!(pty.wait_exit(LIMIT).success());
        assert!(pty.kernel_modes_as_before());
    }
    leads(&short);
}

/// One step that changes something.
const SCRIPT: &str = r#"
[runbook]
id = "failover"
title = "A script"
description = "It runs."
way = "failover"

[[phase]]
title = "Everything"

[[phase.step]]
id = "script"
title = "Run the script"
kind = "exec"
hazard = "write"
run = ["true"]
timeout = "1m"
expected = "1m"
"#;

/// `handover approve`, to which somebody types this.
fn approve(short: &Short, args: &[&str], types: &str) -> Output {
    let mut command = short.command("data", &[&["approve"], args].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(types.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_second_person_approves_from_a_process_and_with_a_key_of_their_own() {
    let short = Short::with(SCRIPT);
    let key = |name: &str| {
        let file = short.path(&format!("{name}.key")).to_str().unwrap().to_owned();
        let made = said(&approve(&short, &["--new-key", "--key", &file], ""));
        let public = made.split("key = \"").nth(1).unwrap_or_else(|| panic!("{made}")).split('"').next().unwrap();
        (file, public.to_owned())
    };
    let (bert, public) = key("bert");
    let (carl, _) = key("carl");
    // A key is never written over, and nobody else can read it.
    assert!(said(&approve(&short, &["--new-key", "--key", &bert], "")).contains("is not written over"));
    assert_eq!(std::fs::metadata(&bert).unwrap().permissions().mode() & 0o777, 0o600);
    let service = short.service();
    let mut text = std::fs::read_to_string(&service).unwrap();
    text += &format!("\n[approval]\nhazard = \"write\"\n[[approval.approvers]]\nname = \"bert\"\nkey = \"{public}\"\n");
    std::fs::write(&service, text).unwrap();

    let mut lead = lead(&short);
    // As soon as an armed console shows it, so that the second person can begin to read.
    lead.send_keys("<enter>");
    lead.wait_for("a second person approves", LIMIT);
    wait_until("somebody is asked", LIMIT, || count(&short.journal("data"), "approval-asked") == 1);
    // With a key that is nobody's, nothing comes of it; nor where somebody leaves it.
    let stranger = approve(&short, &["--key", &carl], "approve 0.1\n");
    assert!(!stranger.status.success() && said(&stranger).contains("the key of no approver"), "{}", said(&stranger));
    let left = approve(&short, &["--key", &bert], "\n");
    assert!(said(&left).contains("not approved"), "{}", said(&left));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(count(&short.journal("data"), "approved"), 0);

    let approved = approve(&short, &["--key", &bert], "approve 0.1\n");
    let told = said(&approved);
    assert!(approved.status.success(), "{:?} {told}", approved.status);
    assert!(told.contains("asked by   anna") && told.contains("exec:true"), "{told}");
    wait_until("it is recorded", LIMIT, || count(&short.journal("data"), "approved") == 1);
    let nothing = approve(&short, &["--key", &bert], "approve 0.1\n");
    assert!(said(&nothing).contains("nothing waits for an approval"), "{}", said(&nothing));
    // The gate lets it pass by itself, and what remains is the lead's own word.
    lead.wait_gone("gates of 0.1", LIMIT);
    lead.send_keys("<enter>");
    lead.wait_for("confirm 0.1", LIMIT);
    std::thread::sleep(Duration::from_millis(600));
    lead.send_keys("y");
    lead.wait_for("now press", LIMIT);
    std::thread::sleep(Duration::from_millis(200));
    lead.send_keys("<enter>");
    wait_until("the script ran", LIMIT, || count(&short.journal("data"), "settled") == 1);
    let journal = entries(&short.journal("data"));
    let by = |kind: &str| journal.iter().find(|entry| entry["kind"] == kind).map(|entry| entry["by"].clone());
    assert_eq!((by("approved"), by("consent")), (Some("bert".into()), Some("anna".into())));
    assert!(short.run("data", &["journal", "verify"]).status.success());
}
