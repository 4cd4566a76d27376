//! ElastiCache: the AWS query protocol, forms in and XML out.

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, form, respond, unknown_operation};
use crate::sim::world::elasticache::{Cache, Group};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// The namespace of its documents.
pub const NAMESPACE: &str = "http://elasticache.amazonaws.com/doc/2015-02-02/";

const VERSION: &str = "7.1.0";
const NODE: &str = "cache.r7g.large";

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let form = form::parse(request.body());
    let param = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let need = |name: &str| {
        let missing = || {
            let message = format!("The parameter {name} must be provided and must not be blank.");
            ApiError::new(400, "InvalidParameterValue", message)
        };
        param(name).filter(|value| !value.is_empty()).map(str::to_owned).ok_or_else(missing)
    };
    let region = called.region.as_str();
    let (response, result) = (format!("{}Response", called.operation), format!("{}Result", called.operation));
    let mut xml = Xml::root(&response, NAMESPACE);
    match called.operation.as_str() {
        "DescribeGlobalReplicationGroups" => {
            let caches = match param("GlobalReplicationGroupId") {
                Some(id) => vec![world.cache(id)?],
                None => world.caches().iter().collect(),
            };
            let members = param("ShowMemberInfo") == Some("true");
            xml.nest(&result, |xml| {
                xml.nest("GlobalReplicationGroups", |xml| {
                    for cache in caches {
                        write_global(xml, world, cache, members);
                    }
                });
            });
        }
        "DescribeReplicationGroups" => {
            let groups = groups(world, region, param("ReplicationGroupId"))?;
            xml.nest(&result, |xml| {
                xml.nest("ReplicationGroups", |xml| {
                    for group in &groups {
                        write_group(xml, world, region, group);
                    }
                });
            });
        }
        "DescribeCacheClusters" => {
            let nodes = nodes(world, region, param("CacheClusterId"))?;
            xml.nest(&result, |xml| {
                xml.nest("CacheClusters", |xml| {
                    for (group, node) in &nodes {
                        xml.nest("CacheCluster", |xml| {
                            xml.text("CacheClusterId", node)
                                .text("ReplicationGroupId", &group.id)
                                .text("CacheClusterStatus", group.status)
                                .text("CacheNodeType", NODE)
                                .text("Engine", "redis")
                                .text("EngineVersion", VERSION)
                                .text("NumCacheNodes", 1);
                        });
                    }
                });
            });
        }
        "FailoverGlobalReplicationGroup" => {
            let global = need("GlobalReplicationGroupId")?;
            let change = Change::FailoverCache {
                global: global.clone(),
                region: need("PrimaryRegion")?,
                group: need("PrimaryReplicationGroupId")?,
            };
            changed(world, region, id, change, &global, &mut xml, &result)?;
        }
        "DisassociateGlobalReplicationGroup" => {
            let global = need("GlobalReplicationGroupId")?;
            let change = Change::DetachCache {
                global: global.clone(),
                region: need("ReplicationGroupRegion")?,
                group: need("ReplicationGroupId")?,
            };
            changed(world, region, id, change, &global, &mut xml, &result)?;
        }
        _ => return Err(unknown_operation(called)),
    }
    xml.nest("ResponseMetadata", |xml| {
        xml.text("RequestId", id);
    });
    Ok(respond(200, "text/xml", id, xml.end(&response)))
}

fn changed(
    world: &mut World,
    region: &str,
    id: &str,
    change: Change,
    global: &str,
    xml: &mut Xml,
    result: &str,
) -> Result<(), ApiError> {
    world.apply(region, id, change)?;
    let cache = world.cache(global)?;
    xml.nest(result, |xml| write_global(xml, world, cache, true));
    Ok(())
}

fn groups(world: &World, region: &str, id: Option<&str>) -> Result<Vec<Group>, ApiError> {
    let mut groups = world.role_of(region).map(|role| world.groups(role, world.now())).unwrap_or_default();
    if let Some(id) = id {
        groups.retain(|group| group.id.eq_ignore_ascii_case(id));
        if groups.is_empty() {
            let message = format!("ReplicationGroup {id} not found.");
            return Err(ApiError::new(404, "ReplicationGroupNotFoundFault", message));
        }
    }
    Ok(groups)
}

fn nodes(world: &World, region: &str, id: Option<&str>) -> Result<Vec<(Group, String)>, ApiError> {
    let all = groups(world, region, None)?;
    let mut nodes: Vec<(Group, String)> = all
        .into_iter()
        .flat_map(|group| group.nodes.clone().into_iter().map(move |node| (group.clone(), node)))
        .collect();
    if let Some(id) = id {
        nodes.retain(|(_, node)| node.eq_ignore_ascii_case(id));
        if nodes.is_empty() {
            return Err(ApiError::new(404, "CacheClusterNotFound", format!("CacheCluster not found: {id}")));
        }
    }
    Ok(nodes)
}

fn write_global(xml: &mut Xml, world: &World, cache: &Cache, members: bool) {
    let id = &cache.spec.global;
    xml.nest("GlobalReplicationGroup", |xml| {
        xml.text("GlobalReplicationGroupId", id)
            .text("GlobalReplicationGroupDescription", "Simulated")
            .text("Status", cache.status(world.now()))
            .text("CacheNodeType", NODE)
            .text("Engine", "redis")
            .text("EngineVersion", VERSION);
        if members {
            xml.nest("Members", |xml| {
                for member in cache.members(world, world.now()) {
                    xml.nest("GlobalReplicationGroupMember", |xml| {
                        xml.text("ReplicationGroupId", &member.group)
                            .text("ReplicationGroupRegion", &member.region)
                            .text("Role", if member.primary { "PRIMARY" } else { "SECONDARY" })
                            .text("AutomaticFailover", "enabled")
                            .text("Status", member.status);
                    });
                }
            });
        }
        xml.text("ClusterEnabled", false)
            .text("AuthTokenEnabled", false)
            .text("TransitEncryptionEnabled", true)
            .text("AtRestEncryptionEnabled", true)
            .text("ARN", format_args!("arn:aws:elasticache::{}:globalreplicationgroup:{id}", world.account()));
    });
}

fn write_group(xml: &mut Xml, world: &World, region: &str, group: &Group) {
    xml.nest("ReplicationGroup", |xml| {
        xml.text("ReplicationGroupId", &group.id).text("Description", "Simulated");
        if let Some((global, primary)) = &group.global {
            xml.nest("GlobalReplicationGroupInfo", |xml| {
                xml.text("GlobalReplicationGroupId", global)
                    .text("GlobalReplicationGroupMemberRole", if *primary { "PRIMARY" } else { "SECONDARY" });
            });
        }
        xml.text("Status", group.status);
        xml.nest("MemberClusters", |xml| {
            for node in &group.nodes {
                xml.text("ClusterId", node);
            }
        });
        xml.nest("NodeGroups", |xml| {
            xml.nest("NodeGroup", |xml| {
                xml.text("NodeGroupId", "0001").text("Status", group.status);
                xml.nest("PrimaryEndpoint", |xml| {
                    xml.text("Address", format_args!("master.{}.{region}.cache.example", group.id)).text("Port", 6379);
                });
            });
        });
        xml.text("AutomaticFailover", "enabled")
            .text("MultiAZ", "enabled")
            .text("ClusterEnabled", false)
            .text("CacheNodeType", NODE)
            .text(
                "ARN",
                format_args!("arn:aws:elasticache:{region}:{}:replicationgroup:{}", world.account(), group.id),
            );
    });
}
