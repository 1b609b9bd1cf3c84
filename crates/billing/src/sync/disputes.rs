//! Disputes: mirrored, with what their payment was for. What they take back of a purchase is in `refunds`; one
//! that was lost ends the subscription that its payment was for.

use super::apply::Effect;
use super::fetch::{Found, SeenPayment};
use crate::{Billing, Result};
use domain::dispute::{Dispute, Effect as Taken};
use domain::ids::{AccountId, StripeDisputeId, StripePaymentIntentId};
use domain::invoice::Invoice;
use domain::subscription::Cause;
use std::collections::BTreeMap;
use store::Tx;
use store::disputes::Mirrored;
use store::promised_refunds::Promise;

#[derive(Debug)]
pub(super) struct SeenDispute {
    pub dispute: Dispute,
    pub payment: StripePaymentIntentId,
    /// What the payment was for, when it was not a purchase.
    pub invoice: Option<Invoice>,
}

impl Billing {
    pub(super) async fn fetch_dispute(
        &self,
        id: &StripeDisputeId,
    ) -> Result<Found<SeenDispute>, stripe::Error> {
        let dispute = self.stripe.retrieve_dispute(id).await?;
        let Some(payment) = dispute.payment_intent.clone() else {
            return Ok(Found::Foreign("the dispute is of no payment intent".to_owned()));
        };
        let invoices = self.stripe.list_invoice_payments_of(&payment).await?;
        let invoice = invoices.into_iter().next().map(|paid| paid.invoice);
        Ok(Found::Seen(SeenDispute { dispute, payment, invoice }))
    }

    /// The account is locked by `tx`; the subscription was applied before.
    pub(super) async fn apply_dispute(
        &self,
        tx: &mut Tx,
        account: &AccountId,
        seen: SeenDispute,
        payments: &BTreeMap<StripePaymentIntentId, Found<SeenPayment>>,
    ) -> Result<Effect> {
        let SeenDispute { dispute, payment, invoice } = seen;
        let named = payments.get(&payment).and_then(Found::seen);
        let named = named.and_then(|seen| seen.intent.purchase_id.as_deref());
        let purchase = match named {
            Some(id) => store::purchases::of_account(tx, account, id).await?.map(|purchase| purchase.id),
            None => None,
        };
        let before = store::disputes::find(tx, &dispute.id).await?.map(|before| before.dispute);
        let after = Mirrored {
            account: account.clone(),
            purchase,
            invoice: invoice.as_ref().map(|invoice| invoice.id.clone()),
            subscription: invoice.and_then(|invoice| invoice.subscription),
            dispute,
        };
        if before.as_ref() == Some(&after.dispute) {
            return Ok(Effect::Applied);
        }
        store::disputes::save(tx, &after, &payment, self.now()).await?;
        let (id, status) = (&after.dispute.id, after.dispute.status.as_str());
        metrics::counter!("disputes_seen_total", "status" => status).increment(1);
        tracing::warn!(%account, dispute = %id, %payment, status, amount = %after.dispute.amount, "dispute");
        let was_lost = before.is_some_and(|before| before.status.effect() == Taken::ChargedBack);
        if after.dispute.status.effect() == Taken::ChargedBack && !was_lost {
            self.end_what_was_charged_back(tx, &after).await?;
        }
        Ok(Effect::Applied)
    }

    /// The money for it is gone: the subscription ends, and nothing is given back a second time. Written down
    /// here; a worker does it, since Stripe has to be asked.
    async fn end_what_was_charged_back(&self, tx: &mut Tx, lost: &Mirrored) -> Result<()> {
        let Some(subscription) = &lost.subscription else { return Ok(()) };
        let Some(mirrored) = store::subscriptions::find(tx, subscription).await? else { return Ok(()) };
        let details = format!(
            "{} of {subscription} was charged back ({}); the subscription is {}",
            lost.dispute.amount,
            lost.dispute.reason,
            if mirrored.status().is_live() { "ended" } else { "over already" }
        );
        self.report(tx, "dispute_lost", lost.dispute.id.as_str(), Some(&lost.account), &details).await?;
        if mirrored.status().is_live() {
            let promise = Promise {
                stripe_subscription_id: subscription.clone(),
                account_id: lost.account.clone(),
                amount: Some(0),
                cause: Cause::Reconcile,
                actor: Some(lost.dispute.id.to_string()),
            };
            store::promised_refunds::insert(tx, &promise, self.now(), self.wall()).await?;
        }
        Ok(())
    }
}
