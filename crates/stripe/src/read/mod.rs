//! What comes back, by pure functions from JSON to the domain's types. One file per noun. A reader requires
//! only the fields that are used, and ignores the rest.

pub(crate) mod catalog;
pub(crate) mod customers;
pub(crate) mod disputes;
pub(crate) mod invoice_payments;
pub(crate) mod invoices;
pub(crate) mod payment_intents;
pub(crate) mod payment_methods;
pub(crate) mod portal;
pub(crate) mod promotion_codes;
pub(crate) mod refunds;
pub(crate) mod schedules;
pub(crate) mod subscriptions;
pub(crate) mod tax_ids;
pub(crate) mod webhook_endpoints;

use crate::json::{Misread, Node};
use crate::types::Page;
use domain::money::{Currency, Money};

pub(crate) type Reader<T> = fn(&Node<'_>) -> Result<T, Misread>;

/// A page of a list. What is not ours (trap 40) is left out, and the cursor goes past it all the same.
pub(crate) fn page<T>(node: &Node<'_>, read: Reader<T>) -> Result<Page<T>, Misread> {
    let mut items = Vec::new();
    let mut last = None;
    for item in node.get("data")?.items()? {
        last = Some(item.text_at("id")?.to_owned());
        match read(&item) {
            Ok(read) => items.push(read),
            Err(Misread::Foreign { id, reason }) => tracing::debug!(id, reason, "left out: not ours"),
            Err(misread) => return Err(misread),
        }
    }
    let more = node.opt("has_more").map(|more| more.flag()).transpose()?.unwrap_or(false);
    Ok(Page { items, next: last.filter(|_| more) })
}

/// A percentage, which Stripe writes with up to two decimals: in hundredths, read from its digits.
pub(crate) fn hundredths(node: &Node<'_>) -> Result<i64, Misread> {
    let digits = node.digits()?;
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, "0"));
    let parsed = (whole.parse::<i64>(), format!("{part:0<2}").get(..2).unwrap_or_default().parse::<i64>());
    match parsed {
        (Ok(whole), Ok(part)) if (0..=100).contains(&whole) => Ok(whole * 100 + part),
        _ => Err(node.wrong("a percentage")),
    }
}

pub(crate) fn currency(node: &Node<'_>) -> Result<Currency, Misread> {
    let code = node.get("currency")?;
    code.text()?.parse().map_err(|_| code.wrong("a three-letter currency code"))
}

pub(crate) fn money(node: &Node<'_>, amount: &str) -> Result<Money, Misread> {
    Ok(Money { amount: node.number_at(amount)?, currency: currency(node)? })
}
