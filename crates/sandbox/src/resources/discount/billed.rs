//! What discounts mean for an invoice that is summed up, and for the prorations of a subscription.

use std::collections::BTreeMap;

use crate::core::value::{Map, Value, json};

use super::apply::{Terms, amounts, apply, credits, own};
use super::worth::Worth;
use super::{ids, in_force};
use crate::core::json::Json;
use crate::core::work::Work;

/// Notes on an invoice what the discounts that it and its lines name take off.
pub(crate) fn note(work: &Work<'_>, invoice: &mut Value) {
    let lines = invoice.list("lines.data").iter().flat_map(own);
    let named = invoice.list("discounts").iter().filter_map(Value::as_str).chain(lines);
    let terms: Map = named.map(|id| (id.to_owned(), work.see(id).at("_terms").clone())).collect();
    if !terms.is_empty() || invoice.has("_terms") {
        invoice.set("_terms", terms);
    }
}

/// Lowers an invoice's lines by its discounts. Answers what lines' own ones took off, and what all did.
pub(crate) fn lower(invoice: &mut Value) -> (i64, i64) {
    let noted = invoice.at("_terms").as_object();
    let terms: BTreeMap<String, Terms> = noted
        .into_iter()
        .flatten()
        .filter_map(|(id, kept)| Some((id.to_string(), Terms::read(kept)?)))
        .collect();
    let whole: Vec<String> =
        invoice.list("discounts").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let lines = invoice.get_mut("lines").and_then(|lines| lines.get_mut("data"));
    let Some(lines) = lines.and_then(Value::as_array_mut) else { return (0, 0) };
    let sums = apply(lines, &whole, &terms);
    let of_own: i64 = lines
        .iter()
        .flat_map(|line| {
            let is_own = |amount: &&Value| own(line).any(|id| amount.is("discount", id));
            line.list("discount_amounts").iter().filter(is_own).map(|amount| amount.num("amount"))
        })
        .sum();
    let all = sums.iter().map(|(_, sum)| sum).sum();
    invoice.set("total_discount_amounts", amounts(&sums));
    invoice.set("total_pretax_credit_amounts", credits(&sums));
    (of_own, all)
}

/// What an item of a subscription is worth for a whole period, with the discounts that count now: what prorations are a
/// part of ([doc]: the discounts are in their amounts).
pub(crate) fn worth(work: &Work<'_>, subscription: &Value, item: &Value) -> Worth {
    let live = |owner: &Value| ids(&in_force(work, owner.list("discounts"), work.now));
    let line_of = |item: &Value| {
        let price = item.at("price");
        json!({
            "amount": item.num("quantity") * price.num("unit_amount"),
            "discountable": true,
            "discounts": live(item),
            "pricing": { "price_details": { "product": price.at("product") } },
        })
    };
    let items = subscription.list("items.data");
    let lines: Vec<Value> = items.iter().map(line_of).collect();
    let mut whole = json!({ "discounts": live(subscription), "lines": { "data": lines } });
    note(work, &mut whole);
    lower(&mut whole);
    let place = items.iter().position(|other| other.at("id") == item.at("id"));
    let line = place.and_then(|place| whole.list("lines.data").get(place).cloned());
    Worth::of_line(&line.unwrap_or_else(|| line_of(item)))
}
