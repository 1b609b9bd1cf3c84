//! Rate limits, switched on.

use serde_json::{Value, json};

use crate::harness::{Reply, World, id, text};

async fn set(world: &World, limits: Value) -> Reply {
    world.call(world.client.post(format!("{}/_sandbox/limits", world.base)).json(&limits)).await
}

/// How many of this many requests at once are refused, and why.
async fn refused(world: &World, path: &str, count: usize) -> Vec<String> {
    let calls = (0..count).map(|_| world.try_get(path));
    let replies = futures_util::future::join_all(calls).await;
    let refused = replies.iter().filter(|reply| reply.status != 200);
    refused
        .map(|reply| {
            assert_eq!((reply.status, text(&reply.body["error"]["code"]).as_str()), (429, "rate_limit"));
            assert_eq!(reply.body["error"]["type"], "invalid_request_error");
            reply.header("stripe-rate-limited-reason").unwrap().to_owned()
        })
        .collect()
}

stories! {
    async fn who_asks_too_often_is_refused_with_the_reason(world) {
        assert_eq!(refused(world, "/v1/customers", 150).await, Vec::<String>::new(), "limits are off at first");
        set(world, json!({ "global_per_second": 2 })).await.ok();
        let all = refused(world, "/v1/customers", 60).await;
        assert!(!all.is_empty() && all.iter().all(|reason| reason == "global-rate"), "{all:?}");
        let shown = world.get("/_sandbox/limits").await;
        assert_eq!((&shown["global_per_second"], &shown["refused"]["global-rate"]), (&json!(2), &json!(all.len())));
        set(world, json!({ "endpoint_per_second": 2 })).await.ok();
        let of_one = refused(world, "/v1/customers", 60).await;
        assert!(!of_one.is_empty() && of_one.iter().all(|reason| reason == "endpoint-rate"), "{of_one:?}");
        // Another endpoint has a bucket of its own.
        world.post("/v1/products", &[("name", "x")]).await;
        set(world, json!({ "search_per_second": 2 })).await.ok();
        let searches = refused(world, "/v1/customers/search?query=name~%27abc%27", 60).await;
        assert!(!searches.is_empty(), "{searches:?}");
        set(world, json!({ "mode": "off" })).await.ok();
        assert_eq!(refused(world, "/v1/customers", 60).await, Vec::<String>::new());
    }

    async fn each_account_has_limits_of_its_own_and_a_refused_request_has_no_effect(world) {
        set(world, json!({ "global_per_second": 4 })).await.ok();
        let calls = (0..40).map(|number| {
            let name = number.to_string();
            async move { world.keyed(&format!("k{name}"), "/v1/customers", &[("name", &name)]).await.status }
        });
        let done = futures_util::future::join_all(calls).await;
        let made = done.iter().filter(|status| **status == 200).count();
        assert!(made < 40 && done.contains(&429), "{done:?}");
        let other = world.client.get(format!("{}/v1/customers", world.base)).bearer_auth("sk_test_other");
        assert_eq!(world.call(other).await.status, 200);
        set(world, json!({ "mode": "off" })).await.ok();
        let refused = done.iter().position(|status| *status == 429).unwrap();
        let again = world.keyed(&format!("k{refused}"), "/v1/customers", &[("name", &refused.to_string())]).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (200, None), "nothing was saved under its key");
        assert_eq!(world.get("/v1/customers?limit=100").await["data"].as_array().unwrap().len(), made + 1);
    }

    async fn too_many_at_the_same_time_are_refused(world) {
        let late = json!({ "rules": [{ "target": "request", "share": 1, "latency_ms": 300, "method": "GET" }] });
        world.call(world.client.post(format!("{}/_sandbox/faults", world.base)).json(&late)).await.ok();
        set(world, json!({ "endpoint_concurrency": 2 })).await.ok();
        let reasons = refused(world, "/v1/customers", 20).await;
        assert!(!reasons.is_empty() && reasons.iter().all(|reason| reason == "endpoint-concurrency"), "{reasons:?}");
        set(world, json!({ "global_concurrency": 1 })).await.ok();
        let reasons = refused(world, "/v1/customers", 20).await;
        assert!(!reasons.is_empty() && reasons.iter().all(|reason| reason == "global-concurrency"), "{reasons:?}");
        // What is over makes room.
        assert_eq!(world.try_get("/v1/products").await.status, 200);
    }

    async fn two_changes_of_one_object_do_not_overlap_when_objects_are_locked(world) {
        let (one, other) = (world.customer("").await, world.customer("").await);
        let late = json!({ "rules": [{ "target": "request", "share": 1, "latency_ms": 1000 }] });
        world.call(world.client.post(format!("{}/_sandbox/faults", world.base)).json(&late)).await.ok();
        set(world, json!({ "object_locks": true })).await.ok();
        let (url, form) = (format!("/v1/customers/{one}"), [("name", "x")]);
        let elsewhere = format!("/v1/customers/{other}");
        let (first, second, third, read) = tokio::join!(
            world.try_post(&url, &form), world.try_post(&url, &form), world.try_post(&elsewhere, &form), world.try_get(&url)
        );
        assert_eq!((third.status, read.status), (200, 200));
        let mut both = [first, second];
        both.sort_by_key(|reply| reply.status);
        assert_eq!((both[0].status, both[1].status), (200, 429));
        assert_eq!(text(&both[1].body["error"]["code"]), "lock_timeout");
        assert_eq!(both[1].header("stripe-rate-limited-reason"), None);
        world.call(world.client.post(format!("{}/_sandbox/faults", world.base)).json(&json!({ "rules": [] }))).await.ok();
        world.post(&url, &form).await;
    }

    async fn one_subscription_has_so_many_invoices_and_quantity_changes_and_no_more(world) {
        let customer = world.customer("pm_card_visa").await;
        let price = world.price(2000, "month", 1).await;
        let subscription = id(&world.subscribe(&customer, &price, &[]).await);
        let url = format!("/v1/subscriptions/{subscription}");
        set(world, json!({ "invoices_per_minute": 3, "quantity_updates_per_hour": 2 })).await.ok();
        let restart = [("billing_cycle_anchor", "now"), ("proration_behavior", "none")];
        for _ in 0..3 {
            world.post(&url, &restart).await;
        }
        let fourth = world.try_post(&url, &restart).await;
        assert_eq!(fourth.header("stripe-rate-limited-reason"), Some("resource-specific"));
        fourth.refused(429, "rate_limit");
        assert_eq!(world.get(&format!("/v1/invoices?subscription={subscription}")).await["data"].as_array().unwrap().len(), 4);
        let item = id(&world.get(&url).await["items"]["data"][0]);
        let url_of_item = format!("/v1/subscription_items/{item}");
        let set_quantity = |form: [(&'static str, &'static str); 2]| {
            let url = url_of_item.clone();
            async move { world.try_post(&url, &form).await }
        };
        let quantity = |number| set_quantity([("quantity", number), ("proration_behavior", "none")]);
        quantity("2").await.ok();
        quantity("3").await.ok();
        // One that changes nothing is not counted.
        quantity("3").await.ok();
        quantity("4").await.refused(429, "rate_limit");
        assert_eq!(world.get(&url).await["items"]["data"][0]["quantity"], 3);
        // Time brings invoices that nobody asked for: they are not counted.
        world.advance(40 * 86_400).await;
        assert!(world.get(&format!("/v1/invoices?subscription={subscription}")).await["data"].as_array().unwrap().len() > 4);
    }

    async fn a_payment_intent_is_updated_so_often_and_no_more(world) {
        set(world, json!({ "intent_updates_per_hour": 3 })).await.ok();
        let make = [("amount", "500"), ("currency", "usd")];
        let (one, other) = (id(&world.post("/v1/payment_intents", &make).await), id(&world.post("/v1/payment_intents", &make).await));
        for number in ["1", "2", "3"] {
            world.post(&format!("/v1/payment_intents/{one}"), &[("metadata[number]", number)]).await;
        }
        world.try_post(&format!("/v1/payment_intents/{one}"), &[("metadata[number]", "4")]).await.refused(429, "rate_limit");
        world.post(&format!("/v1/payment_intents/{other}"), &[("metadata[number]", "4")]).await;
    }

    async fn wrong_limits_are_refused_and_a_reset_switches_them_off(world) {
        set(world, json!({ "mode": "test" })).await.ok();
        let wrong = set(world, json!({ "mode": "off", "global_per_second": -1 })).await;
        assert_eq!((wrong.status, text(&wrong.body["error"]).as_str()), (400, "global_per_second: a whole number above 0"));
        let shown = world.get("/_sandbox/limits").await;
        assert_eq!((&shown["global_per_second"], &shown["endpoint_per_second"]), (&json!(25), &json!(25)));
        world.call(world.client.post(format!("{}/_sandbox/reset", world.base))).await.ok();
        assert!(world.get("/_sandbox/limits").await["global_per_second"].is_null());
    }
}
