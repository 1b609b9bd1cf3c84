//! Tokens of a host application: signature by the configured source, claims by the injected clock.

use super::claims;
use super::jwks::{self, Jwks};
use crate::config::{Jwt, JwtSource};
use crate::problem::Problem;
use axum::http::StatusCode;
use billing::users::Identity;
use domain::time::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::fmt;

pub(crate) struct HostTokens {
    host: Jwt,
    keys: Keys,
}

enum Keys {
    Secret(DecodingKey),
    Published(Box<Jwks>),
}

impl HostTokens {
    pub(crate) fn new(host: &Jwt) -> Result<Self, reqwest::Error> {
        let keys = match &host.source {
            JwtSource::Secret(secret) => {
                Keys::Secret(DecodingKey::from_secret(secret.expose_secret().as_bytes()))
            }
            JwtSource::Jwks(url) => Keys::Published(Box::new(Jwks::new(url.clone())?)),
        };
        Ok(Self { host: host.clone(), keys })
    }

    /// Who the token is of, and whether they are an admin. 401 for a token that is not the host's or not of
    /// this time; 503 when the host's keys cannot be had.
    pub(crate) async fn verify(&self, token: &str, now: Timestamp) -> Result<(Identity, bool), Problem> {
        let refuse = |reason: &str| Problem::unauthenticated().detail(format!("Not accepted: {reason}."));
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| refuse("this is no token that we know"))?;
        let (algorithm, key) = self.key(header.kid.as_deref()).await?;
        let decoded = jsonwebtoken::decode::<Value>(token, &key, &signature_only(algorithm));
        let claims = decoded.map_err(|_| refuse("the signature is not the host's"))?.claims;
        let identity = claims::identity(&claims, &self.host, now).map_err(refuse)?;
        Ok((identity, claims::is_admin(&claims, self.host.admin.as_ref())))
    }

    /// The algorithm comes with the key, so a token cannot choose a weaker one.
    async fn key(&self, kid: Option<&str>) -> Result<(Algorithm, DecodingKey), Problem> {
        match &self.keys {
            Keys::Secret(key) => Ok((Algorithm::HS256, key.clone())),
            Keys::Published(jwks) => jwks.key(kid).await.map_err(|error| match error {
                jwks::Error::UnknownKey => {
                    Problem::unauthenticated().detail(format!("Not accepted: {error}."))
                }
                jwks::Error::Unavailable(_) => {
                    tracing::warn!(%error, "JWKS");
                    let title = "The host application's keys cannot be fetched";
                    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", title).retry_after(5)
                }
            }),
        }
    }
}

/// The library would check times by the system's clock: `claims` does it by the injected one.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

impl fmt::Debug for HostTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostTokens").field("host", &self.host).finish_non_exhaustive()
    }
}
