//! Keys that were looked up a moment ago, so that the hot path asks the database once a second and not each time; and who
//! asks it now, so that everybody else waits for that answer: a host that was quiet comes back with all its requests at once.

use super::ServiceKey;
use domain::time::Timestamp;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// In milliseconds of wall time since the database was asked, as the other one: so long a key may still open what another
/// process has closed. This process knows at once.
const BELIEVED_FOR: i64 = 1_000;
/// Then somebody asks anew, and until the answer is there, everybody else believes on.
const ASKED_AFTER: i64 = 800;
/// More than any host has: then all are forgotten.
const MOST: usize = 1_000;

/// What the database says: `None` is no key, or a revoked one.
pub(super) type Found = Result<Option<Arc<ServiceKey>>, Arc<store::Error>>;
/// The same, for everybody who waits for it. It is asked as long as anybody does.
pub(super) type Answer = Shared<BoxFuture<'static, Found>>;

/// By the hash of their secret.
#[derive(Debug, Default)]
pub struct KnownKeys(Mutex<Keys>);

#[derive(Debug, Default)]
struct Keys {
    known: HashMap<String, Known>,
    /// Apart from those that are known: made-up keys must not drive out good ones.
    asked: HashMap<String, Asked>,
    /// How often the database was asked.
    count: u64,
}

#[derive(Debug)]
struct Known {
    key: Arc<ServiceKey>,
    asked_at: Timestamp,
}

#[derive(Debug)]
struct Asked {
    number: u64,
    at: Timestamp,
    answer: WeakShared<BoxFuture<'static, Found>>,
}

impl Keys {
    /// Who has asked for too long may have read what is not true any more.
    fn asked(&self, hash: &str, now: Timestamp) -> Option<&Asked> {
        self.asked.get(hash).filter(|asked| now < asked.at.plus(BELIEVED_FOR))
    }
}

impl KnownKeys {
    fn lock(&self) -> MutexGuard<'_, Keys> {
        // A panic between two of its methods leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key, or what to wait for. `ask` makes what asks the database.
    pub(super) fn get(
        self: &Arc<Self>,
        hash: &str,
        now: Timestamp,
        ask: impl FnOnce(Ask) -> Answer,
    ) -> Result<Arc<ServiceKey>, Answer> {
        let mut keys = self.lock();
        let asked = keys.asked(hash, now);
        if let Some(known) = keys.known.get(hash)
            && (now < known.asked_at.plus(ASKED_AFTER)
                || (asked.is_some() && now < known.asked_at.plus(BELIEVED_FOR)))
        {
            return Ok(known.key.clone());
        }
        if let Some(answer) = asked.and_then(|asked| asked.answer.upgrade()) {
            return Err(answer);
        }
        keys.count += 1;
        let number = keys.count;
        let answer = ask(Ask { keys: self.clone(), hash: hash.to_owned(), number });
        if let Some(asked) = answer.downgrade().map(|answer| Asked { number, at: now, answer }) {
            keys.asked.insert(hash.to_owned(), asked);
        }
        Err(answer)
    }

    /// Also what is being asked: who comes from now on asks anew.
    pub(super) fn forget_all(&self) {
        let mut keys = self.lock();
        keys.known.clear();
        keys.asked.clear();
    }
}

/// One who asks, until there is an answer or nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Ask {
    keys: Arc<KnownKeys>,
    hash: String,
    number: u64,
}

impl Ask {
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Unless it is of no use any more: keys were forgotten since it was asked, or somebody else has asked after it.
    pub(super) fn learn(&self, found: &Found) {
        let keys = &mut *self.keys.lock();
        let Some(asked) = keys.asked.get(&self.hash).filter(|asked| asked.number == self.number) else {
            return;
        };
        match found {
            Ok(Some(key)) => {
                if keys.known.len() >= MOST {
                    keys.known.clear();
                }
                keys.known.insert(self.hash.clone(), Known { key: key.clone(), asked_at: asked.at });
            }
            Ok(None) => drop(keys.known.remove(&self.hash)),
            Err(_) => {}
        }
    }
}

