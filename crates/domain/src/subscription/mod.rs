//! Our mirror of a Stripe subscription. Stripe decides; we observe, and nothing that it says is refused.

mod change;
pub mod intent;
mod mirror;
mod observed;
mod plan;
mod status;

pub use change::Change;
pub use intent::SubscribeIntent;
pub use mirror::UserSubscription;
pub use observed::Observed;
pub use plan::Plan;
pub use status::{Status, UnknownStatus};

#[cfg(test)]
pub(crate) use mirror::tests as samples;
