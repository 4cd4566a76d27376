//! Global databases as RDS describes them.

use super::super::{ApiError, World};
use super::{ClusterPair, INSTANCES, Kind, Operation, Standing};
use crate::domain::region::HomeRole;
use crate::sim::steps::{EVER, Ms};

const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
const ROLES: [HomeRole; 2] = [HomeRole::Primary, HomeRole::Standby];

/// A global cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalCluster {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: &'static str,
    /// The engine's version.
    pub version: &'static str,
    /// The database's name.
    pub database: String,
    /// The host name that follows the writer.
    pub host: String,
    /// Its members.
    pub members: Vec<Member>,
    /// What is under way.
    pub failing: Option<Failing>,
}

/// A member of a global cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The cluster's ARN.
    pub arn: String,
    /// Whether it writes.
    pub writer: bool,
    /// The ARNs of those that follow it.
    pub readers: Vec<String>,
    /// Whether it has what the writer has, or is to be rebuilt.
    pub synchronization: &'static str,
}

/// A switchover or failover under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// `pending`, `switching-over`, `failing-over` or `cancelling`.
    pub status: &'static str,
    /// The ARN of the cluster that wrote.
    pub from: String,
    /// The ARN of the cluster that is to write.
    pub to: String,
    /// Whether data may be lost.
    pub loss: bool,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: &'static str,
    /// The engine's version.
    pub version: &'static str,
    /// The database's name.
    pub database: String,
    /// The host name of its writer endpoint, which is inactive where it follows another cluster.
    pub host: String,
    /// The host name of its reader endpoint.
    pub reader_host: String,
    /// The port of both.
    pub port: u16,
    /// The global cluster that it is a member of.
    pub global: Option<String>,
    /// The ARN of the cluster that it follows.
    pub source: Option<String>,
    /// The ARNs of those that follow it.
    pub readers: Vec<String>,
    /// Its instances.
    pub nodes: Vec<Node>,
    /// The Region.
    pub region: String,
}

/// An instance of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: &'static str,
    /// Whether it is the one that writes.
    pub writer: bool,
    /// Its host name.
    pub host: String,
}

/// A snapshot that Aurora took of a writer that lost its role with writes that nobody else had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The cluster.
    pub cluster: String,
    /// When it was taken.
    pub at: Ms,
}

pub(super) fn node_id(pair: &ClusterPair, role: HomeRole, index: usize) -> String {
    format!("{}-{}", pair.spec.cluster.get(role), index + 1)
}

impl ClusterPair {
    /// What is under way at a moment.
    pub fn under_way(&self, at: Ms) -> Option<&Operation> {
        self.operations.iter().rev().find(|operation| operation.called <= at && at < operation.over())
    }

    /// A cluster's status.
    pub fn status(&self, role: HomeRole, at: Ms) -> &'static str {
        match self.under_way(at) {
            Some(operation) if at >= operation.begins && operation.cancelled.is_none_or(|gone| at < gone) => {
                match operation.kind {
                    Kind::Switchover => return "switching-over",
                    Kind::Failover if role == operation.to => return "failing-over",
                    Kind::Detach if role == operation.to => return "promoting",
                    Kind::Failover | Kind::Detach => {}
                }
            }
            _ => {}
        }
        if self.rebuilds(role, at) {
            "modifying"
        } else if self.within.iter().any(|w| w.role == role && w.called <= at && at < w.done) {
            "failing-over"
        } else {
            "available"
        }
    }

    /// Whether a cluster that lost its role is rebuilt from the new writer.
    fn rebuilds(&self, role: HomeRole, at: Ms) -> bool {
        let old = |op: &&Operation| op.kind == Kind::Failover && op.from == role;
        self.operations.iter().filter(old).any(|op| op.stops <= at && at < op.rejoins)
    }

    /// Whether a cluster that lost its role has not been rebuilt yet, reached or not.
    pub(super) fn waits(&self, role: HomeRole, at: Ms) -> bool {
        let old = |op: &&Operation| op.kind == Kind::Failover && op.from == role;
        self.operations.iter().filter(old).any(|op| op.turns <= at && at < op.rejoins)
    }
}

impl World {
    /// The global clusters: every Region tells the same of them.
    pub fn global_clusters(&self, at: Ms) -> Vec<GlobalCluster> {
        self.cluster_pairs().iter().map(|pair| self.global_cluster(pair, at)).collect()
    }

