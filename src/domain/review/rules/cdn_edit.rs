//! a distribution that is edited in the middle of it.

use super::super::deeds::words;
use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO021",
    title: "a distribution that is edited in the middle of it",
    severity: Severity::Warning,
    why: "The whole configuration is written again, in us-east-1, for minutes, and whoever changed it meanwhile \
          has lost their change.",
    practice: "Make both origins beforehand, and change one id against the version that was read.",
    source: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let said = words(step);
            if (said.contains("cloudfront") || said.contains("cdn"))
                && said.contains("origin")
                && said.contains("updat")
            {
                found.at_step(runbook, step, "it edits a distribution by hand");
            }
            if lines(step).iter().any(|line| line.is(&["aws", "cloudfront", "update-distribution"])) {
                found.at_step(runbook, step, "it writes a distribution's whole configuration");
            }
        }
    }
}
