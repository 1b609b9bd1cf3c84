//! Keys that were looked up a moment ago, so that the hot path asks the database once a second and not each time.

use super::ServiceKey;
use domain::time::{SECOND, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// In milliseconds of wall time. For so long a key may still open what another process has closed; this process knows at
/// once.
const BELIEVED_FOR: i64 = SECOND;
/// More than any host has: then all are forgotten.
const MOST: usize = 1_000;

/// By the hash of their secret, each with until when it is believed.
#[derive(Debug, Default)]
pub struct KnownKeys(Mutex<HashMap<String, (Arc<ServiceKey>, Timestamp)>>);

impl KnownKeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Arc<ServiceKey>, Timestamp)>> {
        // A panic between two of its methods leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, hash: &str, now: Timestamp) -> Option<Arc<ServiceKey>> {
        let known = self.lock();
        let (key, until) = known.get(hash)?;
        (now < *until).then(|| key.clone())
    }

    pub(super) fn remember(&self, hash: String, key: Arc<ServiceKey>, now: Timestamp) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash, (key, now.plus(BELIEVED_FOR)));
    }

    pub(super) fn forget_all(&self) {
        self.lock().clear();
    }
}
