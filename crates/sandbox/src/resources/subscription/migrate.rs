//! From classic to flexible billing mode. There is no way back ([doc]).

use crate::core::value::Value;

use super::changed;
use super::create::{BILLING_MODE, mode};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(super) const MIGRATE: Shape = &[("billing_mode", Kind::Nested(BILLING_MODE))];

pub(super) fn migrate(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let subscription = work.path("subscription", args.id())?;
    let id = subscription.id();
    match args.params.text("billing_mode.type") {
        None => return Err(ApiError::required("billing_mode[type]")),
        Some("flexible") => {}
        Some(_) => {
            let message = "You can only migrate a subscription to the flexible billing mode.";
            return Err(ApiError::invalid(message).param("billing_mode[type]"));
        }
    }
    let new = mode(args.at("billing_mode"), work.now);
    let itemized = "flexible.proration_discounts";
    if subscription.at("billing_mode").is(itemized, "itemized") && !new.is(itemized, "itemized") {
        // [doc]: there is no way back from this either.
        let message = "You cannot migrate a subscription from `proration_discounts=itemized` to `included`.";
        return Err(ApiError::invalid(message).param("billing_mode[flexible][proration_discounts]").begun());
    }
    work.set(&id, "billing_mode", new);
    changed(work, &id);
    Ok((*work.see(&id)).clone())
}
