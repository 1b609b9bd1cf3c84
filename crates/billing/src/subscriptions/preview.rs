//! What subscribing would cost: Stripe's own calculation, nothing made and nothing charged.

use super::Subscribe;
use super::offer::Offer;
use crate::{Billing, Result};
use domain::catalog::TierSlug;
use domain::ids::AccountId;
use domain::promotion::PromotionCode;
use domain::quote::{Kind, Quote, QuoteLine, Then, VALID_FOR};
use domain::time::DAY;
use serde_json::json;
use store::quotes::Pinned;
use stripe::Key;
use stripe::requests::{NewSubscriptionPreview, Payer};

impl Billing {
    pub async fn preview_subscribe(&self, command: &Subscribe) -> Result<Quote> {
        let offer = self
            .offer(&command.account, &command.tier_slug, command.billing_period, command.currency)
            .await?;
        let promotion = self.promotion_of(command, &offer).await?;
        let trial = command.trial
            && offer.tier.trial_days > 0
            && self.trial_available(&mut self.db.reader(), &command.account).await?;
        self.quote(&command.account, &offer, trial, promotion.as_ref()).await
    }

    pub(super) async fn quote(
        &self,
        account: &AccountId,
        offer: &Offer,
        trial: bool,
        promotion: Option<&PromotionCode>,
    ) -> Result<Quote> {
        let now = self.now();
        let mut reader = self.db.reader();
        let trial_end = trial.then(|| now.plus(offer.tier.trial_days * DAY));
        let customer = store::accounts::customer(&mut reader, account).await?;
        let payer = match &customer {
            Some(customer) => Payer::Customer(customer),
            None => Payer::Nobody { currency: offer.price.price.currency, country: None },
        };
        let asked = NewSubscriptionPreview {
            payer,
            price: &offer.price_id,
            trial_end,
            promotion_code: promotion.map(|code| code.id.as_str()),
            automatic_tax: self.catalog.automatic_tax,
        };
        let id = self.new_quote_id()?;
        let preview =
            self.stripe.preview_new_subscription(&asked, &Key::new(id.as_str(), "preview", 1)).await?;
        let present = self.standing(&mut reader, account, now).await?.entitled.tier;
        let period_end = preview.lines.iter().map(|line| line.period_end).max();
        let from = trial_end.or(period_end).unwrap_or(now);
        let price = offer.price.price;
        let next = promotion.map_or(price.amount, |code| code.price_at(price, now, from, trial));
        let quote = Quote {
            expires_at: now.plus(VALID_FOR),
            kind: if trial { Kind::Trial } else { Kind::New },
            effective_at: now,
            currency: preview.currency,
            lines: QuoteLine::all_of(&preview, promotion.map(|code| code.code.as_str())),
            due_today: preview.amount_due,
            then: Then { amount: next, billing_period: offer.price.billing_period, from },
            gains: self.gains(&offer.tier.slug, &present),
            losses: self.gains(&present, &offer.tier.slug),
            id,
        };
        self.keep_quote(account, &quote, None).await?;
        Ok(quote)
    }

    /// Names of the features that `tier` has and `than` lacks.
    pub(crate) fn gains(&self, tier: &TierSlug, than: &TierSlug) -> Vec<String> {
        self.catalog.tier_or_free(tier).gains_over(self.catalog.tier_or_free(than))
    }

    /// `pinned` makes a quote of a change binding.
    pub(crate) async fn keep_quote(
        &self,
        account: &AccountId,
        quote: &Quote,
        pinned: Option<&Pinned>,
    ) -> Result<()> {
        let body = json!({
            "kind": quote.kind.as_str(),
            "currency": quote.currency.as_str(),
            "due_today": quote.due_today,
            "then": { "amount": quote.then.amount, "from": quote.then.from.0 },
        });
        let mut tx = self.db.begin().await?;
        let (body, now) = (body.to_string(), self.now());
        store::quotes::insert(&mut tx, &quote.id, account, &body, pinned, now, quote.expires_at).await?;
        tx.commit().await?;
        Ok(())
    }
}
