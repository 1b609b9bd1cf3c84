//! Discounts on subscriptions, items, invoices and invoice items: what they take off, for how long, and who may have
//! them.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn coupon(world: &World, name: &str, terms: &[(&str, &str)]) {
    world.post("/v1/coupons", &[&[("id", name)], terms].concat()).await;
}

async fn code(world: &World, coupon: &str, more: &[(&str, &str)]) -> String {
    let form = [("promotion[type]", "coupon"), ("promotion[coupon]", coupon)];
    id(&world.post("/v1/promotion_codes", &[&form, more].concat()).await)
}

/// Invoice amounts of a subscription, the oldest first: before and after discounts.
async fn billed(world: &World, subscription: &Value) -> Vec<(i64, i64)> {
    let list = world.get(&format!("/v1/invoices?subscription={}", id(subscription))).await;
    let amounts = list["data"].as_array().unwrap().iter().rev();
    amounts
        .map(|invoice| (invoice["subtotal"].as_i64().unwrap(), invoice["total"].as_i64().unwrap()))
        .collect()
}

fn discount_amounts(line: &Value) -> Vec<i64> {
    line["discount_amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).collect()
}

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

    async fn a_coupon_that_counts_once_is_used_up_by_the_first_invoice(world) {
        coupon(world, "FIRST", &[("percent_off", "50"), ("duration", "once")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let (subscription, events) = world.events_of(world.subscribe(&customer, &price, &[("discounts[0][coupon]", "FIRST")])).await;
        saw(&events, &["customer.discount.created", "customer.discount.deleted"]);
        assert_eq!(subscription["discounts"], json!([]), "as Stripe answers");
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(2000, 1000), (2000, 2000)]);
    }

    async fn a_trial_does_not_use_up_a_coupon_that_counts_once(world) {
        coupon(world, "FIRST", &[("percent_off", "50"), ("duration", "once")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let form = [("discounts[0][coupon]", "FIRST"), ("trial_period_days", "7")];
        let subscription = world.subscribe(&customer, &price, &form).await;
        assert_eq!((&subscription["status"], subscription["discounts"].as_array().unwrap().len()), (&"trialing".into(), 1));
        let ((), events) = world.events_of(world.renew(&subscription)).await;
        saw(&events, &["customer.discount.deleted"]);
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(0, 0), (2000, 1000), (2000, 2000)]);
        assert_eq!(world.get(&format!("/v1/subscriptions/{}", id(&subscription))).await["discounts"], json!([]));
    }

    async fn a_coupon_that_repeats_ends_after_its_months(world) {
        coupon(world, "QUARTER", &[("percent_off", "50"), ("duration", "repeating"), ("duration_in_months", "3")]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "QUARTER"), ("expand[2]", "discounts")]).await;
        let days = (subscription["discounts"][0]["end"].as_i64().unwrap() - subscription["start_date"].as_i64().unwrap()) / DAY;
        assert!((89..=92).contains(&days), "{days}");
        world.renew(&subscription).await;
        world.renew(&subscription).await;
        let ((), events) = world.events_of(world.renew(&subscription)).await;
        saw(&events, &["customer.discount.deleted", "customer.subscription.updated"]);
        assert_eq!(billed(world, &subscription).await, [(2000, 1000), (2000, 1000), (2000, 1000), (2000, 2000)]);
        assert_eq!(world.get(&format!("/v1/subscriptions/{}", id(&subscription))).await["discounts"], json!([]));
    }

    async fn on_a_test_clock_a_discount_ends_in_the_clocks_time(world) {
        coupon(world, "MONTH", &[("percent_off", "50"), ("duration", "repeating"), ("duration_in_months", "1")]).await;
        let clock = id(&world.post("/v1/test_helpers/test_clocks", &[("frozen_time", "1704067200")]).await);
        let card = "pm_card_visa";
        let form = [("test_clock", clock.as_str()), ("payment_method", card), ("invoice_settings[default_payment_method]", card)];
        let (customer, price) = (id(&world.post("/v1/customers", &form).await), world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "MONTH"), ("expand[2]", "discounts")]).await;
        let discount = &subscription["discounts"][0];
        assert_eq!((&discount["start"], &discount["end"]), (&1_704_067_200.into(), &1_706_745_600.into()));
        let path = format!("/v1/test_helpers/test_clocks/{clock}");
        world.post(&format!("{path}/advance"), &[("frozen_time", "1706752800")]).await;
        for _ in 0..100 {
            if world.get(&path).await["status"] == "ready" {
                break;
            }
        }
        assert_eq!(billed(world, &subscription).await, [(2000, 1000), (2000, 2000)]);
        assert_eq!(world.get(&format!("/v1/subscriptions/{}", id(&subscription))).await["discounts"], json!([]));
    }

    async fn a_deleted_coupon_is_not_redeemed_again_and_its_discounts_stay(world) {
        coupon(world, "TENTH", &[("percent_off", "10"), ("duration", "forever")]).await;
        let promo = code(world, "TENTH", &[]).await;
        let (customer, price) = (world.customer("pm_card_visa").await, world.price(2000, "month", 1).await);
        let subscription = world.subscribe(&customer, &price, &[("discounts[0][coupon]", "TENTH")]).await;
        let (_, events) = world.events_of(world.delete("/v1/coupons/TENTH")).await;
        assert_eq!(events, ["coupon.deleted", "promotion_code.updated"]);
        world.renew(&subscription).await;
        assert_eq!(billed(world, &subscription).await, [(2000, 1800); 2]);
        let form = [("customer", customer.as_str()), ("items[0][price]", &price)];
        let refused = world.try_post("/v1/subscriptions", &[form[0], form[1], ("discounts[0][coupon]", "TENTH")]).await.refused(400, "resource_missing");
        assert_eq!((&refused["message"], &refused["param"]), (&"No such coupon: 'TENTH'".into(), &"discounts[0][coupon]".into()));
        world.try_post("/v1/subscriptions", &[form[0], form[1], ("discounts[0][promotion_code]", &promo)]).await.refused(400, "coupon_expired");
        let shown = world.get(&format!("/v1/subscriptions/{}?expand[]=discounts.source.coupon", id(&subscription))).await;
        assert_eq!(shown["discounts"][0]["source"]["coupon"]["percent_off"], 10.0);
    }

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

    async fn a_customer_has_no_discount_in_this_version(world) {
        let customer = world.customer("").await;
        let url = format!("/v1/customers/{customer}/discount");
        world.try_get(&url).await.refused(404, "resource_missing");
        world.try_delete(&url).await.refused(404, "resource_missing");
        world.try_post(&format!("/v1/customers/{customer}"), &[("coupon", "X")]).await.refused(400, "parameter_unknown");
    }
}
