//! Keys of host backends. Only hashes of keys are here.

use crate::db::{Query, Result, Tx};
use crate::{args, row};
use domain::ids::ServiceKeyId;
use domain::time::Timestamp;

row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ServiceKey {
        id: ServiceKeyId,
        name: String,
        /// The key's first characters, by which people recognize it.
        prefix: String,
        /// Separated by spaces.
        scopes: String,
        /// Whose subjects On-Behalf-Of names.
        issuer: String,
        created_at: Timestamp,
        last_used_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

impl ServiceKey {
    /// Whether it may do what needs `scope`. Who may use, may look.
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.split(' ').any(|held| held == scope || (scope == "read" && held == "usage"))
    }
}

pub async fn insert(tx: &mut Tx, key: &ServiceKey, key_hash: &str) -> Result<()> {
    tx.run_one(
        "INSERT INTO service_keys (id, name, prefix, key_hash, scopes, issuer, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![&key.id, &key.name, &key.prefix, key_hash, &key.scopes, &key.issuer, key.created_at],
    )
    .await
}

pub async fn find_live(q: &mut impl Query, key_hash: &str) -> Result<Option<ServiceKey>> {
    let sql = "SELECT id, name, prefix, scopes, issuer, created_at, last_used_at, revoked_at
               FROM service_keys WHERE key_hash = $1 AND revoked_at IS NULL";
    q.opt(sql, args![key_hash]).await
}

/// All of them, newest first, the revoked too.
pub async fn all(q: &mut impl Query) -> Result<Vec<ServiceKey>> {
    let sql = "SELECT id, name, prefix, scopes, issuer, created_at, last_used_at, revoked_at
               FROM service_keys ORDER BY created_at DESC, id DESC";
    q.all(sql, args![]).await
}

pub async fn touch(tx: &mut Tx, id: &ServiceKeyId, at: Timestamp) -> Result<()> {
    tx.run("UPDATE service_keys SET last_used_at = $2 WHERE id = $1", args![id, at]).await.map(drop)
}

/// Whether `of` is revoked, and `key` is another one of the same host.
pub async fn replaces(q: &mut impl Query, key: &ServiceKeyId, of: &ServiceKeyId) -> Result<bool> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM service_keys AS old JOIN service_keys AS new ON new.issuer = old.issuer
               WHERE old.id = $2 AND old.revoked_at IS NOT NULL AND new.id = $1 AND new.revoked_at IS NULL";
    Ok(q.one::<(i64,)>(sql, args![key, of]).await?.0 == 1)
}

/// False when there is no such key, or it is revoked already.
pub async fn revoke(tx: &mut Tx, id: &ServiceKeyId, at: Timestamp) -> Result<bool> {
    let sql = "UPDATE service_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.run(sql, args![id, at]).await? == 1)
}
