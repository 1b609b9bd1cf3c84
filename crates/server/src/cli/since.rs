//! A moment in the past, as it is typed: a date, or how long ago.

use domain::time::{DAY, HOUR, Timestamp};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// Milliseconds.
    Ago(i64),
    At(Timestamp),
}

impl Since {
    pub(super) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(milliseconds) => now.minus(milliseconds),
            Self::At(at) => at,
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a date such as 2026-11-01, or 24h, or 7d, not `{text}`");
        let ago = |number: &str, unit: i64| {
            number.parse::<u32>().map(|count| Self::Ago(i64::from(count) * unit)).map_err(|_| expected())
        };
        if let Some(hours) = text.strip_suffix('h') {
            return ago(hours, HOUR);
        }
        if let Some(days) = text.strip_suffix('d') {
            return ago(days, DAY);
        }
        Timestamp::from_date(text).map(Self::At).ok_or_else(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_and_an_age_are_understood() {
        assert_eq!("24h".parse(), Ok(Since::Ago(DAY)));
        assert_eq!("7d".parse(), Ok(Since::Ago(7 * DAY)));
        let at = "2026-11-01".parse::<Since>().unwrap().before(Timestamp(0));
        assert_eq!(at.to_string(), "2026-11-01T00:00:00Z");
        assert_eq!("2h".parse::<Since>().unwrap().before(Timestamp(3 * HOUR)), Timestamp(HOUR));
        for wrong in ["yesterday", "2026-13-01", "-1h", "h", ""] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }
}
