//! The wish to subscribe: claimed before Stripe is asked, by one call at a time. Every move says from where:
//! a call that was overtaken, by another or by the voiding worker, finds out and stops.

use super::Subscribe;
use super::offer::Offer;
use super::void_stuck::OWN_RETRY;
use crate::promotions::same_code;
use crate::{Billing, Error, Result};
use domain::ids::StripeCustomerId;
use domain::promotion::PromotionCode;
use domain::subscription::intent::State;
use domain::subscription::{Status, SubscribeIntent};
use domain::time::Timestamp;
use serde_json::{Value, json};
use store::Tx;
use stripe::Key;
use stripe::requests::{NewSubscription, Start, create_subscription};

/// How soon a person may look again whether an unclear attempt was cleared up, in seconds.
const LOOK_AGAIN: i64 = 30;

#[derive(Debug)]
pub(super) enum Claimed {
    /// Ours to carry out.
    ToDo(Box<SubscribeIntent>),
    /// This very request has been carried out before.
    Done(Box<SubscribeIntent>),
}

impl Claimed {
    fn to_do(intent: SubscribeIntent) -> Self {
        Self::ToDo(Box::new(intent))
    }
}

impl Billing {
    pub(super) async fn claim_intent(
        &self,
        command: &Subscribe,
        offer: &Offer,
        trial: bool,
    ) -> Result<Claimed> {
        let account = &command.account;
        let now = self.now();
        let promotion_code = same_code(command.promotion_code.as_deref());
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        self.refuse_leaving(&mut tx, account).await?;
        // Kept with whatever is kept of this wish below.
        let shown = shown(command, offer, trial);
        self.record_consent(&mut tx, account, &command.consent, &command.request_key, &shown).await?;
        let mine = store::subscribe_intents::by_request(&mut tx, account, &command.request_key).await?;
        if let Some(mine) = mine {
            match mine.state {
                State::Done => return Ok(Claimed::Done(Box::new(mine))),
                // The retry of a call whose answer was lost sends the same bytes again.
                State::Calling | State::Unclear | State::AwaitingSetup => {
                    let sent_at = own_retry(mine.request.is_some(), mine.updated_at, now)?;
                    let to = SubscribeIntent { state: State::Calling, ..mine.clone() };
                    let claimed = store::subscribe_intents::advance(&mut tx, &mine, to, sent_at).await?;
                    tx.commit().await?;
                    return claimed.map(Claimed::to_do).ok_or_else(unclear);
                }
                State::Voiding => return Err(unclear()),
                // What it made was undone: the same words are a new wish.
                State::Failed | State::Voided => self.set_aside(&mut tx, &mine).await?,
            }
        }
        self.refuse_a_second(&mut tx, command).await?;
        match store::subscribe_intents::open(&mut tx, account).await? {
            // Trap 4: two tabs.
            Some(other) if other.state.blocks_another() => return Err(unclear()),
            // A card was being set up: this call goes on from there, under its own key.
            Some(waiting) if waiting.is_for(&offer.price_id, trial, promotion_code.as_deref()) => {
                let request_key = command.request_key.clone();
                let to = SubscribeIntent { state: State::Calling, request_key, ..waiting.clone() };
                let claimed = store::subscribe_intents::advance(&mut tx, &waiting, to, now).await?;
                tx.commit().await?;
                return claimed.map(Claimed::to_do).ok_or_else(unclear);
            }
            Some(waiting) => {
                let to = SubscribeIntent { state: State::Failed, ..waiting.clone() };
                store::subscribe_intents::advance(&mut tx, &waiting, to, now).await?;
            }
            None => {}
        }
        let intent = SubscribeIntent {
            id: self.new_subscribe_intent_id()?,
            account: account.clone(),
            request_key: command.request_key.clone(),
            state: State::Calling,
            tier: offer.tier.slug.clone(),
            billing_period: command.billing_period,
            price: offer.price_id.clone(),
            trial,
            setup_intent: None,
            subscription: None,
            card_fingerprint: None,
            request: None,
            promotion_code,
            promotion_first_time: false,
            created_at: now,
            updated_at: now,
        };
        store::subscribe_intents::insert(&mut tx, &intent).await?;
        tx.commit().await?;
        Ok(Claimed::to_do(intent))
    }

