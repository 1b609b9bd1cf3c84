//! How a subscription is collected: by which card, or by an invoice that is sent.

use crate::core::value::Value;

use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::resources::payment_intent::attempt::How;
use crate::resources::{payment_method, setup_intent};

/// `default_payment_method`, which must be the customer's.
///
/// # Errors
/// 400 `resource_missing` for one that is not.
pub(super) fn default_method(work: &mut Work<'_>, args: &Args, customer: &str) -> Result<Option<String>> {
    let Some(named) = args.text("default_payment_method") else { return Ok(None) };
    let method = payment_method::materialize(work, named, "default_payment_method")?;
    if !work.see(&method).is("customer", customer) {
        let message = format!(
            "The customer does not have a payment method with the ID {named}. The payment method must be attached to \
             the customer."
        );
        return Err(ApiError::invalid(message).code("resource_missing").param("default_payment_method"));
    }
    Ok(Some(method))
}

/// `collection_method` and `days_until_due`.
///
/// # Errors
/// 400 when one is sent without the other.
pub(crate) fn set(work: &mut Work<'_>, args: &Args, id: &str) -> Result<()> {
    let method = args
        .text("collection_method")
        .map_or_else(|| work.see(id).string("collection_method"), str::to_owned);
    let days = args.within("days_until_due", 0, 3650)?;
    if method == "send_invoice" {
        let known = days.or_else(|| work.see(id).int("days_until_due"));
        let Some(days) = known else {
            let message = "If collection_method is set to send_invoice, you must specify days_until_due.";
            return Err(ApiError::invalid(message).param("days_until_due"));
        };
        work.set(id, "days_until_due", days);
    } else if days.is_some() {
        let message = "You can only specify days_until_due if collection_method is set to send_invoice.";
        return Err(ApiError::invalid(message).param("days_until_due"));
    } else {
        work.set(id, "days_until_due", Value::Null);
    }
    work.set(id, "collection_method", method);
    Ok(())
}

/// A trial without a usable card has a setup intent to collect or authenticate one.
pub(super) fn wait_for_card(work: &mut Work<'_>, id: &str, has_method: bool) {
    let subscription = work.see(id);
    let customer = subscription.string("customer");
    let method = subscription
        .text("default_payment_method")
        .map(str::to_owned)
        .or_else(|| work.see(&customer).text("invoice_settings.default_payment_method").map(str::to_owned));
    let unauthenticated =
        method.as_deref().is_some_and(|method| setup_intent::needs_authentication(work, method));
    if has_method && !unauthenticated {
        return;
    }
    let intent = setup_intent::make(work, Some(&customer), method.as_deref(), "off_session");
    work.set(&intent, "_subscription", id);
    work.tell("setup_intent.created", &intent);
    if unauthenticated {
        setup_intent::ask(work, &intent, &How::default());
    }
    work.set(id, "pending_setup_intent", intent);
}
