//! Checkout sessions: created, bought by, given up.

use crate::harness::{World, id, saw, text};
use serde_json::Value;

const HERE: (&str, &str) = ("success_url", "https://example.com/done?of={CHECKOUT_SESSION_ID}");

/// A session for a price.
async fn session(world: &World, mode: &str, price: &str, more: &[(&str, &str)]) -> Value {
    let mut form =
        vec![("mode", mode), HERE, ("line_items[0][price]", price), ("line_items[0][quantity]", "2")];
    form.extend_from_slice(more);
    world.post("/v1/checkout/sessions", &form).await
}

async fn once(world: &World, amount: &str) -> String {
    let form = [("currency", "usd"), ("unit_amount", amount), ("product_data[name]", "Tokens")];
    id(&world.post("/v1/prices", &form).await)
}

async fn buy(world: &World, session: &Value, card: &str) -> Value {
    let form = [
        ("type", "card"),
        ("card[token]", card),
        ("billing_details[email]", "jenny@example.com"),
        ("billing_details[name]", "Jenny"),
    ];
    let method = id(&world.post("/v1/payment_methods", &form).await);
    let total = session["amount_total"].to_string();
    let mut form = vec![("payment_method", method.as_str())];
    if session["amount_total"].is_i64() {
        form.push(("expected_amount", &total));
    }
    world.post(&format!("/v1/payment_pages/{}/confirm", id(session)), &form).await
}

