//! Durations as people write them: `15m`, `1h30m`, `90s`, `500ms`.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a duration; expected numbers with units, such as \"15m\", \"1h30m\", \"90s\" or \"500ms\"")]
pub struct BadDuration {
    text: String,
}

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads `15m`, `1h30m`, `90s`, `500ms`, `2d`. Whole numbers, largest unit first, each unit once; `0s` is allowed.
pub fn parse(text: &str) -> Result<Duration, BadDuration> {
    let bad = || BadDuration { text: super::text::bounded(text, 64) };
    let mut rest = text.trim();
    let mut total: u64 = 0;
    let mut last_unit = u64::MAX;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let number: u64 = number.parse().map_err(|_| bad())?;
        let (_, scale) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        if scale >= last_unit {
            return Err(bad());
        }
        last_unit = scale;
        total = number.checked_mul(scale).and_then(|ms| total.checked_add(ms)).ok_or_else(bad)?;
        rest = tail;
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration so that [`parse`] reads it back: `15m`, `1h30m`, `0s`.
pub fn format(duration: Duration) -> String {
    let mut ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    for (name, scale) in UNITS.into_iter().rev() {
        let count = ms / scale;
        if count > 0 {
            out.push_str(&count.to_string());
            out.push_str(name);
            ms %= scale;
        }
    }
    out
}

/// A clock for a screen: `4.2 s` style below ten seconds is left to the caller; this gives `0:42`, `12:41`, `1:02:03`.
pub fn clock(duration: Duration) -> String {
    let s = duration.as_secs();
    if s >= 3600 {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    } else {
        format!("{}:{:02}", s / 60, s % 60)
    }
}

/// An age for a narrow column: `now`, `42s`, `12m`, `3h`, `5d`. A unit begins with two of it: never is less than two thirds of the
/// time on the screen.
pub fn age(duration: Duration) -> String {
    match duration.as_secs() {
        0..=1 => "now".to_owned(),
        s @ 2..=119 => format!("{s}s"),
        s @ 120..=7_199 => format!("{}m", s / 60),
        s @ 7_200..=172_799 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// A measured number of seconds for reading: `48 ms`, `3.2 s`, `4 m 10 s`.
pub fn seconds(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    if value == 0.0 {
        "0 s".to_owned()
    } else if value < 1.0 {
        format!("{sign}{:.0} ms", value * 1000.0)
    } else if value < 100.0 {
        let text = format!("{value:.1}");
        format!("{sign}{} s", text.strip_suffix(".0").unwrap_or(&text))
    } else if value < 6000.0 {
        format!("{sign}{} m {:02} s", (value / 60.0).floor(), (value % 60.0).floor())
    } else {
        format!("{sign}{:.1} h", value / 3600.0)
    }
}

/// The same of milliseconds, as the journal has them.
pub fn millis(value: u64) -> String {
    seconds(Duration::from_millis(value).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse("15m").unwrap(), Duration::from_secs(900));
        assert_eq!(parse("1h30m").unwrap(), Duration::from_secs(5400));
        assert_eq!(parse("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(parse("0s").unwrap(), Duration::ZERO);
    }

    #[test]
    fn refuses_what_is_ambiguous() {
        for bad in ["", "15", "m", "15 m", "1.5h", "-1s", "30m1h", "1m1m", "15M", "99999999999999999999s", "1y"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(seconds(0.048), "48 ms");
        assert_eq!(seconds(3.24), "3.2 s");
        assert_eq!(seconds(300.0), "5 m 00 s");
        assert_eq!(clock(Duration::from_secs(761)), "12:41");
        assert_eq!(age(Duration::from_secs(720)), "12m");
        assert_eq!([119, 120, 7_199, 7_200].map(|s| age(Duration::from_secs(s))), ["119s", "2m", "119m", "2h"]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ms in 0u64..10_000_000_000) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse(&format(duration)).unwrap(), duration);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
