//! Pausing: nothing is collected for some days. What was paid for stays; then it is Free until it resumes. A
//! period that began during the pause was never paid, so a new one begins, and is paid, with the resumption.

use super::{Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::invoice::InvoiceStatus;
use domain::subscription::{By, Call, Status, UserSubscription};
use domain::time::{DAY, MINUTE, Timestamp};
use stripe::Key;

const AT_ONCE: i64 = 20;

#[derive(Debug, Clone)]
pub struct Pause {
    pub account: AccountId,
    pub days: i64,
    pub by: By,
}

impl Billing {
    /// Doing it twice is the same as once: the first date stays. Errors: [`Error::NoSubscription`];
    /// [`Error::Invalid`] for days that are too many; [`Error::PauseNotAvailable`].
    pub async fn pause(&self, command: Pause) -> Result<SubscribeAnswer> {
        let account = &command.account;
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let longest = self.catalog.longest_pause_days;
        if longest == 0 {
            return Err(unavailable("subscriptions cannot be paused here"));
        }
        if !(1..=longest).contains(&command.days) {
            return Err(Error::Invalid { field: "days", reason: format!("must be from 1 to {longest}") });
        }
        if live.seen.collection_paused {
            return Ok(SubscribeAnswer { subscription: Some(live), confirm: None });
        }
        refuse_unpausable(&live)?;
        self.refuse_while_collecting(&live).await?;
        let note = Note { account, subscription: Some(&live.seen.id), call: Call::Pause, by: &command.by };
        let resumes_at = self.now().plus(command.days * DAY);
        self.noted(note, async {
            let key = self.one_time_key("pause")?;
            self.stripe.pause_collection(&live.seen.id, resumes_at, &key).await?;
            Ok(())
        })
        .await?;
        self.sync_now(&live.seen.customer).await?;
        self.live_answer(account).await
    }

    /// In the first hour of a period its invoice is a draft, which a pause would void: the period would be free.
    async fn refuse_while_collecting(&self, live: &UserSubscription) -> Result<()> {
        for unpaid in [InvoiceStatus::Draft, InvoiceStatus::Open] {
            if !self.stripe.list_invoices_of(&live.seen.id, unpaid).await?.is_empty() {
                return Err(unavailable("a payment is being collected; try again in an hour"));
            }
        }
        Ok(())
    }

    /// Ends a pause, if there is one, and what it has left. Calls to Stripe only.
    pub(super) async fn end_pause(&self, live: &UserSubscription) -> Result<()> {
        if live.seen.collection_paused {
            self.stripe.end_pause(&live.seen.id, &self.one_time_key("unpause")?).await?;
        }
        if live.paid_until.is_some_and(|until| until <= self.now()) {
            self.begin_paid_period(live).await?;
        }
        Ok(())
    }

    /// If the invoice of the present period was void because of the pause: a new period begins, and is charged.
    /// Once for each pause, however often it is asked for. Answers whether one began.
    async fn begin_paid_period(&self, live: &UserSubscription) -> Result<bool> {
        let Some(until) = live.paid_until else { return Ok(false) };
        let look = self.stripe.retrieve_to_change(&live.seen.id).await?;
        let skipped = look.latest_invoice.is_some_and(|invoice| invoice.status == InvoiceStatus::Void);
        let active = look.subscription.status == Status::Active && !look.subscription.collection_paused;
        if !skipped || !active || look.subscription.cancel_at.is_some() {
            return Ok(false);
        }
        let key = Key::of(format!("anew:{}:{}", live.seen.id, until.seconds()));
        self.stripe.begin_period(&live.seen.id, &key).await?;
        Ok(true)
    }

    /// One turn of the worker, for pauses that have ended by their date; answers when to be called again.
    pub async fn resume_paused(&self) -> Result<Option<Timestamp>> {
        let mut reader = self.db.reader();
        for live in store::subscriptions::to_begin_anew(&mut reader, self.now(), AT_ONCE).await? {
            if let Err(error) = self.resume_by_date(&live).await {
                tracing::warn!(subscription = %live.seen.id, %error, "a pause is over, and its next period has not begun yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }

    /// After a sync that saw the pause end.
    pub(crate) async fn resume_by_date(&self, live: &UserSubscription) -> Result<()> {
        if !begins_anew(live, self.now()) {
            return Ok(());
        }
        if !self.begin_paid_period(live).await? {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        store::customer_syncs::mark_dirty(&mut tx, &live.seen.customer, self.wall()).await?;
        tx.commit().await?;
        self.inbox_wake.notify_one();
        Ok(())
    }
}

/// The pause is over, and so is what was paid for before it.
fn begins_anew(live: &UserSubscription, now: Timestamp) -> bool {
    live.status() == Status::Active
        && !live.seen.collection_paused
        && live.seen.cancel_at.is_none()
        && live.paid_until.is_some_and(|until| until <= now)
}

fn refuse_unpausable(live: &UserSubscription) -> Result<()> {
    let seen = &live.seen;
    match seen.status {
        Status::Active if seen.cancel_at.is_some() => Err(unavailable("a cancellation is pending")),
        Status::Active if live.scheduled.is_some() => Err(unavailable("a change of plan is scheduled")),
        Status::Active if seen.pending_update.is_some() => {
            Err(unavailable("a change of plan waits for its payment"))
        }
        Status::Active if live.paid_until.is_some() => Err(unavailable("the last pause is not paid for yet")),
        Status::Active => Ok(()),
        Status::PastDue | Status::Unpaid | Status::Incomplete => Err(Error::PaymentDue),
        _ => Err(unavailable("only an active subscription can be paused")),
    }
}

fn unavailable(reason: &str) -> Error {
    Error::PauseNotAvailable { reason: reason.to_owned() }
}
