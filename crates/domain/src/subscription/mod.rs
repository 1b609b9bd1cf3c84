//! Our mirror of a Stripe subscription. Stripe decides; we observe, and nothing that it says is refused.

mod call;
mod change;
pub mod intent;
mod mirror;
mod observed;
mod plan;
mod status;

pub use call::{By, Call, Cause};
pub use change::Change;
pub use intent::SubscribeIntent;
pub use mirror::UserSubscription;
pub use observed::Observed;
pub use plan::{Plan, ScheduledChange};
pub use status::{Status, UnknownStatus};

#[cfg(test)]
pub(crate) use mirror::tests as samples;
