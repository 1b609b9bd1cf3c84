//! What discounts take off, and of which lines.

use super::{billed, code, coupon, discount_amounts};
use crate::harness::{id, saw, text};
use serde_json::{Value, json};

stories! {
    async fn a_percentage_lowers_every_invoice_of_a_subscription(world) {
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2500, "month", 1).await);
        let form = [("discounts[0][coupon]", "TENTH"), ("expand[2]", "discounts"), ("expand[3]", "latest_invoice.total_discount_amounts.discount")];
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &form)).await;
        saw(&events, &["customer.discount.created", "coupon.updated", "customer.subscription.created"]);
        let discount = &subscription["discounts"][0];
        assert_eq!((&discount["source"], &discount["end"]), (&json!({ "coupon": "TENTH", "type": "coupon" }), &Value::Null));
        assert_eq!((&discount["subscription"], &discount["customer"], &discount["start"]), (&subscription["id"], &customer.as_str().into(), &subscription["created"]));
        let (invoice, di) = (&subscription["latest_invoice"], &discount["id"]);
        assert_eq!((&invoice["subtotal"], &invoice["total"], &invoice["amount_paid"]), (&2500.into(), &2250.into(), &2250.into()));
        assert_eq!((&invoice["subtotal_excluding_tax"], &invoice["total_excluding_tax"]), (&2500.into(), &2250.into()));
        assert_eq!((&invoice["discounts"], &invoice["total_discount_amounts"][0]["discount"]), (&json!([di]), discount));
        assert_eq!(invoice["total_pretax_credit_amounts"], json!([{ "amount": 250, "discount": di, "type": "discount" }]));
        let line = &invoice["lines"]["data"][0];
        assert_eq!((&line["amount"], &line["discounts"], &line["discount_amounts"]), (&2500.into(), &json!([]), &json!([{ "amount": 250, "discount": di }])));
        assert_eq!(line["pretax_credit_amounts"], json!([{ "amount": 250, "discount": di, "type": "discount" }]));
        let expanded = world.get(&format!("/v1/invoices/{}?expand[]=discounts.source.coupon&expand[]=lines.data.discount_amounts.discount", id(invoice))).await;
        assert_eq!(expanded["discounts"][0]["source"]["coupon"]["times_redeemed"], 1);
        assert_eq!(expanded["lines"]["data"][0]["discount_amounts"][0]["discount"], *discount);
        world.renew(&subscription).await;
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(2500, 2250); 3]);

        let url = format!("/v1/subscriptions/{}/discount", id(&subscription));
        let (gone, events) = world.events_of(world.delete(&url)).await;
        assert_eq!((&gone["id"], &gone["deleted"]), (di, &true.into()));
        assert_eq!(events, ["customer.discount.deleted", "customer.subscription.updated"]);
        world.try_delete(&url).await.refused(404, "resource_missing");
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await[3], (2500, 2500));
        let old = world.get(&format!("/v1/invoices/{}?expand[]=discounts", id(invoice))).await;
        assert_eq!((&old["discounts"][0]["id"], &old["discounts"][0]["deleted"]), (di, &true.into()), "old invoices show it still");
    }

    async fn an_amount_is_shared_by_the_lines_and_never_takes_more_than_there_is(world) {
        coupon(world, "FIVER", &[("amount_off", "500"), ("currency", "usd"), ("duration", "forever")]).await;
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(1000, "month", 1).await, world.price(2000, "month", 1).await);
        let form = [("items[1][price]", large.as_str()), ("discounts[0][coupon]", "FIVER")];
        let both = world.subscribe(&customer, &small, &form).await;
        let lines = &both["latest_invoice"]["lines"]["data"];
        assert_eq!((discount_amounts(&lines[0]), discount_amounts(&lines[1])), (vec![166], vec![334]));
        assert_eq!(both["latest_invoice"]["total"], 2500);
        let cheap = world.price(300, "month", 1).await;
        let free = world.subscribe(&world.customer("").await, &cheap, &[("discounts[0][coupon]", "FIVER")]).await;
        assert_eq!((&free["status"], &free["latest_invoice"]["status"], &free["latest_invoice"]["total"]), (&"active".into(), &"paid".into(), &0.into()));
        assert_eq!(free["latest_invoice"]["total_discount_amounts"][0]["amount"], 300, "and needs no card");
    }

    async fn several_discounts_count_one_after_the_other(world) {
        coupon(world, "FIFTH", &[("percent_off", "20"), ("duration", "forever")]).await;
        coupon(world, "FIVER", &[("amount_off", "500"), ("currency", "usd"), ("duration", "forever")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let order = |first, second| [("discounts[0][coupon]", first), ("discounts[1][coupon]", second)];
        let subscription = world.subscribe(&customer, &price, &order("FIFTH", "FIVER")).await;
        assert_eq!(subscription["latest_invoice"]["total"], 1100, "2000 less 20 %, less 500");
        assert_eq!(world.subscribe(&customer, &price, &order("FIVER", "FIFTH")).await["latest_invoice"]["total"], 1200);
        let gone = world.try_delete(&format!("/v1/subscriptions/{}/discount", id(&subscription))).await;
        gone.refused(404, "resource_missing");
        let twice = [("customer", customer.as_str()), ("items[0][price]", &price), ("discounts[0][coupon]", "FIFTH"), ("discounts[1][coupon]", "FIFTH")];
        assert_eq!(world.try_post("/v1/subscriptions", &twice).await.status, 400);
        let promo = code(world, "FIFTH", &[]).await;
        let same = [twice[0], twice[1], twice[2], ("discounts[1][promotion_code]", promo.as_str())];
        assert_eq!(world.try_post("/v1/subscriptions", &same).await.status, 400, "nor by its code");
        assert_eq!(world.get("/v1/coupons/FIFTH").await["times_redeemed"], 2, "what is refused is not counted");
    }

    async fn a_discount_of_an_item_lowers_only_its_line_and_before_the_others(world) {
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "forever")]).await;
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let customer = world.customer("pm_card_visa").await;
        let (one, two) = (world.price(1000, "month", 1).await, world.price(2000, "month", 1).await);
        let form = [("items[0][discounts][0][coupon]", "HALF"), ("items[1][price]", two.as_str()), ("discounts[0][coupon]", "TENTH"), ("expand[2]", "items.data.discounts")];
        let subscription = world.subscribe(&customer, &one, &form).await;
        let item = &subscription["items"]["data"][0];
        let own = &item["discounts"][0];
        assert_eq!((&own["subscription_item"], &own["subscription"]), (&item["id"], &Value::Null));
        let invoice = &subscription["latest_invoice"];
        let lines = &invoice["lines"]["data"];
        assert_eq!((discount_amounts(&lines[0]), discount_amounts(&lines[1])), (vec![500, 50], vec![200]));
        assert_eq!((&lines[0]["discounts"], &lines[1]["discounts"]), (&json!([own["id"]]), &json!([])));
        assert_eq!((&invoice["subtotal"], &invoice["total"]), (&2500.into(), &2250.into()), "what lines have of their own is in the subtotal");
        let url = format!("/v1/subscription_items/{}", id(item));
        let (changed, events) = world.events_of(world.post(&url, &[("discounts", "")])).await;
        assert_eq!(changed["discounts"], json!([]));
        assert_eq!(events, ["customer.discount.deleted", "customer.subscription.updated"]);
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await[1], (3000, 2700));
        let (changed, events) = world.events_of(world.post(&url, &[("discounts[0][coupon]", "HALF"), ("expand[]", "discounts.source.coupon")])).await;
        assert_eq!(changed["discounts"][0]["source"]["coupon"]["times_redeemed"], 2);
        assert_eq!(events, ["coupon.updated", "customer.discount.created", "customer.subscription.updated"]);
        let kept = text(&changed["discounts"][0]["id"]);
        assert_eq!(world.post(&url, &[("discounts[0][discount]", &kept)]).await["discounts"], json!([kept]));
        assert_eq!(world.get("/v1/coupons/HALF").await["times_redeemed"], 2, "what is kept is not redeemed again");
    }

    async fn only_covered_products_are_lowered(world) {
        let (one, two) = (world.price(1000, "month", 1).await, world.price(2000, "month", 1).await);
        let product = text(&world.get(&format!("/v1/prices/{one}")).await["product"]);
        coupon(world, "PRO", &[("percent_off", "50"), ("duration", "once"), ("applies_to[products][0]", &product)]).await;
        let customer = world.customer("pm_card_visa").await;
        let other = world.subscribe(&customer, &two, &[("discounts[0][coupon]", "PRO")]).await;
        assert_eq!((&other["latest_invoice"]["total"], &other["latest_invoice"]["total_discount_amounts"]), (&2000.into(), &json!([])));
        assert_eq!(other["discounts"].as_array().unwrap().len(), 1, "it took nothing off, and is still there");
        let both = world.subscribe(&customer, &one, &[("items[1][price]", &two), ("discounts[0][coupon]", "PRO")]).await;
        assert_eq!(both["latest_invoice"]["total"], 2500);
    }

    async fn prorations_have_the_discounts_in_their_amounts(world) {
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "forever")]).await;
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let customer = world.customer("pm_card_visa").await;
        let (small, large) = (world.price(2000, "month", 1).await, world.price(4000, "month", 1).await);
        // What was left of 1000 that were paid (the old discount), or of 1800 (what counts now), and of 3600.
        for (mode, credit) in [("flexible", -500), ("classic", -900)] {
            let form = [("discounts[0][coupon]", "HALF"), ("billing_mode[type]", mode)];
            let subscription = world.subscribe(&customer, &small, &form).await;
            let item = &subscription["items"]["data"][0];
            let time = |name: &str| item[name].as_i64().unwrap();
            let half = i64::midpoint(time("current_period_start"), time("current_period_end"));
            world.advance(half - world.now().await).await;
            let half = half.to_string();
            let known = [("subscription", subscription["id"].as_str().unwrap()), ("discounts[0][coupon]", "TENTH")];
            let changed = [("[0][id]", item["id"].as_str().unwrap()), ("[0][price]", large.as_str())];
            let details = |prefix: &str| changed.map(|(name, value)| (format!("{prefix}items{name}").replace("]items[", "][items]["), value));
            let mut preview: Vec<(String, &str)> = known.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
            for (name, value) in changed {
                preview.push((format!("subscription_details[items]{name}"), value));
            }
            preview.push(("subscription_details[proration_behavior]".into(), "always_invoice"));
            preview.push(("subscription_details[proration_date]".into(), &half));
            let preview: Vec<(&str, &str)> = preview.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let preview = world.post("/v1/invoices/create_preview", &preview).await;
            let mut update: Vec<(String, &str)> = details("").to_vec();
            update.extend([
                ("discounts[0][coupon]".to_owned(), "TENTH"), ("proration_behavior".into(), "always_invoice"),
                ("proration_date".into(), half.as_str()), ("expand[]".into(), "latest_invoice"),
            ]);
            let update: Vec<(&str, &str)> = update.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let changed = world.post(&format!("/v1/subscriptions/{}", id(&subscription)), &update).await;
            let amounts = |invoice: &Value| -> Vec<i64> {
                invoice["lines"]["data"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).collect()
            };
            let invoice = &changed["latest_invoice"];
            assert_eq!(amounts(invoice), [credit, 1800], "{mode}");
            assert_eq!((&invoice["total"], &invoice["total_discount_amounts"]), (&(credit + 1800).into(), &json!([])), "not lowered again");
            assert_eq!((amounts(&preview), &preview["total"]), (amounts(invoice), &invoice["total"]));
        }
    }

    async fn a_preview_shows_discounts_and_redeems_nothing(world) {
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "repeating"), ("duration_in_months", "1")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let form = [("customer", customer.as_str()), ("subscription_details[items][0][price]", &price), ("discounts[0][coupon]", "TENTH")];
        let (preview, events) = world.events_of(world.post("/v1/invoices/create_preview", &form)).await;
        assert_eq!((&preview["subtotal"], &preview["total"], &preview["amount_due"]), (&2000.into(), &1800.into(), &1800.into()));
        assert_eq!((world.get("/v1/coupons/TENTH").await["times_redeemed"].clone(), events), (0.into(), vec![]));
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "HALF")]).await;
        let ask = async |more: &[(&str, &str)]| {
            let known = [("subscription", subscription["id"].as_str().unwrap())];
            world.post("/v1/invoices/create_preview", &[&known, more].concat()).await["total"].clone()
        };
        assert_eq!(ask(&[]).await, 2000, "over by then");
        assert_eq!(ask(&[("discounts[0][coupon]", "TENTH")]).await, 1800);
        assert_eq!(ask(&[("discounts", "")]).await, 2000);
        let expired = world.try_post("/v1/invoices/create_preview", &[form[0], form[1], ("discounts[0][coupon]", "NONE")]).await;
        expired.refused(400, "resource_missing");
    }

    async fn a_preview_does_not_look_at_what_was_before(world) {
        coupon(world, "HALF", &[("percent_off", "50"), ("duration", "forever")]).await;
        let newcomer = code(world, "HALF", &[("restrictions[first_time_transaction]", "true")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        world.subscribe(&customer, &price, &[]).await;
        let form = [("customer", customer.as_str()), ("subscription_details[items][0][price]", &price), ("discounts[0][promotion_code]", &newcomer)];
        assert_eq!(world.post("/v1/invoices/create_preview", &form).await["total"], 1000);
        let form = [form[0], ("items[0][price]", price.as_str()), form[2]];
        assert_eq!(world.try_post("/v1/subscriptions", &form).await.status, 400);
        let nobody = [("customer_details[address][country]", "US"), ("subscription_details[items][0][price]", &price), form[2]];
        assert_eq!(world.post("/v1/invoices/create_preview", &nobody).await["total"], 1000);
    }
}
