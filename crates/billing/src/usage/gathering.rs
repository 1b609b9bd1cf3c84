//! With few who ask, those who were just answered soon come again. On PostgreSQL most of what a small batch costs it costs by
//! itself, so one waits a moment until they are all there: else the first of them has a batch, and the others wait for it.

use std::time::Duration;

/// On PostgreSQL. Where a batch has so many, the work counts more than what a batch costs by itself.
const FEW: usize = 24;
/// How long one waits at a time, unless all are there before. The timers of an asynchronous runtime know no less than a
/// millisecond: it is the thread that sleeps.
pub(super) const PAUSE: Duration = Duration::from_micros(40);
/// How often at most: for one and a half milliseconds or so, because a thread sleeps for somewhat longer than it is told.
const MOST_PAUSES: u32 = 15;
/// In so many of them nobody came: nobody comes.
const STILL: u32 = 2;

/// Waiting for those who are expected.
#[derive(Debug)]
pub(super) struct Gathering {
    expected: usize,
    waiting: usize,
    pauses: u32,
    still: u32,
}

impl Gathering {
    pub(super) fn new(expected: usize) -> Self {
        Self { expected, waiting: 0, pauses: 0, still: 0 }
    }

    /// Whether one pauses once more, now that so many are `waiting`.
    pub(super) fn goes_on(&mut self, waiting: usize) -> bool {
        self.still = if waiting > self.waiting { 0 } else { self.still + 1 };
        self.waiting = waiting;
        let goes_on =
            self.expected < FEW && waiting < self.expected && self.still < STILL && self.pauses < MOST_PAUSES;
        self.pauses += 1;
        goes_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_expected_is_waited_for_as_long_as_somebody_comes() {
        let mut gathering = Gathering::new(6);
        for waiting in [1, 2, 2, 3, 3, 5] {
            assert!(gathering.goes_on(waiting), "{waiting} of 6");
        }
        assert!(!gathering.goes_on(6), "all are there");

        let mut gathering = Gathering::new(6);
        assert!(gathering.goes_on(1));
        assert!(gathering.goes_on(1));
        assert!(!gathering.goes_on(1), "nobody comes");
    }

    #[test]
    fn nobody_waits_for_long() {
        let mut gathering = Gathering::new(FEW - 1);
        let pauses = (1..FEW - 1).take_while(|waiting| gathering.goes_on(*waiting)).count();
        assert_eq!(pauses, usize::try_from(MOST_PAUSES).unwrap());
    }

    #[test]
    fn who_asks_alone_does_not_wait_and_many_do_not_wait_for_each_other() {
        assert!(!Gathering::new(0).goes_on(1));
        assert!(!Gathering::new(1).goes_on(1));
        assert!(Gathering::new(FEW - 1).goes_on(1));
        assert!(!Gathering::new(FEW).goes_on(1));
    }
}
