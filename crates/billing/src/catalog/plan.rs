//! What differs between the catalog and what was seeded: pure.

use domain::catalog::{BillingPeriod, Catalog, SubscriptionTier, TokenPackage};
use domain::money::Money;
use serde_json::json;
use store::tiers::{Entry, Noun, Price};

/// A tier or a package, as it should be in the database and, with its prices, at Stripe.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub noun: Noun,
    pub entry: Entry,
    pub prices: Vec<WantedPrice>,
}

#[derive(Debug, Clone)]
pub(super) struct WantedPrice {
    pub lookup_key: String,
    pub money: Money,
    /// `None` for a package.
    pub billing_period: Option<BillingPeriod>,
}

pub(super) fn wanted(catalog: &Catalog) -> Vec<Wanted> {
    let tiers = (0..).zip(&catalog.tiers).map(|(position, row)| tier(row, position));
    let packages = (0..).zip(&catalog.packages).map(|(position, row)| package(row, position));
    tiers.chain(packages).collect()
}

fn tier(tier: &SubscriptionTier, position: i64) -> Wanted {
    let features: Vec<_> = tier.features.iter().filter(|f| f.included).map(|f| f.key.as_str()).collect();
    let definition = json!({
        "description": tier.description,
        "availability": tier.availability.as_str(),
        "trial_days": tier.trial_days,
        "ai_requests": {
            "limit": tier.ai_requests.limit,
            "window": tier.ai_requests.window.as_str(),
            "largest_request": tier.ai_requests.largest_request.get(),
        },
        "limits": tier.limits,
        "features": features,
    });
    // A tier that is not sold has nothing at Stripe.
    Wanted {
        noun: Noun::Tier,
        entry: Entry {
            slug: tier.slug.to_string(),
            name: tier.name.clone(),
            definition: definition.to_string(),
            position,
            stripe_product_id: (!tier.prices.is_empty()).then(|| tier.product_id()),
            active: true,
        },
        prices: tier
            .prices
            .iter()
            .map(|price| WantedPrice {
                lookup_key: price.lookup_key(&tier.slug),
                money: price.price,
                billing_period: Some(price.billing_period),
            })
            .collect(),
    }
}

fn package(package: &TokenPackage, position: i64) -> Wanted {
    let definition = json!({ "tokens": package.tokens.get(), "interactions": package.interactions });
    Wanted {
        noun: Noun::Package,
        entry: Entry {
            slug: package.slug.clone(),
            name: package.name.clone(),
            definition: definition.to_string(),
            position,
            stripe_product_id: Some(format!("at_tokens_{}", package.slug.replace('-', "_"))),
            active: true,
        },
        prices: package
            .prices
            .iter()
            .map(|money| WantedPrice {
                lookup_key: package.lookup_key(*money),
                money: *money,
                billing_period: None,
            })
            .collect(),
    }
}

/// Entries of the database that the catalog no longer has, with `active` set to false.
pub(super) fn retired(seeded: &[Entry], noun: Noun, wanted: &[Wanted]) -> Vec<Entry> {
    seeded
        .iter()
        .filter(|entry| entry.active)
        .filter(|entry| !wanted.iter().any(|w| w.noun == noun && w.entry.slug == entry.slug))
        .map(|entry| Entry { active: false, ..entry.clone() })
        .collect()
}

/// Active prices of the database whose lookup key the catalog no longer has.
pub(super) fn retired_prices(seeded: &[Price], noun: Noun, wanted: &[Wanted]) -> Vec<Price> {
    let kept = |key: &str| {
        wanted.iter().filter(|w| w.noun == noun).flat_map(|w| &w.prices).any(|price| price.lookup_key == key)
    };
    seeded.iter().filter(|price| price.active && !kept(&price.lookup_key)).cloned().collect()
}

/// Whether Stripe's price is the one that the catalog wants.
pub(super) fn fits(found: &stripe::types::Price, wanted: &WantedPrice, product: &str) -> bool {
    let interval = found.recurring.map(|recurring| (recurring.interval.as_str(), recurring.count));
    found.active
        && found.amount == Some(wanted.money)
        && found.product == product
        && interval == wanted.billing_period.map(BillingPeriod::stripe_interval)
}
