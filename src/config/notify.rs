//! `[[notify]]`: how people are told of a run.

use super::diagnostic::Diagnostic;
use super::form;
use super::people::list;
use super::reader::{Node, Table};
use crate::domain::notice::Severity;
use crate::domain::region::{Pair, Region};
use crate::domain::service::{Email, MailTls, Notify, NotifyBy};
use crate::domain::text::bounded;

/// Where PagerDuty takes events, but for accounts in the EU, which have an address of their own.
const PAGERDUTY: &str = "https://events.pagerduty.com";

/// The keys of every kind.
const KEYS: [&str; 12] = [
    "url_env",
    "key_env",
    "url",
    "topic",
    "server",
    "tls",
    "sender",
    "to",
    "user",
    "password_env",
    "token_env",
    "from",
];

#[derive(Clone, Copy)]
enum Kind {
    Slack,
    PagerDuty,
    Sns,
    Email,
    Webhook,
}

/// Reads it; it need not be there.
pub(super) fn read(root: &Table<'_, '_>, regions: Option<&Pair<Region>>) -> Option<Vec<Notify>> {
    let Some(node) = root.get("notify") else { return Some(Vec::new()) };
    let channels = list(&node, |table| channel(table, regions))?;
    for (at, channel) in channels.iter().enumerate() {
        if channels.iter().take(at).any(|other| other.name == channel.name) {
            let message = format!("two channels are called \"{}\"", channel.name);
            node.context().push(node.found(message).expected("a name of its own for each"));
            return None;
        }
    }
    Some(channels)
}

fn channel(table: &Table<'_, '_>, regions: Option<&Pair<Region>>) -> Option<Notify> {
    let name = table.need("name", "such as \"team-chat\"").and_then(|node| form::slug(&node, 32));
    let severities = [("critical", Severity::Critical), ("warning", Severity::Warning), ("info", Severity::Info)];
    let from = table.need("from", "\"critical\", \"warning\" or \"info\"").and_then(|node| node.word(&severities));
    let kinds = [
        ("slack", Kind::Slack),
        ("pagerduty", Kind::PagerDuty),
        ("sns", Kind::Sns),
        ("email", Kind::Email),
        ("webhook", Kind::Webhook),
    ];
    let kind = table.need("kind", "slack, pagerduty, sns, email or webhook").and_then(|node| node.word(&kinds));
    let Some(kind) = kind else {
        // Which keys belong here, nobody can say.
        for key in KEYS {
            let _ = table.get(key);
        }
        return None;
    };
    let by = match kind {
        Kind::Slack => {
            not_here(table, "url", "url_env")?;
            let url_env = table.need("url_env", "the environment variable that holds the webhook's URL");
            NotifyBy::Slack { url_env: form::variable(&url_env?)? }
        }
        Kind::PagerDuty => {
            not_here(table, "key", "key_env")?;
            let url = table.optional("url", form::url).ok();
            let key_env = table.need("key_env", "the environment variable that holds the integration's key");
            let key_env = form::variable(&key_env?)?;
            let url = url?.unwrap_or_else(|| PAGERDUTY.to_owned());
            NotifyBy::PagerDuty { key_env, url: url.trim_end_matches('/').to_owned() }
        }
        Kind::Sns => {
            let topic = table.need("topic", "the topic's ARN")?;
            let (topic, region) = arn(&topic, regions)?;
            NotifyBy::Sns { topic, region }
        }
        Kind::Email => NotifyBy::Email(email(table)?),
        Kind::Webhook => webhook(table)?,
    };
    Some(Notify { name: name?, from: from?, by })
}

/// A secret that stands in the file itself. It is not shown.
fn not_here(table: &Table<'_, '_>, key: &'static str, instead: &str) -> Option<()> {
    let Some(node) = table.get(key) else { return Some(()) };
    let message = format!("`{key}` is a secret here, and secrets are never in the file");
    let found = Diagnostic::hidden(node.context().source(), node.span.clone(), &node.path, message);
    node.context().push(found.help(format!("take it out, and name the environment variable that holds it: {instead}")));
    None
}

