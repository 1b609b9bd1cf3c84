//! The ends of a draft and of an open invoice that is not paid: finalised, void, uncollectible.

use crate::core::value::Value;

use super::super::{
    account, customer_balance_transaction, invoice_payment, money, payment_intent, settings, subscription,
};
use super::{governing, revision, settle};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};

const DAY: i64 = 86_400;

pub(super) const FINALIZE: Shape = &[("auto_advance", Kind::Bool)];

/// What an invoice shows of its customer: as it is when the invoice is finalised ([spec]).
const OF_CUSTOMER: [&str; 6] = ["address", "email", "name", "phone", "shipping", "tax_exempt"];

/// Finalises a draft: it gets its number and its payment intent, or is paid when nothing is due.
pub(crate) fn finalize(work: &mut Work<'_>, id: &str) {
    if work.see(id).has("from_invoice") {
        revision::replace(work, id);
    }
    let invoice = work.see(id);
    let customer = work.see(&invoice.string("customer"));
    let (customer_id, balance) = (customer.id(), customer.num("balance"));
    let sequence = customer.int("next_invoice_sequence").unwrap_or(1);
    // One that was said is kept, and takes no place in the customer's sequence ([mem]).
    let own_number = invoice.text("number").map(str::to_owned);
    let next = sequence + i64::from(own_number.is_none());
    let number = own_number.unwrap_or_else(|| format!("{}-{sequence:04}", customer.string("invoice_prefix")));
    let acct = account::id(work.account);
    let page = work.random.text(60);
    let now = work.now;
    let owed = invoice.num("total") + balance;
    // A credit covers what it can, and what is left of it stays.
    let due = money::charged(owed, &invoice.string("currency"));
    let ending = owed - due;
    work.edit(id, |invoice| {
        invoice.set("status", "open");
        invoice.set("number", number);
        if !invoice.has("effective_at") {
            invoice.set("effective_at", now);
        }
        for member in OF_CUSTOMER.into_iter().filter(|_| !customer.flag("deleted")) {
            invoice.set(&format!("customer_{member}"), customer.at(member).clone());
        }
        invoice.set("status_transitions.finalized_at", now);
        invoice.set("webhooks_delivered_at", now);
        invoice.set("automatically_finalizes_at", Value::Null);
        invoice.set("next_payment_attempt", Value::Null);
        invoice.set("_due", Value::Null);
        invoice.set("starting_balance", balance);
        invoice.set("ending_balance", ending);
        invoice.set("amount_due", due);
        invoice.set("amount_remaining", due);
        invoice.set("hosted_invoice_url", format!("https://invoice.stripe.com/i/{acct}/test_{page}?s=ap"));
        invoice.set("invoice_pdf", format!("https://pay.stripe.com/invoice/{acct}/test_{page}/pdf?s=ap"));
    });
    work.set(&customer_id, "next_invoice_sequence", next);
    let kind = match ending {
        1.. if due == 0 => "invoice_too_small",
        1.. => "invoice_too_large",
        _ => "applied_to_invoice",
    };
    customer_balance_transaction::change(work, &customer_id, ending - balance, kind, Some(id));
    work.tell_if_changed("customer.updated", &customer_id);
    if due > 0 {
        bill(work, id, due);
    }
    // [doc]: days are counted from the finalisation.
    if let Some(due) = invoice.int("_days_until_due").map(|days| now + days * DAY).or(invoice.int("due_date"))
    {
        let warning = settings::will_be_due_days(work) * DAY;
        work.edit(id, |invoice| {
            invoice.set("due_date", due);
            let warned = warning > 0 && due - warning > now;
            invoice.set("_due", if warned { due - warning } else { due.max(now) });
        });
    }
    work.tell("invoice.finalized", id);
    if due == 0 {
        settle::mark_paid(work, id, settle::Paid::NothingDue);
    }
}

/// Sends an invoice to its customer; a draft is finalised first ([spec]).
pub(super) fn send(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    if matches!(invoice.text("status"), Some("void" | "uncollectible")) {
        let message = format!("You can't send an invoice whose status is {}.", invoice.string("status"));
        return Err(ApiError::invalid(message).begun());
    }
    if !invoice.is("collection_method", "send_invoice") {
        let message = "You can only manually send an invoice if its collection method is 'send_invoice'.";
        return Err(ApiError::invalid(message).begun());
    }
    if invoice.is("status", "draft") {
        finalize(work, &id);
    }
    work.tell("invoice.sent", &id);
    Ok((*work.see(&id)).clone())
}

