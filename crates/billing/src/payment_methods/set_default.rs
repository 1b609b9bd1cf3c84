//! Another card for everything that comes: the customer's default, the live subscription's card, and that of a change
//! that waits for its date. What is open is paid with it at once, because a new default retries nothing by itself.

use crate::subscriptions::{Confirm, Note, payable};
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentMethodId};
use domain::payment::PaymentMethod;
use domain::payment_method::Expiry;
use domain::subscription::{By, Call, Status, UserSubscription};
use stripe::Key;

#[derive(Debug, Clone)]
pub struct SetDefault {
    pub account: AccountId,
    pub payment_method: StripePaymentMethodId,
    /// A card that is removed once the new one has its place.
    pub replaces: Option<StripePaymentMethodId>,
    /// Scope and Idempotency-Key: a retry under it pays nothing twice.
    pub request_key: String,
}

#[derive(Debug)]
pub struct DefaultAnswer {
    pub payment_method: PaymentMethod,
    pub subscription: Option<UserSubscription>,
    /// The open payment wants the person.
    pub confirm: Option<Confirm>,
}

impl Billing {
    /// Errors: [`Error::NotFound`] for another account's card; [`Error::Invalid`] for one that has expired;
    /// [`Error::CardDeclined`] when it cannot pay what is open: then it is the default all the same, and what is open
    /// stays open.
    pub async fn set_default_payment_method(&self, command: SetDefault) -> Result<DefaultAnswer> {
        let call = self.try_to_set_default(&command);
        self.watching_declines(&command.account, "pay", call).await
    }

    async fn try_to_set_default(&self, command: &SetDefault) -> Result<DefaultAnswer> {
        let SetDefault { account, payment_method: id, replaces, request_key } = command;
        let (customer, payment_method) = self.own_card(account, id).await?;
        if let Some(old) = replaces {
            if old == id {
                let reason = "a card cannot replace itself".to_owned();
                return Err(Error::Invalid { field: "replaces", reason });
            }
            match self.own_card(account, old).await {
                // Removed by an earlier try, whose answer was lost.
                Err(Error::NotFound) if self.is_detached(old).await? => {}
                other => drop(other?),
            }
        }
        let expired = payment_method.card.as_ref().map(|card| card.expiry(self.now()));
        if expired == Some(Expiry::Expired) {
            return Err(Error::Invalid { field: "id", reason: "this card has expired".to_owned() });
        }
        let step = |step: &str| Key::of(format!("{request_key}:{step}"));
        self.make_default(&customer, id, &step("default")).await?;
        let mut confirm = None;
        if let Some(live) = store::subscriptions::live(&mut self.db.reader(), account).await? {
            let by = By::member();
            let note = Note { account, subscription: Some(&live.seen.id), call: Call::Pay, by: &by };
            confirm = self.noted(note, self.give_and_pay(&live, id, request_key)).await?;
            self.sync_now(&customer).await?;
        }
        // The old one may still be wanted, as long as the new one is not confirmed.
        if let (Some(old), None) = (replaces, &confirm) {
            self.detach_card(old).await?;
        }
        let subscription = store::subscriptions::live(&mut self.db.reader(), account).await?;
        Ok(DefaultAnswer { payment_method, subscription, confirm })
    }

    async fn give_and_pay(
        &self,
        live: &UserSubscription,
        card: &StripePaymentMethodId,
        request_key: &str,
    ) -> Result<Option<Confirm>> {
        self.give_card(live, card, request_key).await?;
        if payable(live.status()) {
            self.pay_what_is_owed(live, Some(card), request_key).await
        } else {
            Ok(None)
        }
    }

    /// For its renewals, and for what its schedule begins. An incomplete one takes its card with its first payment.
    pub(crate) async fn give_card(
        &self,
        live: &UserSubscription,
        card: &StripePaymentMethodId,
        request_key: &str,
    ) -> Result<()> {
        if live.status() == Status::Incomplete {
            return Ok(());
        }
        let step = |step: &str| Key::of(format!("{request_key}:{step}"));
        self.stripe.set_subscription_default(&live.seen.id, card, &step("subscription-default")).await?;
        if let Some(schedule) = &live.seen.schedule {
            self.stripe.set_schedule_default(schedule, card, &step("schedule-default")).await?;
        }
        Ok(())
    }
}
