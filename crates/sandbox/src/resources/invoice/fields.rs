//! What a new invoice and a change of a draft have in common: how it looks, when it is due, how it is paid.

use crate::core::value::{Value, json};

use super::DAY;
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::shapes::ADDRESS;

pub(super) const METHODS: Kind = Kind::Word(&["charge_automatically", "send_invoice"]);

pub(super) const CUSTOM_FIELDS: Shape = &[("name", Kind::UpTo(40)), ("value", Kind::UpTo(140))];

/// Cards only; 3D Secure by request is the one setting of theirs.
pub(super) const PAYMENT_SETTINGS: Shape = &[
    (
        "payment_method_options",
        Kind::Nested(&[(
            "card",
            Kind::Nested(&[("request_three_d_secure", Kind::Word(&["any", "automatic", "challenge"]))]),
        )]),
    ),
    ("payment_method_types", Kind::Words(&["card"])),
];

pub(super) const RENDERING: Shape = &[
    ("amount_tax_display", Kind::Word(&["exclude_tax", "include_inclusive_tax"])),
    ("pdf", Kind::Nested(&[("page_size", Kind::Word(&["a4", "auto", "letter"]))])),
];

pub(super) const SHIPPING_DETAILS: Shape =
    &[("address", Kind::Nested(ADDRESS)), ("name", Kind::Text), ("phone", Kind::Text)];

/// [spec]: up to five years in the future.
const FARTHEST: i64 = 5 * 366 * DAY;

/// # Errors
/// 400 for what an invoice of this customer cannot have.
pub(super) fn check(work: &Work<'_>, args: &Args, customer: &str) -> Result<()> {
    if let Some(id) = args.text("default_payment_method") {
        let method = work.named("payment_method", id, "default_payment_method")?;
        if !method.is("customer", customer) {
            let message = "The customer does not have a payment method with the ID given. The payment method must be \
                           attached to the customer.";
            let error = ApiError::invalid(message).code("resource_missing");
            return Err(error.param("default_payment_method"));
        }
    }
    let fields = args.params.list("custom_fields");
    if fields.len() > 4 {
        return Err(ApiError::invalid("You can specify up to 4 custom fields.").param("custom_fields"));
    }
    for (index, field) in fields.iter().enumerate() {
        for name in ["name", "value"] {
            if !field.has(name) {
                return Err(ApiError::required(&format!("custom_fields[{index}][{name}]")));
            }
        }
    }
    if args.at("shipping_details").is_object() {
        for name in ["address", "name"] {
            if !args.at("shipping_details").has(name) {
                return Err(ApiError::required(&format!("shipping_details[{name}]")));
            }
        }
    }
    if let Some(line) = args.text("statement_descriptor")
        && (!line.chars().any(char::is_alphabetic) || line.contains(['<', '>', '\\', '\'', '"', '*']))
    {
        let message =
            "The statement descriptor must contain at least one letter, and none of <, >, \\, ', \", *.";
        return Err(ApiError::invalid(message).param("statement_descriptor"));
    }
    if let Some(at) = args.int("automatically_finalizes_at") {
        let param = "automatically_finalizes_at";
        if args.at("auto_advance") == false {
            let message = "You can only specify automatically_finalizes_at if auto_advance is true.";
            return Err(ApiError::invalid(message).param(param));
        }
        if at <= work.now || at > work.now + FARTHEST {
            let message = "Invalid timestamp: must be in the future, and at most 5 years away.";
            return Err(ApiError::invalid(message).param(param));
        }
    }
    Ok(())
}

