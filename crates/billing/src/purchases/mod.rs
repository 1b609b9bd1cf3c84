//! Buying tokens. What a paid purchase grants is in `sync`: the same code, however the payment was found out.

mod abandon;
mod buy;
mod list;
mod pay;
mod refund;
mod show;
mod void_stuck;

pub(crate) use abandon::FORGOTTEN_AFTER;
pub use buy::{Buy, BuyAnswer};
pub use pay::PayPurchase;
pub use refund::RefundPurchase;
