//! Which plan is asked for, beside the one that there is.

use crate::{Billing, Error, Result};
use domain::catalog::{BillingPeriod, TierSlug};
use domain::ids::{AccountId, StripePriceId};
use domain::invoice::InvoiceStatus;
use domain::promotion::PromotionCode;
use domain::quote::Kind;
use domain::subscription::change_kind::kind;
use domain::subscription::{Observed, Plan, Status, UserSubscription};
use domain::time::Timestamp;
use stripe::types::Changeable;

/// What the member names; what is left out stays as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub tier_slug: Option<&'a str>,
    pub billing_period: Option<BillingPeriod>,
    pub promotion_code: Option<&'a str>,
}

#[derive(Debug, Clone)]
pub(super) struct Target {
    pub from: Plan,
    pub to: Plan,
    pub kind: Kind,
    /// `None` for the free tier, which is what is left when the subscription ends.
    pub price: Option<StripePriceId>,
    /// Minor units per period.
    pub amount: i64,
    pub promotion: Option<PromotionCode>,
}

impl Target {
    /// As it is kept with a quote.
    pub(super) fn name(&self) -> String {
        let code = self.promotion_code().unwrap_or("");
        format!("{}/{}/{code}", self.to.tier, self.to.billing_period.as_str())
    }

    /// `promo_...`
    pub(super) fn promotion_code(&self) -> Option<&str> {
        self.promotion.as_ref().map(|code| code.id.as_str())
    }
}

impl Asked<'_> {
    pub(super) fn is_free(&self) -> bool {
        self.tier_slug.is_some_and(|slug| TierSlug::from_stored(slug).is_free())
    }
}

impl Billing {
    /// `seen` is the subscription as it is at Stripe, `live` its mirror.
    pub(super) async fn target(
        &self,
        account: &AccountId,
        asked: Asked<'_>,
        live: &UserSubscription,
        seen: &Observed,
    ) -> Result<Target> {
        let plan = store::tiers::plan_of(&mut self.db.reader(), &seen.price).await?;
        let from = plan.unwrap_or_else(|| live.plan.clone());
        if asked.is_free() {
            let to = Plan { tier: TierSlug::free(), billing_period: from.billing_period };
            return Ok(Target { from, to, kind: Kind::Downgrade, price: None, amount: 0, promotion: None });
        }
        let tier = asked.tier_slug.unwrap_or(from.tier.as_str());
        let to = Plan {
            tier: TierSlug::from_stored(tier),
            billing_period: asked.billing_period.unwrap_or(from.billing_period),
        };
        let currency = seen.amount.currency;
        if to == from {
            if asked.promotion_code.is_some() {
                let reason = "It goes with a change of the plan.".to_owned();
                return Err(Error::PromotionCodeInvalid { reason });
            }
            // Of whichever price they have: an archived one stays theirs.
            let (price, amount) = (Some(seen.price.clone()), seen.amount.amount);
            return Ok(Target { from, to, kind: Kind::Same, price, amount, promotion: None });
        }
        let offer = self.offer(account, tier, to.billing_period, Some(currency)).await?;
        let promotion = match asked.promotion_code {
            Some(typed) => Some(self.promotion(account, typed, &offer.tier, &offer.price).await?),
            None => None,
        };
        let kind = kind(&from, &to, &self.catalog, currency);
        let amount = offer.price.price.amount;
        Ok(Target { from, to, kind, price: Some(offer.price_id), amount, promotion })
    }
}

/// Whether the plan of a subscription that stands so can be changed at all.
pub(super) fn refuse_unchangeable(look: &Changeable, live: &UserSubscription, now: Timestamp) -> Result<()> {
    let seen = &look.subscription;
    let collecting = look.latest_invoice.as_ref().is_some_and(|it| it.status == InvoiceStatus::Draft);
    match seen.status {
        Status::Canceled | Status::IncompleteExpired => Err(Error::NoSubscription),
        // Prorations assume that what is open will be paid: that comes first.
        Status::PastDue | Status::Unpaid | Status::Incomplete => Err(Error::PaymentDue),
        Status::Paused => Err(Error::SubscriptionPaused),
        // What is billed during a pause is void: a change would be free.
        Status::Trialing | Status::Active if seen.collection_paused => Err(Error::SubscriptionPaused),
        // A period that a pause has skipped, or whose invoice is still a draft, was not paid: a change would give
        // a credit for it.
        Status::Active if live.paid_until.is_some_and(|until| until <= now) => Err(Error::SubscriptionPaused),
        Status::Active if collecting => Err(Error::PaymentDue),
        Status::Trialing | Status::Active => Ok(()),
    }
}
