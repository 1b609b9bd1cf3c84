//! The SQLite connection that batches of AI requests keep for themselves, used on the thread that writes them. A pool's has a
//! thread of its own: each statement, and each row that it answers, would be handed over from one thread to the other.

use super::super::turns::{Turn, Turns};
use super::super::{Error, FromRow, LONGEST_LOG, PATIENCE, Result, Row, Val};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// 512 KiB. What it needs again is not read from the file again, unless somebody else has written meanwhile; and the system has the
/// file in memory: with more a batch is no faster.
const CACHE: i32 = -512;
/// Texts of statements that are kept ready. A batch has about ten.
const STATEMENTS: usize = 32;

#[derive(Clone, Debug)]
pub struct Batches(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    /// Whoever has the turn uses it.
    connection: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    NotYet,
    Open(Connection),
    Closed,
}

impl State {
    fn connection(&self) -> Result<&Connection> {
        match self {
            Self::Open(connection) => Ok(connection),
            Self::NotYet | Self::Closed => Err(Error::Sql(sqlx::Error::PoolClosed)),
        }
    }
}

/// A transaction. Dropped without [`Batch::commit`], it is rolled back.
#[derive(Debug)]
pub(in super::super) struct Batch {
    home: Batches,
    _turn: Turn,
}

impl Batches {
    pub(in super::super) fn new(path: PathBuf) -> Self {
        Self(Arc::new(Kept { path, connection: Mutex::default() }))
    }

    /// The first one opens the connection.
    pub(in super::super) async fn begin(&self, turns: &Turns) -> Result<Batch> {
        let batch = Batch { home: self.clone(), _turn: turns.take().await? };
        if let state @ State::NotYet = &mut *self.kept() {
            *state = State::Open(self.open()?);
        }
        let begun = batch.run("BEGIN IMMEDIATE", &[]);
        if begun.as_ref().is_err_and(|error| !error.is_transient()) {
            self.forget();
        }
        begun.map(|_| batch)
    }

    fn open(&self) -> Result<Connection> {
        // Nobody uses it beside whoever has locked it.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.0.path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.execute_batch(&format!(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = {CACHE}; PRAGMA wal_autocheckpoint = {LONGEST_LOG};"
        ))?;
        Ok(connection)
    }

    /// After the batch that is written now.
    pub(in super::super) async fn close(&self, turns: &Turns) {
        // Whoever has it for longer than one waits is rolled back.
        let turn = turns.take().await;
        let state = std::mem::replace(&mut *self.kept(), State::Closed);
        if let State::Open(connection) = state
            && let Err((_, error)) = connection.close()
        {
            tracing::debug!(%error, "a connection did not close");
        }
        drop(turn);
    }

    /// The next one opens another.
    fn forget(&self) {
        if let state @ State::Open(_) = &mut *self.kept() {
            *state = State::NotYet;
        }
    }

    fn kept(&self) -> MutexGuard<'_, State> {
        // A panic half-way leaves a transaction, which its drop has rolled back.
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    pub(in super::super) fn run(&self, sql: &str, args: &[Val]) -> Result<u64> {
        self.prepared(sql, |statement| changed(statement, args))
    }

    /// Once with each of these arguments.
    pub(in super::super) fn run_each(&self, sql: &str, args: &[Vec<Val>]) -> Result<u64> {
        self.prepared(sql, |statement| args.iter().map(|args| changed(statement, args)).sum())
    }

    /// At most `most` rows.
    pub(in super::super) fn rows<T: FromRow>(&self, sql: &str, args: &[Val], most: usize) -> Result<Vec<T>> {
        self.prepared(sql, |statement| {
            bind(statement, args)?;
            let names: Vec<_> = statement.column_names().into_iter().map(str::to_owned).collect();
            let (mut rows, mut read) = (statement.raw_query(), Vec::new());
            while read.len() < most
                && let Some(row) = rows.next()?
            {
                read.push(T::from_row(&Row::Batch { row, names: &names })?);
            }
            Ok(read)
        })
    }

    pub(in super::super) fn script(&self, sql: &str) -> Result<()> {
        self.with(|connection| Ok(connection.execute_batch(sql)?))
    }

    pub(in super::super) fn commit(self) -> Result<()> {
        self.run("COMMIT", &[]).map(drop)
    }

    fn prepared<T>(&self, sql: &str, run: impl FnOnce(&mut Statement<'_>) -> Result<T>) -> Result<T> {
        self.with(|connection| run(&mut *connection.prepare_cached(sql)?))
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(self.home.kept().connection()?)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let is_open = self.home.kept().connection().is_ok_and(|connection| !connection.is_autocommit());
        if is_open && let Err(error) = self.run("ROLLBACK", &[]) {
            tracing::warn!(%error, "a transaction was not rolled back: its connection is closed");
            self.home.forget();
        }
    }
}

/// How many rows it has changed.
fn changed(statement: &mut Statement<'_>, args: &[Val]) -> Result<u64> {
    bind(statement, args)?;
    Ok(u64::try_from(statement.raw_execute()?).unwrap_or(u64::MAX))
}

/// SQLite takes `$2` for a name, and numbers names by where it meets them first.
fn bind(statement: &mut Statement<'_>, args: &[Val]) -> Result<()> {
    for at in 1..=statement.parameter_count() {
        let number =
            statement.parameter_name(at).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let arg = number.and_then(|number| args.get(number.checked_sub(1)?));
        let arg =
            arg.ok_or(rusqlite::Error::InvalidParameterCount(args.len(), statement.parameter_count()))?;
        statement.raw_bind_parameter(at, arg)?;
    }
    Ok(())
}

impl ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Bool(value) => value.map(|value| ValueRef::Integer(i64::from(value))),
            Self::Int(value) => value.map(ValueRef::Integer),
            Self::Text(value) => value.as_deref().map(|text| ValueRef::Text(text.as_bytes())),
            Self::Array(_) => {
                return Err(rusqlite::Error::ToSqlConversionFailure("SQLite has no arrays".into()));
            }
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
    }
}
