//! The rules of billing. Knows no HTTP, SQL, Stripe JSON, async or system clock.

pub mod clock;
pub mod ids;
pub mod money;
pub mod payment;
pub mod subscription;
pub mod time;
