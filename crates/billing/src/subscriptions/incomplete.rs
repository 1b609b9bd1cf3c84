//! A subscription whose first payment is still missing: gone on with, or cleared away for another.

use super::answer::action;
use super::{Confirm, ConfirmIntent, Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::subscription::{By, Call, Status, UserSubscription};

impl Billing {
    /// Answers it again, with what the browser has to confirm.
    pub(super) async fn go_on_with_incomplete(&self, live: &UserSubscription) -> Result<SubscribeAnswer> {
        let made = self.stripe.retrieve_subscription_with_invoice(&live.seen.id).await?;
        let payment = self.first_payment(&made).await?;
        let confirm = match (&payment, made.latest_invoice, &made.pending_setup_intent) {
            (Some(payment), invoice, _) => {
                // Stripe's own secret for the invoice's payment, where it gives one.
                let secret = invoice.and_then(|invoice| invoice.confirmation_secret);
                let secret = secret.or_else(|| payment.client_secret.clone());
                action(payment.status).zip(secret).map(|(action, client_secret)| Confirm {
                    intent: ConfirmIntent::Payment,
                    action,
                    client_secret,
                })
            }
            (None, _, Some(setup)) => Confirm::of_setup(setup),
            (None, _, None) => None,
        };
        Ok(SubscribeAnswer { subscription: Some(live.clone()), confirm })
    }

    /// Cancels it for another wish; if it was paid meanwhile, it stays.
    pub(super) async fn clear_incomplete(&self, live: &UserSubscription) -> Result<()> {
        let made = self.stripe.retrieve_subscription_with_invoice(&live.seen.id).await?;
        if made.subscription.status == Status::Incomplete {
            let by = By::member();
            let note =
                Note { account: &live.account, subscription: Some(&live.seen.id), call: Call::End, by: &by };
            self.noted(note, self.cancel_incomplete(&made, "another plan was chosen", live.id.as_str()))
                .await?;
        }
        self.sync_now(&live.seen.customer).await?;
        match store::subscriptions::live(&mut self.db.reader(), &live.account).await? {
            Some(_) => Err(Error::AlreadySubscribed),
            None => Ok(()),
        }
    }
}
