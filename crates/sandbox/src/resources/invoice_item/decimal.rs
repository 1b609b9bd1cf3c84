//! Decimal amounts and quantities, exactly: twelve places after the point ([spec]).

use crate::core::error::{ApiError, Result};

const PLACES: usize = 12;
const ONE: i128 = 1_000_000_000_000;

/// A decimal number as a count of its twelfth places.
pub(super) fn read(text: &str, param: &str) -> Result<i128> {
    let wrong = || ApiError::invalid(format!("Invalid decimal: {text}")).param(param);
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    if part.len() > PLACES || whole.len() > 12 {
        let message = format!("Invalid decimal: {text}; must have at most {PLACES} decimal places.");
        return Err(ApiError::invalid(message).param(param));
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i128>().map_err(|_| wrong())? };
    let part = format!("{part:0<PLACES$}").parse::<i128>().map_err(|_| wrong())?;
    Ok(sign * (whole * ONE + part))
}

pub(super) fn of(whole: i64) -> i128 {
    i128::from(whole) * ONE
}

/// As Stripe shows it: without needless zeros.
pub(super) fn show(number: i128) -> String {
    let (sign, number) = if number < 0 { ("-", -number) } else { ("", number) };
    let text = format!("{sign}{}.{:012}", number / ONE, number % ONE);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The part before the point.
pub(super) fn truncated(number: i128) -> i64 {
    i64::try_from(number / ONE).unwrap_or(i64::MAX)
}

/// A unit's amount times a quantity, in whole minor units.
pub(super) fn product(unit: i128, quantity: i128, param: &str) -> Result<i64> {
    let exact = unit.checked_mul(quantity).filter(|exact| exact % (ONE * ONE) == 0);
    let whole = exact.and_then(|exact| i64::try_from(exact / (ONE * ONE)).ok());
    whole.ok_or_else(|| ApiError::unsupported("amounts in fractions of the minor unit").param(param))
}

/// An amount divided by a quantity, cut after twelve places.
pub(super) fn per_unit(amount: i64, quantity: i128) -> i128 {
    if quantity == 0 { 0 } else { i128::from(amount) * ONE * ONE / quantity }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_shown_without_needless_zeros() {
        for (text, shown) in
            [("12.50", "12.5"), ("-0.000000000001", "-0.000000000001"), ("7", "7"), (".5", "0.5"), ("0", "0")]
        {
            assert_eq!(show(read(text, "x").unwrap()), shown);
        }
        assert!(read("0.0000000000001", "x").is_err());
        assert_eq!(product(read("0.5", "x").unwrap(), of(100), "x").unwrap(), 50);
        assert!(product(read("0.5", "x").unwrap(), of(1), "x").is_err());
        assert_eq!(show(per_unit(1000, of(3))), "333.333333333333");
        assert_eq!(truncated(read("2.9", "x").unwrap()), 2);
    }
}
