//! To what members say yes: recorded with what they bought, and required where the catalog says so.

use super::support::{at, count, order, overview, paid_now, seeded, shop, subscribe};
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Database};

testkit::on_both_databases!(
    a_consent_is_recorded_with_what_was_bought,
    without_the_required_consent_nothing_is_sold,
    a_consent_is_never_changed,
);

/// Kind, version and what was shown, oldest first.
async fn recorded(app: &App) -> Vec<(String, String, Value)> {
    let sql = "SELECT kind, version, shown FROM consents ORDER BY id";
    let rows = app.database.db.reader().all::<(String, String, String)>(sql, args![]).await.unwrap();
    rows.into_iter().map(|(kind, version, shown)| (kind, version, shown.parse().unwrap())).collect()
}

async fn a_consent_is_recorded_with_what_was_bought(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let mut wish = paid_now("pro-learn", "pm_card_visa");
    wish["consent"] = json!({"terms": true, "renewal": true});
    member.post(&at("subscribe/preview/"), wish.clone()).await.expect(200);
    assert_eq!(recorded(&app).await, [], "a preview is no purchase");
    let member = member.key("once");
    subscribe(&member, wish.clone()).await;
    member.post(&at("subscribe/"), wish).await.expect(201);
    let shown = json!({"tier": "pro-learn", "billing_period": "quarterly", "amount": 10_500, "currency": "usd",
        "trial_days": 0, "promotion_code": null});
    let of = |kind: &str, shown: &Value| (kind.to_owned(), "1".to_owned(), shown.clone());
    assert_eq!(recorded(&app).await, [of("terms", &shown), of("renewal", &shown)]);
    let order =
        json!({"package_slug": "starter", "payment_method_id": "pm_card_visa", "consent": {"terms": true}});
    member.post(&at("tokens/purchase/"), order).await.expect(201);
    let shown = json!({"package": "starter", "tokens": 100_000, "amount": 500, "currency": "usd"});
    assert_eq!(recorded(&app).await[2..], [of("terms", &shown)]);
    let from_here = "SELECT CAST(COUNT(*) AS BIGINT) FROM consents WHERE LENGTH(address_hash) = 64";
    assert_eq!(count(&app, from_here).await, 3);
    super::support::order(&member.key("without"), "starter", Some("pm_card_visa")).await.expect(201);
    assert_eq!(recorded(&app).await.len(), 3, "who was not asked said nothing");
}

async fn without_the_required_consent_nothing_is_sold(database: Database) {
    let catalog = include_str!("../../../../../catalog.toml").replace("required = false", "required = true");
    let path = database.folder().join("catalog.toml");
    std::fs::write(&path, catalog.replace("terms_version = \"1\"", "terms_version = \"2031-01\"")).unwrap();
    let app = seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await;
    let config = app.anyone().get(&at("config/")).await.expect(200);
    assert_eq!(config["consent"], json!({"required": true, "terms_version": "2031-01"}));
    let member = app.register().await;
    for consent in [json!(null), json!({}), json!({"terms": true}), json!({"renewal": true})] {
        let mut wish = paid_now("pro-learn", "pm_card_visa");
        wish["consent"] = consent;
        let refused = member.post(&at("subscribe/"), wish).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], "consent");
    }
    let refused = order(&member, "starter", Some("pm_card_visa")).await.problem(422, "invalid_request");
    assert_eq!(refused["errors"][0], json!({"field": "consent", "reason": "`terms` must be agreed to"}));
    assert_eq!(overview(&member).await["subscription"], json!(null));
    assert_eq!(recorded(&app).await, []);
    let mut wish = paid_now("pro-learn", "pm_card_visa");
    wish["consent"] = json!({"terms": true, "renewal": true});
    assert_eq!(subscribe(&member, wish).await["status"], "active");
    assert_eq!(recorded(&app).await[0].1, "2031-01");
}

async fn a_consent_is_never_changed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let mut wish = paid_now("pro-learn", "pm_card_visa");
    wish["consent"] = json!({"terms": true, "renewal": true});
    subscribe(&member, wish).await;
    for sql in ["UPDATE consents SET version = '2'", "DELETE FROM consents"] {
        let mut tx = app.database.db.begin().await.unwrap();
        let refused = tx.run(sql, args![]).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    assert_eq!(recorded(&app).await.len(), 2);
}
