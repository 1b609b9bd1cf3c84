//! Invoices, and previews of them: what Stripe says, the fields that we use. Mirrored, so nothing is refused.

use crate::ids::{
    AccountId, StripeCustomerId, StripeInvoiceId, StripePaymentIntentId, StripePriceId, StripeSubscriptionId,
};
use crate::money::Currency;
use crate::payment::{ClientSecret, Decline, IntentStatus};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// In Stripe's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// A renewal's first hour; nothing of it is owed yet.
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl InvoiceStatus {
    pub const ALL: [Self; 5] = [Self::Draft, Self::Open, Self::Paid, Self::Uncollectible, Self::Void];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

/// Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub id: StripeInvoiceId,
    /// What people know it by; `None` until it is finalized.
    pub number: Option<String>,
    pub status: InvoiceStatus,
    pub currency: Currency,
    /// Before discounts and tax.
    pub subtotal: i64,
    /// What discounts have taken off.
    pub discount: i64,
    pub tax: i64,
    /// Negative for one that leaves a credit.
    pub total: i64,
    /// After the customer's credit.
    pub amount_due: i64,
    pub amount_paid: i64,
    pub amount_remaining: i64,
    /// `parent.subscription_details.subscription`.
    pub subscription: Option<StripeSubscriptionId>,
    /// The first ten, which are all that ours have.
    pub lines: Vec<InvoiceLine>,
    /// Of its payments, when they were expanded: first the default one.
    pub payments: Vec<InvoicePayment>,
    /// `confirmation_secret.client_secret`, when it was expanded.
    pub confirmation_secret: Option<ClientSecret>,
    pub customer: Option<StripeCustomerId>,
    /// Stripe's word: `subscription_create`, `subscription_cycle`, `subscription_update`, ...
    pub billing_reason: Option<String>,
    pub created: Timestamp,
    pub paid_at: Option<Timestamp>,
    /// How often Stripe tried to collect it; 3D Secure does not count as a try.
    pub attempt_count: i64,
    /// `None` once nothing more will be tried.
    pub next_payment_attempt: Option<Timestamp>,
}

/// Serialized as it is kept in the mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub description: String,
    /// Minor units; negative for a credit.
    pub amount: i64,
    pub quantity: Option<i64>,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    /// `price_...`
    pub price: Option<StripePriceId>,
    pub proration: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePayment {
    pub payment_intent: Option<StripePaymentIntentId>,
    pub paid: bool,
    pub amount_paid: i64,
}

/// What an invoice would be (`POST /v1/invoices/create_preview`). It has no id that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePreview {
    pub currency: Currency,
    /// After customer credit; what would be charged.
    pub amount_due: i64,
    /// Before customer credit; negative for a credit note.
    pub total: i64,
    pub starting_balance: i64,
    /// What discounts take off the lines, in all.
    pub discount: i64,
    /// On top of the lines; what they include is not told.
    pub tax: i64,
    pub lines: Vec<InvoiceLine>,
}

/// Where people find an invoice at Stripe. The addresses expire: asked for when somebody looks, never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePages {
    pub id: StripeInvoiceId,
    pub hosted_url: Option<String>,
    pub pdf_url: Option<String>,
}

/// Our row of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirroredInvoice {
    pub account: AccountId,
    pub invoice: Invoice,
    /// While it is open: how its payment stands.
    pub payment: Option<OpenPayment>,
}

/// The payment of an open invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPayment {
    /// `requires_action`: the person has to confirm it.
    pub status: IntentStatus,
    /// Why the card was refused.
    pub decline: Option<Decline>,
}

/// Stripe's word for a payment that the card's holder has to confirm, and for one that could not be confirmed
/// because nobody was there.
const WANTS_ITS_HOLDER: &str = "authentication_required";

impl OpenPayment {
    /// Whether only the person can bring it on, by confirming it to the bank.
    pub fn wants_its_holder(&self) -> bool {
        self.status == IntentStatus::RequiresAction
            || self.decline.as_ref().is_some_and(|decline| decline.code == WANTS_ITS_HOLDER)
    }
}

impl MirroredInvoice {
    /// Of what was fetched, the part that is kept: no secret, one code for why a card was refused, and the
    /// payments in an order that does not depend on Stripe's.
    pub fn of(account: AccountId, mut invoice: Invoice, payment: Option<OpenPayment>) -> Self {
        invoice.confirmation_secret = None;
        invoice.payments.retain(|payment| payment.payment_intent.is_some());
        invoice.payments.sort_by(|a, b| (!a.paid, &a.payment_intent).cmp(&(!b.paid, &b.payment_intent)));
        let payment = payment.map(|OpenPayment { status, decline }| OpenPayment {
            status,
            decline: decline.map(|Decline { code, decline_code, message }| Decline {
                code: decline_code.unwrap_or(code),
                decline_code: None,
                message,
            }),
        });
        Self { account, invoice, payment }
    }
}

impl Invoice {
    /// Whether it will never change again, but for refunds, which are not seen on it.
    pub const fn is_settled(&self) -> bool {
        matches!(self.status, InvoiceStatus::Paid | InvoiceStatus::Void)
    }
}
