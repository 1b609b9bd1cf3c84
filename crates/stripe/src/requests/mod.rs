//! What is sent, by pure functions: the parameters that Stripe documents, in one order, so that the same arguments give
//! the same bytes. One file per noun.

mod catalog;
mod customers;
mod disputes;
mod events;
mod invoice_payments;
mod invoices;
mod pauses;
mod payment_intents;
mod payment_methods;
mod plan_changes;
mod portal;
mod promotion_codes;
mod refunds;
mod schedules;
mod setup_intents;
mod subscriptions;
mod tax_ids;
mod webhook_endpoints;

pub use catalog::*;
pub use customers::*;
pub use disputes::*;
pub use events::*;
pub use invoice_payments::*;
pub use invoices::*;
pub use pauses::*;
pub use payment_intents::*;
pub use payment_methods::*;
pub use plan_changes::*;
pub use portal::*;
pub use promotion_codes::*;
pub use refunds::*;
pub use schedules::*;
pub use setup_intents::*;
pub use subscriptions::*;
pub use tax_ids::*;
pub use webhook_endpoints::*;

use crate::form::Form;
use domain::time::Timestamp;

/// The largest page that Stripe gives.
pub(crate) const PAGE: u32 = 100;

/// A window on `created`, in Stripe's seconds: from inclusive, to exclusive. Overlap windows and upsert by
/// id: paging by `created` alone loses ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Created {
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

impl Created {
    pub const fn since(from: Timestamp) -> Self {
        Self { from: Some(from), before: None }
    }

    fn on(self, form: Form) -> Form {
        form.maybe("created[gte]", self.from.map(Timestamp::seconds))
            .maybe("created[lt]", self.before.map(Timestamp::seconds))
    }
}

fn page(form: Form, after: Option<&str>) -> Form {
    form.set("limit", PAGE).maybe("starting_after", after)
}
