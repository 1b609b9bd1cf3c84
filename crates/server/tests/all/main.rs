//! The whole application over HTTP, on both databases. One binary, one module per subject.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod ai;
mod auth;
mod bad_input;
mod billing;
mod cors;
mod host_sign_in;
mod host_tokens;
mod idempotency;
mod modes;
mod operations;
mod oracles;
mod outbox;
mod service_keys;
mod web;
