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
    let id = work.path("subscription", args.id())?.id();
    match args.params.text("billing_mode.type") {
        None => return Err(ApiError::required("billing_mode[type]")),
        Some("flexible") => {}
        Some(_) => {
            let message = "You can only migrate a subscription to the flexible billing mode.";
            return Err(ApiError::invalid(message).param("billing_mode[type]"));
        }
    }
    let new = mode(args.at("billing_mode"), work.now);
    work.set(&id, "billing_mode", new);
    changed(work, &id);
    Ok((*work.see(&id)).clone())
}
