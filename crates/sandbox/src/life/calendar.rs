//! Periods on the calendar, in UTC: months that end on the 31st, leap days.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::core::json::Json;
use crate::core::value::Value;

const DAY: i64 = 86_400;

fn civil(at: i64) -> DateTime {
    TimeZone::UTC.to_datetime(Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Year and month (1 to 12) of a moment.
pub(crate) fn year_month(at: i64) -> (i64, i64) {
    let date = civil(at);
    (i64::from(date.year()), i64::from(date.month()))
}

/// A moment so many days, weeks, months or years later.
pub(crate) fn after(at: i64, interval: &str, count: i64) -> i64 {
    match interval {
        "day" => at + DAY * count,
        "week" => at + 7 * DAY * count,
        "year" => add_months(at, 12 * count),
        _ => add_months(at, count),
    }
}

/// A day as the descriptions of prorations show it: `05 Mar 2026`.
pub(crate) fn day(at: i64) -> String {
    civil(at).strftime("%d %b %Y").to_string()
}

/// A day of a month, and a time of the day; what is not given is as in the moment that it is looked for from.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// 1 to 12; none is every month.
    pub(crate) month: Option<i64>,
    /// 1 to 31; in a shorter month its last day.
    pub(crate) day: i64,
    pub(crate) hour: Option<i64>,
    pub(crate) minute: Option<i64>,
    pub(crate) second: Option<i64>,
}

/// The first moment after `from` that is on a wanted day, at its time.
pub(crate) fn next_on(from: i64, wanted: &Wanted) -> i64 {
    let start = civil(from);
    let part = |asked: Option<i64>, own: i8| asked.and_then(|part| i8::try_from(part).ok()).unwrap_or(own);
    let clock = Time::new(
        part(wanted.hour, start.hour()),
        part(wanted.minute, start.minute()),
        part(wanted.second, start.second()),
        0,
    );
    let clock = clock.unwrap_or(Time::midnight());
    let months = (0..=13)
        .filter_map(|later| start.date().first_of_month().checked_add(Span::new().months(later)).ok());
    let moments = months
        .filter(|month| wanted.month.is_none_or(|wanted| i64::from(month.month()) == wanted))
        .filter_map(|month| {
            let day = part(Some(wanted.day), 1).min(month.days_in_month());
            let date = month.with().day(day).build().ok()?;
            Some(date.to_datetime(clock).to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
        });
    moments.into_iter().find(|moment| *moment > from).unwrap_or(from)
}

/// A moment some months later: the same day, or the month's last (Stripe docs: billing cycle anchors).
pub(crate) fn add_months(at: i64, months: i64) -> i64 {
    let later = Span::new().try_months(months).ok().and_then(|span| civil(at).checked_add(span).ok());
    let zoned = later.and_then(|later| later.to_zoned(TimeZone::UTC).ok());
    zoned.map_or(at, |zoned| zoned.timestamp().as_second())
}

/// The first end of a period after `start`, counted from the anchor: a 31st stays a 31st after a February.
pub(crate) fn next_period_end(anchor: i64, start: i64, price: &Value) -> i64 {
    period_around(anchor, start, price).1
}

/// The whole period that a moment lies in, counted from the anchor: from the last boundary up to and including the
/// moment to the first one after it. What a proration is a part of.
pub(crate) fn period_around(anchor: i64, at: i64, price: &Value) -> (i64, i64) {
    let count = price.int("recurring.interval_count").unwrap_or(1).max(1);
    let months = match price.text("recurring.interval").unwrap_or("month") {
        "day" => return multiple_around(anchor, at, DAY * count),
        "week" => return multiple_around(anchor, at, 7 * DAY * count),
        "year" => 12 * count,
        _ => count,
    };
    let ((year, month), (from_year, from_month)) = (year_month(at), year_month(anchor));
    let gone = (year - from_year) * 12 + month - from_month;
    let mut periods = gone.div_euclid(months) - 1;
    let mut start = add_months(anchor, periods * months);
    loop {
        periods += 1;
        let end = add_months(anchor, periods * months);
        if end > at {
            return (start, end);
        }
        if periods * months > gone + 2 * months + 2 {
            // Beyond what the calendar can count: no further period.
            return (start, i64::MAX);
        }
        start = end;
    }
}

fn multiple_around(anchor: i64, at: i64, step: i64) -> (i64, i64) {
    let start = anchor + (at - anchor).div_euclid(step) * step;
    (start, start + step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::value::json;

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
    fn the_period_around_a_moment_begins_at_the_boundary_before_it() {
        let price = json!({ "recurring": { "interval": "month", "interval_count": 1 } });
        let anchor = at("2026-01-31T10:00:00Z");
        let march = (at("2026-02-28T10:00:00Z"), at("2026-03-31T10:00:00Z"));
        for inside in ["2026-02-28T10:00:00Z", "2026-03-01T00:00:00Z", "2026-03-31T09:59:59Z"] {
            assert_eq!(period_around(anchor, at(inside), &price), march);
        }
        let before = (at("2025-12-31T10:00:00Z"), anchor);
        assert_eq!(
            period_around(anchor, at("2026-01-10T00:00:00Z"), &price),
            before,
            "before the anchor too"
        );
    }

    #[test]
    fn the_next_wanted_day_is_in_this_month_or_the_next_and_never_later_than_its_last() {
        let from = at("2026-01-20T10:00:00Z");
        let on = |day, month| {
            next_on(from, &Wanted { month, day, hour: Some(0), minute: Some(0), second: Some(0) })
        };
        assert_eq!(on(31, None), at("2026-01-31T00:00:00Z"));
        assert_eq!(on(20, None), at("2026-02-20T00:00:00Z"), "this month's is over");
        assert_eq!(on(31, Some(2)), at("2026-02-28T00:00:00Z"));
        assert_eq!(on(1, Some(1)), at("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn weeks_and_days_are_counted_in_seconds() {
        let price = json!({ "recurring": { "interval": "week", "interval_count": 2 } });
        assert_eq!(next_period_end(0, 0, &price), 14 * DAY);
        assert_eq!(next_period_end(0, 14 * DAY, &price), 28 * DAY);
    }
}
