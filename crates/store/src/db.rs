//! Databases, transactions and statements. With its folder, the only place that knows two dialects.
//!
//! SQLite has one writer at a time, so never ask for a second [`Tx`] while
//! holding one. PostgreSQL runs READ COMMITTED: what a decision depends on is locked first
//! ([`Tx::locked`]), or is part of the statement that decides.

mod batches;
mod checkpoints;
mod error;
mod limits;
mod query;
mod row;
mod sources;
mod statement;
mod tables;
mod turns;
mod value;
mod writes;

pub use batches::{postgres, sqlite};
pub use checkpoints::Checkpoints;
pub use error::{Error, Result};
pub use limits::{LONGEST_ANSWER, within};
pub use query::{Answer, Query, Reader};
pub use row::{Column, Columns, FromRow, Row, Scalar};
pub use sources::{Cell, Rows, Type};
pub use sqlx::{SqlSafeStr, SqlStr};
pub use tables::{Table, TableColumn, rows_as_json, tables};
pub use turns::Turns;
pub use value::Val;
pub use writes::Writes;

use checkpoints::LONGEST_LOG;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Postgres, SqlitePool, Transaction};
use std::borrow::Cow;
use std::str::FromStr as _;
use std::time::Duration;
use turns::Alone;

/// Connections that read SQLite: as many as there are processors, within these bounds.
const SQLITE_READERS: (u32, u32) = (2, 4);
/// Of each reader: 256 KiB. What one of them reads, the system has in memory.
const READER_CACHE: &str = "-256";
/// Of the writer: 1 MiB; batches have a cache of their own.
const WRITER_CACHE: &str = "-1024";
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a caller waits for a connection, and SQLite for another process's write lock.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open database. Clones share the pools.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
        checkpoints: Checkpoints,
        turns: Turns,
        /// Of [`Db::begin_batch`].
        batches: sqlite::Batches,
    },
    Postgres {
        pool: PgPool,
        /// Of [`Db::begin_batch`].
        batches: postgres::Batches,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// One unit of work. Dropping it without [`Tx::commit`] rolls back.
#[derive(Debug)]
pub struct Tx(Inner);

#[derive(Debug)]
enum Inner {
    Sqlite(Alone),
    Postgres(Transaction<'static, Postgres>),
    SqliteBatch(sqlite::Batch),
    PostgresBatch(postgres::Batch),
}

impl Db {
    /// Opens `sqlite:PATH` (the folder and the file are made when they are missing) or `postgres://...`.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            open_sqlite(url).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await
        } else {
            Err(Error::UnknownDatabase)
        }
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Single statements outside of a transaction: each sees what is committed when it starts.
    pub fn reader(&self) -> Reader {
        Reader::new(self.clone())
    }

    /// Starts a transaction; on SQLite it takes the write lock at once.
    ///
    /// Safe to cancel (trap 41): sqlx 0.9.0 forgets a BEGIN whose future is dropped before its answer
    /// arrived, and the pool then lends that connection out inside the open transaction. So the BEGIN runs
    /// in a task that nobody aborts; when the caller has left, the task drops the transaction, which rolls
    /// it back before the connection returns to the pool.
    pub async fn begin(&self) -> Result<Tx> {
        let db = self.clone();
        finish(async move {
            Ok(Tx(match db {
                Self::Sqlite { writer, turns, .. } => Inner::Sqlite(Alone::begin(&writer, &turns).await?),
                Self::Postgres { pool, .. } => Inner::Postgres(pool.begin().await?),
            }))
        })
        .await
    }

    /// As [`Db::begin`], for statements that look up many rows by their keys. PostgreSQL can only guess how
    /// many a list given as an argument has, and may read whole tables for them; here it goes by the indexes. SQLite's
    /// statements run on the thread that asks for them, which they block.
    pub async fn begin_batch(&self) -> Result<Tx> {
        let db = self.clone();
        finish(async move {
            Ok(Tx(match db {
                Self::Sqlite { batches, turns, .. } => Inner::SqliteBatch(batches.begin(&turns).await?),
                Self::Postgres { batches, .. } => Inner::PostgresBatch(batches.begin().await?),
            }))
        })
        .await
    }

    /// Closes every connection, after the statements that run now.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, checkpoints, turns, batches } => {
                checkpoints.stop().await;
                readers.close().await;
                batches.close(turns).await;
                writer.close().await;
            }
            Self::Postgres { pool, batches } => {
                batches.close().await;
                pool.close().await;
            }
        }
    }
}

impl Tx {
    /// Runs a statement that returns no rows. Answers how many rows it changed.
    pub fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, u64> {
        Box::pin(statement::run(&mut self.0, sql.into_sql_str(), args))
    }

