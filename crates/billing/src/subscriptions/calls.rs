//! Our own calls that change a subscription, noted before Stripe is asked, so that what is seen afterwards is
//! attributed to whoever asked for it, whether the event or our own sync sees it first.

use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeSubscriptionId, SubscriptionCallId};
use domain::subscription::{By, Call};
use std::pin::Pin;

/// A call that is about to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note<'a> {
    pub account: &'a AccountId,
    /// `None` while it is being made.
    pub subscription: Option<&'a StripeSubscriptionId>,
    pub call: Call,
    pub by: &'a By,
}

impl Billing {
    /// Notes the call, makes it, and notes that it was answered. `calls` are the calls to Stripe alone: what syncs
    /// afterwards comes after this, so that it sees their effect and closes the note. One whose outcome is
    /// unclear stays open.
    pub(crate) fn noted<'a, T: Send + 'a>(
        &'a self,
        note: Note<'a>,
        calls: impl Future<Output = Result<T>> + Send + 'a,
    ) -> Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>> {
        Box::pin(async move {
            let id = self.note_call(note).await?;
            let done = calls.await;
            if !matches!(done, Err(Error::StripeUnavailable { unclear: true, .. })) {
                self.call_answered(&id).await?;
            }
            done
        })
    }

    pub(crate) async fn note_call(&self, note: Note<'_>) -> Result<SubscriptionCallId> {
        let id = self.new_subscription_call_id()?;
        let Note { account, subscription, call, by } = note;
        let mut tx = self.db.begin().await?;
        store::subscription_calls::insert(&mut tx, &id, account, subscription, call, by, self.wall()).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn call_answered(&self, id: &SubscriptionCallId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::subscription_calls::answered(&mut tx, id, self.wall()).await?;
        tx.commit().await?;
        Ok(())
    }
}
