//! Subscription schedules: phases that follow each other, released, canceled, completed.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn price_of(subscription: &Value) -> Value {
    subscription["items"]["data"][0]["price"]["id"].clone()
}

async fn read(world: &World, subscription: &Value) -> Value {
    world.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice", id(subscription))).await
}

/// A monthly subscription at `amount`, and the schedule over it.
async fn scheduled(world: &World, amount: i64) -> (Value, Value) {
    let (customer, price) = (world.customer("pm_card_visa").await, world.price(amount, "month", 1).await);
    let subscription = world.subscribe(&customer, &price, &[]).await;
    let schedule =
        world.post("/v1/subscription_schedules", &[("from_subscription", &id(&subscription))]).await;
    (subscription, schedule)
}

/// Two phases: the present one to its end, and one of another price.
async fn then_price(
    world: &World,
    schedule: &Value,
    price: &str,
    interval: &str,
    more: &[(&str, &str)],
) -> Value {
    let first = &schedule["phases"][0];
    let (start, end) = (first["start_date"].to_string(), first["end_date"].to_string());
    let now = text(&first["items"][0]["price"]);
    let mut form = vec![
        ("end_behavior", "release"),
        ("phases[0][start_date]", start.as_str()),
        ("phases[0][end_date]", &end),
        ("phases[0][items][0][price]", &now),
        ("phases[0][proration_behavior]", "none"),
        ("phases[1][start_date]", &end),
        ("phases[1][items][0][price]", price),
        ("phases[1][items][0][quantity]", "1"),
        ("phases[1][duration][interval]", interval),
        ("phases[1][duration][interval_count]", "1"),
        ("phases[1][proration_behavior]", "none"),
    ];
    form.extend_from_slice(more);
    world.post(&format!("/v1/subscription_schedules/{}", id(schedule)), &form).await
}

