//! What an account may do now: a pure function of its subscription, of a tier that it was given, and of the time;
//! read everywhere, written nowhere else (trap 27).

use crate::assignment::TierAssignment;
use crate::catalog::{Catalog, TierSlug};
use crate::subscription::{Status, UserSubscription};
use crate::time::{DAY, HOUR, Timestamp};

/// How long the tier is kept when Stripe's word on a period's end is overdue, in milliseconds.
pub const OVERDUE_TOLERANCE: i64 = 72 * HOUR;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    pub tier: TierSlug,
    /// The next moment at which this changes by itself; `None` when only an event can change it.
    pub valid_until: Option<Timestamp>,
}

/// When access of a past due subscription ends.
pub fn grace_until(subscription: &UserSubscription, catalog: &Catalog) -> Option<Timestamp> {
    let since = subscription.past_due_since.filter(|_| subscription.status() == Status::PastDue)?;
    Some(since.plus(catalog.grace_days * DAY))
}

/// The tier that the account has access to at `now`: the better of what it pays for and what it was given.
pub fn entitlement(
    subscription: Option<&UserSubscription>,
    assigned: Option<&TierAssignment>,
    catalog: &Catalog,
    now: Timestamp,
) -> Entitlement {
    let paid = of_subscription(subscription, catalog, now);
    let Some(assigned) = assigned.filter(|given| given.holds_at(now)) else { return paid };
    let given = Entitlement { tier: assigned.tier.clone(), valid_until: assigned.ends_at };
    let (given_rank, paid_rank) = (catalog.rank(&given.tier), catalog.rank(&paid.tier));
    if given_rank == paid_rank {
        // Either gives it: the longer one.
        let ends = given.valid_until.zip(paid.valid_until).map(|(one, other)| one.max(other));
        return Entitlement { valid_until: ends, ..paid };
    }
    if given_rank > paid_rank { given } else { paid }
}

fn of_subscription(
    subscription: Option<&UserSubscription>,
    catalog: &Catalog,
    now: Timestamp,
) -> Entitlement {
    let free = Entitlement { tier: TierSlug::free(), valid_until: None };
    let Some(subscription) = subscription else { return free };
    let Some(until) = access_until(subscription, catalog) else { return free };
    if until <= now {
        return free;
    }
    Entitlement { tier: subscription.plan.tier.clone(), valid_until: Some(until) }
}

