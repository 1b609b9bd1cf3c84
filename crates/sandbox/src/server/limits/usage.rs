//! What a request's changes use of the limits that single objects have.

use crate::core::value::Value;

use crate::core::change::Changes;
use crate::core::json::Json;
use crate::core::state::State;
use crate::limits::Limits;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// One of those limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) most: u32,
    pub(super) within_ms: i64,
}

/// The ids of objects of which something is used, each with the rule that it is used under.
pub(super) fn of(limits: &Limits, state: &State, changes: &Changes) -> Vec<(String, Rule)> {
    let rule = |name, most: Option<u32>, within_ms| most.map(|most| Rule { name, most, within_ms });
    let invoices = [
        rule("invoices a minute", limits.invoices_per_minute, MINUTE_MS),
        rule("invoices a day", limits.invoices_per_day, DAY_MS),
    ];
    let quantities = rule("quantity updates", limits.quantity_updates_per_hour, HOUR_MS);
    let intents = rule("intent updates", limits.intent_updates_per_hour, HOUR_MS);
    let account = state.accounts.get(&changes.account);
    let mut used = Vec::new();
    for object in &changes.put {
        let before = account.and_then(|account| account.get(&object.id()));
        match (object.text("object"), before) {
            (Some("invoice"), None) => {
                if let Some(subscription) = object.text("_subscription") {
                    used.extend(invoices.iter().flatten().map(|rule| (subscription.to_owned(), *rule)));
                }
            }
            (Some("subscription"), Some(before)) if quantities_of(before) != quantities_of(object) => {
                used.extend(quantities.map(|rule| (object.id(), rule)));
            }
            (Some("payment_intent"), Some(_)) => used.extend(intents.map(|rule| (object.id(), rule))),
            _ => {}
        }
    }
    used
}

fn quantities_of(subscription: &Value) -> Vec<(&Value, &Value)> {
    let items = subscription.list("items.data").iter();
    items.map(|item| (item.at("id"), item.at("quantity"))).collect()
}
