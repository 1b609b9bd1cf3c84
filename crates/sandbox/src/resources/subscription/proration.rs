//! Prorations: the part of a period that was not used, and the part that remains, to the second.

use crate::core::value::{Value, json};

use super::planned_end;
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::calendar;
use crate::resources::discount::apply::{amounts, credits};
use crate::resources::discount::{self, Worth};
use crate::resources::invoice::lines;
use crate::resources::invoice_item;

/// The part of an amount (minor units) that falls on `part` of a `whole` period (seconds), rounded to the nearest
/// minor unit, halves away from zero (Stripe docs: prorations are calculated to the second).
pub(crate) fn share(amount: i64, part: (i64, i64), whole: (i64, i64)) -> i64 {
    let (of, all) = (i128::from(part.1 - part.0).max(0), i128::from(whole.1 - whole.0).max(1));
    let exact = i128::from(amount) * of;
    let rounded = (exact.abs() * 2 + all) / (all * 2);
    i64::try_from(rounded * exact.signum()).unwrap_or(i64::MAX)
}

/// Credits what is left of an item's time from `at` on. None when nothing was debited for it.
///
/// Stripe docs, compare billing modes: flexible credits from the amount that was debited, classic from the item's
/// current price and quantity.
pub(super) fn credit(work: &mut Work<'_>, subscription: &Value, item: &Value, at: i64) -> Option<String> {
    let debited = subscription.at("_debits").get(&item.id()).cloned();
    let (worth, of, credited) = if subscription.is("billing_mode.type", "classic") {
        let price = item.at("price");
        let whole = calendar::period_around(subscription.num("billing_cycle_anchor"), at, price);
        let end = planned_end::paid_until(subscription);
        let of = json!({
            "price": price.at("id"), "product": price.at("product"), "quantity": item.at("quantity"), "end": end,
        });
        let worth = discount::worth(work, subscription, item);
        (worth.scaled(|amount| share(amount, (at, end), whole)), of, Value::Null)
    } else {
        let debit = debited.filter(|debit| debit.num("end") > at)?;
        let whole = (debit.num("start"), debit.num("end"));
        let left = (at.max(whole.0), whole.1);
        let worth = Worth::read(&debit).scaled(|amount| share(amount, left, whole));
        (worth, debit.clone(), source(work, &debit))
    };
    let negative = worth.scaled(|amount| -amount);
    let made = pend(work, subscription, item, &of, &negative, (at, of.num("end")), credited);
    // What was credited once is not credited again.
    work.edit(&subscription.id(), |subscription| {
        if let Some(debit) = debit_of(subscription, item) {
            let left = Worth::read(debit).plus(&negative);
            debit.set("end", at.max(debit.num("start")));
            debit.set("moved", true);
            left.write(debit);
        }
    });
    Some(made)
}

/// Debits time that was credited before, or never billed: up to the later one of two ends of the current period.
pub(super) fn extend(work: &mut Work<'_>, subscription: &Value, item: &Value, part: (i64, i64)) {
    let price = item.at("price");
    let whole = calendar::period_around(subscription.num("billing_cycle_anchor"), part.0, price);
    let worth = discount::worth(work, subscription, item).scaled(|amount| share(amount, part, whole));
    let of =
        json!({ "price": price.at("id"), "product": price.at("product"), "quantity": item.at("quantity") });
    pend(work, subscription, item, &of, &worth, part, Value::Null);
    work.edit(&subscription.id(), |subscription| {
        if let Some(debit) = debit_of(subscription, item) {
            Worth::read(debit).plus(&worth).write(debit);
            debit.set("end", part.1);
            debit.set("moved", true);
        }
    });
}

/// What a subscription remembers of the last debit for an item.
fn debit_of<'a>(subscription: &'a mut Value, item: &Value) -> Option<&'a mut Value> {
    subscription.get_mut("_debits")?.get_mut(&item.id()).filter(|debit| debit.is_object())
}

