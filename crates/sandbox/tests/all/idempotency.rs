//! Idempotency keys.

use crate::harness::{id, text};

stories! {
    async fn the_same_key_gives_the_same_answer_and_one_object(world) {
        let form = [("name", "Jenny")];
        let first = world.keyed("k1", "/v1/customers", &form).await;
        let again = world.keyed("k1", "/v1/customers", &form).await;
        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!(first.text, again.text);
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, Some("true")));
        assert_eq!(first.header("idempotency-key"), Some("k1"));
        assert_eq!(first.header("original-request"), first.header("request-id"));
        assert_eq!(again.header("original-request"), first.header("request-id"));
        assert_ne!(again.header("request-id"), first.header("request-id"));
        assert_eq!(first.header("stripe-should-retry"), Some("false"));
        assert_eq!(world.get("/v1/customers").await["data"].as_array().unwrap().len(), 1);
        assert_eq!(world.get("/v1/events").await["data"][0]["request"]["idempotency_key"], "k1");
    }

    async fn the_same_key_with_other_parameters_or_elsewhere_is_refused(world) {
        world.keyed("k1", "/v1/customers", &[("name", "a")]).await.ok();
        for reply in [
            world.keyed("k1", "/v1/customers", &[("name", "b")]).await,
            world.keyed("k1", "/v1/products", &[("name", "a")]).await,
        ] {
            assert_eq!((reply.status, text(&reply.body["error"]["type"]).as_str()), (400, "idempotency_error"));
        }
    }

    async fn a_decline_is_replayed_and_a_mistake_is_not(world) {
        let customer = world.customer("").await;
        let url = "/v1/payment_methods/pm_card_chargeDeclined/attach";
        let form = [("customer", customer.as_str())];
        let first = world.keyed("k1", url, &form).await;
        let again = world.keyed("k1", url, &form).await;
        assert_eq!((first.status, again.status, again.header("idempotent-replayed")), (402, 402, Some("true")));
        assert_eq!(first.text, again.text);
        let mistake = world.keyed("k2", "/v1/customers", &[("nme", "x")]).await;
        assert_eq!((mistake.status, mistake.header("stripe-should-retry")), (400, None));
        world.keyed("k2", "/v1/customers", &[("name", "x")]).await.ok();
    }

    async fn keys_belong_to_an_account(world) {
        let mine = id(&world.keyed("k1", "/v1/customers", &[]).await.ok());
        let request = world.client.post(format!("{}/v1/customers", world.base)).bearer_auth("sk_test_other");
        let theirs = world.call(request.header("idempotency-key", "k1").form(&[("name", "x")])).await.ok();
        assert_ne!(mine, id(&theirs));
    }

    async fn of_many_at_once_under_one_key_one_works_and_the_others_replay_or_wait(world) {
        let calls = (0..16).map(|_| world.keyed("k1", "/v1/customers", &[("name", "x")]));
        let replies = futures_util::future::join_all(calls).await;
        assert!(replies.iter().any(|reply| reply.status == 200));
        assert!(replies.iter().all(|reply| reply.status == 200 || reply.status == 409), "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status == 409) {
            assert_eq!(text(&reply.body["error"]["code"]), "idempotency_key_in_use");
            assert_eq!(reply.header("stripe-should-retry"), Some("true"));
        }
        assert_eq!(world.get("/v1/customers").await["data"].as_array().unwrap().len(), 1);
    }
}
