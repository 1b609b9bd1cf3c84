//! The test cards: what a number does when it is attached, charged, asked for 3D Secure or refunded
//! (Stripe docs: testing).

mod declines;
mod names;
mod table;

pub(crate) use declines::{AUTHENTICATION_REQUIRED, Decline, EXPIRED, GENERIC, LIVE_CARD};
pub(crate) use names::by_token;

/// When a card asks for 3D Secure, and how that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// The network cannot do it: the payment goes on without.
    Unsupported,
    /// Not enrolled: who asks for it is told that it was attempted, and the payer sees nothing.
    Never,
    /// Only when the application asks for it.
    OnRequest,
    /// Unless the card was set up for off-session use.
    UnlessSetUp,
    /// On session only: as if set up already.
    OnSession,
    /// Each time.
    Always,
    /// Each time, and it passes without the payer (a frictionless flow).
    Frictionless,
    /// When the application asks for it; and then the issuer's server fails.
    FailsOnRequest,
    /// Each time; and the issuer's server fails.
    Fails,
}

/// What a cardholder's bank says of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    Fraudulent,
    NotReceived,
    /// A question first: no money is taken yet.
    Inquiry,
    /// Two disputes of one charge.
    Twice,
    /// As fraudulent; Visa takes evidence of earlier purchases.
    CompellingEvidence,
    /// The card network's rules were broken: countering it costs a fee that must be acknowledged.
    Compliance,
}

/// What happens after a charge succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aftermath {
    None,
    Dispute(Complaint),
    /// The issuer warns of fraud; no dispute follows by itself.
    Warning,
    /// A refund is pending at first.
    RefundPending,
    /// A refund succeeds and fails later.
    RefundFails,
}

/// How risky Stripe finds a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Risk {
    Normal,
    Elevated,
    Highest,
}

/// A test card.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Card {
    pub(crate) number: &'static str,
    pub(crate) brand: &'static str,
    /// The other network of a co-branded card.
    pub(crate) co_brand: Option<&'static str>,
    pub(crate) country: &'static str,
    pub(crate) funding: &'static str,
    /// Declined at attaching and setting up already, and at each charge.
    pub(crate) always: Option<Decline>,
    /// Declined at each charge only.
    pub(crate) charge: Option<Decline>,
    pub(crate) challenge: Challenge,
    pub(crate) aftermath: Aftermath,
    pub(crate) risk: Risk,
    /// What comes of checking the security code, when one is given; so for the address.
    pub(crate) cvc_check: &'static str,
    pub(crate) line1_check: &'static str,
    pub(crate) zip_check: &'static str,
    /// A charge's money is available at once.
    pub(crate) instant: bool,
}

impl Card {
    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }
}

/// The card with this number.
pub(crate) fn by_number(number: &str) -> Option<&'static Card> {
    table::all().find(|card| card.number == number)
}

/// What Stripe calls a brand where cards are shown to people ([spec] `display_brand`).
pub(crate) fn display_brand(brand: &str) -> &str {
    match brand {
        "amex" => "american_express",
        "diners" => "diners_club",
        "eftpos_au" => "eftpos_australia",
        "unionpay" => "union_pay",
        other => other,
    }
}

/// Luhn's check digit.
pub(crate) fn is_valid(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().rev().map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (12..=19).contains(&digits.len())) else { return false };
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(i, d)| match (i % 2, d * 2) {
            (0, _) => *d,
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_has_a_card_and_every_card_a_number_of_its_own_with_its_check_digit() {
        for (name, number) in names::NAMES {
            assert!(by_number(number).is_some(), "{name}");
        }
        let mut seen = HashSet::new();
        for card in table::all() {
            assert!(is_valid(card.number), "{}", card.number);
            assert!(seen.insert(card.number), "{} is there twice", card.number);
        }
        assert!(!is_valid("4242424242424241"));
    }

    #[test]
    fn a_name_may_say_visa_before_what_the_card_does() {
        let plain = by_token("pm_card_createDispute").unwrap();
        assert_eq!(by_token("tok_visa_createDispute").unwrap().number, plain.number);
        assert_eq!(by_token("pm_card_visa_chargeDeclined").unwrap().number, "4000000000000002");
        assert_eq!(by_token("tok_gb_debit").unwrap().funding, "debit");
        assert!(by_token("pm_card_nonsense").is_none() && by_token("pm_card_").is_none());
    }
}
