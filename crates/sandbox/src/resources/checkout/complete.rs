//! Completing a Checkout session: what the buyer's click makes of it.

use crate::core::value::{Value, json};

use super::{KIND, close};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::render;
use crate::core::work::Work;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::payment_intent::attempt::{How, Outcome, attempt};
use crate::resources::{customer, intents, payment_intent, payment_method, setup_intent, subscription};

pub(super) const CONFIRM: Shape = &[("expected_amount", Kind::Int), ("payment_method", Kind::Text)];

pub(super) fn confirm(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    let session = work.path(KIND, args.id())?;
    let id = session.id();
    if !session.is("status", "open") {
        let status = session.string("status");
        let message = format!("This Checkout Session is no longer active: its status is {status}.");
        return Err(ApiError::invalid(message).begun());
    }
    let total = session.num("amount_total");
    if args.int("expected_amount").is_some_and(|expected| expected != total) {
        let message = "The expected amount does not match the amount of the Checkout Session.";
        return Err(ApiError::invalid(message).param("expected_amount"));
    }
    let method = args
        .text("payment_method")
        .map(|named| payment_method::materialize(work, named, "payment_method"))
        .transpose()?;
    let optional = total == 0 && session.is("payment_method_collection", "if_required");
    let needs_none = optional && !session.is("mode", "setup");
    if method.is_none() && !needs_none {
        return Err(ApiError::required("payment_method"));
    }
    note_buyer(work, &id, method.as_deref());
    let method = method.as_deref();
    match session.text("mode") {
        Some("subscription") => subscribe(work, &id, method)?,
        Some("setup") => set_up(work, &id, method)?,
        _ => pay(work, &id, method)?,
    }
    close(work, &id, "complete");
    work.tell("checkout.session.completed", &id);
    Ok((*work.see(&id)).clone())
}

/// What the buyer entered with the card.
fn note_buyer(work: &mut Work<'_>, id: &str, method: Option<&str>) {
    let billing = method.map(|method| work.see(method).at("billing_details").clone()).unwrap_or_default();
    let known = work.see(id).at("customer_details").clone();
    let owner = work.see(&work.see(id).string("customer"));
    let mut details = json!({
        "address": billing.at("address"), "business_name": null, "email": known.at("email"), "individual_name": null,
        "name": billing.at("name"), "phone": billing.at("phone"),
        "tax_exempt": owner.text("tax_exempt").unwrap_or("none"), "tax_ids": []
    });
    if !details.has("email") {
        details.set("email", billing.at("email").clone());
    }
    work.set(id, "customer_details", details);
}

/// The customer of the session, made now if there is none and one is needed.
fn customer_of(work: &mut Work<'_>, id: &str, needed: bool) -> Result<Option<String>> {
    let session = work.see(id);
    if let Some(known) = session.text("customer") {
        work.named("customer", known, "customer")?;
        return Ok(Some(known.to_owned()));
    }
    if !needed && !session.is("customer_creation", "always") {
        return Ok(None);
    }
    let mut params = json!({});
    for name in ["email", "name", "phone"] {
        if let Some(entered) = session.text(&format!("customer_details.{name}")) {
            params.set(name, entered);
        }
    }
    let made = customer::create(work, &Args { params, ..Args::default() })?.id();
    work.set(id, "customer", made.as_str());
    Ok(Some(made))
}

/// Nobody shows the challenge on this page.
fn unshown() -> ApiError {
    ApiError::unsupported("cards that ask for 3D Secure in Checkout").param("payment_method")
}

