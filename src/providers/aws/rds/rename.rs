//! An instance gets another name: it restarts, and its address goes with the name.

use std::time::Duration;

use super::instance::{describe, source_of};
use crate::domain::plan::{Call, PerformError, Plan, Receipt, Settlement};
use crate::domain::reading::Why;
use crate::domain::region::Region;
use crate::providers::aws::{Clients, errors};
use crate::providers::own::{Own, call, refused};

/// After how long a new name would show.
const WOULD_SHOW: Duration = Duration::from_mins(3);

const INSTANCE: &str = "DBInstanceIdentifier";
const NAME: &str = "NewDBInstanceIdentifier";
/// The most characters that an instance identifier may have.
const LONGEST: usize = 63;

/// The call, and the line for doing it by hand.
pub(in crate::providers::aws) fn call_of(aws: &Clients, region: &Region, id: &str, name: &str) -> (Call, String) {
    let words = [
        "rds",
        "modify-db-instance",
        "--db-instance-identifier",
        id,
        "--new-db-instance-identifier",
        name,
        "--apply-immediately",
    ];
    let params = [(INSTANCE, id), (NAME, name), ("ApplyImmediately", "true")];
    (call("rds", "ModifyDBInstance", region.as_str(), &params), aws.by_hand(&words, Some(region)))
}

pub(in crate::providers::aws) async fn perform(
    aws: &Clients,
    region: &Region,
    plan: &Plan,
) -> Result<Receipt, PerformError> {
    let (Some(id), Some(name)) = (plan.call.param(INSTANCE), plan.call.param(NAME)) else {
        return Err(refused("the plan names no instance"));
    };
    let client = &aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
    let rename = client.modify_db_instance().db_instance_identifier(id).new_db_instance_identifier(name);
    match rename.apply_immediately(true).send().await {
        Ok(output) => {
            let status = output.db_instance().and_then(|instance| instance.db_instance_status()).unwrap_or("?");
            Ok(errors::receipt(&output, format!("status {status}"), Some(name)))
        }
        Err(err) => Err(errors::perform(&format!("rds:ModifyDBInstance {region}"), &err)),
    }
}

/// Done when the old name is nobody's and the new one is that of an available instance.
pub(in crate::providers::aws) async fn settle(
    own: &Own,
    aws: &Clients,
    region: &Region,
    plan: &Plan,
    since: Duration,
) -> Settlement {
    let (Some(id), Some(name)) = (plan.call.param(INSTANCE), plan.call.param(NAME)) else {
        return Settlement::CannotTell("the plan names no instance".to_owned());
    };
    let source = source_of(region);
    let (old, new) = tokio::join!(describe(aws, region, id), describe(aws, region, name));
    let seen = |fact: &str, value: &str| own.evidence(&plan.on, fact, value, &source);
    match (old, new) {
        (Err(gone), Ok(instance)) if gone.why == Why::NotFound => {
            let evidence = vec![seen("name", name), seen("status", &instance.status)];
            if instance.available() {
                Settlement::Done(evidence)
            } else {
                Settlement::InProgress(format!("{name} is {}", instance.status), evidence)
            }
        }
        (Ok(instance), _) => {
            let evidence = vec![seen("name", id), seen("status", &instance.status)];
            if instance.available() && since > WOULD_SHOW {
                Settlement::NotStarted(evidence)
            } else {
                Settlement::InProgress(format!("{id} is {}", instance.status), evidence)
            }
        }
        (Err(unread), _) => Settlement::CannotTell(unread.to_string()),
    }
}

/// The name that an instance gets: its own, and a few characters that no other instance has.
pub(in crate::providers::aws) fn aside(id: &str, resource: Option<&str>) -> String {
    let tail: String =
        resource.unwrap_or_default().chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
    let end = format!("-aside-{}", tail.to_ascii_lowercase());
    let end = end.trim_end_matches('-');
    let room = LONGEST.saturating_sub(end.len());
    let head: String = id.chars().take(room).collect();
    format!("{}{end}", head.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_name_is_one_that_rds_takes() {
        assert_eq!(aside("bank", Some("db-ABCDEFGHIJ")), "bank-aside-efghij");
        assert_eq!(aside("bank", None), "bank-aside");
        let long = aside(&"a".repeat(63), Some("db-ABCDEFGHIJ"));
        assert_eq!(long.len(), LONGEST);
        assert!(!aside(&format!("{}-bc", "a".repeat(48)), Some("db-ABCDEFGHIJ")).contains("--"));
    }
}
