//! Phase 1: the seeded catalog, and rows that belong together.

use crate::billing::support::{count, overview, quarterly, shop, subscribe};
use serde_json::json;
use store::{Query as _, args};
use testkit::Database;

testkit::on_both_databases!(
    seed_command_creates_4_tiers_correctly,
    seed_command_creates_3_token_packages,
    can_create_usersubscription_for_a_test_user,
    foreign_key_relationships_work_correctly,
);

async fn seed_command_creates_4_tiers_correctly(database: Database) {
    let app = shop(database).await;
    let mut reader = app.database.db.reader();
    let tiers = "SELECT slug, name, stripe_product_id FROM subscription_tiers WHERE active ORDER BY position";
    let tiers = reader.all::<(String, String, Option<String>)>(tiers, args![]).await.unwrap();
    let tiers: Vec<_> = tiers.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_deref())).collect();
    assert_eq!(
        tiers,
        [
            ("free", "Free / Explorer", None),
            ("community-pro", "Community Pro", Some("at_community_pro")),
            ("pro-learn", "Pro Learn", Some("at_pro_learn")),
            ("creator-mentor", "Creator / Mentor", None),
        ]
    );
    let prices = "SELECT lookup_key, amount FROM tier_prices WHERE active ORDER BY slug, amount";
    let prices = reader.all::<(String, i64)>(prices, args![]).await.unwrap();
    let prices: Vec<_> = prices.iter().map(|(key, amount)| (key.as_str(), *amount)).collect();
    assert_eq!(
        prices,
        [
            ("community-pro_monthly_usd", 2_000),
            ("community-pro_quarterly_usd", 5_400),
            ("community-pro_annual_usd", 18_900),
            ("pro-learn_monthly_usd", 3_900),
            ("pro-learn_quarterly_usd", 10_500),
            ("pro-learn_annual_usd", 36_900),
        ]
    );
    let quarterly =
        app.stripe().get("/v1/prices?lookup_keys[0]=community-pro_quarterly_usd").await.expect(200);
    let quarterly = &quarterly["data"][0];
    assert_eq!(
        (&quarterly["unit_amount"], &quarterly["product"]),
        (&json!(5400), &json!("at_community_pro"))
    );
    assert_eq!(quarterly["recurring"]["interval_count"], 3);
}

async fn seed_command_creates_3_token_packages(database: Database) {
    let app = shop(database).await;
    let mut reader = app.database.db.reader();
    let sql = "SELECT p.slug, p.definition, r.amount FROM token_packages p
         JOIN package_prices r ON r.slug = p.slug WHERE p.active AND r.active ORDER BY p.position";
    let rows = reader.all::<(String, String, i64)>(sql, args![]).await.unwrap();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(slug, definition, amount)| {
            let definition: serde_json::Value = serde_json::from_str(&definition).unwrap();
            (slug, definition["tokens"].as_i64(), definition["interactions"].as_i64(), amount)
        })
        .collect();
    let package = |slug: &str, tokens, interactions, amount| {
        (slug.to_owned(), Some(tokens), Some(interactions), amount)
    };
    assert_eq!(
        rows,
        [
            package("starter", 100_000, 65, 500),
            package("booster", 500_000, 330, 2_000),
            package("power", 1_000_000, 650, 3_500),
        ]
    );
}

async fn can_create_usersubscription_for_a_test_user(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    let sql = "SELECT id, account_id, tier_slug, status FROM user_subscriptions WHERE is_primary";
    let row = app.database.db.reader().one::<(String, String, String, String)>(sql, args![]).await.unwrap();
    assert_eq!(
        (row.0.as_str(), row.2.as_str(), row.3.as_str()),
        (made["id"].as_str().unwrap(), "community-pro", "trialing")
    );
    assert_eq!(overview(&member).await["account_id"], row.1);
}

async fn foreign_key_relationships_work_correctly(database: Database) {
    let app = shop(database).await;
    let orphans = [
        "INSERT INTO user_token_balances (account_id, updated_at) VALUES ('acc_nobody', 0)",
        "INSERT INTO tier_prices (stripe_price_id, slug, billing_period, amount, currency, lookup_key,
             created_at) VALUES ('price_x', 'no-such-tier', 'monthly', 1, 'usd', 'x', 0)",
        "INSERT INTO token_transactions (id, account_id, kind, tokens, balance_after, description, created_at)
             VALUES ('ttx_x', 'acc_nobody', 'grant', 1, 1, 'x', 0)",
        "INSERT INTO usage_days (account_id, date, feature, ai_requests, tokens)
             VALUES ('acc_nobody', '2026-01-01', 'x', 1, 0)",
    ];
    for sql in orphans {
        let mut tx = app.database.db.begin().await.unwrap();
        assert!(tx.run(sql, args![]).await.is_err(), "{sql}");
    }
    // And what a member does belongs together.
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    let together = "SELECT COUNT(*) FROM subscription_changes c
         JOIN user_subscriptions s ON s.id = c.user_subscription_id
         JOIN accounts a ON a.id = s.account_id JOIN users u ON u.id = a.owner_user_id
         JOIN tier_prices p ON p.stripe_price_id = s.stripe_price_id
         JOIN subscription_tiers t ON t.slug = p.slug AND t.slug = s.tier_slug";
    assert_eq!(count(&app, together).await, 1);
}
