//! The schema's own rules, and how it comes into a database.

use store::db::Error;
use store::{Query as _, args, migrations};
use testkit::Database;

testkit::on_both_databases!(
    migrating_again_changes_nothing,
    instances_that_start_together_migrate_once,
    a_database_newer_than_the_program_is_refused,
    admin_actions_are_append_only,
);

async fn migrating_again_changes_nothing(database: Database) {
    assert_eq!(migrations::migrate(&database.db, testkit::now()).await.unwrap(), 0);
}

async fn instances_that_start_together_migrate_once(database: Database) {
    let mut tx = database.db.begin().await.unwrap();
    tx.run("DELETE FROM schema_migrations", args![]).await.unwrap();
    for table in drop_order(&mut tx).await {
        tx.run(store::db::built(format!("DROP TABLE {table}")), args![]).await.unwrap();
    }
    if database.is_postgres() {
        tx.run("DROP SCHEMA public CASCADE", args![]).await.unwrap();
        tx.run("CREATE SCHEMA public", args![]).await.unwrap();
    }
    tx.commit().await.unwrap();

    let (first, second) = (database.db.clone(), database.open_again().await);
    let (first, second) = tokio::join!(
        migrations::migrate(&first, testkit::now()),
        migrations::migrate(&second, testkit::now())
    );
    let mut steps = [first.unwrap(), second.unwrap()];
    steps.sort_unstable();
    assert_eq!(steps[0], 0);
    assert!(steps[1] > 0);
}

async fn a_database_newer_than_the_program_is_refused(database: Database) {
    let mut tx = database.db.begin().await.unwrap();
    let newer = "INSERT INTO schema_migrations (version, name, applied_at) VALUES (9999, 'of the future', 0)";
    tx.run_one(newer, args![]).await.unwrap();
    tx.commit().await.unwrap();
    let refused = migrations::migrate(&database.db, testkit::now()).await.unwrap_err();
    assert!(matches!(refused, Error::SchemaTooNew { found: 9999, .. }), "{refused:?}");
    assert!(refused.to_string().contains("start the newer version"), "{refused}");
}

async fn admin_actions_are_append_only(database: Database) {
    let mut tx = database.db.begin().await.unwrap();
    let insert = "INSERT INTO admin_actions (id, actor, action, target, created_at)
                  VALUES ('adm_1', 'cli', 'user.make_admin', 'usr_1', 0)";
    tx.run_one(insert, args![]).await.unwrap();
    tx.commit().await.unwrap();
    for change in ["UPDATE admin_actions SET actor = 'nobody'", "DELETE FROM admin_actions"] {
        let mut tx = database.db.begin().await.unwrap();
        let refused = tx.run(change, args![]).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

/// SQLite's tables, those that refer to others first. PostgreSQL drops its schema as a whole.
async fn drop_order(tx: &mut store::Tx) -> Vec<String> {
    if tx.dialect() == store::db::Dialect::Postgres {
        return vec![];
    }
    let newest_first = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC";
    tx.all::<(String,)>(newest_first, args![]).await.unwrap().into_iter().map(|row| row.0).collect()
}
