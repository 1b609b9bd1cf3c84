//! Promotion codes: what one takes off a price, for how long, and who may use it.

use crate::ids::StripeCustomerId;
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// What a coupon takes off one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// Hundredths of a percent: 12.5 % is 1,250. At most 10,000.
    Percent(i64),
    Amount(Money),
}

impl Off {
    /// Minor units off `price`, never more than all of it. Halves are rounded up, as Stripe rounds them on a line; an
    /// amount in another currency takes nothing off.
    pub fn of(self, price: Money) -> i64 {
        match self {
            Self::Percent(hundredths) => {
                let off = (i128::from(price.amount) * i128::from(hundredths) + 5_000).div_euclid(10_000);
                i64::try_from(off).unwrap_or(price.amount).min(price.amount)
            }
            Self::Amount(off) if off.currency == price.currency => off.amount.min(price.amount),
            Self::Amount(_) => 0,
        }
    }
}

/// How many payments a coupon lowers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// The first that costs something.
    Once,
    /// Those of so many months from when it was redeemed.
    Months(i64),
    Forever,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// False once it has expired or was used as often as it may be.
    pub valid: bool,
    pub off: Off,
    pub lasts: Lasts,
    /// Stripe's ids of the products that it is for; `None`: for all.
    pub products: Option<Vec<String>>,
}

/// A code as Stripe has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionCode {
    /// `promo_...`
    pub id: String,
    /// As its maker wrote it; members may write it in any case.
    pub code: String,
    pub active: bool,
    /// Only this customer may use it.
    pub customer: Option<StripeCustomerId>,
    pub expires_at: Option<Timestamp>,
    pub max_redemptions: Option<i64>,
    pub times_redeemed: i64,
    /// Only for who has paid nothing before.
    pub first_time: bool,
    /// Only for payments of at least so much.
    pub minimum: Option<Money>,
    pub coupon: Coupon,
}

/// What a code is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// `None`: nobody's customer yet.
    pub customer: Option<&'a StripeCustomerId>,
    /// Stripe's id of the product.
    pub product: &'a str,
    pub price: Money,
    pub now: Timestamp,
}

impl PromotionCode {
    /// Why it cannot be used for this, in words for the member; whether the member has paid before is not looked at.
    /// A minimum in another currency is for Stripe to judge.
    pub fn refusal(&self, wanted: &Wanted<'_>) -> Option<&'static str> {
        let over = self.expires_at.is_some_and(|at| at <= wanted.now)
            || self.max_redemptions.is_some_and(|most| self.times_redeemed >= most);
        if !self.active || over || !self.coupon.valid {
            return Some("It is no longer valid.");
        }
        if self.customer.as_ref().is_some_and(|only| Some(only) != wanted.customer) {
            return Some("It is for another member.");
        }
        if self.coupon.products.as_ref().is_some_and(|all| !all.iter().any(|one| one == wanted.product)) {
            return Some("It is not for this plan.");
        }
        if let Off::Amount(off) = self.coupon.off
            && off.currency != wanted.price.currency
        {
            return Some("It is for another currency.");
        }
        let short =
            |least: Money| least.currency == wanted.price.currency && wanted.price.amount < least.amount;
        self.minimum.is_some_and(short).then_some("The price is below its minimum.")
    }

    /// What a payment of `price` at `at` costs, for a code that was redeemed at `redeemed`. `first` is the first
    /// payment that costs something.
    pub fn price_at(&self, price: Money, redeemed: Timestamp, at: Timestamp, first: bool) -> i64 {
        let lowers = match self.coupon.lasts {
            Lasts::Forever => true,
            Lasts::Once => first,
            Lasts::Months(months) => at < redeemed.plus_months(months),
        };
        if lowers { price.amount - self.coupon.off.of(price) } else { price.amount }
    }
}

/// What the first payment of `price` costs, at `at`, for which `code` is redeemed by who has `discount` already: the
/// one that is older lowers the price first.
pub fn first_payment(
    price: Money,
    discount: Option<&Discount>,
    code: Option<&PromotionCode>,
    at: Timestamp,
) -> i64 {
    let lowered = discount.map_or(price.amount, |discount| discount.price_at(price, at));
    code.map_or(lowered, |code| code.price_at(Money { amount: lowered, ..price }, at, at, true))
}

/// What lowers the payments of a subscription, as Stripe has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// `di_...`: a change of the subscription's discounts names those that stay.
    pub id: String,
    /// The code that was redeemed; `None` for a coupon that was given.
    pub code: Option<String>,
    pub off: Off,
    /// Its last moment, exclusive.
    pub ends_at: Option<Timestamp>,
}

impl Discount {
    /// What a payment of `price` at `at` costs.
    pub fn price_at(&self, price: Money, at: Timestamp) -> i64 {
        let over = self.ends_at.is_some_and(|end| end <= at);
        if over { price.amount } else { price.amount - self.off.of(price) }
    }
}

