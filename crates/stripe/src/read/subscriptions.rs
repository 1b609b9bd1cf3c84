//! Subscriptions.

use super::invoices::invoice;
use super::money;
use super::payment_intents::setup_intent;
use super::promotion_codes::discount;
use crate::json::{Misread, Node};
use crate::types::{Changeable, Subscribed};
use domain::promotion::Discount;
use domain::subscription::{Observed, PendingUpdate};

/// Ours have exactly one item, with a price in whole minor units; what has not is not ours (trap 40).
pub(crate) fn subscription(node: &Node<'_>) -> Result<Observed, Misread> {
    let id = node.text_at("id")?;
    let foreign = |reason| Misread::Foreign { id: id.to_owned(), reason };
    let items = node.get("items")?.get("data")?.items()?;
    let [item] = items.as_slice() else { return Err(foreign("it has not exactly one item")) };
    let price = item.get("price")?;
    if price.opt("unit_amount").is_none() {
        return Err(foreign("its price is not in whole minor units"));
    }
    let status = node.get("status")?;
    let pause = node.opt("pause_collection");
    Ok(Observed {
        id: id.into(),
        customer: node.get("customer")?.id()?.into(),
        status: status.text()?.parse().map_err(|_| status.wrong("the status of a subscription"))?,
        item_id: item.text_at("id")?.to_owned(),
        price: price.text_at("id")?.into(),
        amount: money(&price, "unit_amount")?,
        period_start: item.time_at("current_period_start")?,
        period_end: item.time_at("current_period_end")?,
        created: node.time_at("created")?,
        trial_start: node.opt_time("trial_start")?,
        trial_end: node.opt_time("trial_end")?,
        cancel_at: node.opt_time("cancel_at")?,
        cancel_at_period_end: node.get("cancel_at_period_end")?.flag()?,
        canceled_at: node.opt_time("canceled_at")?,
        ended_at: node.opt_time("ended_at")?,
        default_payment_method: node.opt_id("default_payment_method")?,
        latest_invoice: node.opt_id("latest_invoice")?,
        pending_setup_intent: node.opt_id("pending_setup_intent")?,
        schedule: node.opt_id::<&str>("schedule")?.map(str::to_owned),
        discount: first_discount(node)?,
        collection_paused: pause.is_some(),
        resumes_at: pause.map(|pause| pause.opt_time("resumes_at")).transpose()?.flatten(),
        pending_update: node.opt("pending_update").map(|pending| pending_update(&pending)).transpose()?,
        account_id: node.metadata("account_id"),
        subscribe_intent: node.metadata("subscribe_intent"),
    })
}

fn pending_update(node: &Node<'_>) -> Result<PendingUpdate, Misread> {
    let items = node.opt("subscription_items").map(|items| items.items()).transpose()?.unwrap_or_default();
    let price = items.first().map(|item| item.opt_id("price")).transpose()?.flatten();
    Ok(PendingUpdate { price, expires_at: node.time_at("expires_at")? })
}

fn first_discount(node: &Node<'_>) -> Result<Option<Discount>, Misread> {
    let Some(discounts) = node.opt("discounts") else { return Ok(None) };
    for one in discounts.items()? {
        if one.is_object() {
            return discount(&one);
        }
    }
    Ok(None)
}

/// With the latest invoice and the pending setup intent, where they were expanded.
pub(crate) fn subscribed(node: &Node<'_>) -> Result<Subscribed, Misread> {
    let expanded = |name| node.opt(name).filter(Node::is_object);
    Ok(Subscribed {
        subscription: subscription(node)?,
        latest_invoice: expanded("latest_invoice").map(|node| invoice(&node)).transpose()?,
        pending_setup_intent: expanded("pending_setup_intent").map(|node| setup_intent(&node)).transpose()?,
    })
}

/// With all that a change of it depends on, and the latest invoice where it was expanded.
pub(crate) fn changeable(node: &Node<'_>) -> Result<Changeable, Misread> {
    let Subscribed { subscription, latest_invoice, .. } = subscribed(node)?;
    let items = node.get("items")?.get("data")?.items()?;
    let quantity = items.first().and_then(|item| item.opt("quantity"));
    let discounts = match node.opt("discounts") {
        Some(discounts) => discounts.items()?.iter().map(|one| one.id().map(str::to_owned)).collect(),
        None => Ok(Vec::new()),
    };
    let tax = node.opt("automatic_tax").and_then(|tax| tax.opt("enabled"));
    Ok(Changeable {
        subscription,
        quantity: quantity.map(|quantity| quantity.number()).transpose()?.unwrap_or(1),
        discounts: discounts?,
        automatic_tax: tax.map(|enabled| enabled.flag()).transpose()?.unwrap_or(false),
        quote: node.metadata("quote_id"),
        pending_quote: node.opt("pending_update").and_then(|pending| pending.metadata("quote_id")),
        latest_invoice,
    })
}
