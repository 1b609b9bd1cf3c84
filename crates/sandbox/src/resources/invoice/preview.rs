//! `create_preview`: what an invoice would say. The change itself is made on a copy that is thrown away.

use std::sync::Arc;

use crate::core::value::{Value, json};

use super::super::discount::{self, DISCOUNTS, On, Owner};
use super::super::subscription::bill::{self, Bill};
use super::super::subscription::change::{self, Change, Due, Proration};
use super::super::subscription::create::{self, BILLING_MODE};
use super::super::subscription::update::{CANCEL_AT, PRORATION_BEHAVIOR};
use super::super::subscription::{items, planned_end};
use super::super::{invoice_item, subscription};
use super::{New, draft, lines, refuse_tax};
use crate::core::error::{ApiError, Result};
use crate::core::json::Json;
use crate::core::work::Work;
use crate::life::schedule;
use crate::life::subscription::begin_next_period;
use crate::params::args::Args;
use crate::params::shape::{Kind, Shape};
use crate::resources::shapes::{ADDRESS, AUTOMATIC_TAX};

const DETAILS: Shape = &[
    ("billing_cycle_anchor", Kind::Time(&["now", "unchanged"])),
    ("billing_mode", Kind::Nested(BILLING_MODE)),
    ("cancel_at", CANCEL_AT),
    ("cancel_at_period_end", Kind::Bool),
    ("cancel_now", Kind::Bool),
    ("items", Kind::Each(items::CHANGED)),
    ("proration_behavior", PRORATION_BEHAVIOR),
    ("proration_date", Kind::Time(&[])),
    ("start_date", Kind::Time(&[])),
    ("trial_end", Kind::Time(&["now"])),
];

pub(super) const SHAPE: Shape = &[
    ("automatic_tax", Kind::Nested(AUTOMATIC_TAX)),
    ("currency", Kind::Text),
    ("customer", Kind::Text),
    (
        "customer_details",
        Kind::Nested(&[
            ("address", Kind::Nested(ADDRESS)),
            ("tax_exempt", Kind::Word(&["exempt", "none", "reverse"])),
        ]),
    ),
    ("discounts", Kind::Each(DISCOUNTS)),
    ("invoice_items", Kind::Each(invoice_item::PREVIEWED)),
    ("preview_mode", Kind::Word(&["next", "recurring"])),
    ("schedule", Kind::Text),
    ("subscription", Kind::Text),
    ("subscription_details", Kind::Nested(DETAILS)),
];

pub(super) fn preview(work: &mut Work<'_>, args: &Args) -> Result<Value> {
    refuse_tax(args)?;
    let known = known(work, args)?;
    let customer = match (args.text("customer"), &known) {
        (Some(id), _) => Some(work.named("customer", id, "customer")?.id()),
        (None, Some(subscription)) => subscription.text("customer").map(str::to_owned),
        (None, None) if args.sent("customer_details") => None,
        (None, None) => return Err(ApiError::required("customer")),
    };
    let details = Args { params: args.at("subscription_details").clone(), ..Args::default() };
    let recurring = args.text("preview_mode") == Some("recurring");
    let mut copy = work.fork();
    for (index, sent) in args.params.list("invoice_items").iter().enumerate() {
        invoice_item::preview(&mut copy, customer.as_deref(), sent, &format!("invoice_items[{index}]"))?;
    }
    let mut invoice = match &known {
        Some(subscription) => {
            discount::on_subscription(&mut copy, &subscription.id(), args.params.get("discounts"), None)?;
            of_change(&mut copy, subscription, &details, recurring)?
        }
        None => of_new(&mut copy, args, &details, customer.as_deref())?,
    };
    if customer.is_none() {
        // [spec]: never null, although there is nobody yet.
        let nobody = copy.new_id("cus");
        invoice.set("customer", nobody);
        invoice.set("customer_address", args.at("customer_details.address").clone());
    }
    Ok(invoice)
}

