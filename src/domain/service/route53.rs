//! Route 53 failover records.

use crate::domain::region::Pair;

/// A pair of Route 53 failover records under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route53Failover {
    /// The hosted zone's id.
    pub zone: String,
    /// The name, such as `api.fineract.com`.
    pub record: String,
    /// `CNAME` or `A`.
    pub record_type: RecordType,
    /// The value that means each Region: a host name or an address; of alias records, the name that they stand for.
    pub target: Pair<String>,
    /// For alias records: the hosted zone that each target's name is in, such as that of a Region's load balancers.
    pub alias_zone: Option<Pair<String>>,
    /// The id of the health check that belongs to each Region's target. Moving traffic overwrites a record's health
    /// check, so which one belongs where must be known from the file, not from the record.
    pub health_check: Pair<Option<String>>,
    /// Whether the zone is private: nobody outside its VPCs can ask its servers, so only resolvers are asked.
    pub private: bool,
    /// Authoritative servers as `host:port`; without them, the zone's own.
    pub nameservers: Vec<String>,
    /// Recursive resolvers to ask, as `host:port`.
    pub resolvers: Vec<String>,
}

/// The type of a failover record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordType {
    /// An alias of another name.
    Cname,
    /// An IPv4 address.
    A,
}

impl RecordType {
    /// The word in DNS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cname => "CNAME",
            Self::A => "A",
        }
    }
}
