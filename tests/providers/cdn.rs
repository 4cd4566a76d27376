//! The cloudfront component.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cloudfront::types::{
    CustomOriginConfig, DefaultCacheBehavior, DistributionConfig, Origin, OriginProtocolPolicy, OriginSslProtocols,
    Origins, SslProtocol, ViewerProtocolPolicy,
};
use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{CloudFront, Service, Spec};

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, ask, authorised, component, east, real_component, service, west};

const ID: &str = "E1U5RQF7T870K0";

fn cdn(distribution: &str) -> Service {
    let pair = |primary: &str, standby: &str| Pair { primary: primary.to_owned(), standby: standby.to_owned() };
    let spec = CloudFront {
        distribution: distribution.into(),
        origin: pair("alb-east", "alb-west"),
        domain: Some(pair("alb.east.example", "alb.west.example")),
        paths: vec!["/*".into(), "/index.html".into()],
    };
    service("cdn", Spec::CloudFront(spec))
}

/// What CloudFront has and does.
#[derive(Clone)]
struct Has {
    status: &'static str,
    target: String,
    etag: &'static str,
    /// How an update is answered.
    update: Update,
}

#[derive(Clone, Copy, PartialEq)]
enum Update {
    Well,
    Raced,
    Nothing,
}

fn config(target: &str) -> String {
    let origin = |id: &str, domain: &str| {
        format!(
            "<Origin><Id>{id}</Id><DomainName>{domain}</DomainName><CustomHeaders><Quantity>1</Quantity><Items>\
             <OriginCustomHeader><HeaderName>X-Kept</HeaderName><HeaderValue>kept</HeaderValue></OriginCustomHeader>\
             </Items></CustomHeaders></Origin>"
        )
    };
    let member = |id: &str| format!("<OriginGroupMember><OriginId>{id}</OriginId></OriginGroupMember>");
    format!(
        "<CallerReference>made by hand</CallerReference><Origins><Quantity>2</Quantity><Items>{}{}</Items></Origins>\
         <OriginGroups><Quantity>1</Quantity><Items><OriginGroup><Id>both</Id><FailoverCriteria><StatusCodes>\
         <Quantity>1</Quantity><Items><StatusCode>503</StatusCode></Items></StatusCodes></FailoverCriteria><Members>\
         <Quantity>2</Quantity><Items>{}{}</Items></Members></OriginGroup></Items></OriginGroups><DefaultCacheBehavior>\
         <TargetOriginId>{target}</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>\
         </DefaultCacheBehavior><CacheBehaviors><Quantity>0</Quantity></CacheBehaviors><Comment>of the shop</Comment>\
         <Enabled>true</Enabled>",
        origin("alb-east", "alb.east.example"),
        origin("alb-west", "alb.west.example"),
        member("alb-east"),
        member("alb-west")
    )
}

fn cloudfront(has: Has) -> (Wire, Arc<Mutex<Has>>) {
    let state = Arc::new(Mutex::new(has));
    let shared = state.clone();
    let wire = Wire::new(move |request: &Request| {
        let mut has = shared.lock().unwrap();
        let whole = |has: &Has| {
            let body = format!(
                "<Distribution xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Id>{ID}</Id><ARN>arn</ARN>\
                 <Status>{}</Status><LastModifiedTime>2026-01-05T09:00:00Z</LastModifiedTime>\
                 <InProgressInvalidationBatches>0</InProgressInvalidationBatches><DomainName>d.cloudfront.net</DomainName>\
                 <DistributionConfig>{}</DistributionConfig></Distribution>",
                has.status,
                config(&has.target)
            );
            Reply::Tagged(has.etag, body)
        };
        match (request.method.as_str(), request.uri.ends_with("/config")) {
            ("GET", true) => Reply::Tagged(
                has.etag,
                format!(
                    "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">{}</DistributionConfig>",
                    config(&has.target)
                ),
            ),
            ("PUT", _) if has.update == Update::Raced => Reply::Xml(
                412,
                "<ErrorResponse xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Error><Type>Sender</Type>\
                 <Code>PreconditionFailed</Code><Message>the preconditions</Message></Error><RequestId>r</RequestId>\
                 </ErrorResponse>"
                    .to_owned(),
            ),
            ("PUT", _) => {
                let pointed = request.body.contains("<TargetOriginId>alb-west");
                if pointed { "alb-west" } else { "?" }.clone_into(&mut has.target);
                (has.status, has.etag) = ("InProgress", "E3");
                if has.update == Update::Nothing { Reply::Reset } else { whole(&has) }
            }
            _ => whole(&has),
        }
    });
    (wire, state)
}

