//! An invoice.

use super::time;
use billing::invoices::PaidBy;
use domain::invoice::{InvoiceLine, InvoicePages, MirroredInvoice, OpenPayment};
use serde::Serialize;
use utoipa::ToSchema;

/// Amounts are minor units of `currency`.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    #[schema(example = "in_1")]
    pub id: String,
    /// What it is known by.
    pub number: Option<String>,
    pub created_at: String,
    pub paid_at: Option<String>,
    /// `open`, `paid`, `uncollectible` or `void`.
    pub status: &'static str,
    /// What most of it is for.
    pub description: String,
    pub currency: String,
    /// Before discount and tax.
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
    /// Of `total`, what the customer's credit has paid.
    pub credit: i64,
    pub amount_due: i64,
    pub amount_paid: i64,
    /// `subscription/pay/` charges it.
    pub owed: bool,
    /// It is open, and the bank wants its holder: `subscription/pay/` leads to the challenge.
    pub needs_confirmation: bool,
    pub lines: Vec<InvoiceLineView>,
    /// Stripe's page of it; null when Stripe has none or cannot be reached. It expires: ask again.
    pub hosted_url: Option<String>,
    pub pdf_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceLineView {
    pub description: String,
    /// Minor units; negative for a credit.
    pub amount: i64,
    pub period_start: String,
    pub period_end: String,
    /// Of a change within a period.
    pub proration: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PaidByView {
    pub stripe_payment_intent_id: String,
    pub amount: i64,
    /// What went back; null when Stripe cannot be reached.
    pub refunded_amount: Option<i64>,
}

impl InvoiceView {
    pub(crate) fn new(mirrored: &MirroredInvoice, owed: bool, pages: Option<&InvoicePages>) -> Self {
        let invoice = &mirrored.invoice;
        let main = invoice.lines.iter().max_by_key(|line| line.amount);
        Self {
            id: invoice.id.to_string(),
            number: invoice.number.clone(),
            created_at: time(invoice.created),
            paid_at: invoice.paid_at.map(time),
            status: invoice.status.as_str(),
            description: main.map(|line| line.description.clone()).unwrap_or_default(),
            currency: invoice.currency.to_string(),
            subtotal: invoice.subtotal,
            discount: invoice.discount,
            tax: invoice.tax,
            total: invoice.total,
            credit: (invoice.total - invoice.amount_due).clamp(0, invoice.total.max(0)),
            amount_due: invoice.amount_due,
            amount_paid: invoice.amount_paid,
            owed,
            needs_confirmation: mirrored.payment.as_ref().is_some_and(OpenPayment::wants_its_holder),
            lines: invoice.lines.iter().map(Into::into).collect(),
            hosted_url: pages.and_then(|pages| pages.hosted_url.clone()),
            pdf_url: pages.and_then(|pages| pages.pdf_url.clone()),
        }
    }
}

impl From<&InvoiceLine> for InvoiceLineView {
    fn from(line: &InvoiceLine) -> Self {
        Self {
            description: line.description.clone(),
            amount: line.amount,
            period_start: time(line.period_start),
            period_end: time(line.period_end),
            proration: line.proration,
        }
    }
}

impl From<&PaidBy> for PaidByView {
    fn from(paid: &PaidBy) -> Self {
        Self {
            stripe_payment_intent_id: paid.payment_intent.to_string(),
            amount: paid.amount,
            refunded_amount: paid.refunded,
        }
    }
}
