//! An answer on its way to who has asked, part by part. At most one part waits to be taken, so that it is known how much was
//! read when somebody leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep, timeout_at};

/// Between two parts, so that a person sees the answer arrive.
const PACE: Duration = Duration::from_millis(25);

/// The reader's end; dropped by one who leaves.
#[derive(Debug)]
pub struct Parts {
    from: Receiver<String>,
    first: Option<String>,
    /// Bytes.
    taken: Arc<AtomicUsize>,
    again: Arc<AtomicBool>,
}

/// The speaker's end.
#[derive(Debug)]
pub struct Speaker {
    to: Sender<String>,
    taken: Arc<AtomicUsize>,
    again: Arc<AtomicBool>,
}

pub fn parts() -> (Speaker, Parts) {
    let (to, from) = channel(1);
    let (taken, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let speaker = Speaker { to, taken: taken.clone(), again: again.clone() };
    (speaker, Parts { from, first: None, taken, again })
}

impl Parts {
    /// Waits for the first part, and does not take it. False when there is none.
    pub async fn begin(&mut self) -> bool {
        if self.first.is_none() {
            self.first = self.from.recv().await;
        }
        self.first.is_some()
    }

    /// Whether what comes was said before; known from the first part on.
    pub fn are_again(&self) -> bool {
        self.again.load(Ordering::SeqCst)
    }

    /// Takes the next part; `None` after the last.
    pub async fn next(&mut self) -> Option<String> {
        let part = match self.first.take() {
            Some(first) => first,
            None => self.from.recv().await?,
        };
        self.taken.fetch_add(part.len(), Ordering::SeqCst);
        Some(part)
    }
}

impl Speaker {
    /// What will be said was said before.
    pub(super) fn again(self) -> Self {
        self.again.store(true, Ordering::SeqCst);
        self
    }

    /// Says the text word by word, at most as long as `patience`. Answers as much of it as was taken.
    pub(super) async fn say(self, text: &str, patience: Duration) -> &str {
        let until = Instant::now() + patience;
        for word in text.split_inclusive(' ') {
            let Ok(Ok(place)) = timeout_at(until, self.to.reserve()).await else { break };
            place.send(word.to_owned());
            sleep(PACE).await;
        }
        // The last was taken, or nobody is there, or time is over.
        let _ = timeout_at(until, self.to.reserve()).await;
        text.get(..self.taken.load(Ordering::SeqCst)).unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    async fn heard(mut parts: Parts, at_most: usize) -> String {
        let mut heard = String::new();
        for _ in 0..at_most {
            let Some(part) = parts.next().await else { break };
            heard += &part;
        }
        heard
    }

    #[tokio::test(start_paused = true)]
    async fn who_stays_hears_all_and_who_leaves_is_known_to_have_heard_a_part() {
        for (at_most, expected) in
            [(9, "one two three"), (3, "one two three"), (2, "one two "), (1, "one "), (0, "")]
        {
            let (speaker, parts) = parts();
            let (said, heard) = tokio::join!(speaker.say("one two three", LONG), heard(parts, at_most));
            assert_eq!((said, heard.as_str()), (expected, expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_said_again_is_known_with_the_first_part() {
        for (is_again, expected) in [(false, false), (true, true)] {
            let (speaker, mut parts) = parts();
            let speaker = if is_again { speaker.again() } else { speaker };
            let begun = async {
                assert!(parts.begin().await);
                let again = parts.are_again();
                drop(parts);
                again
            };
            assert_eq!(tokio::join!(begun, speaker.say("one two", LONG)).0, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_only_waits_has_taken_nothing() {
        let (speaker, mut waiting) = parts();
        let began = async {
            assert!(waiting.begin().await);
            drop(waiting);
        };
        assert_eq!(tokio::join!(speaker.say("one two", LONG), began).0, "");
        let (speaker, mut waiting) = parts();
        drop(speaker);
        assert!(!waiting.begin().await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_not_waited_for() {
        let (speaker, mut stays) = parts();
        assert!(tokio::join!(stays.begin(), speaker.say("one two three", LONG)).1.is_empty());
    }
}
