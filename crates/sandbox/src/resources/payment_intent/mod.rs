//! Payment intents: create, change, read.

pub(crate) mod attempt;
mod confirm;
pub(crate) mod details;
mod finish;

pub(crate) use finish::cancel_now;

use crate::core::value::{Value, json};

use self::details::{AMOUNT, EXCLUDED, OFF_SESSION, OPTIONS, REFERENCES};
use super::intents::{SECRET, automatic, customer_of, method_of, only_cards, own, unexpected};
use super::shapes::{AUTOMATIC_PAYMENT_METHODS, SHIPPING};
use super::{confirmation_token, mandate, money, payment_method};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, list};
use crate::core::routes::{Route, open, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "payment_intents", CREATE, create),
    route("GET", "payment_intents", LIST, all),
    open("GET", "payment_intents/*", SECRET, retrieve),
    route("POST", "payment_intents/*", UPDATE, update),
    open("POST", "payment_intents/*/confirm", confirm::CONFIRM, confirm::confirm),
    open("POST", "payment_intents/*/3ds", confirm::THREE_DS, confirm::three_ds),
    route("POST", "payment_intents/*/capture", finish::CAPTURE, finish::capture),
    route("POST", "payment_intents/*/cancel", finish::CANCEL, finish::cancel),
    route("POST", "payment_intents/*/increment_authorization", finish::INCREMENT, finish::increment),
];

/// Read with a publishable key: the intent's own secret is asked for.
const CAPTURE_METHODS: Kind = Kind::Word(&["automatic", "automatic_async", "manual"]);
const FUTURE: Kind = Kind::Word(&["off_session", "on_session"]);
const CREATE: Shape = &[
    ("allowed_payment_method_types", Kind::Texts),
    ("amount", Kind::Int),
    ("amount_details", Kind::Nested(AMOUNT)),
    ("automatic_payment_methods", Kind::Nested(AUTOMATIC_PAYMENT_METHODS)),
    ("capture_method", CAPTURE_METHODS),
    ("confirm", Kind::Bool),
    ("confirmation_method", Kind::Word(&["automatic", "manual"])),
    ("confirmation_token", Kind::Text),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("error_on_requires_action", Kind::Bool),
    ("excluded_payment_method_types", EXCLUDED),
    ("mandate", Kind::Text),
    ("mandate_data", Kind::Nested(mandate::DATA)),
    ("metadata", Kind::Metadata),
    ("off_session", OFF_SESSION),
    ("payment_details", Kind::Nested(REFERENCES)),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("payment_method_types", Kind::Texts),
    ("receipt_email", Kind::Text),
    ("return_url", Kind::Text),
    ("setup_future_usage", FUTURE),
    ("shipping", Kind::Nested(SHIPPING)),
    ("statement_descriptor", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
    ("transfer_group", Kind::Text),
    ("use_stripe_sdk", Kind::Bool),
];

const UPDATE: Shape = &[
    ("allowed_payment_method_types", Kind::Texts),
    ("amount", Kind::Int),
    ("amount_details", Kind::Nested(AMOUNT)),
    ("capture_method", CAPTURE_METHODS),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    ("description", Kind::Text),
    ("excluded_payment_method_types", EXCLUDED),
    ("metadata", Kind::Metadata),
    ("payment_details", Kind::Nested(REFERENCES)),
    ("payment_method", Kind::Text),
    ("payment_method_data", Kind::Nested(payment_method::DATA)),
    ("payment_method_options", Kind::Nested(OPTIONS)),
    ("payment_method_types", Kind::Texts),
    ("receipt_email", Kind::Text),
    ("setup_future_usage", FUTURE),
    ("shipping", Kind::Nested(SHIPPING)),
    ("statement_descriptor", Kind::Text),
    ("statement_descriptor_suffix", Kind::Text),
    ("transfer_group", Kind::Text),
];

const LIST: Shape = &[AFTER, BEFORE, CREATED, ("customer", Kind::Text), LIMIT];

/// What a new intent is for.
#[derive(Debug, Default)]
pub(crate) struct New {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) capture_method: &'static str,
    pub(crate) setup_future_usage: Option<&'static str>,
    pub(crate) payment_method: Option<String>,
    /// The invoice that it pays: then it cannot be edited or canceled on its own ([spec]).
    pub(crate) invoice: Option<String>,
}

