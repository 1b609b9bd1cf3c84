//! Another price for a subscription.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::invoices::preview;
use crate::read::subscriptions::changeable;
use crate::request::{Key, Request};
use crate::requests::{self, NewPlan};
use crate::types::Changeable;
use domain::ids::StripeSubscriptionId;
use domain::invoice::InvoicePreview;

impl Gateway {
    /// With all that a change of it depends on.
    pub async fn retrieve_to_change(&self, id: &StripeSubscriptionId) -> Result<Changeable, Error> {
        self.fetch(&requests::retrieve_to_change(id), changeable).await
    }

    /// What changing to this plan would cost now.
    pub async fn preview_plan(&self, new: &NewPlan<'_>, key: &Key) -> Result<InvoicePreview, Error> {
        self.fetch(&requests::preview_plan(new, key), preview).await
    }

    /// Of [`requests::change_plan`]. A decline and 3D Secure answer a subscription whose update is pending, not an
    /// error.
    pub async fn send_change_plan(&self, request: &Request) -> Result<Changeable, Error> {
        self.fetch(request, changeable).await
    }
}
