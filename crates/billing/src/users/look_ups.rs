//! Users of hosts who are looked up for the hot path: many at a time, as each by itself would cost the database more than what
//! is asked for them, and who waits for a connection takes more memory than who waits here.

use crate::{Billing, Error, Result};
use futures_util::FutureExt as _;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::db::{LONGEST_ANSWER, within};
use store::users::Owner;
use tokio::sync::oneshot;

/// Statements at once: while the answer of one is given out, the database has the other.
const AT_ONCE: usize = 2;
/// Users of one statement.
const MOST: usize = 256;
/// Users who may wait, of all hosts: as many as AI requests.
const MOST_WAITING: usize = 8_192;

type Found = Result<Option<Owner>, Arc<store::Error>>;

#[derive(Debug, Default)]
pub(super) struct LookUps(Mutex<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    running: usize,
}

#[derive(Debug)]
struct Waiting {
    issuer: String,
    subject: String,
    tell: oneshot::Sender<Found>,
}

impl LookUps {
    fn lock(&self) -> MutexGuard<'_, Line> {
        // Nobody who has it panics half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody has to begin, who then goes on until [`LookUps::take`] has nobody left.
    fn push(&self, waiting: Waiting) -> Result<bool> {
        let mut line = self.lock();
        if line.waiting.len() >= MOST_WAITING {
            return Err(Error::Overloaded);
        }
        line.waiting.push_back(waiting);
        let begins = line.running < AT_ONCE;
        line.running += usize::from(begins);
        Ok(begins)
    }

    /// Who is looked up next, but those who have left. `None`: whoever asks is done.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut line = self.lock();
        let mut taken = Vec::new();
        while taken.len() < MOST
            && let Some(waiting) = line.waiting.pop_front()
        {
            if !waiting.tell.is_closed() {
                taken.push(waiting);
            }
        }
        if taken.is_empty() {
            line.running -= 1;
            return None;
        }
        Some(taken)
    }
}

impl Billing {
    /// [`Error::Overloaded`] when too many wait already. A failure is everybody's who was looked up with it.
    pub(super) async fn look_up_owner(&self, issuer: &str, subject: &str) -> Result<Option<Owner>> {
        let (tell, told) = oneshot::channel();
        let waiting = Waiting { issuer: issuer.to_owned(), subject: subject.to_owned(), tell };
        if self.known_users.look_ups.push(waiting)? {
            tokio::spawn(self.clone().look_up_all());
        }
        // Who waits for others waits no longer than they: a database that is gone is gone for all.
        let told = within(LONGEST_ANSWER, told.map(|told| told.map_err(|_| store::Error::Interrupted)));
        Ok(told.await??)
    }

    async fn look_up_all(self) {
        while let Some(waiting) = self.known_users.look_ups.take() {
            // Of a panic the log says more, and who waited hears that there is no answer.
            drop(AssertUnwindSafe(self.look_up(waiting)).catch_unwind().await);
        }
    }

    async fn look_up(&self, waiting: Vec<Waiting>) {
        let named: Vec<_> = waiting.iter().map(|one| (one.issuer.as_str(), one.subject.as_str())).collect();
        let mut reader = self.db.reader();
        let owners = within(LONGEST_ANSWER, store::users::owners(&mut reader, &named)).await;
        let owners = match owners {
            Ok(owners) => owners.into_iter().map(Ok).collect(),
            Err(error) => {
                tracing::warn!(%error, users = waiting.len(), "users were not looked up");
                vec![Err(Arc::new(error)); waiting.len()]
            }
        };
        for (waiting, owner) in waiting.into_iter().zip(owners) {
            // Who asked may have left.
            drop(waiting.tell.send(owner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: usize) -> (Waiting, oneshot::Receiver<Found>) {
        let (tell, told) = oneshot::channel();
        (Waiting { issuer: "host".to_owned(), subject: number.to_string(), tell }, told)
    }

    #[test]
    fn who_comes_meanwhile_is_looked_up_together() {
        let look_ups = LookUps::default();
        let mut told = Vec::new();
        let mut push = |number| {
            let (waiting, receiver) = waiting(number);
            told.push(receiver);
            look_ups.push(waiting).unwrap()
        };
        assert!(push(0) && push(1));
        assert!((2..=MOST + 2).all(|number| !push(number)), "two are at it");
        assert_eq!(look_ups.take().unwrap().len(), MOST);
        let rest = look_ups.take().unwrap();
        assert_eq!(
            rest.iter().map(|waiting| waiting.subject.as_str()).collect::<Vec<_>>(),
            ["256", "257", "258"]
        );
        assert!(look_ups.take().is_none());
        assert!(push(0) && !push(1), "one has ended, the other goes on");
        assert_eq!(look_ups.take().unwrap().len(), 2);
        assert!(look_ups.take().is_none() && look_ups.take().is_none());
        assert!(push(0) && push(1));
    }

    #[test]
    fn who_has_left_is_not_looked_up() {
        let look_ups = LookUps::default();
        let ((gone, left), (here, _waits)) = (waiting(1), waiting(2));
        drop(left);
        assert!(look_ups.push(gone).unwrap() && look_ups.push(here).unwrap());
        let taken = look_ups.take().unwrap();
        assert_eq!((taken.len(), taken[0].subject.as_str()), (1, "2"));
    }

    #[test]
    fn no_more_wait_than_can_be_answered_soon() {
        let look_ups = LookUps::default();
        let told: Vec<_> = (0..=MOST_WAITING).map(waiting).collect();
        let mut pushed = told.into_iter().map(|(waiting, told)| (look_ups.push(waiting), told));
        assert!(pushed.by_ref().take(MOST_WAITING).all(|(pushed, _told)| pushed.is_ok()));
        assert!(matches!(pushed.next(), Some((Err(Error::Overloaded), _))));
    }
}
