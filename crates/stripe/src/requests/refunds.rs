//! Refunds.

use super::{Created, page};
use crate::form::Form;
use crate::request::{Key, Request};
use domain::ids::StripePaymentIntentId;

#[derive(Debug, Clone, Copy)]
pub struct NewRefund<'a> {
    pub payment_intent: &'a StripePaymentIntentId,
    /// Minor units of the payment's currency; `None` for what is left of it.
    pub amount: Option<i64>,
    pub metadata: &'a [(&'a str, &'a str)],
}

pub fn create_refund(new: &NewRefund<'_>, key: &Key) -> Request {
    let form = Form::new()
        .set("payment_intent", new.payment_intent)
        .maybe("amount", new.amount)
        .set("reason", "requested_by_customer");
    Request::post("/v1/refunds".into(), super::catalog::metadata(form, new.metadata), key)
}

/// Of one payment: the truth of what was given back.
pub fn list_refunds_of(payment_intent: &StripePaymentIntentId, after: Option<&str>) -> Request {
    Request::get("/v1/refunds".into(), page(Form::new().set("payment_intent", payment_intent), after))
}

/// Everybody's, for reconciliation.
pub fn list_refunds(created: Created, after: Option<&str>) -> Request {
    Request::get("/v1/refunds".into(), page(created.on(Form::new()), after))
}
