//! A JSON argument as a source of rows: many rows in one statement, in both dialects.

use super::{Dialect, Result};
use serde::Serialize;

/// The type of a column that [`rows`] reads out of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Text,
}

pub(super) fn list(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SELECT value FROM json_each($1)",
        Dialect::Postgres => "SELECT jsonb_array_elements_text(CAST($1 AS JSONB))",
    }
}

/// A key that an object lacks reads as NULL.
pub(super) fn rows(dialect: Dialect, columns: &[(&str, Type)]) -> String {
    match dialect {
        Dialect::Sqlite => {
            let read: Vec<_> =
                columns.iter().map(|(name, _)| format!("value ->> '$.{name}' AS {name}")).collect();
            format!("(SELECT {} FROM json_each($1)) AS source", read.join(", "))
        }
        Dialect::Postgres => {
            let typed: Vec<_> = columns.iter().map(|(name, kind)| format!("{name} {}", kind.sql())).collect();
            format!("jsonb_to_recordset(CAST($1 AS JSONB)) AS source ({})", typed.join(", "))
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

/// What [`list`] and [`rows`] read.
pub fn json(rows: &impl Serialize) -> Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(Box::new(error)).into())
}
