//! Faults on demand, of requests and of deliveries.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::receiver::Receiver;
use crate::harness::{Form, Reply, World, id, text, until};

async fn set(world: &World, faults: Value) -> Reply {
    world.call(world.client.post(format!("{}/_sandbox/faults", world.base)).json(&faults)).await
}

/// Asks under one key until the answer is good.
async fn until_done(world: &World, key: &str, path: &str, form: Form<'_>) -> Value {
    for _ in 0..100 {
        let reply = world.keyed(key, path, form).await;
        if reply.status == 200 {
            return reply.body;
        }
        assert!(reply.status >= 500, "{}", reply.body);
    }
    panic!("a hundred failures in a row are no chance");
}

/// One rule, with the seed 1.
async fn rule(world: &World, rule: Value) {
    set(world, json!({ "seed": 1, "rules": [rule] })).await.ok();
}

async fn off(world: &World) {
    assert_eq!(set(world, json!({ "rules": [] })).await.ok()["rules"], json!([]));
}

async fn customers(world: &World) -> usize {
    world.get("/v1/customers?limit=100").await["data"].as_array().unwrap().len()
}

/// A receiver of `customer.created`, and this many customers, made one after the other.
async fn told(world: &World, faults: Value, count: usize) -> Receiver {
    let receiver = Receiver::start(200).await;
    let form = [("url", receiver.url.as_str()), ("enabled_events[0]", "customer.created")];
    world.post("/v1/webhook_endpoints", &form).await;
    rule(world, faults).await;
    for number in 0..count {
        world.post("/v1/customers", &[("name", &number.to_string())]).await;
    }
    receiver
}

/// Milliseconds; the sandbox's own addresses are never struck.
async fn now_ms(world: &World) -> i64 {
    world.get("/_sandbox/clock").await["now_ms"].as_i64().unwrap()
}

/// How many deliveries the first rule struck, once it was asked about this many.
async fn struck(world: &World, asked: usize) -> usize {
    until(&format!("the rule was asked about {asked} deliveries"), async || {
        let rule = world.get("/_sandbox/faults").await["rules"][0].take();
        (rule["asked"] == asked).then(|| usize::try_from(rule["struck"].as_u64().unwrap()).unwrap())
    })
    .await
}

/// Waits until no delivery is owed any more: after that, nothing can come.
async fn nothing_owed(world: &World) {
    until("nothing is owed", async || (world.get("/_sandbox/deliveries").await["owed"] == 0).then_some(()))
        .await;
}

/// Names of the customers that a receiver was told of, in the order in which it was.
fn names(receiver: &Receiver) -> Vec<String> {
    receiver.seen().iter().map(|delivery| text(&delivery.event["data"]["object"]["name"])).collect()
}

