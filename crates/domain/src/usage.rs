//! Who pays for an AI request: the allowance, the tokens, or nobody. The decision is the admission (trap 13).

use crate::allowance::Allowance;
use ledger::{Balance, Posting, Tokens};

/// Tokens that a request costs when its caller names no amount.
pub const DEFAULT_COST: i64 = 1;

/// An admitted request, and what is to be written for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// One unit of the allowance.
    Allowance,
    /// Tokens from the balance.
    Tokens { balance: Balance, posting: Posting },
}

/// A refused request; nothing is consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Neither allowance nor tokens are left.
    OutOfAiRequests,
    /// There are tokens, or units of allowance, but too few or too small for the amount asked.
    OutOfTokens,
}

/// The allowance first, then tokens. One unit of allowance covers one request, up to the tier's largest.
pub fn admit(cost: Tokens, allowance: &Allowance, balance: Balance) -> Result<Admission, Refusal> {
    let units_left = allowance.remaining() > 0;
    if units_left && cost <= allowance.terms.largest_request {
        return Ok(Admission::Allowance);
    }
    match balance.spend(cost) {
        Ok((balance, posting)) => Ok(Admission::Tokens { balance, posting }),
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

    #[test]
    fn the_allowance_pays_before_tokens_do() {
        assert_eq!(admit(tokens(1), &allowance(2), having(100)), Ok(Admission::Allowance));
    }

    #[test]
    fn tokens_pay_once_the_window_is_used_up() {
        let Ok(Admission::Tokens { balance, posting }) = admit(tokens(1), &allowance(3), having(100_000))
        else {
            panic!("not paid with tokens");
        };
        assert_eq!((balance.available, posting.delta), (tokens(99_999), -1));
    }

    #[test]
    fn a_request_larger_than_one_unit_covers_is_paid_with_tokens_entirely() {
        let Ok(Admission::Tokens { posting, .. }) = admit(tokens(4_001), &allowance(0), having(5_000)) else {
            panic!("not paid with tokens");
        };
        assert_eq!(posting.delta, -4_001);
    }

    #[test]
    fn refusals_say_what_is_missing() {
        assert_eq!(admit(tokens(1), &allowance(3), having(0)), Err(Refusal::OutOfAiRequests));
        assert_eq!(admit(tokens(10), &allowance(3), having(9)), Err(Refusal::OutOfTokens));
        assert_eq!(admit(tokens(5_000), &allowance(0), having(0)), Err(Refusal::OutOfTokens));
    }
}
