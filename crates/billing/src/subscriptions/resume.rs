//! Taking a pending cancellation, or a scheduled change, back.

use super::SubscribeAnswer;
use crate::{Billing, Error, Result};
use domain::ids::AccountId;

impl Billing {
    /// Errors: [`Error::NoSubscription`] once it has ended: then subscribe anew; [`Error::NothingToResume`].
    pub async fn resume(&self, account: &AccountId) -> Result<SubscribeAnswer> {
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        if live.seen.cancel_at.is_none() && live.seen.schedule.is_none() {
            return Err(Error::NothingToResume);
        }
        self.release_schedule(&live).await?;
        self.stripe.resume_subscription(&live.seen, &self.one_time_key("resume")?).await?;
        self.sync_now(&live.seen.customer).await?;
        let subscription = store::subscriptions::live(&mut self.db.reader(), account).await?;
        Ok(SubscribeAnswer { subscription, confirm: None })
    }
}
