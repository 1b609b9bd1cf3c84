//! A transaction of `Db::begin_batch` is one like all others, on connections of its own.

use crate::db::{Thing, count, insert, with_things};
use domain::time::Timestamp;
use std::task::Poll;
use store::db::{Cell, Db, Error, Rows, Type};
use store::idempotency_keys::{keep_all, kept};
use store::{Query, args};
use testkit::Database;

testkit::on_both_databases!(
    a_batch_reads_what_it_has_written,
    arguments_go_by_their_number_in_a_batch,
    a_batch_that_is_dropped_is_rolled_back,
    what_refuses_a_row_refuses_it_in_a_batch,
    what_a_batch_writes_keeps_its_values_and_its_nulls,
    a_kept_answer_is_a_row_too_few_unless_it_was_seen_or_has_expired,
    a_batch_takes_turns_with_other_transactions,
    trap_41_a_batch_dropped_at_any_moment_leaves_no_transaction_open,
);

fn thing(id: &str, count: Option<i64>, good: Option<bool>, note: Option<&str>) -> Thing {
    Thing { id: id.to_owned(), count, good, note: note.map(str::to_owned) }
}

async fn a_batch_reads_what_it_has_written(database: Database) {
    let db = with_things(&database).await;
    let mut tx = db.begin_batch().await.unwrap();
    let sql = "INSERT INTO things (id, count, good, note) SELECT id, n, good, note FROM $rows";
    let columns = &[("id", Type::Text), ("n", Type::Int), ("good", Type::Bool), ("note", Type::Text)];
    let full = ["full".into(), i64::MAX.into(), true.into(), "naïve ☕".into()];
    let empty = ["empty".into(), Cell::Int(None), Cell::Bool(None), Cell::Text(None)];
    assert_eq!(tx.run_with(sql, args![], &Rows::new(columns, [full, empty])).await.unwrap(), 2);
    let all = "SELECT note, good, id, count FROM things ORDER BY id DESC";
    let expected =
        [thing("full", Some(i64::MAX), Some(true), Some("naïve ☕")), thing("empty", None, None, None)];
    assert_eq!(tx.all::<Thing>(all, args![]).await.unwrap(), expected);
    assert_eq!(tx.opt::<Thing>(all, args![]).await.unwrap().as_ref(), Some(&expected[0]));
    assert_eq!(count(&mut tx, "nobody").await, None);
    let text_as_number = tx.opt::<(i64,)>("SELECT id FROM things", args![]).await;
    assert!(!text_as_number.unwrap_err().is_of_the_data(), "the program's own mistake");
    let unknown = tx.all::<Thing>("SELECT id FROM things", args![]).await.unwrap_err();
    assert!(unknown.to_string().contains("count") && !unknown.is_of_the_data(), "{unknown}");
    tx.commit().await.unwrap();
    assert_eq!(db.reader().all::<Thing>(all, args![]).await.unwrap(), expected);
}

async fn arguments_go_by_their_number_in_a_batch(database: Database) {
    let db = with_things(&database).await;
    let mut tx = db.begin_batch().await.unwrap();
    let sql = "INSERT INTO things (note, id, count) VALUES ($3, $1, CAST($2 AS BIGINT))";
    tx.run_one(sql, args!["a", 7, "third"]).await.unwrap();
    let sql = "SELECT note FROM things WHERE count = $2 AND id = $1 AND $2 = count";
    assert_eq!(tx.one::<(String,)>(sql, args!["a", 7]).await.unwrap().0, "third");
    let too_few = tx.opt::<(String,)>(sql, args!["a"]).await;
    assert!(too_few.is_err(), "{too_few:?}");
}

async fn a_batch_that_is_dropped_is_rolled_back(database: Database) {
    let db = with_things(&database).await;
    for n in 0..3 {
        let mut tx = db.begin_batch().await.unwrap();
        assert_eq!(count(&mut tx, "a").await, None, "{n}");
        tx.run_one("INSERT INTO things (id, count) VALUES ('a', 1)", args![]).await.unwrap();
        drop(tx);
        // Somebody else's turn.
        insert(&db, &format!("after {n}"), n).await.unwrap();
    }
    assert_eq!(count(&mut db.reader(), "a").await, None);
}

