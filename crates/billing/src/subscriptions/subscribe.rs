//! Subscribing: the wish is written down, then Stripe is asked, then what Stripe made is mirrored.
//!
//! A wish that failed before Stripe was asked to make the subscription is forgotten: nothing of it can cost
//! anything, and its key may try again. From the moment the request is kept, only a clear answer ends it.

use super::intents::{Claimed, unclear};
use super::offer::Offer;
use super::{Confirm, Note, SubscribeAnswer};
use crate::consents::Consent;
use crate::promotions::same_code;
use crate::{Billing, Error, Result};
use domain::catalog::BillingPeriod;
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId, StripeSubscriptionId};
use domain::money::Currency;
use domain::promotion::PromotionCode;
use domain::subscription::intent::State;
use domain::subscription::{By, Call, Status, SubscribeIntent};
use stripe::types::Subscribed;

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
    pub consent: Consent,
}

/// How far a wish has come before the subscription itself is asked for.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one of them, for a moment")]
pub(super) enum Prepared {
    /// The person must act first; nothing was made.
    Ask(Confirm),
    /// The request that makes the subscription is kept with the intent.
    Ready { intent: SubscribeIntent, request: stripe::Request },
}

/// What a failed call has left at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nobody knows.
    Unclear,
    /// Nothing that costs. Refused: the next try is with something else.
    Nothing { refused: bool },
}

impl Billing {
    /// Errors: those of the offer; [`Error::AlreadySubscribed`]; [`Error::TrialUsed`] with what it would
    /// cost, nothing made; [`Error::CardDeclined`], no live subscription left;
    /// [`Error::EarlierAttemptUnclear`]; [`Error::StripeUnavailable`].
    pub async fn subscribe(&self, command: Subscribe) -> Result<SubscribeAnswer> {
        let account = &command.account;
        let call = Box::pin(self.with_customer(account, || self.try_to_subscribe(&command)));
        self.watching_declines(account, "subscribe", call).await
    }

    async fn try_to_subscribe(&self, command: &Subscribe) -> Result<SubscribeAnswer> {
        self.refuse_paused_sales().await?;
        let account = &command.account;
        let offer = self.offer(account, &command.tier_slug, command.billing_period, command.currency).await?;
        self.require_consent(&command.consent, true)?;
        let trial = command.trial && offer.tier.trial_days > 0;
        let mut reader = self.db.reader();
        let begun = store::subscribe_intents::by_request(&mut reader, account, &command.request_key).await?;
        if begun.is_none()
            && let Some(answer) = self.same_present(command, &offer, trial).await?
        {
            return Ok(answer);
        }
        let promotion = match &begun {
            // It is in the request that was kept, and will be sent again as it was.
            Some(begun) if begun.keeps_its_request() => None,
            _ => self.promotion_of(command, &offer).await?,
        };
        if begun.is_none() {
            self.make_room(account, &offer, trial).await?;
        }
        let intent = match self.claim_intent(command, &offer, trial).await? {
            Claimed::ToDo(intent) => *intent,
            Claimed::Done(intent) => return self.wish_again(&intent).await,
        };
        // An earlier try under this key may have sent the request already.
        let resumed = intent.request.is_some();
        let (intent, request, customer) =
            match self.prepare(&intent, command, &offer, promotion.as_ref()).await {
                Ok((Prepared::Ask(confirm), _)) => {
                    return Ok(SubscribeAnswer { subscription: None, confirm: Some(confirm) });
                }
                Ok((Prepared::Ready { intent, request }, customer)) => (intent, request, customer),
                Err(error) => {
                    let refused = !matches!(error, Error::StripeUnavailable { .. });
                    self.abandon(&intent, if resumed { Left::Unclear } else { Left::Nothing { refused } })
                        .await?;
                    return Err(error);
                }
            };
        let by = By::member();
        let note = Note { account, subscription: None, call: Call::Subscribe, by: &by };
        let call = self.note_call(note).await?;
        let sent = self.stripe.send_create_subscription(&request).await;
        if !sent.as_ref().is_err_and(stripe::Error::is_unclear) {
            self.call_answered(&call).await?;
        }
        match sent {
            Ok(made) => self.take_up(intent, &made, &customer).await,
            Err(error) => {
                let left = if resumed || error.is_unclear() {
                    Left::Unclear
                } else {
                    Left::Nothing { refused: !error.is_temporary() }
                };
                self.abandon(&intent, left).await?;
                Err(error.into())
            }
        }
    }

    /// The subscription that is there already: one whose first payment is missing is gone on with when this wish is the
    /// same, any other refuses it.
    async fn same_present(
        &self,
        command: &Subscribe,
        offer: &Offer,
        trial: bool,
    ) -> Result<Option<SubscribeAnswer>> {
        let mut reader = self.db.reader();
        let Some(live) = store::subscriptions::live(&mut reader, &command.account).await? else {
            return Ok(None);
        };
        if live.status() != Status::Incomplete {
            return Err(Error::AlreadySubscribed);
        }
        let made_by = match &live.seen.subscribe_intent {
            Some(id) => store::subscribe_intents::find(&mut reader, id).await?,
            None => None,
        };
        let code = same_code(command.promotion_code.as_deref());
        if made_by.is_some_and(|intent| intent.is_for(&offer.price_id, trial, code.as_deref())) {
            return self.go_on_with_incomplete(&live).await.map(Some);
        }
        Ok(None)
    }

    /// Refuses a trial that was had, and clears an incomplete subscription of another wish away.
    async fn make_room(&self, account: &AccountId, offer: &Offer, trial: bool) -> Result<()> {
        let mut reader = self.db.reader();
        if trial && !self.trial_available(&mut reader, account).await? {
            return Err(self.trial_used(account, offer).await?);
        }
        match store::subscriptions::live(&mut reader, account).await? {
            Some(live) => self.clear_incomplete(&live).await,
            None => Ok(()),
        }
    }

