//! Changing the plan: the wish is written down, priced once more, and carried out at once or at the end of the
//! period. Exactly the quoted amount is charged, or nothing is.

use super::claim::Claimed;
use super::price::Priced;
use super::put_aside::{Prepared, PutAside, Step};
use super::target::{Asked, refuse_unchangeable};
use crate::subscriptions::{Cancel, CancelAt, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::{AccountId, QuoteId};
use domain::quote::Kind;
use domain::subscription::change_kind::TakesEffect;
use domain::subscription::plan_change::State;
use domain::subscription::{By, PlanChange};
use stripe::Key;
use stripe::requests::{NewPlan, change_plan};

#[derive(Debug, Clone)]
pub struct ChangePlan {
    pub account: AccountId,
    /// What is left out stays as it is.
    pub tier_slug: Option<String>,
    pub billing_period: Option<BillingPeriod>,
    pub promotion_code: Option<String>,
    /// What was shown: then that is charged, or nothing. Without one it is priced and done.
    pub quote: Option<QuoteId>,
    /// Scope and Idempotency-Key: a retry under it finishes what the first try began.
    pub request_key: String,
    pub by: By,
}

/// What comes of looking at a wish.
#[allow(clippy::large_enum_variant, reason = "one of them, for a moment")]
enum Looked {
    /// Nothing is to be done: this is the plan already, or the one that is scheduled.
    Nothing,
    Ready(PlanChange, Prepared),
}

impl Billing {
    /// Errors: those of the offer; [`Error::NoSubscription`]; [`Error::PaymentDue`]; [`Error::SubscriptionPaused`];
    /// [`Error::QuoteExpired`] with a fresh quote, and nothing was done; [`Error::CardDeclined`], and the present
    /// plan goes on; [`Error::EarlierAttemptUnclear`]; [`Error::StripeUnavailable`].
    pub async fn change_plan(&self, command: ChangePlan) -> Result<SubscribeAnswer> {
        if command.asked().is_free() {
            // Free is what is left when the subscription ends.
            let cancel = Cancel {
                account: command.account,
                at: CancelAt::PeriodEnd,
                feedback: None,
                comment: None,
                refund: false,
                by: command.by,
            };
            return self.cancel(cancel).await;
        }
        let change = match self.claim_change(&command).await? {
            Claimed::ToDo(change) => *change,
            Claimed::Done(change) => return self.changed_before(&change).await,
        };
        let resumed = change.request.is_some();
        let (change, prepared) = match self.look_at(&command, &change).await {
            Ok(Looked::Ready(change, prepared)) => (change, prepared),
            Ok(Looked::Nothing) => {
                self.forget_change(&change).await?;
                return self.live_answer(&change.account).await;
            }
            Err(error) => {
                if !resumed {
                    self.forget_change(&change).await?;
                }
                return Err(error);
            }
        };
        match &prepared.step {
            Step::Now { request } => self.change_now(change, &prepared, request, resumed).await,
            Step::AtPeriodEnd { .. } => self.change_at_period_end(change, &prepared, resumed).await,
        }
    }

    /// What is to be done, kept with the wish.
    async fn look_at(&self, command: &ChangePlan, change: &PlanChange) -> Result<Looked> {
        if let Some(prepared) = Prepared::of(change)? {
            return Ok(Looked::Ready(change.clone(), prepared));
        }
        let account = &command.account;
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let look = self.stripe.retrieve_to_change(&change.subscription).await?;
        refuse_unchangeable(&look, &live, self.now())?;
        let target = self.target(account, command.asked(), &live, &look.subscription).await?;
        let scheduled = live.scheduled.as_ref().is_some_and(|scheduled| scheduled.plan == target.to);
        if target.kind == Kind::Same {
            return Ok(Looked::Nothing);
        }
        let shown = match &command.quote {
            Some(quote) => store::quotes::pinned(&mut self.db.reader(), quote, account, self.now()).await?,
            None => None,
        };
        let shown = shown.filter(|shown| shown.target == target.name());
        let at = shown.as_ref().map_or_else(|| self.now(), |shown| shown.calculated_at);
        let priced = self.price(target.clone(), look.clone(), at).await?;
        let agreed = shown.as_ref() == Some(&priced.pinned);
        if command.quote.is_some() && !agreed {
            let fresh = self.price(target, look, self.now()).await?;
            self.keep_quote(account, &fresh.quote, Some(&fresh.pinned)).await?;
            return Err(Error::QuoteExpired { quote: Box::new(fresh.quote) });
        }
        if priced.effect == TakesEffect::AtPeriodEnd && scheduled && priced.target.promotion.is_none() {
            return Ok(Looked::Nothing);
        }
        let quote = if let Some(quote) = &command.quote {
            quote.clone()
        } else {
            self.keep_quote(account, &priced.quote, Some(&priced.pinned)).await?;
            priced.quote.id.clone()
        };
        // One that waits for the member is replaced by this one, which takes over what that had put aside.
        let replaced = store::plan_changes::confirming(&mut self.db.reader(), account).await?;
        let mut put_aside = PutAside::of(&priced.look.subscription, live.scheduled.as_ref());
        for earlier in &replaced {
            put_aside.inherit(Prepared::of(earlier)?);
        }
        let prepared = prepared(change, &priced, &quote, put_aside)?;
        let to = PlanChange {
            to: priced.target.to.clone(),
            quote: Some(quote),
            due_today: priced.pinned.due_today,
            request: Some(prepared.text()?),
            ..change.clone()
        };
        let change = self.replace_changes(change, to, &replaced).await?;
        Ok(Looked::Ready(change, prepared))
    }

    /// What became of a wish that was carried out before.
    async fn changed_before(&self, change: &PlanChange) -> Result<SubscribeAnswer> {
        let confirm = match change.state {
            State::Confirming => {
                let look = self.stripe.retrieve_to_change(&change.subscription).await?;
                let ours = look.pending_quote.as_deref() == change.quote.as_ref().map(QuoteId::as_str);
                if ours { self.confirmation_of(&look).await? } else { None }
            }
            _ => None,
        };
        let answer = self.live_answer(&change.account).await?;
        Ok(SubscribeAnswer { confirm: confirm.or(answer.confirm), ..answer })
    }
}

impl ChangePlan {
    fn asked(&self) -> Asked<'_> {
        Asked {
            tier_slug: self.tier_slug.as_deref(),
            billing_period: self.billing_period,
            promotion_code: self.promotion_code.as_deref(),
        }
    }
}

/// How the change is carried out, with the very request that will be sent.
fn prepared(change: &PlanChange, priced: &Priced, quote: &QuoteId, put_aside: PutAside) -> Result<Prepared> {
    let seen = &priced.look.subscription;
    let price = priced.target.price.clone();
    let price = price.ok_or_else(|| Error::Internal("a change to nothing".to_owned()))?;
    let step = match priced.effect {
        TakesEffect::Now => {
            let new = NewPlan {
                subscription: &seen.id,
                item: &seen.item_id,
                price: &price,
                billed: priced.billed,
                discounts: &priced.look.discounts,
                promotion_code: priced.target.promotion_code(),
            };
            Step::Now { request: change_plan(&new, quote, &Key::new(change.id.as_str(), "upd", 1)) }
        }
        TakesEffect::AtPeriodEnd => {
            let promotion_code = priced.target.promotion_code().map(str::to_owned);
            Step::AtPeriodEnd { price, billing_period: priced.target.to.billing_period, promotion_code }
        }
    };
    Ok(Prepared { step, put_aside, invoice_before: seen.latest_invoice.clone() })
}
