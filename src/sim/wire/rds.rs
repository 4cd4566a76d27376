//! RDS: the AWS query protocol, forms in and XML out.

use jiff::Timestamp;

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, aurora, form, respond, unknown_operation};
use crate::domain::region::HomeRole;
use crate::sim::world::database::Instance;
use crate::sim::world::mutation::Change;
use crate::sim::world::snapshots::Snapshot;
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";

/// What is told.
enum Told {
    Instances(Vec<Instance>),
    Instance(Option<Box<Instance>>),
    Snapshots(Vec<String>),
    Snapshot(Option<String>),
}

/// The parameters of a call.
struct Params(Vec<(String, String)>);

impl Params {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn need(&self, name: &str) -> Result<String, ApiError> {
        self.get(name).map(str::to_owned).ok_or_else(|| {
            ApiError::new(400, "MissingParameter", format!("The request must contain the parameter {name}."))
        })
    }

    fn instance(&self, name: &str) -> Result<String, ApiError> {
        self.need(name).map(|id| bare(&id))
    }

    /// `Name.1`, `Name.2` and so on.
    fn list(&self, name: &str) -> Vec<String> {
        let start = format!("{name}.");
        self.0.iter().filter(|(key, _)| key.starts_with(&start)).map(|(_, value)| value.clone()).collect()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let read = |value: &str| {
            value
                .parse()
                .map_err(|_| ApiError::new(400, "InvalidParameterValue", format!("{name} is no time: {value}")))
        };
        self.get(name).map(read).transpose()
    }
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    if aurora::knows(&called.operation) {
        return aurora::answer(world, called, request, id);
    }
    let params = Params(form::parse(request.body()));
    let clusters = match (called.operation.as_str(), world.role_of(&called.region)) {
        ("DescribeDBInstances", Some(role)) => aurora::instances(world, role, &params.0),
        _ => Vec::new(),
    };
    let told = match perform(world, called, &params, id) {
        // Aurora's instances are instances, too.
        _ if called.operation == "DescribeDBInstances" && aurora::of_clusters(&params.0) => Told::Instances(Vec::new()),
        Err(_) if !clusters.is_empty() => Told::Instances(Vec::new()),
        told => told?,
    };
    let (response, result) = (format!("{}Response", called.operation), format!("{}Result", called.operation));
    let mut xml = Xml::root(&response, NAMESPACE);
    xml.nest(&result, |xml| match told {
        Told::Instances(all) => {
            xml.nest("DBInstances", |xml| {
                for instance in &all {
                    write(xml, instance);
                }
                for cluster in &clusters {
                    aurora::write_instances(xml, cluster);
                }
            });
        }
        Told::Instance(one) => {
            if let Some(instance) = one {
                write(xml, &instance);
            }
        }
        Told::Snapshots(all) => {
            xml.nest("DBSnapshots", |xml| {
                for name in &all {
                    write_snapshot(world, xml, &called.region, name);
                }
            });
        }
        Told::Snapshot(one) => {
            if let Some(name) = one {
                write_snapshot(world, xml, &called.region, &name);
            }
        }
    });
    xml.nest("ResponseMetadata", |xml| {
        xml.text("RequestId", id);
    });
    Ok(respond(200, "text/xml", id, xml.end(&response)))
}