    /// Under the account's lock: another call may have subscribed since this one looked, and the mirror may
    /// not have it yet (trap 4).
    async fn refuse_a_second(&self, tx: &mut Tx, command: &Subscribe) -> Result<()> {
        match store::subscriptions::live(tx, &command.account).await? {
            Some(live) if live.status() == Status::Incomplete => Err(unclear()),
            Some(_) => Err(Error::AlreadySubscribed),
            None if store::subscribe_intents::has_unmirrored(tx, &command.account).await? => Err(unclear()),
            None => Ok(()),
        }
    }

    /// Frees the request key of an attempt that is over.
    async fn set_aside(&self, tx: &mut Tx, over: &SubscribeIntent) -> Result<()> {
        let request_key = format!("{}:over:{}", over.request_key, over.id);
        let to = SubscribeIntent { request_key, ..over.clone() };
        store::subscribe_intents::advance(tx, over, to, self.now()).await?;
        Ok(())
    }

    /// Writes where the intent stands now; `None` when it was touched since it was `seen`.
    pub(super) async fn advance_intent(
        &self,
        seen: &SubscribeIntent,
        to: SubscribeIntent,
    ) -> Result<Option<SubscribeIntent>> {
        let mut tx = self.db.begin().await?;
        let advanced = store::subscribe_intents::advance(&mut tx, seen, to, self.now()).await?;
        tx.commit().await?;
        Ok(advanced)
    }

    /// As [`Billing::advance_intent`], where being overtaken ends this call.
    pub(super) async fn move_intent(
        &self,
        seen: &SubscribeIntent,
        to: SubscribeIntent,
    ) -> Result<SubscribeIntent> {
        self.advance_intent(seen, to).await?.ok_or_else(unclear)
    }
}

/// What a member agrees to.
fn shown(command: &Subscribe, offer: &Offer, trial: bool) -> Value {
    json!({
        "tier": offer.tier.slug.as_str(),
        "billing_period": command.billing_period.as_str(),
        "amount": offer.price.price.amount,
        "currency": offer.price.price.currency.as_str(),
        "trial_days": if trial { offer.tier.trial_days } else { 0 },
        "promotion_code": command.promotion_code,
    })
}

/// The time that a retry writes: a call whose request may be at Stripe keeps the time of its first try, so that
/// its ten minutes pass however often it is tried; after them it is the voiding worker's.
pub(crate) fn own_retry(sent: bool, first_try: Timestamp, now: Timestamp) -> Result<Timestamp> {
    if !sent {
        Ok(now)
    } else if now > first_try.plus(OWN_RETRY) {
        Err(unclear())
    } else {
        Ok(first_try)
    }
}

/// Somebody else is at it, or nobody knows yet what Stripe did.
pub(crate) const fn unclear() -> Error {
    Error::EarlierAttemptUnclear { retry_after_seconds: LOOK_AGAIN }
}

/// With the request that makes its subscription, to be kept before it is sent.
pub(super) fn with_request(
    intent: &SubscribeIntent,
    request: &stripe::Request,
    promotion: Option<&PromotionCode>,
) -> Result<SubscribeIntent> {
    let text = serde_json::to_string(request).map_err(|error| Error::Internal(error.to_string()))?;
    let promotion_first_time = promotion.is_some_and(|code| code.first_time);
    Ok(SubscribeIntent { request: Some(text), promotion_first_time, ..intent.clone() })
}

/// The request that makes the subscription of this intent.
pub(super) fn subscription_request(
    intent: &SubscribeIntent,
    customer: &StripeCustomerId,
    start: Start<'_>,
    promotion: Option<&PromotionCode>,
    automatic_tax: bool,
) -> stripe::Request {
    let new = NewSubscription {
        customer,
        price: &intent.price,
        account: &intent.account,
        intent: &intent.id,
        start,
        promotion_code: promotion.map(|code| code.id.as_str()),
        automatic_tax,
    };
    create_subscription(&new, &Key::new(intent.id.as_str(), "sub", 1))
}

/// The request that was kept with an intent or a purchase.
pub(crate) fn kept_request(text: &str) -> Result<stripe::Request> {
    serde_json::from_str(text)
        .map_err(|error| Error::Internal(format!("a stored request cannot be read: {error}")))
}
