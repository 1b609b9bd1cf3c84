//! Payments that are authorised first and captured later, and what an intent carries to its charge.

use crate::harness::{Reply, World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn try_pay(world: &World, card: &str, more: &[(&str, &str)]) -> Reply {
    let mut form = vec![
        ("amount", "5000"),
        ("currency", "usd"),
        ("payment_method", card),
        ("confirm", "true"),
        ("payment_method_types[]", "card"),
        ("expand[]", "latest_charge"),
    ];
    form.extend_from_slice(more);
    world.try_post("/v1/payment_intents", &form).await
}

async fn hold(world: &World, more: &[(&str, &str)]) -> Value {
    let mut form = vec![("capture_method", "manual")];
    form.extend_from_slice(more);
    try_pay(world, "pm_card_visa", &form).await.ok()
}

async fn charge_of(world: &World, intent: &Value) -> Value {
    world.get(&format!("/v1/charges/{}?expand[]=refunds", text(&intent["latest_charge"]["id"]))).await
}

stories! {
    async fn what_is_not_captured_of_a_hold_counts_as_refunded(world) {
        let held = hold(world, &[]).await;
        let charge = &held["latest_charge"];
        assert_eq!((&charge["captured"], &charge["amount_captured"], &charge["balance_transaction"]), (&false.into(), &0.into(), &Value::Null));
        let before = charge["payment_method_details"]["card"]["capture_before"].as_i64().unwrap();
        assert_eq!(before, charge["created"].as_i64().unwrap() + 7 * DAY);
        let url = format!("/v1/payment_intents/{}/capture", id(&held));
        world.try_post(&url, &[("amount_to_capture", "5001")]).await.refused(400, "amount_too_large");
        world.try_post(&url, &[("amount_to_capture", "0")]).await.refused(400, "parameter_invalid_integer");
        assert_eq!(world.try_post(&url, &[("final_capture", "false")]).await.status, 400, "one capture only");
        let form = [("amount_to_capture", "3000"), ("statement_descriptor_suffix", "ORDER 7"), ("metadata[a]", "b")];
        let (captured, events) = world.events_of(world.post(&url, &form)).await;
        assert_eq!((&captured["status"], &captured["amount_received"], &captured["amount_capturable"]), (&"succeeded".into(), &3000.into(), &0.into()));
        saw(&events, &["charge.captured", "payment_intent.succeeded"]);
        let charge = charge_of(world, &held).await;
        assert_eq!((&charge["amount_captured"], &charge["amount_refunded"], &charge["refunded"]), (&3000.into(), &2000.into(), &false.into()));
        assert_eq!(charge["calculated_statement_descriptor"], "SANDBOX* ORDER 7");
        assert!(charge["payment_method_details"]["card"]["capture_before"].is_null());
        let release = &charge["refunds"]["data"][0];
        assert_eq!((&release["amount"], &release["balance_transaction"]), (&2000.into(), &Value::Null));
        let read = world.get(&format!("/v1/balance_transactions?source={}", id(&charge))).await;
        assert_eq!((&read["data"][0]["amount"], &read["data"][0]["fee"]), (&3000.into(), &117.into()));
        let form = [("charge", id(&charge)), ("amount", "3001".into())];
        assert_eq!(world.try_post("/v1/refunds", &form.each_ref().map(|(n, v)| (*n, v.as_str()))).await.status, 400);
        world.post("/v1/refunds", &[("charge", &id(&charge))]).await;
        assert_eq!(charge_of(world, &held).await["refunded"], true);
        world.try_post(&url, &[]).await.refused(400, "payment_intent_unexpected_state");
    }

    async fn a_hold_that_nobody_captures_expires_after_seven_days(world) {
        let held = hold(world, &[]).await;
        world.advance(7 * DAY - 10).await;
        let url = format!("/v1/payment_intents/{}", id(&held));
        assert_eq!(world.get(&url).await["status"], "requires_capture");
        let (_, events) = world.events_of(world.advance(20)).await;
        saw(&events, &["charge.expired", "payment_intent.canceled", "refund.created"]);
        let gone = world.get(&url).await;
        assert_eq!((&gone["status"], &gone["cancellation_reason"], &gone["amount_capturable"]), (&"canceled".into(), &"automatic".into(), &0.into()));
        let charge = charge_of(world, &held).await;
        assert_eq!((&charge["captured"], &charge["refunded"], &charge["amount_refunded"]), (&false.into(), &true.into(), &5000.into()));
        assert_eq!(charge["refunds"]["data"][0]["reason"], "expired_uncaptured_charge");
        assert_eq!(world.get("/v1/balance_transactions").await["data"], json!([]));
        world.try_post(&format!("{url}/capture"), &[]).await.refused(400, "payment_intent_unexpected_state");
    }

    async fn on_a_test_clock_a_hold_and_a_dispute_wait_for_the_clock(world) {
        let start = 1_700_000_000_i64;
        let clock = id(&world.post("/v1/test_helpers/test_clocks", &[("frozen_time", &start.to_string())]).await);
        let customer = id(&world.post("/v1/customers", &[("test_clock", &clock)]).await);
        let held = hold(world, &[("customer", &customer)]).await;
        let disputed = try_pay(world, "pm_card_createDispute", &[("customer", &customer)]).await.ok();
        let inquiry = try_pay(world, "pm_card_createDisputeInquiry", &[("customer", &customer)]).await.ok();
        let read = async |intent: &Value| world.get(&format!("/v1/disputes?payment_intent={}", id(intent))).await["data"][0].clone();
        let url = format!("/v1/disputes/{}", id(&read(&inquiry).await));
        world.post(&url, &[("evidence[uncategorized_text]", "winning_evidence")]).await;
        assert_eq!(world.get(&url).await["status"], "warning_closed", "what takes seconds does not wait");
        world.advance(20 * DAY).await;
        let intent = format!("/v1/payment_intents/{}", id(&held));
        assert_eq!(world.get(&intent).await["status"], "requires_capture");
        assert_eq!(read(&disputed).await["status"], "needs_response");
        let form = [("frozen_time", (start + 10 * DAY).to_string())];
        world.post(&format!("/v1/test_helpers/test_clocks/{clock}/advance"), &form.each_ref().map(|(n, v)| (*n, v.as_str()))).await;
        assert_eq!(world.get(&intent).await["status"], "canceled");
        assert_eq!(read(&disputed).await["status"], "lost");
    }

    async fn a_hold_is_canceled_not_refunded_and_not_increased(world) {
        let held = hold(world, &[("payment_method_options[card][request_incremental_authorization]", "if_available")]).await;
        let (intent, charge) = (id(&held), text(&held["latest_charge"]["id"]));
        let refused = world.try_post("/v1/refunds", &[("charge", &charge)]).await;
        assert!(text(&refused.body["error"]["message"]).contains("You must cancel the PaymentIntent"), "{}", refused.body);
        let url = format!("/v1/payment_intents/{intent}");
        let refused = world.try_post(&format!("{url}/increment_authorization"), &[("amount", "6000")]).await;
        assert!(text(&refused.body["error"]["message"]).contains("not eligible"), "{}", refused.body);
        let capture = world.try_post(&format!("/v1/charges/{charge}/capture"), &[]).await;
        assert_eq!(capture.status, 400, "the intent is to be captured");
        let (gone, events) = world.events_of(world.post(&format!("{url}/cancel"), &[])).await;
        assert_eq!(gone["status"], "canceled");
        assert_eq!(events, ["refund.created", "charge.refunded", "payment_intent.canceled"]);
        world.try_post("/v1/refunds", &[("charge", &charge)]).await.refused(400, "charge_already_refunded");
        let refused = world.try_post(&format!("{url}/increment_authorization"), &[("amount", "6000")]).await;
        refused.refused(400, "payment_intent_unexpected_state");
    }

    async fn the_old_way_to_hold_and_capture(world) {
        let form = [("amount", "5000"), ("currency", "usd"), ("source", "tok_visa"), ("capture", "false"), ("transfer_group", "order_1")];
        let held = world.post("/v1/charges", &form).await;
        assert_eq!((&held["captured"], &held["paid"], &held["status"]), (&false.into(), &true.into(), &"succeeded".into()));
        let url = format!("/v1/charges/{}", id(&held));
        world.try_post(&format!("{url}/capture"), &[("amount", "6000")]).await.refused(400, "amount_too_large");
        let form = [("amount", "2000"), ("receipt_email", "jenny@example.com"), ("statement_descriptor_suffix", "PART")];
        let captured = world.post(&format!("{url}/capture"), &form).await;
        assert_eq!((&captured["amount_captured"], &captured["amount_refunded"]), (&2000.into(), &3000.into()));
        assert_eq!(captured["calculated_statement_descriptor"], "SANDBOX* PART");
        world.try_post(&format!("{url}/capture"), &[]).await.refused(400, "charge_already_captured");
        assert_eq!(world.get("/v1/charges?transfer_group=order_1").await["data"][0]["id"], held["id"]);
        assert_eq!(world.get("/v1/charges?transfer_group=order_2").await["data"], json!([]));
        let late = world.post("/v1/charges", &[("amount", "5000"), ("currency", "usd"), ("source", "tok_visa"), ("capture", "false")]).await;
        world.advance(8 * DAY).await;
        world.try_post(&format!("/v1/charges/{}/capture", id(&late)), &[]).await.refused(400, "charge_expired_for_capture");
        let held = world.post("/v1/charges", &[("amount", "5000"), ("currency", "usd"), ("source", "tok_visa"), ("capture", "false")]).await;
        let given_back = world.post("/v1/refunds", &[("charge", &id(&held)), ("reason", "duplicate")]).await;
        assert_eq!((&given_back["amount"], &given_back["balance_transaction"], &given_back["reason"]), (&5000.into(), &Value::Null, &"duplicate".into()));
    }

    async fn a_charge_carries_what_its_intent_says(world) {
        let customer = world.customer("").await;
        let paid = try_pay(world, "pm_card_visa", &[
            ("customer", &customer), ("description", "Membership"), ("receipt_email", "jenny@example.com"), ("transfer_group", "order_1"),
            ("statement_descriptor_suffix", "PRO"), ("shipping[name]", "Jenny"), ("shipping[address][line1]", "Main Street 1"),
            ("amount_details[tax][total_tax_amount]", "400"), ("amount_details[shipping][amount]", "100"),
            ("payment_details[order_reference]", "order_1"), ("excluded_payment_method_types[]", "klarna"),
        ]).await.ok();
        let charge = &paid["latest_charge"];
        for member in ["description", "receipt_email", "transfer_group", "statement_descriptor_suffix", "shipping", "customer"] {
            assert_eq!(charge[member], paid[member], "{member}");
        }
        assert_eq!(charge["calculated_statement_descriptor"], "SANDBOX* PRO");
        assert_eq!((&paid["amount_details"]["tax"]["total_tax_amount"], &paid["payment_details"]["order_reference"]), (&400.into(), &"order_1".into()));
        assert_eq!(paid["excluded_payment_method_types"], json!(["klarna"]));
        let listed = world.get(&format!("/v1/payment_intents?customer={customer}&created[gte]={}", paid["created"])).await;
        assert_eq!(listed["data"].as_array().unwrap().len(), 1);
        assert_eq!(world.get(&format!("/v1/payment_intents?created[gt]={}", paid["created"])).await["data"], json!([]));
        let url = format!("/v1/payment_intents/{}", id(&paid));
        assert_eq!(world.post(&url, &[("metadata[a]", "b"), ("transfer_group", "order_2")]).await["transfer_group"], "order_2");
        world.try_post(&url, &[("amount", "6000")]).await.refused(400, "payment_intent_unexpected_state");
        let charge_url = format!("/v1/charges/{}", id(charge));
        let (changed, events) = world.events_of(world.post(&charge_url, &[("fraud_details[user_report]", "safe"), ("description", "x")])).await;
        assert_eq!((&changed["fraud_details"]["user_report"], events.as_slice()), (&"safe".into(), ["charge.updated".to_owned()].as_slice()));
        let other = world.customer("").await;
        assert_eq!(world.try_post(&charge_url, &[("customer", &other)]).await.status, 400);
    }

    async fn what_an_intent_cannot_do_is_refused(world) {
        for more in [
            [("excluded_payment_method_types[]", "card")], [("amount_details[tax][total_tax_amount]", "9000")],
            [("amount_details[discount_amount]", "-1")], [("statement_descriptor_suffix", "far too long for a statement")],
            [("statement_descriptor_suffix", "1234")], [("transfer_data[destination]", "acct_1")], [("amount_details[line_items][0][quantity]", "1")],
            [("mandate", "mandate_none")], [("off_session", "sometimes")], [("payment_method_options[card][installments][enabled]", "true")],
        ] {
            assert_eq!(try_pay(world, "pm_card_visa", &more).await.status, 400, "{more:?}");
        }
        let form = [("amount", "500"), ("currency", "usd"), ("off_session", "one_off")];
        assert_eq!(world.try_post("/v1/payment_intents", &form).await.status, 400, "off_session needs confirm");
    }

    async fn off_session_says_why_and_the_option_for_cards_goes_first(world) {
        let customer = world.customer("pm_card_visa").await;
        let asks = [("customer", customer.as_str()), ("off_session", "recurring")];
        try_pay(world, "pm_card_authenticationRequired", &asks).await.refused(402, "authentication_required");
        let not_kept = try_pay(world, "pm_card_visa", &[
            ("customer", &customer), ("setup_future_usage", "off_session"), ("payment_method_options[card][setup_future_usage]", "none"),
        ]).await.ok();
        let method = world.get(&format!("/v1/payment_methods/{}", text(&not_kept["payment_method"]))).await;
        assert_eq!(method["customer"], Value::Null);
        let held = try_pay(world, "pm_card_visa", &[("payment_method_options[card][capture_method]", "manual")]).await.ok();
        assert_eq!((&held["status"], &held["amount_capturable"]), (&"requires_capture".into(), &5000.into()));
    }

    async fn with_manual_confirmation_the_server_confirms_again_after_3d_secure(world) {
        let asked = try_pay(world, "pm_card_threeDSecure2Required", &[("confirmation_method", "manual")]).await.ok();
        assert_eq!(asked["status"], "requires_action");
        let url = format!("/v1/payment_intents/{}", id(&asked));
        let passed = world.post(&format!("{url}/3ds"), &[("outcome", "succeeded")]).await;
        assert_eq!((&passed["status"], &passed["next_action"]), (&"requires_confirmation".into(), &Value::Null));
        let browser = world.client.post(format!("{}{url}/confirm", world.base)).bearer_auth("pk_test_sandbox");
        let refused = world.call(browser.form(&[("client_secret", text(&asked["client_secret"]))])).await;
        assert!(text(&refused.body["error"]["message"]).contains("publishable key"), "{}", refused.body);
        let paid = world.post(&format!("{url}/confirm"), &[("expand[]", "latest_charge")]).await;
        assert_eq!(paid["status"], "succeeded");
        let secure = &paid["latest_charge"]["payment_method_details"]["card"]["three_d_secure"];
        assert_eq!((&secure["result"], &secure["authentication_flow"]), (&"authenticated".into(), &"challenge".into()));
    }

    async fn a_mandate_is_given_with_a_payment_and_named_in_its_charge(world) {
        let customer = world.customer("").await;
        let paid = try_pay(world, "pm_card_visa", &[
            ("customer", &customer), ("setup_future_usage", "off_session"), ("mandate_data[customer_acceptance][type]", "online"),
            ("mandate_data[customer_acceptance][online][ip_address]", "127.0.0.1"), ("mandate_data[customer_acceptance][online][user_agent]", "test"),
        ]).await.ok();
        let given = text(&paid["latest_charge"]["payment_method_details"]["card"]["mandate"]);
        let mandate = world.get(&format!("/v1/mandates/{given}")).await;
        assert_eq!((&mandate["status"], &mandate["type"], &mandate["payment_method"]), (&"active".into(), &"multi_use".into(), &paid["payment_method"]));
        let method = text(&paid["payment_method"]);
        let again = try_pay(world, &method, &[("customer", &customer), ("off_session", "true"), ("mandate", &given)]).await.ok();
        assert_eq!(again["latest_charge"]["payment_method_details"]["card"]["mandate"], given);
        let half = [("mandate_data[customer_acceptance][type]", "online")];
        try_pay(world, "pm_card_visa", &half).await.refused(400, "parameter_missing");
        let (_, events) = world.events_of(world.post(&format!("/v1/payment_methods/{method}/detach"), &[])).await;
        saw(&events, &["payment_method.detached", "mandate.updated"]);
        assert_eq!(world.get(&format!("/v1/mandates/{given}")).await["status"], "inactive");
    }
}
