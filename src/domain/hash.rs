//! SHA-256 over canonical JSON (RFC 8785), as lower-case hex.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of some bytes, in lower-case hex: what `sha256sum` prints.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let (high, low) = (byte >> 4, byte & 15);
        for nibble in [high, low] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    out
}

/// The bytes of a text in hex; `None` if it is none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
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
    fn hex_goes_there_and_back() {
        assert_eq!(super::unhex("00ffA9"), Some(vec![0, 255, 0xa9]));
        assert_eq!(super::hex(&[0, 255, 0xa9]), "00ffa9");
        assert_eq!((super::unhex("0"), super::unhex("0g"), super::unhex("é")), (None, None, None));
    }

    #[test]
    fn canonical_json_sorts_keys() {
        let value = serde_json::json!({"b": 1, "a": {"d": "x", "c": true}});
        assert_eq!(super::canonical(&value), r#"{"a":{"c":true,"d":"x"},"b":1}"#);
    }
}
