//! An invoice of a member's subscription, brought into the mirror.

use super::apply::Effect;
use super::fetch::SeenInvoice;
use crate::{Billing, Result};
use domain::ids::{AccountId, StripeSubscriptionId};
use domain::invoice::{InvoiceStatus, MirroredInvoice};
use std::collections::BTreeMap;
use store::Tx;

impl Billing {
    /// The account is locked by `tx`. `subscriptions` is what became of those that were fetched with it.
    pub(super) async fn apply_invoice(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        seen: SeenInvoice,
        subscriptions: &BTreeMap<StripeSubscriptionId, Effect>,
    ) -> Result<Effect> {
        let SeenInvoice { invoice, payment } = seen;
        let (Some(subscription), Some(customer)) = (invoice.subscription.clone(), invoice.customer.clone())
        else {
            return Ok(Effect::Ignored("the invoice is of no subscription".to_owned()));
        };
        // It goes the way of its subscription: not ours, or waiting for a call of ours.
        if let Some(other @ (Effect::Ignored(_) | Effect::Waits)) = subscriptions.get(&subscription) {
            return Ok(other.clone());
        }
        let Some(billed) = store::subscriptions::find(tx, &subscription).await? else {
            return Ok(Effect::Ignored("the invoice is of none of our subscriptions".to_owned()));
        };
        if invoice.status == InvoiceStatus::Draft {
            // Nothing of it is owed yet; its finalization is told by an event of its own.
            return Ok(Effect::Applied);
        }
        let before = store::invoices::find(tx, &invoice.id).await?;
        let after = MirroredInvoice::of(account.clone(), invoice, payment);
        if before.as_ref() != Some(&after) {
            store::invoices::save(tx, &after, &customer, &subscription, self.now()).await?;
            self.tell_of_invoice(tx, before.as_ref(), &after, &billed).await?;
        }
        Ok(Effect::Applied)
    }
}
