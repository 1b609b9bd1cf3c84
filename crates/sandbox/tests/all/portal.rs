//! The customer portal: its configurations, its sessions, and the page behind their address.

use serde_json::{Value, json};

use crate::harness::{Form, Reply, World, id, saw, text};

const ALL: Form<'static> = &[
    ("features[payment_method_update][enabled]", "true"),
    ("features[invoice_history][enabled]", "true"),
    ("features[subscription_cancel][enabled]", "true"),
];

async fn configuration(world: &World, more: Form<'_>) -> Value {
    let mut form = ALL.to_vec();
    form.extend_from_slice(more);
    world.post("/v1/billing_portal/configurations", &form).await
}

/// A visit of a customer.
async fn visit(world: &World, customer: &str, more: Form<'_>) -> Value {
    let mut form = vec![("customer", customer), ("return_url", "https://example.com/account")];
    form.extend_from_slice(more);
    world.post("/v1/billing_portal/sessions", &form).await
}

/// The page of a session, without a key.
async fn page(world: &World, session: &Value) -> String {
    let reply = world.call(world.client.get(text(&session["url"]))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!reply.text.contains("<script"), "it needs no scripts");
    reply.text
}

async fn choose(world: &World, session: &Value, form: Form<'_>) -> Reply {
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    world.call(client.post(text(&session["url"])).form(form)).await
}

