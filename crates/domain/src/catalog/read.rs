//! `catalog.toml`, checked: a mistake in it must stop the start, not a sale.

use super::file::{AlertRules, Consent, File, Once, Package, Tier};
use super::models;
use super::{
    AiRequests, Alerts, Catalog, ConsentRule, Feature, OncePerCard, SubscriptionTier, TierPrice, TierSlug,
    TokenPackage,
};
use crate::money::{Currency, Money};
use ledger::Tokens;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("catalog: {0}")]
pub struct InvalidCatalog(pub(super) String);

pub(super) fn catalog(text: &str) -> Result<Catalog, InvalidCatalog> {
    let file: File = toml::from_str(text).map_err(|error| InvalidCatalog(error.to_string()))?;
    let default = currency(&file.currency)?;
    check_slugs(&file)?;
    let tiers = file.tiers.iter().map(|row| tier(row, &file, default)).collect::<Result<Vec<_>, _>>()?;
    let packages = file.packages.iter().map(|row| package(row, default)).collect::<Result<Vec<_>, _>>()?;
    Ok(Catalog {
        currency: default,
        primary_period: file.primary_period,
        grace_days: between("grace.days", file.grace.days, 0, 60)?,
        once_per_card: once_per_card(&file.trial.once_per_card)?,
        refund_days: between("refunds.subscription_days", file.refunds.subscription_days, 0, 365)?,
        automatic_tax: file.tax.automatic,
        consent: consent(&file.consent)?,
        alerts: alerts(&file.alerts)?,
        over_hold: file.holds.over,
        models: models::read(&file)?,
        refund_unused_part: file.refunds.unused_part,
        longest_pause_days: between("pause.longest_days", file.pause.longest_days, 0, 365)?,
        tiers,
        packages,
    })
}

fn alerts(rules: &AlertRules) -> Result<Alerts, InvalidCatalog> {
    let mut allowance_percent = rules.allowance_percent.clone();
    allowance_percent.sort_unstable();
    allowance_percent.dedup();
    for percent in &allowance_percent {
        between("alerts.allowance_percent", *percent, 1, 100)?;
    }
    let balance_low = between("alerts.balance_low", rules.balance_low, 0, i64::MAX)?;
    let mailed_from = between("alerts.mailed_from", rules.mailed_from, 0, i64::MAX)?;
    Ok(Alerts { balance_low, allowance_percent, by_mail: rules.by_mail, mailed_from })
}

fn check_slugs(file: &File) -> Result<(), InvalidCatalog> {
    let mut slugs = BTreeSet::new();
    for slug in file.tiers.iter().map(|t| &t.slug).chain(file.packages.iter().map(|p| &p.slug)) {
        let shape = !slug.is_empty()
            && slug.len() <= 60
            && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        require(shape, || {
            format!("`{slug}` is not a slug: lower-case letters, digits and hyphens, at most 60")
        })?;
        require(slugs.insert(slug), || format!("`{slug}` is there twice"))?;
    }
    let free = file.tiers.iter().find(|tier| tier.slug == "free");
    require(free.is_some_and(|tier| tier.prices.is_empty() && tier.trial_days == 0), || {
        "a tier `free` without prices and without a trial is needed".to_owned()
    })?;
    let mut keys = BTreeSet::new();
    for feature in &file.features {
        require(keys.insert(&feature.key), || format!("feature `{}` is there twice", feature.key))?;
        for slug in feature.tiers.iter().chain(feature.notes.keys()) {
            require(file.tiers.iter().any(|tier| tier.slug == *slug), || {
                format!("feature `{}` names the tier `{slug}`, which is not there", feature.key)
            })?;
        }
    }
    Ok(())
}

