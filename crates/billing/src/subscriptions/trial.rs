//! Starting with a trial: the card is set up first, its number checked, and only then the subscription is
//! made (traps 19 and 34).

use super::intents::{kept_request, subscription_request, unclear, with_request};
use super::offer::Offer;
use super::subscribe::Prepared;
use super::{Confirm, Subscribe};
use crate::users::email_key;
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId, StripeSetupIntentId};
use domain::payment::{IntentStatus, SetupIntent};
use domain::promotion::PromotionCode;
use domain::subscription::SubscribeIntent;
use domain::subscription::intent::State;
use domain::trial::Redemption;
use store::Query;
use stripe::Key;
use stripe::requests::{NewSetupIntent, Start, create_setup_intent};

impl Billing {
    pub(super) async fn prepare_trial(
        &self,
        intent: SubscribeIntent,
        command: &Subscribe,
        offer: &Offer,
        customer: &StripeCustomerId,
        promotion: Option<&PromotionCode>,
    ) -> Result<Prepared> {
        if let Some(kept) = &intent.request {
            let request = kept_request(kept)?;
            return Ok(Prepared::Ready { intent, request });
        }
        let setup = self.set_up_card(&intent, command, customer).await?;
        let known = SubscribeIntent { setup_intent: Some(setup.id.clone()), ..intent.clone() };
        if setup.status != IntentStatus::Succeeded {
            let Some(confirm) = Confirm::of_setup(&setup) else {
                return Err(Error::Internal(format!("setup intent {} asks for nothing", setup.id)));
            };
            self.move_intent(&intent, SubscribeIntent { state: State::AwaitingSetup, ..known }).await?;
            return Ok(Prepared::Ask(confirm));
        }
        // Noted at once: whatever fails from here on, the card need not be set up again.
        let intent = self.move_intent(&intent, known).await?;
        let method =
            setup.payment_method.filter(|_| setup.customer.as_ref() == Some(customer)).ok_or_else(|| {
                Error::Internal(format!("setup intent {} has no card of this customer", setup.id))
            })?;
        let fingerprint = method.card.as_ref().and_then(|card| card.fingerprint.clone());
        let fingerprint = fingerprint.filter(|_| self.trial_once_per_card());
        // Never under a key of the wish: it may come back with another card, or with this one after another.
        self.make_default(customer, &method.id, &self.one_time_key("default")?).await?;
        let days = u32::try_from(offer.tier.trial_days)
            .map_err(|_| Error::Internal("trial_days does not fit".to_owned()))?;
        let start = Start::Trial { days, payment_method: &method.id };
        let request = subscription_request(&intent, customer, start, promotion, self.catalog.automatic_tax);
        let to =
            SubscribeIntent { card_fingerprint: fingerprint, ..with_request(&intent, &request, promotion)? };
        if let Some(intent) = self.keep_trial_request(&intent, to).await? {
            return Ok(Prepared::Ready { intent, request });
        }
        // Another card may still have a trial: the next call must not go on with this one.
        let without = SubscribeIntent { setup_intent: None, ..intent.clone() };
        self.move_intent(&intent, without).await?;
        Err(self.trial_used(&command.account, offer).await?)
    }

    /// Keeps the request, and with it reserves the trial for this user, address and card: of two attempts at
    /// the same moment one gets it. `None` when it was had before; then nothing was made or charged.
    async fn keep_trial_request(
        &self,
        seen: &SubscribeIntent,
        to: SubscribeIntent,
    ) -> Result<Option<SubscribeIntent>> {
        let account = &seen.account;
        let mut tx = self.db.begin().await?;
        let card = to.card_fingerprint.as_deref();
        for redemption in redemptions(&mut tx, account, card).await? {
            let intent = Some(&seen.id);
            if !store::trial_redemptions::take(&mut tx, &redemption, account, intent, self.now()).await? {
                return Ok(None);
            }
        }
        let kept = store::subscribe_intents::advance(&mut tx, seen, to, self.now()).await?;
        // Overtaken: what was reserved here goes with the transaction.
        let kept = kept.ok_or_else(unclear)?;
        tx.commit().await?;
        Ok(Some(kept))
    }

