//! Connections that batches of AI requests keep for themselves.

pub mod postgres;
pub mod sqlite;
