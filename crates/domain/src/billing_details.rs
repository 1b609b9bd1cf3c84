//! To whom an invoice is made out: name, address, VAT id. Kept at Stripe; here it is only checked.

/// The longest line of an address, in characters.
const LONGEST: usize = 200;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillingDetails {
    pub name: Option<String>,
    pub address: Option<Address>,
    pub vat_id: Option<VatId>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    /// Two capital letters.
    pub country: Option<String>,
}

/// One of the kinds that Stripe prints and, in the European Union, has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatId {
    /// Stripe's word, such as `eu_vat`.
    pub kind: String,
    pub value: String,
}

/// The field, and why in words.
pub type Wrong = (&'static str, &'static str);

/// The members of the European Union by their VAT prefix (Greece's is EL), and Northern Ireland.
const EUROPEAN_UNION: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

impl BillingDetails {
    /// Shapes only: whether the address exists, nobody asks.
    pub fn check(&self) -> Result<(), Wrong> {
        let fits = |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= LONGEST);
        if !fits(&self.name) {
            return Err(("name", "has more than 200 characters"));
        }
        let Some(address) = &self.address else { return Ok(()) };
        let Address { line1, line2, city, state, postal_code, country } = address;
        if ![line1, line2, city, state, postal_code].into_iter().all(fits) {
            return Err(("address", "has a line of more than 200 characters"));
        }
        let letters = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        match country {
            Some(code) if letters(code) => Ok(()),
            Some(_) => Err(("address.country", "must be two capital letters, such as DE")),
            None => Err(("address.country", "is required")),
        }
    }
}

impl VatId {
    /// As it is printed on letters: with or without spaces and dots, in capitals or not. Of the European Union, Great
    /// Britain, Switzerland and Norway.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let plain: String =
            text.chars().filter(|c| !" .-".contains(*c)).map(|c| c.to_ascii_uppercase()).collect();
        let all_digits = |text: &str, counts: &[usize]| {
            counts.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let of = |kind: &str, value: String| Ok(Self { kind: kind.to_owned(), value });
        let prefix = plain.get(..2).unwrap_or_default();
        let rest = plain.get(2..).unwrap_or_default();
        if let Some(number) = plain.strip_suffix("MVA")
            && all_digits(number, &[9])
        {
            return of("no_vat", plain);
        }
        if let Some(number) = plain.strip_prefix("CHE") {
            let parts = (number.get(..9).unwrap_or_default(), number.get(9..).unwrap_or_default());
            if all_digits(parts.0, &[9]) && ["MWST", "TVA", "IVA"].contains(&parts.1) {
                let (digits, tax) = parts;
                let value = format!("CHE-{}.{}.{} {tax}", &digits[..3], &digits[3..6], &digits[6..]);
                return of("ch_vat", value);
            }
        }
        if prefix == "GB" && all_digits(rest, &[9, 12]) {
            return of("gb_vat", plain);
        }
        let european = rest.len() >= 4
            && rest.len() <= 12
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && rest.bytes().any(|byte| byte.is_ascii_digit());
        if EUROPEAN_UNION.contains(&prefix) && european {
            return of("eu_vat", plain);
        }
        Err((
            "vat_id",
            "must be a VAT id of the EU, Great Britain, Switzerland or Norway, such as DE123456789",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vat_id_is_read_as_it_is_printed() {
        let read = |text| VatId::parse(text).map(|id| (id.kind, id.value));
        let of = |kind: &str, value: &str| Ok((kind.to_owned(), value.to_owned()));
        assert_eq!(read("de 123 456 789"), of("eu_vat", "DE123456789"));
        assert_eq!(read("EL123456789"), of("eu_vat", "EL123456789"));
        assert_eq!(read("ESX1234567X"), of("eu_vat", "ESX1234567X"));
        assert_eq!(read("GB 123 4567 89"), of("gb_vat", "GB123456789"));
        assert_eq!(read("che-123.456.789 mwst"), of("ch_vat", "CHE-123.456.789 MWST"));
        assert_eq!(read("123456789 MVA"), of("no_vat", "123456789MVA"));
        for wrong in [
            "",
            "DE",
            "DE12",
            "US123456789",
            "GB12345678",
            "CHE-123.456.789",
            "12345678MVA",
            "DEABCDEF",
            "ÄÖ123456",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_has_a_country() {
        let details = |country: Option<&str>| BillingDetails {
            address: Some(Address { country: country.map(str::to_owned), ..Address::default() }),
            ..BillingDetails::default()
        };
        assert_eq!(details(Some("DE")).check(), Ok(()));
        assert_eq!(details(None).check(), Err(("address.country", "is required")));
        assert!(details(Some("de")).check().is_err());
        let long = BillingDetails { name: Some("x".repeat(201)), ..BillingDetails::default() };
        assert_eq!(long.check(), Err(("name", "has more than 200 characters")));
        assert_eq!(BillingDetails::default().check(), Ok(()));
    }
}
