//! A replication configuration in the form in which a plan keeps it, and the AWS command line reads it.
//!
//! S3 replaces a configuration as a whole, so that every rule of it has to go there and back unharmed.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types;
use serde::{Deserialize, Serialize};

use crate::domain::text;

/// The configuration of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Configuration {
    /// The role with which S3 replicates: one for all rules.
    pub(super) role: String,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(rename = "ID", default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) filter: Option<Filter>,
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source_selection_criteria: Option<Criteria>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) existing_object_replication: Option<Switch>,
    pub(super) destination: Destination,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delete_marker_replication: Option<Switch>,
}

/// A setting that is Enabled or Disabled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Switch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Filter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) and: Option<And>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct And {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    key: String,
    value: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Criteria {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sse_kms_encrypted_objects: Option<Switch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replica_modifications: Option<Switch>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Destination {
    pub(super) bucket: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) storage_class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) access_control_translation: Option<Owner>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) encryption_configuration: Option<Encryption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replication_time: Option<Timed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) metrics: Option<Metrics>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Owner {
    owner: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Encryption {
    #[serde(rename = "ReplicaKmsKeyID", default, skip_serializing_if = "Option::is_none")]
    replica_kms_key_id: Option<String>,
}

/// Replication Time Control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Timed {
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<Minutes>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Metrics {
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event_threshold: Option<Minutes>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Minutes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) minutes: Option<i32>,
}

pub(super) const ON: &str = "Enabled";
pub(super) const OFF: &str = "Disabled";

impl Rule {
    pub(super) fn enabled(&self) -> bool {
        self.status == ON
    }

    /// Whether it replicates to a bucket of this name.
    pub(super) fn goes_to(&self, bucket: &str) -> bool {
        self.destination.bucket.rsplit(":::").next() == Some(bucket)
    }

    /// Its ID, safe to show.
    pub(super) fn name(&self) -> String {
        text::bounded(self.id.as_deref().unwrap_or("(no ID)"), 255)
    }

    pub(super) fn rtc(&self) -> bool {
        self.destination.replication_time.as_ref().is_some_and(|timed| timed.status == ON)
    }

    pub(super) fn metrics(&self) -> bool {
        self.destination.metrics.as_ref().is_some_and(|metrics| metrics.status == ON)
    }

    /// Whether deletions are replicated. In the first version of the schema, which has no filter, they always are.
    pub(super) fn delete_markers(&self) -> bool {
        match (&self.filter, &self.delete_marker_replication) {
            (None, _) => true,
            (Some(_), switch) => switch.as_ref().is_some_and(|switch| switch.status.as_deref() == Some(ON)),
        }
    }

    /// The prefix that keys must have for it to apply.
    pub(super) fn prefix(&self) -> &str {
        let filter = self.filter.as_ref();
        let inner = filter.and_then(|filter| filter.prefix.as_deref().or(filter.and.as_ref()?.prefix.as_deref()));
        inner.or(self.prefix.as_deref()).unwrap_or_default()
    }

    fn wants_tags(&self) -> bool {
        let filter = self.filter.as_ref();
        filter.is_some_and(|filter| filter.tag.is_some() || filter.and.as_ref().is_some_and(|and| !and.tags.is_empty()))
    }

    /// Whether it applies to every object of the bucket.
    pub(super) fn applies_to_all(&self) -> bool {
        self.prefix().is_empty() && !self.wants_tags()
    }

    /// Whether it applies to an object without tags.
    pub(super) fn applies_to(&self, key: &str) -> bool {
        key.starts_with(self.prefix()) && !self.wants_tags()
    }
}

impl Configuration {
    pub(super) fn read(from: &types::ReplicationConfiguration) -> Self {
        Self { role: from.role().to_owned(), rules: from.rules().iter().map(Rule::read).collect() }
    }

    pub(super) fn write(&self) -> Result<types::ReplicationConfiguration, BuildError> {
        let rules = self.rules.iter().map(Rule::write).collect::<Result<Vec<_>, _>>()?;
        types::ReplicationConfiguration::builder().role(&self.role).set_rules(Some(rules)).build()
    }
}

impl Tag {
    fn read(from: &types::Tag) -> Self {
        Self { key: from.key().to_owned(), value: from.value().to_owned() }
    }

    fn write(&self) -> Result<types::Tag, BuildError> {
        types::Tag::builder().key(&self.key).value(&self.value).build()
    }
}

fn switch(word: Option<&str>) -> Switch {
    Switch { status: word.map(str::to_owned) }
}

fn minutes(from: Option<&types::ReplicationTimeValue>) -> Option<Minutes> {
    from.map(|value| Minutes { minutes: value.minutes() })
}

fn time(from: Option<&Minutes>) -> Option<types::ReplicationTimeValue> {
    from.map(|value| types::ReplicationTimeValue::builder().set_minutes(value.minutes).build())
}

