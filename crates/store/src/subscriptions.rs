//! The mirror of Stripe's subscriptions.

use crate::args;
use crate::db::{FromRow, Query, Result, Row, Tx};
use domain::ids::{AccountId, StripeCustomerId, StripeSubscriptionId};
use domain::money::Money;
use domain::payment::Card;
use domain::promotion::{Discount, Off};
use domain::subscription::{Observed, PendingUpdate, Plan, ScheduledChange, UserSubscription};
use domain::time::Timestamp;

const COLUMNS: &str = "id, account_id, stripe_subscription_id, stripe_customer_id, is_primary, tier_slug,
    billing_period, status, item_id, stripe_price_id, amount, currency, period_start, period_end, started_at,
    trial_start, trial_end, cancel_at, cancel_at_period_end, canceled_at, ended_at, past_due_since,
    stripe_payment_method_id, card_brand, card_last4, card_exp_month, card_exp_year, stripe_invoice_id,
    pending_setup_intent, schedule, collection_paused, update_pending, subscribe_intent, scheduled_tier,
    scheduled_period, scheduled_amount, scheduled_at, resumes_at, paid_until, discount_id,
    discount_code, discount_percent, discount_amount, discount_ends_at, scheduled_first_payment, pending_price, pending_until";

struct Mirror(UserSubscription);

impl FromRow for Mirror {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let account: AccountId = row.get("account_id")?;
        let card = match row.get::<Option<String>>("card_last4")? {
            Some(last4) => Some(Card {
                brand: row.get::<Option<String>>("card_brand")?.unwrap_or_default(),
                last4,
                exp_month: row.get::<Option<i64>>("card_exp_month")?.unwrap_or_default(),
                exp_year: row.get::<Option<i64>>("card_exp_year")?.unwrap_or_default(),
                fingerprint: None,
            }),
            None => None,
        };
        let seen = Observed {
            id: row.get("stripe_subscription_id")?,
            customer: row.get("stripe_customer_id")?,
            status: row.get("status")?,
            item_id: row.get("item_id")?,
            price: row.get("stripe_price_id")?,
            amount: Money { amount: row.get("amount")?, currency: row.get("currency")? },
            period_start: row.get("period_start")?,
            period_end: row.get("period_end")?,
            created: row.get("started_at")?,
            trial_start: row.get("trial_start")?,
            trial_end: row.get("trial_end")?,
            cancel_at: row.get("cancel_at")?,
            cancel_at_period_end: row.get("cancel_at_period_end")?,
            canceled_at: row.get("canceled_at")?,
            ended_at: row.get("ended_at")?,
            default_payment_method: row.get("stripe_payment_method_id")?,
            latest_invoice: row.get("stripe_invoice_id")?,
            pending_setup_intent: row.get("pending_setup_intent")?,
            schedule: row.get("schedule")?,
            discount: discount(row)?,
            collection_paused: row.get("collection_paused")?,
            resumes_at: row.get("resumes_at")?,
            pending_update: pending_update(row)?,
            account_id: Some(account.to_string()),
            subscribe_intent: row.get("subscribe_intent")?,
        };
        Ok(Self(UserSubscription {
            id: row.get("id")?,
            account,
            primary: row.get("is_primary")?,
            plan: Plan { tier: row.get("tier_slug")?, billing_period: row.get("billing_period")? },
            seen,
            past_due_since: row.get("past_due_since")?,
            card,
            scheduled: scheduled(row)?,
            paid_until: row.get("paid_until")?,
        }))
    }
}

fn scheduled(row: &Row<'_>) -> Result<Option<ScheduledChange>> {
    let Some(tier) = row.get("scheduled_tier")? else { return Ok(None) };
    let plan = Plan { tier, billing_period: row.get("scheduled_period")? };
    Ok(Some(ScheduledChange {
        plan,
        amount: row.get("scheduled_amount")?,
        at: row.get("scheduled_at")?,
        first_payment: row.get("scheduled_first_payment")?,
    }))
}

fn pending_update(row: &Row<'_>) -> Result<Option<PendingUpdate>> {
    if !row.get::<bool>("update_pending")? {
        return Ok(None);
    }
    // One that was seen before its end was noted is over until it is seen again.
    let expires_at = row.get::<Option<Timestamp>>("pending_until")?.unwrap_or_default();
    Ok(Some(PendingUpdate { price: row.get("pending_price")?, expires_at }))
}

