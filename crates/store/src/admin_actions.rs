//! The log of what people with power did. The database refuses to change or delete a row.

use crate::args;
use crate::db::{Result, Tx};
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
}

pub async fn insert(tx: &mut Tx, done: &AdminAction<'_>, at: Timestamp) -> Result<()> {
    tx.run_one(
        "INSERT INTO admin_actions (id, actor, action, target, reason, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![done.id, done.actor, done.action, done.target, done.reason, at],
    )
    .await
}