/// A topic's ARN, and the Region in it. One in the home Region is gone when it is needed.
fn arn(node: &Node<'_, '_>, regions: Option<&Pair<Region>>) -> Option<(String, Region)> {
    const EXPECTED: &str = "a topic's ARN, such as \"arn:aws:sns:us-west-2:123456789012:failovers\"";
    let text = node.line(EXPECTED, 512)?;
    let parts: Vec<&str> = text.split(':').collect();
    let plain = |name: &str| {
        let name = name.strip_suffix(".fifo").unwrap_or(name);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let read = match parts.as_slice() {
        ["arn", partition, "sns", region, account, name]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && plain(name) =>
        {
            region.parse::<Region>().ok()
        }
        _ => None,
    };
    let Some(region) = read else {
        node.context().push(node.found(format!("\"{}\" is no topic's ARN", bounded(&text, 80))).expected(EXPECTED));
        return None;
    };
    if regions.is_some_and(|regions| regions.primary == region) {
        let message = format!("the topic is in {region}, which a failover leaves: nobody is told when it is out");
        node.context().push(node.doubt(message).help("use a topic in the standby Region, or in a third"));
    }
    Some((text, region))
}

fn email(table: &Table<'_, '_>) -> Option<Email> {
    const TO: &str = "a list such as [\"oncall@example.com\"]";
    let tls = [("starttls", MailTls::StartTls), ("implicit", MailTls::Implicit), ("none", MailTls::None)];
    let tls = table.optional("tls", |node| node.word(&tls)).ok();
    let user = table.optional("user", |node| node.line("a login name", 200)).ok();
    let password_env = table.optional("password_env", form::variable).ok();
    let sender = table.need("sender", "such as \"handover@example.com\"").and_then(|node| address(&node));
    let to = table.need("to", TO).and_then(|node| {
        let read: Vec<_> = node.filled_list(TO)?.iter().map(address).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    let tls = tls?.unwrap_or(MailTls::StartTls);
    let port = match tls {
        MailTls::StartTls => 587,
        MailTls::Implicit => 465,
        MailTls::None => 25,
    };
    let server = table.need("server", "such as \"smtp.example.com:587\"");
    let server = server.and_then(|node| form::host_port(&node, port));
    let (user, password_env) = (user?, password_env?);
    if user.is_some() != password_env.is_some() {
        table.context().error(table.span(), table.path(), "`user` and `password_env` go together");
        return None;
    }
    Some(Email { server: server?, tls, sender: sender?, to: to?, user, password_env })
}

/// An address without a name beside it. Whether anybody has it, only its server knows.
fn address(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "an address, such as \"oncall@example.com\"";
    let text = node.line(EXPECTED, 254)?;
    let good = text.rsplit_once('@').is_some_and(|(local, domain)| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
        (1..=64).contains(&local.len())
            && local.bytes().all(plain)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && form::is_dns_name(domain)
    });
    if good {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{}\" is no address", bounded(&text, 80))).expected(EXPECTED));
    None
}

fn webhook(table: &Table<'_, '_>) -> Option<NotifyBy> {
    let token_env = table.optional("token_env", form::variable).ok();
    let (url, url_env) = (table.get("url"), table.get("url_env"));
    let (url, url_env) = match (url, url_env) {
        (Some(url), None) => (Some(form::url(&url)?), None),
        (None, Some(env)) => (None, Some(form::variable(&env)?)),
        (Some(_), Some(env)) => {
            env.error("url and url_env are two answers to one question");
            return None;
        }
        (None, None) => {
            table.need("url", "the receiver's URL, or `url_env` where that is a secret");
            return None;
        }
    };
    Some(NotifyBy::Webhook { url, url_env, token_env: token_env? })
}
