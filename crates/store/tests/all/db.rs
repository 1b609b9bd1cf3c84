//! What `Db`, `Tx` and `Reader` promise.

use store::db::{Cell, Db, Error, Rows, Type};
use store::{Query, args, row};
use testkit::{Database, wait_until};

testkit::on_both_databases!(
    values_come_back_as_they_were_written,
    a_missing_row_is_none_or_an_error,
    dropping_a_transaction_rolls_it_back,
    a_second_equal_row_is_a_unique_violation,
    a_forbidden_value_is_a_check_violation,
    an_unexpected_number_of_rows_is_an_error,
    several_writes_are_one_statement_that_counts_their_rows,
    many_rows_are_written_and_counted_all_together,
    one_of_several_writes_that_fails_takes_the_others_with_it,
    a_statement_reads_the_rows_that_it_is_given,
    rows_keep_their_values_and_their_nulls,
    a_lock_makes_read_and_write_one_step,
    a_locked_row_is_passed_over_by_the_next_worker,
    trap_41_a_begin_dropped_at_any_moment_leaves_no_transaction_open,
    trap_41_a_commit_whose_caller_left_still_commits,
);

row! {
    #[derive(Debug, PartialEq)]
    pub(crate) struct Thing {
        id: String,
        count: Option<i64>,
        good: Option<bool>,
        note: Option<String>,
    }
}

