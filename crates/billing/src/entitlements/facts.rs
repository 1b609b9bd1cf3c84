//! What accounts' access follows from, kept in memory. Of no use by itself: the database is asked with every answer
//! whether it is still true, by a number that changes in the transaction of the change, so that other processes and
//! people with SQL are heard of, too. What time changes is not in it.

use domain::assignment::TierAssignment;
use domain::ids::AccountId;
use domain::subscription::UserSubscription;
use moka::sync::Cache;
use std::sync::Arc;

/// About 1 KiB each of those who pay.
const MOST: u64 = 10_000;

/// As they were at `version` or later.
#[derive(Debug)]
pub(super) struct Facts {
    pub version: i64,
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// Its time may be over.
    pub assigned: Option<TierAssignment>,
}

/// Of the accounts that were asked about most and last. Each process has its own.
#[derive(Debug)]
pub struct KnownFacts(Cache<AccountId, Arc<Facts>>);

impl Default for KnownFacts {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl KnownFacts {
    pub(super) fn get(&self, account: &AccountId) -> Option<Arc<Facts>> {
        self.0.get(account)
    }

    pub(super) fn keep(&self, account: &AccountId, facts: Arc<Facts>) {
        self.0.insert(account.clone(), facts);
    }
}
