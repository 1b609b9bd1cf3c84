//! A change that Stripe refuses because the subscription ended behind our back.

use crate::{Billing, Error, Result};
use domain::subscription::UserSubscription;

impl Billing {
    /// What a call about `live` has come to: where Stripe refused it, what is there now is mirrored, and one that
    /// has ended answers [`Error::NoSubscription`] instead of a fault of ours.
    pub(super) async fn unless_ended<T>(&self, live: &UserSubscription, called: Result<T>) -> Result<T> {
        let Err(refused @ Error::Stripe(_)) = called else { return called };
        self.sync_now(&live.seen.customer).await?;
        let now = store::subscriptions::find(&mut self.db.reader(), &live.seen.id).await?;
        if now.is_some_and(|now| now.status().is_live()) { Err(refused) } else { Err(Error::NoSubscription) }
    }
}
