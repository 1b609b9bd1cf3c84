//! What a Checkout session sells: its line items, and what discounts take off them.

use std::collections::BTreeMap;

use crate::core::value::{Value, json};

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::params::args::{Args, merge_metadata};
use crate::params::shape::{Kind, Shape, joined};
use crate::resources::discount::apply::{Terms, apply};
use crate::resources::discount::{self, On, Owner};
use crate::resources::shapes::{PRICE_DATA, RECURRING};
use crate::resources::{price, product};

const REPEATED: Shape =
    &joined::<{ PRICE_DATA.len() + 1 }>(PRICE_DATA, &[("recurring", Kind::Nested(RECURRING))]);

pub(super) const LINE_ITEM: Shape = &[
    ("metadata", Kind::Metadata),
    ("price", Kind::Text),
    ("price_data", Kind::Nested(REPEATED)),
    ("quantity", Kind::Int),
];

/// What a session may sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Payment,
    Setup,
    Subscription,
}

/// The line items, before discounts. `trial`: what recurs costs nothing yet.
///
/// # Errors
/// 400 for prices that do not go with the mode or with one another.
pub(super) fn read(work: &mut Work<'_>, sent: &[Value], mode: Mode, trial: bool) -> Result<Vec<Value>> {
    let mut items = Vec::with_capacity(sent.len());
    for (index, one) in sent.iter().enumerate() {
        let param = format!("line_items[{index}]");
        let price = price_of(work, one, &param)?;
        let quantity = one.int("quantity").ok_or_else(|| {
            ApiError::invalid(format!("Quantity is required. Add `quantity` to `{param}`")).param(&param)
        })?;
        if !(1..=1_000_000).contains(&quantity) {
            return Err(ApiError::invalid("Invalid positive integer")
                .code("parameter_invalid_integer")
                .param(&format!("{param}[quantity]")));
        }
        let recurs = price.is("type", "recurring");
        if recurs && mode == Mode::Payment {
            let message = "You specified `payment` mode but passed a recurring price. Either switch to `subscription` \
                           mode or use only one-time prices.";
            return Err(ApiError::invalid(message).param(&param));
        }
        let amount = if recurs && trial { 0 } else { price.num("unit_amount") * quantity };
        let id = format!("li_1{}", work.random.text(23));
        let mut item = json!({
            "id": id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": price.at("currency"),
            "description": work.see(&price.string("product")).at("name"),
            "metadata": {},
            "price": price,
            "quantity": quantity,
        });
        merge_metadata(one.get("metadata"), &mut item);
        items.push(item);
    }
    if mode == Mode::Subscription && !items.iter().any(|item| item.is("price.type", "recurring")) {
        let message =
            "You must provide at least one recurring price in `subscription` mode when using prices.";
        return Err(ApiError::invalid(message).param("line_items"));
    }
    if items.iter().any(|item| item.at("currency") != items[0].at("currency")) {
        let message = "All line items of a Checkout Session must use the same currency.";
        return Err(ApiError::invalid(message).param("line_items"));
    }
    Ok(items)
}

fn price_of(work: &mut Work<'_>, sent: &Value, param: &str) -> Result<Value> {
    let data = sent.at("price_data");
    if !data.is_object() {
        let id = sent.text("price").ok_or_else(|| ApiError::required(&format!("{param}[price]")))?;
        let found = work.named("price", id, &format!("{param}[price]"))?;
        if !found.flag("active") {
            let message = "The price specified is inactive. This field only accepts active prices.";
            return Err(ApiError::invalid(message).param(&format!("{param}[price]")));
        }
        return Ok(render::public(&found));
    }
    let product = match (data.text("product"), data.at("product_data")) {
        (Some(id), _) => work.named("product", id, &format!("{param}[price_data][product]"))?.id(),
        (None, named @ Value::Object(_)) if named.has("name") => {
            product::make(work, None, &Args { params: named.clone(), ..Args::default() })?
        }
        (None, Value::Object(_)) => {
            return Err(ApiError::required(&format!("{param}[price_data][product_data][name]")));
        }
        _ => return Err(ApiError::required(&format!("{param}[price_data][product]"))),
    };
    let mut data = Args { params: data.clone(), ..Args::default() };
    data.params.set("active", false);
    let made = price::make(work, &product, &data)?;
    Ok(render::public(&work.see(&made)))
}

/// Lowers the items by what was sent as `discounts`, tried out on a copy: they are redeemed when the session is
/// completed.
///
/// # Errors
/// 400 for what could not be redeemed now.
pub(super) fn lower(work: &Work<'_>, items: &mut [Value], sent: &[Value], customer: &str) -> Result<()> {
    if sent.is_empty() {
        return Ok(());
    }
    let sum = items.iter().map(|item| item.num("amount_subtotal")).sum();
    let currency = items.first().map(|item| item.string("currency")).unwrap_or_default();
    let owner = Owner { on: On::Invoice(""), customer, currency: &currency, amount: Some(sum), present: &[] };
    let mut copy = work.clone();
    let redeemed = discount::redeem(&mut copy, sent, &owner, "discounts")?;
    let terms: BTreeMap<String, Terms> = redeemed
        .iter()
        .filter_map(|id| Some((id.clone(), Terms::read(copy.see(id).at("_terms"))?)))
        .collect();
    let mut lines: Vec<Value> = items
        .iter()
        .map(|item| {
            json!({
                "amount": item.at("amount_subtotal"),
                "discountable": true,
                "pricing": { "price_details": { "product": item.at("price.product") } },
            })
        })
        .collect();
    apply(&mut lines, &redeemed, &terms);
    for (item, line) in items.iter_mut().zip(&lines) {
        let off: i64 = line.list("discount_amounts").iter().map(|one| one.num("amount")).sum();
        item.set("amount_discount", off);
        item.set("amount_total", item.num("amount_subtotal") - off);
    }
    Ok(())
}

/// The sum of a member of all items.
pub(super) fn sum(items: &[Value], member: &str) -> i64 {
    items.iter().map(|item| item.num(member)).sum()
}
