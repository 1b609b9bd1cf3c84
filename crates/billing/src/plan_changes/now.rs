//! A change at once: the update is sent, and its payment looked at. What the card refuses changes nothing; what
//! the bank wants confirmed waits at Stripe while the present plan goes on.

use super::put_aside::Prepared;
use super::target::{Asked, refuse_unchangeable};
use crate::subscriptions::{Confirm, Note, SubscribeAnswer};
use crate::{Billing, Error, Result};
use domain::ids::{QuoteId, StripePaymentIntentId};
use domain::invoice::{Invoice, InvoiceStatus};
use domain::payment::{Decline, PaymentIntent};
use domain::subscription::plan_change::State;
use domain::subscription::{Call, PlanChange};
use domain::time::MINUTE;
use stripe::types::Changeable;

/// How far Stripe's clock may be behind ours, in milliseconds.
const CLOCKS_DIFFER: i64 = MINUTE;

/// What Stripe made of it.
pub(super) enum Came {
    Applied,
    /// `None`: the bank is still at it.
    Waits(Option<Confirm>),
    Declined(Decline),
    /// Not as it stands: something has changed since it was priced.
    Refused(Error),
}

impl Billing {
    pub(super) async fn change_now(
        &self,
        change: PlanChange,
        prepared: &Prepared,
        request: &stripe::Request,
        resumed: bool,
    ) -> Result<SubscribeAnswer> {
        let note = Note {
            account: &change.account,
            subscription: Some(&change.subscription),
            call: Call::Update,
            by: &change.by,
        };
        let came = self.noted(note, self.send_change(&change, prepared, request, resumed)).await;
        let came = match came {
            Ok(came) => came,
            Err(error) => {
                self.move_change(&change, PlanChange { state: State::Unclear, ..change.clone() }).await?;
                return Err(error);
            }
        };
        let to = |state| PlanChange { state, ..change.clone() };
        match came {
            Came::Applied => {
                self.move_change(&change, to(State::Done)).await?;
                self.sync_subscription(&change).await?;
                self.live_answer(&change.account).await
            }
            Came::Waits(confirm) => {
                self.move_change(&change, to(State::Confirming)).await?;
                self.sync_subscription(&change).await?;
                let answer = self.live_answer(&change.account).await?;
                Ok(SubscribeAnswer { confirm, ..answer })
            }
            Came::Declined(decline) => {
                self.move_change(&change, to(State::Failed)).await?;
                self.sync_subscription(&change).await?;
                Err(Error::CardDeclined { decline, purchase: None })
            }
            Came::Refused(error) => {
                self.forget_change(&change).await?;
                self.sync_subscription(&change).await?;
                Err(self.stale(&change, error).await?)
            }
        }
    }

    /// Stripe does not take the change as it was priced a moment ago, such as when a period has ended in between:
    /// what it costs now.
    async fn stale(&self, change: &PlanChange, error: Error) -> Result<Error> {
        let Error::Stripe(cause) = &error else { return Ok(error) };
        tracing::warn!(change = %change.id, %cause, "a change of plan was refused as it was priced");
        let account = &change.account;
        let Some(live) = store::subscriptions::live(&mut self.db.reader(), account).await? else {
            return Ok(Error::NoSubscription);
        };
        let look = self.stripe.retrieve_to_change(&change.subscription).await?;
        refuse_unchangeable(&look, &live, self.now())?;
        let asked = Asked {
            tier_slug: Some(change.to.tier.as_str()),
            billing_period: Some(change.to.billing_period),
            promotion_code: None,
        };
        let target = self.target(account, asked, &live, &look.subscription).await?;
        let fresh = self.price(target, look, self.now()).await?;
        self.keep_quote(account, &fresh.quote, Some(&fresh.pinned)).await?;
        Ok(Error::QuoteExpired { quote: Box::new(fresh.quote) })
    }

    /// An error leaves open what Stripe has done.
    async fn send_change(
        &self,
        change: &PlanChange,
        prepared: &Prepared,
        request: &stripe::Request,
        resumed: bool,
    ) -> Result<Came> {
        self.release_schedule(prepared.put_aside.schedule.as_deref()).await?;
        match self.stripe.send_change_plan(request).await {
            Ok(look) => self.look_at_payment(change, prepared, &look).await,
            Err(error) if resumed || error.is_unclear() => Err(error.into()),
            Err(error) => {
                self.bring_back(change, prepared).await?;
                Ok(Came::Refused(error.into()))
            }
        }
    }

    /// What became of the payment of a change that Stripe has taken.
    async fn look_at_payment(
        &self,
        change: &PlanChange,
        prepared: &Prepared,
        look: &Changeable,
    ) -> Result<Came> {
        let quote = change.quote.as_ref().map(QuoteId::as_str);
        if look.pending_quote.as_deref() != quote {
            self.take_effect(change, prepared, look).await?;
            return Ok(Came::Applied);
        }
        let Some(payment) = self.payment_of(look.latest_invoice.as_ref()).await? else {
            return Ok(Came::Waits(None));
        };
        let Some(decline) = payment.refusal() else { return Ok(Came::Waits(confirm(&payment, look))) };
        if self.withdraw(look).await? {
            self.bring_back(change, prepared).await?;
            return Ok(Came::Declined(decline.clone()));
        }
        let look = self.stripe.retrieve_to_change(&change.subscription).await?;
        self.take_effect(change, prepared, &look).await?;
        Ok(Came::Applied)
    }

