//! What this process knows of keys, so that the hot path asks the database once a second and not each time. Who comes while
//! it is asked waits for that answer: a host that was quiet comes back with all its requests at once.

use super::ServiceKey;
use crate::{Error, Result};
use domain::time::{MINUTE, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// In milliseconds of wall time after the database was asked. So long a key may still open what another process has closed;
/// this process knows at once.
const BELIEVED_FOR: i64 = 1_000;
/// As above: then it is asked anew, and until it answers, the key is believed on.
const ASKED_AFTER: i64 = 800;
/// Keys that are known, more than any host has: then all are forgotten. And keys that are asked for at the same time.
const MOST: usize = 1_000;

/// What the database says: `None` is no key, or a revoked one.
pub(super) type Found = Result<Option<Arc<ServiceKey>>, Arc<store::Error>>;
/// The same for everybody who waits for it, once it is there.
pub(super) type Answer = watch::Receiver<Option<Found>>;

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
    /// When its last use was, or is being, written down.
    noted_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Asked {
    number: u64,
    at: Timestamp,
    answer: Answer,
}

#[derive(Debug)]
pub(super) enum Look {
    Known(Arc<ServiceKey>),
    Asked(Answer),
}

/// Whether it is less than `time` after `at`. Never of what the clock, put back, has yet to come to.
fn is_within(time: i64, at: Timestamp, now: Timestamp) -> bool {
    (at..at.plus(time)).contains(&now)
}

impl KnownKeys {
    fn lock(&self) -> MutexGuard<'_, Keys> {
        // A panic between two of its methods leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key, or what to wait for; `ask` begins to ask the database. [`Error::Overloaded`] when too many are asked for of which
    /// none was ever known.
    pub(super) fn get(self: &Arc<Self>, hash: &str, now: Timestamp, ask: impl FnOnce(Ask)) -> Result<Look> {
        let mut keys = self.lock();
        let known = keys.known.get(hash).filter(|known| is_within(BELIEVED_FOR, known.asked_at, now));
        let is_fresh = known.is_some_and(|known| is_within(ASKED_AFTER, known.asked_at, now));
        let known = known.map(|known| Look::Known(known.key.clone()));
        // Who asked a second ago may have read what is not true any more.
        let asked = keys.asked.get(hash).filter(|asked| is_within(BELIEVED_FOR, asked.at, now));
        let asked = asked.map(|asked| Look::Asked(asked.answer.clone()));
        let known = match (known, asked) {
            (Some(key), asked) if is_fresh || asked.is_some() => return Ok(key),
            (None, Some(answer)) => return Ok(answer),
            (known, _) => known,
        };
        if keys.asked.len() >= MOST && !keys.known.contains_key(hash) {
            return Err(Error::Overloaded);
        }
        keys.count += 1;
        let (number, (tell, answer)) = (keys.count, watch::channel(None));
        keys.asked.insert(hash.to_owned(), Asked { number, at: now, answer: answer.clone() });
        // A runtime that ends drops what it is given here, and that takes the lock.
        drop(keys);
        ask(Ask { keys: self.clone(), hash: hash.to_owned(), number, tell });
        Ok(known.unwrap_or(Look::Asked(answer)))
    }

    /// Also what is being asked: who comes from now on asks anew.
    pub(super) fn forget_all(&self) {
        let mut keys = self.lock();
        keys.known.clear();
        keys.asked.clear();
    }
}

/// Whoever asks. Once it is dropped, who comes asks anew.
#[derive(Debug)]
pub(super) struct Ask {
    keys: Arc<KnownKeys>,
    hash: String,
    number: u64,
    tell: watch::Sender<Option<Found>>,
}

impl Ask {
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Told to all who wait. True: the key's use is to be noted now, which it is once a minute whatever comes of it.
    pub(super) fn answer(self, found: Found) -> bool {
        let notes = self.learn(&found);
        self.tell.send_replace(Some(found));
        notes
    }

    /// Unless it is of no use any more: keys were forgotten since it was asked, or somebody else has asked after it.
    fn learn(&self, found: &Found) -> bool {
        let keys = &mut *self.keys.lock();
        let Some(asked) = keys.asked.get(&self.hash).filter(|asked| asked.number == self.number) else {
            return false;
        };
        match found {
            Ok(Some(key)) => {
                if keys.known.len() >= MOST && !keys.known.contains_key(&self.hash) {
                    keys.known.clear();
                }
                let noted_at = keys.known.get(&self.hash).and_then(|known| known.noted_at);
                let noted_at = noted_at.max(key.last_used_at);
                let notes = noted_at.is_none_or(|at| at.plus(MINUTE) < asked.at);
                let noted_at = if notes { Some(asked.at) } else { noted_at };
                let known = Known { key: key.clone(), asked_at: asked.at, noted_at };
                keys.known.insert(self.hash.clone(), known);
                notes
            }
            Ok(None) => {
                keys.known.remove(&self.hash);
                false
            }
            Err(_) => false,
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
    use std::cell::RefCell;

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
        asks: RefCell<Vec<Ask>>,
    }

    impl Host {
        /// So many milliseconds after the start.
        fn look(&self, after: i64) -> Result<Look> {
            self.keys.get("hash", Timestamp(1_000_000 + after), |ask| self.asks.borrow_mut().push(ask))
        }

        fn is_let_in(&self, after: i64) -> bool {
            matches!(self.look(after).unwrap(), Look::Known(_))
        }

        fn waits(&self, after: i64) -> Answer {
            match self.look(after).unwrap() {
                Look::Known(key) => panic!("{key:?} is believed"),
                Look::Asked(answer) => answer,
            }
        }

        /// Those who are not answered yet.
        fn ask(&self) -> usize {
            self.asks.borrow().len()
        }

        /// The one of them who came first. Whether it notes the use.
        fn answer(&self, found: &Found) -> bool {
            let ask = self.asks.borrow_mut().remove(0);
            ask.answer(found.clone())
        }
    }

    fn told(answer: &Answer) -> Option<Found> {
        answer.borrow().clone()
    }

    #[test]
    fn one_asks_and_all_others_wait() {
        let host = Host::default();
        for at in [0, 65_000] {
            let answers: Vec<_> = (0..512).map(|_| host.waits(at)).collect();
            assert_eq!(host.ask(), 1, "who comes first, and after it was quiet");
            assert!(answers.iter().all(|answer| told(answer).is_none()));
            host.answer(&Ok(Some(key())));
            assert!(answers.iter().all(|answer| told(answer).unwrap().unwrap().is_some()));
            assert!(host.is_let_in(at + ASKED_AFTER - 1));
            assert_eq!(host.ask(), 0);
        }
    }

    #[test]
    fn it_is_asked_anew_once_and_believed_for_no_longer_than_a_second() {
        let host = Host::default();
        host.waits(0);
        host.answer(&Ok(Some(key())));
        assert!(host.is_let_in(ASKED_AFTER) && host.is_let_in(BELIEVED_FOR - 1));
        host.waits(BELIEVED_FOR);
        assert_eq!(host.ask(), 1);
        host.answer(&Ok(Some(key())));
        assert!(host.is_let_in(BELIEVED_FOR) && host.is_let_in(ASKED_AFTER + BELIEVED_FOR - 1));
        assert!(!host.is_let_in(ASKED_AFTER + BELIEVED_FOR), "no answer came");
        assert!(!host.is_let_in(0), "the clock was put back");
    }

    #[test]
    fn nobody_waits_for_who_asked_a_second_ago() {
        let host = Host::default();
        let old = host.waits(0);
        let new = host.waits(BELIEVED_FOR);
        assert_eq!(host.ask(), 2);
        host.answer(&Ok(Some(key())));
        assert!(told(&old).is_some() && told(&new).is_none());
        host.waits(BELIEVED_FOR);
        assert_eq!(host.ask(), 1, "it may have been revoked since");
        host.answer(&Ok(Some(key())));
        assert!(told(&new).is_some() && host.is_let_in(BELIEVED_FOR));
    }

    #[test]
    fn what_was_asked_before_a_revocation_is_no_answer_after_it() {
        let host = Host::default();
        host.waits(0);
        host.keys.forget_all();
        assert!(!host.answer(&Ok(Some(key()))));
        host.waits(1);
        host.answer(&Ok(Some(key())));
        assert!(host.is_let_in(1));
        host.keys.forget_all();
        assert!(!host.is_let_in(1));
    }

    #[test]
    fn a_failure_is_told_to_all_and_forgets_no_key() {
        let host = Host::default();
        host.waits(0);
        host.answer(&Ok(Some(key())));
        assert!(host.is_let_in(ASKED_AFTER));
        let (one, other) = (host.waits(BELIEVED_FOR), host.waits(BELIEVED_FOR));
        host.answer(&Err(Arc::new(store::Error::Interrupted)));
        assert!(told(&one).unwrap().is_err() && told(&other).unwrap().is_err());
        assert!(host.is_let_in(BELIEVED_FOR - 1), "its second is not over");
        host.answer(&Ok(None));
        assert!(!host.is_let_in(BELIEVED_FOR - 1), "it is no key any more");
    }

    #[test]
    fn who_ends_without_an_answer_is_waited_for_no_more() {
        let host = Host::default();
        let answer = host.waits(0);
        host.asks.borrow_mut().clear();
        assert!(answer.has_changed().is_err(), "nobody is left who could tell");
        host.waits(0);
        assert_eq!(host.ask(), 1);
    }

    #[test]
    fn a_runtime_that_ends_takes_nobody_with_it() {
        let host = Host::default();
        let Ok(Look::Asked(answer)) = host.keys.get("hash", Timestamp(0), drop) else { panic!("believed") };
        assert!(answer.has_changed().is_err() && host.keys.lock().asked.is_empty());
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let host = Host::default();
        let at = [0, 1_000, MINUTE, MINUTE + 1_000, 2 * MINUTE, 2 * MINUTE + 1_000, 2 * MINUTE + 2_000];
        let notes = at.map(|at| {
            host.waits(at);
            host.answer(&Ok(Some(key())))
        });
        assert_eq!(notes, [true, false, false, true, false, false, true], "the database still says never");
        let used = ServiceKey { last_used_at: Some(Timestamp(1_000_000 + 4 * MINUTE)), ..(*key()).clone() };
        host.waits(4 * MINUTE + 5_000);
        assert!(!host.answer(&Ok(Some(Arc::new(used)))), "another process has noted it");
    }

    #[test]
    fn made_up_keys_drive_out_no_good_one() {
        let host = Host::default();
        host.waits(0);
        host.answer(&Ok(Some(key())));
        let kept = RefCell::new(Vec::new());
        let look = |number: usize| {
            host.keys.get(&number.to_string(), Timestamp(1_000_000), |ask| kept.borrow_mut().push(ask))
        };
        assert!((0..MOST).all(|number| look(number).is_ok()));
        assert!(matches!(look(MOST), Err(Error::Overloaded)));
        assert!(host.is_let_in(1) && host.is_let_in(ASKED_AFTER));
        host.answer(&Ok(Some(key())));
        assert!(host.is_let_in(2 * ASKED_AFTER - 1));
        host.waits(65_000);
        host.answer(&Ok(Some(key())));
        kept.borrow_mut().clear();
        assert!(host.keys.lock().asked.is_empty());
        assert!(look(MOST).is_ok());
    }
}
