//! Invoice payments: what ties an invoice to the payment intent that pays it.

use crate::core::value::{Value, json};

use super::shapes::NONE;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] =
    &[route("GET", "invoice_payments", LIST, all), route("GET", "invoice_payments/*", NONE, retrieve)];

const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("invoice", Kind::Text),
    LIMIT,
    (
        "payment",
        Kind::Nested(&[
            ("payment_intent", Kind::Text),
            ("payment_record", Kind::Text),
            ("type", Kind::Word(&["payment_intent", "payment_record"])),
        ]),
    ),
    ("status", Kind::Word(&["canceled", "open", "paid"])),
];

/// A payment of an invoice, open: the default one, or one that was attached. `amount` in minor units.
pub(crate) fn make(work: &mut Work<'_>, invoice: &Value, intent: &str, amount: i64, is_default: bool) {
    let id = format!("inpay_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": amount,
        "created": work.now,
        "currency": invoice.at("currency"),
        "invoice": invoice.at("id"),
        "is_default": is_default,
        "livemode": false,
        "payment": { "payment_intent": intent, "type": "payment_intent" },
        "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
        "_pi": intent,
    }));
}

/// The default payment of an invoice is paid; what else was open is not needed any more.
pub(crate) fn pay_of(work: &mut Work<'_>, invoice: &str) {
    for payment in work.matching("invoice_payment", "invoice", invoice) {
        if payment.is("status", "open") && payment.flag("is_default") {
            paid(work, &payment.id(), payment.num("amount_requested"));
        }
    }
    cancel_of(work, invoice);
}

/// What an attached intent brought is credited, if the invoice still waits for it.
pub(crate) fn pay_with(work: &mut Work<'_>, intent: &str, received: i64) -> bool {
    let payment = of_intent(work, intent);
    if let Some(id) = &payment {
        paid(work, id, received);
    }
    payment.is_some()
}

fn paid(work: &mut Work<'_>, id: &str, amount: i64) {
    let now = work.now;
    work.edit(id, |payment| {
        payment.set("status", "paid");
        payment.set("amount_paid", amount);
        payment.set("status_transitions.paid_at", now);
    });
    work.tell("invoice_payment.paid", id);
}

/// [spec] `is_default`: the default payment is kept as large as what remains.
pub(crate) fn follow(work: &mut Work<'_>, invoice: &str, remaining: i64) {
    for payment in work.matching("invoice_payment", "invoice", invoice) {
        if payment.is("status", "open") && payment.flag("is_default") {
            work.set(&payment.id(), "amount_requested", remaining);
            work.set(&payment.string("_pi"), "amount", remaining);
        }
    }
}

/// What is open of an invoice's payments will not be made.
pub(crate) fn cancel_of(work: &mut Work<'_>, invoice: &str) {
    for payment in work.matching("invoice_payment", "invoice", invoice) {
        if payment.is("status", "open") {
            canceled(work, &payment.id());
        }
    }
}

/// The payment that an intent was attached for will not be made.
pub(crate) fn cancel_with(work: &mut Work<'_>, intent: &str) {
    if let Some(id) = of_intent(work, intent) {
        canceled(work, &id);
    }
}

fn canceled(work: &mut Work<'_>, id: &str) {
    let now = work.now;
    work.edit(id, |payment| {
        payment.set("status", "canceled");
        payment.set("status_transitions.canceled_at", now);
    });
}

fn of_intent(work: &Work<'_>, intent: &str) -> Option<String> {
    let found = work.matching("invoice_payment", "_pi", intent);
    found.iter().find(|payment| payment.is("status", "open")).map(|payment| payment.id())
}

/// # Errors
/// 400 when payments of these statuses are attached to an invoice ([doc]: what is in the way of the action).
pub(crate) fn refuse_attached(work: &Work<'_>, invoice: &str, statuses: &[&str], action: &str) -> Result<()> {
    let in_the_way = |payment: &Value| {
        !payment.flag("is_default") && statuses.iter().any(|status| payment.is("status", status))
    };
    if work.matching("invoice_payment", "invoice", invoice).iter().any(|payment| in_the_way(payment)) {
        let message = format!("You can't {action} an invoice that has {} payments.", statuses.join(" or "));
        return Err(ApiError::invalid(message).begun());
    }
    Ok(())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("invoice_payment", args.id())?).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let payment = args.at("payment");
    let intent = payment.text("payment_intent");
    if payment.is_object() && !payment.has("type") {
        return Err(ApiError::required("payment[type]"));
    }
    let among = match (intent, args.text("invoice")) {
        (Some(intent), _) => Some(work.matching("invoice_payment", "_pi", intent)),
        (None, Some(invoice)) => Some(work.matching("invoice_payment", "invoice", invoice)),
        _ => None,
    };
    list(work, args, "invoice_payment", "/v1/invoice_payments", among, |found| {
        agrees(args, "status", found)
            && agrees(args, "invoice", found)
            && payment.text("type").is_none_or(|kind| found.is("payment.type", kind))
    })
}
