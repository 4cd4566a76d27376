//! Mail, by a real server: aiosmtpd.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use handover::domain::service::{Email, MailTls, NotifyBy};
use serde::Deserialize;

use super::peers::programs;
use super::{changes, channel, keys, sent, told, untold};

#[derive(Debug, Clone, Deserialize)]
struct Ready {
    port: u16,
    pem: Option<PathBuf>,
}

/// A mail, as it came.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Mail {
    pub(crate) outcome: String,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) auto: String,
    pub(crate) tls: bool,
    pub(crate) user: bool,
    pub(crate) body: String,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) pem: Option<PathBuf>,
    mails: Arc<Mutex<Vec<Mail>>>,
    child: Child,
    input: Option<ChildStdin>,
}

impl Server {
    /// Starts it; `None` where no Python is to be had.
    pub(crate) fn start(arguments: &[&str], tls: Option<&Path>) -> Option<Self> {
        let python = programs().unwrap_or_else(|error| panic!("{error}"))?.join("python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/mail.py");
        let mut command = Command::new(python);
        command.args(["-B", script]).args(arguments);
        if let Some(folder) = tls {
            command.arg("--tls").arg(folder);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready: Ready = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&mails);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                shared.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Some(Self { port: ready.port, pem: ready.pem, mails, child, input })
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The closed input is the sign to stop.
        self.input = None;
        let _ = self.child.wait();
    }
}

fn email(port: u16, to: &[&str]) -> NotifyBy {
    NotifyBy::Email(Email {
        server: ("127.0.0.1".to_owned(), port),
        tls: MailTls::None,
        sender: "handover@example.com".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        user: None,
        password_env: None,
    })
}

#[tokio::test]
async fn mails_arrive_at_least_once_with_the_same_id_through_deferrals_and_a_server_that_hangs() {
    let Some(server) = Server::start(&["--defer", "2", "--hang", "1"], None) else { return };
    let notices = changes(4);
    let said = sent(channel(email(server.port, &["oncall@example.com", "lead@example.com"]), &[]), &notices).await;
    assert_eq!(told(&said), keys(&notices));
    let failures = untold(&said);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].0.contains("try again later") && !failures[0].1, "{failures:?}");
    let mails = server.mails();
    let outcomes: Vec<&str> = mails.iter().map(|mail| mail.outcome.as_str()).collect();
    assert_eq!(outcomes, ["deferred", "deferred", "hung", "taken", "taken", "taken", "taken"]);
    assert!(mails[..4].iter().all(|mail| mail.id == mails[0].id && mail.key == notices[0].key), "{mails:#?}");
    for (mail, notice) in mails[3..].iter().zip(&notices) {
        assert_eq!((&mail.key, &mail.subject), (&notice.key, &notice.title));
        assert_eq!(mail.from, "handover@example.com");
        assert_eq!(mail.to, ["oncall@example.com", "lead@example.com"]);
        assert_eq!(mail.auto, "auto-generated");
        assert!(mail.body.contains(&notice.text) && mail.body.contains(&notice.key), "{mail:#?}");
        assert!(mail.id.starts_with('<') && mail.id.ends_with("@example.com>"), "{mail:#?}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_is_given_up_and_a_server_that_is_gone_is_not() {
    let Some(server) = Server::start(&[], None) else { return };
    let said = sent(channel(email(server.port, &["never@example.com"]), &[]), &changes(2)).await;
    let failures = untold(&said);
    assert_eq!(failures.len(), 2);
    assert!(failures.iter().all(|(why, given_up)| *given_up && why.contains("nobody here")), "{failures:?}");
    let port = server.port;
    drop(server);
    let gone = channel(email(port, &["oncall@example.com"]), &[]).send(&changes(1)).await;
    assert!(matches!(gone, Err(handover::ports::Unsent::Later { .. })), "{gone:?}");
}
