//! Test clocks: customers that live in a time of their own.

use serde_json::{Value, json};

use crate::harness::receiver::Receiver;
use crate::harness::{World, id, saw, text};

const DAY: i64 = 86_400;
/// 1 January 2024, 00:00 UTC.
const NEW_YEAR: i64 = 1_704_067_200;

async fn clock(world: &World, frozen: i64) -> String {
    let form = [("frozen_time", &*frozen.to_string()), ("name", "Renewals")];
    id(&world.post("/v1/test_helpers/test_clocks", &form).await)
}

/// Advances, and asks until the clock is there, as Stripe wants it.
async fn advance(world: &World, clock: &str, to: i64) {
    let path = format!("/v1/test_helpers/test_clocks/{clock}");
    let going = world.post(&format!("{path}/advance"), &[("frozen_time", &to.to_string())]).await;
    assert_eq!(going["status"], "advancing");
    assert_eq!(going["status_details"], json!({ "advancing": { "target_frozen_time": to } }));
    for _ in 0..100 {
        if world.get(&path).await["status"] == "ready" {
            break;
        }
    }
    assert_eq!(world.get(&path).await["frozen_time"], to);
}

async fn customer(world: &World, clock: &str, card: &str) -> String {
    let form = [
        ("test_clock", clock),
        ("payment_method", card),
        ("invoice_settings[default_payment_method]", card),
        ("email", "jenny@example.com"),
    ];
    id(&world.post("/v1/customers", &form).await)
}

async fn read(world: &World, subscription: &Value) -> Value {
    world.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice", id(subscription))).await
}

