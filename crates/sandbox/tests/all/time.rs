//! What time does: renewals, failing renewals, and the clock itself.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn read(world: &World, subscription: &Value) -> Value {
    world.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice", id(subscription))).await
}

stories! {
    async fn a_renewal_is_a_draft_for_an_hour_and_then_charged(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let end = subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        let (_, events) = world.events_of(world.advance(end - world.now().await)).await;
        assert_eq!(events, ["invoice.upcoming", "invoice.created", "customer.subscription.updated"]);
        let now = read(world, &subscription).await;
        let invoice = &now["latest_invoice"];
        assert_eq!((&invoice["status"], &invoice["next_payment_attempt"]), (&"draft".into(), &(end + 3600).into()));
        assert_eq!((&invoice["period_end"], &invoice["lines"]["data"][0]["period"]["start"]), (&end.into(), &end.into()));
        let updated = world.get("/v1/events?type=customer.subscription.updated&limit=1").await;
        assert!(updated["data"][0]["data"]["previous_attributes"]["items"].is_object());
        assert_eq!(updated["data"][0]["request"], json!({ "id": null, "idempotency_key": null }));
        world.advance(3600).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["status"], "paid");
    }

    async fn a_failing_renewal_is_retried_for_two_weeks_and_then_canceled(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let bad = world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await;
        world.post(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", &id(&bad))]).await;
        let ((), events) = world.events_of(world.renew(&subscription)).await;
        saw(&events, &["invoice.finalized", "charge.failed", "payment_intent.payment_failed", "invoice.payment_failed", "customer.subscription.updated"]);
        let now = read(world, &subscription).await;
        let invoice = &now["latest_invoice"];
        assert_eq!((&now["status"], &invoice["status"], &invoice["attempt_count"]), (&"past_due".into(), &"open".into(), &1.into()));
        assert!(invoice["next_payment_attempt"].is_number());
        world.advance(DAY).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["attempt_count"], 2);
        let (_, events) = world.events_of(world.advance(14 * DAY)).await;
        saw(&events, &["customer.subscription.deleted"]);
        let now = read(world, &subscription).await;
        assert_eq!((&now["status"], &now["cancellation_details"]["reason"]), (&"canceled".into(), &"payment_failed".into()));
        assert_eq!((&now["latest_invoice"]["attempt_count"], &now["latest_invoice"]["next_payment_attempt"]), (&8.into(), &Value::Null));
    }

    async fn a_past_due_subscription_is_saved_by_a_new_card_or_by_paying(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let bad = world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await;
        let default = "invoice_settings[default_payment_method]";
        world.post(&format!("/v1/customers/{customer}"), &[(default, &id(&bad))]).await;
        world.renew(&subscription).await;
        let good = world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await;
        world.post(&format!("/v1/customers/{customer}"), &[(default, &id(&good))]).await;
        assert_eq!(read(world, &subscription).await["status"], "past_due", "a new card retries nothing by itself");
        let open = world.get(&format!("/v1/invoices?subscription={}&status=open&limit=100&expand[]=data.payments", id(&subscription))).await;
        let url = format!("/v1/invoices/{}/pay", id(&open["data"][0]));
        let (paid, events) = world.events_of(world.post(&url, &[("payment_method", &id(&good)), ("off_session", "false")])).await;
        assert_eq!(paid["status"], "paid");
        saw(&events, &["invoice.paid", "customer.subscription.updated"]);
        assert_eq!(read(world, &subscription).await["status"], "active");
    }

    async fn after_a_hard_decline_the_same_card_is_not_tried_again(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let bad = world.post("/v1/payment_methods/pm_card_radarBlock/attach", &[("customer", &customer)]).await;
        world.post(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", &id(&bad))]).await;
        world.renew(&subscription).await;
        world.advance(5 * DAY).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["attempt_count"], 1);
        world.advance(10 * DAY).await;
        assert_eq!(read(world, &subscription).await["status"], "canceled");
    }

    async fn a_renewal_without_any_card_is_past_due(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let method = text(&world.get(&format!("/v1/customers/{customer}")).await["invoice_settings"]["default_payment_method"]);
        world.post(&format!("/v1/payment_methods/{method}/detach"), &[]).await;
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["status"], "past_due");
    }

    async fn a_renewal_that_asks_for_3ds_waits_for_the_payer(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let asks = world.post("/v1/payment_methods/pm_card_authenticationRequired/attach", &[("customer", &customer)]).await;
        world.post(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", &id(&asks))]).await;
        let ((), events) = world.events_of(world.renew(&subscription)).await;
        saw(&events, &["payment_intent.requires_action", "invoice.payment_action_required", "invoice.payment_failed"]);
        let now = world.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice.confirmation_secret", id(&subscription))).await;
        assert_eq!(now["status"], "past_due");
        let secret = text(&now["latest_invoice"]["confirmation_secret"]["client_secret"]);
        let intent = secret.split("_secret_").next().unwrap();
        world.post(&format!("/v1/payment_intents/{intent}/3ds"), &[("outcome", "succeeded")]).await;
        assert_eq!(read(world, &subscription).await["status"], "active");
    }

    async fn what_is_due_on_the_way_happens_at_its_own_time(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        world.advance(370 * DAY).await;
        let invoices = world.get(&format!("/v1/invoices?subscription={}&limit=100", id(&subscription))).await;
        let invoices = invoices["data"].as_array().unwrap();
        assert_eq!(invoices.len(), 13);
        assert!(invoices.iter().all(|invoice| invoice["status"] == "paid"));
        for pair in invoices.windows(2) {
            let gap = pair[0]["created"].as_i64().unwrap() - pair[1]["created"].as_i64().unwrap();
            assert!((28 * DAY..=31 * DAY).contains(&gap), "{gap}");
            assert_eq!(pair[0]["status_transitions"]["paid_at"], pair[0]["created"].as_i64().unwrap() + 3600);
        }
    }

    async fn one_long_step_and_many_short_ones_end_the_same(world) {
        let other = World::start().await;
        let mut ends = Vec::new();
        for (sandbox, steps) in [(world, vec![75 * DAY]), (&other, vec![DAY; 75])] {
            let (customer, price) = (sandbox.customer("pm_card_visa").await, sandbox.price(2000, "month", 1).await);
            sandbox.subscribe(&customer, &price, &[("trial_period_days", "7")]).await;
            for step in steps {
                sandbox.advance(step).await;
            }
            ends.push(sandbox.events().await);
        }
        assert_eq!(ends[0], ends[1]);
    }

    async fn the_clock_is_followed_by_long_polling(world) {
        let before = world.get("/_sandbox/clock").await;
        let version = before["version"].as_i64().unwrap();
        let path = format!("/_sandbox/clock?after={version}&wait=30");
        let (seen, advanced) = tokio::join!(
            async {
                let seen = world.get(&path).await;
                // The follower asks again, and only then the advance is answered.
                let next = format!("/_sandbox/clock?after={}&wait=0", seen["version"]);
                world.get(&next).await;
                seen
            },
            async {
                // By then the follower waits, which nothing shows; were it late, its answer would be the same.
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                world.advance(1000).await
            }
        );
        assert_eq!((&seen["version"], &seen["offset_ms"]), (&(version + 1).into(), &1_000_000.into()));
        assert_eq!(advanced["version"], seen["version"]);
        let back = world.client.post(format!("{}/_sandbox/clock/advance", world.base)).json(&json!({ "seconds": -1 }));
        assert_eq!(world.call(back).await.status, 400);
    }

    async fn a_reset_forgets_everything(world) {
        world.customer("pm_card_visa").await;
        world.call(world.client.post(format!("{}/_sandbox/reset", world.base))).await.ok();
        assert_eq!(world.get("/v1/customers").await["data"], json!([]));
        assert_eq!(world.get("/v1/events").await["data"], json!([]));
    }
}
