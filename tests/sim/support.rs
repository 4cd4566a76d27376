//! A service, its simulated Regions, and clients made by hand.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_rds::config::retry::RetryConfig;
use aws_sdk_rds::config::timeout::TimeoutConfig;
use handover::domain::consent::{Authorised, Consent, How, authorise};
use handover::domain::lag::Thresholds;
use handover::domain::plan::{Ask, Plan, Settlement};
use handover::domain::region::{HomeRole, Pair, Place, Region};
use handover::domain::service::{
    Aws, CloudWatch, Component, Endpoint, LagMetric, LagUnit, Objectives, RdsReplica, Rebuild, RecordType,
    Route53Failover, SecretReplica, Service, Spec, Sql, Tls,
};
use handover::ports::{self, Clock as _, Components};
use handover::providers::aws::Clients;
use handover::providers::{Probes, components};
use handover::sim::{Regions, Scenario, SimClock, scenario};

pub(crate) const RECORD: &str = "api.fineract.com";
pub(crate) const ZONE: &str = "Z0123456789ABCDEFGHIJ";
pub(crate) const REPLICA: &str = "fineract-production-replica";
pub(crate) const SECRET: &str = "/fineract/production/sealed-secrets/master-key";
pub(crate) const RESOLVERS: [&str; 3] = ["1.1.1.1:53", "8.8.8.8:53", "9.9.9.9:53"];

pub(crate) fn pair(primary: &str, standby: &str) -> Pair<String> {
    Pair { primary: primary.to_owned(), standby: standby.to_owned() }
}

pub(crate) fn east() -> Region {
    "us-east-1".parse().unwrap()
}

pub(crate) fn west() -> Region {
    "us-west-2".parse().unwrap()
}

fn rebuild(region: &str) -> Rebuild {
    Rebuild {
        subnet_group: format!("fineract-{region}"),
        kms_key: format!("arn:aws:kms:{region}:123456789012:key/fineract"),
        security_groups: vec!["sg-0123".into()],
        parameter_group: None,
        class: None,
    }
}

pub(crate) fn component(id: &str, spec: Spec) -> Component {
    Component { id: id.to_owned(), title: id.to_owned(), every: None, spec }
}

pub(crate) fn fineract() -> Service {
    Service {
        name: "fineract-production".into(),
        environment: "production".into(),
        description: "Core banking".into(),
        regions: Pair { primary: east(), standby: west() },
        approval: None,
        fence: Vec::new(),
        trail: None,
        metrics: None,
        drills: handover::domain::drill::Drills::default(),
        people: handover::domain::service::People::default(),
        notify: Vec::new(),
        waivers: Vec::new(),
        objectives: Objectives {
            rto: Duration::from_mins(30),
            rpo: Duration::from_mins(15),
            disruption: None,
            dns: None,
            replication: None,
        },
        meter: Duration::from_secs(1),
        lag: Thresholds { warn: Duration::from_mins(5), breach: Duration::from_mins(15) },
        aws: Aws { account: Some("123456789012".into()), ..Aws::default() },
        components: vec![
            component(
                "endpoint",
                Spec::Endpoint(Endpoint {
                    urls: pair("https://east.fineract.com/health", "https://west.fineract.com/health"),
                    public: Some(format!("https://{RECORD}/health")),
                    expect_status: 200,
                    expect_text: Some("UP".into()),
                    timeout: Duration::from_secs(5),
                }),
            ),
            component(
                "database",
                Spec::RdsReplica(RdsReplica {
                    instance: pair("fineract-production", REPLICA),
                    rebuild: Some(Pair { primary: rebuild("us-east-1"), standby: rebuild("us-west-2") }),
                    cut_off: None,
                    sql: Some(Sql {
                        host: pair("db.east.fineract.com", "db.west.fineract.com"),
                        port: Pair { primary: 5432, standby: 5432 },
                        database: "fineract".into(),
                        user: "handover".into(),
                        password_env: None,
                        tls: Tls::Verify,
                        app_user: Some("fineract_app".into()),
                        mark: Some("SELECT max(id) FROM ledger".into()),
                        timeout: Duration::from_secs(3),
                    }),
                }),
            ),
            component(
                "traffic",
                Spec::Route53Failover(Route53Failover {
                    zone: ZONE.into(),
                    record: RECORD.into(),
                    record_type: RecordType::Cname,
                    target: pair("east.fineract.com", "west.fineract.com"),
                    alias_zone: None,
                    private: false,
                    nameservers: vec![],
                    health_check: Pair::default(),
                    resolvers: RESOLVERS.map(str::to_owned).to_vec(),
                }),
            ),
            component("secrets", Spec::SecretReplica(SecretReplica { secret: SECRET.into(), host: None })),
            component(
                "metrics",
                Spec::CloudWatch(CloudWatch {
                    lag: Some(LagMetric {
                        namespace: "AWS/RDS".into(),
                        metric: "ReplicaLag".into(),
                        unit: LagUnit::Seconds,
                        dimension: ("DBInstanceIdentifier".into(), REPLICA.into()),
                        region: HomeRole::Standby,
                        back: Some("fineract-production".into()),
                        period: Duration::from_mins(1),
                    }),
                    alarms: Pair {
                        primary: vec!["fineract-endpoint-unhealthy".into()],
                        standby: vec!["fineract-replica-lag".into(), "fineract-dr-endpoint-unhealthy".into()],
                    },
                }),
            ),
        ],
    }
}