async fn what_refuses_a_row_refuses_it_in_a_batch(database: Database) {
    let db = with_things(&database).await;
    insert(&db, "old", 1).await.unwrap();
    let insert = "INSERT INTO things (id, count) VALUES ($1, $2)";

    let mut tx = db.begin_batch().await.unwrap();
    let again = tx.run(insert, args!["old", 2]).await.unwrap_err();
    assert!(
        again.is_unique_violation() && !again.is_check_violation() && again.is_of_the_data(),
        "{again:?}"
    );
    drop(tx);

    let mut tx = db.begin_batch().await.unwrap();
    let negative = tx.run(insert, args!["new", -1]).await.unwrap_err();
    assert!(negative.is_check_violation() && !negative.is_unique_violation() && negative.is_of_the_data());
    drop(tx);

    let mut tx = db.begin_batch().await.unwrap();
    let mut writes = tx.writes();
    writes.add(insert, args!["new", 3], 1);
    writes.add("UPDATE things SET count = 2 WHERE id = $1", args!["nobody"], 1);
    let too_few = tx.run_all(writes).await.unwrap_err();
    assert!(matches!(too_few, Error::RowsAffected { expected: 2, actual: 1 }), "{too_few:?}");
    drop(tx);

    let mut tx = db.begin_batch().await.unwrap();
    let nonsense = tx.run("INSERT INTO nowhere VALUES (1)", args![]).await.unwrap_err();
    assert!(!nonsense.is_of_the_data() && !nonsense.is_lost() && !nonsense.is_transient(), "{nonsense:?}");
    drop(tx);
    assert_eq!(count(&mut db.reader(), "new").await, None);
}

async fn what_a_batch_writes_keeps_its_values_and_its_nulls(database: Database) {
    let db = with_things(&database).await;
    let columns = &[("id", Type::Text), ("n", Type::Int), ("good", Type::Bool), ("note", Type::Text)];
    let full = ["full".into(), i64::MAX.into(), true.into(), "it's \"naïve\" ☕".into()];
    let empty = ["empty".into(), Cell::Int(None), Cell::Bool(None), Cell::Text(None)];
    let insert =
        "INSERT INTO things (note, count, good, id) $values(source.note, source.n, source.good, source.id)
         ON CONFLICT (id) DO UPDATE SET count = excluded.count";
    let update = "UPDATE things SET count = source.n, note = $1 $from WHERE things.id = source.id";
    let mut tx = db.begin_batch().await.unwrap();
    let mut writes = tx.writes();
    writes.add_with(insert, &[], &Rows::new(columns, [full, empty])).unwrap();
    tx.run_all(writes).await.unwrap();
    tx.commit().await.unwrap();
    let all = "SELECT note, good, id, count FROM things ORDER BY id DESC";
    let there = |empty: Option<i64>, note: Option<&str>| {
        let full = thing("full", Some(i64::MAX), Some(true), Some("it's \"naïve\" ☕"));
        [full, thing("empty", empty, None, note)]
    };
    assert_eq!(db.reader().all::<Thing>(all, args![]).await.unwrap(), there(None, None));

    let again = || [["empty".into(), 7.into(), Cell::Bool(None), Cell::Text(None)]];
    for (sql, args, note) in [(insert, args![], None), (update, args!["new"], Some("new"))] {
        let mut tx = db.begin_batch().await.unwrap();
        let mut writes = tx.writes();
        writes.add_with(sql, &args, &Rows::new(columns, again())).unwrap();
        tx.run_all(writes).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.reader().all::<Thing>(all, args![]).await.unwrap(), there(Some(7), note));
    }
}

async fn keep(db: &Db, answers: &[(&str, &str)], seen: bool, now: Timestamp) -> Result<(), Error> {
    let answers: Vec<_> =
        answers.iter().map(|(key, body)| ("scope", *key, "hash", (*body).to_owned())).collect();
    let mut tx = db.begin_batch().await?;
    let mut writes = tx.writes();
    keep_all(&mut writes, &answers, seen, now, now.plus(1_000))?;
    tx.run_all(writes).await?;
    tx.commit().await
}

