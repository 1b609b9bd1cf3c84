//! News of a card that will not live to see the next payment.

use super::{News, Notice, SubscriptionNotice};
use crate::subscription::{Status, UserSubscription};
use crate::time::{DAY, Timestamp};

/// How long before the payment it is told, in milliseconds.
const AHEAD: i64 = 30 * DAY;

/// A card is good to the last day of its month.
pub fn card_news(subscription: &UserSubscription, now: Timestamp) -> Option<News> {
    let seen = &subscription.seen;
    let payment_at = match seen.status {
        Status::Trialing => seen.trial_end.unwrap_or(seen.period_end),
        Status::Active => seen.period_end,
        _ => return None,
    };
    if !subscription.primary || seen.cancel_at.is_some() || seen.collection_paused {
        return None;
    }
    let card = subscription.card.as_ref()?;
    let expires = (card.exp_year, card.exp_month) < payment_at.year_and_month();
    (expires && now < payment_at && payment_at <= now.plus(AHEAD)).then(|| News {
        key: format!("{}:card:{}:{}-{}", seen.id, card.last4, card.exp_year, card.exp_month),
        notice: Notice::Subscription(SubscriptionNotice::CardExpires { card: card.clone(), payment_at }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Card;
    use crate::subscription::samples::mirrored;

    /// The next payment is on 1 April 1970.
    fn told(exp_month: i64, now: i64) -> bool {
        let mut paying = mirrored(Status::Active);
        paying.card = Some(Card {
            brand: "visa".into(),
            last4: "4242".into(),
            exp_month,
            exp_year: 1970,
            fingerprint: None,
        });
        card_news(&paying, Timestamp(now)).is_some()
    }

    #[test]
    fn a_card_is_good_to_the_end_of_its_month() {
        assert!(!told(4, 70 * DAY));
        assert!(told(3, 70 * DAY));
    }

    #[test]
    fn it_is_told_a_month_ahead_and_not_afterwards() {
        assert!(!told(1, 59 * DAY));
        assert!(told(1, 60 * DAY));
        assert!(!told(1, 90 * DAY));
    }
}
