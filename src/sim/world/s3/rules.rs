//! Replication configurations, as far as what they do.

use roxmltree::{Document, Node};

use crate::domain::region::Region;
use crate::domain::service::S3Replication;
use crate::sim::world::ApiError;

/// A bucket's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The role's ARN.
    pub role: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "S3's own switches")]
pub struct Rule {
    /// The element as it was put, with an ID.
    pub xml: String,
    /// Its ID.
    pub id: String,
    /// Whether it is on.
    pub enabled: bool,
    /// Of two rules that apply, the higher one does.
    pub priority: i32,
    /// The start of the keys that it applies to.
    pub prefix: String,
    /// Whether it wants tags, which no object here has.
    pub tags: bool,
    /// The name of the bucket that it replicates to.
    pub to: String,
    /// Replication Time Control.
    pub rtc: bool,
    /// Whether CloudWatch is told of it.
    pub metrics: bool,
    /// Whether delete markers are replicated.
    pub delete_markers: bool,
}

const KNOWN: [&str; 9] = [
    "ID",
    "Priority",
    "Prefix",
    "Filter",
    "Status",
    "SourceSelectionCriteria",
    "ExistingObjectReplication",
    "Destination",
    "DeleteMarkerReplication",
];

pub(super) fn invalid(message: &str) -> ApiError {
    ApiError::new(400, "InvalidRequest", message.to_owned())
}

fn malformed() -> ApiError {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    ApiError::new(400, "MalformedXML", message.to_owned())
}

fn of_this_version(what: &str, how: &str) -> ApiError {
    invalid(&format!(
        "{what} {how} for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide \
         for more information."
    ))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).map(|child| child.text().unwrap_or_default())
}

/// A setting that is `Enabled` or `Disabled`.
fn on(node: Node<'_, '_>, name: &str) -> Result<Option<bool>, ApiError> {
    match child(node, name).map(|child| text(child, "Status")) {
        None => Ok(None),
        Some(Some("Enabled")) => Ok(Some(true)),
        Some(Some("Disabled")) => Ok(Some(false)),
        Some(_) => Err(malformed()),
    }
}

impl Rule {
    /// Reads a `Rule` element without namespaces; refuses what S3 refuses.
    pub fn read(xml: &str) -> Result<Self, ApiError> {
        let document = Document::parse(xml).map_err(|_| malformed())?;
        let root = document.root_element();
        let mut elements = root.children().filter(Node::is_element);
        if root.tag_name().name() != "Rule" || elements.any(|one| !KNOWN.contains(&one.tag_name().name())) {
            return Err(malformed());
        }
        let enabled = match text(root, "Status") {
            Some("Enabled") => true,
            Some("Disabled") => false,
            _ => return Err(malformed()),
        };
        let destination = child(root, "Destination").ok_or_else(malformed)?;
        let to = text(destination, "Bucket").and_then(|arn| arn.rsplit_once(":::")).map(|(_, bucket)| bucket);
        let filter = child(root, "Filter");
        let (rtc, metrics) = (on(destination, "ReplicationTime")?, on(destination, "Metrics")?);
        let markers = on(root, "DeleteMarkerReplication")?;
        let priority = text(root, "Priority").map(|number| number.parse().map_err(|_| malformed())).transpose()?;
        if filter.is_some() {
            if markers.is_none() {
                return Err(of_this_version("DeleteMarkerReplication", "must be specified"));
            }
            if priority.is_none() {
                return Err(of_this_version("Priority", "must be specified"));
            }
        } else {
            let newer = [("DeleteMarkerReplication", markers.is_some()), ("Priority", priority.is_some())];
            let newer = newer.into_iter().chain([("ReplicationTime", rtc.is_some()), ("Metrics", metrics.is_some())]);
            if let Some((what, _)) = newer.into_iter().find(|(_, there)| *there) {
                return Err(of_this_version(what, "cannot be used"));
            }
            if text(root, "Prefix").is_none() {
                return Err(malformed());
            }
        }
        let threshold = child(destination, "Metrics").and_then(|metrics| child(metrics, "EventThreshold"));
        if rtc == Some(true) && metrics != Some(true) {
            return Err(invalid("Metrics must be enabled when ReplicationTime is enabled"));
        }
        if rtc != Some(true) && threshold.is_some() {
            let message = "Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled"
                .to_owned();
            return Err(ApiError::new(400, "InvalidArgument", message));
        }
        let inner = filter.map(|filter| child(filter, "And").unwrap_or(filter));
        let tags = inner.is_some_and(|inner| child(inner, "Tag").is_some());
        if tags && markers == Some(true) {
            return Err(invalid("Delete marker replication is not supported if any Tag filter is specified."));
        }
        Ok(Self {
            xml: xml.to_owned(),
            id: text(root, "ID").unwrap_or_default().to_owned(),
            enabled,
            priority: priority.unwrap_or(0),
            prefix: text(inner.unwrap_or(root), "Prefix").unwrap_or_default().to_owned(),
            tags,
            to: to.ok_or_else(|| invalid("Destination bucket must exist."))?.to_owned(),
            rtc: rtc == Some(true),
            metrics: metrics == Some(true),
            // The first version of the schema replicates them.
            delete_markers: markers.unwrap_or(filter.is_none()),
        })
    }

    fn applies(&self, key: &str, marker: bool) -> bool {
        self.enabled && !self.tags && key.starts_with(&self.prefix) && (!marker || self.delete_markers)
    }
}

