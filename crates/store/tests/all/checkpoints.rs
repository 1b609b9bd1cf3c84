//! SQLite's log is copied into the database although nobody asks for it, and the writer does not stop for it.

use store::{Query as _, args};
use testkit::{Database, wait_until};

fn length(database: &Database) -> u64 {
    std::fs::metadata(database.folder().join("billing.db")).unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_comes_into_the_database_by_itself() {
    let database = Database::sqlite().await;
    let before = length(&database);
    let mut tx = database.db.begin().await.unwrap();
    tx.run("CREATE TABLE things (text TEXT)", args![]).await.unwrap();
    // 8 MiB: more than SQLite copies at a commit of its own accord, and less than what the writer stops for.
    for _ in 0..8 {
        tx.run("INSERT INTO things (text) VALUES ($1)", args!["x".repeat(1024 * 1024)]).await.unwrap();
    }
    tx.commit().await.unwrap();
    wait_until("the log to be copied", async || {
        (length(&database) >= before + 8 * 1024 * 1024).then_some(())
    })
    .await;
    database.db.close().await;
    let again = database.open_again().await;
    let mut reader = again.reader();
    let (count,): (i64,) =
        reader.one("SELECT COUNT(*) FROM things WHERE length(text) = 1048576", args![]).await.unwrap();
    assert_eq!(count, 8);
}
