//! What a sync has found that wants a call of our own: made after everything is applied, outside of the lease's
//! transaction. Whatever it changes makes the customer dirty again. What fails is found again by the next sync or
//! by a worker.

use super::fetch::{Fetched, Found};
use crate::{Billing, Result};
use domain::ids::StripeCustomerId;

/// Schedules whose last phase has begun: they change nothing any more, and block every other change.
pub(super) fn spent_schedules(fetched: &Fetched) -> Vec<String> {
    let seen = fetched.subscriptions.values().filter_map(|found| match found {
        Found::Seen(seen) => seen.schedule.as_ref(),
        Found::Foreign(_) | Found::Unreadable(_) => None,
    });
    seen.filter(|schedule| schedule.is_spent()).map(|schedule| schedule.id.clone()).collect()
}

impl Billing {
    pub(super) async fn follow_up(&self, customer: &StripeCustomerId, spent: &[String]) {
        if let Err(error) = self.try_to_follow_up(customer, spent).await {
            tracing::warn!(%customer, %error, "what a sync has found could not be acted upon yet");
        }
    }

    async fn try_to_follow_up(&self, customer: &StripeCustomerId, spent: &[String]) -> Result<()> {
        let mut reader = self.db.reader();
        let Some(account) = store::accounts::find_by_customer(&mut reader, customer).await? else {
            return Ok(());
        };
        let mut changed = self.void_what_ended(customer).await?;
        // One that is being made has a single phase for a moment.
        if !spent.is_empty() && store::plan_changes::open(&mut reader, &account).await?.is_none() {
            for schedule in spent {
                // Looked at again: it may have been planned since it was fetched.
                if self.stripe.retrieve_schedule(schedule).await?.is_spent() {
                    self.release_schedule(Some(schedule)).await?;
                }
            }
            changed = true;
        }
        if changed {
            let mut tx = self.db.begin().await?;
            store::customer_syncs::mark_dirty(&mut tx, customer, self.wall()).await?;
            tx.commit().await?;
        }
        self.settle_confirmed(&account).await?;
        match store::subscriptions::live(&mut reader, &account).await? {
            Some(live) => self.resume_by_date(&live).await,
            None => Ok(()),
        }
    }
}
