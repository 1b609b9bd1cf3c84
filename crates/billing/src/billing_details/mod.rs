//! Name, address and VAT id of a member, which Stripe prints on invoices. They are kept there only.

mod save;
mod show;

pub use save::SaveBillingDetails;
