//! Deliveries: their log, sending again, and what endpoints may ask for.

use serde_json::{Value, json};

use crate::harness::receiver::Receiver;
use crate::harness::{World, id, text, until};

async fn log(world: &World, query: &str) -> Vec<Value> {
    world.get(&format!("/_sandbox/deliveries?{query}")).await["deliveries"].as_array().unwrap().clone()
}

/// Waits until the log has this many attempts: an attempt is logged a moment after its answer.
async fn logged(world: &World, query: &str, count: usize) -> Vec<Value> {
    until(&format!("{count} attempts in the log of {query}"), async || {
        Some(log(world, query).await).filter(|seen| seen.len() >= count)
    })
    .await
}

async fn endpoint(world: &World, url: &str, event: &str) -> String {
    id(&world.post("/v1/webhook_endpoints", &[("url", url), ("enabled_events[0]", event)]).await)
}

stories! {
    async fn every_try_is_logged_with_its_answer(world) {
        let (taking, refusing) = (Receiver::start(200).await, Receiver::start(503).await);
        let good = endpoint(world, &taking.url, "customer.created").await;
        let bad = endpoint(world, &refusing.url, "customer.created").await;
        let nobody = endpoint(world, "http://127.0.0.1:9/", "customer.created").await;
        world.customer("").await;
        let event = id(&world.get("/v1/events?type=customer.created").await["data"][0]);
        refusing.wait_for(2).await;
        let taken = logged(world, &format!("endpoint={good}&event={event}"), 1).await;
        assert_eq!(taken.len(), 1);
        assert_eq!((&taken[0]["status"], &taken[0]["delivered"], &taken[0]["attempt"]), (&json!(200), &json!(true), &json!(1)));
        assert_eq!((&taken[0]["type"], &taken[0]["url"]), (&json!("customer.created"), &json!(taking.url)));
        let refused = logged(world, &format!("account=sandbox&endpoint={bad}"), 2).await;
        let (last, first) = (&refused[refused.len() - 2], &refused[refused.len() - 1]);
        assert_eq!((&first["attempt"], &last["attempt"]), (&json!(1), &json!(2)));
        assert_eq!((&first["status"], &first["delivered"]), (&json!(503), &json!(false)));
        assert!(last["at_ms"].as_i64() >= first["at_ms"].as_i64().map(|at| at + 1000), "{refused:?}");
        let lost = logged(world, &format!("endpoint={nobody}"), 1).await;
        assert!(lost[0]["status"].is_null() && text(&lost[0]["error"]).contains("refused"), "{lost:?}");
        assert_eq!(log(world, "account=another").await, Vec::<Value>::new());
        let page = world.call(world.client.get(format!("{}/dashboard?account=sandbox", world.base))).await.text;
        assert!(page.contains("Deliveries (") && page.contains(">503<") && page.contains(&event), "{page}");
    }

    async fn an_event_is_sent_again_to_one_endpoint_or_to_all_that_ask_for_it(world) {
        let (one, other) = (Receiver::start(200).await, Receiver::start(200).await);
        let first = endpoint(world, &one.url, "customer.created").await;
        endpoint(world, &other.url, "*").await;
        let customer = world.customer("").await;
        let event = id(&world.get("/v1/events?type=customer.created").await["data"][0]);
        one.wait_for(1).await;
        other.wait_for(1).await;
        let url = format!("/v1/events/{event}/retry");
        assert_eq!(id(&world.post(&url, &[("webhook_endpoint", &first)]).await), event);
        let seen = one.wait_for(2).await;
        assert_eq!((&seen[0].event["id"], &seen[1].event["id"]), (&json!(event), &json!(event)));
        world.post(&url, &[("for_stripecli", "true")]).await;
        one.wait_for(3).await;
        other.wait_for(2).await;
        assert_eq!(other.seen()[1].event["data"]["object"]["id"], json!(customer));
        world.try_post(&url, &[("webhook_endpoint", "we_none")]).await.refused(400, "resource_missing");
        world.try_post("/v1/events/evt_none/retry", &[]).await.refused(404, "resource_missing");
        world.post(&format!("/v1/webhook_endpoints/{first}"), &[("disabled", "true")]).await;
        assert_eq!(world.try_post(&url, &[("webhook_endpoint", &first)]).await.status, 400);
    }

    async fn an_event_that_is_on_its_way_is_sent_again_all_the_same(world) {
        let receiver = Receiver::start(200).await;
        let endpoint = endpoint(world, &receiver.url, "customer.created").await;
        // The answer of the first sending is hardly read when the second one is asked for.
        for number in 0..15 {
            let sent = world.customer("").await;
            receiver.wait_for(2 * number + 1).await;
            let event = id(&world.get("/v1/events?type=customer.created").await["data"][0]);
            world.post(&format!("/v1/events/{event}/retry"), &[("webhook_endpoint", &endpoint)]).await;
            let seen = receiver.wait_for(2 * number + 2).await;
            assert!(seen.iter().rev().take(2).all(|one| one.event["data"]["object"]["id"] == sent.as_str()));
        }
    }

    async fn an_event_that_is_still_owed_is_sent_at_once_when_it_is_sent_again(world) {
        let receiver = Receiver::start(500).await;
        let endpoint = endpoint(world, &receiver.url, "customer.created").await;
        world.customer("").await;
        // After the third try the next one comes 4 s later by itself.
        receiver.wait_for(3).await;
        logged(world, "", 3).await;
        receiver.answer(200);
        let event = id(&world.get("/v1/events?type=customer.created").await["data"][0]);
        world.post(&format!("/v1/events/{event}/retry"), &[("webhook_endpoint", &endpoint)]).await;
        let attempts = logged(world, "", 4).await;
        let pause = attempts[0]["at_ms"].as_i64().unwrap() - attempts[1]["at_ms"].as_i64().unwrap();
        assert!(pause < 3500, "it waited {pause} ms for its turn");
        assert_eq!(attempts[0]["attempt"], 4);
    }

    async fn events_can_be_read_for_thirty_days(world) {
        world.customer("").await;
        let event = id(&world.get("/v1/events").await["data"][0]);
        world.advance(30 * 86_400 - 60).await;
        assert_eq!(world.get(&format!("/v1/events/{event}")).await["id"], json!(event));
        world.advance(61).await;
        world.try_get(&format!("/v1/events/{event}")).await.refused(404, "resource_missing");
        world.try_post(&format!("/v1/events/{event}/retry"), &[]).await.refused(404, "resource_missing");
        assert_eq!(world.get("/v1/events").await["data"], json!([]));
    }

    async fn an_endpoint_asks_only_for_events_that_stripe_has(world) {
        let url = ("url", "http://127.0.0.1:9/");
        let form = [url, ("enabled_events[0]", "customer.created"), ("enabled_events[1]", "customer.creatd")];
        let refused = world.try_post("/v1/webhook_endpoints", &form).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("enabled_events[1]")));
        let message = text(&refused.body["error"]["message"]);
        assert!(message.starts_with("Invalid enabled_events[1]: must be one of *, account.application.authorized, "), "{message}");
        let missing = world.try_post("/v1/webhook_endpoints", &[url]).await;
        assert_eq!(missing.refused(400, "parameter_missing")["param"], "enabled_events");
        let made = world.post("/v1/webhook_endpoints", &[
            url, ("enabled_events[0]", "billing_portal.session.created"), ("description", "mine"), ("metadata[a]", "b"),
            ("api_version", "2025-03-31.basil"),
        ]).await;
        let path = format!("/v1/webhook_endpoints/{}", id(&made));
        let changed = world.post(&path, &[("enabled_events[0]", "*"), ("description", ""), ("metadata[a]", ""), ("disabled", "true")]).await;
        assert_eq!(changed["enabled_events"], json!(["*"]));
        assert_eq!((&changed["description"], &changed["metadata"], &changed["status"]), (&Value::Null, &json!({}), &json!("disabled")));
        assert_eq!(changed["api_version"], "2025-03-31.basil");
        assert!(changed.get("secret").is_none());
        world.try_post(&path, &[("api_version", "2025-03-31.basil")]).await.refused(400, "parameter_unknown");
    }

    async fn disabled_endpoints_do_not_count_among_the_sixteen(world) {
        let mut made = Vec::new();
        for number in 0..16 {
            made.push(endpoint(world, &format!("http://127.0.0.1:9/{number}"), "charge.failed").await);
        }
        let form = [("url", "http://127.0.0.1:9/more"), ("enabled_events[0]", "charge.failed")];
        assert_eq!(world.try_post("/v1/webhook_endpoints", &form).await.status, 400);
        let first = format!("/v1/webhook_endpoints/{}", made[0]);
        world.post(&first, &[("disabled", "true")]).await;
        world.post("/v1/webhook_endpoints", &form).await;
        assert_eq!(world.try_post(&first, &[("disabled", "false")]).await.status, 400, "there would be seventeen");
    }
}
