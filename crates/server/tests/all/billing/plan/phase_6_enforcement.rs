//! Phase 6: limits, and what is said when they are hit.

use crate::billing::support::{at, available, buy, consume, quarterly, shop, subscribe};
use serde_json::{Value, json};
use testkit::{Client, Database};

testkit::on_both_databases!(
    free_user_blocked_after_3_ai_uploads,
    free_user_can_exceed_limit_with_purchased_tokens,
    token_consumed_correctly_on_ai_request,
    community_pro_user_has_higher_limits,
    usage_stats_accurate_daily_usage_count,
    graceful_error_messages_when_limits_hit,
    test_case_1_free_user_no_tokens,
    test_case_2_free_user_with_100k_tokens,
    test_case_3_community_pro_user,
);

async fn usage(member: &Client) -> Value {
    member.get(&at("usage/")).await.expect(200)
}

async fn free_user_blocked_after_3_ai_uploads(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let upload = json!({"feature": "ai_upload"});
    for _ in 0..3 {
        member.post(&at("usage/consume/"), upload.clone()).await.expect(200);
    }
    member.post(&at("usage/consume/"), upload).await.problem(403, "out_of_ai_requests");
    // All features share one allowance.
    consume(&member).await.problem(403, "out_of_ai_requests");
}

async fn free_user_can_exceed_limit_with_purchased_tokens(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    consume(&member).await.problem(403, "out_of_ai_requests");
    buy(&member, "starter").await;
    let answer = consume(&member).await.expect(200);
    assert_eq!((&answer["source"], &answer["balance"]["available"]), (&json!("tokens"), &json!(99_999)));
}

async fn token_consumed_correctly_on_ai_request(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    let cost = async |tokens: i64| member.post(&at("usage/consume/"), json!({"tokens": tokens})).await;
    // Larger than what one request of the allowance covers: tokens pay it entirely.
    let large = cost(4_001).await.expect(200);
    assert_eq!((&large["source"], &large["tokens"]), (&json!("tokens"), &json!(4_001)));
    let largest = cost(4_000).await.expect(200);
    assert_eq!((&largest["source"], &largest["tokens"]), (&json!("allowance"), &json!(0)));
    assert_eq!(available(&member).await, 95_999);
    let refused = cost(96_000).await.problem(403, "out_of_tokens");
    assert_eq!(refused["balance"]["available"], 95_999);
    assert_eq!(available(&member).await, 95_999, "nothing was consumed");
    assert_eq!(usage(&member).await["today"], json!({"ai_requests": 2, "tokens": 4_001}));
}

async fn community_pro_user_has_higher_limits(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    assert_eq!(usage(&member).await["allowance"]["limit"], 3);
    consume(&member).await.expect(200);
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    let seen = usage(&member).await;
    assert_eq!((&seen["allowance"]["limit"], &seen["allowance"]["used"]), (&json!(200), &json!(1)));
    let entitled = member.get(&at("entitlements/")).await.expect(200);
    assert_eq!(
        (&entitled["tier_slug"], &entitled["limits"]["projects"]),
        (&json!("community-pro"), &json!(null))
    );
    assert!(entitled["features"].as_array().unwrap().contains(&json!("private_projects")));
}

async fn usage_stats_accurate_daily_usage_count(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..5 {
        consume(&member).await.expect(200);
    }
    app.advance(86_400).await;
    for _ in 0..4 {
        consume(&member).await.expect(200);
    }
    let seen = usage(&member).await;
    assert_eq!(seen["today"], json!({"ai_requests": 4, "tokens": 1}));
    let days = seen["days"].as_array().unwrap();
    let last: Vec<_> = days[28..].iter().map(|day| (&day["ai_requests"], &day["tokens"])).collect();
    assert_eq!((days.len(), last), (30, vec![(&json!(5), &json!(2)), (&json!(4), &json!(1))]));
    assert_eq!((&seen["allowance"]["used"], &seen["allowance"]["remaining"]), (&json!(3), &json!(0)));
    assert_eq!(seen["projection"]["tokens_per_day"], 1);
}

async fn graceful_error_messages_when_limits_hit(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    let refused = consume(&member).await.problem(403, "out_of_ai_requests");
    assert_eq!(refused["title"], "You are out of AI requests");
    assert_eq!(refused["detail"], "Upgrade or buy tokens to go on.");
    assert_eq!(refused["upgrade_to"], "community-pro");
    assert_eq!(refused["balance"], json!({"available": 0, "held": 0}));
    assert_eq!((&refused["allowance"]["limit"], &refused["allowance"]["remaining"]), (&json!(3), &json!(0)));
    assert_eq!(refused["resets_at"], refused["allowance"]["resets_at"]);
    assert!(refused["resets_at"].as_str().unwrap().ends_with("T00:00:00Z"), "{}", refused["resets_at"]);
}

async fn test_case_1_free_user_no_tokens(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    let fourth = consume(&member).await.problem(403, "out_of_ai_requests");
    assert!(fourth["detail"].as_str().unwrap().contains("Upgrade or buy tokens"));
}

async fn test_case_2_free_user_with_100k_tokens(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        assert_eq!(consume(&member).await.expect(200)["source"], "allowance");
    }
    assert_eq!(consume(&member).await.expect(200)["tokens"], 1);
    assert_eq!(available(&member).await, 99_999);
}

async fn test_case_3_community_pro_user(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    for _ in 0..100 {
        assert_eq!(consume(&member).await.expect(200)["source"], "allowance");
    }
    assert_eq!(usage(&member).await["today"], json!({"ai_requests": 100, "tokens": 0}));
}
