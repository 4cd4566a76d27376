//! A service, its simulated Regions, and clients made by hand.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_rds::config::retry::RetryConfig;
use aws_sdk_rds::config::timeout::TimeoutConfig;
use handover::domain::lag::Thresholds;
use handover::domain::region::{HomeRole, Pair, Region};
use handover::domain::service::{
    Aws, CloudWatch, Component, Endpoint, LagMetric, LagUnit, Objectives, RdsReplica, RecordType, Route53Failover,
    SecretReplica, Service, Spec, Sql, Tls,
};
use handover::ports::Clock as _;
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

pub(crate) fn component(id: &str, spec: Spec) -> Component {
    Component { id: id.to_owned(), title: id.to_owned(), every: None, spec }
}

pub(crate) fn fineract() -> Service {
    Service {
        name: "fineract-production".into(),
        environment: "production".into(),
        description: "Core banking".into(),
        regions: Pair { primary: east(), standby: west() },
        objectives: Objectives { rto: Duration::from_mins(30), rpo: Duration::from_mins(15) },
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
                    nameservers: vec![],
                    health_check: Pair::default(),
                    resolvers: RESOLVERS.map(str::to_owned).to_vec(),
                }),
            ),
            component("secrets", Spec::SecretReplica(SecretReplica { secret: SECRET.into() })),
            component(
                "metrics",
                Spec::CloudWatch(CloudWatch {
                    lag: Some(LagMetric {
                        namespace: "AWS/RDS".into(),
                        metric: "ReplicaLag".into(),
                        unit: LagUnit::Seconds,
                        dimension: ("DBInstanceIdentifier".into(), REPLICA.into()),
                        region: HomeRole::Standby,
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
