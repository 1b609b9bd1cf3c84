//! Money: an integer of minor units and a currency. No floats anywhere near it.

/// A three-letter ISO 4217 code, lower case as Stripe writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a three-letter currency code")]
pub struct InvalidCurrency(String);

impl Currency {
    pub const USD: Self = Self(*b"usd");

    /// How many digits of an amount stand behind the point, as Stripe counts minor units (Stripe docs:
    /// currencies, "Zero-decimal" and "Three-decimal"; its "Special cases" have two).
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"bif" | b"clp" | b"djf" | b"gnf" | b"jpy" | b"kmf" | b"krw" | b"mga" | b"pyg" | b"rwf"
            | b"vnd" | b"vuv" | b"xaf" | b"xof" | b"xpf" => 0,
            b"bhd" | b"jod" | b"kwd" | b"omr" | b"tnd" => 3,
            _ => 2,
        }
    }

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
    /// For people, in mails and logs: `$54.00`, `EUR 54.00`, `JPY 5400`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.amount < 0 { "-" } else { "" };
        if self.currency == Currency::USD {
            write!(f, "{sign}$")?;
        } else {
            write!(f, "{sign}{} ", self.currency.as_str().to_ascii_uppercase())?;
        }
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let (whole, minor) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        match decimals {
            0 => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{minor:0width$}", width = decimals as usize),
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
        let of = |amount, code: &str| Money { amount, currency: code.parse().unwrap() }.to_string();
        assert_eq!(of(5400, "jpy"), "JPY 5400");
        assert_eq!(of(5400, "kwd"), "KWD 5.400");
        assert_eq!(of(i64::MIN, "usd"), "-$92233720368547758.08");
    }
}
