//! Trials, billing modes and ends: changes that leave the price as it is.

use super::{DAY, begun, item, to_price, url};
use crate::harness::{id, saw, text};
use serde_json::json;

stories! {
    async fn canceling_with_prorate_gives_a_credit_and_invoice_now_settles_it(world) {
        let (customer, subscription, _) = begun(world, "pm_card_visa", &[]).await;
        let (ended, events) = world.events_of(world.delete(&format!("{}?prorate=true&invoice_now=true", url(&subscription)))).await;
        assert_eq!(ended["status"], "canceled");
        saw(&events, &["invoiceitem.created", "invoice.paid", "customer.subscription.deleted"]);
        assert_eq!(world.get(&format!("/v1/customers/{customer}")).await["balance"], -2000);
        let (_, other, _) = begun(world, "pm_card_visa", &[]).await;
        world.delete(&format!("{}?prorate=true", url(&other))).await;
        let pending = world.get(&format!("/v1/invoiceitems?pending=true&customer={}", text(&other["customer"]))).await;
        assert_eq!(pending["data"][0]["amount"], -2000, "it waits for an invoice of the customer's");
    }

    async fn a_trial_can_begin_in_the_middle_and_end_early_with_another_price(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let until = (world.now().await + 14 * DAY).to_string();
        let form = [("trial_end", until.as_str()), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")];
        let trial = world.post(&url(&subscription), &form).await;
        assert_eq!((&trial["status"], trial["trial_end"].to_string()), (&"trialing".into(), until.clone()));
        assert_eq!((&trial["latest_invoice"]["total"], &trial["billing_cycle_anchor"]), (&(-2000).into(), &trial["trial_end"]));
        let item = item(&subscription);
        let mut form = to_price(&item, &large);
        form.push(("trial_end", "now"));
        let paid = world.post(&url(&subscription), &form).await;
        assert_eq!((&paid["status"], &paid["latest_invoice"]["total"]), (&"active".into(), &4000.into()));
        assert_eq!(paid["latest_invoice"]["amount_paid"], 2000, "the credit of the unused month pays half");
        assert_eq!(world.get(&format!("/v1/customers/{customer}")).await["balance"], 0);
    }

    async fn migrating_to_flexible_billing_has_no_way_back(world) {
        let (_, subscription, _) = begun(world, "pm_card_visa", &[("billing_mode[type]", "classic")]).await;
        let path = format!("{}/migrate", url(&subscription));
        let moved = world.post(&path, &[("billing_mode[type]", "flexible")]).await;
        assert_eq!((&moved["billing_mode"]["type"], &moved["billing_mode"]["flexible"]["proration_discounts"]), (&"flexible".into(), &"included".into()));
        assert_eq!(world.try_post(&path, &[("billing_mode[type]", "classic")]).await.status, 400);
    }

    async fn an_end_in_the_middle_of_a_period_is_credited_and_debited_again_when_it_is_undone(world) {
        let (_, subscription, _) = begun(world, "pm_card_visa", &[]).await;
        let url = url(&subscription);
        let start = subscription["items"]["data"][0]["current_period_start"].as_i64().unwrap();
        let end = subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        let at = (start + (end - start) / 2).to_string();
        let plan = [("subscription", subscription["id"].as_str().unwrap()), ("subscription_details[cancel_at]", &at),
            ("subscription_details[proration_behavior]", "always_invoice")];
        assert_eq!(world.post("/v1/invoices/create_preview", &plan).await["total"], -1000);
        let ends = world.post(&url, &[("cancel_at", &at), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")]).await;
        assert_eq!((&ends["latest_invoice"]["total"], ends["cancel_at"].to_string()), (&(-1000).into(), at.clone()));
        let stays = world.post(&url, &[("cancel_at", ""), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")]).await;
        assert_eq!((&stays["latest_invoice"]["total"], &stays["latest_invoice"]["amount_paid"]), (&1000.into(), &0.into()), "from the credit");
        world.post(&url, &[("cancel_at", &at), ("proration_behavior", "none")]).await;
        assert_eq!(world.get("/v1/invoiceitems?pending=true").await["data"], json!([]));
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(3000, "day", 3).await;
        let half = (world.now().await + 3 * DAY / 2).to_string();
        let short = world.subscribe(&customer, &price, &[("cancel_at", &half)]).await;
        let paid = short["latest_invoice"]["amount_paid"].as_i64().unwrap();
        assert!((1498..=1501).contains(&paid), "half of three days: {paid}");
    }

    async fn what_waits_is_billed_at_a_planned_end_and_previewed(world) {
        let (_, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let (url, item) = (url(&subscription), item(&subscription));
        world.advance(10 * DAY).await;
        world.post(&url, &[("items[0][id]", &item), ("items[0][price]", &large), ("items[0][quantity]", "1")]).await;
        world.post(&url, &[("cancel_at_period_end", "true")]).await;
        let preview = world.post("/v1/invoices/create_preview", &[("subscription", &id(&subscription))]).await;
        world.advance(32 * DAY).await;
        let ended = world.get(&format!("{url}?expand[]=latest_invoice")).await;
        assert_eq!((&ended["status"], &ended["latest_invoice"]["status"]), (&"canceled".into(), &"paid".into()));
        assert_eq!((&ended["latest_invoice"]["total"], preview["total"].as_i64() > Some(0)), (&preview["total"], true));
    }

    async fn times_beyond_all_measure_are_refused(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let far = [("cancel_at", "9000000000000000000")];
        assert_eq!(world.try_post(&url(&subscription), &far).await.body["error"]["param"], "cancel_at");
        let past = [("pause_collection[behavior]", "void"), ("pause_collection[resumes_at]", "-5")];
        let refused = world.try_post(&url(&subscription), &past).await;
        assert_eq!(refused.body["error"]["param"], "pause_collection[resumes_at]");
        let old = [("customer", customer.as_str()), ("items[0][price]", &large), ("backdate_start_date", "-9000000000000000000")];
        assert_eq!(world.try_post("/v1/subscriptions", &old).await.body["error"]["param"], "backdate_start_date");
    }
}
