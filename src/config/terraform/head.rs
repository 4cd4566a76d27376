//! What stands above the components: the service, its objectives, the lag's thresholds, the account.

use std::collections::BTreeSet;
use std::time::Duration;

use super::MOST;
use super::block::{Note, Val, comment};
use super::find::metrics;
use super::names::arn;
use super::resource::Estate;
use super::sides::Sides;
use crate::config::form::is_slug;
use crate::domain::duration;

/// A value to start from where the state has none: the reader wants one.
const RPO: Duration = Duration::from_mins(15);
const RTO: &str = "30m";
const WARN: Duration = Duration::from_mins(5);

/// The text, and what its author has to do.
pub(super) fn write(estate: &Estate, sides: &Sides) -> (String, Vec<String>) {
    let mut head = Head { text: String::new(), left: Vec::new() };
    head.say("Drafted from Terraform by `handover init`. What is commented out is not certain; each comment says why.");
    head.say("Secrets are never in this file; a password is named by its environment variable.");

    if !estate.doubts.is_empty() {
        head.line("");
    }
    for doubt in estate.doubts.iter().take(MOST) {
        head.note("not read", &Note::Check(doubt.clone()));
    }
    if estate.doubts.len() > MOST {
        head.note("not read", &Note::Check(format!("{} more are like these", estate.doubts.len() - MOST)));
    }

    head.line("\n[service]");
    let known = ["service", "application", "app", "project"].into_iter().find_map(|key| tag(estate, key));
    if let Some(name) = known {
        head.line(&format!("name = {}", Val::Text(name)));
    } else {
        let note = "the service's name: no tag Service, Application, App or Project that all who have it agree on";
        head.note("service.name", &Note::Missing(note.to_owned()));
        head.line("name = \"unnamed-service\"");
    }
    if let Some(name) = tag(estate, "environment").or_else(|| tag(estate, "env")) {
        head.line(&format!("environment = {}", Val::Text(name)));
    } else {
        let note = "the environment: no tag Environment that all who have it agree on";
        head.note("service.environment", &Note::Missing(note.to_owned()));
        head.line("environment = \"unknown\"");
    }
    head.say(&sides.told());
    for against in &sides.against {
        head.note("service.primary", &Note::Check(format!("{against}, which speaks for another primary")));
    }
    head.line(&format!("primary = \"{}\"\nstandby = \"{}\"", sides.primary, sides.standby));

    head.line("\n[objectives]");
    let note = "the recovery time and recovery point objectives; these are only values to start from";
    head.note("objectives", &Note::Missing(note.to_owned()));
    head.line(&format!("rto = \"{RTO}\"\nrpo = \"{}\"", duration::format(RPO)));

    head.line("\n[lag]");
    match metrics::threshold(estate, sides) {
        Some((warn, alarm)) if warn <= RPO => {
            head.say(&format!("`warn` is the threshold of {alarm}"));
            head.line(&format!("warn = \"{}\"", duration::format(warn)));
        }
        found => {
            let note = match found {
                Some((_, alarm)) => {
                    Note::Unsure(format!("{alarm} has a threshold beyond the recovery point objective"))
                }
                None => Note::Missing("where lag starts to matter: an alarm on it with a threshold".to_owned()),
            };
            head.note("lag.warn", &note);
            head.line(&format!("warn = \"{}\"", duration::format(WARN)));
        }
    }
    head.say("`breach` is the recovery point objective.");
    head.line(&format!("breach = \"{}\"", duration::format(RPO)));

    let accounts: BTreeSet<&str> = estate.all().filter_map(|one| Some(arn(one.text("arn")?)?.account)).collect();
    let accounts: Vec<&str> = accounts.into_iter().filter(|account| !account.is_empty()).collect();
    match accounts.as_slice() {
        [] => head.note("aws.account", &Note::Missing("the account".to_owned())),
        [only] => head.line(&format!("\n[aws]\naccount = \"{only}\"")),
        several => {
            head.line("");
            let note = format!("which account the credentials must belong to; there are {}", several.join(", "));
            head.note("aws.account", &Note::Unsure(note));
        }
    }
    (head.text, head.left)
}

struct Head {
    text: String,
    left: Vec<String>,
}

impl Head {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(&comment(text));
    }

    fn note(&mut self, place: &str, note: &Note) {
        self.say(&note.to_string());
        self.left.push(format!("{place}: {note}"));
    }
}

/// The value of a tag, if all that have it agree and it can be a name as it stands or in lower case.
fn tag(estate: &Estate, name: &str) -> Option<String> {
    const LIMIT: usize = 32;
    let mut values = BTreeSet::new();
    for tags in estate.all().filter_map(|one| one.map("tags_all").or_else(|| one.map("tags"))) {
        let own = tags.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        values.extend(own.filter_map(|(_, value)| value.as_str()).map(str::to_lowercase));
    }
    let only = values.pop_first().filter(|_| values.is_empty())?;
    (only.len() <= LIMIT && is_slug(&only)).then_some(only)
}
