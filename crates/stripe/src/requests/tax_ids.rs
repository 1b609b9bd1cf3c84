//! Tax ids of customers.

use super::page;
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::billing_details::VatId;
use domain::ids::StripeCustomerId;

pub fn list_tax_ids(customer: &StripeCustomerId) -> Request {
    Request::get(all(customer), page(Form::new(), None))
}

pub fn create_tax_id(customer: &StripeCustomerId, id: &VatId, key: &Key) -> Request {
    Request::post(all(customer), Form::new().set("type", &id.kind).set("value", &id.value), key)
}

/// `txi_...`
pub fn delete_tax_id(customer: &StripeCustomerId, id: &str) -> Request {
    Request::delete(format!("{}/{}", all(customer), segment(id)), Form::new())
}

fn all(customer: &StripeCustomerId) -> String {
    format!("/v1/customers/{}/tax_ids", segment(customer.as_str()))
}
