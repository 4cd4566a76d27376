//! For which run, by whom and for which step AWS is asked: in the name of the session and in the user agent, both of which
//! CloudTrail keeps with each call.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::ports::current_step;

/// The most characters of a session's name (STS API reference, AssumeRole).
const SESSION: usize = 64;

/// For which run calls are made, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The run's id.
    pub run: String,
    /// The operator.
    pub operator: String,
}

impl Caller {
    /// A session's name, of letters, digits and `_+=,.@-` as STS takes it: `OPERATOR@RUN`. Of a run whose id does not fit, its
    /// time and the four characters at its end stay, which tell it from every other.
    pub(super) fn session(&self) -> String {
        let plain = |text: &str| -> String {
            let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
            text.chars().map(|c| if fits(c) { c } else { '-' }).collect()
        };
        let (mut run, mut operator) = (plain(&self.run), plain(&self.operator));
        if operator.len() + 1 + run.len() > SESSION {
            let ends = run.split_once('-').zip(run.rsplit_once('-')).map(|((time, _), (_, id))| format!("{time}-{id}"));
            run = ends.unwrap_or(run);
            run.truncate(SESSION / 2);
            operator.truncate(SESSION - 1 - run.len());
        }
        format!("{operator}@{run}")
    }

    /// Adds the run and the step to a request's user agent. No signature covers that header.
    pub(super) fn sign(&self, request: &mut HttpRequest) {
        let mut agent = request.headers().get("user-agent").unwrap_or_default().to_owned();
        agent.push_str(&mark("run", &self.run));
        if let Some(step) = current_step() {
            agent.push_str(&mark("step", &step));
        }
        // What cannot be a header's value is left as it was.
        let _ = request.headers_mut().try_insert("user-agent", agent);
    }
}

/// ` md/handover-KEY#VALUE`, as the SDK itself adds metadata to a user agent.
fn mark(key: &str, value: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!$%&'*+-.^_`|~".contains(c);
    let value: String = value.chars().take(128).map(|c| if fits(c) { c } else { '-' }).collect();
    format!(" md/handover-{key}#{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(run: &str, operator: &str) -> String {
        Caller { run: run.to_owned(), operator: operator.to_owned() }.session()
    }

    #[test]
    fn a_session_is_named_after_the_operator_and_the_run_as_sts_takes_it() {
        assert_eq!(session("20260303T140020Z-shop-failover-ab12", "anna"), "anna@20260303T140020Z-shop-failover-ab12");
        let long = "20260303T140020Z-fineract-production-failover-in-anger-ab12";
        assert_eq!(session(long, "anna.lindqvist"), "anna.lindqvist@20260303T140020Z-ab12");
        assert_eq!(session("r", "Åsa Ö"), "-sa--@r");
        for operator in ["a", &"x".repeat(40), &"ö".repeat(40)] {
            for run in ["r", long, &"y".repeat(200), &"y-".repeat(100)] {
                let name = session(run, operator);
                assert!((2..=64).contains(&name.len()), "{name}");
            }
        }
    }

    #[test]
    fn what_a_user_agent_cannot_hold_is_replaced() {
        assert_eq!(mark("step", "point traffic/now"), " md/handover-step#point-traffic-now");
    }
}
