//! Customers and their payment methods.

use crate::harness::{id, saw, text};

stories! {
    async fn a_customer_is_created_read_changed_listed_and_deleted(world) {
        let created = world.post("/v1/customers", &[
            ("email", "jenny@example.com"), ("name", "Jenny"), ("metadata[account_id]", "acc_1"), ("metadata[b]", "2"),
            ("address[country]", "DE"),
        ]).await;
        let customer = id(&created);
        assert_eq!((customer.len(), customer.starts_with("cus_")), (18, true));
        let changed = world.post(&format!("/v1/customers/{customer}"), &[
            ("name", ""), ("metadata[b]", ""), ("metadata[c]", "3"), ("address[city]", "Berlin"),
        ]).await;
        assert!(changed["name"].is_null());
        assert_eq!(changed["metadata"], serde_json::json!({ "account_id": "acc_1", "c": "3" }));
        assert_eq!((text(&changed["address"]["country"]), text(&changed["address"]["city"])), ("DE".into(), "Berlin".into()));
        let cleared = world.post(&format!("/v1/customers/{customer}"), &[("metadata", ""), ("address", "")]).await;
        assert_eq!((&cleared["metadata"], &cleared["address"]), (&serde_json::json!({}), &serde_json::Value::Null));

        world.post("/v1/customers", &[("email", "other@example.com")]).await;
        let found = world.get("/v1/customers?email=jenny%40example.com").await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1);
        assert_eq!(found["data"][0]["id"], customer.as_str());

        let (deleted, events) = world.events_of(world.delete(&format!("/v1/customers/{customer}"))).await;
        assert_eq!(deleted, serde_json::json!({ "id": customer, "object": "customer", "deleted": true }));
        assert_eq!(events, ["customer.deleted"]);
        assert_eq!(world.get(&format!("/v1/customers/{customer}")).await["deleted"], true);
        assert_eq!(world.get("/v1/customers").await["data"].as_array().unwrap().len(), 1);
        world.try_post(&format!("/v1/customers/{customer}"), &[("name", "x")]).await.refused(404, "resource_missing");
        world.try_post("/v1/setup_intents", &[("customer", &customer)]).await.refused(400, "resource_missing");
    }

    async fn what_a_customer_wants_on_invoices_is_on_them(world) {
        let customer = id(&world.post("/v1/customers", &[
            ("invoice_settings[custom_fields][0][name]", "VAT"), ("invoice_settings[custom_fields][0][value]", "DE1"),
            ("invoice_settings[footer]", "Thank you"), ("invoice_settings[rendering_options][amount_tax_display]", "exclude_tax"),
        ]).await);
        let form = [("customer", customer.as_str()), ("currency", "usd")];
        let invoice = world.post("/v1/invoices", &form).await;
        assert_eq!(invoice["custom_fields"], serde_json::json!([{ "name": "VAT", "value": "DE1" }]));
        assert_eq!((&invoice["footer"], &invoice["rendering"]["amount_tax_display"]), (&"Thank you".into(), &"exclude_tax".into()));
        let url = format!("/v1/customers/{customer}");
        let cleared = world.post(&url, &[("invoice_settings[custom_fields]", ""), ("invoice_settings[footer]", "")]).await;
        assert!(cleared["invoice_settings"]["custom_fields"].is_null());
        assert!(world.post("/v1/invoices", &form).await["footer"].is_null());
        for (form, param) in [
            (vec![("invoice_settings[custom_fields][0][name]", "x")], "invoice_settings[custom_fields][0][value]"),
            (vec![("invoice_settings", "")], "invoice_settings"),
            (vec![("shipping[name]", "x")], "shipping[address]"),
            (vec![("phone", "123456789012345678901")], "phone"),
        ] {
            let refused = world.try_post(&url, &form).await;
            assert_eq!((refused.status, text(&refused.body["error"]["param"]).as_str()), (400, param), "{}", refused.body);
        }
    }

    async fn names_locales_and_the_place_for_tax_are_kept_and_shown(world) {
        let customer = world.post("/v1/customers", &[
            ("business_name", "Acme"), ("individual_name", "Jenny"), ("preferred_locales[0]", "de"), ("tax[ip_address]", "10.0.0.1"),
            ("shipping[name]", "Jenny"), ("shipping[address][city]", "Berlin"), ("expand[0]", "tax"),
        ]).await;
        assert_eq!((&customer["business_name"], &customer["tax"]["ip_address"]), (&"Acme".into(), &"10.0.0.1".into()));
        assert_eq!(customer["preferred_locales"], serde_json::json!(["de"]));
        let url = format!("/v1/customers/{}", id(&customer));
        let changed = world.post(&url, &[("business_name", ""), ("tax_exempt", "exempt"), ("preferred_locales", "")]).await;
        assert!(changed.get("business_name").is_none());
        assert_eq!((&changed["individual_name"], &changed["tax_exempt"]), (&"Jenny".into(), &"exempt".into()));
        assert_eq!(world.post(&url, &[("tax_exempt", "")]).await["tax_exempt"], "none");
    }

    async fn an_update_that_changes_nothing_tells_nothing_and_one_that_does_says_what_was_before(world) {
        let customer = id(&world.post("/v1/customers", &[("name", "Jenny")]).await);
        let url = format!("/v1/customers/{customer}");
        let (_, events) = world.events_of(world.post(&url, &[("name", "Jenny")])).await;
        assert_eq!(events, Vec::<String>::new());
        let (_, events) = world.events_of(world.post(&url, &[("name", "Jane"), ("invoice_settings[footer]", "x")])).await;
        assert_eq!(events, ["customer.updated"]);
        let event = &world.get("/v1/events?limit=1").await["data"][0];
        assert_eq!(event["data"]["previous_attributes"], serde_json::json!({
            "name": "Jenny", "invoice_settings": { "footer": null }
        }));
        assert_eq!(event["data"]["object"]["name"], "Jane");
        assert!(text(&event["request"]["id"]).starts_with("req_"));
    }

    async fn a_card_is_attached_made_default_and_detached_for_good(world) {
        let customer = world.customer("pm_card_visa").await;
        let methods = world.get(&format!("/v1/customers/{customer}/payment_methods?type=card&limit=100")).await;
        let card = &methods["data"][0];
        assert_eq!((&card["card"]["brand"], &card["card"]["last4"]), (&"visa".into(), &"4242".into()));
        let method = id(card);
        let url = format!("/v1/payment_methods/{method}");
        world.post(&format!("{url}/attach"), &[("customer", &customer)]).await;
        let (gone, events) = world.events_of(world.post(&format!("{url}/detach"), &[])).await;
        assert!(gone["customer"].is_null());
        saw(&events, &["payment_method.detached", "customer.updated"]);
        let event = world.get("/v1/events?type=payment_method.detached").await;
        assert_eq!(event["data"][0]["data"]["previous_attributes"]["customer"], customer.as_str());
        let again = world.try_post(&format!("{url}/attach"), &[("customer", &customer)]).await;
        assert!(text(&again.body["error"]["message"]).contains("may not be used again"), "{}", again.body);
        let read = world.get(&format!("/v1/customers/{customer}")).await;
        assert!(read["invoice_settings"]["default_payment_method"].is_null());
    }

    async fn all_cards_of_one_number_share_a_fingerprint_within_an_account_and_not_beyond(world) {
        let (one, two) = (world.customer("").await, world.customer("").await);
        let mut prints = Vec::new();
        for customer in [&one, &two] {
            let card = world.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", customer)]).await;
            prints.push((id(&card), text(&card["card"]["fingerprint"])));
        }
        assert_ne!(prints[0].0, prints[1].0, "a token gives a new payment method at each use");
        assert_eq!(prints[0].1, prints[1].1);
        let request = world.client.post(format!("{}/v1/payment_methods", world.base)).bearer_auth("sk_test_other");
        let other = world.call(request.form(&[("type", "card"), ("card[token]", "tok_visa")])).await.ok();
        assert_ne!(text(&other["card"]["fingerprint"]), prints[0].1);
    }

    async fn every_declining_card_is_declined_when_it_is_attached_with_its_own_code(world) {
        let customer = world.customer("").await;
        for (token, code, decline) in [
            ("pm_card_visa_chargeDeclined", "card_declined", Some("generic_decline")),
            ("pm_card_chargeDeclined", "card_declined", Some("generic_decline")),
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", Some("insufficient_funds")),
            ("pm_card_visa_chargeDeclinedLostCard", "card_declined", Some("lost_card")),
            ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", Some("stolen_card")),
            ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", Some("card_velocity_exceeded")),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
            ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
            ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ] {
            let url = format!("/v1/payment_methods/{token}/attach");
            let error = world.try_post(&url, &[("customer", &customer)]).await.refused(402, code);
            assert_eq!(error["type"], "card_error");
            assert_eq!(error.get("decline_code").and_then(|code| code.as_str()), decline, "{token}");
        }
        let list = world.get(&format!("/v1/customers/{customer}/payment_methods")).await;
        assert_eq!(list["data"], serde_json::json!([]));
    }

    async fn numbers_that_are_no_test_cards_are_refused_as_stripe_does(world) {
        let make = async |number: &str, month: &str, year: &str| {
            world.try_post("/v1/payment_methods", &[
                ("type", "card"), ("card[number]", number), ("card[exp_month]", month), ("card[exp_year]", year),
                ("card[cvc]", "123"),
            ]).await
        };
        let made = make("4242424242424242", "12", "2070").await.ok();
        assert_eq!(made["card"]["exp_year"], 2070);
        make("4242424242424241", "12", "2040").await.refused(402, "incorrect_number");
        make("4242424242424242", "13", "2040").await.refused(402, "invalid_expiry_month");
        make("4242424242424242", "12", "2020").await.refused(402, "invalid_expiry_year");
        let live = make("4111111111111111", "12", "2040").await.refused(402, "card_declined");
        assert_eq!(live["decline_code"], "test_mode_live_card");
    }

    async fn a_card_is_set_up_for_later_and_attached_on_the_way(world) {
        let customer = world.customer("").await;
        let form = [
            ("customer", customer.as_str()), ("usage", "off_session"), ("payment_method", "pm_card_visa"), ("confirm", "true"),
            ("use_stripe_sdk", "true"), ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"), ("expand[0]", "payment_method"),
        ];
        let (intent, events) = world.events_of(world.post("/v1/setup_intents", &form)).await;
        assert_eq!((&intent["status"], &intent["payment_method"]["customer"]), (&"succeeded".into(), &customer.as_str().into()));
        assert_eq!(events, ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]);
        let cancel = world.try_post(&format!("/v1/setup_intents/{}/cancel", id(&intent)), &[]).await;
        cancel.refused(400, "setup_intent_unexpected_state");
    }

    async fn a_setup_that_asks_for_3ds_succeeds_or_fails_as_the_payer_decides(world) {
        let customer = world.customer("").await;
        for (outcome, status, event) in [
            ("succeeded", "succeeded", "setup_intent.succeeded"),
            ("failed", "requires_payment_method", "setup_intent.setup_failed"),
        ] {
            let intent = world.post("/v1/setup_intents", &[
                ("customer", &customer), ("payment_method", "pm_card_authenticationRequiredOnSetup"), ("confirm", "true"),
                ("use_stripe_sdk", "true"),
            ]).await;
            assert_eq!((&intent["status"], &intent["next_action"]["type"]), (&"requires_action".into(), &"use_stripe_sdk".into()));
            let url = format!("/v1/setup_intents/{}/3ds", id(&intent));
            let secret = text(&intent["client_secret"]);
            let request = world.client.post(format!("{}{url}", world.base)).bearer_auth("pk_test_sandbox");
            let body = serde_json::json!({ "outcome": outcome, "client_secret": secret });
            let (done, events) = world.events_of(world.call(request.json(&body))).await;
            assert_eq!(done.ok()["status"], status);
            saw(&events, &[event]);
        }
        let declined = world.try_post("/v1/setup_intents", &[
            ("customer", &customer), ("payment_method", "pm_card_chargeDeclined"), ("confirm", "true"), ("use_stripe_sdk", "true"),
        ]).await.refused(402, "card_declined");
        assert_eq!(declined["setup_intent"]["status"], "requires_payment_method");
        assert_eq!(declined["setup_intent"]["last_setup_error"]["code"], "card_declined");
        let read = world.get(&format!("/v1/setup_intents/{}", id(&declined["setup_intent"]))).await;
        assert_eq!(read["last_setup_error"]["decline_code"], "generic_decline");
    }
}
