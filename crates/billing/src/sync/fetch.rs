//! Fetches by id, outside of any transaction (trap 35). Never by search, which lags.

use super::disputes::SeenDispute;
use super::gather::Gathered;
use crate::Billing;
use crate::inbox::work::Work;
use domain::ids::{StripeDisputeId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId};
use domain::invoice::{Invoice, InvoiceStatus, OpenPayment};
use domain::payment::{Card, PaymentIntent, Refund};
use domain::promotion::PromotionCode;
use domain::purchase::{PurchaseStatus, TokenPurchase};
use domain::subscription::Observed;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use store::events::StripeEvent;
use stripe::types::Schedule;

/// What came of one object.
#[derive(Debug)]
pub(super) enum Found<T> {
    Seen(T),
    /// None of ours, and why (trap 40).
    Foreign(String),
    /// It cannot be read: its own events fail, everything else goes on.
    Unreadable(String),
}

impl<T> Found<T> {
    pub(super) fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Foreign(_) | Self::Unreadable(_) => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct SeenSubscription {
    pub observed: Observed,
    /// The card that pays; `None` when there is none, or it is not a card.
    pub card: Option<Card>,
    /// What is attached.
    pub schedule: Option<Schedule>,
    /// What the schedule's next phase brings.
    pub promotion: Option<PromotionCode>,
}

#[derive(Debug)]
pub(super) struct SeenInvoice {
    pub invoice: Invoice,
    /// Of one that is open.
    pub payment: Option<OpenPayment>,
}

#[derive(Debug)]
pub(super) struct SeenPayment {
    pub intent: PaymentIntent,
    /// Newest first; `None` when nobody asked.
    pub refunds: Option<Vec<Refund>>,
}

#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub events: Vec<(StripeEvent, Work)>,
    pub subscriptions: BTreeMap<StripeSubscriptionId, Found<SeenSubscription>>,
    pub invoices: BTreeMap<StripeInvoiceId, Found<SeenInvoice>>,
    pub payments: BTreeMap<StripePaymentIntentId, Found<SeenPayment>>,
    pub answered_calls: BTreeSet<String>,
    pub disputes: BTreeMap<StripeDisputeId, Found<SeenDispute>>,
    pub foreign: bool,
}

impl Billing {
    /// Fails only when Stripe cannot be reached: then nothing is applied.
    pub(super) async fn fetch(&self, mut gathered: Gathered) -> Result<Fetched, stripe::Error> {
        // First, since they say what else is to be fetched.
        let disputes = join_all(gathered.disputes.iter().map(async |id| {
            let found = flat(sorted_out(self.fetch_dispute(id).await)?);
            Ok::<_, stripe::Error>((id.clone(), found))
        }));
        let disputes = disputes.await.into_iter().collect::<Result<BTreeMap<_, _>, _>>()?;
        for seen in disputes.values().filter_map(Found::seen) {
            gathered.payments.insert(seen.payment.clone());
            gathered.refunds.insert(seen.payment.clone());
            if let Some(invoice) = &seen.invoice {
                gathered.subscriptions.extend(invoice.subscription.clone());
                gathered.invoices.insert(invoice.id.clone());
            }
        }
        let subscriptions = join_all(gathered.subscriptions.into_iter().map(async |id| {
            let found = sorted_out(self.fetch_subscription(&id).await)?;
            Ok::<_, stripe::Error>((id, found))
        }));
        let refunds = &gathered.refunds;
        let payments = join_all(gathered.payments.into_iter().map(async |id| {
            let found = sorted_out(self.fetch_payment(&id, refunds.contains(&id)).await)?;
            Ok::<_, stripe::Error>((id, found))
        }));
        let (subscriptions, payments) = futures_util::future::join(subscriptions, payments).await;
        let subscriptions = subscriptions.into_iter().collect::<Result<BTreeMap<_, _>, _>>()?;
        let mut invoices = gathered.invoices;
        invoices.extend(self.latest_invoices(&subscriptions).await);
        let invoices = join_all(invoices.into_iter().map(async |id| {
            let found = sorted_out(self.fetch_invoice(&id).await)?;
            Ok::<_, stripe::Error>((id, found))
        }))
        .await;
        Ok(Fetched {
            events: gathered.events,
            subscriptions,
            invoices: invoices.into_iter().collect::<Result<_, _>>()?,
            payments: payments.into_iter().collect::<Result<_, _>>()?,
            answered_calls: gathered.answered_calls,
            disputes,
            foreign: gathered.foreign,
        })
    }

