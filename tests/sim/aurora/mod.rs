//! Aurora Global Databases in the simulated Regions, by the component.

mod wire;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_rds::error::ProvideErrorMetadata as _;
use handover::domain::consent::{Consent, How, authorise};
use handover::domain::gate::Verdict;
use handover::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use handover::domain::reading::{Health, Observation, Value};
use handover::domain::region::{HomeRole, Place, Region};
use handover::domain::service::{self, AuroraGlobal, Spec};
use handover::ports::{Clock as _, Component};
use handover::providers::aws::Clients;
use handover::providers::{Probes, components};
use handover::sim::world::aurora::ClusterPair;

use crate::support::{Rig, component, east, fineract, pair, rig_for, scenario_with, west};

const GLOBAL: &str = "aurora-global-prod";
const PRIMARY: &str = "primary-aurora-cluster";
const SECONDARY: &str = "secondary-aurora-cluster";
const EAST_ARN: &str = "arn:aws:rds:us-east-1:123456789012:cluster:primary-aurora-cluster";
const WEST_ARN: &str = "arn:aws:rds:us-west-2:123456789012:cluster:secondary-aurora-cluster";

fn shop() -> service::Service {
    let mut shop = fineract();
    let aurora = AuroraGlobal { global: GLOBAL.into(), cluster: pair(PRIMARY, SECONDARY), sql: None };
    shop.components.push(component("aurora", Spec::AuroraGlobal(aurora)));
    shop
}

fn event(text: &str) -> String {
    format!("[[event]]\n{text}\n")
}

/// The component over the simulated Regions, and what a person would do with it.
struct Desk {
    rig: Rig,
    aurora: Arc<dyn Component>,
}

impl Desk {
    fn open(scenario: &str, more: &str) -> Self {
        let shop = shop();
        let rig = rig_for(&shop, &scenario_with(scenario, more));
        let aws = Clients::simulated(&shop, rig.regions.http_client(), rig.clock.sdk_sleep(), rig.clock.sdk_time());
        let probes = Probes {
            clock: rig.clock.clone(),
            sql: Some(rig.regions.sql()),
            resolver: rig.regions.resolver(),
            http: rig.regions.http(),
            kube: rig.regions.kube(),
            commands: rig.regions.commands(),
        };
        let aurora = components(&shop, &aws, probes)["aurora"].clone();
        Self { rig, aurora }
    }

    async fn look(&self, region: &Region) -> Observation {
        self.aurora.observe(&Place::Region(region.clone())).await.unwrap()
    }

    async fn whole(&self) -> Observation {
        self.aurora.observe(&Place::Global).await.unwrap()
    }

    async fn plan(&self, action: &str, on: &Region) -> Result<Plan, Refusal> {
        let shop = shop();
        let direction = if *on == west() { shop.failover() } else { shop.failback() };
        let ask = Ask {
            step: action.into(),
            component: "aurora".into(),
            action: action.into(),
            on: Place::Region(on.clone()),
            direction,
            run: "run-1".into(),
            impact: None,
        };
        self.aurora.plan(&ask).await
    }

    async fn perform(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let now = self.rig.clock.now();
        let how = plan.phrase.clone().map_or(How::TwoKeys, |phrase| How::Typed { phrase });
        let consent = Consent { plan: plan.hash(), operator: "operator".into(), at: now, how };
        self.aurora.perform(&authorise(plan.clone(), &consent, Some("operator"), false, now).unwrap()).await
    }

    async fn settle(&self, plan: &Plan, receipt: &Receipt, since: u64) -> Settlement {
        self.aurora.settle(plan, Some(receipt), Duration::from_secs(since)).await
    }

    /// Plans, performs, and looks until it is settled; what the looks said, each once, and the end.
    async fn whole_way(&self, action: &str, on: &Region) -> (Vec<String>, Settlement) {
        let plan = self.plan(action, on).await.unwrap();
        let receipt = self.perform(&plan).await.unwrap();
        let mut said: Vec<String> = Vec::new();
        for since in (0..600).step_by(2) {
            match self.settle(&plan, &receipt, since).await {
                Settlement::InProgress(words, _) if said.last() != Some(&words) => said.push(words),
                Settlement::InProgress(..) => {}
                end => return (said, end),
            }
            self.rig.pass(2).await;
        }
        panic!("never settled: {said:?}")
    }

    fn world<R>(&self, look: impl Fn(&ClusterPair, i64) -> R) -> R {
        self.rig.regions.look(|world| look(&world.cluster_pairs()[0], world.now()))
    }

