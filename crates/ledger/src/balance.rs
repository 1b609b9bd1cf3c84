//! An account's tokens, and the ways in which they move: credited, spent at once or by way of a hold, taken back.
//!
//! Invariant: the sum of all postings of an account equals `available + held - debt`. A hold and its release post
//! nothing: the tokens stay the account's own.

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

/// A hold reserves more than is held in all: the books are wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hold reserves {reserved} tokens, and {held} are held")]
pub struct NotReserved {
    pub reserved: Tokens,
    pub held: Tokens,
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

    /// Reserves tokens for a request whose cost is known only afterwards, all or nothing.
    pub fn hold(self, tokens: Tokens) -> Result<Self, InsufficientTokens> {
        let short = InsufficientTokens { needed: tokens, available: self.available };
        let available = self.available.checked_sub(tokens).ok_or(short)?;
        // available + held was within bounds before, and has not changed.
        Ok(Self { available, held: self.held.checked_add(tokens).unwrap_or(self.held), ..self })
    }

    /// Ends a hold of `reserved` tokens and pays `used`: of what was reserved, and beyond that of what is available, as
    /// far as it goes. The posting says what was paid. What was reserved and not used is given back.
    pub fn capture(self, reserved: Tokens, used: Tokens) -> Result<(Self, Posting), NotReserved> {
        let released = self.release(reserved.saturating_sub(used))?;
        let paid_by_hold = reserved.min(used);
        let beyond = used.saturating_sub(reserved).min(released.available);
        let held = released.held.checked_sub(paid_by_hold);
        let held = held.ok_or(NotReserved { reserved, held: self.held })?;
        // Both are parts of one balance: their sum fits.
        let paid = paid_by_hold.checked_add(beyond).unwrap_or(paid_by_hold);
        let after = Self {
            available: released.available.saturating_sub(beyond),
            held,
            spent: released.spent.checked_add(paid).unwrap_or(released.spent),
            ..released
        };
        Ok((after, Posting::debit(Kind::Usage, paid, after.net())))
    }

    /// Gives back what a hold has reserved. A debt, made by a refund in the meantime, is paid first.
    pub fn release(self, reserved: Tokens) -> Result<Self, NotReserved> {
        let held = self.held.checked_sub(reserved).ok_or(NotReserved { reserved, held: self.held })?;
        let repaid = reserved.min(self.debt);
        // available + held was within bounds before, and grows no more.
        let available = self.available.checked_add(reserved.saturating_sub(repaid)).unwrap_or(self.available);
        Ok(Self { available, held, debt: self.debt.saturating_sub(repaid), ..self })
    }

    /// What is not spent yet: available, or reserved by holds.
    pub fn unspent(&self) -> i64 {
        self.available.get().saturating_add(self.held.get())
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

    #[test]
    fn a_hold_is_paid_with_what_was_used_and_the_rest_is_given_back() {
        let held = Balance { available: tokens(100), ..Balance::default() }.hold(tokens(40)).unwrap();
        assert_eq!((held.available, held.held, held.net()), (tokens(60), tokens(40), 100));
        let (after, posting) = held.capture(tokens(40), tokens(15)).unwrap();
        assert_eq!((after.available, after.held, after.spent), (tokens(85), tokens(0), tokens(15)));
        assert_eq!((posting.kind, posting.delta, posting.balance_after), (Kind::Usage, -15, 85));
        assert_eq!(held.release(tokens(40)).unwrap().available, tokens(100));
    }

    #[test]
    fn what_was_used_beyond_a_hold_is_paid_as_far_as_it_goes() {
        let held = Balance { available: tokens(50), ..Balance::default() }.hold(tokens(40)).unwrap();
        let (after, posting) = held.capture(tokens(40), tokens(45)).unwrap();
        assert_eq!((after.available, posting.delta), (tokens(5), -45));
        let (after, posting) = held.capture(tokens(40), tokens(1_000)).unwrap();
        assert_eq!((after.available, after.held, posting.delta), (tokens(0), tokens(0), -50));
        // A request that the allowance has paid reserves nothing.
        let (after, posting) = held.capture(tokens(0), tokens(7)).unwrap();
        assert_eq!((after.available, after.held, posting.delta), (tokens(3), tokens(40), -7));
    }

    #[test]
    fn what_a_hold_gives_back_pays_a_debt_first() {
        let held = Balance { available: tokens(100), ..Balance::default() }.hold(tokens(40)).unwrap();
        let (owing, _) = held.take_back(tokens(70));
        assert_eq!((owing.available, owing.held, owing.debt), (tokens(0), tokens(40), tokens(10)));
        let after = owing.release(tokens(40)).unwrap();
        assert_eq!((after.available, after.held, after.debt), (tokens(30), tokens(0), tokens(0)));
        let (after, posting) = owing.capture(tokens(40), tokens(35)).unwrap();
        assert_eq!((after.available, after.debt, posting.balance_after), (tokens(0), tokens(5), -5));
    }

    #[test]
    fn more_than_is_available_is_not_held_and_more_than_is_held_is_not_given_back() {
        let balance = Balance { available: tokens(10), held: tokens(5), ..Balance::default() };
        assert_eq!(
            balance.hold(tokens(11)),
            Err(InsufficientTokens { needed: tokens(11), available: tokens(10) })
        );
        let wrong = NotReserved { reserved: tokens(6), held: tokens(5) };
        assert_eq!(balance.release(tokens(6)), Err(wrong));
        for used in [0, 3, 6, 9] {
            assert!(balance.capture(tokens(6), tokens(used)).is_err(), "{used}");
        }
    }

    proptest! {
        #[test]
        fn trap_39_the_sum_of_postings_is_the_net_balance(
            moves in prop::collection::vec((0..6u8, 0..1_000_000i64, 0..1_500_000i64), 0..200),
        ) {
            let mut balance = Balance::default();
            let mut sum = 0i64;
            let mut holds: Vec<Tokens> = Vec::new();
            for (what, amount, used) in moves {
                let n = tokens(amount);
                let next = match what {
                    0 => Some(balance.credit(Kind::Purchase, n).unwrap()),
                    1 => balance.spend(n).ok(),
                    2 => Some(balance.take_back(n)),
                    3 => {
                        if let Ok(after) = balance.hold(n) {
                            holds.push(n);
                            balance = after;
                        }
                        None
                    }
                    4 => holds.pop().map(|reserved| balance.capture(reserved, tokens(used)).unwrap()),
                    _ => {
                        if let Some(reserved) = holds.pop() {
                            balance = balance.release(reserved).unwrap();
                        }
                        None
                    }
                };
                if let Some((after, posting)) = next {
                    balance = after;
                    sum += posting.delta;
                    prop_assert_eq!(posting.balance_after, balance.net());
                }
                prop_assert_eq!(sum, balance.net());
                prop_assert_eq!(holds.iter().map(|held| held.get()).sum::<i64>(), balance.held.get());
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
