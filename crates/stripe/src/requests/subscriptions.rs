//! Subscriptions.

use super::page;
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{
    AccountId, StripeCustomerId, StripePaymentMethodId, StripePriceId, StripeSubscriptionId,
    SubscribeIntentId,
};

const WITH_INVOICE: [&str; 3] =
    ["latest_invoice.confirmation_secret", "latest_invoice.payments", "pending_setup_intent"];
const DISCOUNTS: [&str; 2] = ["discounts.source.coupon", "discounts.promotion_code"];

/// How a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    /// The card is set up already, and nothing is charged for `days`. The subscription ends with the trial
    /// if the card has gone by then.
    Trial { days: u32, payment_method: &'a StripePaymentMethodId },
    /// Charged by this call. The card must be the customer's. A decline and 3D Secure alike answer an
    /// incomplete subscription, not an error.
    ServerConfirms { payment_method: &'a StripePaymentMethodId },
    /// Left incomplete, to be confirmed by the browser with the invoice's confirmation secret.
    BrowserConfirms,
}

#[derive(Debug, Clone, Copy)]
pub struct NewSubscription<'a> {
    pub customer: &'a StripeCustomerId,
    pub price: &'a StripePriceId,
    pub account: &'a AccountId,
    pub intent: &'a SubscribeIntentId,
    pub start: Start<'a>,
    /// `promo_...`, already resolved from the code.
    pub promotion_code: Option<&'a str>,
    /// Refused (`customer_tax_location_invalid`) without an address of the customer.
    pub automatic_tax: bool,
}

pub fn create_subscription(new: &NewSubscription<'_>, key: &Key) -> Request {
    let mut form = Form::new()
        .set("customer", new.customer)
        .set("items[0][price]", new.price)
        .set("items[0][quantity]", 1);
    form = match new.start {
        Start::Trial { days, payment_method } => form
            .set("trial_period_days", days)
            .set("default_payment_method", payment_method)
            .set("trial_settings[end_behavior][missing_payment_method]", "cancel"),
        Start::ServerConfirms { payment_method } => form
            .set("default_payment_method", payment_method)
            .set("payment_behavior", "allow_incomplete")
            .set("off_session", false)
            .set("payment_settings[save_default_payment_method]", "on_subscription"),
        Start::BrowserConfirms => form
            .set("payment_behavior", "default_incomplete")
            .set("off_session", false)
            .set("payment_settings[save_default_payment_method]", "on_subscription"),
    };
    let form = form
        .maybe("discounts[0][promotion_code]", new.promotion_code)
        .maybe("automatic_tax[enabled]", new.automatic_tax.then_some(true))
        .set("billing_mode[type]", "flexible")
        .set("metadata[account_id]", new.account)
        .set("metadata[subscribe_intent]", new.intent)
        .expand(&WITH_INVOICE);
    Request::post("/v1/subscriptions".into(), form, key)
}

pub fn retrieve_subscription(id: &StripeSubscriptionId) -> Request {
    Request::get(one(id), Form::new().expand(&DISCOUNTS))
}

pub fn retrieve_subscription_with_invoice(id: &StripeSubscriptionId) -> Request {
    Request::get(one(id), Form::new().expand(&WITH_INVOICE))
}

/// Of every status, without which the canceled ones are missing.
pub fn list_subscriptions(customer: Option<&StripeCustomerId>, after: Option<&str>) -> Request {
    let form = Form::new().maybe("customer", customer).set("status", "all");
    let form = form.expand(&["data.discounts.source.coupon", "data.discounts.promotion_code"]);
    Request::get("/v1/subscriptions".into(), page(form, after))
}

/// Why somebody leaves, in Stripe's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    CustomerService,
    LowQuality,
    MissingFeatures,
    Other,
    SwitchedService,
    TooComplex,
    TooExpensive,
    Unused,
}

impl Feedback {
    pub const ALL: [Self; 8] = [
        Self::CustomerService,
        Self::LowQuality,
        Self::MissingFeatures,
        Self::Other,
        Self::SwitchedService,
        Self::TooComplex,
        Self::TooExpensive,
        Self::Unused,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerService => "customer_service",
            Self::LowQuality => "low_quality",
            Self::MissingFeatures => "missing_features",
            Self::Other => "other",
            Self::SwitchedService => "switched_service",
            Self::TooComplex => "too_complex",
            Self::TooExpensive => "too_expensive",
            Self::Unused => "unused",
        }
    }
}

/// Refused (400) while a schedule is attached: release it first.
pub fn cancel_at_period_end(
    id: &StripeSubscriptionId,
    feedback: Option<Feedback>,
    comment: Option<&str>,
    key: &Key,
) -> Request {
    let form = Form::new()
        .set("cancel_at_period_end", true)
        .maybe("cancellation_details[feedback]", feedback.map(Feedback::as_str))
        .maybe("cancellation_details[comment]", comment);
    Request::post(one(id), form, key)
}

/// Which sign of a pending cancellation is cleared: Stripe wants the one that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingCancel {
    /// `cancel_at_period_end` is true.
    AtPeriodEnd,
    /// Only `cancel_at` is set, as the customer portal leaves it.
    AtDate,
}

pub fn resume_subscription(id: &StripeSubscriptionId, pending: PendingCancel, key: &Key) -> Request {
    let form = match pending {
        PendingCancel::AtPeriodEnd => Form::new().set("cancel_at_period_end", false),
        PendingCancel::AtDate => Form::new().set("cancel_at", ""),
    };
    Request::post(one(id), form, key)
}

/// At once, without proration. Open invoices stay open: void each.
pub fn cancel_now(id: &StripeSubscriptionId) -> Request {
    Request::delete(one(id), Form::new().set("invoice_now", false).set("prorate", false))
}

/// For one whose first payment never succeeded; it answers `incomplete_expired`.
pub fn cancel_incomplete(id: &StripeSubscriptionId, comment: Option<&str>) -> Request {
    let form = Form::new().maybe("cancellation_details[comment]", comment).expand(&WITH_INVOICE);
    Request::delete(one(id), form)
}

/// The subscription's card beats the customer's. An incomplete subscription cannot take one.
pub fn set_subscription_default(
    id: &StripeSubscriptionId,
    method: &StripePaymentMethodId,
    key: &Key,
) -> Request {
    Request::post(one(id), Form::new().set("default_payment_method", method), key)
}

fn one(id: &StripeSubscriptionId) -> String {
    format!("/v1/subscriptions/{}", segment(id.as_str()))
}
