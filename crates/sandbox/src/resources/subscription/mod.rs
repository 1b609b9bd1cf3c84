//! Subscriptions: read, and what follows for them from their invoices.

pub(crate) mod bill;
pub(crate) mod cancel;
pub(crate) mod change;
pub(crate) mod collection;
pub(crate) mod create;
pub(crate) mod items;
mod migrate;
pub(crate) mod pending;
pub(crate) mod planned_end;
mod proration;
mod resume;
#[cfg(test)]
mod rule;
mod start;
pub(crate) mod update;

use crate::core::value::Value;

use super::shapes::NONE;
use crate::core::error::Result;
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list, within};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::life;
use crate::life::dunning::GivenUp;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::{discount, invoice, test_clock};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "subscriptions", create::CREATE, create::create),
    route("GET", "subscriptions", LIST, all),
    route("GET", "subscriptions/*", NONE, retrieve),
    route("POST", "subscriptions/*", update::UPDATE, update::update),
    route("DELETE", "subscriptions/*", cancel::CANCEL, cancel::cancel),
    route("POST", "subscriptions/*/migrate", migrate::MIGRATE, migrate::migrate),
    route("POST", "subscriptions/*/resume", resume::RESUME, resume::resume),
];

const LIST: Shape = &[
    AFTER,
    BEFORE,
    ("collection_method", Kind::Word(&["charge_automatically", "send_invoice"])),
    CREATED,
    ("current_period_end", Kind::Range),
    ("current_period_start", Kind::Range),
    ("customer", Kind::Text),
    LIMIT,
    ("price", Kind::Text),
    (
        "status",
        Kind::Word(&[
            "active",
            "all",
            "canceled",
            "ended",
            "incomplete",
            "incomplete_expired",
            "past_due",
            "paused",
            "trialing",
            "unpaid",
        ]),
    ),
    ("test_clock", Kind::Text),
];

/// Not over for good.
pub(crate) fn is_live(subscription: &Value) -> bool {
    !matches!(subscription.text("status"), Some("canceled" | "incomplete_expired"))
}

/// Sets the status, if it is another one.
pub(crate) fn set_status(work: &mut Work<'_>, id: &str, status: &str) {
    work.set(id, "status", status);
}

/// Tells of an update, once the subscription's creation has been told, and sets when it is due next.
pub(crate) fn changed(work: &mut Work<'_>, id: &str) {
    discount::sweep(work, id);
    life::subscription::reschedule(work, id);
    if !work.see(id).flag("_quiet") {
        work.tell_if_changed("customer.subscription.updated", id);
    }
}

/// The current period (seconds): all items share it.
pub(crate) fn period(subscription: &Value) -> (i64, i64) {
    let item = subscription.at("items.data.0");
    (item.num("current_period_start"), item.num("current_period_end"))
}

/// Sets the period of every item.
pub(crate) fn set_period(subscription: &mut Value, (start, end): (i64, i64)) {
    for index in 0..subscription.list("items.data").len() {
        subscription.set(&format!("items.data.{index}.current_period_start"), start);
        subscription.set(&format!("items.data.{index}.current_period_end"), end);
    }
}

/// A draft of the subscription bills something else now: later credits follow from that.
pub(crate) fn rebilled(work: &mut Work<'_>, id: &str, invoice: &str) {
    proration::remember_again(work, id, invoice);
}

/// An invoice of the subscription was paid. Its status follows the newest invoice that was finalised ([doc]).
pub(crate) fn after_paid(work: &mut Work<'_>, id: &str, invoice_id: &str) {
    let subscription = work.see(id);
    let saves = subscription.is("payment_settings.save_default_payment_method", "on_subscription");
    let intent = work.see(&work.see(invoice_id).string("_pi"));
    if let (true, Some(method)) = (saves, intent.text("payment_method")) {
        work.set(id, "default_payment_method", method);
    }
    pending::apply(work, id, invoice_id);
    match subscription.text("status") {
        Some("incomplete") => set_status(work, id, "active"),
        Some("past_due" | "unpaid") if newest_is_paid(work, id) => set_status(work, id, "active"),
        Some("paused") => resume::after_paid(work, id, invoice_id),
        _ => {}
    }
    changed(work, id);
}

fn newest_is_paid(work: &Work<'_>, id: &str) -> bool {
    let invoices = work.matching("invoice", "_subscription", id);
    invoices
        .iter()
        .find(|invoice| !invoice.is("status", "draft") && invoice::governing(invoice).is_some())
        .is_some_and(|newest| newest.is("status", "paid"))
}

/// An attempt to collect failed; `given_up` after the last retry.
pub(crate) fn after_failure(work: &mut Work<'_>, id: &str, given_up: Option<GivenUp>) {
    let subscription = work.see(id);
    if !is_live(&subscription) {
        return;
    }
    match given_up {
        Some(GivenUp::Cancel) => return cancel::now(work, id, "payment_failed"),
        Some(GivenUp::MarkUnpaid) => set_status(work, id, "unpaid"),
        None if matches!(subscription.text("status"), Some("active" | "trialing")) => {
            set_status(work, id, "past_due");
        }
        Some(GivenUp::LeavePastDue) | None => {}
    }
    changed(work, id);
}

/// An invoice was voided: a subscription that waited for it has expired.
pub(crate) fn after_void(work: &mut Work<'_>, id: &str, invoice_id: &str) {
    pending::drop_of(work, id, invoice_id);
    let subscription = work.see(id);
    if subscription.is("status", "incomplete") && subscription.is("latest_invoice", invoice_id) {
        cancel::expire(work, id);
        return;
    }
    if matches!(subscription.text("status"), Some("past_due" | "unpaid")) {
        // Nothing is owed any more if no other invoice is open.
        let owes = work
            .matching("invoice", "_subscription", id)
            .iter()
            .any(|other| other.is("status", "open") && invoice::governing(other).is_some());
        if !owes {
            set_status(work, id, "active");
        }
    }
    changed(work, id);
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("subscription", args.id())?).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    test_clock::check_filter(work, args)?;
    let among = args.text("customer").map(|customer| work.matching("subscription", "customer", customer));
    let price = args.text("price");
    let periods = [args.at("current_period_start"), args.at("current_period_end")];
    list(work, args, "subscription", "/v1/subscriptions", among, |subscription| {
        let status = subscription.text("status").unwrap_or_default();
        let shown = match args.text("status") {
            Some("all") => true,
            Some("ended") => !is_live(subscription),
            Some(wanted) => status == wanted,
            // [spec]: without a status, those that are canceled are not listed.
            None => status != "canceled",
        };
        shown
            && test_clock::lists(args, subscription)
            && agrees(args, "collection_method", subscription)
            && within(periods[0], period(subscription).0)
            && within(periods[1], period(subscription).1)
            && price.is_none_or(|price| {
                subscription.list("items.data").iter().any(|item| item.is("price.id", price))
            })
    })
}
