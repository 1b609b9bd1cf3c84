//! Payment methods.

use super::page;
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::ids::{StripeCustomerId, StripePaymentMethodId};

/// A card that declines is refused here already. A setup intent attaches by itself, and so does a payment
/// intent that keeps its card: this is for a paid subscription with a new card. The id to store is the
/// answer's: Stripe's test tokens are cloned.
pub fn attach_payment_method(
    method: &StripePaymentMethodId,
    customer: &StripeCustomerId,
    key: &Key,
) -> Request {
    let path = format!("/v1/payment_methods/{}/attach", segment(method.as_str()));
    Request::post(path, Form::new().set("customer", customer), key)
}

pub fn retrieve_payment_method(id: &StripePaymentMethodId) -> Request {
    Request::get(format!("/v1/payment_methods/{}", segment(id.as_str())), Form::new())
}

pub fn list_payment_methods(customer: &StripeCustomerId, after: Option<&str>) -> Request {
    let path = format!("/v1/customers/{}/payment_methods", segment(customer.as_str()));
    Request::get(path, page(Form::new().set("type", "card"), after))
}

/// Cannot be undone.
pub fn detach_payment_method(id: &StripePaymentMethodId, key: &Key) -> Request {
    Request::post(format!("/v1/payment_methods/{}/detach", segment(id.as_str())), Form::new(), key)
}
