//! Each call, by the SDK's own client.

use aws_sdk_rds::error::ProvideErrorMetadata as _;
use handover::domain::region::HomeRole;
use handover::ports::Clock as _;

use super::{Desk, EAST_ARN, GLOBAL, PRIMARY, SECONDARY, WEST_ARN, shop};
use crate::support::{east, rig_for, scenario_with, west};

#[tokio::test(start_paused = true)]
async fn both_regions_and_the_whole_are_described_as_rds_does() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let answer =
        rig.rds("us-west-2").describe_global_clusters().global_cluster_identifier(GLOBAL).send().await.unwrap();
    let global = &answer.global_clusters()[0];
    assert_eq!((global.status(), global.engine_version()), (Some("available"), Some("15.4")));
    assert_eq!(global.global_cluster_arn(), Some("arn:aws:rds::123456789012:global-cluster:aurora-global-prod"));
    assert!(global.failover_state().is_none());
    let members: Vec<_> =
        global.global_cluster_members().iter().map(|m| (m.db_cluster_arn().unwrap(), m.is_writer().unwrap())).collect();
    assert_eq!(members, [(EAST_ARN, true), (WEST_ARN, false)]);
    assert_eq!(global.global_cluster_members()[0].readers(), [WEST_ARN]);
    let follower = &global.global_cluster_members()[1];
    assert_eq!(follower.global_write_forwarding_status().unwrap().as_str(), "disabled");
    assert_eq!(follower.synchronization_status().unwrap().as_str(), "connected");

    let answer = rig.rds("us-west-2").describe_db_clusters().db_cluster_identifier(SECONDARY).send().await.unwrap();
    let cluster = &answer.db_clusters()[0];
    assert_eq!(cluster.replication_source_identifier(), Some(EAST_ARN));
    assert_eq!(cluster.db_cluster_members().len(), 2);
    assert!(cluster.db_cluster_members().iter().all(|member| member.is_cluster_writer() == Some(false)));
    assert!(cluster.reader_endpoint().unwrap().contains(".cluster-ro-"));
    let answer = rig.rds("us-east-1").describe_db_clusters().send().await.unwrap();
    assert_eq!(answer.db_clusters()[0].db_cluster_members()[0].is_cluster_writer(), Some(true));

    // The instances of the clusters stand beside the others, and can be asked for alone.
    let answer = rig.rds("us-west-2").describe_db_instances().send().await.unwrap();
    assert_eq!(answer.db_instances().len(), 3);
    let filter = aws_sdk_rds::types::Filter::builder().name("db-cluster-id").values(SECONDARY).build();
    let answer = rig.rds("us-west-2").describe_db_instances().filters(filter).send().await.unwrap();
    let names: Vec<_> = answer.db_instances().iter().map(|i| i.db_instance_identifier().unwrap()).collect();
    assert_eq!(names, ["secondary-aurora-cluster-1", "secondary-aurora-cluster-2"]);

    let error = rig.rds("us-east-1").describe_db_clusters().db_cluster_identifier(SECONDARY).send().await.unwrap_err();
    assert!(error.into_service_error().is_db_cluster_not_found_fault());
    let error = rig.rds("us-east-1").describe_global_clusters().global_cluster_identifier("other").send().await;
    assert!(error.unwrap_err().into_service_error().is_global_cluster_not_found_fault());
}

/// Document 003's own line: in the Region that is gone or is to be left, with a bare identifier, without the loss allowed.
#[tokio::test(start_paused = true)]
async fn the_line_of_document_003_is_refused_for_its_identifier_and_is_a_switchover_by_its_arn() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let call = |region: &str, target: &str| {
        let call = rig.rds(region).failover_global_cluster().global_cluster_identifier(GLOBAL);
        call.target_db_cluster_identifier(target)
    };
    let error = call("us-east-1", SECONDARY).send().await.unwrap_err();
    assert_eq!(error.code(), Some("DBClusterNotFoundFault"));
    let error = call("us-east-1", WEST_ARN).allow_data_loss(true).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidGlobalClusterStateFault"), "a failover is asked of the target's Region");
    let error = call("us-west-2", WEST_ARN).allow_data_loss(true).switchover(true).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterCombination"));
    let answer = call("us-east-1", WEST_ARN).send().await.unwrap();
    let state = answer.global_cluster().unwrap().failover_state().unwrap().clone();
    assert_eq!((state.status().unwrap().as_str(), state.is_data_loss_allowed()), ("pending", Some(false)));
    assert_eq!(rig.regions.mutations()[0].change.operation(), "rds:SwitchoverGlobalCluster");
    let error = call("us-west-2", WEST_ARN).allow_data_loss(true).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidGlobalClusterStateFault"), "one thing at a time");
}

