//! What came of the questions, row by row.

use std::time::Duration;

use jiff::Timestamp;

use super::endpoints::{Answered, Needed, needed};
use super::questions::{Question, Ruling};
use super::{Area, Preflight, Right, Row, Verdict};
use crate::domain::duration;
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::{Place, Region};
use crate::domain::review::{Finding, Severity};
use crate::domain::runbook::{Runbook, Step};
use crate::domain::service::Service;

/// Everything that was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// When it was begun.
    pub at: Timestamp,
    /// As whom each Region knows us.
    pub identity: Vec<(Region, Result<Observation, Unread>)>,
    /// What IAM's simulator was asked.
    pub questions: Vec<Question>,
    /// What it said.
    pub rulings: Result<Vec<Ruling>, Unread>,
    /// What systems with rights of their own said.
    pub rights: Vec<Right>,
    /// How endpoints answered last.
    pub answered: Vec<Answered>,
    /// The programs that steps and components start, and where each is.
    pub programs: Vec<(String, Option<String>)>,
    /// What was seen of every component in every place.
    pub estate: Vec<Estate>,
    /// What the review finds by what was seen, and would not without.
    pub findings: Vec<Finding>,
}

/// What was seen of a component in one place.
#[derive(Debug, Clone)]
pub struct Estate {
    /// The component.
    pub component: String,
    /// Where.
    pub place: Place,
    /// What was seen, or why nothing was.
    pub result: Result<Observation, Unread>,
}

/// How many of the steps that need an endpoint are named.
const NAMED: usize = 5;

/// Judges what was asked for these runbooks.
pub fn judge(service: &Service, runbooks: &[Runbook], asked: &Asked) -> Preflight {
    let mut rows = Vec::new();
    identity(service, runbooks, asked, &mut rows);
    permissions(asked, &mut rows);
    for needed in needed(service, runbooks) {
        rows.push(endpoint(service, &needed, asked));
    }
    for (program, found) in &asked.programs {
        let (verdict, says, remedy) = match found {
            Some(place) => (Verdict::Good, place.as_str(), ""),
            None => {
                (Verdict::Bad, "it is not on this machine", "install it, or take it into PATH, before a step needs it")
            }
        };
        rows.push(row(Area::Programs, program, verdict, says, remedy));
    }
    estate(service, asked, &mut rows);
    rows.sort_by_key(|row| row.area);
    let known = asked.identity.iter().find_map(|(_, seen)| seen.as_ref().ok()?.said("arn"));
    let seen = || asked.identity.iter().filter_map(|(_, seen)| seen.as_ref().ok());
    let skew = seen().filter_map(|seen| match seen.value("clock_skew") {
        Some(Value::Seconds(seconds)) => Duration::try_from_secs_f64(*seconds).ok(),
        _ => None,
    });
    let clock_ms = skew.max().and_then(|skew| u64::try_from(skew.as_millis()).ok());
    Preflight { at: asked.at, identity: known.map(str::to_owned), clock_ms, rows }
}

fn row(
    area: Area,
    what: impl Into<String>,
    verdict: Verdict,
    says: impl Into<String>,
    remedy: impl Into<String>,
) -> Row {
    Row { area, what: what.into(), verdict, says: says.into(), remedy: remedy.into() }
}

