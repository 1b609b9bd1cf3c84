//! What a change costs, by Stripe's own calculation, and what that amount depends on.

use super::target::Target;
use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::StripePriceId;
use domain::invoice::InvoicePreview;
use domain::money::Money;
use domain::promotion::first_payment;
use domain::quote::{Kind, Quote, QuoteLine, Then, VALID_FOR};
use domain::subscription::change_kind::{TakesEffect, may_be_now, takes_effect};
use domain::subscription::{Observed, Status};
use domain::time::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::quotes::Pinned;
use stripe::Key;
use stripe::requests::{Billed, NewPlan};
use stripe::types::Changeable;

/// A change and its price, as they are at this moment.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    pub target: Target,
    pub look: Changeable,
    pub effect: TakesEffect,
    pub billed: Billed,
    pub quote: Quote,
    pub pinned: Pinned,
}

impl Billing {
    /// As of `at`, which is pinned: within a period that goes on, the amount stays the same to the cent.
    pub(super) async fn price(&self, target: Target, look: Changeable, at: Timestamp) -> Result<Priced> {
        let seen = &look.subscription;
        let id = self.new_quote_id()?;
        // Stripe takes no moment outside of the present period.
        let at = at.max(seen.period_start).min(seen.period_end);
        let billed = billed(seen, &target, at);
        let preview = match &target.price {
            Some(price) if may_be_now(target.kind) => {
                let new = NewPlan {
                    subscription: &seen.id,
                    item: &seen.item_id,
                    price,
                    billed,
                    discounts: &look.discounts,
                    promotion_code: target.promotion_code(),
                };
                Some(self.stripe.preview_plan(&new, &Key::new(id.as_str(), "preview", 1)).await?)
            }
            _ => None,
        };
        let total = preview.as_ref().map_or(0, |preview| preview.total);
        let effect = takes_effect(target.kind, total);
        let preview = preview.filter(|_| effect == TakesEffect::Now);
        let now = self.now();
        let due_today = preview.as_ref().map_or(0, |preview| preview.amount_due);
        let next_period =
            seen.trial_end.filter(|_| seen.status == Status::Trialing).unwrap_or(seen.period_end);
        let effective_at = match (effect, target.kind) {
            (TakesEffect::Now, _) | (_, Kind::Same) => now,
            (TakesEffect::AtPeriodEnd, _) => next_period,
        };
        let from = preview.as_ref().and_then(period_end).unwrap_or(next_period);
        let code = target.promotion.as_ref().map(|code| code.code.as_str());
        let quote = Quote {
            expires_at: now.plus(VALID_FOR),
            kind: target.kind,
            effective_at,
            currency: seen.amount.currency,
            lines: preview.as_ref().map(|preview| QuoteLine::all_of(preview, code)).unwrap_or_default(),
            due_today,
            then: Then {
                amount: then_amount(&target, seen, effect, now, from),
                billing_period: target.to.billing_period,
                from,
            },
            gains: self.gains(&target.to.tier, &target.from.tier),
            losses: self.gains(&target.from.tier, &target.to.tier),
            id,
        };
        let pinned = Pinned {
            target: target.name(),
            binding: binding(&look, &target, effect, preview.as_ref())?,
            due_today,
            calculated_at: at,
        };
        Ok(Priced { target, look, effect, billed, quote, pinned })
    }
}

fn billed(seen: &Observed, target: &Target, at: Timestamp) -> Billed {
    if seen.status == Status::Trialing {
        Billed::AfterTrial
    } else if other_interval(target.from.billing_period, target.to.billing_period) {
        Billed::Anew
    } else {
        Billed::Prorated { at }
    }
}

/// Whether Stripe bills these two periods by another interval.
pub(super) fn other_interval(one: BillingPeriod, other: BillingPeriod) -> bool {
    one.stripe_interval() != other.stripe_interval()
}

/// What a payment of the new price costs at `at`, the first one after today's.
fn then_amount(target: &Target, seen: &Observed, effect: TakesEffect, now: Timestamp, at: Timestamp) -> i64 {
    let price = Money { amount: target.amount, currency: seen.amount.currency };
    let (discount, code) = (seen.discount.as_ref(), target.promotion.as_ref());
    if effect == TakesEffect::AtPeriodEnd {
        return first_payment(price, discount, code, at);
    }
    let lowered = discount.map_or(price.amount, |discount| discount.price_at(price, at));
    code.map_or(lowered, |code| code.price_at(Money { amount: lowered, ..price }, now, at, false))
}

fn period_end(preview: &InvoicePreview) -> Option<Timestamp> {
    preview.lines.iter().map(|line| line.period_end).max()
}

/// Everything but time on which the amount, or the moment of the change, depends.
fn binding(
    look: &Changeable,
    target: &Target,
    effect: TakesEffect,
    preview: Option<&InvoicePreview>,
) -> Result<String> {
    let seen = &look.subscription;
    let parts = json!([
        [seen.id.as_str(), seen.item_id, seen.price.as_str(), look.quantity],
        [seen.status.as_str(), seen.period_start.0, seen.period_end.0],
        [look.discounts, look.automatic_tax],
        [target.price.as_ref().map(StripePriceId::as_str), effect == TakesEffect::Now],
        preview.map(|preview| [preview.starting_balance, preview.discount, preview.tax]),
    ]);
    let text = serde_json::to_vec(&parts).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(hex::encode(Sha256::digest(text)))
}