impl Off {
    /// From how it is stored: hundredths of a percent, or minor units of this currency.
    pub fn from_stored(percent: Option<i64>, amount: Option<i64>, currency: Currency) -> Option<Self> {
        let amount = amount.map(|amount| Self::Amount(Money { amount, currency }));
        percent.map(Self::Percent).or(amount)
    }

    pub const fn percent(self) -> Option<i64> {
        match self {
            Self::Percent(hundredths) => Some(hundredths),
            Self::Amount(_) => None,
        }
    }

    pub const fn amount(self) -> Option<i64> {
        match self {
            Self::Percent(_) => None,
            Self::Amount(off) => Some(off.amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: fn(i64) -> Money = |amount| Money { amount, currency: Currency::USD };

    fn code() -> PromotionCode {
        PromotionCode {
            id: "promo_1".into(),
            code: "SPRING".into(),
            active: true,
            customer: None,
            expires_at: None,
            max_redemptions: None,
            times_redeemed: 0,
            first_time: false,
            minimum: None,
            coupon: Coupon { valid: true, off: Off::Percent(2_500), lasts: Lasts::Once, products: None },
        }
    }

    fn refusal(code: &PromotionCode) -> Option<&'static str> {
        let customer = "cus_1".into();
        let now = Timestamp(1_000);
        code.refusal(&Wanted { customer: Some(&customer), product: "at_pro", price: USD(5_400), now })
    }

    #[test]
    fn nobody_pays_less_than_nothing_and_halves_are_rounded_up() {
        assert_eq!(Off::Percent(2_500).of(USD(5_400)), 1_350);
        assert_eq!(Off::Percent(1_250).of(USD(1_004)), 126, "125.5");
        assert_eq!(Off::Percent(10_000).of(USD(99)), 99);
        assert_eq!(Off::Amount(USD(900)).of(USD(500)), 500);
        let euros = Money { amount: 900, currency: "eur".parse().unwrap() };
        assert_eq!(Off::Amount(euros).of(USD(500)), 0);
    }

    #[test]
    fn every_restriction_refuses_with_its_reason() {
        let coupon = code().coupon;
        let refused = [
            PromotionCode { active: false, ..code() },
            PromotionCode { expires_at: Some(Timestamp(1_000)), ..code() },
            PromotionCode { max_redemptions: Some(3), times_redeemed: 3, ..code() },
            PromotionCode { coupon: Coupon { valid: false, ..coupon.clone() }, ..code() },
            PromotionCode { customer: Some("cus_2".into()), ..code() },
            PromotionCode {
                coupon: Coupon { products: Some(vec!["at_x".into()]), ..coupon.clone() },
                ..code()
            },
            PromotionCode {
                coupon: Coupon {
                    off: Off::Amount(Money { amount: 1, currency: "eur".parse().unwrap() }),
                    ..coupon.clone()
                },
                ..code()
            },
            PromotionCode { minimum: Some(USD(5_401)), ..code() },
        ];
        let reasons: Vec<_> = refused.iter().map(|code| refusal(code).unwrap_or("none")).collect();
        assert_eq!(
            reasons,
            [
                "It is no longer valid.",
                "It is no longer valid.",
                "It is no longer valid.",
                "It is no longer valid.",
                "It is for another member.",
                "It is not for this plan.",
                "It is for another currency.",
                "The price is below its minimum.",
            ]
        );
        let fine = [
            code(),
            PromotionCode { expires_at: Some(Timestamp(1_001)), ..code() },
            PromotionCode { max_redemptions: Some(3), times_redeemed: 2, ..code() },
            PromotionCode { customer: Some("cus_1".into()), ..code() },
            PromotionCode { coupon: Coupon { products: Some(vec!["at_pro".into()]), ..coupon }, ..code() },
            PromotionCode { minimum: Some(USD(5_400)), ..code() },
        ];
        assert_eq!(fine.iter().map(refusal).collect::<Vec<_>>(), [None; 6]);
    }

    #[test]
    fn how_long_it_lasts_decides_what_the_next_period_costs() {
        let day = |n: i64| Timestamp(n * crate::time::DAY);
        let lasting = |lasts| PromotionCode { coupon: Coupon { lasts, ..code().coupon }, ..code() };
        let next = |lasts, at, first| lasting(lasts).price_at(USD(5_400), day(0), at, first);
        assert_eq!(next(Lasts::Once, day(90), false), 5_400);
        assert_eq!(next(Lasts::Once, day(7), true), 4_050, "after a trial it is the first");
        assert_eq!(next(Lasts::Forever, day(90), false), 4_050);
        // 1970-01-01 and three months is 1970-04-01, day 90.
        assert_eq!(next(Lasts::Months(3), day(90), false), 5_400);
        assert_eq!(next(Lasts::Months(4), day(90), false), 4_050);
    }

    #[test]
    fn a_discount_ends_at_its_date() {
        let ends_at = Some(Timestamp(100));
        let discount = Discount { id: "di_1".into(), code: None, off: Off::Amount(USD(400)), ends_at };
        assert_eq!(discount.price_at(USD(5_400), Timestamp(99)), 5_000);
        assert_eq!(discount.price_at(USD(5_400), Timestamp(100)), 5_400);
    }
}
