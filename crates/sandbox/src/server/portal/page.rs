//! How the portal looks.

use crate::core::value::Value;

use super::visit::Visit;
use crate::core::json::Json;
use crate::resources::{money, price};
use crate::server::html::{Cell, Html, moment};

const ADDRESS: [&str; 6] = ["line1", "line2", "postal_code", "city", "state", "country"];

/// What is said above everything else.
pub(super) enum Note {
    None,
    Done,
    Wrong(String),
}

pub(super) fn render(visit: &Visit, note: Note) -> String {
    let mut page = Html::default();
    let headline = visit.configuration.text("business_profile.headline").unwrap_or("Manage your billing");
    page.element("h1", headline);
    page.element("p class=\"banner\"", "No money moves here: this is a sandbox.");
    match note {
        Note::None => {}
        Note::Done => {
            let custom = visit.session.text("flow.after_completion.hosted_confirmation.custom_message");
            page.element("p class=\"banner\" role=\"status\"", custom.unwrap_or("Done."));
        }
        Note::Wrong(message) => page.element("p class=\"banner wrong\" role=\"alert\"", &message),
    }
    match visit.flow() {
        Some("payment_method_update") => methods(&mut page, visit),
        Some(_) => {
            if let Some(subscription) = visit.subscription("") {
                self::subscription(&mut page, visit, subscription);
            }
        }
        None => {
            page.element("h2", "Subscriptions");
            if visit.subscriptions.is_empty() {
                page.element("p class=\"none\"", "None.");
            }
            for subscription in &visit.subscriptions {
                self::subscription(&mut page, visit, subscription);
            }
            methods(&mut page, visit);
            if visit.allows("customer_update") {
                customer(&mut page, visit);
            }
            if visit.allows("invoice_history") {
                invoices(&mut page, visit);
            }
        }
    }
    if let Some(url) = visit.session.text("return_url") {
        page.raw("<p>");
        page.link(url, "Return to the application", false);
        page.raw("</p>\n");
    }
    for (name, text) in [("privacy_policy_url", "Privacy"), ("terms_of_service_url", "Terms")] {
        if let Some(url) = visit.configuration.text(&format!("business_profile.{name}")) {
            page.link(url, text, false);
        }
    }
    page.document("Customer portal")
}

fn begin(page: &mut Html, action: &str, hidden: &[(&str, &str)]) {
    page.raw("<form method=\"post\">\n");
    for (name, value) in [("action", action)].iter().chain(hidden) {
        page.raw("<input type=\"hidden\" name=\"");
        page.text(name);
        page.raw("\" value=\"");
        page.text(value);
        page.raw("\">\n");
    }
}

fn end(page: &mut Html, button: &str) {
    page.element("button", button);
    page.raw("</form>\n");
}

fn select<'a>(
    page: &mut Html,
    label: &str,
    name: &str,
    chosen: &str,
    options: impl Iterator<Item = (&'a str, String)>,
) {
    page.raw("<p><label>");
    page.text(label);
    page.raw(" <select name=\"");
    page.text(name);
    page.raw("\">\n");
    for (value, text) in options {
        page.raw("<option value=\"");
        page.text(value);
        page.raw(if value == chosen { "\" selected>" } else { "\">" });
        page.text(&text);
        page.raw("</option>\n");
    }
    page.raw("</select></label></p>\n");
}

fn subscription(page: &mut Html, visit: &Visit, subscription: &Value) {
    let id = subscription.id();
    page.raw("<section class=\"account\">\n");
    let item = subscription.at("items.data.0");
    page.element("h3", &format!("{} × {}", item.num("quantity"), price::spoken(item.at("price"))));
    let until = item.int("current_period_end").map(moment).unwrap_or_default();
    let ends = subscription.int("cancel_at").map(moment);
    let state = match &ends {
        Some(at) => format!("Status: {}. Ends on {at}.", subscription.string("status")),
        None => format!("Status: {}. Renews on {until}.", subscription.string("status")),
    };
    page.element("p", &state);
    let is_flow = |flow: &str| visit.flow().is_none_or(|wanted| wanted == flow);
    let hidden = [("subscription", id.as_str())];
    if visit.flow() == Some("subscription_update_confirm") {
        let wanted = visit.session.at("flow.subscription_update_confirm.items.0");
        if let Some((price, product)) =
            visit.offers.iter().find(|(price, _)| price.at("id") == wanted.at("price"))
        {
            let new =
                format!("{} × {} ({})", wanted.num("quantity"), product.string("name"), price::spoken(price));
            page.element("p", &format!("Change to {new}"));
        }
        begin(page, "confirm", &hidden);
        end(page, "Confirm");
    } else if visit.allows("subscription_update") && is_flow("subscription_update") {
        update(page, visit, subscription);
    }
    if visit.allows("subscription_cancel") && is_flow("subscription_cancel") {
        if ends.is_some() {
            begin(page, "resume", &hidden);
            end(page, "Do not cancel");
        } else {
            cancel(page, visit, &hidden);
        }
    }
    page.raw("</section>\n");
}