pub(crate) struct Rig {
    pub(crate) regions: Arc<Regions>,
    pub(crate) clock: Arc<SimClock>,
}

pub(crate) const SEED: u64 = 7;

pub(crate) fn scenario_with(name: &str, more: &str) -> Scenario {
    let text = match name {
        "calm" => include_str!("../../assets/scenarios/calm.toml"),
        "region-outage" => include_str!("../../assets/scenarios/region-outage.toml"),
        other => panic!("{other}"),
    };
    scenario::parse(name, &format!("{text}\n{more}")).unwrap()
}

pub(crate) fn rig(name: &str) -> Rig {
    rig_of(&scenario::load(name).unwrap(), SEED, None)
}

pub(crate) fn rig_for(service: &Service, scenario: &Scenario) -> Rig {
    start(service, scenario, SEED, None)
}

pub(crate) fn rig_of(scenario: &Scenario, seed: u64, log: Option<PathBuf>) -> Rig {
    start(&fineract(), scenario, seed, log)
}

fn start(service: &Service, scenario: &Scenario, seed: u64, log: Option<PathBuf>) -> Rig {
    let clock = Arc::new(SimClock::new("2026-03-03T14:00:20Z".parse().unwrap(), 1.0));
    let regions = Regions::start(service, scenario, seed, Arc::clone(&clock), log).unwrap();
    Rig { regions, clock }
}

macro_rules! client {
    ($name:ident, $sdk:ident) => {
        pub(crate) fn $name(&self, region: &str) -> $sdk::Client {
            let config = $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new(region.to_owned()))
                .credentials_provider($sdk::config::Credentials::new("AKIDSIM", "secret", None, None, "sim"))
                .http_client(self.regions.http_client())
                .sleep_impl(self.clock.sdk_sleep())
                .time_source(self.clock.sdk_time())
                .retry_config(RetryConfig::disabled())
                .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(5)).build())
                .build();
            $sdk::Client::from_conf(config)
        }
    };
}

impl Rig {
    client!(rds, aws_sdk_rds);
    client!(route53_in, aws_sdk_route53);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(secrets, aws_sdk_secretsmanager);
    client!(ecs, aws_sdk_ecs);
    client!(elasticache, aws_sdk_elasticache);
    client!(ssm, aws_sdk_ssm);
    client!(lambda, aws_sdk_lambda);
    client!(cloudfront, aws_sdk_cloudfront);
    client!(sts, aws_sdk_sts);
    client!(cluster, aws_sdk_route53recoverycluster);
    client!(s3, aws_sdk_s3);

    pub(crate) fn route53(&self) -> aws_sdk_route53::Client {
        self.route53_in("us-east-1")
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    pub(crate) async fn instance(&self, region: &str, id: &str) -> aws_sdk_rds::types::DbInstance {
        let answer = self.rds(region).describe_db_instances().db_instance_identifier(id).send().await.unwrap();
        answer.db_instances()[0].clone()
    }

    pub(crate) async fn promote(&self) {
        self.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA).send().await.unwrap();
    }

    pub(crate) async fn records(&self) -> Vec<aws_sdk_route53::types::ResourceRecordSet> {
        let answer = self.route53().list_resource_record_sets().hosted_zone_id(ZONE).send().await.unwrap();
        let all = answer.resource_record_sets().iter();
        all.filter(|record| record.name() == format!("{RECORD}.")).cloned().collect()
    }
}

/// The components of a service, on its simulated Regions.
pub(crate) fn answering(rig: &Rig, service: &Service) -> Components {
    let clients = Clients::simulated(service, rig.regions.http_client(), rig.clock.sdk_sleep(), rig.clock.sdk_time());
    let probes = Probes {
        clock: rig.clock.clone(),
        sql: None,
        resolver: rig.regions.resolver(),
        http: rig.regions.http(),
        kube: rig.regions.kube(),
        commands: rig.regions.commands(),
    };
    components(service, &clients, probes)
}

/// Asks for an action on a Region, in the direction in which that Region takes over.
pub(crate) fn ask_on(service: &Service, component: &str, action: &str, on: &Region) -> Ask {
    let failover = service.failover();
    let direction = if *on == failover.target { failover } else { service.failback() };
    Ask {
        step: action.into(),
        component: component.into(),
        action: action.into(),
        on: Place::Region(on.clone()),
        direction,
        run: "run-1".into(),
        impact: None,
    }
}

/// Consent as a person would give it.
pub(crate) fn consented(plan: &Plan) -> Authorised {
    let now = jiff::Timestamp::now();
    let how = plan.phrase.clone().map_or(How::TwoKeys, |phrase| How::Typed { phrase });
    let consent = Consent { plan: plan.hash(), operator: "operator".into(), at: now, how };
    authorise(plan.clone(), &consent, Some("operator"), false, now).unwrap()
}

/// Plans, performs and settles an ask; gives the settlement that ends it and how many seconds it took.
pub(crate) async fn carry_out(rig: &Rig, component: &Arc<dyn ports::Component>, ask: &Ask) -> (Settlement, u64) {
    let plan = component.plan(ask).await.unwrap_or_else(|refusal| panic!("{refusal}"));
    let receipt = component.perform(&consented(&plan)).await.unwrap_or_else(|error| panic!("{error}"));
    for waited in (0..1_800).step_by(5) {
        let settled = component.settle(&plan, Some(&receipt), Duration::from_secs(waited)).await;
        if !matches!(settled, Settlement::InProgress(..)) {
            return (settled, waited);
        }
        rig.pass(5).await;
    }
    panic!("it never ends");
}
