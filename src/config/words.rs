//! Words: the nearest that may have been meant, lists of them, and those that name secrets.

/// The nearest of some words, if one is near enough to be what was meant.
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.chars().count() > 64 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let wanted = plain(word);
    let near = |known: &&str| {
        let limit = (wanted.chars().count().max(known.chars().count()) / 3).max(1);
        let distance = strsim::damerau_levenshtein(&wanted, &plain(known));
        (distance <= limit).then_some(distance)
    };
    words.into_iter().filter_map(|known| Some((near(&known)?, known))).min().map(|(_, known)| known)
}

/// `did you mean …?`, if there is something near.
pub fn meant<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    nearest(word, words).map(|near| format!("did you mean \"{near}\"?"))
}

/// `one of "a", "b", "c"`.
pub fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let (mut list, mut count) = (String::new(), 0);
    for word in words {
        list.push_str(if count == 0 { "\"" } else { ", \"" });
        list.push_str(word);
        list.push('"');
        count += 1;
    }
    if count == 1 { list } else { format!("one of {list}") }
}

/// A text as a TOML string that stands on one line, for a key too (TOML 1.0, "Basic strings").
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a name says that its value is a secret, or may be one.
pub fn is_secret(name: &str) -> bool {
    is_credential(name) || matches!(name.to_ascii_lowercase().as_str(), "secret" | "credentials")
}

/// Whether a name says that its value is a password, a key or a token.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let ends = [
        "password",
        "passwd",
        "pwd",
        "secret_key",
        "access_key",
        "access_key_id",
        "secret_access_key",
        "token",
        "api_key",
    ];
    ends.iter().any(|end| name == *end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('_')))
        || matches!(name.as_str(), "pgpassword" | "passphrase")
}
