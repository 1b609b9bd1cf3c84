//! What a SELECT answers, as typed values.

use super::{Error, Result};
use rusqlite::types::FromSql;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite};

#[derive(Debug)]
pub enum Row<'r> {
    Sqlite(SqliteRow),
    Postgres(PgRow),
    /// Of SQLite, as a batch reads it, with the names of its columns.
    Batch {
        row: &'r rusqlite::Row<'r>,
        names: &'r [String],
    },
}

/// Which column: by name, or by position from 0.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    Named(&'a str),
    At(usize),
}

/// The three types that both databases store alike.
pub trait Scalar:
    for<'r> Decode<'r, Sqlite>
    + sqlx::Type<Sqlite>
    + for<'r> Decode<'r, Postgres>
    + sqlx::Type<Postgres>
    + FromSql
{
}
impl Scalar for bool {}
impl Scalar for i64 {}
impl Scalar for String {}

/// A type that a column is read into. Types of ours say in `columns.rs` how they are stored.
pub trait Columns: Sized {
    fn read(row: &Row<'_>, column: Column<'_>) -> Result<Self>;
}

impl Row<'_> {
    pub fn get<T: Columns>(&self, name: &str) -> Result<T> {
        T::read(self, Column::Named(name))
    }

    pub fn at<T: Columns>(&self, position: usize) -> Result<T> {
        T::read(self, Column::At(position))
    }

    /// The column's value, `None` where it is NULL.
    pub(crate) fn scalar<T: Scalar>(&self, column: Column<'_>) -> Result<Option<T>> {
        Ok(match (self, column) {
            (Self::Sqlite(row), Column::Named(name)) => row.try_get(name)?,
            (Self::Sqlite(row), Column::At(position)) => row.try_get(position)?,
            (Self::Postgres(row), Column::Named(name)) => row.try_get(name)?,
            (Self::Postgres(row), Column::At(position)) => row.try_get(position)?,
            (Self::Batch { row, names }, Column::Named(name)) => {
                let position = names.iter().position(|known| known == name);
                row.get(position.ok_or_else(|| sqlx::Error::ColumnNotFound(name.to_owned()))?)?
            }
            (Self::Batch { row, .. }, Column::At(position)) => row.get(position)?,
        })
    }
}

impl Column<'_> {
    pub(crate) fn unreadable(self, reason: impl Into<String>) -> Error {
        let column = match self {
            Self::Named(name) => name.to_owned(),
            Self::At(position) => format!("number {position}"),
        };
        Error::Unreadable { column, reason: reason.into() }
    }
}

/// A whole row. Made by [`row!`](crate::row) for structs, and here for tuples of up to eight.
pub trait FromRow: Sized + Send + 'static {
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

macro_rules! tuples {
    ($($($type:ident $position:literal),+;)*) => { $(
        impl<$($type: Columns + Send + 'static),+> FromRow for ($($type,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.at::<$type>($position)?,)+))
            }
        }
    )* }
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

/// A struct whose fields are columns of the same names:
/// `row! { #[derive(Debug)] pub struct Balance { account_id: AccountId, available: i64 } }`. Every field is
/// public.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$doc])* pub $field: $type),* }

        impl $crate::db::FromRow for $name {
            fn from_row(row: &$crate::db::Row<'_>) -> $crate::db::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),* })
            }
        }
    };
}