fn update(page: &mut Html, visit: &Visit, subscription: &Value) {
    let may = |what: &str| {
        let allowed = visit.configuration.list("features.subscription_update.default_allowed_updates");
        allowed.iter().any(|allowed| allowed == what)
    };
    let item = subscription.at("items.data.0");
    begin(page, "update", &[("subscription", &subscription.id())]);
    if may("price") {
        let options = visit.offers.iter().map(|(price, product)| {
            (
                price.text("id").unwrap_or_default(),
                format!("{} ({})", product.string("name"), price::spoken(price)),
            )
        });
        select(page, "Plan", "price", item.text("price.id").unwrap_or_default(), options);
    }
    if may("quantity") {
        page.input("Quantity", "quantity", &item.num("quantity").to_string());
    }
    end(page, "Change");
}

fn cancel(page: &mut Html, visit: &Visit, hidden: &[(&str, &str)]) {
    let feature = visit.configuration.at("features.subscription_cancel");
    begin(page, "cancel", hidden);
    if feature.flag("cancellation_reason.enabled") {
        let reasons = feature.list("cancellation_reason.options").iter().filter_map(Value::as_str);
        let options = std::iter::once(("", String::new()));
        let options = options.chain(reasons.map(|reason| (reason, reason.replace('_', " "))));
        select(page, "Why do you cancel?", "reason", "", options);
    }
    let now = feature.is("mode", "immediately");
    end(page, if now { "Cancel now" } else { "Cancel at the end of the period" });
}

fn methods(page: &mut Html, visit: &Visit) {
    page.element("h2", "Payment methods");
    if visit.methods.is_empty() {
        page.element("p class=\"none\"", "None.");
    }
    let default = visit.customer.text("invoice_settings.default_payment_method");
    for method in &visit.methods {
        let id = method.id();
        let card = method.at("card");
        page.raw("<section class=\"account\">\n");
        let is_default = default == Some(id.as_str());
        let shown = format!(
            "{} ending in {}, valid until {:02}/{}{}",
            card.string("brand"),
            card.string("last4"),
            card.num("exp_month"),
            card.num("exp_year"),
            if is_default { " (default)" } else { "" }
        );
        page.element("p", &shown);
        if visit.allows("payment_method_update") && !is_default {
            begin(page, "default", &[("method", &id)]);
            end(page, "Make this the default");
        }
        page.raw("</section>\n");
    }
}

fn customer(page: &mut Html, visit: &Visit) {
    page.element("h2", "Billing information");
    begin(page, "customer", &[]);
    for field in visit.configuration.list("features.customer_update.allowed_updates") {
        let address = |page: &mut Html, prefix: &str| {
            for part in ADDRESS {
                let value =
                    visit.customer.string(&format!("{}.{part}", prefix.replace('[', ".").replace(']', "")));
                page.input(&part.replace('_', " "), &format!("{prefix}[{part}]"), &value);
            }
        };
        match field.as_str().unwrap_or_default() {
            "address" => address(page, "address"),
            "shipping" => {
                page.input("Recipient", "shipping[name]", &visit.customer.string("shipping.name"));
                address(page, "shipping[address]");
            }
            plain => page.input(plain, plain, &visit.customer.string(plain)),
        }
    }
    end(page, "Save");
}

fn invoices(page: &mut Html, visit: &Visit) {
    page.element("h2", "Invoices");
    if visit.invoices.is_empty() {
        page.element("p class=\"none\"", "None.");
        return;
    }
    let row = |invoice: &Value| {
        let currency = invoice.text("currency").unwrap_or_default();
        vec![
            Cell::Id(invoice.string("number")),
            Cell::Text(invoice.int("created").map(moment).unwrap_or_default()),
            Cell::Status(invoice.string("status")),
            Cell::Text(money::shown(invoice.num("total"), currency)),
        ]
    };
    page.table(&["Number", "Date", "Status", "Total"], visit.invoices.iter().map(|invoice| row(invoice)));
}