#[tokio::test(start_paused = true)]
async fn a_failover_of_a_cluster_stays_in_its_region() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let error = rig.rds("us-west-2").failover_db_cluster().db_cluster_identifier(SECONDARY).send().await.unwrap_err();
    assert!(error.into_service_error().is_invalid_db_cluster_state_fault());
    let writer = || async {
        let answer = rig.rds("us-east-1").describe_db_clusters().db_cluster_identifier(PRIMARY).send().await.unwrap();
        let cluster = answer.db_clusters()[0].clone();
        let writer =
            cluster.db_cluster_members().iter().find(|member| member.is_cluster_writer() == Some(true)).cloned();
        (cluster.status().unwrap().to_owned(), writer.unwrap().db_instance_identifier().unwrap().to_owned())
    };
    let call = |id: &str| {
        let call = rig.rds("us-east-1").failover_db_cluster().db_cluster_identifier(PRIMARY);
        call.target_db_instance_identifier(id).send()
    };
    assert!(call("nobody").await.unwrap_err().into_service_error().meta().code() == Some("DBInstanceNotFound"));
    let error = call("primary-aurora-cluster-1").await.unwrap_err();
    assert!(error.into_service_error().is_invalid_db_instance_state_fault());
    call("primary-aurora-cluster-2").await.unwrap();
    let takes = || rig.regions.look(|world| world.cluster_pairs()[0].takes_app_writes(HomeRole::Primary, world.now()));
    assert_eq!((writer().await.0.as_str(), takes()), ("failing-over", false));
    rig.pass(36).await;
    assert_eq!(writer().await, ("available".into(), "primary-aurora-cluster-2".into()));
    assert!(takes());
    let answer = rig.rds("us-west-2").describe_global_clusters().send().await.unwrap();
    assert_eq!(answer.global_clusters()[0].global_cluster_members()[0].is_writer(), Some(true));
}

#[tokio::test(start_paused = true)]
async fn the_lag_is_in_the_readers_region_and_moves_with_the_role() {
    let desk = Desk::open("calm", "");
    let lag = |region: &'static str, cluster: Option<&'static str>, metric: &'static str| {
        let now = desk.rig.clock.now().as_second();
        let time = aws_sdk_cloudwatch::primitives::DateTime::from_secs;
        let mut call = desk.rig.cloudwatch(region).get_metric_statistics().namespace("AWS/RDS").metric_name(metric);
        if let Some(cluster) = cluster {
            let dimension = aws_sdk_cloudwatch::types::Dimension::builder().name("DBClusterIdentifier").value(cluster);
            call = call.dimensions(dimension.build());
        }
        let call = call.start_time(time(now - 300)).end_time(time(now)).period(60);
        let call = call.statistics(aws_sdk_cloudwatch::types::Statistic::Maximum);
        async move {
            let answer = call.send().await.unwrap();
            answer.datapoints().iter().filter_map(aws_sdk_cloudwatch::types::Datapoint::maximum).collect::<Vec<_>>()
        }
    };
    for metric in ["AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag", "AuroraGlobalDBProgressLag"] {
        let points = lag("us-west-2", Some(SECONDARY), metric).await;
        assert!(points.len() >= 3 && points.iter().all(|ms| (500.0..3_000.0).contains(ms)), "{metric}: {points:?}");
        assert!(lag("us-east-1", Some(PRIMARY), metric).await.is_empty(), "the writer has none");
        assert!(lag("us-west-2", None, metric).await.is_empty(), "document 004 names no dimension");
    }
    assert!(lag("us-west-2", Some(SECONDARY), "AuroraGlobalDBRPLag").await.is_empty(), "nor a metric that exists");
    desk.whole_way("switchover", &west()).await;
    desk.rig.pass(420).await;
    assert!(lag("us-east-1", Some(PRIMARY), "AuroraGlobalDBRPOLag").await.len() >= 3);
    assert!(lag("us-west-2", Some(SECONDARY), "AuroraGlobalDBRPOLag").await.is_empty());
    assert!(desk.look(&east()).await.summary.contains("behind"));
}