/// The end of the access that the subscription gives, as far as is known; `None` when it gives none.
fn access_until(subscription: &UserSubscription, catalog: &Catalog) -> Option<Timestamp> {
    let seen = &subscription.seen;
    let overdue = seen.period_end.plus(OVERDUE_TOLERANCE);
    let until = match seen.status {
        // A trial counts once its payment method is set up.
        Status::Trialing if subscription.wants_a_card() => return None,
        Status::Trialing => seen.trial_end.unwrap_or(seen.period_end).plus(OVERDUE_TOLERANCE),
        Status::Active => overdue,
        Status::PastDue => grace_until(subscription, catalog)?,
        Status::Incomplete
        | Status::IncompleteExpired
        | Status::Unpaid
        | Status::Canceled
        | Status::Paused => return None,
    };
    // A cancellation takes effect at its date, whether or not the event has come; and of a pause only what was paid
    // for before it is accessible.
    Some([seen.cancel_at, subscription.paid_until].into_iter().flatten().fold(until, Timestamp::min))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, TierAssignmentId};
    use crate::subscription::samples::mirrored;

    fn catalog() -> Catalog {
        Catalog::from_toml(include_str!("../../../catalog.toml")).unwrap()
    }

    fn tier_at(subscription: &UserSubscription, now: i64) -> String {
        entitlement(Some(subscription), None, &catalog(), Timestamp(now)).tier.to_string()
    }

    #[test]
    fn trap_27_an_unpaid_first_payment_has_no_paid_features() {
        for status in
            [Status::Incomplete, Status::IncompleteExpired, Status::Unpaid, Status::Canceled, Status::Paused]
        {
            assert_eq!(tier_at(&mirrored(status), 1), "free", "{status:?}");
        }
        assert_eq!(tier_at(&mirrored(Status::Active), 1), "community-pro");
        assert_eq!(tier_at(&mirrored(Status::Trialing), 1), "community-pro");
    }

    #[test]
    fn a_trial_waits_for_its_payment_method() {
        let mut trial = mirrored(Status::Trialing);
        trial.seen.pending_setup_intent = Some("seti_1".into());
        assert_eq!(tier_at(&trial, 1), "free");
        trial.seen.default_payment_method = Some("pm_1".into());
        assert_eq!(tier_at(&trial, 1), "community-pro");
    }

    #[test]
    fn trap_33_a_pending_cancellation_keeps_access_until_its_date_and_not_longer() {
        let mut canceling = mirrored(Status::Active);
        canceling.seen.cancel_at = Some(Timestamp(90 * DAY));
        assert_eq!(tier_at(&canceling, 90 * DAY - 1), "community-pro");
        assert_eq!(tier_at(&canceling, 90 * DAY), "free");
    }

    #[test]
    fn trap_05_grace_has_a_date() {
        let mut late = mirrored(Status::PastDue);
        late.past_due_since = Some(Timestamp(0));
        assert_eq!(grace_until(&late, &catalog()), Some(Timestamp(7 * DAY)));
        assert_eq!(tier_at(&late, 7 * DAY - 1), "community-pro");
        assert_eq!(tier_at(&late, 7 * DAY), "free");
    }

    #[test]
    fn an_overdue_renewal_keeps_the_tier_for_72_hours() {
        let active = mirrored(Status::Active);
        assert_eq!(tier_at(&active, 90 * DAY + OVERDUE_TOLERANCE - 1), "community-pro");
        assert_eq!(tier_at(&active, 90 * DAY + OVERDUE_TOLERANCE), "free");
    }

    fn given(tier: &str, ends_at: Option<i64>) -> TierAssignment {
        TierAssignment {
            id: TierAssignmentId::from_stored("asg_1"),
            account: AccountId::from_stored("acc_1"),
            tier: TierSlug::from_stored(tier),
            starts_at: Timestamp(10),
            ends_at: ends_at.map(Timestamp),
            reason: "a mentor".into(),
            actor: "cli".into(),
        }
    }

    #[test]
    fn the_better_of_what_is_paid_and_what_was_given_counts() {
        let active = mirrored(Status::Active);
        let at = |given: &TierAssignment, now| {
            let both = entitlement(Some(&active), Some(given), &catalog(), Timestamp(now));
            (both.tier.to_string(), both.valid_until.map(|until| until.0))
        };
        let paid_until = 90 * DAY + OVERDUE_TOLERANCE;
        let mentor = given("creator-mentor", Some(20));
        assert_eq!(at(&mentor, 9), ("community-pro".into(), Some(paid_until)), "not yet");
        assert_eq!(at(&mentor, 10), ("creator-mentor".into(), Some(20)));
        assert_eq!(at(&mentor, 20), ("community-pro".into(), Some(paid_until)), "over");
        assert_eq!(at(&given("free", None), 10).0, "community-pro");
        assert_eq!(at(&given("community-pro", None), 10), ("community-pro".into(), None), "the longer one");
        assert_eq!(at(&given("community-pro", Some(20)), 10), ("community-pro".into(), Some(paid_until)));
    }

    #[test]
    fn a_given_tier_needs_no_subscription() {
        let given = given("creator-mentor", None);
        let now = entitlement(None, Some(&given), &catalog(), Timestamp(99));
        assert_eq!((now.tier.as_str(), now.valid_until), ("creator-mentor", None));
    }

    #[test]
    fn a_pause_keeps_what_was_paid_for_and_nothing_more() {
        let plan = mirrored(Status::Active).plan;
        let with = |paused, start: i64, end: i64| {
            let mut seen = mirrored(Status::Active).seen;
            seen.collection_paused = paused;
            seen.period_start = Timestamp(start * DAY);
            seen.period_end = Timestamp(end * DAY);
            seen
        };
        let (paused, _) = mirrored(Status::Active).observe(plan.clone(), with(true, 0, 90), Timestamp(1));
        assert_eq!(tier_at(&paused, 90 * DAY - 1), "community-pro");
        assert_eq!(tier_at(&paused, 90 * DAY), "free");
        // Resumed before that: as if nothing had been.
        let (resumed, _) = paused.clone().observe(plan.clone(), with(false, 0, 90), Timestamp(2));
        assert_eq!(tier_at(&resumed, 90 * DAY), "community-pro");
        // The next period began during the pause, and was not paid.
        let (skipped, _) = paused.observe(plan.clone(), with(true, 90, 180), Timestamp(90 * DAY));
        let (over, _) = skipped.observe(plan.clone(), with(false, 90, 180), Timestamp(100 * DAY));
        assert_eq!(tier_at(&over, 100 * DAY), "free");
        let (anew, _) = over.observe(plan, with(false, 100, 190), Timestamp(100 * DAY));
        assert_eq!(tier_at(&anew, 100 * DAY), "free", "not before it is paid");
        assert_eq!(tier_at(&anew.with_paid_period(), 100 * DAY), "community-pro");
    }

    #[test]
    fn nobody_is_without_a_tier() {
        let none = entitlement(None, None, &catalog(), Timestamp(0));
        assert_eq!((none.tier.as_str(), none.valid_until), ("free", None));
    }
}
