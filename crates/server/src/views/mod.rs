//! What the API answers: the shapes of API clients, made of the domain's types. One file per noun.

pub mod ai_limits;
pub mod allowance;
pub mod billing_details;
pub mod confirm;
pub mod event;
pub mod hold;
pub mod invitation;
pub mod invoice;
pub mod page;
pub mod payment_method;
pub mod purchase;
pub mod quote;
pub(crate) mod refusals;
pub mod subscription;
pub mod tier;

use domain::time::Timestamp;

/// RFC 3339 in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_string()
}
