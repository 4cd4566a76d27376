//! What answers the four verbs, one file or folder a component kind, and the probes with which they look.
//!
//! | kind | places | facts | actions |
//! |---|---|---|---|
//! | `endpoint` | both Regions, and global when `public` is set | `health` (healthy, unhealthy), `status`, `response_time`, `success_rate` (percent of the last 60 questions) | none |
//! | `rds-replica` | both Regions, and global with SQL | from AWS: `status`, `role` (primary, replica, standalone), `replication`, `backing_up`, `reachable`, `engine_version`, `instance_class`, `host`, `backup_retention_days`, `source`, `security_groups`; from SQL: `in_recovery`, `read_only`, `takes_writes`, `replay_age`, `receive_lsn`, `replay_lsn`, `current_lsn`, `app_login`, `app_sessions`, `mark`; of both together: `writer` (a Region, both, none), `behind_bytes` | `fence`, `cut-off`, `let-in`, `promote`, `admit`, `verify-writes`, `set-aside`, `rebuild` |
//! | `rds-restore` | both Regions | `snapshot`, `snapshot_age`, `snapshots`, `restored` (a status, or absent), `ready`, `restorable_age` | `snapshot`, `copy`, `restore`, `restore-point`, `retire`, `adopt`, `discard`, `discard-snapshot` |
//! | `route53-failover` | global | `points_at`, `answers`, `latched`, `primary_check`, `standby_check` (healthy, unhealthy, disabled, none, unknown), `ttl`, `authoritative`, `authoritative_servers`, `resolvers`, `resolvers_agree`, `ttl_left` | `point` |
//! | `secret-replica` | both Regions, and global | in a Region: `exists`, `version`, `replica_status`, `last_changed`; global: `equal` | none |
//! | `ecs` | both Regions | `status`, `desired`, `running`, `pending`, `stable` (never of no tasks), `deployments`, `task_definition`, `event` | `scale-up`, `scale-down`, `stop` |
//! | `cloudwatch` | the Regions where it has anything to read | `lag`, `lag_series`, `alarms`, `calm_for`, `alarm.<name>` | none |
//! | `aurora-global` | both Regions, and global | in a Region, from AWS: `status`, `role` (writer, reader, detached, absent), `members` (available instances), `reachable`, `engine_version`, `host`, `reader_host`, `synchronization` (connected, pending-resync), and of a reader `lag`, `rpo_lag`, `progress_lag`; from SQL: `in_recovery`, `read_only`, `takes_writes`, `app_login`, `app_sessions`, `mark`; global: `writer` (a Region, other, none, both), `status`, `failover` (none, pending, switching-over, failing-over, cancelling) | `switchover`, `failover`, `detach`, `fence`, `admit`, `verify-writes` |
//! | `elasticache-global` | both Regions, and global | in a Region: `status`, `role` (primary, secondary, detached, absent), `nodes`, `engine_version`, `lag` (of the secondary); global: `primary`, `status` | `failover`, `detach` |
//! | `ssm-parameter` | both Regions, and global | in a Region: `exists`, `points_at`, `version`, `type` (String, StringList, SecureString), `last_modified`; global: `agree` | `point`, `point-source`, `point-back` |
//! | `lambda` | both Regions | `state`, `last_update`, `version`, `runtime`, `reserved_concurrency` (where it is reserved), `enabled_triggers` | `invoke`, `invoke-source` |
//! | `cloudfront` | global | `points_at`, `status` (Deployed, InProgress), `enabled`, `origin_group`, `last_modified` | `point`, `invalidate` |
//! | `kubernetes` | both Regions, and global when `keys` is set | in a Region: `reachable`, `version`, `nodes`, `nodes_ready`, `desired`, `ready`, `available` (never of no replicas), `applications`, `synced`, `application_health`, `auto_sync`, `connection_current`, `keys`, `keys_fingerprint`; global: `keys_equal` | `scale-up`, `scale-down`, `restart`, `apply`, `patch-connection`, `suspend-sync`, `resume-sync` |
//! | `s3-replication` | both Regions, and global | in a Region: `exists`, `versioning` (Enabled, Suspended, none), of its own rule towards the other Region `replication` (enabled, disabled, none), `rtc`, `delete_markers`, `failed_operations` (over the last hour), of the other's towards it `latency`, `pending_bytes`, `pending_operations`; global: `replicates_to` | `canary`, `reverse`, `stop` |
//! | `health-check` | both Regions, and global when `parent` is set | `type`, `status` (healthy, unhealthy, unknown: what is found), `disabled`, `inverted`, `counts_as` (healthy, unhealthy: what Route 53 makes of it), `detection`, `checkers_ok`, `children`, `threshold`, `sound` (whether it can work) | `force-unhealthy`, `release` |
//! | `arc-routing` | both Regions, and global | in a Region: `state` (On, Off); global: `points_at` (a Region, both, none), `endpoints` (how many of the five answer) | `point` |
//! | `identity` | both Regions | `account`, `arn`, `expires_in` (of credentials that end), `clock_skew` | none |
//! | `command` | both Regions, or global | those that the service file declares | those that the service file declares |
//!
//! A fact that was not read is absent, never guessed.

