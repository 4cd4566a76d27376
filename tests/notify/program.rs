//! `handover notify`, by the real program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::mail::Server;
use super::receiver::{Does, Receiver};

const SERVICE: &str = include_str!("../fixtures/good/service.toml");

fn handover(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    command.args(arguments).current_dir(home).stdin(Stdio::null());
    command.env("HOME", home).env("HANDOVER_DATA_DIR", home.join("data")).env("HANDOVER_OPERATOR", "anna");
    command
}

fn out(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn with(notify: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("service.toml"), format!("{SERVICE}\n{notify}")).unwrap();
    home
}

#[test]
fn a_test_tells_what_came_back_of_each_channel_and_shows_no_secret() {
    let (chat, hook) = (Receiver::start([]), Receiver::start([Does::Status(500)]));
    let home = with(&format!(
        "[[notify]]\nname = \"chat\"\nkind = \"slack\"\nfrom = \"warning\"\nurl_env = \"CHAT\"\n\
         [[notify]]\nname = \"pager\"\nkind = \"pagerduty\"\nfrom = \"critical\"\nkey_env = \"PAGER\"\nurl = \"{}\"\n\
         [[notify]]\nname = \"hook\"\nkind = \"webhook\"\nfrom = \"info\"\nurl = \"{}/x\"\n",
        chat.url(),
        hook.url()
    ));
    let secret = format!("{}/services/hunter2", chat.url());
    let run = |arguments: &[&str]| {
        let mut command = handover(home.path(), arguments);
        let output = command.env("CHAT", &secret).env("PAGER", "hunter2-key").output().unwrap();
        assert!(!out(&output).contains("hunter2"), "{}", out(&output));
        output
    };
    let output = run(&["notify", "test"]);
    let said = out(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("chat") && lines[0].contains("ok: HTTP 200"), "{said}");
    assert!(lines[1].starts_with("pager") && lines[1].contains("ok: HTTP 200"), "{said}");
    assert!(lines[2].starts_with("hook") && lines[2].contains("FAILED: HTTP 500"), "{said}");
    let got = chat.got();
    assert_eq!(got.len(), 2);
    let change = got.iter().find(|got| got.path == "/v2/change/enqueue").expect("a test calls nobody");
    assert!(change.body["payload"]["summary"].as_str().unwrap().starts_with("TEST"));
    let output = run(&["notify", "test", "--channel", "hook"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let output = run(&["notify", "test", "--channel", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("there is: chat, pager, hook"), "{}", out(&output));
}

#[test]
fn mail_goes_out_by_starttls_and_a_login_to_a_server_whose_certificate_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(&[], Some(folder.path())) else { return };
    let home = with(&format!(
        "[[notify]]\nname = \"mail\"\nkind = \"email\"\nfrom = \"warning\"\nserver = \"localhost:{}\"\n\
         sender = \"handover@example.com\"\nto = [\"oncall@example.com\"]\nuser = \"handover\"\npassword_env = \"MAIL\"\n",
        server.port
    ));
    let test = |password: &str, roots: Option<&Path>| {
        let mut command = handover(home.path(), &["notify", "test"]);
        command.env("MAIL", password);
        if let Some(roots) = roots {
            command.env("SSL_CERT_FILE", roots);
        }
        let output = command.output().unwrap();
        assert!(!out(&output).contains(password), "{}", out(&output));
        output
    };
    let pem = server.pem.clone().unwrap();
    let output = test("mail-secret", Some(&pem));
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].tls && mails[0].user && mails[0].subject.starts_with("TEST"), "{mails:#?}");
    let output = test("another-secret", Some(&pem));
    assert!(output.status.code() == Some(1) && out(&output).contains("FAILED"), "{}", out(&output));
    let output = test("mail-secret", None);
    assert_eq!(output.status.code(), Some(1), "an unknown certificate: {}", out(&output));
    assert_eq!(server.mails().len(), 1);
}

/// A simulated run of a service with a channel.
fn simulated() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let output = handover(home.path(), &["init", "fineract", "shop"]).output().unwrap();
    assert!(output.status.success(), "{}", out(&output));
    let file = home.path().join("shop/service.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str("\n[[notify]]\nname = \"chat\"\nkind = \"slack\"\nfrom = \"info\"\nurl_env = \"CHAT\"\n");
    fs::write(&file, text).unwrap();
    let arguments = ["demo", "shop", "--autoplay", "--headless", "--speed", "200", "--scenario", "region-outage"];
    let output = handover(home.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", out(&output));
    home
}

#[test]
fn a_simulation_reaches_nobody_and_what_is_owed_is_sent_and_a_draft_is_made() {
    // CHAT is not set: only a simulated channel takes anything.
    let home = simulated();
    let show = || out(&handover(home.path(), &["journal", "show"]).output().unwrap());
    let said = show();
    assert!(said.contains("simulated: nobody was told") && !said.contains("untold"), "{said}");
    let output = handover(home.path(), &["notify", "send"]).output().unwrap();
    assert!(output.status.success() && out(&output).contains("nothing is owed"), "{}", out(&output));
    let draft = out(&handover(home.path(), &["notify", "draft"]).output().unwrap());
    assert!(draft.starts_with("NOT TO BE POSTED: this was a simulation"), "{draft}");
    assert!(draft.contains("Status: Resolved") && draft.contains("us-west-2"), "{draft}");
    // Without the last entries, as if the process had been killed before it knew: they are sent again and recorded.
    let runs = home.path().join("data/runs");
    let folder = fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    let journal = folder.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| line.contains("\"kind\":\"run-closed\"")).unwrap();
    assert!(lines.len() > last + 1, "it is told after the run is closed");
    let kept: String = lines[..=last].iter().map(|line| format!("{line}\n")).collect();
    fs::write(&journal, kept).unwrap();
    let output = handover(home.path(), &["notify", "send"]).output().unwrap();
    assert!(output.status.success() && out(&output).contains("chat was told"), "{}", out(&output));
    let verify = handover(home.path(), &["journal", "verify"]).output().unwrap();
    assert!(verify.status.success(), "{}", out(&verify));
    assert!(show().contains("chat was told"));
}
