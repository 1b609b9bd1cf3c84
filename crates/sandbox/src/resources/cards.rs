//! The test cards: what each number does when it is attached, charged or asked for 3D Secure.
//! (Stripe docs: testing.)

/// How an issuer declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_field_names, reason = "`decline_code` is Stripe's own name, and `code` another thing")]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    /// Only with `card_declined`, and a few others.
    pub(crate) decline_code: Option<&'static str>,
    pub(crate) message: &'static str,
    pub(crate) advice_code: &'static str,
    pub(crate) network_decline_code: &'static str,
}

impl Decline {
    /// No retry with the same card makes sense (Stripe docs: smart retries: hard decline codes).
    pub(crate) fn is_hard(&self) -> bool {
        self.advice_code == "do_not_try_again"
    }
}

const DECLINED: &str = "Your card was declined.";

const fn declined(
    decline_code: &'static str,
    message: &'static str,
    advice: &'static str,
    network: &'static str,
) -> Decline {
    Decline {
        code: "card_declined",
        decline_code: Some(decline_code),
        message,
        advice_code: advice,
        network_decline_code: network,
    }
}

const GENERIC: Decline = declined("generic_decline", DECLINED, "try_again_later", "01");
const NO_FUNDS: Decline =
    declined("insufficient_funds", "Your card has insufficient funds.", "try_again_later", "51");
const LOST: Decline = declined("lost_card", DECLINED, "do_not_try_again", "41");
const STOLEN: Decline = declined("stolen_card", DECLINED, "do_not_try_again", "43");
const VELOCITY: Decline = declined(
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "try_again_later",
    "65",
);
const FRAUD: Decline = declined("fraudulent", DECLINED, "do_not_try_again", "59");
const EXPIRED: Decline = Decline {
    code: "expired_card",
    decline_code: None,
    message: "Your card has expired.",
    advice_code: "do_not_try_again",
    network_decline_code: "54",
};
const CVC: Decline = Decline {
    code: "incorrect_cvc",
    decline_code: None,
    message: "Your card's security code is incorrect.",
    advice_code: "confirm_card_data",
    network_decline_code: "82",
};
const PROCESSING: Decline = Decline {
    code: "processing_error",
    decline_code: None,
    message: "An error occurred while processing your card. Try again in a little bit.",
    advice_code: "try_again_later",
    network_decline_code: "96",
};
/// A payment off session with a card that must be authenticated.
pub(crate) const AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: Some("authentication_required"),
    message: "Your card was declined. This transaction requires authentication.",
    advice_code: "confirm_card_data",
    network_decline_code: "1A",
};
/// A number that is no test card. Stripe docs: declines: `test_mode_live_card`.
pub(crate) const LIVE_CARD: Decline = declined(
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test \
     cards, visit: https://stripe.com/docs/testing.",
    "do_not_try_again",
    "",
);

/// When a card asks for 3D Secure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    Never,
    /// Unless the card was set up for off-session use.
    UnlessSetUp,
    /// On session only: as if set up already.
    OnSession,
    /// Each time.
    Always,
}

/// What happens after a charge succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aftermath {
    None,
    /// A dispute with this reason and first status. The first floor refuses these cards.
    Dispute,
    /// A refund is pending at first.
    RefundPending,
    /// A refund succeeds and fails later.
    RefundFails,
}

/// A test card.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Card {
    pub(crate) number: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) country: &'static str,
    pub(crate) funding: &'static str,
    /// Declined at attaching and setting up already, and at each charge.
    pub(crate) always: Option<Decline>,
    /// Declined at each charge only.
    pub(crate) charge: Option<Decline>,
    pub(crate) challenge: Challenge,
    pub(crate) aftermath: Aftermath,
    pub(crate) cvc_check: &'static str,
    pub(crate) zip_check: Option<&'static str>,
}

impl Card {
    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }
}

const OK: Card = Card {
    number: "4242424242424242",
    brand: "visa",
    country: "US",
    funding: "credit",
    always: None,
    charge: None,
    challenge: Challenge::Never,
    aftermath: Aftermath::None,
    cvc_check: "pass",
    zip_check: None,
};

const fn good(number: &'static str, brand: &'static str, funding: &'static str) -> Card {
    Card { number, brand, funding, ..OK }
}

const fn bad(number: &'static str, decline: Decline) -> Card {
    Card { number, always: Some(decline), ..OK }
}

const fn asks(
    number: &'static str,
    country: &'static str,
    challenge: Challenge,
    charge: Option<Decline>,
) -> Card {
    Card { number, country, charge, challenge, ..OK }
}

const fn later(number: &'static str, aftermath: Aftermath) -> Card {
    Card { number, aftermath, ..OK }
}

