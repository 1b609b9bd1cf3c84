//! Many rows for one statement, in both dialects: SQLite reads them out of a JSON text, PostgreSQL out of an array for each
//! column, which costs it less than JSON does. What SQLite only writes it has one by one.

use super::{Dialect, Result, Val};
use serde::ser::{Serialize, SerializeSeq as _, Serializer};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Sqlite, Type as _};
use std::fmt::Write as _;

/// What a statement's text has where the rows belong.
const PLACE: &str = "$rows";
/// And where it writes: an INSERT the values of a row, up to the next `)`; an UPDATE what it goes by.
const VALUES: (&str, char) = ("$values(", ')');
const FROM: &str = "$from";
/// What a column of them is called.
const COLUMN: &str = "source.";

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Text,
}

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<&'a str>),
}

/// Rows that a statement reads from `$rows`, as the table `source`: `SELECT t.n FROM $rows JOIN t ON t.id = source.id`. Among
/// [`Writes`](super::Writes) it has `$values` or `$from` instead, and the names of their columns after `source.`:
/// `INSERT INTO t (id, n) $values(source.id, source.n) ON CONFLICT ...`, `UPDATE t SET n = source.n $from WHERE ...`.
#[derive(Debug)]
pub struct Rows<'a, const N: usize> {
    columns: &'static [(&'static str, Type); N],
    cells: Vec<[Cell<'a>; N]>,
}

impl<'a, const N: usize> Rows<'a, N> {
    /// Each row has a cell of its type for each column; one of another type is an error on PostgreSQL.
    pub fn new(
        columns: &'static [(&'static str, Type); N],
        rows: impl IntoIterator<Item = [Cell<'a>; N]>,
    ) -> Self {
        Self { columns, cells: rows.into_iter().collect() }
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// `sql` with its rows, which follow its other arguments.
    pub(super) fn within(
        &self,
        dialect: Dialect,
        sql: &str,
        mut args: Vec<Val>,
    ) -> Result<(String, Vec<Val>)> {
        let source = match dialect {
            Dialect::Sqlite => {
                let json = serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))?;
                args.push(json.into());
                let named = self.columns.iter().enumerate();
                let read: Vec<_> = named.map(|(at, (name, _))| format!("value ->> {at} AS {name}")).collect();
                format!("(SELECT {} FROM json_each(${})) AS source", read.join(", "), args.len())
            }
            Dialect::Postgres => self.unnested(&mut args)?,
        };
        Ok((sql.replace(PLACE, &source), args))
    }

    /// `sql` that writes them, and its arguments: on PostgreSQL of all rows, on SQLite of each. There, one statement of several
    /// rows would keep a copy of every page that it changes, to take it back if a later row failed.
    pub(super) fn written(
        &self,
        dialect: Dialect,
        sql: &str,
        mut args: Vec<Val>,
    ) -> Result<(String, Vec<Vec<Val>>)> {
        let (is_of_one, from) = match dialect {
            Dialect::Sqlite => (true, String::new()),
            Dialect::Postgres => (false, format!("FROM {}", self.unnested(&mut args)?)),
        };
        let sql = match sql.split_once(VALUES.0) {
            Some((into, rest)) => {
                let (values, rest) = rest
                    .split_once(VALUES.1)
                    .ok_or_else(|| sqlx::Error::Protocol(format!("`{}` does not end in {rest}", VALUES.0)))?;
                if is_of_one {
                    format!("{into}VALUES ({values}){rest}")
                } else {
                    format!("{into}SELECT {values} {from}{rest}")
                }
            }
            None => sql.replace(FROM, &from),
        };
        if !is_of_one {
            return Ok((sql, vec![args]));
        }
        let sql = self.numbered(&sql, args.len() + 1)?;
        let rows = self.cells.iter().map(|cells| args.iter().cloned().chain(cells.map(Val::from)).collect());
        Ok((sql, rows.collect()))
    }

    /// `sql` with the number of an argument for each column of a row.
    fn numbered(&self, sql: &str, first: usize) -> Result<String> {
        let mut parts = sql.split(COLUMN);
        let mut numbered = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let length = part.bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').count();
            let (name, rest) = part.split_at(length);
            let at = self.columns.iter().position(|(column, _)| *column == name);
            let at = at.ok_or_else(|| sqlx::Error::ColumnNotFound(name.to_owned()))?;
            // Into a String it cannot fail.
            let _ = write!(numbered, "${}{rest}", first + at);
        }
        Ok(numbered)
    }

    /// A table of them, for PostgreSQL.
    fn unnested(&self, args: &mut Vec<Val>) -> Result<String> {
        let (mut arrays, mut names) = (Vec::new(), Vec::new());
        for (at, (name, kind)) in self.columns.iter().enumerate() {
            args.push(Val::Array(self.array(at, *kind).map_err(sqlx::Error::Encode)?));
            arrays.push(format!("CAST(${} AS {}[])", args.len(), kind.sql()));
            names.push(*name);
        }
        Ok(format!("unnest({}) AS source ({})", arrays.join(", "), names.join(", ")))
    }

    fn array(&self, at: usize, kind: Type) -> Result<Array, BoxDynError> {
        let wrong = || format!("a cell of `{}` has another type", self.columns[at].0);
        let cells = self.cells.iter().map(|row| row[at]);
        match kind {
            Type::Bool => Array::of(cells.map(|cell| match cell {
                Cell::Bool(value) => Ok(value),
                _ => Err(wrong()),
            })),
            Type::Int => Array::of(cells.map(|cell| match cell {
                Cell::Int(value) => Ok(value),
                _ => Err(wrong()),
            })),
            Type::Text => Array::of(cells.map(|cell| match cell {
                Cell::Text(value) => Ok(value),
                _ => Err(wrong()),
            })),
        }
    }
}

