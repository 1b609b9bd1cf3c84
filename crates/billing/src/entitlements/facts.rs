//! What accounts' access follows from, kept in memory. Of no use by itself: the database is asked with every answer
//! whether it is still true, by a number that changes in the transaction of the change, so that other processes and
//! people with SQL are heard of, too. What time changes is not in it.

use domain::ids::AccountId;
use quick_cache::sync::Cache;
use store::standings::Facts;
use uuid::Uuid;

/// What those who pay have is most of it.
const MOST: usize = 20_000;

/// Of the accounts that were asked about most and last, by what their ids are made of. Each process has its own.
#[derive(Debug)]
pub struct KnownFacts(Cache<Uuid, Facts>);

impl Default for KnownFacts {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl KnownFacts {
    pub(crate) fn get(&self, account: &AccountId) -> Option<Facts> {
        self.0.get(&account.uuid()?)
    }

    pub(crate) fn keep(&self, account: &AccountId, facts: Facts) {
        let Some(account) = account.uuid() else { return };
        if self.0.get(&account).is_none_or(|known| known.version != facts.version) {
            self.0.insert(account, facts);
        }
    }
}
