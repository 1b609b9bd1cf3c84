//! The mirror of invoices, and of the payments that pay them.

use crate::args;
use crate::db::{Error, FromRow, Query, Result, Row, Tx, Val, built};
use domain::ids::{
    AccountId, StripeCustomerId, StripeInvoiceId, StripePaymentIntentId, StripeSubscriptionId,
};
use domain::invoice::{Invoice, InvoicePayment, MirroredInvoice, OpenPayment};
use domain::payment::{Decline, IntentStatus};
use domain::time::Timestamp;

const COLUMNS: &str = "stripe_invoice_id, account_id, stripe_customer_id, stripe_subscription_id, number, status,
    billing_reason, currency, subtotal, discount, tax, total, amount_due, amount_paid, amount_remaining, lines,
    attempt_count, next_payment_attempt, payment_status, decline_code, decline_message, created_at, paid_at";

struct Mirror(MirroredInvoice);

impl FromRow for Mirror {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let lines: String = row.get("lines")?;
        let lines = serde_json::from_str(&lines)
            .map_err(|error| Error::Unreadable { column: "lines".to_owned(), reason: error.to_string() })?;
        let payment = match row.get::<Option<IntentStatus>>("payment_status")? {
            Some(status) => Some(OpenPayment { status, decline: decline(row)? }),
            None => None,
        };
        let invoice = Invoice {
            id: row.get("stripe_invoice_id")?,
            number: row.get("number")?,
            status: row.get("status")?,
            currency: row.get("currency")?,
            subtotal: row.get("subtotal")?,
            discount: row.get("discount")?,
            tax: row.get("tax")?,
            total: row.get("total")?,
            amount_due: row.get("amount_due")?,
            amount_paid: row.get("amount_paid")?,
            amount_remaining: row.get("amount_remaining")?,
            subscription: row.get("stripe_subscription_id")?,
            lines,
            payments: Vec::new(),
            confirmation_secret: None,
            customer: row.get("stripe_customer_id")?,
            billing_reason: row.get("billing_reason")?,
            created: row.get("created_at")?,
            paid_at: row.get("paid_at")?,
            attempt_count: row.get("attempt_count")?,
            next_payment_attempt: row.get("next_payment_attempt")?,
        };
        Ok(Self(MirroredInvoice { account: row.get("account_id")?, invoice, payment }))
    }
}

fn decline(row: &Row<'_>) -> Result<Option<Decline>> {
    let Some(code) = row.get::<Option<String>>("decline_code")? else { return Ok(None) };
    let message = row.get::<Option<String>>("decline_message")?.unwrap_or_default();
    Ok(Some(Decline { code, decline_code: None, message }))
}

/// With its payments.
pub async fn find(q: &mut impl Query, id: &StripeInvoiceId) -> Result<Option<MirroredInvoice>> {
    let sql = built(format!("SELECT {COLUMNS} FROM invoices WHERE stripe_invoice_id = $1"));
    let Some(Mirror(mut found)) = q.opt::<Mirror>(sql, args![id]).await? else { return Ok(None) };
    let sql = "SELECT stripe_payment_intent_id, paid, amount_paid FROM invoice_payments
         WHERE stripe_invoice_id = $1 ORDER BY paid DESC, stripe_payment_intent_id";
    let rows = q.all::<(Option<StripePaymentIntentId>, bool, i64)>(sql, args![id]).await?;
    let payment = |(payment_intent, paid, amount_paid)| InvoicePayment { payment_intent, paid, amount_paid };
    found.invoice.payments = rows.into_iter().map(payment).collect();
    Ok(Some(found))
}

