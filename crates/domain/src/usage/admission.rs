//! Who pays for an AI request: the allowance, the tokens, or nobody. The decision is the admission (trap 13).

use crate::allowance::Allowance;
use ledger::{Balance, InsufficientTokens, Tokens};

/// An admitted request, and what is to be written for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission<T> {
    /// One unit of the allowance.
    Allowance,
    /// Tokens from the balance, moved as the caller does it.
    Tokens(T),
}

/// A refused request; nothing is consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Neither allowance nor tokens are left.
    OutOfAiRequests,
    /// There are tokens, or units of allowance, but too few or too small for the amount asked.
    OutOfTokens,
}

/// The allowance first, then tokens. One unit of allowance covers one request, up to the tier's largest. `pay` takes the
/// tokens from the balance: spent at once, or held.
pub fn admit<T>(
    cost: Tokens,
    allowance: &Allowance,
    balance: Balance,
    pay: impl FnOnce(Balance, Tokens) -> Result<T, InsufficientTokens>,
) -> Result<Admission<T>, Refusal> {
    let units_left = allowance.remaining() > 0;
    if units_left && cost <= allowance.terms.largest_request {
        return Ok(Admission::Allowance);
    }
    match pay(balance, cost) {
        Ok(paid) => Ok(Admission::Tokens(paid)),
        Err(short) if short.available.is_zero() && !units_left => Err(Refusal::OutOfAiRequests),
        Err(_) => Err(Refusal::OutOfTokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowance::Window;
    use crate::catalog::{AiRequests, WindowKind};
    use crate::time::Timestamp;

    fn tokens(count: i64) -> Tokens {
        Tokens::new(count).unwrap()
    }

    fn allowance(used: i64) -> Allowance {
        let terms = AiRequests { limit: 3, window: WindowKind::Day, largest_request: tokens(4_000) };
        Allowance { terms, window: Window::at(WindowKind::Day, Timestamp(0), None), used }
    }

    fn having(available: i64) -> Balance {
        Balance { available: tokens(available), ..Balance::default() }
    }

    fn spent(cost: i64, allowance: &Allowance, available: i64) -> Result<Admission<(Balance, i64)>, Refusal> {
        admit(tokens(cost), allowance, having(available), |balance, cost| {
            balance.spend(cost).map(|(after, posting)| (after, posting.delta))
        })
    }

    #[test]
    fn the_allowance_pays_before_tokens_do() {
        assert_eq!(spent(1, &allowance(2), 100), Ok(Admission::Allowance));
    }

    #[test]
    fn tokens_pay_once_the_window_is_used_up() {
        let Ok(Admission::Tokens((balance, delta))) = spent(1, &allowance(3), 100_000) else {
            panic!("not paid with tokens");
        };
        assert_eq!((balance.available, delta), (tokens(99_999), -1));
    }

    #[test]
    fn a_request_larger_than_one_unit_covers_is_paid_with_tokens_entirely() {
        let Ok(Admission::Tokens((_, delta))) = spent(4_001, &allowance(0), 5_000) else {
            panic!("not paid with tokens");
        };
        assert_eq!(delta, -4_001);
    }

    #[test]
    fn refusals_say_what_is_missing() {
        assert_eq!(spent(1, &allowance(3), 0), Err(Refusal::OutOfAiRequests));
        assert_eq!(spent(10, &allowance(3), 9), Err(Refusal::OutOfTokens));
        assert_eq!(spent(5_000, &allowance(0), 0), Err(Refusal::OutOfTokens));
    }

    #[test]
    fn tokens_are_held_under_the_same_rules_as_they_are_spent() {
        let held =
            |cost, used, available| admit(tokens(cost), &allowance(used), having(available), Balance::hold);
        assert_eq!(held(1, 2, 100), Ok(Admission::Allowance));
        let Ok(Admission::Tokens(after)) = held(60, 3, 100) else { panic!("not held") };
        assert_eq!((after.available, after.held), (tokens(40), tokens(60)));
        assert_eq!(held(1, 3, 0), Err(Refusal::OutOfAiRequests));
        assert_eq!(held(101, 3, 100), Err(Refusal::OutOfTokens));
    }
}
