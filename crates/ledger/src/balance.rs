//! An account's tokens, and the three ways in which they move: credited, spent, taken back.
//!
//! Invariant: the sum of all postings of an account equals `available + held - debt`.

use crate::{Kind, Posting, Tokens};

/// What an account has. `Default` is an account that never had tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Can be spent now.
    pub available: Tokens,
    /// Reserved by holds; still the account's own.
    pub held: Tokens,
    /// Taken back after it was spent (trap 12). The next credit pays it first.
    pub debt: Tokens,
    /// Spent on AI requests, all time.
    pub spent: Tokens,
    /// Bought, all time, less what was refunded.
    pub purchased: Tokens,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{needed} tokens needed, {available} available")]
pub struct InsufficientTokens {
    pub needed: Tokens,
    pub available: Tokens,
}

/// A credit so large that the balance would no longer fit the database's integer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the balance would exceed {}", i64::MAX)]
pub struct BalanceOverflow;

impl Balance {
    /// `available + held - debt`, which is also the sum of the account's postings.
    pub fn net(&self) -> i64 {
        self.available.get() + self.held.get() - self.debt.get()
    }

    /// Adds tokens; a debt is paid first.
    pub fn credit(self, kind: Kind, tokens: Tokens) -> Result<(Self, Posting), BalanceOverflow> {
        let repaid = tokens.min(self.debt);
        let available = self.available.checked_add(tokens.saturating_sub(repaid)).ok_or(BalanceOverflow)?;
        available.checked_add(self.held).ok_or(BalanceOverflow)?;
        let purchased = match kind {
            Kind::Purchase | Kind::Reversal => self.purchased.checked_add(tokens).ok_or(BalanceOverflow)?,
            _ => self.purchased,
        };
        let after = Self { available, debt: self.debt.saturating_sub(repaid), purchased, ..self };
        Ok((after, Posting::credit(kind, tokens, after.net())))
    }

    /// Pays for an AI request, all or nothing: a refusal changes nothing (trap 13).
    pub fn spend(self, tokens: Tokens) -> Result<(Self, Posting), InsufficientTokens> {
        let available = self
            .available
            .checked_sub(tokens)
            .ok_or(InsufficientTokens { needed: tokens, available: self.available })?;
        // `spent` is a statistic: at its ceiling it stays there rather than refuse a paid request.
        let spent = self.spent.checked_add(tokens).unwrap_or(self.spent);
        let after = Self { available, spent, ..self };
        Ok((after, Posting::debit(Kind::Usage, tokens, after.net())))
    }

    /// Takes tokens back after a refund: what is available first, the rest as debt, never a silent
    /// negative (trap 12). Holds are left alone: they belong to requests that already run.
    pub fn take_back(self, tokens: Tokens) -> (Self, Posting) {
        let taken = tokens.min(self.available);
        let owed = tokens.saturating_sub(taken);
        let after = Self {
            available: self.available.saturating_sub(taken),
            debt: self.debt.checked_add(owed).unwrap_or(self.debt),
            purchased: self.purchased.saturating_sub(tokens),
            ..self
        };
        (after, Posting::debit(Kind::Refund, tokens, after.net()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(count: i64) -> Tokens {
        Tokens::new(count).unwrap()
    }

    #[test]
    fn spending_more_than_is_available_changes_nothing() {
        let balance = Balance { available: tokens(10), ..Balance::default() };
        assert_eq!(
            balance.spend(tokens(11)),
            Err(InsufficientTokens { needed: tokens(11), available: tokens(10) })
        );
    }

    #[test]
    fn trap_12_what_was_spent_before_a_refund_becomes_a_visible_debt() {
        let bought = Balance::default().credit(Kind::Purchase, tokens(100)).unwrap().0;
        let spent = bought.spend(tokens(30)).unwrap().0;
        let (after, posting) = spent.take_back(tokens(100));
        assert_eq!((after.available, after.debt), (tokens(0), tokens(30)));
        assert_eq!((posting.delta, posting.balance_after), (-100, -30));
    }

    #[test]
    fn the_next_credit_pays_the_debt_first() {
        let owing = Balance { debt: tokens(30), ..Balance::default() };
        let (after, posting) = owing.credit(Kind::Purchase, tokens(100)).unwrap();
        assert_eq!((after.available, after.debt), (tokens(70), tokens(0)));
        assert_eq!((posting.delta, posting.balance_after), (100, 70));
    }

    #[test]
    fn a_credit_that_would_not_fit_is_refused() {
        let full = Balance { available: tokens(i64::MAX), ..Balance::default() };
        assert_eq!(full.credit(Kind::Grant, tokens(1)), Err(BalanceOverflow));
    }

    proptest! {
        #[test]
        fn trap_39_the_sum_of_postings_is_the_net_balance(moves in prop::collection::vec((0..3u8, 0..1_000_000i64), 0..200)) {
            let mut balance = Balance::default();
            let mut sum = 0i64;
            for (what, amount) in moves {
                let n = tokens(amount);
                let next = match what {
                    0 => Some(balance.credit(Kind::Purchase, n).unwrap()),
                    1 => balance.spend(n).ok(),
                    _ => Some(balance.take_back(n)),
                };
                if let Some((after, posting)) = next {
                    balance = after;
                    sum += posting.delta;
                    prop_assert_eq!(posting.balance_after, balance.net());
                }
                prop_assert_eq!(sum, balance.net());
                prop_assert!(balance.debt.is_zero() || balance.available.is_zero());
            }
        }

        #[test]
        fn trap_17_only_spending_and_refunds_lower_what_is_available(start in 0..1_000_000i64, n in 0..1_000_000i64) {
            let balance = Balance { available: tokens(start), ..Balance::default() };
            prop_assert!(balance.credit(Kind::Grant, tokens(n)).unwrap().0.available >= balance.available);
        }
    }
}