impl Drop for Ask {
    fn drop(&mut self) {
        let mut keys = self.keys.lock();
        if keys.asked.get(&self.hash).is_some_and(|asked| asked.number == self.number) {
            keys.asked.remove(&self.hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::cell::RefCell;
    use tokio::sync::oneshot;

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

    /// Asks a database whose answer is the test's to give.
    #[derive(Default)]
    struct Host {
        keys: Arc<KnownKeys>,
        tells: RefCell<Vec<oneshot::Sender<Found>>>,
    }

    impl Host {
        /// So many milliseconds after the start.
        fn get(&self, after: i64) -> Result<Arc<ServiceKey>, Answer> {
            let ask = |ask: Ask| {
                let (tell, told) = oneshot::channel();
                self.tells.borrow_mut().push(tell);
                async move {
                    let found = told.await.unwrap();
                    ask.learn(&found);
                    found
                }
                .boxed()
                .shared()
            };
            self.keys.get("hash", Timestamp(1_000_000 + after), ask)
        }

        fn asks(&self) -> usize {
            self.tells.borrow().len()
        }

        /// The one who asked last.
        fn tell(&self, found: Found) {
            self.tells.borrow_mut().pop().unwrap().send(found).unwrap();
        }
    }

    fn told(answer: &Answer) -> Found {
        answer.clone().now_or_never().unwrap()
    }

    #[test]
    fn one_asks_and_all_others_wait() {
        let host = Host::default();
        for at in [0, 65_000] {
            let answers: Vec<_> = (0..512).map(|_| host.get(at).unwrap_err()).collect();
            assert_eq!(host.asks(), 1, "who comes first, and after it was quiet");
            host.tell(Ok(Some(key())));
            assert!(answers.iter().all(|answer| told(answer).unwrap().is_some()));
            assert!(host.get(at + ASKED_AFTER - 1).is_ok());
        }
    }

    #[test]
    fn one_asks_anew_and_the_others_believe_it_for_no_longer_than_a_second() {
        let host = Host::default();
        let answer = host.get(0).unwrap_err();
        host.tell(Ok(Some(key())));
        told(&answer).unwrap();
        let answer = host.get(ASKED_AFTER).unwrap_err();
        assert!(host.get(ASKED_AFTER).is_ok() && host.get(BELIEVED_FOR - 1).is_ok());
        let waits = host.get(BELIEVED_FOR).unwrap_err();
        assert_eq!(host.asks(), 1);
        host.tell(Ok(Some(key())));
        told(&answer).unwrap();
        told(&waits).unwrap();
        assert!(host.get(BELIEVED_FOR).is_ok() && host.get(2 * ASKED_AFTER - 1).is_ok());
        assert!(host.get(2 * ASKED_AFTER).is_err());
    }

    #[test]
    fn when_the_first_leaves_the_others_wait_on_and_when_all_leave_the_next_one_asks() {
        let host = Host::default();
        let (first, second) = (host.get(0).unwrap_err(), host.get(0).unwrap_err());
        assert!(first.clone().now_or_never().is_none());
        drop(first);
        host.tell(Ok(Some(key())));
        told(&second).unwrap();
        for _ in 0..2 {
            assert!(host.get(5_000).unwrap_err().now_or_never().is_none());
            assert!(host.keys.lock().asked.is_empty());
        }
        assert_eq!(host.asks(), 2);
    }

    #[test]
    fn nobody_waits_for_who_asked_a_second_ago() {
        let host = Host::default();
        let old = host.get(0).unwrap_err();
        let new = host.get(BELIEVED_FOR).unwrap_err();
        assert_eq!(host.asks(), 2);
        host.tells.borrow_mut().swap(0, 1);
        host.tell(Ok(Some(key())));
        told(&old).unwrap();
        assert!(host.get(BELIEVED_FOR).is_err(), "it may have been revoked since");
        assert_eq!(host.asks(), 1);
        host.tell(Ok(Some(key())));
        told(&new).unwrap();
        assert!(host.get(BELIEVED_FOR).is_ok());
    }

    #[test]
    fn what_was_asked_before_a_revocation_is_no_answer_after_it() {
        let host = Host::default();
        let before = host.get(0).unwrap_err();
        host.keys.forget_all();
        host.tell(Ok(Some(key())));
        told(&before).unwrap();
        let after = host.get(1).unwrap_err();
        host.tell(Ok(Some(key())));
        told(&after).unwrap();
        assert!(host.get(1).is_ok());
        host.keys.forget_all();
        assert!(host.get(1).is_err());
    }

    #[test]
    fn who_waits_shares_a_failure_and_it_forgets_no_key() {
        let host = Host::default();
        let answer = host.get(0).unwrap_err();
        host.tell(Ok(Some(key())));
        told(&answer).unwrap();
        let asks = host.get(ASKED_AFTER).unwrap_err();
        let waits = host.get(BELIEVED_FOR).unwrap_err();
        host.tell(Err(Arc::new(store::Error::Interrupted)));
        assert!(Arc::ptr_eq(&told(&asks).unwrap_err(), &told(&waits).unwrap_err()));
        let asks = host.get(BELIEVED_FOR - 1).unwrap_err();
        assert!(host.get(BELIEVED_FOR - 1).is_ok(), "its second is not over");
        host.tell(Ok(None));
        assert!(told(&asks).unwrap().is_none());
        assert!(host.get(BELIEVED_FOR - 1).is_err(), "it is no key any more");
    }

    #[test]
    fn made_up_keys_drive_out_no_good_one() {
        let host = Host::default();
        let answer = host.get(0).unwrap_err();
        host.tell(Ok(Some(key())));
        told(&answer).unwrap();
        let ask = |ask: Ask| {
            async move {
                ask.learn(&Ok(None));
                Ok(None)
            }
            .boxed()
            .shared()
        };
        for number in 0..2 * MOST {
            let answer = host.keys.get(&number.to_string(), Timestamp(1_000_000), ask).unwrap_err();
            assert!(told(&answer).unwrap().is_none());
        }
        assert!(host.get(1).is_ok());
        assert!(host.keys.lock().asked.is_empty());
    }
}
