//! Refunds.

mod make;

pub(crate) use make::{fall_due, reverse, stop_by_dispute};

use crate::core::value::{Value, json};

use super::shapes::NONE;
use super::{dispute, money};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "refunds", CREATE, create),
    route("GET", "refunds", LIST, all),
    route("GET", "refunds/*", NONE, retrieve),
    route("POST", "refunds/*", UPDATE, update),
    route("POST", "refunds/*/cancel", NONE, cancel),
];

const REASONS: Kind = Kind::Word(&["duplicate", "fraudulent", "requested_by_customer"]);
const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("charge", Kind::Text),
    ("metadata", Kind::Metadata),
    ("payment_intent", Kind::Text),
    ("reason", REASONS),
];
/// A refund of the charge in the path.
pub(crate) const OF_CHARGE: Shape = &[
    ("amount", Kind::Int),
    ("metadata", Kind::Metadata),
    ("payment_intent", Kind::Text),
    ("reason", REASONS),
];
pub(crate) const UPDATE: Shape = &[("metadata", Kind::Metadata)];
const LIST: Shape = &[AFTER, BEFORE, ("charge", Kind::Text), CREATED, LIMIT, ("payment_intent", Kind::Text)];

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let charge = named(work, args)?;
    of(work, args, &charge)
}

/// The charge that the parameters name, or the one that paid the intent that they name.
fn named(work: &Work<'_>, args: &Args) -> Result<Value> {
    let charge = match (args.text("charge"), args.text("payment_intent")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: charge, payment_intent.";
            return Err(ApiError::invalid(message).code("parameters_exclusive"));
        }
        // Here Stripe answers as if the path named it: 404.
        (Some(id), None) => work.path("charge", id)?,
        (None, Some(id)) => {
            let intent = work.named("payment_intent", id, "payment_intent")?;
            let charge = work.see(&intent.string("latest_charge"));
            if !charge.is("status", "succeeded") {
                return Err(without_charge(id));
            }
            charge
        }
        (None, None) => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(ApiError::invalid(message));
        }
    };
    Ok((*charge).clone())
}

fn without_charge(intent: &str) -> ApiError {
    ApiError::invalid(format!("This PaymentIntent ({intent}) does not have a successful charge to refund."))
        .begun()
}

fn check(work: &Work<'_>, charge: &Value) -> Result<()> {
    let id = charge.id();
    if !charge.is("status", "succeeded") {
        return Err(match charge.text("payment_intent") {
            Some(intent) => without_charge(intent),
            None => ApiError::invalid(format!("Charge {id} has failed and cannot be refunded.")).begun(),
        });
    }
    if charge.flag("refunded") {
        let message = format!("Charge {id} has already been refunded.");
        return Err(ApiError::conflict("charge_already_refunded", message));
    }
    if let (false, Some(intent)) = (charge.flag("captured"), charge.text("payment_intent")) {
        let message = format!(
            "This uncaptured Charge was created by a PaymentIntent ({intent}). You must cancel the PaymentIntent to \
             reverse the authorization instead of refunding the Charge directly. For more information, see \
             https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
        );
        return Err(ApiError::invalid(message).begun());
    }
    if dispute::blocks_refunds(work, &id) {
        let message = format!("Charge {id} has been charged back; cannot issue a refund.");
        return Err(ApiError::conflict("charge_disputed", message));
    }
    Ok(())
}

fn of(work: &mut Work<'_>, args: &Args, charge: &Value) -> Result<Value> {
    check(work, charge)?;
    let left = charge.num("amount") - charge.num("amount_refunded");
    let amount = args.int("amount").unwrap_or(left);
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid(message).code("parameter_invalid_integer").param("amount"));
    }
    if amount > left {
        let currency = charge.string("currency");
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            money::shown(amount, &currency),
            money::shown(left, &currency)
        );
        return Err(ApiError::invalid(message).param("amount").begun());
    }
    let mut sent = json!({});
    args.metadata(&mut sent);
    let (reason, metadata) = (args.at("reason"), sent.at("metadata"));
    if !charge.flag("captured") {
        // What is held is given back whole or captured in part; there is no third way.
        if amount < left {
            let message = format!("Charge {} is not captured: it can only be refunded whole.", charge.id());
            return Err(ApiError::invalid(message).param("amount").begun());
        }
        let id = make::reverse(work, charge, amount, reason, metadata);
        work.set(&charge.id(), "_due", Value::Null);
        work.tell("charge.refunded", &charge.id());
        return Ok((*work.see(&id)).clone());
    }
    let id = make::make(work, charge, amount, reason, metadata);
    Ok((*work.see(&id)).clone())
}

/// `POST /v1/charges/{id}/refunds`.
pub(crate) fn of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let charge = work.path("charge", args.id())?;
    if args.text("payment_intent").is_some_and(|intent| !charge.is("payment_intent", intent)) {
        let message = "The payment_intent given is not the one of this charge.";
        return Err(ApiError::invalid(message).param("payment_intent"));
    }
    of(work, args, &charge)
}

/// `POST /v1/charges/{id}/refund`: answers with the charge.
pub(crate) fn of_charge_shown(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    of_charge(work, args)?;
    Ok((*work.see(args.id())).clone())
}

pub(crate) fn all_of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("charge", args.id())?.id();
    let among = work.matching("refund", "charge", &id);
    list(work, args, "refund", &format!("/v1/charges/{id}/refunds"), Some(among), |_| true)
}

/// The refund in the path, which must be one of the charge in the path.
fn within_charge(work: &Work<'_>, args: &Args) -> Result<String> {
    let charge = work.path("charge", args.id())?.id();
    let wanted = args.ids.get(1).map_or("", String::as_str);
    match work.path("refund", wanted) {
        Ok(refund) if refund.is("charge", &charge) => Ok(refund.id()),
        _ => Err(ApiError::missing("refund", wanted).param("refund")),
    }
}

pub(crate) fn retrieve_of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = within_charge(work, args)?;
    Ok((*work.see(&id)).clone())
}

pub(crate) fn update_of_charge(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = within_charge(work, args)?;
    Ok(changed(work, args, &id))
}

fn changed(work: &mut Work<'_>, args: &Args, id: &str) -> Value {
    let before = work.see(id);
    work.edit(id, |refund| args.metadata(refund));
    if *before != *work.see(id) {
        make::tell_updated(work, id);
    }
    (*work.see(id)).clone()
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("refund", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = work.path("refund", args.id())?.id();
    Ok(changed(work, args, &id))
}

/// Only refunds that wait for the customer's bank details can be canceled ([spec]); cards have none of them.
fn cancel(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    work.path("refund", args.id())?;
    Err(ApiError::invalid("Canceling this refund is unsupported.").begun())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("charge"), args.text("payment_intent")) {
        (Some(charge), _) => Some(work.matching("refund", "charge", charge)),
        (None, Some(intent)) => Some(work.matching("refund", "payment_intent", intent)),
        _ => None,
    };
    list(work, args, "refund", "/v1/refunds", among, |refund| {
        agrees(args, "charge", refund) && agrees(args, "payment_intent", refund)
    })
}
