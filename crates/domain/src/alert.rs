//! When somebody is told that little is left: decided by what one request has moved, so that no request asks
//! what was told before.

use crate::allowance::Allowance;

/// The highest threshold, in percent of the allowance, that this one unit of use has reached; those that are passed by the
/// same unit are not told. `allowance` is as it is with the unit, and counts none that may still come back: a threshold that
/// is told before its time would not be told when it is true, since the caller tells each once per window.
pub fn used_up_to(allowance: &Allowance, thresholds: &[i64]) -> Option<i64> {
    let limit = i128::from(allowance.terms.limit);
    if limit <= 0 {
        return None;
    }
    let reached = |used: i64, percent: i64| i128::from(used) * 100 >= limit * i128::from(percent);
    thresholds
        .iter()
        .copied()
        .filter(|percent| reached(allowance.used, *percent) && !reached(allowance.used - 1, *percent))
        .max()
}

/// Whether a balance has fallen below `low` by this movement: told once, until it has been there or above
/// again. `low` 0 tells nothing.
pub const fn fell_below(low: i64, before: i64, after: i64) -> bool {
    before >= low && after < low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowance::Window;
    use crate::catalog::{AiRequests, WindowKind};
    use crate::time::Timestamp;
    use ledger::Tokens;

    const THRESHOLDS: [i64; 3] = [50, 75, 100];

    fn told(limit: i64) -> Vec<(i64, i64)> {
        let terms = AiRequests { limit, window: WindowKind::Day, largest_request: Tokens::ZERO };
        let window = Window::at(WindowKind::Day, Timestamp(0), None);
        (1..=limit + 2)
            .filter_map(|used| {
                let allowance = Allowance { terms, window: window.clone(), used };
                used_up_to(&allowance, &THRESHOLDS).map(|percent| (used, percent))
            })
            .collect()
    }

    #[test]
    fn each_threshold_is_reached_by_one_unit() {
        assert_eq!(told(200), [(100, 50), (150, 75), (200, 100)]);
        assert_eq!(told(7), [(4, 50), (6, 75), (7, 100)]);
    }

    #[test]
    fn one_unit_that_reaches_two_tells_the_higher() {
        assert_eq!(told(3), [(2, 50), (3, 100)]);
        assert_eq!(told(1), [(1, 100)]);
        assert_eq!(told(0), []);
    }

    #[test]
    fn a_low_balance_is_told_on_the_way_down_only() {
        assert!(fell_below(10, 10, 9));
        assert!(!fell_below(10, 9, 8), "told before");
        assert!(!fell_below(10, 11, 10), "not below yet");
        assert!(!fell_below(10, 5, 15), "on the way up");
        assert!(!fell_below(0, 5, 0), "switched off");
    }
}