    /// Where writes are taken now: primary, standby.
    fn takes(&self) -> (bool, bool) {
        self.world(|pair, now| {
            (pair.takes_app_writes(HomeRole::Primary, now), pair.takes_app_writes(HomeRole::Standby, now))
        })
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_names_writer_and_reader_and_how_far_behind() {
    let desk = Desk::open("calm", "");
    let (writer, reader, whole) = (desk.look(&east()).await, desk.look(&west()).await, desk.whole().await);
    assert_eq!((writer.health, writer.summary.as_str()), (Health::Healthy, "writer available, 2 instances"));
    assert_eq!((writer.value("role"), writer.value("lag")), (Some(&text("writer")), None));
    assert_eq!(reader.health, Health::Healthy, "{}", reader.summary);
    assert!(reader.summary.starts_with("reader available, 2 instances, 1."), "{}", reader.summary);
    assert_eq!(reader.value("members"), Some(&Value::Number(2.0)));
    assert_eq!(reader.value("engine_version"), Some(&text("15.4")));
    for name in ["lag", "rpo_lag"] {
        let fact = reader.facts.iter().find(|fact| fact.name == name).unwrap();
        assert!(matches!(fact.value, Value::Seconds(lag) if (0.5..3.0).contains(&lag)), "{fact:?}");
        assert!(fact.at.unwrap() < desk.rig.clock.now(), "a sample has a time of its own");
    }
    assert_eq!((whole.health, whole.summary.as_str()), (Health::Healthy, "us-east-1 writes, available"));
    assert_eq!((whole.value("writer"), whole.value("failover")), (Some(&text("us-east-1")), Some(&text("none"))));
}

#[tokio::test(start_paused = true)]
async fn a_switchover_loses_nothing_and_goes_back_and_there_again() {
    let desk = Desk::open("calm", "");
    for (turn, on) in [west(), east(), west()].into_iter().enumerate() {
        let plan = desk.plan("switchover", &on).await.unwrap();
        let source = if on == west() { "us-east-1" } else { "us-west-2" };
        assert_eq!(plan.call.headline(), format!("rds:SwitchoverGlobalCluster in {source}"));
        let (said, end) = desk.whole_way("switchover", &on).await;
        assert!(matches!(end, Settlement::Done(_)), "{turn}: {end:?}");
        assert_eq!(said[..2], ["pending".to_owned(), "switching-over".to_owned()], "{turn}");
        desk.rig.pass(15).await;
        assert_eq!(desk.takes(), (on == east(), on == west()), "{turn}");
        assert!(desk.world(ClusterPair::lost).is_empty());
        assert!(desk.plan("switchover", &on).await.unwrap_err().already);
        assert_eq!(desk.whole().await.value("writer"), Some(&text(on.as_str())));
    }
    // What each wrote in its turns is there, in one line without gap or overlap.
    let line = desk.world(|pair, now| pair.content(HomeRole::Standby, now));
    let whose: Vec<HomeRole> = line.iter().map(|stretch| stretch.of).collect();
    assert_eq!(whose, [HomeRole::Primary, HomeRole::Standby, HomeRole::Primary, HomeRole::Standby]);
    assert!(line.windows(2).all(|two| two[0].to < two[1].from), "{line:?}");
    // The reader has the same, but for the lag.
    let behind = desk.world(|pair, now| pair.content(HomeRole::Primary, now));
    assert_eq!(behind[..3], line[..3]);
    let lag = line[3].to - behind[3].to;
    assert!((500..3_000).contains(&lag), "{lag}");
}

#[tokio::test(start_paused = true)]
async fn nobody_writes_while_the_roles_change() {
    let desk = Desk::open("calm", "");
    let plan = desk.plan("switchover", &west()).await.unwrap();
    desk.perform(&plan).await.unwrap();
    let mut seen = vec![desk.takes()];
    for _ in 0..90 {
        desk.rig.pass(1).await;
        if seen.last() != Some(&desk.takes()) {
            seen.push(desk.takes());
        }
    }
    assert_eq!(seen, [(true, false), (false, false), (false, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_switchover_needs_the_source_and_one_version() {
    let desk = Desk::open("region-outage", "");
    let refusal = desk.plan("switchover", &west()).await.unwrap_err();
    assert!(!refusal.already);
    assert!(refusal.reason.contains("us-east-1 does not answer"), "{refusal}");
    assert!(refusal.reason.contains("the way out is `failover`"), "{refusal}");
    // By hand, in the Region that answers: RDS says no as well.
    let call = desk.rig.rds("us-west-2").switchover_global_cluster();
    let error = call.global_cluster_identifier(GLOBAL).target_db_cluster_identifier(WEST_ARN).send().await.unwrap_err();
    assert!(error.into_service_error().is_invalid_global_cluster_state_fault());

    let other = event("at = \"0s\"\nregion = \"standby\"\nfault = \"other-engine\"");
    let desk = Desk::open("calm", &other);
    for action in ["switchover", "failover"] {
        let refusal = desk.plan(action, &west()).await.unwrap_err();
        assert!(refusal.reason.contains("15.4, 15.3") && refusal.reason.contains("`detach`"), "{refusal}");
    }
    let call = desk.rig.rds("us-east-1").switchover_global_cluster();
    let error = call.global_cluster_identifier(GLOBAL).target_db_cluster_identifier(WEST_ARN).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidGlobalClusterStateFault"));
    assert!(desk.rig.regions.mutations().is_empty());
    assert!(desk.plan("detach", &west()).await.is_ok(), "that is what is left");
}

#[tokio::test(start_paused = true)]
async fn a_switchover_whose_link_breaks_is_given_up_and_the_writer_writes_again() {
    let cut = event("at = \"2m15s\"\nuntil = \"10m\"\nregion = \"standby\"\npart = \"replication\"\nfault = \"hang\"");
    let desk = Desk::open("calm", &cut);
    let (said, end) = desk.whole_way("switchover", &west()).await;
    assert!(said.contains(&"cancelling".to_owned()), "{said:?}");
    assert!(matches!(&end, Settlement::Failed(why, _) if why.contains("given up")), "{end:?}");
    assert_eq!(desk.takes(), (true, false));
    assert!(desk.world(ClusterPair::lost).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failover_loses_the_lag_and_the_old_writer_writes_on_until_it_is_reached() {
    // The Region hangs from the beginning to the tenth minute; its database takes writes all the while.
    let outage = event("at = \"0s\"\nuntil = \"10m\"\nregion = \"primary\"\nfault = \"hang\"");
    let desk = Desk::open("calm", &outage);
    let plan = desk.plan("failover", &west()).await.unwrap();
    assert_eq!(plan.call.headline(), "rds:FailoverGlobalCluster in us-west-2");
    assert_eq!(plan.call.param("TargetDbClusterIdentifier"), Some(WEST_ARN));
    assert_eq!(plan.phrase.as_deref(), Some("failover us-west-2"));
    assert!(plan.by_hand.ends_with("--allow-data-loss --region us-west-2"), "{}", plan.by_hand);
    assert!(plan.basis.iter().any(|basis| basis.what == "rpo lag" && basis.value == "at most 5 s"), "{:?}", plan.basis);
    assert!(plan.changes[1].contains("behind"), "{:?}", plan.changes);
    assert!(plan.gates.iter().all(|gate| gate.verdict == Verdict::Pass), "{:?}", plan.gates);

    let (said, end) = desk.whole_way("failover", &west()).await;
    assert!(matches!(end, Settlement::Done(_)), "{end:?}");
    assert_eq!(said[..2], ["pending".to_owned(), "failing-over".to_owned()]);
    // The lead sees a promoted cluster; the old one is not fenced.
    assert_eq!(desk.takes(), (true, true), "a split brain, until the Region is back");
    let whole = desk.whole().await;
    assert_eq!(whole.value("writer"), Some(&text("us-west-2")));
    assert_eq!(
        (whole.health, whole.summary.as_str()),
        (Health::Degraded, "us-west-2 writes, available, us-east-1 is to be rebuilt")
    );
    assert!(!desk.plan("failover", &east()).await.unwrap_err().already);

    desk.rig.pass(600).await;
    assert_eq!(desk.takes(), (false, true), "reached and fenced");
    let lost = desk.world(ClusterPair::lost);
    let span = lost[0].to - lost[0].from;
    assert!((600_000..660_000).contains(&span), "all that it took since replication ended: {span} ms");
    let seen = desk.look(&east()).await;
    assert_eq!((seen.value("role"), seen.value("status")), (Some(&text("reader")), Some(&text("modifying"))));
    assert_eq!(seen.value("synchronization"), Some(&text("pending-resync")));
    assert_eq!(seen.health, Health::Degraded);
    let refusal = desk.plan("switchover", &east()).await.unwrap_err();
    assert!(refusal.reason.contains("is modifying"), "{refusal}");

    desk.rig.pass(480).await;
    let answer = desk.rig.rds("us-east-1").describe_db_cluster_snapshots().send().await.unwrap();
    let snapshot = answer.db_cluster_snapshots()[0].db_cluster_snapshot_identifier().unwrap();
    assert!(snapshot.starts_with("rds:unplanned-global-failover-primary-aurora-cluster-"), "{snapshot}");
    assert_eq!(desk.look(&east()).await.value("synchronization"), Some(&text("connected")));
    // What was lost is in neither of them; the way back is a switchover.
    let (_, end) = desk.whole_way("switchover", &east()).await;
    assert!(matches!(end, Settlement::Done(_)), "{end:?}");
    desk.rig.pass(15).await;
    assert_eq!(desk.takes(), (true, false));
    let line = desk.world(|pair, now| pair.content(HomeRole::Primary, now));
    assert_eq!((line.len(), line[0].to), (3, lost[0].from));
}

#[tokio::test(start_paused = true)]
async fn a_failover_of_a_writer_that_is_well_is_gated() {
    let desk = Desk::open("calm", "");
    let plan = desk.plan("failover", &west()).await.unwrap();
    let gate = plan.gates.iter().find(|gate| gate.name == "switchover is not possible").unwrap();
    assert_eq!(gate.verdict, Verdict::Fail);
    assert!(gate.evidence.value.contains("the writer is available"), "{:?}", gate.evidence);
    // One that is reached is fenced within seconds, and is rebuilt all the same.
    desk.perform(&plan).await.unwrap();
    desk.rig.pass(30).await;
    assert_eq!(desk.takes(), (false, false));
    let lost = desk.world(|pair, now| pair.lost(now + 300_000));
    assert!((3_000..15_000).contains(&(lost[0].to - lost[0].from)), "{lost:?}");
}

#[tokio::test(start_paused = true)]
async fn a_detached_cluster_and_its_source_both_write_for_ever() {
    let cut = event("at = \"0s\"\nuntil = \"10m\"\nregion = \"primary\"\npart = \"replication\"\nfault = \"hang\"");
    let desk = Desk::open("calm", &cut);
    let (_, end) = desk.whole_way("detach", &west()).await;
    assert!(matches!(end, Settlement::Done(_)), "{end:?}");
    for _ in 0..2 {
        assert_eq!(desk.takes(), (true, true));
        desk.rig.pass(3_600).await;
    }
    let whole = desk.whole().await;
    assert_eq!((whole.health, whole.value("writer")), (Health::Down, Some(&text("both"))));
    let seen = desk.look(&west()).await;
    assert_eq!(seen.value("role"), Some(&text("detached")));
    assert!(seen.summary.contains("writes for itself"), "{}", seen.summary);
    assert!(desk.plan("detach", &west()).await.unwrap_err().already);
    for action in ["switchover", "failover"] {
        let refusal = desk.plan(action, &west()).await.unwrap_err();
        assert!(!refusal.already && refusal.reason.contains("no member"), "{refusal}");
    }
    let refusal = desk.plan("detach", &east()).await.unwrap_err();
    assert!(refusal.reason.contains("the writer") && !refusal.already, "{refusal}");
    // Each has the common past and its own present.
    let (ours, theirs) =
        desk.world(|pair, now| (pair.content(HomeRole::Standby, now), pair.content(HomeRole::Primary, now)));
    assert_eq!((ours.len(), theirs.len(), ours[1].of), (2, 1, HomeRole::Standby));
}

#[tokio::test(start_paused = true)]
async fn a_region_that_hangs_leaves_the_whole_to_the_other() {
    let desk = Desk::open("region-outage", "");
    assert!(desk.aurora.observe(&Place::Region(east())).await.is_err());
    let whole = desk.whole().await;
    assert_eq!(whole.source, "rds:DescribeGlobalClusters us-west-2");
    assert_eq!(whole.value("writer"), Some(&text("us-east-1")));
    desk.rig.pass(300).await;
    let seen = desk.look(&west()).await;
    let lag = seen.facts.iter().find(|fact| fact.name == "rpo_lag").unwrap();
    let old = desk.rig.clock.now().duration_since(lag.at.unwrap()).as_secs();
    assert!(old > 400, "the last sample is of before the outage: {old} s");
}
