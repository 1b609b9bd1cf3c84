//! The schema, in numbered steps that are part of the program. A step is never edited once released: the
//! next one changes what it made.
//!
//! A step has a common text and, where triggers and the like differ, one per database that runs after it.

use crate::args;
use crate::db::{Db, Dialect, Error, Query as _, Result, Tx};
use domain::time::Timestamp;
use std::hash::{Hash as _, Hasher as _};

struct Migration {
    version: i64,
    name: &'static str,
    common: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal,)*) => { &[$(Migration {
        version: $version,
        name: $name,
        common: include_str!(concat!("../migrations/common/", $name, ".sql")),
        sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
        postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
    }),*] };
}

const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_identity",
    2 "0002_billing",
    3 "0003_invoices",
    4 "0004_plan_changes",
    5 "0005_disputes_and_reconciliation",
    6 "0006_paying",
    7 "0007_messages_and_people",
    8 "0008_holds",
    9 "0009_sign_in_codes",
    10 "0010_late_holds",
    11 "0011_open_holds",
    12 "0012_models",
    13 "0013_usage_batches",
    14 "0014_standing",
    15 "0015_next_amount",
};

/// Any number, the same in every version: what instances that start together queue up on.
const ADVISORY_LOCK: i64 = 0x0A11_781E;

/// Brings the database to this program's schema and answers how many steps that took. All of them commit
/// together or none; instances that start at the same time do it one after the other.
///
/// A database that a newer program has migrated is refused ([`Error::SchemaTooNew`]).
pub async fn migrate(db: &Db, now: Timestamp) -> Result<usize> {
    let mut tx = db.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.one::<(String,)>("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", args![ADVISORY_LOCK]).await?;
    }
    tx.script(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
             version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
    )
    .await?;
    let (found,) =
        tx.one::<(i64,)>("SELECT COALESCE(MAX(version), 0) FROM schema_migrations", args![]).await?;
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if found > known {
        return Err(Error::SchemaTooNew { found, known });
    }
    let mut applied = 0;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
        apply(&mut tx, migration, now)
            .await
            .map_err(|cause| Error::Migration { version: migration.version, cause: Box::new(cause) })?;
        applied += 1;
    }
    tx.commit().await?;
    Ok(applied)
}

/// Changes with every text: names a database that has this schema and no other.
pub fn fingerprint() -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for migration in MIGRATIONS {
        (migration.version, migration.common, migration.sqlite, migration.postgres).hash(&mut hasher);
    }
    hasher.finish()
}

async fn apply(tx: &mut Tx, migration: &Migration, now: Timestamp) -> Result<()> {
    tx.script(migration.common).await?;
    tx.script(match tx.dialect() {
        Dialect::Sqlite => migration.sqlite,
        Dialect::Postgres => migration.postgres,
    })
    .await?;
    tx.run_one(
        "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)",
        args![migration.version, migration.name, now],
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_one_without_a_gap() {
        let versions: Vec<_> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=i64::try_from(MIGRATIONS.len()).unwrap()).collect::<Vec<_>>());
    }
}
