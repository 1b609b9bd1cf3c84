//! A database remembers the mode that it was made in: a forgotten secret must not turn production into a
//! shop where no money moves.

use crate::Result;
use store::{Db, settings};

/// Writes `mode` into a new database. Answers the mode that the database is in: the same, or the caller
/// has to refuse.
pub async fn remember_mode(db: &Db, mode: &str) -> Result<String> {
    let mut tx = db.begin().await?;
    let remembered = settings::get_or_set(&mut tx, "mode", mode).await?;
    tx.commit().await?;
    Ok(remembered)
}