fn at_rest() -> Has {
    Has { status: "Deployed", target: "alb-east".to_owned(), etag: "E2", update: Update::Well }
}

#[tokio::test]
async fn an_origin_group_is_told_and_not_given_up_unseen() {
    let service = cdn(ID);
    let (wire, state) = cloudfront(Has { target: "both".to_owned(), ..at_rest() });
    let cdn = component(&service, &wire, None);
    let seen = cdn.observe(&Place::Global).await.unwrap();
    assert_eq!(seen.summary, "us-east-1, Deployed, by an origin group");
    assert_eq!(seen.value("origin_group"), Some(&Value::Bool(true)));
    let plan = cdn.plan(&ask(&service, "point", &west())).await.unwrap();
    let closed: Vec<(&str, Verdict)> = plan.closed_gates().map(|gate| (gate.name.as_str(), gate.verdict)).collect();
    assert_eq!(closed, [("no origin group is given up", Verdict::Fail)]);
    state.lock().unwrap().target = "elsewhere\u{202e}".to_owned();
    let seen = cdn.observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.value("points_at")), (Health::Degraded, Some(&Value::Text("other".into()))));
    assert!(!seen.summary.contains('\u{202e}'), "{seen:?}");
}

#[tokio::test]
async fn the_plan_is_the_exact_call_and_everything_else_is_kept() {
    let (service, (wire, state)) = (cdn(ID), cloudfront(at_rest()));
    let cdn = component(&service, &wire, None);
    let plan = cdn.plan(&ask(&service, "point", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "cloudfront:UpdateDistribution in us-east-1");
    assert_eq!(plan.call.param("IfMatch"), Some("E2"));
    assert_eq!(
        plan.by_hand,
        "aws cloudfront get-distribution-config --id E1U5RQF7T870K0 --query DistributionConfig --output json | \
         jq --arg origin alb-west '.DefaultCacheBehavior.TargetOriginId = $origin' | \
         aws cloudfront update-distribution --id E1U5RQF7T870K0 --if-match E2 --distribution-config file:///dev/stdin"
    );
    assert!(plan.gates.iter().all(|gate| gate.verdict == Verdict::Pass), "{:?}", plan.gates);
    let receipt = cdn.perform(&authorised(&plan)).await.unwrap();
    assert_eq!((receipt.answer.as_str(), receipt.handle.as_deref()), ("InProgress", Some("E3")));
    let sent: Vec<Request> = wire.requests().into_iter().filter(|request| request.method == "PUT").collect();
    assert_eq!((sent.len(), sent[0].if_match.as_str(), sent[0].region.as_str()), (1, "E2", "us-east-1"));
    let kept = ["X-Kept", "of the shop", "made by hand", "<StatusCode>503", "https-only", "<OriginId>alb-east"];
    assert!(kept.iter().all(|kept| sent[0].body.contains(kept)), "{}", sent[0].body);
    assert_eq!(sent[0].body.matches("alb-west").count(), 3, "the origin, the group and the target");
    let settle = |since| cdn.settle(&plan, Some(&receipt), Duration::from_secs(since));
    assert!(matches!(settle(300).await, Settlement::InProgress(..)), "edges are still being told");
    state.lock().unwrap().status = "Deployed";
    assert!(matches!(settle(300).await, Settlement::Done(_)));
    state.lock().unwrap().target = "alb-east".to_owned();
    assert!(matches!(settle(300).await, Settlement::Failed(..)), "somebody has pointed it back");
    let settled = cdn.settle(&plan, None, Duration::from_secs(300)).await;
    assert!(matches!(settled, Settlement::NotStarted(_)), "{settled:?}");
}

#[tokio::test]
async fn somebody_elses_change_is_not_overwritten() {
    let service = cdn(ID);
    let (wire, state) = cloudfront(at_rest());
    let before = component(&service, &wire, None);
    let plan = before.plan(&ask(&service, "point", &west())).await.unwrap();
    state.lock().unwrap().etag = "E9";
    let later = before.plan(&ask(&service, "point", &west())).await.unwrap();
    assert_ne!(plan.hash(), later.hash());
    for (update, etag, puts) in [(Update::Well, "E9", 0), (Update::Raced, "E2", 1), (Update::Nothing, "E2", 1)] {
        let (wire, _) = cloudfront(Has { etag, update, ..at_rest() });
        let cdn = component(&service, &wire, None);
        let error = cdn.perform(&authorised(&plan)).await.unwrap_err();
        let puts_sent = wire.requests().iter().filter(|request| request.method == "PUT").count();
        assert_eq!(puts_sent, puts, "a write is sent once: {error}");
        match &error {
            PerformError::Refused { message, .. } => assert!(message.contains("somebody changed it"), "{message}"),
            PerformError::Unknown { .. } => {
                assert!(update == Update::Nothing);
                let settled = cdn.settle(&plan, None, Duration::from_secs(60)).await;
                assert!(matches!(settled, Settlement::InProgress(..)), "it was done, and nobody was told: {settled:?}");
            }
            PerformError::NotYet { .. } => panic!("{error}"),
        }
    }
}

fn made(target: &str) -> DistributionConfig {
    let origin = |id: &str, domain: &str| {
        let protocols = OriginSslProtocols::builder().quantity(1).items(SslProtocol::TlSv12).build().unwrap();
        let custom = CustomOriginConfig::builder()
            .http_port(80)
            .https_port(443)
            .origin_protocol_policy(OriginProtocolPolicy::HttpsOnly)
            .origin_ssl_protocols(protocols)
            .build()
            .unwrap();
        Origin::builder().id(id).domain_name(domain).custom_origin_config(custom).build().unwrap()
    };
    let origins = Origins::builder()
        .quantity(2)
        .items(origin("alb-east", "alb.east.example"))
        .items(origin("alb-west", "alb.west.example"));
    let behavior = DefaultCacheBehavior::builder()
        .target_origin_id(target)
        .viewer_protocol_policy(ViewerProtocolPolicy::HttpsOnly);
    DistributionConfig::builder()
        .caller_reference("made by hand")
        .origins(origins.build().unwrap())
        .default_cache_behavior(behavior.build().unwrap())
        .comment("of the shop")
        .enabled(true)
        .build()
        .unwrap()
}

/// On a CloudFront that nobody here wrote.
#[tokio::test(flavor = "multi_thread")]
async fn moto_is_pointed_and_pointed_back() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let config = aws_sdk_cloudfront::Config::builder()
        .behavior_version(aws_sdk_cloudfront::config::BehaviorVersion::latest())
        .region(aws_sdk_cloudfront::config::Region::new("us-east-1"))
        .endpoint_url(peers.endpoint("global"))
        .credentials_provider(aws_sdk_cloudfront::config::Credentials::new("test", "test", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let cloudfront = aws_sdk_cloudfront::Client::from_conf(config);
    let created = cloudfront.create_distribution().distribution_config(made("alb-east")).send().await.unwrap();
    let id = created.distribution().unwrap().id().to_owned();
    let mut service = cdn(&id);
    service.aws.global_endpoint = Some(peers.endpoint("global"));
    let cdn = real_component(&service);
    for (on, word) in [(west(), "us-west-2"), (east(), "us-east-1"), (west(), "us-west-2")] {
        let plan = cdn.plan(&ask(&service, "point", &on)).await.unwrap();
        let receipt = cdn.perform(&authorised(&plan)).await.unwrap();
        // It deploys when it has been looked at a few times.
        let mut settled = cdn.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
        for _ in 0..3 {
            if matches!(settled, Settlement::InProgress(..)) {
                settled = cdn.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
            }
        }
        assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
        let seen = cdn.observe(&Place::Global).await.unwrap();
        assert_eq!(seen.value("points_at"), Some(&Value::Text(word.into())));
        assert!(cdn.plan(&ask(&service, "point", &on)).await.unwrap_err().already);
    }
    let plan = cdn.plan(&ask(&service, "invalidate", &west())).await.unwrap();
    let receipt = cdn.perform(&authorised(&plan)).await.unwrap();
    assert!(receipt.handle.is_some(), "{receipt:?}");
    let settled = cdn.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    let settled = cdn.settle(&plan, None, Duration::from_secs(1)).await;
    assert!(matches!(settled, Settlement::Done(_)), "found by the plan alone: {settled:?}");
}
