//! Paying what is open: the first invoice of an incomplete subscription, what a past due one still owes, or a change of
//! plan that waits for its payment.

use super::{Confirm, ConfirmAction, ConfirmIntent, Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::{AccountId, StripePaymentMethodId};
use domain::invoice::{Invoice, InvoiceStatus};
use domain::subscription::{By, Call, Status, UserSubscription};
use stripe::Key;
use stripe::requests::pay_invoice;

#[derive(Debug, Clone)]
pub struct PayOpen {
    pub account: AccountId,
    /// Another card than the one that failed; without it that one is tried again.
    pub payment_method: Option<StripePaymentMethodId>,
    /// Scope and Idempotency-Key: a retry under it tries nothing twice.
    pub request_key: String,
    pub by: By,
}

impl Billing {
    /// With nothing open it answers the subscription as it is. Errors: [`Error::NoSubscription`];
    /// [`Error::CardDeclined`], and the invoice stays open.
    pub async fn pay_open_invoices(&self, command: PayOpen) -> Result<SubscribeAnswer> {
        let call = self.try_to_pay_open(&command);
        self.watching_declines(&command.account, "pay", call).await
    }

    async fn try_to_pay_open(&self, command: &PayOpen) -> Result<SubscribeAnswer> {
        let account = &command.account;
        let live =
            store::subscriptions::live(&mut self.db.reader(), account).await?.ok_or(Error::NoSubscription)?;
        let note = Note { account, subscription: Some(&live.seen.id), call: Call::Pay, by: &command.by };
        let confirm = self.noted(note, self.pay_at_stripe(command, &live)).await?;
        self.sync_now(&live.seen.customer).await?;
        let subscription = store::subscriptions::live(&mut self.db.reader(), account).await?;
        Ok(SubscribeAnswer { subscription, confirm })
    }

    async fn pay_at_stripe(&self, command: &PayOpen, live: &UserSubscription) -> Result<Option<Confirm>> {
        let card = match &command.payment_method {
            Some(given) => Some(self.take_card(live, given, &command.request_key).await?),
            None => None,
        };
        let mut open = self.open_invoices(live).await?;
        let waits = |invoice: &Invoice| is_of_pending_update(live, invoice);
        open.retain(|invoice| waits(invoice) || is_owed(live, invoice));
        self.pay_in_turn(&open, card.as_ref(), &command.request_key).await
    }

    /// What is owed, and no change of plan.
    pub(crate) async fn pay_what_is_owed(
        &self,
        live: &UserSubscription,
        card: Option<&StripePaymentMethodId>,
        request_key: &str,
    ) -> Result<Option<Confirm>> {
        let mut open = self.open_invoices(live).await?;
        open.retain(|invoice| is_owed(live, invoice));
        self.pay_in_turn(&open, card, request_key).await
    }

    /// Oldest first.
    async fn open_invoices(&self, live: &UserSubscription) -> Result<Vec<Invoice>> {
        let mut open = self.stripe.list_invoices_of(&live.seen.id, InvoiceStatus::Open).await?;
        open.sort_by_key(|invoice| invoice.created);
        Ok(open)
    }

    /// What the person still has to confirm ends it.
    async fn pay_in_turn(
        &self,
        open: &[Invoice],
        card: Option<&StripePaymentMethodId>,
        request_key: &str,
    ) -> Result<Option<Confirm>> {
        for invoice in open {
            let confirm = self.pay_one(invoice, card, request_key).await?;
            if confirm.is_some() {
                return Ok(confirm);
            }
        }
        Ok(None)
    }

    /// Attaches the card. A past due subscription keeps it for its renewals; an incomplete one takes it with
    /// its first payment.
    async fn take_card(
        &self,
        live: &UserSubscription,
        given: &StripePaymentMethodId,
        request_key: &str,
    ) -> Result<StripePaymentMethodId> {
        let step = |step: &str| Key::of(format!("{request_key}:{step}"));
        let card = self.stripe.attach_payment_method(given, &live.seen.customer, &step("attach")).await?.id;
        if live.status() != Status::Incomplete {
            self.make_default(&live.seen.customer, &card, &step("default")).await?;
            self.give_card(live, &card, request_key).await?;
        }
        Ok(card)
    }

    /// What the person still has to confirm; `None` when it is paid.
    async fn pay_one(
        &self,
        invoice: &Invoice,
        card: Option<&StripePaymentMethodId>,
        request_key: &str,
    ) -> Result<Option<Confirm>> {
        let key = Key::of(format!("{request_key}:pay:{}", invoice.id));
        match self.stripe.send_pay_invoice(&pay_invoice(&invoice.id, card, &key)).await {
            Ok(_) => Ok(None),
            Err(stripe::Error::InvoiceRequiresAction { .. }) => {
                let now = self.stripe.retrieve_invoice(&invoice.id).await?;
                Ok(confirm(&now, ConfirmAction::NextAction))
            }
            Err(error) => {
                // Paid meanwhile, by Stripe's own retry or in another tab: that is what was wanted.
                let now = self.stripe.retrieve_invoice(&invoice.id).await?;
                if now.status == InvoiceStatus::Paid {
                    return Ok(None);
                }
                match Error::from(error) {
                    // The browser takes one.
                    Error::PaymentMethodRequired => {
                        confirm(&now, ConfirmAction::Collect).map(Some).ok_or(Error::PaymentMethodRequired)
                    }
                    error => Err(error),
                }
            }
        }
    }
}

/// Whether paying what is open charges this invoice. While an update waits for its payment, its invoice is nothing
/// that the member owes.
pub(crate) fn is_owed(live: &UserSubscription, invoice: &Invoice) -> bool {
    invoice.status == InvoiceStatus::Open
        && invoice.subscription.as_ref() == Some(&live.seen.id)
        && !is_of_pending_update(live, invoice)
}

/// Whether a change of plan waits for this invoice.
pub(crate) fn is_of_pending_update(live: &UserSubscription, invoice: &Invoice) -> bool {
    live.seen.pending_update.is_some() && invoice.billing_reason.as_deref() == Some("subscription_update")
}

/// Whether a payment is missing that a card can make good.
pub(crate) const fn payable(status: Status) -> bool {
    matches!(status, Status::PastDue | Status::Incomplete | Status::Unpaid)
}

/// By the invoice's own secret, where Stripe gives one.
fn confirm(invoice: &Invoice, action: ConfirmAction) -> Option<Confirm> {
    let client_secret = invoice.confirmation_secret.clone()?;
    Some(Confirm { intent: ConfirmIntent::Payment, action, client_secret })
}
