//! No change without an event, no event without a change: checked for every commit of a debug build.
//!
//! Where Stripe itself keeps silent, or speaks without a change, stands in the tables here.

use std::collections::HashMap;
use std::sync::Arc;

use super::change::Changes;
use super::json::{Json, previous};
use super::render;
use super::state::Account;
use super::value::Value;

/// What is wrong with a commit; nothing, as it should be.
pub(crate) fn violations(account: Option<&Account>, changes: &Changes) -> Vec<String> {
    let before = |id: &str| account.and_then(|account| account.get(id));
    let events: Vec<&Arc<Value>> = changes
        .put
        .iter()
        .filter(|object| object.is("object", "event") && before(&object.id()).is_none())
        .collect();
    let mut told: HashMap<&str, &Value> = HashMap::new();
    // A plan is another face of the price with its id: the events of the price are what counts.
    for event in events.iter().filter(|event| !event.is("data.object.object", "plan")) {
        told.insert(event.text("data.object.id").unwrap_or_default(), event.at("data.object"));
    }
    let mut found = Vec::new();
    for object in &changes.put {
        let (id, kind) = (object.id(), object.string("object"));
        let was = before(&id);
        let changed = changed_members(was.map(AsRef::as_ref), object);
        if changed.is_empty() || is_silent(object, was.is_none(), &changed) {
            continue;
        }
        match told.get(id.as_str()) {
            None => found.push(format!("{kind} {id} changed and nobody was told: {}", changed.join(", "))),
            Some(shown) => {
                let later = changed_members(Some(shown), &render::public(object));
                if !later.is_empty() && !is_silent(object, false, &later) && !object.flag("deleted") {
                    found.push(format!("{kind} {id} changed after it was told of: {}", later.join(", ")));
                }
            }
        }
    }
    for id in &changes.removed {
        let Some(was) = before(id) else { continue };
        let kind = was.string("object");
        if !told.contains_key(id.as_str()) && !is_silent(was, false, &["deleted".into()]) {
            found.push(format!("{kind} {id} was removed and nobody was told"));
        }
    }
    for event in &events {
        let (id, kind) = (event.string("data.object.id"), event.string("type"));
        let touched = changes.put.iter().find(|object| object.is("id", &id));
        let moved =
            touched.is_some_and(|now| !changed_members(before(&id).map(AsRef::as_ref), now).is_empty());
        if !moved && !changes.removed.contains(&id) && !ANNOUNCEMENTS.contains(&kind.as_str()) {
            found.push(format!("{kind} tells of {id}, which did not change"));
        }
    }
    found
}

/// Names of the visible members that differ; for a new object all of them.
fn changed_members(was: Option<&Value>, is: &Value) -> Vec<String> {
    match was {
        Some(was) => previous(was, is).keys().map(|name| name.as_str().to_owned()).collect(),
        None => vec!["everything".into()],
    }
}

/// When Stripe does not tell of a kind of object: there is no event for it in [spec].
#[derive(Clone, Copy)]
enum Silent {
    Always,
    /// When it comes into being.
    New,
    /// When it changes, but for these members.
    But(&'static [&'static str]),
    /// When nothing but these members changes.
    Only(&'static [&'static str]),
    /// When one of these members is set.
    Of(&'static [&'static str]),
    /// When it comes back to waiting, without the error that this member would show.
    Waits(&'static str),
}

