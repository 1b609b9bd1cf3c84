//! What a payment's refunds and disputes take back of the tokens that it bought (trap 12).
//!
//! One function of what is known of the payment, whichever of it was heard of first: every order of events ends
//! the same.

use crate::Tokens;

/// What has become of one payment's money, in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MoneyBack {
    /// Refunds that were not refused after all.
    pub refunded: i64,
    /// Disputes that were lost.
    pub charged_back: i64,
    /// A dispute is open: whose the money is, is not decided.
    pub frozen: bool,
}

/// How many of `tokens`, bought for `amount` (minor units), are taken back in all. While a dispute is open,
/// every one of them; else `ceil(tokens * gone / amount)`, at most the purchase.
pub fn tokens_taken_back(tokens: Tokens, amount: i64, back: MoneyBack) -> Tokens {
    let gone = back.refunded.max(0).saturating_add(back.charged_back.max(0));
    if back.frozen || (amount > 0 && gone >= amount) {
        return tokens;
    }
    if amount <= 0 || gone == 0 {
        return Tokens::ZERO;
    }
    let amount = i128::from(amount);
    let share = (i128::from(tokens.get()) * i128::from(gone) + amount - 1) / amount;
    // At most `tokens`, because gone < amount: it fits.
    i64::try_from(share).ok().and_then(Tokens::new).unwrap_or(tokens).min(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Balance, Kind};
    use proptest::prelude::*;

    fn tokens(count: i64) -> Tokens {
        Tokens::new(count).unwrap()
    }

    fn refunded(refunded: i64) -> MoneyBack {
        MoneyBack { refunded, ..MoneyBack::default() }
    }

    #[test]
    fn a_refund_takes_back_its_share_rounded_up() {
        assert_eq!(tokens_taken_back(tokens(100_000), 500, refunded(250)), tokens(50_000));
        assert_eq!(tokens_taken_back(tokens(100_000), 3, refunded(1)), tokens(33_334));
        assert_eq!(tokens_taken_back(tokens(100_000), 500, refunded(600)), tokens(100_000));
        assert_eq!(tokens_taken_back(tokens(100_000), 500, refunded(0)), tokens(0));
    }

    #[test]
    fn an_open_dispute_freezes_all_whatever_its_amount_and_a_lost_one_keeps_its_share() {
        let open = MoneyBack { refunded: 100, charged_back: 0, frozen: true };
        assert_eq!(tokens_taken_back(tokens(100), 500, open), tokens(100));
        let lost = MoneyBack { refunded: 100, charged_back: 150, frozen: false };
        assert_eq!(tokens_taken_back(tokens(100), 500, lost), tokens(50));
        let both = MoneyBack { refunded: 400, charged_back: 500, frozen: false };
        assert_eq!(tokens_taken_back(tokens(100), 500, both), tokens(100), "at most the purchase");
    }

    /// What is heard of one payment: refunds and disputes, each in the end decided.
    #[derive(Debug, Clone, Copy)]
    enum Heard {
        Refund(i64),
        RefundFailed(i64),
        Opened,
        Won,
        Lost(i64),
    }

    impl Heard {
        fn of(self, back: MoneyBack, open: &mut i32) -> MoneyBack {
            let mut back = back;
            match self {
                Self::Refund(amount) => back.refunded += amount,
                Self::RefundFailed(amount) => back.refunded -= amount,
                Self::Opened => *open += 1,
                Self::Won => *open -= 1,
                Self::Lost(amount) => {
                    *open -= 1;
                    back.charged_back += amount;
                }
            }
            MoneyBack { frozen: *open > 0, ..back }
        }
    }

    fn heard() -> impl Strategy<Value = Heard> {
        prop_oneof![
            (0..600i64).prop_map(Heard::Refund),
            (0..600i64).prop_map(Heard::RefundFailed),
            Just(Heard::Opened),
            Just(Heard::Won),
            (0..600i64).prop_map(Heard::Lost),
        ]
    }

    /// Plays what is heard in this order; between any two, some tokens are spent if there are as many.
    fn played(order: &[Heard], spends: &[i64], bought: Tokens) -> Balance {
        let (mut balance, posted) = Balance::default().credit(Kind::Purchase, bought).unwrap();
        let (mut back, mut open, mut taken, mut sum) = (MoneyBack::default(), 0, Tokens::ZERO, posted.delta);
        for (step, heard) in order.iter().enumerate() {
            back = heard.of(back, &mut open);
            let due = tokens_taken_back(bought, 500, back);
            let (after, posting) = match due.checked_sub(taken) {
                Some(more) => balance.take_back(more),
                None => balance.credit(Kind::Reversal, taken.saturating_sub(due)).unwrap(),
            };
            (balance, taken, sum) = (after, due, sum + posting.delta);
            if let Some(Ok((after, posting))) = spends.get(step).map(|spend| balance.spend(tokens(*spend))) {
                (balance, sum) = (after, sum + posting.delta);
            }
            assert!(taken <= bought);
            assert_eq!(sum, balance.net(), "the sum of postings is the net balance");
        }
        balance
    }

    proptest! {
        #[test]
        fn any_order_of_refunds_and_disputes_takes_the_same_back(
            (order, other) in prop::collection::vec(heard(), 0..8)
                .prop_flat_map(|order| (Just(order.clone()), Just(order).prop_shuffle())),
        ) {
            let bought = tokens(100_000);
            prop_assert_eq!(played(&order, &[], bought), played(&other, &[], bought));
        }

        #[test]
        fn trap_39_spending_in_between_leaves_the_ledger_in_balance(
            order in prop::collection::vec(heard(), 0..12),
            spends in prop::collection::vec(0..60_000i64, 0..12),
        ) {
            let balance = played(&order, &spends, tokens(100_000));
            prop_assert!(balance.debt.is_zero() || balance.available.is_zero());
        }
    }
}
