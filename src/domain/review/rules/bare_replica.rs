//! a replica made without what it needs.

use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO010",
    title: "a replica made without what it needs",
    severity: Severity::Danger,
    why: "Across Regions the source is an ARN; an encrypted one wants a key of the new Region, and without a \
          subnet group it lands in the default VPC.",
    practice: "The ARN, a KMS key, a subnet group and the security groups of its own Region.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step).iter().filter(|line| line.is(&["aws", "rds", "create-db-instance-read-replica"])) {
                let source = line.option("--source-db-instance-identifier");
                let lacks: Vec<&str> = [
                    (source.is_some_and(|id| !id.starts_with("arn:")), "the source's ARN"),
                    (!line.has("--kms-key-id"), "--kms-key-id"),
                    (!line.has("--db-subnet-group-name"), "--db-subnet-group-name"),
                ]
                .into_iter()
                .filter_map(|(lacks, what)| lacks.then_some(what))
                .collect();
                if !lacks.is_empty() {
                    found.at_step(runbook, step, format!("it lacks {}", lacks.join(", ")));
                }
            }
        }
    }
}
