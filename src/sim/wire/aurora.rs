//! RDS's calls for Aurora clusters and global clusters, in the same protocol as its others.

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, form, rds, respond, unknown_operation};
use crate::domain::region::HomeRole;
use crate::sim::world::aurora::{Cluster, GlobalCluster, Snapshot};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

type Form = Vec<(String, String)>;

fn param<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn need<'a>(form: &'a Form, name: &str) -> Result<&'a str, ApiError> {
    param(form, name).ok_or_else(|| {
        ApiError::new(400, "MissingParameter", format!("The request must contain the parameter {name}."))
    })
}

/// The values of a filter.
fn filter<'a>(form: &'a Form, name: &str) -> Option<Vec<&'a str>> {
    let number = form.iter().find_map(|(key, value)| {
        let number = key.strip_prefix("Filters.Filter.")?.strip_suffix(".Name")?;
        (value == name).then_some(number)
    })?;
    let prefix = format!("Filters.Filter.{number}.Values.");
    Some(form.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, value)| value.as_str()).collect())
}

/// What stands in a form for a flag.
fn flag(form: &Form, name: &str) -> bool {
    param(form, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let form = form::parse(request.body());
    let operation = called.operation.as_str();
    let region = called.region.as_str();
    let role = world.role_of(region).unwrap_or(HomeRole::Primary);
    let (response, result) = (format!("{operation}Response"), format!("{operation}Result"));
    let mut xml = Xml::root(&response, rds::NAMESPACE);
    match operation {
        "DescribeGlobalClusters" => {
            let clusters = globals(world, param(&form, "GlobalClusterIdentifier"))?;
            xml.nest(&result, |xml| {
                xml.nest("GlobalClusters", |xml| {
                    for cluster in &clusters {
                        xml.nest("GlobalClusterMember", |xml| write_global(xml, cluster));
                    }
                });
            });
        }
        "DescribeDBClusters" => {
            let clusters = clusters(world, role, &form)?;
            xml.nest(&result, |xml| {
                xml.nest("DBClusters", |xml| {
                    for cluster in &clusters {
                        xml.nest("DBCluster", |xml| write_cluster(xml, cluster));
                    }
                });
            });
        }
        "DescribeDBClusterSnapshots" => {
            let snapshots = snapshots(world, role, &form)?;
            xml.nest(&result, |xml| {
                xml.nest("DBClusterSnapshots", |xml| {
                    for snapshot in &snapshots {
                        write_snapshot(xml, world, snapshot);
                    }
                });
            });
        }
        "SwitchoverGlobalCluster" | "FailoverGlobalCluster" | "RemoveFromGlobalCluster" => {
            let change = change(world, role, operation, &form)?;
            let global = need(&form, "GlobalClusterIdentifier")?;
            world.apply(region, id, change)?;
            let clusters = globals(world, Some(global))?;
            xml.nest(&result, |xml| {
                for cluster in &clusters {
                    xml.nest("GlobalCluster", |xml| write_global(xml, cluster));
                }
            });
        }
        "FailoverDBCluster" => {
            let cluster = bare(need(&form, "DBClusterIdentifier")?, ":cluster:");
            let instance = param(&form, "TargetDBInstanceIdentifier").map(|id| bare(id, ":db:"));
            world.apply(region, id, Change::FailoverCluster { cluster: cluster.clone(), instance })?;
            let clusters = world.clusters(role, world.now());
            xml.nest(&result, |xml| {
                for cluster in clusters.iter().filter(|found| found.id == cluster) {
                    xml.nest("DBCluster", |xml| write_cluster(xml, cluster));
                }
            });
        }
        _ => return Err(unknown_operation(called)),
    }
    xml.nest("ResponseMetadata", |xml| {
        xml.text("RequestId", id);
    });
    Ok(respond(200, "text/xml", id, xml.end(&response)))
}

/// The change that a call asks for. A cluster of another Region is found by its ARN alone.
fn change(world: &World, role: HomeRole, operation: &str, form: &Form) -> Result<Change, ApiError> {
    let global = world.find_global(need(form, "GlobalClusterIdentifier")?)?.spec.global.clone();
    let arn = |id: &str| {
        if id.starts_with("arn:") {
            return Ok(id.to_owned());
        }
        let here = world.clusters(role, world.now());
        let found = here.into_iter().find(|cluster| cluster.id.eq_ignore_ascii_case(id));
        found.map(|cluster| cluster.arn).ok_or_else(|| not_found(id))
    };
    if operation == "RemoveFromGlobalCluster" {
        let cluster = arn(need(form, "DbClusterIdentifier")?)?;
        return Ok(Change::RemoveFromGlobal { global, cluster });
    }
    let target = arn(need(form, "TargetDbClusterIdentifier")?)?;
    let (loss, switchover) = (flag(form, "AllowDataLoss"), flag(form, "Switchover"));
    if param(form, "AllowDataLoss").is_some() && param(form, "Switchover").is_some() {
        let message = "The parameters AllowDataLoss and Switchover cannot be specified together.".to_owned();
        return Err(ApiError::new(400, "InvalidParameterCombination", message));
    }
    // Without AllowDataLoss a failover is a switchover, whatever it is called.
    if operation == "FailoverGlobalCluster" && loss && !switchover {
        Ok(Change::FailoverGlobal { global, target })
    } else {
        Ok(Change::SwitchoverGlobal { global, target })
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new(404, "DBClusterNotFoundFault", format!("DBCluster {id} not found."))
}

/// The identifier in an ARN, or the identifier itself, which RDS keeps in lower case.
fn bare(id: &str, part: &str) -> String {
    id.rsplit_once(part).map_or(id, |(_, id)| id).to_ascii_lowercase()
}

fn globals(world: &World, id: Option<&str>) -> Result<Vec<GlobalCluster>, ApiError> {
    let mut clusters = world.global_clusters(world.now());
    if let Some(id) = id {
        let global = world.find_global(id)?.spec.global.clone();
        clusters.retain(|cluster| cluster.id == global);
    }
    Ok(clusters)
}

fn clusters(world: &World, role: HomeRole, form: &Form) -> Result<Vec<Cluster>, ApiError> {
    let mut clusters = world.clusters(role, world.now());
    if let Some(asked) = param(form, "DBClusterIdentifier") {
        let id = bare(asked, ":cluster:");
        clusters.retain(|cluster| cluster.id == id && (asked == cluster.arn || !asked.starts_with("arn:")));
        if clusters.is_empty() {
            return Err(not_found(asked));
        }
    }
    if let Some(wanted) = filter(form, "db-cluster-id") {
        clusters.retain(|cluster| wanted.iter().any(|id| bare(id, ":cluster:") == cluster.id));
    }
    Ok(clusters)
}

fn snapshots(world: &World, role: HomeRole, form: &Form) -> Result<Vec<Snapshot>, ApiError> {
    let mut snapshots = world.cluster_snapshots(role, world.now());
    if let Some(cluster) = param(form, "DBClusterIdentifier").map(|id| bare(id, ":cluster:")) {
        snapshots.retain(|snapshot| snapshot.cluster == cluster);
    }
    if let Some(id) = param(form, "DBClusterSnapshotIdentifier") {
        snapshots.retain(|snapshot| snapshot.id == id);
        if snapshots.is_empty() {
            let message = format!("DBClusterSnapshot {id} not found.");
            return Err(ApiError::new(404, "DBClusterSnapshotNotFoundFault", message));
        }
    }
    Ok(snapshots)
}

fn write_global(xml: &mut Xml, cluster: &GlobalCluster) {
    xml.text("GlobalClusterIdentifier", &cluster.id)
        .text("GlobalClusterResourceId", format_args!("cluster-{}", cluster.id))
        .text("GlobalClusterArn", &cluster.arn)
        .text("Status", cluster.status)
        .text("Engine", "aurora-postgresql")
        .text("EngineVersion", cluster.version)
        .text("DatabaseName", &cluster.database)
        .text("StorageEncrypted", true)
        .text("DeletionProtection", true)
        .text("Endpoint", &cluster.host);
    xml.nest("GlobalClusterMembers", |xml| {
        for member in &cluster.members {
            xml.nest("GlobalClusterMember", |xml| {
                xml.text("DBClusterArn", &member.arn).nest("Readers", |xml| {
                    for reader in &member.readers {
                        xml.text("member", reader);
                    }
                });
                xml.text("IsWriter", member.writer);
                if !member.writer {
                    xml.text("GlobalWriteForwardingStatus", "disabled");
                }
                xml.text("SynchronizationStatus", member.synchronization);
            });
        }
    });
    if let Some(failing) = &cluster.failing {
        xml.nest("FailoverState", |xml| {
            xml.text("Status", failing.status)
                .text("FromDbClusterArn", &failing.from)
                .text("ToDbClusterArn", &failing.to)
                .text("IsDataLossAllowed", failing.loss);
        });
    }
}

fn write_cluster(xml: &mut Xml, cluster: &Cluster) {
    xml.text("DBClusterIdentifier", &cluster.id)
        .text("DBClusterArn", &cluster.arn)
        .text("Status", cluster.status)
        .text("Engine", "aurora-postgresql")
        .text("EngineVersion", cluster.version)
        .text("EngineMode", "provisioned")
        .text("DatabaseName", &cluster.database)
        .text("MasterUsername", "postgres")
        .text("Endpoint", &cluster.host)
        .text("ReaderEndpoint", &cluster.reader_host)
        .text("Port", cluster.port)
        .text("MultiAZ", true)
        .text("BackupRetentionPeriod", 7)
        .text("PreferredBackupWindow", "03:00-04:00")
        .text("StorageEncrypted", true)
        .text("DeletionProtection", true)
        .maybe("GlobalClusterIdentifier", cluster.global.as_ref())
        .maybe("ReplicationSourceIdentifier", cluster.source.as_ref());
    if cluster.source.is_some() {
        xml.text("GlobalWriteForwardingRequested", false).text("GlobalWriteForwardingStatus", "disabled");
    }
    xml.nest("ReadReplicaIdentifiers", |xml| {
        for reader in &cluster.readers {
            xml.text("ReadReplicaIdentifier", reader);
        }
    });
    xml.nest("DBClusterMembers", |xml| {
        for (tier, node) in (0..).zip(&cluster.nodes) {
            xml.nest("DBClusterMember", |xml| {
                xml.text("DBInstanceIdentifier", &node.id)
                    .text("IsClusterWriter", node.writer)
                    .text("DBClusterParameterGroupStatus", "in-sync")
                    .text("PromotionTier", tier);
            });
        }
    });
}

fn write_snapshot(xml: &mut Xml, world: &World, snapshot: &Snapshot) {
    xml.nest("DBClusterSnapshot", |xml| {
        xml.text("DBClusterSnapshotIdentifier", &snapshot.id)
            .text("DBClusterIdentifier", &snapshot.cluster)
            .text("DBClusterSnapshotArn", &snapshot.arn)
            .text("SnapshotCreateTime", world.timestamp(snapshot.at))
            .text("Engine", "aurora-postgresql")
            .text("Status", "available")
            .text("SnapshotType", "automated")
            .text("PercentProgress", 100);
    });
}

/// The instances of a Region's clusters that `DescribeDBInstances` asks for.
pub(super) fn instances(world: &World, role: HomeRole, form: &Form) -> Vec<Cluster> {
    let (id, of) = (param(form, "DBInstanceIdentifier").map(|id| bare(id, ":db:")), filter(form, "db-cluster-id"));
    let mut clusters = world.clusters(role, world.now());
    for cluster in &mut clusters {
        let wanted = of.as_ref().is_none_or(|of| of.iter().any(|id| bare(id, ":cluster:") == cluster.id));
        cluster.nodes.retain(|node| wanted && id.as_ref().is_none_or(|id| node.id == *id));
    }
    clusters.retain(|cluster| !cluster.nodes.is_empty());
    clusters
}

/// Writes the instances of a cluster.
pub(super) fn write_instances(xml: &mut Xml, cluster: &Cluster) {
    for (node, zone) in cluster.nodes.iter().zip(["a", "b"].iter().cycle()) {
        xml.nest("DBInstance", |xml| {
            xml.text("DBInstanceIdentifier", &node.id)
                .text("DBInstanceClass", "db.r5.large")
                .text("Engine", "aurora-postgresql")
                .text("DBInstanceStatus", node.status)
                .text("MasterUsername", "postgres")
                .text("DBName", &cluster.database);
            xml.nest("Endpoint", |xml| {
                xml.text("Address", &node.host).text("Port", cluster.port);
            });
            xml.text("AvailabilityZone", format_args!("{}{zone}", cluster.region))
                .text("MultiAZ", false)
                .text("EngineVersion", cluster.version)
                .text("DBClusterIdentifier", &cluster.id)
                .text("StorageType", "aurora")
                .text("StorageEncrypted", true)
                .text("DBInstanceArn", &node.arn);
        });
    }
}

/// Whether a Query operation of RDS is one of these.
pub(super) fn knows(operation: &str) -> bool {
    operation.contains("Cluster")
}

/// Whether a request asks for the instances of some clusters alone.
pub(super) fn of_clusters(form: &Form) -> bool {
    filter(form, "db-cluster-id").is_some()
}
