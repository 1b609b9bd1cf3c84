//! SQL for SQLite and PostgreSQL. One file per noun; one text for both, in the subset that both speak.
//!
//! Functions take a [`Tx`] when they write, `&mut impl Query` when they only read. They decide nothing:
//! the rules are in `domain`, and the transaction opens and commits in the use case that calls.

mod clock;
mod columns;
pub mod db;
pub mod migrations;

pub use db::{Db, Error, Query, Reader, Result, Tx};
