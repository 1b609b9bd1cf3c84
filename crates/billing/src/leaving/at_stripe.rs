//! Everything that could still charge somebody is ended at Stripe, and then their customer is deleted (trap 25).

use crate::subscriptions::Note;
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripeCustomerId};
use domain::payment::{IntentStatus, PaymentIntent};
use domain::subscription::{By, Call, Observed, Status};
use stripe::requests::Created;

/// How long to wait for a payment that is under way, in seconds.
const PAYMENT_UNDER_WAY: i64 = 60;

impl Billing {
    /// Each step is done once however often it is asked for, so that a repetition goes on where a failure has
    /// stopped. Any failure stops: nothing is deleted that may still charge.
    pub(super) async fn leave_stripe(&self, account: &AccountId) -> Result<()> {
        if let Some(promise) = store::promised_refunds::open_of(&mut self.db.reader(), account).await? {
            self.finish_promise(&promise, &promise.by()).await?;
        }
        let Some(customer) = store::accounts::customer(&mut self.db.reader(), account).await? else {
            return Ok(());
        };
        match self.end_everything(account, &customer).await {
            // Deleted by somebody else: everything of it has ended with it.
            Ok(()) | Err(Error::CustomerGone) => {}
            Err(error) => return Err(error),
        }
        // Mirrored while it is still known whose it was.
        self.sync_now(&customer).await?;
        self.stripe.delete_customer(&customer).await?;
        if !store::subscriptions::live_of_customer(&mut self.db.reader(), &customer).await?.is_empty() {
            // Not mirrored yet.
            return Err(Error::StripeUnavailable { retry_after_seconds: 5, unclear: false });
        }
        Ok(())
    }

    async fn end_everything(&self, account: &AccountId, customer: &StripeCustomerId) -> Result<()> {
        for seen in self.stripe.list_subscriptions_of(customer).await? {
            let by = By::member();
            let note = Note { account, subscription: Some(&seen.id), call: Call::End, by: &by };
            if seen.status.is_live() {
                self.noted(note, self.end_subscription(&seen)).await?;
            } else {
                self.void_open_invoices_of(&seen.id).await?;
            }
        }
        for payment in self.stripe.list_payment_intents_of(customer, Created::default()).await? {
            self.end_payment(&payment).await?;
        }
        for setup in self.stripe.list_setup_intents_of(customer).await? {
            let open = !matches!(
                setup.status,
                IntentStatus::Succeeded | IntentStatus::Canceled | IntentStatus::Processing
            );
            if open {
                self.stripe.cancel_setup_intent(&setup.id, &self.one_time_key("leave")?).await?;
            }
        }
        Ok(())
    }

    async fn end_subscription(&self, seen: &Observed) -> Result<()> {
        self.release_schedule(seen.schedule.as_deref()).await?;
        if seen.status == Status::Incomplete {
            let made = self.stripe.retrieve_subscription_with_invoice(&seen.id).await?;
            if made.subscription.status == Status::Incomplete {
                return self.cancel_incomplete(&made, "the account is deleted", seen.id.as_str()).await;
            }
        }
        self.end_now(&seen.id).await
    }

    /// A purchase's. Those of invoices cannot be canceled, and are over with their invoices.
    async fn end_payment(&self, payment: &PaymentIntent) -> Result<()> {
        if payment.purchase_id.is_none() {
            return Ok(());
        }
        match payment.status {
            IntentStatus::Succeeded | IntentStatus::Canceled => Ok(()),
            // Nobody can stop it now; it is settled soon.
            IntentStatus::Processing => {
                Err(Error::StripeUnavailable { retry_after_seconds: PAYMENT_UNDER_WAY, unclear: false })
            }
            IntentStatus::RequiresPaymentMethod
            | IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction
            | IntentStatus::RequiresCapture => {
                self.stripe.cancel_payment_intent(&payment.id, &self.one_time_key("leave")?).await?;
                Ok(())
            }
        }
    }
}
