//! The log of what people with power did. The database refuses to change or delete a row.

use crate::args;
use crate::db::{Query, Result, Tx};
use domain::ids::AdminActionId;
use domain::time::Timestamp;

#[derive(Debug)]
pub struct AdminAction<'a> {
    pub id: &'a AdminActionId,
    /// A user's id, or `cli`.
    pub actor: &'a str,
    /// `noun.verb`, such as `user.make_admin`.
    pub action: &'a str,
    /// The id of what it was done to.
    pub target: &'a str,
    pub reason: &'a str,
    /// JSON.
    pub details: &'a str,
    /// The request that asked for it, where its retry must be the same action.
    pub request_key: Option<&'a str>,
}

pub async fn insert(tx: &mut Tx, done: &AdminAction<'_>, at: Timestamp) -> Result<()> {
    tx.run_one(
        "INSERT INTO admin_actions (id, actor, action, target, reason, details, request_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            done.id,
            done.actor,
            done.action,
            done.target,
            done.reason,
            done.details,
            done.request_key.map(str::to_owned),
            at
        ],
    )
    .await
}

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Asked {
        id: AdminActionId,
        details: String,
        created_at: Timestamp,
    }
}

/// The action that this request has asked for before.
pub async fn of_request(q: &mut impl Query, request_key: &str) -> Result<Option<Asked>> {
    let sql = "SELECT id, details, created_at FROM admin_actions WHERE request_key = $1";
    q.opt(sql, args![request_key]).await
}