fn identity(service: &Service, runbooks: &[Runbook], asked: &Asked, rows: &mut Vec<Row>) {
    for (region, seen) in &asked.identity {
        let (what, primary) = (format!("who we are in {region}"), *region == service.regions.primary);
        rows.push(match seen {
            Ok(seen) => {
                let verdict = match seen.health {
                    Health::Healthy => Verdict::Good,
                    Health::Down => Verdict::Bad,
                    _ => Verdict::Wanting,
                };
                let remedy = match verdict {
                    Verdict::Good => "",
                    _ => "log in anew, or take the other profile: what is said first is what is wrong",
                };
                row(Area::Identity, what, verdict, seen.summary.as_str(), remedy)
            }
            // The standby's answer is what a failover needs; the primary may be what is lost.
            Err(unread) => {
                let verdict = if primary && unread.why != Why::Auth { Verdict::Wanting } else { Verdict::Bad };
                row(
                    Area::Identity,
                    what,
                    verdict,
                    unread.to_string(),
                    "without an identity nothing can be called there",
                )
            }
        });
    }
    let seen = || asked.identity.iter().filter_map(|(_, seen)| seen.as_ref().ok());
    let left = seen().find_map(|seen| match seen.value("expires_in") {
        Some(Value::Seconds(seconds)) => Some(*seconds),
        _ => None,
    });
    let longest = runbooks.iter().map(|runbook| (runbook.longest(&Step::expected_to_mark), &runbook.id)).max();
    if let (Some(left), Some((longest, of))) = (left, longest) {
        let says = format!("{} left; {of} is expected to take {}", duration::seconds(left), duration::format(longest));
        let short = Duration::try_from_secs_f64(left).unwrap_or_default() < longest;
        let (verdict, remedy) =
            if short { (Verdict::Wanting, "renew them before arming") } else { (Verdict::Good, "") };
        rows.push(row(Area::Identity, "how long the credentials last", verdict, says, remedy));
    }
}

fn permissions(asked: &Asked, rows: &mut Vec<Row>) {
    match &asked.rulings {
        Ok(rulings) => {
            for (index, question) in asked.questions.iter().enumerate() {
                rows.push(ruled(question, rulings.iter().filter(|ruling| ruling.question == index)));
            }
        }
        Err(unread) => rows.push(row(
            Area::Permissions,
            "IAM's simulator",
            Verdict::Unknown,
            format!("{unread}: what is read shows below whether it is allowed; what writes could not be asked"),
            "allow iam:SimulatePrincipalPolicy (and iam:GetRole), or find out in a drill",
        )),
    }
    for right in &asked.rights {
        let what = format!("{} in {}: {}", right.component, right.region, right.what);
        rows.push(match &right.answer {
            Ok(None) => row(Area::Permissions, what, Verdict::Good, "allowed, says the system itself", ""),
            Ok(Some(why)) => row(Area::Permissions, what, Verdict::Bad, why.as_str(), "grant it before a run needs it"),
            Err(unread) => row(Area::Permissions, what, Verdict::Unknown, unread.to_string(), ""),
        });
    }
}

/// What the simulator said of a question: nothing is asked about a resource that an action cannot be about, so that a no to
/// some of them says less than a no to all.
fn ruled<'a>(question: &Question, rulings: impl Iterator<Item = &'a Ruling>) -> Row {
    let rulings: Vec<&Ruling> = rulings.collect();
    let what = format!("{} in {}", question.sid, question.region);
    let of = |action: &str| rulings.iter().filter(|ruling| ruling.action == action).copied().collect::<Vec<_>>();
    let (mut never, mut partly, mut unsaid) = (Vec::new(), Vec::new(), Vec::new());
    for action in &question.actions {
        let said = of(action);
        let denied: Vec<&&Ruling> = said.iter().filter(|ruling| !ruling.allowed).collect();
        match denied.first() {
            None if said.is_empty() => unsaid.push(action.as_str()),
            None => {}
            Some(first) if denied.len() == said.len() => never.push(format!("{action}: {}", first.why)),
            Some(first) => partly.push(format!("{action} not on {}: {}", first.resource, first.why)),
        }
    }
    let remedy = "`handover iam` prints the policy that a run needs";
    if !never.is_empty() {
        return row(Area::Permissions, what, Verdict::Bad, never.join("; "), remedy);
    }
    if !partly.is_empty() {
        return row(Area::Permissions, what, Verdict::Wanting, partly.join("; "), remedy);
    }
    if !unsaid.is_empty() {
        let says = format!("nothing was said of {}", unsaid.join(", "));
        return row(Area::Permissions, what, Verdict::Unknown, says, "");
    }
    row(Area::Permissions, what, Verdict::Good, question.actions.join(", "), "")
}