impl Config {
    /// What is there in the beginning: everything of the primary's bucket is replicated to the standby's.
    pub(super) fn first(spec: &S3Replication, account: &str, standby: &Region) -> Self {
        let named = format!("arn:aws:iam::{account}:role/s3-replication");
        let rtc = if spec.rtc {
            "<ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time></ReplicationTime>\
             <Metrics><Status>Enabled</Status><EventThreshold><Minutes>15</Minutes></EventThreshold></Metrics>"
        } else {
            ""
        };
        let markers = if spec.delete_markers { "Enabled" } else { "Disabled" };
        let bucket = &spec.bucket.standby;
        let xml = format!(
            "<Rule><ID>replicate-all</ID><Priority>1</Priority><Filter><Prefix></Prefix></Filter>\
             <Status>Enabled</Status><Destination><Bucket>{}:::{bucket}</Bucket>\
             <StorageClass>STANDARD</StorageClass>{rtc}</Destination>\
             <DeleteMarkerReplication><Status>{markers}</Status></DeleteMarkerReplication></Rule>",
            if standby.as_str().starts_with("cn-") { "arn:aws-cn:s3" } else { "arn:aws:s3" }
        );
        let rules = Rule::read(&xml).into_iter().collect();
        Self { role: spec.role.clone().unwrap_or(named), rules }
    }

    /// Reads rules that were accepted.
    pub(super) fn read(role: &str, rules: &[String]) -> Result<Self, ApiError> {
        Ok(Self { role: role.to_owned(), rules: rules.iter().map(|xml| Rule::read(xml)).collect::<Result<_, _>>()? })
    }

    /// Refuses what S3 refuses of a configuration as a whole.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let role: Vec<&str> = self.role.splitn(6, ':').collect();
        if !matches!(role.as_slice(), ["arn", _, "iam", "", _, name] if name.starts_with("role/")) {
            return Err(ApiError::new(400, "InvalidArgument", "Invalid Role ARN".to_owned()));
        }
        if self.rules.is_empty() || self.rules.len() > 1_000 {
            return Err(malformed());
        }
        for (number, rule) in self.rules.iter().enumerate() {
            for other in self.rules.iter().take(number) {
                if other.id == rule.id {
                    return Err(invalid("Rule Id must be unique. Found same Id for more than one rule"));
                }
                if other.to == rule.to && other.priority == rule.priority {
                    return Err(invalid("Found duplicate priorities for one destination bucket"));
                }
            }
        }
        Ok(())
    }

    /// The rule by which an object is replicated to a bucket.
    pub(super) fn rule_for(&self, key: &str, marker: bool, to: &str) -> Option<&Rule> {
        let rules = self.rules.iter().filter(|rule| rule.to == to && rule.applies(key, marker));
        rules.max_by_key(|rule| rule.priority)
    }

    /// Whether a rule of this name is on.
    pub(super) fn has(&self, id: &str) -> bool {
        self.rules.iter().any(|rule| rule.id == id && rule.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "<Rule><ID>a</ID><Priority>1</Priority><Filter><Prefix>p/</Prefix></Filter><Status>Enabled</Status>\
                       <Destination><Bucket>arn:aws:s3:::to</Bucket></Destination>\
                       <DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>";
    const OLD: &str = "<Rule><ID>a</ID><Prefix></Prefix><Status>Enabled</Status>\
                       <Destination><Bucket>arn:aws:s3:::to</Bucket></Destination></Rule>";
    const RTC: &str = "<ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time></ReplicationTime>";

    #[test]
    fn both_versions_of_the_schema_are_read_and_not_mixed() {
        let new = Rule::read(NEW).unwrap();
        assert_eq!((new.to.as_str(), new.prefix.as_str(), new.delete_markers), ("to", "p/", false));
        assert!(new.applies("p/x", false) && !new.applies("x", false) && !new.applies("p/x", true));
        let old = Rule::read(OLD).unwrap();
        assert!(old.delete_markers && old.applies("x", true));
        let refused = |xml: &str| Rule::read(xml).unwrap_err().message;
        assert!(
            refused(&OLD.replace("<Prefix>", "<Priority>1</Priority><Prefix>")).starts_with("Priority cannot be used")
        );
        assert!(refused(&NEW.replace("<Priority>1</Priority>", "")).starts_with("Priority must be specified"));
        let timed = |xml: &str| xml.replace("</Bucket>", &format!("</Bucket>{RTC}"));
        assert!(refused(&timed(OLD)).starts_with("ReplicationTime cannot be used"));
        assert!(refused(&timed(NEW)).starts_with("Metrics must be enabled"));
        assert_eq!(Rule::read(&NEW.replace("<ID>a</ID>", "<ID>a</ID><Else/>")).unwrap_err().code, "MalformedXML");
    }

    #[test]
    fn of_two_rules_the_one_of_the_higher_priority_applies() {
        let other = NEW.replace("<ID>a<", "<ID>b<").replace("<Priority>1<", "<Priority>2<");
        let role = "arn:aws:iam::1:role/r";
        let both = Config::read(role, &[NEW.to_owned(), other.clone()]).unwrap();
        both.check().unwrap();
        assert_eq!(both.rule_for("p/x", false, "to").unwrap().id, "b");
        assert!(both.rule_for("p/x", false, "elsewhere").is_none());
        let same = Config::read(role, &[NEW.to_owned(), other.replace("<Priority>2<", "<Priority>1<")]).unwrap();
        assert!(same.check().is_err());
        assert!(Config::read("r", &[other]).unwrap().check().is_err());
    }
}
