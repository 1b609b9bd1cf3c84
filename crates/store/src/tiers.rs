//! Subscription tiers and token packages as they were seeded, and their prices at Stripe.

use crate::args;
use crate::db::{Query, Result, Tx, built};
use domain::catalog::{BillingPeriod, TierSlug};
use domain::ids::StripePriceId;
use domain::subscription::Plan;
use domain::time::Timestamp;

/// The two things that are sold. They are stored alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Tier,
    Package,
}

crate::row! {
    /// A tier or a package.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Entry {
        slug: String,
        name: String,
        definition: String,
        position: i64,
        stripe_product_id: Option<String>,
        active: bool,
    }
}

crate::row! {
    /// A price of a tier (`billing_period` set) or of a package.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Price {
        stripe_price_id: StripePriceId,
        slug: String,
        billing_period: Option<String>,
        amount: i64,
        currency: String,
        lookup_key: String,
        active: bool,
    }
}

impl Noun {
    const fn table(self) -> &'static str {
        match self {
            Self::Tier => "subscription_tiers",
            Self::Package => "token_packages",
        }
    }

    const fn prices(self) -> &'static str {
        match self {
            Self::Tier => "tier_prices",
            Self::Package => "package_prices",
        }
    }
}

pub async fn entries(q: &mut impl Query, noun: Noun) -> Result<Vec<Entry>> {
    let sql = format!(
        "SELECT slug, name, definition, position, stripe_product_id, active FROM {} ORDER BY position",
        noun.table()
    );
    q.all(built(sql), args![]).await
}

pub async fn prices(q: &mut impl Query, noun: Noun) -> Result<Vec<Price>> {
    let sql = format!(
        "SELECT stripe_price_id, slug, billing_period, amount, currency, lookup_key, active FROM {}
         ORDER BY created_at, stripe_price_id",
        noun.prices()
    );
    q.all(built(sql), args![]).await
}

/// Which plan a price is of, archived or not (traps 30 and 38); `None` when it is not one of ours.
pub async fn plan_of(q: &mut impl Query, price: &StripePriceId) -> Result<Option<Plan>> {
    Ok(priced_plan_of(q, price).await?.map(|(plan, _)| plan))
}

/// As [`plan_of`], with what it costs per period, in minor units.
pub async fn priced_plan_of(q: &mut impl Query, price: &StripePriceId) -> Result<Option<(Plan, i64)>> {
    let found = q
        .opt::<(TierSlug, BillingPeriod, i64)>(
            "SELECT slug, billing_period, amount FROM tier_prices WHERE stripe_price_id = $1",
            args![price],
        )
        .await?;
    Ok(found.map(|(tier, billing_period, amount)| (Plan { tier, billing_period }, amount)))
}

/// The price that new subscriptions get.
pub async fn active_price(q: &mut impl Query, lookup_key: &str) -> Result<Option<StripePriceId>> {
    let sql = "SELECT stripe_price_id FROM tier_prices WHERE lookup_key = $1 AND active";
    Ok(q.opt::<(StripePriceId,)>(sql, args![lookup_key]).await?.map(|(id,)| id))
}

/// Writes a tier or package as the catalog says it; true when that changed anything.
pub async fn save_entry(tx: &mut Tx, noun: Noun, entry: &Entry, now: Timestamp) -> Result<bool> {
    let table = noun.table();
    let sql = format!(
        "INSERT INTO {table} (slug, name, definition, position, stripe_product_id, active, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (slug) DO UPDATE SET name = excluded.name, definition = excluded.definition,
             position = excluded.position, stripe_product_id = excluded.stripe_product_id,
             active = excluded.active, updated_at = excluded.updated_at
         WHERE {table}.name <> excluded.name OR {table}.definition <> excluded.definition
             OR {table}.position <> excluded.position OR {table}.active <> excluded.active
             OR COALESCE({table}.stripe_product_id, '') <> COALESCE(excluded.stripe_product_id, '')"
    );
    let row = args![
        &entry.slug,
        &entry.name,
        &entry.definition,
        entry.position,
        entry.stripe_product_id.clone(),
        entry.active,
        now
    ];
    Ok(tx.run(built(sql), row).await? == 1)
}

/// Archives whatever price has this lookup key and is not `keep`.
pub async fn archive_others(
    tx: &mut Tx,
    noun: Noun,
    lookup_key: &str,
    keep: Option<&StripePriceId>,
) -> Result<u64> {
    let sql = format!(
        "UPDATE {} SET active = false WHERE lookup_key = $1 AND active AND stripe_price_id <> COALESCE($2, '')",
        noun.prices()
    );
    tx.run(built(sql), args![lookup_key, keep]).await
}

/// Writes a price; one that is there already becomes active again. True when that changed anything.
pub async fn save_price(tx: &mut Tx, noun: Noun, price: &Price, now: Timestamp) -> Result<bool> {
    let table = noun.prices();
    let sql = format!(
        "INSERT INTO {table}
             (stripe_price_id, slug, billing_period, amount, currency, lookup_key, active, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, true, $7)
         ON CONFLICT (stripe_price_id) DO UPDATE SET active = true WHERE NOT {table}.active"
    );
    let row = args![
        &price.stripe_price_id,
        &price.slug,
        price.billing_period.clone(),
        price.amount,
        &price.currency,
        &price.lookup_key,
        now
    ];
    Ok(tx.run(built(sql), row).await? == 1)
}
