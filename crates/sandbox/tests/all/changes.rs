//! Changing a subscription in the middle of its period: prorations, previews, changes that wait for their payment.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn url(subscription: &Value) -> String {
    format!("/v1/subscriptions/{}", id(subscription))
}

fn item(subscription: &Value) -> String {
    id(&subscription["items"]["data"][0])
}

/// A monthly subscription at $20.00, and a price at $40.00.
async fn begun(world: &World, card: &str, more: &[(&str, &str)]) -> (String, Value, String) {
    let customer = world.customer(card).await;
    let (small, large) = (world.price(2000, "month", 1).await, world.price(4000, "month", 1).await);
    let subscription = world.subscribe(&customer, &small, more).await;
    (customer, subscription, large)
}

/// The parameters that put a subscription's item on another price, invoiced at once.
fn to_price<'a>(item: &'a str, price: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("items[0][id]", item),
        ("items[0][price]", price),
        ("items[0][quantity]", "1"),
        ("proration_behavior", "always_invoice"),
        ("expand[0]", "latest_invoice.payments"),
        ("expand[1]", "latest_invoice.confirmation_secret"),
    ]
}

async fn default_card(world: &World, customer: &str, card: &str) -> String {
    let method =
        id(&world.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", customer)]).await);
    let form = [("invoice_settings[default_payment_method]", method.as_str())];
    world.post(&format!("/v1/customers/{customer}"), &form).await;
    method
}

stories! {
    async fn an_upgrade_is_prorated_invoiced_and_paid_at_once(world) {
        let (_, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let (url, item) = (url(&subscription), item(&subscription));
        let (changed, events) = world.events_of(world.post(&url, &to_price(&item, &large))).await;
        let invoice = &changed["latest_invoice"];
        assert_eq!((&invoice["status"], &invoice["billing_reason"], &invoice["total"]), (&"paid".into(), &"subscription_update".into(), &2000.into()));
        let lines = &invoice["lines"]["data"];
        assert_eq!((&lines[0]["amount"], &lines[1]["amount"]), (&(-2000).into(), &4000.into()));
        assert!(text(&lines[0]["description"]).starts_with("Unused time on Community Pro after "));
        assert!(text(&lines[1]["description"]).starts_with("Remaining time on Community Pro after "));
        assert_eq!((&lines[0]["discountable"], &lines[0]["pricing"]["unit_amount_decimal"]), (&false.into(), &Value::Null));
        let credited = &lines[0]["parent"]["subscription_item_details"]["proration_details"]["credited_items"];
        assert_eq!(credited["invoice"], subscription["latest_invoice"]["id"]);
        assert_eq!(credited["invoice_line_items"], json!([subscription["latest_invoice"]["lines"]["data"][0]["id"]]));
        assert_eq!(changed["billing_cycle_anchor"], subscription["billing_cycle_anchor"]);
        assert_eq!(invoice["period_start"], subscription["items"]["data"][0]["current_period_start"]);
        saw(&events, &["invoiceitem.created", "invoice.created", "invoice.finalized", "invoice.paid", "customer.subscription.updated"]);
        let intent = text(&invoice["payments"]["data"][0]["payment"]["payment_intent"]);
        assert_eq!(world.get(&format!("/v1/payment_intents/{intent}")).await["description"], "Subscription update");
        let items = world.get(&format!("/v1/invoiceitems?invoice={}", id(invoice))).await;
        assert!(items["data"].as_array().unwrap().iter().all(|item| item["proration"] == true));
    }

    async fn a_downgrade_leaves_a_credit_that_the_next_invoice_uses(world) {
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(2000, "month", 1).await, world.price(4000, "month", 1).await);
        let subscription = world.subscribe(&customer, &large, &[]).await;
        let changed = world.post(&url(&subscription), &to_price(&item(&subscription), &small)).await;
        let invoice = &changed["latest_invoice"];
        assert_eq!((&invoice["status"], &invoice["total"], &invoice["amount_due"]), (&"paid".into(), &(-2000).into(), &0.into()));
        assert_eq!(invoice["ending_balance"], -2000);
        assert_eq!(world.get(&format!("/v1/customers/{customer}")).await["balance"], -2000);
        world.renew(&subscription).await;
        let renewed = world.get(&format!("{}?expand[]=latest_invoice", url(&subscription))).await;
        assert_eq!((&renewed["latest_invoice"]["total"], &renewed["latest_invoice"]["amount_due"]), (&2000.into(), &0.into()));
        assert_eq!(world.get(&format!("/v1/customers/{customer}")).await["balance"], 0);
    }

    async fn another_interval_keeps_the_anchor_in_flexible_billing_and_moves_it_in_classic(world) {
        for (mode, total) in [("flexible", 18_900 - 2000), ("classic", 18_900 - 2000)] {
            let customer = world.customer("pm_card_visa").await;
            let (month, year) = (world.price(2000, "month", 1).await, world.price(18_900, "year", 1).await);
            let subscription = world.subscribe(&customer, &month, &[("billing_mode[type]", mode)]).await;
            assert_eq!(subscription["billing_mode"]["type"], mode);
            let changed = world.post(&url(&subscription), &to_price(&item(&subscription), &year)).await;
            let lines = &changed["latest_invoice"]["lines"]["data"];
            assert_eq!(changed["latest_invoice"]["total"], total);
            assert_eq!(lines[1]["parent"]["subscription_item_details"]["proration"], mode == "flexible");
            let period = &changed["items"]["data"][0];
            assert_eq!(period["current_period_end"].as_i64().unwrap() - period["current_period_start"].as_i64().unwrap(), 365 * DAY);
        }
    }

    async fn a_proration_date_repeats_a_preview_and_is_refused_outside_of_the_period(world) {
        let (_, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let (url, item, now) = (url(&subscription), item(&subscription), world.now().await);
        world.advance(10 * DAY).await;
        let date = now.to_string();
        let mut form = to_price(&item, &large);
        form.push(("proration_date", &date));
        let preview = world.post("/v1/invoices/create_preview", &[
            ("subscription", subscription["id"].as_str().unwrap()), ("subscription_details[items][0][id]", &item),
            ("subscription_details[items][0][price]", &large), ("subscription_details[proration_behavior]", "always_invoice"),
            ("subscription_details[proration_date]", &date),
        ]).await;
        assert_eq!((&preview["amount_due"], &preview["billing_reason"]), (&2000.into(), &"upcoming".into()));
        let changed = world.post(&url, &form).await;
        assert_eq!(changed["latest_invoice"]["amount_paid"], 2000, "as of the first second, not of now");
        form.pop();
        let late = (now + 40 * DAY).to_string();
        form.push(("proration_date", &late));
        assert_eq!(world.try_post(&url, &form).await.body["error"]["param"], "proration_date");
        form.push(("billing_cycle_anchor", "now"));
        let both = world.try_post(&url, &form).await;
        assert_eq!(both.status, 400);
        assert_eq!(both.body["error"]["message"], "You cannot specify `proration_date` when `billing_cycle_anchor=now`.");
    }

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

    async fn items_come_change_and_go_each_with_its_proration(world) {
        let (_, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let owner = id(&subscription);
        let form = [("subscription", owner.as_str()), ("price", &large), ("quantity", "2"), ("proration_behavior", "always_invoice")];
        let (added, events) = world.events_of(world.post("/v1/subscription_items", &form)).await;
        assert_eq!((&added["object"], &added["quantity"]), (&"subscription_item".into(), &2.into()));
        saw(&events, &["invoiceitem.created", "invoice.paid", "customer.subscription.updated"]);
        let latest = async || world.get(&format!("{}?expand[]=latest_invoice", url(&subscription))).await["latest_invoice"].clone();
        assert_eq!(latest().await["total"], 8000);
        let list = world.get(&format!("/v1/subscription_items?subscription={owner}&limit=1")).await;
        assert_eq!((&list["has_more"], list["data"].as_array().unwrap().len()), (&true.into(), 1));
        let path = format!("/v1/subscription_items/{}", id(&added));
        world.post(&path, &[("quantity", "3"), ("proration_behavior", "always_invoice")]).await;
        let invoice = latest().await;
        assert_eq!(invoice["total"], 4000);
        assert!(text(&invoice["lines"]["data"][0]["description"]).contains("2 × Community Pro"));
        let gone = world.delete(&format!("{path}?proration_behavior=always_invoice")).await;
        assert_eq!(gone, json!({ "id": added["id"], "object": "subscription_item", "deleted": true }));
        assert_eq!(latest().await["total"], -12000);
        world.try_get(&path).await.refused(404, "resource_missing");
        let last = world.try_delete(&format!("/v1/subscription_items/{}", item(&subscription))).await;
        assert_eq!(last.status, 400);
    }

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

    async fn what_is_added_once_is_on_the_next_invoice_only(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let once = id(&world.post("/v1/prices", &[("currency", "usd"), ("unit_amount", "700"), ("product_data[name]", "Set-up")]).await);
        let subscription = world.subscribe(&customer, &price, &[("add_invoice_items[0][price]", &once)]).await;
        let lines = &subscription["latest_invoice"]["lines"]["data"];
        assert_eq!((&lines[0]["amount"], &lines[0]["description"]), (&700.into(), &"Set-up".into()), "pending items come first");
        assert_eq!(subscription["latest_invoice"]["amount_paid"], 2700);
        world.renew(&subscription).await;
        let renewed = world.get(&format!("{}?expand[]=latest_invoice", url(&subscription))).await;
        assert_eq!(renewed["latest_invoice"]["total"], 2000);
    }

    async fn previews_show_what_comes_after_a_change_and_what_recurs(world) {
        let (customer, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let item = item(&subscription);
        let ask = async |more: &[(&str, &str)]| {
            let mut form = vec![("subscription", subscription["id"].as_str().unwrap())];
            form.extend_from_slice(more);
            world.try_post("/v1/invoices/create_preview", &form).await
        };
        let to_large = [("subscription_details[items][0][id]", item.as_str()), ("subscription_details[items][0][price]", &large)];
        let mut anchored = to_large.to_vec();
        anchored.extend([("subscription_details[billing_cycle_anchor]", "now"), ("subscription_details[proration_behavior]", "always_invoice")]);
        let now = ask(&anchored).await.ok();
        assert_eq!((&now["total"], &now["lines"]["data"][1]["parent"]["subscription_item_details"]["proration"]), (&2000.into(), &false.into()));
        let mut recurring = to_large.to_vec();
        recurring.push(("preview_mode", "recurring"));
        assert_eq!(ask(&recurring).await.ok()["total"], 4000);
        let ends = ask(&[("subscription_details[cancel_now]", "true")]).await.ok();
        assert_eq!(ends["total"], -2000);
        let none = ask(&[("subscription_details[cancel_at_period_end]", "true")]).await;
        none.refused(404, "invoice_upcoming_none");
        let extra = ask(&[("invoice_items[0][amount]", "300"), ("invoice_items[0][currency]", "usd")]).await.ok();
        assert_eq!(extra["total"], 2300);
        assert_eq!(world.get(&format!("/v1/invoiceitems?customer={customer}")).await["data"], json!([]), "nothing is made");
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

    async fn no_proration_reaches_behind_the_change_before_it(world) {
        let (_, subscription, large) = begun(world, "pm_card_visa", &[]).await;
        let (url, item, start) = (url(&subscription), item(&subscription), world.now().await);
        world.advance(10 * DAY).await;
        world.post(&url, &to_price(&item, &large)).await;
        world.advance(5 * DAY).await;
        let date = (start + 2 * DAY).to_string();
        let mut form = to_price(&item, &large);
        form[2].1 = "2";
        form.push(("proration_date", &date));
        let changed = world.post(&url, &form).await;
        let lines = &changed["latest_invoice"]["lines"]["data"];
        assert_eq!(lines[0]["period"], lines[1]["period"], "what is debited is the time that is credited");
        let (credit, debit) = (lines[0]["amount"].as_i64().unwrap(), lines[1]["amount"].as_i64().unwrap());
        assert!((debit + 2 * credit).abs() <= 1, "{credit}, {debit}");
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
