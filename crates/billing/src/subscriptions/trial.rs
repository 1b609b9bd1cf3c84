//! Starting with a trial: the card is set up first, its number checked, and only then the subscription is
//! made (traps 19 and 34).

use super::intents::{kept_request, subscription_request};
use super::offer::Offer;
use super::{Confirm, Subscribe, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeCustomerId, StripePaymentMethodId, StripeSetupIntentId};
use domain::payment::{IntentStatus, PaymentMethod, SetupIntent};
use domain::subscription::SubscribeIntent;
use domain::subscription::intent::State;
use domain::trial::Redemption;
use stripe::Key;
use stripe::requests::{NewSetupIntent, Start, create_setup_intent};

impl Billing {
    pub(super) async fn start_trial(
        &self,
        intent: SubscribeIntent,
        command: &Subscribe,
        offer: &Offer,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        if let Some(request) = intent.request.clone() {
            return self.send_trial(intent, &kept_request(&request)?, customer).await;
        }
        let setup = self.set_up_card(&intent, command, customer).await?;
        let intent = SubscribeIntent { setup_intent: Some(setup.id.clone()), ..intent };
        if setup.status != IntentStatus::Succeeded {
            let Some(confirm) = Confirm::of_setup(&setup) else {
                return Err(Error::Internal(format!("setup intent {} asks for nothing", setup.id)));
            };
            self.move_intent(intent, State::AwaitingSetup).await?;
            return Ok(SubscribeAnswer { subscription: None, confirm: Some(confirm) });
        }
        let method =
            setup.payment_method.filter(|_| setup.customer.as_ref() == Some(customer)).ok_or_else(|| {
                Error::Internal(format!("setup intent {} has no card of this customer", setup.id))
            })?;
        let fingerprint = method.card.as_ref().and_then(|card| card.fingerprint.clone());
        let intent = SubscribeIntent {
            card_fingerprint: fingerprint.filter(|_| self.trial_once_per_card()),
            ..intent
        };
        self.refuse_used_card(&intent, offer, &method).await?;
        let key = Key::new(intent.id.as_str(), "default", 1);
        self.stripe.set_customer_default(customer, &method.id, &key).await?;
        let days = u32::try_from(offer.tier.trial_days)
            .map_err(|_| Error::Internal("trial_days does not fit".to_owned()))?;
        let start = Start::Trial { days, payment_method: &method.id };
        let request = subscription_request(&intent, customer, start);
        let intent = self.keep_request(intent, &request).await?;
        self.send_trial(intent, &request, customer).await
    }

    async fn send_trial(
        &self,
        intent: SubscribeIntent,
        request: &stripe::Request,
        customer: &StripeCustomerId,
    ) -> Result<SubscribeAnswer> {
        let made = self.stripe.send_create_subscription(request).await?;
        let account = intent.account.clone();
        let subscription = Some(made.subscription.id.clone());
        self.move_intent(SubscribeIntent { subscription, ..intent }, State::Done).await?;
        self.sync_now(customer).await?;
        self.made_answer(&account, &made.subscription.id).await
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
                IntentStatus::Succeeded | IntentStatus::RequiresAction | IntentStatus::Processing => true,
                // It waits for a card in the browser; a card that was given here is another matter.
                IntentStatus::RequiresPaymentMethod => given.is_none(),
                _ => false,
            };
            if usable {
                return Ok(waiting);
            }
            let key = Key::new(intent.id.as_str(), &format!("seti-cancel:{}", waiting.id), 1);
            self.stripe.cancel_setup_intent(&waiting.id, &key).await?;
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
        Ok(self.stripe.retrieve_customer(customer).await?.default_payment_method)
    }

    async fn refuse_used_card(
        &self,
        intent: &SubscribeIntent,
        offer: &Offer,
        method: &PaymentMethod,
    ) -> Result<()> {
        let Some(fingerprint) = &intent.card_fingerprint else { return Ok(()) };
        let card = Redemption::Card(fingerprint.clone());
        if !store::trial_redemptions::is_redeemed(&mut self.db.reader(), &card).await? {
            return Ok(());
        }
        // Set up in vain: nothing of it stays.
        let key = Key::new(intent.id.as_str(), "detach", 1);
        self.stripe.detach_payment_method(&method.id, &key).await?;
        Err(self.trial_used(&intent.account, offer).await?)
    }

    pub(super) async fn trial_used(&self, account: &AccountId, offer: &Offer) -> Result<Error> {
        Ok(Error::TrialUsed { preview: Box::new(self.quote(account, offer, false).await?) })
    }
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
