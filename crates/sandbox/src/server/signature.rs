//! The `Stripe-Signature` of a delivery.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `t=...,v1=...`: HMAC-SHA256 with the whole secret (including `whsec_`) over `t.body`. `at` in wall seconds.
pub(crate) fn sign(secret: &str, at: i64, body: &str) -> String {
    // An HMAC takes a key of any length: there is no error to have.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn a_body_is_signed_as_the_official_clients_check_it() {
        let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
        let expected = "t=1700000000,v1=dfb4777aaaec4ea29ff455dd4df7fe6b2ef71096ad3a93a158db7e100109ea91";
        assert_eq!(sign("whsec_test_secret", 1_700_000_000, body), expected);
    }
}
