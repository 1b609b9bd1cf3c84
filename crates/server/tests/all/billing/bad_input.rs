//! What cannot be understood is a 4xx problem with a code, on every route of the document, and changes nothing.

use super::support::{at, backend, buy, deliver_signed, order, paid_now, shop, subscribe};
use serde_json::{Map, Value, json};
use store::{Query as _, args};
use stripe::webhook::sign;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    bodies_that_cannot_be_understood_are_refused_on_every_route,
    values_out_of_range_name_their_field,
    forged_stale_and_oversized_deliveries_are_refused,
    objects_of_others_are_not_found,
    methods_that_a_path_does_not_have_are_refused,
    cursors_and_ids_that_are_none_are_no_failure,
);

const CHANGED: [&str; 10] = [
    "user_subscriptions",
    "subscribe_intents",
    "subscription_changes",
    "token_purchases",
    "token_holds",
    "token_transactions",
    "user_token_balances",
    "usage_windows",
    "usage_days",
    "idempotency_keys",
];

/// How many rows there are of everything that a request could change, and of what is at Stripe.
async fn footprint(app: &App) -> Vec<i64> {
    let mut reader = app.database.db.reader();
    let mut rows = vec![];
    for table in CHANGED {
        let sql = store::db::built(format!("SELECT COUNT(*) FROM {table}"));
        rows.push(reader.one::<(i64,)>(sql, args![]).await.unwrap().0);
    }
    for path in ["customers", "subscriptions", "payment_intents", "setup_intents"] {
        let list = app.stripe().get(&format!("/v1/{path}?limit=100")).await.expect(200);
        rows.push(i64::try_from(list["data"].as_array().unwrap().len()).unwrap());
    }
    rows
}

/// Every route that takes a JSON body: path, and the properties of the body.
fn routes_with_bodies() -> Vec<(String, Map<String, Value>)> {
    let document = serde_json::to_value(server::openapi::document()).unwrap();
    let mut routes = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        let schema = &methods["post"]["requestBody"]["content"]["application/json"]["schema"];
        let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) else { continue };
        if path.starts_with("/api/v1/billing/") {
            let properties = document["components"]["schemas"][name]["properties"].as_object();
            routes.push((path.replace("{id}", "x"), properties.cloned().unwrap_or_default()));
        }
    }
    routes
}

/// A value of each type that the property does not have.
fn wrong_values(property: &Value) -> Vec<Value> {
    let types = property["type"].to_string();
    let candidates = [
        ("string", json!("text")),
        ("integer", json!(1)),
        ("boolean", json!(true)),
        ("array", json!([1])),
        ("object", json!({"a": 1})),
        ("number", json!(1.5)),
    ];
    let wrong = candidates.into_iter().filter(|(kind, _)| !types.contains(kind));
    // What is described elsewhere (an enumeration) is written as text.
    wrong
        .filter(|(kind, _)| property["type"].is_array() || property["type"].is_string() || *kind != "string")
        .map(|(_, value)| value)
        .collect()
}

async fn bodies_that_cannot_be_understood_are_refused_on_every_route(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    let routes = routes_with_bodies();
    let known: Vec<_> = routes.iter().map(|(path, _)| path.trim_start_matches("/api/v1/billing/")).collect();
    for path in [
        "subscribe/",
        "subscribe/preview/",
        "cancel/",
        "resume/",
        "tokens/purchase/",
        "usage/consume/",
        "holds/",
    ] {
        assert!(known.contains(&path), "{path} is not in the document: {known:?}");
    }
    let before = footprint(&app).await;
    for (path, properties) in &routes {
        let caller = if path.contains("/holds/") { &backend } else { &member };
        let send = async |kind: &str, body: &[u8]| caller.key("bad").post_bytes(path, kind, body).await;
        for bytes in [&b"{"[..], b"{\"a\":}", b"\xff\xfe", b"{} {}", "[".repeat(5_000).as_bytes()] {
            send("application/json", bytes).await.problem(400, "invalid_json");
        }
        for body in ["[]", "\"text\"", "5", "null", "{\"unknown\": 1}", "{\"a\\u0000\": 1}"] {
            send("application/json", body.as_bytes()).await.problem(422, "invalid_request");
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            send(kind, b"{\"a\": 1}").await.problem(415, "unsupported_media_type");
        }
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(70_000));
        send("application/json", large.as_bytes()).await.problem(413, "payload_too_large");
        for (name, property) in properties {
            for wrong in wrong_values(property) {
                let body = json!({name: wrong}).to_string();
                let refused = send("application/json", body.as_bytes()).await;
                let refused = refused.problem(422, "invalid_request");
                assert!(refused["errors"][0]["reason"].is_string(), "{path} {body}: {refused:#}");
            }
        }
        let long = caller.key(&"k".repeat(256)).post(path, json!({})).await;
        long.problem(422, "invalid_request");
    }
    assert_eq!(footprint(&app).await, before);
}

