//! Subscriptions.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::subscriptions::{subscribed, subscription};
use crate::request::{Key, Request};
use crate::requests::{self, Feedback, PendingCancel};
use crate::types::Subscribed;
use domain::ids::{StripeCustomerId, StripePaymentMethodId, StripeSubscriptionId};
use domain::subscription::Observed;

impl Gateway {
    /// Of [`requests::create_subscription`]. A decline and 3D Secure answer an incomplete subscription with
    /// its invoice, not an error.
    pub async fn send_create_subscription(&self, request: &Request) -> Result<Subscribed, Error> {
        self.fetch(request, subscribed).await
    }

    pub async fn retrieve_subscription(&self, id: &StripeSubscriptionId) -> Result<Observed, Error> {
        self.fetch(&requests::retrieve_subscription(id), subscription).await
    }

    /// With what is needed to go on with an incomplete one.
    pub async fn retrieve_subscription_with_invoice(
        &self,
        id: &StripeSubscriptionId,
    ) -> Result<Subscribed, Error> {
        self.fetch(&requests::retrieve_subscription_with_invoice(id), subscribed).await
    }

    /// All of one customer, of every status, newest first; those that are not ours are left out.
    pub async fn list_subscriptions_of(&self, customer: &StripeCustomerId) -> Result<Vec<Observed>, Error> {
        self.pages(|after| requests::list_subscriptions(Some(customer), after), subscription).await
    }

    /// Everybody's, of every status, newest first, for reconciliation.
    pub async fn list_subscriptions(&self) -> Result<Vec<Observed>, Error> {
        self.every_page(|after| requests::list_subscriptions(None, after), subscription).await
    }

    pub async fn cancel_at_period_end(
        &self,
        id: &StripeSubscriptionId,
        feedback: Option<Feedback>,
        comment: Option<&str>,
        key: &Key,
    ) -> Result<Observed, Error> {
        self.fetch(&requests::cancel_at_period_end(id, feedback, comment, key), subscription).await
    }

    /// Takes a pending cancellation back, whichever sign of it `seen` bears; one without any is answered as
    /// it is, without a call.
    pub async fn resume_subscription(&self, seen: &Observed, key: &Key) -> Result<Observed, Error> {
        let pending = match (seen.cancel_at_period_end, seen.cancel_at) {
            (true, _) => PendingCancel::AtPeriodEnd,
            (false, Some(_)) => PendingCancel::AtDate,
            (false, None) => return Ok(seen.clone()),
        };
        self.fetch(&requests::resume_subscription(&seen.id, pending, key), subscription).await
    }

    /// At once, without proration. One that has ended already is answered as it is.
    pub async fn cancel_subscription_now(&self, id: &StripeSubscriptionId) -> Result<Observed, Error> {
        match self.fetch(&requests::cancel_now(id), subscription).await {
            Err(error) if ended_before(&error) => {
                let seen = self.retrieve_subscription(id).await?;
                if seen.status.is_live() { Err(error) } else { Ok(seen) }
            }
            other => other,
        }
    }

    /// For one whose first payment never succeeded. The browser may be confirming it at this moment: look at
    /// the payment intent afterwards. One that has ended already is answered as it is.
    pub async fn cancel_incomplete_subscription(
        &self,
        id: &StripeSubscriptionId,
        comment: Option<&str>,
    ) -> Result<Subscribed, Error> {
        match self.fetch(&requests::cancel_incomplete(id, comment), subscribed).await {
            Err(error) if ended_before(&error) => {
                let seen = self.retrieve_subscription_with_invoice(id).await?;
                if seen.subscription.status.is_live() { Err(error) } else { Ok(seen) }
            }
            other => other,
        }
    }

    pub async fn set_subscription_default(
        &self,
        id: &StripeSubscriptionId,
        method: &StripePaymentMethodId,
        key: &Key,
    ) -> Result<Observed, Error> {
        self.fetch(&requests::set_subscription_default(id, method, key), subscription).await
    }
}

/// Stripe answers a second DELETE with 404, or with a refusal to touch what has ended.
fn ended_before(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. } | Error::Invalid { status: 400, .. })
}