    async fn fetch_subscription(&self, id: &StripeSubscriptionId) -> Result<SeenSubscription, stripe::Error> {
        let observed = self.stripe.retrieve_subscription(id).await?;
        let card = match &observed.default_payment_method {
            Some(method) => match self.stripe.retrieve_payment_method(method).await {
                Ok(method) => method.card,
                // A card that was removed behind our back is shown as none.
                Err(stripe::Error::NotFound { .. }) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        let schedule = match &observed.schedule {
            Some(id) => match self.stripe.retrieve_schedule(id).await {
                Ok(schedule) => Some(schedule),
                Err(stripe::Error::NotFound { .. }) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        let code = schedule.as_ref().and_then(Schedule::next).and_then(|next| next.promotion_code.as_deref());
        let promotion = match code {
            Some(code) => match self.stripe.retrieve_promotion_code(code).await {
                Ok(code) => Some(code),
                Err(stripe::Error::NotFound { .. }) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        Ok(SeenSubscription { observed, card, schedule, promotion })
    }

    /// The newest invoice of each, unless it is mirrored and will not change any more: so that what a call of
    /// ours has billed is there when it answers, and not only with the event.
    async fn latest_invoices(
        &self,
        subscriptions: &BTreeMap<StripeSubscriptionId, Found<SeenSubscription>>,
    ) -> Vec<StripeInvoiceId> {
        let mut latest = Vec::new();
        for found in subscriptions.values() {
            let Found::Seen(SeenSubscription { observed, .. }) = found else { continue };
            let Some(invoice) = &observed.latest_invoice else { continue };
            // Where our own database does not answer, nothing will be applied either.
            if !store::invoices::is_settled(&mut self.db.reader(), invoice).await.unwrap_or(false) {
                latest.push(invoice.clone());
            }
        }
        latest
    }

    async fn fetch_invoice(&self, id: &StripeInvoiceId) -> Result<SeenInvoice, stripe::Error> {
        let invoice = self.stripe.retrieve_invoice(id).await?;
        let default = invoice.payments.first().and_then(|payment| payment.payment_intent.as_ref());
        let payment = match default.filter(|_| invoice.status == InvoiceStatus::Open) {
            Some(intent) => {
                let intent = self.stripe.retrieve_payment_intent(intent).await?;
                Some(OpenPayment { status: intent.status, decline: intent.last_payment_error })
            }
            None => None,
        };
        Ok(SeenInvoice { invoice, payment })
    }

    async fn fetch_payment(
        &self,
        id: &StripePaymentIntentId,
        with_refunds: bool,
    ) -> Result<SeenPayment, stripe::Error> {
        let intent = self.stripe.retrieve_payment_intent(id).await?;
        let refunds = if with_refunds || self.should_be_refunded(&intent).await {
            Some(self.stripe.list_refunds_of(id).await?)
        } else {
            None
        };
        Ok(SeenPayment { intent, refunds })
    }

    /// Its purchase was given up, or it does not fit it: what was paid must have gone back.
    async fn should_be_refunded(&self, intent: &PaymentIntent) -> bool {
        let Some(id) = &intent.purchase_id else { return false };
        let purchase = store::purchases::find(&mut self.db.reader(), id).await;
        // Where our own database does not answer, nothing will be applied either.
        let unfit = |it: TokenPurchase| it.status == PurchaseStatus::Canceled || it.payment(intent).is_err();
        purchase.is_ok_and(|found| found.is_some_and(unfit))
    }
}

fn flat<T>(found: Found<Found<T>>) -> Found<T> {
    match found {
        Found::Seen(inner) => inner,
        Found::Foreign(reason) => Found::Foreign(reason),
        Found::Unreadable(reason) => Found::Unreadable(reason),
    }
}

fn sorted_out<T>(answer: Result<T, stripe::Error>) -> Result<Found<T>, stripe::Error> {
    match answer {
        Ok(seen) => Ok(Found::Seen(seen)),
        Err(error @ (stripe::Error::Foreign { .. } | stripe::Error::NotFound { .. })) => {
            Ok(Found::Foreign(error.to_string()))
        }
        Err(error) if error.is_temporary() || matches!(error, stripe::Error::Authentication { .. }) => {
            Err(error)
        }
        Err(error) => Ok(Found::Unreadable(error.to_string())),
    }
}