/// The payment intent that pays an invoice, and the invoice payment that ties them.
fn bill(work: &mut Work<'_>, id: &str, due: i64) {
    let invoice = work.see(id);
    let description = match invoice.text("billing_reason") {
        Some("subscription_create") => "Subscription creation",
        Some("subscription_cycle" | "subscription_update") => "Subscription update",
        _ => "Payment for Invoice",
    };
    let intent = payment_intent::make(
        work,
        payment_intent::New {
            amount: due,
            currency: invoice.string("currency"),
            customer: invoice.text("customer").map(str::to_owned),
            description: Some(description.to_owned()),
            capture_method: "automatic",
            setup_future_usage: invoice.has("_subscription").then_some("off_session"),
            payment_method: settle::method_for(work, &invoice),
            invoice: Some(id.to_owned()),
        },
    );
    work.set(id, "_pi", intent.as_str());
    work.edit(&intent, |intent| {
        intent.set("statement_descriptor", invoice.at("statement_descriptor").clone());
        let request = "request_three_d_secure";
        let asked = invoice.at("payment_settings.payment_method_options.card").text(request);
        intent.set(&format!("payment_method_options.card.{request}"), asked.unwrap_or("automatic"));
    });
    invoice_payment::make(work, &invoice, &intent, due, true);
    work.tell("payment_intent.created", &intent);
}

pub(super) fn by_hand(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    let id = invoice.id();
    if !invoice.is("status", "draft") {
        let message = "This invoice is already finalized, you can't re-finalize a non-draft invoice.";
        return Err(ApiError::conflict("invoice_not_editable", message));
    }
    if let Some(advance) = args.at("auto_advance").as_bool() {
        work.set(&id, "auto_advance", advance);
    }
    finalize(work, &id);
    // With auto_advance the payment follows by itself, about an hour later ([doc]).
    let now = work.now;
    work.edit(&id, |invoice| {
        let charged = invoice.is("collection_method", "charge_automatically");
        if charged && invoice.is("status", "open") && invoice.flag("auto_advance") {
            invoice.set("next_payment_attempt", now + super::DRAFT_SECONDS);
            invoice.set("_due", now + super::DRAFT_SECONDS);
        }
    });
    work.tell_if_changed("invoice.updated", &id);
    Ok((*work.see(&id)).clone())
}

/// Voids an open or uncollectible invoice: its intent is canceled, a subscription that waited for it expires.
pub(crate) fn void(work: &mut Work<'_>, id: &str) {
    close(work, id, "void", "voided_at");
    let invoice = work.see(id);
    if let Some(intent) = invoice.text("_pi") {
        payment_intent::cancel_now(work, intent, Some("void_invoice"));
    }
    invoice_payment::cancel_of(work, id);
    unapply(work, &invoice);
    work.tell("invoice.voided", id);
    if let Some(subscription) = governing(&invoice) {
        subscription::after_void(work, subscription, id);
    }
}

/// What a void invoice took of the customer's balance goes back.
fn unapply(work: &mut Work<'_>, invoice: &Value) {
    let customer = invoice.string("customer");
    let taken = invoice.num("ending_balance") - invoice.num("starting_balance");
    let (kind, id) = ("unapplied_from_invoice", invoice.id());
    customer_balance_transaction::change(work, &customer, -taken, kind, Some(&id));
    work.tell_if_changed("customer.updated", &customer);
}

fn close(work: &mut Work<'_>, id: &str, status: &str, when: &str) {
    let now = work.now;
    work.edit(id, |invoice| {
        invoice.set("status", status);
        invoice.set(&format!("status_transitions.{when}"), now);
        invoice.set("auto_advance", false);
        invoice.set("next_payment_attempt", Value::Null);
        invoice.set("_due", Value::Null);
    });
}

pub(crate) fn uncollectible(work: &mut Work<'_>, id: &str) {
    close(work, id, "uncollectible", "marked_uncollectible_at");
    work.tell("invoice.marked_uncollectible", id);
}

pub(super) fn void_by_hand(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    if !matches!(invoice.text("status"), Some("open" | "uncollectible")) {
        let message = format!(
            "You can only pass in open invoices. This invoice isn't open: its status is {}.",
            invoice.string("status")
        );
        return Err(ApiError::invalid(message).begun());
    }
    invoice_payment::refuse_attached(work, args.id(), &["open", "paid"], "void")?;
    void(work, args.id());
    Ok((*work.see(args.id())).clone())
}

pub(super) fn uncollectible_by_hand(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let invoice = work.path("invoice", args.id())?;
    if !invoice.is("status", "open") {
        let message = format!(
            "You can only pass in open invoices. This invoice isn't open: its status is {}.",
            invoice.string("status")
        );
        return Err(ApiError::invalid(message).begun());
    }
    invoice_payment::refuse_attached(work, args.id(), &["open"], "mark uncollectible")?;
    uncollectible(work, args.id());
    Ok((*work.see(args.id())).clone())
}

/// Stops the collection of a subscription's open invoices; they stay open ([spec]).
pub(crate) fn stop_collecting(work: &mut Work<'_>, subscription: &str) {
    for invoice in work.matching("invoice", "_subscription", subscription) {
        if matches!(invoice.text("status"), Some("draft" | "open")) {
            work.edit(&invoice.id(), |invoice| {
                invoice.set("auto_advance", false);
                invoice.set("next_payment_attempt", Value::Null);
                invoice.set("automatically_finalizes_at", Value::Null);
                invoice.set("_due", Value::Null);
            });
            work.tell_if_changed("invoice.updated", &invoice.id());
        }
    }
}
