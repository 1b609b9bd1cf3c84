//! What can go wrong between us and the database.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// A statement that must change a known number of rows changed another: the program's idea of the
    /// data is wrong, and going on would make it worse.
    #[error("expected {expected} rows to change, {actual} did")]
    RowsAffected { expected: u64, actual: u64 },
    /// A stored value that no version of this program has written.
    #[error("column {column} holds what cannot be read: {reason}")]
    Unreadable { column: String, reason: String },
    #[error("DATABASE_URL must start with sqlite: or postgres://")]
    UnknownDatabase,
    #[error(
        "the database is at schema {found}, this program knows {known} at most: \
         start the newer version of the program"
    )]
    SchemaTooNew { found: i64, known: i64 },
    #[error("migration {version} failed: {cause}")]
    Migration { version: i64, cause: Box<Error> },
    /// The task of a BEGIN or COMMIT ended without an answer, because the runtime is shutting down.
    #[error("the program is shutting down")]
    Interrupted,
}

impl Error {
    /// Whether a unique index refused the row. On PostgreSQL the transaction is lost with it: where a
    /// conflict is an ordinary outcome, say ON CONFLICT instead.
    pub fn is_unique_violation(&self) -> bool {
        self.refused_by().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Whether a CHECK constraint refused the row, such as a balance that would become negative.
    pub fn is_check_violation(&self) -> bool {
        self.refused_by().is_some_and(sqlx::error::DatabaseError::is_check_violation)
    }

    /// Whether the database, or this program, has refused what it was asked: then it is known that nothing came of it. Else
    /// the database could not be reached, or has not answered.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Sql(error) => {
                error.as_database_error().is_some() || matches!(error, sqlx::Error::RowNotFound)
            }
            Self::Interrupted => false,
            _ => true,
        }
    }

    /// Whether the same transaction may succeed when it is run again from its start: a deadlock or a
    /// serialization failure on PostgreSQL, a busy database on SQLite.
    pub fn is_transient(&self) -> bool {
        let code = self.refused_by().and_then(sqlx::error::DatabaseError::code);
        matches!(code.as_deref(), Some("40001" | "40P01" | "5" | "517" | "6"))
    }

    fn refused_by(&self) -> Option<&dyn sqlx::error::DatabaseError> {
        match self {
            Self::Sql(error) => error.as_database_error(),
            _ => None,
        }
    }
}
