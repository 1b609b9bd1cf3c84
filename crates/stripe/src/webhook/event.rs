//! One event, read narrowly: it is only a trigger (trap 1). What it says of its object is never believed,
//! so only ids are read, and no change of a version can make an event unreadable (trap 22).

use crate::json::{Misread, Node};
use domain::ids::{StripeCustomerId, StripeEventId, StripePaymentIntentId, StripeSubscriptionId};
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: StripeEventId,
    /// `type`, such as `customer.subscription.updated`.
    pub kind: String,
    pub created: Timestamp,
    pub livemode: bool,
    /// The version in which its object is rendered.
    pub api_version: Option<String>,
    /// `data.object.id`; a few objects have none.
    pub object_id: Option<String>,
    /// `data.object.object`, such as `subscription`; empty when the object does not say.
    pub object_type: String,
    /// Of the object, or the object itself; a detached payment method's former one. Refunds, disputes and
    /// invoice payments have none: resolve them by `payment_intent`.
    pub customer: Option<StripeCustomerId>,
    pub payment_intent: Option<StripePaymentIntentId>,
    pub subscription: Option<StripeSubscriptionId>,
    /// The invoice that an invoice payment is of, or the object itself.
    pub invoice: Option<String>,
}

pub(crate) fn read_event(node: &Node<'_>) -> Result<Event, Misread> {
    let data = node.get("data")?;
    let object = data.get("object")?;
    let object_id = object.opt("id").and_then(|id| id.text().ok());
    let object_type = object.opt("object").and_then(|kind| kind.text().ok()).unwrap_or_default();
    let itself = |kind: &str| object_id.filter(|_| object_type == kind);
    // An id inside the object, expanded or not. What is of another type is as if it were not there.
    let inside = |path: &[&str]| -> Option<&str> {
        let mut at = object.clone();
        for name in path {
            at = at.opt(name)?;
        }
        at.id().ok()
    };
    let former = data.opt("previous_attributes").and_then(|before| before.opt("customer"));
    let former = former.and_then(|customer| customer.id().ok());
    let customer = itself("customer").or_else(|| inside(&["customer"])).or(former);
    let payment_intent = itself("payment_intent")
        .or_else(|| inside(&["payment_intent"]))
        .or_else(|| inside(&["payment", "payment_intent"]));
    let subscription = itself("subscription")
        .or_else(|| inside(&["subscription"]))
        .or_else(|| inside(&["parent", "subscription_details", "subscription"]));
    Ok(Event {
        id: node.text_at("id")?.into(),
        kind: node.text_at("type")?.to_owned(),
        created: node.time_at("created")?,
        livemode: node.get("livemode")?.flag()?,
        api_version: node.opt_text("api_version")?,
        object_id: object_id.map(str::to_owned),
        object_type: object_type.to_owned(),
        customer: customer.map(Into::into),
        payment_intent: payment_intent.map(Into::into),
        subscription: subscription.map(Into::into),
        invoice: itself("invoice").or_else(|| inside(&["invoice"])).map(str::to_owned),
    })
}
