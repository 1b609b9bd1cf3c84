//! A member's subscription as it stands: what it is for, what it gives, what is paid next.

use super::pay::is_of_pending_update;
use crate::entitlements::Standing;
use crate::{Billing, Result};
use domain::assignment::TierAssignment;
use domain::catalog::SubscriptionTier;
use domain::entitlement::grace_until;
use domain::ids::AccountId;
use domain::invoice::{Invoice, InvoiceStatus};
use domain::money::Money;
use domain::promotion::first_payment;
use domain::subscription::{Plan, Status, UserSubscription};
use domain::time::Timestamp;
use store::Query;

#[derive(Debug)]
pub struct Overview {
    pub account: AccountId,
    /// What the account has access to now.
    pub tier: SubscriptionTier,
    /// The live one.
    pub subscription: Option<UserSubscription>,
    /// The tier that it was given without a subscription.
    pub assigned: Option<TierAssignment>,
    pub pending: Option<PendingChange>,
    pub grace_until: Option<Timestamp>,
    pub trial_available: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPayment {
    /// Minor units of the subscription's currency.
    pub amount: i64,
    pub at: Timestamp,
}

impl NextPayment {
    /// Nothing is paid next when a cancellation is pending, or while a payment is missing.
    pub fn of(subscription: &UserSubscription) -> Option<Self> {
        let seen = &subscription.seen;
        if seen.cancel_at.is_some() {
            return None;
        }
        let at = match (seen.status, seen.collection_paused) {
            (Status::Trialing, _) => seen.trial_end.unwrap_or(seen.period_end),
            (Status::Active, false) => seen.period_end,
            // With the resumption, if a period was skipped by then.
            (Status::Active, true) => {
                seen.resumes_at?.max(subscription.paid_until.unwrap_or(seen.period_end))
            }
            _ => return None,
        };
        let scheduled = subscription.scheduled.as_ref().filter(|change| change.at <= at);
        if let Some(amount) = scheduled.and_then(|change| change.first_payment) {
            return Some(Self { amount, at });
        }
        let amount = scheduled.map_or(seen.amount.amount, |change| change.amount);
        let price = Money { amount, ..seen.amount };
        Some(Self { amount: first_payment(price, seen.discount.as_ref(), None, at), at })
    }
}

/// Another plan that waits for the member to confirm its payment; until then the present one goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChange {
    pub plan: Plan,
    /// What is charged then: minor units of the subscription's currency.
    pub amount: i64,
    /// When nothing comes of it any more.
    pub expires_at: Timestamp,
}

impl Billing {
    pub async fn subscription_overview(&self, account: &AccountId) -> Result<Overview> {
        let mut reader = self.db.reader();
        let now = self.now();
        let Standing { subscription, assigned, entitled } = self.standing(&mut reader, account, now).await?;
        let pending = match &subscription {
            Some(live) => self.pending_change(&mut reader, live, now).await?,
            None => None,
        };
        Ok(Overview {
            pending,
            account: account.clone(),
            tier: self.catalog.tier_or_free(&entitled.tier).clone(),
            grace_until: subscription.as_ref().and_then(|live| grace_until(live, &self.catalog)),
            subscription,
            assigned: assigned.filter(|given| given.holds_at(now)),
            trial_available: self.trial_available(&mut reader, account).await?,
        })
    }

    /// `None` while its invoice is not mirrored yet, and when it is of a price that is none of ours.
    async fn pending_change(
        &self,
        q: &mut impl Query,
        live: &UserSubscription,
        now: Timestamp,
    ) -> Result<Option<PendingChange>> {
        let seen = &live.seen;
        let Some(update) = seen.pending_update.as_ref().filter(|update| now < update.expires_at) else {
            return Ok(None);
        };
        let (Some(price), Some(invoice)) = (&update.price, &seen.latest_invoice) else { return Ok(None) };
        let plan = store::tiers::plan_of(q, price).await?;
        let invoice = store::invoices::find(q, invoice).await?.map(|mirrored| mirrored.invoice);
        let waits =
            |invoice: &Invoice| invoice.status == InvoiceStatus::Open && is_of_pending_update(live, invoice);
        let due = plan.zip(invoice.filter(waits));
        Ok(due.map(|(plan, invoice)| PendingChange {
            plan,
            amount: invoice.amount_remaining,
            expires_at: update.expires_at,
        }))
    }

    /// When access of this past due subscription ends.
    pub fn grace_until(&self, subscription: &UserSubscription) -> Option<Timestamp> {
        grace_until(subscription, &self.catalog)
    }
}
