//! A host's published keys, fetched when needed and kept for a while.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a set is believed without asking again.
const KEPT: Duration = Duration::from_mins(10);
/// An unknown key id makes us ask early, but not more often than this: anybody can send unknown ids.
const ASK_AGAIN: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Jwks {
    url: Url,
    client: reqwest::Client,
    sets: Cache<(), Arc<JwkSet>>,
    asked: Cache<String, ()>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the host's keys cannot be fetched: {0}")]
    Unavailable(#[from] Arc<reqwest::Error>),
    #[error("the token is signed by an unknown key")]
    UnknownKey,
}

impl Jwks {
    pub(super) fn new(url: Url) -> Result<Self, reqwest::Error> {
        Ok(Self {
            url,
            client: reqwest::Client::builder().timeout(TIMEOUT).build()?,
            sets: Cache::builder().max_capacity(1).time_to_live(KEPT).build(),
            asked: Cache::builder().max_capacity(1).time_to_live(ASK_AGAIN).build(),
        })
    }

    /// The key with this id, or the only one where the token names none. Its kind decides the algorithm.
    pub(super) async fn key(&self, kid: Option<&str>) -> Result<(Algorithm, DecodingKey), Error> {
        if let Some(found) = find(&*self.set().await?, kid) {
            return Ok(found);
        }
        if self.asked.get("").await.is_none() {
            self.asked.insert(String::new(), ()).await;
            self.sets.invalidate(&()).await;
        }
        find(&*self.set().await?, kid).ok_or(Error::UnknownKey)
    }

    /// Many who ask at once make one request.
    async fn set(&self) -> Result<Arc<JwkSet>, Error> {
        let fetch = async {
            let answer = self.client.get(self.url.clone()).send().await?.error_for_status()?;
            Ok::<_, reqwest::Error>(Arc::new(answer.json::<JwkSet>().await?))
        };
        Ok(self.sets.try_get_with((), fetch).await?)
    }
}

fn find(set: &JwkSet, kid: Option<&str>) -> Option<(Algorithm, DecodingKey)> {
    let jwk = match kid {
        Some(kid) => set.find(kid)?,
        None if set.keys.len() == 1 => set.keys.first()?,
        None => return None,
    };
    Some((algorithm(jwk)?, DecodingKey::from_jwk(jwk).ok()?))
}

fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Some(Algorithm::ES256),
        _ => None,
    }
}
