//! What a service looks like six hours after its failover.

use handover::config::{Project, locate};
use handover::domain::region::HomeRole::{Primary, Standby};
use handover::domain::service::{Service, Spec};
use handover::sim::scenario;
use handover::sim::world::World;
use handover::sim::world::aurora::Standing;
use handover::sim::world::kube::seed::base64;
use handover::sim::world::kube::{APPLICATIONS, Key, SECRETS};

use crate::support::SEED;

fn matbakh() -> Service {
    Project::from_preset(&locate::preset("matbakh").unwrap()).service().unwrap().clone()
}

#[test]
fn every_kind_is_as_its_failover_left_it_and_the_old_primary_knows_nothing_of_it() {
    let service = matbakh();
    let world = World::new(
        service.clone(),
        scenario::load("failed-over").unwrap(),
        SEED,
        "2026-03-03T14:00:00Z".parse().unwrap(),
    );
    let now = world.now();
    let pair = &world.cluster_pairs()[0];
    assert_eq!((pair.standing(Standby, now), pair.standing(Primary, now)), (Standing::Writer, Standing::Reader));
    assert!(pair.streaming(now), "the old writer was rebuilt when its Region came back");
    assert!(pair.takes_app_writes(Standby, now) && !pair.takes_app_writes(Primary, now));
    assert!(!pair.lost(now).is_empty(), "and had taken writes that nobody else has");
    let cache = &world.caches()[0];
    assert_eq!((*cache.primary.at(now), cache.status(now)), (Standby, "available"));
    for component in &service.components {
        match &component.spec {
            Spec::SsmParameter(spec) => {
                let said = |region| world.parameter(region, &spec.name).unwrap().last().unwrap().value.clone();
                assert_eq!(said("eu-west-1"), spec.value.standby);
                assert_eq!(said("eu-central-1"), spec.value.primary, "nobody could reach it");
            }
            Spec::CloudFront(spec) => {
                let version = world.distribution(&spec.distribution).unwrap().version(now).unwrap();
                assert_eq!(version.origin, spec.origin.standby);
            }
            Spec::S3Replication(_) => {
                let storage = &world.storages()[0];
                assert!(storage.config(Standby, now).is_none(), "S3 takes no rule towards a Region that is gone");
            }
            _ => {}
        }
    }
    assert_eq!(world.leads_to(now), Some(Standby));
    // What an operator could not have done is not in it.
    let mut again = World::new(service, scenario::load("calm").unwrap(), SEED, "2026-03-03T14:00:00Z".parse().unwrap());
    for mutation in world.mutations() {
        again.advance(world.ms(mutation.at));
        let done = again.apply(&mutation.region, "r", mutation.change.clone());
        assert!(done.is_ok(), "{}: {done:?}", mutation.change.operation());
    }
}

#[test]
fn a_clusters_pods_were_told_of_their_own_database_and_argo_cd_goes_on() {
    let service = Project::from_preset(&locate::preset("fineract").unwrap()).service().unwrap().clone();
    let epoch = "2026-03-03T14:00:00Z".parse().unwrap();
    let world = World::new(service, scenario::load("failed-over").unwrap(), SEED, epoch);
    let now = world.now();
    assert!(world.truth(now).serves.standby, "{:?}", world.truth(now));
    let key = Key::new(SECRETS, "fineract-production", "fineract-db-credentials");
    let secret = world.kube_object("us-west-2", &key, now).unwrap().unwrap();
    let host = "fineract-production-replica.c0example0002.us-west-2.rds.amazonaws.com";
    assert_eq!(secret.pointer("/data/host"), Some(&base64(host).into()));
    let key = Key::new(APPLICATIONS, "argocd", "fineract-production");
    let application = world.kube_object("us-west-2", &key, now).unwrap().unwrap();
    assert!(application.pointer("/spec/syncPolicy/automated/selfHeal").is_some(), "{application}");
    assert_eq!(application.pointer("/status/sync/status"), Some(&"Synced".into()));
}