const SILENT: &[(&str, Silent)] = &[
    ("balance_transaction", Silent::Always),
    // The dispute's own events tell of it.
    ("charge", Silent::Only(&["dispute", "disputed"])),
    // There are only the events of its end.
    ("checkout.session", Silent::New),
    ("checkout.session", Silent::But(&["status"])),
    ("confirmation_token", Silent::Always),
    ("customer_balance_transaction", Silent::Always),
    // `customer.discount.*` is about those of customers and subscriptions.
    ("discount", Silent::Of(&["invoice", "invoice_item", "subscription_item"])),
    ("event", Silent::Always),
    ("invoice_payment", Silent::New),
    // There is only `invoice_payment.paid`.
    ("invoice_payment", Silent::But(&["amount_paid"])),
    ("invoiceitem", Silent::But(&[])),
    ("mandate", Silent::New),
    ("payment_intent", Silent::But(&["status"])),
    ("payment_intent", Silent::Waits("last_payment_error")),
    ("payment_method", Silent::New),
    ("setup_attempt", Silent::Always),
    ("setup_intent", Silent::But(&["status"])),
    ("setup_intent", Silent::Waits("last_setup_error")),
    ("token", Silent::Always),
    ("webhook_endpoint", Silent::Always),
];

/// Events that announce, or say once more, what an object looks like already.
const ANNOUNCEMENTS: &[&str] = &[
    "customer.subscription.trial_will_end",
    "invoice.overdue",
    "invoice.payment_action_required",
    // An invoice can be sent again.
    "invoice.sent",
    "invoice.upcoming",
    "invoice.will_be_due",
    "subscription_schedule.expiring",
];

fn is_silent(object: &Value, is_new: bool, changed: &[String]) -> bool {
    let kind = object.text("object").unwrap_or_default();
    let among = |members: &[&str], name: &String| members.contains(&name.as_str());
    let waits = matches!(object.text("status"), Some("requires_confirmation" | "requires_payment_method"));
    let covers = |silent: &Silent| match silent {
        Silent::Always => true,
        Silent::New => is_new,
        Silent::But(members) => !is_new && !changed.iter().any(|name| among(members, name)),
        Silent::Only(members) => !is_new && changed.iter().all(|name| among(members, name)),
        Silent::Of(members) => members.iter().any(|member| object.has(member)),
        Silent::Waits(error) => !is_new && waits && !object.has(error),
    };
    kind.starts_with('_') || SILENT.iter().any(|(name, silent)| *name == kind && covers(silent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::state::State;
    use crate::core::value::json;

    fn changes(put: Vec<Value>) -> Changes {
        Changes { account: "a".into(), put: put.into_iter().map(Arc::new).collect(), ..Changes::default() }
    }

    fn customer(name: &str) -> Value {
        json!({ "id": "cus_1", "object": "customer", "name": name, "_seq": 1 })
    }

    fn told(event: &str, object: &Value) -> Value {
        json!({ "id": format!("evt_{event}"), "object": "event", "type": event, "data": { "object": render::public(object) } })
    }

    #[test]
    fn what_is_not_told_told_too_early_or_told_without_a_change_is_found() {
        let mut state = State::new(1);
        let found = |state: &State, put: Vec<Value>| violations(state.accounts.get("a"), &changes(put)).len();
        let made = vec![customer("Jenny"), told("customer.created", &customer("Jenny"))];
        assert_eq!(found(&state, made.clone()), 0);
        assert_eq!(found(&state, vec![customer("Jenny")]), 1, "nobody was told");
        assert_eq!(
            found(&state, vec![customer("Jane"), told("customer.created", &customer("Jenny"))]),
            1,
            "told too early"
        );
        state.apply(&changes(made));
        assert_eq!(found(&state, vec![told("customer.updated", &customer("Jenny"))]), 1, "nothing changed");
        let intent = |status: &str, note: &str| json!({ "id": "pi_1", "object": "payment_intent", "status": status, "note": note });
        let created = vec![intent("open", "a"), told("payment_intent.created", &intent("open", "a"))];
        state.apply(&changes(created));
        assert_eq!(found(&state, vec![intent("open", "b")]), 0, "there is no payment_intent.updated");
        assert_eq!(found(&state, vec![intent("done", "b")]), 1);
        let gone = Changes { removed: vec!["cus_1".into()], ..changes(Vec::new()) };
        assert_eq!(violations(state.accounts.get("a"), &gone).len(), 1);
    }
}
