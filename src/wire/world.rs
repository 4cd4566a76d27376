//! The world: the same components on live providers, or on simulated Regions.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::redact::Redactor;
use crate::domain::service::{Service, Spec};
use crate::ports::{Clock, SqlProbe, World};
use crate::providers::aws::caller::Caller;
use crate::providers::{self, Probes};
use crate::sim;

/// The world of live providers. `dir` is the service file's folder, where programs run; `caller` the run that it is asked for.
pub async fn live(
    service: &Service,
    clock: Arc<dyn Clock>,
    redactor: &Redactor,
    dir: Option<PathBuf>,
    caller: Option<Caller>,
) -> Result<World, String> {
    let aws = providers::aws::Clients::live(service, Arc::clone(&clock)).await.map_err(|error| error.to_string())?;
    if let Some(caller) = caller {
        aws.acts_for(caller);
    }
    let sql = service.components.iter().find_map(|component| match &component.spec {
        Spec::RdsReplica(database) => database.sql.as_ref().map(|sql| (sql, false)),
        Spec::AuroraGlobal(database) => database.sql.as_ref().map(|sql| (sql, true)),
        _ => None,
    });
    let sql = sql.map(|(spec, aurora)| {
        let password = spec.password_env.as_ref().and_then(|name| std::env::var(name).ok());
        let postgres = providers::postgres::Postgres::new(spec, &service.regions, password);
        let postgres = if aurora { postgres.aurora() } else { postgres };
        Arc::new(postgres) as Arc<dyn SqlProbe>
    });
    let probes = Probes {
        clock: Arc::clone(&clock),
        sql: sql.clone(),
        resolver: Arc::new(providers::dns::Dns::new()),
        http: Arc::new(providers::http::Http::new()),
        kube: Arc::new(providers::kubernetes::live::Kubectl::new(dir.clone())),
        commands: Arc::new(providers::command::live::Programs::new(redactor.clone(), dir)),
    };
    let access = Arc::new(providers::aws::access::Access::new(service, Arc::clone(&clock), aws.clone()));
    let components = providers::components(service, &aws, probes);
    let program = Arc::new(providers::program::Programs::new(redactor.clone()));
    let channels = providers::notify::channels(&service.notify, Some(&aws), &variable);
    let trails = providers::aws::trail::places(service, &aws, &clock);
    let metrics = providers::aws::metrics::store(service, &aws);
    Ok(World { components, clock, program, sql, access, channels, trails, metrics, trainer: None })
}

/// The world of the simulated Regions: the same providers, on a wire that ends in memory.
pub fn simulated_world(service: &Service, regions: &Arc<sim::Regions>, clock: &Arc<sim::SimClock>) -> World {
    let aws = providers::aws::Clients::simulated(service, regions.http_client(), clock.sdk_sleep(), clock.sdk_time());
    let sql = service.components.iter().any(|component| match &component.spec {
        Spec::RdsReplica(database) => database.sql.is_some(),
        Spec::AuroraGlobal(database) => database.sql.is_some(),
        _ => false,
    });
    let sql = sql.then(|| regions.sql());
    let probes = Probes {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        sql: sql.clone(),
        resolver: regions.resolver(),
        http: regions.http(),
        kube: regions.kube(),
        commands: regions.commands(),
    };
    let shared = Arc::clone(clock) as Arc<dyn Clock>;
    let access = Arc::new(providers::aws::access::Access::new(service, Arc::clone(&shared), aws.clone()));
    let components = providers::components(service, &aws, probes);
    let channels = sim::channels(&service.notify, &shared);
    // The simulated CloudWatch keeps them, in memory.
    let metrics = providers::aws::metrics::store(service, &aws);
    let (program, trails) = (regions.program(), regions.trails());
    World { components, clock: shared, program, sql, access, channels, trails, metrics, trainer: None }
}

/// What an environment variable holds.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Knows the secrets of a service: the contents of the environment variables that it names.
pub fn redactor(service: &Service) -> Redactor {
    let external = service.aws.assume_role.as_ref().and_then(|assume| assume.external_id.as_ref()?.value());
    let named = service.secret_variables().into_iter().filter_map(|name| std::env::var(name).ok());
    Redactor::new(named.chain(external))
}
