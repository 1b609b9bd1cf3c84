//! Our row of a subscription, and how an observation changes it.

use super::{Change, Observed, Plan, ScheduledChange, Status};
use crate::ids::{AccountId, UserSubscriptionId};
use crate::payment::Card;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSubscription {
    pub id: UserSubscriptionId,
    pub account: AccountId,
    /// The one that counts. A second live one at Stripe is kept as not primary, for reconciliation.
    pub primary: bool,
    pub plan: Plan,
    pub seen: Observed,
    /// When the present series of failed payments began; grace is counted from here.
    pub past_due_since: Option<Timestamp>,
    /// The card that pays, where it is known.
    pub card: Option<Card>,
    /// What the attached schedule brings next.
    pub scheduled: Option<ScheduledChange>,
    /// Until when it is paid for, noted when a pause was first seen. It stays until the invoice of the present
    /// period is paid: one that began during the pause was not.
    pub paid_until: Option<Timestamp>,
}

impl UserSubscription {
    pub fn status(&self) -> Status {
        self.seen.status
    }

    /// Nothing was due when it began, so that no card was taken: its renewals will want one.
    pub fn wants_a_card(&self) -> bool {
        self.seen.pending_setup_intent.is_some() && self.seen.default_payment_method.is_none()
    }

    /// A subscription that is seen for the first time.
    pub fn first_seen(
        id: UserSubscriptionId,
        account: AccountId,
        primary: bool,
        plan: Plan,
        seen: Observed,
        now: Timestamp,
    ) -> (Self, Vec<Change>) {
        let past_due_since = (seen.status == Status::PastDue).then_some(now);
        let change = match seen.status {
            Status::Incomplete => Change::Started,
            Status::Trialing => Change::TrialStarted,
            Status::Active => Change::Activated,
            Status::PastDue => Change::FellPastDue,
            Status::Unpaid | Status::Paused => Change::Suspended,
            Status::Canceled => Change::Canceled,
            Status::IncompleteExpired => Change::Expired,
        };
        let paid_until = seen.collection_paused.then_some(seen.period_end);
        let first = Self {
            id,
            account,
            primary,
            plan,
            seen,
            past_due_since,
            card: None,
            scheduled: None,
            paid_until,
        };
        (first, vec![change])
    }

    /// Takes in what Stripe says now. Nothing is refused: Stripe decides.
    pub fn observe(self, plan: Plan, seen: Observed, now: Timestamp) -> (Self, Vec<Change>) {
        let mut changes = Vec::new();
        if self.seen.status != seen.status {
            changes.push(status_change(self.seen.status, seen.status));
        } else if seen.status == Status::Active
            && seen.period_start > self.seen.period_start
            && self.plan == plan
        {
            changes.push(Change::Renewed);
        }
        if self.plan != plan {
            changes.push(Change::PlanChanged);
        }
        if seen.status.is_live() {
            match (self.seen.cancel_at, seen.cancel_at) {
                (None, Some(_)) => changes.push(Change::CancellationScheduled),
                (Some(_), None) => changes.push(Change::CancellationUndone),
                _ => {}
            }
            if seen.collection_paused && !self.seen.collection_paused {
                changes.push(Change::Paused);
            }
        }
        let paid_until = self.paid_until_after(&seen);
        let past_due_since = (seen.status == Status::PastDue).then(|| self.past_due_since.unwrap_or(now));
        let card = self.card.filter(|_| self.seen.default_payment_method == seen.default_payment_method);
        (Self { plan, seen, past_due_since, card, paid_until, ..self }, changes)
    }

    /// Takes in what the attached schedule brings, or that it brings nothing any more. `self` is as observed
    /// now; `before` as it was.
    pub fn with_schedule(
        self,
        scheduled: Option<ScheduledChange>,
        before: Option<&Self>,
    ) -> (Self, Option<Change>) {
        let earlier = before.and_then(|before| before.scheduled.as_ref());
        let took_effect = earlier.is_some_and(|change| self.plan == change.plan);
        let change = match (earlier, &scheduled) {
            (earlier, Some(now)) if !earlier.is_some_and(|earlier| earlier.is_same(now)) => {
                Some(Change::ChangeScheduled)
            }
            (Some(_), None) if !took_effect && self.seen.status.is_live() => Some(Change::ScheduleUndone),
            _ => None,
        };
        (Self { scheduled, ..self }, change)
    }

    fn paid_until_after(&self, seen: &Observed) -> Option<Timestamp> {
        if seen.collection_paused {
            return Some(self.paid_until.unwrap_or(seen.period_end));
        }
        // Resumed within what was paid for: as if nothing had been.
        self.paid_until.filter(|until| *until < seen.period_end)
    }

    /// The pause is seen for the first time, in a period whose invoice is not paid: nothing of it is paid for.
    pub fn with_unpaid_period(self, before: Option<&Self>) -> Self {
        let was_paused = before.is_some_and(|before| before.seen.collection_paused);
        if !self.seen.collection_paused || was_paused {
            return self;
        }
        Self { paid_until: Some(self.seen.period_start), ..self }
    }

    /// The invoice of the present period is paid: whatever a pause has skipped is over.
    pub fn with_paid_period(self) -> Self {
        let paid_until = self.paid_until.filter(|_| self.seen.collection_paused);
        Self { paid_until, ..self }
    }

    /// [`Change::Resumed`], once a pause has nothing left to do: it was over before what was paid for, or the period
    /// that began with its end is paid. Before that, the dates of the period are those of one that was skipped.
    pub fn resumed_since(&self, before: Option<&Self>) -> Option<Change> {
        let was_open = before.is_some_and(|before| before.paid_until.is_some());
        let goes_on = self.paid_until.is_none() && self.seen.status.is_live();
        (was_open && goes_on).then_some(Change::Resumed)
    }
}

