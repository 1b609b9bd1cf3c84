//! The table of test cards, in the order of Stripe's testing page.
//!
//! Not here: cards for Terminal readers, captchas, and those whose effect depends on settings newer than this version.
//! Cards that act only under a setting of Radar that is off at first are good cards.

use super::declines::{CVC, EXPIRED, FRAUD, GENERIC, LOST, NO_FUNDS, PROCESSING, STOLEN, VELOCITY};
use super::{Aftermath, Card, Challenge, Complaint, Decline, Risk};

/// Every test card.
pub(super) fn all() -> impl Iterator<Item = &'static Card> {
    [BRANDS, COUNTRIES, DECLINED, RISKY, DISPUTED, REFUNDED, AUTHENTICATED].into_iter().flatten()
}

const OK: Card = Card {
    number: "4242424242424242",
    brand: "visa",
    co_brand: None,
    country: "US",
    funding: "credit",
    always: None,
    charge: None,
    challenge: Challenge::Never,
    aftermath: Aftermath::None,
    risk: Risk::Normal,
    cvc_check: "pass",
    line1_check: "pass",
    zip_check: "pass",
    instant: false,
};

const fn good(number: &'static str, brand: &'static str, funding: &'static str) -> Card {
    Card { number, brand, funding, ..OK }
}

const fn both(
    number: &'static str,
    brand: &'static str,
    co_brand: &'static str,
    country: &'static str,
    funding: &'static str,
) -> Card {
    Card { number, brand, co_brand: Some(co_brand), country, funding, ..OK }
}

const fn from(country: &'static str, number: &'static str) -> Card {
    Card { number, country, ..OK }
}

const fn bad(number: &'static str, decline: Decline) -> Card {
    Card { number, always: Some(decline), ..OK }
}

const fn risky(number: &'static str, risk: Risk, charge: Option<Decline>) -> Card {
    Card { number, charge, risk, ..OK }
}

const fn checked(number: &'static str, cvc: &'static str, line1: &'static str, zip: &'static str) -> Card {
    Card { number, cvc_check: cvc, line1_check: line1, zip_check: zip, ..OK }
}

const fn later(number: &'static str, aftermath: Aftermath) -> Card {
    Card { number, aftermath, ..OK }
}

const fn disputed(number: &'static str, complaint: Complaint) -> Card {
    later(number, Aftermath::Dispute(complaint))
}

const fn asks(
    number: &'static str,
    country: &'static str,
    challenge: Challenge,
    charge: Option<Decline>,
) -> Card {
    Card { number, country, charge, challenge, ..OK }
}

const BRANDS: &[Card] = &[
    OK,
    good("4000056655665556", "visa", "debit"),
    good("5555555555554444", "mastercard", "credit"),
    good("2223003122003222", "mastercard", "credit"),
    good("5200828282828210", "mastercard", "debit"),
    good("5105105105105100", "mastercard", "prepaid"),
    Card { challenge: Challenge::Unsupported, ..good("378282246310005", "amex", "credit") },
    good("371449635398431", "amex", "credit"),
    good("6011111111111117", "discover", "credit"),
    good("6011000990139424", "discover", "credit"),
    good("6011981111111113", "discover", "debit"),
    good("3056930009020004", "diners", "credit"),
    good("36227206271667", "diners", "credit"),
    Card { country: "JP", ..good("3566002020360505", "jcb", "credit") },
    Card { country: "CN", ..good("6200000000000005", "unionpay", "credit") },
    Card { country: "CN", ..good("6200000000000047", "unionpay", "debit") },
    Card { country: "CN", ..good("6205500000000000004", "unionpay", "credit") },
    both("4000002500001001", "visa", "cartes_bancaires", "FR", "credit"),
    both("5555552500001001", "mastercard", "cartes_bancaires", "FR", "credit"),
    both("4000050360000001", "visa", "eftpos_au", "AU", "debit"),
    both("5555050360000080", "mastercard", "eftpos_au", "AU", "debit"),
    // Cards of US health accounts.
    good("4000051230000072", "visa", "debit"),
    good("5200828282828897", "mastercard", "debit"),
];