    /// Voids the invoice that a pending update waits for, which is how the update is taken back. False when it
    /// was paid meanwhile.
    pub(super) async fn withdraw(&self, look: &Changeable) -> Result<bool> {
        let Some(invoice) = &look.latest_invoice else { return Ok(true) };
        Ok(self.void_invoice(&invoice.id).await? != InvoiceStatus::Paid)
    }

    /// What the member still has to confirm of a pending update.
    pub(super) async fn confirmation_of(&self, look: &Changeable) -> Result<Option<Confirm>> {
        let payment = self.payment_of(look.latest_invoice.as_ref()).await?;
        Ok(payment.and_then(|payment| confirm(&payment, look)))
    }

    async fn payment_of(&self, invoice: Option<&Invoice>) -> Result<Option<PaymentIntent>> {
        match invoice.and_then(default_payment) {
            Some(id) => Ok(Some(self.stripe.retrieve_payment_intent(id).await?)),
            None => Ok(None),
        }
    }

    /// The change is made: what was charged is compared with what was shown, any excess goes back, and a pending
    /// cancellation is cleared in a call of its own. Repeating it is harmless.
    pub(super) async fn take_effect(
        &self,
        change: &PlanChange,
        prepared: &Prepared,
        look: &Changeable,
    ) -> Result<()> {
        let invoice = self.invoice_of(change, prepared, look).await?;
        let charged = invoice.as_ref().map_or(0, |invoice| invoice.amount_paid);
        if charged != change.due_today {
            self.make_good(change, invoice.as_ref(), charged).await?;
        }
        if prepared.put_aside.cancellation {
            self.clear_cancellation(look, change).await?;
        }
        Ok(())
    }

    /// What the change was billed by, if by anything. Of one that is settled late the newest invoice may be a
    /// renewal's, which is nothing that was quoted: of that nothing goes back.
    async fn invoice_of(
        &self,
        change: &PlanChange,
        prepared: &Prepared,
        look: &Changeable,
    ) -> Result<Option<Invoice>> {
        let before = prepared.invoice_before.as_ref();
        match &look.latest_invoice {
            Some(latest) if before == Some(&latest.id) => Ok(None),
            Some(latest) if !is_of_update(latest) => {
                let paid = self.stripe.list_invoices_of(&change.subscription, InvoiceStatus::Paid).await?;
                let since = change.created_at.minus(CLOCKS_DIFFER);
                let billed = paid.into_iter().filter(|invoice| {
                    is_of_update(invoice) && invoice.created >= since && before != Some(&invoice.id)
                });
                Ok(billed.min_by_key(|invoice| invoice.created))
            }
            latest => Ok(latest.clone()),
        }
    }

    /// Another amount than the one that was shown was charged.
    async fn make_good(&self, change: &PlanChange, invoice: Option<&Invoice>, charged: i64) -> Result<()> {
        let excess = charged - change.due_today;
        if let Some(payment) = invoice.and_then(default_payment).filter(|_| excess > 0) {
            self.refund_payment(payment, Some(excess), change.id.as_str()).await?;
        }
        let outcome = match invoice {
            Some(_) => format!("charged {charged}; what is above was given back"),
            None => "no invoice of it is found".to_owned(),
        };
        let details = format!("{} was quoted {} and {outcome}", change.id, change.due_today);
        let mut tx = self.db.begin().await?;
        self.report(&mut tx, "quote_mismatch", change.subscription.as_str(), Some(&change.account), &details)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn sync_subscription(&self, change: &PlanChange) -> Result<()> {
        let mirrored = store::subscriptions::find(&mut self.db.reader(), &change.subscription).await?;
        match mirrored {
            Some(mirrored) => self.sync_now(&mirrored.seen.customer).await,
            None => Ok(()),
        }
    }
}

fn is_of_update(invoice: &Invoice) -> bool {
    invoice.billing_reason.as_deref() == Some("subscription_update")
}

fn default_payment(invoice: &Invoice) -> Option<&StripePaymentIntentId> {
    invoice.payments.first().and_then(|payment| payment.payment_intent.as_ref())
}

/// By Stripe's own secret for the invoice's payment, where it gives one.
fn confirm(payment: &PaymentIntent, look: &Changeable) -> Option<Confirm> {
    let secret = look.latest_invoice.as_ref().and_then(|invoice| invoice.confirmation_secret.clone());
    let secret = secret.or_else(|| payment.client_secret.clone());
    Confirm::of_payment(&PaymentIntent { client_secret: secret, ..payment.clone() })
}
