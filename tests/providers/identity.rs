//! The identity component and assumed roles, on a scripted wire and on moto.

use std::time::Duration;

use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::Place;
use handover::domain::service::{AssumeRole, ExternalId, Service, Spec};

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, component, east, real_component, service, west};

const ROLE: &str = "arn:aws:iam::123456789012:role/dr-operations";

fn assuming() -> Service {
    let mut service = service("identity", Spec::Identity);
    let external_id = Some(ExternalId::Text("dr-ops-42".into()));
    let duration = Duration::from_hours(1);
    service.aws.assume_role = Some(AssumeRole { role: ROLE.into(), external_id, source_profile: None, duration });
    service
}

/// STS, whose credentials end after `seconds`.
fn sts(seconds: i64) -> Wire {
    Wire::new(move |request: &Request| {
        let body = if request.body.contains("Action=AssumeRole") {
            let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
            format!(
                "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                 <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                 <Expiration>{ends:.0}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            )
        } else {
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:sts::123456789012:assumed-role/dr-operations/me</Arn><UserId>u</UserId><Account>123456789012</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
                .to_owned()
        };
        Reply::Xml(200, body)
    })
}

#[tokio::test]
async fn the_role_is_assumed_once_in_the_standby_region_and_what_is_left_is_told() {
    let (service, wire) = (assuming(), sts(3_600));
    let identity = component(&service, &wire, None);
    for place in [east(), west()].map(Place::Region) {
        let seen = identity.observe(&place).await.unwrap();
        assert_eq!(seen.health, Health::Healthy, "{seen:?}");
        assert!(seen.summary.starts_with("assumed-role/dr-operations/me, "), "{}", seen.summary);
        assert_eq!(seen.value("clock_skew"), None, "the answer has no date");
    }
    let assumed: Vec<Request> = wire.requests().into_iter().filter(|sent| sent.body.contains("AssumeRole")).collect();
    assert_eq!((assumed.len(), assumed[0].region.as_str()), (1, "us-west-2"));
    for part in ["ExternalId=dr-ops-42", "DurationSeconds=3600", "RoleSessionName=handover-fineract-production"] {
        assert!(assumed[0].body.contains(part), "{}", assumed[0].body);
    }
    assert!(!format!("{service:?}").contains("dr-ops-42"), "it is shown nowhere");
    let seen = component(&service, &sts(1_500), None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Degraded, "{seen:?}");
    let Some(Value::Seconds(left)) = seen.value("expires_in") else { panic!("{seen:?}") };
    assert!((1_490.0..=1_500.0).contains(left));
}

#[tokio::test]
async fn whoever_may_not_assume_it_is_told_so() {
    let wire = Wire::new(|_| {
        Reply::Xml(
            403,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied\
             </Code><Message>not authorized</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                .to_owned(),
        )
    });
    let unread = component(&assuming(), &wire, None).observe(&Place::Region(west())).await.unwrap_err();
    assert_eq!(unread.why, Why::Auth, "{unread}");
    assert!(
        unread.message.contains("sts:AssumeRole us-west-2") && unread.message.contains("not authorized"),
        "{unread}"
    );
    let mut service = assuming();
    if let Some(assume) = &mut service.aws.assume_role {
        assume.external_id = Some(ExternalId::Env("HANDOVER_TEST_THERE_IS_NO_SUCH_VARIABLE".into()));
    }
    let wire = sts(3_600);
    let unread = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap_err();
    assert!(unread.message.contains("not set"), "{unread}");
    assert_eq!(wire.requests().len(), 0, "nothing is guessed");
}

/// On an STS that nobody here wrote, whose answers have dates.
#[tokio::test(flavor = "multi_thread")]
async fn moto_is_asked() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = assuming();
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    let identity = real_component(&service);
    let seen = identity.observe(&Place::Region(west())).await.unwrap();
    let Some(Value::Text(arn)) = seen.value("arn") else { panic!("{seen:?}") };
    assert!(arn.contains("assumed-role/dr-operations/handover-fineract-production"), "{arn}");
    let (Some(Value::Seconds(left)), Some(Value::Seconds(skew))) = (seen.value("expires_in"), seen.value("clock_skew"))
    else {
        panic!("{seen:?}")
    };
    assert!((3_500.0..=3_600.0).contains(left) && *skew < 2.0, "{seen:?}");
}