/// A table of this test's own, beside the schema.
pub(crate) async fn with_things(database: &Database) -> Db {
    let mut tx = database.db.begin().await.unwrap();
    tx.run(
        "CREATE TABLE things (id TEXT PRIMARY KEY, count BIGINT CHECK (count >= 0), good BOOLEAN, note TEXT)",
        args![],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    database.db.clone()
}

pub(crate) async fn insert(db: &Db, id: &str, count: i64) -> store::Result<()> {
    let mut tx = db.begin().await?;
    tx.run_one("INSERT INTO things (id, count) VALUES ($1, $2)", args![id, count]).await?;
    tx.commit().await
}

pub(crate) async fn count(q: &mut impl Query, id: &str) -> Option<i64> {
    q.opt::<(i64,)>("SELECT count FROM things WHERE id = $1", args![id]).await.unwrap().map(|row| row.0)
}

async fn values_come_back_as_they_were_written(database: Database) {
    let db = with_things(&database).await;
    let full =
        Thing { id: "full".into(), count: Some(i64::MAX), good: Some(true), note: Some("naïve ☕".into()) };
    let empty = Thing { id: "empty".into(), count: None, good: None, note: None };
    let mut tx = db.begin().await.unwrap();
    for thing in [&full, &empty] {
        tx.run_one(
            "INSERT INTO things (id, count, good, note) VALUES ($1, $2, $3, $4)",
            args![thing.id.as_str(), thing.count, thing.good, thing.note.clone()],
        )
        .await
        .unwrap();
    }
    let inside: Vec<Thing> = tx.all("SELECT * FROM things ORDER BY id DESC", args![]).await.unwrap();
    tx.commit().await.unwrap();
    let outside: Vec<Thing> =
        db.reader().all("SELECT * FROM things ORDER BY id DESC", args![]).await.unwrap();
    assert_eq!(inside, [full, empty]);
    assert_eq!(outside, inside);
}

async fn a_missing_row_is_none_or_an_error(database: Database) {
    let mut reader = with_things(&database).await.reader();
    assert_eq!(count(&mut reader, "nobody").await, None);
    let missing = reader.one::<Thing>("SELECT * FROM things", args![]).await;
    assert!(matches!(missing, Err(Error::Sql(_))), "{missing:?}");
}

async fn dropping_a_transaction_rolls_it_back(database: Database) {
    let db = with_things(&database).await;
    let mut tx = db.begin().await.unwrap();
    tx.run_one("INSERT INTO things (id, count) VALUES ('a', 1)", args![]).await.unwrap();
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    assert_eq!(count(&mut tx, "a").await, None);
}

async fn a_second_equal_row_is_a_unique_violation(database: Database) {
    let db = with_things(&database).await;
    insert(&db, "a", 1).await.unwrap();
    let again = insert(&db, "a", 2).await.unwrap_err();
    assert!(again.is_unique_violation() && !again.is_check_violation(), "{again:?}");
    assert_eq!(count(&mut db.reader(), "a").await, Some(1));
}

async fn a_forbidden_value_is_a_check_violation(database: Database) {
    let db = with_things(&database).await;
    let negative = insert(&db, "a", -1).await.unwrap_err();
    assert!(negative.is_check_violation() && !negative.is_unique_violation(), "{negative:?}");
}

async fn an_unexpected_number_of_rows_is_an_error(database: Database) {
    let db = with_things(&database).await;
    let mut tx = db.begin().await.unwrap();
    let none = tx.run_one("UPDATE things SET count = 0 WHERE id = 'nobody'", args![]).await;
    assert!(matches!(none, Err(Error::RowsAffected { expected: 1, actual: 0 })), "{none:?}");
}

async fn several_writes_are_one_statement_that_counts_their_rows(database: Database) {
    let db = with_things(&database).await;
    insert(&db, "old", 1).await.unwrap();
    for (rows, expected) in [(1, true), (0, false), (2, false)] {
        let mut tx = db.begin().await.unwrap();
        let mut writes = tx.writes();
        let new = Rows::new(
            &[("id", Type::Text), ("n", Type::Int)],
            [["a".into(), 5.into()], ["b".into(), 6.into()]],
        );
        let sql = "INSERT INTO things (id, count, note) $values(source.id, source.n, $1)";
        writes.add_with(sql, &args!["new"], &new).unwrap();
        writes.add("UPDATE things SET count = $1 WHERE id = $2", args![7, "old"], rows);
        writes.add("DELETE FROM things WHERE id = $1", args!["nobody"], 0);
        assert_eq!(tx.run_all(writes).await.is_ok(), expected, "{rows}");
        if expected {
            tx.commit().await.unwrap();
            let mut reader = db.reader();
            assert_eq!((count(&mut reader, "a").await, count(&mut reader, "b").await), (Some(5), Some(6)));
            assert_eq!(count(&mut reader, "old").await, Some(7));
            let sql = "SELECT note FROM things WHERE id = 'b'";
            assert_eq!(reader.one::<(String,)>(sql, args![]).await.unwrap().0, "new");
            let mut tx = db.begin().await.unwrap();
            tx.run("DELETE FROM things WHERE id <> 'old'", args![]).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    let mut tx = db.begin().await.unwrap();
    let none = tx.writes();
    tx.run_all(none).await.unwrap();
}

async fn many_rows_are_written_and_counted_all_together(database: Database) {
    let db = with_things(&database).await;
    let ids: Vec<_> = (0..100).map(|number| format!("thing {number}")).collect();
    let sql = "INSERT INTO things (id, count, note) $values(source.id, source.n, $1)";
    for (last, written) in [(-1, false), (99, true)] {
        let number = |at: usize| if at == 99 { last } else { i64::try_from(at).unwrap() };
        let rows = ids.iter().enumerate().map(|(at, id)| [id.as_str().into(), number(at).into()]);
        let rows = Rows::new(&[("id", Type::Text), ("n", Type::Int)], rows);
        let mut tx = db.begin_batch().await.unwrap();
        let mut writes = tx.writes();
        writes.add_with(sql, &args!["new"], &rows).unwrap();
        match tx.run_all(writes).await {
            Ok(()) => tx.commit().await.unwrap(),
            Err(error) => assert!(error.is_check_violation(), "{error:?}"),
        }
        let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM things WHERE note = 'new'";
        let there: (i64, i64) = db.reader().one(sql, args![]).await.unwrap();
        assert_eq!(there, if written { (100, 99 * 50) } else { (0, 0) });
    }
}

async fn one_of_several_writes_that_fails_takes_the_others_with_it(database: Database) {
    let db = with_things(&database).await;
    insert(&db, "old", 1).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let mut writes = tx.writes();
    writes.add("UPDATE things SET count = 2 WHERE id = $1", args!["old"], 1);
    writes.add("INSERT INTO things (id) VALUES ($1)", args!["old"], 1);
    assert!(tx.run_all(writes).await.unwrap_err().is_unique_violation());
    drop(tx);
    assert_eq!(count(&mut db.reader(), "old").await, Some(1));
    // The connection serves on.
    insert(&db, "new", 3).await.unwrap();
}

async fn a_statement_reads_the_rows_that_it_is_given(database: Database) {
    let db = with_things(&database).await;
    for id in ["a", "b", "c"] {
        insert(&db, id, 1).await.unwrap();
    }
    let mut reader = db.reader();
    let sql = "SELECT id FROM things WHERE count = $1 AND id IN (SELECT wanted FROM $rows) ORDER BY id";
    let wanted = ["c", "a", "x"].map(|id| [Cell::from(id)]);
    let wanted = Rows::new(&[("wanted", Type::Text)], wanted);
    let found: Vec<(String,)> = reader.all_with(sql, args![1], &wanted).await.unwrap();
    assert_eq!(found, [("a".to_owned(),), ("c".to_owned(),)]);
    let none = Rows::new(&[("wanted", Type::Text)], []);
    assert!(none.is_empty());
    assert_eq!(reader.all_with::<(String,), 1>(sql, args![1], &none).await.unwrap(), []);
}

async fn rows_keep_their_values_and_their_nulls(database: Database) {
    let db = with_things(&database).await;
    let mut tx = db.begin().await.unwrap();
    let sql = "INSERT INTO things (id, count, good, note) SELECT id, count, good, note FROM $rows WHERE true
         ON CONFLICT (id) DO NOTHING";
    let rows = Rows::new(
        &[("id", Type::Text), ("count", Type::Int), ("good", Type::Bool), ("note", Type::Text)],
        [
            ["a".into(), 9_007_199_254_740_993.into(), true.into(), r#"it's "so""#.into()],
            ["b".into(), Cell::Int(None), Cell::Bool(None), Cell::Text(None)],
        ],
    );
    assert_eq!(tx.run_with(sql, args![], &rows).await.unwrap(), 2);
    assert_eq!(tx.run_with(sql, args![], &rows).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let things: Vec<Thing> = db.reader().all("SELECT * FROM things ORDER BY id", args![]).await.unwrap();
    assert_eq!(
        things,
        [
            Thing {
                id: "a".into(),
                count: Some(9_007_199_254_740_993),
                good: Some(true),
                note: Some("it's \"so\"".into())
            },
            Thing { id: "b".into(), count: None, good: None, note: None },
        ]
    );
}

async fn a_lock_makes_read_and_write_one_step(database: Database) {
    let db = with_things(&database).await;
    insert(&db, "a", 0).await.unwrap();
    let adds = (0..20).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let sql = tx.locked("SELECT count FROM things WHERE id = 'a'");
            let (before,) = tx.one::<(i64,)>(sql, args![]).await.unwrap();
            tx.run_one("UPDATE things SET count = $1 WHERE id = 'a'", args![before + 1]).await.unwrap();
            tx.commit().await.unwrap();
        })
    });
    for add in adds.collect::<Vec<_>>() {
        add.await.unwrap();
    }
    assert_eq!(count(&mut db.reader(), "a").await, Some(20));
}

async fn a_locked_row_is_passed_over_by_the_next_worker(database: Database) {
    let db = with_things(&database).await;
    for id in ["a", "b"] {
        insert(&db, id, 0).await.unwrap();
    }
    let mut first = db.begin().await.unwrap();
    let next = first.locked_free("SELECT id FROM things ORDER BY id LIMIT 1");
    assert_eq!(first.one::<(String,)>(next.clone(), args![]).await.unwrap().0, "a");
    if database.is_postgres() {
        let mut second = db.begin().await.unwrap();
        assert_eq!(second.one::<(String,)>(next, args![]).await.unwrap().0, "b");
    }
}

/// A unit of work is dropped when it waits for the first time, then one when it waits for the second...
async fn trap_41_a_begin_dropped_at_any_moment_leaves_no_transaction_open(database: Database) {
    let db = with_things(&database).await;
    let observer = database.open_again().await;
    for waits in (0_u8..12).chain(0..12) {
        let mut work = Box::pin(async {
            let mut tx = db.begin().await.unwrap();
            tx.run("INSERT INTO things (id, count) VALUES ('a', 1)", args![]).await.unwrap();
            count(&mut tx, "a").await;
        });
        let mut left = waits;
        std::future::poll_fn(|context| {
            let over = work.as_mut().poll(context).is_ready() || left == 0;
            left = left.saturating_sub(1);
            if over { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        drop(work);
        if database.is_postgres() {
            wait_until("no session is idle in a transaction", async || {
                (idle_in_transaction(&observer).await == 0).then_some(())
            })
            .await;
        }
    }
    // And whoever borrows the connections next works in transactions of their own.
    for n in 0..40 {
        insert(&db, &format!("after {n}"), n).await.unwrap();
    }
    let (there,) = observer.reader().one::<(i64,)>("SELECT COUNT(*) FROM things", args![]).await.unwrap();
    assert_eq!(there, 40);
}

async fn idle_in_transaction(observer: &Db) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity
               WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    observer.reader().one::<(i64,)>(sql, args![]).await.unwrap().0
}

async fn trap_41_a_commit_whose_caller_left_still_commits(database: Database) {
    let db = with_things(&database).await;
    let mut tx = db.begin().await.unwrap();
    tx.run_one("INSERT INTO things (id, count) VALUES ('a', 1)", args![]).await.unwrap();
    let mut commit = Box::pin(tx.commit());
    std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context).is_ready())).await;
    drop(commit);
    wait_until("the row is there", async || count(&mut db.reader(), "a").await).await;
}