impl Rule {
    #[expect(deprecated, reason = "rules of the first version of the schema have their prefix here")]
    fn read(from: &types::ReplicationRule) -> Self {
        let filter = from.filter().map(|filter| Filter {
            prefix: filter.prefix().map(str::to_owned),
            tag: filter.tag().map(Tag::read),
            and: filter.and().map(|and| And {
                prefix: and.prefix().map(str::to_owned),
                tags: and.tags().iter().map(Tag::read).collect(),
            }),
        });
        let criteria = from.source_selection_criteria().map(|criteria| Criteria {
            sse_kms_encrypted_objects: criteria
                .sse_kms_encrypted_objects()
                .map(|on| switch(Some(on.status().as_str()))),
            replica_modifications: criteria.replica_modifications().map(|on| switch(Some(on.status().as_str()))),
        });
        Self {
            id: from.id().map(str::to_owned),
            priority: from.priority(),
            prefix: from.prefix().map(str::to_owned),
            filter,
            status: from.status().as_str().to_owned(),
            source_selection_criteria: criteria,
            existing_object_replication: from
                .existing_object_replication()
                .map(|existing| switch(Some(existing.status().as_str()))),
            destination: from.destination().map(Destination::read).unwrap_or_default(),
            delete_marker_replication: from
                .delete_marker_replication()
                .map(|markers| switch(markers.status().map(types::DeleteMarkerReplicationStatus::as_str))),
        }
    }

    #[expect(deprecated, reason = "rules of the first version of the schema have their prefix here")]
    fn write(&self) -> Result<types::ReplicationRule, BuildError> {
        let word = |switch: &Switch| switch.status.clone().unwrap_or_default();
        let and = |and: &And| {
            let tags = and.tags.iter().map(Tag::write).collect::<Result<Vec<_>, _>>()?;
            let tags = (!tags.is_empty()).then_some(tags);
            let built = types::ReplicationRuleAndOperator::builder().set_prefix(and.prefix.clone()).set_tags(tags);
            Ok::<_, BuildError>(built.build())
        };
        let filter = |filter: &Filter| {
            let built = types::ReplicationRuleFilter::builder()
                .set_prefix(filter.prefix.clone())
                .set_tag(filter.tag.as_ref().map(Tag::write).transpose()?)
                .set_and(filter.and.as_ref().map(and).transpose()?);
            Ok::<_, BuildError>(built.build())
        };
        let criteria = |criteria: &Criteria| {
            let kms = criteria
                .sse_kms_encrypted_objects
                .as_ref()
                .map(|switch| types::SseKmsEncryptedObjects::builder().status(word(switch).as_str().into()).build());
            let replicas = criteria
                .replica_modifications
                .as_ref()
                .map(|switch| types::ReplicaModifications::builder().status(word(switch).as_str().into()).build());
            let built = types::SourceSelectionCriteria::builder()
                .set_sse_kms_encrypted_objects(kms.transpose()?)
                .set_replica_modifications(replicas.transpose()?);
            Ok::<_, BuildError>(built.build())
        };
        let existing = self
            .existing_object_replication
            .as_ref()
            .map(|switch| types::ExistingObjectReplication::builder().status(word(switch).as_str().into()).build());
        let markers = self.delete_marker_replication.as_ref().map(|switch| {
            let status = switch.status.as_deref().map(types::DeleteMarkerReplicationStatus::from);
            types::DeleteMarkerReplication::builder().set_status(status).build()
        });
        types::ReplicationRule::builder()
            .set_id(self.id.clone())
            .set_priority(self.priority)
            .set_prefix(self.prefix.clone())
            .set_filter(self.filter.as_ref().map(filter).transpose()?)
            .status(self.status.as_str().into())
            .set_source_selection_criteria(self.source_selection_criteria.as_ref().map(criteria).transpose()?)
            .set_existing_object_replication(existing.transpose()?)
            .destination(self.destination.write()?)
            .set_delete_marker_replication(markers)
            .build()
    }
}

impl Destination {
    fn read(from: &types::Destination) -> Self {
        Self {
            bucket: from.bucket().to_owned(),
            account: from.account().map(str::to_owned),
            storage_class: from.storage_class().map(|class| class.as_str().to_owned()),
            access_control_translation: from
                .access_control_translation()
                .map(|translation| Owner { owner: translation.owner().as_str().to_owned() }),
            encryption_configuration: from
                .encryption_configuration()
                .map(|with| Encryption { replica_kms_key_id: with.replica_kms_key_id().map(str::to_owned) }),
            replication_time: from
                .replication_time()
                .map(|timed| Timed { status: timed.status().as_str().to_owned(), time: minutes(timed.time()) }),
            metrics: from.metrics().map(|metrics| Metrics {
                status: metrics.status().as_str().to_owned(),
                event_threshold: minutes(metrics.event_threshold()),
            }),
        }
    }

    fn write(&self) -> Result<types::Destination, BuildError> {
        let owner = self
            .access_control_translation
            .as_ref()
            .map(|owner| types::AccessControlTranslation::builder().owner(owner.owner.as_str().into()).build());
        let encryption = self.encryption_configuration.as_ref().map(|with| {
            types::EncryptionConfiguration::builder().set_replica_kms_key_id(with.replica_kms_key_id.clone()).build()
        });
        let timed = self.replication_time.as_ref().map(|timed| {
            types::ReplicationTime::builder()
                .status(timed.status.as_str().into())
                .set_time(time(timed.time.as_ref()))
                .build()
        });
        let metrics = self.metrics.as_ref().map(|metrics| {
            types::Metrics::builder()
                .status(metrics.status.as_str().into())
                .set_event_threshold(time(metrics.event_threshold.as_ref()))
                .build()
        });
        types::Destination::builder()
            .bucket(&self.bucket)
            .set_account(self.account.clone())
            .set_storage_class(self.storage_class.as_deref().map(types::StorageClass::from))
            .set_access_control_translation(owner.transpose()?)
            .set_encryption_configuration(encryption)
            .set_replication_time(timed.transpose()?)
            .set_metrics(metrics.transpose()?)
            .build()
    }
}