/// The earlier debit, as an invoice item's `credited_items` names it: a line of an invoice, or an item that waits for one.
fn source(work: &Work<'_>, debit: &Value) -> Value {
    let (invoice, line) = match debit.text("invoice_item") {
        None => (debit.string("invoice"), debit.string("line")),
        Some(item) => {
            let invoice = work.see(&work.see(item).string("invoice"));
            let line =
                invoice.list("lines.data").iter().find(|line| lines::invoice_item_of(line) == Some(item));
            let Some(line) = line else {
                return json!({ "invoice_item": item, "type": "invoice_item" });
            };
            (invoice.id(), line.id())
        }
    };
    let details = json!({ "invoice": invoice, "invoice_line_items": [line] });
    json!({ "invoice_line_item_details": details, "type": "invoice_line_items" })
}

/// Debits the time that remains of the period around `at`, at an item's price and quantity.
pub(super) fn debit(work: &mut Work<'_>, subscription: &Value, item: &Value, at: i64) -> String {
    let price = item.at("price");
    let whole = calendar::period_around(subscription.num("billing_cycle_anchor"), at, price);
    let end = subscription.int("_paid_until").map_or(whole.1, |until| until.clamp(at, whole.1));
    let worth = discount::worth(work, subscription, item).scaled(|amount| share(amount, (at, end), whole));
    let of =
        json!({ "price": price.at("id"), "product": price.at("product"), "quantity": item.at("quantity") });
    let made = pend(work, subscription, item, &of, &worth, (at, end), Value::Null);
    let mut debit = json!({
        "start": at, "end": end, "price": of.at("price"), "product": of.at("product"),
        "quantity": of.at("quantity"), "invoice_item": made,
    });
    worth.write(&mut debit);
    work.set(&subscription.id(), &format!("_debits.{}", item.id()), debit);
    made
}

/// The line for the time from now until the anchor, which a new subscription bills in proportion.
pub(super) fn until_anchor(work: &Work<'_>, subscription: &Value, item: &Value) -> Value {
    let (now, price) = (work.now, item.at("price"));
    let whole = calendar::period_around(subscription.num("billing_cycle_anchor"), now, price);
    let amount = share(item.num("quantity") * price.num("unit_amount"), (now, whole.1), whole);
    let mut line = lines::of_item(work, item, (now, whole.1), false);
    line.set("amount", amount);
    line.set("subtotal", amount);
    line.set("parent.subscription_item_details.proration", true);
    line.set(
        "description",
        described(work, item.at("price"), item.num("quantity"), "Remaining time on", now),
    );
    line.set("pricing.unit_amount_decimal", Value::Null);
    line
}

/// A proration as an invoice item that waits for an invoice. A negative worth is time that was not used.
///
/// [doc], `proration_discounts`: included, its amount is the net one, and the discounts are named with 0; itemized, it is
/// the gross one, with what each of them took off.
fn pend(
    work: &mut Work<'_>,
    subscription: &Value,
    item: &Value,
    of: &Value,
    worth: &Worth,
    (start, end): (i64, i64),
    credited: Value,
) -> String {
    let (customer, currency) = (subscription.string("customer"), subscription.string("currency"));
    let quantity = of.int("quantity").unwrap_or(1);
    let words = if of.has("end") { "Unused time on" } else { "Remaining time on" };
    let itemized = subscription.is("billing_mode.flexible.proration_discounts", "itemized");
    let (amount, off) = if itemized {
        (worth.gross, worth.off.clone())
    } else {
        (worth.net(), worth.off.iter().map(|(discount, _)| (discount.clone(), 0)).collect())
    };
    let mut made = invoice_item::blank(work, &customer, &currency, amount, quantity);
    made.set("description", described(work, of, quantity, words, start));
    made.set("discountable", false);
    made.set("discounts", worth.own.clone());
    made.set("net_amount", worth.net());
    made.set("proration_details.discount_amounts", amounts(&off));
    // What its line shows: included, only discounts of the whole subscription are named there.
    let on_line: Vec<_> = off.into_iter().filter(|(id, _)| itemized || !worth.own.contains(id)).collect();
    made.set("_discount_amounts", amounts(&on_line));
    let credited_before: Vec<_> = on_line.into_iter().filter(|(_, amount)| *amount != 0).collect();
    made.set("_pretax_credit_amounts", credits(&credited_before));
    made.set(
        "parent",
        json!({
            "subscription_details": { "subscription": subscription.at("id"), "subscription_item": item.at("id") },
            "type": "subscription_details",
        }),
    );
    made.set("period", json!({ "end": end, "start": start }));
    made.set("pricing.price_details", json!({ "price": of.at("price"), "product": of.at("product") }));
    made.set("proration", true);
    if !credited.is_null() {
        made.set("proration_details.credited_items", credited);
    }
    let id = made.id();
    work.create(made);
    work.tell("invoiceitem.created", &id);
    id
}

