//! Times as the originals write them.

use chrono::{FixedOffset, SecondsFormat, Timelike as _};

use crate::clock::Timestamp;

/// `2026-11-20T11:42:00.432450Z`; the fraction is left out where it is zero.
pub(in crate::rest) fn utc(at: Timestamp) -> String {
    at.to_rfc3339_opts(format_of(at), true)
}

/// `2026-11-20T06:42:00.432450-05:00`: as [`utc`], on the clocks of an offset in hours.
pub(in crate::rest) fn at_offset(at: Timestamp, hours: i32) -> String {
    match FixedOffset::east_opt(hours * 3600) {
        Some(offset) => at.with_timezone(&offset).to_rfc3339_opts(format_of(at), false),
        None => utc(at),
    }
}

/// `2026-11-20 11:54:28.349164+00:00`, as a Python program prints a time.
pub(in crate::rest) fn printed(at: Timestamp) -> String {
    at.to_rfc3339_opts(format_of(at), false).replacen('T', " ", 1)
}

fn format_of(at: Timestamp) -> SecondsFormat {
    if at.nanosecond() / 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn times_have_six_digits_or_none() {
        let at = DateTime::from_timestamp_micros(1_700_000_000_000_450).unwrap();
        assert_eq!(utc(at), "2023-11-14T22:13:20.000450Z");
        assert_eq!(at_offset(at, -5), "2023-11-14T17:13:20.000450-05:00");
        assert_eq!(printed(at), "2023-11-14 22:13:20.000450+00:00");
        let whole = DateTime::from_timestamp(1_700_000_000, 999).unwrap();
        assert_eq!(utc(whole), "2023-11-14T22:13:20Z");
        assert_eq!(printed(whole), "2023-11-14 22:13:20+00:00");
    }
}