/// The subscription comes into being with its payment ([doc], since basil); without it, nothing does.
fn subscribe(work: &mut Work<'_>, id: &str, method: Option<&str>) -> Result<()> {
    let session = work.see(id);
    let customer = customer_of(work, id, true)?.unwrap_or_default();
    if let Some(method) = method {
        payment_method::attach_to(work, method, &customer)?;
    }
    let (mut recurring, mut once) = (Vec::new(), Vec::new());
    for item in session.list("_items") {
        let price = item.at("price");
        let sold = json!({
            "price": price.at("id"), "quantity": item.at("quantity"), "metadata": item.at("metadata"), "_inline": true
        });
        if price.is("type", "recurring") { recurring.push(sold) } else { once.push(sold) }
    }
    let mut params = session.at("_subscribe").clone();
    params.set("customer", customer);
    params.set("items", recurring);
    params.set("add_invoice_items", once);
    params.set("payment_behavior", "error_if_incomplete");
    if session.at("_discounts").is_array() {
        params.set("discounts", session.at("_discounts").clone());
    }
    if let Some(method) = method {
        params.set("default_payment_method", method);
    }
    let made = subscription::create::create(work, &Args { params, ..Args::default() }).map_err(|error| {
        if error.code_str() == Some("subscription_payment_intent_requires_action") {
            unshown()
        } else {
            error
        }
    })?;
    let paid = work.see(&made.string("latest_invoice")).num("amount_paid") > 0;
    work.edit(id, |session| {
        session.set("subscription", made.id());
        session.set("invoice", made.at("latest_invoice").clone());
        // [spec]: what is to be paid later needs no payment now.
        session.set("payment_status", if paid { "paid" } else { "no_payment_required" });
    });
    Ok(())
}

fn set_up(work: &mut Work<'_>, id: &str, method: Option<&str>) -> Result<()> {
    let intent = work.see(id).string("setup_intent");
    let customer = customer_of(work, id, false)?;
    work.set(&intent, "customer", customer);
    let args = Args {
        ids: vec![intent.clone()],
        params: json!({ "payment_method": method, "use_stripe_sdk": true }),
        publishable: false,
    };
    setup_intent::confirm(work, &args)?;
    if work.see(&intent).is("status", "succeeded") { Ok(()) } else { Err(unshown()) }
}

fn pay(work: &mut Work<'_>, id: &str, method: Option<&str>) -> Result<()> {
    let session = work.see(id);
    let data = Args { params: session.at("_payment").clone(), ..Args::default() };
    let future = data.text("setup_future_usage");
    let customer = customer_of(work, id, future.is_some())?;
    if session.num("amount_total") == 0 {
        work.set(id, "payment_status", "no_payment_required");
        return Ok(());
    }
    let sent = Args { params: json!({ "payment_method": method }), ..Args::default() };
    let method = intents::method_of(work, &sent, customer.as_deref())?;
    charge(work, id, &data, customer, method)
}

fn charge(
    work: &mut Work<'_>,
    id: &str,
    data: &Args,
    customer: Option<String>,
    method: Option<String>,
) -> Result<()> {
    let session = work.see(id);
    let intent = if let Some(tried) = session.text("payment_intent") {
        tried.to_owned()
    } else {
        let intent = payment_intent::make(
            work,
            payment_intent::New {
                amount: session.num("amount_total"),
                currency: session.string("currency"),
                customer,
                capture_method: match data.text("capture_method") {
                    Some("manual") => "manual",
                    Some("automatic") => "automatic",
                    _ => "automatic_async",
                },
                ..payment_intent::New::default()
            },
        );
        work.edit(&intent, |intent| {
            payment_intent::details::fill(data, intent);
            data.copy(&["setup_future_usage"], intent);
        });
        work.set(id, "payment_intent", intent.as_str());
        work.tell("payment_intent.created", &intent);
        intent
    };
    work.set(&intent, "payment_method", method);
    match attempt(work, &intent, &How::default()) {
        Outcome::Succeeded => work.set(id, "payment_status", "paid"),
        // [doc], payment_status: unpaid until it is captured.
        Outcome::Authorized => {}
        Outcome::Declined(decline) => {
            let shown = render::public(&work.see(&intent));
            let error = payment_method::decline_error(&decline).keeping_changes();
            return Err(error.with("payment_intent", shown));
        }
        Outcome::NeedsAction | Outcome::Unauthenticated => return Err(unshown()),
    }
    Ok(())
}