fn endpoint(service: &Service, needed: &Needed, asked: &Asked) -> Row {
    let last = asked
        .answered
        .iter()
        .filter(|answered| answered.service == needed.service && answered.region == needed.region)
        .max_by_key(|answered| answered.at);
    let what = format!("{} in {}", needed.service, needed.region);
    let host = last.map(|last| format!("{}: ", last.host)).unwrap_or_default();
    let named: Vec<&str> = needed.steps.iter().take(NAMED).map(String::as_str).collect();
    let steps = match needed.steps.len().saturating_sub(NAMED) {
        _ if named.is_empty() => "only read".to_owned(),
        0 => format!("for {}", named.join(", ")),
        more => format!("for {} and {more} more", named.join(", ")),
    };
    // What is lost with the Region may hang by then: it is said while it still answers.
    let remedy = if needed.left {
        format!("it is in the Region that a failover leaves: {}", needed.otherwise)
    } else {
        String::new()
    };
    match last.map(|last| &last.outcome) {
        None => row(Area::Endpoints, what, Verdict::Unknown, format!("it was not asked yet; {steps}"), remedy),
        Some(Ok(took)) => {
            let verdict = if needed.left { Verdict::Wanting } else { Verdict::Good };
            row(Area::Endpoints, what, verdict, format!("{host}answered in {} ms; {steps}", took.as_millis()), remedy)
        }
        Some(Err(unread)) => {
            let gone = needed.is_in(&service.regions.primary) && !needed.left;
            let verdict = if gone { Verdict::Wanting } else { Verdict::Bad };
            let remedy = if remedy.is_empty() {
                "look at the way there: the network, a proxy, a VPC endpoint; or it is AWS itself".to_owned()
            } else {
                remedy
            };
            row(Area::Endpoints, what, verdict, format!("{host}{unread}; {steps}"), remedy)
        }
    }
}

fn estate(service: &Service, asked: &Asked, rows: &mut Vec<Row>) {
    for seen in &asked.estate {
        let what = match &seen.place {
            Place::Region(region) => format!("{} in {region}", seen.component),
            Place::Global => seen.component.clone(),
        };
        // What is asked of the service as a whole asks the primary, too, which may be what is lost.
        let primary = seen.place.region() != Some(&service.regions.standby);
        rows.push(match &seen.result {
            Ok(seen) => {
                let denied = seen.unread.iter().find(|(_, unread)| matches!(unread.why, Why::Denied | Why::NotFound));
                match (denied.or_else(|| seen.unread.first()), seen.health) {
                    (Some((fact, unread)), _) => {
                        let verdict = if denied.is_some() { Verdict::Bad } else { Verdict::Wanting };
                        row(Area::Estate, what, verdict, format!("{fact}: {unread}"), missing(unread.why))
                    }
                    (None, Health::Healthy) => row(Area::Estate, what, Verdict::Good, seen.summary.as_str(), ""),
                    (None, _) => row(Area::Estate, what, Verdict::Wanting, seen.summary.as_str(), ""),
                }
            }
            Err(unread) => {
                let here = matches!(unread.why, Why::Denied | Why::NotFound | Why::Auth);
                let verdict = if primary && !here { Verdict::Wanting } else { Verdict::Bad };
                row(Area::Estate, what, verdict, unread.to_string(), missing(unread.why))
            }
        });
    }
    for finding in asked.findings.iter().filter(|finding| finding.waived.is_none()) {
        let verdict = match finding.rule.severity {
            Severity::Danger => Verdict::Bad,
            Severity::Warning | Severity::Note => Verdict::Wanting,
        };
        let what = format!("{} {}", finding.rule.id, finding.spot);
        rows.push(row(Area::Estate, what, verdict, finding.says.as_str(), finding.rule.practice));
    }
}

/// What to do about what could not be read.
fn missing(why: Why) -> &'static str {
    match why {
        Why::NotFound => "the file names what the cloud does not have: mend whichever is wrong",
        Why::Denied => "`handover iam --observe` prints the policy that watching needs",
        Why::Auth => "log in anew",
        _ => "",
    }
}
