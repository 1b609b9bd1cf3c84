//! Reads that serve inside and outside of a transaction.

use super::{Db, Dialect, Error, FromRow, Inner, Result, Rows, SqlSafeStr, Tx, Val, built, statement};
use std::pin::Pin;

/// What a statement will answer. Boxed, because a future that carried the type of its SQL (`&'static str`)
/// would not be seen to be `Send` inside the futures of handlers (rust-lang/rust#110338).
pub type Answer<'q, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'q>>;

/// Implemented by [`Tx`] and by [`Reader`], so that a noun's look-up is written once:
/// `pub async fn find(q: &mut impl Query, id: &UserId) -> Result<Option<User>>`.
pub trait Query: Send {
    fn dialect(&self) -> Dialect;

    fn all<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, Vec<T>>;

    /// The first row, if there is one.
    fn opt<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, Option<T>>;

    /// The row that must be there; without it [`sqlx::Error::RowNotFound`].
    fn one<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, T> {
        let row = self.opt(sql, args);
        Box::pin(async move { row.await?.ok_or(Error::Sql(sqlx::Error::RowNotFound)) })
    }

    /// As [`Query::all`], with rows that the statement reads from `$rows`.
    fn all_with<T: FromRow, const N: usize>(
        &mut self,
        sql: &str,
        args: Vec<Val>,
        rows: &Rows<'_, N>,
    ) -> Answer<'_, Vec<T>> {
        match rows.within(self.dialect(), sql, args) {
            Ok((sql, args)) => self.all(built(sql), args),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
}

/// Statements in autocommit, each on a connection of its own. SQLite refuses writes here.
#[derive(Clone, Debug)]
pub struct Reader(Db);

impl Reader {
    pub(super) fn new(db: Db) -> Self {
        Self(db)
    }
}

impl Query for Reader {
    fn dialect(&self) -> Dialect {
        self.0.dialect()
    }

    fn all<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, Vec<T>> {
        Box::pin(statement::all_pooled(&self.0, sql.into_sql_str(), args))
    }

    fn opt<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, Option<T>> {
        Box::pin(statement::opt_pooled(&self.0, sql.into_sql_str(), args))
    }
}

impl Query for Tx {
    fn dialect(&self) -> Dialect {
        match self.0 {
            Inner::Sqlite(_) | Inner::SqliteBatch(_) => Dialect::Sqlite,
            Inner::Postgres(_) | Inner::PostgresBatch(_) => Dialect::Postgres,
        }
    }

    fn all<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, Vec<T>> {
        Box::pin(statement::all(&mut self.0, sql.into_sql_str(), args))
    }

    fn opt<T: FromRow>(&mut self, sql: impl SqlSafeStr, args: Vec<Val>) -> Answer<'_, Option<T>> {
        Box::pin(statement::opt(&mut self.0, sql.into_sql_str(), args))
    }
}