stories! {
    async fn a_request_that_fails_before_has_no_effect_and_is_answered_in_stripes_form(world) {
        for (status, kind, code) in [
            (429, "invalid_request_error", json!("rate_limit")),
            (500, "api_error", Value::Null),
            (503, "api_error", Value::Null),
        ] {
            rule(world, json!({ "target": "request", "share": 1, "when": "before", "status": status })).await;
            let reply = world.keyed("k1", "/v1/customers", &[("name", "x")]).await;
            assert_eq!(reply.status, status);
            assert_eq!((&reply.body["error"]["type"], &reply.body["error"]["code"]), (&json!(kind), &code));
            assert!(reply.header("request-id").is_some_and(|id| id.starts_with("req_")));
            off(world).await;
            assert_eq!(customers(world).await, 0);
        }
        let made = world.keyed("k1", "/v1/customers", &[("name", "x")]).await;
        assert_eq!((made.status, made.header("idempotent-replayed")), (200, None));
    }

    async fn a_post_that_failed_after_its_effect_replays_its_result_once_faults_are_off(world) {
        rule(world, json!({ "target": "request", "share": 1, "when": "after", "status": 500 })).await;
        let lost = world.keyed("k1", "/v1/customers", &[("name", "x")]).await;
        assert_eq!((lost.status, &lost.body["error"]["type"]), (500, &json!("api_error")));
        let again = world.keyed("k1", "/v1/customers", &[("name", "x")]).await;
        assert_eq!(again.status, 500, "the answer is lost again");
        off(world).await;
        let replayed = world.keyed("k1", "/v1/customers", &[("name", "x")]).await;
        assert_eq!((replayed.status, replayed.header("idempotent-replayed")), (200, Some("true")));
        assert_eq!(replayed.header("original-request"), lost.header("request-id"));
        let list = world.get("/v1/customers").await;
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        assert_eq!(list["data"][0]["id"], replayed.body["id"]);
    }

    async fn retries_under_one_key_through_many_failures_end_with_one_object_each(world) {
        set(world, json!({ "seed": 5, "rules": [
            { "target": "request", "share": 0.3, "when": "after", "status": 503 },
            { "target": "request", "share": 0.2, "when": "before", "status": 500 },
        ] })).await.ok();
        for number in 0..20 {
            let key = format!("k{number}");
            let customer = id(&until_done(world, &format!("{key}a"), "/v1/customers", &[("name", &key)]).await);
            let pays = [
                ("amount", "500"), ("currency", "usd"), ("customer", customer.as_str()), ("confirm", "true"),
                ("payment_method", "pm_card_visa"), ("return_url", "https://example.com"),
            ];
            let intent = id(&until_done(world, &format!("{key}b"), "/v1/payment_intents", &pays).await);
            until_done(world, &format!("{key}c"), "/v1/refunds", &[("payment_intent", &intent)]).await;
        }
        let shown = world.call(world.client.get(format!("{}/_sandbox/faults", world.base))).await.ok();
        assert!(shown["rules"][0]["struck"].as_u64().unwrap() > 3, "{shown}");
        off(world).await;
        for kind in ["customers", "payment_intents", "charges", "refunds"] {
            let made = world.get(&format!("/v1/{kind}?limit=100")).await;
            assert_eq!(made["data"].as_array().unwrap().len(), 20, "{kind}");
        }
    }

    async fn a_rule_may_be_for_some_paths_and_methods_and_never_for_the_sandboxs_own(world) {
        rule(world, json!({ "target": "request", "share": 1, "path": "/v1/customers", "method": "post" })).await;
        assert_eq!(world.try_post("/v1/customers", &[]).await.status, 500);
        world.get("/v1/customers").await;
        world.post("/v1/products", &[("name", "Pro")]).await;
        let shown = world.call(world.client.get(format!("{}/_sandbox/faults", world.base))).await.ok();
        assert_eq!(shown["rules"][0]["struck"], 1);
        assert_eq!(shown["rules"][0]["path"], "/v1/customers");
        rule(world, json!({ "target": "request", "share": 1 })).await;
        assert_eq!(world.try_get("/v1/customers").await.status, 500);
        world.advance(5).await;
        assert_eq!(world.try_get("/_sandbox/clock").await.status, 200);
        let request = world.client.post(format!("{}/_sandbox/reset", world.base));
        world.call(request).await.ok();
        world.get("/v1/customers").await;
    }

    async fn latency_makes_requests_late_and_leaves_them_alone_otherwise(world) {
        rule(world, json!({ "target": "request", "share": 1, "latency_ms": 400 })).await;
        let began = now_ms(world).await;
        world.get("/v1/customers").await;
        let took = now_ms(world).await - began;
        assert!(took >= 400, "{took} ms");
        world.post("/v1/customers", &[("name", "x")]).await;
        off(world).await;
        assert_eq!(customers(world).await, 1);
    }

    async fn wrong_rules_are_refused_and_the_field_is_named(world) {
        let request = |more: Value| {
            let mut rule = json!({ "target": "request", "share": 1 });
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "rules": [rule] })
        };
        rule(world, json!({ "target": "webhook", "share": 0.5, "drop": true })).await;
        for (faults, field) in [
            (json!([]), "the body must be an object"),
            (json!({}), "rules: "),
            (json!({ "seed": -1, "rules": [] }), "seed: "),
            (json!({ "rules": [], "sed": 1 }), "sed: unknown"),
            (json!({ "rules": [1] }), "rules[0]: an object"),
            (json!({ "rules": [{ "target": "mail", "share": 1 }] }), "rules[0].target: "),
            (json!({ "rules": [{ "target": "request" }] }), "rules[0].share: "),
            (request(json!({ "share": 1.5 })), "rules[0].share: "),
            (request(json!({ "when": "later" })), "rules[0].when: "),
            (request(json!({ "status": 418 })), "rules[0].status: "),
            (request(json!({ "latency_ms": -1 })), "rules[0].latency_ms: "),
            (request(json!({ "drop": "yes" })), "rules[0].drop: "),
            (request(json!({ "drop": true, "status": 500 })), "rules[0].drop: "),
            (request(json!({ "method": "PUT" })), "rules[0].method: "),
            (request(json!({ "hang": true, "status": 500 })), "rules[0].hang: "),
            (request(json!({ "hang": true, "drop": true })), "rules[0].hang: "),
            (request(json!({ "hang": true, "retry_after": 1 })), "rules[0].retry_after: "),
            (request(json!({ "retry_after": 1e9 })), "rules[0].retry_after: "),
            (request(json!({ "should_retry": "yes" })), "rules[0].should_retry: "),
            (request(json!({ "from": 20, "until": 10 })), "rules[0].until: "),
            (request(json!({ "from": "now" })), "rules[0].from: "),
            (request(json!({ "path": "v1" })), "rules[0].path: "),
            (request(json!({ "duplicate": true })), "rules[0].duplicate: not for target request"),
            (request(json!({ "wehn": "before" })), "rules[0].wehn: unknown"),
            (request(json!({ "target": "webhook" })), "rules[0]: one of "),
            (request(json!({ "target": "webhook", "status": 500 })), "rules[0].status: not for target webhook"),
            (request(json!({ "target": "webhook", "delay_ms": 1e12 })), "rules[0].delay_ms: "),
            (request(json!({ "target": "webhook", "drop": true, "shuffle": true })), "rules[0].drop: "),
        ] {
            let reply = set(world, faults.clone()).await;
            assert_eq!(reply.status, 400, "{faults}");
            assert!(text(&reply.body["error"]).starts_with(field), "{faults}: {}", reply.body);
        }
        let shown = world.call(world.client.get(format!("{}/_sandbox/faults", world.base))).await.ok();
        assert_eq!(shown["rules"][0]["target"], "webhook", "what is refused replaces nothing");
    }

    async fn a_dropped_delivery_never_comes_and_its_event_stays_pending(world) {
        let receiver = told(world, json!({ "target": "webhook", "share": 0.5, "drop": true }), 12).await;
        let lost = struck(world, 12).await;
        assert!((1..12).contains(&lost), "{lost}");
        off(world).await;
        nothing_owed(world).await;
        assert_eq!(receiver.seen().len(), 12 - lost);
        let pending = world.get("/v1/events?delivery_success=false&limit=100").await;
        assert_eq!(pending["data"].as_array().unwrap().len(), lost);
    }

    async fn the_deliveries_of_a_period_are_lost_and_no_others(world) {
        let receiver = Receiver::start(200).await;
        let form = [("url", receiver.url.as_str()), ("enabled_events[0]", "customer.created")];
        world.post("/v1/webhook_endpoints", &form).await;
        let now = world.now().await;
        rule(world, json!({ "target": "webhook", "share": 1, "drop": true, "from": now + 1000, "until": now + 2000 })).await;
        for name in ["before", "within", "after"] {
            world.post("/v1/customers", &[("name", name)]).await;
            world.advance(1500).await;
        }
        nothing_owed(world).await;
        let mut seen = names(&receiver);
        seen.sort();
        assert_eq!(seen, ["after", "before"]);
        let lost = world.get("/v1/events?delivery_success=false").await;
        assert_eq!(lost["data"][0]["data"]["object"]["name"], "within");
        assert_eq!(world.get("/_sandbox/faults").await["rules"][0]["struck"], 1);
    }

    async fn a_failure_says_whether_and_when_to_try_again(world) {
        rule(world, json!({ "target": "request", "share": 1, "status": 429, "retry_after": 7, "should_retry": true })).await;
        let reply = world.try_get("/v1/customers").await;
        assert_eq!((reply.status, reply.header("retry-after"), reply.header("stripe-should-retry")), (429, Some("7"), Some("true")));
        rule(world, json!({ "target": "request", "share": 1, "status": 429 })).await;
        let reply = world.try_get("/v1/customers").await;
        assert_eq!((reply.header("retry-after"), reply.header("stripe-should-retry")), (None, None));
    }

    async fn a_duplicated_delivery_comes_twice(world) {
        let receiver = told(world, json!({ "target": "webhook", "share": 1, "duplicate": true }), 3).await;
        nothing_owed(world).await;
        let mut seen: Vec<String> = receiver.seen().iter().map(|seen| id(&seen.event)).collect();
        assert_eq!(seen.len(), 6);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3);
    }

    async fn a_delayed_delivery_comes_later(world) {
        let began = now_ms(world).await;
        let receiver = told(world, json!({ "target": "webhook", "share": 1, "delay_ms": 1500 }), 2).await;
        receiver.wait_for(1).await;
        let took = now_ms(world).await - began;
        assert!(took >= 1500, "{took} ms");
        receiver.wait_for(2).await;
    }

    async fn shuffled_deliveries_all_come_in_another_order(world) {
        let rule = json!({ "target": "webhook", "share": 1, "shuffle": true, "delay_ms": 1500 });
        let receiver = told(world, rule, 12).await;
        receiver.wait_for(12).await;
        let seen = names(&receiver);
        let mut sorted = seen.clone();
        sorted.sort_by_key(|name| name.parse::<u32>().unwrap());
        assert_eq!(sorted, (0..12).map(|number| number.to_string()).collect::<Vec<_>>());
        assert_ne!(seen, sorted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_connection_is_closed_without_a_byte_before_or_after_the_effect() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for (when, left) in [("before", 0), ("after", 1)] {
        let world = World::start().await;
        rule(&world, json!({ "target": "request", "share": 1, "when": when, "drop": true })).await;
        let mut socket =
            tokio::net::TcpStream::connect(world.base.trim_start_matches("http://")).await.unwrap();
        let request = "POST /v1/customers HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk_test_sandbox\r\n\
                       content-type: application/x-www-form-urlencoded\r\ncontent-length: 6\r\n\r\nname=x";
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        assert_eq!(String::from_utf8_lossy(&answer), "");
        off(&world).await;
        assert_eq!(customers(&world).await, left, "{when}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_comes_is_waited_for_until_the_client_gives_up() {
    for (when, left) in [("before", 0), ("after", 1)] {
        let world = World::start().await;
        let hang = json!({ "target": "request", "share": 1, "when": when, "hang": true, "method": "POST" });
        rule(&world, hang).await;
        let request = world.client.post(format!("{}/v1/customers", world.base)).bearer_auth(&world.key);
        let waiting = tokio::spawn(request.form(&[("name", "x")]).send());
        until("the request hangs", async || {
            let begun = world.get("/_sandbox/faults").await["rules"][0]["struck"] == 1;
            (begun && customers(&world).await == left).then_some(())
        })
        .await;
        assert!(!waiting.is_finished(), "{when}: it was answered");
        waiting.abort();
        off(&world).await;
        assert_eq!(customers(&world).await, left, "{when}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_does_not_keep_the_sandbox_from_stopping() {
    let config = sandbox::Config::default();
    let stop = config.shutdown.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(sandbox::serve(listener, config));
    let client = crate::harness::client();
    let rules = json!({ "rules": [{ "target": "request", "share": 1, "hang": true }] });
    client.post(format!("{base}/_sandbox/faults")).json(&rules).send().await.unwrap();
    let request = client.get(format!("{base}/v1/customers")).bearer_auth("sk_test_sandbox");
    let hanging = tokio::spawn(request.send());
    until("the request hangs", async || {
        let shown = client.get(format!("{base}/_sandbox/faults")).send().await.unwrap();
        (shown.json::<Value>().await.unwrap()["rules"][0]["struck"] == 1).then_some(())
    })
    .await;
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), served).await;
    ended.expect("it does not stop").unwrap().unwrap();
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_and_requests_lose_the_same_deliveries_and_answers() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let world = World::start().await;
        let receiver = Receiver::start(200).await;
        let form = [("url", receiver.url.as_str()), ("enabled_events[0]", "customer.created")];
        world.post("/v1/webhook_endpoints", &form).await;
        let faults = json!({ "seed": 9, "rules": [
            { "target": "webhook", "share": 0.4, "drop": true },
            { "target": "request", "share": 0.4, "status": 503 },
        ] });
        set(&world, faults).await.ok();
        let mut answers = Vec::new();
        for number in 0..20 {
            answers.push(world.try_post("/v1/customers", &[("name", &number.to_string())]).await.status);
        }
        let made = answers.iter().filter(|status| **status == 200).count();
        let lost = struck(&world, made).await;
        receiver.wait_for(made - lost).await;
        let mut seen = names(&receiver);
        seen.sort();
        runs.push((answers, seen));
    }
    assert_eq!(runs[0], runs[1]);
}
