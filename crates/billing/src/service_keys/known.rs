//! Keys that were looked up a moment ago, so that the hot path asks the database once a second and not each time.

use super::ServiceKey;
use domain::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// In milliseconds of wall time. With [`ASKED_FOR`] that is how long a key may still open what another process has closed; this
/// process knows at once.
const BELIEVED_FOR: i64 = 800;
/// Then one asks the database, and for so long everybody else believes it on: else all who come meanwhile would ask.
const ASKED_FOR: i64 = 200;
/// More than any host has: then all are forgotten.
const MOST: usize = 1_000;

/// By the hash of their secret.
#[derive(Debug, Default)]
pub struct KnownKeys(Mutex<HashMap<String, Known>>);

#[derive(Debug)]
struct Known {
    key: Arc<ServiceKey>,
    until: Timestamp,
    is_asked_for: bool,
}

impl KnownKeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        // A panic between two of its methods leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom `None` is answered asks the database.
    pub(super) fn get(&self, hash: &str, now: Timestamp) -> Option<Arc<ServiceKey>> {
        let mut known = self.lock();
        let known = known.get_mut(hash)?;
        let is_believed = now < known.until
            || (std::mem::replace(&mut known.is_asked_for, true) && now < known.until.plus(ASKED_FOR));
        is_believed.then(|| known.key.clone())
    }

    pub(super) fn remember(&self, hash: String, key: Arc<ServiceKey>, now: Timestamp) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash, Known { key, until: now.plus(BELIEVED_FOR), is_asked_for: false });
    }

    /// It is no key any more.
    pub(super) fn forget(&self, hash: &str) {
        self.lock().remove(hash);
    }

    pub(super) fn forget_all(&self) {
        self.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Arc<ServiceKey> {
        Arc::new(ServiceKey {
            id: domain::ids::ServiceKeyId::from_stored("key_1"),
            name: "host".to_owned(),
            prefix: "sk_".to_owned(),
            scopes: "usage".to_owned(),
            issuer: "host".to_owned(),
            created_at: Timestamp(0),
            last_used_at: None,
            revoked_at: None,
        })
    }

    #[test]
    fn one_asks_anew_and_the_others_believe_it_for_no_longer_than_a_second() {
        let (keys, at) = (KnownKeys::default(), |after| Timestamp(1_000_000 + after));
        assert!(keys.get("hash", at(0)).is_none());
        keys.remember("hash".to_owned(), key(), at(0));
        assert!(keys.get("hash", at(BELIEVED_FOR - 1)).is_some());
        assert!(keys.get("hash", at(BELIEVED_FOR)).is_none(), "it asks");
        assert!(keys.get("hash", at(BELIEVED_FOR)).is_some(), "somebody asks");
        assert!(keys.get("hash", at(999)).is_some());
        assert!(keys.get("hash", at(1_000)).is_none(), "no answer came");
        keys.remember("hash".to_owned(), key(), at(1_000));
        assert!(keys.get("hash", at(1_001)).is_some());
        keys.forget("hash");
        assert!(keys.get("hash", at(1_001)).is_none());
    }
}