fn status_change(before: Status, after: Status) -> Change {
    match (before, after) {
        (_, Status::Incomplete) => Change::Started,
        (_, Status::Trialing) => Change::TrialStarted,
        (Status::PastDue | Status::Unpaid, Status::Active) => Change::Recovered,
        (_, Status::Active) => Change::Activated,
        (_, Status::PastDue) => Change::FellPastDue,
        (_, Status::Unpaid | Status::Paused) => Change::Suspended,
        (_, Status::Canceled) => Change::Canceled,
        (_, Status::IncompleteExpired) => Change::Expired,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::catalog::{BillingPeriod, TierSlug};
    use crate::money::{Currency, Money};
    use crate::time::DAY;

    pub(crate) fn plan(tier: &str) -> Plan {
        Plan { tier: TierSlug::from_stored(tier), billing_period: BillingPeriod::Quarterly }
    }

    pub(crate) fn seen(status: Status) -> Observed {
        Observed {
            id: "sub_1".into(),
            customer: "cus_1".into(),
            status,
            item_id: "si_1".into(),
            price: "price_1".into(),
            amount: Money { amount: 5_400, currency: Currency::USD },
            period_start: Timestamp(0),
            period_end: Timestamp(90 * DAY),
            created: Timestamp(0),
            trial_start: None,
            trial_end: None,
            cancel_at: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            default_payment_method: None,
            latest_invoice: None,
            pending_setup_intent: None,
            schedule: None,
            discount: None,
            collection_paused: false,
            resumes_at: None,
            pending_update: None,
            account_id: None,
            subscribe_intent: None,
        }
    }

    pub(crate) fn mirrored(status: Status) -> UserSubscription {
        let id = UserSubscriptionId::from_stored("usub_1");
        let account = AccountId::from_stored("acc_1");
        UserSubscription::first_seen(id, account, true, plan("community-pro"), seen(status), Timestamp(0)).0
    }

    #[test]
    fn trap_30_the_tier_follows_the_price_on_every_observation() {
        let (after, changes) =
            mirrored(Status::Active).observe(plan("pro-learn"), seen(Status::Active), Timestamp(1));
        assert_eq!((after.plan, changes), (plan("pro-learn"), vec![Change::PlanChanged]));
    }

    #[test]
    fn grace_is_counted_from_the_first_failure_and_forgotten_on_recovery() {
        let plan = plan("community-pro");
        let (late, _) = mirrored(Status::Active).observe(plan.clone(), seen(Status::PastDue), Timestamp(5));
        let (later, changes) = late.observe(plan.clone(), seen(Status::PastDue), Timestamp(9));
        assert_eq!((later.past_due_since, changes), (Some(Timestamp(5)), vec![]));
        let (paid, changes) = later.observe(plan, seen(Status::Active), Timestamp(10));
        assert_eq!((paid.past_due_since, changes), (None, vec![Change::Recovered]));
    }

    #[test]
    fn seeing_the_same_twice_changes_nothing() {
        let before = mirrored(Status::Active);
        let (after, changes) =
            before.clone().observe(plan("community-pro"), seen(Status::Active), Timestamp(9));
        assert_eq!((after, changes), (before, vec![]));
    }

    #[test]
    fn a_pending_cancellation_is_seen_by_its_date_alone() {
        let mut pending = seen(Status::Active);
        pending.cancel_at = Some(Timestamp(90 * DAY));
        let (after, changes) = mirrored(Status::Active).observe(plan("community-pro"), pending, Timestamp(1));
        assert_eq!(changes, [Change::CancellationScheduled]);
        let (_, changes) = after.observe(plan("community-pro"), seen(Status::Active), Timestamp(2));
        assert_eq!(changes, [Change::CancellationUndone]);
    }

    #[test]
    fn a_pause_is_over_when_what_is_present_is_paid_for() {
        let plan = plan("community-pro");
        let with = |paused, start: i64, end: i64| {
            let mut seen = seen(Status::Active);
            (seen.collection_paused, seen.period_start, seen.period_end) =
                (paused, Timestamp(start * DAY), Timestamp(end * DAY));
            seen
        };
        let before = mirrored(Status::Active);
        let (paused, changes) = before.clone().observe(plan.clone(), with(true, 0, 90), Timestamp(1));
        assert_eq!((changes, paused.resumed_since(Some(&before))), (vec![Change::Paused], None));
        let (soon, changes) = paused.clone().observe(plan.clone(), with(false, 0, 90), Timestamp(2));
        assert_eq!((changes, soon.resumed_since(Some(&paused))), (vec![], Some(Change::Resumed)));
        let (skipped, _) = paused.observe(plan.clone(), with(true, 90, 180), Timestamp(95 * DAY));
        let (over, changes) =
            skipped.clone().observe(plan.clone(), with(false, 90, 180), Timestamp(100 * DAY));
        assert_eq!((changes, over.resumed_since(Some(&skipped))), (vec![], None), "a new one is to begin");
        let (anew, changes) = over.clone().observe(plan.clone(), with(false, 100, 190), Timestamp(100 * DAY));
        assert_eq!((changes, anew.resumed_since(Some(&over))), (vec![Change::Renewed], None), "and be paid");
        let paid = anew.clone().with_paid_period();
        assert_eq!(paid.resumed_since(Some(&anew)), Some(Change::Resumed));
        assert_eq!(paid.resumed_since(Some(&paid)), None, "once");
        let (ended, _) = skipped.clone().observe(plan, seen(Status::Canceled), Timestamp(100 * DAY));
        assert_eq!(ended.with_paid_period().resumed_since(Some(&skipped)), None);
    }
}
