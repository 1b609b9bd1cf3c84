//! Every statement of the store, on both databases. One binary, one module per noun.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod batches;
mod billing;
mod checkpoints;
mod db;
mod migrations;
