//! When one call is tried again, and after which pause: the rules of Stripe's official clients
//! (stripe-python 16.1.0, `_http_client.py`).

use crate::limiter::Priority;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Tries in all, the first one included.
    pub tries: u32,
    /// The first pause, and the shortest.
    pub base: Duration,
    /// The longest pause of our own choosing; `Retry-After` may ask for more.
    pub cap: Duration,
    /// How long a call may take in all while a person waits.
    pub interactive: Duration,
    /// The same for workers.
    pub workers: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            tries: 4,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(5),
            interactive: Duration::from_secs(10),
            workers: Duration::from_secs(30),
        }
    }
}

/// A longer `Retry-After` is not waited for (the official clients' bound).
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(1);

impl Retries {
    pub(crate) const fn deadline(&self, priority: Priority) -> Duration {
        match priority {
            Priority::Interactive => self.interactive,
            Priority::Webhooks | Priority::Reconcile => self.workers,
        }
    }

    /// After the `tried`-th try: `min(base * 2^(tried - 1), cap)`, shortened by up to half, never under
    /// `base`, and never under what Stripe asked for. `chance` is from 0 to 1.
    pub(crate) fn pause(&self, tried: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let doubled =
            self.base.saturating_mul(1_u32.checked_shl(tried.saturating_sub(1)).unwrap_or(u32::MAX));
        let pause = doubled.min(self.cap).mul_f64(0.5 * (1.0 + chance.clamp(0.0, 1.0))).max(self.base);
        pause.max(asked.filter(|asked| *asked <= LONGEST_RETRY_AFTER).unwrap_or_default())
    }
}

/// What an answer's headers say of trying again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Advice {
    /// `Stripe-Should-Retry`.
    pub(crate) should_retry: Option<bool>,
    /// `Retry-After`, in whole seconds.
    pub(crate) retry_after: Option<Duration>,
}

impl Advice {
    pub(crate) fn of(headers: &http::HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        Self {
            should_retry: match text("stripe-should-retry") {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            retry_after: text("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs),
        }
    }

    /// Stripe's own word first. Without it: conflicts and failures of the server; a refused rate only when
    /// Stripe names a time, or when the object was merely locked.
    pub(crate) fn allows(self, status: u16, code: Option<&str>) -> bool {
        self.should_retry.unwrap_or(match status {
            409 | 500.. => true,
            429 => self.retry_after.is_some() || code == Some("lock_timeout"),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds would do for some; one unit for all reads better.
    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn pauses_double_to_the_cap_and_are_never_under_the_base() {
        let retries = Retries::default();
        let longest: Vec<_> = (1..=6).map(|tried| retries.pause(tried, None, 1.0)).collect();
        assert_eq!(longest, [MS(500), MS(1000), MS(2000), MS(4000), MS(5000), MS(5000)]);
        let shortest: Vec<_> = (1..=6).map(|tried| retries.pause(tried, None, 0.0)).collect();
        assert_eq!(shortest, [MS(500), MS(500), MS(1000), MS(2000), MS(2500), MS(2500)]);
    }

    #[test]
    fn retry_after_lengthens_a_pause_and_one_beyond_a_minute_is_not_believed() {
        let retries = Retries::default();
        assert_eq!(retries.pause(1, Some(MS(7000)), 0.0), MS(7000));
        assert_eq!(retries.pause(1, Some(MS(61_000)), 0.0), MS(500));
    }

    #[test]
    fn stripes_word_goes_before_the_status() {
        let advice = |should_retry, seconds: Option<u64>| Advice {
            should_retry,
            retry_after: seconds.map(Duration::from_secs),
        };
        assert!(advice(Some(true), None).allows(400, None));
        assert!(!advice(Some(false), Some(1)).allows(500, None));
        let silent = advice(None, None);
        assert!(silent.allows(409, None) && silent.allows(500, None) && silent.allows(503, None));
        assert!(!silent.allows(429, None) && !silent.allows(402, None) && !silent.allows(400, None));
        assert!(silent.allows(429, Some("lock_timeout")) && advice(None, Some(1)).allows(429, None));
    }
}
