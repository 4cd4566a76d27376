//! What it plans, and what it refuses with which way out.

use handover::domain::gate::Verdict;
use handover::domain::plan::PerformError;
use handover::domain::runbook::Hazard;

use super::{EAST, Has, WEST, calm, rds, shop};
use crate::support::{Reply, ask, authorised, component, west};

#[tokio::test]
async fn the_plans_are_the_exact_calls_and_each_is_made_once() {
    let service = shop(false);
    let (wire, state) = rds(calm());
    let database = component(&service, &wire, None);
    for (action, headline, hazard, line) in [
        (
            "switchover",
            "rds:SwitchoverGlobalCluster in us-east-1",
            Hazard::Write,
            format!(
                "aws rds switchover-global-cluster --global-cluster-identifier shop --target-db-cluster-identifier {WEST} --region us-east-1"
            ),
        ),
        (
            "failover",
            "rds:FailoverGlobalCluster in us-west-2",
            Hazard::Irreversible,
            format!(
                "aws rds failover-global-cluster --global-cluster-identifier shop --target-db-cluster-identifier {WEST} --allow-data-loss --region us-west-2"
            ),
        ),
        (
            "detach",
            "rds:RemoveFromGlobalCluster in us-west-2",
            Hazard::Irreversible,
            format!(
                "aws rds remove-from-global-cluster --global-cluster-identifier shop --db-cluster-identifier {WEST} --region us-west-2"
            ),
        ),
    ] {
        let plan = database.plan(&ask(&service, action, &west())).await.unwrap();
        assert_eq!((plan.call.headline().as_str(), plan.hazard), (headline, hazard));
        assert_eq!(plan.by_hand, line);
        let again = database.plan(&ask(&service, action, &west())).await.unwrap();
        assert_eq!(plan.hash(), again.hash(), "{action}: what it rests on is the same a moment later");
        let receipt = database.perform(&authorised(&plan)).await.unwrap();
        assert_eq!((receipt.request_id.as_deref(), receipt.answer.as_str()), (Some("req-1"), "status available"));
        let operation = format!("Action={}", plan.call.operation);
        assert_eq!(wire.count(&operation), 1, "{action}");
        let sent = wire.requests().into_iter().find(|request| request.body.contains(&operation)).unwrap();
        assert_eq!(
            (sent.region.as_str(), sent.body.contains("AllowDataLoss=true")),
            (plan.call.control_plane.as_str(), action == "failover")
        );
        // What the file doesn't name is not touched, whatever a plan says.
        let mut other = plan.clone();
        other.call.params[1].1 = EAST.into();
        assert!(matches!(database.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })), "{action}");
        // An answer that is lost is not "not done", and is not sent again.
        state.lock().unwrap().answers = false;
        assert!(matches!(database.perform(&authorised(&plan)).await, Err(PerformError::Unknown { .. })), "{action}");
        assert_eq!(wire.count(&operation), 2, "{action}");
        state.lock().unwrap().answers = true;
    }
    let refusal = database.plan(&ask(&service, "promote", &west())).await.unwrap_err();
    assert!(refusal.reason.contains("switchover, failover, detach, fence, admit, verify-writes"), "{refusal}");
}

#[tokio::test]
async fn a_takeover_is_refused_with_the_reason_and_the_way_out() {
    let service = shop(false);
    let none = |_: &mut Has| {};
    for (action, change, says) in [
        ("switchover", (|has| has.global = "switching-over") as fn(&mut Has), "shop is switching-over, not available"),
        ("switchover", |has| has.status = "modifying", "shop-west is modifying"),
        ("switchover", |has| has.synchronization = "pending-resync", "is pending-resync"),
        ("switchover", |has| has.east = Some(Reply::Refused), "us-east-1 does not answer"),
        ("switchover", |has| has.version = "15.3", "15.4, 15.3"),
        ("failover", |has| has.version = "15.3", "`detach`"),
        ("failover", |has| has.instances = "creating", "no available instance"),
        ("failover", |has| has.failover = Some(("pending", WEST, true)), "is pending already, towards arn"),
        ("detach", |has| has.failover = Some(("failing-over", WEST, true)), "is failing-over already"),
    ] {
        let mut has = calm();
        none(&mut has);
        change(&mut has);
        let (wire, _) = rds(has);
        let refusal = component(&service, &wire, None).plan(&ask(&service, action, &west())).await.unwrap_err();
        assert!(refusal.reason.contains(says) && !refusal.already, "{action} {says}: {refusal}");
    }
    let (wire, _) = rds(Has { members: vec![(EAST, false), (WEST, true)], ..calm() });
    for action in ["switchover", "failover"] {
        let refusal = component(&service, &wire, None).plan(&ask(&service, action, &west())).await.unwrap_err();
        assert!(refusal.already, "{action}: {refusal}");
    }
}

#[tokio::test]
async fn a_failover_says_what_it_loses_and_whether_it_must() {
    let mut service = shop(false);
    service.aws.account = Some("999900001111".into());
    for (east, verdict, says) in [
        (None, Verdict::Fail, "the writer is available"),
        (Some(Reply::Refused), Verdict::Pass, "says nothing: unreachable"),
    ] {
        let (wire, _) = rds(Has { east, ..calm() });
        let plan = component(&service, &wire, None).plan(&ask(&service, "failover", &west())).await.unwrap();
        let gate = plan.gates.iter().find(|gate| gate.name == "switchover is not possible").unwrap();
        assert_eq!(gate.verdict, verdict);
        assert!(gate.evidence.value.contains(says), "{:?}", gate.evidence);
        assert!(plan.changes[1].contains("1.3 s behind"), "{:?}", plan.changes);
        assert!(plan.basis.iter().any(|basis| basis.what == "rpo lag" && basis.value == "at most 5 s"));
        let account = plan.gates.iter().find(|gate| gate.name.starts_with("in account")).unwrap();
        assert_eq!(account.verdict, Verdict::Fail, "the cluster is another account's");
    }
}
