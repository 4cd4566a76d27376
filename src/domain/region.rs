//! Regions: their names, their home roles, and the direction of a run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An AWS Region's code, such as `us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// Why a text is no Region code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an AWS Region code; expected lower-case letters, digits and hyphens, such as \"us-east-1\"")]
pub struct BadRegion(pub String);

impl Region {
    /// The code, such as `us-east-1`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = BadRegion;

    fn from_str(code: &str) -> Result<Self, BadRegion> {
        let parts: Vec<&str> = code.split('-').collect();
        let shaped = parts.len() >= 3
            && code.len() <= 32
            && parts
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
            && parts.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if shaped { Ok(Self(code.to_owned())) } else { Err(BadRegion(code.to_owned())) }
    }
}

impl TryFrom<String> for Region {
    type Error = BadRegion;

    fn try_from(code: String) -> Result<Self, BadRegion> {
        code.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A Region's home role, from the service file. It never changes, whichever Region is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HomeRole {
    /// Where the service lives on an ordinary day.
    Primary,
    /// Where it goes when the primary is lost.
    Standby,
}

impl HomeRole {
    /// The other role.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Primary => Self::Standby,
            Self::Standby => Self::Primary,
        }
    }

    /// `primary` or `standby`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Standby => "standby",
        }
    }
}

impl fmt::Display for HomeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One value for each of the two Regions, by home role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pair<T> {
    /// The primary's.
    pub primary: T,
    /// The standby's.
    pub standby: T,
}

impl<T> Pair<T> {
    /// The value of one role.
    pub fn get(&self, role: HomeRole) -> &T {
        match role {
            HomeRole::Primary => &self.primary,
            HomeRole::Standby => &self.standby,
        }
    }
}

impl Pair<Region> {
    /// The home role of a Region of this pair.
    pub fn role_of(&self, region: &Region) -> Option<HomeRole> {
        if *region == self.primary {
            Some(HomeRole::Primary)
        } else if *region == self.standby {
            Some(HomeRole::Standby)
        } else {
            None
        }
    }
}

/// Which way a run goes. A failback swaps the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// The Region being left.
    pub source: Region,
    /// The Region taking over.
    pub target: Region,
}

/// Where a reading comes from: one Region, or the service as the world sees it (DNS, the public endpoint).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// One Region.
    Region(Region),
    /// No Region in particular.
    Global,
}

impl Place {
    /// The Region, where there is one.
    pub fn region(&self) -> Option<&Region> {
        match self {
            Self::Region(region) => Some(region),
            Self::Global => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => region.fmt(f),
            Self::Global => f.pad("global"),
        }
    }
}

/// A place as a runbook names it, before a run says which Region is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The Region being left.
    Source,
    /// The Region taking over.
    Target,
    /// The Region whose home role is primary.
    Primary,
    /// The Region whose home role is standby.
    Standby,
    /// No Region in particular.
    Global,
}

impl Side {
    /// Every side, in the order in which help lists them.
    pub const ALL: [Self; 5] = [Self::Source, Self::Target, Self::Primary, Self::Standby, Self::Global];

    /// The word in a runbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Primary => "primary",
            Self::Standby => "standby",
            Self::Global => "global",
        }
    }

    /// The place that this side is in a run.
    pub fn place(self, direction: &Direction, home: &Pair<Region>) -> Place {
        Place::Region(match self {
            Self::Source => direction.source.clone(),
            Self::Target => direction.target.clone(),
            Self::Primary => home.primary.clone(),
            Self::Standby => home.standby.clone(),
            Self::Global => return Place::Global,
        })
    }
}

impl FromStr for Side {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|side| side.as_str() == word).ok_or(())
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_codes_are_told_from_other_texts() {
        for good in ["us-east-1", "eu-central-1", "us-gov-west-1", "ap-southeast-5"] {
            assert!(good.parse::<Region>().is_ok(), "{good}");
        }
        for bad in ["", "us-east", "US-EAST-1", "us east 1", "us-east-1\u{1b}", "us--1", "us-east-one"] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sides_follow_the_direction_and_roles_do_not() {
        let home = Pair { primary: "us-east-1".parse().unwrap(), standby: "us-west-2".parse::<Region>().unwrap() };
        let back = Direction { source: home.standby.clone(), target: home.primary.clone() };
        assert_eq!(Side::Target.place(&back, &home), Place::Region(home.primary.clone()));
        assert_eq!(Side::Primary.place(&back, &home), Place::Region(home.primary.clone()));
        assert_eq!(Side::Global.place(&back, &home), Place::Global);
    }
}
