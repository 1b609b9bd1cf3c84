//! The table of test cards: each does what Stripe's testing page says.

use crate::harness::{Reply, World, id, text};
use serde_json::{Value, json};

async fn pay(world: &World, method: &str, more: &[(&str, &str)]) -> Reply {
    let mut form = vec![
        ("amount", "5000"),
        ("currency", "usd"),
        ("payment_method", method),
        ("confirm", "true"),
        ("payment_method_types[]", "card"),
        ("expand[]", "latest_charge"),
    ];
    form.extend_from_slice(more);
    world.try_post("/v1/payment_intents", &form).await
}

async fn of_number(world: &World, number: &str, more: &[(&str, &str)]) -> Reply {
    let mut form = vec![
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    form.extend_from_slice(more);
    world.try_post("/v1/payment_methods", &form).await
}

stories! {
    async fn good_cards_have_their_brand_country_and_funding(world) {
        for (number, brand, country, funding) in [
            ("4242424242424242", "visa", "US", "credit"), ("4000056655665556", "visa", "US", "debit"), ("5555555555554444", "mastercard", "US", "credit"),
            ("2223003122003222", "mastercard", "US", "credit"), ("5200828282828210", "mastercard", "US", "debit"), ("5105105105105100", "mastercard", "US", "prepaid"),
            ("378282246310005", "amex", "US", "credit"), ("371449635398431", "amex", "US", "credit"), ("6011111111111117", "discover", "US", "credit"),
            ("6011981111111113", "discover", "US", "debit"), ("3056930009020004", "diners", "US", "credit"), ("36227206271667", "diners", "US", "credit"),
            ("3566002020360505", "jcb", "JP", "credit"), ("6200000000000005", "unionpay", "CN", "credit"), ("6205500000000000004", "unionpay", "CN", "credit"),
            ("4000000760000002", "visa", "BR", "credit"), ("4000058260000005", "visa", "GB", "debit"), ("5555558265554449", "mastercard", "GB", "credit"),
            ("4000006820000007", "visa", "SA", "credit"), ("4000057640000008", "visa", "TH", "debit"),
        ] {
            let made = of_number(world, number, &[]).await.ok();
            let card = &made["card"];
            assert_eq!((&card["brand"], &card["country"], &card["funding"]), (&brand.into(), &country.into(), &funding.into()), "{number}");
            assert_eq!(pay(world, &id(&made), &[]).await.ok()["status"], "succeeded", "{number}");
        }
    }

    async fn a_card_by_name_is_the_card_of_its_country(world) {
        for country in ["ar", "br", "ca", "mx", "at", "be", "bg", "cz", "de", "dk", "es", "fi", "fr", "gb", "gr", "hu", "ie", "it", "nl", "no", "pl", "pt", "ro", "se", "ch", "au", "cn", "hk", "in", "jp", "my", "nz", "sg", "tw"] {
            let charge = world.post("/v1/charges", &[("amount", "5000"), ("currency", "usd"), ("source", &format!("tok_{country}"))]).await;
            assert_eq!(charge["payment_method_details"]["card"]["country"], country.to_uppercase(), "{country}");
        }
        let customer = world.customer("pm_card_visa_debit_eftposAuCoBranded").await;
        let card = &world.get(&format!("/v1/customers/{customer}/payment_methods")).await["data"][0]["card"];
        assert_eq!((&card["networks"]["available"], &card["country"]), (&json!(["visa", "eftpos_au"]), &"AU".into()));
        world.try_post("/v1/payment_methods/pm_card_nonsense/attach", &[("customer", &customer)]).await.refused(404, "resource_missing");
    }

    async fn declines_have_their_codes(world) {
        let customer = world.customer("").await;
        for (name, code, decline) in [
            ("visa_chargeDeclined", "card_declined", Some("generic_decline")), ("visa_chargeDeclinedInsufficientFunds", "card_declined", Some("insufficient_funds")),
            ("visa_chargeDeclinedLostCard", "card_declined", Some("lost_card")), ("visa_chargeDeclinedStolenCard", "card_declined", Some("stolen_card")),
            ("chargeDeclinedExpiredCard", "expired_card", None), ("chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
            ("chargeDeclinedProcessingError", "processing_error", None), ("visa_chargeDeclinedVelocityLimitExceeded", "card_declined", Some("card_velocity_exceeded")),
        ] {
            let error = pay(world, &format!("pm_card_{name}"), &[]).await.refused(402, code);
            assert_eq!(error["decline_code"].as_str(), decline, "{name}");
            let charge = world.get(&format!("/v1/charges/{}", text(&error["charge"]))).await;
            assert_eq!((&charge["failure_code"], &charge["outcome"]["type"]), (&code.into(), &"issuer_declined".into()), "{name}");
            let attached = world.try_post(&format!("/v1/payment_methods/pm_card_{name}/attach"), &[("customer", &customer)]).await;
            attached.refused(402, code);
        }
        for (number, code) in [("4242424242424241", "incorrect_number"), ("4111111111111111", "card_declined")] {
            of_number(world, number, &[]).await.refused(402, code);
        }
        for (wrong, code) in [(("card[exp_month]", "13"), "invalid_expiry_month"), (("card[exp_year]", "95"), "invalid_expiry_year"), (("card[cvc]", "99"), "invalid_cvc")] {
            of_number(world, "4242424242424242", &[wrong]).await.refused(402, code);
        }
    }

    async fn radar_blocks_the_highest_risk_and_lets_the_rest_pass(world) {
        for name in ["radarBlock", "riskLevelHighest"] {
            let error = pay(world, &format!("pm_card_{name}"), &[]).await.refused(402, "card_declined");
            assert_eq!((&error["decline_code"], &error["network_decline_code"]), (&"fraudulent".into(), &Value::Null));
            let outcome = &world.get(&format!("/v1/charges/{}", text(&error["charge"]))).await["outcome"];
            assert_eq!((&outcome["type"], &outcome["network_status"], &outcome["risk_level"]), (&"blocked".into(), &"not_sent_to_network".into(), &"highest".into()));
        }
        let paid = pay(world, "pm_card_riskLevelElevated", &[]).await.ok();
        assert_eq!((&paid["latest_charge"]["outcome"]["risk_level"], &paid["latest_charge"]["outcome"]["type"]), (&"elevated".into(), &"authorized".into()));
        for name in ["highFraudDisputeScore", "highEfwScore", "radarDynamicRiskThreshold", "freeTrialAbuseBlock", "adaptive3dsChallenge"] {
            assert_eq!(pay(world, &format!("pm_card_{name}"), &[]).await.ok()["status"], "succeeded", "{name}");
        }
    }

    async fn checks_fail_for_what_is_given_and_are_skipped_without_it(world) {
        let address = [("billing_details[address][line1]", "Main Street 1"), ("billing_details[address][postal_code]", "94103")];
        for (number, cvc, line1, zip) in [
            ("4000000000000101", "fail", "pass", "pass"), ("4000000000000036", "pass", "pass", "fail"), ("4000000000000028", "pass", "fail", "pass"),
            ("4000000000000010", "pass", "fail", "fail"), ("4000000000000044", "pass", "unavailable", "unavailable"), ("4000058400307872", "fail", "pass", "pass"),
        ] {
            let checks = &of_number(world, number, &address).await.ok()["card"]["checks"];
            assert_eq!(checks, &json!({ "address_line1_check": line1, "address_postal_code_check": zip, "cvc_check": cvc }), "{number}");
            let checks = &of_number(world, number, &[]).await.ok()["card"]["checks"];
            assert_eq!(checks, &json!({ "address_line1_check": null, "address_postal_code_check": null, "cvc_check": cvc }), "{number}");
        }
        let paid = pay(world, "pm_card_avsZipFail", &[]).await.ok();
        assert_eq!(paid["latest_charge"]["payment_method_details"]["card"]["checks"]["address_postal_code_check"], "fail");
    }

    async fn three_d_secure_is_required_optional_impossible_or_broken(world) {
        let any = [("payment_method_options[card][request_three_d_secure]", "any")];
        for (name, plain, asked, result) in [
            ("threeDSecure2Required", "requires_action", "requires_action", None), ("threeDSecureOptional", "succeeded", "requires_action", None),
            ("visa", "succeeded", "succeeded", Some("attempt_acknowledged")), ("amex_threeDSecureNotSupported", "succeeded", "succeeded", None),
            ("authenticationRequired", "requires_action", "requires_action", None),
        ] {
            let name = format!("pm_card_{name}");
            assert_eq!(pay(world, &name, &[]).await.ok()["status"], plain, "{name}");
            let intent = pay(world, &name, &any).await.ok();
            let secure = &intent["latest_charge"]["payment_method_details"]["card"]["three_d_secure"]["result"];
            assert_eq!((&intent["status"], secure.as_str()), (&asked.into(), result), "{name}");
        }
        pay(world, "pm_card_threeDSecureRequiredProcessingError", &[]).await.refused(402, "card_declined");
        assert_eq!(pay(world, "pm_card_threeDSecureOptionalProcessingError", &[]).await.ok()["status"], "succeeded");
        pay(world, "pm_card_threeDSecureOptionalProcessingError", &any).await.refused(402, "card_declined");
        let smooth = of_number(world, "4000000032200000", &[]).await.ok();
        let secure = &pay(world, &id(&smooth), &[]).await.ok()["latest_charge"]["payment_method_details"]["card"]["three_d_secure"];
        assert_eq!((&secure["authentication_flow"], &secure["result"]), (&"frictionless".into(), &"authenticated".into()));
        let plain = pay(world, "pm_card_visa", &[]).await.ok();
        assert_eq!(plain["latest_charge"]["payment_method_details"]["card"]["three_d_secure"], Value::Null);
    }
}
