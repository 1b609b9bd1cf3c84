//! Subscriptions from the first payment to the end.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn read(world: &World, subscription: &Value) -> Value {
    world.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice.payments", id(subscription))).await
}

stories! {
    async fn a_good_card_makes_an_active_subscription_with_a_paid_invoice(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(5400, "month", 3).await);
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &[("metadata[a]", "b")])).await;
        assert_eq!(subscription["status"], "active");
        let invoice = &subscription["latest_invoice"];
        assert_eq!((&invoice["status"], &invoice["amount_paid"], &invoice["billing_reason"]), (&"paid".into(), &5400.into(), &"subscription_create".into()));
        assert_eq!((&invoice["attempt_count"], &invoice["auto_advance"], &invoice["next_payment_attempt"]), (&1.into(), &false.into(), &Value::Null));
        assert_eq!(invoice["lines"]["data"][0]["description"], "1 × Community Pro (at $54.00 / every 3 months)");
        assert_eq!(invoice["parent"]["subscription_details"], json!({ "metadata": { "a": "b" }, "subscription": id(&subscription) }));
        let payment = &invoice["payments"]["data"][0];
        assert_eq!((&payment["status"], &payment["is_default"]), (&"paid".into(), &true.into()));
        let intent = world.get(&format!("/v1/payment_intents/{}", text(&payment["payment"]["payment_intent"]))).await;
        assert_eq!((&intent["description"], &intent["setup_future_usage"], &intent["capture_method"]), (&"Subscription creation".into(), &"off_session".into(), &"automatic".into()));
        saw(&events, &[
            "charge.succeeded", "customer.updated", "customer.subscription.created", "payment_intent.created",
            "payment_intent.succeeded", "invoice.created", "invoice.finalized", "invoice.paid",
            "invoice.payment_succeeded", "invoice_payment.paid",
        ]);
        assert!(!events.iter().any(|event| event == "customer.subscription.updated"));
        let found = world.get(&format!(
            "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]={}&status=paid", id(&intent)
        )).await;
        assert_eq!(found["data"][0]["invoice"], invoice["id"]);
    }

    async fn without_a_card_it_is_refused_and_nothing_is_left(world) {
        let (customer, price) = (world.customer("").await, world.price(2000, "month", 1).await);
        let form = [("customer", customer.as_str()), ("items[0][price]", price.as_str())];
        world.try_post("/v1/subscriptions", &form).await.refused(400, "resource_missing");
        assert_eq!(world.get("/v1/subscriptions?status=all").await["data"], json!([]));
        assert_eq!(world.get("/v1/invoices").await["data"], json!([]));
    }

    async fn a_decline_leaves_it_incomplete_and_paying_the_invoice_makes_it_active(world) {
        let (customer, price) = (world.customer("pm_card_chargeCustomerFail").await, world.price(2000, "month", 1).await);
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &[])).await;
        assert_eq!((&subscription["status"], &subscription["latest_invoice"]["status"]), (&"incomplete".into(), &"open".into()));
        assert_eq!(subscription["latest_invoice"]["attempt_count"], 1);
        saw(&events, &["charge.failed", "payment_intent.payment_failed", "invoice.payment_failed", "customer.subscription.created"]);
        let url = format!("/v1/invoices/{}/pay", id(&subscription["latest_invoice"]));
        let error = world.try_post(&url, &[]).await.refused(402, "card_declined");
        assert_eq!(error["type"], "card_error");
        let good = world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await;
        let form = [("payment_method", good["id"].as_str().unwrap()), ("off_session", "false")];
        let (paid, events) = world.events_of(world.post(&url, &form)).await;
        assert_eq!((&paid["status"], &paid["attempt_count"]), (&"paid".into(), &3.into()));
        saw(&events, &["invoice.paid", "customer.subscription.updated"]);
        assert_eq!(read(world, &subscription).await["status"], "active");
        let again = world.try_post(&url, &form).await;
        assert_eq!(text(&again.body["error"]["message"]), "Invoice is already paid");
    }

    async fn a_card_that_asks_for_3ds_leaves_it_incomplete_until_the_payer_passes(world) {
        let (customer, price) = (world.customer("pm_card_authenticationRequired").await, world.price(2000, "month", 1).await);
        let save = [("payment_settings[save_default_payment_method]", "on_subscription")];
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &save)).await;
        let invoice = &subscription["latest_invoice"];
        assert_eq!((&subscription["status"], &invoice["status"]), (&"incomplete".into(), &"open".into()));
        assert_eq!((&invoice["attempt_count"], &invoice["attempted"]), (&0.into(), &true.into()));
        saw(&events, &["payment_intent.requires_action", "invoice.payment_action_required"]);
        let error = world.try_post(&format!("/v1/invoices/{}/pay", id(invoice)), &[]).await;
        error.refused(402, "invoice_payment_intent_requires_action");
        let secret = text(&invoice["confirmation_secret"]["client_secret"]);
        let intent = secret.split("_secret_").next().unwrap();
        world.post(&format!("/v1/payment_intents/{intent}/3ds"), &[("outcome", "succeeded"), ("client_secret", &secret)]).await;
        let now = read(world, &subscription).await;
        assert_eq!((&now["status"], &now["latest_invoice"]["status"]), (&"active".into(), &"paid".into()));
        assert!(now["default_payment_method"].is_string(), "save_default_payment_method");
    }

    async fn default_incomplete_waits_for_the_browser_and_expires_after_23_hours(world) {
        let (customer, price) = (world.customer("").await, world.price(2000, "month", 1).await);
        let wait = [("payment_behavior", "default_incomplete")];
        let first = world.subscribe(&customer, &price, &wait).await;
        let secret = text(&first["latest_invoice"]["confirmation_secret"]["client_secret"]);
        let intent = secret.split("_secret_").next().unwrap();
        let confirm = world.client.post(format!("{}/v1/payment_intents/{intent}/confirm", world.base)).bearer_auth("pk_test_sandbox");
        let form = [("client_secret", secret.as_str()), ("payment_method", "pm_card_visa")];
        assert_eq!(world.call(confirm.form(&form)).await.ok()["status"], "succeeded");
        assert_eq!(read(world, &first).await["status"], "active");

        let second = world.subscribe(&customer, &price, &wait).await;
        world.advance(23 * 3600 - 60).await;
        assert_eq!(read(world, &second).await["status"], "incomplete");
        let (_, events) = world.events_of(world.advance(120)).await;
        let expired = read(world, &second).await;
        assert_eq!((&expired["status"], &expired["latest_invoice"]["status"]), (&"incomplete_expired".into(), &"void".into()));
        saw(&events, &["invoice.voided", "payment_intent.canceled", "customer.subscription.updated"]);
    }

    async fn error_if_incomplete_refuses_without_leftovers(world) {
        let price = world.price(2000, "month", 1).await;
        for (card, code) in [
            ("pm_card_chargeCustomerFail", "card_declined"),
            ("pm_card_authenticationRequired", "subscription_payment_intent_requires_action"),
        ] {
            let customer = world.customer(card).await;
            let form = [("customer", customer.as_str()), ("items[0][price]", &price), ("payment_behavior", "error_if_incomplete")];
            world.try_post("/v1/subscriptions", &form).await.refused(402, code);
        }
        assert_eq!(world.get("/v1/subscriptions?status=all").await["data"], json!([]));
        assert_eq!(world.get("/v1/payment_intents").await["data"], json!([]));
    }

    async fn canceling_an_incomplete_one_expires_it_and_its_invoice_stays_open_to_be_voided(world) {
        let (customer, price) = (world.customer("pm_card_chargeCustomerFail").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let url = format!("/v1/subscriptions/{}?cancellation_details[comment]=gone", id(&subscription));
        let (ended, events) = world.events_of(world.delete(&url)).await;
        assert_eq!((&ended["status"], ended["canceled_at"].is_number()), (&"incomplete_expired".into(), true));
        assert_eq!(ended["cancellation_details"]["comment"], "gone");
        saw(&events, &["customer.subscription.updated"]);
        let invoice = id(&subscription["latest_invoice"]);
        assert_eq!(world.get(&format!("/v1/invoices/{invoice}")).await["status"], "open");
        assert_eq!(world.post(&format!("/v1/invoices/{invoice}/void"), &[]).await["status"], "void");
        world.try_delete(&format!("/v1/subscriptions/{}", id(&subscription))).await.refused(404, "resource_missing");
    }

    async fn a_trial_costs_nothing_and_is_charged_an_hour_after_it_ends(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(5400, "month", 3).await);
        let trial = [("trial_period_days", "7"), ("trial_settings[end_behavior][missing_payment_method]", "cancel")];
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &trial)).await;
        let (start, end) = (subscription["trial_start"].as_i64().unwrap(), subscription["trial_end"].as_i64().unwrap());
        assert_eq!((&subscription["status"], end - start), (&"trialing".into(), 7 * DAY));
        assert_eq!((&subscription["billing_cycle_anchor"], &subscription["items"]["data"][0]["current_period_end"]), (&end.into(), &end.into()));
        let invoice = &subscription["latest_invoice"];
        assert_eq!((&invoice["status"], &invoice["amount_due"], &invoice["attempt_count"]), (&"paid".into(), &0.into(), &0.into()));
        assert_eq!(invoice["lines"]["data"][0]["description"], "Free trial for 1 × Community Pro");
        assert_eq!((&invoice["payments"]["data"], &invoice["confirmation_secret"]), (&json!([]), &Value::Null));
        saw(&events, &["invoice.paid", "customer.subscription.created"]);
        assert!(!events.iter().any(|event| event.ends_with("trial_will_end")));

        let (_, events) = world.events_of(world.advance(4 * DAY + 60)).await;
        assert_eq!(events, ["customer.subscription.trial_will_end"]);
        let (_, events) = world.events_of(world.advance(3 * DAY)).await;
        assert_eq!(events, ["invoice.created", "customer.subscription.updated"]);
        let now = read(world, &subscription).await;
        assert_eq!((&now["status"], &now["latest_invoice"]["status"]), (&"active".into(), &"draft".into()));
        let (_, events) = world.events_of(world.advance(3600)).await;
        saw(&events, &["invoice.finalized", "charge.succeeded", "invoice.paid"]);
        let now = read(world, &subscription).await;
        assert_eq!((&now["latest_invoice"]["billing_reason"], &now["latest_invoice"]["amount_paid"]), (&"subscription_cycle".into(), &5400.into()));
    }

    async fn a_short_trial_warns_at_once_and_a_trial_without_a_card_does_what_was_set(world) {
        let price = world.price(2000, "month", 1).await;
        let customer = world.customer("pm_card_visa").await;
        let (_, events) = world.events_of(world.subscribe(&customer, &price, &[("trial_period_days", "1")])).await;
        saw(&events, &["customer.subscription.trial_will_end"]);
        for (behavior, status, event) in [
            ("cancel", "canceled", "customer.subscription.deleted"),
            ("pause", "paused", "customer.subscription.paused"),
            ("create_invoice", "active", "invoice.created"),
        ] {
            let customer = world.customer("").await;
            let trial = [("trial_period_days", "5"), ("trial_settings[end_behavior][missing_payment_method]", behavior)];
            let subscription = world.subscribe(&customer, &price, &trial).await;
            assert!(subscription["pending_setup_intent"].is_string());
            let (_, events) = world.events_of(world.advance(5 * DAY + 1)).await;
            assert_eq!(read(world, &subscription).await["status"], status);
            saw(&events, &[event]);
        }
    }

    async fn trial_end_now_charges_at_once(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("trial_period_days", "7")]).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let now = world.post(&url, &[("trial_end", "now"), ("expand[]", "latest_invoice")]).await;
        assert_eq!((&now["status"], &now["latest_invoice"]["status"], &now["latest_invoice"]["amount_paid"]), (&"active".into(), &"paid".into(), &2000.into()));
    }

    async fn a_pending_cancellation_keeps_access_to_the_end_and_can_be_undone(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let form = [("cancel_at_period_end", "true"), ("cancellation_details[feedback]", "too_expensive")];
        let (pending, events) = world.events_of(world.post(&url, &form)).await;
        let end = &pending["items"]["data"][0]["current_period_end"];
        assert_eq!((&pending["status"], &pending["cancel_at"], pending["canceled_at"].is_number()), (&"active".into(), end, true));
        assert_eq!(pending["cancellation_details"], json!({ "comment": null, "feedback": "too_expensive", "reason": "cancellation_requested" }));
        assert_eq!(events, ["customer.subscription.updated"]);
        let resumed = world.post(&url, &[("cancel_at_period_end", "false")]).await;
        assert_eq!((&resumed["cancel_at"], &resumed["canceled_at"]), (&Value::Null, &Value::Null));
        let later = (world.now().await + 5 * DAY).to_string();
        let without = [("cancel_at", later.as_str()), ("proration_behavior", "none")];
        assert_eq!(world.post(&url, &without).await["cancel_at_period_end"], false);
        assert_eq!(world.post(&url, &[("cancel_at", "")]).await["cancel_at"], Value::Null);

        world.post(&url, &[("cancel_at_period_end", "true")]).await;
        let (_, events) = world.events_of(world.advance(32 * DAY)).await;
        assert_eq!(events, ["customer.subscription.deleted"]);
        let ended = world.get(&url).await;
        assert_eq!((&ended["status"], &ended["ended_at"]), (&"canceled".into(), end));
        assert_eq!(world.get(&format!("/v1/invoices?customer={customer}")).await["data"].as_array().unwrap().len(), 1);
        let late = world.try_post(&url, &[("cancel_at_period_end", "false")]).await;
        assert!(text(&late.body["error"]["message"]).contains("canceled subscription"));
        assert_eq!(world.get("/v1/subscriptions").await["data"], json!([]), "canceled ones are listed only when asked for");
        assert_eq!(world.get("/v1/subscriptions?status=all").await["data"].as_array().unwrap().len(), 1);
    }

    async fn canceling_now_ends_it_and_keeps_the_time_of_an_earlier_request(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let asked = world.post(&url, &[("cancel_at_period_end", "true")]).await["canceled_at"].clone();
        world.advance(100).await;
        let ended = world.delete(&format!("{url}?invoice_now=false&prorate=false")).await;
        assert_eq!((&ended["status"], &ended["canceled_at"], &ended["cancel_at"]), (&"canceled".into(), &asked, &Value::Null));
        assert!(ended["ended_at"].as_i64() >= asked.as_i64().map(|at| at + 100));
    }

    async fn the_price_changes_without_proration_and_is_charged_next_time(world) {
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(2000, "month", 1).await, world.price(3900, "month", 1).await);
        let subscription = world.subscribe(&customer, &small, &[]).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let item = id(&subscription["items"]["data"][0]);
        let form = [("items[0][id]", item.as_str()), ("items[0][price]", large.as_str()), ("items[0][quantity]", "1")];
        let mut without = form.to_vec();
        without.push(("proration_behavior", "none"));
        let changed = world.post(&url, &without).await;
        assert_eq!((&changed["items"]["data"][0]["price"]["id"], &changed["latest_invoice"]), (&large.as_str().into(), &subscription["latest_invoice"]["id"]));
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["amount_paid"], 3900);
        let quantity = world.post(&format!("/v1/subscription_items/{item}"), &[("quantity", "3"), ("proration_behavior", "none")]).await;
        assert_eq!(quantity["quantity"], 3);
        assert_eq!(world.get(&url).await["quantity"], 3);
    }

    async fn with_a_new_anchor_another_interval_begins_now_at_its_full_price(world) {
        let customer = world.customer("pm_card_visa").await;
        let (month, year) = (world.price(2000, "month", 1).await, world.price(18900, "year", 1).await);
        let subscription = world.subscribe(&customer, &month, &[]).await;
        world.advance(10 * DAY).await;
        let form = [
            ("items[0][id]", subscription["items"]["data"][0]["id"].as_str().unwrap()), ("items[0][price]", &year),
            ("proration_behavior", "none"), ("billing_cycle_anchor", "now"), ("expand[]", "latest_invoice"),
        ];
        let changed = world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &form).await;
        assert_eq!((&changed["latest_invoice"]["billing_reason"], &changed["latest_invoice"]["amount_paid"]), (&"subscription_update".into(), &18900.into()));
        let item = &changed["items"]["data"][0];
        assert!(item["current_period_end"].as_i64().unwrap() - item["current_period_start"].as_i64().unwrap() >= 365 * DAY);
    }

    async fn while_collection_is_paused_no_change_and_no_sent_invoice_is_collected(world) {
        for (behavior, status) in [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")] {
            let customer = world.customer("pm_card_visa").await;
            let price = world.price(2000, "month", 1).await;
            let subscription = world.subscribe(&customer, &price, &[]).await;
            let (url, item) = (format!("/v1/subscriptions/{}", id(&subscription)), id(&subscription["items"]["data"][0]));
            world.post(&url, &[("pause_collection[behavior]", behavior)]).await;
            let form = [("items[0][id]", item.as_str()), ("items[0][quantity]", "2"), ("proration_behavior", "always_invoice"), ("expand[0]", "latest_invoice")];
            let changed = world.post(&url, &form).await;
            assert_eq!((&changed["latest_invoice"]["status"], &changed["latest_invoice"]["total"]), (&status.into(), &2000.into()));
            assert_eq!((&changed["status"], &changed["quantity"]), (&"active".into(), &2.into()));
            world.post(&url, &[("collection_method", "send_invoice"), ("days_until_due", "5")]).await;
            let ((), events) = world.events_of(world.renew(&changed)).await;
            assert!(!events.contains(&"invoice.sent".to_owned()), "{events:?}");
            let renewed = world.get(&format!("{url}?expand[]=latest_invoice")).await;
            assert_eq!((&renewed["latest_invoice"]["status"], &renewed["latest_invoice"]["total"]), (&status.into(), &4000.into()));
            let charges = world.get(&format!("/v1/charges?customer={customer}")).await;
            assert_eq!(charges["data"].as_array().map(Vec::len), Some(1));
        }
    }

    async fn collection_is_paused_and_resumed(world) {
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let paused = world.post(&url, &[("pause_collection[behavior]", "void")]).await;
        assert_eq!((&paused["status"], &paused["pause_collection"]), (&"active".into(), &json!({ "behavior": "void", "resumes_at": null })));
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["status"], "void");
        assert_eq!(world.post(&url, &[("pause_collection", "")]).await["pause_collection"], Value::Null);
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["latest_invoice"]["status"], "paid");
    }

    async fn the_default_card_of_a_subscription_beats_the_customers(world) {
        let (customer, price) = (world.customer("pm_card_chargeCustomerFail").await, world.price(2000, "month", 1).await);
        let good = world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await;
        let form = [("default_payment_method", good["id"].as_str().unwrap())];
        let subscription = world.subscribe(&customer, &price, &form).await;
        assert_eq!(subscription["status"], "active");
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        assert_eq!(world.post(&url, &[("default_payment_method", "")]).await["default_payment_method"], Value::Null);
        world.renew(&subscription).await;
        assert_eq!(read(world, &subscription).await["status"], "past_due");
        let foreign = world.customer("pm_card_visa").await;
        let foreign = world.get(&format!("/v1/customers/{foreign}")).await;
        let form = [("default_payment_method", foreign["invoice_settings"]["default_payment_method"].as_str().unwrap())];
        world.try_post(&url, &form).await.refused(400, "resource_missing");
    }
}
