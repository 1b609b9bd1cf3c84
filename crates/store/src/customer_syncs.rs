//! One writer per Stripe customer, by lease and fence.
//!
//! Stripe's objects carry no version, so no timestamp decides which of two observations is newer. Whoever
//! fetches holds the lease, and writes only while its fence is the newest (trap 2).

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{StripeCustomerId, StripePaymentMethodId};
use domain::time::Timestamp;

/// The right to fetch and write this customer's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub customer: StripeCustomerId,
    pub fence: i64,
    /// What there was to be fetched when the lease was taken.
    pub dirty: i64,
}

/// Says that there is something new to be fetched, now.
pub async fn mark_dirty(tx: &mut Tx, customer: &StripeCustomerId, now: Timestamp) -> Result<()> {
    tx.run_one(
        "INSERT INTO customer_syncs (stripe_customer_id, next_attempt_at) VALUES ($1, $2)
         ON CONFLICT (stripe_customer_id) DO UPDATE SET dirty = customer_syncs.dirty + 1,
             next_attempt_at = excluded.next_attempt_at",
        args![customer, now],
    )
    .await
}

/// The customer's default card as it was noted last.
pub async fn default_card(
    q: &mut impl Query,
    customer: &StripeCustomerId,
) -> Result<Option<StripePaymentMethodId>> {
    let sql = "SELECT default_payment_method FROM customer_syncs WHERE stripe_customer_id = $1";
    let found = q.opt::<(Option<StripePaymentMethodId>,)>(sql, args![customer]).await?;
    Ok(found.and_then(|(card,)| card))
}

/// Says nothing of whether there is something to be fetched.
pub async fn note_default_card(
    tx: &mut Tx,
    customer: &StripeCustomerId,
    card: &StripePaymentMethodId,
) -> Result<()> {
    tx.run_one(
        "INSERT INTO customer_syncs (stripe_customer_id, dirty, default_payment_method) VALUES ($1, 0, $2)
         ON CONFLICT (stripe_customer_id) DO UPDATE SET default_payment_method = excluded.default_payment_method",
        args![customer, card],
    )
    .await
}

/// Makes every customer that waits due now, whatever pause its failures have earned.
pub async fn hurry(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let sql = "UPDATE customer_syncs SET next_attempt_at = $1 WHERE dirty > synced AND next_attempt_at > $1";
    tx.run(sql, args![now]).await?;
    Ok(())
}

/// Takes the lease until `until`, if nobody has it.
pub async fn take(
    tx: &mut Tx,
    customer: &StripeCustomerId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Lease>> {
    let taken = tx
        .opt::<(i64, i64)>(
            "UPDATE customer_syncs SET fence = fence + 1, lease_until = $3
             WHERE stripe_customer_id = $1 AND lease_until <= $2 RETURNING fence, dirty",
            args![customer, now, until],
        )
        .await?;
    Ok(taken.map(|(fence, dirty)| Lease { customer: customer.clone(), fence, dirty }))
}

/// Ends every lease. Only where no other process can hold one: at the start on an embedded database, so that
/// what a killed process left is taken up at once.
pub async fn end_leases(tx: &mut Tx) -> Result<u64> {
    tx.run("UPDATE customer_syncs SET lease_until = 0 WHERE lease_until <> 0", args![]).await
}

/// What a finished sync leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything up to the lease's `dirty` was applied.
    Synced,
    /// Applied, but events of this customer are still waiting for this time. What has come in since the lease
    /// was taken is due at its own time all the same.
    Waiting { at: Timestamp },
    /// Nothing was applied; to be tried again at this time.
    Failed { at: Timestamp },
}

/// Gives the lease back. False when another has taken over: then nothing that was fetched may be written,
/// and the caller must drop its transaction.
pub async fn finish(tx: &mut Tx, lease: &Lease, outcome: Outcome) -> Result<bool> {
    let (customer, fence) = (&lease.customer, lease.fence);
    let changed = match outcome {
        Outcome::Synced => {
            tx.run(
                "UPDATE customer_syncs SET synced = $3, lease_until = 0, failures = 0
                 WHERE stripe_customer_id = $1 AND fence = $2",
                args![customer, fence, lease.dirty],
            )
            .await?
        }
        Outcome::Waiting { at } => {
            tx.run(
                "UPDATE customer_syncs SET lease_until = 0, failures = 0,
                     next_attempt_at = CASE WHEN dirty > $4 THEN next_attempt_at ELSE $3 END
                 WHERE stripe_customer_id = $1 AND fence = $2",
                args![customer, fence, at, lease.dirty],
            )
            .await?
        }
        Outcome::Failed { at } => {
            tx.run(
                "UPDATE customer_syncs SET lease_until = 0, next_attempt_at = $3, failures = failures + 1
                 WHERE stripe_customer_id = $1 AND fence = $2",
                args![customer, fence, at],
            )
            .await?
        }
    };
    Ok(changed == 1)
}

/// How often the customer's sync has failed in a row.
pub async fn failures(q: &mut impl Query, customer: &StripeCustomerId) -> Result<i64> {
    let sql = "SELECT failures FROM customer_syncs WHERE stripe_customer_id = $1";
    Ok(q.opt::<(i64,)>(sql, args![customer]).await?.map_or(0, |(failures,)| failures))
}

/// Whether there is more to be fetched than was applied.
pub async fn is_dirty(q: &mut impl Query, customer: &StripeCustomerId) -> Result<bool> {
    let sql = "SELECT dirty FROM customer_syncs WHERE stripe_customer_id = $1 AND dirty > synced";
    Ok(q.opt::<(i64,)>(sql, args![customer]).await?.is_some())
}

/// Customers whose sync is due and that nobody has the lease of.
pub async fn due(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<StripeCustomerId>> {
    let sql = "SELECT stripe_customer_id FROM customer_syncs
         WHERE dirty > synced AND next_attempt_at <= $1 AND lease_until <= $1
         ORDER BY next_attempt_at LIMIT $2";
    Ok(q.all::<(StripeCustomerId,)>(sql, args![now, limit]).await?.into_iter().map(|(id,)| id).collect())
}

/// When the next one is due, leases of others included.
pub async fn next_due(q: &mut impl Query) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(CASE WHEN lease_until > next_attempt_at THEN lease_until ELSE next_attempt_at END)
         FROM customer_syncs WHERE dirty > synced";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![]).await?.0)
}
