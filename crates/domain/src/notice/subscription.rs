//! News of a subscription.

use super::{News, Notice, STALE};
use crate::catalog::TierSlug;
use crate::money::Money;
use crate::payment::Card;
use crate::subscription::{Change, Plan, Status, UserSubscription};
use crate::time::{DAY, HOUR, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionNotice {
    TrialStarted {
        terms: Terms,
        ends_at: Timestamp,
    },
    TrialEndsSoon {
        terms: Terms,
        ends_at: Timestamp,
        card: Option<Card>,
    },
    /// It goes on as a subscription, and is being charged.
    TrialEnded {
        terms: Terms,
        card: Option<Card>,
    },
    Started {
        terms: Terms,
        renews_at: Timestamp,
    },
    PlanChanged {
        from: Plan,
        terms: Terms,
        renews_at: Timestamp,
    },
    ChangeScheduled {
        from: Plan,
        terms: Terms,
        at: Timestamp,
    },
    ScheduleUndone {
        terms: Terms,
        renews_at: Timestamp,
    },
    /// Nothing is collected for a while. Until when is paid for, and when it goes on.
    Paused {
        tier: TierSlug,
        paid_until: Option<Timestamp>,
        resumes_at: Option<Timestamp>,
    },
    Resumed {
        terms: Terms,
        renews_at: Timestamp,
    },
    CancellationScheduled {
        tier: TierSlug,
        at: Timestamp,
    },
    CancellationUndone {
        terms: Terms,
        renews_at: Timestamp,
    },
    /// A payment that was missing has come.
    Recovered {
        tier: TierSlug,
    },
    /// Stripe has stopped trying to collect what is owed.
    CollectionStopped {
        tier: TierSlug,
    },
    Ended {
        tier: TierSlug,
        unpaid: bool,
    },
    /// Promised with its end.
    Refunded {
        tier: TierSlug,
        amount: Money,
    },
    /// Access is over, while the payment is still being tried.
    GraceEnded {
        tier: TierSlug,
    },
    CardExpires {
        card: Card,
        payment_at: Timestamp,
    },
}

/// A plan, and what it costs a period before discounts and tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub plan: Plan,
    pub price: Money,
}

/// How long before its end a trial is reminded of, in milliseconds. Stripe's `trial_will_end` comes three days
/// before; an hour more, because no two clocks agree.
const TRIAL_REMINDER: i64 = 3 * DAY + HOUR;

/// `changes` are those that led from `before` to `after`.
pub fn subscription_news(
    before: Option<&UserSubscription>,
    after: &UserSubscription,
    changes: &[Change],
    now: Timestamp,
) -> Vec<News> {
    if !after.primary {
        return Vec::new();
    }
    let told = changes.iter().filter_map(|change| of_change(before, after, *change, changes, now));
    told.chain(trial_ends_soon(after, now))
        .map(|(key, notice)| News {
            key: format!("{}:{key}", after.seen.id),
            notice: Notice::Subscription(notice),
        })
        .collect()
}

fn terms(subscription: &UserSubscription) -> Terms {
    Terms { plan: subscription.plan.clone(), price: subscription.seen.amount }
}

