//! Consents that were given: append-only.

use crate::args;
use crate::db::{Result, Tx};
use domain::ids::AccountId;
use domain::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Terms,
    Renewal,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Renewal => "renewal",
        }
    }
}

#[derive(Debug)]
pub struct NewConsent<'a> {
    pub id: &'a str,
    pub account: &'a AccountId,
    pub kind: Kind,
    pub version: &'a str,
    pub request_key: &'a str,
    /// JSON.
    pub shown: &'a str,
    pub address_hash: Option<String>,
    pub business_at: Timestamp,
    pub recorded_at: Timestamp,
}

/// Once for each request and kind; false when it is there already.
pub async fn insert(tx: &mut Tx, new: NewConsent<'_>) -> Result<bool> {
    let inserted = tx
        .run(
            "INSERT INTO consents (id, account_id, kind, version, request_key, shown, address_hash, business_at,
                 recorded_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account_id, request_key, kind) DO NOTHING",
            args![
                new.id,
                new.account,
                new.kind.as_str(),
                new.version,
                new.request_key,
                new.shown,
                new.address_hash,
                new.business_at,
                new.recorded_at
            ],
        )
        .await?;
    Ok(inserted == 1)
}
