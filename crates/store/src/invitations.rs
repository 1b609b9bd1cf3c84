//! Applications and invitations for the tier that is by invitation only.

use crate::args;
use crate::db::{Query, Result, Tx, built};
use domain::ids::{AccountId, InvitationId};
use domain::time::Timestamp;

crate::row! {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Invitation {
        id: InvitationId,
        account_id: AccountId,
        /// `applied`, `invited` (without an application), `accepted` or `declined`.
        state: String,
        /// What the member wrote.
        message: String,
        created_at: Timestamp,
        decided_at: Option<Timestamp>,
    }
}

const COLUMNS: &str = "id, account_id, state, message, created_at, decided_at";

/// False when the account has an open application already; then nothing was written.
pub async fn apply(
    tx: &mut Tx,
    id: &InvitationId,
    account: &AccountId,
    message: &str,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx
        .run(
            "INSERT INTO invitations (id, account_id, state, message, created_at)
             VALUES ($1, $2, 'applied', $3, $4)
             ON CONFLICT (account_id) WHERE state = 'applied' DO NOTHING",
            args![id, account, message, now],
        )
        .await?;
    Ok(inserted == 1)
}

/// One that nobody applied for.
pub async fn invite(tx: &mut Tx, id: &InvitationId, account: &AccountId, now: Timestamp) -> Result<()> {
    tx.run_one(
        "INSERT INTO invitations (id, account_id, state, message, created_at, decided_at)
         VALUES ($1, $2, 'invited', '', $3, $3)",
        args![id, account, now],
    )
    .await
}

/// Of an open application: `accepted` or `declined`. False when it is not open any more.
pub async fn decide(tx: &mut Tx, id: &InvitationId, state: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE invitations SET state = $2, decided_at = $3 WHERE id = $1 AND state = 'applied'";
    Ok(tx.run(sql, args![id, state, now]).await? == 1)
}

/// The account's open application becomes this, if it has one.
pub async fn decide_open(tx: &mut Tx, account: &AccountId, state: &str, now: Timestamp) -> Result<bool> {
    let sql =
        "UPDATE invitations SET state = $2, decided_at = $3 WHERE account_id = $1 AND state = 'applied'";
    Ok(tx.run(sql, args![account, state, now]).await? == 1)
}

pub async fn find(q: &mut impl Query, id: &InvitationId) -> Result<Option<Invitation>> {
    q.opt(built(format!("SELECT {COLUMNS} FROM invitations WHERE id = $1")), args![id]).await
}

/// The account's newest.
pub async fn latest(q: &mut impl Query, account: &AccountId) -> Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitations WHERE account_id = $1 ORDER BY id DESC LIMIT 1");
    q.opt(built(sql), args![account]).await
}

/// All of an account, newest first.
pub async fn of_account(q: &mut impl Query, account: &AccountId) -> Result<Vec<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitations WHERE account_id = $1 ORDER BY id DESC");
    q.all(built(sql), args![account]).await
}

crate::row! {
    /// One of a list, with the address of its owner.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Listed {
        id: InvitationId,
        account_id: AccountId,
        email: Option<String>,
        state: String,
        message: String,
        created_at: Timestamp,
        decided_at: Option<Timestamp>,
    }
}

/// Everybody's, newest first, at most `limit`, those before the id `cursor`; `state` filters.
pub async fn list(
    q: &mut impl Query,
    state: Option<&str>,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let sql = "SELECT i.id, i.account_id, u.email, i.state, i.message, i.created_at, i.decided_at
         FROM invitations i JOIN accounts a ON a.id = i.account_id JOIN users u ON u.id = a.owner_user_id
         WHERE ($1 IS NULL OR i.state = $1) AND ($2 IS NULL OR i.id < $2) ORDER BY i.id DESC LIMIT $3";
    q.all(sql, args![state.map(str::to_owned), cursor.map(str::to_owned), limit]).await
}

/// Of somebody who has left: what they wrote is forgotten, and nobody is to decide on it any more.
pub async fn withdraw(tx: &mut Tx, account: &AccountId, now: Timestamp) -> Result<()> {
    decide_open(tx, account, "declined", now).await?;
    tx.run("UPDATE invitations SET message = '' WHERE account_id = $1", args![account]).await?;
    Ok(())
}
