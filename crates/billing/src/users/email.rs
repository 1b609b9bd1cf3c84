//! E-mail addresses, as far as a login needs to understand them.

use super::{Error, Result};
use crate::secrets;
use domain::trial::normalize_email;

/// Longest address that mail can carry (RFC 5321).
const MAX_LENGTH: usize = 254;

/// The address as it was typed, less the spaces around it, when mail could be sent to it.
pub(super) fn checked(typed: &str) -> Result<&str> {
    let email = typed.trim();
    let plausible = email.len() <= MAX_LENGTH
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | '"'))
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.split('.').any(str::is_empty)
        });
    if plausible { Ok(email) } else { Err(Error::invalid("email", "is not an e-mail address")) }
}

/// What makes two addresses the same login. (Trials compare more strictly: `domain::trial`.)
pub(super) fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

/// What of an address is kept for ever, to know that it had a trial: a hash of the address as its provider sees it.
/// It cannot be written to, and stays when its user is deleted.
pub(crate) fn email_key(email: &str) -> String {
    secrets::hash(&normalize_email(email))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in ["a@b.example", " Ada.Lovelace+x@mail.example ", "ü@b.example"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        let long = format!("{}@b.example", "a".repeat(254));
        for bad in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a@b..c",
            "a b@c.example",
            "a@b@c.example",
            "a@b.example\n,c@d.example",
            &long,
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn case_and_spaces_make_no_other_login() {
        assert_eq!(normalized(" Ada@Example.COM "), "ada@example.com");
    }
}
