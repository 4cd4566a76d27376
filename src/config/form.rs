//! The forms of texts: URLs, hosts, names, ids. Each function says what is wrong in words that complete a sentence.

use super::reader::Node;
use crate::domain::region::Region;
use crate::domain::text::bounded;

/// A name that becomes part of a file's path or a screen's line.
pub(super) fn slug(node: &Node<'_, '_>, limit: usize) -> Option<String> {
    const EXPECTED: &str = "lower-case letters, digits and hyphens, such as \"fineract-production\"";
    let text = node.line(EXPECTED, limit)?;
    if is_slug(&text) {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{}\" is not a plain name", bounded(&text, 60))).expected(EXPECTED));
    None
}

/// Lower-case letters, digits, hyphens and underscores, starting with a letter or a digit.
pub(super) fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        && !text.starts_with(['-', '_'])
}

/// A Region's code.
pub(super) fn region(node: &Node<'_, '_>) -> Option<Region> {
    const EXPECTED: &str = "an AWS Region code, such as \"us-east-1\"";
    let text = node.string(EXPECTED)?;
    if let Ok(region) = text.parse() {
        return Some(region);
    }
    let found = node.found(format!("\"{}\" is not an AWS Region code", bounded(text, 60))).expected(EXPECTED);
    let lower = text.trim().to_lowercase().replace([' ', '_'], "-");
    let help = lower.parse::<Region>().ok().map(|region| format!("write \"{region}\""));
    node.context().push(found.help_if(help));
    None
}

/// An http or https URL without a login in it.
pub(super) fn url(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a URL, such as \"https://api.example.com/health\"";
    let text = node.line(EXPECTED, 2_000)?;
    let wrong = |message: &str| {
        node.context().push(node.found(message).expected(EXPECTED));
        None
    };
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        let scheme = text.split_once("://").map(|(scheme, _)| bounded(scheme, 20));
        return match scheme {
            Some(scheme) => wrong(&format!("{scheme} is not a scheme that can be asked; use http or https")),
            None => wrong("the URL has no scheme; start it with https://"),
        };
    };
    if text.chars().any(|c| c.is_whitespace() || !c.is_ascii()) {
        return wrong("a URL has no spaces and only ASCII characters; encode the others");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        let message = "a URL must not hold a login: secrets are never in the file";
        let found = super::Diagnostic::hidden(node.context().source(), node.span.clone(), &node.path, message);
        node.context().push(found.expected(EXPECTED));
        return None;
    }
    match split_port(authority) {
        Some((host, _)) if is_host(host) => Some(text),
        _ => wrong("the URL has no valid host, or a bad port"),
    }
}

/// `host:port`, or a host alone where there is a port by default.
pub(super) fn host_port(node: &Node<'_, '_>, default: u16) -> Option<(String, u16)> {
    let expected = format!("\"host:port\", such as \"db.example.com:{default}\"");
    let text = node.line(&expected, 300)?;
    if let Some((host, port)) = split_port(&text).filter(|(host, _)| is_host(host)) {
        return Some((host.to_owned(), port.unwrap_or(default)));
    }
    let found = node.found(format!("\"{}\" is not a host with a port", bounded(&text, 80))).expected(expected);
    let help = text.contains("://").then_some("leave the scheme out");
    node.context().push(found.help_if(help));
    None
}

/// Splits `host:port`; the port is from 1 to 65535, and an IPv6 address stands in brackets.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let colon = match text.rfind(']') {
        Some(bracket) => text.get(bracket..)?.find(':').map(|at| at + bracket),
        None => text.find(':'),
    };
    let Some(at) = colon else { return Some((text, None)) };
    let (host, port) = text.split_at(at);
    let digits = port.get(1..)?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let port = plain.then(|| digits.parse::<u16>().ok()).flatten().filter(|port| *port > 0)?;
    Some((host, Some(port)))
}

/// A DNS name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    }
    is_dns_name(host)
}

/// A DNS name (RFC 1035, with underscores, and a digit first as RFC 1123 allows).
pub(super) fn is_dns_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    !name.is_empty() && name.len() <= 253 && name.split('.').all(label)
}

/// A DNS name in full, without the dot at its end.
pub(super) fn dns_name(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a DNS name, such as \"api.example.com\"";
    let text = node.line(EXPECTED, 300)?;
    if is_dns_name(&text) && text.trim_end_matches('.').contains('.') {
        return Some(text.trim_end_matches('.').to_owned());
    }
    let found = node.found(format!("\"{}\" is not a DNS name", bounded(&text, 80))).expected(EXPECTED);
    let help = text.contains("://").then_some("leave the scheme and the path out");
    node.context().push(found.help_if(help));
    None
}

/// A text of which every byte is allowed, no longer than `limit`.
pub(super) fn token(node: &Node<'_, '_>, expected: &str, limit: usize, allowed: fn(u8) -> bool) -> Option<String> {
    let text = node.line(expected, limit)?;
    if text.bytes().all(allowed) {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{}\" has other characters", bounded(&text, 80))).expected(expected));
    None
}

/// The name of an environment variable. The value is never shown: it may be the secret itself.
pub(super) fn variable(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "the name of an environment variable, such as \"HANDOVER_DB_PASSWORD\"";
    let text = node.string(EXPECTED)?;
    if is_variable(text) {
        return Some(text.to_owned());
    }
    let message = "this is not the name of an environment variable; if it is the password itself, take it out";
    let found = super::Diagnostic::hidden(node.context().source(), node.span.clone(), &node.path, message);
    node.context().push(found.expected(EXPECTED));
    None
}

/// Capitals, digits and underscores, not starting with a digit.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_other_texts() {
        for good in ["db:5432", "10.0.0.2:53", "[::1]:53", "ns-1.awsdns-01.org", "db"] {
            assert!(split_port(good).is_some_and(|(host, _)| is_host(host)), "{good}");
        }
        for bad in ["db:0", "db:65536", "db:", ":53", "a b:53", "db:5432:1", "::1", "[::1", "-a:53", "a..b:1", "é:1"] {
            assert!(!split_port(bad).is_some_and(|(host, _)| is_host(host)), "{bad}");
        }
    }

    #[test]
    fn variables_are_told_from_passwords() {
        assert!(is_variable("HANDOVER_DB_PASSWORD"));
        assert!(!is_variable("hunter2") && !is_variable("Pa55!") && !is_variable("1A") && !is_variable(""));
    }
}