stories! {
    async fn a_subscription_comes_into_being_with_its_payment(world) {
        let price = world.price(2000, "month", 1).await;
        let more = [("subscription_data[metadata][tier]", "pro"), ("client_reference_id", "u1"), ("metadata[a]", "b")];
        let open = session(world, "subscription", &price, &more).await;
        assert_eq!((open["status"].as_str(), open["payment_status"].as_str()), (Some("open"), Some("unpaid")));
        assert_eq!((open["amount_total"].as_i64(), &open["subscription"]), (Some(4000), &Value::Null));
        assert_eq!(id(&open).len(), 66);
        assert!(text(&open["url"]).starts_with(&world.base), "{open}");
        assert!(world.get("/v1/subscriptions").await["data"].as_array().unwrap().is_empty());
        let (done, events) = world.events_of(buy(world, &open, "tok_visa")).await;
        assert_eq!((done["status"].as_str(), done["payment_status"].as_str()), (Some("complete"), Some("paid")));
        assert_eq!((&done["url"], done["customer_details"]["name"].as_str()), (&Value::Null, Some("Jenny")));
        saw(&events, &[
            "customer.created", "payment_method.attached", "charge.succeeded", "checkout.session.completed",
            "customer.subscription.created", "invoice.paid",
        ]);
        let path = format!("/v1/checkout/sessions/{}?expand[]=subscription&expand[]=customer&expand[]=line_items", id(&open));
        let seen = world.get(&path).await;
        assert_eq!((seen["subscription"]["status"].as_str(), seen["subscription"]["metadata"]["tier"].as_str()), (Some("active"), Some("pro")));
        assert_eq!(seen["subscription"]["default_payment_method"].as_str().map(|id| &id[..3]), Some("pm_"));
        assert_eq!(seen["customer"]["email"], "jenny@example.com");
        assert_eq!((seen["line_items"]["data"][0]["quantity"].as_i64(), seen["client_reference_id"].as_str()), (Some(2), Some("u1")));
        assert_eq!(world.get(&format!("/v1/invoices/{}", text(&done["invoice"]))).await["amount_paid"], 4000);
        let again = world.try_post(&format!("/v1/payment_pages/{}/confirm", id(&open)), &[("payment_method", "pm_card_visa")]).await;
        assert_eq!(again.status, 400, "{}", again.text);
    }

    async fn one_time_prices_are_on_the_first_invoice_only(world) {
        let (price, setup) = (world.price(2000, "month", 1).await, once(world, "500").await);
        let more = [("line_items[1][price]", setup.as_str()), ("line_items[1][quantity]", "1")];
        let open = session(world, "subscription", &price, &more).await;
        assert_eq!(open["amount_total"], 4500);
        let done = buy(world, &open, "tok_visa").await;
        let subscription = world.get(&format!("/v1/subscriptions/{}", text(&done["subscription"]))).await;
        world.renew(&subscription).await;
        let invoices = world.get(&format!("/v1/invoices?subscription={}", id(&subscription))).await;
        let paid: Vec<_> = invoices["data"].as_array().unwrap().iter().map(|one| one["amount_paid"].as_i64()).collect();
        assert_eq!(paid, [Some(4000), Some(4500)]);
    }

    async fn a_trial_is_due_later_and_may_do_without_a_card(world) {
        let (customer, price) = (world.customer("").await, world.price(2000, "month", 1).await);
        let more = [
            ("customer", customer.as_str()), ("subscription_data[trial_period_days]", "7"),
            ("payment_method_collection", "if_required"),
        ];
        let open = session(world, "subscription", &price, &more).await;
        assert_eq!((open["amount_total"].as_i64(), open["customer_details"]["email"].as_str()), (Some(0), Some("jenny@example.com")));
        let done = world.post(&format!("/v1/payment_pages/{}/confirm", id(&open)), &[]).await;
        assert_eq!(done["payment_status"], "no_payment_required");
        let subscription = world.get(&format!("/v1/subscriptions/{}", text(&done["subscription"]))).await;
        assert_eq!((subscription["status"].as_str(), text(&subscription["customer"])), (Some("trialing"), customer));
        let strict = session(world, "subscription", &price, &[("subscription_data[trial_period_days]", "7")]).await;
        let form = [("expected_amount", "0")];
        world.try_post(&format!("/v1/payment_pages/{}/confirm", id(&strict)), &form).await.refused(400, "parameter_missing");
    }

    async fn a_declined_card_makes_no_subscription_and_another_one_may_follow(world) {
        let price = world.price(2000, "month", 1).await;
        let open = session(world, "subscription", &price, &[]).await;
        let confirm = format!("/v1/payment_pages/{}/confirm", id(&open));
        world.try_post(&confirm, &[("payment_method", "pm_card_chargeCustomerFail")]).await.refused(402, "card_declined");
        assert!(world.get("/v1/subscriptions").await["data"].as_array().unwrap().is_empty());
        let asks = world.try_post(&confirm, &[("payment_method", "pm_card_authenticationRequired")]).await;
        assert_eq!((asks.status, asks.body["error"]["param"].as_str()), (400, Some("payment_method")), "said, not passed over");
        let wrong = world.try_post(&confirm, &[("payment_method", "pm_card_visa"), ("expected_amount", "1")]).await;
        assert_eq!((wrong.status, wrong.body["error"]["param"].as_str()), (400, Some("expected_amount")));
        assert_eq!(buy(world, &open, "tok_visa").await["status"], "complete");
    }

    async fn a_payment_has_the_data_of_its_session(world) {
        let price = once(world, "1500").await;
        let more = [
            ("payment_intent_data[metadata][a]", "b"), ("payment_intent_data[description]", "Two packs"),
            ("payment_intent_data[shipping][name]", "Jenny"), ("payment_intent_data[shipping][address][line1]", "1 Road"),
        ];
        let open = session(world, "payment", &price, &more).await;
        let confirm = format!("/v1/payment_pages/{}/confirm", id(&open));
        assert_eq!(world.get(&format!("/v1/payment_pages/{}", id(&open))).await["id"], open["id"]);
        let error = world.try_post(&confirm, &[("payment_method", "pm_card_chargeCustomerFail")]).await.refused(402, "card_declined");
        assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
        let done = buy(world, &open, "tok_visa").await;
        let intent = world.get(&format!("/v1/payment_intents/{}", text(&done["payment_intent"]))).await;
        assert_eq!(intent["id"], error["payment_intent"]["id"], "the same intent, tried again");
        assert_eq!((intent["amount_received"].as_i64(), intent["metadata"]["a"].as_str(), intent["description"].as_str()), (Some(3000), Some("b"), Some("Two packs")));
        assert_eq!((&done["customer"], done["payment_status"].as_str()), (&Value::Null, Some("paid")), "a guest");
    }

    async fn a_card_that_is_kept_needs_a_customer(world) {
        let price = once(world, "1500").await;
        let open = session(world, "payment", &price, &[("payment_intent_data[setup_future_usage]", "off_session")]).await;
        let done = buy(world, &open, "tok_visa").await;
        let cards = world.get(&format!("/v1/customers/{}/payment_methods", text(&done["customer"]))).await;
        assert_eq!(cards["data"].as_array().unwrap().len(), 1);
    }

    async fn a_setup_keeps_a_card(world) {
        let customer = world.customer("").await;
        let form = [("mode", "setup"), HERE, ("currency", "usd"), ("customer", &customer), ("setup_intent_data[metadata][a]", "b")];
        let open = world.post("/v1/checkout/sessions", &form).await;
        assert_eq!((&open["amount_total"], open["payment_status"].as_str()), (&Value::Null, Some("no_payment_required")));
        let (done, events) = world.events_of(buy(world, &open, "tok_visa")).await;
        saw(&events, &["setup_intent.succeeded", "payment_method.attached", "checkout.session.completed"]);
        let intent = world.get(&format!("/v1/setup_intents/{}", text(&done["setup_intent"]))).await;
        assert_eq!((intent["status"].as_str(), intent["metadata"]["a"].as_str()), (Some("succeeded"), Some("b")));
        let cards = world.get(&format!("/v1/customers/{customer}/payment_methods")).await;
        assert_eq!(cards["data"].as_array().unwrap().len(), 1);
    }

    async fn discounts_lower_what_is_due_and_are_redeemed_with_the_purchase(world) {
        let price = world.price(2000, "month", 1).await;
        let coupon = id(&world.post("/v1/coupons", &[("percent_off", "25"), ("duration", "once")]).await);
        let more = [("discounts[0][coupon]", coupon.as_str())];
        let open = session(world, "subscription", &price, &more).await;
        assert_eq!((open["amount_subtotal"].as_i64(), open["amount_total"].as_i64()), (Some(4000), Some(3000)));
        assert_eq!((open["total_details"]["amount_discount"].as_i64(), text(&open["discounts"][0]["coupon"])), (Some(1000), coupon.clone()));
        assert_eq!(world.get(&format!("/v1/coupons/{coupon}")).await["times_redeemed"], 0);
        let done = buy(world, &open, "tok_visa").await;
        assert_eq!(world.get(&format!("/v1/invoices/{}", text(&done["invoice"]))).await["amount_paid"], 3000);
        assert_eq!(world.get(&format!("/v1/coupons/{coupon}")).await["times_redeemed"], 1);
        let free = id(&world.post("/v1/coupons", &[("percent_off", "100"), ("duration", "once")]).await);
        let price = once(world, "500").await;
        let open = session(world, "payment", &price, &[("discounts[0][coupon]", &free)]).await;
        let done = world.post(&format!("/v1/payment_pages/{}/confirm", id(&open)), &[]).await;
        assert_eq!((done["payment_status"].as_str(), &done["payment_intent"]), (Some("no_payment_required"), &Value::Null));
    }

    async fn what_is_priced_on_the_way_is_sold_once(world) {
        let form = [
            ("mode", "subscription"), HERE, ("customer_email", "a@b.example"), ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "usd"), ("line_items[0][price_data][unit_amount]", "700"),
            ("line_items[0][price_data][recurring][interval]", "week"),
            ("line_items[0][price_data][product_data][name]", "Weekly"),
        ];
        let open = world.post("/v1/checkout/sessions", &form).await;
        let items = world.get(&format!("/v1/checkout/sessions/{}/line_items", id(&open))).await;
        assert_eq!((items["data"][0]["description"].as_str(), items["data"][0]["price"]["active"].as_bool()), (Some("Weekly"), Some(false)));
        let done = buy(world, &open, "tok_visa").await;
        let subscription = world.get(&format!("/v1/subscriptions/{}", text(&done["subscription"]))).await;
        assert_eq!(subscription["items"]["data"][0]["price"]["id"], items["data"][0]["price"]["id"]);
        let customer = world.get(&format!("/v1/customers/{}", text(&done["customer"]))).await;
        assert_eq!(customer["email"], "a@b.example");
    }

    async fn a_session_expires_after_a_day_or_by_hand(world) {
        let price = once(world, "500").await;
        let (early, late) = (session(world, "payment", &price, &[]).await, session(world, "payment", &price, &[]).await);
        assert_eq!(late["expires_at"].as_i64().unwrap() - late["created"].as_i64().unwrap(), 86_400);
        let gone = world.post(&format!("/v1/checkout/sessions/{}/expire", id(&early)), &[]).await;
        assert_eq!((gone["status"].as_str(), &gone["url"]), (Some("expired"), &Value::Null));
        let again = world.try_post(&format!("/v1/checkout/sessions/{}/expire", id(&early)), &[]).await;
        assert_eq!(again.status, 400);
        let (_, events) = world.events_of(world.advance(86_401)).await;
        assert_eq!(events, ["checkout.session.expired"]);
        let late = world.get(&format!("/v1/checkout/sessions/{}", id(&late))).await;
        assert_eq!(late["status"], "expired");
        let form = [("mode", "setup"), HERE, ("currency", "usd")];
        let setup = world.post("/v1/checkout/sessions", &form).await;
        world.post(&format!("/v1/checkout/sessions/{}/expire", id(&setup)), &[]).await;
        let intent = world.get(&format!("/v1/setup_intents/{}", text(&setup["setup_intent"]))).await;
        assert_eq!(intent["status"], "canceled");
    }

    async fn sessions_are_found_by_what_they_are_for(world) {
        let (customer, price) = (world.customer("").await, once(world, "500").await);
        let ours = session(world, "payment", &price, &[("customer", &customer)]).await;
        let other = session(world, "payment", &price, &[("customer_email", "x@y.example")]).await;
        let done = buy(world, &ours, "tok_visa").await;
        let found = |list: Value| list["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
        let find = async |query: String| found(world.get(&format!("/v1/checkout/sessions?{query}")).await);
        assert_eq!(find(format!("customer={customer}")).await, [id(&ours)]);
        assert_eq!(find("status=open".into()).await, [id(&other)]);
        assert_eq!(find("customer_details[email]=x@y.example".into()).await, [id(&other)]);
        assert_eq!(find(format!("payment_intent={}", text(&done["payment_intent"]))).await, [id(&ours)]);
        let marked = world.post(&format!("/v1/checkout/sessions/{}", id(&other)), &[("metadata[seen]", "yes")]).await;
        assert_eq!(marked["metadata"]["seen"], "yes");
    }

    async fn what_does_not_go_together_is_refused(world) {
        let (price, once) = (world.price(2000, "month", 1).await, once(world, "500").await);
        let item = |price| [("line_items[0][price]", price), ("line_items[0][quantity]", "1")];
        let (monthly, pack): ([_; 2], [_; 2]) = (item(price.as_str()), item(once.as_str()));
        for (form, param) in [
            (vec![("mode", "payment"), pack[0], pack[1]], "success_url"),
            (vec![("mode", "payment"), HERE], "line_items"),
            (vec![("mode", "payment"), HERE, monthly[0], monthly[1]], "line_items[0]"),
            (vec![("mode", "subscription"), HERE, pack[0], pack[1]], "line_items"),
            (vec![("mode", "payment"), HERE, pack[0]], "line_items[0]"),
            (vec![("mode", "setup"), HERE], "currency"),
            (vec![("mode", "setup"), HERE, ("currency", "usd"), pack[0], pack[1]], "line_items"),
            (vec![("mode", "payment"), HERE, pack[0], pack[1], ("subscription_data[description]", "x")], "subscription_data"),
            (vec![("mode", "payment"), HERE, pack[0], pack[1], ("expires_at", "1")], "expires_at"),
            (vec![("mode", "payment"), HERE, pack[0], pack[1], ("ui_mode", "embedded_page")], "return_url"),
            (vec![("mode", "payment"), HERE, pack[0], pack[1], ("ui_mode", "embedded_page"), ("return_url", "https://a.example")], "success_url"),
            (vec![("mode", "payment"), HERE, pack[0], pack[1], ("payment_method_types[0]", "sepa_debit")], "payment_method_types"),
        ] {
            let reply = world.try_post("/v1/checkout/sessions", &form).await;
            assert_eq!((reply.status, reply.body["error"]["param"].as_str()), (400, Some(param)), "{form:?}: {}", reply.text);
        }
        let form = [("mode", "payment"), pack[0], pack[1], ("ui_mode", "embedded_page"), ("return_url", "https://a.example")];
        let embedded = world.post("/v1/checkout/sessions", &form).await;
        assert!(text(&embedded["client_secret"]).starts_with(&id(&embedded)));
        assert_eq!(embedded["url"], Value::Null);
    }

    async fn a_buyer_pays_on_the_page_and_is_sent_back(world) {
        let price = world.price(2000, "month", 1).await;
        let open = session(world, "subscription", &price, &[("cancel_url", "https://example.com/back")]).await;
        let url = text(&open["url"]);
        let shown = world.client.get(&url).send().await.unwrap().text().await.unwrap();
        assert!(shown.contains("Community Pro") && shown.contains("$40.00") && shown.contains("https://example.com/back"), "{shown}");
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let card = |number| [("email", "jenny@example.com"), ("number", number), ("exp_month", "12"), ("exp_year", "2040"), ("cvc", "123"), ("name", "Jenny <b>")];
        let declined = client.post(&url).form(&card("4000000000000002")).send().await.unwrap();
        assert_eq!(declined.status(), 400);
        let shown = declined.text().await.unwrap();
        assert!(shown.contains("Your card was declined.") && shown.contains("Jenny &lt;b&gt;") && !shown.contains("4000000000000002"), "{shown}");
        let paid = client.post(&url).form(&card("4242424242424242")).send().await.unwrap();
        assert_eq!(paid.status(), 303);
        let back = format!("https://example.com/done?of={}", id(&open));
        assert_eq!(paid.headers()["location"].to_str().unwrap(), back);
        assert_eq!(client.get(&url).send().await.unwrap().status(), 404, "over");
        assert_eq!(client.post(&url).form(&card("4242424242424242")).send().await.unwrap().status(), 404);
        assert_eq!(world.get("/v1/subscriptions").await["data"].as_array().unwrap().len(), 1);
    }
}
