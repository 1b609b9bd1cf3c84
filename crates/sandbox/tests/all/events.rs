//! Events and their delivery.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::harness::receiver::Receiver;
use crate::harness::{id, text, until};

fn signed(secret: &str, signature: &str, body: &str) -> bool {
    let part = |name: &str| signature.split(',').find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.{body}", part("t=")).as_bytes());
    hex::encode(mac.finalize().into_bytes()) == part("v1=")
}

stories! {
    async fn an_endpoint_is_told_what_it_wants_signed_and_in_its_version(world) {
        let receiver = Receiver::start(200).await;
        let endpoint = world.post("/v1/webhook_endpoints", &[
            ("url", receiver.url.as_str()), ("api_version", "2026-05-27.dahlia"), ("enabled_events[]", "customer.created"),
            ("enabled_events[]", "customer.deleted"), ("metadata[allthrive]", "1"),
        ]).await;
        let secret = text(&endpoint["secret"]);
        assert!(secret.starts_with("whsec_"));
        let url = format!("/v1/webhook_endpoints/{}", id(&endpoint));
        assert!(world.get(&url).await.get("secret").is_none(), "the secret is shown once");
        let customer = world.customer("pm_card_visa").await;
        world.delete(&format!("/v1/customers/{customer}")).await;
        let seen = receiver.wait_for(2).await;
        let mut types: Vec<String> = seen.iter().map(|delivery| text(&delivery.event["type"])).collect();
        types.sort();
        assert_eq!(types, ["customer.created", "customer.deleted"]);
        assert!(seen.iter().all(|delivery| signed(&secret, &delivery.signature, &delivery.body)));
        assert_eq!(seen[0].event["api_version"], "2026-05-27.dahlia");
        world.post(&url, &[("disabled", "true")]).await;
        world.customer("").await;
        assert_eq!(world.delete(&url).await["deleted"], true);
        assert_eq!(world.get("/v1/webhook_endpoints?limit=100").await["data"], json!([]));
        assert_eq!(receiver.seen().len(), 2);
    }

    async fn a_delivery_that_is_not_taken_is_tried_again_until_it_is(world) {
        let receiver = Receiver::start(500).await;
        world.post("/v1/webhook_endpoints", &[("url", &receiver.url), ("enabled_events[0]", "*")]).await;
        world.customer("").await;
        receiver.wait_for(1).await;
        let waiting = world.get("/v1/events?delivery_success=false").await;
        assert_eq!(waiting["data"][0]["pending_webhooks"], 1);
        receiver.answer(302);
        receiver.wait_for(2).await;
        receiver.answer(204);
        let seen = receiver.wait_for(3).await;
        assert!(seen.iter().all(|delivery| delivery.event["id"] == seen[0].event["id"]));
        until("no event is pending", async || {
            let waiting = world.get("/v1/events?delivery_success=false").await;
            (waiting["data"] == json!([])).then_some(())
        })
        .await;
    }

    async fn there_are_at_most_sixteen_endpoints_and_bad_ones_are_refused(world) {
        for number in 0..16 {
            let url = format!("http://127.0.0.1:1/{number}");
            world.post("/v1/webhook_endpoints", &[("url", &url), ("enabled_events[0]", "charge.failed")]).await;
        }
        let full = world.try_post("/v1/webhook_endpoints", &[("url", "http://127.0.0.1:1/x"), ("enabled_events[0]", "*")]).await;
        assert_eq!(full.status, 400);
        for form in [
            [("url", "nonsense"), ("enabled_events[0]", "*")],
            [("url", "http://127.0.0.1:1/"), ("enabled_events[0]", "nonsense")],
            [("url", "http://127.0.0.1:1/"), ("api_version", "2001-01-01")],
        ] {
            assert_eq!(world.try_post("/v1/webhook_endpoints", &form).await.status, 400);
        }
    }

    async fn events_are_found_by_type_by_time_and_one_by_one(world) {
        world.customer("pm_card_visa").await;
        world.price(2000, "month", 1).await;
        let some = world.get("/v1/events?types[0]=price.created&types[1]=product.created&limit=100").await;
        assert_eq!(some["data"].as_array().unwrap().len(), 2);
        let all = world.get("/v1/events?type=customer.*").await;
        assert!(all["data"].as_array().unwrap().len() >= 2);
        let one = world.get(&format!("/v1/events/{}", id(&some["data"][0]))).await;
        assert_eq!(one["type"], "price.created");
        let later = world.now().await + 100;
        assert_eq!(world.get(&format!("/v1/events?created[gte]={later}")).await["data"], json!([]));
    }
}
