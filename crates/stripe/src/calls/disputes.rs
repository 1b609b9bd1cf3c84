//! Disputes.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::disputes::dispute;
use crate::requests::{self, Created};
use domain::dispute::Dispute;
use domain::ids::StripeDisputeId;

impl Gateway {
    pub async fn retrieve_dispute(&self, id: &StripeDisputeId) -> Result<Dispute, Error> {
        self.fetch(&requests::retrieve_dispute(id), dispute).await
    }

    /// Everybody's, newest first, for reconciliation.
    pub async fn list_disputes(&self, created: Created) -> Result<Vec<Dispute>, Error> {
        self.every_page(|after| requests::list_disputes(created, after), dispute).await
    }
}
