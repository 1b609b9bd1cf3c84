//! How fast and how many at a time an account may ask, by its tier. Counted in memory: several instances count apart, so
//! that each allows as much.

use crate::{Billing, Error, Result};
use domain::ai::AiLimits;
use domain::catalog::TierSlug;
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

/// A request that runs, from before its body is read: so that what one member can have this program keep is limited as well.
/// Dropped at its end.
#[derive(Debug)]
pub struct Place {
    account: AccountId,
    /// By which it was let in.
    pub(super) tier: TierSlug,
    running: Arc<Mutex<HashMap<AccountId, u32>>>,
}

impl Place {
    pub(super) const fn account(&self) -> &AccountId {
        &self.account
    }
}

impl Billing {
    /// A place for an AI request. It counts as one whatever becomes of it.
    ///
    /// Errors: [`Error::TooManyAiRequests`], [`Error::TooManyAtATime`].
    pub async fn enter_ai(&self, account: AccountId) -> Result<Place> {
        let tier = self.standing(&mut self.db.reader(), &account, self.now()).await?.entitled.tier;
        self.ai.limits.enter(&self.catalog.tier_or_free(&tier).ai_limits, account, tier)
    }
}

impl Limits {
    fn enter(&self, limits: &AiLimits, account: AccountId, tier: TierSlug) -> Result<Place> {
        let place = self.take_a_place(limits.concurrent.unwrap_or(u32::MAX), account, tier)?;
        if let Some(times) = limits.requests_per_minute.and_then(NonZeroU32::new) {
            let limiter = locked(&self.rates)
                .entry(times)
                .or_insert_with(|| Arc::new(RateLimiter::keyed(Quota::per_minute(times))))
                .clone();
            limiter.check_key(&place.account).map_err(|not_until| {
                let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs();
                Error::TooManyAiRequests { retry_after_seconds: i64::try_from(wait).unwrap_or(SOON) + 1 }
            })?;
        }
        Ok(place)
    }

    fn take_a_place(&self, most: u32, account: AccountId, tier: TierSlug) -> Result<Place> {
        let mut running = locked(&self.running);
        let count = running.entry(account.clone()).or_default();
        if *count >= most {
            return Err(Error::TooManyAtATime { most, retry_after_seconds: SOON });
        }
        *count += 1;
        Ok(Place { account, tier, running: self.running.clone() })
    }

    /// Drops the accounts that have all their tries back.
    pub(super) fn forget_idle(&self) {
        for limiter in locked(&self.rates).values() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl Drop for Place {
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

    fn enter(all: &Limits, limits: &AiLimits, account: &AccountId) -> Result<Place> {
        all.enter(limits, account.clone(), TierSlug::free())
    }

    fn limits(requests_per_minute: Option<u32>, concurrent: Option<u32>) -> AiLimits {
        AiLimits { requests_per_minute, concurrent, models: None }
    }

    #[test]
    fn so_many_run_at_a_time_and_a_place_is_free_when_one_ends() {
        let (all, two) = (Limits::default(), limits(None, Some(2)));
        let [one, other] = ["acc_1", "acc_2"].map(AccountId::from_stored);
        let first = enter(&all, &two, &one).unwrap();
        let _second = enter(&all, &two, &one).unwrap();
        assert!(matches!(enter(&all, &two, &one), Err(Error::TooManyAtATime { most: 2, .. })));
        drop(enter(&all, &two, &other).unwrap());
        drop(first);
        drop(enter(&all, &two, &one).unwrap());
        assert_eq!(locked(&all.running).len(), 1, "who has nothing running is forgotten");
    }

    #[test]
    fn so_many_come_within_a_minute_and_the_rest_is_told_how_long_to_wait() {
        let (all, three) = (Limits::default(), limits(Some(3), Some(1)));
        let [one, other] = ["acc_1", "acc_2"].map(AccountId::from_stored);
        for _ in 0..3 {
            drop(enter(&all, &three, &one).unwrap());
        }
        let Err(Error::TooManyAiRequests { retry_after_seconds }) = enter(&all, &three, &one) else {
            panic!()
        };
        assert!((1..=20).contains(&retry_after_seconds), "{retry_after_seconds}");
        drop(enter(&all, &three, &other).unwrap());
        drop(enter(&all, &limits(Some(4), None), &one).unwrap());
        drop(enter(&all, &limits(None, None), &one).unwrap());
        all.forget_idle();
        assert!(enter(&all, &three, &one).is_err(), "who has just come is not forgotten");
    }
}