fn of_change(
    before: Option<&UserSubscription>,
    after: &UserSubscription,
    change: Change,
    changes: &[Change],
    now: Timestamp,
) -> Option<(String, SubscriptionNotice)> {
    let seen = &after.seen;
    let tier = after.plan.tier.clone();
    let was = before.map(UserSubscription::status);
    // A plan that was changed in a trial, which ends with it: one mail, of the change.
    let plan_changed = changes.contains(&Change::PlanChanged);
    Some(match change {
        Change::TrialStarted => {
            let ends_at = seen.trial_end.filter(|end| now < *end)?;
            ("trial_started".to_owned(), SubscriptionNotice::TrialStarted { terms: terms(after), ends_at })
        }
        Change::Activated => match was {
            Some(Status::Trialing) if plan_changed => return None,
            Some(Status::Trialing) => (
                "trial_ended".to_owned(),
                SubscriptionNotice::TrialEnded { terms: terms(after), card: after.card.clone() },
            ),
            None if seen.created.plus(STALE) < now => return None,
            None | Some(Status::Incomplete) => (
                "started".to_owned(),
                SubscriptionNotice::Started { terms: terms(after), renews_at: seen.period_end },
            ),
            Some(_) => return None,
        },
        Change::PlanChanged => {
            let before = before?;
            let invoice = seen.latest_invoice.as_ref().map(ToString::to_string).unwrap_or_default();
            let key = format!("plan:{}:{}:{invoice}", before.seen.price, seen.price);
            let (from, renews_at) = (before.plan.clone(), seen.period_end);
            (key, SubscriptionNotice::PlanChanged { from, terms: terms(after), renews_at })
        }
        Change::ChangeScheduled => {
            let next = after.scheduled.as_ref()?;
            let schedule = seen.schedule.as_deref().unwrap_or_default();
            let price = Money { amount: next.amount, currency: seen.amount.currency };
            let terms = Terms { plan: next.plan.clone(), price };
            let plan = format!("{}:{}", next.plan.tier, next.plan.billing_period.as_str());
            let (from, at) = (after.plan.clone(), next.at);
            let key = format!("scheduled:{schedule}:{plan}");
            (key, SubscriptionNotice::ChangeScheduled { from, terms, at })
        }
        Change::ScheduleUndone => {
            // A cancellation puts the change aside, and is told itself.
            if seen.cancel_at.is_some() {
                return None;
            }
            let schedule = before?.seen.schedule.clone().unwrap_or_default();
            let notice =
                SubscriptionNotice::ScheduleUndone { terms: terms(after), renews_at: seen.period_end };
            (format!("schedule_undone:{schedule}"), notice)
        }
        Change::Paused => {
            let key = format!("paused:{}:{}", seen.period_start.0, moment(seen.resumes_at));
            let (paid_until, resumes_at) = (after.paid_until, seen.resumes_at);
            (key, SubscriptionNotice::Paused { tier, paid_until, resumes_at })
        }
        Change::Resumed => {
            // It ends, and does not renew: the cancellation was told.
            if seen.cancel_at.is_some() {
                return None;
            }
            let key = format!("resumed:{}:{}", seen.period_start.0, moment(before?.seen.resumes_at));
            (key, SubscriptionNotice::Resumed { terms: terms(after), renews_at: seen.period_end })
        }
        Change::CancellationScheduled => {
            let key = format!("cancellation:{}", moment(seen.canceled_at));
            (key, SubscriptionNotice::CancellationScheduled { tier, at: seen.cancel_at? })
        }
        Change::CancellationUndone => {
            // In a pause its dates say nothing; the end of the pause is told with those of what follows.
            if after.paid_until.is_some() || changes.contains(&Change::Resumed) {
                return None;
            }
            let key = format!("cancellation_undone:{}", moment(before?.seen.canceled_at));
            (key, SubscriptionNotice::CancellationUndone { terms: terms(after), renews_at: seen.period_end })
        }
        Change::Recovered => {
            let key = format!("recovered:{}", moment(before?.past_due_since.or(Some(seen.period_start))));
            (key, SubscriptionNotice::Recovered { tier })
        }
        Change::Suspended => {
            let key = format!("collection_stopped:{}", seen.period_start.0);
            (key, SubscriptionNotice::CollectionStopped { tier })
        }
        Change::Canceled => {
            // Of one that was over when it was seen first there is nothing to tell.
            let unpaid = matches!(was?, Status::PastDue | Status::Unpaid);
            ("ended".to_owned(), SubscriptionNotice::Ended { tier, unpaid })
        }
        // The invoice tells of these, or the person is looking at the screen that does.
        Change::Started | Change::Renewed | Change::FellPastDue | Change::Expired => return None,
    })
}

/// Whatever made us look: the trial is still on, will be charged, and ends within days.
fn trial_ends_soon(after: &UserSubscription, now: Timestamp) -> Option<(String, SubscriptionNotice)> {
    let seen = &after.seen;
    let ends_at = seen.trial_end.filter(|end| now < *end && *end <= now.plus(TRIAL_REMINDER))?;
    let charged = seen.status == Status::Trialing && seen.cancel_at.is_none() && !seen.collection_paused;
    charged.then(|| {
        let notice =
            SubscriptionNotice::TrialEndsSoon { terms: terms(after), ends_at, card: after.card.clone() };
        (format!("trial_ends_soon:{}", ends_at.0), notice)
    })
}

