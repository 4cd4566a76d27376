//! a lag that is not the lag.

use super::super::Spot;
use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::region::HomeRole;
use crate::domain::service::{LagUnit, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO018",
    title: "a lag that is not the lag",
    severity: Severity::Danger,
    why: "A metric that does not exist is never late, one in another unit is off by a thousand, and the lag inside \
          a cluster says nothing of the other Region.",
    practice: "ReplicaLag in seconds for replicas; AuroraGlobalDBRPOLag, AuroraGlobalDBReplicationLag and \
          AuroraGlobalDBProgressLag in milliseconds, in the Region that follows.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html",
    look,
};

/// The lags between Regions.
const KNOWN: &[&str] =
    &["ReplicaLag", "AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag", "AuroraGlobalDBProgressLag"];

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step).iter().filter(|line| line.mentions("get-metric")) {
                let name = line.option("--metric-name").filter(|name| name.contains("Lag") && !KNOWN.contains(name));
                // Inside a cluster it is what it is; only as the service's lag it is none, as below.
                if let Some(name) = name.filter(|name| !name.starts_with("AuroraReplicaLag")) {
                    found.at_step(runbook, step, format!("{name} is no lag between Regions"));
                }
            }
        }
    }
    for component in &subject.service.components {
        let Spec::CloudWatch(watch) = &component.spec else { continue };
        let Some(lag) = watch.lag.as_ref().filter(|lag| lag.namespace == "AWS/RDS") else { continue };
        let spot = || Spot::Component(component.id.clone());
        let unit = match lag.metric.as_str() {
            "ReplicaLag" => LagUnit::Seconds,
            "AuroraGlobalDBRPOLag" | "AuroraGlobalDBReplicationLag" | "AuroraGlobalDBProgressLag" => {
                LagUnit::Milliseconds
            }
            other => {
                found.at(spot(), format!("{other} of AWS/RDS is no lag between Regions"));
                continue;
            }
        };
        if lag.unit != unit {
            found.at(spot(), format!("{} is not in the unit that the file says", lag.metric));
            found.mend(if unit == LagUnit::Seconds { "unit = \"seconds\"" } else { "unit = \"milliseconds\"" });
        }
        if lag.metric.starts_with("AuroraGlobalDB") && lag.region == HomeRole::Primary {
            found.at(spot(), format!("{} is published in the Region that follows, not in the primary's", lag.metric));
            found.mend("region = \"standby\"");
        }
    }
}
