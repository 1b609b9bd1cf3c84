//! Whether a coupon or a promotion code may be redeemed, and why not.

use std::sync::Arc;

use crate::core::value::Value;

use super::apply::Terms;
use super::redeem::{On, Owner};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::resources::{coupon, promotion_code};

/// What may be redeemed.
#[derive(Debug)]
pub(super) struct Redeemed {
    pub(super) coupon: Arc<Value>,
    /// The id of the promotion code.
    pub(super) code: Option<String>,
    pub(super) terms: Terms,
}

/// # Errors
/// 400 for a coupon that is no longer valid, or in another currency.
///
/// One that covers none of the products is no error ([doc]): it takes nothing off.
pub(super) fn coupon(
    work: &Work<'_>,
    coupon: Arc<Value>,
    owner: &Owner<'_>,
    param: &str,
) -> Result<Redeemed> {
    if !coupon::is_valid(&coupon, work.now) {
        return Err(promotion_code::coupon_expired(&coupon.id(), param));
    }
    let Some(terms) = coupon::terms(&coupon, owner.currency) else {
        let message = format!(
            "The currency of the coupon (`{}`) does not match the currency of the {} (`{}`).",
            coupon.string("currency"),
            owner.on.spoken(),
            owner.currency
        );
        return Err(ApiError::invalid(message).param(param));
    };
    Ok(Redeemed { coupon, code: None, terms })
}

/// # Errors
/// 400 for a code that is unknown, over, somebody else's, or whose restrictions are not met.
pub(super) fn code(work: &Work<'_>, id: &str, owner: &Owner<'_>, param: &str) -> Result<Redeemed> {
    let code = work.named("promotion_code", id, param)?;
    let refused = |why: &str| {
        let message = format!("This promotion code cannot be redeemed {why}.");
        ApiError::invalid(message).param(param).begun()
    };
    let redeemed = coupon(work, work.see(&code.string("promotion.coupon")), owner, param)?;
    if code.int("expires_at").is_some_and(|end| end <= work.now) {
        return Err(refused("because it has expired").code("coupon_expired"));
    }
    if code.int("max_redemptions").is_some_and(|most| code.num("times_redeemed") >= most) {
        return Err(refused("because it has been used the maximum number of times").code("coupon_expired"));
    }
    if !code.flag("active") {
        return Err(refused("because it is inactive"));
    }
    if code.text("customer").is_some_and(|only| only != owner.customer) {
        return Err(refused("because it is restricted to another customer"));
    }
    // [doc]: previews do not look at what was before.
    let newcomers = code.flag("restrictions.first_time_transaction") && !work.previews;
    if newcomers && has_prior(work, owner.customer) {
        return Err(refused("because the associated customer has prior transactions"));
    }
    if code.has("restrictions.minimum_amount") {
        let Some(amount) = owner.amount else {
            // [doc]: seen for updates of subscriptions; the same rule holds for items.
            let how = match owner.on {
                On::Subscription(_) => "a subscription update",
                other => return Err(refused(&minimum_on(&other.spoken()))),
            };
            return Err(refused(&format!(
                "on {how} because it uses the `minimum_amount` restriction and the amount may change"
            )));
        };
        let least = code.at("_currency_options").at(owner.currency).int("minimum_amount");
        if least.is_none_or(|least| amount < least) {
            return Err(refused("because the amount is below its minimum amount"));
        }
    }
    Ok(Redeemed { code: Some(code.id()), ..redeemed })
}

fn minimum_on(what: &str) -> String {
    format!("on an individual {what} because it uses the `minimum_amount` restriction")
}

/// Whether the customer had a bill before. An open one counts ([doc]), a draft or a void one does not ([mem]).
fn has_prior(work: &Work<'_>, customer: &str) -> bool {
    let billed = |invoice: &Arc<Value>| !matches!(invoice.text("status"), Some("draft" | "void"));
    work.matching("invoice", "customer", customer).iter().any(billed)
        || work.matching("charge", "customer", customer).iter().any(|charge| charge.flag("paid"))
}
