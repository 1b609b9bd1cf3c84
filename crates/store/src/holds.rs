//! Holds: AI requests that were admitted and whose cost is not known yet, and what became of them.

use crate::args;
use crate::db::{Column, FromRow, Query, Result, Row, Tx};
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::hold::{Hold, Source, State};
use domain::ids::{AccountId, HoldId, StripeSubscriptionId};
use domain::time::Timestamp;
use domain::usage::Label;

struct Stored(Hold);

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(Hold {
            id: row.get("id")?,
            account: row.get("account_id")?,
            owner: row.get("service_key_id")?,
            tokens: row.get("tokens")?,
            source: source(row)?,
            label: Label { feature: row.get("feature")?, model: row.get("model")? },
            state: state(row)?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
        }))
    }
}

fn source(row: &Row) -> Result<Source> {
    let Some(kind) = row.get::<Option<WindowKind>>("window_kind")? else { return Ok(Source::Tokens) };
    let scope: String = row.get("window_scope")?;
    let window = Window {
        kind,
        start: row.get("window_start")?,
        end: row.get("window_end")?,
        subscription: (!scope.is_empty()).then_some(StripeSubscriptionId(scope)),
    };
    Ok(Source::Allowance { window, covers: row.get("covers")? })
}

fn state(row: &Row) -> Result<State> {
    let word: String = row.get("status")?;
    if word == "held" {
        return Ok(State::Held);
    }
    let at = row.get("closed_at")?;
    match word.as_str() {
        "captured" => Ok(State::Captured {
            used: row.get("used")?,
            paid: row.get("paid")?,
            estimated: row.get("estimated")?,
            at,
        }),
        "voided" => Ok(State::Voided { at }),
        "expired" => Ok(State::Expired { at }),
        _ => Err(Column::Named("status").unreadable(format!("`{word}` is not one of its words"))),
    }
}

/// The account's hold of that id. To decide on it, hold the account's lock.
pub async fn find(q: &mut impl Query, account: &AccountId, id: &HoldId) -> Result<Option<Hold>> {
    let sql =
        "SELECT id, account_id, service_key_id, tokens, source, window_kind, window_scope, window_start,
             window_end, covers, feature, model, status, used, paid, estimated, created_at, expires_at, closed_at
         FROM token_holds WHERE id = $1 AND account_id = $2";
    Ok(q.opt::<Stored>(sql, args![id, account]).await?.map(|stored| stored.0))
}

/// Writes one that is held.
pub async fn insert(tx: &mut Tx, new: &Hold) -> Result<()> {
    let (source, window, covers) = match &new.source {
        Source::Tokens => ("tokens", None, None),
        Source::Allowance { window, covers } => ("allowance", Some(window), Some(*covers)),
    };
    tx.run_one(
        "INSERT INTO token_holds (id, account_id, service_key_id, tokens, source, window_kind, window_scope,
             window_start, window_end, covers, feature, status, created_at, expires_at, model)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'held', $12, $13, $14)",
        args![
            &new.id,
            &new.account,
            new.owner.as_ref(),
            new.tokens,
            source,
            window.map(|window| window.kind),
            window.map(Window::scope),
            window.map(|window| window.start),
            window.and_then(|window| window.end),
            covers,
            new.label.feature.as_str(),
            new.created_at,
            new.expires_at,
            new.label.model.as_deref()
        ],
    )
    .await
}

/// Writes how it has ended. An error when it is not as it was `before`: the caller has looked under the account's lock.
pub async fn end(tx: &mut Tx, before: &State, ended: &Hold) -> Result<()> {
    let (used, paid, estimated, at) = match ended.state {
        State::Held => (None, None, None, None),
        State::Captured { used, paid, estimated, at } => (Some(used), Some(paid), Some(estimated), Some(at)),
        State::Voided { at } | State::Expired { at } => (None, None, None, Some(at)),
    };
    tx.run_one(
        "UPDATE token_holds SET status = $2, used = $3, paid = $4, estimated = $5, closed_at = $6
         WHERE id = $1 AND status = $7",
        args![&ended.id, ended.state.as_str(), used, paid, estimated, at, before.as_str()],
    )
    .await
}

/// Units of the window that open holds have, and that may still come back. The caller holds the account's lock.
pub async fn open_units(q: &mut impl Query, account: &AccountId, window: &Window) -> Result<i64> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM token_holds WHERE account_id = $1 AND status = 'held'
             AND window_kind = $2 AND window_scope = $3 AND window_start = $4";
    let found = q.one::<(i64,)>(sql, args![account, window.kind, window.scope(), window.start]).await?;
    Ok(found.0)
}

/// Those whose time is over, the longest first; without those that are put off.
pub async fn due(q: &mut impl Query, now: Timestamp, limit: i64) -> Result<Vec<(HoldId, AccountId)>> {
    let sql = "SELECT id, account_id FROM token_holds WHERE status = 'held' AND expires_at <= $1
             AND (retry_at IS NULL OR retry_at <= $1)
         ORDER BY expires_at LIMIT $2";
    q.all(sql, args![now, limit]).await
}

/// One that could not be given back is not due again before `until`. False when another process has put it off, or
/// ended it.
pub async fn put_off(tx: &mut Tx, id: &HoldId, now: Timestamp, until: Timestamp) -> Result<bool> {
    let sql = "UPDATE token_holds SET retry_at = $3
         WHERE id = $1 AND status = 'held' AND (retry_at IS NULL OR retry_at <= $2)";
    Ok(tx.run(sql, args![id, now, until]).await? == 1)
}
