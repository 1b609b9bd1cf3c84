//! Payments that are attached to an open invoice: it is paid in parts (Stripe docs: partial payments).

use crate::core::value::Value;

use super::super::{customer_balance_transaction, invoice_payment};
use super::settle::{self, Paid};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const ATTACH: Shape = &[("payment_intent", Kind::Text)];

pub(super) fn attach(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    let intent = work.named("payment_intent", args.need_text("payment_intent")?, "payment_intent")?;
    check(&invoice, &intent).map_err(|error| error.param("payment_intent").begun())?;
    invoice_payment::make(work, &invoice, &intent.id(), intent.num("amount"), false);
    work.set(&intent.id(), "_attached", id.as_str());
    if intent.is("status", "succeeded") {
        after_success(work, &intent.id());
    }
    Ok((*work.see(&id)).clone())
}

/// # Errors
/// 400 for an invoice that takes no further payment, or an intent that is not for it ([doc]).
fn check(invoice: &Value, intent: &Value) -> Result<()> {
    let refuse = |message: String| Err(ApiError::invalid(message));
    if !invoice.is("status", "open") {
        return refuse(format!(
            "You can only attach payments to open invoices. This invoice's status is {}.",
            invoice.string("status")
        ));
    }
    if invoice.has("_subscription") && invoice.is("collection_method", "charge_automatically") {
        return refuse(
            "Partial payments are not supported for subscription invoices that are charged automatically."
                .into(),
        );
    }
    if intent.has("_invoice") || intent.has("_attached") {
        return refuse("This PaymentIntent is already attached to an invoice.".into());
    }
    if intent.is("status", "canceled") {
        return refuse("A canceled PaymentIntent cannot be attached to an invoice.".into());
    }
    for name in ["currency", "customer"] {
        if intent.at(name) != invoice.at(name) {
            return refuse(format!("The PaymentIntent's {name} must be the same as the invoice's."));
        }
    }
    if intent.num("amount") > invoice.num("amount_remaining") {
        return refuse(format!(
            "The PaymentIntent's amount must not be greater than the amount remaining on the invoice ({}).",
            invoice.num("amount_remaining")
        ));
    }
    Ok(())
}

/// An intent has succeeded: what it brought is credited to the invoice that it is attached to. What that does not need
/// any more is credited to the customer ([spec] `amount_overpaid`).
pub(crate) fn after_success(work: &mut Work<'_>, intent: &str) {
    let found = work.see(intent);
    let Some(id) = found.text("_attached").map(str::to_owned) else { return };
    let received = found.num("amount_received");
    if !invoice_payment::pay_with(work, intent, received) {
        return;
    }
    let remaining = work.see(&id).num("amount_remaining");
    if received < remaining {
        work.edit(&id, |invoice| {
            invoice.set("amount_paid", invoice.num("amount_paid") + received);
            invoice.set("amount_remaining", remaining - received);
        });
        invoice_payment::follow(work, &id, remaining - received);
        work.tell_if_changed("invoice.updated", &id);
        return;
    }
    let over = received - remaining;
    if over > 0 {
        let customer = work.see(&id).string("customer");
        work.set(&id, "amount_overpaid", over);
        customer_balance_transaction::change(work, &customer, -over, "invoice_overpaid", Some(&id));
        work.tell_if_changed("customer.updated", &customer);
    }
    settle::mark_paid(work, &id, Paid::Attached);
    if over > 0 {
        work.tell("invoice.overpaid", &id);
    }
}

/// An intent was canceled: it will not pay the invoice that it is attached to ([doc]).
pub(crate) fn after_cancel(work: &mut Work<'_>, intent: &str) {
    if work.see(intent).has("_attached") {
        invoice_payment::cancel_with(work, intent);
    }
}
