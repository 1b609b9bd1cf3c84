//! When a card can no longer be charged.

use crate::payment::Card;
use crate::time::{DAY, Timestamp};

/// How long before its end a card is said to expire soon, in milliseconds.
pub const SOON: i64 = 30 * DAY;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Valid,
    /// Within [`SOON`]: time to replace it.
    Soon,
    /// Banks often renew the number's date by themselves, so it may still be charged; nobody should count on it.
    Expired,
}

impl Card {
    /// A card is good to the end of its month; in UTC, since nobody says where.
    pub fn expiry(&self, now: Timestamp) -> Expiry {
        let end = Timestamp::month_end(self.exp_year, self.exp_month);
        if end <= now {
            Expiry::Expired
        } else if end <= now.plus(SOON) {
            Expiry::Soon
        } else {
            Expiry::Valid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_good_to_the_end_of_its_month() {
        let card = |exp_year, exp_month| Card {
            brand: "visa".into(),
            last4: "4242".into(),
            exp_month,
            exp_year,
            fingerprint: None,
        };
        // 2031-12-31T23:59:59Z is one second before the end.
        let end = Timestamp::from_seconds(1_956_528_000);
        let december = card(2031, 12);
        assert_eq!(december.expiry(end), Expiry::Expired);
        assert_eq!(december.expiry(end.minus(1)), Expiry::Soon);
        assert_eq!(december.expiry(end.minus(SOON)), Expiry::Soon);
        assert_eq!(december.expiry(end.minus(SOON + 1)), Expiry::Valid);
        assert_eq!(
            card(2032, 2).expiry(end.plus(30 * DAY)),
            Expiry::Soon,
            "60 days make January and February"
        );
        assert_eq!(card(99_999, 13).expiry(end), Expiry::Valid, "what is no date has no end");
    }
}
