//! The tables as the database itself describes them, and their rows as JSON: for what must hold for every table, also
//! for one that is made later.

use super::{Dialect, Query, Result, built};
use crate::args;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// In the order of the table.
    pub columns: Vec<TableColumn>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    pub name: String,
    /// As the database names it.
    pub kind: String,
}

impl Table {
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known.name == column)
    }
}

/// All of ours, by name.
pub async fn tables(q: &mut impl Query) -> Result<Vec<Table>> {
    let (names, columns) = match q.dialect() {
        Dialect::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            "SELECT name, type FROM pragma_table_info($1)",
        ),
        Dialect::Postgres => (
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1",
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
        ),
    };
    let mut tables = Vec::new();
    for (name,) in q.all::<(String,)>(names, args![]).await? {
        let found = q.all::<(String, String)>(columns, args![name.as_str()]).await?;
        let columns = found.into_iter().map(|(name, kind)| TableColumn { name, kind }).collect();
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

/// The rows in which `column` is `value`, each as the text of a JSON object, in the order of the first column.
/// `column` is one of the table's.
pub async fn rows_as_json(
    q: &mut impl Query,
    table: &Table,
    column: &str,
    value: &str,
) -> Result<Vec<String>> {
    let name = &table.name;
    let object = match q.dialect() {
        Dialect::Postgres => format!("CAST(row_to_json({name}) AS TEXT)"),
        Dialect::Sqlite => {
            let field = |column: &TableColumn| match column.kind.as_str() {
                "BOOLEAN" => format!(
                    "'{0}', json(CASE {0} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)",
                    column.name
                ),
                _ => format!("'{0}', {0}", column.name),
            };
            let fields: Vec<_> = table.columns.iter().map(field).collect();
            format!("json_object({})", fields.join(", "))
        }
    };
    let sql = built(format!("SELECT {object} FROM {name} WHERE {column} = $1 ORDER BY {name}.{}", {
        // Every table has a column.
        table.columns.first().map_or("1", |first| first.name.as_str())
    }));
    Ok(q.all::<(String,)>(sql, args![value]).await?.into_iter().map(|(row,)| row).collect())
}
