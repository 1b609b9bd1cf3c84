//! A cancellation with its money back is two steps at Stripe. It is written down before the first, and a worker
//! finishes what a crash or a failure has left.

use super::Note;
use crate::{Billing, Result};
use domain::money::Money;
use domain::notice::{News, Notice, SubscriptionNotice};
use domain::subscription::{By, Call, UserSubscription};
use domain::time::{MINUTE, Timestamp};
use store::promised_refunds::Promise;
use stripe::types::Subscribed;

const AT_ONCE: i64 = 20;

impl Billing {
    /// `amount` in minor units; `None` is everything that was paid.
    pub(super) async fn promise_refund(
        &self,
        live: &UserSubscription,
        amount: Option<i64>,
        by: &By,
    ) -> Result<Promise> {
        let promise = Promise {
            stripe_subscription_id: live.seen.id.clone(),
            account_id: live.account.clone(),
            amount,
            cause: by.cause,
            actor: by.actor.clone(),
        };
        let mut tx = self.db.begin().await?;
        store::promised_refunds::insert(&mut tx, &promise, self.now(), self.wall().plus(MINUTE)).await?;
        // Of two at the same moment the first one's amount counts.
        let kept = store::promised_refunds::of(&mut tx, &live.seen.id).await?;
        tx.commit().await?;
        Ok(kept.unwrap_or(promise))
    }

    /// The money first, then the end; each is done once however often it is asked for.
    pub(super) async fn keep_promise(&self, promise: &Promise) -> Result<()> {
        let id = &promise.stripe_subscription_id;
        let back = self.refund_subscription(id, promise.amount, id.as_str()).await?;
        let mut tx = self.db.begin().await?;
        store::promised_refunds::refunded(&mut tx, id, back).await?;
        if let Some(ending) = store::subscriptions::find(&mut tx, id).await?.filter(|_| back > 0) {
            let amount = Money { amount: back, currency: ending.seen.amount.currency };
            let notice = SubscriptionNotice::Refunded { tier: ending.plan.tier, amount };
            let news = News { key: format!("{id}:refunded"), notice: Notice::Subscription(notice) };
            self.tell(&mut tx, &promise.account_id, &news).await?;
        }
        tx.commit().await?;
        self.outbox_wake();
        self.end_now(id).await?;
        self.promise_is_kept(promise).await
    }

    async fn promise_is_kept(&self, promise: &Promise) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::promised_refunds::done(&mut tx, &promise.stripe_subscription_id, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends an incomplete one for good. The browser may pay it in that very moment, and once it has ended nobody would
    /// ask for that money again: so it is promised first. By nobody: it is not the one refund that a member may ask for.
    pub(super) async fn end_incomplete(&self, live: &UserSubscription, made: &Subscribed) -> Result<()> {
        let promise = self.promise_refund(live, None, &By::reconcile()).await?;
        self.cancel_incomplete(made, "canceled by the member", live.seen.id.as_str()).await?;
        self.promise_is_kept(&promise).await
    }

    /// One turn of the worker; answers when to be called again.
    pub async fn keep_promised_refunds(&self) -> Result<Option<Timestamp>> {
        for promise in store::promised_refunds::due(&mut self.db.reader(), self.wall(), AT_ONCE).await? {
            let id = &promise.stripe_subscription_id;
            let mut tx = self.db.begin().await?;
            store::promised_refunds::postpone(&mut tx, id, self.wall().plus(MINUTE)).await?;
            tx.commit().await?;
            if let Err(error) = self.finish_promise(&promise, &promise.by()).await {
                tracing::warn!(subscription = %id, %error, "a promised refund could not be given yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }

    /// `by` is who asks for it now.
    pub(crate) async fn finish_promise(&self, promise: &Promise, by: &By) -> Result<()> {
        let id = &promise.stripe_subscription_id;
        let note = Note { account: &promise.account_id, subscription: Some(id), call: Call::End, by };
        self.noted(note, self.keep_promise(promise)).await?;
        match store::subscriptions::find(&mut self.db.reader(), id).await? {
            Some(ended) => self.sync_now(&ended.seen.customer).await,
            None => Ok(()),
        }
    }
}
