//! The inbox: Stripe's events are stored first and applied later. An event is only a trigger (trap 1).

mod accept;
mod ask;
mod list;
mod replay;
mod resolve;
mod step;
pub(crate) mod work;

pub use accept::Accepted;

pub(crate) use ask::Asker;