fn perform(world: &mut World, called: &Called, params: &Params, id: &str) -> Result<Told, ApiError> {
    const INSTANCE: &str = "DBInstanceIdentifier";
    const SNAPSHOT: &str = "DBSnapshotIdentifier";
    let region = called.region.as_str();
    let change = match called.operation.as_str() {
        "DescribeDBInstances" => return describe(world, region, params.get(INSTANCE)).map(Told::Instances),
        "DescribeDBSnapshots" => {
            return describe_snapshots(world, region, params.get(SNAPSHOT), params.get(INSTANCE)).map(Told::Snapshots);
        }
        "PromoteReadReplica" => Change::Promote { instance: params.instance(INSTANCE)? },
        "CreateDBInstanceReadReplica" => Change::CreateReplica {
            instance: params.instance(INSTANCE)?,
            source: params.need("SourceDBInstanceIdentifier")?,
            key: params.get("KmsKeyId").map(str::to_owned),
        },
        "ModifyDBInstance" => {
            let name = params.get("NewDBInstanceIdentifier").map(bare);
            if name.is_some() && params.flag("ApplyImmediately") != Some(true) {
                let message = "The simulated RDS renames at once (ApplyImmediately), not in a maintenance window.";
                return Err(ApiError::new(400, "InvalidParameterCombination", message.to_owned()));
            }
            let protected = params.flag("DeletionProtection");
            let groups = params.list("VpcSecurityGroupIds.VpcSecurityGroupId");
            let groups = (!groups.is_empty()).then_some(groups);
            Change::ModifyInstance { instance: params.instance(INSTANCE)?, name, protected, groups }
        }
        "DeleteDBInstance" => {
            if params.flag("SkipFinalSnapshot") != Some(true) {
                let message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.";
                return Err(ApiError::new(400, "InvalidParameterCombination", message.to_owned()));
            }
            Change::DeleteInstance { instance: params.instance(INSTANCE)? }
        }
        "CreateDBSnapshot" => {
            Change::CreateSnapshot { instance: params.instance(INSTANCE)?, snapshot: params.instance(SNAPSHOT)? }
        }
        "CopyDBSnapshot" => Change::CopySnapshot {
            source: params.need("SourceDBSnapshotIdentifier")?,
            snapshot: params.instance("TargetDBSnapshotIdentifier")?,
            key: params.get("KmsKeyId").map(str::to_owned),
        },
        "DeleteDBSnapshot" => Change::DeleteSnapshot { snapshot: params.instance(SNAPSHOT)? },
        "RestoreDBInstanceFromDBSnapshot" => {
            Change::RestoreSnapshot { instance: params.instance(INSTANCE)?, snapshot: params.need(SNAPSHOT)? }
        }
        "RestoreDBInstanceToPointInTime" => {
            let time = params.time("RestoreTime")?;
            if time.is_none() && params.flag("UseLatestRestorableTime") != Some(true) {
                let message = "RestoreTime or UseLatestRestorableTime must be given.";
                return Err(ApiError::new(400, "InvalidParameterCombination", message.to_owned()));
            }
            let source = params.instance("SourceDBInstanceIdentifier")?;
            Change::RestorePoint { source, instance: params.instance("TargetDBInstanceIdentifier")?, time }
        }
        _ => return Err(unknown_operation(called)),
    };
    tell(world, region, id, change)
}

/// Makes a change, and what its answer tells of.
fn tell(world: &mut World, region: &str, id: &str, change: Change) -> Result<Told, ApiError> {
    let snapshot = match &change {
        Change::CreateSnapshot { snapshot, .. }
        | Change::CopySnapshot { snapshot, .. }
        | Change::DeleteSnapshot { snapshot } => Some(snapshot.clone()),
        _ => None,
    };
    let instance = match &change {
        Change::Promote { instance }
        | Change::CreateReplica { instance, .. }
        | Change::ModifyInstance { instance, .. }
        | Change::DeleteInstance { instance }
        | Change::RestoreSnapshot { instance, .. }
        | Change::RestorePoint { instance, .. } => Some(instance.clone()),
        _ => None,
    };
    // What is deleted is told as it was.
    let gone = matches!(change, Change::DeleteSnapshot { .. });
    if gone {
        world.may(region, &change, world.now())?;
        let told = Told::Snapshot(None);
        world.apply(region, id, change)?;
        return Ok(told);
    }
    world.apply(region, id, change)?;
    Ok(match instance {
        Some(instance) => Told::Instance(describe(world, region, Some(&instance))?.into_iter().next().map(Box::new)),
        None => Told::Snapshot(snapshot),
    })
}

/// The identifier in an ARN, or the identifier itself, which RDS keeps in lower case.
fn bare(id: &str) -> String {
    id.rsplit_once(":db:").map_or(id, |(_, id)| id).to_ascii_lowercase()
}

fn describe(world: &World, region: &str, id: Option<&str>) -> Result<Vec<Instance>, ApiError> {
    let Some(role) = world.role_of(region) else { return Ok(Vec::new()) };
    let mut instances = world.instances(role, world.now());
    if let Some(id) = id.map(bare) {
        instances.retain(|instance| instance.id.to_ascii_lowercase() == id);
        if instances.is_empty() {
            return Err(ApiError::new(404, "DBInstanceNotFound", format!("DBInstance {id} not found.")));
        }
    }
    Ok(instances)
}

