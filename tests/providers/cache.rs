//! The elasticache-global component.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::runbook::Hazard;
use handover::domain::service::{ElasticacheGlobal, Service, Spec};

use super::support::{Reply, Request, Wire, ask, authorised, component, east, service, west};

const GLOBAL: &str = "ldgnf-sessions";

fn cache() -> Service {
    let group = Pair { primary: "sessions-east".to_owned(), standby: "sessions-west".to_owned() };
    service("cache", Spec::ElasticacheGlobal(ElasticacheGlobal { global: GLOBAL.into(), group }))
}

/// What ElastiCache has.
#[derive(Clone, Copy)]
struct Has {
    /// The status of the whole.
    status: &'static str,
    /// The Region of the primary.
    primary: &'static str,
    /// The datastore that the west's group is in.
    west_in: Option<&'static str>,
    /// What a mutation is answered.
    answers: Answers,
}

#[derive(Clone, Copy, PartialEq)]
enum Answers {
    Well,
    Nothing,
    WrongState,
    Throttled,
}

const AT_REST: Has = Has { status: "available", primary: "us-east-1", west_in: Some(GLOBAL), answers: Answers::Well };

fn wrapped(operation: &str, inner: &str) -> Reply {
    Reply::Xml(
        200,
        format!(
            "<{operation}Response xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><{operation}Result>{inner}\
             </{operation}Result><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::Xml(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
        ),
    )
}

fn whole(has: &Has) -> String {
    let member = |region: &str, group: &str| {
        let role = if region == has.primary { "PRIMARY" } else { "SECONDARY" };
        format!(
            "<GlobalReplicationGroupMember><ReplicationGroupId>{group}</ReplicationGroupId>\
             <ReplicationGroupRegion>{region}</ReplicationGroupRegion><Role>{role}</Role><Status>associated</Status>\
             </GlobalReplicationGroupMember>"
        )
    };
    format!(
        "<GlobalReplicationGroupId>{GLOBAL}</GlobalReplicationGroupId><Status>{}</Status><Members>{}{}</Members>",
        has.status,
        member("us-east-1", "sessions-east"),
        member("us-west-2", "sessions-west")
    )
}

fn elasticache(has: Has) -> (Wire, Arc<Mutex<Has>>) {
    let state = Arc::new(Mutex::new(has));
    let shared = state.clone();
    let wire = Wire::new(move |request: &Request| {
        let mut has = shared.lock().unwrap();
        let action = request.body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or("GetMetricData");
        match action {
            "DescribeGlobalReplicationGroups" => {
                let inner = format!(
                    "<GlobalReplicationGroups><GlobalReplicationGroup>{}</GlobalReplicationGroup></GlobalReplicationGroups>",
                    whole(&has)
                );
                wrapped(action, &inner)
            }
            "DescribeReplicationGroups" => {
                let (group, global) = match request.region.as_str() {
                    "us-east-1" => ("sessions-east", Some(GLOBAL)),
                    _ => ("sessions-west", has.west_in),
                };
                let role = if request.region == has.primary { "PRIMARY" } else { "SECONDARY" };
                let info = global.map_or(String::new(), |global| {
                    format!(
                        "<GlobalReplicationGroupInfo><GlobalReplicationGroupId>{global}</GlobalReplicationGroupId>\
                         <GlobalReplicationGroupMemberRole>{role}</GlobalReplicationGroupMemberRole>\
                         </GlobalReplicationGroupInfo>"
                    )
                });
                let inner = format!(
                    "<ReplicationGroups><ReplicationGroup><ReplicationGroupId>{group}</ReplicationGroupId>{info}\
                     <Status>available</Status><MemberClusters><ClusterId>{group}-001</ClusterId></MemberClusters>\
                     </ReplicationGroup></ReplicationGroups>"
                );
                wrapped(action, &inner)
            }
            "DescribeCacheClusters" => error(403, "AccessDenied", "not allowed \u{202e}"),
            "FailoverGlobalReplicationGroup" => match has.answers {
                Answers::WrongState => error(400, "InvalidGlobalReplicationGroupState", "not in available state"),
                Answers::Throttled => error(400, "Throttling", "Rate exceeded"),
                answers => {
                    (has.status, has.primary) = ("modifying", "us-west-2");
                    if answers == Answers::Nothing {
                        return Reply::Reset;
                    }
                    wrapped(action, &format!("<GlobalReplicationGroup>{}</GlobalReplicationGroup>", whole(&has)))
                }
            },
            _ => Reply::Refused,
        }
    });
    (wire, state)
}