/// A new intent; the caller tells of it once it is complete.
pub(crate) fn make(work: &mut Work<'_>, new: New) -> String {
    let id = format!("pi_3{}", work.random.text(23));
    let secret = format!("{id}_secret_{}", work.random.text(25));
    let status =
        if new.payment_method.is_some() { "requires_confirmation" } else { "requires_payment_method" };
    let mut intent = json!({
        "id": id,
        "object": "payment_intent",
        "amount": new.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": null,
        "cancellation_reason": null,
        "capture_method": new.capture_method,
        "client_secret": secret,
        "confirmation_method": "automatic",
        "created": work.now,
        "currency": new.currency,
        "customer": new.customer,
        "customer_account": null,
        "description": new.description,
        "excluded_payment_method_types": null,
        "last_payment_error": null,
        "latest_charge": null,
        "livemode": false,
        "metadata": {},
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": new.payment_method,
        "payment_method_configuration_details": null,
        "payment_method_options": {
            "card": {
                "installments": null, "mandate_options": null, "network": null,
                "request_three_d_secure": "automatic"
            }
        },
        "payment_method_types": ["card"],
        "processing": null,
        "receipt_email": null,
        "review": null,
        "setup_future_usage": new.setup_future_usage,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": status,
        "transfer_data": null,
        "transfer_group": null,
    });
    if let Some(invoice) = new.invoice {
        intent.set("payment_details", json!({ "customer_reference": null, "order_reference": invoice }));
        intent.set("_invoice", invoice);
    }
    work.create(intent);
    id
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let (amount, currency) = price_of(args.need_int("amount")?, args.need_text("currency")?)?;
    for name in ["off_session", "mandate", "mandate_data"] {
        if args.sent(name)
            && !args.flag("confirm")
            && (name != "off_session" || details::is_off_session(args))
        {
            let message = format!("{name} can only be used with confirm=true.");
            return Err(ApiError::invalid(message).code("parameter_invalid").param(name));
        }
    }
    details::check(args, amount)?;
    if args.at("payment_method_types").is_array() && args.flag("automatic_payment_methods") {
        return Err(ApiError::invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
        ));
    }
    only_cards(args)?;
    confirmation_token::refuse_unconfirmed(args)?;
    let unfolded = confirmation_token::unfold(work, args, "payment_intent")?;
    let args = unfolded.as_ref().unwrap_or(args);
    let customer = customer_of(work, args)?;
    let method = method_of(work, args, customer.as_deref())?;
    let future = args
        .text("setup_future_usage")
        .map(|usage| if usage == "off_session" { "off_session" } else { "on_session" });
    let capture = match args.text("capture_method") {
        Some("manual") => "manual",
        Some("automatic") => "automatic",
        _ => "automatic_async",
    };
    let id = make(
        work,
        New {
            amount,
            currency,
            customer,
            capture_method: capture,
            setup_future_usage: future,
            payment_method: method,
            ..New::default()
        },
    );
    work.edit(&id, |intent| {
        details::fill(args, intent);
        args.copy(&["confirmation_method"], intent);
        if let Some(automatic) = automatic(args) {
            intent.set("automatic_payment_methods", automatic);
            intent
                .set("payment_method_configuration_details", json!({ "id": "pmc_1Sandbox", "parent": null }));
        }
    });
    work.tell("payment_intent.created", &id);
    if args.flag("confirm") {
        confirmation_token::spend(work, args, "payment_intent", &id);
        confirm::run(work, &id, args)?;
    }
    Ok((*work.see(&id)).clone())
}

pub(crate) fn price_of(amount: i64, currency: &str) -> Result<(i64, String)> {
    let currency = money::currency(currency, "currency")?;
    if amount < 1 {
        let message = "The amount must be greater than or equal to the minimum charge amount allowed for your \
                       account and the currency set \
                       (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you want to save \
                       a Payment Method for future use without an immediate payment, use a Setup Intent instead: \
                       https://docs.stripe.com/payments/setup-intents";
        return Err(ApiError::invalid(message).code("parameter_invalid_integer").param("amount"));
    }
    let least = money::minimum(&currency);
    if amount < least {
        let message = format!("Amount must be at least {} {currency}", money::shown(least, &currency));
        return Err(ApiError::invalid(message).code("amount_too_small").param("amount"));
    }
    if amount > 99_999_999 {
        let message = format!("Amount must be no more than $999,999.99 {currency}");
        return Err(ApiError::invalid(message).code("amount_too_large").param("amount"));
    }
    Ok((amount, currency))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = own(work, "payment_intent", args)?;
    Ok((*work.see(&id)).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let intent = work.path("payment_intent", args.id())?;
    let id = intent.id();
    let harmless = ["description", "metadata", "receipt_email", "shipping", "transfer_group", "expand"];
    let touches_payment = args
        .params
        .as_object()
        .is_some_and(|sent| sent.keys().any(|name| !harmless.contains(&name.as_str())));
    if touches_payment {
        if intent.has("_invoice") {
            let message = "This PaymentIntent belongs to an invoice and cannot be updated directly.";
            return Err(unexpected(work, &id, message));
        }
        let status = intent.string("status");
        if !matches!(status.as_str(), "requires_payment_method" | "requires_confirmation" | "requires_action")
        {
            let message =
                format!("This PaymentIntent could not be updated because it has a status of {status}.");
            return Err(unexpected(work, &id, message));
        }
    }
    only_cards(args)?;
    let amount = args.int("amount").unwrap_or_else(|| intent.num("amount"));
    let currency = args.text("currency").unwrap_or_else(|| intent.text("currency").unwrap_or_default());
    let (amount, currency) = price_of(amount, currency)?;
    details::check(args, amount)?;
    let customer = customer_of(work, args)?.or_else(|| intent.text("customer").map(str::to_owned));
    let method = method_of(work, args, customer.as_deref())?;
    work.edit(&id, |intent| {
        details::fill(args, intent);
        args.copy(&["capture_method", "setup_future_usage"], intent);
        intent.set("amount", amount);
        intent.set("currency", currency);
        intent.set("customer", customer);
        if let Some(method) = method {
            intent.set("payment_method", method);
            if intent.is("status", "requires_payment_method") {
                intent.set("status", "requires_confirmation");
            }
        }
    });
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let among = args.text("customer").map(|customer| work.matching("payment_intent", "customer", customer));
    list(work, args, "payment_intent", "/v1/payment_intents", among, |_| true)
}
