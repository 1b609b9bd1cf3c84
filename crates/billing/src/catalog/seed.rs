//! Seeding: the same catalog twice changes nothing; a changed amount makes a new price and archives the old
//! one, whose subscribers keep it (trap 38).

use super::plan::{self, Wanted, WantedPrice};
use crate::{Billing, Result};
use domain::catalog::BillingPeriod;
use domain::ids::StripePriceId;
use domain::time::{SECOND, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
use store::tiers::{Entry, Noun, Price};
use stripe::Key;
use stripe::requests::{NewPrice, Product};
use stripe::types::{Interval, Recurring};

/// How soon seeding is tried again while Stripe cannot be reached, in milliseconds.
const AGAIN: i64 = 5 * SECOND;

/// What was changed, or with `check` would be: one line each, for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SeedReport {
    pub changes: Vec<String>,
}

/// What is in the database and at Stripe now.
struct Present {
    tiers: Vec<Entry>,
    packages: Vec<Entry>,
    tier_prices: Vec<Price>,
    package_prices: Vec<Price>,
    at_stripe: Vec<stripe::types::Price>,
}

impl Present {
    fn entries(&self, noun: Noun) -> &[Entry] {
        if noun == Noun::Tier { &self.tiers } else { &self.packages }
    }

    fn prices(&self, noun: Noun) -> &[Price] {
        if noun == Noun::Tier { &self.tier_prices } else { &self.package_prices }
    }

    fn at_stripe(&self, lookup_key: &str) -> Option<&stripe::types::Price> {
        self.at_stripe.iter().find(|price| price.lookup_key.as_deref() == Some(lookup_key))
    }
}

impl Billing {
    /// Brings the database and Stripe to the catalog; safe to repeat and to run at the same time twice.
    pub async fn seed(&self) -> Result<SeedReport> {
        self.compare_catalog(true).await
    }

    /// One turn of the worker that seeds at start; sets `seeded` once it has succeeded.
    pub async fn seed_step(&self, seeded: &AtomicBool) -> Result<Option<Timestamp>> {
        match self.seed().await {
            Ok(report) => {
                seeded.store(true, Ordering::SeqCst);
                for change in report.changes {
                    tracing::info!(change, "seeded");
                }
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(%error, "the catalog is not seeded yet: nothing new can be sold");
                Ok(Some(self.wall().plus(AGAIN)))
            }
        }
    }

    /// The difference, without changing anything.
    pub async fn check_seed(&self) -> Result<SeedReport> {
        self.compare_catalog(false).await
    }

    async fn compare_catalog(&self, write: bool) -> Result<SeedReport> {
        let wanted = plan::wanted(&self.catalog);
        let present = self.present(&wanted).await?;
        let mut report = SeedReport::default();
        for noun in [Noun::Tier, Noun::Package] {
            self.retire(&present, noun, &wanted, write, &mut report).await?;
        }
        for want in &wanted {
            self.seed_entry(&present, want, write, &mut report).await?;
        }
        Ok(report)
    }

    async fn present(&self, wanted: &[Wanted]) -> Result<Present> {
        let keys: Vec<&str> = wanted.iter().flat_map(|w| &w.prices).map(|p| p.lookup_key.as_str()).collect();
        let mut reader = self.db.reader();
        Ok(Present {
            tiers: store::tiers::entries(&mut reader, Noun::Tier).await?,
            packages: store::tiers::entries(&mut reader, Noun::Package).await?,
            tier_prices: store::tiers::prices(&mut reader, Noun::Tier).await?,
            package_prices: store::tiers::prices(&mut reader, Noun::Package).await?,
            at_stripe: self.stripe.find_prices(&keys).await?,
        })
    }

    async fn retire(
        &self,
        present: &Present,
        noun: Noun,
        wanted: &[Wanted],
        write: bool,
        report: &mut SeedReport,
    ) -> Result<()> {
        for price in plan::retired_prices(present.prices(noun), noun, wanted) {
            report.changes.push(format!("price {}: archived ({})", price.lookup_key, price.stripe_price_id));
            if write {
                let key = self.one_time_key("archive")?;
                self.stripe.archive_price(&price.stripe_price_id, &key).await?;
                let mut tx = self.db.begin().await?;
                store::tiers::archive_others(&mut tx, noun, &price.lookup_key, None).await?;
                tx.commit().await?;
            }
        }
        for entry in plan::retired(present.entries(noun), noun, wanted) {
            report.changes.push(format!("{} {}: no longer sold", word(noun), entry.slug));
            if write {
                self.save_entry(noun, &entry).await?;
            }
        }
        Ok(())
    }

