//! What does not agree, and is to be looked at by a person or repaired by reconciliation.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::AccountId;
use domain::time::Timestamp;

/// Records it, once per object until it is resolved.
pub async fn report(
    tx: &mut Tx,
    id: &str,
    kind: &str,
    object_id: &str,
    account: Option<&AccountId>,
    details: &str,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx
        .run(
            "INSERT INTO discrepancies (id, account_id, kind, object_id, details, found_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (kind, object_id) WHERE resolved_at IS NULL DO NOTHING",
            args![id, account, kind, object_id, details, now],
        )
        .await?;
    Ok(changed == 1)
}

crate::row! {
    #[derive(Debug, Clone)]
    pub struct Discrepancy {
        kind: String,
        object_id: String,
        account_id: Option<AccountId>,
        details: String,
        found_at: Timestamp,
    }
}

/// Newest first.
pub async fn open(q: &mut impl Query, limit: i64) -> Result<Vec<Discrepancy>> {
    q.all(
        "SELECT kind, object_id, account_id, details, found_at FROM discrepancies
         WHERE resolved_at IS NULL ORDER BY found_at DESC, id DESC LIMIT $1",
        args![limit],
    )
    .await
}
