//! Who and what may have discounts, gets them and loses them.

use super::{billed, code, coupon};
use crate::harness::{id, saw, text};
use serde_json::{Value, json};

stories! {
    async fn who_may_not_have_a_code_is_told_why(world) {
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        coupon(world, "FIVER", &[("amount_off", "500"), ("currency", "usd"), ("currency_options[eur][amount_off]", "400")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let (foreign, newcomer) = (world.customer("").await, code(world, "TENTH", &[("restrictions[first_time_transaction]", "true")]).await);
        let least = |amount| [("restrictions[minimum_amount]", amount), ("restrictions[minimum_amount_currency]", "usd")];
        let (low, high) = (code(world, "TENTH", &least("2000")).await, code(world, "TENTH", &least("2001")).await);
        let personal = code(world, "TENTH", &[("customer", &foreign)]).await;
        let inactive = code(world, "TENTH", &[("active", "false")]).await;
        let attempt = async |name: &str, named: &str| {
            let name = format!("discounts[0][{name}]");
            let form = [("customer", customer.as_str()), ("items[0][price]", &price), (&name, named)];
            world.try_post("/v1/subscriptions", &form).await
        };
        for (promo, why) in [
            (&high, "because the amount is below its minimum amount"),
            (&personal, "because it is restricted to another customer"),
            (&inactive, "because it is inactive"),
        ] {
            let refused = attempt("promotion_code", promo).await;
            assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &"discounts[0][promotion_code]".into()));
            assert_eq!(refused.body["error"]["message"], format!("This promotion code cannot be redeemed {why}."));
        }
        attempt("promotion_code", "promo_none").await.refused(400, "resource_missing");
        attempt("coupon", "NONE").await.refused(400, "resource_missing");
        attempt("discount", "di_none").await.refused(400, "resource_missing");
        assert_eq!(attempt("promotion_code", &newcomer).await.status, 200, "the first bill");
        let refused = attempt("promotion_code", &newcomer).await;
        assert_eq!(refused.body["error"]["message"], "This promotion code cannot be redeemed because the associated customer has prior transactions.");
        assert_eq!(attempt("promotion_code", &low).await.status, 200);
        let on_item = [("customer", customer.as_str()), ("items[0][price]", &price), ("items[0][discounts][0][promotion_code]", &low)];
        let refused = world.try_post("/v1/subscriptions", &on_item).await;
        assert!(text(&refused.body["error"]["message"]).contains("`minimum_amount` restriction"), "{}", refused.body);

        let unpaid = world.customer("").await;
        world.subscribe(&unpaid, &price, &[("payment_behavior", "default_incomplete")]).await;
        let form = [("customer", unpaid.as_str()), ("items[0][price]", &price), ("discounts[0][promotion_code]", &newcomer), ("payment_behavior", "default_incomplete")];
        let refused = world.try_post("/v1/subscriptions", &form).await;
        assert!(text(&refused.body["error"]["message"]).contains("prior transactions"), "an open invoice counts too");

        let euro = [("currency", "eur"), ("unit_amount", "2000"), ("recurring[interval]", "month"), ("product_data[name]", "Pro")];
        let euro = id(&world.post("/v1/prices", &euro).await);
        let subscription = world.subscribe(&world.customer("pm_card_visa").await, &euro, &[("discounts[0][coupon]", "FIVER")]).await;
        assert_eq!(subscription["latest_invoice"]["total"], 1600);
        let yen = [("currency", "jpy"), ("unit_amount", "2000"), ("recurring[interval]", "month"), ("product_data[name]", "Pro")];
        let yen = id(&world.post("/v1/prices", &yen).await);
        let refused = world.try_post("/v1/subscriptions", &[("customer", &foreign), ("items[0][price]", &yen), ("discounts[0][coupon]", "FIVER")]).await;
        assert!(text(&refused.body["error"]["message"]).contains("currency"), "{}", refused.body);
    }

    async fn an_invoice_and_its_items_have_discounts_of_their_own(world) {
        coupon(world, "TENTH", &[("percent_off", "10")]).await;
        coupon(world, "FIVER", &[("amount_off", "500"), ("currency", "usd")]).await;
        let customer = world.customer("pm_card_visa").await;
        let item = |amount, more: &[(&'static str, &'static str)]| {
            let customer = customer.clone();
            let mut form = vec![("customer", customer), ("amount", amount), ("currency", "usd".to_owned())];
            form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            form
        };
        let post = async |form: Vec<(&str, String)>| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            world.post("/v1/invoiceitems", &form).await
        };
        let lowered = post(item("2000".into(), &[("discounts[0][coupon]", "FIVER")])).await;
        assert_eq!(lowered["discounts"].as_array().unwrap().len(), 1);
        post(item("1000".into(), &[("discountable", "false")])).await;
        assert_eq!(post(item("-300".into(), &[])).await["discountable"], false);
        let form = [("customer", customer.as_str()), ("pending_invoice_items_behavior", "include"), ("discounts[0][coupon]", "TENTH"), ("expand[]", "discounts")];
        let (invoice, events) = world.events_of(world.post("/v1/invoices", &form)).await;
        assert!(!events.iter().any(|event| event.starts_with("customer.discount")), "{events:?}");
        assert_eq!((&invoice["subtotal"], &invoice["total"]), (&2200.into(), &2050.into()), "2000 - 500 - 10 %, and 1000 - 300");
        assert_eq!((&invoice["discounts"][0]["invoice"], &invoice["discounts"][0]["subscription"]), (&invoice["id"], &Value::Null));
        let url = format!("/v1/invoices/{}", id(&invoice));
        let more = post(item("100".into(), &[])).await;
        assert_eq!(world.get(&url).await["total"], 2050, "it is pending");
        let put = [("customer", customer.as_str()), ("amount", "100"), ("currency", "usd"), ("invoice", invoice["id"].as_str().unwrap())];
        world.post("/v1/invoiceitems", &put).await;
        assert_eq!(world.get(&url).await["total"], 2140);
        let item_url = format!("/v1/invoiceitems/{}", id(&lowered));
        let (_, events) = world.events_of(world.post(&item_url, &[("discounts", "")])).await;
        assert_eq!(events, ["invoice.updated"]);
        assert_eq!(world.get(&url).await["total"], 2590);
        let (cleared, events) = world.events_of(world.post(&url, &[("discounts", "")])).await;
        assert_eq!((&cleared["total"], &cleared["discounts"], &cleared["total_discount_amounts"]), (&2800.into(), &json!([]), &json!([])));
        assert_eq!(events, ["invoice.updated"]);
        let again = world.post(&url, &[("discounts[0][coupon]", "FIVER")]).await;
        let kept = text(&again["discounts"][0]);
        assert_eq!(again["total"], 2300);
        assert_eq!(world.post(&url, &[("discounts[0][discount]", &kept)]).await["discounts"], json!([kept]));
        let borrowed = world.post(&item_url, &[("discounts[0][discount]", &kept)]).await;
        assert_eq!(borrowed["discounts"], json!([kept]));
        assert_eq!(world.get(&url).await["total"], 2300, "once on its line, and not again");
        world.post(&item_url, &[("discounts", "")]).await;
        assert_eq!(world.get(&url).await["total"], 2300, "the invoice still has it");
        let paid = world.post(&format!("{url}/pay"), &[]).await;
        assert_eq!((&paid["status"], &paid["amount_paid"]), (&"paid".into(), &2300.into()));
        world.try_post(&url, &[("discounts", "")]).await.refused(400, "invoice_not_editable");
        assert_eq!(world.get(&format!("/v1/invoiceitems/{}", id(&more))).await["invoice"], Value::Null);
    }

    async fn a_draft_of_a_subscription_may_lose_its_discounts_without_the_subscription_losing_them(world) {
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "TENTH")]).await;
        world.advance(subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap() - world.now().await + 60).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let draft = format!("/v1/invoices/{}", text(&world.get(&url).await["latest_invoice"]));
        let (cleared, events) = world.events_of(world.post(&draft, &[("discounts", "")])).await;
        assert_eq!((&cleared["status"], &cleared["total"], events), (&"draft".into(), &2000.into(), vec!["invoice.updated".to_owned()]));
        let discount = text(&world.get(&url).await["discounts"][0]);
        assert_eq!(world.post(&draft, &[("discounts[0][discount]", &discount)]).await["total"], 1800);
    }

    async fn an_update_replaces_keeps_or_clears_discounts(world) {
        for (name, percent) in [("TENTH", "10"), ("HALF", "50")] {
            coupon(world, name, &[("percent_off", percent), ("duration", "forever")]).await;
        }
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "TENTH")]).await;
        let (url, kept) = (format!("/v1/subscriptions/{}", id(&subscription)), text(&subscription["discounts"][0]));
        let (same, events) = world.events_of(world.post(&url, &[("discounts[0][discount]", &kept)])).await;
        assert_eq!((&same["discounts"], events), (&json!([kept]), vec![]));
        let form = [("discounts[0][discount]", kept.as_str()), ("discounts[1][coupon]", "HALF")];
        let (both, events) = world.events_of(world.post(&url, &form)).await;
        assert_eq!((both["discounts"].as_array().unwrap().len(), &both["latest_invoice"]), (2, &subscription["latest_invoice"]["id"]));
        assert_eq!(events, ["coupon.updated", "customer.discount.created", "customer.subscription.updated"]);
        let change = &world.get("/v1/events?type=customer.subscription.updated").await["data"][0];
        assert_eq!(change["data"]["previous_attributes"], json!({ "discounts": [kept] }));
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await[1], (2000, 900));
        assert_eq!(world.post(&url, &[("metadata[a]", "b")]).await["discounts"], both["discounts"], "unsent, unchanged");
        let (one, events) = world.events_of(world.post(&url, &[("discounts[0][coupon]", "HALF")])).await;
        assert_ne!(one["discounts"][0], both["discounts"][1], "redeemed anew");
        assert_eq!(events.iter().filter(|event| *event == "customer.discount.deleted").count(), 2);
        let (none, events) = world.events_of(world.post(&url, &[("discounts", "")])).await;
        assert_eq!((&none["discounts"], events), (&json!([]), vec!["customer.discount.deleted".to_owned(), "customer.subscription.updated".into()]));
        let least = [("restrictions[minimum_amount]", "5"), ("restrictions[minimum_amount_currency]", "usd")];
        let promo = code(world, "HALF", &least).await;
        let refused = world.try_post(&url, &[("discounts[0][promotion_code]", &promo)]).await;
        let message = "This promotion code cannot be redeemed on a subscription update because it uses the `minimum_amount` restriction and the amount may change.";
        assert_eq!((refused.status, &refused.body["error"]["message"]), (400, &message.into()));
        world.try_post(&url, &[("discounts[0][discount]", &kept)]).await.refused(400, "resource_missing");
    }

    async fn an_item_that_goes_takes_its_discounts_along(world) {
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "forever")]).await;
        let customer = world.customer("pm_card_visa").await;
        let (one, two) = (world.price(1000, "month", 1).await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &one, &[]).await;
        let form = [("subscription", subscription["id"].as_str().unwrap()), ("price", &two), ("discounts[0][coupon]", "HALF"), ("proration_behavior", "none")];
        let (item, events) = world.events_of(world.post("/v1/subscription_items", &form)).await;
        assert_eq!(item["discounts"].as_array().unwrap().len(), 1);
        saw(&events, &["customer.discount.created", "customer.subscription.updated"]);
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await[1], (2000, 2000));
        let url = format!("/v1/subscription_items/{}?proration_behavior=none", id(&item));
        let (_, events) = world.events_of(world.delete(&url)).await;
        assert_eq!(events, ["customer.discount.deleted", "customer.subscription.updated"]);
    }

    async fn a_change_that_waits_for_its_payment_holds_its_discounts_back(world) {
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "forever")]).await;
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(2000, "month", 1).await, world.price(4000, "month", 1).await);
        let subscription = world.subscribe(&customer, &small, &[("discounts[0][coupon]", "HALF")]).await;
        let bad = world.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &[("customer", &customer)]).await;
        world.post(&format!("/v1/customers/{customer}"), &[("invoice_settings[default_payment_method]", bad["id"].as_str().unwrap())]).await;
        let url = format!("/v1/subscriptions/{}", id(&subscription));
        let form = [
            ("items[0][id]", subscription["items"]["data"][0]["id"].as_str().unwrap()), ("items[0][price]", &large),
            ("discounts[0][coupon]", "TENTH"), ("proration_behavior", "always_invoice"), ("payment_behavior", "pending_if_incomplete"),
        ];
        let (waits, events) = world.events_of(world.post(&url, &form)).await;
        assert_eq!(waits["discounts"], subscription["discounts"]);
        assert_eq!(waits["pending_update"]["discounts"].as_array().unwrap().len(), 1);
        assert!(!events.iter().any(|event| event == "customer.discount.deleted"), "{events:?}");
        let open = text(&waits["latest_invoice"]);
        let (_, events) = world.events_of(world.post(&format!("/v1/invoices/{open}/pay"), &[("payment_method", "pm_card_visa")])).await;
        saw(&events, &["customer.subscription.pending_update_applied", "customer.discount.deleted"]);
        let after = world.get(&format!("{url}?expand[]=discounts")).await;
        assert_eq!((&after["discounts"][0]["source"]["coupon"], &after["pending_update"]), (&"TENTH".into(), &Value::Null));
        let form = [form[0], ("items[0][price]", small.as_str()), ("items[0][quantity]", "9"), ("discounts", ""), form[3], form[4]];
        let waits = world.post(&url, &form).await;
        assert!(waits["pending_update"].is_object(), "{waits}");
        world.post(&format!("/v1/invoices/{}/void", text(&waits["latest_invoice"])), &[]).await;
        assert_eq!(world.get(&url).await["discounts"], json!([after["discounts"][0]["id"]]), "as it was");
    }

    async fn what_is_added_to_an_invoice_may_have_discounts(world) {
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "forever")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let once = [("currency", "usd"), ("unit_amount", "1000"), ("product_data[name]", "Setup")];
        let once = id(&world.post("/v1/prices", &once).await);
        let added = [("add_invoice_items[0][price]", once.as_str()), ("add_invoice_items[0][discounts][0][coupon]", "HALF")];
        let subscription = world.subscribe(&customer, &price, &added).await;
        assert_eq!((&subscription["latest_invoice"]["subtotal"], &subscription["latest_invoice"]["total"]), (&2500.into(), &2500.into()));
        let wrong = [("customer", customer.as_str()), ("items[0][price]", &price), added[0], ("add_invoice_items[0][discounts][0][coupon]", "NONE")];
        let refused = world.try_post("/v1/subscriptions", &wrong).await.refused(400, "resource_missing");
        assert_eq!(refused["param"], "add_invoice_items[0][discounts][0][coupon]");
        let form = [
            ("customer", customer.as_str()), ("discounts[0][coupon]", "HALF"),
            ("invoice_items[0][amount]", "1000"), ("invoice_items[0][currency]", "usd"), ("invoice_items[0][discounts][0][coupon]", "HALF"),
        ];
        let preview = world.post("/v1/invoices/create_preview", &form).await;
        assert_eq!((&preview["subtotal"], &preview["total"]), (&500.into(), &250.into()));
        assert_eq!(world.get("/v1/coupons/HALF").await["times_redeemed"], 1);
    }

    async fn a_customer_has_no_discount_in_this_version(world) {
        let customer = world.customer("").await;
        let url = format!("/v1/customers/{customer}/discount");
        world.try_get(&url).await.refused(404, "resource_missing");
        world.try_delete(&url).await.refused(404, "resource_missing");
        world.try_post(&format!("/v1/customers/{customer}"), &[("coupon", "X")]).await.refused(400, "parameter_unknown");
    }
}