impl<const N: usize> Serialize for Rows<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.cells.len()))?;
        for row in &self.cells {
            rows.serialize_element(&row[..])?;
        }
        rows.end()
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => value.serialize(serializer),
            Self::Int(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
        }
    }
}

impl From<Cell<'_>> for Val {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Bool(value) => value.into(),
            Cell::Int(value) => value.into(),
            Cell::Text(value) => value.map(str::to_owned).into(),
        }
    }
}

impl Type {
    fn sql(self) -> &'static str {
        match self {
            Self::Bool => "BOOLEAN",
            Self::Int => "BIGINT",
            Self::Text => "TEXT",
        }
    }
}

macro_rules! cells {
    ($($type:ty => $variant:ident;)*) => { $(
        impl<'a> From<$type> for Cell<'a> {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }
        impl<'a> From<Option<$type>> for Cell<'a> {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }
    )* }
}

cells! {
    bool => Bool;
    i64 => Int;
    &'a str => Text;
}

/// An array as PostgreSQL takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    kind: PgTypeInfo,
    encoded: Vec<u8>,
}

impl Array {
    fn of<'q, T>(values: impl Iterator<Item = Result<T, String>>) -> Result<Self, BoxDynError>
    where
        Vec<T>: Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let mut encoded = PgArgumentBuffer::default();
        // An array is never NULL as a whole.
        let _ = values.encode(&mut encoded)?;
        Ok(Self { kind: Vec::<T>::type_info(), encoded: encoded.to_vec() })
    }
}

impl sqlx::Type<Postgres> for Array {
    fn type_info() -> PgTypeInfo {
        <Vec<String> as sqlx::Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Array {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.encoded);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.kind.clone())
    }
}

impl sqlx::Type<Sqlite> for Array {
    fn type_info() -> <Sqlite as sqlx::Database>::TypeInfo {
        <String as sqlx::Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Array {
    fn encode_by_ref(
        &self,
        _: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        Err("SQLite has no arrays".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_follow_the_other_arguments() {
        let rows = Rows::new(&[("id", Type::Text), ("n", Type::Int)], [["a".into(), Cell::Int(None)]]);
        let sql = "SELECT id FROM $rows WHERE n = $1";
        let (text, args) = rows.within(Dialect::Sqlite, sql, vec![7.into()]).unwrap();
        let source = "(SELECT value ->> 0 AS id, value ->> 1 AS n FROM json_each($2)) AS source";
        assert_eq!(text, format!("SELECT id FROM {source} WHERE n = $1"));
        assert_eq!(args, [Val::Int(Some(7)), Val::Text(Some(r#"[["a",null]]"#.to_owned()))]);
        let (text, args) = rows.within(Dialect::Postgres, sql, vec![7.into()]).unwrap();
        let source = "unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[])) AS source (id, n)";
        assert_eq!(text, format!("SELECT id FROM {source} WHERE n = $1"));
        assert_eq!(args.len(), 3);
    }

    #[test]
    fn sqlite_writes_one_row_after_the_other_and_postgres_all_of_them() {
        let rows = Rows::new(&[("id", Type::Text), ("n", Type::Int)], [1, 2].map(|n| ["a".into(), n.into()]));
        let insert = "INSERT INTO t (id, at, n) $values(source.id, $1, source.n) ON CONFLICT DO NOTHING";
        let update = "UPDATE t SET n = source.n $from WHERE t.id = source.id AND at = $1";
        let (text, args) = rows.written(Dialect::Sqlite, insert, vec![7.into()]).unwrap();
        assert_eq!(text, "INSERT INTO t (id, at, n) VALUES ($2, $1, $3) ON CONFLICT DO NOTHING");
        assert_eq!(args, [crate::args![7, "a", 1], crate::args![7, "a", 2]]);
        let (text, args) = rows.written(Dialect::Sqlite, update, vec![7.into()]).unwrap();
        assert_eq!(text, "UPDATE t SET n = $3  WHERE t.id = $2 AND at = $1");
        assert_eq!(args, [crate::args![7, "a", 1], crate::args![7, "a", 2]]);
        let source = "unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[])) AS source (id, n)";
        let (text, args) = rows.written(Dialect::Postgres, insert, vec![7.into()]).unwrap();
        let selected = format!("SELECT source.id, $1, source.n FROM {source} ON CONFLICT DO NOTHING");
        assert_eq!(text, format!("INSERT INTO t (id, at, n) {selected}"));
        assert_eq!((args.len(), args[0].len()), (1, 3));
        let (text, _) = rows.written(Dialect::Postgres, update, vec![7.into()]).unwrap();
        assert_eq!(
            text,
            format!("UPDATE t SET n = source.n FROM {source} WHERE t.id = source.id AND at = $1")
        );
        for wrong in ["INSERT INTO t (id) $values(source.nothing)", "INSERT INTO t (id) $values(source.id"] {
            assert!(rows.written(Dialect::Sqlite, wrong, vec![]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cell_of_another_type_is_an_error() {
        let rows = Rows::new(&[("n", Type::Int)], [[Cell::from("one")]]);
        let error = rows.within(Dialect::Postgres, "SELECT n FROM $rows", vec![]).unwrap_err();
        assert!(error.to_string().contains("a cell of `n` has another type"), "{error}");
    }
}
