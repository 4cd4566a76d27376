//! What a simulation tells when its run is closed: what was really so, and which surprise it held back.
//!
//! A surprise is sealed when the run is opened: the journal has the hash of its name with a number that nobody knows. When the run is
//! closed both are told, so that whoever was drilled can see that it was this one from the start.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hash;
use super::region::Region;

/// What was really so at the end, whatever could be seen of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Rows that were acknowledged somewhere and are not in the database that was promoted last; none where none was promoted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows_lost: Option<i64>,
    /// The span of the source's history that was lost with the promotion, in milliseconds; none where none was promoted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loss_ms: Option<u64>,
    /// The Regions whose database takes the application's writes.
    pub writers: Vec<Region>,
    /// The Region to which the public name leads, if it leads to one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub traffic: Option<Region>,
}

/// A surprise that a run was opened with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// What makes its hash impossible to guess.
    pub nonce: String,
}

impl Secret {
    /// The hash under which it is sealed, in lower-case hex: of its name and its nonce, a line each.
    pub fn seal(&self) -> String {
        hash::sha256(format!("{}\n{}\n", self.name, self.nonce).as_bytes())
    }
}

/// A surprise, told when the run is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revealed {
    /// What was sealed.
    #[serde(flatten)]
    pub secret: Secret,
    /// Its title.
    pub title: String,
    /// What happened.
    pub says: String,
    /// What would have been right.
    pub remedy: String,
    /// When it came; none where the run never got that far.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sprung: Option<Timestamp>,
    /// The words by one of which an entry shows it.
    pub signs: Vec<String>,
    /// By what it counts as handled.
    pub handled: Handled,
}

/// By what a surprise counts as handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handled {
    /// One Region's database takes writes in the end, and no more.
    OneWriter,
    /// What was lost is within the recovery point objective.
    LossWithinRpo,
    /// Every step that it held up was carried through, neither left out nor said to be done.
    StepCarriedThrough,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_the_name_and_the_nonce() {
        let secret = |name: &str, nonce: &str| Secret { name: name.into(), nonce: nonce.into() };
        let seal = secret("replica-stalls", "1").seal();
        assert_eq!(seal, hash::sha256(b"replica-stalls\n1\n"), "as `printf 'replica-stalls\\n1\\n' | sha256sum` says");
        assert_ne!(seal, secret("replica-stalls", "2").seal());
        assert_ne!(seal, secret("replica-stall", "s1").seal());
    }
}
