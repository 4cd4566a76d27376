//! CloudFront: a configuration by compare-and-set, and edges that take it up one after the other.

use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::service::{self, Spec};
use crate::sim::steps::{EVER, Ms, Steps};

/// How long an update takes until every edge has it.
const SPREADS: (Ms, Ms) = (180_000, 600_000);
/// How long an invalidation takes.
const FORGETS: (Ms, Ms) = (30_000, 120_000);
/// So many wildcard paths may be under way.
const MOST_PATHS: usize = 15;

/// A distribution.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// What the service file says of it.
    pub spec: service::CloudFront,
    /// The configurations that it had, the oldest first.
    pub versions: Vec<Version>,
    /// From when on it is deployed; before, it is in progress.
    pub deployed: Steps<bool>,
    /// The invalidations, the oldest first.
    pub invalidations: Vec<Invalidation>,
}

/// A version of a distribution's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From when on the API tells it.
    pub at: Ms,
    /// When the last edge has it.
    pub done: Ms,
    /// Its ETag.
    pub etag: String,
    /// The default cache behaviour's target origin.
    pub origin: String,
}

/// An invalidation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation {
    /// Its id.
    pub id: String,
    /// What its caller called it.
    pub reference: String,
    /// Its paths.
    pub paths: Vec<String>,
    /// When it was made.
    pub at: Ms,
    /// When it is completed.
    pub done: Ms,
}

pub(super) fn compile(world: &World) -> Vec<Distribution> {
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::CloudFront(spec) => Some(spec),
        _ => None,
    });
    specs.map(|spec| Distribution::compile(world, spec)).collect()
}

const CAPITALS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Distribution {
    fn compile(world: &World, spec: &service::CloudFront) -> Self {
        let id = &spec.distribution;
        let etag = |n: usize| {
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            format!("E{}", world.chance.text(id, n, CAPITALS, 13))
        };
        let first = Version { at: EVER, done: EVER, etag: etag(0), origin: spec.origin.primary.clone() };
        let mut distribution = Self {
            spec: spec.clone(),
            versions: vec![first],
            deployed: Steps::always(true),
            invalidations: Vec::new(),
        };
        for mutation in world.mutations() {
            let at = world.ms(mutation.at);
            match &mutation.change {
                Change::PointDistribution { distribution: of, origin, .. } if of == id => {
                    let done = at + world.chance.between(id, at, SPREADS.0, SPREADS.1);
                    // An update during another is spread with it.
                    let done = distribution.versions.last().map_or(done, |last| done.max(last.done));
                    distribution.deployed.push(at, false);
                    distribution.deployed.push(done, true);
                    let etag = etag(distribution.versions.len());
                    distribution.versions.push(Version { at, done, etag, origin: origin.clone() });
                }
                Change::Invalidate { distribution: of, reference, paths } if of == id => {
                    // The same reference again is the same invalidation.
                    if distribution.invalidations.iter().any(|known| known.reference == *reference) {
                        continue;
                    }
                    let id = format!("I{}", world.chance.text(reference, at, CAPITALS, 13));
                    let done = at + world.chance.between(reference, at, FORGETS.0, FORGETS.1);
                    let (reference, paths) = (reference.clone(), paths.clone());
                    distribution.invalidations.push(Invalidation { id, reference, paths, at, done });
                }
                _ => {}
            }
        }
        distribution
    }

    /// The configuration as the API tells it at a moment.
    pub fn version(&self, at: Ms) -> Option<&Version> {
        self.versions.iter().rev().find(|version| version.at <= at)
    }

    /// `Deployed` or `InProgress`.
    pub fn status(&self, at: Ms) -> &'static str {
        if *self.deployed.at(at) { "Deployed" } else { "InProgress" }
    }

    /// The invalidations that are not completed at a moment.
    pub fn under_way(&self, at: Ms) -> impl Iterator<Item = &Invalidation> {
        self.invalidations.iter().filter(move |one| one.at <= at && at < one.done)
    }
}

impl World {
    /// A distribution by its id.
    pub fn distribution(&self, id: &str) -> Result<&Distribution, ApiError> {
        let found = self.compiled.distributions.iter().find(|distribution| distribution.spec.distribution == id);
        found.ok_or_else(|| {
            ApiError::new(404, "NoSuchDistribution", "The specified distribution does not exist.".to_owned())
        })
    }

    /// The origin that an edge asks at a moment: each has taken up a configuration at a moment of its own.
    pub fn edge_origin(&self, id: &str, edge: &str, at: Ms) -> Result<&str, ApiError> {
        let distribution = self.distribution(id)?;
        let has = |version: &&Version| {
            let late = version.done.saturating_sub(version.at).max(0);
            version.at.saturating_add(self.chance.between(edge, version.at, 0, late)) <= at
        };
        Ok(distribution.versions.iter().rev().find(has).map_or("", |version| version.origin.as_str()))
    }

    pub(super) fn may_point_distribution(
        &self,
        id: &str,
        if_match: Option<&str>,
        origin: &str,
        at: Ms,
    ) -> Result<(), ApiError> {
        let distribution = self.distribution(id)?;
        let Some(etag) = if_match else {
            let message = "The If-Match version is missing or not valid for the resource.".to_owned();
            return Err(ApiError::new(400, "InvalidIfMatchVersion", message));
        };
        if distribution.version(at).is_none_or(|version| version.etag != etag) {
            let message = "The request failed because it didn't meet the preconditions in one or more request-header \
                           fields.";
            return Err(ApiError::new(412, "PreconditionFailed", message.to_owned()));
        }
        if origin != distribution.spec.origin.primary && origin != distribution.spec.origin.standby {
            let message = "One or more of your origins or origin groups do not exist.".to_owned();
            return Err(ApiError::new(404, "NoSuchOrigin", message));
        }
        Ok(())
    }

    pub(super) fn may_invalidate(&self, id: &str, reference: &str, paths: &[String], at: Ms) -> Result<(), ApiError> {
        let distribution = self.distribution(id)?;
        let invalid = |message: &str| Err(ApiError::new(400, "InvalidArgument", message.to_owned()));
        if paths.is_empty() || paths.iter().any(|path| !path.starts_with('/')) {
            return invalid("Your request contains one or more invalid invalidation paths.");
        }
        if let Some(known) = distribution.invalidations.iter().find(|known| known.reference == reference) {
            let other = "Invalidation batch specified with the same caller reference but different content";
            return if known.paths == paths { Ok(()) } else { invalid(other) };
        }
        let wild = |paths: &[String]| paths.iter().filter(|path| path.ends_with('*')).count();
        let busy: usize = distribution.under_way(at).map(|one| wild(&one.paths)).sum();
        if busy + wild(paths) > MOST_PATHS {
            let message = "Processing your request will cause you to exceed the maximum number of in-progress wildcard \
                           invalidations.";
            return Err(ApiError::new(400, "TooManyInvalidationsInProgress", message.to_owned()));
        }
        Ok(())
    }
}
