//! What an event is a reason to fetch: pure.

use domain::ids::{StripeDisputeId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId};

/// Who asks, in the types of what we put into the inbox ourselves: `own.payment`, `reconcile.subscription`.
pub(super) const OWN: &str = "own";
pub(super) const RECONCILE: &str = "reconcile";

/// What is to be fetched and applied because of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    Subscription(StripeSubscriptionId),
    /// An invoice, and the subscription that it is of.
    Invoice(StripeInvoiceId, StripeSubscriptionId),
    /// A payment intent, which may be a purchase's.
    Payment(StripePaymentIntentId),
    /// A payment intent and everything that was refunded of it.
    Refunds(StripePaymentIntentId),
    /// A dispute, and the payment that it is about.
    Dispute(StripeDisputeId),
    /// The customer's live subscriptions, which every sync fetches anyway.
    Customer,
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// What tells events apart here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trigger<'a> {
    pub kind: &'a str,
    pub object_id: &'a str,
    pub subscription: Option<&'a StripeSubscriptionId>,
    pub payment_intent: Option<&'a StripePaymentIntentId>,
}

pub(crate) fn work_of(trigger: Trigger<'_>) -> Work {
    let (noun, verb) = trigger.kind.rsplit_once('.').unwrap_or((trigger.kind, ""));
    match noun {
        "customer.subscription" => Work::Subscription(trigger.object_id.into()),
        "invoice" if matches!(verb, "created" | "updated" | "sent" | "payment_succeeded" | "deleted") => {
            Work::Nothing("another event tells the same of this invoice")
        }
        // It tells of the next invoice, which is not there yet.
        "invoice" if verb == "upcoming" => subscription(trigger),
        "invoice" => match trigger.subscription {
            Some(subscription) => Work::Invoice(trigger.object_id.into(), subscription.clone()),
            None => Work::Nothing("not of a subscription"),
        },
        "subscription_schedule" => subscription(trigger),
        "payment_intent" => match verb {
            "succeeded" | "payment_failed" | "canceled" | "processing" => {
                Work::Payment(trigger.object_id.into())
            }
            _ => Work::Nothing("the payment is not decided yet"),
        },
        "refund" => refunds(trigger),
        "charge" if verb == "refunded" => refunds(trigger),
        "customer" if matches!(verb, "updated" | "deleted") => Work::Customer,
        "payment_method" => Work::Customer,
        "setup_intent" => Work::Nothing("the member's next call goes on from here"),
        "charge.dispute" if trigger.payment_intent.is_none() => Work::Nothing("not of a payment intent"),
        "charge.dispute" => Work::Dispute(trigger.object_id.into()),
        OWN | RECONCILE => match verb {
            "subscription" => Work::Subscription(trigger.object_id.into()),
            "invoice" => match trigger.subscription {
                Some(subscription) => Work::Invoice(trigger.object_id.into(), subscription.clone()),
                None => Work::Nothing("not of a subscription"),
            },
            "payment" => refunds(trigger),
            "dispute" => Work::Dispute(trigger.object_id.into()),
            _ => Work::Customer,
        },
        _ => Work::Nothing("this type of event is not used"),
    }
}

/// Whether it says that the customer is no more.
pub(crate) fn tells_of_deletion(kind: &str) -> bool {
    kind == "customer.deleted" || kind.ends_with(".customer_deleted")
}

fn subscription(trigger: Trigger<'_>) -> Work {
    match trigger.subscription {
        Some(subscription) => Work::Subscription(subscription.clone()),
        None => Work::Nothing("not of a subscription"),
    }
}

fn refunds(trigger: Trigger<'_>) -> Work {
    match trigger.payment_intent {
        Some(intent) => Work::Refunds(intent.clone()),
        None => Work::Nothing("not of a payment intent"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(kind: &str) -> Work {
        let (subscription, payment_intent) = ("sub_1".into(), "pi_1".into());
        work_of(Trigger {
            kind,
            object_id: "obj_1",
            subscription: Some(&subscription),
            payment_intent: Some(&payment_intent),
        })
    }

    #[test]
    fn an_event_says_what_to_fetch_and_nothing_more() {
        assert_eq!(work("customer.subscription.updated"), Work::Subscription("obj_1".into()));
        assert_eq!(work("invoice.paid"), Work::Invoice("obj_1".into(), "sub_1".into()));
        assert_eq!(work("invoice.upcoming"), Work::Subscription("sub_1".into()));
        assert_eq!(work("payment_intent.succeeded"), Work::Payment("obj_1".into()));
        assert_eq!(work("charge.refunded"), Work::Refunds("pi_1".into()));
        assert_eq!(work("refund.failed"), Work::Refunds("pi_1".into()));
        assert_eq!(work("charge.dispute.funds_withdrawn"), Work::Dispute("obj_1".into()));
        assert_eq!(work("payment_method.detached"), Work::Customer);
        assert_eq!(work("reconcile.subscription"), Work::Subscription("obj_1".into()));
        assert_eq!(work("own.payment"), Work::Refunds("pi_1".into()));
    }

    #[test]
    fn types_that_are_not_used_are_not_fetched() {
        for kind in ["invoice.created", "charge.succeeded", "customer.created", "product.updated", "odd"] {
            assert!(matches!(work(kind), Work::Nothing(_)), "{kind}");
        }
    }
}
