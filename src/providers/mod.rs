//! What answers the four verbs, one file or folder a component kind, and the probes with which they look.
//!
//! | kind | places | facts | actions |
//! |---|---|---|---|
//! | `endpoint` | both Regions, and global when `public` is set | `health` (healthy, unhealthy), `status`, `response_time` | none |
//! | `rds-replica` | both Regions | from AWS: `status`, `role` (primary, replica, standalone), `replication`, `backing_up`, `reachable`, `engine_version`, `instance_class`, `host`, `backup_retention_days`, `source`; from SQL: `in_recovery`, `read_only`, `takes_writes`, `replay_age`, `receive_lsn`, `replay_lsn`, `current_lsn`, `app_login`, `app_sessions`, `mark` | `fence`, `promote`, `verify-writes` |
//! | `route53-failover` | global | `points_at`, `answers`, `latched`, `primary_check`, `standby_check` (healthy, unhealthy, disabled, none, unknown), `ttl`, `authoritative`, `authoritative_servers`, `resolvers`, `resolvers_agree`, `ttl_left` | `point` |
//! | `secret-replica` | both Regions, and global | in a Region: `exists`, `version`, `replica_status`, `last_changed`; global: `equal` | none |
//! | `ecs` | both Regions | `status`, `desired`, `running`, `pending`, `stable` (never of no tasks), `deployments`, `task_definition`, `event` | `scale-up`, `scale-down`, `stop` |
//! | `s3-replication` | both Regions, and global | in a Region: `exists`, `versioning` (Enabled, Suspended, none), of its own rule towards the other Region `replication` (enabled, disabled, none), `rtc`, `delete_markers`, `failed_operations` (over the last hour), of the other's towards it `latency`, `pending_bytes`, `pending_operations`; global: `replicates_to` | `canary`, `reverse`, `stop` |
//! | `cloudwatch` | the Regions where it has anything to read | `lag`, `lag_series`, `alarms`, `alarm.<name>` | none |
//!
//! A fact that was not read is absent, never guessed.

pub mod aws;
pub mod clock;
pub mod dns;
pub mod endpoint;
pub mod http;
mod own;
pub mod postgres;
pub mod program;
mod tls;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::own::Own;
use crate::domain::service::{Service, Spec};
use crate::ports::{Clock, Components, HttpProbe, Resolver, SqlProbe};

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
            Spec::Ecs(spec) => Arc::new(aws::ecs::Ecs::new(own(15), spec.clone(), aws.clone())),
            // Its metrics come by the minute, as those above.
            Spec::S3Replication(spec) => Arc::new(aws::s3::S3Replication::new(own(60), spec.clone(), aws.clone())),
        };
        all.insert(component.id.clone(), answering);
    }
    all
}
