//! The pure heart: a command is applied to the state and gives changes. No I/O, no clock, no randomness of its own.

pub(crate) mod agenda;
pub(crate) mod apply;
pub(crate) mod change;
pub(crate) mod error;
pub(crate) mod event_types;
pub(crate) mod events;
pub(crate) mod expand;
pub(crate) mod idempotency;
pub(crate) mod ids;
pub(crate) mod invariant;
pub(crate) mod json;
pub(crate) mod list;
pub(crate) mod render;
pub(crate) mod routes;
pub(crate) mod search;
pub(crate) mod state;
#[cfg(test)]
mod steps;
#[cfg(test)]
pub(crate) mod story;
mod touched;
pub(crate) mod value;
pub(crate) mod work;
