//! Customer balance transactions: every change of what a customer owes, or is owed, outside of invoices.
//!
//! A negative amount is a credit, a positive one a debt; the next invoice takes either.

use crate::core::value::{Value, json};

use super::shapes::NONE;
use super::{customer, money};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::list::{AFTER, BEFORE, CREATED, LIMIT, agrees, list};
use crate::core::routes::{Route, route};
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

pub(crate) const ROUTES: &[Route] = &[
    route("POST", "customers/*/balance_transactions", CREATE, create),
    route("GET", "customers/*/balance_transactions", LIST, all),
    route("GET", "customers/*/balance_transactions/*", NONE, retrieve),
    route("POST", "customers/*/balance_transactions/*", UPDATE, update),
];

const CREATE: Shape = &[
    ("amount", Kind::Int),
    ("currency", Kind::Text),
    ("description", Kind::Text),
    ("metadata", Kind::Metadata),
];
const UPDATE: Shape = &[("description", Kind::Text), ("metadata", Kind::Metadata)];
const LIST: Shape = &[AFTER, BEFORE, CREATED, ("invoice", Kind::Text), LIMIT];

const KIND: &str = "customer_balance_transaction";

/// The largest balance, in minor units.
pub(crate) const LARGEST: i64 = 99_999_999_999;

/// Changes a customer's balance, and writes down why. Nothing is written for a change by 0, nor for a customer who is
/// gone. The caller tells of the customer's change.
pub(crate) fn change(
    work: &mut Work<'_>,
    customer: &str,
    amount: i64,
    kind: &str,
    invoice: Option<&str>,
) -> Option<String> {
    let holder = work.see(customer);
    if amount == 0 || holder.flag("deleted") {
        return None;
    }
    let currency = invoice
        .map(|invoice| work.see(invoice).string("currency"))
        .or_else(|| holder.text("currency").map(str::to_owned))
        .unwrap_or_else(|| "usd".into());
    let ending = holder.num("balance").saturating_add(amount);
    let id = format!("cbtxn_1{}", work.random.text(23));
    work.create(json!({
        "id": id,
        "object": KIND,
        "amount": amount,
        "checkout_session": null,
        "created": work.now,
        "credit_note": null,
        "currency": currency,
        "customer": customer,
        "customer_account": null,
        "description": null,
        "ending_balance": ending,
        "invoice": invoice,
        "livemode": false,
        "metadata": {},
        "type": kind,
    }));
    work.edit(customer, |customer| {
        customer.set("balance", ending);
        // A balance is in a currency, and so the customer is from here on.
        if !customer.has("currency") {
            customer.set("currency", currency);
        }
    });
    Some(id)
}

/// What a customer's next invoices take, by currency, as it is shown ([spec] `invoice_credit_balance`).
pub(crate) fn by_currency(customer: &Value) -> Value {
    match customer.text("currency") {
        Some(currency) if customer.num("balance") != 0 => json!({ currency: customer.num("balance") }),
        _ => json!({}),
    }
}

fn create(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = customer::live(work, args.id())?;
    let amount = args.need_int("amount")?;
    let currency = money::currency(args.need_text("currency")?, "currency")?;
    if amount == 0 {
        let message = "The amount of a customer balance transaction cannot be 0.";
        return Err(ApiError::invalid(message).code("parameter_invalid_integer").param("amount"));
    }
    args.within("amount", -LARGEST, LARGEST)?;
    let found = work.see(&customer);
    if let Some(own) = found.text("currency")
        && own != currency
    {
        let message = format!(
            "The currency of this customer is {own}: a balance transaction in {currency} cannot be created."
        );
        return Err(ApiError::invalid(message).param("currency"));
    }
    if (found.num("balance") + amount).abs() > LARGEST {
        let message = format!("The balance must be between -{LARGEST} and {LARGEST}.");
        return Err(ApiError::invalid(message).param("amount"));
    }
    work.set(&customer, "currency", currency);
    let id = change(work, &customer, amount, "adjustment", None).unwrap_or_default();
    work.edit(&id, |transaction| fill(args, transaction));
    work.tell_if_changed("customer.updated", &customer);
    Ok((*work.see(&id)).clone())
}

fn fill(args: &Args, transaction: &mut Value) {
    args.copy(&["description"], transaction);
    args.metadata(transaction);
}

fn retrieve(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    Ok((*customer::own(work, args, KIND)?).clone())
}

/// Only what is said about it can change ([spec]): the amount is written.
fn update(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let id = customer::own(work, args, KIND)?.id();
    work.edit(&id, |transaction| fill(args, transaction));
    Ok((*work.see(&id)).clone())
}

fn all(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let customer = customer::live(work, args.id())?;
    let among = work.matching(KIND, "customer", &customer);
    let url = format!("/v1/customers/{customer}/balance_transactions");
    list(work, args, KIND, &url, Some(among), |transaction| agrees(args, "invoice", transaction))
}
