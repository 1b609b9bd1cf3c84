//! One statement, bound and run on whichever database it is, counted and timed.

use super::{Db, FromRow, Inner, Result, Row, SqlStr, Val};
use crate::clock;
use sqlx::Executor as _;

macro_rules! bind {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match arg {
                Val::Bool(value) => query.bind(value),
                Val::Int(value) => query.bind(value),
                Val::Text(value) => query.bind(value),
                Val::Array(value) => query.bind(value),
            };
        }
        query
    }};
}

pub(super) async fn run(tx: &mut Inner, sql: SqlStr, args: Vec<Val>) -> Result<u64> {
    measured(async {
        Ok(match tx {
            Inner::Sqlite(tx) => tx.get()?.execute(bind!(sql, args)).await?.rows_affected(),
            Inner::Postgres(tx) => tx.execute(bind!(sql, args)).await?.rows_affected(),
            Inner::SqliteBatch(batch) => batch.run(sql.as_str(), &args)?,
            Inner::PostgresBatch(batch) => {
                let query = bind!(sql, args);
                batch.answer(async |connection| connection.execute(query).await).await?.rows_affected()
            }
        })
    })
    .await
}

/// Once with each of these arguments. Answers how many rows it changed.
pub(super) async fn run_each(tx: &mut Inner, sql: &SqlStr, args: Vec<Vec<Val>>) -> Result<u64> {
    if let Inner::SqliteBatch(batch) = tx {
        return measured(async { batch.run_each(sql.as_str(), &args) }).await;
    }
    let mut changed = 0;
    for args in args {
        changed += run(tx, sql.clone(), args).await?;
    }
    Ok(changed)
}

pub(super) async fn all<T: FromRow>(tx: &mut Inner, sql: SqlStr, args: Vec<Val>) -> Result<Vec<T>> {
    measured(async {
        match tx {
            Inner::Sqlite(tx) => many(tx.get()?.fetch_all(bind!(sql, args)).await?, Row::Sqlite),
            Inner::Postgres(tx) => many(tx.fetch_all(bind!(sql, args)).await?, Row::Postgres),
            Inner::SqliteBatch(batch) => batch.rows(sql.as_str(), &args, usize::MAX),
            Inner::PostgresBatch(batch) => {
                let query = bind!(sql, args);
                let rows = batch.answer(async |connection| connection.fetch_all(query).await).await?;
                many(rows, Row::Postgres)
            }
        }
    })
    .await
}

pub(super) async fn opt<T: FromRow>(tx: &mut Inner, sql: SqlStr, args: Vec<Val>) -> Result<Option<T>> {
    measured(async {
        match tx {
            Inner::Sqlite(tx) => first(tx.get()?.fetch_optional(bind!(sql, args)).await?, Row::Sqlite),
            Inner::Postgres(tx) => first(tx.fetch_optional(bind!(sql, args)).await?, Row::Postgres),
            Inner::SqliteBatch(batch) => Ok(batch.rows(sql.as_str(), &args, 1)?.pop()),
            Inner::PostgresBatch(batch) => {
                let query = bind!(sql, args);
                let row = batch.answer(async |connection| connection.fetch_optional(query).await).await?;
                first(row, Row::Postgres)
            }
        }
    })
    .await
}

pub(super) async fn all_pooled<T: FromRow>(db: &Db, sql: SqlStr, args: Vec<Val>) -> Result<Vec<T>> {
    measured(async {
        match db {
            Db::Sqlite { readers, .. } => many(readers.fetch_all(bind!(sql, args)).await?, Row::Sqlite),
            Db::Postgres { pool, .. } => many(pool.fetch_all(bind!(sql, args)).await?, Row::Postgres),
        }
    })
    .await
}

pub(super) async fn opt_pooled<T: FromRow>(db: &Db, sql: SqlStr, args: Vec<Val>) -> Result<Option<T>> {
    measured(async {
        match db {
            Db::Sqlite { readers, .. } => first(readers.fetch_optional(bind!(sql, args)).await?, Row::Sqlite),
            Db::Postgres { pool, .. } => first(pool.fetch_optional(bind!(sql, args)).await?, Row::Postgres),
        }
    })
    .await
}

fn many<R, T: FromRow>(rows: Vec<R>, wrap: impl Fn(R) -> Row<'static>) -> Result<Vec<T>> {
    rows.into_iter().map(|row| T::from_row(&wrap(row))).collect()
}

fn first<R, T: FromRow>(row: Option<R>, wrap: impl Fn(R) -> Row<'static>) -> Result<Option<T>> {
    row.map(|row| T::from_row(&wrap(row))).transpose()
}

async fn measured<T>(statement: impl Future<Output = Result<T>>) -> Result<T> {
    let started = clock::start();
    let answer = statement.await;
    metrics::histogram!("db_statement_seconds").record(started.elapsed().as_secs_f64());
    if answer.is_err() {
        metrics::counter!("db_statement_errors_total").increment(1);
    }
    answer
}
