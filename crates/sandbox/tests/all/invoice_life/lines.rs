//! The lines of invoices, and the items that they come from.

use super::{line, url};
use crate::harness::{Form, id, saw, text};
use serde_json::{Value, json};

stories! {
    async fn lines_are_added_changed_and_removed_many_at_a_time(world) {
        let customer = world.customer("pm_card_visa").await;
        let waiting = world.post("/v1/invoiceitems", &[("customer", &customer), ("amount", "300"), ("currency", "usd")]).await;
        let product = id(&world.post("/v1/products", &[("name", "Hat")]).await);
        let invoice = world.post("/v1/invoices", &[("customer", &customer), ("currency", "usd")]).await;
        let form = [
            ("lines[0][amount]", "1000"), ("lines[0][description]", "Help"), ("lines[0][metadata][a]", "1"),
            ("lines[1][price_data][currency]", "usd"), ("lines[1][price_data][product]", &product),
            ("lines[1][price_data][unit_amount]", "250"), ("lines[1][quantity]", "4"),
            ("lines[2][invoice_item]", waiting["id"].as_str().unwrap()),
            ("lines[3][price_data][currency]", "usd"), ("lines[3][price_data][product_data][name]", "Shoe"),
            ("lines[3][price_data][unit_amount]", "70"), ("invoice_metadata[k]", "v"),
        ];
        let (added, events) = world.events_of(world.post(&format!("{}/add_lines", url(&invoice)), &form)).await;
        assert_eq!((&added["total"], &added["lines"]["total_count"], &added["metadata"]["k"]), (&2370.into(), &4.into(), &"v".into()));
        assert_eq!(added["lines"]["data"][1]["description"], "Hat");
        assert_eq!(events.iter().filter(|event| *event == "invoice.updated").count(), 1, "{events:?}");
        assert_eq!(events.iter().filter(|event| *event == "invoiceitem.created").count(), 3, "{events:?}");
        let form = [
            ("lines[0][id]", line(&added, 0)), ("lines[0][amount]", "500".into()), ("lines[0][metadata][b]", "2".into()),
            ("lines[1][id]", line(&added, 1)), ("lines[1][quantity]", "2".into()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let changed = world.post(&format!("{}/update_lines", url(&invoice)), &form).await;
        assert_eq!((&changed["total"], line(&changed, 0)), (&1370.into(), line(&added, 0)));
        assert_eq!(changed["lines"]["data"][0]["metadata"], json!({ "a": "1", "b": "2" }));
        let item = text(&changed["lines"]["data"][0]["parent"]["invoice_item_details"]["invoice_item"]);
        assert_eq!(world.get(&format!("/v1/invoiceitems/{item}")).await["amount"], 500, "the item changes with its line");
        let one = world.post(&format!("{}/lines/{}", url(&invoice), line(&added, 3)), &[("description", "Boot"), ("amount", "80")]).await;
        assert_eq!((&one["object"], &one["description"], &one["amount"]), (&"line_item".into(), &"Boot".into(), &80.into()));
        let form = [
            ("lines[0][id]", line(&added, 0)), ("lines[0][behavior]", "delete".into()),
            ("lines[1][id]", line(&added, 2)), ("lines[1][behavior]", "unassign".into()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let removed = world.post(&format!("{}/remove_lines", url(&invoice)), &form).await;
        assert_eq!((&removed["total"], &removed["lines"]["total_count"]), (&580.into(), &2.into()));
        world.try_get(&format!("/v1/invoiceitems/{item}")).await.refused(404, "resource_missing");
        let pending = world.get("/v1/invoiceitems?pending=true").await;
        assert_eq!((pending["data"].as_array().unwrap().len(), &pending["data"][0]["id"]), (1, &waiting["id"]));
        let twice = [("lines[0][invoice_item]", waiting["id"].as_str().unwrap())];
        world.post(&format!("{}/add_lines", url(&invoice)), &twice).await;
        assert_eq!(world.try_post(&format!("{}/add_lines", url(&invoice)), &twice).await.status, 400);
        for (path, form) in [
            ("add_lines", ("lines[0][amount]", "x")), ("add_lines", ("lines[0][description]", "free")),
            ("update_lines", ("lines[0][id]", "il_none")), ("remove_lines", ("lines[0][behavior]", "delete")),
            ("add_lines", ("lines[0][currency]", "usd")), ("update_lines", ("invoice_metadata[a]", "b")),
        ] {
            assert_eq!(world.try_post(&format!("{}/{path}", url(&invoice)), &[form]).await.status, 400, "{path} {form:?}");
        }
        world.post(&format!("{}/finalize", url(&invoice)), &[]).await;
        let late = world.try_post(&format!("{}/add_lines", url(&invoice)), &[("lines[0][amount]", "1")]).await;
        late.refused(400, "invoice_not_editable");
    }

    async fn a_renewals_draft_can_be_lowered_and_later_credits_follow(world) {
        let customer = world.customer("pm_card_visa").await;
        let (price, other) = (world.price(3000, "month", 1).await, world.price(9000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let end = subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        world.advance(end - world.now().await).await;
        let renewed = world.get(&format!("/v1/invoices?subscription={}&status=draft", id(&subscription))).await;
        let draft = &renewed["data"][0];
        let path = format!("{}/lines/{}", url(draft), line(draft, 0));
        assert_eq!(world.try_post(&path, &[("amount", "1")]).await.status, 400, "its amount follows from the subscription");
        world.post("/v1/coupons", &[("id", "half"), ("percent_off", "50")]).await;
        let changed = world.post(&path, &[("discounts[0][coupon]", "half"), ("metadata[x]", "y"), ("description", "Less")]).await;
        assert_eq!((&changed["discount_amounts"][0]["amount"], &changed["metadata"]), (&1500.into(), &json!({ "x": "y" })));
        let draft = world.get(&url(draft)).await;
        assert_eq!((&draft["total"], &draft["subtotal"]), (&1500.into(), &1500.into()));
        let item = id(&subscription["items"]["data"][0]);
        let form = [("items[0][id]", item.as_str()), ("items[0][price]", &other), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")];
        let upgraded = world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &form).await;
        assert_eq!(upgraded["latest_invoice"]["lines"]["data"][0]["amount"], -1500, "what was debited, with its discount");
        assert_eq!(world.try_delete(&url(&draft)).await.status, 400);
    }

    async fn what_waits_for_a_subscription_is_invoiced_apart_from_its_cycle(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let owner = id(&subscription);
        let none = [("customer", customer.as_str()), ("subscription", &owner)];
        world.try_post("/v1/invoices", &none).await.refused(400, "invoice_no_subscription_line_items");
        for (amount, of) in [("700", Some(&owner)), ("100", None)] {
            let mut form = vec![("customer", customer.as_str()), ("amount", amount), ("currency", "usd")];
            form.extend(of.map(|of| ("subscription", of.as_str())));
            world.post("/v1/invoiceitems", &form).await;
        }
        let made = world.post("/v1/invoices", &none).await;
        assert_eq!((&made["total"], &made["billing_reason"]), (&700.into(), &"manual".into()));
        assert_eq!(made["parent"]["subscription_details"]["subscription"], owner.as_str());
        assert_eq!(world.get(&format!("/v1/invoices?subscription={owner}")).await["data"][0]["id"], made["id"]);
        let failing = id(&world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await);
        let (refused, events) =
            world.events_of(world.try_post(&format!("{}/pay", url(&made)), &[("payment_method", &failing)])).await;
        refused.refused(402, "card_declined");
        saw(&events, &["invoice.payment_failed"]);
        let path = format!("/v1/subscriptions/{owner}");
        let now = world.get(&path).await;
        assert_eq!((&now["status"], &now["latest_invoice"]), (&"active".into(), &subscription["latest_invoice"]["id"]));
        world.post(&format!("{}/void", url(&made)), &[]).await;
        assert_eq!(world.get(&path).await["status"], "active");
    }

    async fn items_are_priced_in_every_way_and_prorations_are_not_ours_to_change(world) {
        let customer = world.customer("pm_card_visa").await;
        let product = id(&world.post("/v1/products", &[("name", "Hat")]).await);
        let customer = customer.as_str();
        let item = async |form: Form<'_>| {
            let mut whole = vec![("customer", customer)];
            whole.extend_from_slice(form);
            world.try_post("/v1/invoiceitems", &whole).await
        };
        let made = item(&[("price_data[currency]", "usd"), ("price_data[product]", &product), ("price_data[unit_amount]", "250"), ("quantity", "4")]).await.ok();
        assert_eq!((&made["amount"], &made["description"], &made["pricing"]["unit_amount_decimal"]), (&1000.into(), &"Hat".into(), &"250".into()));
        assert_eq!(world.get(&format!("/v1/prices/{}", text(&made["pricing"]["price_details"]["price"]))).await["active"], false);
        let part = item(&[("unit_amount_decimal", "12.5"), ("quantity_decimal", "2.4"), ("currency", "usd")]).await.ok();
        assert_eq!((&part["amount"], &part["quantity"], &part["quantity_decimal"]), (&30.into(), &2.into(), &"2.4".into()));
        assert_eq!(part["pricing"]["unit_amount_decimal"], "12.5");
        let credit = item(&[("unit_amount_decimal", "-100"), ("currency", "usd"), ("period[start]", "1000"), ("period[end]", "2000")]).await.ok();
        assert_eq!((&credit["amount"], &credit["discountable"], &credit["net_amount"]), (&(-100).into(), &false.into(), &(-100).into()));
        assert_eq!(credit["period"], json!({ "end": 2000, "start": 1000 }));
        assert!(part.get("net_amount").is_none());
        let more = world.post(&format!("/v1/invoiceitems/{}", id(&made)), &[("quantity", "5"), ("metadata[a]", "b")]).await;
        assert_eq!((&more["amount"], &more["quantity"], &more["metadata"]["a"]), (&1250.into(), &5.into(), &"b".into()));
        let plain = world.post(&format!("/v1/invoiceitems/{}", id(&made)), &[("amount", "700")]).await;
        assert_eq!((&plain["amount"], &plain["pricing"]["unit_amount_decimal"]), (&700.into(), &"140".into()));
        let price = world.price(2000, "month", 1).await;
        let price = price.as_str();
        for form in [
            vec![], vec![("amount", "5")], vec![("amount", "5"), ("currency", "usd"), ("unit_amount_decimal", "5")],
            vec![("unit_amount_decimal", "0.5"), ("currency", "usd")], vec![("pricing[price]", price)],
            vec![("amount", "5"), ("currency", "usd"), ("quantity", "1"), ("quantity_decimal", "1")],
            vec![("amount", "5"), ("currency", "usd"), ("period[start]", "5")], vec![("amount", "100000000"), ("currency", "usd")],
            vec![("amount", "5"), ("currency", "usd"), ("period[start]", "5"), ("period[end]", "4")],
            vec![("amount", "5"), ("currency", "usd"), ("tax_rates[0]", "txr_1")], vec![("quantity", "2"), ("currency", "usd")],
        ] {
            assert_eq!(item(&form).await.status, 400, "{form:?}");
        }
        let euro = id(&world.post("/v1/invoices", &[("customer", customer), ("currency", "eur")]).await);
        assert_eq!(item(&[("amount", "5"), ("currency", "usd"), ("invoice", &euro)]).await.body["error"]["param"], "currency");
        item(&[("amount", "5"), ("invoice", &euro)]).await.ok();

        let subscription = world.subscribe(customer, price, &[]).await;
        let large = world.price(4000, "month", 1).await;
        let of = id(&subscription["items"]["data"][0]);
        world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &[("items[0][id]", &of), ("items[0][price]", &large)]).await;
        let listed = world.get(&format!("/v1/invoiceitems?pending=true&customer={customer}")).await;
        let proration = listed["data"].as_array().unwrap().iter().find(|item| item["proration"] == true).unwrap();
        let path = format!("/v1/invoiceitems/{}", id(proration));
        for form in [("amount", "1"), ("quantity", "2"), ("discountable", "true")] {
            assert_eq!(world.try_post(&path, &[form]).await.body["error"]["param"], form.0);
        }
        assert_eq!(world.post(&path, &[("description", "Less time")]).await["description"], "Less time");
        world.delete(&path).await;
        let since = world.now().await + 1;
        assert_eq!(world.get(&format!("/v1/invoiceitems?created[gt]={since}")).await["data"], json!([]));
        assert_ne!(world.get(&format!("/v1/invoiceitems?created[lt]={since}")).await["data"], json!([]));
    }

    async fn prorations_show_their_discounts_where_that_is_asked_for(world) {
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(1000, "month", 1).await, world.price(5000, "month", 1).await);
        world.post("/v1/coupons", &[("id", "tenth"), ("percent_off", "10"), ("duration", "forever")]).await;
        world.post("/v1/coupons", &[("id", "two"), ("amount_off", "200"), ("currency", "usd"), ("duration", "forever")]).await;
        let form = [
            ("items[0][discounts][0][coupon]", "tenth"), ("discounts[0][coupon]", "two"), ("billing_mode[type]", "flexible"),
            ("billing_mode[flexible][proration_discounts]", "itemized"),
        ];
        let subscription = world.subscribe(&customer, &small, &form).await;
        assert_eq!(subscription["latest_invoice"]["total"], 700);
        let path = format!("/v1/subscriptions/{}", id(&subscription));
        let item = id(&subscription["items"]["data"][0]);
        let form = [("items[0][id]", item.as_str()), ("items[0][price]", &large), ("proration_behavior", "always_invoice"), ("expand[]", "latest_invoice")];
        let invoice = world.post(&path, &form).await["latest_invoice"].clone();
        let lines = invoice["lines"]["data"].as_array().unwrap();
        let off = |line: &Value| line["discount_amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).collect::<Vec<_>>();
        assert_eq!((&lines[0]["amount"], off(&lines[0])), (&(-1000).into(), vec![-100, -200]));
        assert_eq!((&lines[1]["amount"], off(&lines[1])), (&5000.into(), vec![500, 200]));
        assert_eq!((&invoice["subtotal"], &invoice["total"]), (&3600.into(), &3600.into()), "less the item's own discounts; the other is even");
        assert_eq!(invoice["total_discount_amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).sum::<i64>(), 400);
        let items = world.get(&format!("/v1/invoiceitems?invoice={}", id(&invoice))).await;
        let debit = &items["data"][0];
        assert_eq!((&debit["amount"], &debit["net_amount"], &debit["discountable"]), (&5000.into(), &4300.into(), &false.into()));
        assert_eq!(debit["proration_details"]["discount_amounts"], lines[1]["discount_amounts"]);
        let back = [("billing_mode[type]", "flexible"), ("billing_mode[flexible][proration_discounts]", "included")];
        assert_eq!(world.try_post(&format!("{path}/migrate"), &back).await.status, 400, "there is no way back");
    }
}