/// Of the account, newest first, from after the one of this id. Without their payments.
pub async fn list(
    q: &mut impl Query,
    account: &AccountId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<MirroredInvoice>> {
    let sql = built(format!(
        "SELECT {COLUMNS} FROM invoices
         WHERE account_id = $1 AND (CAST($2 AS TEXT) IS NULL OR (created_at, stripe_invoice_id) <
             (SELECT created_at, stripe_invoice_id FROM invoices WHERE account_id = $1 AND stripe_invoice_id = $2))
         ORDER BY created_at DESC, stripe_invoice_id DESC LIMIT $3"
    ));
    let rows = q.all::<Mirror>(sql, args![account, after.map(str::to_owned), limit]).await?;
    Ok(rows.into_iter().map(|Mirror(mirrored)| mirrored).collect())
}

/// The invoice that this payment pays.
pub async fn of_payment(
    q: &mut impl Query,
    payment: &StripePaymentIntentId,
) -> Result<Option<MirroredInvoice>> {
    let sql = "SELECT stripe_invoice_id FROM invoice_payments WHERE stripe_payment_intent_id = $1";
    match q.opt::<(StripeInvoiceId,)>(sql, args![payment]).await? {
        Some((id,)) => find(q, &id).await,
        None => Ok(None),
    }
}

/// How each stands, and what was paid of it: those since a moment, and those that can still change.
pub async fn standing(q: &mut impl Query, since: Timestamp) -> Result<Vec<Standing>> {
    q.all(
        "SELECT stripe_invoice_id AS id, stripe_subscription_id AS subscription, status, amount_paid FROM invoices
         WHERE created_at >= $1 OR status IN ('open', 'uncollectible')",
        args![since],
    )
    .await
}

crate::row! {
    #[derive(Debug, Clone)]
    pub struct Standing {
        id: StripeInvoiceId,
        subscription: StripeSubscriptionId,
        status: domain::invoice::InvoiceStatus,
        amount_paid: i64,
    }
}

/// Those of the customer that can still change.
pub async fn unsettled(q: &mut impl Query, customer: &StripeCustomerId) -> Result<Vec<StripeInvoiceId>> {
    let sql = "SELECT stripe_invoice_id FROM invoices
         WHERE stripe_customer_id = $1 AND status IN ('open', 'uncollectible') ORDER BY created_at";
    Ok(q.all::<(StripeInvoiceId,)>(sql, args![customer]).await?.into_iter().map(|(id,)| id).collect())
}

/// Those that are open although their subscription has ended.
pub async fn open_of_ended(q: &mut impl Query, customer: &StripeCustomerId) -> Result<Vec<StripeInvoiceId>> {
    let sql = "SELECT i.stripe_invoice_id FROM invoices i
         JOIN user_subscriptions s ON s.stripe_subscription_id = i.stripe_subscription_id
         WHERE i.stripe_customer_id = $1 AND i.status = 'open'
             AND s.status IN ('canceled', 'incomplete_expired')
         ORDER BY i.created_at";
    Ok(q.all::<(StripeInvoiceId,)>(sql, args![customer]).await?.into_iter().map(|(id,)| id).collect())
}

/// Whether it is mirrored, and will not change any more.
pub async fn is_settled(q: &mut impl Query, id: &StripeInvoiceId) -> Result<bool> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM invoices
         WHERE stripe_invoice_id = $1 AND status IN ('paid', 'void')";
    Ok(q.one::<(i64,)>(sql, args![id]).await?.0 == 1)
}

/// Writes the mirror of one invoice, new or known. It is of this subscription, whose row is there.
pub async fn save(
    tx: &mut Tx,
    mirrored: &MirroredInvoice,
    customer: &StripeCustomerId,
    subscription: &StripeSubscriptionId,
    now: Timestamp,
) -> Result<()> {
    let invoice = &mirrored.invoice;
    let lines = serde_json::to_string(&invoice.lines)
        .map_err(|error| Error::Unreadable { column: "lines".to_owned(), reason: error.to_string() })?;
    let payment = mirrored.payment.as_ref();
    let decline = payment.and_then(|payment| payment.decline.as_ref());
    tx.run_one(
        "INSERT INTO invoices (stripe_invoice_id, account_id, stripe_customer_id, stripe_subscription_id, number,
             status, billing_reason, currency, subtotal, discount, tax, total, amount_due, amount_paid,
             amount_remaining, lines, attempt_count, next_payment_attempt, payment_status, decline_code,
             decline_message, created_at, paid_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
             $22, $23, $24)
         ON CONFLICT (stripe_invoice_id) DO UPDATE SET
             number = excluded.number, status = excluded.status, subtotal = excluded.subtotal,
             discount = excluded.discount, tax = excluded.tax, total = excluded.total,
             amount_due = excluded.amount_due, amount_paid = excluded.amount_paid,
             amount_remaining = excluded.amount_remaining, lines = excluded.lines,
             attempt_count = excluded.attempt_count, next_payment_attempt = excluded.next_payment_attempt,
             payment_status = excluded.payment_status, decline_code = excluded.decline_code,
             decline_message = excluded.decline_message, paid_at = excluded.paid_at,
             updated_at = excluded.updated_at",
        args![
            &invoice.id,
            &mirrored.account,
            customer,
            subscription,
            invoice.number.clone(),
            invoice.status,
            invoice.billing_reason.clone(),
            invoice.currency,
            invoice.subtotal,
            invoice.discount,
            invoice.tax,
            invoice.total,
            invoice.amount_due,
            invoice.amount_paid,
            invoice.amount_remaining,
            lines,
            invoice.attempt_count,
            invoice.next_payment_attempt,
            payment.map(|payment| payment.status),
            decline.map(|decline| decline.code.clone()),
            decline.map(|decline| decline.message.clone()),
            invoice.created,
            invoice.paid_at,
            now,
        ],
    )
    .await?;
    for payment in &invoice.payments {
        let Some(intent) = &payment.payment_intent else { continue };
        let sql =
            "INSERT INTO invoice_payments (stripe_payment_intent_id, stripe_invoice_id, paid, amount_paid)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (stripe_payment_intent_id) DO UPDATE SET paid = excluded.paid,
                 amount_paid = excluded.amount_paid";
        let row: Vec<Val> = args![intent, &invoice.id, payment.paid, payment.amount_paid];
        tx.run_one(sql, row).await?;
    }
    Ok(())
}
