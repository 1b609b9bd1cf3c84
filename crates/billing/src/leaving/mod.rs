//! Somebody takes what is theirs along, or leaves for good.

mod at_stripe;
mod delete;
mod export;