    async fn seed_entry(
        &self,
        present: &Present,
        want: &Wanted,
        write: bool,
        report: &mut SeedReport,
    ) -> Result<()> {
        let entry = &want.entry;
        let seeded = present.entries(want.noun).iter().find(|seeded| seeded.slug == entry.slug);
        let missing_at_stripe =
            want.prices.iter().any(|price| present.at_stripe(&price.lookup_key).is_none());
        let changed = seeded != Some(entry);
        if changed {
            let what = if seeded.is_some() { "changed" } else { "new" };
            report.changes.push(format!("{} {}: {what}", word(want.noun), entry.slug));
        }
        if write && (changed || missing_at_stripe) {
            if let Some(product) = &entry.stripe_product_id {
                // Every try is a change of its own: a key of fixed words would be answered from memory.
                let key = self.one_time_key("product")?;
                let metadata = [(word(want.noun), entry.slug.as_str())];
                self.stripe
                    .put_product(&Product { id: product, name: &entry.name, metadata: &metadata }, &key)
                    .await?;
            }
            self.save_entry(want.noun, entry).await?;
        }
        for price in &want.prices {
            self.seed_price(present, want, price, write, report).await?;
        }
        Ok(())
    }

    async fn seed_price(
        &self,
        present: &Present,
        want: &Wanted,
        price: &WantedPrice,
        write: bool,
        report: &mut SeedReport,
    ) -> Result<()> {
        let product = want.entry.stripe_product_id.as_deref().unwrap_or_default();
        let found = present.at_stripe(&price.lookup_key);
        let fitting = found.filter(|found| plan::fits(found, price, product));
        let known = fitting.is_some_and(|fitting| {
            present.prices(want.noun).iter().any(|row| row.active && row.stripe_price_id == fitting.id)
        });
        if known {
            return Ok(());
        }
        let what = match (fitting, found) {
            (Some(_), _) => "written to the database",
            (None, Some(_)) => "new amount, the old price is archived",
            (None, None) => "new",
        };
        report.changes.push(format!("price {}: {what} ({})", price.lookup_key, price.money));
        if !write {
            return Ok(());
        }
        let id = match fitting {
            Some(fitting) => fitting.id.clone(),
            None => self.replace_price(want, price, product, found.map(|old| &old.id)).await?,
        };
        let row = Price {
            stripe_price_id: id,
            slug: want.entry.slug.clone(),
            billing_period: price.billing_period.map(|period| period.as_str().to_owned()),
            amount: price.money.amount,
            currency: price.money.currency.to_string(),
            lookup_key: price.lookup_key.clone(),
            active: true,
        };
        let mut tx = self.db.begin().await?;
        store::tiers::archive_others(&mut tx, want.noun, &row.lookup_key, Some(&row.stripe_price_id)).await?;
        store::tiers::save_price(&mut tx, want.noun, &row, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A new price that takes the lookup key over; then the old one is archived. Repeated after a crash in
    /// between, the key finds the new price, and the old one without a key is nobody's offer.
    async fn replace_price(
        &self,
        want: &Wanted,
        price: &WantedPrice,
        product: &str,
        old: Option<&StripePriceId>,
    ) -> Result<StripePriceId> {
        // The old id is a part of the key, so that going back to a former amount is a new price too.
        let before = old.map(StripePriceId::as_str).unwrap_or_default();
        let key = Key::of(format!("price:{}:{}:{before}", price.lookup_key, price.money.amount));
        let metadata = [(word(want.noun), want.entry.slug.as_str())];
        let new = NewPrice {
            product,
            amount: price.money,
            recurring: price.billing_period.map(recurring),
            lookup_key: &price.lookup_key,
            metadata: &metadata,
            tax_inclusive: want.noun == Noun::Package,
        };
        let made = self.stripe.create_price(&new, &key).await?;
        if let Some(old) = old {
            self.stripe.archive_price(old, &self.one_time_key("archive")?).await?;
        }
        Ok(made.id)
    }

    async fn save_entry(&self, noun: Noun, entry: &Entry) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::tiers::save_entry(&mut tx, noun, entry, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

const fn word(noun: Noun) -> &'static str {
    match noun {
        Noun::Tier => "tier",
        Noun::Package => "package",
    }
}

fn recurring(period: BillingPeriod) -> Recurring {
    let (_, count) = period.stripe_interval();
    let interval = if period == BillingPeriod::Annual { Interval::Year } else { Interval::Month };
    Recurring { interval, count }
}