const CARDS: &[Card] = &[
    OK,
    good("4000056655665556", "visa", "debit"),
    good("5555555555554444", "mastercard", "credit"),
    good("5200828282828210", "mastercard", "debit"),
    good("5105105105105100", "mastercard", "prepaid"),
    good("378282246310005", "amex", "credit"),
    good("6011111111111117", "discover", "credit"),
    good("6011000990139424", "discover", "credit"),
    good("3056930009020004", "diners", "credit"),
    good("3566002020360505", "jcb", "credit"),
    good("6200000000000005", "unionpay", "credit"),
    good("4000000000000077", "visa", "credit"),
    bad("4000000000000002", GENERIC),
    bad("4000000000009995", NO_FUNDS),
    bad("4000000000009987", LOST),
    bad("4000000000009979", STOLEN),
    bad("4000000000000069", EXPIRED),
    bad("4000000000000127", CVC),
    bad("4000000000000119", PROCESSING),
    bad("4000000000006975", VELOCITY),
    Card { number: "4100000000000019", charge: Some(FRAUD), ..OK },
    Card { number: "4000000000000341", charge: Some(GENERIC), ..OK },
    asks("4000002500003155", "DE", Challenge::UnlessSetUp, None),
    asks("4000002760003184", "DE", Challenge::Always, None),
    asks("4000003800000446", "US", Challenge::OnSession, None),
    asks("4000000000003220", "US", Challenge::Always, None),
    asks("4000008400001629", "US", Challenge::Always, Some(GENERIC)),
    asks("4000008260003178", "US", Challenge::UnlessSetUp, Some(NO_FUNDS)),
    asks("4000000000003055", "US", Challenge::Never, None),
    later("4000000000000259", Aftermath::Dispute),
    later("4000000000002685", Aftermath::Dispute),
    later("4000000000001976", Aftermath::Dispute),
    later("4000000000007726", Aftermath::RefundPending),
    later("4000000000005126", Aftermath::RefundFails),
    Card { number: "4000000000000101", cvc_check: "fail", ..OK },
    Card { number: "4000000000000036", zip_check: Some("fail"), ..OK },
];

/// What follows `pm_card_` or `tok_`, and the card it stands for.
const NAMES: &[(&str, &str)] = &[
    ("visa", "4242424242424242"),
    ("us", "4242424242424242"),
    ("visa_debit", "4000056655665556"),
    ("mastercard", "5555555555554444"),
    ("mastercard_debit", "5200828282828210"),
    ("mastercard_prepaid", "5105105105105100"),
    ("amex", "378282246310005"),
    ("discover", "6011000990139424"),
    ("diners", "3056930009020004"),
    ("jcb", "3566002020360505"),
    ("unionpay", "6200000000000005"),
    ("bypassPending", "4000000000000077"),
    ("chargeDeclined", "4000000000000002"),
    ("visa_chargeDeclined", "4000000000000002"),
    ("chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("visa_chargeDeclinedInsufficientFunds", "4000000000009995"),
    ("visa_chargeDeclinedLostCard", "4000000000009987"),
    ("visa_chargeDeclinedStolenCard", "4000000000009979"),
    ("chargeDeclinedExpiredCard", "4000000000000069"),
    ("chargeDeclinedIncorrectCvc", "4000000000000127"),
    ("chargeDeclinedProcessingError", "4000000000000119"),
    ("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975"),
    ("chargeDeclinedFraudulent", "4100000000000019"),
    ("radarBlock", "4100000000000019"),
    ("chargeCustomerFail", "4000000000000341"),
    ("authenticationRequiredOnSetup", "4000002500003155"),
    ("authenticationRequired", "4000002760003184"),
    ("authenticationRequiredSetupForOffSession", "4000003800000446"),
    ("threeDSecure2Required", "4000000000003220"),
    ("threeDSecureRequired", "4000000000003220"),
    ("threeDSecureRequiredChargeDeclined", "4000008400001629"),
    ("authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178"),
    ("threeDSecureOptional", "4000000000003055"),
    ("createDispute", "4000000000000259"),
    ("createDisputeProductNotReceived", "4000000000002685"),
    ("createDisputeInquiry", "4000000000001976"),
    ("pendingRefund", "4000000000007726"),
    ("refundFail", "4000000000005126"),
    ("cvcCheckFail", "4000000000000101"),
    ("avsZipFail", "4000000000000036"),
];

/// The card with this number.
pub(crate) fn by_number(number: &str) -> Option<&'static Card> {
    CARDS.iter().find(|card| card.number == number)
}

/// The card behind `pm_card_...` or `tok_...`.
pub(crate) fn by_token(token: &str) -> Option<&'static Card> {
    let name = token.strip_prefix("pm_card_").or_else(|| token.strip_prefix("tok_"))?;
    let (_, number) = NAMES.iter().find(|(known, _)| *known == name)?;
    by_number(number)
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

    #[test]
    fn every_name_has_a_card_and_every_card_a_check_digit() {
        for (name, number) in NAMES {
            assert!(by_number(number).is_some(), "{name}");
        }
        for card in CARDS {
            assert!(is_valid(card.number), "{}", card.number);
        }
        assert!(!is_valid("4242424242424241"));
    }
}
