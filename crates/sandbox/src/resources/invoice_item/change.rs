//! Changing an item that waits, or is on a draft.

use super::super::discount::{self, On, Owner};
use super::make::show_net;
use super::pricing::{self, named};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;

/// What a proration is for is not for the caller to say.
const FIXED: [&str; 7] =
    ["amount", "discounts", "price_data", "pricing", "quantity", "quantity_decimal", "unit_amount_decimal"];

/// Changes an item; its line is the caller's. `prefix` is where the parameters were sent.
///
/// # Errors
/// 400 for what a proration does not let change, and for what cannot be billed so.
pub(crate) fn change(work: &mut Work<'_>, id: &str, args: &Args, prefix: &str) -> Result<()> {
    let item = work.see(id);
    if item.flag("proration") {
        let fixed = FIXED.into_iter().find(|name| args.sent(name));
        if let Some(name) = fixed.or_else(|| args.flag("discountable").then_some("discountable")) {
            let message = format!("You cannot change `{name}` of an invoice item that is a proration.");
            return Err(ApiError::invalid(message).param(&named(prefix, name)).begun());
        }
    }
    pricing::check_period(args, prefix)?;
    let cost = pricing::read(work, args, prefix, Some(&item.string("currency")), Some(&item))?;
    let target = item.text("invoice").map(|id| work.see(id)).unwrap_or_default();
    let owner = Owner {
        on: On::InvoiceItem(id),
        customer: &item.string("customer"),
        currency: &item.string("currency"),
        amount: None,
        present: &[item.list("discounts"), target.list("discounts")].concat(),
    };
    let before = item.list("discounts");
    let discounts =
        discount::change(work, args.params.get("discounts"), before, &owner, &named(prefix, "discounts"))?;
    work.edit(id, |item| {
        if let Some(discounts) = discounts {
            item.set("discounts", discounts);
        }
        if let Some(cost) = cost {
            cost.write(item);
        }
        args.copy(&["description", "discountable"], item);
        args.merge("period", item);
        args.metadata(item);
        if !item.flag("proration") {
            show_net(item);
        }
    });
    Ok(())
}
