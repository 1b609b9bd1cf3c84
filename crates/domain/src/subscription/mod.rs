//! Our mirror of a Stripe subscription. Stripe decides; we observe, and nothing that it says is refused.

mod observed;
mod status;

pub use observed::Observed;
pub use status::{Status, UnknownStatus};
