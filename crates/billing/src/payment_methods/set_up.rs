//! Setting a card up for later: nothing is charged, and the bank is asked now for what it would ask then.

use crate::subscriptions::Confirm;
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentMethodId};
use domain::payment::{IntentStatus, PaymentMethod};
use stripe::Key;
use stripe::requests::{NewSetupIntent, create_setup_intent};

#[derive(Debug, Clone)]
pub struct SetUpCard {
    pub account: AccountId,
    /// Confirmed by the server; without it the browser takes a card.
    pub payment_method: Option<StripePaymentMethodId>,
    /// Scope and Idempotency-Key: a retry under it sets nothing up twice.
    pub request_key: String,
}

#[derive(Debug)]
pub struct SetUpAnswer {
    /// Set once nothing is left to confirm.
    pub payment_method: Option<PaymentMethod>,
    /// Set only when the person must act.
    pub confirm: Option<Confirm>,
}

impl Billing {
    /// Errors: [`Error::CardDeclined`]; [`Error::TooManyDeclines`].
    pub async fn set_up_payment_method(&self, command: SetUpCard) -> Result<SetUpAnswer> {
        let account = &command.account;
        let call = self.with_customer(account, || self.try_to_set_up(&command));
        self.watching_declines(account, "setup", call).await
    }

    async fn try_to_set_up(&self, command: &SetUpCard) -> Result<SetUpAnswer> {
        let account = &command.account;
        let customer = self.ensure_customer(account).await?;
        let payment_method = command.payment_method.as_ref();
        let new = NewSetupIntent { customer: &customer, account, subscribe_intent: None, payment_method };
        // Of another customer, if the first was deleted at Stripe.
        let key = Key::of(format!("{}:seti:{customer}", command.request_key));
        let setup = self.stripe.send_create_setup_intent(&create_setup_intent(&new, &key)).await?;
        if let Some(decline) = setup.last_setup_error.clone()
            && setup.status == IntentStatus::RequiresPaymentMethod
        {
            return Err(Error::CardDeclined { decline, purchase: None });
        }
        let confirm = Confirm::of_setup(&setup);
        let payment_method = setup.payment_method.filter(|_| setup.status == IntentStatus::Succeeded);
        Ok(SetUpAnswer { payment_method, confirm })
    }
}
