//! Cancelling: at the end of what was paid for, or at once.

use super::refund::Refundable;
use super::{Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeSubscriptionId};
use domain::subscription::{By, Call, Status, UserSubscription};
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
    pub by: By,
}

impl Billing {
    /// The subscription in the answer is `None` when it ended. Doing it twice is the same as once.
    pub async fn cancel(&self, command: Cancel) -> Result<SubscribeAnswer> {
        let mut reader = self.db.reader();
        let live = store::subscriptions::live(&mut reader, &command.account).await?;
        let promised = store::promised_refunds::open_of(&mut reader, &command.account).await?;
        let of_this = |id: &StripeSubscriptionId| live.as_ref().is_none_or(|live| live.seen.id == *id);
        if let Some(promised) = promised.filter(|promised| of_this(&promised.stripe_subscription_id)) {
            // Asked for before, and not finished yet. (One of a second subscription is none of the member's.)
            self.finish_promise(&promised, &command.by).await?;
            return self.answer_after_cancel(&command.account).await;
        }
        let live = live.ok_or(Error::NoSubscription)?;
        let refund =
            if command.refund { Some(self.refund_for_leaving(&live, command.at).await?) } else { None };
        let note = Note {
            account: &command.account,
            subscription: Some(&live.seen.id),
            call: Call::Cancel,
            by: &command.by,
        };
        let called = self.noted(note, self.cancel_at_stripe(&command, &live, refund)).await;
        self.unless_ended(&live, called).await?;
        self.sync_now(&live.seen.customer).await?;
        self.answer_after_cancel(&command.account).await
    }

    async fn cancel_at_stripe(
        &self,
        command: &Cancel,
        live: &UserSubscription,
        refund: Option<Refundable>,
    ) -> Result<()> {
        self.release_schedule(live.seen.schedule.as_deref()).await?;
        let called = self.cancel_released(command, live, refund).await;
        // An end that is promised comes all the same. Else nobody leaves, and who stays has chosen the other plan.
        if called.is_err() && refund.is_none() {
            Box::pin(self.bring_schedule_back(live)).await?;
        }
        called
    }

    async fn cancel_released(
        &self,
        command: &Cancel,
        live: &UserSubscription,
        refund: Option<Refundable>,
    ) -> Result<()> {
        if live.status() == Status::Incomplete {
            let made = self.stripe.retrieve_subscription_with_invoice(&live.seen.id).await?;
            // Unless it was paid since the mirror was written.
            if made.subscription.status == Status::Incomplete {
                return self.end_incomplete(live, &made).await;
            }
        }
        match (command.at, refund) {
            (CancelAt::PeriodEnd, _) if live.seen.cancel_at.is_some() => Ok(()),
            (CancelAt::PeriodEnd, _) => {
                let comment = command.comment.as_deref();
                let key = self.one_time_key("cancel")?;
                self.stripe.cancel_at_period_end(&live.seen.id, command.feedback, comment, &key).await?;
                Ok(())
            }
            (CancelAt::Now, Some(refund)) => {
                let promise = self.promise_refund(live, refund.amount(), &command.by).await?;
                self.keep_promise(&promise).await
            }
            (CancelAt::Now, None) => self.end_now(&live.seen.id).await,
        }
    }

    async fn answer_after_cancel(&self, account: &AccountId) -> Result<SubscribeAnswer> {
        let subscription = store::subscriptions::live(&mut self.db.reader(), account).await?;
        Ok(SubscribeAnswer { subscription, confirm: None })
    }

    /// Open invoices would stay open, and payable by their links. They are voided once it has ended, not before: one
    /// that is past due becomes active when the last of them is void, and would renew if the end did not come. What
    /// breaks off in between is voided by the sync that sees the end.
    pub(crate) async fn end_now(&self, id: &StripeSubscriptionId) -> Result<()> {
        self.stripe.cancel_subscription_now(id).await?;
        self.void_open_invoices_of(id).await
    }

    /// A schedule that is attached refuses every change: let go of it first.
    pub(crate) async fn release_schedule(&self, schedule: Option<&str>) -> Result<()> {
        match schedule {
            Some(id) => Ok(self.stripe.release_schedule(id, &self.one_time_key("release")?).await?),
            None => Ok(()),
        }
    }
}
