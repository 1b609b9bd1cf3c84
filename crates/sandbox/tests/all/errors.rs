//! What is refused, and how.

use crate::harness::{World, text};

stories! {
    async fn unknown_parameters_are_refused_at_every_depth(world) {
        let error = world.try_post("/v1/customers", &[("foo", "1")]).await.refused(400, "parameter_unknown");
        assert_eq!((text(&error["message"]), text(&error["param"])), ("Received unknown parameter: foo".into(), "foo".into()));
        let deep = world.try_post("/v1/customers", &[("invoice_settings[foo][bar]", "1")]).await;
        assert_eq!(deep.refused(400, "parameter_unknown")["param"], "invoice_settings[foo]");
        let listed = world.try_post("/v1/subscriptions", &[("items[0][foo]", "1")]).await;
        assert_eq!(listed.refused(400, "parameter_unknown")["param"], "items[0][foo]");
        let query = world.try_get("/v1/customers?foo=1").await;
        assert_eq!(query.refused(400, "parameter_unknown")["param"], "foo");
        let two = world.try_post("/v1/customers", &[("foo", "1"), ("bar", "2")]).await;
        assert_eq!(text(&two.body["error"]["message"]), "Received unknown parameters: foo, bar");
    }

    async fn wrong_types_are_refused_with_their_parameter(world) {
        for (form, param) in [
            (("amount", "ten"), "amount"),
            (("amount", ""), "amount"),
            (("amount[x]", "1"), "amount"),
        ] {
            let error = world.try_post("/v1/payment_intents", &[form, ("currency", "usd")]).await;
            assert_eq!(error.refused(400, "parameter_invalid_integer")["param"], param);
        }
        for (form, param) in [
            (("confirm", "maybe"), "confirm"),
            (("capture_method", "sometime"), "capture_method"),
            (("metadata", "x"), "metadata"),
            (("expand", "x"), "expand"),
            (("description[a]", "x"), "description"),
        ] {
            let reply = world.try_post("/v1/payment_intents", &[form, ("amount", "500"), ("currency", "usd")]).await;
            assert_eq!((reply.status, text(&reply.body["error"]["param"]).as_str()), (400, param), "{}", reply.body);
        }
        let missing = world.try_post("/v1/payment_intents", &[("currency", "usd")]).await;
        assert_eq!(missing.refused(400, "parameter_missing")["param"], "amount");
    }

    async fn what_is_too_long_empty_or_not_one_of_the_words_is_refused_in_stripes_words(world) {
        let long = "x".repeat(5001);
        for (form, param, message) in [
            (("description", long.as_str()), "description", "Invalid string: xxxx...xxxx; must be at most 5000 characters"),
            (("phone", "123456789012345678901"), "phone", "Invalid string: 123456789012345678901; must be at most 20 characters"),
            (("tax_exempt", "maybe"), "tax_exempt", "Invalid tax_exempt: must be one of exempt, none, or reverse"),
            (("balance", "1.5"), "balance", "Invalid integer: 1.5"),
            (("preferred_locales", "de"), "preferred_locales", "Invalid array"),
            (("address", "Berlin"), "address", "Invalid object"),
        ] {
            let refused = world.try_post("/v1/customers", &[form]).await;
            let error = &refused.body["error"];
            assert_eq!((refused.status, text(&error["type"]).as_str()), (400, "invalid_request_error"));
            assert_eq!((text(&error["param"]).as_str(), text(&error["message"]).as_str()), (param, message));
        }
        let empty = world.try_post("/v1/products", &[("name", "")]).await.refused(400, "parameter_invalid_empty");
        assert!(text(&empty["message"]).starts_with("You passed an empty string for 'name'. We assume empty values are an attempt to unset"));
        assert_eq!(empty["doc_url"], "https://stripe.com/docs/error-codes/parameter-invalid-empty");
        let longest = "x".repeat(5000);
        world.post("/v1/customers", &[("description", &longest)]).await;
    }

    async fn other_methods_are_unknown_addresses(world) {
        let url = format!("{}/v1/customers", world.base);
        for method in [reqwest::Method::PUT, reqwest::Method::PATCH, reqwest::Method::OPTIONS] {
            let reply = world.call(world.client.request(method.clone(), &url).bearer_auth(&world.key)).await;
            assert_eq!(reply.status, 404, "{method}");
            assert!(text(&reply.body["error"]["message"]).starts_with(&format!("Unrecognized request URL ({method}: /v1/customers)")));
        }
        let head = world.call(world.client.head(&url).bearer_auth(&world.key)).await;
        assert_eq!((head.status, head.text.as_str()), (404, ""));
    }

    async fn an_error_names_its_request_where_it_can_be_looked_up(world) {
        let reply = world.try_post("/v1/customers", &[("foo", "1")]).await;
        let request = reply.header("request-id").unwrap().to_owned();
        let log = text(&reply.body["error"]["request_log_url"]);
        assert!(log.starts_with(&format!("https://dashboard.stripe.com/test/logs/{request}?t=")), "{log}");
        assert_eq!(reply.body["error"]["doc_url"], "https://stripe.com/docs/error-codes/parameter-unknown");
        let members: Vec<&String> = reply.body["error"].as_object().unwrap().keys().collect();
        assert_eq!(members, ["code", "doc_url", "message", "param", "request_log_url", "type"], "in the order of the real ones");
    }

    async fn amounts_are_checked_as_seen_at_stripe(world) {
        let zero = world.try_post("/v1/payment_intents", &[("amount", "0"), ("currency", "usd")]).await;
        assert_eq!(zero.refused(400, "parameter_invalid_integer")["param"], "amount");
        let small = world.try_post("/v1/payment_intents", &[("amount", "49"), ("currency", "usd")]).await;
        small.refused(400, "amount_too_small");
        let large = world.try_post("/v1/payment_intents", &[("amount", "999999999"), ("currency", "usd")]).await;
        large.refused(400, "amount_too_large");
    }

    async fn unknown_ids_are_missing_404_in_the_path_and_400_in_a_parameter(world) {
        let path = world.try_get("/v1/customers/cus_none").await.refused(404, "resource_missing");
        assert_eq!((text(&path["message"]), text(&path["param"])), ("No such customer: 'cus_none'".into(), "id".into()));
        let customer = world.customer("pm_card_visa").await;
        let form = [("customer", customer.as_str()), ("items[0][price]", "invalid")];
        let error = world.try_post("/v1/subscriptions", &form).await.refused(400, "resource_missing");
        assert_eq!((text(&error["message"]), text(&error["param"])), ("No such price: 'invalid'".into(), "items[0][price]".into()));
    }

    async fn unknown_addresses_and_methods_are_404_with_stripes_words(world) {
        for reply in [world.try_get("/v1/nonsense").await, world.try_delete("/v1/customers").await, world.try_get("/v2/x").await] {
            assert_eq!(reply.status, 404);
            assert!(text(&reply.body["error"]["message"]).starts_with("Unrecognized request URL ("), "{}", reply.body);
        }
    }

    async fn keys_are_checked_and_each_is_an_account_of_its_own(world) {
        let get = |key: &'static str| world.call(world.client.get(format!("{}/v1/customers", world.base)).bearer_auth(key));
        let wrong = get("sk_live_1234567890abcdef").await;
        assert_eq!(wrong.status, 401);
        assert_eq!(text(&wrong.body["error"]["message"]), "Invalid API Key provided: sk_live_************cdef");
        let none = world.call(world.client.get(format!("{}/v1/customers", world.base))).await;
        assert_eq!((none.status, none.header("www-authenticate")), (401, Some("Basic realm=\"Stripe\"")));
        world.customer("").await;
        assert_eq!(get("sk_test_another").await.ok()["data"].as_array().unwrap().len(), 0);
        assert_eq!(get("rk_test_sandbox").await.ok()["data"].as_array().unwrap().len(), 1);
        get("pk_test_sandbox").await.refused(401, "secret_key_required");
        let basic = world.client.get(format!("{}/v1/customers", world.base)).basic_auth("sk_test_sandbox", None::<&str>);
        assert_eq!(world.call(basic).await.ok()["data"].as_array().unwrap().len(), 1);
    }

    async fn versions_are_echoed_and_unknown_ones_refused(world) {
        let ask = |version: &'static str| {
            let request = world.client.get(format!("{}/v1/customers", world.base)).bearer_auth(&world.key);
            world.call(request.header("stripe-version", version))
        };
        assert_eq!(ask("2025-10-29.clover").await.header("stripe-version"), Some("2025-10-29.clover"));
        assert_eq!(ask("2019-01-01").await.status, 400);
        assert_eq!(world.try_get("/v1/customers").await.header("stripe-version"), Some("2026-05-27.dahlia"));
    }

    async fn expanding_goes_four_levels_deep_and_only_where_there_is_something(world) {
        let customer = world.customer("pm_card_visa").await;
        let url = format!("/v1/customers/{customer}?expand[]=");
        let read = world.get(&format!("{url}invoice_settings.default_payment_method")).await;
        assert_eq!(read["invoice_settings"]["default_payment_method"]["card"]["last4"], "4242");
        assert_eq!(world.try_get(&format!("{url}email")).await.status, 400);
        assert_eq!(world.try_get(&format!("{url}nothing")).await.status, 400);
        assert_eq!(world.try_get(&format!("{url}a.b.c.d.e")).await.status, 400);
        assert_eq!(world.try_get("/v1/customers?expand[]=data.email").await.status, 400);
    }

    async fn what_is_not_built_is_refused_and_never_pretended(world) {
        let customer = world.customer("pm_card_visa").await;
        for path in ["/v1/quotes", "/v1/credit_notes", "/v1/payment_links", "/v1/tax_rates"] {
            assert_eq!(world.try_post(path, &[]).await.status, 404, "{path}");
        }
        let price = world.price(2000, "month", 1).await;
        let form = [("customer", customer.as_str()), ("items[0][price]", &price), ("automatic_tax[enabled]", "true")];
        assert_eq!(world.try_post("/v1/subscriptions", &form).await.status, 400);
    }

    async fn a_json_body_and_garbage_are_refused(world) {
        let json = world.client.post(format!("{}/v1/customers", world.base)).bearer_auth(&world.key);
        assert_eq!(world.call(json.json(&serde_json::json!({ "name": "x" }))).await.status, 400);
        for garbage in ["%", "a[=1", "[]=1", "a[b=1", "a=1&a[b]=2", "a[b]=1&a[b][c]=2", "=", "a[0][[]]=1"] {
            assert_eq!(post_raw(world, garbage).await, 400, "{garbage}");
        }
    }
}

async fn post_raw(world: &World, body: &'static str) -> u16 {
    let request = world.client.post(format!("{}/v1/customers", world.base)).bearer_auth(&world.key);
    world.call(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await.status
}