    /// As [`Tx::run`], with rows that the statement reads from `$rows`.
    pub fn run_with<const N: usize>(
        &mut self,
        sql: &str,
        args: Vec<Val>,
        rows: &Rows<'_, N>,
    ) -> Answer<'_, u64> {
        match rows.within(self.dialect(), sql, args) {
            Ok((sql, args)) => self.run(built(sql), args),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    /// As [`Tx::run`], where anything but one changed row is an [`Error::RowsAffected`].
    pub fn run_one(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, ()> {
        let changed = self.run(sql, args);
        Box::pin(async move {
            match changed.await? {
                1 => Ok(()),
                actual => Err(Error::RowsAffected { expected: 1, actual }),
            }
        })
    }

    /// Nothing yet; [`Tx::run_all`] writes what is added.
    pub fn writes(&self) -> Writes {
        Writes::new(self.dialect())
    }

    /// Runs all of them; on PostgreSQL in one round trip. Another number of rows than what was said is an
    /// [`Error::RowsAffected`]; then, as after any other error, the transaction must not be committed.
    pub fn run_all(&mut self, writes: Writes) -> Answer<'_, ()> {
        Box::pin(async move {
            let expected = u64::try_from(writes.rows()).unwrap_or(u64::MAX);
            let mut actual = 0;
            match self.dialect() {
                Dialect::Sqlite => {
                    for (sql, args) in writes.into_statements() {
                        actual += statement::run_each(&mut self.0, &built(sql), args).await?;
                    }
                }
                Dialect::Postgres => {
                    let Some((sql, args)) = writes.into_one() else { return Ok(()) };
                    let (count,): (i64,) = self.one(built(sql), args).await?;
                    actual = count.unsigned_abs();
                }
            }
            if actual == expected { Ok(()) } else { Err(Error::RowsAffected { expected, actual }) }
        })
    }

    /// `sql` with a lock on the rows that it selects, until the transaction ends. SQLite has the lock
    /// already: its transactions exclude each other.
    pub fn locked(&self, sql: impl Into<Cow<'static, str>>) -> SqlStr {
        self.suffixed(sql, " FOR UPDATE")
    }

    /// As [`Tx::locked`], passing over rows that another transaction has locked: for taking work from a
    /// queue by several workers.
    pub fn locked_free(&self, sql: impl Into<Cow<'static, str>>) -> SqlStr {
        self.suffixed(sql, " FOR UPDATE SKIP LOCKED")
    }

    /// Ends the transaction. Once begun, the commit finishes, whether or not the caller still waits.
    ///
    /// An error may come from a connection that was lost while waiting: then it is unknown whether the
    /// changes are there.
    pub async fn commit(self) -> Result<()> {
        finish(async move {
            match self.0 {
                Inner::Sqlite(tx) => tx.commit().await?,
                Inner::Postgres(tx) => tx.commit().await?,
                Inner::SqliteBatch(batch) => batch.commit()?,
                Inner::PostgresBatch(batch) => batch.commit().await?,
            }
            Ok(())
        })
        .await
    }

    /// Several statements in one text, without arguments: what a migration consists of.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.get()?.execute(sqlx::raw_sql(sql)).await.map(drop)?,
            Inner::Postgres(tx) => tx.execute(sqlx::raw_sql(sql)).await.map(drop)?,
            Inner::SqliteBatch(batch) => batch.script(sql)?,
            Inner::PostgresBatch(batch) => {
                batch
                    .answer(async |connection| connection.execute(sqlx::raw_sql(sql)).await.map(drop))
                    .await?;
            }
        }
        Ok(())
    }

    fn suffixed(&self, sql: impl Into<Cow<'static, str>>, suffix: &str) -> SqlStr {
        match (self.dialect(), sql.into()) {
            (Dialect::Sqlite, Cow::Borrowed(sql)) => sql.into_sql_str(),
            (Dialect::Sqlite, Cow::Owned(sql)) => built(sql),
            (Dialect::Postgres, sql) => built(format!("{sql}{suffix}")),
        }
    }
}

/// SQL put together from constants of this crate. What comes from outside is an argument, never text.
pub fn built(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}

/// Runs `work` to its end in a task of its own, even if the caller's future is dropped. It is in the task alone: whoever waits
/// for it, and has to be kept in memory for so long, is small.
fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> impl Future<Output = Result<T>> {
    let running = tokio::spawn(work);
    async { running.await.map_err(|_| Error::Interrupted)? }
}

async fn open_sqlite(url: &str) -> Result<Db> {
    // Its connections are opened by two libraries, of which one knows the path alone.
    if url.contains('?') || url.ends_with(":memory:") {
        return Err(Error::NotAFile);
    }
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE);
    if let Some(folder) = options.get_filename().parent().filter(|folder| !folder.as_os_str().is_empty()) {
        tokio::fs::create_dir_all(folder).await.map_err(sqlx::Error::from)?;
    }
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .connect_with(
            options
                .clone()
                .pragma("wal_autocheckpoint", LONGEST_LOG.to_string())
                .pragma("cache_size", WRITER_CACHE)
                // What a statement would take back if it failed half-way: else a file is made for it, and removed, each time.
                .pragma("temp_store", "MEMORY"),
        )
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(sqlite_readers())
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone().pragma("query_only", "ON").pragma("cache_size", READER_CACHE))
        .await?;
    let batches = sqlite::Batches::new(options.get_filename().to_owned());
    let checkpoints = Checkpoints::start(options).await?;
    Ok(Db::Sqlite { writer, readers, checkpoints, turns: Turns::default(), batches })
}

/// More than can read at once would take memory, and wait.
fn sqlite_readers() -> u32 {
    let (least, most) = SQLITE_READERS;
    let processors =
        std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok());
    processors.unwrap_or(least).clamp(least, most)
}

async fn open_postgres(url: &str) -> Result<Db> {
    let options = PgConnectOptions::from_str(url)?.application_name("allthrive-billing");
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone())
        .await?;
    let batches = postgres::Batches::new(options);
    Ok(Db::Postgres { pool, batches })
}
