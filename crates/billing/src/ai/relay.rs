//! An answer on its way to who has asked, part by part. At most one part waits to be taken, so that it is known how much was
//! read when somebody leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a part may wait to be taken; whoever reads slower has left.
const PATIENCE: Duration = Duration::from_mins(1);

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The chunk, JSON in OpenAI's form.
    pub data: String,
    /// What it adds to the text that is read.
    pub text: String,
    /// Everything that the model has written in it, in characters: also calls of tools, and thoughts.
    pub(super) characters: i64,
}

/// The reader's end; dropped by one who leaves.
#[derive(Debug)]
pub struct Reading {
    from: Receiver<Part>,
    first: Option<Part>,
    /// Characters.
    taken: watch::Sender<i64>,
    again: Arc<AtomicBool>,
}

/// The end of who answers.
#[derive(Debug)]
pub struct Relay {
    to: Sender<Part>,
    taken: watch::Receiver<i64>,
    again: Arc<AtomicBool>,
}

/// Nobody is there any more to take a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left;

pub fn relay() -> (Relay, Reading) {
    let (to, from) = channel(1);
    let (taking, taken) = watch::channel(0);
    let again = Arc::new(AtomicBool::new(false));
    let relay = Relay { to, taken, again: again.clone() };
    (relay, Reading { from, first: None, taken: taking, again })
}

impl Reading {
    /// Waits for the first part, and does not take it. False when there is none.
    pub async fn begin(&mut self) -> bool {
        if self.first.is_none() {
            self.first = self.from.recv().await;
        }
        self.first.is_some()
    }

    /// Whether what comes was said before; known from the first part on.
    pub fn is_again(&self) -> bool {
        self.again.load(Ordering::SeqCst)
    }

    /// Takes the next part; `None` after the last.
    pub async fn next(&mut self) -> Option<Part> {
        let part = match self.first.take() {
            Some(first) => first,
            None => self.from.recv().await?,
        };
        self.taken.send_modify(|taken| *taken += part.characters);
        Some(part)
    }
}

impl Relay {
    /// What will be said was said before.
    pub(super) fn say_that_it_is_again(&self) {
        self.again.store(true, Ordering::SeqCst);
    }

    /// Characters that were taken.
    pub(super) fn taken(&self) -> i64 {
        *self.taken.borrow()
    }

    /// Waits until nobody reads any more.
    pub(super) async fn left(&self) {
        self.to.closed().await;
    }

    /// Returns when there is a place for the part, not when it is taken; at `until` at the latest.
    pub(super) async fn say(&self, part: Part, until: Instant) -> Result<(), Left> {
        match timeout_at(until.min(Instant::now() + PATIENCE), self.to.reserve()).await {
            Ok(Ok(place)) => {
                place.send(part);
                Ok(())
            }
            _ => Err(Left),
        }
    }

    /// Waits until so many characters are taken, or nobody is there to take them. A place for another part says less: it is
    /// free a moment before the part that had it counts, and when the first one is only waited for.
    pub(super) async fn heard(&self, characters: i64) {
        let mut taken = self.taken.clone();
        let _ = timeout(PATIENCE, taken.wait_for(|taken| *taken >= characters)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far() -> Instant {
        Instant::now() + 2 * PATIENCE
    }

    fn part(text: &str) -> Part {
        let characters = i64::try_from(text.len()).unwrap();
        Part { data: String::new(), text: text.to_owned(), characters }
    }

    async fn heard(mut reading: Reading, at_most: usize) -> String {
        let mut heard = String::new();
        for _ in 0..at_most {
            let Some(part) = reading.next().await else { break };
            heard += &part.text;
        }
        heard
    }

    async fn said(relay: Relay) -> (i64, bool) {
        let mut stayed = true;
        for text in ["one ", "two ", "three"] {
            stayed &= relay.say(part(text), far()).await.is_ok();
        }
        (relay.taken(), stayed)
    }

    #[tokio::test(start_paused = true)]
    async fn of_who_leaves_it_is_known_how_much_was_taken() {
        for (at_most, expected) in [(2, "one two "), (1, "one "), (0, "")] {
            let (relay, reading) = relay();
            let ((taken, _), heard) = tokio::join!(said(relay), heard(reading, at_most));
            assert_eq!((taken, heard.as_str()), (i64::try_from(expected.len()).unwrap(), expected));
        }
        let (relay, reading) = relay();
        let ((_, stayed), heard) = tokio::join!(said(relay), heard(reading, 9));
        assert_eq!((stayed, heard.as_str()), (true, "one two three"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_said_again_is_known_with_the_first_part() {
        for expected in [false, true] {
            let (relay, mut reading) = relay();
            if expected {
                relay.say_that_it_is_again();
            }
            let (_, seen) = tokio::join!(relay.say(part("word"), far()), async {
                assert!(reading.begin().await);
                reading.is_again()
            });
            assert_eq!(seen, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_the_first_part_takes_nothing() {
        let (relay, mut reading) = relay();
        relay.say(part("word"), far()).await.unwrap();
        assert!(reading.begin().await && reading.begin().await);
        assert_eq!(relay.taken(), 0);
        assert_eq!(reading.next().await.unwrap().text, "word");
        assert_eq!(relay.taken(), 4);
        drop(reading);
        relay.left().await;
        assert_eq!(relay.say(part("word"), far()).await, Err(Left));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_said_last_is_waited_for() {
        for begins in [false, true] {
            let (relay, mut reading) = relay();
            relay.say(part("word"), far()).await.unwrap();
            if begins {
                reading.begin().await;
            }
            let (taken, heard) = tokio::join!(
                async {
                    relay.heard(4).await;
                    relay.taken()
                },
                heard(reading, 1)
            );
            assert_eq!((taken, heard.as_str()), (4, "word"));
        }
        let (relay, reading) = relay();
        relay.say(part("word"), far()).await.unwrap();
        drop(reading);
        let began = Instant::now();
        relay.heard(4).await;
        assert_eq!((relay.taken(), began.elapsed()), (0, Duration::ZERO), "nobody will");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_heard_counts_also_on_another_thread() {
        for round in 0..5_000 {
            let (relay, reading) = relay();
            let hearing = tokio::spawn(heard(reading, 1));
            relay.say(part("word"), far()).await.unwrap();
            relay.heard(4).await;
            assert_eq!(relay.taken(), 4, "{round}");
            hearing.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_for_a_minute_has_left() {
        let (relay, reading) = relay();
        assert_eq!(said(relay).await, (0, false));
        drop(reading);
    }
}
