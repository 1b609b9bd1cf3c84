//! Our mirror of a Stripe subscription. Stripe decides; we observe, and nothing that it says is refused.

mod call;
mod change;
pub mod change_kind;
pub mod intent;
mod mirror;
mod observed;
mod plan;
pub mod plan_change;
mod status;
mod unused;

pub use call::{By, Call, Cause};
pub use change::Change;
pub use intent::SubscribeIntent;
pub use mirror::UserSubscription;
pub use observed::{Observed, PendingUpdate};
pub use plan::{Plan, ScheduledChange};
pub use plan_change::PlanChange;
pub use status::{Status, UnknownStatus};
pub use unused::unused;

#[cfg(test)]
pub(crate) use mirror::tests as samples;
#[cfg(test)]
pub(crate) use unused::tests as paid_samples;
