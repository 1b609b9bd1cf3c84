//! Money: an integer of minor units and a currency. No floats anywhere near it.

/// A three-letter ISO 4217 code, lower case as Stripe writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a three-letter currency code")]
pub struct InvalidCurrency(String);

impl Currency {
    pub const USD: Self = Self(*b"usd");

    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in, so this is always UTF-8.
        std::str::from_utf8(&self.0).unwrap_or("usd")
    }
}

impl std::str::FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(code: &str) -> Result<Self, InvalidCurrency> {
        let lower = code.to_ascii_lowercase();
        match <[u8; 3]>::try_from(lower.as_bytes()) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_lowercase) => Ok(Self(bytes)),
            _ => Err(InvalidCurrency(code.to_owned())),
        }
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of minor units (cents for USD); negative for a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    pub amount: i64,
    pub currency: Currency,
}

impl std::fmt::Display for Money {
    /// For people, in mails and logs: `$54.00`, `EUR 54.00`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.amount < 0 { "-" } else { "" };
        let (whole, cents) = (self.amount.unsigned_abs() / 100, self.amount.unsigned_abs() % 100);
        if self.currency == Currency::USD {
            write!(f, "{sign}${whole}.{cents:02}")
        } else {
            write!(f, "{sign}{} {whole}.{cents:02}", self.currency.as_str().to_ascii_uppercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!("USD".parse(), Ok(Currency::USD));
        assert_eq!("us1".parse::<Currency>(), Err(InvalidCurrency("us1".into())));
        assert_eq!("dollars".parse::<Currency>(), Err(InvalidCurrency("dollars".into())));
    }

    #[test]
    fn money_prints_for_people() {
        assert_eq!(Money { amount: 5400, currency: Currency::USD }.to_string(), "$54.00");
        assert_eq!(Money { amount: -5, currency: "eur".parse().unwrap() }.to_string(), "-EUR 0.05");
    }
}
