//! What joins invoices and payments: neither names the other.

use super::{Created, page};
use crate::form::Form;
use crate::request::Request;
use domain::ids::StripePaymentIntentId;

/// The invoices that this payment is for, with each invoice.
pub fn list_invoice_payments_of(payment_intent: &StripePaymentIntentId, after: Option<&str>) -> Request {
    let form =
        Form::new().set("payment[type]", "payment_intent").set("payment[payment_intent]", payment_intent);
    Request::get("/v1/invoice_payments".into(), page(form, after).expand(&["data.invoice"]))
}

/// Everybody's that were paid, with each invoice, for reconciliation. `created` is when the invoice was
/// finalized, not when it was paid: look back over the time in which a payment is tried again.
pub fn list_paid_invoice_payments(created: Created, after: Option<&str>) -> Request {
    let form = created.on(Form::new().set("status", "paid"));
    Request::get("/v1/invoice_payments".into(), page(form, after).expand(&["data.invoice"]))
}
