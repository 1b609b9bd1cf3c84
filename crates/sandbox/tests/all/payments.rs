//! Payment intents, charges and refunds.

use crate::harness::{World, id, saw, text};
use serde_json::Value;

const ONLY_CARDS: [(&str, &str); 3] = [
    ("use_stripe_sdk", "true"),
    ("automatic_payment_methods[enabled]", "true"),
    ("automatic_payment_methods[allow_redirects]", "never"),
];

async fn pay(world: &World, card: &str, more: &[(&str, &str)]) -> crate::harness::Reply {
    let mut form =
        vec![("amount", "500"), ("currency", "usd"), ("payment_method", card), ("confirm", "true")];
    form.extend(ONLY_CARDS);
    form.extend_from_slice(more);
    world.try_post("/v1/payment_intents", &form).await
}

async fn three_ds(world: &World, intent: &Value, outcome: &str) -> Value {
    world.post(&format!("/v1/payment_intents/{}/3ds", id(intent)), &[("outcome", outcome)]).await
}

stories! {
    async fn a_good_card_pays_and_the_money_is_booked_a_moment_later(world) {
        let customer = world.customer("").await;
        let more = [("customer", customer.as_str()), ("metadata[purchase_id]", "pur_1"), ("expand[]", "latest_charge")];
        let (intent, events) = world.events_of(pay(world, "pm_card_visa", &more)).await;
        let intent = intent.ok();
        assert_eq!((&intent["status"], &intent["amount_received"]), (&"succeeded".into(), &500.into()));
        assert_eq!(intent["capture_method"], "automatic_async");
        let charge = &intent["latest_charge"];
        assert_eq!((&charge["paid"], &charge["balance_transaction"]), (&true.into(), &Value::Null));
        assert_eq!(charge["metadata"]["purchase_id"], "pur_1");
        assert_eq!(events, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]);
        let (_, later) = world.events_of(world.advance(10)).await;
        assert_eq!(later, ["charge.updated"]);
        let charge = world.get(&format!("/v1/charges/{}?expand[]=balance_transaction", id(charge))).await;
        assert_eq!(charge["balance_transaction"]["fee"], 45);
        assert_eq!(world.get("/v1/balance").await["pending"][0]["amount"], 455);
    }

    async fn a_declined_payment_is_402_and_leaves_an_intent_that_another_card_can_pay(world) {
        let customer = world.customer("").await;
        let (refused, events) = world.events_of(pay(world, "pm_card_chargeCustomerFail", &[("customer", &customer)])).await;
        let error = refused.refused(402, "card_declined");
        assert_eq!((&error["type"], &error["decline_code"]), (&"card_error".into(), &"generic_decline".into()));
        assert_eq!((&error["advice_code"], &error["network_decline_code"]), (&"try_again_later".into(), &"01".into()));
        let intent = &error["payment_intent"];
        assert_eq!((&intent["status"], &intent["payment_method"]), (&"requires_payment_method".into(), &Value::Null));
        assert_eq!(intent["last_payment_error"]["charge"], error["charge"]);
        assert_eq!(events, ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]);
        let url = format!("/v1/payment_intents/{}/confirm", id(intent));
        let form = [("payment_method", "pm_card_visa"), ("use_stripe_sdk", "true")];
        assert_eq!(world.post(&url, &form).await["status"], "succeeded");
        world.try_post(&url, &form).await.refused(400, "payment_intent_unexpected_state");
    }

    async fn three_d_secure_passed_pays_and_failed_asks_for_another_card(world) {
        let intent = pay(world, "pm_card_threeDSecure2Required", &[]).await.ok();
        assert_eq!((&intent["status"], &intent["next_action"]["type"]), (&"requires_action".into(), &"use_stripe_sdk".into()));
        let (passed, events) = world.events_of(three_ds(world, &intent, "succeeded")).await;
        assert_eq!(passed["status"], "succeeded");
        saw(&events, &["charge.succeeded", "payment_intent.succeeded"]);
        let intent = pay(world, "pm_card_authenticationRequired", &[]).await.ok();
        let failed = three_ds(world, &intent, "failed").await;
        assert_eq!(failed["status"], "requires_payment_method");
        assert_eq!(failed["last_payment_error"]["code"], "payment_intent_authentication_failure");
        let declined = pay(world, "pm_card_threeDSecureRequiredChargeDeclined", &[]).await.ok();
        let declined = three_ds(world, &declined, "succeeded").await;
        assert_eq!(declined["last_payment_error"]["code"], "card_declined");
        let redirect = world.post("/v1/payment_intents", &[
            ("amount", "500"), ("currency", "usd"), ("payment_method", "pm_card_authenticationRequired"), ("confirm", "true"),
            ("return_url", "https://example.com/back"),
        ]).await;
        assert_eq!(redirect["next_action"]["redirect_to_url"]["return_url"], "https://example.com/back");
    }

    async fn off_session_a_card_that_must_be_authenticated_is_declined_unless_it_was_set_up(world) {
        let customer = world.customer("").await;
        let off = [("customer", customer.as_str()), ("off_session", "true")];
        let error = pay(world, "pm_card_authenticationRequired", &off).await.refused(402, "authentication_required");
        assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
        let fresh = world.post("/v1/payment_methods/pm_card_authenticationRequiredOnSetup/attach", &[("customer", &customer)]).await;
        pay(world, &id(&fresh), &off).await.refused(402, "authentication_required");
        let setup = world.post("/v1/setup_intents", &[
            ("customer", &customer), ("payment_method", &id(&fresh)), ("confirm", "true"), ("use_stripe_sdk", "true"),
        ]).await;
        world.post(&format!("/v1/setup_intents/{}/3ds", id(&setup)), &[("outcome", "succeeded")]).await;
        assert_eq!(pay(world, &id(&fresh), &off).await.ok()["status"], "succeeded");
        let without = world.try_post("/v1/payment_intents", &[("amount", "500"), ("currency", "usd"), ("off_session", "true")]).await;
        assert_eq!(without.status, 400, "off_session needs confirm");
    }

    async fn a_card_used_without_being_kept_cannot_be_used_again_and_a_kept_one_can(world) {
        let customer = world.customer("").await;
        let once = world.post("/v1/payment_methods", &[("type", "card"), ("card[token]", "tok_visa")]).await;
        pay(world, &id(&once), &[("customer", &customer)]).await.ok();
        let again = pay(world, &id(&once), &[("customer", &customer)]).await;
        assert!(text(&again.body["error"]["message"]).contains("may not be used again"), "{}", again.body);
        let kept = pay(world, "pm_card_visa", &[("customer", &customer), ("setup_future_usage", "off_session")]).await.ok();
        let method = text(&kept["payment_method"]);
        assert_eq!(pay(world, &method, &[("customer", &customer), ("off_session", "true")]).await.ok()["status"], "succeeded");
        let foreign = pay(world, &method, &[]).await;
        assert_eq!((foreign.status, text(&foreign.body["error"]["param"]).as_str()), (400, "payment_method"));
    }

    async fn an_authorised_amount_is_captured_in_part_or_given_back(world) {
        let held = pay(world, "pm_card_visa", &[("capture_method", "manual")]).await.ok();
        assert_eq!((&held["status"], &held["amount_capturable"]), (&"requires_capture".into(), &500.into()));
        let url = format!("/v1/payment_intents/{}", id(&held));
        let captured = world.post(&format!("{url}/capture"), &[("amount_to_capture", "300")]).await;
        assert_eq!((&captured["status"], &captured["amount_received"]), (&"succeeded".into(), &300.into()));
        let held = pay(world, "pm_card_visa", &[("capture_method", "manual")]).await.ok();
        let url = format!("/v1/payment_intents/{}/cancel", id(&held));
        let (gone, events) = world.events_of(world.post(&url, &[("cancellation_reason", "abandoned")])).await;
        assert_eq!((&gone["status"], &gone["cancellation_reason"]), (&"canceled".into(), &"abandoned".into()));
        saw(&events, &["payment_intent.canceled", "charge.refunded"]);
        world.try_post(&url, &[]).await.refused(400, "payment_intent_unexpected_state");
    }

    async fn redirects_need_a_return_url(world) {
        let form = [("amount", "500"), ("currency", "usd"), ("payment_method", "pm_card_visa"), ("confirm", "true")];
        let refused = world.try_post("/v1/payment_intents", &form).await;
        assert_eq!((refused.status, text(&refused.body["error"]["param"]).as_str()), (400, "return_url"));
    }

    async fn the_browser_confirms_with_the_publishable_key_and_the_secret(world) {
        let intent = world.post("/v1/payment_intents", &[("amount", "500"), ("currency", "usd")]).await;
        assert_eq!(intent["status"], "requires_payment_method");
        let (intent, secret) = (id(&intent), text(&intent["client_secret"]));
        let url = format!("{}/v1/payment_intents/{intent}", world.base);
        let ask = |secret: &str| world.client.get(format!("{url}?client_secret={secret}&key=pk_test_sandbox"));
        assert_eq!(world.call(ask("wrong")).await.status, 400);
        assert_eq!(world.call(ask(&secret)).await.ok()["id"], intent.as_str());
        let confirm = world.client.post(format!("{url}/confirm")).bearer_auth("pk_test_sandbox");
        let form = [
            ("client_secret", secret.as_str()), ("payment_method_data[type]", "card"),
            ("payment_method_data[card][number]", "4242 4242 4242 4242"), ("payment_method_data[card][exp_month]", "12"),
            ("payment_method_data[card][exp_year]", "40"), ("payment_method_data[card][cvc]", "123"),
            ("payment_method_data[billing_details][name]", "Jenny"),
        ];
        assert_eq!(world.call(confirm.form(&form)).await.ok()["status"], "succeeded");
    }

    async fn refunds_add_up_to_the_charge_and_no_further(world) {
        let intent = pay(world, "pm_card_visa", &[]).await.ok();
        let intent = id(&intent);
        let refund = async |amount: &str| world.try_post("/v1/refunds", &[("payment_intent", &intent), ("amount", amount)]).await;
        let (first, events) = world.events_of(refund("200")).await;
        assert_eq!(first.ok()["status"], "succeeded");
        assert_eq!(events, ["refund.created", "charge.refunded"]);
        let too_much = refund("301").await;
        assert!(text(&too_much.body["error"]["message"]).contains("greater than unrefunded amount"), "{}", too_much.body);
        let form = [("payment_intent", intent.as_str()), ("reason", "requested_by_customer"), ("metadata[a]", "b")];
        let rest = world.post("/v1/refunds", &form).await;
        assert_eq!(rest["amount"], 300);
        refund("1").await.refused(400, "charge_already_refunded");
        let list = world.get(&format!("/v1/refunds?payment_intent={intent}&limit=100")).await;
        let sum: i64 = list["data"].as_array().unwrap().iter().map(|refund| refund["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, 500);
        let charge = world.get(&format!("/v1/charges?payment_intent={intent}&expand[]=data.refunds")).await;
        assert_eq!((&charge["data"][0]["refunded"], &charge["data"][0]["amount_refunded"]), (&true.into(), &500.into()));
        assert_eq!(charge["data"][0]["refunds"]["data"].as_array().unwrap().len(), 2);
        let cancel = world.try_post(&format!("/v1/refunds/{}/cancel", id(&rest)), &[]).await;
        assert_eq!(cancel.status, 400);
    }

    async fn a_refund_can_be_pending_first_or_fail_later(world) {
        for (card, first, last) in [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")] {
            let intent = pay(world, card, &[]).await.ok();
            let refund = world.post("/v1/refunds", &[("payment_intent", &id(&intent))]).await;
            assert_eq!(refund["status"], first);
            world.advance(3600).await;
            assert_eq!(world.get(&format!("/v1/refunds/{}", id(&refund))).await["status"], last);
        }
        saw(&world.events().await, &["refund.updated", "refund.failed"]);
    }

    async fn the_old_way_to_charge_still_works(world) {
        let form = [("amount", "500"), ("currency", "usd"), ("source", "tok_visa")];
        let charge = world.post("/v1/charges", &form).await;
        assert_eq!((&charge["status"], &charge["payment_intent"]), (&"succeeded".into(), &Value::Null));
        let form = [("amount", "500"), ("currency", "usd"), ("source", "tok_chargeCustomerFail")];
        let error = world.try_post("/v1/charges", &form).await.refused(402, "card_declined");
        assert_eq!(world.get(&format!("/v1/charges/{}", text(&error["charge"]))).await["status"], "failed");
        let token = world.post("/v1/tokens", &[
            ("card[number]", "5555555555554444"), ("card[exp_month]", "12"), ("card[exp_year]", "2040"), ("card[cvc]", "123"),
        ]).await;
        let form = [("amount", "500"), ("currency", "usd"), ("source", token["id"].as_str().unwrap())];
        world.post("/v1/charges", &form).await;
        world.try_post("/v1/charges", &form).await.refused(400, "token_already_used");
    }
}
