//! What can go wrong between us and the database.

use std::borrow::Cow;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// Of SQLite, where a batch is written.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A statement that must change a known number of rows changed another: the program's idea of the
    /// data is wrong, and going on would make it worse.
    #[error("expected {expected} rows to change, {actual} did")]
    RowsAffected { expected: u64, actual: u64 },
    /// A stored value that no version of this program has written.
    #[error("column {column} holds what cannot be read: {reason}")]
    Unreadable { column: String, reason: String },
    #[error("DATABASE_URL must start with sqlite: or postgres://")]
    UnknownDatabase,
    #[error("DATABASE_URL for SQLite is sqlite:PATH, without parameters: the database is a file")]
    NotAFile,
    #[error(
        "the database is at schema {found}, this program knows {known} at most: \
         start the newer version of the program"
    )]
    SchemaTooNew { found: i64, known: i64 },
    #[error("migration {version} failed: {cause}")]
    Migration { version: i64, cause: Box<Error> },
    /// The task of a BEGIN, a COMMIT or a look-up ended without an answer: the runtime is shutting down, or the log says more.
    #[error("the database was not asked to the end: the program is shutting down, or the log says more")]
    Interrupted,
}

impl Error {
    /// Whether a unique index refused the row. On PostgreSQL the transaction is lost with it: where a
    /// conflict is an ordinary outcome, say ON CONFLICT instead.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self.code().as_deref(), Some("23505" | "2067" | "1555"))
    }

    /// Whether a CHECK constraint refused the row, such as a balance that would become negative.
    pub fn is_check_violation(&self) -> bool {
        matches!(self.code().as_deref(), Some("23514" | "275"))
    }

    /// Whether the connection was lost, or none was to be had in time. Before a COMMIT nothing was done.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => true,
            _ => self.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        }
    }

    /// Whether it was refused for what it is, by a constraint, a trigger, or this program's own look at it: then it is known
    /// that nothing came of it, and something else may well be written. Every other error is the database's or the wire's,
    /// and after a COMMIT it says nothing about what was done: also a proxy answers with codes of PostgreSQL's.
    pub fn is_of_the_data(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::RowNotFound) => true,
            Self::Sql(_) | Self::Sqlite(_) => self.code().is_some_and(|code| is_of_the_data(&code)),
            Self::Interrupted => false,
            _ => true,
        }
    }

    /// Whether the same transaction may succeed when it is run again from its start: a deadlock or a
    /// serialization failure on PostgreSQL, a busy database on SQLite.
    pub fn is_transient(&self) -> bool {
        matches!(self.code().as_deref(), Some("40001" | "40P01" | "5" | "517" | "6"))
    }

    /// PostgreSQL's SQLSTATE, or SQLite's extended code.
    fn code(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Sql(error) => error.as_database_error()?.code(),
            Self::Sqlite(error) => Some(error.sqlite_error()?.extended_code.to_string().into()),
            _ => None,
        }
    }
}

/// Of PostgreSQL: data exceptions, constraints, what a trigger raises. Of SQLite: constraints, with their extensions.
fn is_of_the_data(code: &str) -> bool {
    const CONSTRAINT: u32 = 19;
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => number & 0xFF == CONSTRAINT,
        _ => ["22", "23", "P0"].iter().any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_for_what_it_is_is_told_from_what_a_database_suffers() {
        // PostgreSQL: a check, a foreign key, a number out of range, RAISE. SQLite: a check, a trigger, a unique index.
        for code in ["23514", "23503", "22003", "P0001", "275", "1811", "2067", "19"] {
            assert!(is_of_the_data(code), "{code}");
        }
        // A lost connection, a proxy's, a shutdown, a deadlock, a time limit, a standby. SQLite: busy, full, an I/O error.
        for code in ["08006", "08P01", "57P01", "40P01", "40003", "57014", "55P03", "25006", "5", "13", "778"]
        {
            assert!(!is_of_the_data(code), "{code}");
        }
        assert!(!Error::Interrupted.is_of_the_data());
        assert!(Error::RowsAffected { expected: 1, actual: 0 }.is_of_the_data());
    }
}
