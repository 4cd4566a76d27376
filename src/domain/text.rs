//! Text from outside, made safe to show.
//!
//! AWS messages, program output, tags, names and file contents can hold terminal escapes, C1 controls and
//! bidirectional overrides. Every one of them passes through [`visible`] on its way into a reading, an entry or a
//! pane, so that what reaches a terminal, a report or a chat is plain and shows what was really there.

use std::fmt::Write as _;

/// How long a text from outside may be, in characters, before it is cut (and says so).
pub const LIMIT: usize = 2_000;

/// Whether a character may reach a terminal as it is.
pub fn is_harmless(c: char) -> bool {
    // What most texts are made of.
    matches!(c, ' '..='~')
        || !c.is_control()
            && !matches!(c,
            // Bidirectional marks, embeddings, overrides and isolates (Unicode UAX #9).
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Zero-width and invisible characters, line and paragraph separators, tags, variation selectors.
            | '\u{00ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line of text, safe anywhere: controls, C1, bidirectional and invisible characters are written as `\u{…}`,
/// tabs as a space, line breaks as ` / `, and what is longer than [`LIMIT`] is cut with a count.
pub fn visible(text: &str) -> String {
    bounded(text, LIMIT)
}

/// As [`visible`], with a limit of `limit` characters.
pub fn bounded(text: &str, limit: usize) -> String {
    if text.len() <= limit && text.chars().all(is_harmless) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(limit) + 16);
    for (count, c) in text.trim_end_matches(['\n', '\r']).chars().enumerate() {
        if count >= limit {
            let left = text.chars().count() - count;
            let _ = write!(out, "… (+{left} characters)");
            break;
        }
        push(&mut out, c);
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push(' '),
        '\n' => out.push_str(" / "),
        '\r' => {}
        c if is_harmless(c) => out.push(c),
        c => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

/// Bytes from outside: invalid UTF-8 shows as `\xNN`.
pub fn visible_bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut left = LIMIT;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if left == 0 {
                let _ = write!(out, "… (cut, {} bytes in all)", bytes.len());
                return out;
            }
            left -= 1;
            push(&mut out, c);
        }
        for byte in chunk.invalid() {
            left = left.saturating_sub(1);
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Makes every string inside a JSON value safe, and bounds it. The journal's last line of defence.
pub fn clean_json(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if (!text.chars().all(is_harmless) || text.len() > LIMIT) => {
            *text = visible(text);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(clean_json),
        serde_json::Value::Object(map) => map.values_mut().for_each(clean_json),
        _ => {}
    }
}

/// A POSIX shell word: quoted only where it must be, so that a line by hand can be pasted.
pub fn shell_word(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A command line from its words.
pub fn shell_line<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| shell_word(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// So many of something that takes an s: `1 run`, `3 runs`.
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_become_visible() {
        assert_eq!(visible("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(visible("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(visible("abc\u{202e}fed"), "abc\\u{202e}fed");
        assert_eq!(visible("a\nb\n"), "a / b");
        assert_eq!(visible_bytes(b"ok \xff\xfe\x1b]0;x\x07"), "ok \\xff\\xfe\\u{1b}]0;x\\u{7}");
    }

    #[test]
    fn a_megabyte_is_cut_and_says_so() {
        let long = "x".repeat(1 << 20);
        let shown = visible(&long);
        assert!(shown.len() < LIMIT + 64 && shown.contains("+1046576 characters"), "{}", &shown[LIMIT..]);
        assert!(visible_bytes(long.as_bytes()).len() < LIMIT + 64);
    }

    #[test]
    fn shell_words_survive_a_shell() {
        assert_eq!(shell_line(["aws", "--name", "it's"]), r"aws --name 'it'\''s'");
        assert_eq!(shell_line([""]), "''");
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            prop_assert!(visible(&text).chars().all(is_harmless));
            prop_assert!(visible_bytes(&bytes).chars().all(is_harmless));
        }
    }
}
