//! The mirror of Stripe's disputes.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx, built};
use domain::dispute::Dispute;
use domain::ids::{
    AccountId, StripeDisputeId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId, TokenPurchaseId,
};
use domain::money::Money;
use domain::time::Timestamp;

/// A dispute, and what its payment was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    pub dispute: Dispute,
    pub account: AccountId,
    pub purchase: Option<TokenPurchaseId>,
    pub invoice: Option<StripeInvoiceId>,
    pub subscription: Option<StripeSubscriptionId>,
}

const COLUMNS: &str =
    "stripe_dispute_id, account_id, stripe_payment_intent_id, purchase_id, stripe_invoice_id,
    stripe_subscription_id, status, amount, currency, reason, due_by, opened_at";

impl FromRow for Mirrored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            dispute: Dispute {
                id: row.get("stripe_dispute_id")?,
                payment_intent: Some(row.get("stripe_payment_intent_id")?),
                status: row.get("status")?,
                amount: Money { amount: row.get("amount")?, currency: row.get("currency")? },
                reason: row.get("reason")?,
                due_by: row.get("due_by")?,
                created: row.get("opened_at")?,
            },
            account: row.get("account_id")?,
            purchase: row.get("purchase_id")?,
            invoice: row.get("stripe_invoice_id")?,
            subscription: row.get("stripe_subscription_id")?,
        })
    }
}

pub async fn find(q: &mut impl Query, id: &StripeDisputeId) -> Result<Option<Mirrored>> {
    let sql = built(format!("SELECT {COLUMNS} FROM disputes WHERE stripe_dispute_id = $1"));
    q.opt(sql, args![id]).await
}

/// Every dispute of one payment, newest first.
pub async fn of_payment(q: &mut impl Query, payment: &StripePaymentIntentId) -> Result<Vec<Dispute>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM disputes WHERE stripe_payment_intent_id = $1
         ORDER BY opened_at DESC, stripe_dispute_id DESC"
    ));
    let found = q.all::<Mirrored>(sql, args![payment]).await?;
    Ok(found.into_iter().map(|mirrored| mirrored.dispute).collect())
}

/// All of them, by age.
pub async fn all(q: &mut impl Query) -> Result<Vec<Mirrored>> {
    let sql = built(format!("SELECT {COLUMNS} FROM disputes ORDER BY opened_at, stripe_dispute_id"));
    q.all(sql, args![]).await
}

/// Writes what Stripe says now; `payment` is the dispute's.
pub async fn save(
    tx: &mut Tx,
    seen: &Mirrored,
    payment: &StripePaymentIntentId,
    now: Timestamp,
) -> Result<()> {
    let dispute = &seen.dispute;
    tx.run_one(
        "INSERT INTO disputes (stripe_dispute_id, account_id, stripe_payment_intent_id, purchase_id,
             stripe_invoice_id, stripe_subscription_id, status, amount, currency, reason, due_by, opened_at,
             closed_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (stripe_dispute_id) DO UPDATE SET purchase_id = excluded.purchase_id,
             stripe_invoice_id = excluded.stripe_invoice_id,
             stripe_subscription_id = excluded.stripe_subscription_id, status = excluded.status,
             amount = excluded.amount, currency = excluded.currency, reason = excluded.reason,
             due_by = excluded.due_by, closed_at = COALESCE(disputes.closed_at, excluded.closed_at),
             updated_at = excluded.updated_at",
        args![
            &dispute.id,
            &seen.account,
            payment,
            seen.purchase.as_ref(),
            seen.invoice.as_ref(),
            seen.subscription.as_ref(),
            dispute.status,
            dispute.amount.amount,
            dispute.amount.currency,
            dispute.reason.clone(),
            dispute.due_by,
            dispute.created,
            dispute.status.is_closed().then_some(now),
            now
        ],
    )
    .await
}
