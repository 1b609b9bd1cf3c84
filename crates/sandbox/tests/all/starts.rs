//! How a subscription can begin, go on without a card, and end when nobody pays.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn read(world: &World, subscription: &Value) -> Value {
    world.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice", id(subscription))).await
}

async fn settings(world: &World, body: &Value) -> crate::harness::Reply {
    world.call(world.client.post(format!("{}/_sandbox/settings", world.base)).json(body)).await
}

/// A subscription whose card fails from now on.
async fn failing(world: &World) -> Value {
    let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
    let subscription = world.subscribe(&customer, &price, &[]).await;
    let bad =
        world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await;
    let form = [("invoice_settings[default_payment_method]", bad["id"].as_str().unwrap())];
    world.post(&format!("/v1/customers/{customer}"), &form).await;
    subscription
}

stories! {
    async fn an_anchor_ahead_bills_the_part_until_then_or_nothing(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(3000, "month", 1).await);
        let now = world.now().await;
        let anchor = (now + 10 * DAY).to_string();
        let subscription = world.subscribe(&customer, &price, &[("billing_cycle_anchor", &anchor)]).await;
        let line = &subscription["latest_invoice"]["lines"]["data"][0];
        let due = subscription["latest_invoice"]["amount_paid"].as_i64().unwrap();
        assert!((967..=1072).contains(&due), "10 days of a month of 28 to 31 at $30.00: {due}");
        assert_eq!(line["parent"]["subscription_item_details"]["proration"], true);
        assert_eq!(subscription["items"]["data"][0]["current_period_end"].to_string(), anchor);
        let free = world.subscribe(&customer, &price, &[("billing_cycle_anchor", &anchor), ("proration_behavior", "none")]).await;
        assert_eq!((&free["status"], &free["latest_invoice"]), (&"active".into(), &Value::Null));
        world.advance(10 * DAY + 3700).await;
        for one in [&subscription, &free] {
            let renewed = read(world, one).await;
            assert_eq!((&renewed["latest_invoice"]["amount_paid"], &renewed["latest_invoice"]["billing_reason"]), (&3000.into(), &"subscription_cycle".into()));
        }
        let late = (world.now().await + 40 * DAY).to_string();
        let form = [("customer", customer.as_str()), ("items[0][price]", &price), ("billing_cycle_anchor", &late)];
        let refused = world.try_post("/v1/subscriptions", &form).await;
        assert!(text(&refused.body["error"]["message"]).starts_with("billing_cycle_anchor cannot be later than next natural billing date"));
    }

    async fn an_anchor_can_be_a_day_of_the_month(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(3000, "month", 1).await);
        let form = [("billing_cycle_anchor_config[day_of_month]", "31"), ("billing_cycle_anchor_config[hour]", "0")];
        let subscription = world.subscribe(&customer, &price, &form).await;
        let config = &subscription["billing_cycle_anchor_config"];
        assert_eq!((&config["day_of_month"], &config["hour"], &config["month"]), (&31.into(), &0.into(), &Value::Null));
        let anchor = subscription["billing_cycle_anchor"].as_i64().unwrap();
        assert!(anchor > world.now().await && anchor <= world.now().await + 31 * DAY);
    }

    async fn a_backdated_start_bills_the_periods_since(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let start = (world.now().await - 40 * DAY).to_string();
        let subscription = world.subscribe(&customer, &price, &[("backdate_start_date", &start)]).await;
        assert_eq!((subscription["start_date"].to_string(), &subscription["latest_invoice"]["amount_paid"]), (start, &4000.into()));
        assert!(subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap() > world.now().await);
    }

    async fn an_invoice_that_is_sent_is_paid_by_hand_or_becomes_overdue(world) {
        let (customer, price) = (world.customer("").await, world.price(2000, "month", 1).await);
        let form = [("collection_method", "send_invoice"), ("days_until_due", "5")];
        let subscription = world.subscribe(&customer, &price, &form).await;
        assert_eq!((&subscription["status"], &subscription["latest_invoice"]["status"]), (&"active".into(), &"draft".into()));
        let (_, events) = world.events_of(world.advance(3700)).await;
        saw(&events, &["invoice.finalized", "invoice.sent"]);
        let (_, events) = world.events_of(world.advance(5 * DAY)).await;
        saw(&events, &["invoice.overdue", "customer.subscription.updated"]);
        let late = read(world, &subscription).await;
        assert_eq!((&late["status"], &late["latest_invoice"]["status"]), (&"past_due".into(), &"open".into()));
        let path = format!("/v1/invoices/{}/pay", id(&late["latest_invoice"]));
        world.post(&path, &[("paid_out_of_band", "true")]).await;
        assert_eq!(read(world, &subscription).await["status"], "active");
        let form = [("customer", customer.as_str()), ("collection_method", "send_invoice"), ("days_until_due", "3")];
        let draft = id(&world.post("/v1/invoices", &form).await);
        world.post("/v1/invoiceitems", &[("customer", &customer), ("invoice", &draft), ("amount", "500"), ("currency", "usd")]).await;
        let (sent, events) = world.events_of(world.post(&format!("/v1/invoices/{draft}/send"), &[])).await;
        assert_eq!((&sent["status"], sent["due_date"].is_number()), (&"open".into(), true));
        saw(&events, &["invoice.sent"]);
        let form = [("customer", customer.as_str()), ("items[0][price]", &price), ("collection_method", "send_invoice")];
        assert_eq!(world.try_post("/v1/subscriptions", &form).await.body["error"]["param"], "days_until_due");
    }

    async fn a_paused_subscription_is_resumed_by_a_payment(world) {
        let (customer, price) = (world.customer("").await, world.price(2000, "month", 1).await);
        let trial = [("trial_period_days", "5"), ("trial_settings[end_behavior][missing_payment_method]", "pause")];
        let subscription = world.subscribe(&customer, &price, &trial).await;
        let path = format!("/v1/subscriptions/{}/resume", id(&subscription));
        assert_eq!(world.try_post(&path, &[]).await.status, 400, "it is not paused");
        world.advance(6 * DAY).await;
        let card = world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await;
        world.post(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", &id(&card))]).await;
        let (resumed, events) = world.events_of(world.post(&path, &[("expand[]", "latest_invoice")])).await;
        assert_eq!((&resumed["status"], &resumed["latest_invoice"]["amount_paid"]), (&"active".into(), &2000.into()));
        saw(&events, &["invoice.paid", "customer.subscription.updated", "customer.subscription.resumed"]);
    }

    async fn the_last_retry_ends_as_the_account_has_set_it(world) {
        assert_eq!(settings(world, &json!({ "after_last_retry": "never" })).await.status, 400);
        for (setting, status) in [("mark_unpaid", "unpaid"), ("leave_past_due", "past_due"), ("cancel", "canceled")] {
            assert_eq!(settings(world, &json!({ "after_last_retry": setting })).await.ok()["after_last_retry"], setting);
            let subscription = failing(world).await;
            world.renew(&subscription).await;
            assert_eq!(read(world, &subscription).await["status"], "past_due");
            world.advance(15 * DAY).await;
            assert_eq!(read(world, &subscription).await["status"], status);
            if setting == "mark_unpaid" {
                world.renew(&subscription).await;
                let unpaid = read(world, &subscription).await;
                assert_eq!((&unpaid["status"], &unpaid["latest_invoice"]["status"]), (&"unpaid".into(), &"draft".into()), "made, and not collected");
                let item = id(&unpaid["items"]["data"][0]);
                let more = [("items[0][id]", item.as_str()), ("items[0][quantity]", "2"), ("proration_behavior", "always_invoice")];
                world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &more).await;
                let unpaid = read(world, &subscription).await;
                assert_eq!((&unpaid["status"], &unpaid["latest_invoice"]["status"]), (&"unpaid".into(), &"draft".into()), "nor a change");
                world.delete(&format!("/v1/subscriptions/{}", id(&subscription))).await;
            }
        }
    }

    async fn the_invoice_to_come_is_announced_as_many_days_before_as_is_set(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        settings(world, &json!({ "upcoming_days": 3 })).await.ok();
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let end = subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        let (_, events) = world.events_of(world.advance(end - world.now().await - 3 * DAY - 60)).await;
        assert_eq!(events, Vec::<String>::new());
        let (_, events) = world.events_of(world.advance(120)).await;
        assert_eq!(events, ["invoice.upcoming"]);
        let told = world.get("/v1/events?type=invoice.upcoming").await;
        let invoice = &told["data"][0]["data"]["object"];
        assert_eq!((&invoice["amount_due"], &invoice["billing_reason"]), (&2000.into(), &"upcoming".into()));
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        world.renew(&subscription).await;
        world.post(&url, &[("cancel_at_period_end", "true")]).await;
        let (_, events) = world.events_of(world.advance(40 * DAY)).await;
        assert!(!events.contains(&"invoice.upcoming".to_owned()), "none comes: {events:?}");
    }
}
