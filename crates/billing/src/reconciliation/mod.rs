//! Reconciliation: look at both sides, compare, report, and repair by the same code that webhooks use.
//!
//! What is found is looked at twice before it is believed: while the one side was read, the other went on.

mod catch_up;
mod heard;
mod look;
mod look_refunds;
mod record;
mod repair;
mod report;
mod run;
mod schedule;

pub use catch_up::CaughtUp;
pub use report::{Looked, Outcome, Report};
pub use run::Reconcile;
