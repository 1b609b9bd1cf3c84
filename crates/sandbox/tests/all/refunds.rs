//! Refunds: their statuses, their older addresses, and the account's balance.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

async fn pay(world: &World, card: &str, amount: &str) -> Value {
    world
        .post(
            "/v1/payment_intents",
            &[
                ("amount", amount),
                ("currency", "usd"),
                ("payment_method", card),
                ("confirm", "true"),
                ("payment_method_types[]", "card"),
                ("description", "Membership"),
            ],
        )
        .await
}

stories! {
    async fn a_pending_refund_says_why_and_succeeds_later(world) {
        let intent = pay(world, "pm_card_pendingRefund", "1000").await;
        let (refund, events) = world.events_of(world.post("/v1/refunds", &[("payment_intent", &id(&intent)), ("amount", "400")])).await;
        assert_eq!((&refund["status"], &refund["pending_reason"]), (&"pending".into(), &"processing".into()));
        assert_eq!(events, ["refund.created", "charge.refunded"]);
        let (_, events) = world.events_of(world.advance(100)).await;
        saw(&events, &["refund.updated", "charge.refund.updated"]);
        let now = world.get(&format!("/v1/refunds/{}?expand[]=balance_transaction", id(&refund))).await;
        assert_eq!((&now["status"], &now["pending_reason"]), (&"succeeded".into(), &Value::Null));
        let booked = &now["balance_transaction"];
        assert_eq!((&booked["amount"], &booked["description"]), (&(-400).into(), &"REFUND FOR CHARGE (Membership)".into()));
    }

    async fn a_refund_that_fails_is_back_on_the_balance_and_can_be_made_again(world) {
        let intent = pay(world, "pm_card_refundFail", "1000").await;
        let refund = world.post("/v1/refunds", &[("payment_intent", &id(&intent))]).await;
        let charge = text(&refund["charge"]);
        assert_eq!(world.get(&format!("/v1/charges/{charge}")).await["refunded"], true);
        let (_, events) = world.events_of(world.advance(100)).await;
        saw(&events, &["refund.failed", "refund.updated", "charge.refund.updated"]);
        let failed = world.get(&format!("/v1/refunds/{}?expand[]=failure_balance_transaction", id(&refund))).await;
        assert_eq!((&failed["status"], &failed["failure_reason"]), (&"failed".into(), &"unknown".into()));
        assert_eq!((&failed["failure_balance_transaction"]["amount"], &failed["failure_balance_transaction"]["type"]), (&1000.into(), &"refund_failure".into()));
        let now = world.get(&format!("/v1/charges/{charge}")).await;
        assert_eq!((&now["refunded"], &now["amount_refunded"]), (&false.into(), &0.into()));
        assert_eq!(world.post("/v1/refunds", &[("charge", &charge)]).await["amount"], 1000);
    }

    async fn what_cannot_be_refunded_is_refused_in_stripes_words(world) {
        let intent = id(&pay(world, "pm_card_visa", "1000").await);
        let refuse = async |form: &[(&str, &str)]| world.try_post("/v1/refunds", form).await;
        refuse(&[("payment_intent", &intent), ("amount", "0")]).await.refused(400, "parameter_invalid_integer");
        refuse(&[("payment_intent", &intent), ("amount", "-5")]).await.refused(400, "parameter_invalid_integer");
        refuse(&[("charge", "ch_none")]).await.refused(404, "resource_missing");
        refuse(&[("payment_intent", "pi_none")]).await.refused(400, "resource_missing");
        let neither = refuse(&[]).await;
        assert!(text(&neither.body["error"]["message"]).starts_with("One of the following params"), "{}", neither.body);
        assert_eq!(refuse(&[("payment_intent", &intent), ("reason", "expired_uncaptured_charge")]).await.status, 400);
        for unknown in ["refund_application_fee", "reverse_transfer", "instructions_email", "origin"] {
            refuse(&[("payment_intent", &intent), (unknown, "true")]).await.refused(400, "parameter_unknown");
        }
        let unpaid = world.post("/v1/payment_intents", &[("amount", "500"), ("currency", "usd")]).await;
        let without = refuse(&[("payment_intent", &id(&unpaid))]).await;
        assert!(text(&without.body["error"]["message"]).contains("does not have a successful charge"), "{}", without.body);
        let refund = world.post("/v1/refunds", &[("payment_intent", &intent)]).await;
        let cancel = world.try_post(&format!("/v1/refunds/{}/cancel", id(&refund)), &[]).await;
        assert_eq!(cancel.body["error"]["message"], "Canceling this refund is unsupported.");
    }

    async fn the_older_addresses_of_refunds(world) {
        let intent = pay(world, "pm_card_visa", "1000").await;
        let charge = text(&intent["latest_charge"]);
        let url = format!("/v1/charges/{charge}");
        let shown = world.post(&format!("{url}/refund"), &[("amount", "100")]).await;
        assert_eq!((&shown["object"], &shown["amount_refunded"]), (&"charge".into(), &100.into()));
        let refund = world.post(&format!("{url}/refunds"), &[("amount", "200"), ("reason", "duplicate"), ("metadata[a]", "b")]).await;
        assert_eq!((&refund["object"], &refund["reason"], &refund["metadata"]["a"]), (&"refund".into(), &"duplicate".into(), &"b".into()));
        let list = world.get(&format!("{url}/refunds?limit=1")).await;
        assert_eq!((&list["data"][0]["id"], &list["has_more"]), (&refund["id"], &true.into()));
        let one = format!("{url}/refunds/{}", id(&refund));
        assert_eq!(world.get(&one).await["amount"], 200);
        let (changed, events) = world.events_of(world.post(&one, &[("metadata[a]", "c")])).await;
        assert_eq!((&changed["metadata"]["a"], events.as_slice()), (&"c".into(), ["refund.updated", "charge.refund.updated"].map(str::to_owned).as_slice()));
        let (_, events) = world.events_of(world.post(&one, &[("metadata[a]", "c")])).await;
        assert_eq!(events, Vec::<String>::new(), "nothing changed");
        let other = pay(world, "pm_card_visa", "1000").await;
        let foreign = format!("/v1/charges/{}/refunds/{}", text(&other["latest_charge"]), id(&refund));
        world.try_get(&foreign).await.refused(404, "resource_missing");
        // The clock runs: the two refunds need not be of the same second.
        let since = async |second: i64| {
            let list = world.get(&format!("/v1/refunds?charge={charge}&created[gte]={second}")).await;
            list["data"].as_array().unwrap().len()
        };
        let (paid, last) = (shown["created"].as_i64().unwrap(), refund["created"].as_i64().unwrap());
        assert_eq!((since(paid).await, since(last + 1).await), (2, 0));
    }

    async fn the_balance_is_what_its_transactions_say_and_ripens_with_time(world) {
        pay(world, "pm_card_visa", "10000").await;
        let refunded = pay(world, "pm_card_visa", "2000").await;
        world.post("/v1/refunds", &[("payment_intent", &id(&refunded)), ("amount", "500")]).await;
        let instant = pay(world, "pm_card_bypassPending", "1000").await;
        world.advance(10).await;
        let (fees, now) = (320 + 88 + 59, world.get("/v1/balance").await);
        assert_eq!((&now["available"][0]["amount"], &now["pending"][0]["amount"]), (&(1000 - 59).into(), &(10_000 + 1500 - 320 - 88).into()));
        world.advance(8 * 86_400).await;
        let later = world.get("/v1/balance").await;
        assert_eq!((&later["available"][0]["amount"], &later["pending"][0]["amount"]), (&(12_500 - fees).into(), &0.into()));
        let all = world.get("/v1/balance_transactions?limit=100").await;
        let sum: i64 = all["data"].as_array().unwrap().iter().map(|entry| entry["net"].as_i64().unwrap()).sum();
        assert_eq!(sum, 12_500 - fees);
        assert!(all["data"].as_array().unwrap().iter().all(|entry| entry["status"] == "available"));
        let count = async |query: &str| world.get(&format!("/v1/balance_transactions?{query}")).await["data"].as_array().unwrap().len();
        assert_eq!((count("type=refund").await, count("type=payout").await, count("currency=usd").await), (1, 0, 4));
        assert_eq!(count(&format!("source={}", text(&instant["latest_charge"]))).await, 1);
        assert_eq!(count(&format!("created[gt]={}", all["data"][0]["created"])).await, 0);
        let payout = world.try_get("/v1/balance_transactions?payout=po_none").await.refused(400, "resource_missing");
        assert_eq!(payout["param"], "payout");
        assert_eq!(world.get("/v1/balance/history").await["data"], world.get("/v1/balance_transactions").await["data"]);
        assert_eq!(world.get(&format!("/v1/balance/history/{}", id(&all["data"][0]))).await["id"], all["data"][0]["id"]);
        assert_eq!(json!([]), world.get("/v1/balance_transactions?currency=eur").await["data"]);
    }
}
