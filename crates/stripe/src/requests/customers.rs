//! Customers.

use super::{Created, page};
use crate::form::{Form, segment};
use crate::request::{Key, Request};
use domain::billing_details::BillingDetails;
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId};

#[derive(Debug, Clone, Copy)]
pub struct NewCustomer<'a> {
    pub account: &'a AccountId,
    pub email: Option<&'a str>,
    pub name: Option<&'a str>,
    /// How many customers of this account were deleted before: the next one needs a key of its own.
    pub former: i64,
}

/// One customer for each account: the key is `cus:{account_id}`, so a second try answers the first one's.
/// The account's e-mail may have changed in between; then Stripe refuses (`IdempotencyMismatch`) and the
/// customer has to be found by [`list_customers`].
pub fn create_customer(new: &NewCustomer<'_>) -> Request {
    let form = Form::new()
        .maybe("email", new.email)
        .maybe("name", new.name)
        .set("metadata[account_id]", new.account);
    let key = match new.former {
        0 => format!("cus:{}", new.account),
        former => format!("cus:{}:{former}", new.account),
    };
    Request::post("/v1/customers".into(), form, &Key::of(key))
}

pub fn retrieve_customer(id: &StripeCustomerId) -> Request {
    Request::get(format!("/v1/customers/{}", segment(id.as_str())), Form::new())
}

/// For good: its subscriptions end at once, and its cards are gone.
pub fn delete_customer(id: &StripeCustomerId) -> Request {
    Request::delete(format!("/v1/customers/{}", segment(id.as_str())), Form::new())
}

/// A new default retries nothing, and a subscription's own card beats it: set both.
pub fn set_customer_default(
    customer: &StripeCustomerId,
    method: &StripePaymentMethodId,
    key: &Key,
) -> Request {
    let form = Form::new().set("invoice_settings[default_payment_method]", method);
    Request::post(format!("/v1/customers/{}", segment(customer.as_str())), form, key)
}

/// All of name and address; what is missing is cleared. `validate`: refuse an address that Stripe cannot tax, which is
/// needed before automatic tax is asked for.
pub fn set_billing_details(
    customer: &StripeCustomerId,
    details: &BillingDetails,
    validate: bool,
    key: &Key,
) -> Request {
    let empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let form = Form::new().set("name", empty(&details.name));
    let form = match &details.address {
        Some(address) => [
            ("line1", &address.line1),
            ("line2", &address.line2),
            ("city", &address.city),
            ("state", &address.state),
            ("postal_code", &address.postal_code),
            ("country", &address.country),
        ]
        .into_iter()
        .fold(form, |form, (line, text)| form.set(&format!("address[{line}]"), empty(text))),
        None => form.set("address", ""),
    };
    let form = form.maybe("tax[validate_location]", validate.then_some("immediately"));
    Request::post(format!("/v1/customers/{}", segment(customer.as_str())), form, key)
}

/// For a row whose customer was never heard of: walk, and match `metadata.account_id`.
pub fn list_customers(created: Created, after: Option<&str>) -> Request {
    Request::get("/v1/customers".into(), page(created.on(Form::new()), after))
}
