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

/// The default payment of an invoice, open. `amount` in minor units.
pub(crate) fn make(work: &mut Work<'_>, invoice: &Value, intent: &str, amount: i64) {
    let id = format!("inpay_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": amount,
        "created": work.now,
        "currency": invoice.at("currency"),
        "invoice": invoice.at("id"),
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent, "type": "payment_intent" },
        "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
        "_pi": intent,
    }));
}

/// The open payment of an invoice is paid.
pub(crate) fn pay_of(work: &mut Work<'_>, invoice: &str) {
    let now = work.now;
    for payment in work.matching("invoice_payment", "invoice", invoice) {
        if payment.is("status", "open") {
            work.edit(&payment.id(), |payment| {
                payment.set("status", "paid");
                payment.set("amount_paid", payment.num("amount_requested"));
                payment.set("status_transitions.paid_at", now);
            });
            work.tell("invoice_payment.paid", &payment.id());
        }
    }
}

/// The open payment of an invoice will not be made.
pub(crate) fn cancel_of(work: &mut Work<'_>, invoice: &str) {
    let now = work.now;
    for payment in work.matching("invoice_payment", "invoice", invoice) {
        if payment.is("status", "open") {
            work.edit(&payment.id(), |payment| {
                payment.set("status", "canceled");
                payment.set("status_transitions.canceled_at", now);
            });
        }
    }
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
