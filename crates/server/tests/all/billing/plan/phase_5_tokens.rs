//! Phase 5: packages, purchases, balances, history.

use crate::billing::support::{
    at, available, balance, books_agree, buy, consume, count, list, order, shop, wait_for_tokens,
};
use serde_json::{Value, json};
use testkit::Database;

testkit::on_both_databases!(
    can_list_token_packages,
    can_get_current_balance_starts_at_0,
    can_purchase_starter_package,
    webhook_grants_tokens_after_payment,
    balance_increases_correctly,
    transaction_history_shows_purchase,
);

async fn can_list_token_packages(database: Database) {
    let app = shop(database).await;
    let packages = app.anyone().get(&at("tokens/packages/")).await.expect(200);
    let package = |slug: &str, name: &str, tokens: i64, interactions: i64, amount: i64| {
        json!({"slug": slug, "name": name, "tokens": tokens, "interactions": interactions, "amount": amount,
            "currency": "usd", "prices": [{"amount": amount, "currency": "usd"}]})
    };
    let expected = json!({"data": [
        package("starter", "Starter", 100_000, 65, 500),
        package("booster", "Booster", 500_000, 330, 2_000),
        package("power", "Power", 1_000_000, 650, 3_500),
    ]});
    assert_eq!(packages, expected);
}

async fn can_get_current_balance_starts_at_0(database: Database) {
    let app = shop(database).await;
    let mut seen = balance(&app.register().await).await;
    let account = seen["account_id"].take();
    assert!(account.as_str().unwrap().starts_with("acc_"), "{account}");
    let zero = json!({"account_id": null, "available": 0, "held": 0, "spent": 0, "purchased": 0, "debt": 0});
    assert_eq!(seen, zero);
}

async fn can_purchase_starter_package(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let answer = order(&member, "starter", Some("pm_card_visa")).await.expect(201);
    let purchase = &answer["purchase"];
    assert_eq!((&answer["confirm"], &purchase["status"]), (&json!(null), &json!("completed")));
    assert_eq!((&purchase["package_slug"], &purchase["currency"]), (&json!("starter"), &json!("usd")));
    let path = at(&format!("tokens/purchases/{}/", purchase["id"].as_str().unwrap()));
    assert_eq!(member.get(&path).await.expect(200)["purchase"], *purchase);
    app.register().await.get(&path).await.problem(404, "not_found");
}

async fn webhook_grants_tokens_after_payment(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    // 3D Secure: paid only when the person has confirmed, which Stripe's event tells.
    let answer = order(&member, "booster", Some("pm_card_authenticationRequired")).await.expect(201);
    assert_eq!(answer["confirm"]["action"], "next_action");
    assert_eq!((answer["purchase"]["status"].as_str(), available(&member).await), (Some("pending"), 0));
    let secret = answer["confirm"]["client_secret"].as_str().unwrap();
    let intent = answer["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    let confirm = [("outcome", "succeeded"), ("client_secret", secret)];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/3ds"), &confirm).await.expect(200);
    wait_for_tokens(&member, 500_000).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_purchases WHERE status = 'completed'").await, 1);
}

async fn balance_increases_correctly(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for (package, tokens) in [("starter", 100_000), ("booster", 600_000), ("power", 1_600_000)] {
        buy(&member, package).await;
        assert_eq!(available(&member).await, tokens);
    }
    let seen = balance(&member).await;
    assert_eq!((&seen["purchased"], &seen["spent"]), (&json!(1_600_000), &json!(0)));
    let charges = list(&app, "/v1/charges").await;
    let paid: i64 = charges.iter().map(|charge| charge["amount"].as_i64().unwrap()).sum();
    assert_eq!((charges.len(), paid), (3, 6_000));
    books_agree(&app).await;
}

async fn transaction_history_shows_purchase(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..55 {
        consume(&member).await.expect(200);
    }
    let first = member.get(&at("tokens/history/")).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = member.get(&at(&format!("tokens/history/?cursor={cursor}"))).await.expect(200);
    let rows = |page: &Value| page["data"].as_array().unwrap().clone();
    assert_eq!((rows(&first).len(), rows(&second).len()), (50, 3));
    assert_eq!(second["next_cursor"], json!(null));
    let all: Vec<_> = [rows(&first), rows(&second)].concat();
    let after: Vec<_> = all.iter().map(|row| row["balance_after"].as_i64().unwrap()).collect();
    assert!(after.windows(2).all(|pair| pair[0] + 1 == pair[1]), "newest first, none twice: {after:?}");
    let purchase = all.last().unwrap();
    assert_eq!((&purchase["kind"], &purchase["tokens"]), (&json!("purchase"), &json!(100_000)));
    assert_eq!((&purchase["description"], &purchase["balance_after"]), (&json!("Starter"), &json!(100_000)));
    let empty = app.register().await.get(&at("tokens/history/")).await.expect(200);
    assert_eq!(empty, json!({"data": [], "next_cursor": null}));
}
