//! The wish for another plan: claimed before anything is looked at, by one call at a time, so that of two tabs the
//! second sees what the first has done. Every move says from where.

use super::change::ChangePlan;
use crate::subscriptions::{own_retry, unclear};
use crate::{Billing, Error, Result};
use domain::catalog::TierSlug;
use domain::subscription::plan_change::State;
use domain::subscription::{Plan, PlanChange, UserSubscription};

#[derive(Debug)]
pub(super) enum Claimed {
    /// Ours to carry out.
    ToDo(Box<PlanChange>),
    /// This very request has been carried out before, or waits for the member.
    Done(Box<PlanChange>),
}

impl Billing {
    pub(super) async fn claim_change(&self, command: &ChangePlan) -> Result<Claimed> {
        let account = &command.account;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        if let Some(mine) = store::plan_changes::by_request(&mut tx, account, &command.request_key).await? {
            match mine.state {
                State::Done | State::Confirming => return Ok(Claimed::Done(Box::new(mine))),
                // The retry of a call whose answer was lost sends the same bytes again.
                State::Calling | State::Unclear => {
                    let sent_at = own_retry(mine.request.is_some(), mine.updated_at, now)?;
                    let to = PlanChange { state: State::Calling, ..mine.clone() };
                    let claimed = store::plan_changes::advance(&mut tx, &mine, to, sent_at).await?;
                    tx.commit().await?;
                    return claimed.map(|mine| Claimed::ToDo(Box::new(mine))).ok_or_else(unclear);
                }
                State::Settling => return Err(unclear()),
                // Nothing came of it: the same words are a new wish.
                State::Failed => {
                    let request_key = format!("{}:over:{}", mine.request_key, mine.id);
                    let to = PlanChange { request_key, ..mine.clone() };
                    store::plan_changes::advance(&mut tx, &mine, to, now).await?;
                }
            }
        }
        self.refuse_leaving(&mut tx, account).await?;
        if store::plan_changes::open(&mut tx, account).await?.is_some() {
            return Err(unclear());
        }
        let live = store::subscriptions::live(&mut tx, account).await?.ok_or(Error::NoSubscription)?;
        let change = PlanChange {
            id: self.new_plan_change_id()?,
            account: account.clone(),
            subscription: live.seen.id.clone(),
            request_key: command.request_key.clone(),
            state: State::Calling,
            to: wished(command, &live),
            quote: None,
            due_today: 0,
            request: None,
            by: command.by.clone(),
            created_at: now,
            updated_at: now,
        };
        store::plan_changes::insert(&mut tx, &change).await?;
        tx.commit().await?;
        Ok(Claimed::ToDo(Box::new(change)))
    }

    /// Writes where the wish stands now; being overtaken ends this call.
    pub(super) async fn move_change(&self, seen: &PlanChange, to: PlanChange) -> Result<PlanChange> {
        let mut tx = self.db.begin().await?;
        // Of an unclear one the ten minutes count from the first try.
        let at = if to.state == State::Unclear { seen.updated_at } else { self.now() };
        let moved = store::plan_changes::advance(&mut tx, seen, to, at).await?;
        tx.commit().await?;
        moved.ok_or_else(unclear)
    }

    /// As [`Billing::move_change`], and with it ends those that are replaced.
    pub(super) async fn replace_changes(
        &self,
        seen: &PlanChange,
        to: PlanChange,
        replaced: &[PlanChange],
    ) -> Result<PlanChange> {
        let mut tx = self.db.begin().await?;
        for earlier in replaced {
            let over = PlanChange { state: State::Failed, ..earlier.clone() };
            store::plan_changes::advance(&mut tx, earlier, over, self.now()).await?.ok_or_else(unclear)?;
        }
        let moved = store::plan_changes::advance(&mut tx, seen, to, self.now()).await?.ok_or_else(unclear)?;
        tx.commit().await?;
        Ok(moved)
    }

    /// Nothing was asked of Stripe that could have changed anything: the key may try again.
    pub(super) async fn forget_change(&self, seen: &PlanChange) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::plan_changes::delete(&mut tx, seen).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Before anything is known but the mirror.
fn wished(command: &ChangePlan, live: &UserSubscription) -> Plan {
    let tier = command.tier_slug.as_ref().map(TierSlug::from_stored);
    Plan {
        tier: tier.unwrap_or_else(|| live.plan.tier.clone()),
        billing_period: command.billing_period.unwrap_or(live.plan.billing_period),
    }
}
