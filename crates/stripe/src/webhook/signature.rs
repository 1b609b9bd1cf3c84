//! The `Stripe-Signature` header (Stripe docs: webhooks/signature).

use super::event::{Event, read_event};
use crate::json::{Misread, Node};
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Why a delivery is not taken. All but the last are somebody else's doing; none says which secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the Stripe-Signature header is not of the form t=...,v1=...")]
    Malformed,
    #[error("no signature matches: check STRIPE_WEBHOOK_SECRET")]
    NoMatch,
    #[error("the signature is {age} seconds old")]
    TooOld { age: i64 },
    #[error("the signature is from {ahead} seconds ahead: check the clock")]
    FromTheFuture { ahead: i64 },
    /// Rightly signed, and not an event.
    #[error("the payload is not an event: {path} should be {expected}")]
    NotAnEvent { path: String, expected: &'static str },
}

/// Whether the payload is Stripe's, and what it is about.
///
/// `payload` is the body byte for byte. Any `v1` may match any of the secrets: two are valid while one is
/// being rolled. Other schemes are ignored. `now` is wall time; an age over `tolerance_seconds` (Stripe's
/// default: 300) on either side is refused, and 0 skips the check, as in Stripe's own libraries.
pub fn verify(
    payload: &[u8],
    header: &str,
    secrets: &[SecretString],
    now: Timestamp,
    tolerance_seconds: i64,
) -> Result<Event, SignatureError> {
    let (signed_at, signatures) = parse(header)?;
    // Every secret meets every signature: the time it takes tells nothing.
    let mut matches = subtle::Choice::from(0);
    for secret in secrets.iter().filter(|secret| !secret.expose_secret().is_empty()) {
        let expected = digest(secret, signed_at, payload);
        for signature in &signatures {
            matches |= expected.as_slice().ct_eq(signature);
        }
    }
    if !bool::from(matches) {
        return Err(SignatureError::NoMatch);
    }
    let age = now.seconds().saturating_sub(signed_at);
    if tolerance_seconds > 0 && age > tolerance_seconds {
        return Err(SignatureError::TooOld { age });
    }
    if tolerance_seconds > 0 && age < -tolerance_seconds {
        return Err(SignatureError::FromTheFuture { ahead: age.saturating_neg() });
    }
    let not_json = SignatureError::NotAnEvent { path: "$".into(), expected: "JSON" };
    let value: serde_json::Value = serde_json::from_slice(payload).map_err(|_| not_json)?;
    read_event(&Node::root(&value)).map_err(|misread| match misread {
        Misread::Shape { path, expected } => SignatureError::NotAnEvent { path, expected },
        Misread::Foreign { id, .. } => SignatureError::NotAnEvent { path: id, expected: "an event" },
    })
}

/// The header that Stripe would send.
pub fn sign(payload: &[u8], secret: &SecretString, signed_at: Timestamp) -> String {
    let seconds = signed_at.seconds();
    format!("t={seconds},v1={}", hex::encode(digest(secret, seconds, payload)))
}

/// HMAC-SHA256 under the whole secret, `whsec_` included, of `{t}.` and the body.
fn digest(secret: &SecretString, signed_at: i64, payload: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length: there is no other error than a wrong one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return Vec::new();
    };
    mac.update(format!("{signed_at}.").as_bytes());
    mac.update(payload);
    mac.finalize().into_bytes().to_vec()
}

/// The instant and every `v1`. A header with two instants is nobody's.
fn parse(header: &str) -> Result<(i64, Vec<Vec<u8>>), SignatureError> {
    let mut signed_at = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", text)) => {
                let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let seconds = text.parse().ok().filter(|_| plain && signed_at.is_none());
                signed_at = Some(seconds.ok_or(SignatureError::Malformed)?);
            }
            Some(("v1", text)) => signatures.extend(hex::decode(text).ok().filter(|bytes| bytes.len() == 32)),
            _ => {}
        }
    }
    match signed_at {
        Some(seconds) if header.contains("v1=") => Ok((seconds, signatures)),
        _ => Err(SignatureError::Malformed),
    }
}