/// The subscription that is named, or that the named schedule rules.
fn known(work: &Work<'_>, args: &Args) -> Result<Option<Arc<Value>>> {
    match (args.text("subscription"), args.text("schedule")) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: schedule, subscription.";
            Err(ApiError::invalid(message).code("parameters_exclusive"))
        }
        (Some(id), None) => work.named("subscription", id, "subscription").map(Some),
        (None, Some(id)) => {
            let schedule = work.named("subscription_schedule", id, "schedule")?;
            let Some(owned) = schedule.text("subscription") else {
                return Err(
                    ApiError::unsupported("the preview of a schedule that has not begun").param("schedule")
                );
            };
            work.named("subscription", owned, "schedule").map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// The invoice of a change that is due now, or else the next renewal after it.
fn of_change(copy: &mut Work<'_>, known: &Value, details: &Args, recurring: bool) -> Result<Value> {
    let id = known.id();
    if !subscription::is_live(known) {
        let message = "You cannot preview the upcoming invoice for a canceled subscription.";
        return Err(ApiError::invalid(message).code("invoice_upcoming_none"));
    }
    let mut change = Change::read(copy, details)?;
    let items = details.params.list("items");
    if !items.is_empty() {
        change.items = Some(items::changed(copy, known, items, "subscription_details[items]")?);
    }
    let due = if details.flag("cancel_now") {
        if change.proration != Proration::None {
            subscription::cancel::credit(copy, known);
        }
        Due { now: true, lines: Vec::new() }
    } else {
        let ends_early = planned_end::set(copy, details, &id)?;
        let mut due = change::make(copy, &id, &change)?;
        due.now |= ends_early && change.proration == Proration::Always;
        due
    };
    if recurring {
        let lines = change::lines_of(copy, &id, false);
        let mut new = bill::plan(copy, &id, &upcoming(lines, subscription::period(&copy.see(&id))));
        new.lines.retain(|line| lines::invoice_item_of(line).is_none());
        return Ok(show(copy, &new));
    }
    if due.now {
        let period = (subscription::period(known).0, copy.now);
        let new = bill::plan(copy, &id, &upcoming(due.lines, period));
        return Ok(show(copy, &new));
    }
    let changed = copy.see(&id);
    let end = subscription::period(&changed).1;
    if changed.int("cancel_at").is_some_and(|at| at <= end) {
        let customer = changed.text("customer").unwrap_or_default();
        if lines::pending(copy, customer, Some(&id)).is_empty() {
            return Err(nothing_comes(customer));
        }
        // What waits is billed when it ends.
        let period = (subscription::period(&changed).0, end);
        let new = bill::plan(copy, &id, &upcoming(Vec::new(), period));
        return Ok(show(copy, &new));
    }
    next(copy, &id).ok_or_else(|| nothing_comes(changed.text("customer").unwrap_or_default()))
}

fn nothing_comes(customer: &str) -> ApiError {
    let message = format!("No upcoming invoices for customer: {customer}");
    let mut error = ApiError::conflict("invoice_upcoming_none", message);
    error.status = 404;
    error
}

/// The first invoice of a subscription that does not exist yet, or an invoice of what is pending.
fn of_new(copy: &mut Work<'_>, args: &Args, details: &Args, customer: Option<&str>) -> Result<Value> {
    if details.params.list("items").is_empty() {
        let customer = customer.unwrap_or_default();
        let lines = lines::pending(copy, customer, None);
        let Some(currency) = lines.first().map(|line| line.string("currency")) else {
            return Err(nothing_comes(customer));
        };
        let period = (copy.now, copy.now);
        let sent = args.params.list("discounts");
        let discounts = discount::redeem(
            copy,
            sent,
            &Owner {
                on: On::Invoice(""),
                customer,
                currency: &currency,
                amount: Some(lines.iter().map(|line| line.num("amount")).sum()),
                present: &[],
            },
            "discounts",
        )?;
        let new = New {
            lines,
            discounts: discounts.iter().map(|id| copy.see(id)).collect(),
            currency,
            customer: customer.into(),
            billing_reason: "upcoming",
            period,
            ..New::default()
        };
        return Ok(show(copy, &new));
    }
    let mut params = details.params.clone();
    params.set("backdate_start_date", details.at("start_date").clone());
    params.set("currency", args.at("currency").clone());
    params.set("discounts", args.at("discounts").clone());
    let begun = create::begin(copy, &Args { params, ..Args::default() }, customer)?;
    if begun.lines.is_empty() {
        return next(copy, &begun.id).ok_or_else(|| nothing_comes(customer.unwrap_or_default()));
    }
    let period = (copy.now, copy.now);
    let new = bill::plan(copy, &begun.id, &upcoming(begun.lines, period));
    Ok(show(copy, &new))
}

fn upcoming(lines: Vec<Value>, period: (i64, i64)) -> Bill {
    // [spec], billing_reason: reserved for previews and for the event invoice.upcoming.
    Bill { reason: "upcoming", lines, period, draft: false }
}

/// The next renewal of a subscription, as it would be now; none when it ends before.
pub(crate) fn next(work: &Work<'_>, id: &str) -> Option<Value> {
    let mut copy = work.fork();
    let (start, end) = subscription::period(&copy.see(id));
    let due = next_phase(&mut copy, id, end);
    if !subscription::is_live(&copy.see(id)) {
        return None;
    }
    if let Some(due) = due.filter(|due| due.now) {
        let new = bill::plan(&copy, id, &upcoming(due.lines, (start, end)));
        return Some(show(&mut copy, &new));
    }
    let (was, start) = begin_next_period(&mut copy, id);
    let lines = change::lines_of(&copy, id, false);
    let new = bill::plan(&copy, id, &upcoming(lines, (was, start)));
    let mut invoice = show(&mut copy, &new);
    invoice.set("next_payment_attempt", start + super::DRAFT_SECONDS);
    Some(invoice)
}

/// The phase of a schedule that begins with or before the next period.
fn next_phase(copy: &mut Work<'_>, id: &str, end: i64) -> Option<Due> {
    let ruled_by = copy.see(id).text("schedule")?.to_owned();
    let begins = copy.see(&ruled_by).int("current_phase.end_date").filter(|at| *at <= end)?;
    let now = std::mem::replace(&mut copy.now, begins);
    let due = schedule::advance(copy, &ruled_by);
    copy.now = now;
    due
}

fn show(copy: &mut Work<'_>, new: &New) -> Value {
    let id = format!("upcoming_in_1{}", copy.random.text(23));
    let mut invoice = draft(copy, &id, new);
    lines::adopt(&mut invoice, &id);
    invoice.set("due_date", json!(null));
    invoice
}
