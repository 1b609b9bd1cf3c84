//! Taking a pending cancellation, a scheduled change or a pause back.

use super::{Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::AccountId;
use domain::subscription::{By, Call};

impl Billing {
    /// Errors: [`Error::NoSubscription`] once it has ended: then subscribe anew; [`Error::NothingToResume`].
    pub async fn resume(&self, account: &AccountId, by: &By) -> Result<SubscribeAnswer> {
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let paused = live.seen.collection_paused;
        if live.seen.cancel_at.is_none() && live.seen.schedule.is_none() && !paused {
            return Err(Error::NothingToResume);
        }
        let note = Note { account, subscription: Some(&live.seen.id), call: Call::Resume, by };
        let called = self.noted(note, async {
            self.release_schedule(live.seen.schedule.as_deref()).await?;
            // First: no period begins while a cancellation is pending.
            self.stripe.resume_subscription(&live.seen, &self.one_time_key("resume")?).await?;
            self.end_pause(&live).await
        });
        self.unless_ended(&live, called.await).await?;
        self.sync_now(&live.seen.customer).await?;
        let subscription = store::subscriptions::live(&mut self.db.reader(), account).await?;
        Ok(SubscribeAnswer { subscription, confirm: None })
    }
}
