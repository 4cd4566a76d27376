//! a call to a control plane that goes with the Region.

use super::super::deeds::{Deed, does, words};
use super::super::line::lines;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Action, Hazard, Runbook, Way};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO005",
    title: "a call to a control plane that goes with the Region",
    severity: Severity::Danger,
    why: "Route 53, IAM, CloudFront and global Aurora clusters are changed in us-east-1 or in the Region that is \
          out, just when it is out.",
    practice: "A data-plane way: failover records with health checks that follow by themselves, or routing controls \
          with five endpoints; and what is needed, made beforehand.",
    source: "https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover) {
        let planned = doing(subject.service, runbook, Deed::SwitchOver).next().is_some();
        for (_, step) in runbook.steps().filter(|_| !planned) {
            for line in lines(step).iter().filter(|_| step.hazard > Hazard::None) {
                let at = line.option("--region").unwrap_or_default();
                let global = ["route53", "cloudfront", "iam"].iter().any(|service| line.is_of(service));
                let dead = global && regions.primary.as_str() == "us-east-1"
                    || at == "{source}"
                    || at == "{primary}"
                    || at == regions.primary.as_str();
                if line.program() == "aws" && dead && (global || done_for(subject, runbook)) {
                    found.at_step(
                        runbook,
                        step,
                        format!("it calls the control plane of {}, which is the Region that is out", regions.primary),
                    );
                }
            }
            let said = words(step);
            if does(subject.service, step, Deed::Point)
                && ["route 53", "route53", "dns", "cloudfront"].iter().any(|word| said.contains(word))
                && !said.contains("by itself")
                && regions.primary.as_str() == "us-east-1"
            {
                found.at_step(runbook, step, "it is changed by hand in us-east-1, which is the Region that is out");
            }
            if let Action::Act { component, .. } = &step.action
                && does(subject.service, step, Deed::Point)
                && let Some(Spec::Route53Failover(traffic)) = subject.service.component(component).map(|of| &of.spec)
                && regions.primary.as_str() == "us-east-1"
                && (traffic.health_check.primary.is_none() || traffic.health_check.standby.is_none())
            {
                found.at_step(runbook, step, "Route 53 is changed in us-east-1, which is the Region that is out, and its records have no health checks by which its data plane would follow");
            }
        }
    }
}

/// Whether a runbook is for a Region that is out: it promotes.
fn done_for(subject: &Subject<'_>, runbook: &Runbook) -> bool {
    doing(subject.service, runbook, Deed::Promote).next().is_some()
}
