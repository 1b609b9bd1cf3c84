//! How a change is carried out, as it is kept; and what it puts aside: brought back if nothing comes of it.

use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::{AccountId, StripeInvoiceId, StripePriceId, StripeSubscriptionId};
use domain::subscription::{Observed, PlanChange, ScheduledChange, UserSubscription};
use serde::{Deserialize, Serialize};
use stripe::types::{Changeable, Phase};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Prepared {
    pub step: Step,
    pub put_aside: PutAside,
    /// The newest invoice before the change, to tell the change's own from it.
    pub invoice_before: Option<StripeInvoiceId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Step {
    Now {
        request: stripe::Request,
    },
    AtPeriodEnd {
        price: StripePriceId,
        billing_period: BillingPeriod,
        /// `promo_...`
        promotion_code: Option<String>,
    },
}

/// What was pending before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PutAside {
    /// `sub_sched_...`: every change begins with letting go of it.
    pub schedule: Option<String>,
    /// What it would have brought.
    pub billing_period: Option<BillingPeriod>,
    pub cancellation: bool,
}

impl PutAside {
    pub(super) fn of(seen: &Observed, scheduled: Option<&ScheduledChange>) -> Self {
        Self {
            schedule: seen.schedule.clone(),
            billing_period: scheduled.map(|change| change.plan.billing_period),
            cancellation: seen.cancel_at.is_some(),
        }
    }
}

impl PutAside {
    /// Of a change that is replaced before it came to anything.
    pub(super) fn inherit(&mut self, earlier: Option<Prepared>) {
        let Some(Prepared { put_aside: earlier, .. }) = earlier else { return };
        if self.schedule.is_none() {
            self.schedule = earlier.schedule;
            self.billing_period = earlier.billing_period;
        }
    }
}

impl Prepared {
    pub(super) fn of(change: &PlanChange) -> Result<Option<Self>> {
        let read = |text: &String| {
            serde_json::from_str(text)
                .map_err(|error| Error::Internal(format!("{} cannot be read: {error}", change.id)))
        };
        change.request.as_ref().map(read).transpose()
    }

    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Internal(error.to_string()))
    }
}

impl Billing {
    /// Nothing came of a change: what it had put aside is pending again. If that fails, a person has to know.
    pub(super) async fn bring_back(&self, change: &PlanChange, prepared: &Prepared) -> Result<()> {
        if let Err(error) = self.try_to_bring_back(change, prepared).await {
            self.report_put_aside(&change.subscription, &change.account, change.id.as_str(), &error).await?;
        }
        Ok(())
    }

    /// The same for a cancellation, which had let go of the schedule before Stripe was asked for it.
    pub(crate) async fn bring_schedule_back(&self, live: &UserSubscription) -> Result<()> {
        if let Err(error) = self.try_to_bring_schedule_back(live).await {
            self.report_put_aside(&live.seen.id, &live.account, "a cancellation", &error).await?;
        }
        Ok(())
    }

    async fn report_put_aside(
        &self,
        subscription: &StripeSubscriptionId,
        account: &AccountId,
        what: &str,
        error: &Error,
    ) -> Result<()> {
        let details =
            format!("{what} failed, and what was pending before it could not be brought back: {error}");
        let mut tx = self.db.begin().await?;
        self.report(&mut tx, "put_aside", subscription.as_str(), Some(account), &details).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn try_to_bring_schedule_back(&self, live: &UserSubscription) -> Result<()> {
        let (Some(schedule), Some(scheduled)) = (&live.seen.schedule, &live.scheduled) else { return Ok(()) };
        let look = self.stripe.retrieve_to_change(&live.seen.id).await?;
        let seen = &look.subscription;
        // It did end, or will, although the answer was lost; or the schedule was never let go of.
        if !seen.status.is_live() || seen.cancel_at.is_some() || seen.schedule.is_some() {
            return Ok(());
        }
        let again = format!("again:{}", self.new_uuid()?);
        self.schedule_again(&look, schedule, scheduled.plan.billing_period, &again).await
    }

    /// What a schedule that was let go of would have brought.
    async fn schedule_again(
        &self,
        look: &Changeable,
        schedule: &str,
        billing_period: BillingPeriod,
        again: &str,
    ) -> Result<()> {
        let last = self.stripe.retrieve_schedule(schedule).await?.phases.pop();
        let Some(Phase { price: Some(price), promotion_code, .. }) = last else { return Ok(()) };
        self.bring_schedule(look, &price, billing_period, promotion_code.as_deref(), again).await
    }

    async fn try_to_bring_back(&self, change: &PlanChange, prepared: &Prepared) -> Result<()> {
        let PutAside { schedule, billing_period, cancellation } = &prepared.put_aside;
        if schedule.is_none() && !cancellation {
            return Ok(());
        }
        let look = self.stripe.retrieve_to_change(&change.subscription).await?;
        if !look.subscription.status.is_live() || look.subscription.schedule.is_some() {
            return Ok(());
        }
        // What the member has decided meanwhile stands.
        let leaving = look.subscription.cancel_at.is_some();
        if let (Some(schedule), Some(billing_period), false) = (schedule, billing_period, leaving) {
            let again = format!("{}:again", change.id);
            self.schedule_again(&look, schedule, *billing_period, &again).await?;
        }
        // A change at once leaves a pending cancellation alone until it took effect.
        let cleared = *cancellation && matches!(prepared.step, Step::AtPeriodEnd { .. });
        if cleared && !leaving {
            let key = stripe::Key::new(change.id.as_str(), "cancel-again", 1);
            self.stripe.cancel_at_period_end(&change.subscription, None, None, &key).await?;
        }
        Ok(())
    }

    /// Takes a pending cancellation back, whichever sign of it there is. Under the change's own key: repeated late, it leaves
    /// alone what the member has decided since.
    pub(super) async fn clear_cancellation(&self, look: &Changeable, change: &PlanChange) -> Result<()> {
        let key = stripe::Key::new(change.id.as_str(), "resume", 1);
        self.stripe.resume_subscription(&look.subscription, &key).await?;
        Ok(())
    }
}
