//! Changes whose outcome nobody knows, or that waited for the member: found out by looking at the subscription.
//! What was charged as it was shown stays; what is only half done is taken back.

use super::put_aside::{Prepared, Step};
use crate::subscriptions::{Note, OWN_RETRY};
use crate::{Billing, Result};
use domain::ids::{AccountId, QuoteId};
use domain::subscription::plan_change::State;
use domain::subscription::{Call, PlanChange};
use domain::time::{HOUR, MINUTE, Timestamp};
use stripe::types::Changeable;

/// How often one that waits for the member is looked at, although no event told of it, in milliseconds.
const LOOK_AGAIN: i64 = HOUR;
const AT_ONCE: i64 = 20;

impl Billing {
    /// One turn of the worker; answers when to be called again.
    pub async fn settle_plan_changes(&self) -> Result<Option<Timestamp>> {
        let (before, waiting) = (self.now().minus(OWN_RETRY), self.now().minus(LOOK_AGAIN));
        let mut reader = self.db.reader();
        for stuck in store::plan_changes::stuck(&mut reader, before, waiting, AT_ONCE).await? {
            if let Err(error) = self.settle_change(&stuck).await {
                tracing::warn!(change = %stuck.id, %error, "a change of plan could not be settled yet");
            }
        }
        Ok(Some(self.wall().plus(MINUTE)))
    }

    /// After a sync: what waited for the member may be decided by now.
    pub(crate) async fn settle_confirmed(&self, account: &AccountId) -> Result<()> {
        let mut reader = self.db.reader();
        let waiting = store::plan_changes::confirming(&mut reader, account).await?;
        let pending = match store::subscriptions::live(&mut reader, account).await? {
            Some(live) => live.seen.pending_update.is_some(),
            None => false,
        };
        for change in waiting.iter().filter(|_| !pending) {
            self.settle_change(change).await?;
        }
        Ok(())
    }

    async fn settle_change(&self, change: &PlanChange) -> Result<()> {
        // From here on no retry goes on with it; one that waits for the member may go on waiting.
        let waited = change.state == State::Confirming;
        let state = if waited { State::Confirming } else { State::Settling };
        let change = self.move_change(change, PlanChange { state, ..change.clone() }).await?;
        let state = match Prepared::of(&change)? {
            None => State::Failed,
            Some(prepared) => {
                let call = match prepared.step {
                    Step::Now { .. } => Call::Update,
                    Step::AtPeriodEnd { .. } => Call::Schedule,
                };
                let note = Note {
                    account: &change.account,
                    subscription: Some(&change.subscription),
                    call,
                    by: &change.by,
                };
                self.noted(note, self.find_out(&change, &prepared, waited)).await?
            }
        };
        if state != change.state {
            tracing::info!(change = %change.id, account = %change.account, state = state.as_str(), "a change of plan was settled");
            self.move_change(&change, PlanChange { state, ..change.clone() }).await?;
            self.mark_dirty(&change).await?;
        }
        Ok(())
    }

    async fn find_out(&self, change: &PlanChange, prepared: &Prepared, waited: bool) -> Result<State> {
        let look = match self.stripe.retrieve_to_change(&change.subscription).await {
            Err(stripe::Error::NotFound { .. }) => return Ok(State::Failed),
            other => other?,
        };
        let state = match &prepared.step {
            Step::Now { .. } => self.find_out_now(change, prepared, &look, waited).await?,
            Step::AtPeriodEnd { .. } => self.find_out_schedule(change, &look).await?,
        };
        if state == State::Failed {
            self.bring_back(change, prepared).await?;
        }
        Ok(state)
    }

    async fn find_out_now(
        &self,
        change: &PlanChange,
        prepared: &Prepared,
        look: &Changeable,
        waited: bool,
    ) -> Result<State> {
        let quote = change.quote.as_ref().map(QuoteId::as_str);
        if look.quote.as_deref() == quote {
            self.take_effect(change, prepared, look).await?;
            return Ok(State::Done);
        }
        if look.pending_quote.as_deref() != quote {
            return Ok(State::Failed);
        }
        if waited {
            // Stripe ends it after 23 hours.
            return Ok(State::Confirming);
        }
        // The member saw an error, and was never asked to confirm anything.
        if self.withdraw(look).await? {
            return Ok(State::Failed);
        }
        let look = self.stripe.retrieve_to_change(&change.subscription).await?;
        self.take_effect(change, prepared, &look).await?;
        Ok(State::Done)
    }

    async fn find_out_schedule(&self, change: &PlanChange, look: &Changeable) -> Result<State> {
        let Some(attached) = &look.subscription.schedule else { return Ok(State::Failed) };
        let schedule = self.stripe.retrieve_schedule(attached).await?;
        if schedule.change.as_deref() == Some(change.id.as_str()) {
            return Ok(State::Done);
        }
        if schedule.change.is_none() && schedule.phases.len() == 1 {
            // Only the first of the two steps was made.
            self.release_schedule(Some(&schedule.id)).await?;
        }
        Ok(State::Failed)
    }

    async fn mark_dirty(&self, change: &PlanChange) -> Result<()> {
        let mirrored = store::subscriptions::find(&mut self.db.reader(), &change.subscription).await?;
        if let Some(mirrored) = mirrored {
            let mut tx = self.db.begin().await?;
            store::customer_syncs::mark_dirty(&mut tx, &mirrored.seen.customer, self.wall()).await?;
            tx.commit().await?;
            self.inbox_wake.notify_one();
        }
        Ok(())
    }
}
