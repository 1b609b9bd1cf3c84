//! Charges: what a payment attempt leaves behind.

pub(crate) mod capture;
mod make;
mod outcome;

pub(crate) use capture::{capture_amount, fall_due, release};
pub(crate) use make::{Verdict, of_intent};

use crate::core::value::{Value, json};

use self::make::{Draft, make};
use super::cards::Aftermath;
use super::shapes::{NONE, SHIPPING};
use super::{dispute, money, payment_method, refund};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "charges", CREATE, create),
    route("GET", "charges", LIST, all),
    route("GET", "charges/*", NONE, retrieve),
    route("POST", "charges/*", UPDATE, update),
    route("POST", "charges/*/capture", capture::CAPTURE, capture::by_hand),
    // The older addresses of refunds and of a dispute ([spec]).
    route("POST", "charges/*/refund", refund::OF_CHARGE, refund::of_charge_shown),
    route("POST", "charges/*/refunds", refund::OF_CHARGE, refund::of_charge),
    route("GET", "charges/*/refunds", REFUNDS, refund::all_of_charge),
    route("GET", "charges/*/refunds/*", NONE, refund::retrieve_of_charge),
    route("POST", "charges/*/refunds/*", refund::UPDATE, refund::update_of_charge),
    route("GET", "charges/*/dispute", NONE, dispute::of_charge),
    route("POST", "charges/*/dispute", dispute::UPDATE, dispute::update_of_charge),
    route("POST", "charges/*/dispute/close", NONE, dispute::close_of_charge),
];

const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("capture", Kind::Bool),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::UpTo(40_000)),
    ("metadata", Kind::Metadata),
    ("receipt_email", Kind::Text),
    ("shipping", Kind::Nested(SHIPPING)),
    ("source", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
    ("transfer_group", Kind::Text),
];
const UPDATE: Shape = &[
    ("customer", Kind::Text),
    ("description", Kind::UpTo(40_000)),
    ("fraud_details", Kind::Nested(&[("user_report", Kind::Word(&["fraudulent", "safe"]))])),
    ("metadata", Kind::Metadata),
    ("receipt_email", Kind::Text),
    ("shipping", Kind::Nested(SHIPPING)),
    ("transfer_group", Kind::Text),
];
const LIST: Shape = &[
    AFTER,
    BEFORE,
    CREATED,
    ("customer", Kind::Text),
    LIMIT,
    ("payment_intent", Kind::Text),
    ("transfer_group", Kind::Text),
];
const REFUNDS: Shape = &[AFTER, BEFORE, LIMIT];

/// What a charge of this card, or a refund of it, leads to.
pub(crate) fn aftermath(work: &Work<'_>, charge: &Value) -> Aftermath {
    let method = charge.string("payment_method");
    payment_method::card_behind(work, &method).map_or(Aftermath::None, |card| card.aftermath)
}

/// The old way to charge: at once, without an intent.
fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let amount = args.amount("amount")?.ok_or_else(|| ApiError::required("amount"))?;
    let currency = money::currency(args.need_text("currency")?, "currency")?;
    if amount < money::minimum(&currency) {
        let least = money::shown(money::minimum(&currency), &currency);
        let message = format!("Amount must be at least {least} {currency}");
        return Err(ApiError::invalid(message).code("amount_too_small").param("amount"));
    }
    check_suffix(args)?;
    let customer = args.text("customer").map(|id| work.named("customer", id, "customer")).transpose()?;
    let method = match (args.text("source"), &customer) {
        (Some(source), _) => payment_method::materialize(work, source, "source")?,
        (None, Some(customer)) => {
            if let Some(method) = customer.text("invoice_settings.default_payment_method") {
                method.to_owned()
            } else {
                let message = "Cannot charge a customer that has no active card";
                return Err(ApiError::card("missing", message).param("card"));
            }
        }
        (None, None) => {
            return Err(ApiError::invalid("Must provide source or customer.").code("parameter_missing"));
        }
    };
    let mut shared = json!({});
    args.copy(
        &["description", "receipt_email", "shipping", "statement_descriptor_suffix", "transfer_group"],
        &mut shared,
    );
    args.metadata(&mut shared);
    shared.set("customer", customer.map_or(Value::Null, |customer| customer.at("id").clone()));
    let draft = Draft {
        amount,
        currency,
        shared,
        intent: None,
        settles_later: false,
        three_d_secure: Value::Null,
        mandate: Value::Null,
    };
    let hold = args.at("capture").as_bool() == Some(false);
    let verdict = match payment_method::decline_of(work, &method) {
        Some(decline) => Verdict::Failed(decline),
        None if hold => Verdict::Authorized,
        None => Verdict::Succeeded,
    };
    let id = make(work, &draft, &method, &verdict);
    match verdict {
        Verdict::Failed(decline) => {
            Err(payment_method::decline_error(&decline).with("charge", id).keeping_changes())
        }
        _ => Ok((*work.see(&id)).clone()),
    }
}

/// # Errors
/// 400 for what cannot stand on a statement (Stripe docs: statement descriptors).
pub(crate) fn check_suffix(args: &Args) -> Result<()> {
    for name in ["statement_descriptor", "statement_descriptor_suffix"] {
        let Some(text) = args.text(name) else { continue };
        if text.chars().count() > 22 {
            let message =
                format!("The statement descriptor must be at most 22 characters. You provided: '{text}'.");
            return Err(ApiError::invalid(message).param(name));
        }
        if !text.chars().any(char::is_alphabetic) || text.contains(['<', '>', '\\', '\'', '"', '*']) {
            let message = "The statement descriptor must contain at least one letter, and none of these characters: \
                           <, >, \\, ', \", *.";
            return Err(ApiError::invalid(message).param(name));
        }
    }
    Ok(())
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("charge", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let charge = work.path("charge", args.id())?;
    let id = charge.id();
    if let Some(customer) = args.text("customer") {
        work.named("customer", customer, "customer")?;
        if charge.text("customer").is_some_and(|owner| owner != customer) {
            let message = "The customer of a charge can only be set when it has none.";
            return Err(ApiError::invalid(message).param("customer"));
        }
    }
    work.edit(&id, |charge| {
        args.copy(&["customer", "description", "receipt_email", "transfer_group"], charge);
        args.merge("shipping", charge);
        if let Some(report) = args.params.text("fraud_details.user_report") {
            charge.set("fraud_details.user_report", report);
        }
        args.metadata(charge);
    });
    work.tell_if_changed("charge.updated", &id);
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = match (args.text("payment_intent"), args.text("customer")) {
        (Some(intent), _) => Some(work.matching("charge", "payment_intent", intent)),
        (None, Some(customer)) => Some(work.matching("charge", "customer", customer)),
        _ => None,
    };
    list(work, args, "charge", "/v1/charges", among, |charge| {
        ["customer", "payment_intent", "transfer_group"].iter().all(|name| agrees(args, name, charge))
    })
}
