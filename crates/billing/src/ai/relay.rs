//! An answer on its way to who has asked, part by part. At most one part waits to be taken, so that it is known how much was
//! read when somebody leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
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
    taken: Arc<AtomicI64>,
    again: Arc<AtomicBool>,
}

/// The end of who answers.
#[derive(Debug)]
pub struct Relay {
    to: Sender<Part>,
    taken: Arc<AtomicI64>,
    again: Arc<AtomicBool>,
}

/// Nobody is there any more to take a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left;

pub fn relay() -> (Relay, Reading) {
    let (to, from) = channel(1);
    let (taken, again) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let relay = Relay { to, taken: taken.clone(), again: again.clone() };
    (relay, Reading { from, first: None, taken, again })
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
        self.taken.fetch_add(part.characters, Ordering::SeqCst);
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
        self.taken.load(Ordering::SeqCst)
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

    /// Waits until what was said is taken, or nobody is there to take it.
    pub(super) async fn heard(&self) {
        let _ = timeout(PATIENCE, self.to.reserve()).await;
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
        let (relay, reading) = relay();
        relay.say(part("word"), far()).await.unwrap();
        let (taken, heard) = tokio::join!(
            async {
                relay.heard().await;
                relay.taken()
            },
            heard(reading, 1)
        );
        assert_eq!((taken, heard.as_str()), (4, "word"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_for_a_minute_has_left() {
        let (relay, reading) = relay();
        assert_eq!(said(relay).await, (0, false));
        drop(reading);
    }
}
