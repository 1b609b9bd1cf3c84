//! Reads that serve inside and outside of a transaction.

use super::{Db, Dialect, Error, FromRow, Inner, Result, SqlSafeStr, Tx, Type, Val, sources, statement};

/// Implemented by [`Tx`] and by [`Reader`], so that a noun's look-up is written once:
/// `pub async fn find(q: &mut impl Query, id: &UserId) -> Result<Option<User>>`.
pub trait Query: Send {
    fn dialect(&self) -> Dialect;

    fn all<T: FromRow>(
        &mut self,
        sql: impl SqlSafeStr + Send,
        args: Vec<Val>,
    ) -> impl Future<Output = Result<Vec<T>>> + Send;

    /// The first row, if there is one.
    fn opt<T: FromRow>(
        &mut self,
        sql: impl SqlSafeStr + Send,
        args: Vec<Val>,
    ) -> impl Future<Output = Result<Option<T>>> + Send;

    /// The row that must be there; without it [`sqlx::Error::RowNotFound`].
    fn one<T: FromRow>(
        &mut self,
        sql: impl SqlSafeStr + Send,
        args: Vec<Val>,
    ) -> impl Future<Output = Result<T>> + Send {
        async move { self.opt(sql, args).await?.ok_or(Error::Sql(sqlx::Error::RowNotFound)) }
    }

    /// `$1`, a JSON array of strings, as a source of rows: `WHERE id IN ({})`.
    fn list(&self) -> &'static str {
        sources::list(self.dialect())
    }

    /// `$1`, a JSON array of objects, as a source of rows with typed columns:
    /// `format!("INSERT INTO t (id, n) SELECT id, n FROM {} WHERE true ON CONFLICT ...", tx.rows(&[("id",
    /// Type::Text), ("n", Type::Int)]))`. The `WHERE true` is what SQLite needs before ON CONFLICT.
    fn rows(&self, columns: &[(&str, Type)]) -> String {
        sources::rows(self.dialect(), columns)
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

    async fn all<T: FromRow>(&mut self, sql: impl SqlSafeStr + Send, args: Vec<Val>) -> Result<Vec<T>> {
        statement::all_pooled(&self.0, sql.into_sql_str(), args).await
    }

    async fn opt<T: FromRow>(&mut self, sql: impl SqlSafeStr + Send, args: Vec<Val>) -> Result<Option<T>> {
        statement::opt_pooled(&self.0, sql.into_sql_str(), args).await
    }
}

impl Query for Tx {
    fn dialect(&self) -> Dialect {
        match self.0 {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn all<T: FromRow>(&mut self, sql: impl SqlSafeStr + Send, args: Vec<Val>) -> Result<Vec<T>> {
        statement::all(&mut self.0, sql.into_sql_str(), args).await
    }

    async fn opt<T: FromRow>(&mut self, sql: impl SqlSafeStr + Send, args: Vec<Val>) -> Result<Option<T>> {
        statement::opt(&mut self.0, sql.into_sql_str(), args).await
    }
}
