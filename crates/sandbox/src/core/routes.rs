//! Which method and path is answered by what.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::core::value::Value;

use super::error::{ApiError, Result};
use super::search;
use super::work::Work;
use crate::params::args::Args;
use crate::params::shape::Shape;
use crate::resources::{
    account, balance, balance_transaction, charge, checkout, confirmation_token, coupon, customer,
    customer_balance_transaction, discount, dispute, early_fraud_warning, elements_session, event, invoice,
    invoice_item, invoice_payment, mandate, payment_intent, payment_method, plan, portal, price, product,
    promotion_code, refund, setup_attempt, setup_intent, subscription, subscription_item,
    subscription_schedule, tax_id, test_clock, token, webhook_endpoint,
};

pub(crate) type Handler = fn(&mut Work<'_>, &Args) -> Result<Value>;

/// An endpoint.
#[derive(Debug)]
pub(crate) struct Route {
    method: &'static str,
    /// Segments after `/v1/`; `*` is an id.
    path: &'static str,
    pub(crate) shape: Shape,
    pub(crate) handler: Handler,
    /// Stripe.js may call it with a publishable key.
    open: bool,
}

/// An endpoint for secret keys.
pub(crate) const fn route(method: &'static str, path: &'static str, shape: Shape, handler: Handler) -> Route {
    Route { method, path, shape, handler, open: false }
}

/// An endpoint for publishable keys too.
pub(crate) const fn open(method: &'static str, path: &'static str, shape: Shape, handler: Handler) -> Route {
    Route { method, path, shape, handler, open: true }
}

const TABLES: &[&[Route]] = &[
    account::ROUTES,
    balance::ROUTES,
    balance_transaction::ROUTES,
    charge::ROUTES,
    checkout::ROUTES,
    confirmation_token::ROUTES,
    coupon::ROUTES,
    customer::ROUTES,
    customer_balance_transaction::ROUTES,
    discount::ROUTES,
    dispute::ROUTES,
    early_fraud_warning::ROUTES,
    elements_session::ROUTES,
    event::ROUTES,
    invoice::ROUTES,
    invoice_item::ROUTES,
    invoice_payment::ROUTES,
    mandate::ROUTES,
    payment_intent::ROUTES,
    payment_method::ROUTES,
    plan::ROUTES,
    portal::ROUTES,
    price::ROUTES,
    product::ROUTES,
    promotion_code::ROUTES,
    refund::ROUTES,
    search::ROUTES,
    setup_attempt::ROUTES,
    setup_intent::ROUTES,
    subscription::ROUTES,
    subscription_item::ROUTES,
    subscription_schedule::ROUTES,
    tax_id::ROUTES,
    test_clock::ROUTES,
    token::ROUTES,
    webhook_endpoint::ROUTES,
];

/// Finds the endpoint and the ids in the path.
///
/// # Errors
/// 404 for an unknown URL; 403 where a publishable key may not go.
pub(crate) fn find(method: &str, path: &str, publishable: bool) -> Result<(&'static Route, Vec<String>)> {
    let unknown = || {
        ApiError::new(
            404,
            "invalid_request_error",
            format!(
                "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help \
                 at https://support.stripe.com/."
            ),
        )
    };
    let (route, ids) = best(method, path).ok_or_else(unknown)?;
    if publishable && !route.open {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key. \
                       You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.";
        return Err(ApiError::new(401, "invalid_request_error", message).code("secret_key_required"));
    }
    Ok((route, ids))
}

/// The endpoints by the first word of their paths.
static BY_FIRST: LazyLock<HashMap<&'static str, Vec<&'static Route>>> = LazyLock::new(|| {
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for route in TABLES.iter().flat_map(|table| table.iter()) {
        all.entry(route.path.split('/').next().unwrap_or_default()).or_default().push(route);
    }
    all
});

/// Fixed words win over ids: /v1/invoices/create_preview is not an invoice.
fn best(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let tail = path.strip_prefix("/v1/")?;
    let first = tail.split('/').next()?;
    let routes = BY_FIRST.get(first)?.iter().copied();
    routes
        .filter(|route| route.method == method)
        .filter_map(|route| Some((route, matched(route.path, tail)?)))
        .min_by_key(|(_, ids)| ids.len())
}

/// The endpoint that a request is for, with stars for ids.
pub(crate) fn name(method: &str, path: &str) -> Option<&'static str> {
    best(method, path).map(|(route, _)| route.path)
}

fn matched(pattern: &str, tail: &str) -> Option<Vec<String>> {
    let (mut ids, mut words) = (Vec::new(), tail.split('/'));
    for step in pattern.split('/') {
        let word = words.next().filter(|word| !word.is_empty())?;
        if step == "*" {
            ids.push(word.to_owned());
        } else if step != word {
            return None;
        }
    }
    words.next().is_none().then_some(ids)
}
