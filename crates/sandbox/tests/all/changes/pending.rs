//! Changes that wait for their payment, and the other payment behaviors.

use super::{DAY, begun, default_card, item, to_price, url};
use crate::harness::{id, saw, text};
use serde_json::{Value, json};

stories! {
    async fn a_declined_upgrade_leaves_the_old_plan_and_waits_for_23_hours(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        default_card(world, &customer, "pm_card_chargeCustomerFail").await;
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.extend([("payment_behavior", "pending_if_incomplete"), ("metadata[quote]", "q1")]);
        let (held, events) = world.events_of(world.post(&url(&subscription), &form)).await;
        assert_eq!((&held["status"], &held["items"]["data"][0]["price"]["unit_amount"]), (&"active".into(), &2000.into()));
        let pending = &held["pending_update"];
        assert_eq!((&pending["subscription_items"][0]["price"]["id"], &pending["metadata"]), (&large.as_str().into(), &json!({ "quote": "q1" })));
        assert_eq!((&held["metadata"], &held["latest_invoice"]["status"]), (&json!({}), &"open".into()));
        saw(&events, &["payment_intent.payment_failed", "invoice.payment_failed", "customer.subscription.updated"]);
        let expires = pending["expires_at"].as_i64().unwrap();
        assert_eq!(expires, held["latest_invoice"]["created"].as_i64().unwrap() + 23 * 3600);
        let (_, events) = world.events_of(world.advance(23 * 3600 + 1)).await;
        saw(&events, &["invoice.voided", "customer.subscription.pending_update_expired"]);
        let after = world.get(&url(&subscription)).await;
        assert_eq!((&after["pending_update"], &after["items"]["data"][0]["price"]["unit_amount"]), (&Value::Null, &2000.into()));
        form.push(("cancel_at_period_end", "false"));
        let refused = world.try_post(&url(&subscription), &form).await;
        assert!(text(&refused.body["error"]["message"]).contains("only pass supported params"));
    }

    async fn paying_the_invoice_makes_the_change_that_waited_for_it(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        default_card(world, &customer, "pm_card_authenticationRequired").await;
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.push(("payment_behavior", "pending_if_incomplete"));
        let held = world.post(&url(&subscription), &form).await;
        let secret = text(&held["latest_invoice"]["confirmation_secret"]["client_secret"]);
        let intent = secret.split("_secret_").next().unwrap();
        assert_eq!(world.get(&format!("/v1/payment_intents/{intent}")).await["status"], "requires_action");
        let path = format!("/v1/payment_intents/{intent}/3ds");
        let (_, events) = world.events_of(world.post(&path, &[("outcome", "succeeded")])).await;
        saw(&events, &["invoice.paid", "customer.subscription.updated", "customer.subscription.pending_update_applied"]);
        let after = world.get(&url(&subscription)).await;
        assert_eq!((&after["pending_update"], &after["items"]["data"][0]["price"]["id"]), (&Value::Null, &large.as_str().into()));
        assert_eq!(after["items"]["data"][0]["id"], item.as_str());
    }

    async fn a_change_that_waited_leaves_what_became_something_else_meanwhile(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[("metadata[old]", "1")]).await;
        default_card(world, &customer, "pm_card_chargeCustomerFail").await;
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.extend([("payment_behavior", "pending_if_incomplete"), ("metadata[quote]", "q1"), ("metadata[old]", "")]);
        let held = world.post(&url(&subscription), &form).await;
        world.post("/v1/coupons", &[("id", "HALF"), ("percent_off", "50"), ("duration", "forever")]).await;
        let meanwhile = world.post(&url(&subscription), &[("metadata[note]", "n1"), ("discounts[0][coupon]", "HALF")]).await;
        assert_eq!(meanwhile["metadata"], json!({ "note": "n1", "old": "1" }));
        let card = default_card(world, &customer, "pm_card_visa").await;
        world.post(&format!("/v1/invoices/{}/pay", id(&held["latest_invoice"])), &[("payment_method", &card)]).await;
        let after = world.get(&url(&subscription)).await;
        assert_eq!((&after["pending_update"], &after["items"]["data"][0]["price"]["id"]), (&Value::Null, &large.as_str().into()));
        assert_eq!((&after["metadata"], &after["discounts"]), (&json!({ "note": "n1", "quote": "q1" }), &meanwhile["discounts"]));
    }

    async fn the_end_of_the_period_moves_with_the_anchor_once_that_is_paid(world) {
        let (customer, subscription, _) = begun(world, "pm_card_visa", &[]).await;
        let card = default_card(world, &customer, "pm_card_chargeCustomerFail").await;
        let ends = world.post(&url(&subscription), &[("cancel_at_period_end", "true")]).await["cancel_at"].clone();
        world.advance(5 * DAY).await;
        let held = world.post(&url(&subscription), &[
            ("billing_cycle_anchor", "now"), ("payment_behavior", "pending_if_incomplete"), ("proration_behavior", "always_invoice"),
        ]).await;
        assert_eq!((&held["cancel_at"], &held["items"]["data"][0]["current_period_end"]), (&ends, &ends));
        world.post(&format!("/v1/payment_methods/{card}/detach"), &[]).await;
        default_card(world, &customer, "pm_card_visa").await;
        world.post(&format!("/v1/invoices/{}/pay", text(&held["latest_invoice"])), &[]).await;
        let after = world.get(&url(&subscription)).await;
        assert_eq!((&after["pending_update"], &after["cancel_at"]), (&Value::Null, &after["items"]["data"][0]["current_period_end"]));
        assert_ne!(after["cancel_at"], ends);
    }

    async fn a_change_that_waits_ends_with_its_subscription(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        default_card(world, &customer, "pm_card_chargeCustomerFail").await;
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.push(("payment_behavior", "pending_if_incomplete"));
        let held = world.post(&url(&subscription), &form).await;
        let (ended, events) = world.events_of(world.delete(&url(&subscription))).await;
        assert_eq!((&ended["status"], &ended["pending_update"]), (&"canceled".into(), &Value::Null));
        saw(&events, &["invoice.voided", "customer.subscription.deleted"]);
        let invoice = format!("/v1/invoices/{}", id(&held["latest_invoice"]));
        assert_eq!(world.get(&invoice).await["status"], "void");
        assert_eq!(world.try_post(&format!("{invoice}/pay"), &[]).await.status, 400);
        assert_eq!(world.get(&url(&subscription)).await["status"], "canceled");
    }

    async fn a_new_change_or_voiding_the_invoice_drops_the_one_that_waits(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        default_card(world, &customer, "pm_card_chargeCustomerFail").await;
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.push(("payment_behavior", "pending_if_incomplete"));
        let first = id(&world.post(&url(&subscription), &form).await["latest_invoice"]);
        let second = id(&world.post(&url(&subscription), &form).await["latest_invoice"]);
        assert_eq!(world.get(&format!("/v1/invoices/{first}")).await["status"], "void");
        world.post(&format!("/v1/invoices/{second}/void"), &[]).await;
        let after = world.get(&url(&subscription)).await;
        assert_eq!((&after["pending_update"], &after["status"]), (&Value::Null, &"active".into()));
        default_card(world, &customer, "pm_card_visa").await;
        let changed = world.post(&url(&subscription), &form).await;
        assert_eq!((&changed["pending_update"], &changed["latest_invoice"]["amount_paid"]), (&Value::Null, &2000.into()));
    }

    async fn the_other_payment_behaviors_do_what_they_say(world) {
        for (behavior, status, price) in [("allow_incomplete", "past_due", 4000), ("default_incomplete", "active", 4000)] {
            let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
            default_card(world, &customer, "pm_card_chargeCustomerFail").await;
            let item = item(&subscription);
            let mut form = to_price(&item, &large);
            form.push(("payment_behavior", behavior));
            let changed = world.post(&url(&subscription), &form).await;
            assert_eq!((&changed["status"], &changed["latest_invoice"]["status"]), (&status.into(), &"open".into()));
            assert_eq!(changed["items"]["data"][0]["price"]["unit_amount"], price);
        }
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        default_card(world, &customer, "pm_card_chargeCustomerFail").await;
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.push(("payment_behavior", "error_if_incomplete"));
        let (reply, events) = world.events_of(world.try_post(&url(&subscription), &form)).await;
        reply.refused(402, "card_declined");
        assert_eq!(events, Vec::<String>::new());
        assert_eq!(world.get(&url(&subscription)).await["items"]["data"][0]["price"]["unit_amount"], 2000);
    }
}
