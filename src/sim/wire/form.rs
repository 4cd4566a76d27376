//! `application/x-www-form-urlencoded` and query strings.

/// The pairs of a form, decoded, in order.
pub fn parse(body: &[u8]) -> Vec<(String, String)> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut sides = pair.splitn(2, |byte| *byte == b'=');
            let mut side = || sides.next().map(decode).unwrap_or_default();
            (side(), side())
        })
        .collect()
}

/// Undoes percent-encoding, and `+` for a space.
pub fn decode(text: &[u8]) -> String {
    let nibble =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|n| u8::try_from(n).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escaped = nibble(text.get(at + 1)).zip(nibble(text.get(at + 2))).filter(|_| *byte == b'%');
        match (byte, escaped) {
            (_, Some((high, low))) => {
                out.push(high << 4 | low);
                at += 2;
            }
            (b'+', None) => out.push(b' '),
            (byte, None) => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The operation of a Query request.
pub(super) fn action(body: &[u8]) -> Option<String> {
    parse(body).into_iter().find(|(key, _)| key == "Action").map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let pairs = parse(b"Action=Describe+It&Id=a%2Fb%zz&Empty=&Alone");
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("Action", "Describe It"), ("Id", "a/b%zz"), ("Empty", ""), ("Alone", "")]);
    }
}
