//! Users and the account that each of them owns.

use crate::db::{Cell, Column, Dialect, Query, Result, Rows, SqlStr, Tx, Type, built};
use crate::{args, row};
use domain::ids::{AccountId, StripeCustomerId, UserId};
use domain::time::Timestamp;

/// The issuer of our own login. Its subjects are the user ids.
pub const LOCAL_ISSUER: &str = "local";

row! {
    /// A user with the account that they own.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct User {
        id: UserId,
        issuer: String,
        subject: String,
        email: Option<String>,
        email_normalized: Option<String>,
        email_verified: bool,
        name: String,
        password_hash: Option<String>,
        /// `member` or `admin`.
        role: String,
        created_at: Timestamp,
        /// Set on a tombstone, which no login and no token brings back.
        deleted_at: Option<Timestamp>,
        account_id: AccountId,
        stripe_customer_id: Option<StripeCustomerId>,
        /// Whether the owner may take the tier that is by invitation only.
        invited: bool,
    }
}

/// Who it is that a host names, and the account that they own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub user: UserId,
    pub account: AccountId,
    /// A tombstone.
    pub is_deleted: bool,
}

impl User {
    pub fn is_admin(&self) -> bool {
        self.role == "admin"
    }
}

#[derive(Debug)]
pub struct NewUser<'a> {
    pub id: &'a UserId,
    pub account_id: &'a AccountId,
    pub issuer: &'a str,
    pub subject: &'a str,
    pub email: Option<&'a str>,
    pub email_normalized: Option<&'a str>,
    pub email_verified: bool,
    pub name: &'a str,
    pub password_hash: Option<&'a str>,
}

fn select(condition: &str) -> SqlStr {
    built(format!(
        "SELECT u.id, u.issuer, u.subject, u.email, u.email_normalized, u.email_verified, u.name,
                u.password_hash, u.role, u.created_at, u.deleted_at,
                a.id AS account_id, a.stripe_customer_id, a.invited
         FROM users u JOIN accounts a ON a.owner_user_id = u.id WHERE {condition}"
    ))
}

pub async fn find(q: &mut impl Query, id: &UserId) -> Result<Option<User>> {
    q.opt(select("u.id = $1"), args![id]).await
}

/// Tombstones too: their subject must not become a new user.
pub async fn find_by_subject(q: &mut impl Query, issuer: &str, subject: &str) -> Result<Option<User>> {
    q.opt(select("u.issuer = $1 AND u.subject = $2"), args![issuer, subject]).await
}

type Found = (i64, UserId, AccountId, Option<Timestamp>);

const NAMED_ROW: [(&str, Type); 3] = [("number", Type::Int), ("issuer", Type::Text), ("subject", Type::Text)];
/// PostgreSQL takes an array of unknown length for one of ten, and for shorter ones makes a plan each time, which takes it
/// longer than what is planned; rows that name nobody are found at once.
const LEAST_ROWS: usize = 16;

/// As [`find_by_subject`], of many who are named by issuer and subject, in their order; `None` is not there.
pub async fn owners(q: &mut impl Query, named: &[(&str, &str)]) -> Result<Vec<Option<Owner>>> {
    let rows = (0_i64..)
        .zip(named)
        .map(|(number, (issuer, subject))| [number.into(), (*issuer).into(), (*subject).into()]);
    let least = if q.dialect() == Dialect::Postgres { LEAST_ROWS } else { 0 };
    let nobody = [Cell::Int(None), Cell::Text(None), Cell::Text(None)];
    let rows = rows.chain(std::iter::repeat_n(nobody, least.saturating_sub(named.len())));
    let sql = "SELECT source.number, u.id, a.id, u.deleted_at
               FROM $rows JOIN users u ON u.issuer = source.issuer AND u.subject = source.subject
                          JOIN accounts a ON a.owner_user_id = u.id";
    let mut owners = vec![None; named.len()];
    let found = q.all_with::<Found, 3>(sql, args![], &Rows::new(&NAMED_ROW, rows)).await?;
    for (number, user, account, deleted_at) in found {
        let owner = usize::try_from(number).ok().and_then(|number| owners.get_mut(number));
        let owner =
            owner.ok_or_else(|| Column::Named("number").unreadable(format!("nobody has {number}")))?;
        *owner = Some(Owner { user, account, is_deleted: deleted_at.is_some() });
    }
    Ok(owners)
}

