//! A member's invoices, from the mirror. Their pages and PDFs are Stripe's, at addresses that expire: asked for when
//! somebody looks, never stored.

mod list;
mod show;
mod void;

pub use list::ListedInvoice;
pub use show::{OneInvoice, PaidBy};
