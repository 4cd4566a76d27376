//! The resources of all files together.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::file::At;
use super::names::{arn, region_of_zone};
use super::wanted::{Wanted, wanted};
use crate::domain::redact::Redactor;
use crate::domain::region::{HomeRole, Region};
use crate::domain::text::bounded;

/// One resource, with nothing of it but what is wanted.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    /// Its type, such as `aws_db_instance`.
    pub(super) kind: &'static str,
    /// Its address in Terraform, or `output.NAME`. Not yet safe to show.
    pub(super) address: String,
    pub(super) region: Option<Region>,
    /// The home role that an output's name gives it, such as `replica_endpoint`.
    pub(super) said: Option<HomeRole>,
    /// The file and the provider's configuration, which is the same Region for all that share it.
    provider: Option<(String, String)>,
    wanted: &'static Wanted,
    values: BTreeMap<&'static str, Value>,
}

impl Resource {
    /// A text that is there and not empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// A number; some versions of the provider keep it as a text.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        let value = self.values.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number: &f64| number.is_finite())
    }

    /// A number that counts something.
    pub(super) fn count(&self, key: &str) -> Option<i64> {
        let value = self.values.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.values.get(key)?.as_bool()
    }

    /// A list's items; none where there is no list.
    pub(super) fn list(&self, key: &str) -> &[Value] {
        self.values.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn map(&self, key: &str) -> Option<&Map<String, Value>> {
        self.values.get(key)?.as_object()
    }

    /// What names it among its like in a Region.
    pub(super) fn key(&self) -> Option<&str> {
        self.text(self.wanted.key)
    }

    pub(super) fn is_in(&self, region: &Region) -> bool {
        self.region.as_ref() == Some(region)
    }

    /// Its address and Region, safe to show.
    pub(super) fn told(&self) -> String {
        let address = bounded(&Redactor::default().apply(&self.address), 120);
        match &self.region {
            Some(region) => format!("{address} ({region})"),
            None => address,
        }
    }
}

/// A field of a nested block, if it is a text that is not empty.
pub(super) fn inner<'v>(block: &'v Value, key: &str) -> Option<&'v str> {
    block.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Estate {
    resources: Vec<Resource>,
    /// Where each that has a name is among them.
    known: BTreeMap<(&'static str, Option<Region>, String), usize>,
    /// What was left out because it has not the type that it should. Safe to show.
    pub(super) doubts: Vec<String>,
}

/// Where a resource stands.
pub(super) struct Standing<'s> {
    pub(super) kind: &'s str,
    pub(super) address: String,
    pub(super) provider: Option<&'s str>,
    pub(super) said: Option<HomeRole>,
}

impl Estate {
    /// Adds a resource, if its type is wanted.
    pub(super) fn add(&mut self, at: &At<'_>, standing: Standing<'_>, attributes: &Map<String, Value>) {
        let Some(wanted) = wanted(standing.kind) else { return };
        let values = wanted.take(at, attributes, &mut self.doubts);
        let provider = standing.provider.map(|provider| (at.file.to_owned(), provider.to_owned()));
        let mut resource = Resource {
            kind: wanted.kind,
            address: standing.address,
            region: None,
            said: standing.said,
            provider,
            wanted,
            values,
        };
        resource.region = region(&resource);
        // The same resource may be in two files, or in two outputs: what one lacks the other may have.
        let own = resource.key().map(|key| (resource.kind, resource.region.clone(), key.to_owned()));
        let at = own.as_ref().and_then(|own| self.known.get(own).copied());
        if let Some(other) = at.and_then(|at| self.resources.get_mut(at)) {
            for (key, value) in resource.values {
                other.values.entry(key).or_insert(value);
            }
            other.said = other.said.or(resource.said);
        } else {
            self.known.extend(own.map(|own| (own, self.resources.len())));
            self.resources.push(resource);
        }
    }

    /// Gives a Region to those that do not tell it themselves, by others of the same provider configuration.
    pub(super) fn settle(&mut self) {
        let mut regions: BTreeMap<(String, String), Vec<Region>> = BTreeMap::new();
        for resource in &self.resources {
            if let (Some(provider), Some(region)) = (&resource.provider, &resource.region) {
                let seen = regions.entry(provider.clone()).or_default();
                if !seen.contains(region) {
                    seen.push(region.clone());
                }
            }
        }
        for resource in self.resources.iter_mut().filter(|one| one.wanted.regional && one.region.is_none()) {
            if let Some([only]) =
                resource.provider.as_ref().and_then(|provider| Some(regions.get(provider)?.as_slice()))
            {
                resource.region = Some(only.clone());
            }
        }
    }

    /// Every resource of a type, in the order of the files.
    pub(super) fn of(&self, kind: &'static str) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// Every resource.
    pub(super) fn all(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter()
    }

    /// One by its name in a Region.
    pub(super) fn one(&self, kind: &'static str, key: &str, region: &Region) -> Option<&Resource> {
        self.of(kind).find(|one| one.is_in(region) && one.key().is_some_and(|own| own.eq_ignore_ascii_case(key)))
    }
}

/// The Region that a resource tells itself: by its ARN, its `region` (provider 6) or its availability zone.
fn region(resource: &Resource) -> Option<Region> {
    if !resource.wanted.regional {
        return None;
    }
    let own = || arn(resource.text("arn")?)?.region;
    // The id of an ECS service is its ARN.
    let id = || arn(resource.text("id")?)?.region;
    let named = || resource.text("region")?.parse().ok();
    let zone = || region_of_zone(resource.text("availability_zone")?);
    own().or_else(id).or_else(named).or_else(zone)
}
