//! Pauses of collection.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::subscriptions::subscription;
use crate::request::Key;
use crate::requests;
use domain::ids::StripeSubscriptionId;
use domain::subscription::Observed;
use domain::time::Timestamp;

impl Gateway {
    pub async fn pause_collection(
        &self,
        id: &StripeSubscriptionId,
        resumes_at: Timestamp,
        key: &Key,
    ) -> Result<Observed, Error> {
        self.fetch(&requests::pause_collection(id, resumes_at, key), subscription).await
    }

    pub async fn end_pause(&self, id: &StripeSubscriptionId, key: &Key) -> Result<Observed, Error> {
        self.fetch(&requests::end_pause(id, key), subscription).await
    }

    /// Charged at once; a decline leaves it past due.
    pub async fn begin_period(&self, id: &StripeSubscriptionId, key: &Key) -> Result<Observed, Error> {
        self.fetch(&requests::begin_period(id, key), subscription).await
    }
}
