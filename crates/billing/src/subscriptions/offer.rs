//! What a member asks to subscribe to, checked against the catalog.

use super::trial::redemptions;
use crate::{Billing, Error, Result};
use domain::catalog::{Availability, BillingPeriod, SubscriptionTier, TierPrice, TierSlug};
use domain::ids::{AccountId, StripePriceId};
use domain::money::Currency;
use store::Query;

/// Something that can be bought now.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub tier: SubscriptionTier,
    pub price: TierPrice,
    pub price_id: StripePriceId,
}

impl Billing {
    pub(crate) async fn offer(
        &self,
        account: &AccountId,
        tier_slug: &str,
        period: BillingPeriod,
        currency: Option<Currency>,
    ) -> Result<Offer> {
        let slug = TierSlug::from_stored(tier_slug);
        let tier = self.catalog.tier(&slug).ok_or_else(|| Error::UnknownTier(tier_slug.to_owned()))?;
        if slug.is_free() {
            let reason = "the free tier needs no subscription".to_owned();
            return Err(Error::Invalid { field: "tier_slug", reason });
        }
        let mut reader = self.db.reader();
        if tier.availability == Availability::Invitation {
            let owner = store::accounts::owner(&mut reader, account).await?.ok_or(Error::NotFound)?;
            if !owner.invited || tier.prices.is_empty() {
                return Err(Error::TierByInvitation);
            }
        }
        let currency = currency.unwrap_or(self.catalog.currency);
        let Some(price) = tier.price(period, currency) else {
            let reason = format!("{} is not sold {} in {currency}", tier.name, period.as_str());
            return Err(Error::Invalid { field: "billing_period", reason });
        };
        let lookup_key = price.lookup_key(&slug);
        // Without a price the catalog has not been seeded yet, because Stripe could not be reached.
        let price_id = store::tiers::active_price(&mut reader, &lookup_key)
            .await?
            .ok_or(Error::StripeUnavailable { retry_after_seconds: 10, unclear: false })?;
        Ok(Offer { tier: tier.clone(), price: *price, price_id })
    }

    /// Whether this account's owner can still have a trial, as far as is known before a card is.
    pub(super) async fn trial_available(&self, q: &mut impl Query, account: &AccountId) -> Result<bool> {
        for redemption in redemptions(q, account, None).await? {
            if store::trial_redemptions::is_redeemed(q, &redemption).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