    fn global_cluster(&self, pair: &ClusterPair, at: Ms) -> GlobalCluster {
        let members = ROLES.into_iter().filter(|role| pair.standing(*role, at) != Standing::Detached);
        let members: Vec<HomeRole> = members.collect();
        let writer = pair.writer(at);
        let member = |role: &HomeRole| Member {
            arn: self.cluster_arn(pair, *role),
            writer: *role == writer,
            readers: self.readers(pair, *role, at),
            synchronization: if pair.waits(*role, at) { "pending-resync" } else { "connected" },
        };
        let failing = pair.under_way(at).filter(|operation| operation.kind != Kind::Detach);
        let status = match failing {
            Some(operation) if at < operation.begins => "available",
            Some(operation) if operation.kind == Kind::Switchover => "switching-over",
            Some(_) => "failing-over",
            None => "available",
        };
        let id = pair.spec.global.clone();
        GlobalCluster {
            arn: format!("arn:aws:rds::{}:global-cluster:{id}", self.account()),
            status,
            version: ClusterPair::engine_version(&self.scenario, writer, at),
            database: database(pair),
            host: format!("{id}.global-{}.global.rds.amazonaws.com", self.chance.text(&id, 0, LETTERS, 12)),
            members: members.iter().map(member).collect(),
            failing: failing.map(|operation| Failing {
                status: match operation.cancelled {
                    _ if at < operation.begins => "pending",
                    Some(gone) if at >= gone => "cancelling",
                    _ if operation.kind == Kind::Switchover => "switching-over",
                    _ => "failing-over",
                },
                from: self.cluster_arn(pair, operation.from),
                to: self.cluster_arn(pair, operation.to),
                loss: operation.kind == Kind::Failover,
            }),
            id,
        }
    }

    fn readers(&self, pair: &ClusterPair, role: HomeRole, at: Ms) -> Vec<String> {
        let follows =
            pair.standing(role, at) == Standing::Writer && pair.standing(role.other(), at) == Standing::Reader;
        if follows { vec![self.cluster_arn(pair, role.other())] } else { Vec::new() }
    }

    /// The clusters of a Region.
    pub fn clusters(&self, role: HomeRole, at: Ms) -> Vec<Cluster> {
        self.cluster_pairs().iter().map(|pair| self.cluster(pair, role, at)).collect()
    }

    fn cluster(&self, pair: &ClusterPair, role: HomeRole, at: Ms) -> Cluster {
        let (id, region) = (pair.spec.cluster.get(role).clone(), self.service.regions.get(role).to_string());
        let standing = pair.standing(role, at);
        let unique = self.chance.text(&region, 0, LETTERS, 12);
        let host = |part: &str| format!("{id}.{part}-{unique}.{region}.rds.amazonaws.com");
        let sql = pair.spec.sql.as_ref();
        let up = pair.up(role, at);
        let writes = standing != Standing::Reader;
        let node = |index: usize| {
            let node = node_id(pair, role, index);
            Node {
                arn: format!("arn:aws:rds:{region}:{}:db:{node}", self.account()),
                // A failover within the cluster leaves the other instance as it is.
                status: if up || (pair.status(role, at) == "failing-over" && index != pair.writing(role, at)) {
                    "available"
                } else {
                    "rebooting"
                },
                writer: writes && index == pair.writing(role, at),
                host: format!("{node}.{unique}.{region}.rds.amazonaws.com"),
                id: node,
            }
        };
        Cluster {
            arn: self.cluster_arn(pair, role),
            status: pair.status(role, at),
            version: ClusterPair::engine_version(&self.scenario, role, at),
            database: database(pair),
            host: sql.map_or_else(|| host("cluster"), |sql| sql.host.get(role).clone()),
            reader_host: host("cluster-ro"),
            port: sql.map_or(5432, |sql| *sql.port.get(role)),
            global: (standing != Standing::Detached).then(|| pair.spec.global.clone()),
            source: (standing == Standing::Reader).then(|| self.cluster_arn(pair, role.other())),
            readers: self.readers(pair, role, at),
            nodes: (0..INSTANCES).map(node).collect(),
            id,
            region,
        }
    }

    /// The snapshots of a Region that Aurora took by itself.
    pub fn cluster_snapshots(&self, role: HomeRole, at: Ms) -> Vec<Snapshot> {
        let of = |pair: &ClusterPair| {
            let cluster = pair.spec.cluster.get(role).clone();
            let taken = pair.operations.iter().filter(|op| op.from == role).filter_map(Operation::snapshot);
            let snapshot = move |taken: Ms| {
                let stamp = self.timestamp(taken).strftime("%Y-%m-%d-%H-%M-%S");
                let id = format!("rds:unplanned-global-failover-{cluster}-{stamp}");
                let region = self.service.regions.get(role);
                let arn = format!("arn:aws:rds:{region}:{}:cluster-snapshot:{id}", self.account());
                Snapshot { id, arn, cluster: cluster.clone(), at: taken }
            };
            taken.filter(|taken| *taken <= at && *taken > EVER).map(snapshot).collect::<Vec<_>>()
        };
        self.cluster_pairs().iter().flat_map(of).collect()
    }

    /// A global cluster by its identifier, in any case.
    pub fn find_global(&self, id: &str) -> Result<&ClusterPair, ApiError> {
        let found = self.cluster_pairs().iter().find(|pair| pair.spec.global.eq_ignore_ascii_case(id));
        found.ok_or_else(|| {
            let message = format!("Global cluster {id} not found");
            ApiError::new(404, "GlobalClusterNotFoundFault", message)
        })
    }
}

fn database(pair: &ClusterPair) -> String {
    pair.spec.sql.as_ref().map_or_else(|| "postgres".to_owned(), |sql| sql.database.clone())
}
