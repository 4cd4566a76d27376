//! Verifying a journal with nothing but its bytes.

use serde_json::Value;

use super::GENESIS;
use super::entry::Entry;
use crate::domain::{hash, text};

/// A journal that holds.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// Its entries.
    pub entries: Vec<Entry>,
    /// An incomplete last line, if there is one.
    pub tail: Option<Tail>,
}

/// An incomplete last line: the process or the machine died while it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Where it starts, in bytes.
    pub offset: usize,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Where and how a journal does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Verifies the bytes of a journal: every line is canonical JSON, its hash is its own, its `prev` is the hash of the
/// line before, and the sequence has no gap. Only a last line without its line break is forgiven: it is the
/// [`Tail`].
///
/// # Errors
/// [`Broken`], naming the first line that does not hold.
pub fn verify(bytes: &[u8]) -> Result<Verified, Broken> {
    let mut verified = Verified::default();
    let mut head = GENESIS.to_owned();
    let mut offset = 0;
    for (index, raw) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = index + 1;
        let broken = |what: String| Broken { line, what };
        let Some((b'\n', content)) = raw.split_last() else {
            verified.tail = Some(Tail { offset, bytes: raw.to_vec() });
            break;
        };
        offset += raw.len();
        let content = std::str::from_utf8(content).map_err(|_| broken("not UTF-8".to_owned()))?;
        let mut value: Value = serde_json::from_str(content)
            .map_err(|error| broken(format!("not JSON: {}", text::bounded(&error.to_string(), 200))))?;
        if hash::canonical(&value) != content {
            return Err(broken("not in canonical form: it was edited after it was written".to_owned()));
        }
        let claimed = value.as_object_mut().and_then(|map| map.remove("hash"));
        let Some(Value::String(claimed)) = claimed else { return Err(broken("it has no hash".to_owned())) };
        if hash::of(&value) != claimed {
            return Err(broken("its hash is not that of its content".to_owned()));
        }
        if value.get("prev").and_then(Value::as_str) != Some(head.as_str()) {
            return Err(broken("it does not follow the line before it: a line is missing or was replaced".to_owned()));
        }
        if value.get("seq").and_then(Value::as_u64) != u64::try_from(line).ok() {
            return Err(broken(format!("its number is not {line}")));
        }
        if let Some(map) = value.as_object_mut() {
            map.insert("hash".to_owned(), claimed.clone().into());
        }
        let entry: Entry = serde_json::from_value(value).map_err(|error| {
            broken(format!("not an entry that this version knows: {}", text::bounded(&error.to_string(), 200)))
        })?;
        head = claimed;
        verified.entries.push(entry);
    }
    Ok(verified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journal::{Body, Chain};
    use crate::domain::redact::Redactor;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use std::time::Duration;

    fn journal(notes: &[&str]) -> Vec<u8> {
        let mut chain = Chain::new(Redactor::new(["hunter2hunter2".to_owned()]));
        let mut out = Vec::new();
        for (i, note) in notes.iter().enumerate() {
            let at = Timestamp::from_second(1_800_000_000).unwrap();
            let body = Body::Note { text: (*note).to_owned() };
            let sealed = chain.seal(at, Duration::from_millis(i as u64), "anna", body).unwrap();
            chain.advance(&sealed);
            out.extend_from_slice(sealed.line.as_bytes());
            out.push(b'\n');
        }
        out
    }

    #[test]
    fn a_sealed_journal_verifies() {
        let verified = verify(&journal(&["one", "two \u{1b}[31m", "hunter2hunter2"])).unwrap();
        assert_eq!(verified.entries.len(), 3);
        assert!(verified.tail.is_none());
        assert!(matches!(&verified.entries[1].body, Body::Note { text } if text == "two \\u{1b}[31m"));
        assert!(matches!(&verified.entries[2].body, Body::Note { text } if text == "[redacted]"));
    }

    #[test]
    fn every_flipped_bit_is_found_and_its_line_named() {
        let good = journal(&["first", "second with ünïcode", "third"]);
        let last_line = good.iter().take(good.len() - 1).filter(|b| **b == b'\n').count();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let line = good[..at].iter().filter(|b| **b == b'\n').count();
                match verify(&bad) {
                    // A flipped last line break makes the last line incomplete: that is said, not passed over.
                    Ok(verified) => assert!(verified.tail.is_some() && line == last_line, "byte {at} bit {bit}"),
                    Err(broken) => assert!(broken.line == line + 1 || broken.line == line + 2, "byte {at}: {broken}"),
                }
            }
        }
    }

    #[test]
    fn every_removed_or_doubled_or_swapped_line_is_found() {
        let good = journal(&["a", "b", "c", "d"]);
        let lines: Vec<&[u8]> = good.split_inclusive(|b| *b == b'\n').collect();
        for gone in 0..3 {
            let bad: Vec<u8> =
                lines.iter().enumerate().filter(|(i, _)| *i != gone).flat_map(|(_, l)| l.to_vec()).collect();
            assert_eq!(verify(&bad).unwrap_err().line, gone + 1);
        }
        let doubled: Vec<u8> = [lines[0], lines[1], lines[1], lines[2]].concat();
        assert_eq!(verify(&doubled).unwrap_err().line, 3);
        let swapped: Vec<u8> = [lines[0], lines[2], lines[1], lines[3]].concat();
        assert_eq!(verify(&swapped).unwrap_err().line, 2);
    }

    #[test]
    fn every_truncation_is_either_whole_lines_or_a_tail() {
        let good = journal(&["a", "b", "c"]);
        for end in 0..good.len() {
            let verified = verify(&good[..end]).unwrap();
            let whole = good[..end].iter().filter(|b| **b == b'\n').count();
            assert_eq!(verified.entries.len(), whole);
            assert_eq!(verified.tail.is_none(), end == 0 || good[end - 1] == b'\n');
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_the_chain(notes in proptest::collection::vec(any::<String>(), 0..6)) {
            let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
            prop_assert_eq!(verify(&journal(&notes)).unwrap().entries.len(), notes.len());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = verify(&bytes);
        }
    }
}
