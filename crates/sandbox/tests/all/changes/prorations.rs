//! Another price, other items: what is prorated, and what previews show of it.

use super::{DAY, begun, item, to_price, url};
use crate::harness::{id, saw, text};
use serde_json::{Value, json};

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
}