fn discount(row: &Row<'_>) -> Result<Option<Discount>> {
    let Some(id) = row.get::<Option<String>>("discount_id")? else { return Ok(None) };
    let (percent, amount) = (row.get("discount_percent")?, row.get("discount_amount")?);
    let off = Off::from_stored(percent, amount, row.get("currency")?);
    let (code, ends_at) = (row.get("discount_code")?, row.get("discount_ends_at")?);
    Ok(off.map(|off| Discount { id, code, off, ends_at }))
}

/// The account's live primary subscription. There is at most one.
pub async fn live(q: &mut impl Query, account: &AccountId) -> Result<Option<UserSubscription>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM user_subscriptions
         WHERE account_id = $1 AND is_primary AND status NOT IN ('canceled', 'incomplete_expired')"
    );
    Ok(q.opt::<Mirror>(crate::db::built(sql), args![account]).await?.map(|mirror| mirror.0))
}

/// Every column, of the table by this name in a join.
pub(crate) fn columns_of(table: &str) -> String {
    COLUMNS.split(',').map(|column| format!("{table}.{}", column.trim())).collect::<Vec<_>>().join(", ")
}

/// What such a join has found.
pub(crate) fn joined(row: &Row<'_>) -> Result<Option<UserSubscription>> {
    match row.get::<Option<String>>("id")? {
        Some(_) => Ok(Some(Mirror::from_row(row)?.0)),
        None => Ok(None),
    }
}

pub async fn find(q: &mut impl Query, id: &StripeSubscriptionId) -> Result<Option<UserSubscription>> {
    let sql = format!("SELECT {COLUMNS} FROM user_subscriptions WHERE stripe_subscription_id = $1");
    Ok(q.opt::<Mirror>(crate::db::built(sql), args![id]).await?.map(|mirror| mirror.0))
}

/// Live primary ones that pay next before `until`, with a card that is not good beyond the month of `until`.
pub async fn with_expiring_cards(q: &mut impl Query, until: Timestamp) -> Result<Vec<UserSubscription>> {
    let (year, month) = until.year_and_month();
    let sql = format!(
        "SELECT {COLUMNS} FROM user_subscriptions
         WHERE is_primary AND status IN ('trialing', 'active') AND period_end <= $1
             AND card_exp_year * 12 + card_exp_month < $2
         ORDER BY period_end"
    );
    let found = q.all::<Mirror>(crate::db::built(sql), args![until, year * 12 + month]).await?;
    Ok(found.into_iter().map(|mirror| mirror.0).collect())
}

/// All of them, of every status.
pub async fn all(q: &mut impl Query) -> Result<Vec<UserSubscription>> {
    let sql = format!("SELECT {COLUMNS} FROM user_subscriptions ORDER BY created_at");
    let found = q.all::<Mirror>(crate::db::built(sql), args![]).await?;
    Ok(found.into_iter().map(|mirror| mirror.0).collect())
}

/// Every subscription of the customer that Stripe can still change, primary or not.
pub async fn live_of_customer(
    q: &mut impl Query,
    customer: &StripeCustomerId,
) -> Result<Vec<StripeSubscriptionId>> {
    let sql = "SELECT stripe_subscription_id FROM user_subscriptions
         WHERE stripe_customer_id = $1 AND status NOT IN ('canceled', 'incomplete_expired')
         ORDER BY created_at";
    Ok(q.all::<(StripeSubscriptionId,)>(sql, args![customer]).await?.into_iter().map(|(id,)| id).collect())
}

/// Active ones whose pause is over, and whose paid time is, too.
pub async fn to_begin_anew(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<UserSubscription>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM user_subscriptions
         WHERE paid_until <= $1 AND status = 'active' AND NOT collection_paused AND cancel_at IS NULL
         ORDER BY paid_until LIMIT $2"
    );
    let found = q.all::<Mirror>(crate::db::built(sql), args![now, limit]).await?;
    Ok(found.into_iter().map(|mirror| mirror.0).collect())
}

