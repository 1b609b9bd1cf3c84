//! One account on the dashboard: its newest objects, kind by kind.

use crate::core::value::Value;

use crate::core::events::wants;
use crate::core::json::Json;
use crate::core::state::Account;
use crate::resources::{money, price};
use crate::server::html::{Cell, Html, moment};

/// A kind of object, as a table.
struct Section {
    title: &'static str,
    kind: &'static str,
    heads: &'static [&'static str],
    row: fn(&Account, &Value) -> Vec<Cell>,
}

const SECTIONS: &[Section] = &[
    Section {
        title: "Customers",
        kind: "customer",
        heads: &["Customer", "Name", "Email", "Created"],
        row: customer,
    },
    Section {
        title: "Subscriptions",
        kind: "subscription",
        heads: &["Subscription", "Customer", "Status", "Price", "Period ends", "Cancels"],
        row: subscription,
    },
    Section {
        title: "Payments",
        kind: "payment_intent",
        heads: &["Payment", "Customer", "Status", "Amount", "Declined", "Created"],
        row: payment,
    },
    Section {
        title: "Invoices",
        kind: "invoice",
        heads: &["Invoice", "Customer", "Status", "Total", "Paid", "Created"],
        row: invoice,
    },
    Section {
        title: "Events",
        kind: "event",
        heads: &["Event", "Type", "Object", "Delivery", "Created"],
        row: event,
    },
    Section {
        title: "Webhook endpoints",
        kind: "webhook_endpoint",
        heads: &["Endpoint", "Address", "Status", "Events", "Owed"],
        row: endpoint,
    },
];

/// Every section, with at most `most` objects in each.
pub(super) fn show(page: &mut Html, account: &Account, most: usize) {
    page.element("h2", &account.name);
    page.raw("<p>Key ");
    page.element("code", &format!("sk_test_{}", account.name));
    page.raw("</p>\n");
    for section in SECTIONS {
        let count = account.count(section.kind);
        let shown = if count > most { format!(", the newest {most}") } else { String::new() };
        page.element("h3", &format!("{} ({count}{shown})", section.title));
        if count == 0 {
            page.element("p class=\"none\"", "None.");
            continue;
        }
        let rows = account.of_kind(section.kind).take(most).map(|object| (section.row)(account, object));
        page.table(section.heads, rows);
    }
}

fn text(object: &Value, path: &str) -> Cell {
    Cell::Text(object.string(path))
}

fn id(object: &Value, path: &str) -> Cell {
    Cell::Id(object.string(path))
}

fn time(object: &Value, path: &str) -> Cell {
    Cell::Text(object.int(path).map(moment).unwrap_or_default())
}

fn amount(object: &Value, path: &str) -> Cell {
    let currency = object.text("currency").unwrap_or_default();
    Cell::Text(object.int(path).map(|amount| money::shown(amount, currency)).unwrap_or_default())
}

fn status(object: &Value) -> Cell {
    Cell::Status(object.string("status"))
}

fn customer(_: &Account, customer: &Value) -> Vec<Cell> {
    let name = if customer.flag("deleted") { Cell::Text("deleted".into()) } else { text(customer, "name") };
    vec![id(customer, "id"), name, text(customer, "email"), time(customer, "created")]
}

fn subscription(_: &Account, subscription: &Value) -> Vec<Cell> {
    let cancels = subscription.int("canceled_at").filter(|_| subscription.is("status", "canceled"));
    vec![
        id(subscription, "id"),
        id(subscription, "customer"),
        status(subscription),
        Cell::Text(price::spoken(subscription.at("items.data.0.price"))),
        time(subscription, "items.data.0.current_period_end"),
        Cell::Text(cancels.or(subscription.int("cancel_at")).map(moment).unwrap_or_default()),
    ]
}

fn payment(_: &Account, intent: &Value) -> Vec<Cell> {
    let declined = intent.text("last_payment_error.decline_code");
    let declined = declined.or(intent.text("last_payment_error.code")).unwrap_or_default();
    vec![
        id(intent, "id"),
        id(intent, "customer"),
        status(intent),
        amount(intent, "amount"),
        Cell::Text(declined.to_owned()),
        time(intent, "created"),
    ]
}

fn invoice(_: &Account, invoice: &Value) -> Vec<Cell> {
    vec![
        id(invoice, "id"),
        id(invoice, "customer"),
        status(invoice),
        amount(invoice, "total"),
        amount(invoice, "amount_paid"),
        time(invoice, "created"),
    ]
}

fn event(account: &Account, event: &Value) -> Vec<Cell> {
    vec![
        id(event, "id"),
        text(event, "type"),
        id(event, "data.object.id"),
        Cell::Status(delivery(account, event)),
        time(event, "created"),
    ]
}

/// How an event's deliveries stand: whoever is owed one has not taken it; without one left, it was lost or given up.
fn delivery(account: &Account, event: &Value) -> String {
    if event.num("pending_webhooks") == 0 {
        let kind = event.text("type").unwrap_or_default();
        let heard = account.of_kind("webhook_endpoint").any(|endpoint| wants(endpoint, kind));
        return if heard { "delivered" } else { "nobody listens" }.into();
    }
    let owed = account.matching("_delivery", "_event", &event.id());
    match owed.iter().map(|delivery| delivery.num("attempts")).max() {
        None => "not delivered".into(),
        Some(0) => "waiting".into(),
        Some(1) => "tried once".into(),
        Some(attempts) => format!("tried {attempts} times"),
    }
}

fn endpoint(account: &Account, endpoint: &Value) -> Vec<Cell> {
    let events: Vec<&str> = endpoint.list("enabled_events").iter().filter_map(Value::as_str).collect();
    let owed = account.outbox().filter(|(_, delivery)| delivery.is("endpoint", &endpoint.id())).count();
    vec![
        id(endpoint, "id"),
        Cell::Id(endpoint.string("url")),
        status(endpoint),
        Cell::Text(events.join(", ")),
        Cell::Text(owed.to_string()),
    ]
}
