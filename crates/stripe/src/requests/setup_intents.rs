//! Setup intents: a card is made ready before anything is charged.

use super::page;
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{
    AccountId, StripeCustomerId, StripePaymentMethodId, StripeSetupIntentId, SubscribeIntentId,
};

#[derive(Debug, Clone, Copy)]
pub struct NewSetupIntent<'a> {
    pub customer: &'a StripeCustomerId,
    pub account: &'a AccountId,
    /// The trial that waits for it, if one does.
    pub subscribe_intent: Option<&'a SubscribeIntentId>,
    /// Confirmed by this call; `None` when the browser will.
    pub payment_method: Option<&'a StripePaymentMethodId>,
}

/// Off session, because renewals are; no redirects, so that no `return_url` is needed.
pub fn create_setup_intent(new: &NewSetupIntent<'_>, key: &Key) -> Request {
    let mut form = Form::new().set("customer", new.customer).set("usage", "off_session");
    if let Some(method) = new.payment_method {
        form = form.set("payment_method", method).set("confirm", true).set("use_stripe_sdk", true);
    }
    let form = form
        .set("automatic_payment_methods[enabled]", true)
        .set("automatic_payment_methods[allow_redirects]", "never")
        .set("metadata[account_id]", new.account)
        .maybe("metadata[subscribe_intent]", new.subscribe_intent)
        .expand(&["payment_method"]);
    Request::post("/v1/setup_intents".into(), form, key)
}

pub fn retrieve_setup_intent(id: &StripeSetupIntentId) -> Request {
    Request::get(one(id), Form::new().expand(&["payment_method"]))
}

/// Not when it succeeded or is processing.
pub fn cancel_setup_intent(id: &StripeSetupIntentId, key: &Key) -> Request {
    let form = Form::new().set("cancellation_reason", "abandoned").expand(&["payment_method"]);
    Request::post(format!("{}/cancel", one(id)), form, key)
}

/// All of a customer, of every status.
pub fn list_setup_intents(customer: &StripeCustomerId, after: Option<&str>) -> Request {
    Request::get("/v1/setup_intents".into(), page(Form::new().set("customer", customer), after))
}

fn one(id: &StripeSetupIntentId) -> String {
    format!("/v1/setup_intents/{}", segment(id.as_str()))
}