/// Writes the mirror of one subscription, new or known.
pub async fn save(tx: &mut Tx, subscription: &UserSubscription, now: Timestamp) -> Result<()> {
    let seen = &subscription.seen;
    let card = subscription.card.as_ref();
    let scheduled = subscription.scheduled.as_ref();
    let discount = seen.discount.as_ref();
    tx.run_one(
        "INSERT INTO user_subscriptions (id, account_id, stripe_subscription_id, stripe_customer_id, is_primary,
             tier_slug, billing_period, status, item_id, stripe_price_id, amount, currency, period_start,
             period_end, started_at, trial_start, trial_end, cancel_at, cancel_at_period_end, canceled_at,
             ended_at, past_due_since, stripe_payment_method_id, card_brand, card_last4, card_exp_month,
             card_exp_year, stripe_invoice_id, pending_setup_intent, schedule, collection_paused,
             update_pending, subscribe_intent, created_at, updated_at, scheduled_tier, scheduled_period,
             scheduled_amount, scheduled_at, resumes_at, paid_until, discount_id, discount_code, discount_percent,
             discount_amount, discount_ends_at, scheduled_first_payment, pending_price, pending_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
             $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $34, $35, $36, $37, $38, $39, $40, $41,
             $42, $43, $44, $45, $46, $47, $48)
         ON CONFLICT (stripe_subscription_id) DO UPDATE SET
             is_primary = excluded.is_primary, tier_slug = excluded.tier_slug,
             billing_period = excluded.billing_period, status = excluded.status, item_id = excluded.item_id,
             stripe_price_id = excluded.stripe_price_id, amount = excluded.amount,
             currency = excluded.currency, period_start = excluded.period_start,
             period_end = excluded.period_end, trial_start = excluded.trial_start,
             trial_end = excluded.trial_end, cancel_at = excluded.cancel_at,
             cancel_at_period_end = excluded.cancel_at_period_end, canceled_at = excluded.canceled_at,
             ended_at = excluded.ended_at, past_due_since = excluded.past_due_since,
             stripe_payment_method_id = excluded.stripe_payment_method_id, card_brand = excluded.card_brand,
             card_last4 = excluded.card_last4, card_exp_month = excluded.card_exp_month,
             card_exp_year = excluded.card_exp_year, stripe_invoice_id = excluded.stripe_invoice_id,
             pending_setup_intent = excluded.pending_setup_intent, schedule = excluded.schedule,
             collection_paused = excluded.collection_paused, update_pending = excluded.update_pending,
             updated_at = excluded.updated_at, scheduled_tier = excluded.scheduled_tier,
             scheduled_period = excluded.scheduled_period, scheduled_amount = excluded.scheduled_amount,
             scheduled_at = excluded.scheduled_at, resumes_at = excluded.resumes_at,
             paid_until = excluded.paid_until, discount_id = excluded.discount_id,
             discount_code = excluded.discount_code, discount_percent = excluded.discount_percent,
             discount_amount = excluded.discount_amount, discount_ends_at = excluded.discount_ends_at,
             scheduled_first_payment = excluded.scheduled_first_payment,
             pending_price = excluded.pending_price, pending_until = excluded.pending_until",
        args![
            &subscription.id,
            &subscription.account,
            &seen.id,
            &seen.customer,
            subscription.primary,
            &subscription.plan.tier,
            subscription.plan.billing_period,
            seen.status,
            &seen.item_id,
            &seen.price,
            seen.amount.amount,
            seen.amount.currency,
            seen.period_start,
            seen.period_end,
            seen.created,
            seen.trial_start,
            seen.trial_end,
            seen.cancel_at,
            seen.cancel_at_period_end,
            seen.canceled_at,
            seen.ended_at,
            subscription.past_due_since,
            seen.default_payment_method.as_ref(),
            card.map(|card| card.brand.clone()),
            card.map(|card| card.last4.clone()),
            card.map(|card| card.exp_month),
            card.map(|card| card.exp_year),
            seen.latest_invoice.as_ref(),
            seen.pending_setup_intent.as_ref(),
            seen.schedule.clone(),
            seen.collection_paused,
            seen.pending_update.is_some(),
            seen.subscribe_intent.clone(),
            now,
            scheduled.map(|change| &change.plan.tier),
            scheduled.map(|change| change.plan.billing_period),
            scheduled.map(|change| change.amount),
            scheduled.map(|change| change.at),
            seen.resumes_at,
            subscription.paid_until,
            discount.map(|discount| discount.id.clone()),
            discount.and_then(|discount| discount.code.clone()),
            discount.and_then(|discount| discount.off.percent()),
            discount.and_then(|discount| discount.off.amount()),
            discount.and_then(|discount| discount.ends_at),
            scheduled.and_then(|change| change.first_payment),
            seen.pending_update.as_ref().and_then(|update| update.price.as_ref()),
            seen.pending_update.as_ref().map(|update| update.expires_at),
        ],
    )
    .await
}