fn tier(row: &Tier, file: &File, default: Currency) -> Result<SubscriptionTier, InvalidCatalog> {
    let name = |field: &str| format!("tiers.{}.{field}", row.slug);
    for key in row.limits.keys() {
        require(file.limits.contains(key), || format!("{}: `{key}` is not among `limits`", name("limits")))?;
    }
    let mut limits = BTreeMap::new();
    for key in &file.limits {
        let limit =
            row.limits.get(key).map(|limit| between(&name("limits"), *limit, 0, i64::MAX)).transpose()?;
        limits.insert(key.clone(), limit);
    }
    let mut prices: Vec<TierPrice> = Vec::new();
    for price in &row.prices {
        let money = money(&name("prices"), price.amount, price.currency.as_deref(), default)?;
        let twice = prices
            .iter()
            .any(|p| p.billing_period == price.billing_period && p.price.currency == money.currency);
        require(!twice, || format!("{}: two prices for one period and currency", name("prices")))?;
        prices.push(TierPrice { billing_period: price.billing_period, price: money });
    }
    let trial_days = between(&name("trial_days"), row.trial_days, 0, 730)?;
    require(trial_days == 0 || !prices.is_empty(), || {
        format!("{}: a trial needs a price to end in", name("trial_days"))
    })?;
    Ok(SubscriptionTier {
        slug: TierSlug::from_stored(row.slug.clone()),
        name: row.name.clone(),
        description: row.description.clone(),
        availability: row.availability,
        trial_days,
        prices,
        ai_requests: AiRequests {
            limit: between(&name("ai_requests.limit"), row.ai_requests.limit, 0, i64::MAX)?,
            window: row.ai_requests.window,
            largest_request: tokens(&name("ai_requests.largest_request"), row.ai_requests.largest_request)?,
        },
        ai_limits: models::limits(&row.ai_limits, file, &name("ai_limits"))?,
        limits,
        features: file
            .features
            .iter()
            .map(|feature| Feature {
                key: feature.key.clone(),
                name: feature.name.clone(),
                included: feature.tiers.contains(&row.slug),
                note: feature.notes.get(&row.slug).cloned(),
            })
            .collect(),
    })
}

fn package(row: &Package, default: Currency) -> Result<TokenPackage, InvalidCatalog> {
    let name = format!("packages.{}", row.slug);
    require(!row.prices.is_empty(), || format!("{name}: at least one price is needed"))?;
    let mut prices: Vec<Money> = Vec::new();
    for price in &row.prices {
        let money = money(&name, price.amount, price.currency.as_deref(), default)?;
        require(prices.iter().all(|p| p.currency != money.currency), || {
            format!("{name}: two prices in one currency")
        })?;
        prices.push(money);
    }
    Ok(TokenPackage {
        slug: row.slug.clone(),
        name: row.name.clone(),
        tokens: tokens(&format!("{name}.tokens"), row.tokens)?,
        interactions: between(&format!("{name}.interactions"), row.interactions, 0, i64::MAX)?,
        prices,
    })
}

fn money(name: &str, amount: i64, code: Option<&str>, default: Currency) -> Result<Money, InvalidCatalog> {
    // Stripe refuses charges above eight digits of minor units, and below about 50 cents.
    let amount = between(&format!("{name}.amount"), amount, 50, 99_999_999)?;
    Ok(Money { amount, currency: code.map_or(Ok(default), currency)? })
}

fn currency(code: &str) -> Result<Currency, InvalidCatalog> {
    code.parse().map_err(|error: crate::money::InvalidCurrency| InvalidCatalog(error.to_string()))
}

fn tokens(name: &str, count: i64) -> Result<Tokens, InvalidCatalog> {
    Tokens::new(count)
        .filter(|t| !t.is_zero())
        .ok_or_else(|| InvalidCatalog(format!("{name} must be above 0")))
}

fn consent(row: &Consent) -> Result<ConsentRule, InvalidCatalog> {
    let version = row.terms_version.trim();
    require(!version.is_empty() && version.len() <= 60, || {
        "consent.terms_version must have 1 to 60 characters".to_owned()
    })?;
    Ok(ConsentRule { required: row.required, terms_version: version.to_owned() })
}

