//! The wish to subscribe: claimed before Stripe is asked, by one call at a time.

use super::Subscribe;
use super::offer::Offer;
use crate::{Billing, Error, Result};
use domain::ids::StripeCustomerId;
use domain::subscription::SubscribeIntent;
use domain::subscription::intent::State;
use stripe::Key;
use stripe::requests::{NewSubscription, Start, create_subscription};

/// How soon a person may look again whether an unclear attempt was cleared up, in seconds.
pub(crate) const LOOK_AGAIN: i64 = 30;

impl Billing {
    /// The intent that is ours to carry out; `None` when this very request has been carried out before.
    pub(super) async fn claim_intent(
        &self,
        command: &Subscribe,
        offer: &Offer,
        trial: bool,
    ) -> Result<Option<SubscribeIntent>> {
        let account = &command.account;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if !store::accounts::lock(&mut tx, account).await? {
            return Err(Error::NotFound);
        }
        if let Some(mine) =
            store::subscribe_intents::by_request(&mut tx, account, &command.request_key).await?
        {
            return match mine.state {
                State::Done => Ok(None),
                // The retry of a call whose answer was lost sends the same bytes again.
                State::Calling | State::Unclear | State::AwaitingSetup => {
                    let from = mine.state;
                    let mine = SubscribeIntent { state: State::Calling, ..mine };
                    store::subscribe_intents::advance(&mut tx, &mine, from, now).await?;
                    tx.commit().await?;
                    Ok(Some(mine))
                }
                State::Failed | State::Voided => Err(Error::IdempotencyKeyReused),
            };
        }
        match store::subscribe_intents::open(&mut tx, account).await? {
            // Trap 4: two tabs.
            Some(other) if other.state.blocks_another() => {
                return Err(Error::EarlierAttemptUnclear { retry_after_seconds: LOOK_AGAIN });
            }
            // A card was being set up: this call goes on from there, under its own key.
            Some(waiting) if waiting.price == offer.price_id && waiting.trial == trial => {
                let request_key = command.request_key.clone();
                let mine = SubscribeIntent { state: State::Calling, request_key, ..waiting };
                store::subscribe_intents::advance(&mut tx, &mine, State::AwaitingSetup, now).await?;
                tx.commit().await?;
                return Ok(Some(mine));
            }
            Some(waiting) => {
                let dropped = SubscribeIntent { state: State::Failed, ..waiting };
                store::subscribe_intents::advance(&mut tx, &dropped, State::AwaitingSetup, now).await?;
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
            created_at: now,
            updated_at: now,
        };
        store::subscribe_intents::insert(&mut tx, &intent).await?;
        tx.commit().await?;
        Ok(Some(intent))
    }

    /// Writes what the intent knows now, and where it stands.
    pub(super) async fn move_intent(&self, intent: SubscribeIntent, to: State) -> Result<SubscribeIntent> {
        let from = intent.state;
        let intent = SubscribeIntent { state: to, ..intent };
        let mut tx = self.db.begin().await?;
        if !store::subscribe_intents::advance(&mut tx, &intent, from, self.now()).await? {
            return Err(Error::EarlierAttemptUnclear { retry_after_seconds: LOOK_AGAIN });
        }
        tx.commit().await?;
        Ok(intent)
    }

    pub(super) async fn forget_intent(&self, intent: &SubscribeIntent) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::subscribe_intents::delete(&mut tx, &intent.id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Keeps the request that makes the subscription, before it is sent.
    pub(super) async fn keep_request(
        &self,
        intent: SubscribeIntent,
        request: &stripe::Request,
    ) -> Result<SubscribeIntent> {
        let text = serde_json::to_string(request).map_err(|error| Error::Internal(error.to_string()))?;
        self.move_intent(SubscribeIntent { request: Some(text), ..intent }, State::Calling).await
    }
}

/// The request that makes the subscription of this intent.
pub(super) fn subscription_request(
    intent: &SubscribeIntent,
    customer: &StripeCustomerId,
    start: Start<'_>,
) -> stripe::Request {
    let new = NewSubscription {
        customer,
        price: &intent.price,
        account: &intent.account,
        intent: &intent.id,
        start,
        promotion_code: None,
    };
    create_subscription(&new, &Key::new(intent.id.as_str(), "sub", 1))
}

/// The request that was kept with an intent or a purchase.
pub(crate) fn kept_request(text: &str) -> Result<stripe::Request> {
    serde_json::from_str(text)
        .map_err(|error| Error::Internal(format!("a stored request cannot be read: {error}")))
}
