//! Mail, by a server of one's own: one mail a notice, whose id is the notice's, so that one that comes twice is known.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Own, missing};
use crate::domain::hash::sha256;
use crate::domain::notice::{Notice, Severity};
use crate::domain::service::{Email, MailTls};
use crate::domain::text;
use crate::ports::{Channel, Sent, Unsent};
use crate::providers::tls;

/// How long each command to the server may take; a mail is some six of them.
const COMMAND: Duration = Duration::from_secs(8);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

pub(super) struct Mail {
    own: Own,
    spec: Email,
    transport: Result<Transport, String>,
}

impl Mail {
    pub(super) fn new(own: Own, spec: &Email, password: Option<Result<String, String>>) -> Self {
        Self { own, transport: transport(spec, password), spec: spec.clone() }
    }

    fn mail(&self, notice: &Notice) -> Result<Message, String> {
        let mailbox = |address: &str| {
            let address: Address =
                address.parse().map_err(|error| format!("{}: {error}", text::bounded(address, 80)))?;
            Ok::<_, String>(Mailbox::new(None, address))
        };
        let domain = self.spec.sender.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let mut builder = Message::builder()
            .from(mailbox(&self.spec.sender)?)
            .subject(notice.title.clone())
            .date(notice.at.into())
            .message_id(Some(format!("<{}@{domain}>", sha256(notice.key.as_bytes()))));
        for to in &self.spec.to {
            builder = builder.to(mailbox(to)?);
        }
        let Notice { title, text, severity, by, at, key, .. } = notice;
        let severity = severity.as_str();
        let body = format!("{title}\n\n{text}\n\nseverity: {severity}\nby: {by}\nat: {at}\nkey: {key}\n");
        let mut mail = builder
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|error| format!("no mail can be made: {error}"))?;
        // Nobody's absence is to be answered to a program (RFC 3834).
        for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Handover-Key", key.as_str())] {
            if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
                mail.headers_mut().insert_raw(HeaderValue::new(name, value.to_owned()));
            }
        }
        Ok(mail)
    }
}

fn transport(spec: &Email, password: Option<Result<String, String>>) -> Result<Transport, String> {
    tls::provider();
    let (host, port) = &spec.server;
    let parameters = || TlsParameters::new(host.clone()).map_err(|error| said("TLS cannot be set up", &error));
    let secured = match spec.tls {
        MailTls::StartTls => Tls::Required(parameters()?),
        MailTls::Implicit => Tls::Wrapper(parameters()?),
        MailTls::None => Tls::None,
    };
    let mut builder = Transport::builder_dangerous(host.clone())
        .port(*port)
        .tls(secured)
        .hello_name(ClientId::default())
        .timeout(Some(COMMAND));
    if let (Some(user), Some(password)) = (&spec.user, password) {
        builder = builder.credentials(Credentials::new(user.clone(), password?));
    }
    Ok(builder.build())
}

#[async_trait]
impl Channel for Mail {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn least(&self) -> Severity {
        self.own.least
    }

    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        let transport = self.transport.as_ref().map_err(|why| missing(why))?;
        let mut last = Sent { answer: String::new() };
        for notice in notices {
            let mail = self.mail(notice).map_err(|why| missing(&why))?;
            match transport.send(mail).await {
                Ok(answer) => {
                    let words: Vec<&str> = answer.message().collect();
                    let said = format!("{} {}", answer.code(), words.join(" "));
                    last = Sent { answer: text::bounded(&said, 200) };
                }
                Err(error) => {
                    let why = said("SMTP", &error);
                    // 5xx: the server will say the same tomorrow (RFC 5321, section 4.2.1).
                    return Err(if error.is_permanent() {
                        Unsent::Never { why }
                    } else {
                        Unsent::Later { why, after: None }
                    });
                }
            }
        }
        Ok(last)
    }
}

/// An error with its causes.
fn said(what: &str, error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = format!("{what}: {error}");
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_said = cause.to_string();
        if !said.contains(&cause_said) {
            said = format!("{said}: {cause_said}");
        }
        next = cause.source();
    }
    text::bounded(&said, 300)
}
