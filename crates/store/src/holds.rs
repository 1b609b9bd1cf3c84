//! Holds: AI requests that were admitted and whose cost is not known yet, and what became of them.

use crate::accounts;
use crate::args;
use crate::db::{Cell, Column, FromRow, Query, Result, Row, Rows, Tx, Type, Writes};
use crate::usage::Units;
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::hold::{Hold, Source, State};
use domain::ids::{AccountId, HoldId, ServiceKeyId, StripeSubscriptionId};
use domain::time::Timestamp;
use domain::usage::Label;

struct Stored(Hold);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
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

fn source(row: &Row<'_>) -> Result<Source> {
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

fn state(row: &Row<'_>) -> Result<State> {
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

const COLUMNS: &str =
    "id, account_id, service_key_id, tokens, source, window_kind, window_scope, window_start,
    window_end, covers, feature, model, status, used, paid, estimated, created_at, expires_at, closed_at";

const NAMED_ROW: [(&str, Type); 2] = [("account", Type::Text), ("hold", Type::Text)];

/// Of these holds, each named with its account, those that there are. To decide on them, hold the accounts' locks.
pub async fn find(q: &mut impl Query, holds: &[(&AccountId, &HoldId)]) -> Result<Vec<Hold>> {
    let rows = holds.iter().map(|(account, hold)| [account.as_str().into(), hold.as_str().into()]);
    let sql = format!(
        "SELECT {COLUMNS} FROM $rows JOIN token_holds ON id = source.hold AND account_id = source.account"
    );
    let found = q.all_with::<Stored, 2>(&sql, args![], &Rows::new(&NAMED_ROW, rows)).await?;
    Ok(found.into_iter().map(|stored| stored.0).collect())
}

/// Of the table, or what of it an end changes, with the state that it had before.
const HOLD_ROW: [(&str, Type); 20] = [
    ("id", Type::Text),
    ("account", Type::Text),
    ("owner", Type::Text),
    ("tokens", Type::Int),
    ("source_kind", Type::Text),
    ("window_kind", Type::Text),
    ("window_scope", Type::Text),
    ("window_start", Type::Int),
    ("window_end", Type::Int),
    ("covers", Type::Int),
    ("feature", Type::Text),
    ("model", Type::Text),
    ("created_at", Type::Int),
    ("expires_at", Type::Int),
    ("before", Type::Text),
    ("status", Type::Text),
    ("used", Type::Int),
    ("paid", Type::Int),
    ("estimated", Type::Bool),
    ("closed_at", Type::Int),
];

fn hold_row<'a>(hold: &'a Hold, before: &State) -> [Cell<'a>; 20] {
    let (source_kind, window, covers) = match &hold.source {
        Source::Tokens => ("tokens", None, None),
        Source::Allowance { window, covers } => ("allowance", Some(window), Some(covers.get())),
    };
    let (used, paid, estimated, at) = match hold.state {
        State::Held => (None, None, None, None),
        State::Captured { used, paid, estimated, at } => {
            (Some(used.get()), Some(paid.get()), Some(estimated), Some(at))
        }
        State::Voided { at } | State::Expired { at } => (None, None, None, Some(at)),
    };
    [
        hold.id.as_str().into(),
        hold.account.as_str().into(),
        hold.owner.as_ref().map(ServiceKeyId::as_str).into(),
        hold.tokens.get().into(),
        source_kind.into(),
        window.map(|window| window.kind.as_str()).into(),
        window.map(Window::scope).into(),
        window.map(|window| window.start.0).into(),
        window.and_then(|window| window.end).map(|end| end.0).into(),
        covers.into(),
        hold.label.feature.as_str().into(),
        hold.label.model.as_deref().into(),
        hold.created_at.0.into(),
        hold.expires_at.0.into(),
        before.as_str().into(),
        hold.state.as_str().into(),
        used.into(),
        paid.into(),
        estimated.into(),
        at.map(|at| at.0).into(),
    ]
}

/// Writes new ones, as they are by now.
pub fn insert(writes: &mut Writes, holds: &[Hold]) -> Result<()> {
    let rows = holds.iter().map(|hold| hold_row(hold, &State::Held));
    let sql = format!(
        "INSERT INTO token_holds ({COLUMNS})
         $values(source.id, source.account, source.owner, source.tokens, source.source_kind,
             source.window_kind, source.window_scope, source.window_start, source.window_end,
             source.covers, source.feature, source.model, source.status, source.used, source.paid,
             source.estimated, source.created_at, source.expires_at, source.closed_at)"
    );
    writes.add_with(&sql, &args![], &Rows::new(&HOLD_ROW, rows))
}

/// Writes how they have ended. An error when one is not as it was before: the caller has looked under the account's lock.
pub fn end(writes: &mut Writes, ended: &[(State, Hold)]) -> Result<()> {
    let rows = ended.iter().map(|(before, hold)| hold_row(hold, before));
    let sql = "UPDATE token_holds SET status = source.status, used = source.used, paid = source.paid,
             estimated = source.estimated, closed_at = source.closed_at
         $from WHERE token_holds.id = source.id AND token_holds.status = source.before";
    writes.add_with(sql, &args![], &Rows::new(&HOLD_ROW, rows))
}

/// Units that open holds have, by their windows, and that may still come back. The caller holds the accounts' locks.
pub async fn open_units(q: &mut impl Query, accounts: &[&AccountId]) -> Result<Vec<Units>> {
    let sql = "SELECT account_id, window_kind AS kind, window_scope AS scope, window_start AS starts_at,
             CAST(COUNT(*) AS BIGINT) AS units
         FROM token_holds WHERE account_id IN (SELECT account FROM $rows)
             AND status = 'held' AND token_holds.source = 'allowance'
         GROUP BY account_id, window_kind, window_scope, window_start";
    q.all_with(sql, args![], &accounts::rows(accounts)).await
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