    /// The setup intent to go on with: the one that waits, or a new one.
    async fn set_up_card(
        &self,
        intent: &SubscribeIntent,
        command: &Subscribe,
        customer: &StripeCustomerId,
    ) -> Result<SetupIntent> {
        let waiting = match &intent.setup_intent {
            Some(id) => Some(self.stripe.retrieve_setup_intent(id).await?),
            None => None,
        };
        let given = command.payment_method.as_ref();
        if let Some(waiting) = waiting {
            let usable = match waiting.status {
                IntentStatus::Succeeded | IntentStatus::RequiresAction | IntentStatus::Processing => {
                    given.is_none_or(|card| may_be_of(card, &waiting))
                }
                // It waits for a card in the browser; a card that was given here is another matter.
                IntentStatus::RequiresPaymentMethod => given.is_none(),
                _ => false,
            };
            if usable {
                return Ok(waiting);
            }
            // One that succeeded can no longer be canceled, and charges nothing.
            if !matches!(waiting.status, IntentStatus::Succeeded | IntentStatus::Canceled) {
                self.stripe.cancel_setup_intent(&waiting.id, &self.one_time_key("seti-cancel")?).await?;
            }
        }
        let saved = match given {
            Some(_) => None,
            None => self.saved_card(customer).await?,
        };
        let method = given.or(saved.as_ref());
        let new = NewSetupIntent {
            customer,
            account: &intent.account,
            subscribe_intent: Some(&intent.id),
            payment_method: method,
        };
        let step = setup_step(method, intent.setup_intent.as_ref());
        Ok(self
            .stripe
            .send_create_setup_intent(&create_setup_intent(&new, &Key::new(intent.id.as_str(), &step, 1)))
            .await?)
    }

    /// The customer's default card.
    pub(crate) async fn saved_card(
        &self,
        customer: &StripeCustomerId,
    ) -> Result<Option<StripePaymentMethodId>> {
        let customer = self.stripe.retrieve_customer(customer).await?;
        if customer.deleted { Err(Error::CustomerGone) } else { Ok(customer.default_payment_method) }
    }

    pub(super) async fn trial_used(&self, account: &AccountId, offer: &Offer) -> Result<Error> {
        Ok(Error::TrialUsed { preview: Box::new(self.quote(account, offer, false, None).await?) })
    }
}

/// By what a trial of this account is remembered.
pub(crate) async fn redemptions(
    q: &mut impl Query,
    account: &AccountId,
    card_fingerprint: Option<&str>,
) -> Result<Vec<Redemption>> {
    let mut redemptions = Vec::new();
    if let Some(owner) = store::accounts::owner(q, account).await? {
        redemptions.push(Redemption::User(owner.user_id.to_string()));
        redemptions.extend(owner.email.map(|email: String| Redemption::Email(email_key(&email))));
    }
    redemptions.extend(card_fingerprint.map(|card| Redemption::Card(card.to_owned())));
    Ok(redemptions)
}

/// Whether the card that was given may be the one that is being set up. Stripe clones its test tokens at each
/// use, so of those it cannot be told.
fn may_be_of(given: &StripePaymentMethodId, waiting: &SetupIntent) -> bool {
    let its_own = waiting.payment_method.as_ref().is_some_and(|method| method.id == *given);
    its_own || given.as_str().starts_with("pm_card_")
}

/// Another card, or another try after a waiting one was given up, is another step: a step's first answer
/// is replayed by Stripe.
fn setup_step(method: Option<&StripePaymentMethodId>, earlier: Option<&StripeSetupIntentId>) -> String {
    let with = method.map_or("browser", StripePaymentMethodId::as_str);
    match earlier {
        Some(earlier) => format!("seti:{with}:after:{earlier}"),
        None => format!("seti:{with}"),
    }
}
