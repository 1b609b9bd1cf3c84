//! How fast and how many at a time an account may ask, by its tier. Counted in memory: several instances count apart, so
//! that each allows as much.

use crate::{Error, Result};
use domain::ai::AiLimits;
use domain::ids::AccountId;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When another request of the account may have ended, in seconds.
const SOON: i64 = 1;

#[derive(Default)]
pub(super) struct Limits {
    /// By requests a minute. A whole minute's worth may come at once.
    rates: Mutex<HashMap<NonZeroU32, Arc<DefaultKeyedRateLimiter<AccountId>>>>,
    running: Arc<Mutex<HashMap<AccountId, u32>>>,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limits")
    }
}

/// A request that runs; dropped at its end.
#[derive(Debug)]
pub(super) struct Permit {
    account: AccountId,
    running: Arc<Mutex<HashMap<AccountId, u32>>>,
}

impl Limits {
    /// Errors: [`Error::TooManyAiRequests`], [`Error::TooManyAtATime`].
    pub(super) fn enter(&self, limits: &AiLimits, account: &AccountId) -> Result<Permit> {
        let permit = self.take_a_place(limits.concurrent.unwrap_or(u32::MAX), account)?;
        if let Some(times) = limits.requests_per_minute.and_then(NonZeroU32::new) {
            let limiter = locked(&self.rates)
                .entry(times)
                .or_insert_with(|| Arc::new(RateLimiter::keyed(Quota::per_minute(times))))
                .clone();
            limiter.check_key(account).map_err(|not_until| {
                let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs();
                Error::TooManyAiRequests { retry_after_seconds: i64::try_from(wait).unwrap_or(SOON) + 1 }
            })?;
        }
        Ok(permit)
    }

    fn take_a_place(&self, most: u32, account: &AccountId) -> Result<Permit> {
        let mut running = locked(&self.running);
        let count = running.entry(account.clone()).or_default();
        if *count >= most {
            return Err(Error::TooManyAtATime { most, retry_after_seconds: SOON });
        }
        *count += 1;
        Ok(Permit { account: account.clone(), running: self.running.clone() })
    }

    /// Drops the accounts that have all their tries back.
    pub(super) fn forget_idle(&self) {
        for limiter in locked(&self.rates).values() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut running = locked(&self.running);
        match running.get_mut(&self.account) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(running.remove(&self.account)),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(requests_per_minute: Option<u32>, concurrent: Option<u32>) -> AiLimits {
        AiLimits { requests_per_minute, concurrent, models: None }
    }

    #[test]
    fn so_many_run_at_a_time_and_a_place_is_free_when_one_ends() {
        let (all, two) = (Limits::default(), limits(None, Some(2)));
        let [one, other] = ["acc_1", "acc_2"].map(AccountId::from_stored);
        let first = all.enter(&two, &one).unwrap();
        let _second = all.enter(&two, &one).unwrap();
        assert!(matches!(all.enter(&two, &one), Err(Error::TooManyAtATime { most: 2, .. })));
        drop(all.enter(&two, &other).unwrap());
        drop(first);
        drop(all.enter(&two, &one).unwrap());
        assert_eq!(locked(&all.running).len(), 1, "who has nothing running is forgotten");
    }

    #[test]
    fn so_many_come_within_a_minute_and_the_rest_is_told_how_long_to_wait() {
        let (all, three) = (Limits::default(), limits(Some(3), Some(1)));
        let [one, other] = ["acc_1", "acc_2"].map(AccountId::from_stored);
        for _ in 0..3 {
            drop(all.enter(&three, &one).unwrap());
        }
        let Err(Error::TooManyAiRequests { retry_after_seconds }) = all.enter(&three, &one) else { panic!() };
        assert!((1..=20).contains(&retry_after_seconds), "{retry_after_seconds}");
        drop(all.enter(&three, &other).unwrap());
        drop(all.enter(&limits(Some(4), None), &one).unwrap());
        drop(all.enter(&limits(None, None), &one).unwrap());
        all.forget_idle();
        assert!(all.enter(&three, &one).is_err(), "who has just come is not forgotten");
    }
}