stories! {
    async fn a_card_that_is_attached_lives_in_the_time_of_its_customer(world) {
        let clock = clock(world, NEW_YEAR).await;
        let customer = customer(world, &clock, "pm_card_visa").await;
        let card = id(&world.post("/v1/payment_methods", &[("type", "card"), ("card[token]", "tok_visa")]).await);
        let path = format!("/v1/payment_methods/{card}");
        world.post(&format!("{path}/attach"), &[("customer", &customer)]).await;
        world.post(&path, &[("metadata[seat]", "4")]).await;
        let told = world.get("/v1/events?type=payment_method.updated").await;
        assert_eq!(told["data"][0]["created"], NEW_YEAR);
    }

    async fn an_item_is_changed_in_the_time_of_its_subscription(world) {
        let clock = clock(world, NEW_YEAR).await;
        let customer = customer(world, &clock, "pm_card_visa").await;
        let price = world.price(3100, "month", 1).await;
        let subscription = world.subscribe(&customer, &price, &[]).await;
        advance(world, &clock, NEW_YEAR + 10 * DAY).await;
        let item = format!("/v1/subscription_items/{}", id(&subscription["items"]["data"][0]));
        world.post(&item, &[("quantity", "2"), ("proration_behavior", "always_invoice")]).await;
        let invoice = read(world, &subscription).await["latest_invoice"].clone();
        assert_eq!((&invoice["total"], &invoice["created"]), (&2100.into(), &(NEW_YEAR + 10 * DAY).into()));
        assert_eq!(invoice["lines"]["data"][1]["period"], json!({ "end": NEW_YEAR + 31 * DAY, "start": NEW_YEAR + 10 * DAY }));
    }

    async fn a_clock_is_made_read_listed_and_deleted(world) {
        let made = world.post("/v1/test_helpers/test_clocks", &[("frozen_time", "1704067200"), ("name", "Renewals")]).await;
        assert_eq!((&made["name"], &made["status"], &made["frozen_time"]), (&"Renewals".into(), &"ready".into(), &NEW_YEAR.into()));
        assert_eq!(made["status_details"], json!({}));
        assert_eq!(made["deletes_after"].as_i64().unwrap() - made["created"].as_i64().unwrap(), 30 * DAY);
        let path = format!("/v1/test_helpers/test_clocks/{}", id(&made));
        assert_eq!(world.get(&path).await, made);
        assert_eq!(world.get("/v1/test_helpers/test_clocks").await["data"], json!([made]));
        assert_eq!(world.delete(&path).await, json!({ "id": made["id"], "object": "test_helpers.test_clock", "deleted": true }));
        let gone = world.try_get(&path).await.refused(404, "resource_missing");
        assert_eq!(gone["message"], format!("No such billingclock: '{}'", id(&made)));
        assert_eq!(world.get("/v1/test_helpers/test_clocks").await["data"], json!([]));
        assert_eq!(world.events().await, ["test_helpers.test_clock.created", "test_helpers.test_clock.deleted"]);
    }

    async fn what_is_made_for_a_customer_on_a_clock_lives_in_its_time(world) {
        let clock = clock(world, NEW_YEAR).await;
        let (jenny, price) = (customer(world, &clock, "pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&jenny, &price, &[]).await;
        assert_eq!((&subscription["created"], &subscription["test_clock"]), (&NEW_YEAR.into(), &clock.as_str().into()));
        assert_eq!(subscription["items"]["data"][0]["current_period_end"], NEW_YEAR + 31 * DAY);
        let invoice = &subscription["latest_invoice"];
        assert_eq!((&invoice["status"], &invoice["created"], &invoice["test_clock"]), (&"paid".into(), &NEW_YEAR.into(), &clock.as_str().into()));
        let item = world.post("/v1/invoiceitems", &[("customer", &jenny), ("amount", "500"), ("currency", "usd")]).await;
        assert_eq!((&item["date"], &item["test_clock"]), (&NEW_YEAR.into(), &clock.as_str().into()));
        // What takes seconds at Stripe does not wait for the clock.
        let charge = &world.get(&format!("/v1/charges?customer={jenny}")).await["data"][0];
        assert!(charge["balance_transaction"].is_string(), "{charge}");
        let whole = world.get(&format!("/v1/subscriptions/{}?expand[]=test_clock", id(&subscription))).await;
        assert_eq!(whole["test_clock"]["name"], "Renewals");
        // The price belongs to the whole account.
        assert!(world.get(&format!("/v1/prices/{price}")).await["created"].as_i64().unwrap() > NEW_YEAR);
    }

    async fn a_trial_ends_and_renews_on_a_clock_while_the_business_clock_stands(world) {
        let clock = clock(world, NEW_YEAR).await;
        let (jenny, price) = (customer(world, &clock, "pm_card_visa").await, world.price(2000, "month", 1).await);
        let trialing = world.subscribe(&jenny, &price, &[("trial_period_days", "7")]).await;
        assert_eq!(trialing["status"], "trialing");
        let ((), events) = world.events_of(advance(world, &clock, NEW_YEAR + 4 * DAY)).await;
        assert_eq!(events, ["test_helpers.test_clock.advancing", "customer.subscription.trial_will_end", "test_helpers.test_clock.ready"]);
        let warned = &world.get("/v1/events?type=customer.subscription.trial_will_end").await["data"][0];
        assert_eq!(warned["created"], NEW_YEAR + 4 * DAY);
        advance(world, &clock, NEW_YEAR + 7 * DAY).await;
        let now = read(world, &trialing).await;
        let draft = &now["latest_invoice"];
        assert_eq!((&now["status"], &draft["status"]), (&"active".into(), &"draft".into()));
        assert_eq!(draft["next_payment_attempt"], NEW_YEAR + 7 * DAY + 3600);
        let ((), events) = world.events_of(advance(world, &clock, NEW_YEAR + 7 * DAY + 3600)).await;
        saw(&events, &["invoice.finalized", "charge.succeeded", "invoice.paid"]);
        let paid = read(world, &trialing).await;
        assert_eq!((&paid["latest_invoice"]["status"], &paid["latest_invoice"]["test_clock"]), (&"paid".into(), &clock.as_str().into()));
        assert_eq!(paid["latest_invoice"]["status_transitions"]["paid_at"], NEW_YEAR + 7 * DAY + 3600);
    }

    async fn a_renewal_that_fails_is_retried_on_a_clock_until_it_is_given_up(world) {
        let clock = clock(world, NEW_YEAR).await;
        let (jenny, price) = (customer(world, &clock, "pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&jenny, &price, &[]).await;
        let bad = world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &jenny)]).await;
        world.post(&format!("/v1/customers/{jenny}"), &[("invoice_settings[default_payment_method]", &id(&bad))]).await;
        let end = NEW_YEAR + 31 * DAY;
        // [3rd], a real run: up to the period's end the renewal is a draft, and only an hour later it fails.
        advance(world, &clock, end).await;
        let now = read(world, &subscription).await;
        assert_eq!((&now["status"], &now["latest_invoice"]["status"]), (&"active".into(), &"draft".into()));
        assert_eq!(now["latest_invoice"]["next_payment_attempt"], end + 3600);
        advance(world, &clock, end + 3601).await;
        let now = read(world, &subscription).await;
        let invoice = &now["latest_invoice"];
        assert_eq!((&now["status"], &invoice["status"], &invoice["attempted"], &invoice["attempt_count"]), (&"past_due".into(), &"open".into(), &true.into(), &1.into()));
        let ((), events) = world.events_of(advance(world, &clock, end + 15 * DAY)).await;
        assert_eq!(events.iter().filter(|event| *event == "invoice.payment_failed").count(), 7);
        saw(&events, &["customer.subscription.deleted"]);
        assert_eq!(read(world, &subscription).await["status"], "canceled");
    }

    async fn clocks_do_not_move_each_other_nor_are_they_moved_by_the_business_clock(world) {
        let now = world.now().await;
        let (one, two) = (clock(world, now).await, clock(world, now).await);
        let price = world.price(2000, "day", 1).await;
        let mut all = Vec::new();
        for clock in [&one, &two] {
            let jenny = customer(world, clock, "pm_card_visa").await;
            all.push(world.subscribe(&jenny, &price, &[]).await);
        }
        let mary = world.customer("pm_card_visa").await;
        all.push(world.subscribe(&mary, &price, &[]).await);
        let mut ends = Vec::new();
        for step in 0..3 {
            match step {
                0 => {}
                1 => advance(world, &one, now + DAY).await,
                _ => drop(world.advance(2 * DAY).await),
            }
            let mut seen = Vec::new();
            for subscription in &all {
                let end = read(world, subscription).await["items"]["data"][0]["current_period_end"].as_i64().unwrap();
                seen.push((end - now) / DAY);
            }
            ends.push(seen);
        }
        assert_eq!(ends, [[1, 1, 1], [2, 1, 1], [2, 1, 3]]);
    }

    async fn a_clock_goes_forward_only_and_two_intervals_at_most(world) {
        let clock = clock(world, NEW_YEAR).await;
        let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
        let to = |at: i64| {
            let path = path.clone();
            async move { world.try_post(&path, &[("frozen_time", &at.to_string())]).await }
        };
        for at in [NEW_YEAR, NEW_YEAR - 1] {
            let back = to(at).await;
            assert_eq!((back.status, &back.body["error"]["param"]), (400, &"frozen_time".into()));
        }
        // Without subscriptions, two years: 2024 has a leap day.
        assert_eq!(to(NEW_YEAR + 731 * DAY + 1).await.status, 400);
        let (yearly, monthly) = (world.price(9000, "year", 1).await, world.price(2000, "month", 1).await);
        let jenny = customer(world, &clock, "pm_card_visa").await;
        world.subscribe(&jenny, &yearly, &[]).await;
        let short = world.subscribe(&jenny, &monthly, &[]).await;
        assert_eq!(to(NEW_YEAR + 60 * DAY + 1).await.status, 400);
        to(NEW_YEAR + 60 * DAY).await.ok();
        world.delete(&format!("/v1/subscriptions/{}", id(&short))).await;
        to(NEW_YEAR + 400 * DAY).await.ok();
        assert_eq!(world.try_post(&path, &[]).await.refused(400, "parameter_missing")["param"], "frozen_time");
        world.try_post("/v1/test_helpers/test_clocks", &[]).await.refused(400, "parameter_missing");
    }

    async fn a_clock_holds_three_customers_and_each_three_subscriptions(world) {
        let clock = clock(world, NEW_YEAR).await;
        let price = world.price(2000, "month", 1).await;
        let jenny = customer(world, &clock, "pm_card_visa").await;
        for _ in 0..2 {
            customer(world, &clock, "pm_card_visa").await;
        }
        let fourth = world.try_post("/v1/customers", &[("test_clock", &clock)]).await;
        assert_eq!((fourth.status, &fourth.body["error"]["param"]), (400, &"test_clock".into()));
        for _ in 0..3 {
            world.subscribe(&jenny, &price, &[]).await;
        }
        let fourth = world.try_post("/v1/subscriptions", &[("customer", &jenny), ("items[0][price]", &price)]).await;
        assert_eq!((fourth.status, &fourth.body["error"]["param"]), (400, &"customer".into()));
        let nowhere = world.try_post("/v1/customers", &[("test_clock", "clock_no")]).await.refused(400, "resource_missing");
        assert_eq!((&nowhere["message"], &nowhere["param"]), (&"No such billingclock: 'clock_no'".into(), &"test_clock".into()));
        world.try_post(&format!("/v1/customers/{jenny}"), &[("test_clock", &clock)]).await.refused(400, "parameter_unknown");
    }

    async fn lists_show_what_is_on_a_clock_only_when_asked_for_it(world) {
        let clock = clock(world, NEW_YEAR).await;
        let price = world.price(2000, "month", 1).await;
        let (jenny, mary) = (customer(world, &clock, "pm_card_visa").await, world.customer("pm_card_visa").await);
        let (hers, other) = (world.subscribe(&jenny, &price, &[]).await, world.subscribe(&mary, &price, &[]).await);
        let ids = |path: String| async move {
            world.get(&path).await["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
        };
        assert_eq!(ids("/v1/customers".into()).await, [&*mary]);
        assert_eq!(ids("/v1/customers?email=jenny@example.com".into()).await, [&*mary]);
        assert_eq!(ids(format!("/v1/customers?test_clock={clock}")).await, [&*jenny]);
        assert_eq!(ids("/v1/subscriptions".into()).await, [id(&other)]);
        assert_eq!(ids(format!("/v1/subscriptions?test_clock={clock}")).await, [id(&hers)]);
        assert_eq!(ids(format!("/v1/subscriptions?customer={jenny}")).await, [id(&hers)]);
        world.try_get("/v1/customers?test_clock=clock_no").await.refused(400, "resource_missing");
        world.try_get("/v1/subscriptions?test_clock=clock_no").await.refused(400, "resource_missing");
    }

    async fn a_clock_that_is_deleted_takes_its_customers_along(world) {
        let clock = clock(world, NEW_YEAR).await;
        let price = world.price(2000, "month", 1).await;
        let jenny = customer(world, &clock, "pm_card_visa").await;
        let subscription = world.subscribe(&jenny, &price, &[]).await;
        let path = format!("/v1/test_helpers/test_clocks/{clock}");
        let (_, events) = world.events_of(world.delete(&path)).await;
        saw(&events, &["customer.subscription.deleted", "customer.deleted", "test_helpers.test_clock.deleted"]);
        assert_eq!(world.get(&format!("/v1/customers/{jenny}")).await["deleted"], true);
        let ended = read(world, &subscription).await;
        assert_eq!((&ended["status"], &ended["ended_at"]), (&"canceled".into(), &NEW_YEAR.into()));
        world.try_post(&format!("{path}/advance"), &[("frozen_time", "1704153600")]).await.refused(404, "resource_missing");
    }

    async fn a_clock_is_gone_after_thirty_days_of_business_time(world) {
        let clock = clock(world, NEW_YEAR).await;
        customer(world, &clock, "pm_card_visa").await;
        advance(world, &clock, NEW_YEAR + 100 * DAY).await;
        world.advance(29 * DAY).await;
        assert_eq!(world.get(&format!("/v1/test_helpers/test_clocks/{clock}")).await["status"], "ready");
        let (_, events) = world.events_of(world.advance(DAY)).await;
        saw(&events, &["customer.deleted", "test_helpers.test_clock.deleted"]);
        world.try_get(&format!("/v1/test_helpers/test_clocks/{clock}")).await.refused(404, "resource_missing");
    }

    async fn a_customer_that_exists_can_be_put_on_a_new_clock(world) {
        let (mary, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&mary, &price, &[]).await;
        let end = subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        let past = world.try_post("/v1/test_helpers/test_clocks", &[("frozen_time", "1704067200"), ("customer", &mary)]).await;
        assert_eq!((past.status, &past.body["error"]["param"]), (400, &"frozen_time".into()));
        let form = [("frozen_time", &*(end + 3600).to_string()), ("customer", &mary)];
        let (clock, events) = world.events_of(world.post("/v1/test_helpers/test_clocks", &form)).await;
        saw(&events, &["test_helpers.test_clock.created", "customer.updated", "customer.subscription.updated", "invoice.updated"]);
        let shown = world.get(&format!("/v1/customers/{mary}")).await;
        assert_eq!(shown["test_clock"], clock["id"]);
        // What lay on the way to the clock's time has happened, in order.
        let now = read(world, &subscription).await;
        assert_eq!((&now["test_clock"], &now["latest_invoice"]["status"]), (&clock["id"], &"paid".into()));
        assert_eq!(now["latest_invoice"]["created"], end);
        let again = world.try_post("/v1/test_helpers/test_clocks", &form).await;
        assert_eq!((again.status, &again.body["error"]["param"]), (400, &"customer".into()));
    }

    async fn a_clock_moves_on_by_itself_and_its_webhooks_are_delivered(world) {
        let receiver = Receiver::start(200).await;
        let clock = clock(world, NEW_YEAR).await;
        let (jenny, price) = (customer(world, &clock, "pm_card_visa").await, world.price(2000, "month", 1).await);
        world.subscribe(&jenny, &price, &[]).await;
        let wanted = [("url", &*receiver.url), ("enabled_events[0]", "invoice.paid"), ("enabled_events[1]", "test_helpers.test_clock.ready")];
        world.post("/v1/webhook_endpoints", &wanted).await;
        let to = (NEW_YEAR + 32 * DAY).to_string();
        // Nothing is asked after this: the clock arrives all the same.
        world.post(&format!("/v1/test_helpers/test_clocks/{clock}/advance"), &[("frozen_time", &to)]).await;
        let seen = receiver.wait_for(2).await;
        let mut types: Vec<String> = seen.iter().map(|delivery| text(&delivery.event["type"])).collect();
        types.sort();
        assert_eq!(types, ["invoice.paid", "test_helpers.test_clock.ready"]);
    }
}
