//! Subscribing: the wish is written down, then Stripe is asked, then what Stripe made is mirrored.

use super::SubscribeAnswer;
use super::offer::Offer;
use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId, StripeSubscriptionId};
use domain::money::Currency;
use domain::subscription::intent::State;
use domain::subscription::{Status, SubscribeIntent};

#[derive(Debug, Clone)]
pub struct Subscribe {
    pub account: AccountId,
    pub tier_slug: String,
    pub billing_period: BillingPeriod,
    /// Without one the saved card pays, or else the browser takes one.
    pub payment_method: Option<StripePaymentMethodId>,
    pub promotion_code: Option<String>,
    pub currency: Option<Currency>,
    /// False: pay at once, although a trial could be had.
    pub trial: bool,
    /// Scope and Idempotency-Key: a retry under it finishes what the first try began.
    pub request_key: String,
}

impl Billing {
    /// Errors: those of the offer; [`Error::AlreadySubscribed`]; [`Error::TrialUsed`] with what it would
    /// cost, nothing made; [`Error::CardDeclined`], no live subscription left;
    /// [`Error::EarlierAttemptUnclear`]; [`Error::StripeUnavailable`].
    pub async fn subscribe(&self, command: Subscribe) -> Result<SubscribeAnswer> {
        self.refuse_paused_sales().await?;
        let account = &command.account;
        let offer = self
            .offer(
                account,
                &command.tier_slug,
                command.billing_period,
                command.currency,
                command.promotion_code.as_deref(),
            )
            .await?;
        let trial = command.trial && offer.tier.trial_days > 0;
        let mut reader = self.db.reader();
        let begun = store::subscribe_intents::by_request(&mut reader, account, &command.request_key).await?;
        if begun.is_none() {
            if let Some(answer) = self.settle_present(account, &offer, trial).await? {
                return Ok(answer);
            }
            if trial && !self.trial_available(&mut self.db.reader(), account).await? {
                return Err(self.trial_used(account, &offer).await?);
            }
        }
        let Some(intent) = self.claim_intent(&command, &offer, trial).await? else {
            return self.live_answer(account).await;
        };
        let customer = match self.ensure_customer(account).await {
            Ok(customer) => customer,
            Err(error) => return Err(self.end_failed_call(intent, error).await?),
        };
        match self.make_subscription(intent.clone(), &command, &offer, &customer).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.end_failed_call(self.current_intent(intent).await?, error).await?),
        }
    }

    /// What the subscription that is there already means for this wish: an answer, a refusal, or nothing
    /// because it was cleared away.
    async fn settle_present(
        &self,
        account: &AccountId,
        offer: &Offer,
        trial: bool,
    ) -> Result<Option<SubscribeAnswer>> {
        let Some(live) = store::subscriptions::live(&mut self.db.reader(), account).await? else {
            return Ok(None);
        };
        if live.status() != Status::Incomplete {
            return Err(Error::AlreadySubscribed);
        }
        if live.seen.price == offer.price_id && live.seen.trial_end.is_some() == trial {
            return self.go_on_with_incomplete(&live).await.map(Some);
        }
        self.clear_incomplete(&live).await?;
        Ok(None)
    }

    async fn make_subscription(
        &self,
        intent: SubscribeIntent,
        command: &Subscribe,
        offer: &Offer,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        if intent.trial {
            self.start_trial(intent, command, offer, customer).await
        } else {
            self.start_paid(intent, command, customer).await
        }
    }

    /// The row as the failed steps have left it.
    async fn current_intent(&self, intent: SubscribeIntent) -> Result<SubscribeIntent> {
        let row = store::subscribe_intents::find(&mut self.db.reader(), intent.id.as_str()).await?;
        Ok(row.unwrap_or(intent))
    }

    /// Notes how a failed call left the wish, and answers what to tell the person.
    async fn end_failed_call(&self, intent: SubscribeIntent, error: Error) -> Result<Error> {
        if intent.state != State::Calling {
            return Ok(error);
        }
        match &error {
            // Nothing may be left to a new key until it is known what Stripe has done.
            Error::StripeUnavailable { .. } if intent.request.is_some() => {
                self.move_intent(intent, State::Unclear).await?;
            }
            Error::StripeUnavailable { .. } => self.forget_intent(&intent).await?,
            _ => {
                self.move_intent(intent, State::Failed).await?;
            }
        }
        Ok(error)
    }

    /// After Stripe has made the subscription: the mirror's answer, or, where Stripe can no longer be asked,
    /// that the same call is to be made again.
    pub(super) async fn made_answer(
        &self,
        account: &AccountId,
        made: &StripeSubscriptionId,
    ) -> Result<SubscribeAnswer> {
        if store::subscriptions::find(&mut self.db.reader(), made).await?.is_none() {
            return Err(Error::StripeUnavailable { retry_after_seconds: 2 });
        }
        self.live_answer(account).await
    }

    pub(super) async fn live_answer(&self, account: &AccountId) -> Result<SubscribeAnswer> {
        match store::subscriptions::live(&mut self.db.reader(), account).await? {
            Some(live) if live.status() == Status::Incomplete => self.go_on_with_incomplete(&live).await,
            subscription => Ok(SubscribeAnswer { subscription, confirm: None }),
        }
    }
}
