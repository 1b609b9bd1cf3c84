//! A change at the end of the period: a schedule at Stripe, in two steps.

use super::price::other_interval;
use super::put_aside::{Prepared, Step};
use crate::subscriptions::{Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::StripePriceId;
use domain::subscription::plan_change::State;
use domain::subscription::{Call, PlanChange, Status};
use stripe::Key;
use stripe::requests::Phases;
use stripe::types::Changeable;

impl Billing {
    pub(super) async fn change_at_period_end(
        &self,
        change: PlanChange,
        prepared: &Prepared,
        resumed: bool,
    ) -> Result<SubscribeAnswer> {
        let note = Note {
            account: &change.account,
            subscription: Some(&change.subscription),
            call: Call::Schedule,
            by: &change.by,
        };
        match self.noted(note, self.schedule_change(&change, prepared)).await {
            Ok(()) => {
                self.move_change(&change, PlanChange { state: State::Done, ..change.clone() }).await?;
                self.sync_subscription(&change).await?;
                self.live_answer(&change.account).await
            }
            Err(error @ Error::StripeUnavailable { unclear, .. }) if unclear || resumed => {
                self.move_change(&change, PlanChange { state: State::Unclear, ..change.clone() }).await?;
                Err(error)
            }
            Err(error) => {
                self.bring_back(&change, prepared).await?;
                self.forget_change(&change).await?;
                self.sync_subscription(&change).await?;
                Err(error)
            }
        }
    }

    async fn schedule_change(&self, change: &PlanChange, prepared: &Prepared) -> Result<()> {
        let Step::AtPeriodEnd { price, billing_period, promotion_code } = &prepared.step else {
            return Err(Error::Internal(format!("{} is not for the end of the period", change.id)));
        };
        self.release_schedule(prepared.put_aside.schedule.as_deref()).await?;
        let mut look = self.stripe.retrieve_to_change(&change.subscription).await?;
        // An update that waits for its payment is not wanted any more; one that was paid meanwhile is the plan that
        // there is now.
        if look.pending_quote.is_some() && !self.withdraw(&look).await? {
            look = self.stripe.retrieve_to_change(&change.subscription).await?;
        }
        // Who wants another plan does not want to leave.
        self.clear_cancellation(&look, change).await?;
        let code = promotion_code.as_deref();
        self.bring_schedule(&look, price, *billing_period, code, change.id.as_str()).await
    }

    /// `change` names what asked for it, in keys and at Stripe. Released again when the second step is refused:
    /// half a schedule would block every other change.
    pub(super) async fn bring_schedule(
        &self,
        look: &Changeable,
        price: &StripePriceId,
        billing_period: BillingPeriod,
        promotion_code: Option<&str>,
        change: &str,
    ) -> Result<()> {
        let seen = &look.subscription;
        let present = store::tiers::plan_of(&mut self.db.reader(), &seen.price).await?;
        let made = self.stripe.create_schedule(&seen.id, &Key::new(change, "sched", 1)).await?;
        let Some(first) = made.phases.first() else {
            return Err(Error::Internal(format!("{} has no phase", made.id)));
        };
        let phases = Phases {
            schedule: &made.id,
            start: first.start,
            end: first.end,
            present: &seen.price,
            quantity: look.quantity,
            next: price,
            interval: billing_period.stripe_interval(),
            anew: present.is_none_or(|plan| other_interval(plan.billing_period, billing_period)),
            trial_end: seen.trial_end.filter(|_| seen.status == Status::Trialing),
            discounts: &look.discounts,
            promotion_code,
            payment_method: seen.default_payment_method.as_ref(),
            automatic_tax: look.automatic_tax,
            change,
        };
        match self.stripe.plan_phases(&phases, &Key::new(change, "phases", 1)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_unclear() => Err(error.into()),
            Err(error) => {
                self.release_schedule(Some(&made.id)).await?;
                Err(error.into())
            }
        }
    }
}
