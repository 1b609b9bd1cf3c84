//! Instants. Milliseconds in the databases, RFC 3339 in the API, seconds at Stripe.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// From Stripe's Unix seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// Whole seconds, rounded down: Stripe's unit.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    pub const fn minus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_sub(milliseconds))
    }

    /// So many months later by the calendar, at the same time of day; the 31st becomes a shorter month's last day.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Self {
        let at = self.utc();
        let span = jiff::Span::new().try_months(months);
        let then = span
            .and_then(|span| at.checked_add(span))
            .and_then(|then| jiff::tz::Offset::UTC.to_timestamp(then));
        // Beyond year 9999 there is no calendar: never, for whoever compares.
        then.map_or(Self(i64::MAX), |then| Self(then.as_millisecond()))
    }

    /// The first moment after a month; never, for what is no month of a calendar.
    pub fn month_end(year: i64, month: i64) -> Self {
        let first = i16::try_from(year).ok().zip(i8::try_from(month).ok());
        let first = first.and_then(|(year, month)| jiff::civil::Date::new(year, month, 1).ok());
        let at = first.and_then(|first| jiff::tz::Offset::UTC.to_timestamp(first.at(0, 0, 0, 0)).ok());
        at.map_or(Self(i64::MAX), |at| Self(at.as_millisecond()).plus_months(1))
    }

    /// The instant as a calendar sees it in UTC; instants outside years -9999 to 9999 are brought to the
    /// nearest one that a calendar has.
    pub(crate) fn utc(self) -> jiff::civil::DateTime {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        jiff::tz::Offset::UTC.to_datetime(instant)
    }

    /// `22 November 2026, 15:04`, in UTC: for people.
    pub fn minute(self) -> String {
        let at = self.utc();
        format!("{}, {:02}:{:02}", self.day(), at.hour(), at.minute())
    }

    /// The calendar's year and month in UTC.
    pub fn year_and_month(self) -> (i64, i64) {
        let at = self.utc();
        (i64::from(at.year()), i64::from(at.month()))
    }

    /// `22 November 2026`, in UTC: for people, in mails.
    pub fn day(self) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let at = self.utc();
        let month = usize::try_from(at.month() - 1).ok().and_then(|index| MONTHS.get(index));
        format!("{} {} {}", at.day(), month.copied().unwrap_or_default(), at.year())
    }

    /// The beginning of `2026-11-22` in UTC; `None` when the text is no date.
    pub fn from_date(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        let start =
            jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()?;
        Some(Self(start.as_millisecond()))
    }

    /// `2026-11-22` in UTC: the key of a usage day.
    pub fn date(self) -> String {
        self.utc().date().to_string()
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an instant such as 2026-11-22T15:04:05Z")]
pub struct InvalidTimestamp(String);

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// RFC 3339, of any time zone.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp(text.to_owned()))?;
        Ok(Self(instant.as_millisecond()))
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the second: `2026-11-22T15:04:05Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.utc();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_the_calendars() {
        let at = |seconds| Timestamp::from_seconds(seconds);
        // 2024-01-31 and 2024-02-29, at noon.
        assert_eq!(at(1_706_702_400).plus_months(1), at(1_709_208_000));
        assert_eq!(at(0).plus_months(200_000), Timestamp(i64::MAX));
    }

    #[test]
    fn reads_rfc_3339() {
        assert_eq!("2023-11-14T23:13:20+01:00".parse(), Ok(Timestamp::from_seconds(1_700_000_000)));
        assert!("tomorrow".parse::<Timestamp>().is_err());
    }

    #[test]
    fn prints_as_rfc_3339() {
        assert_eq!(Timestamp::from_seconds(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59Z");
        assert_eq!(Timestamp(1_772_323_199_000).date(), "2026-02-28");
        assert_eq!(Timestamp(1_772_323_199_000).day(), "28 February 2026");
        assert_eq!(Timestamp(1_772_323_199_000).minute(), "28 February 2026, 23:59");
    }
}
