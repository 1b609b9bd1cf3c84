//! Customers.

use crate::core::value::{Value, json};

use super::shapes::{ADDRESS, NONE};
use super::{customer_balance_transaction, payment_method, subscription, test_clock};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::{Work, spoken};
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use std::sync::Arc;

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "customers", CREATE, create),
    route("GET", "customers", LIST, all),
    route("GET", "customers/*", NONE, retrieve),
    route("POST", "customers/*", UPDATE, update),
    route("DELETE", "customers/*", NONE, delete),
    route("GET", "customers/*/payment_methods", METHODS, methods),
    route("GET", "customers/*/payment_methods/*", NONE, method),
];

const INVOICE_SETTINGS: Shape = &[
    ("custom_fields", Kind::Each(&[("name", Kind::UpTo(40)), ("value", Kind::UpTo(140))])),
    ("default_payment_method", Kind::Text),
    ("footer", Kind::Text),
    (
        "rendering_options",
        Kind::Nested(&[("amount_tax_display", Kind::Word(&["exclude_tax", "include_inclusive_tax"]))]),
    ),
];

const RECIPIENT: Shape = &[("address", Kind::Nested(ADDRESS)), ("name", Kind::Text), ("phone", Kind::Text)];

/// Nobody's location is looked up here: `validate_location=immediately` would promise that.
const TAX: Shape = &[("ip_address", Kind::Text), ("validate_location", Kind::Word(&["deferred"]))];

const CREATE: Shape = &[
    ("address", Kind::Nested(ADDRESS)),
    ("balance", Kind::Int),
    ("business_name", Kind::UpTo(150)),
    ("description", Kind::Text),
    ("email", Kind::UpTo(512)),
    ("individual_name", Kind::UpTo(150)),
    ("invoice_prefix", Kind::Text),
    ("invoice_settings", Kind::Nested(INVOICE_SETTINGS)),
    ("metadata", Kind::Metadata),
    ("name", Kind::UpTo(256)),
    ("next_invoice_sequence", Kind::Int),
    ("payment_method", Kind::Text),
    ("phone", Kind::UpTo(20)),
    ("preferred_locales", Kind::Texts),
    ("shipping", Kind::Nested(RECIPIENT)),
    ("source", Kind::Text),
    ("tax", Kind::Nested(TAX)),
    ("tax_exempt", Kind::Word(&["exempt", "none", "reverse"])),
    ("test_clock", Kind::Text),
];

const UPDATE: Shape = &[
    ("address", Kind::Nested(ADDRESS)),
    ("balance", Kind::Int),
    ("business_name", Kind::UpTo(150)),
    ("description", Kind::Text),
    ("email", Kind::UpTo(512)),
    ("individual_name", Kind::UpTo(150)),
    ("invoice_prefix", Kind::Text),
    ("invoice_settings", Kind::Nested(INVOICE_SETTINGS)),
    ("metadata", Kind::Metadata),
    ("name", Kind::UpTo(256)),
    ("next_invoice_sequence", Kind::Int),
    ("phone", Kind::UpTo(20)),
    ("preferred_locales", Kind::Texts),
    ("shipping", Kind::Nested(RECIPIENT)),
    ("tax", Kind::Nested(TAX)),
    ("tax_exempt", Kind::Word(&["exempt", "none", "reverse"])),
];

const LIST: Shape = &[AFTER, BEFORE, CREATED, ("email", Kind::Text), LIMIT, ("test_clock", Kind::Text)];
const METHODS: Shape =
    &[AFTER, ("allow_redisplay", payment_method::REDISPLAY), BEFORE, LIMIT, ("type", Kind::Word(&["card"]))];

const PLAIN: &[&str] = &["description", "email", "name", "phone", "tax_exempt"];

