//! What the database remembers about itself, by name.

use crate::args;
use crate::db::{Query, Result, Tx};

pub async fn get(q: &mut impl Query, name: &str) -> Result<Option<String>> {
    let found = q.opt::<(String,)>("SELECT value FROM settings WHERE name = $1", args![name]).await?;
    Ok(found.map(|row| row.0))
}

pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    tx.run_one(
        "INSERT INTO settings (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        args![name, value],
    )
    .await
}

/// Sets a value that is not there yet, and answers the one that is there now.
pub async fn get_or_set(tx: &mut Tx, name: &str, value: &str) -> Result<String> {
    let insert = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    tx.run(insert, args![name, value]).await?;
    Ok(tx.one::<(String,)>("SELECT value FROM settings WHERE name = $1", args![name]).await?.0)
}
