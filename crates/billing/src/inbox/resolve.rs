//! Whose an event is that names no customer: refunds and disputes only name a payment.

use super::is_gone;
use crate::{Billing, Error, Result};
use domain::ids::{StripeCustomerId, StripePaymentIntentId};
use domain::time::{MINUTE, SECOND, Timestamp};
use store::events::StripeEvent;

/// How many are looked at in one step.
const AT_ONCE: i64 = 50;

impl Billing {
    /// Finds out the customer of events without one. True when there were any.
    pub(super) async fn resolve_events(&self) -> Result<bool> {
        let events = store::events::unresolved(&mut self.db.reader(), self.wall(), AT_ONCE).await?;
        for event in &events {
            self.resolve_event(event).await?;
        }
        Ok(!events.is_empty())
    }

    async fn resolve_event(&self, event: &StripeEvent) -> Result<()> {
        let found = match &event.stripe_payment_intent_id {
            Some(intent) => self.customer_of_payment(intent).await,
            None => Ok(None),
        };
        let wall = self.wall();
        let mut tx = self.db.begin().await?;
        match found {
            Ok(Some(customer)) => {
                if is_gone(&mut tx, &customer).await? {
                    store::events::forget_payload(&mut tx, &event.id).await?;
                }
                store::events::set_customer(&mut tx, &event.id, &customer).await?;
                store::customer_syncs::mark_dirty(&mut tx, &customer, wall).await?;
            }
            Ok(None) => {
                let reason = "its payment has no customer, so it is none of ours";
                store::events::ignored(&mut tx, &event.id, None, reason, wall).await?;
            }
            // No failure of the event's, however long it lasts.
            Err(error @ Error::StripeUnavailable { .. }) => {
                tracing::warn!(event = %event.id, %error, "whose event this is waits for Stripe");
                let next = wall.plus(pause(event.received_at, wall));
                store::events::defer(&mut tx, &event.id, next).await?;
            }
            Err(error) => {
                let next = crate::sync::retry_at(event.attempts, wall);
                tracing::warn!(event = %event.id, %error, "whose event this is could not be found out");
                store::events::failed(&mut tx, &event.id, &error.to_string(), next).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn customer_of_payment(&self, intent: &StripePaymentIntentId) -> Result<Option<StripeCustomerId>> {
        let mut reader = self.db.reader();
        if let Some(purchase) = store::purchases::by_payment_intent(&mut reader, intent).await?
            && let Some(customer) = store::accounts::customer(&mut reader, &purchase.account).await?
        {
            return Ok(Some(customer));
        }
        match self.stripe.retrieve_payment_intent(intent).await {
            Ok(intent) => Ok(intent.customer),
            Err(stripe::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// For an event that waits for something else, in milliseconds: as long as it has waited already, so that pauses grow without a
/// count; at most a minute.
pub(crate) fn pause(received: Timestamp, wall: Timestamp) -> i64 {
    (wall.0 - received.0).clamp(SECOND, MINUTE)
}
