//! Prices.

use super::currency;
use crate::json::{Misread, Node};
use crate::types::{Interval, Price, Recurring};
use domain::money::Money;

pub(crate) fn price(node: &Node<'_>) -> Result<Price, Misread> {
    let amount = node.opt("unit_amount").map(|amount| amount.number()).transpose()?;
    let currency = currency(node)?;
    Ok(Price {
        id: node.text_at("id")?.into(),
        lookup_key: node.opt_text("lookup_key")?,
        amount: amount.map(|amount| Money { amount, currency }),
        product: node.get("product")?.id()?.to_owned(),
        active: node.get("active")?.flag()?,
        recurring: node.opt("recurring").map(|node| recurring(&node)).transpose()?,
    })
}

fn recurring(node: &Node<'_>) -> Result<Recurring, Misread> {
    let word = node.get("interval")?;
    let text = word.text()?;
    let interval = Interval::ALL.into_iter().find(|interval| interval.as_str() == text);
    Ok(Recurring {
        interval: interval.ok_or_else(|| word.wrong("day, week, month or year"))?,
        count: node.number_at("interval_count")?,
    })
}
