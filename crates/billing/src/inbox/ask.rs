//! Reasons of our own to fetch an object again. They go through the inbox as an event does, so that they are
//! applied by the same code, tried again after a failure, and seen by whoever looks at the inbox.

use super::work::{OWN, RECONCILE};
use crate::{Billing, Result};
use domain::ids::{StripeCustomerId, StripeEventId};
use domain::wanted::Wanted;
use store::Tx;
use store::events::NewEvent;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A use case or a worker that has changed it at Stripe.
    Own,
    Reconcile,
}

impl Billing {
    /// Marks the customer dirty as well; the sync is the caller's, or the worker's.
    pub(crate) async fn ask_for(
        &self,
        tx: &mut Tx,
        asker: Asker,
        customer: &StripeCustomerId,
        wanted: &Wanted,
    ) -> Result<()> {
        let asker = match asker {
            Asker::Own => OWN,
            Asker::Reconcile => RECONCILE,
        };
        let (noun, object_id, subscription, payment_intent) = match wanted {
            Wanted::Subscription(id) => ("subscription", id.as_str(), Some(id), None),
            Wanted::Invoice(id, subscription) => ("invoice", id.as_str(), Some(subscription), None),
            Wanted::Payment(id) => ("payment", id.as_str(), None, Some(id)),
            Wanted::Dispute(id, payment) => ("dispute", id.as_str(), None, Some(payment)),
            Wanted::CustomerDeleted => ("customer_deleted", customer.as_str(), None, None),
        };
        let wall = self.wall();
        let new = NewEvent {
            id: &StripeEventId(format!("{asker}_{}", self.new_uuid()?.simple())),
            kind: &format!("{asker}.{noun}"),
            object_id,
            customer: Some(customer),
            subscription,
            payment_intent,
            payload: "{}",
            ignored: None,
            created_at: self.now(),
            received_at: wall,
        };
        store::events::accept(tx, &new).await?;
        store::customer_syncs::mark_dirty(tx, customer, wall).await?;
        Ok(())
    }
}