stories! {
    async fn a_configuration_is_made_read_changed_and_listed(world) {
        let (made, events) = world.events_of(configuration(world, &[
            ("business_profile[headline]", "AllThrive"), ("metadata[a]", "b"), ("name", "Members"),
            ("default_return_url", "https://example.com/"),
        ])).await;
        saw(&events, &["billing_portal.configuration.created"]);
        assert!(id(&made).starts_with("bpc_"));
        assert_eq!((&made["is_default"], &made["active"]), (&json!(false), &json!(true)));
        let features = &made["features"];
        assert_eq!((&features["subscription_cancel"]["mode"], &features["customer_update"]["enabled"]), (&json!("at_period_end"), &json!(false)));
        let url = format!("/v1/billing_portal/configurations/{}", id(&made));
        let (changed, events) = world.events_of(world.post(&url, &[
            ("features[subscription_cancel][mode]", "immediately"), ("active", "false"), ("business_profile[headline]", ""),
        ])).await;
        assert_eq!(events, ["billing_portal.configuration.updated"]);
        assert_eq!((&changed["features"]["subscription_cancel"]["mode"], &changed["features"]["subscription_cancel"]["enabled"]), (&json!("immediately"), &json!(true)));
        assert_eq!((&changed["active"], &changed["business_profile"]["headline"]), (&json!(false), &Value::Null));
        let event = &world.get("/v1/events?limit=1").await["data"][0];
        assert_eq!(event["data"]["previous_attributes"]["features"], json!({ "subscription_cancel": { "mode": "at_period_end" } }));
        let (_, events) = world.events_of(world.post(&url, &[("active", "false")])).await;
        assert_eq!(events, Vec::<String>::new());
        assert_eq!(world.get(&url).await["name"], "Members");
        configuration(world, &[]).await;
        for (query, count) in [("", 2), ("?active=true", 1), ("?active=false", 1), ("?is_default=true", 0)] {
            let found = world.get(&format!("/v1/billing_portal/configurations{query}")).await;
            assert_eq!(found["data"].as_array().unwrap().len(), count, "{query}");
        }
        let customer = world.customer("").await;
        let inactive = [("customer", customer.as_str()), ("configuration", &id(&made))];
        assert_eq!(world.try_post("/v1/billing_portal/sessions", &inactive).await.status, 400);
    }

    async fn a_configuration_that_makes_no_sense_is_refused(world) {
        let price = world.price(2000, "month", 1).await;
        let product = text(&world.get(&format!("/v1/prices/{price}")).await["product"]);
        let (products, prices) = ("features[subscription_update][products][0][product]", "features[subscription_update][products][0][prices][0]");
        let update = [("features[subscription_update][enabled]", "true"), ("features[subscription_update][default_allowed_updates][0]", "price")];
        for (form, param) in [
            (vec![], "features"),
            (vec![("features[subscription_cancel][mode]", "immediately")], "features[subscription_cancel][enabled]"),
            (vec![("features[customer_update][enabled]", "true")], "features[customer_update][allowed_updates]"),
            (update.to_vec(), "features[subscription_update][products]"),
            ([update.to_vec(), vec![(products, "prod_none"), (prices, &price)]].concat(), products),
            ([update.to_vec(), vec![(products, &product)]].concat(), "features[subscription_update][products][0][prices]"),
            ([update.to_vec(), vec![(products, &product), (prices, "price_none")]].concat(), prices),
            ([ALL.to_vec(), vec![("default_return_url", "nonsense")]].concat(), "default_return_url"),
            ([ALL.to_vec(), vec![("features[customer_update][tax_id]", "x")]].concat(), "features[customer_update][tax_id]"),
            ([ALL.to_vec(), vec![("features[subscription_cancel][mode]", "soon")]].concat(), "features[subscription_cancel][mode]"),
        ] {
            let refused = world.try_post("/v1/billing_portal/configurations", &form).await;
            assert_eq!((refused.status, text(&refused.body["error"]["param"]).as_str()), (400, param), "{}", refused.body);
        }
    }

    async fn a_session_without_a_configuration_uses_the_default_one(world) {
        let customer = world.customer("").await;
        let (session, events) = world.events_of(visit(world, &customer, &[("locale", "de")])).await;
        assert_eq!(events, ["billing_portal.configuration.created", "billing_portal.session.created"]);
        assert_eq!((&session["customer"], &session["locale"], &session["flow"]), (&json!(customer), &json!("de"), &Value::Null));
        let again = visit(world, &customer, &[]).await;
        assert_eq!(again["configuration"], session["configuration"]);
        let url = format!("/v1/billing_portal/configurations/{}", text(&session["configuration"]));
        assert_eq!(world.get(&url).await["is_default"], true);
        assert_eq!(world.try_post(&url, &[("active", "false")]).await.status, 400);
        assert!(text(&session["url"]).starts_with(&format!("{}/p/session/test_", world.base)), "{}", session["url"]);
        let missing = world.try_post("/v1/billing_portal/sessions", &[]).await;
        assert_eq!(missing.refused(400, "parameter_missing")["param"], "customer");
    }

    async fn a_payer_chooses_another_default_card_and_sees_the_invoices(world) {
        let customer = world.customer("pm_card_visa").await;
        let second = world.post("/v1/payment_methods/pm_card_mastercard/attach", &[("customer", &customer)]).await;
        let price = world.price(2000, "month", 1).await;
        let invoice = text(&world.subscribe(&customer, &price, &[]).await["latest_invoice"]["number"]);
        let session = visit(world, &customer, &[]).await;
        let shown = page(world, &session).await;
        for expected in ["4242", "(default)", "mastercard ending in", &invoice, "$20.00 every month", "https://example.com/account"] {
            assert!(shown.contains(expected), "{expected} is missing in {shown}");
        }
        let (done, events) = world.events_of(choose(world, &session, &[("action", "default"), ("method", &id(&second))])).await;
        assert_eq!((done.status, events), (303, vec!["customer.updated".to_owned()]));
        let read = world.get(&format!("/v1/customers/{customer}")).await;
        assert_eq!(read["invoice_settings"]["default_payment_method"], second["id"]);
        let stranger = world.customer("pm_card_visa").await;
        let foreign = text(&world.get(&format!("/v1/customers/{stranger}")).await["invoice_settings"]["default_payment_method"]);
        let refused = choose(world, &session, &[("action", "default"), ("method", &foreign)]).await;
        assert!(refused.status == 400 && refused.text.contains("role=\"alert\""), "{}", refused.text);
        let saved = choose(world, &session, &[("action", "customer"), ("name", "Jenny <b>"), ("address[city]", "Berlin"), ("balance", "-500")]).await;
        assert_eq!(saved.status, 303);
        let read = world.get(&format!("/v1/customers/{customer}")).await;
        assert_eq!((&read["name"], &read["address"]["city"], &read["balance"]), (&json!("Jenny <b>"), &json!("Berlin"), &json!(0)));
        assert!(page(world, &session).await.contains("Jenny &lt;b&gt;"));
    }

    async fn a_payer_cancels_at_the_periods_end_and_thinks_again(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = id(&world.subscribe(&customer, &price, &[]).await);
        let reasons = [("features[subscription_cancel][cancellation_reason][enabled]", "true"), ("features[subscription_cancel][cancellation_reason][options][0]", "unused")];
        let configuration = id(&configuration(world, &reasons).await);
        let session = visit(world, &customer, &[("configuration", &configuration)]).await;
        assert!(page(world, &session).await.contains("Cancel at the end of the period"));
        let form = [("action", "cancel"), ("subscription", subscription.as_str()), ("reason", "unused")];
        let (done, events) = world.events_of(choose(world, &session, &form)).await;
        assert_eq!((done.status, events), (303, vec!["customer.subscription.updated".to_owned()]));
        let url = format!("/v1/subscriptions/{subscription}");
        let ending = world.get(&url).await;
        assert_eq!((&ending["cancel_at_period_end"], &ending["cancellation_details"]["feedback"]), (&json!(true), &json!("unused")));
        assert!(page(world, &session).await.contains("Do not cancel"));
        assert_eq!(choose(world, &session, &[("action", "resume"), ("subscription", &subscription)]).await.status, 303);
        assert_eq!(world.get(&url).await["cancel_at_period_end"], false);
        let update = choose(world, &session, &[("action", "update"), ("subscription", &subscription)]).await;
        assert!(update.status == 400 && update.text.contains("does not allow"), "{}", update.text);
    }

    async fn a_flow_is_for_one_thing_and_leads_back_when_it_is_done(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = id(&world.subscribe(&customer, &price, &[]).await);
        let other = id(&world.subscribe(&customer, &price, &[]).await);
        let configuration = id(&configuration(world, &[("features[subscription_cancel][mode]", "immediately")]).await);
        let session = visit(world, &customer, &[
            ("configuration", &configuration), ("flow_data[type]", "subscription_cancel"),
            ("flow_data[subscription_cancel][subscription]", &subscription),
            ("flow_data[after_completion][type]", "redirect"),
            ("flow_data[after_completion][redirect][return_url]", "https://example.com/gone"),
        ]).await;
        assert_eq!(session["flow"]["subscription_cancel"], json!({ "retention": null, "subscription": subscription }));
        let shown = page(world, &session).await;
        assert!(shown.contains("Cancel now") && !shown.contains("Payment methods"), "{shown}");
        let done = choose(world, &session, &[("action", "cancel"), ("subscription", &other)]).await;
        assert_eq!((done.status, done.header("location")), (303, Some("https://example.com/gone")));
        assert_eq!(world.get(&format!("/v1/subscriptions/{subscription}")).await["status"], "canceled");
        assert_eq!(world.get(&format!("/v1/subscriptions/{other}")).await["status"], "active", "the flow is for one only");
    }

    async fn a_plan_is_changed_to_what_the_configuration_offers(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let offered = world.price(3000, "month", 1).await;
        let product = text(&world.get(&format!("/v1/prices/{offered}")).await["product"]);
        let subscription = world.subscribe(&customer, &price, &[]).await;
        let item = id(&subscription["items"]["data"][0]);
        let subscription = id(&subscription);
        let configuration = id(&configuration(world, &[
            ("features[subscription_update][enabled]", "true"), ("features[subscription_update][default_allowed_updates][0]", "price"),
            ("features[subscription_update][default_allowed_updates][1]", "quantity"),
            ("features[subscription_update][products][0][product]", &product),
            ("features[subscription_update][products][0][prices][0]", &offered),
            ("features[subscription_update][products][0][adjustable_quantity][enabled]", "true"),
            ("features[subscription_update][products][0][adjustable_quantity][maximum]", "5"),
        ]).await);
        let session = visit(world, &customer, &[("configuration", &configuration)]).await;
        assert!(page(world, &session).await.contains("$30.00 every month"));
        let change = |price: &str, quantity: &str| {
            let form = [("action", "update"), ("subscription", &subscription), ("price", price), ("quantity", quantity)];
            let form: Vec<(String, String)> = form.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let session = session.clone();
            async move {
                let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                choose(world, &session, &form).await
            }
        };
        for (price, quantity) in [(offered.as_str(), "6"), (offered.as_str(), "0"), ("price_none", "1")] {
            assert_eq!(change(price, quantity).await.status, 400, "{price} {quantity}");
        }
        let done = change(&offered, "2").await;
        assert_eq!(done.status, 303, "{}", done.text);
        let now = world.get(&format!("/v1/subscriptions/{subscription}")).await;
        assert_eq!((&now["items"]["data"][0]["price"]["id"], &now["items"]["data"][0]["quantity"]), (&json!(offered), &json!(2)));
        let confirm = visit(world, &customer, &[
            ("configuration", &configuration), ("flow_data[type]", "subscription_update_confirm"),
            ("flow_data[subscription_update_confirm][subscription]", &subscription),
            ("flow_data[subscription_update_confirm][items][0][id]", &item),
            ("flow_data[subscription_update_confirm][items][0][quantity]", "3"),
            ("flow_data[after_completion][type]", "hosted_confirmation"),
            ("flow_data[after_completion][hosted_confirmation][custom_message]", "See you"),
        ]).await;
        assert!(page(world, &confirm).await.contains("Change to 3 × "));
        let done = choose(world, &confirm, &[("action", "confirm")]).await;
        let next = format!("{}{}", world.base, done.header("location").unwrap());
        assert!(world.call(world.client.get(next)).await.text.contains("See you"));
        assert_eq!(world.get(&format!("/v1/subscriptions/{subscription}")).await["items"]["data"][0]["quantity"], 3);
    }

    async fn flows_that_make_no_sense_are_refused(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let stranger = world.customer("pm_card_visa").await;
        let foreign = id(&world.subscribe(&stranger, &price, &[]).await);
        let of = "flow_data[subscription_cancel][subscription]";
        for (form, param) in [
            (vec![("flow_data[after_completion][type]", "redirect")], "flow_data[type]"),
            (vec![("flow_data[type]", "nonsense")], "flow_data[type]"),
            (vec![("flow_data[type]", "subscription_cancel")], of),
            (vec![("flow_data[type]", "subscription_cancel"), (of, "sub_none")], of),
            (vec![("flow_data[type]", "subscription_cancel"), (of, &foreign)], of),
            (vec![("flow_data[type]", "payment_method_update"), (of, &foreign)], "flow_data[subscription_cancel]"),
            (vec![("flow_data[type]", "payment_method_update"), ("flow_data[after_completion][type]", "redirect")], "flow_data[after_completion][redirect][return_url]"),
            (vec![("return_url", "nonsense")], "return_url"),
            (vec![("configuration", "bpc_none")], "configuration"),
            (vec![("locale", "xx")], "locale"),
        ] {
            let mut form = form;
            form.push(("customer", &customer));
            let refused = world.try_post("/v1/billing_portal/sessions", &form).await;
            assert_eq!((refused.status, text(&refused.body["error"]["param"]).as_str()), (400, param), "{}", refused.body);
        }
        let disabled = [("customer", customer.as_str()), ("flow_data[type]", "subscription_update")];
        let message = text(&world.try_post("/v1/billing_portal/sessions", &disabled).await.body["error"]["message"]);
        assert_eq!(message, "This subscription cannot be updated because the subscription update feature in the portal configuration is disabled.");
    }

    async fn an_address_that_nobody_was_given_leads_nowhere(world) {
        let customer = world.customer("").await;
        let session = visit(world, &customer, &[]).await;
        let url = text(&session["url"]);
        let read = |url: String| world.call(world.client.get(url));
        assert_eq!(read(url.clone()).await.status, 200);
        let mut wrong = url.clone();
        wrong.pop();
        for url in [wrong, format!("{url}x"), format!("{}/p/session/x", world.base)] {
            let reply = read(url).await;
            assert!(reply.status == 404 && reply.text.contains("does not exist"), "{}", reply.text);
        }
        world.delete(&format!("/v1/customers/{customer}")).await;
        assert_eq!(read(url).await.status, 404, "the customer is gone");
    }
}
