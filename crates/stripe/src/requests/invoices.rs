//! Invoices.

use super::page;
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{
    StripeCustomerId, StripeInvoiceId, StripePaymentMethodId, StripePriceId, StripeSubscriptionId,
};
use domain::invoice::InvoiceStatus;
use domain::money::Currency;
use domain::time::Timestamp;

pub fn retrieve_invoice(id: &StripeInvoiceId) -> Request {
    Request::get(one(id), Form::new().expand(&["payments", "confirmation_secret"]))
}

/// With their payments. Never only the latest: it may be a draft, or an upgrade.
pub fn list_invoices(
    subscription: &StripeSubscriptionId,
    status: InvoiceStatus,
    after: Option<&str>,
) -> Request {
    let form = Form::new().set("subscription", subscription).set("status", status.as_str());
    Request::get("/v1/invoices".into(), page(form, after).expand(&["data.payments"]))
}

/// Everything a customer was ever billed, newest first, whatever it was for.
pub fn list_customer_invoices(customer: &StripeCustomerId, after: Option<&str>) -> Request {
    Request::get("/v1/invoices".into(), page(Form::new().set("customer", customer), after))
}

/// Everybody's that wait to be paid, for reconciliation.
pub fn list_open_invoices(after: Option<&str>) -> Request {
    Request::get("/v1/invoices".into(), page(Form::new().set("status", "open"), after))
}

/// On session: `off_session` is true here unless told otherwise. Without a card, the default one.
pub fn pay_invoice(
    id: &StripeInvoiceId,
    payment_method: Option<&StripePaymentMethodId>,
    key: &Key,
) -> Request {
    let form = Form::new()
        .maybe("payment_method", payment_method)
        .set("off_session", false)
        .expand(&["payments", "confirmation_secret"]);
    Request::post(format!("{}/pay", one(id)), form, key)
}

pub fn void_invoice(id: &StripeInvoiceId, key: &Key) -> Request {
    Request::post(format!("{}/void", one(id)), Form::new().expand(&["payments"]), key)
}

/// Who a preview is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer<'a> {
    Customer(&'a StripeCustomerId),
    /// Nobody yet.
    Nobody {
        currency: Currency,
        country: Option<&'a str>,
    },
}

#[derive(Debug, Clone, Copy)]
pub struct NewSubscriptionPreview<'a> {
    pub payer: Payer<'a>,
    pub price: &'a StripePriceId,
    /// Stripe's clock rules: an instant in its past is refused.
    pub trial_end: Option<Timestamp>,
    /// `promo_...`
    pub promotion_code: Option<&'a str>,
    /// Refused (`customer_tax_location_invalid`) without an address of the payer.
    pub automatic_tax: bool,
}

/// What a new subscription would cost now. Changes nothing; has a key like every POST.
pub fn preview_new_subscription(new: &NewSubscriptionPreview<'_>, key: &Key) -> Request {
    let form = match new.payer {
        Payer::Customer(id) => Form::new().set("customer", id),
        // Stripe wants details of a customer where there is none, even when nothing is known of them.
        Payer::Nobody { currency, country: None } => {
            Form::new().set("currency", currency).set("customer_details[tax_exempt]", "none")
        }
        Payer::Nobody { currency, country: Some(country) } => {
            Form::new().set("currency", currency).set("customer_details[address][country]", country)
        }
    };
    let form = form
        .set("subscription_details[items][0][price]", new.price)
        .set("subscription_details[items][0][quantity]", 1)
        .set("subscription_details[billing_mode][type]", "flexible")
        .maybe("subscription_details[trial_end]", new.trial_end.map(Timestamp::seconds))
        .maybe("discounts[0][promotion_code]", new.promotion_code)
        .maybe("automatic_tax[enabled]", new.automatic_tax.then_some(true));
    Request::post("/v1/invoices/create_preview".into(), form, key)
}

fn one(id: &StripeInvoiceId) -> String {
    format!("/v1/invoices/{}", segment(id.as_str()))
}
