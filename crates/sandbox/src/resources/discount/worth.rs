//! What an item of a subscription is worth over some time: its price, and what each discount takes off it.

use crate::core::value::{Value, json};

use super::apply::amounts;
use crate::core::json::Json;

/// Amounts in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    /// Before discounts.
    pub(crate) gross: i64,
    /// What each discount takes off, in order.
    pub(crate) off: Vec<(String, i64)>,
    /// The discounts among them that the item has itself.
    pub(crate) own: Vec<String>,
}

impl Worth {
    pub(crate) fn net(&self) -> i64 {
        self.gross - self.off.iter().map(|(_, amount)| amount).sum::<i64>()
    }

    /// The same through a function of amounts. What is left after each discount is scaled, and the discount is what
    /// lies between: so the net amount is that of the scaled net amount, however it is rounded.
    pub(crate) fn scaled(&self, scale: impl Fn(i64) -> i64) -> Self {
        let mut rest = self.gross;
        let off = self.off.iter().map(|(id, amount)| {
            let before = scale(rest);
            rest -= amount;
            (id.clone(), before - scale(rest))
        });
        Self { off: off.collect(), gross: scale(self.gross), own: self.own.clone() }
    }

    /// Both together.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.gross += other.gross;
        for (id, amount) in &other.off {
            match self.off.iter_mut().find(|(known, _)| known == id) {
                Some((_, sum)) => *sum += amount,
                None => self.off.push((id.clone(), *amount)),
            }
        }
        for id in &other.own {
            if !self.own.contains(id) {
                self.own.push(id.clone());
            }
        }
        self
    }

    /// Writes it into what a subscription remembers of a debit.
    pub(crate) fn write(&self, debit: &mut Value) {
        debit.set("amount", self.net());
        debit.set("gross", self.gross);
        debit.set("off", amounts(&self.off));
        debit.set("own", self.own.clone());
    }

    pub(crate) fn read(debit: &Value) -> Self {
        let off = debit.list("off").iter().map(|one| (one.string("discount"), one.num("amount")));
        let own = debit.list("own").iter().filter_map(Value::as_str).map(str::to_owned);
        let gross = debit.int("gross").unwrap_or_else(|| debit.num("amount"));
        Self { gross, off: off.collect(), own: own.collect() }
    }

    /// That of a line of an invoice.
    pub(crate) fn of_line(line: &Value) -> Self {
        let mut read = json!({ "off": line.at("discount_amounts"), "own": line.at("discounts") });
        read.set("gross", line.at("amount").clone());
        Self::read(&read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_net_part_is_the_part_of_the_net_amount(
            gross in 0..100_000_i64, off in prop::collection::vec(0..30_000_i64, 0..4), of in 1..1000_i64
        ) {
            let mut left = gross;
            let off = off.into_iter().enumerate().map(|(index, amount)| {
                let amount = amount.min(left);
                left -= amount;
                (format!("di_{index}"), amount)
            });
            let worth = Worth { gross, off: off.collect(), own: Vec::new() };
            let part = |amount: i64| (amount * of + 500) / 1000;
            prop_assert_eq!(worth.scaled(part).net(), part(worth.net()));
            prop_assert_eq!(worth.scaled(part).gross, part(gross));
            prop_assert!(worth.scaled(part).off.iter().all(|(_, amount)| *amount >= 0));
            prop_assert_eq!(worth.scaled(|amount| -amount).net(), -worth.net());
            let mut kept = json!({});
            worth.write(&mut kept);
            prop_assert_eq!(Worth::read(&kept), worth);
        }
    }
}
