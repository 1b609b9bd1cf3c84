//! Another plan: what kind of change that is, and when it takes effect. Pure.

use super::Plan;
use crate::catalog::{Catalog, SubscriptionTier};
use crate::money::Currency;
use crate::quote::Kind;
use std::cmp::Ordering;

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesEffect {
    /// At once, charged at once.
    Now,
    /// When what was paid for is over: nothing is charged, and nothing paid for is lost.
    AtPeriodEnd,
}

/// What kind of change it is from one plan to another.
pub fn kind(from: &Plan, to: &Plan, catalog: &Catalog, currency: Currency) -> Kind {
    match tier_order(from, to, catalog, currency) {
        Ordering::Less => Kind::Downgrade,
        Ordering::Greater => Kind::Upgrade,
        Ordering::Equal => match to.billing_period.cmp(&from.billing_period) {
            Ordering::Less => Kind::ShorterPeriod,
            Ordering::Greater => Kind::LongerPeriod,
            Ordering::Equal => Kind::Same,
        },
    }
}

/// When such a change takes effect. `total` is that of a fresh preview of doing it now, in minor units before the
/// customer's credit: one below zero would leave a silent credit (trap 20).
pub const fn takes_effect(kind: Kind, total: i64) -> TakesEffect {
    match kind {
        Kind::New | Kind::Trial | Kind::Upgrade | Kind::LongerPeriod if total >= 0 => TakesEffect::Now,
        _ => TakesEffect::AtPeriodEnd,
    }
}

/// Whether a change of this kind is ever made at once, so that it has to be previewed.
pub const fn may_be_now(kind: Kind) -> bool {
    matches!(kind, Kind::New | Kind::Trial | Kind::Upgrade | Kind::LongerPeriod)
}

/// Whether `to` is the dearer tier, at the same period; where one of them has no such price, by their places in
/// the catalog. `Equal` only for one and the same tier.
fn tier_order(from: &Plan, to: &Plan, catalog: &Catalog, currency: Currency) -> Ordering {
    if from.tier == to.tier {
        return Ordering::Equal;
    }
    let tiers = [catalog.tier(&from.tier), catalog.tier(&to.tier)];
    let amount = |tier: Option<&SubscriptionTier>| {
        let tier = tier?;
        let free = tier.slug.is_free().then_some(0);
        tier.price(to.billing_period, currency).map(|price| price.price.amount).or(free)
    };
    let place = |plan: &Plan| catalog.tiers.iter().position(|tier| tier.slug == plan.tier);
    let by_place = place(to).cmp(&place(from));
    match tiers.map(amount) {
        [Some(from), Some(to)] => to.cmp(&from).then(by_place),
        _ => by_place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{BillingPeriod, TierSlug};
    use proptest::prelude::*;

    fn catalog() -> Catalog {
        Catalog::from_toml(include_str!("../../../../catalog.toml")).unwrap()
    }

    fn plan(tier: &str, billing_period: BillingPeriod) -> Plan {
        Plan { tier: TierSlug::from_stored(tier), billing_period }
    }

    fn any_plan() -> impl Strategy<Value = Plan> {
        let tiers = prop::sample::select(vec!["community-pro", "pro-learn", "creator-mentor", "gone"]);
        (tiers, prop::sample::select(BillingPeriod::ALL.to_vec()))
            .prop_map(|(tier, period)| plan(tier, period))
    }

    #[test]
    fn a_dearer_tier_is_an_upgrade_whatever_the_period() {
        use BillingPeriod::{Annual, Monthly, Quarterly};
        let of = |from: (&str, BillingPeriod), to: (&str, BillingPeriod)| {
            kind(&plan(from.0, from.1), &plan(to.0, to.1), &catalog(), Currency::USD)
        };
        assert_eq!(of(("community-pro", Quarterly), ("pro-learn", Quarterly)), Kind::Upgrade);
        assert_eq!(of(("community-pro", Annual), ("pro-learn", Monthly)), Kind::Upgrade);
        assert_eq!(of(("pro-learn", Monthly), ("community-pro", Annual)), Kind::Downgrade);
        assert_eq!(of(("pro-learn", Monthly), ("pro-learn", Annual)), Kind::LongerPeriod);
        assert_eq!(of(("pro-learn", Annual), ("pro-learn", Quarterly)), Kind::ShorterPeriod);
        assert_eq!(of(("pro-learn", Annual), ("pro-learn", Annual)), Kind::Same);
        // Without a price the catalog's order counts.
        assert_eq!(of(("pro-learn", Monthly), ("creator-mentor", Monthly)), Kind::Upgrade);
        assert_eq!(of(("pro-learn", Monthly), ("free", Monthly)), Kind::Downgrade);
    }

    proptest! {
        #[test]
        fn a_change_and_its_way_back_are_of_opposite_kinds(from in any_plan(), to in any_plan()) {
            let there = kind(&from, &to, &catalog(), Currency::USD);
            let back = kind(&to, &from, &catalog(), Currency::USD);
            let opposite = match there {
                Kind::Upgrade => Kind::Downgrade,
                Kind::Downgrade => Kind::Upgrade,
                Kind::LongerPeriod => Kind::ShorterPeriod,
                Kind::ShorterPeriod => Kind::LongerPeriod,
                other => other,
            };
            prop_assert_eq!(back, opposite);
            prop_assert_eq!(there == Kind::Same, from == to);
        }

        #[test]
        fn trap_20_nothing_that_leaves_a_credit_or_takes_something_away_is_done_now(
            from in any_plan(), to in any_plan(), total in -100_000..100_000_i64
        ) {
            let kind = kind(&from, &to, &catalog(), Currency::USD);
            if takes_effect(kind, total) == TakesEffect::Now {
                prop_assert!(total >= 0);
                prop_assert!(may_be_now(kind));
                prop_assert!(matches!(kind, Kind::Upgrade | Kind::LongerPeriod));
            }
        }
    }
}
