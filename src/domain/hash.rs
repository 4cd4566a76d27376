//! SHA-256 over canonical JSON (RFC 8785), as lower-case hex.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of some bytes, in lower-case hex: what `sha256sum` prints.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut out = String::with_capacity(64);
    for byte in digest {
        let (high, low) = (byte >> 4, byte & 15);
        for nibble in [high, low] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    out
}

/// A value as canonical JSON (RFC 8785). Values of this crate are made of strings, whole numbers and booleans, which
/// always can be; were one not, the empty text makes the mismatch plain.
pub fn canonical<T: Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// The hash of a value's canonical JSON.
pub fn of<T: Serialize>(value: &T) -> String {
    sha256(canonical(value).as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_sha256sum() {
        assert_eq!(super::sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn canonical_json_sorts_keys() {
        let value = serde_json::json!({"b": 1, "a": {"d": "x", "c": true}});
        assert_eq!(super::canonical(&value), r#"{"a":{"c":true,"d":"x"},"b":1}"#);
    }
}
