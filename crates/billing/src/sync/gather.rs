//! What a sync has to fetch: what events ask for, and what our own calls have left to be seen.

use super::EVENTS_AT_ONCE;
use super::causes::unanswered_since;
use crate::inbox::work::{Trigger, Work, work_of};
use crate::{Billing, Result};
use domain::ids::{
    StripeCustomerId, StripeDisputeId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId,
};
use std::collections::BTreeSet;
use store::events::StripeEvent;

#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub events: Vec<(StripeEvent, Work)>,
    pub subscriptions: BTreeSet<StripeSubscriptionId>,
    pub invoices: BTreeSet<StripeInvoiceId>,
    pub payments: BTreeSet<StripePaymentIntentId>,
    /// Payments whose refunds are wanted too.
    pub refunds: BTreeSet<StripePaymentIntentId>,
    /// Calls of our own that Stripe had answered before anything is fetched.
    pub answered_calls: BTreeSet<String>,
    pub disputes: BTreeSet<StripeDisputeId>,
    /// None of our accounts is this customer: there is nothing to fetch.
    pub foreign: bool,
}

impl Billing {
    pub(super) async fn gather(&self, customer: &StripeCustomerId) -> Result<Gathered> {
        let mut reader = self.db.reader();
        let mut gathered = Gathered::default();
        for event in store::events::pending(&mut reader, customer, self.wall(), EVENTS_AT_ONCE).await? {
            let work = work_of(Trigger {
                kind: &event.kind,
                object_id: &event.object_id,
                subscription: event.stripe_subscription_id.as_ref(),
                payment_intent: event.stripe_payment_intent_id.as_ref(),
            });
            match &work {
                Work::Subscription(id) => drop(gathered.subscriptions.insert(id.clone())),
                Work::Invoice(id, subscription) => {
                    gathered.invoices.insert(id.clone());
                    gathered.subscriptions.insert(subscription.clone());
                }
                Work::Payment(id) => drop(gathered.payments.insert(id.clone())),
                Work::Refunds(id) => {
                    gathered.payments.insert(id.clone());
                    gathered.refunds.insert(id.clone());
                }
                Work::Dispute(id) => drop(gathered.disputes.insert(id.clone())),
                Work::Customer | Work::Nothing(_) => {}
            }
            gathered.events.push((event, work));
        }
        let Some(account) = store::accounts::find_by_customer(&mut reader, customer).await? else {
            return Ok(Gathered { foreign: true, events: gathered.events, ..Gathered::default() });
        };
        let since = unanswered_since(self.wall());
        let calls = store::subscription_calls::open(&mut reader, &account, since).await?;
        let answered = calls.into_iter().filter(|call| call.answered_at.is_some());
        gathered.answered_calls = answered.map(|call| call.id.to_string()).collect();
        // What is live may have changed by any of these events, and by our own calls.
        gathered.subscriptions.extend(store::subscriptions::live_of_customer(&mut reader, customer).await?);
        gathered.subscriptions.extend(store::subscribe_intents::unmirrored(&mut reader, customer).await?);
        gathered.invoices.extend(store::invoices::unsettled(&mut reader, customer).await?);
        gathered.payments.extend(store::purchases::undecided(&mut reader, customer).await?);
        Ok(gathered)
    }
}
