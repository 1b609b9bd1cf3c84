//! Setup intents with their attempts and mandates, and what can be said of a payment method.

use crate::harness::{World, id, saw, text};
use serde_json::{Value, json};

async fn attempts(world: &World, intent: &Value) -> Vec<String> {
    let list = world.get(&format!("/v1/setup_attempts?setup_intent={}", id(intent))).await;
    list["data"].as_array().unwrap().iter().rev().map(|attempt| text(&attempt["status"])).collect()
}

stories! {
    async fn every_try_to_set_up_a_card_is_an_attempt(world) {
        let intent = world.post("/v1/setup_intents", &[("payment_method_types[]", "card"), ("flow_directions[]", "inbound")]).await;
        assert_eq!(attempts(world, &intent).await, Vec::<String>::new());
        let url = format!("/v1/setup_intents/{}", id(&intent));
        let declined = world.try_post(&format!("{url}/confirm"), &[("payment_method", "pm_card_chargeDeclined")]).await;
        assert_eq!(declined.refused(402, "card_declined")["setup_intent"]["status"], "requires_payment_method");
        let asked = world.post(&format!("{url}/confirm"), &[("payment_method", "pm_card_authenticationRequired")]).await;
        assert_eq!((&asked["status"], attempts(world, &intent).await.as_slice()), (&"requires_action".into(), ["failed", "requires_action"].map(str::to_owned).as_slice()));
        world.post(&format!("{url}/3ds"), &[("outcome", "failed")]).await;
        world.post(&format!("{url}/confirm"), &[("payment_method", "pm_card_authenticationRequired")]).await;
        world.post(&format!("{url}/confirm"), &[("payment_method", "pm_card_threeDSecure2Required")]).await;
        let (done, events) = world.events_of(world.post(&format!("{url}/3ds"), &[("outcome", "succeeded")])).await;
        assert_eq!((&done["status"], events.as_slice()), (&"succeeded".into(), ["setup_intent.succeeded".to_owned()].as_slice()));
        assert_eq!(attempts(world, &intent).await, ["failed", "failed", "abandoned", "succeeded"]);
        let read = world.get(&format!("{url}?expand[]=latest_attempt")).await;
        let attempt = &read["latest_attempt"];
        assert_eq!((&attempt["flow_directions"], &attempt["setup_error"]), (&json!(["inbound"]), &Value::Null));
        assert_eq!(attempt["payment_method_details"]["card"]["three_d_secure"]["result"], "authenticated");
        let failed = world.get(&format!("/v1/setup_attempts?setup_intent={}&limit=1&starting_after={}", id(&intent), id(attempt))).await;
        assert_eq!((&failed["data"][0]["status"], &failed["has_more"]), (&"abandoned".into(), &true.into()));
        world.try_get("/v1/setup_attempts").await.refused(400, "parameter_missing");
        world.try_get("/v1/setup_attempts?setup_intent=seti_none").await.refused(400, "resource_missing");
    }

    async fn canceling_gives_an_attempt_up(world) {
        let intent = world.post("/v1/setup_intents", &[("payment_method", "pm_card_authenticationRequired"), ("confirm", "true"), ("use_stripe_sdk", "true")]).await;
        let url = format!("/v1/setup_intents/{}/cancel", id(&intent));
        let (gone, events) = world.events_of(world.post(&url, &[("cancellation_reason", "duplicate")])).await;
        assert_eq!((&gone["status"], events.as_slice()), (&"canceled".into(), ["setup_intent.canceled".to_owned()].as_slice()));
        assert_eq!(attempts(world, &intent).await, ["abandoned"]);
    }

    async fn a_mandate_comes_with_the_card_that_was_set_up(world) {
        let customer = world.customer("").await;
        let accepted = [
            ("customer", customer.as_str()), ("payment_method", "pm_card_visa"), ("confirm", "true"), ("payment_method_types[]", "card"),
            ("mandate_data[customer_acceptance][type]", "offline"), ("mandate_data[customer_acceptance][accepted_at]", "1700000000"),
        ];
        let done = world.post("/v1/setup_intents", &[&accepted[..], &[("expand[]", "mandate")]].concat()).await;
        let mandate = &done["mandate"];
        assert_eq!((&mandate["type"], &mandate["customer_acceptance"]["accepted_at"]), (&"multi_use".into(), &1_700_000_000.into()));
        let once = [("single_use[amount]", "500"), ("single_use[currency]", "usd"), ("expand[]", "single_use_mandate")];
        let done = world.post("/v1/setup_intents", &[&accepted[..], &once[..]].concat()).await;
        assert_eq!((&done["mandate"], &done["single_use_mandate"]["single_use"]), (&Value::Null, &json!({ "amount": 500, "currency": "usd" })));
        let without = [("mandate_data[customer_acceptance][type]", "offline")];
        assert_eq!(world.try_post("/v1/setup_intents", &without).await.status, 400, "it needs confirm");
        assert_eq!(world.try_post("/v1/setup_intents", &[("flow_directions[]", "sideways")]).await.status, 400);
    }

    async fn a_setup_intent_is_changed_until_it_is_done(world) {
        let intent = world.post("/v1/setup_intents", &[("payment_method_types[]", "card"), ("excluded_payment_method_types[]", "klarna")]).await;
        let url = format!("/v1/setup_intents/{}", id(&intent));
        let changed = world.post(&url, &[
            ("description", "later"), ("payment_method_options[card][request_three_d_secure]", "any"), ("payment_method_data[type]", "card"),
            ("payment_method_data[card][token]", "tok_threeDSecureOptional"),
        ]).await;
        assert_eq!((&changed["status"], &changed["excluded_payment_method_types"]), (&"requires_confirmation".into(), &json!(["klarna"])));
        let asked = world.post(&format!("{url}/confirm"), &[]).await;
        assert_eq!(asked["status"], "requires_action", "3D Secure was asked for");
        world.post(&format!("{url}/3ds"), &[("outcome", "succeeded")]).await;
        world.try_post(&url, &[("description", "too late")]).await.refused(400, "setup_intent_unexpected_state");
    }

    async fn a_payment_method_is_changed_and_an_expired_card_is_declined(world) {
        let customer = world.customer("pm_card_visa").await;
        let method = text(&world.get(&format!("/v1/customers/{customer}")).await["invoice_settings"]["default_payment_method"]);
        let url = format!("/v1/payment_methods/{method}");
        let form = [("card[exp_year]", "2040"), ("billing_details[address][postal_code]", "94103"), ("allow_redisplay", "always")];
        let (changed, events) = world.events_of(world.post(&url, &form)).await;
        assert_eq!((&changed["card"]["exp_year"], &changed["allow_redisplay"]), (&2040.into(), &"always".into()));
        saw(&events, &["payment_method.updated"]);
        world.try_post(&url, &[("card[exp_month]", "13")]).await.refused(402, "invalid_expiry_month");
        let listed = async |query: &str| world.get(&format!("/v1/payment_methods?customer={customer}&{query}")).await["data"].as_array().unwrap().len();
        assert_eq!((listed("allow_redisplay=always").await, listed("allow_redisplay=limited").await), (1, 0));
        let scoped = world.get(&format!("/v1/customers/{customer}/payment_methods?allow_redisplay=limited")).await;
        assert_eq!(scoped["data"], json!([]));
        world.post(&url, &[("card[exp_year]", "2020")]).await;
        let pay = [("amount", "500"), ("currency", "usd"), ("customer", &customer), ("payment_method", &method), ("confirm", "true"), ("payment_method_types[]", "card")];
        world.try_post("/v1/payment_intents", &pay).await.refused(402, "expired_card");
        world.post(&url, &[("card[exp_year]", "2041")]).await;
        assert_eq!(world.post("/v1/payment_intents", &pay).await["status"], "succeeded");
    }

    async fn a_co_branded_card_is_charged_on_the_network_that_the_payer_prefers(world) {
        let customer = world.customer("").await;
        let made = world.post("/v1/payment_methods", &[
            ("type", "card"), ("card[number]", "4000002500001001"), ("card[exp_month]", "12"), ("card[exp_year]", "2040"), ("card[cvc]", "123"),
            ("card[networks][preferred]", "cartes_bancaires"), ("billing_details[address][postal_code]", "75001"),
        ]).await;
        let card = &made["card"];
        assert_eq!((&card["brand"], &card["display_brand"], &card["country"]), (&"visa".into(), &"cartes_bancaires".into(), &"FR".into()));
        assert_eq!(card["networks"], json!({ "available": ["visa", "cartes_bancaires"], "preferred": "cartes_bancaires" }));
        assert_eq!((&card["checks"]["address_postal_code_check"], &card["checks"]["address_line1_check"]), (&"pass".into(), &Value::Null));
        let paid = world.post("/v1/payment_intents", &[
            ("amount", "500"), ("currency", "eur"), ("customer", &customer), ("payment_method", &id(&made)), ("confirm", "true"), ("setup_future_usage", "on_session"),
            ("payment_method_types[]", "card"), ("expand[]", "latest_charge"),
        ]).await;
        assert_eq!(paid["latest_charge"]["payment_method_details"]["card"]["network"], "cartes_bancaires");
        let url = format!("/v1/payment_methods/{}", id(&made));
        let undone = world.post(&url, &[("card[networks][preferred]", "")]).await;
        assert_eq!((&undone["card"]["networks"]["preferred"], &undone["card"]["display_brand"]), (&Value::Null, &"visa".into()));
        assert_eq!(world.try_post(&url, &[("card[networks][preferred]", "mastercard")]).await.status, 400);
    }
}
