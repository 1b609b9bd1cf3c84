//! Payment intents: buying tokens.

use super::{Created, page};
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{
    AccountId, StripeCustomerId, StripePaymentIntentId, StripePaymentMethodId, TokenPurchaseId,
};
use domain::money::Money;

/// Who confirms a payment, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation<'a> {
    /// This call, while the person waits.
    Server { payment_method: &'a StripePaymentMethodId },
    /// This call, with nobody there: a card that wants authentication is refused.
    OffSession { payment_method: &'a StripePaymentMethodId },
    /// The browser, with the client secret.
    Browser,
}

#[derive(Debug, Clone, Copy)]
pub struct NewPaymentIntent<'a> {
    /// At least Stripe's minimum, 50 cents for USD.
    pub amount: Money,
    pub customer: &'a StripeCustomerId,
    pub purchase: &'a TokenPurchaseId,
    pub account: &'a AccountId,
    /// The package's key in the catalog.
    pub package: &'a str,
    /// What the member reads on a receipt.
    pub description: &'a str,
    pub confirmation: Confirmation<'a>,
    /// Attach the card for later use; without it a new card serves once.
    pub keep_card: bool,
}

/// A decline still *makes* an intent, whose id is only in the error ([`crate::Error::Declined`]).
pub fn create_payment_intent(new: &NewPaymentIntent<'_>, key: &Key) -> Request {
    let mut form = Form::new()
        .set("amount", new.amount.amount)
        .set("currency", new.amount.currency)
        .set("customer", new.customer);
    form = match new.confirmation {
        Confirmation::Server { payment_method } => {
            form.set("payment_method", payment_method).set("confirm", true).set("use_stripe_sdk", true)
        }
        Confirmation::OffSession { payment_method } => form
            .set("payment_method", payment_method)
            .set("confirm", true)
            .set("use_stripe_sdk", true)
            .set("off_session", true),
        Confirmation::Browser => form,
    };
    let form = form
        .set("automatic_payment_methods[enabled]", true)
        .set("automatic_payment_methods[allow_redirects]", "never")
        .maybe("setup_future_usage", new.keep_card.then_some("off_session"))
        .set("description", new.description)
        .set("metadata[purchase_id]", new.purchase)
        .set("metadata[account_id]", new.account)
        .set("metadata[package]", new.package);
    Request::post("/v1/payment_intents".into(), form, key)
}

pub fn retrieve_payment_intent(id: &StripePaymentIntentId) -> Request {
    Request::get(one(id), Form::new())
}

/// Another try, with another card. The number of tries is limited; then the intent is canceled.
pub fn confirm_payment_intent(
    id: &StripePaymentIntentId,
    payment_method: &StripePaymentMethodId,
    key: &Key,
) -> Request {
    let form = Form::new().set("payment_method", payment_method).set("use_stripe_sdk", true);
    Request::post(format!("{}/confirm", one(id)), form, key)
}

/// A purchase that was given up. An invoice's own intent cannot be canceled: void the invoice.
pub fn cancel_payment_intent(id: &StripePaymentIntentId, key: &Key) -> Request {
    Request::post(format!("{}/cancel", one(id)), Form::new().set("cancellation_reason", "abandoned"), key)
}

/// There is no filter by status. Without a customer: everybody's.
pub fn list_payment_intents(
    customer: Option<&StripeCustomerId>,
    created: Created,
    after: Option<&str>,
) -> Request {
    let form = created.on(Form::new().maybe("customer", customer));
    Request::get("/v1/payment_intents".into(), page(form, after))
}

fn one(id: &StripePaymentIntentId) -> String {
    format!("/v1/payment_intents/{}", segment(id.as_str()))
}