fn once_per_card(value: &Once) -> Result<OncePerCard, InvalidCatalog> {
    match value {
        Once::Bool(true) => Ok(OncePerCard::Always),
        Once::Bool(false) => Ok(OncePerCard::Never),
        Once::Word(word) if word == "live" => Ok(OncePerCard::Live),
        Once::Word(_) => {
            Err(InvalidCatalog("trial.once_per_card must be \"live\", true or false".to_owned()))
        }
    }
}

pub(super) fn between(name: &str, value: i64, low: i64, high: i64) -> Result<i64, InvalidCatalog> {
    require((low..=high).contains(&value), || format!("{name} must be from {low} to {high}, not {value}"))?;
    Ok(value)
}

pub(super) fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), InvalidCatalog> {
    if holds { Ok(()) } else { Err(InvalidCatalog(otherwise())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hold::Over;

    const OURS: &str = include_str!("../../../../catalog.toml");

    #[test]
    fn the_catalog_has_the_four_tiers_and_three_packages_of_the_plan() {
        let catalog = catalog(OURS).unwrap();
        let tiers: Vec<_> = catalog.tiers.iter().map(|tier| tier.slug.as_str()).collect();
        assert_eq!(tiers, ["free", "community-pro", "pro-learn", "creator-mentor"]);
        let packages: Vec<_> =
            catalog.packages.iter().map(|p| (p.tokens.get(), p.prices[0].amount)).collect();
        assert_eq!(packages, [(100_000, 500), (500_000, 2_000), (1_000_000, 3_500)]);
        let pro = catalog.tier(&TierSlug::from_stored("community-pro")).unwrap();
        assert_eq!((pro.trial_days, pro.prices[1].per_month()), (7, 1_800));
        let trials = catalog.tiers.iter().filter(|tier| tier.trial_days > 0).count();
        assert_eq!(trials, 1, "the trial is for Community Pro only");
    }

    #[test]
    fn every_tier_lists_every_feature_in_the_same_order() {
        let catalog = catalog(OURS).unwrap();
        let keys = |tier: &SubscriptionTier| tier.features.iter().map(|f| f.key.clone()).collect::<Vec<_>>();
        for tier in &catalog.tiers {
            assert_eq!(keys(tier), keys(&catalog.tiers[0]));
        }
    }

    #[test]
    fn a_mistake_names_the_entry() {
        let error = |from: &str, to: &str| catalog(&OURS.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error("slug = \"free\"", "slug = \"gratis\"").contains("`free`"));
        assert!(error("amount = 2_000", "amount = 20").contains("tiers.community-pro.prices.amount"));
        assert!(error("tokens = 100_000", "tokens = 0").contains("packages.starter.tokens"));
        assert!(error("projects = 10", "rooms = 10").contains("`rooms`"));
        assert!(error("days = 7", "dayz = 7").contains("dayz"));
        assert!(error("balance_low = 10_000", "balance_low = -1").contains("alerts.balance_low"));
        assert!(error("[50, 75, 100]", "[0]").contains("alerts.allowance_percent"));
        assert!(error("over = \"balance\"", "over = \"debt\"").contains("debt"));
        assert!(error("window = \"day\"", "window = \"week\"").contains("week"));
        assert!(error("terms_version = \"1\"", "terms_version = \" \"").contains("consent.terms_version"));
    }

    #[test]
    fn taxes_consent_and_holds_can_be_left_out() {
        let (before, after) = OURS.split_once("[tax]").unwrap();
        let (_, tiers) = after.split_once("# ── Tiers").unwrap();
        let read = catalog(&format!("{before}# ── Tiers{tiers}")).unwrap();
        assert_eq!((read.automatic_tax, read.consent.required), (false, false));
        assert_eq!(read.over_hold, Over::Balance);
        let capped = catalog(&OURS.replace("over = \"balance\"", "over = \"cap\"")).unwrap();
        assert_eq!(capped.over_hold, Over::Cap);
        let on = catalog(
            &OURS
                .replace("automatic = false", "automatic = true")
                .replace("required = false", "required = true"),
        );
        let on = on.unwrap();
        assert_eq!(
            (on.automatic_tax, on.consent.required, on.consent.terms_version.as_str()),
            (true, true, "1")
        );
    }
}
