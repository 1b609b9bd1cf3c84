//! The circuit breaker: while Stripe is down nobody waits for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures in a row (no connection, timeout, 5xx) open it. 0: it never opens.
    pub failures: u32,
    /// How long it stays open before one request may try again.
    pub open_for: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 8, open_for: Duration::from_secs(10) }
    }
}

#[derive(Debug)]
pub(crate) struct Breaker {
    settings: BreakerSettings,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One request is trying; the others are refused.
    HalfOpen,
}

/// The right to try once. Dropped without a verdict (the caller went away), it says nothing of Stripe.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
    judged: bool,
}

impl Breaker {
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        Self { settings, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// How much longer it is open, without taking a permit.
    pub(crate) fn remaining(&self, now: Instant) -> Option<Duration> {
        match *self.lock() {
            State::Open { until } if now < until => Some(until - now),
            _ => None,
        }
    }

    /// A permit, or how long to wait.
    pub(crate) fn enter(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if now < until => return Err(until - now),
            State::Open { .. } => {
                *state = State::HalfOpen;
                true
            }
            State::HalfOpen => return Err(Duration::from_secs(1)),
        };
        Ok(Permit { breaker: self, probe, judged: false })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while holding it; a poisoned state would still be a valid one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Stripe answered, be it with a refusal.
    pub(crate) fn answered(mut self) {
        self.judged = true;
        let mut state = self.breaker.lock();
        // A late answer to a request from before it opened does not close it.
        if self.probe || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    /// Stripe failed, or could not be reached.
    pub(crate) fn failed(mut self, now: Instant) {
        self.judged = true;
        let settings = self.breaker.settings;
        let mut state = self.breaker.lock();
        let failures = match *state {
            State::Closed { failures } => failures.saturating_add(1),
            State::HalfOpen if self.probe => settings.failures,
            State::HalfOpen | State::Open { .. } => return,
        };
        *state = if settings.failures > 0 && failures >= settings.failures {
            State::Open { until: now + settings.open_for }
        } else {
            State::Closed { failures }
        };
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.probe && !self.judged {
            // The next one tries instead.
            *self.breaker.lock() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(10);

    fn breaker() -> Breaker {
        Breaker::new(BreakerSettings { failures: 2, open_for: OPEN_FOR })
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_lets_one_try_later() {
        let (breaker, start) = (breaker(), Instant::now());
        breaker.enter(start).unwrap().failed(start);
        breaker.enter(start).unwrap().answered();
        breaker.enter(start).unwrap().failed(start);
        breaker.enter(start).unwrap().failed(start);
        assert_eq!(breaker.enter(start).unwrap_err(), OPEN_FOR);
        let later = start + OPEN_FOR;
        let probe = breaker.enter(later).unwrap();
        assert!(breaker.enter(later).is_err(), "only one tries");
        probe.failed(later);
        assert_eq!(breaker.enter(later).unwrap_err(), OPEN_FOR, "and it is open again");
        breaker.enter(later + OPEN_FOR).unwrap().answered();
        assert!(breaker.enter(later + OPEN_FOR).is_ok(), "closed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_whose_caller_left_makes_room_for_the_next() {
        let (breaker, start) = (breaker(), Instant::now());
        breaker.enter(start).unwrap().failed(start);
        breaker.enter(start).unwrap().failed(start);
        tokio::time::advance(OPEN_FOR).await;
        drop(breaker.enter(Instant::now()).unwrap());
        assert!(breaker.enter(Instant::now()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn late_verdicts_on_requests_from_before_it_opened_change_nothing() {
        let (breaker, start) = (breaker(), Instant::now());
        let [good, bad] = [(); 2].map(|()| breaker.enter(start).unwrap());
        breaker.enter(start).unwrap().failed(start);
        breaker.enter(start).unwrap().failed(start);
        good.answered();
        bad.failed(start + OPEN_FOR / 2);
        assert_eq!(breaker.enter(start).unwrap_err(), OPEN_FOR);
    }
}
