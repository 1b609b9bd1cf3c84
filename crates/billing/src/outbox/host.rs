//! The host application as a receiver of webhooks, by the Standard Webhooks specification: `webhook-id`,
//! `webhook-timestamp` and `webhook-signature` (<https://www.standardwebhooks.com>).

use super::Message;
use super::carrier::NotDelivered;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use std::time::Duration;

/// The specification: 15 to 30 seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// By the specification a key has 24 to 64 bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// The receiver is gone for good, by the specification.
const GONE: i64 = 410;

#[derive(Clone)]
pub struct Host {
    client: reqwest::Client,
    url: String,
    /// While one is being replaced there are two, and a signature by each.
    keys: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Host {
    /// Without the keys; the address may have a password in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    #[error("expected whsec_ and 24 to 64 bytes in base64")]
    Secret,
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Host {
    /// Never follows a redirect: what is signed is for this address.
    pub fn new(url: &str, secrets: &[SecretString]) -> Result<Self, InvalidHost> {
        let keys = secrets.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| InvalidHost::Client(error.to_string()))?;
        Ok(Self { client, url: url.to_owned(), keys })
    }

    /// 2xx is done; 410 is never tried again; everything else is.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<i64, NotDelivered> {
        let id = message.id.as_str();
        let sent = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("allthrive-billing/", env!("CARGO_PKG_VERSION")))
            .header(ID, id)
            .header(TIMESTAMP, now.seconds())
            .header(SIGNATURE, signatures(&self.keys, id, now, &message.body_text))
            .body(message.body_text.clone())
            .send()
            .await;
        let status = match sent {
            Ok(answer) => answer.status(),
            // Without the address, which may have a password in it.
            Err(error) => {
                let reason = if error.is_timeout() { "no answer in time" } else { "no connection" };
                let reason = format!("{reason}: {}", error.without_url());
                return Err(NotDelivered { reason, status: None, again: true });
            }
        };
        let number = i64::from(status.as_u16());
        if status.is_success() {
            return Ok(number);
        }
        let reason = format!("answered {status}");
        Err(NotDelivered { reason, status: Some(number), again: number != GONE })
    }
}

/// One for each key, separated by spaces.
fn signatures(keys: &[Vec<u8>], id: &str, at: Timestamp, body: &str) -> String {
    let signed: Vec<_> = keys.iter().map(|key| format!("v1,{}", signature(key, id, at, body))).collect();
    signed.join(" ")
}

fn signature(key: &[u8], id: &str, at: Timestamp, body: &str) -> String {
    // HMAC takes keys of any length: there is no other error than a wrong one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{}.", at.seconds()).as_bytes());
    mac.update(body.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

fn key(secret: &SecretString) -> Result<Vec<u8>, InvalidHost> {
    let encoded = secret.expose_secret().strip_prefix("whsec_").ok_or(InvalidHost::Secret)?;
    let key = BASE64_STANDARD.decode(encoded).map_err(|_| InvalidHost::Secret)?;
    if KEY_BYTES.contains(&key.len()) { Ok(key) } else { Err(InvalidHost::Secret) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_specification_shows() {
        // Its own example (standard-webhooks.md, "Signature scheme"; the libraries' tests).
        let key = key(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).unwrap();
        let at = Timestamp::from_seconds(1_614_265_330);
        let signed = signatures(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_whsec_and_base64_of_a_key() {
        for wrong in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_!", "whsec_c2hvcnQ="] {
            assert_eq!(key(&wrong.into()).unwrap_err(), InvalidHost::Secret, "{wrong}");
        }
    }
}
