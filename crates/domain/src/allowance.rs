//! The AI requests that a tier gives per window, and how many of them are left.

use crate::catalog::{AiRequests, WindowKind};
use crate::ids::StripeSubscriptionId;
use crate::time::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::DateTime;

/// A stretch of time with a start and, unless it lasts for ever, an end (trap 29).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub kind: WindowKind,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    /// Only windows of a billing period belong to a subscription (trap 31); the others belong to the
    /// account, so that a change of tier in mid-window carries what was used.
    pub subscription: Option<StripeSubscriptionId>,
}

/// The current period of the subscription that the account has, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingWindow {
    pub subscription: StripeSubscriptionId,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Window {
    /// What it belongs to, where windows are told apart: its subscription, or nothing.
    pub fn scope(&self) -> &str {
        self.subscription.as_ref().map_or("", StripeSubscriptionId::as_str)
    }

    /// Whether it is this very window; its end follows from that.
    pub fn is(&self, other: &Self) -> bool {
        (self.kind, self.start) == (other.kind, other.start) && self.subscription == other.subscription
    }

    /// The window of this kind that `now` lies in; calendar windows are in UTC.
    pub fn at(kind: WindowKind, now: Timestamp, billing: Option<&BillingWindow>) -> Self {
        let today = now.utc().date();
        let calendar = |start: DateTime, end: DateTime| Self {
            kind,
            start: utc(start),
            end: Some(utc(end)),
            subscription: None,
        };
        match (kind, billing) {
            (WindowKind::Day, _) => calendar(today.into(), DateTime::from(today).saturating_add(1.day())),
            (WindowKind::BillingPeriod, Some(billing)) => Self {
                kind,
                start: billing.start,
                end: Some(billing.end),
                subscription: Some(billing.subscription.clone()),
            },
            (WindowKind::Month | WindowKind::BillingPeriod, _) => {
                let first = DateTime::from(today.first_of_month());
                calendar(first, first.saturating_add(1.month()))
            }
            (WindowKind::Lifetime, _) => Self { kind, start: Timestamp(0), end: None, subscription: None },
        }
    }
}

fn utc(civil: DateTime) -> Timestamp {
    // Civil times out of the range of instants are tens of thousands of years away.
    let instant = jiff::tz::Offset::UTC.to_timestamp(civil).unwrap_or(jiff::Timestamp::MAX);
    Timestamp(instant.as_millisecond())
}

/// What a tier gives in a window, and what of it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    pub terms: AiRequests,
    pub window: Window,
    /// May exceed the limit after a change to a smaller tier.
    pub used: i64,
}

impl Allowance {
    pub fn remaining(&self) -> i64 {
        (self.terms.limit - self.used).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn bounds(kind: WindowKind, now: &str) -> (String, String) {
        let window = Window::at(kind, at(now), None);
        (window.start.to_string(), window.end.unwrap().to_string())
    }

    #[test]
    fn trap_29_a_day_ends_at_midnight_utc() {
        assert_eq!(bounds(WindowKind::Day, "2026-03-29T23:59:59.999Z").1, "2026-03-30T00:00:00Z");
        assert_eq!(bounds(WindowKind::Day, "2026-03-30T00:00:00Z").0, "2026-03-30T00:00:00Z");
    }

    #[test]
    fn trap_29_a_day_has_24_hours_when_clocks_change() {
        // Europe changed on 29 March 2026, the United States on 1 November.
        for now in ["2026-03-29T01:30:00Z", "2026-11-01T06:30:00Z"] {
            let day = Window::at(WindowKind::Day, at(now), None);
            assert_eq!(day.end.unwrap().0 - day.start.0, crate::time::DAY);
        }
    }

    #[test]
    fn trap_29_a_month_knows_its_length_and_leap_years() {
        assert_eq!(
            bounds(WindowKind::Month, "2028-02-29T12:00:00Z"),
            ("2028-02-01T00:00:00Z".into(), "2028-03-01T00:00:00Z".into())
        );
        assert_eq!(bounds(WindowKind::Month, "2026-12-31T23:59:59Z").1, "2027-01-01T00:00:00Z");
    }

    #[test]
    fn trap_31_a_billing_window_is_the_subscriptions_period() {
        let billing = BillingWindow {
            subscription: "sub_1".into(),
            start: at("2026-01-31T10:00:00Z"),
            end: at("2026-04-30T10:00:00Z"),
        };
        let window = Window::at(WindowKind::BillingPeriod, at("2026-02-01T00:00:00Z"), Some(&billing));
        assert_eq!((window.start, window.end), (billing.start, Some(billing.end)));
        assert_eq!(window.subscription, Some(billing.subscription));
    }

    #[test]
    fn a_lifetime_never_ends() {
        assert_eq!(Window::at(WindowKind::Lifetime, at("2026-01-01T00:00:00Z"), None).end, None);
    }
}
