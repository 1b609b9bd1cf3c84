//! How often something happened lately: a bucket of tokens for seconds, a window of moments for longer.

use std::collections::VecDeque;

/// A bucket of tokens: one second's worth at most, filled evenly.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// In thousandths, which is what comes in each millisecond at one a second. None: it was never used, and is full.
    tokens: Option<i64>,
    at_ms: i64,
}

const ONE: i64 = 1000;

impl Bucket {
    /// Fills it up to now, and says whether there is a token.
    pub(super) fn has_one(&mut self, per_second: u32, now_ms: i64) -> bool {
        let full = i64::from(per_second) * ONE;
        let came = (now_ms - self.at_ms).max(0).saturating_mul(i64::from(per_second));
        let tokens = self.tokens.map_or(full, |tokens| tokens.saturating_add(came).min(full));
        self.tokens = Some(tokens);
        self.at_ms = now_ms;
        tokens >= ONE
    }

    pub(super) fn take_one(&mut self) {
        self.tokens = self.tokens.map(|tokens| tokens - ONE);
    }
}

/// The moments at which something happened, as far back as matters.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<i64>);

impl Window {
    pub(super) fn has_room(&mut self, most: u32, within_ms: i64, now_ms: i64) -> bool {
        while self.0.front().is_some_and(|at| *at <= now_ms - within_ms) {
            self.0.pop_front();
        }
        self.0.len() < usize::try_from(most).unwrap_or(usize::MAX)
    }

    pub(super) fn add(&mut self, at_ms: i64) {
        self.0.push_back(at_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn took(bucket: &mut Bucket, per_second: u32, at: i64) -> bool {
        let has = bucket.has_one(per_second, at);
        if has {
            bucket.take_one();
        }
        has
    }

    #[test]
    fn a_bucket_gives_one_seconds_worth_at_once_and_then_evenly() {
        let mut bucket = Bucket::default();
        let taken = |bucket: &mut Bucket, at| (0..10).filter(|_| took(bucket, 4, at)).count();
        assert_eq!(taken(&mut bucket, 5000), 4);
        assert_eq!(taken(&mut bucket, 5249), 0);
        assert_eq!(taken(&mut bucket, 5250), 1);
        assert_eq!(taken(&mut bucket, 6000), 3);
        assert_eq!(taken(&mut bucket, 60_000), 4, "it holds no more than a second's worth");
    }

    #[test]
    fn a_window_has_room_again_when_the_oldest_is_past() {
        let mut window = Window::default();
        for at in [0, 10, 20] {
            assert!(window.has_room(3, 100, at));
            window.add(at);
        }
        assert!(!window.has_room(3, 100, 99));
        assert!(window.has_room(3, 100, 100));
    }

    proptest! {
        #[test]
        fn whatever_the_moments_no_more_than_the_rate_and_one_burst_gets_through(
            mut moments in prop::collection::vec(0..20_000_i64, 0..400), per_second in 1..40_u32
        ) {
            moments.sort_unstable();
            let mut bucket = Bucket::default();
            let taken = moments.iter().filter(|at| took(&mut bucket, per_second, **at)).count();
            let span = moments.last().unwrap_or(&0) - moments.first().unwrap_or(&0);
            let most = i64::from(per_second) + span * i64::from(per_second) / 1000 + 1;
            prop_assert!(i64::try_from(taken).unwrap() <= most);
        }
    }
}
