//! The inbox of Stripe's events.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::{AccountId, StripeCustomerId, StripeEventId, StripePaymentIntentId, StripeSubscriptionId};
use domain::time::Timestamp;

crate::row! {
    #[derive(Debug, Clone)]
    pub struct StripeEvent {
        id: StripeEventId,
        kind: String,
        object_id: String,
        stripe_customer_id: Option<StripeCustomerId>,
        stripe_subscription_id: Option<StripeSubscriptionId>,
        stripe_payment_intent_id: Option<StripePaymentIntentId>,
        account_id: Option<AccountId>,
        state: String,
        reason: Option<String>,
        attempts: i64,
        last_error: Option<String>,
        received_at: Timestamp,
        processed_at: Option<Timestamp>,
    }
}

/// An event that has just come in.
#[derive(Debug)]
pub struct NewEvent<'a> {
    pub id: &'a StripeEventId,
    pub kind: &'a str,
    pub object_id: &'a str,
    pub customer: Option<&'a StripeCustomerId>,
    pub subscription: Option<&'a StripeSubscriptionId>,
    pub payment_intent: Option<&'a StripePaymentIntentId>,
    pub payload: &'a str,
    /// Set when it is of no use to us: then it is stored as ignored, with this reason.
    pub ignored: Option<&'a str>,
    pub created_at: Timestamp,
    pub received_at: Timestamp,
}

/// Stores the event; false when it was there already.
pub async fn accept(tx: &mut Tx, event: &NewEvent<'_>) -> Result<bool> {
    let changed = tx
        .run(
            "INSERT INTO stripe_events (id, type, object_id, stripe_customer_id, stripe_subscription_id,
                 stripe_payment_intent_id, payload, state, reason, next_attempt_at, stripe_created_at,
                 received_at, processed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $12)
             ON CONFLICT (id) DO NOTHING",
            args![
                event.id,
                event.kind,
                event.object_id,
                event.customer,
                event.subscription,
                event.payment_intent,
                event.payload,
                if event.ignored.is_some() { "ignored" } else { "pending" },
                event.ignored.map(str::to_owned),
                event.received_at,
                event.created_at,
                event.ignored.map(|_| event.received_at)
            ],
        )
        .await?;
    Ok(changed == 1)
}

const COLUMNS: &str = "id, type AS kind, object_id, stripe_customer_id, stripe_subscription_id,
    stripe_payment_intent_id, account_id, state, reason, attempts, last_error, received_at, processed_at";

/// What waits for this customer's sync and is due, oldest first.
pub async fn pending(
    q: &mut impl Query,
    customer: &StripeCustomerId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<StripeEvent>> {
    let sql = crate::db::built(format!(
        "SELECT {COLUMNS} FROM stripe_events WHERE state = 'pending' AND stripe_customer_id = $1 AND next_attempt_at <= $2
         ORDER BY received_at, id LIMIT $3"
    ));
    q.all(sql, args![customer, now, limit]).await
}

/// What waits for its customer to be found out, and is due.
pub async fn unresolved(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<StripeEvent>> {
    let sql = crate::db::built(format!(
        "SELECT {COLUMNS} FROM stripe_events
         WHERE state = 'pending' AND stripe_customer_id IS NULL AND next_attempt_at <= $1
         ORDER BY received_at, id LIMIT $2"
    ));
    q.all(sql, args![now, limit]).await
}

/// When the next unresolved event is due.
pub async fn next_unresolved(q: &mut impl Query) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(next_attempt_at) FROM stripe_events
         WHERE state = 'pending' AND stripe_customer_id IS NULL";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![]).await?.0)
}

/// When this customer's next event is due, those that failed included.
pub async fn next_pending(q: &mut impl Query, customer: &StripeCustomerId) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(next_attempt_at) FROM stripe_events
         WHERE state = 'pending' AND stripe_customer_id = $1";
    Ok(q.one::<(Option<Timestamp>,)>(sql, args![customer]).await?.0)
}

/// Makes what waits for this customer due now: what it waited for has happened.
pub async fn wake(tx: &mut Tx, customer: &StripeCustomerId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE stripe_events SET next_attempt_at = $2
         WHERE state = 'pending' AND stripe_customer_id = $1 AND next_attempt_at > $2";
    tx.run(sql, args![customer, now]).await?;
    Ok(())
}

/// Makes every event that waits due now.
pub async fn hurry(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let sql =
        "UPDATE stripe_events SET next_attempt_at = $1 WHERE state = 'pending' AND next_attempt_at > $1";
    tx.run(sql, args![now]).await?;
    Ok(())
}

pub async fn set_customer(tx: &mut Tx, id: &StripeEventId, customer: &StripeCustomerId) -> Result<()> {
    // Another instance may have found it out, and even applied it, in the meantime.
    let sql = "UPDATE stripe_events SET stripe_customer_id = $2 WHERE id = $1 AND state = 'pending'";
    tx.run(sql, args![id, customer]).await?;
    Ok(())
}

/// Marks a pending event as applied, in the transaction of its effect (trap 9).
pub async fn processed(tx: &mut Tx, id: &StripeEventId, account: &AccountId, now: Timestamp) -> Result<()> {
    tx.run(
        "UPDATE stripe_events SET state = 'processed', account_id = $2, processed_at = $3,
             attempts = attempts + 1, last_error = NULL
         WHERE id = $1 AND state = 'pending'",
        args![id, account, now],
    )
    .await?;
    Ok(())
}

