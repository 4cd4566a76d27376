//! What names tell: ARNs, availability zones, and words for the two sides.

use crate::domain::region::{HomeRole, Region};

/// An ARN's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) service: &'a str,
    /// None for what is in no Region.
    pub(super) region: Option<Region>,
    /// Twelve digits, or empty.
    pub(super) account: &'a str,
    pub(super) resource: &'a str,
}

/// `arn:partition:service:region:account:resource`.
pub(super) fn arn(text: &str) -> Option<Arn<'_>> {
    let mut parts = text.splitn(6, ':');
    if parts.next()? != "arn" || !parts.next()?.starts_with("aws") {
        return None;
    }
    let (service, region, account, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if resource.is_empty() || !(digits || account.is_empty()) {
        return None;
    }
    Some(Arn { service, region: region.parse().ok(), account, resource })
}

/// The Region of an availability zone, such as `us-east-1a`. A Local Zone's name ends with a zone's of its own.
pub(super) fn region_of_zone(zone: &str) -> Option<Region> {
    let bare = zone.strip_suffix(|c: char| c.is_ascii_lowercase())?;
    let region: Region = bare.parse().ok()?;
    (bare.split('-').count() <= 4 && bare.ends_with(|c: char| c.is_ascii_digit())).then_some(region)
}

const PRIMARY: [&str; 2] = ["primary", "main"];
const STANDBY: [&str; 5] = ["secondary", "standby", "replica", "dr", "recovery"];

/// The words of a name.
fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// The side that a name speaks of, if it speaks of one.
pub(super) fn said(name: &str) -> Option<HomeRole> {
    let primary = words(name).any(|word| PRIMARY.contains(&word.as_str()));
    let standby = words(name).any(|word| STANDBY.contains(&word.as_str()));
    match (primary, standby) {
        (true, false) => Some(HomeRole::Primary),
        (false, true) => Some(HomeRole::Standby),
        _ => None,
    }
}

/// What is left of a name without its Region and the words for its side: the same for the two halves of a pair.
pub(super) fn stem(name: &str, regions: [&Region; 2]) -> String {
    let mut name = name.to_ascii_lowercase();
    for region in regions {
        name = name.replace(region.as_str(), "-");
    }
    let left: Vec<String> =
        words(&name).filter(|word| !PRIMARY.contains(&word.as_str()) && !STANDBY.contains(&word.as_str())).collect();
    left.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart() {
        let db = arn("arn:aws:rds:us-east-1:123456789012:db:shop").unwrap();
        assert_eq!((db.service, db.account, db.resource), ("rds", "123456789012", "db:shop"));
        assert_eq!(db.region, "us-east-1".parse().ok());
        assert_eq!(arn("arn:aws:s3:::bucket").map(|arn| (arn.region, arn.resource)), Some((None, "bucket")));
        assert!(arn("arn:aws-cn:rds:cn-north-1:123456789012:db:a").and_then(|arn| arn.region).is_some());
        for bad in ["", "arn", "arn:aws:rds:us-east-1", "arn:aws:rds:us-east-1:1:db:a", "x:aws:rds:a:123456789012:db:a"]
        {
            assert_eq!(arn(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_zone_tells_its_region_and_a_local_zone_does_not_lie() {
        assert_eq!(region_of_zone("us-gov-west-1b"), "us-gov-west-1".parse().ok());
        assert_eq!(region_of_zone("us-west-2-lax-1a"), None);
        assert_eq!(region_of_zone("use1-az4"), None);
    }

    #[test]
    fn names_tell_their_side_and_their_stem() {
        let regions = ["us-east-1".parse().unwrap(), "us-west-2".parse().unwrap()];
        let stem = |name| stem(name, [&regions[0], &regions[1]]);
        assert_eq!(stem("shop-primary-api"), stem("shop-secondary-api"));
        assert_eq!(stem("shop-us-east-1-api"), stem("shop-us-west-2-api"));
        assert_ne!(stem("shop-api"), stem("shop-worker"));
        assert_eq!(said("replica_endpoint"), Some(HomeRole::Standby));
        assert_eq!(said("primary_to_standby"), None);
        assert_eq!(said("endpoint"), None);
    }
}
