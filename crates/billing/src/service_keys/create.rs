//! Makes a key.

use super::{SCOPES, ServiceKey};
use crate::{Billing, Error, Result, secrets};
use domain::ids::ServiceKeyId;

/// By which a service key is told from a session and a JWT.
pub const KEY_PREFIX: &str = "atb_";
/// How much of a key is kept readable.
const VISIBLE: usize = 10;
/// In characters.
const MAX_NAME: usize = 100;

#[derive(Debug)]
pub struct CreatedKey {
    pub key: ServiceKey,
    /// The only time that anybody sees it.
    pub secret: String,
}

impl Billing {
    /// `issuer`: whose subjects the key's On-Behalf-Of header names.
    pub async fn create_service_key(
        &self,
        name: &str,
        scopes: &[String],
        issuer: &str,
    ) -> Result<CreatedKey> {
        if name.trim().is_empty() || name.chars().count() > MAX_NAME {
            return Err(Error::Invalid {
                field: "name",
                reason: format!("needs 1 to {MAX_NAME} characters"),
            });
        }
        if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
            let reason = format!("`{unknown}` is none of {}", SCOPES.join(", "));
            return Err(Error::Invalid { field: "scopes", reason });
        }
        let secret = secrets::new_token(KEY_PREFIX)?;
        let key = ServiceKey {
            id: ServiceKeyId::new(self.new_uuid()?),
            name: name.trim().to_owned(),
            prefix: secret.chars().take(VISIBLE).collect(),
            scopes: scopes.join(" "),
            issuer: issuer.to_owned(),
            created_at: self.wall(),
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = self.db.begin().await?;
        store::service_keys::insert(&mut tx, &key, &secrets::hash(&secret)).await?;
        tx.commit().await?;
        Ok(CreatedKey { key, secret })
    }
}