/// Marks a pending event as none of ours, and why (trap 40).
pub async fn ignored(
    tx: &mut Tx,
    id: &StripeEventId,
    account: Option<&AccountId>,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    tx.run(
        "UPDATE stripe_events SET state = 'ignored', account_id = $2, reason = $3, processed_at = $4,
             attempts = attempts + 1, last_error = NULL
         WHERE id = $1 AND state = 'pending'",
        args![id, account, reason, now],
    )
    .await?;
    Ok(())
}

/// Records a failure: to be tried again at `next`, or given up (`None`) until a person replays it.
pub async fn failed(tx: &mut Tx, id: &StripeEventId, error: &str, next: Option<Timestamp>) -> Result<()> {
    tx.run(
        "UPDATE stripe_events SET state = $2, attempts = attempts + 1, last_error = $3,
             next_attempt_at = COALESCE($4, next_attempt_at)
         WHERE id = $1 AND state = 'pending'",
        args![id, if next.is_some() { "pending" } else { "dead" }, error, next],
    )
    .await?;
    Ok(())
}

/// Leaves it pending until `next`: what it waits for is expected by then. Not a failure.
pub async fn defer(tx: &mut Tx, id: &StripeEventId, next: Timestamp) -> Result<()> {
    let sql = "UPDATE stripe_events SET next_attempt_at = $2 WHERE id = $1 AND state = 'pending'";
    tx.run(sql, args![id, next]).await?;
    Ok(())
}

/// Puts an event back to pending, whatever became of it, with so many attempts behind it; false when there is no
/// such event.
pub async fn replay(tx: &mut Tx, id: &StripeEventId, attempts: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE stripe_events SET state = 'pending', reason = NULL, attempts = $3, last_error = NULL,
             next_attempt_at = $2, processed_at = NULL
         WHERE id = $1";
    Ok(tx.run(sql, args![id, now, attempts]).await? == 1)
}

/// Forgets what this event says.
pub async fn forget_payload(tx: &mut Tx, id: &StripeEventId) -> Result<()> {
    tx.run("UPDATE stripe_events SET payload = '{}' WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Forgets what was delivered about this account, for whoever has left. That it came is kept.
pub async fn forget_payloads_of(tx: &mut Tx, account: &AccountId) -> Result<()> {
    let sql = "UPDATE stripe_events SET payload = '{}' WHERE account_id = $1 OR stripe_customer_id IN
             (SELECT stripe_customer_id FROM former_customers WHERE account_id = $1
              UNION ALL SELECT stripe_customer_id FROM accounts WHERE id = $1)";
    tx.run(sql, args![account]).await?;
    Ok(())
}

/// The same for what was received in this time, whoever it is about.
pub async fn forget_payloads(tx: &mut Tx, from: Timestamp, before: Timestamp) -> Result<u64> {
    let sql = "UPDATE stripe_events SET payload = '{}'
         WHERE received_at >= $1 AND received_at < $2 AND payload <> '{}' AND state <> 'pending'";
    tx.run(sql, args![from, before]).await
}

pub async fn find(q: &mut impl Query, id: &StripeEventId) -> Result<Option<StripeEvent>> {
    let sql = crate::db::built(format!("SELECT {COLUMNS} FROM stripe_events WHERE id = $1"));
    q.opt(sql, args![id]).await
}

/// Newest first; `state` filters.
pub async fn list(q: &mut impl Query, state: Option<&str>, limit: i64) -> Result<Vec<StripeEvent>> {
    let (filter, args) = match state {
        Some(state) => ("WHERE state = $2", args![limit, state]),
        None => ("", args![limit]),
    };
    let sql = crate::db::built(format!(
        "SELECT {COLUMNS} FROM stripe_events {filter} ORDER BY received_at DESC, id DESC LIMIT $1"
    ));
    q.all(sql, args).await
}

/// How far Stripe has been heard: by its own time, and when that was.
#[derive(Debug, Clone, Copy)]
pub struct Newest {
    pub created_at: Timestamp,
    pub received_at: Timestamp,
}

/// Of Stripe's events, our own reasons to fetch left out; `None` while none ever came.
pub async fn newest(q: &mut impl Query) -> Result<Option<Newest>> {
    let theirs = "type NOT LIKE 'own.%' AND type NOT LIKE 'reconcile.%'";
    let by = |column: &str| {
        crate::db::built(format!(
            "SELECT {column} FROM stripe_events WHERE {theirs} ORDER BY {column} DESC LIMIT 1"
        ))
    };
    let created_at = q.opt::<(Timestamp,)>(by("stripe_created_at"), args![]).await?;
    let received_at = q.opt::<(Timestamp,)>(by("received_at"), args![]).await?;
    let both = created_at.zip(received_at);
    Ok(both.map(|((created_at,), (received_at,))| Newest { created_at, received_at }))
}

/// Every event that was given up.
pub async fn dead(q: &mut impl Query) -> Result<Vec<StripeEventId>> {
    let sql = "SELECT id FROM stripe_events WHERE state = 'dead' ORDER BY received_at, id";
    Ok(q.all::<(StripeEventId,)>(sql, args![]).await?.into_iter().map(|(id,)| id).collect())
}