/// `Unused time on 2 × Name after 10 Nov 2025` ([rec]).
fn described(work: &Work<'_>, of: &Value, quantity: i64, words: &str, at: i64) -> String {
    let name = work.see(&of.string("product")).string("name");
    let what = if quantity == 1 { name } else { format!("{quantity} × {name}") };
    format!("{words} {what} after {}", calendar::day(at))
}

/// Remembers what an invoice of the subscription debits for its items, for later credits.
pub(super) fn remember(work: &mut Work<'_>, subscription: &str, invoice: &str) {
    let found = work.see(invoice);
    work.edit(subscription, |subscription| {
        for (item, line) in own_lines(&found) {
            let mut debit = json!({
                "start": line.at("period.start"),
                "end": line.at("period.end"),
                "price": line.at("pricing.price_details.price"),
                "product": line.at("pricing.price_details.product"),
                "quantity": line.at("quantity"),
                "invoice": invoice,
                "line": line.at("id"),
            });
            Worth::of_line(line).write(&mut debit);
            subscription.set(&format!("_debits.{item}"), debit);
        }
    });
}

/// A draft debits something else now, where nothing was credited or added since.
pub(super) fn remember_again(work: &mut Work<'_>, subscription: &str, invoice: &str) {
    let found = work.see(invoice);
    work.edit(subscription, |subscription| {
        let Some(debits) = subscription.get_mut("_debits") else { return };
        for (item, line) in own_lines(&found) {
            if let Some(debit) = debits.get_mut(item)
                && debit.is("line", &line.id())
                && !debit.flag("moved")
            {
                Worth::of_line(line).write(debit);
            }
        }
    });
}

/// The lines of an invoice that are for items of its subscription, with the items' ids; not those of prorations, which
/// are remembered when they are made.
fn own_lines(invoice: &Value) -> impl Iterator<Item = (&str, &Value)> {
    invoice.list("lines.data").iter().filter_map(|line| {
        let details = line.at("parent.subscription_item_details");
        let item = details.text("subscription_item").filter(|_| !details.has("invoice_item"))?;
        Some((item, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_a_period_is_half_the_amount_and_halves_go_away_from_zero() {
        assert_eq!(share(1000, (50, 100), (0, 100)), 500);
        assert_eq!(share(1, (50, 100), (0, 100)), 1);
        assert_eq!(share(-1, (50, 100), (0, 100)), -1);
        assert_eq!(share(2500, (4, 2_592_000), (0, 2_592_000)), 2500, "seen in recorded traffic");
        assert_eq!(share(500, (100, 100), (0, 100)), 0);
    }

    proptest! {
        #[test]
        fn the_two_parts_of_a_period_are_the_whole_to_a_minor_unit(
            amount in -100_000_000..100_000_000_i64, length in 1..100_000_000_i64, cut in 0.0..=1.0_f64
        ) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
            let at = (length as f64 * cut) as i64;
            let parts = share(amount, (0, at), (0, length)) + share(amount, (at, length), (0, length));
            prop_assert!((parts - amount).abs() <= 1, "{parts} is not {amount}");
        }

        #[test]
        fn a_later_moment_never_has_more_left(amount in 0..100_000_000_i64, at in 0..2_678_399_i64) {
            let whole = (0, 2_678_400);
            prop_assert!(share(amount, (at + 1, whole.1), whole) <= share(amount, (at, whole.1), whole));
        }
    }
}
