//! Events as they are delivered: whether they are Stripe's, and which object they are about.

mod event;
mod signature;

pub use event::Event;
pub(crate) use event::read_event;
pub use signature::{SignatureError, sign, verify};
