//! The page of the AWS console that shows what a call changes: to look at with one's own eyes, never for the program itself.

use std::fmt::Write as _;

use super::plan::{Call, Plan};
use super::region::Region;

/// How long an address may get: terminals drop longer ones.
const LONGEST: usize = 2000;

/// The address of the page, where there is one for what the plan's call names. Every part of it that comes from outside is
/// percent-encoded, so that it is always a plain address on the console's own host.
pub fn of(plan: &Plan) -> Option<String> {
    let region: Region = plan.call.control_plane.parse().ok()?;
    let target = plan.direction.target.as_str();
    let path = path(&plan.call, region.as_str())?;
    // A global service may be called in a Region of another partition, which has no console of this one.
    let (host, own) = (host(target), host(region.as_str()));
    let page = format!("https://{}.{host}/{path}", if host == own { region.as_str() } else { target });
    (page.len() <= LONGEST).then_some(page)
}

/// The console's host in a Region's partition.
fn host(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "console.amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com"
    } else {
        "console.aws.amazon.com"
    }
}

/// The path with its query and its fragment.
fn path(call: &Call, region: &str) -> Option<String> {
    // An ARN names a resource by what stands after its last colon.
    let named = |name: &str| {
        let value = call.param(name).filter(|value| !value.trim().is_empty())?;
        Some(encoded(value.strip_prefix("arn:").and_then(|arn| arn.rsplit(':').next()).unwrap_or(value)))
    };
    let first = |names: &[&str]| names.iter().find_map(|name| named(name));
    Some(match call.service.as_str() {
        "rds" => {
            let clusters = ["TargetDbClusterIdentifier", "DbClusterIdentifier"];
            let (id, cluster) = match first(&clusters) {
                Some(id) => (id, true),
                None => (first(&["DBInstanceIdentifier", "TargetDBInstanceIdentifier"])?, false),
            };
            format!("rds/home?region={region}#database:id={id};is-cluster={cluster}")
        }
        "route53" => match named("HostedZoneId") {
            Some(zone) => format!("route53/v2/hostedzones#ListRecordSets/{zone}"),
            None => format!("route53/healthchecks/home#/details/{}", named("HealthCheckId")?),
        },
        "ecs" => {
            let (cluster, service) = (named("cluster")?, named("service")?);
            format!("ecs/v2/clusters/{cluster}/services/{service}/health?region={region}")
        }
        "lambda" => format!("lambda/home?region={region}#/functions/{}", named("FunctionName")?),
        "ssm" => format!("systems-manager/parameters/{}/description?region={region}", named("Name")?),
        "cloudfront" => format!("cloudfront/v4/home#/distributions/{}", first(&["Id", "DistributionId"])?),
        "s3" => format!("s3/buckets/{}?region={region}", named("Bucket")?),
        "elasticache" => format!(
            "elasticache/home?region={region}#/redis/{}",
            first(&["PrimaryReplicationGroupId", "ReplicationGroupId"])?
        ),
        _ => return None,
    })
}

/// Everything but the unreserved characters of RFC 3986, percent-encoded.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::tests::plan;
    use proptest::prelude::*;

    fn page(service: &str, region: &str, params: &[(&str, &str)]) -> Option<String> {
        let mut plan = plan();
        plan.call.service = service.into();
        plan.call.control_plane = region.into();
        if let Ok(target) = region.parse() {
            plan.direction.target = target;
        }
        plan.call.params = params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        of(&plan)
    }

    #[test]
    fn each_kind_of_resource_has_its_page_in_its_partition() {
        for (service, region, params, wanted) in [
            (
                "rds",
                "us-west-2",
                vec![("DBInstanceIdentifier", "ledger-replica")],
                "https://us-west-2.console.aws.amazon.com/rds/home?region=us-west-2#database:id=ledger-replica;is-cluster=false",
            ),
            (
                "rds",
                "eu-west-1",
                vec![
                    ("GlobalClusterIdentifier", "ledger"),
                    ("TargetDbClusterIdentifier", "arn:aws:rds:eu-west-1:111122223333:cluster:ledger-west"),
                ],
                "https://eu-west-1.console.aws.amazon.com/rds/home?region=eu-west-1#database:id=ledger-west;is-cluster=true",
            ),
            (
                "route53",
                "us-east-1",
                vec![("HostedZoneId", "Z123")],
                "https://us-east-1.console.aws.amazon.com/route53/v2/hostedzones#ListRecordSets/Z123",
            ),
            (
                "ssm",
                "cn-north-1",
                vec![("Name", "/ledger/active region")],
                "https://cn-north-1.console.amazonaws.cn/systems-manager/parameters/%2Fledger%2Factive%20region/description?region=cn-north-1",
            ),
            (
                "s3",
                "us-gov-west-1",
                vec![("Bucket", "ledger-docs")],
                "https://us-gov-west-1.console.amazonaws-us-gov.com/s3/buckets/ledger-docs?region=us-gov-west-1",
            ),
        ] {
            assert_eq!(page(service, region, &params).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn a_global_service_is_shown_by_the_console_of_the_targets_partition() {
        for (target, wanted) in [
            ("cn-northwest-1", "https://cn-northwest-1.console.amazonaws.cn/route53/v2/hostedzones#ListRecordSets/Z1"),
            (
                "us-gov-east-1",
                "https://us-gov-east-1.console.amazonaws-us-gov.com/route53/v2/hostedzones#ListRecordSets/Z1",
            ),
            ("eu-west-1", "https://us-east-1.console.aws.amazon.com/route53/v2/hostedzones#ListRecordSets/Z1"),
        ] {
            let mut plan = plan();
            plan.call.service = "route53".into();
            plan.call.control_plane = "us-east-1".into();
            plan.call.params = [("HostedZoneId".into(), "Z1".into())].into();
            plan.direction.target = target.parse().unwrap();
            assert_eq!(of(&plan).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn what_has_no_page_gets_none() {
        assert_eq!(page("sql", "us-west-2", &[("host", "db")]), None);
        assert_eq!(page("exec", "", &[]), None);
        assert_eq!(page("rds", "us-west-2", &[("DBSnapshotIdentifier", "x")]), None);
        assert_eq!(page("rds", "us-west-2", &[("DBInstanceIdentifier", " ")]), None);
        assert_eq!(page("rds", "evil.example/", &[("DBInstanceIdentifier", "x")]), None);
        assert_eq!(page("s3", "us-west-2", &[("Bucket", &"x".repeat(3000))]), None);
    }

    proptest! {
        #[test]
        fn nothing_from_outside_leaves_its_place(name in "\\PC{0,60}|[\\x00-\\x1f\u{9b}\u{202e}\\\\/#?@:;]{1,20}") {
            let Some(page) = page("lambda", "us-west-2", &[("FunctionName", &name)]) else { return Ok(()) };
            prop_assert!(page.bytes().all(|byte| byte.is_ascii_graphic()));
            let rest = page.strip_prefix("https://us-west-2.console.aws.amazon.com/lambda/home?region=us-west-2#/functions/");
            let plain = rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            prop_assert!(plain, "{}", page);
        }
    }
}
