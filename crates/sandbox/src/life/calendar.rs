//! Periods on the calendar, in UTC: months that end on the 31st, leap days.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

use crate::core::json::Json;

const DAY: i64 = 86_400;

fn civil(at: i64) -> DateTime {
    TimeZone::UTC.to_datetime(Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Year and month (1 to 12) of a moment.
pub(crate) fn year_month(at: i64) -> (i64, i64) {
    let date = civil(at);
    (i64::from(date.year()), i64::from(date.month()))
}

/// A moment some months later: the same day, or the month's last (Stripe docs: billing cycle anchors).
fn add_months(at: i64, months: i64) -> i64 {
    let later = Span::new().try_months(months).ok().and_then(|span| civil(at).checked_add(span).ok());
    let zoned = later.and_then(|later| later.to_zoned(TimeZone::UTC).ok());
    zoned.map_or(at, |zoned| zoned.timestamp().as_second())
}

/// The first end of a period after `start`, counted from the anchor: a 31st stays a 31st after a February.
pub(crate) fn next_period_end(anchor: i64, start: i64, price: &Value) -> i64 {
    let count = price.int("recurring.interval_count").unwrap_or(1).max(1);
    let interval = price.text("recurring.interval").unwrap_or("month");
    let months = match interval {
        "day" => return next_multiple(anchor, start, DAY * count),
        "week" => return next_multiple(anchor, start, 7 * DAY * count),
        "year" => 12 * count,
        _ => count,
    };
    let ((year, month), (from_year, from_month)) = (year_month(start), year_month(anchor));
    let gone = (year - from_year) * 12 + month - from_month;
    let mut periods = gone.div_euclid(months) - 1;
    loop {
        let end = add_months(anchor, periods * months);
        if end > start {
            return end;
        }
        periods += 1;
        if periods * months > gone + 2 * months + 2 {
            // Beyond what the calendar can count: no further period.
            return i64::MAX;
        }
    }
}

fn next_multiple(anchor: i64, start: i64, step: i64) -> i64 {
    anchor + ((start - anchor).div_euclid(step) + 1) * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn a_month_that_starts_on_the_31st_ends_on_the_last_day_and_comes_back_to_the_31st() {
        let price = json!({ "recurring": { "interval": "month", "interval_count": 1 } });
        let anchor = at("2026-01-31T10:00:00Z");
        let february = next_period_end(anchor, anchor, &price);
        assert_eq!(february, at("2026-02-28T10:00:00Z"));
        assert_eq!(next_period_end(anchor, february, &price), at("2026-03-31T10:00:00Z"));
    }

    #[test]
    fn a_quarter_is_three_months_and_a_year_that_starts_on_a_leap_day_ends_on_the_28th() {
        let quarter = json!({ "recurring": { "interval": "month", "interval_count": 3 } });
        let anchor = at("2025-11-30T00:00:00Z");
        assert_eq!(next_period_end(anchor, anchor, &quarter), at("2026-02-28T00:00:00Z"));
        let year = json!({ "recurring": { "interval": "year", "interval_count": 1 } });
        let leap = at("2024-02-29T00:00:00Z");
        let first = next_period_end(leap, leap, &year);
        assert_eq!(first, at("2025-02-28T00:00:00Z"));
        assert_eq!(next_period_end(leap, at("2027-03-01T00:00:00Z"), &year), at("2028-02-29T00:00:00Z"));
    }

    #[test]
    fn weeks_and_days_are_counted_in_seconds() {
        let price = json!({ "recurring": { "interval": "week", "interval_count": 2 } });
        assert_eq!(next_period_end(0, 0, &price), 14 * DAY);
        assert_eq!(next_period_end(0, 14 * DAY, &price), 28 * DAY);
    }
}
