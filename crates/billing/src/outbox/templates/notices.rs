//! Which words a notice has, and the phrases that several share.

use super::{invoice, subscription, tier, tokens};
use crate::outbox::Mail;
use domain::catalog::{BillingPeriod, Catalog, TierSlug};
use domain::notice::{Notice, Terms};
use domain::payment::Card;

/// What every mail is written with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    pub catalog: &'a Catalog,
    /// Without a slash at its end.
    pub public_url: &'a str,
}

pub(crate) fn notice(notice: &Notice, words: Words<'_>) -> Mail {
    match notice {
        Notice::Subscription(notice) => subscription::mail(notice, words),
        Notice::Invoice(notice) => invoice::mail(notice, words),
        Notice::Tokens(notice) => tokens::mail(notice, words),
        Notice::Tier(notice) => tier::mail(notice, words),
    }
}

impl Words<'_> {
    /// The tier's name; its slug, where the catalog no longer has it.
    pub(super) fn tier(&self, slug: &TierSlug) -> String {
        self.catalog.tier(slug).map_or_else(|| slug.to_string(), |tier| tier.name.clone())
    }

    /// Where a member manages what they pay for.
    pub(super) fn billing_page(&self) -> String {
        format!("{}/account/billing", self.public_url)
    }
}

/// `$54.00 every three months (before any discount and tax)`.
pub(super) fn price(terms: &Terms) -> String {
    format!("{} {} (before any discount and tax)", terms.price, every(terms.plan.billing_period))
}

pub(super) const fn every(period: BillingPeriod) -> &'static str {
    match period {
        BillingPeriod::Monthly => "every month",
        BillingPeriod::Quarterly => "every three months",
        BillingPeriod::Annual => "every year",
    }
}

/// `your Visa card ending in 4242`.
pub(super) fn card(card: Option<&Card>) -> String {
    let Some(card) = card else { return "your saved payment method".to_owned() };
    let mut brand = card.brand.replace('_', " ");
    if let Some(first) = brand.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    format!("your {brand} card ending in {}", card.last4)
}

/// `100,000`.
pub(super) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let grouped = [0, 7, 999, 1_000, 100_000, -1_234_567].map(count);
        assert_eq!(grouped, ["0", "7", "999", "1,000", "100,000", "-1,234,567"]);
    }
}