fn moment(at: Option<Timestamp>) -> i64 {
    at.map_or(0, |at| at.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::samples::{mirrored, plan, seen};

    /// What is told when a subscription of the first status is seen in the second.
    fn told(from: Option<Status>, to: Status) -> Vec<String> {
        let (before, after, changes) = match from {
            None => {
                let after = mirrored(to);
                let change = match to {
                    Status::Trialing => Change::TrialStarted,
                    Status::Active => Change::Activated,
                    _ => Change::Started,
                };
                (None, after, vec![change])
            }
            Some(from) => {
                let before = mirrored(from);
                let (after, changes) = before.clone().observe(plan("community-pro"), seen(to), Timestamp(2));
                (Some(before), after, changes)
            }
        };
        keys(subscription_news(before.as_ref(), &after, &changes, Timestamp(2)))
    }

    fn keys(news: Vec<News>) -> Vec<String> {
        news.into_iter().map(|news| news.key.strip_prefix("sub_1:").unwrap().to_owned()).collect()
    }

    #[test]
    fn each_step_of_a_life_is_told_once() {
        assert_eq!(told(None, Status::Incomplete), [""; 0]);
        assert_eq!(told(None, Status::Active), ["started"]);
        assert_eq!(told(Some(Status::Incomplete), Status::Active), ["started"]);
        assert_eq!(told(Some(Status::Trialing), Status::Active), ["trial_ended"]);
        assert_eq!(told(Some(Status::Active), Status::PastDue), [""; 0], "the invoice tells");
        assert_eq!(told(Some(Status::PastDue), Status::Active), ["recovered:0"]);
        assert_eq!(told(Some(Status::PastDue), Status::Unpaid), ["collection_stopped:0"]);
        assert_eq!(told(Some(Status::PastDue), Status::Canceled), ["ended"]);
        assert_eq!(told(Some(Status::Active), Status::Active), [""; 0]);
    }

    #[test]
    fn a_subscription_that_is_not_the_primary_one_is_no_news() {
        let extra = UserSubscription { primary: false, ..mirrored(Status::Active) };
        assert_eq!(subscription_news(None, &extra, &[Change::Activated], Timestamp(1)), []);
    }

    #[test]
    fn what_began_long_ago_is_no_news_when_it_is_seen_first() {
        let old = mirrored(Status::Active);
        assert_eq!(subscription_news(None, &old, &[Change::Activated], Timestamp(STALE + 1)), []);
    }

    #[test]
    fn a_trial_is_reminded_of_in_its_last_days_if_it_will_be_charged() {
        let mut trial = mirrored(Status::Trialing);
        trial.seen.trial_end = Some(Timestamp(7 * DAY));
        let at = |trial: &UserSubscription, now| keys(subscription_news(None, trial, &[], Timestamp(now)));
        assert_eq!(at(&trial, 3 * DAY), [""; 0]);
        assert_eq!(at(&trial, 4 * DAY), ["trial_ends_soon:604800000"]);
        assert_eq!(at(&trial, 7 * DAY), [""; 0], "too late");
        trial.seen.cancel_at = trial.seen.trial_end;
        assert_eq!(at(&trial, 4 * DAY), [""; 0], "nothing will be charged");
    }

    #[test]
    fn a_cancellation_that_is_undone_and_asked_for_again_is_told_again() {
        let pending = |canceled_at: i64| {
            let mut pending = seen(Status::Active);
            pending.cancel_at = Some(Timestamp(90 * DAY));
            pending.canceled_at = Some(Timestamp(canceled_at));
            pending
        };
        let plan = plan("community-pro");
        let active = mirrored(Status::Active);
        let step = |before: &UserSubscription, seen| {
            let (after, changes) = before.clone().observe(plan.clone(), seen, Timestamp(5));
            (keys(subscription_news(Some(before), &after, &changes, Timestamp(5))), after)
        };
        let (first, canceling) = step(&active, pending(1));
        let (undone, active) = step(&canceling, seen(Status::Active));
        let (second, _) = step(&active, pending(2));
        assert_eq!(
            [first, undone, second].concat(),
            ["cancellation:1", "cancellation_undone:1", "cancellation:2"]
        );
    }

    #[test]
    fn the_end_of_a_pause_is_told_in_one_mail_if_it_renews() {
        let told = |canceling: bool, paid_until: Option<i64>, changes: &[Change]| {
            let (before, mut after) = (mirrored(Status::Active), mirrored(Status::Active));
            after.seen.cancel_at = canceling.then_some(Timestamp(90 * DAY));
            after.paid_until = paid_until.map(Timestamp);
            keys(subscription_news(Some(&before), &after, changes, Timestamp(5)))
        };
        assert_eq!(told(false, None, &[Change::Resumed]), ["resumed:0:0"]);
        assert_eq!(told(true, None, &[Change::Resumed]), [""; 0], "it ends");
        let both = [Change::CancellationUndone, Change::Resumed];
        assert_eq!(told(false, None, &both), ["resumed:0:0"]);
        assert_eq!(told(false, Some(1), &both[..1]), [""; 0], "the pause is not over");
        assert_eq!(told(false, None, &both[..1]), ["cancellation_undone:0"]);
    }
}
