//! Tiers that are given without a subscription, by people with power.

mod assign;
mod end;

pub use assign::AssignTier;
