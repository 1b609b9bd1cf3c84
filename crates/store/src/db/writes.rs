//! Several writes that go to the database together: to PostgreSQL in one round trip, whatever their number.

use super::{Dialect, Result, Rows, Val};
use std::fmt::Write as _;

/// Statements of which none depends on what another one of them has written.
#[derive(Debug)]
pub struct Writes {
    dialect: Dialect,
    /// With their arguments, once for each time that it is run.
    statements: Vec<(String, Vec<Vec<Val>>)>,
    rows: usize,
}

impl Writes {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, statements: Vec::new(), rows: 0 }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// An INSERT, UPDATE or DELETE of exactly so many rows. Its arguments are `$1`, `$2` and so on.
    pub fn add(&mut self, sql: impl Into<String>, args: Vec<Val>, rows: usize) {
        self.statements.push((sql.into(), vec![args]));
        self.rows += rows;
    }

    /// As [`Writes::add`], of as many rows as it has in the place of `$values` or `$from`; none of them depends on another one.
    pub fn add_with<const N: usize>(&mut self, sql: &str, args: &[Val], rows: &Rows<'_, N>) -> Result<()> {
        self.statements.push(rows.written(self.dialect, sql, args.to_vec())?);
        self.rows += rows.len();
        Ok(())
    }

    /// That must be written by all of them together.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn into_statements(self) -> Vec<(String, Vec<Vec<Val>>)> {
        self.statements
    }

    /// One statement that answers how many rows all of them have written: PostgreSQL prepares no more than one at a time.
    /// `None` when there is nothing to be written.
    pub(super) fn into_one(self) -> Option<(String, Vec<Val>)> {
        if self.statements.is_empty() {
            return None;
        }
        let (mut sql, mut counts, mut all_args) = (String::from("WITH "), Vec::new(), Vec::new());
        for (number, (statement, args)) in self.statements.into_iter().enumerate() {
            let comma = if number == 0 { "" } else { ",\n" };
            let statement = numbered_from(&statement, all_args.len());
            all_args.extend(args.into_iter().flatten());
            // Into a String it cannot fail.
            let _ = write!(sql, "{comma}w{number} AS ({statement} RETURNING 1)");
            counts.push(format!("(SELECT COUNT(*) FROM w{number})"));
        }
        Some((format!("{sql}\nSELECT {}", counts.join(" + ")), all_args))
    }
}

/// `sql` with `$1` as `$4` where three come before it. A `$` without a number, as in a path into JSON, stays.
fn numbered_from(sql: &str, before: usize) -> String {
    let mut parts = sql.split('$');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        numbered.push('$');
        match number.parse::<usize>() {
            Ok(number) => numbered.push_str(&(number + before).to_string()),
            Err(_) => numbered.push_str(number),
        }
        numbered.push_str(rest);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_numbered_on() {
        let sql = "SELECT value ->> '$.a' FROM json_each($1), $12 WHERE a = '$'";
        assert_eq!(numbered_from(sql, 0), sql);
        assert_eq!(numbered_from(sql, 9), "SELECT value ->> '$.a' FROM json_each($10), $21 WHERE a = '$'");
    }
}
