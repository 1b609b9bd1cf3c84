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
    16 "0016_sources",
    17 "0017_unanswered_keys",
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

    /// On SQLite their table is written anew.
    #[tokio::test]
    async fn movements_of_tokens_survive_another_index_and_stay_as_they_are() {
        let folder = std::env::temp_dir().join(format!("allthrive-migrations-{}", std::process::id()));
        let db = Db::open(&format!("sqlite:{}", folder.join("billing.db").display())).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.script("CREATE TABLE schema_migrations (version BIGINT, name TEXT, applied_at BIGINT)")
            .await
            .unwrap();
        let (before, after) = MIGRATIONS.split_at(15);
        for migration in before {
            apply(&mut tx, migration, Timestamp(0)).await.unwrap();
        }
        tx.script(
            "INSERT INTO users (id, issuer, subject, created_at) VALUES ('usr_1', 'local', 'ada', 0);
             INSERT INTO accounts (id, owner_user_id, created_at) VALUES ('acc_1', 'usr_1', 0);
             INSERT INTO token_transactions (id, account_id, kind, tokens, balance_after, description, source, created_at)
             VALUES ('ttx_3', 'acc_1', 'purchase', 9, 9, 'starter', 'pi_1', 1),
                 ('ttx_1', 'acc_1', 'usage', -2, 7, 'chat', NULL, 2), ('ttx_2', 'acc_1', 'usage', -3, 4, 'chat', NULL, 3)",
        )
        .await
        .unwrap();
        for migration in after {
            apply(&mut tx, migration, Timestamp(0)).await.unwrap();
        }
        let rows = "SELECT id || kind || tokens || balance_after || description || COALESCE(source, '-') || created_at
             FROM token_transactions ORDER BY rowid";
        let rows: Vec<(String,)> = tx.all(rows, args![]).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(rows, ["ttx_3purchase99starterpi_11", "ttx_1usage-27chat-2", "ttx_2usage-34chat-3"]);
        let again = "INSERT INTO token_transactions (id, account_id, kind, tokens, balance_after, description, source,
             created_at) VALUES ('ttx_4', 'acc_1', 'purchase', 9, 13, 'starter', 'pi_1', 4)";
        assert!(tx.run(again, args![]).await.unwrap_err().is_unique_violation());
        for changed in ["UPDATE token_transactions SET tokens = 1", "DELETE FROM token_transactions"] {
            let refused = tx.run(changed, args![]).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        drop(tx);
        db.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}
