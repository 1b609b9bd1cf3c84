//! Cancelling: at the end of what was paid for, or at once.

use super::SubscribeAnswer;
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeSubscriptionId};
use domain::invoice::InvoiceStatus;
use domain::subscription::{Status, UserSubscription};
use stripe::Key;
use stripe::requests::Feedback;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAt {
    /// Access stays until the date that is shown (trap 33).
    PeriodEnd,
    Now,
}

#[derive(Debug, Clone)]
pub struct Cancel {
    pub account: AccountId,
    pub at: CancelAt,
    pub feedback: Option<Feedback>,
    pub comment: Option<String>,
    /// Give back what was paid, where the catalog's rule allows it; only when canceling now.
    pub refund: bool,
}

impl Billing {
    /// The subscription in the answer is `None` when it ended. Doing it twice is the same as once.
    pub async fn cancel(&self, command: Cancel) -> Result<SubscribeAnswer> {
        let mut reader = self.db.reader();
        if let Some(promised) = store::promised_refunds::open_of(&mut reader, &command.account).await? {
            // Asked for before, and not finished yet.
            self.keep_promise(&promised).await?;
            return self.answer_after_cancel(&command.account).await;
        }
        let live =
            store::subscriptions::live(&mut reader, &command.account).await?.ok_or(Error::NoSubscription)?;
        if command.refund {
            self.check_refundable(&live, command.at).await?;
        }
        self.release_schedule(&live).await?;
        if live.status() == Status::Incomplete {
            let made = self.stripe.retrieve_subscription_with_invoice(&live.seen.id).await?;
            // Unless it was paid since the mirror was written.
            if made.subscription.status == Status::Incomplete {
                self.cancel_incomplete(&made, "canceled by the member", live.id.as_str()).await?;
                self.sync_now(&live.seen.customer).await?;
                return self.answer_after_cancel(&command.account).await;
            }
        }
        match command.at {
            CancelAt::PeriodEnd if live.seen.cancel_at.is_some() => {}
            CancelAt::PeriodEnd => {
                let comment = command.comment.as_deref();
                let key = self.one_time_key("cancel")?;
                self.stripe.cancel_at_period_end(&live.seen.id, command.feedback, comment, &key).await?;
            }
            CancelAt::Now if command.refund => {
                self.promise_refund(&live).await?;
                self.keep_promise(&live.seen.id).await?;
            }
            CancelAt::Now => self.end_now(&live.seen.id).await?,
        }
        self.sync_now(&live.seen.customer).await?;
        self.answer_after_cancel(&command.account).await
    }

    async fn answer_after_cancel(&self, account: &AccountId) -> Result<SubscribeAnswer> {
        let subscription = store::subscriptions::live(&mut self.db.reader(), account).await?;
        Ok(SubscribeAnswer { subscription, confirm: None })
    }

    /// Open invoices would stay open, and payable by their links, after the subscription has ended: they are
    /// voided first, while a retry still finds it.
    pub(super) async fn end_now(&self, id: &StripeSubscriptionId) -> Result<()> {
        for invoice in self.stripe.list_invoices_of(id, InvoiceStatus::Open).await? {
            self.stripe.void_invoice(&invoice.id, &Key::of(format!("void:{}", invoice.id))).await?;
        }
        self.stripe.cancel_subscription_now(id).await?;
        Ok(())
    }

    /// A schedule that is attached refuses every change: let go of it first.
    pub(super) async fn release_schedule(&self, live: &UserSubscription) -> Result<()> {
        match &live.seen.schedule {
            Some(schedule) => {
                Ok(self.stripe.release_schedule(schedule, &self.one_time_key("release")?).await?)
            }
            None => Ok(()),
        }
    }

    /// For changes that are the same however often they are made: every call is its own.
    pub(super) fn one_time_key(&self, step: &str) -> Result<Key> {
        Ok(Key::of(format!("{step}:{}", self.new_uuid()?)))
    }
}