pub(crate) fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    test_clock::admit_customer(work, args)?;
    let id = work.new_id("cus");
    let prefix = work.random.capitals(8);
    let mut customer = json!({
        "id": id,
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": work.now,
        "currency": null,
        "customer_account": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": null,
        "invoice_prefix": prefix,
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null
        },
        "livemode": false,
        "metadata": {},
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    });
    fill(args, &mut customer)?;
    customer.set("invoice_settings.default_payment_method", Value::Null);
    work.create(customer);
    set_balance(work, &id, args, "initial");
    work.tell("customer.created", &id);
    // A token stands for a card that comes into being here; the default may name the same token.
    let sent = args.text("payment_method").or(args.text("source"));
    let mut own = None;
    if let Some(token) = sent {
        let param = if args.sent("payment_method") { "payment_method" } else { "source" };
        let method = payment_method::materialize(work, token, param)?;
        payment_method::attach_to(work, &method, &id)?;
        if param == "source" {
            work.set(&id, "invoice_settings.default_payment_method", method.as_str());
        }
        own = Some((token.to_owned(), method));
    }
    if let Some(default) = args.params.text("invoice_settings.default_payment_method") {
        let method = match own {
            Some((token, method)) if token == default => method,
            _ => usable_default(work, &id, default)?,
        };
        work.set(&id, "invoice_settings.default_payment_method", method);
    }
    work.tell_if_changed("customer.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Copies what was sent into a customer, but for the default payment method, which must be checked.
fn fill(args: &Args, customer: &mut Value) -> Result<()> {
    if args.sent("invoice_settings") && !args.params.has("invoice_settings") {
        return Err(ApiError::empty("invoice_settings"));
    }
    args.copy(PLAIN, customer);
    args.merge("address", customer);
    for required in ["address", "name"] {
        if args.params.has("shipping") && !args.params.has(&format!("shipping.{required}")) {
            return Err(ApiError::required(&format!("shipping[{required}]")));
        }
    }
    args.merge("shipping", customer);
    args.merge("invoice_settings", customer);
    check_custom_fields(args)?;
    // Unlike all others, these are not there when they are not set ([spec]).
    for name in ["business_name", "individual_name"] {
        match (args.params.get(name), customer.as_object_mut()) {
            (Some(Value::Null), Some(customer)) => drop(customer.remove(name)),
            (Some(sent), _) => customer.set(name, sent.clone()),
            (None, _) => {}
        }
    }
    if let Some(address) = args.params.at("tax").get("ip_address") {
        customer.set("_tax_ip", address.clone());
    }
    args.metadata(customer);
    if let Some(locales) = args.params.get("preferred_locales") {
        customer.set("preferred_locales", if locales.is_null() { json!([]) } else { locales.clone() });
    }
    if !customer.has("tax_exempt") {
        customer.set("tax_exempt", "none");
    }
    if let Some(prefix) = args.text("invoice_prefix") {
        let good = (3..=12).contains(&prefix.len())
            && prefix.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !good {
            let message = "The invoice prefix must be 3-12 uppercase letters or numbers.";
            return Err(ApiError::invalid(message).param("invoice_prefix"));
        }
        customer.set("invoice_prefix", prefix);
    }
    args.within("balance", -customer_balance_transaction::LARGEST, customer_balance_transaction::LARGEST)?;
    if let Some(sequence) = args.within("next_invoice_sequence", 1, 1_000_000_000)? {
        customer.set("next_invoice_sequence", sequence);
    }
    if customer.text("email").is_some_and(|email| !email.contains('@')) {
        let message = format!("Invalid email address: {}", customer.string("email"));
        return Err(ApiError::invalid(message).code("email_invalid").param("email"));
    }
    Ok(())
}

/// [spec]: up to 4, each with a name and a value.
fn check_custom_fields(args: &Args) -> Result<()> {
    let fields = args.params.list("invoice_settings.custom_fields");
    if fields.len() > 4 {
        let message = "You can specify up to 4 custom fields.";
        return Err(ApiError::invalid(message).param("invoice_settings[custom_fields]"));
    }
    for (index, field) in fields.iter().enumerate() {
        for name in ["name", "value"] {
            if !field.has(name) {
                return Err(ApiError::required(&format!("invoice_settings[custom_fields][{index}][{name}]")));
            }
        }
    }
    Ok(())
}

/// `balance`: what it is to be. The way there is a balance transaction.
fn set_balance(work: &mut Work<'_>, id: &str, args: &Args, kind: &str) {
    if let Some(balance) = args.int("balance") {
        let amount = balance - work.see(id).num("balance");
        customer_balance_transaction::change(work, id, amount, kind, None);
    }
}

fn usable_default(work: &mut Work<'_>, customer: &str, token: &str) -> Result<String> {
    const PARAM: &str = "invoice_settings[default_payment_method]";
    let method = work.named("payment_method", token, PARAM)?;
    if method.is("customer", customer) {
        return Ok(method.id());
    }
    let message = format!(
        "The customer does not have a payment method with the ID {token}. The payment method must be attached to \
         the customer."
    );
    Err(ApiError::invalid(message).code("resource_missing").param(PARAM))
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*work.path("customer", args.id())?).clone())
}

fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = live(work, args.id())?;
    if let Some(default) = args.params.text("invoice_settings.default_payment_method") {
        usable_default(work, &id, default)?;
    }
    let mut changed = (*work.see(&id)).clone();
    fill(args, &mut changed)?;
    work.edit(&id, |customer| *customer = changed);
    set_balance(work, &id, args, "adjustment");
    work.tell_if_changed("customer.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// A customer in the path that is not deleted.
pub(super) fn live(work: &Work<'_>, id: &str) -> Result<String> {
    let customer = work.path("customer", id)?;
    if customer.flag("deleted") { Err(ApiError::missing("customer", id)) } else { Ok(customer.id()) }
}

/// What the path names after its customer, who has it.
pub(super) fn own(work: &Work<'_>, args: &Args, kind: &str) -> Result<Arc<Value>> {
    let customer = live(work, args.id())?;
    let wanted = args.ids.get(1).map_or("", String::as_str);
    let found = work.get(wanted).filter(|it| it.is("object", kind) && it.is("customer", &customer));
    found.ok_or_else(|| ApiError::missing(&spoken(kind), wanted))
}

/// Cancels the customer's subscriptions at once and forgets the cards. Cannot be undone ([spec]).
fn delete(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = live(work, args.id())?;
    Ok(erase(work, &id))
}

/// A customer goes, with what it has; answers what is left.
pub(crate) fn erase(work: &mut Work<'_>, id: &str) -> Value {
    for subscription in work.matching("subscription", "customer", id) {
        if subscription::is_live(&subscription) {
            subscription::cancel::now(work, &subscription.id(), "cancellation_requested");
        }
    }
    for method in work.matching("payment_method", "customer", id) {
        payment_method::detach_from(work, &method.id());
    }
    work.tell("customer.deleted", id);
    let tombstone = json!({ "id": id, "object": "customer", "deleted": true });
    let seq = work.see(id).at("_seq").clone();
    work.edit(id, |customer| {
        *customer = tombstone.clone();
        customer.set("_seq", seq);
    });
    tombstone
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    test_clock::check_filter(work, args)?;
    list(work, args, "customer", "/v1/customers", None, |customer| {
        agrees(args, "email", customer) && test_clock::lists(args, customer)
    })
}

fn methods(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = live(work, args.id())?;
    let found = work.matching("payment_method", "customer", &id);
    list(
        work,
        args,
        "payment_method",
        &format!("/v1/customers/{id}/payment_methods"),
        Some(found),
        |method| agrees(args, "allow_redisplay", method),
    )
}

fn method(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = live(work, args.id())?;
    let wanted = args.ids.get(1).map_or("", String::as_str);
    let method = work.path("payment_method", wanted)?;
    if method.is("customer", &id) {
        Ok((*method).clone())
    } else {
        Err(ApiError::missing("payment_method", wanted))
    }
}
