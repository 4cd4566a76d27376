//! A moment as a person enters it: `14:07`, `14:07:31`, `12m ago`, `now`, or a full timestamp, then how it is known.

use jiff::{Timestamp, ToSpan as _, civil::Time, tz::TimeZone};

use crate::domain::duration;

/// What may be typed, for the line under an input.
pub const HINT: &str = "14:07, 14:07:31 (UTC), 12m ago, now, or 2026-01-31T14:07:31Z";

/// Reads a moment (times of day are UTC, the latest such moment that is not ahead of `now`), and the words after it.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn parse(text: &str, now: Timestamp) -> Result<(Timestamp, String), String> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).map_or((text, ""), |(first, rest)| (first, rest.trim()));
    let (when, rest) = if first == "now" {
        (now, rest)
    } else if let Ok(ago) = duration::parse(first) {
        let Some(rest) = rest.strip_prefix("ago") else {
            return Err(format!("{first} is a span; write \"{first} ago\" for a moment"));
        };
        let span = jiff::SignedDuration::try_from(ago).map_err(|_| "that is too long ago".to_owned())?;
        (now.checked_sub(span).map_err(|_| "that is too long ago".to_owned())?, rest.trim())
    } else if let Ok(at) = first.parse::<Timestamp>() {
        (at, rest)
    } else if let Some(at) = time_of_day(first, now) {
        (at, rest)
    } else {
        return Err(format!("write {HINT}"));
    };
    if when > now {
        return Err("that moment lies ahead".to_owned());
    }
    Ok((when, rest.to_owned()))
}

fn time_of_day(text: &str, now: Timestamp) -> Option<Timestamp> {
    let mut parts = text.split(':');
    let hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next()?.parse().ok()?;
    let second: i8 = parts.next().map_or(Ok(0), str::parse).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let time = Time::new(hour, minute, second, 0).ok()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let at = today.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
    if at <= now { Some(at) } else { at.checked_sub(24.hours()).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-31T14:07:31Z".parse().unwrap()
    }

    #[test]
    fn moments_are_read_with_how_they_are_known() {
        let read = |text| parse(text, now()).map(|(at, how)| (at.to_string(), how));
        assert_eq!(read("13:55 the pager"), Ok(("2026-01-31T13:55:00Z".into(), "the pager".into())));
        assert_eq!(read("13:55:10"), Ok(("2026-01-31T13:55:10Z".into(), String::new())));
        assert_eq!(read("12m ago"), Ok(("2026-01-31T13:55:31Z".into(), String::new())));
        assert_eq!(read("now"), Ok(("2026-01-31T14:07:31Z".into(), String::new())));
        assert_eq!(read("23:59"), Ok(("2026-01-30T23:59:00Z".into(), String::new())));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in ["", "soon", "12m", "25:00", "14:07:31:00", "2027-01-01T00:00:00Z", "9999999999d ago"] {
            assert!(parse(bad, now()).is_err(), "{bad}");
        }
    }
}
