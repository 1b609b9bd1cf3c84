//! Stripe.js: the script and its frames, which pages may call what, confirmation tokens, the page of a redirect.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::harness::{World, id, text};

const ORIGIN: &str = "https://shop.example";

fn asked(world: &World, method: Method, path: &str) -> RequestBuilder {
    world.client.request(method, format!("{}{path}", world.base)).header("origin", ORIGIN)
}

/// The fields with which the browser sends a card for an intent.
fn card(number: &str) -> Vec<(&'static str, String)> {
    vec![
        ("key", "pk_test_sandbox".into()),
        ("payment_method_data[type]", "card".into()),
        ("payment_method_data[card][number]", number.into()),
        ("payment_method_data[card][exp_month]", "12".into()),
        ("payment_method_data[card][exp_year]", "2045".into()),
        ("payment_method_data[card][cvc]", "123".into()),
    ]
}

/// A confirmation token as Stripe.js makes one.
async fn token(world: &World, number: &str, more: &[(&'static str, &str)]) -> Value {
    let mut form = card(number);
    form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    world.call(asked(world, Method::POST, "/v1/confirmation_tokens").form(&form)).await.ok()
}

/// A client that stays where a redirect finds it.
fn standing() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

stories! {
    async fn the_script_is_served_where_an_application_and_where_stripe_has_it(world) {
        for path in ["/stripe.js", "/v3", "/v3/", "/endive/stripe.js"] {
            let script = world.call(asked(world, Method::GET, path)).await;
            assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
            assert!(script.text.contains("window.Stripe = Stripe"), "{path}");
        }
        let frame = world.call(asked(world, Method::GET, "/elements/frame")).await;
        let policy = frame.header("content-security-policy").unwrap();
        assert!(policy.contains("connect-src 'self'") && policy.contains("default-src 'none'"), "{policy}");
        assert!(!frame.text.contains("{now}"), "business time is written into the frame");
        for path in ["/elements/frame.js", "/elements/frame.css", "/elements/challenge.js", "/elements/challenge.css"] {
            assert_eq!(world.call(asked(world, Method::GET, path)).await.status, 200, "{path}");
        }
    }

    async fn a_page_may_call_what_is_open_to_publishable_keys_and_nothing_else(world) {
        let allowed = async |method: &str, path: &str| {
            let request = asked(world, Method::OPTIONS, path).header("access-control-request-method", method);
            let answer = world.call(request.header("access-control-request-headers", "authorization")).await;
            (answer.status, answer.header("access-control-allow-origin").map(str::to_owned))
        };
        for (method, path) in [
            ("POST", "/v1/payment_methods"), ("POST", "/v1/tokens"), ("POST", "/v1/confirmation_tokens"),
            ("GET", "/v1/elements/sessions"), ("GET", "/v1/payment_intents/pi_1"), ("POST", "/v1/payment_intents/pi_1/confirm"),
            ("GET", "/v1/setup_intents/seti_1"), ("POST", "/v1/setup_intents/seti_1/confirm"),
        ] {
            assert_eq!(allowed(method, path).await, (204, Some("*".into())), "{method} {path}");
        }
        for (method, path) in [
            ("GET", "/v1/payment_methods"), ("POST", "/v1/customers"), ("POST", "/v1/payment_intents"),
            ("GET", "/v1/confirmation_tokens/ctoken_1"), ("POST", "/v1/test_helpers/confirmation_tokens"),
            ("POST", "/v1/payment_intents/pi_1/capture"), ("DELETE", "/v1/payment_methods"), ("GET", "/_sandbox/clock"),
        ] {
            assert_eq!(allowed(method, path).await.1, None, "{method} {path}");
        }
        let customers = asked(world, Method::GET, "/v1/customers").bearer_auth(&world.key);
        assert_eq!(world.call(customers).await.header("access-control-allow-origin"), None);
    }

    async fn a_page_can_read_what_went_wrong(world) {
        let wrong = asked(world, Method::POST, "/v1/payment_methods").form(&[("key", "pk_live_wrong"), ("type", "card")]);
        let answer = world.call(wrong).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, Some("*")));
        let rules = serde_json::json!({ "seed": 1, "rules": [{ "target": "request", "share": 1, "status": 503 }] });
        world.call(world.client.post(format!("{}/_sandbox/faults", world.base)).json(&rules)).await.ok();
        let struck = asked(world, Method::GET, "/v1/payment_intents/pi_1?key=pk_test_sandbox");
        let answer = world.call(struck).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, Some("*")));
    }

    async fn a_confirmation_token_carries_what_a_browser_collected_to_one_confirmation(world) {
        let customer = world.customer("").await;
        let collected = [
            ("return_url", "https://shop.example/back"), ("setup_future_usage", "off_session"),
            ("shipping[name]", "Jenny Rosen"), ("shipping[address][line1]", "50 Sprague St"), ("shipping[address][country]", "US"),
        ];
        let token = token(world, "4242424242424242", &collected).await;
        assert_eq!(token["payment_method_preview"]["card"]["last4"], "4242");
        let lifetime = token["expires_at"].as_i64().unwrap() - token["created"].as_i64().unwrap();
        assert_eq!(lifetime, 12 * 3600);
        let form = [
            ("amount", "1099"), ("currency", "usd"), ("customer", customer.as_str()), ("confirm", "true"),
            ("confirmation_token", token["id"].as_str().unwrap()),
        ];
        let intent = world.post("/v1/payment_intents", &form).await;
        assert_eq!((&intent["status"], &intent["setup_future_usage"]), (&"succeeded".into(), &"off_session".into()));
        assert_eq!(intent["shipping"]["name"], "Jenny Rosen");
        let method = world.get(&format!("/v1/payment_methods/{}", text(&intent["payment_method"]))).await;
        assert_eq!(method["customer"], customer.as_str(), "kept, as the token says");
        let used = world.get(&format!("/v1/confirmation_tokens/{}", id(&token))).await;
        assert_eq!(used["payment_intent"], intent["id"]);
        let again = world.try_post("/v1/payment_intents", &form).await;
        assert_eq!((again.status, &again.body["error"]["param"]), (400, &"confirmation_token".into()));
        assert!(text(&again.body["error"]["message"]).contains("already been used"), "{}", again.body);
    }

    async fn a_confirmation_token_confirms_intents_that_exist_and_the_request_has_the_last_word(world) {
        let helper = [("payment_method", "pm_card_visa"), ("setup_future_usage", "on_session")];
        let token = world.post("/v1/test_helpers/confirmation_tokens", &helper).await;
        let intent = world.post("/v1/payment_intents", &[("amount", "1099"), ("currency", "usd")]).await;
        let form = [("confirmation_token", token["id"].as_str().unwrap()), ("setup_future_usage", "off_session")];
        let paid = world.post(&format!("/v1/payment_intents/{}/confirm", id(&intent)), &form).await;
        assert_eq!((&paid["status"], &paid["setup_future_usage"]), (&"succeeded".into(), &"off_session".into()));
        for confirm in [true, false] {
            let token = world.post("/v1/test_helpers/confirmation_tokens", &[("payment_method", "pm_card_mastercard")]).await;
            let named = ("confirmation_token", token["id"].as_str().unwrap());
            let done = if confirm {
                world.post("/v1/setup_intents", &[named, ("confirm", "true")]).await
            } else {
                let intent = world.post("/v1/setup_intents", &[]).await;
                world.post(&format!("/v1/setup_intents/{}/confirm", id(&intent)), &[named]).await
            };
            assert_eq!(done["status"], "succeeded");
            let used = world.get(&format!("/v1/confirmation_tokens/{}", id(&token))).await;
            assert_eq!(used["setup_intent"], done["id"]);
        }
    }

    async fn a_declined_confirmation_has_used_its_token_and_a_refused_one_has_not(world) {
        let declined = token(world, "4000000000000002", &[]).await;
        let named = ("confirmation_token", declined["id"].as_str().unwrap());
        let form = [("amount", "1099"), ("currency", "usd"), ("confirm", "true"), named];
        let error = world.try_post("/v1/payment_intents", &form).await.refused(402, "card_declined");
        let used = world.get(&format!("/v1/confirmation_tokens/{}", id(&declined))).await;
        assert_eq!(used["payment_intent"], error["payment_intent"]["id"]);
        let good = token(world, "4242424242424242", &[]).await;
        let named = ("confirmation_token", good["id"].as_str().unwrap());
        assert_eq!(world.try_post("/v1/payment_intents", &[("amount", "1"), ("currency", "usd"), ("confirm", "true"), named]).await.status, 400);
        let unconfirmed = world.try_post("/v1/payment_intents", &[("amount", "1099"), ("currency", "usd"), named]).await;
        assert_eq!(unconfirmed.body["error"]["param"], "confirmation_token");
        assert_eq!(world.get(&format!("/v1/confirmation_tokens/{}", id(&good))).await["payment_intent"], Value::Null);
        world.try_post("/v1/payment_intents", &[
            ("amount", "1099"), ("currency", "usd"), ("confirm", "true"), ("confirmation_token", "ctoken_none"),
        ]).await.refused(400, "resource_missing");
    }

    async fn a_confirmation_token_expires_after_twelve_hours(world) {
        let token = token(world, "4242424242424242", &[]).await;
        let form = [("amount", "1099"), ("currency", "usd"), ("confirm", "true"), ("confirmation_token", token["id"].as_str().unwrap())];
        world.advance(12 * 3600).await;
        let late = world.try_post("/v1/payment_intents", &form).await;
        assert!(text(&late.body["error"]["message"]).contains("has expired"), "{}", late.body);
    }

    async fn what_a_server_confirms_with_a_token_is_authenticated_by_the_browser(world) {
        let token = token(world, "4000000000003220", &[("return_url", "https://shop.example/back")]).await;
        let form = [("amount", "1099"), ("currency", "usd"), ("confirm", "true"), ("confirmation_token", token["id"].as_str().unwrap())];
        let intent = world.post("/v1/payment_intents", &form).await;
        assert_eq!(intent["next_action"]["type"], "use_stripe_sdk");
    }

    async fn the_page_of_a_redirect_is_served_here_and_leads_back(world) {
        let client = standing();
        for (outcome, status) in [("succeeded", "succeeded"), ("failed", "failed")] {
            let intent = world.post("/v1/payment_intents", &[
                ("amount", "1099"), ("currency", "usd"), ("payment_method", "pm_card_threeDSecure2Required"), ("confirm", "true"),
                ("return_url", "https://shop.example/back?order=7"),
            ]).await;
            let page = text(&intent["next_action"]["redirect_to_url"]["url"]);
            assert!(page.starts_with(&format!("{}/3d_secure_2/hosted?", world.base)), "{page}");
            let shown = world.call(world.client.get(&page)).await;
            assert!(shown.status == 200 && shown.text.contains("$10.99"), "{}", shown.text);
            let answer = client.post(&page).form(&[("outcome", outcome)]).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            let back = answer.headers()["location"].to_str().unwrap();
            let expected = format!(
                "https://shop.example/back?order=7&payment_intent={}&payment_intent_client_secret={}&redirect_status={status}",
                id(&intent), text(&intent["client_secret"]),
            );
            assert_eq!(back, expected);
            assert_eq!(client.post(&page).form(&[("outcome", outcome)]).send().await.unwrap().status(), StatusCode::NOT_FOUND, "once");
        }
    }

    async fn the_page_of_a_redirect_needs_the_intents_secret(world) {
        let intent = world.post("/v1/setup_intents", &[
            ("payment_method", "pm_card_threeDSecure2Required"), ("confirm", "true"), ("return_url", "https://shop.example/back"),
        ]).await;
        let page = text(&intent["next_action"]["redirect_to_url"]["url"]);
        assert_eq!(world.call(world.client.get(&page)).await.status, 200);
        for wrong in [page.replace("_secret_", "_secret_x"), page.replace("pk_test_sandbox", "pk_test_other"), page.replace("publishable_key", "k")] {
            assert_eq!(world.call(world.client.get(&wrong)).await.status, 404, "{wrong}");
        }
    }

    async fn an_elements_session_knows_the_intent_by_its_secret_and_no_other(world) {
        let intent = world.post("/v1/setup_intents", &[]).await;
        let session = async |query: &str| {
            world.call(asked(world, Method::GET, &format!("/v1/elements/sessions?key=pk_test_sandbox&{query}"))).await
        };
        let secret = text(&intent["client_secret"]);
        let known = session(&format!("type=setup_intent&client_secret={secret}")).await.ok();
        assert_eq!(known["setup_intent"]["id"], intent["id"]);
        assert_eq!(session(&format!("type=setup_intent&client_secret={secret}x")).await.status, 400);
        let deferred = "type=deferred_intent&deferred_intent[mode]=payment&deferred_intent[currency]=usd&deferred_intent[amount]";
        assert_eq!(session(&format!("{deferred}=1099")).await.status, 200);
        session(&format!("{deferred}=1")).await.refused(400, "amount_too_small");
    }

    async fn a_token_keeps_its_holders_address(world) {
        let token = world.post("/v1/tokens", &[
            ("card[number]", "4242424242424242"), ("card[exp_month]", "12"), ("card[exp_year]", "2045"), ("card[address_zip]", "12345"),
        ]).await;
        assert_eq!(token["card"]["address_zip"], "12345");
    }
}