pub mod aws;
pub mod clock;
pub mod command;
pub mod dns;
pub mod endpoint;
pub mod http;
pub mod kubernetes;
pub mod notify;
mod own;
pub mod postgres;
pub mod program;
mod tls;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::own::Own;
use crate::domain::service::{Service, Spec};
use crate::ports::{Clock, Commands, Components, HttpProbe, Kube, Resolver, SqlProbe};

/// The probes with which components look at what AWS's API does not tell.
#[derive(Clone)]
pub struct Probes {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The databases, where the service file says how to ask them.
    pub sql: Option<Arc<dyn SqlProbe>>,
    /// DNS servers.
    pub resolver: Arc<dyn Resolver>,
    /// HTTP endpoints.
    pub http: Arc<dyn HttpProbe>,
    /// Kubernetes.
    pub kube: Arc<dyn Kube>,
    /// Programs that the service file declares.
    pub commands: Arc<dyn Commands>,
}

/// Every component of a service, ready to answer the four verbs.
#[expect(clippy::needless_pass_by_value, reason = "the components keep the probes; the caller makes them for this")]
pub fn components(service: &Service, aws: &aws::Clients, probes: Probes) -> Components {
    let mut all = Components::new();
    for component in &service.components {
        let own = |pace| Own::new(component, service, &probes, Duration::from_secs(pace));
        let answering: Arc<dyn crate::ports::Component> = match &component.spec {
            Spec::Endpoint(spec) => Arc::new(endpoint::Endpoint::new(own(5), spec.clone(), probes.http.clone())),
            Spec::RdsReplica(spec) => {
                let sql = spec.sql.as_ref().and(probes.sql.clone());
                Arc::new(aws::rds::RdsReplica::new(own(10), spec.clone(), aws.clone(), sql))
            }
            // Route 53 answers five calls a second for the whole account, and its checkers tell no sooner than this.
            Spec::Route53Failover(spec) => {
                Arc::new(aws::route53::Failover::new(own(30), spec.clone(), aws.clone(), probes.resolver.clone()))
            }
            Spec::SecretReplica(spec) => Arc::new(aws::secrets::SecretReplica::new(own(30), spec.clone(), aws.clone())),
            // Three times this is for how long a sample counts as fresh, and a 1-minute metric comes up to 2 minutes late.
            Spec::CloudWatch(spec) => {
                Arc::new(aws::cloudwatch::CloudWatch::new(own(60), spec.clone(), service.lag, aws.clone()))
            }
            // Nothing changes by itself here but once a day.
            Spec::RdsRestore(spec) => Arc::new(aws::rds_restore::RdsRestore::new(own(60), spec.clone(), aws.clone())),
            Spec::Ecs(spec) => Arc::new(aws::ecs::Ecs::new(own(15), spec.clone(), aws.clone())),
            // As for `cloudwatch`: at another pace its lag would never be fresh.
            Spec::AuroraGlobal(spec) => {
                let sql = spec.sql.as_ref().and(probes.sql.clone());
                Arc::new(aws::aurora::AuroraGlobal::new(own(60), spec.clone(), aws.clone(), sql))
            }
            // The lag is a 1-minute metric, as above; the state of a switch is asked for by the step itself.
            Spec::ElasticacheGlobal(spec) => {
                Arc::new(aws::elasticache::ElasticacheGlobal::new(own(60), spec.clone(), aws.clone()))
            }
            Spec::SsmParameter(spec) => Arc::new(aws::ssm::SsmParameter::new(own(30), spec.clone(), aws.clone())),
            // Lambda's control plane answers fifteen calls a second for the whole account, and this makes three.
            Spec::Lambda(spec) => Arc::new(aws::lambda::Lambda::new(own(60), spec.clone(), aws.clone())),
            Spec::CloudFront(spec) => Arc::new(aws::cloudfront::CloudFront::new(own(60), spec.clone(), aws.clone())),
            // A look is up to seven processes a Region.
            Spec::Kubernetes(spec) => Arc::new(kubernetes::Kubernetes::new(own(20), spec.clone(), probes.kube.clone())),
            // Its metrics come by the minute, as those above.
            Spec::S3Replication(spec) => Arc::new(aws::s3::S3Replication::new(own(60), spec.clone(), aws.clone())),
            // As for `route53-failover`.
            Spec::HealthCheck(spec) => {
                Arc::new(aws::health_check::HealthCheck::new(own(30), spec.clone(), aws.clone()))
            }
            // A data plane that is made for being asked.
            Spec::ArcRouting(spec) => Arc::new(aws::arc_routing::ArcRouting::new(own(30), spec.clone(), aws.clone())),
            Spec::Identity => Arc::new(aws::identity::Identity::new(own(60), aws.clone())),
            // A look is a process a place, and the AWS command line alone takes a second of a processor.
            Spec::Command(spec) => {
                Arc::new(command::Command::new(own(60), spec.clone(), service.name.clone(), probes.commands.clone()))
            }
        };
        all.insert(component.id.clone(), answering);
    }
    all
}