async fn a_kept_answer_is_a_row_too_few_unless_it_was_seen_or_has_expired(database: Database) {
    let (db, now) = (&database.db, Timestamp(1_780_000_000_000));
    let body = async |key: &str, at: Timestamp| {
        let kept = kept(&mut db.reader(), &[("scope", key)], at).await.unwrap();
        kept.into_iter().next().and_then(|kept| kept.body)
    };
    keep(db, &[("a", "1"), ("b", "1")], false, now).await.unwrap();
    let too_few = keep(db, &[("c", "2"), ("b", "2")], false, now).await.unwrap_err();
    assert!(matches!(too_few, Error::RowsAffected { expected: 2, actual: 1 }), "{too_few:?}");
    assert_eq!((body("b", now).await.as_deref(), body("c", now).await), (Some("1"), None));
    keep(db, &[("b", "3")], true, now).await.unwrap();
    assert_eq!(body("b", now).await.as_deref(), Some("3"));
    let later = now.plus(1_000);
    assert_eq!(body("a", later).await, None);
    keep(db, &[("a", "4")], false, later).await.unwrap();
    assert_eq!(body("a", later).await.as_deref(), Some("4"));
}

async fn add_one(db: &Db, in_a_batch: bool) {
    let begun = if in_a_batch { db.begin_batch().await } else { db.begin().await };
    let mut tx = begun.unwrap();
    let sql = tx.locked("SELECT count FROM things WHERE id = 'a'");
    let (before,) = tx.one::<(i64,)>(sql, args![]).await.unwrap();
    tokio::task::yield_now().await;
    tx.run_one("UPDATE things SET count = $1 WHERE id = 'a'", args![before + 1]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_batch_takes_turns_with_other_transactions(database: Database) {
    let db = with_things(&database).await;
    insert(&db, "a", 0).await.unwrap();
    let adds: Vec<_> = (0..40)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { add_one(&db, n % 2 == 0).await })
        })
        .collect();
    for add in adds {
        add.await.unwrap();
    }
    assert_eq!(count(&mut db.reader(), "a").await, Some(40));
}

async fn trap_41_a_batch_dropped_at_any_moment_leaves_no_transaction_open(database: Database) {
    let db = with_things(&database).await;
    for waits in 0..12 {
        // Now and then somebody else has the turn.
        let held = if waits % 2 == 0 { None } else { Some(db.begin().await.unwrap()) };
        let mut work = Box::pin(async {
            let mut tx = db.begin_batch().await.unwrap();
            tx.run("INSERT INTO things (id, count) VALUES ('a', 1)", args![]).await.unwrap();
            std::future::pending::<()>().await;
        });
        for _ in 0..=waits {
            let polled = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
            assert!(polled.is_pending());
            tokio::task::yield_now().await;
        }
        drop((work, held));
    }
    for n in 0..10 {
        insert(&db, &format!("after {n}"), n).await.unwrap();
        add_nothing(&db).await;
    }
    assert_eq!(count(&mut db.reader(), "a").await, None);
}

async fn add_nothing(db: &Db) {
    let mut tx = db.begin_batch().await.unwrap();
    tx.run("UPDATE things SET count = count WHERE id = 'after 0'", args![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn sqlite_is_a_file_that_both_of_its_libraries_open_alike() {
    let folder = Database::sqlite().await.folder().to_owned();
    for url in ["sqlite::memory:", "sqlite:x.db?mode=memory", "sqlite:x.db?vfs=unix-none"] {
        let refused = Db::open(&url.replace("x.db", folder.join("x.db").to_str().unwrap())).await;
        assert!(matches!(refused, Err(Error::NotAFile)), "{url}: {refused:?}");
    }
    assert!(!folder.join("x.db").exists());
}

/// SQLite's log is taken into the database by the last connection that is closed.
#[tokio::test]
async fn a_closed_database_has_no_log_left() {
    let database = Database::sqlite().await;
    let db = with_things(&database).await;
    let mut tx = db.begin_batch().await.unwrap();
    tx.run_one("INSERT INTO things (id, count) VALUES ('a', 1)", args![]).await.unwrap();
    tx.commit().await.unwrap();
    let log = database.folder().join("billing.db-wal");
    assert!(log.exists());
    db.close().await;
    assert!(!log.exists());
    assert!(db.begin_batch().await.is_err(), "closed is closed");
    assert!(!log.exists());
    let again = database.open_again().await;
    assert_eq!(count(&mut again.reader(), "a").await, Some(1));
}
