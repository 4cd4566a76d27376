//! RDS: the AWS query protocol, forms in and XML out.

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, aurora, form, respond, unknown_operation};
use crate::sim::world::database::Instance;
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    if aurora::knows(&called.operation) {
        return aurora::answer(world, called, request, id);
    }
    let form = form::parse(request.body());
    let param = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let clusters = match (called.operation.as_str(), world.role_of(&called.region)) {
        ("DescribeDBInstances", Some(role)) => aurora::instances(world, role, &form),
        _ => Vec::new(),
    };
    let instances = match called.operation.as_str() {
        "DescribeDBInstances" if aurora::of_clusters(&form) => Vec::new(),
        "DescribeDBInstances" => match describe(world, &called.region, param("DBInstanceIdentifier")) {
            Err(_) if !clusters.is_empty() => Vec::new(),
            described => described?,
        },
        "PromoteReadReplica" => {
            let instance = param("DBInstanceIdentifier").ok_or_else(|| {
                ApiError::new(400, "MissingParameter", "The request must contain DBInstanceIdentifier.".to_owned())
            })?;
            let change = Change::Promote { instance: bare(instance) };
            world.apply(&called.region, id, change)?;
            describe(world, &called.region, Some(instance))?
        }
        _ => return Err(unknown_operation(called)),
    };
    let (response, result) = (format!("{}Response", called.operation), format!("{}Result", called.operation));
    let mut xml = Xml::root(&response, NAMESPACE);
    xml.nest(&result, |xml| {
        if called.operation == "DescribeDBInstances" {
            xml.nest("DBInstances", |xml| {
                for instance in &instances {
                    write(xml, instance);
                }
                for cluster in &clusters {
                    aurora::write_instances(xml, cluster);
                }
            });
        } else if let Some(instance) = instances.first() {
            write(xml, instance);
        }
    });
    xml.nest("ResponseMetadata", |xml| {
        xml.text("RequestId", id);
    });
    Ok(respond(200, "text/xml", id, xml.end(&response)))
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

fn write(xml: &mut Xml, instance: &Instance) {
    xml.nest("DBInstance", |xml| {
        xml.text("DBInstanceIdentifier", &instance.id)
            .text("DBInstanceClass", "db.t3.large")
            .text("Engine", "postgres")
            .text("DBInstanceStatus", instance.status)
            .text("MasterUsername", "postgres")
            .text("DBName", &instance.database);
        xml.nest("Endpoint", |xml| {
            xml.text("Address", &instance.host).text("Port", instance.port);
        });
        xml.text("AllocatedStorage", 100)
            .text("PreferredBackupWindow", "03:00-04:00")
            .text("BackupRetentionPeriod", instance.backup_retention)
            .text("AvailabilityZone", format_args!("{}a", instance.region))
            .text("MultiAZ", instance.multi_az)
            .text("EngineVersion", "15.4")
            .text("AutoMinorVersionUpgrade", true)
            .maybe("ReadReplicaSourceDBInstanceIdentifier", instance.source.as_ref());
        xml.nest("ReadReplicaDBInstanceIdentifiers", |xml| {
            for replica in &instance.replicas {
                xml.text("ReadReplicaDBInstanceIdentifier", replica);
            }
        });
        xml.text("PubliclyAccessible", false).nest("StatusInfos", |xml| {
            if instance.source.is_some() {
                xml.nest("DBInstanceStatusInfo", |xml| {
                    xml.text("StatusType", "read replication").text("Normal", true).text("Status", "replicating");
                });
            }
        });
        xml.text("StorageType", "gp3")
            .text("StorageEncrypted", true)
            .text("DBInstanceArn", &instance.arn)
            .text("DeletionProtection", true);
    });
}