async fn values_out_of_range_name_their_field(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let before = footprint(&app).await;
    let plan = |field: &str, value: Value| {
        let mut body = paid_now("pro-learn", "pm_card_visa");
        body[field] = value;
        body
    };
    let cases = [
        ("subscribe/", json!({}), "tier_slug"),
        ("subscribe/", json!({"tier_slug": "pro-learn"}), "billing_period"),
        ("subscribe/", plan("billing_period", json!("weekly")), "billing_period"),
        ("subscribe/", plan("payment_method_id", json!("4242424242424242")), "payment_method_id"),
        ("subscribe/", plan("payment_method_id", json!("pm_../../v1/refunds")), "payment_method_id"),
        (
            "subscribe/",
            plan("payment_method_id", json!(format!("pm_{}", "a".repeat(300)))),
            "payment_method_id",
        ),
        ("subscribe/", plan("currency", json!("dollars")), "currency"),
        ("subscribe/", plan("currency", json!("eur")), "billing_period"),
        ("subscribe/", plan("tier_slug", json!("a\u{0}b")), ""),
        ("tokens/purchase/", json!({}), "package_slug"),
        ("tokens/purchase/", json!({"package_slug": "starter", "currency": "eur"}), "currency"),
        (
            "tokens/purchase/",
            json!({"package_slug": "starter", "payment_method_id": ""}),
            "payment_method_id",
        ),
        ("usage/consume/", json!({"tokens": 0}), "tokens"),
        ("usage/consume/", json!({"tokens": -1}), "tokens"),
        ("usage/consume/", json!({"tokens": 1.5}), "tokens"),
        ("usage/consume/", json!({"tokens": 9_223_372_036_854_775_808_u64}), "tokens"),
        ("usage/consume/", json!({"feature": ""}), "feature"),
        ("usage/consume/", json!({"feature": "x".repeat(61)}), "feature"),
        ("usage/consume/", json!({"feature": "a b"}), "feature"),
        ("cancel/", json!({"at": "yesterday"}), "at"),
        ("cancel/", json!({"reason": "because"}), "reason"),
        ("cancel/", json!({"comment": "x".repeat(501)}), "comment"),
    ];
    for (path, body, field) in cases {
        let refused = member.post(&at(path), body.clone()).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field, "{path} {body}");
    }
    assert_eq!(footprint(&app).await, before);
    // The largest amount there is, is an amount.
    let most = member.post(&at("usage/consume/"), json!({"tokens": i64::MAX})).await;
    most.problem(403, "out_of_tokens");
}

async fn forged_stale_and_oversized_deliveries_are_refused(database: Database) {
    let app = shop(database).await;
    let (secret, now) = (app.running.state.webhook_secrets[0].clone(), testkit::now());
    let stored = async || super::support::count(&app, "SELECT COUNT(*) FROM stripe_events").await;
    super::support::settled(&app).await;
    let before = stored().await;
    let body = "{\"id\": \"evt_1\"}";
    let stale = sign(body.as_bytes(), &secret, now.minus(600_000));
    for signature in ["", "nonsense", "t=,v1=", &stale, &sign(b"other", &secret, now)] {
        deliver_signed(&app, body, signature).await.problem(400, "invalid_signature");
    }
    app.anyone().post(&at("webhooks/stripe/"), json!({})).await.problem(400, "invalid_signature");
    // Rightly signed, and no event.
    for body in ["", "[]", "null", "{\"id\": 5}", "{\"id\": \"evt_1\", \"type\": \"a\"}"] {
        let signature = sign(body.as_bytes(), &secret, now);
        deliver_signed(&app, body, &signature).await.problem(400, "invalid_signature");
    }
    let large = "x".repeat(600_000);
    let signature = sign(large.as_bytes(), &secret, now);
    deliver_signed(&app, &large, &signature).await.problem(413, "payload_too_large");
    assert_eq!(stored().await, before);
}

async fn objects_of_others_are_not_found(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let purchase = buy(&ada, "starter").await;
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    let path = at(&format!("tokens/purchases/{}/", purchase["id"].as_str().unwrap()));
    ada.get(&path).await.expect(200);
    bob.get(&path).await.problem(404, "not_found");
    for path in ["cancel/", "resume/"] {
        bob.post(&at(path), json!({})).await.problem(409, "no_subscription");
    }
    let before = footprint(&app).await;
    // Somebody else's card is no card of Bob's.
    let customer = super::support::customer_of(&app, &ada).await;
    let cards =
        super::support::list(&app, &format!("/v1/payment_methods?type=card&customer={customer}")).await;
    let card = cards[0]["id"].as_str().unwrap();
    let refused = bob.post(&at("subscribe/"), paid_now("pro-learn", card)).await;
    assert_eq!(refused.problem(422, "invalid_request")["errors"][0]["field"], "payment_method_id");
    let refused = order(&bob, "starter", Some(card)).await;
    assert_eq!(refused.problem(422, "invalid_request")["errors"][0]["field"], "payment_method_id");
    let after = footprint(&app).await;
    let at_stripe = CHANGED.len() + 1;
    assert_eq!(
        after[at_stripe..at_stripe + 2],
        before[at_stripe..at_stripe + 2],
        "no subscription, no payment"
    );
    assert_eq!(after[3..6], before[3..6], "no purchase is left");
}

async fn methods_that_a_path_does_not_have_are_refused(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let document = serde_json::to_value(server::openapi::document()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/api/v1/billing/") {
            continue;
        }
        let path = path.replace("{id}", "x");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if methods.get(method.to_lowercase()).is_none() {
                let request = member.request(method.parse().unwrap(), &path);
                member.send(request).await.problem(405, "method_not_allowed");
            }
        }
    }
}

async fn cursors_and_ids_that_are_none_are_no_failure(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let odd = ["x", "%00", "%ff", "ttx_", "'%20OR%201=1", "%F0%9F%92%B3"];
    for id in odd {
        member.get(&at(&format!("tokens/purchases/{id}/"))).await.problem(404, "not_found");
    }
    for path in ["tokens/history/", "subscription/changes/"] {
        for cursor in odd {
            let reply = member.get(&at(&format!("{path}?cursor={cursor}"))).await;
            assert!([200, 422].contains(&reply.status), "{path} {cursor}: {reply:#?}");
        }
        let unknown = member.get(&at(&format!("{path}?limit=5"))).await;
        assert!([200, 422].contains(&unknown.status), "{unknown:#?}");
    }
    stays_usable(&member).await;
}

async fn stays_usable(member: &Client) {
    member.get(&at("tokens/history/")).await.expect(200);
}
