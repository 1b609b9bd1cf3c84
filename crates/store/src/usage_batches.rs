//! Which batches of AI requests are written on PostgreSQL. Each writes its id with everything else, so that a lost answer to
//! its COMMIT can be looked up.

use crate::args;
use crate::db::{Dialect, Query, Result, Tx, Writes};
use domain::time::Timestamp;

/// Not on SQLite: it runs in this process, so a COMMIT always has an answer.
pub fn insert(writes: &mut Writes, id: &str, now: Timestamp) {
    if writes.dialect() == Dialect::Sqlite {
        return;
    }
    writes.add("INSERT INTO usage_batches (id, written_at) VALUES ($1, $2)", args![id, now], 1);
}

/// One that is being committed counts once the locks that it holds are free: take one of them first.
pub async fn is_written(q: &mut impl Query, id: &str) -> Result<bool> {
    let found = q.opt::<(String,)>("SELECT id FROM usage_batches WHERE id = $1", args![id]).await?;
    Ok(found.is_some())
}

pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.run("DELETE FROM usage_batches WHERE written_at < $1", args![before]).await
}