    /// The code that was typed, if one was: refused before anything is made or cleared away.
    pub(super) async fn promotion_of(
        &self,
        command: &Subscribe,
        offer: &Offer,
    ) -> Result<Option<PromotionCode>> {
        match &command.promotion_code {
            Some(typed) => {
                Ok(Some(self.promotion(&command.account, typed, &offer.tier, &offer.price).await?))
            }
            None => Ok(None),
        }
    }

    async fn prepare(
        &self,
        intent: &SubscribeIntent,
        command: &Subscribe,
        offer: &Offer,
        promotion: Option<&PromotionCode>,
    ) -> Result<(Prepared, StripeCustomerId)> {
        let customer = self.ensure_customer(&command.account).await?;
        let prepared = if intent.trial {
            self.prepare_trial(intent.clone(), command, offer, &customer, promotion).await?
        } else {
            self.prepare_paid(intent.clone(), command, &customer, promotion).await?
        };
        Ok((prepared, customer))
    }

    /// Stripe has made the subscription. Until that is noted, whatever goes wrong leaves the outcome unclear:
    /// the same key finishes it, or else it is undone.
    async fn take_up(
        &self,
        intent: SubscribeIntent,
        made: &Subscribed,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        let subscription = Some(made.subscription.id.clone());
        let to = SubscribeIntent { subscription, ..intent.clone() };
        let Some(noted) = self.advance_intent(&intent, to).await? else {
            return self.overtaken_wish(&intent, made).await;
        };
        match self.finish_first_payment(&noted, made, customer).await {
            Err(error) if !matches!(error, Error::CardDeclined { .. }) => {
                self.abandon(&noted, Left::Unclear).await?;
                Err(error)
            }
            other => other,
        }
    }

    /// The row was touched since this call had it: by a retry under the same key, which has the same
    /// subscription, or by the voiding worker, which may have looked before this one was there.
    async fn overtaken_wish(&self, seen: &SubscribeIntent, made: &Subscribed) -> Result<SubscribeAnswer> {
        let id = &made.subscription.id;
        let now = store::subscribe_intents::find(&mut self.db.reader(), seen.id.as_str()).await?;
        let Some(now) = now else { return Err(unclear()) };
        match now.state {
            State::Done if now.subscription.as_ref() == Some(id) => self.wish_again(&now).await,
            State::Voiding | State::Voided => {
                if let Err(error) = self.take_back_subscription(seen, id, made.subscription.status).await {
                    // For the worker to repeat.
                    let to = SubscribeIntent { state: State::Voiding, ..now.clone() };
                    self.advance_intent(&now, to).await?;
                    return Err(error);
                }
                Err(unclear())
            }
            _ => Err(unclear()),
        }
    }

    /// What became of a wish that was carried out before.
    async fn wish_again(&self, done: &SubscribeIntent) -> Result<SubscribeAnswer> {
        let customer = store::accounts::customer(&mut self.db.reader(), &done.account).await?;
        match (&done.subscription, customer) {
            (Some(subscription), Some(customer)) => {
                self.sync_now(&customer).await?;
                self.made_answer(&done.account, subscription).await
            }
            _ => self.live_answer(&done.account).await,
        }
    }

    /// Notes how a failed call left the wish: unclear, or as if it had not been made.
    async fn abandon(&self, seen: &SubscribeIntent, left: Left) -> Result<()> {
        // As the steps before the failure have left it.
        let row = store::subscribe_intents::find(&mut self.db.reader(), seen.id.as_str()).await?;
        let Some(row) = row.filter(|row| row.state == State::Calling) else { return Ok(()) };
        if row.request.is_some() && seen.request.is_none() {
            // A retry under the same key has taken it over, and may have sent its request.
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        if left == Left::Unclear {
            let to = SubscribeIntent { state: State::Unclear, ..row.clone() };
            // Its time stays: the ten minutes count from the first try.
            store::subscribe_intents::advance(&mut tx, &row, to, row.updated_at).await?;
            tx.commit().await?;
            return Ok(());
        }
        store::trial_redemptions::release(&mut tx, &row.id).await?;
        let moved = if row.setup_intent.is_some() && left == (Left::Nothing { refused: false }) {
            // The card that is set up serves the next call.
            let to = SubscribeIntent { state: State::AwaitingSetup, request: None, ..row.clone() };
            store::subscribe_intents::advance(&mut tx, &row, to, self.now()).await?.is_some()
        } else {
            store::subscribe_intents::delete(&mut tx, &row).await?
        };
        // Else somebody else has it, and with it what was reserved.
        if moved {
            tx.commit().await?;
        }
        Ok(())
    }

    /// After Stripe has made the subscription: the mirror's answer, or, where Stripe can no longer be asked,
    /// that the same call is to be made again.
    pub(super) async fn made_answer(
        &self,
        account: &AccountId,
        made: &StripeSubscriptionId,
    ) -> Result<SubscribeAnswer> {
        if store::subscriptions::find(&mut self.db.reader(), made).await?.is_none() {
            return Err(Error::StripeUnavailable { retry_after_seconds: 2, unclear: true });
        }
        self.live_answer(account).await
    }

    pub(crate) async fn live_answer(&self, account: &AccountId) -> Result<SubscribeAnswer> {
        match store::subscriptions::live(&mut self.db.reader(), account).await? {
            Some(live) if live.status() == Status::Incomplete || live.wants_a_card() => {
                self.go_on_with_incomplete(&live).await
            }
            subscription => Ok(SubscribeAnswer { subscription, confirm: None }),
        }
    }
}