/// The live user of our own login with this normalized address; at most one by a unique index.
pub async fn find_local_by_email(q: &mut impl Query, email_normalized: &str) -> Result<Option<User>> {
    let condition = "u.email_normalized = $1 AND u.issuer = 'local' AND u.deleted_at IS NULL";
    q.opt(select(condition), args![email_normalized]).await
}

/// Live users of every issuer with this normalized address, oldest first.
pub async fn all_by_email(q: &mut impl Query, email_normalized: &str) -> Result<Vec<User>> {
    let condition = "u.email_normalized = $1 AND u.deleted_at IS NULL ORDER BY u.created_at, u.id";
    q.all(select(condition), args![email_normalized]).await
}

/// Inserts a user with their account. False when the subject, or the address of a local user, is there
/// already: then nothing was written.
pub async fn insert(tx: &mut Tx, new: &NewUser<'_>, at: Timestamp) -> Result<bool> {
    let inserted = tx
        .run(
            "INSERT INTO users (id, issuer, subject, email, email_normalized, email_verified, name,
                                password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            args![
                new.id,
                new.issuer,
                new.subject,
                new.email,
                new.email_normalized,
                new.email_verified,
                new.name,
                new.password_hash,
                at
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    tx.run_one(
        "INSERT INTO accounts (id, owner_user_id, created_at) VALUES ($1, $2, $3)",
        args![new.account_id, new.id, at],
    )
    .await?;
    Ok(true)
}

/// What the host says about its user now. False for a tombstone.
pub async fn set_profile(
    tx: &mut Tx,
    id: &UserId,
    email: Option<&str>,
    email_normalized: Option<&str>,
    email_verified: bool,
    name: &str,
) -> Result<bool> {
    let changed = tx
        .run(
            "UPDATE users SET email = $2, email_normalized = $3, email_verified = $4, name = $5
             WHERE id = $1 AND deleted_at IS NULL",
            args![id, email, email_normalized, email_verified, name],
        )
        .await?;
    Ok(changed == 1)
}

/// Leaves a tombstone: the subject, so that an old token brings nobody back, and nothing about the person.
pub async fn bury(tx: &mut Tx, id: &UserId, now: Timestamp) -> Result<()> {
    tx.run_one(
        "UPDATE users SET deleted_at = $2, email = NULL, email_normalized = NULL, email_verified = false,
             name = '', password_hash = NULL, role = 'member'
         WHERE id = $1",
        args![id, now],
    )
    .await
}

/// Until the transaction ends nobody else sets it. `None` for whom there is not, who has none, or a tombstone.
pub async fn lock_password(tx: &mut Tx, id: &UserId) -> Result<Option<String>> {
    let sql = tx.locked("SELECT password_hash FROM users WHERE id = $1");
    Ok(tx.opt::<(Option<String>,)>(sql, args![id]).await?.and_then(|(hash,)| hash))
}

pub async fn set_email_verified(tx: &mut Tx, id: &UserId) -> Result<()> {
    tx.run_one("UPDATE users SET email_verified = true WHERE id = $1", args![id]).await
}

pub async fn set_password(tx: &mut Tx, id: &UserId, password_hash: &str) -> Result<()> {
    tx.run_one("UPDATE users SET password_hash = $2 WHERE id = $1", args![id, password_hash]).await
}

/// `role` is `member` or `admin`; the database refuses others.
pub async fn set_role(tx: &mut Tx, id: &UserId, role: &str) -> Result<()> {
    tx.run_one("UPDATE users SET role = $2 WHERE id = $1", args![id, role]).await
}