stories! {
    async fn a_downgrade_waits_for_the_period_to_end_and_is_charged_then(world) {
        let (subscription, schedule) = scheduled(world, 4000).await;
        let small = world.price(2000, "month", 1).await;
        let period = &subscription["items"]["data"][0];
        assert_eq!((&schedule["status"], &schedule["subscription"]), (&"active".into(), &subscription["id"]));
        assert_eq!(schedule["current_phase"], json!({ "end_date": period["current_period_end"], "start_date": period["current_period_start"] }));
        assert_eq!(read(world, &subscription).await["schedule"], schedule["id"]);
        let (planned, events) = world.events_of(then_price(world, &schedule, &small, "month", &[("phases[1][metadata][a]", "b")])).await;
        assert_eq!((planned["phases"].as_array().unwrap().len(), &planned["phases"][1]["items"][0]["price"]), (2, &small.as_str().into()));
        saw(&events, &["subscription_schedule.updated"]);
        let next = world.post("/v1/invoices/create_preview", &[("schedule", &id(&schedule))]).await;
        assert_eq!((&next["amount_due"], &next["lines"]["total_count"]), (&2000.into(), &1.into()));

        let end = period["current_period_end"].as_i64().unwrap();
        let (_, events) = world.events_of(world.advance(end - world.now().await + 3700)).await;
        saw(&events, &["customer.subscription.updated", "invoice.paid", "subscription_schedule.updated"]);
        let renewed = read(world, &subscription).await;
        assert_eq!((&renewed["latest_invoice"]["total"], &renewed["latest_invoice"]["billing_reason"]), (&2000.into(), &"subscription_cycle".into()));
        assert_eq!((price_of(&renewed), &renewed["metadata"]), (small.as_str().into(), &json!({ "a": "b" })));
        assert_eq!(renewed["items"]["data"][0]["id"], subscription["items"]["data"][0]["id"]);
        let path = format!("/v1/subscription_schedules/{}/release", id(&schedule));
        let (released, events) = world.events_of(world.post(&path, &[])).await;
        assert_eq!((&released["status"], &released["released_subscription"], &released["subscription"]), (&"released".into(), &subscription["id"], &Value::Null));
        saw(&events, &["subscription_schedule.released", "customer.subscription.updated"]);
        assert_eq!(read(world, &subscription).await["schedule"], Value::Null);
        let twice = world.try_post(&path, &[]).await;
        assert!(text(&twice.body["error"]["message"]).contains("`released` status"));
    }

    async fn released_before_its_time_it_changes_nothing(world) {
        let (subscription, schedule) = scheduled(world, 4000).await;
        let small = world.price(2000, "month", 1).await;
        then_price(world, &schedule, &small, "month", &[]).await;
        world.post(&format!("/v1/subscription_schedules/{}/release", id(&schedule)), &[]).await;
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["total"], 4000);
    }

    async fn a_shorter_period_is_charged_at_once_only_from_a_new_anchor(world) {
        for (more, total, reason) in [
            (&[("phases[1][billing_cycle_anchor]", "phase_start")][..], 18_900, "subscription_cycle"),
            (&[], 2000, "subscription_create"),
        ] {
            let (subscription, schedule) = scheduled(world, 2000).await;
            let year = world.price(18_900, "year", 1).await;
            then_price(world, &schedule, &year, "year", more).await;
            world.renew(&subscription).await;
            let now = read(world, &subscription).await;
            assert_eq!(price_of(&now), year.as_str());
            assert_eq!((&now["latest_invoice"]["total"], &now["latest_invoice"]["billing_reason"]), (&total.into(), &reason.into()));
        }
    }

    async fn the_current_phase_shows_what_was_changed_directly(world) {
        let (subscription, schedule) = scheduled(world, 2000).await;
        let item = id(&subscription["items"]["data"][0]);
        let path = format!("/v1/subscription_schedules/{}", id(&schedule));
        let (_, events) = world.events_of(world.post(&format!("/v1/subscription_items/{item}"), &[("quantity", "3")])).await;
        saw(&events, &["subscription_schedule.updated", "customer.subscription.updated"]);
        assert_eq!(world.get(&path).await["phases"][0]["items"][0]["quantity"], 3);
        let customer = text(&subscription["customer"]);
        let card = id(&world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await);
        let subscription = format!("/v1/subscriptions/{}", id(&subscription));
        world.post(&subscription, &[("default_payment_method", &card)]).await;
        let held = world.post(&subscription, &[
            ("items[0][id]", &item), ("items[0][quantity]", "9"), ("proration_behavior", "always_invoice"),
            ("payment_behavior", "pending_if_incomplete"),
        ]).await;
        assert_eq!(world.get(&path).await["phases"][0]["items"][0]["quantity"], 3, "not made yet");
        let good = id(&world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await);
        world.post(&format!("/v1/invoices/{}/pay", text(&held["latest_invoice"])), &[("payment_method", &good)]).await;
        assert_eq!(world.get(&subscription).await["quantity"], 9);
        assert_eq!(world.get(&path).await["phases"][0]["items"][0]["quantity"], 9);
    }

    async fn while_a_schedule_rules_the_end_is_its_own(world) {
        let (subscription, schedule) = scheduled(world, 4000).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let refused = world.try_post(&url, &[("cancel_at_period_end", "true")]).await;
        assert!(text(&refused.body["error"]["message"]).contains(&id(&schedule)));
        let again = world.try_post("/v1/subscription_schedules", &[("from_subscription", &id(&subscription))]).await;
        assert!(text(&again.body["error"]["message"]).contains("already attached to a schedule"));
        let item = id(&subscription["items"]["data"][0]);
        world.post(&url, &[("items[0][id]", &item), ("items[0][quantity]", "3"), ("proration_behavior", "none")]).await;
        let followed = world.get(&format!("/v1/subscription_schedules/{}", id(&schedule))).await;
        assert_eq!(followed["phases"][0]["items"][0]["quantity"], 3, "what was changed directly is not undone");
        let (_, events) = world.events_of(world.delete(&url)).await;
        saw(&events, &["customer.subscription.deleted", "subscription_schedule.canceled"]);
    }

    async fn a_schedule_that_ends_by_canceling_ends_its_subscription(world) {
        let (subscription, schedule) = scheduled(world, 4000).await;
        let path = format!("/v1/subscription_schedules/{}", id(&schedule));
        world.post(&path, &[("end_behavior", "cancel")]).await;
        let none = world.try_post("/v1/invoices/create_preview", &[("schedule", &id(&schedule))]).await;
        none.refused(404, "invoice_upcoming_none");
        let (_, events) = world.events_of(world.advance(32 * DAY)).await;
        saw(&events, &["subscription_schedule.expiring", "subscription_schedule.completed", "customer.subscription.deleted"]);
        assert!(!events.contains(&"invoice.created".to_owned()), "{events:?}");
        assert_eq!(world.get(&path).await["status"], "completed");
        assert_eq!(read(world, &subscription).await["status"], "canceled");
    }

    async fn a_schedule_for_a_time_to_come_makes_its_subscription_then(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let large = world.price(4000, "month", 1).await;
        let start = (world.now().await + 10 * DAY).to_string();
        let form = [
            ("customer", customer.as_str()), ("start_date", &start), ("end_behavior", "release"), ("metadata[a]", "b"),
            ("phases[0][items][0][price]", &price), ("phases[0][duration][interval]", "month"),
            ("phases[0][duration][interval_count]", "2"), ("phases[1][items][0][price]", &large),
        ];
        let (schedule, events) = world.events_of(world.post("/v1/subscription_schedules", &form)).await;
        assert_eq!((&schedule["status"], &schedule["subscription"]), (&"not_started".into(), &Value::Null));
        assert_eq!(events, ["subscription_schedule.created"]);
        assert_eq!(world.get("/v1/subscription_schedules?scheduled=true").await["data"][0]["id"], schedule["id"]);
        let (_, events) = world.events_of(world.advance(10 * DAY)).await;
        saw(&events, &["customer.subscription.created", "invoice.created", "subscription_schedule.updated"]);
        let begun = world.get(&format!("/v1/subscription_schedules/{}?expand[]=subscription", id(&schedule))).await;
        assert_eq!((&begun["status"], &begun["subscription"]["status"]), (&"active".into(), &"active".into()));
        world.advance(63 * DAY).await;
        let subscription = &begun["subscription"];
        assert_eq!((price_of(&read(world, subscription).await), &read(world, subscription).await["latest_invoice"]["status"]), (large.as_str().into(), &"paid".into()));
        let invoices = world.get(&format!("/v1/invoices?subscription={}", id(subscription))).await;
        let totals: Vec<&Value> = invoices["data"].as_array().unwrap().iter().map(|invoice| &invoice["total"]).collect();
        assert_eq!(totals, [4000, 2000, 2000]);
        let path = format!("/v1/subscription_schedules/{}/cancel", id(&schedule));
        let (canceled, events) = world.events_of(world.post(&path, &[("prorate", "false"), ("invoice_now", "false")])).await;
        assert_eq!(canceled["status"], "canceled");
        saw(&events, &["subscription_schedule.canceled", "customer.subscription.deleted"]);
    }

    async fn the_current_phase_can_be_changed_now_with_its_proration(world) {
        let (subscription, schedule) = scheduled(world, 2000).await;
        let large = world.price(4000, "month", 1).await;
        let first = &schedule["phases"][0];
        let (start, end) = (first["start_date"].to_string(), first["end_date"].to_string());
        let path = format!("/v1/subscription_schedules/{}", id(&schedule));
        let form = [
            ("phases[0][start_date]", start.as_str()), ("phases[0][end_date]", &end), ("phases[0][items][0][price]", &large),
            ("proration_behavior", "always_invoice"),
        ];
        world.post(&path, &form).await;
        let now = read(world, &subscription).await;
        assert_eq!((&now["latest_invoice"]["total"], price_of(&now)), (&2000.into(), large.as_str().into()));
        let gap = (first["end_date"].as_i64().unwrap() + 5).to_string();
        let mut with_gap = form.to_vec();
        with_gap.extend([("phases[1][start_date]", gap.as_str()), ("phases[1][items][0][price]", &large)]);
        assert_eq!(world.try_post(&path, &with_gap).await.body["error"]["param"], "phases[1][start_date]");
    }

    async fn a_phase_has_the_discounts_that_it_names_and_no_others(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(4000, "month", 1).await;
        world.post("/v1/coupons", &[("id", "HALF"), ("percent_off", "50"), ("duration", "forever")]).await;
        world.post("/v1/coupons", &[("id", "TENTH"), ("percent_off", "10"), ("duration", "forever")]).await;
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "HALF")]).await;
        let schedule = world.post("/v1/subscription_schedules", &[("from_subscription", &id(&subscription))]).await;
        let kept = text(&schedule["phases"][0]["discounts"][0]["discount"]);
        let more = [("phases[0][discounts][0][discount]", kept.as_str()), ("phases[1][discounts][0][coupon]", "TENTH")];
        then_price(world, &schedule, &price, "month", &more).await;
        let next = world.post("/v1/invoices/create_preview", &[("schedule", &id(&schedule))]).await;
        world.renew(&subscription).await;
        let renewed = read(world, &subscription).await;
        assert_eq!((&renewed["latest_invoice"]["total"], &next["total"]), (&3600.into(), &3600.into()));
        let third = [("phases[0][discounts][0][discount]", renewed["discounts"][0].as_str().unwrap())];
        let now = world.get(&format!("/v1/subscription_schedules/{}", id(&schedule))).await;
        let shown = json!({ "phases": [now["phases"][1]] , "id": now["id"] });
        then_price(world, &shown, &price, "month", &third).await;
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["total"], 4000, "the last phase names none");
    }
}