/// Copies what was sent.
pub(super) fn fill(args: &Args, invoice: &mut Value) {
    args.copy(
        &["custom_fields", "default_payment_method", "description", "effective_at", "footer", "number"],
        invoice,
    );
    args.copy(&["shipping_details", "statement_descriptor"], invoice);
    if let Some(advance) = args.at("auto_advance").as_bool() {
        invoice.set("auto_advance", advance);
    }
    if let Some(at) = args.int("automatically_finalizes_at") {
        invoice.set("_finalizes_at", at);
        invoice.set("auto_advance", true);
    }
    if args.at("shipping_details").is_object() && !args.at("shipping_details").has("phone") {
        invoice.set("shipping_details.phone", Value::Null);
    }
    if args.at("rendering").is_object() {
        if !invoice.at("rendering").is_object() {
            let none = json!({ "amount_tax_display": null, "pdf": null, "template": null, "template_version": null });
            invoice.set("rendering", none);
        }
        args.merge("rendering", invoice);
    }
    let settings = args.at("payment_settings");
    if let Some(types) = settings.get("payment_method_types") {
        invoice.set("payment_settings.payment_method_types", types.clone());
    }
    match settings.get("payment_method_options") {
        Some(Value::Null) => invoice.set("payment_settings.payment_method_options", Value::Null),
        Some(options) if options.get("card").is_some() => {
            let card = options.at("card");
            let shown = card.is_object().then(|| {
                json!({
                    "installments": { "enabled": false },
                    "request_three_d_secure": card.at("request_three_d_secure"),
                })
            });
            // Of other methods nothing can be said here.
            let mut options = json!({
                "acss_debit": null, "bancontact": null, "card": null, "customer_balance": null, "konbini": null,
                "payto": null, "pix": null, "sepa_debit": null, "upi": null, "us_bank_account": null,
            });
            options.set("card", shown);
            invoice.set("payment_settings.payment_method_options", options);
        }
        _ => {}
    }
    args.metadata(invoice);
}

/// How an invoice is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    Charged,
    /// Due so many days after it is finalised.
    WithinDays(i64),
    /// Due at a moment (seconds).
    Until(i64),
}

/// What was said of it; `before` is the draft that is changed by it.
///
/// # Errors
/// 400 for a due date of what is charged, none of what is sent, or both forms of it.
pub(super) fn collection(work: &Work<'_>, args: &Args, before: Option<&Value>) -> Result<Option<Collection>> {
    let days = args.within("days_until_due", 0, 3650)?;
    let date = args.int("due_date");
    let known = before.filter(|invoice| invoice.is("collection_method", "send_invoice"));
    let is_sent = match args.text("collection_method") {
        Some(method) => method == "send_invoice",
        None => known.is_some(),
    };
    match (is_sent, days, date) {
        (_, Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: days_until_due, due_date.";
            Err(ApiError::invalid(message).code("parameters_exclusive").param("due_date"))
        }
        (false, Some(_), _) | (false, _, Some(_)) => {
            let name = if days.is_some() { "days_until_due" } else { "due_date" };
            let message = format!("You can only specify {name} if collection_method is set to send_invoice.");
            Err(ApiError::invalid(message).param(name))
        }
        (false, None, None) => Ok(args.sent("collection_method").then_some(Collection::Charged)),
        (true, Some(days), None) => Ok(Some(Collection::WithinDays(days))),
        (true, None, Some(date)) if date < work.now => {
            let message = "Invalid due_date: must not be in the past.";
            Err(ApiError::invalid(message).param("due_date"))
        }
        (true, None, Some(date)) => Ok(Some(Collection::Until(date))),
        (true, None, None) if known.is_some() => Ok(None),
        (true, None, None) => {
            let message =
                "If collection_method is set to send_invoice, you must specify days_until_due or due_date.";
            Err(ApiError::invalid(message).param("days_until_due"))
        }
    }
}

/// Writes how a draft is collected.
pub(super) fn collect_by(invoice: &mut Value, collection: Collection) {
    let sent = collection != Collection::Charged;
    invoice.set("collection_method", if sent { "send_invoice" } else { "charge_automatically" });
    let (days, date) = match collection {
        Collection::Charged => (None, None),
        Collection::WithinDays(days) => (Some(days), Some(invoice.num("created") + days * DAY)),
        Collection::Until(date) => (None, Some(date)),
    };
    invoice.set("_days_until_due", days);
    invoice.set("due_date", date);
}