const COUNTRIES: &[Card] = &[
    from("AR", "4000000320000021"),
    from("BR", "4000000760000002"),
    from("CA", "4000001240000000"),
    from("CL", "4000001520000001"),
    from("CO", "4000001700000003"),
    from("CR", "4000001880000005"),
    from("EC", "4000002180000000"),
    from("MX", "4000004840008001"),
    from("PA", "4000005910000000"),
    from("PY", "4000006000000066"),
    from("PE", "4000006040000068"),
    from("UY", "4000008580000003"),
    from("AE", "4000007840000001"),
    Card { brand: "mastercard", ..from("AE", "5200007840000022") },
    from("AT", "4000000400000008"),
    from("BE", "4000000560000004"),
    from("BG", "4000001000000000"),
    from("BY", "4000001120000005"),
    from("HR", "4000001910000009"),
    from("CY", "4000001960000008"),
    from("CZ", "4000002030000002"),
    from("DK", "4000002080000001"),
    from("EE", "4000002330000009"),
    from("FI", "4000002460000001"),
    from("FR", "4000002500000003"),
    from("DE", "4000002760000016"),
    from("GI", "4000002920000005"),
    from("GR", "4000003000000030"),
    from("HU", "4000003480000005"),
    from("IE", "4000003720000005"),
    from("IT", "4000003800000008"),
    from("LV", "4000004280000005"),
    from("LI", "4000004380000004"),
    from("LT", "4000004400000000"),
    from("LU", "4000004420000006"),
    from("MT", "4000004700000007"),
    from("NL", "4000005280000002"),
    from("NO", "4000005780000007"),
    from("PL", "4000006160000005"),
    from("PT", "4000006200000007"),
    from("RO", "4000006420000001"),
    from("SA", "4000006820000007"),
    from("SI", "4000007050000006"),
    from("SK", "4000007030000001"),
    from("ES", "4000007240000007"),
    from("SE", "4000007520000008"),
    from("CH", "4000007560000009"),
    from("GB", "4000008260000000"),
    Card { funding: "debit", ..from("GB", "4000058260000005") },
    Card { brand: "mastercard", ..from("GB", "5555558265554449") },
    from("AU", "4000000360000006"),
    from("CN", "4000001560000002"),
    from("HK", "4000003440000004"),
    from("IN", "4000003560000008"),
    from("JP", "4000003920000003"),
    Card { brand: "jcb", ..from("JP", "3530111333300000") },
    from("MY", "4000004580000002"),
    from("NZ", "4000005540000008"),
    from("SG", "4000007020000003"),
    from("TW", "4000001580000008"),
    from("TH", "4000007640000003"),
    Card { funding: "debit", ..from("TH", "4000057640000008") },
];

const DECLINED: &[Card] = &[
    bad("4000000000000002", GENERIC),
    bad("4000000000009995", NO_FUNDS),
    bad("4000000000009987", LOST),
    bad("4000000000009979", STOLEN),
    bad("4000000000000069", EXPIRED),
    bad("4000000000000127", CVC),
    bad("4000000000000119", PROCESSING),
    bad("4000000000006975", VELOCITY),
    Card { number: "4000000000000341", charge: Some(GENERIC), ..OK },
];

/// Radar's rule at first is to block the highest risk, and nothing else.
const RISKY: &[Card] = &[
    risky("4100000000000019", Risk::Highest, Some(FRAUD)),
    risky("4000000000004954", Risk::Highest, Some(FRAUD)),
    risky("4000000000009235", Risk::Elevated, None),
    risky("4000008400000407", Risk::Normal, None),
    risky("4000008400000159", Risk::Normal, None),
    risky("4000008400001017", Risk::Normal, None),
    risky("4001858821843804", Risk::Normal, None),
    risky("4000008405600003", Risk::Normal, None),
    checked("4000000000000101", "fail", "pass", "pass"),
    checked("4000000000000036", "pass", "pass", "fail"),
    Card { funding: "debit", risk: Risk::Elevated, ..checked("4000058400307872", "fail", "pass", "pass") },
    Card { funding: "debit", risk: Risk::Elevated, ..checked("4000058400306072", "pass", "pass", "fail") },
    checked("4000000000000028", "pass", "fail", "pass"),
    checked("4000000000000010", "pass", "fail", "fail"),
    checked("4000000000000044", "pass", "unavailable", "unavailable"),
];

const DISPUTED: &[Card] = &[
    disputed("4000000000000259", Complaint::Fraudulent),
    disputed("4000000000002685", Complaint::NotReceived),
    disputed("4000000000001976", Complaint::Inquiry),
    later("4000000000005423", Aftermath::Warning),
    disputed("4000000404000079", Complaint::Twice),
    disputed("4000000404000038", Complaint::CompellingEvidence),
    disputed("4000008400000779", Complaint::Compliance),
    // Prevention of disputes is not switched on: these are disputed like others.
    disputed("4000000404004816", Complaint::Fraudulent),
    disputed("4000000404005649", Complaint::Fraudulent),
    Card { brand: "mastercard", ..disputed("5105000300000018", Complaint::Fraudulent) },
];

const REFUNDED: &[Card] = &[
    later("4000000000007726", Aftermath::RefundPending),
    later("4000000000005126", Aftermath::RefundFails),
    Card { instant: true, ..from("US", "4000000000000077") },
    Card { instant: true, ..from("IE", "4000003720000278") },
];

const AUTHENTICATED: &[Card] = &[
    asks("4000002500003155", "FR", Challenge::UnlessSetUp, None),
    asks("4000002760003184", "DE", Challenge::Always, None),
    asks("4000003800000446", "IT", Challenge::OnSession, None),
    asks("4000008260003178", "GB", Challenge::UnlessSetUp, Some(NO_FUNDS)),
    asks("4000000000003220", "IE", Challenge::Always, None),
    asks("4000008400000027", "US", Challenge::Always, None),
    asks("4000008400001629", "US", Challenge::Always, Some(GENERIC)),
    asks("4000008400001280", "US", Challenge::Fails, None),
    asks("4000000000003055", "US", Challenge::OnRequest, None),
    asks("4000000000003097", "US", Challenge::FailsOnRequest, None),
    asks("4000000032200000", "US", Challenge::Frictionless, None),
    // The challenges of mobile applications; elsewhere like any other.
    asks("4000582600000094", "GB", Challenge::Always, None),
    asks("4000582600000045", "GB", Challenge::Always, None),
    asks("4000582600000102", "GB", Challenge::Always, None),
    asks("4000582600000110", "GB", Challenge::Always, None),
];