fn describe_snapshots(
    world: &World,
    region: &str,
    id: Option<&str>,
    instance: Option<&str>,
) -> Result<Vec<String>, ApiError> {
    let Some(role) = world.role_of(region) else { return Ok(Vec::new()) };
    let wanted = |snapshot: &&Snapshot| {
        id.is_none_or(|id| snapshot.id == snapshot_name(id))
            && instance.is_none_or(|instance| snapshot.instance.eq_ignore_ascii_case(instance))
    };
    let all = world.snapshots(role, world.now());
    let names: Vec<String> = all.iter().filter(wanted).map(|snapshot| snapshot.id.clone()).collect();
    match id {
        Some(id) if names.is_empty() => {
            Err(ApiError::new(404, "DBSnapshotNotFound", format!("DBSnapshot {id} not found.")))
        }
        _ => Ok(names),
    }
}

fn snapshot_name(id: &str) -> String {
    id.rsplit_once(":snapshot:").map_or(id, |(_, id)| id).to_ascii_lowercase()
}

fn write_snapshot(world: &World, xml: &mut Xml, region: &str, name: &str) {
    let Some(role) = world.role_of(region) else { return };
    let all = world.snapshots(role, world.now());
    let Some(snapshot) = all.iter().find(|snapshot| snapshot.id == name) else { return };
    let ready = world.now() >= snapshot.done;
    let share = (world.now() - snapshot.called) * 100 / (snapshot.done - snapshot.called).max(1);
    xml.nest("DBSnapshot", |xml| {
        xml.text("DBSnapshotIdentifier", &snapshot.id)
            .text("DBInstanceIdentifier", &snapshot.instance)
            .text("SnapshotCreateTime", world.timestamp(snapshot.called))
            .text("Engine", "postgres")
            .text("EngineVersion", "15.4")
            .text("AllocatedStorage", 100)
            .text("Status", if ready { "available" } else { "creating" })
            .text("SnapshotType", if snapshot.automated { "automated" } else { "manual" })
            .text("PercentProgress", share.clamp(0, 100))
            .text("StorageType", "gp3")
            .text("Encrypted", true)
            .text("KmsKeyId", key(world, role))
            .maybe("SourceDBSnapshotIdentifier", snapshot.copy_of.as_ref())
            .maybe("SourceRegion", snapshot.copy_of.as_ref().and_then(|arn| arn.split(':').nth(3)))
            .text("DBSnapshotArn", world.snapshot_arn(role, &snapshot.id));
    });
}

/// The key of a Region's databases.
fn key(world: &World, role: HomeRole) -> String {
    let region = world.service().regions.get(role);
    format!("arn:aws:kms:{region}:{}:key/{}", world.account(), world.chance().uuid("kms", role as i64))
}

fn write(xml: &mut Xml, instance: &Instance) {
    xml.nest("DBInstance", |xml| {
        xml.text("DBInstanceIdentifier", &instance.id)
            .text("DBInstanceClass", "db.t3.large")
            .text("Engine", "postgres")
            .text("DBInstanceStatus", instance.status)
            .text("MasterUsername", "postgres")
            .text("DBName", &instance.database);
        if let Some(host) = &instance.host {
            xml.nest("Endpoint", |xml| {
                xml.text("Address", host).text("Port", instance.port);
            });
        }
        xml.text("AllocatedStorage", 100)
            .text("PreferredBackupWindow", "03:00-04:00")
            .text("BackupRetentionPeriod", instance.backup_retention)
            .text("AvailabilityZone", format_args!("{}a", instance.region))
            .text("MultiAZ", instance.multi_az)
            .text("EngineVersion", "15.4")
            .text("AutoMinorVersionUpgrade", true)
            .maybe("LatestRestorableTime", instance.restorable.as_ref())
            .maybe("ReadReplicaSourceDBInstanceIdentifier", instance.source.as_ref());
        xml.nest("ReadReplicaDBInstanceIdentifiers", |xml| {
            for replica in &instance.replicas {
                xml.text("ReadReplicaDBInstanceIdentifier", replica);
            }
        });
        xml.text("PubliclyAccessible", false).nest("StatusInfos", |xml| {
            if instance.source.is_some() && instance.host.is_some() {
                xml.nest("DBInstanceStatusInfo", |xml| {
                    xml.text("StatusType", "read replication").text("Normal", true).text("Status", "replicating");
                });
            }
        });
        xml.nest("VpcSecurityGroups", |xml| {
            for group in &instance.groups {
                xml.nest("VpcSecurityGroupMembership", |xml| {
                    xml.text("VpcSecurityGroupId", group).text("Status", "active");
                });
            }
        });
        xml.text("StorageType", "gp3")
            .text("StorageEncrypted", true)
            .text("DBInstanceArn", &instance.arn)
            .text("DbiResourceId", &instance.resource)
            .text("DeletionProtection", instance.protected);
    });
}
