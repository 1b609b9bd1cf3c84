//! Another plan for a subscription: what it costs, and doing it, at once or at the end of the period.

mod change;
mod claim;
mod now;
mod preview;
mod price;
mod put_aside;
mod schedule;
mod settle;
mod target;

pub use change::ChangePlan;
pub use preview::PreviewPlan;
