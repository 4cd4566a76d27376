//! What leaves the machine while a run goes on: its journal's lines, and hashes by which a journal that was made anew is known.

pub mod cloudtrail;

use std::fmt;

use jiff::Timestamp;

use super::journal::{Entry, Sealed};
use super::region::Region;

/// Whose journal it is, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The run's id.
    pub run: String,
    /// The Region that takes over: what is kept in the other may be gone with it.
    pub target: Region,
}

/// One line of a journal, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its place, from 1.
    pub seq: u64,
    /// When it was written, by the wall clock.
    pub at: Timestamp,
    /// Its hash.
    pub hash: String,
    /// The line, without a line break.
    pub text: String,
}

impl Line {
    /// Takes a line of a journal's file; nothing of what is no entry.
    pub fn read(text: &str) -> Option<Self> {
        let entry: Entry = serde_json::from_str(text).ok()?;
        Some(Self { seq: entry.seq, at: entry.at, hash: entry.hash, text: text.to_owned() })
    }

    /// The anchor at this line.
    pub fn anchor(&self) -> Anchor {
        Anchor { seq: self.seq, hash: self.hash.clone() }
    }
}

impl From<&Sealed> for Line {
    fn from(sealed: &Sealed) -> Self {
        let entry = &sealed.entry;
        Self { seq: entry.seq, at: entry.at, hash: entry.hash.clone(), text: sealed.line.clone() }
    }
}

/// The hash of one entry, kept where whoever has the journal's file cannot change it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// The entry's number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seq, self.hash)
    }
}

impl Anchor {
    /// Reads a line `SEQ HASH`.
    pub fn read(line: &str) -> Option<Self> {
        let (seq, hash) = line.trim().split_once(' ')?;
        let sound = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        Some(Self { seq: seq.parse().ok().filter(|_| sound)?, hash: hash.to_owned() })
    }

    /// Reads a file of them, a line each; empty lines are passed over.
    ///
    /// # Errors
    /// The number of the first line that is none, from 1.
    pub fn read_all(text: &str) -> Result<Vec<Self>, usize> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(at, line)| Self::read(line).ok_or(at + 1)).collect()
    }

    /// What is wrong with a journal whose entries have these hashes, in order, by the anchors that were kept of it.
    pub fn against<'a>(anchors: &[Self], hashes: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let hashes: Vec<&str> = hashes.into_iter().collect();
        anchors.iter().find_map(|anchor| {
            let at = usize::try_from(anchor.seq).ok().and_then(|seq| seq.checked_sub(1));
            match at.and_then(|at| hashes.get(at)) {
                Some(hash) if *hash == anchor.hash => None,
                Some(_) => Some(format!(
                    "entry {}: an anchor says {}: the chain was made anew",
                    anchor.seq,
                    anchor.hash.get(..12).unwrap_or(&anchor.hash)
                )),
                None => Some(format!(
                    "there is an anchor of entry {}, and the journal ends at {}: it was cut off",
                    anchor.seq,
                    hashes.len()
                )),
            }
        })
    }
}

/// How a place keeps what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// For how many days; nothing where it is never deleted by itself.
    pub days: Option<u64>,
    /// How it is locked for that long: `governance`, `compliance`; nothing where it is not.
    pub lock: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(seq: u64, letter: &str) -> Anchor {
        Anchor { seq, hash: letter.repeat(64) }
    }

    #[test]
    fn anchors_are_read_as_they_are_written() {
        let both = [anchor(2, "a"), anchor(57, "0")];
        let text = format!("{}\n\n{}\n", both[0], both[1]);
        assert_eq!(Anchor::read_all(&text), Ok(both.to_vec()));
        for bad in ["2", "x y", &format!("-1 {}", "a".repeat(64)), &format!("2 {}", "A".repeat(64)), "2 abc"] {
            assert_eq!(Anchor::read_all(&format!("{text}{bad}\n")), Err(4), "{bad}");
        }
    }

    #[test]
    fn a_chain_that_was_made_anew_or_cut_off_is_known_by_its_anchors() {
        let hashes = ["a", "b", "c"].map(|letter| letter.repeat(64));
        let said = |anchors: &[Anchor]| Anchor::against(anchors, hashes.iter().map(String::as_str));
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[anchor(1, "a"), anchor(3, "c")]), None);
        assert!(said(&[anchor(1, "a"), anchor(2, "c")]).is_some_and(|why| why.contains("entry 2: an anchor says")));
        assert!(said(&[anchor(4, "d")]).is_some_and(|why| why.contains("ends at 3: it was cut off")));
        assert!(said(&[anchor(0, "d")]).is_some());
    }
}
