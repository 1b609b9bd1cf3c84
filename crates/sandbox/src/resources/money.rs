//! Amounts: how they are written, and the smallest that can be charged.

use crate::core::error::{ApiError, Result};

/// Currencies without minor units (Stripe docs: currencies: zero-decimal).
const WHOLE: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof",
    "xpf",
];

/// A three-letter currency in lower case.
///
/// # Errors
/// 400 when it is not one.
pub(crate) fn currency(code: &str, param: &str) -> Result<String> {
    let lower = code.to_ascii_lowercase();
    if lower.len() == 3 && lower.bytes().all(|b| b.is_ascii_lowercase()) {
        return Ok(lower);
    }
    Err(ApiError::invalid(format!(
        "Invalid currency: {code}. Stripe currently supports these currencies: usd, eur, gbp and others"
    ))
    .param(param))
}

/// An amount as Stripe's descriptions show it: `$25.00`.
pub(crate) fn shown(amount: i64, currency: &str) -> String {
    let sign = match currency {
        "usd" => "$",
        "eur" => "€",
        "gbp" => "£",
        "jpy" => "¥",
        _ => "",
    };
    let code = if sign.is_empty() { format!(" {}", currency.to_uppercase()) } else { String::new() };
    if WHOLE.contains(&currency) {
        return format!("{sign}{amount}{code}");
    }
    format!("{sign}{}.{:02}{code}", amount / 100, amount % 100)
}

/// The largest amount of one charge, in minor units ($999,999.99).
const LARGEST: i64 = 99_999_999;

/// What of an amount that is owed is charged now ([spec] `amount_due`): nothing of a credit or of what is too little,
/// and no more than one charge can be. The rest is the customer's balance.
pub(crate) fn charged(owed: i64, currency: &str) -> i64 {
    if owed < minimum(currency) { 0 } else { owed.min(LARGEST) }
}

/// The smallest amount that can be charged, in minor units (Stripe docs: minimum charge amounts).
pub(crate) fn minimum(currency: &str) -> i64 {
    match currency {
        "gbp" => 30,
        "mxn" => 1000,
        "hkd" => 400,
        "sek" | "nok" => 300,
        "dkk" => 250,
        "huf" => 17500,
        "pln" | "aed" | "ron" | "myr" => 200,
        "czk" => 1500,
        _ => 50,
    }
}