#[tokio::test]
async fn what_cannot_be_read_is_missing_and_said() {
    let (service, (wire, state)) = (cache(), elasticache(AT_REST));
    let cache = component(&service, &wire, None);
    let seen = cache.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Degraded);
    assert_eq!(seen.value("role"), Some(&Value::Text("secondary".into())));
    assert!(seen.value("lag").is_none() && seen.value("engine_version").is_none(), "{seen:?}");
    let unread: Vec<(&str, Why)> = seen.unread.iter().map(|(part, unread)| (part.as_str(), unread.why)).collect();
    assert_eq!(unread, [("engine_version", Why::Denied), ("lag", Why::Unreachable)]);
    assert!(seen.unread.iter().all(|(_, unread)| !unread.message.contains('\u{202e}')));
    // In somebody else's datastore it is none of ours.
    state.lock().unwrap().west_in = Some("ldgnf-other");
    let seen = cache.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("role"), Some(&Value::Text("detached".into())));
    assert_eq!(seen.summary, "in another global datastore: ldgnf-other");
    state.lock().unwrap().primary = "eu-west-1";
    let seen = cache.observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.value("primary")), (Health::Degraded, Some(&Value::Text("none".into()))));
}

#[tokio::test]
async fn the_plan_is_the_exact_call_and_it_is_made_once() {
    let (service, (wire, state)) = (cache(), elasticache(AT_REST));
    let cache = component(&service, &wire, None);
    let plan = cache.plan(&ask(&service, "failover", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "elasticache:FailoverGlobalReplicationGroup in us-west-2");
    assert_eq!((plan.hazard, plan.phrase.as_deref()), (Hazard::Irreversible, Some("failover us-west-2")));
    assert_eq!(
        plan.by_hand,
        "aws elasticache failover-global-replication-group --global-replication-group-id ldgnf-sessions \
         --primary-region us-west-2 --primary-replication-group-id sessions-west --region us-west-2"
    );
    let gates: Vec<(&str, Verdict)> = plan.gates.iter().map(|gate| (gate.name.as_str(), gate.verdict)).collect();
    let pass = Verdict::Pass;
    assert_eq!(
        gates,
        [
            ("global datastore available", pass),
            ("group available", pass),
            ("member associated", pass),
            ("lag is known", Verdict::Unknown)
        ]
    );
    assert!(plan.changes[2].contains("cannot be read"), "{:?}", plan.changes);
    let mut other = plan.clone();
    other.call.params[2].1 = "sessions-east".into();
    assert!(matches!(cache.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    let receipt = cache.perform(&authorised(&plan)).await.unwrap();
    assert_eq!((receipt.request_id.as_deref(), receipt.answer.as_str()), (Some("req-1"), "status modifying"));
    assert_eq!(wire.count("Action=FailoverGlobalReplicationGroup"), 1);
    let settle = |since| cache.settle(&plan, Some(&receipt), Duration::from_secs(since));
    assert!(matches!(settle(5).await, Settlement::InProgress(..)), "the datastore is being changed");
    state.lock().unwrap().status = "available";
    assert!(matches!(settle(60).await, Settlement::Done(_)));
    let detach = cache.plan(&ask(&service, "detach", &east())).await.unwrap();
    assert!(detach.by_hand.contains("disassociate-global-replication-group"), "{}", detach.by_hand);
    assert_eq!(detach.hazard, Hazard::Irreversible);
}

#[tokio::test]
async fn a_no_a_not_now_and_a_silence_are_told_apart() {
    let service = cache();
    for answers in [Answers::WrongState, Answers::Throttled, Answers::Nothing] {
        let (wire, state) = elasticache(Has { answers, ..AT_REST });
        let cache = component(&service, &wire, None);
        let plan = cache.plan(&ask(&service, "failover", &west())).await.unwrap();
        let error = cache.perform(&authorised(&plan)).await.unwrap_err();
        assert_eq!(wire.count("Action=FailoverGlobalReplicationGroup"), 1, "a write is sent once");
        match answers {
            Answers::WrongState => assert!(matches!(error, PerformError::Refused { .. }), "{error}"),
            Answers::Throttled => assert!(matches!(error, PerformError::NotYet { .. }), "{error}"),
            _ => assert!(matches!(error, PerformError::Unknown { .. }), "{error}"),
        }
        let settle = |since| cache.settle(&plan, None, Duration::from_secs(since));
        if answers == Answers::Nothing {
            state.lock().unwrap().status = "available";
            assert!(matches!(settle(60).await, Settlement::Done(_)), "it was done, and nobody was told");
        } else {
            // The datastore reads available before a switch has begun, too.
            assert!(matches!(settle(60).await, Settlement::InProgress(..)));
            assert!(matches!(settle(200).await, Settlement::NotStarted(_)));
        }
    }
}
