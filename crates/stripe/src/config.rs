//! What a gateway has to be told.

use crate::breaker::BreakerSettings;
use crate::limiter::Limits;
use crate::retry::Retries;
use crate::transport::Transport;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::time::Duration;

/// Answers a number from 0 to 1: by how much a pause is shortened. Injected, so that a run can be replayed.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

#[derive(Clone)]
pub struct Config {
    /// `https://api.stripe.com`, or the sandbox's address. A slash at its end is ignored.
    pub base_url: String,
    pub secret_key: SecretString,
    pub transport: Transport,
    /// How long one try may take, from sending to the last byte of the answer.
    pub timeout: Duration,
    /// `None` sends as fast as it is asked to.
    pub limits: Option<Limits>,
    pub retries: Retries,
    pub breaker: BreakerSettings,
    pub jitter: Jitter,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    #[error("`{0}` is not an http or https address")]
    BaseUrl(String),
    #[error("the Stripe secret key is empty, or has characters that no key has")]
    SecretKey,
}

impl Config {
    /// With the defaults: 8 seconds a try, Stripe's published limits for this kind of key, and the official
    /// clients' pauses.
    pub fn new(base_url: impl Into<String>, secret_key: SecretString, transport: Transport) -> Self {
        let limits = Limits::for_key(secret_key.expose_secret());
        Self {
            base_url: base_url.into(),
            secret_key,
            transport,
            timeout: Duration::from_secs(8),
            limits: Some(limits),
            retries: Retries::default(),
            breaker: BreakerSettings::default(),
            jitter: Arc::new(chance),
        }
    }

    /// The address without its last slash, once it and the key are known to be usable.
    pub(crate) fn checked(&self) -> Result<String, InvalidConfig> {
        let base = self.base_url.trim_end_matches('/');
        let address = base.parse::<http::Uri>().ok().filter(|address| {
            address.authority().is_some() && matches!(address.scheme_str(), Some("http" | "https"))
        });
        if address.is_none_or(|address| address.query().is_some()) {
            return Err(InvalidConfig::BaseUrl(self.base_url.clone()));
        }
        let key = self.secret_key.expose_secret();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidConfig::SecretKey);
        }
        Ok(base.to_owned())
    }
}

/// The standard library seeds every `RandomState` differently: enough to spread retries.
fn chance() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    let bits = RandomState::new().hash_one(0_u8) >> 40;
    // 24 bits: exact in an f64.
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(1_u32 << 24)
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.base_url)
            .field("timeout", &self.timeout)
            .field("limits", &self.limits)
            .field("retries", &self.retries)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base_url: &str, key: &str) -> Config {
        Config::new(base_url, SecretString::from(key), Transport::http().unwrap())
    }

    #[test]
    fn an_address_or_a_key_that_cannot_work_is_refused() {
        assert_eq!(
            config("https://api.stripe.com/", "sk_test_x").checked(),
            Ok("https://api.stripe.com".into())
        );
        let refused = |address: &str| config(address, "sk_test_x").checked();
        for address in ["", "api.stripe.com", "ftp://x", "/v1"] {
            assert_eq!(refused(address), Err(InvalidConfig::BaseUrl(address.into())));
        }
        assert_eq!(config("http://127.0.0.1:12111", "").checked(), Err(InvalidConfig::SecretKey));
        assert_eq!(config("http://127.0.0.1:12111", "sk\n").checked(), Err(InvalidConfig::SecretKey));
    }

    #[test]
    fn the_key_is_not_in_debug() {
        assert!(
            !format!("{:?}", config("https://api.stripe.com", "sk_test_hidden")).contains("sk_test_hidden")
        );
    }

    #[test]
    fn chance_is_between_0_and_1() {
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&chance()));
        }
    }
}
