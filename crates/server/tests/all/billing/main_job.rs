//! The main job, as a new member does it.

use super::support::{
    DAY, at, available, balance, books_agree, buy, consume, list, order, overview, paid_now, quarterly, shop,
    subscribe, wait_for_tokens,
};
use serde_json::json;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    a_member_tries_a_tier_for_seven_days_cancels_keeps_access_and_resumes,
    a_free_member_buys_tokens_and_spends_them_after_the_allowance,
    a_declined_card_is_told_in_plain_words_and_leaves_no_live_subscription,
    a_refund_made_at_stripe_takes_tokens_back_in_proportion_and_leaves_a_debt_for_what_was_spent,
);

async fn a_member_tries_a_tier_for_seven_days_cancels_keeps_access_and_resumes(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let before = overview(&member).await;
    assert_eq!((&before["tier"]["slug"], &before["subscription"]), (&json!("free"), &json!(null)));
    assert_eq!(before["trial_available"], true);

    let answer = member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_visa")).await.expect(201);
    assert_eq!(answer["confirm"], json!(null));
    let made = &answer["subscription"];
    assert_eq!((&made["status"], &made["amount"]), (&json!("trialing"), &json!(5400)));

    let seen = overview(&member).await;
    assert_eq!(seen["tier"], json!({"slug": "community-pro", "name": "Community Pro"}));
    assert_eq!(seen["trial_available"], false);
    let subscription = &seen["subscription"];
    assert_eq!(subscription["trial_end"], subscription["current_period_end"]);
    assert_eq!(subscription["next_payment"], json!({"amount": 5400, "at": subscription["trial_end"]}));
    assert_eq!(subscription["payment_method"]["last4"], "4242");
    let at_stripe =
        list(&app, &format!("/v1/subscriptions?status=all&customer={}", customer(&app).await)).await;
    let days = at_stripe[0]["trial_end"].as_i64().unwrap() - at_stripe[0]["trial_start"].as_i64().unwrap();
    assert_eq!((at_stripe.len(), days), (1, 7 * DAY));

    let canceled = member.post(&at("cancel/"), json!({"reason": "too_expensive"})).await.expect(200);
    let canceled = &canceled["subscription"];
    assert_eq!(canceled["cancel_at"], subscription["trial_end"]);
    assert_eq!((&canceled["status"], &canceled["next_payment"]), (&json!("trialing"), &json!(null)));
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro", "access stays");
    assert_eq!(at_stripe_now(&app, canceled["stripe_subscription_id"].as_str().unwrap()).await, json!(true));

    let resumed = member.post(&at("resume/"), json!({})).await.expect(200);
    assert_eq!(resumed["subscription"]["cancel_at"], json!(null));
    assert_eq!(resumed["subscription"]["next_payment"], subscription["next_payment"]);
    member.post(&at("resume/"), json!({})).await.problem(409, "nothing_to_resume");

    let changes = member.get(&at("subscription/changes/")).await.expect(200);
    let kinds: Vec<_> = changes["data"].as_array().unwrap().iter().map(|change| &change["kind"]).collect();
    assert_eq!(kinds, ["cancellation_undone", "cancellation_scheduled", "trial_started"]);
}

/// The only one there is.
async fn customer(app: &App) -> String {
    list(app, "/v1/customers").await[0]["id"].as_str().unwrap().to_owned()
}

async fn at_stripe_now(app: &App, subscription: &str) -> serde_json::Value {
    let seen = app.stripe().get(&format!("/v1/subscriptions/{subscription}")).await.expect(200);
    seen["cancel_at_period_end"].clone()
}

async fn a_free_member_buys_tokens_and_spends_them_after_the_allowance(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    assert_eq!(available(&member).await, 0);
    let purchase = buy(&member, "starter").await;
    assert_eq!((&purchase["amount"], &purchase["tokens"]), (&json!(500), &json!(100_000)));
    assert_eq!(available(&member).await, 100_000);

    for used in 1..=3 {
        let answer = consume(&member).await.expect(200);
        assert_eq!((&answer["source"], &answer["tokens"]), (&json!("allowance"), &json!(0)));
        assert_eq!(answer["allowance"]["used"], used);
        assert_eq!(answer["balance"]["available"], 100_000);
    }
    let fourth = consume(&member).await.expect(200);
    assert_eq!((&fourth["source"], &fourth["tokens"]), (&json!("tokens"), &json!(1)));
    assert_eq!(fourth["allowance"]["remaining"], 0);
    assert_eq!(available(&member).await, 99_999);

    let history = member.get(&at("tokens/history/")).await.expect(200);
    let rows: Vec<_> = history["data"].as_array().unwrap().iter().map(row).collect();
    assert_eq!(rows, [("usage", -1, 99_999), ("purchase", 100_000, 100_000)]);
    assert_eq!(history["next_cursor"], json!(null));
    books_agree(&app).await;
}

fn row(row: &serde_json::Value) -> (&str, i64, i64) {
    (row["kind"].as_str().unwrap(), row["tokens"].as_i64().unwrap(), row["balance_after"].as_i64().unwrap())
}

async fn a_declined_card_is_told_in_plain_words_and_leaves_no_live_subscription(database: Database) {
    let app = shop(database).await;
    // Refused when it is attached, and when it is charged; with a trial when it is set up.
    for card in ["pm_card_chargeDeclined", "pm_card_chargeCustomerFail"] {
        let member = app.register().await;
        let refused = member.post(&at("subscribe/"), paid_now("pro-learn", card)).await;
        let refused = refused.problem(402, "card_declined");
        assert_eq!(refused["title"], "The card was declined");
        assert_eq!((&refused["detail"], &refused["message"]), (&refused["message"], &refused["detail"]));
        assert_eq!(refused["message"], "Your card was declined.");
        assert_eq!(refused["decline_code"], "generic_decline");
        nothing_is_left(&member).await;
        let again = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
        assert_eq!(again["status"], "active", "another card works at once");
    }
    let member = app.register().await;
    let trial = member.post(&at("subscribe/"), quarterly("community-pro", "pm_card_chargeDeclined")).await;
    trial.problem(402, "card_declined");
    nothing_is_left(&member).await;
    assert_eq!(overview(&member).await["trial_available"], true, "no trial was used up");

    let live = list(&app, "/v1/subscriptions?limit=100").await;
    assert_eq!(live.iter().filter(|seen| seen["status"] == "active").count(), 2, "those with the good card");
    let expired = live.iter().filter(|seen| seen["status"] == "incomplete_expired").count();
    assert_eq!((expired, live.len()), (1, 3), "the one whose first payment was declined has expired");

    let refused = order(&member, "starter", Some("pm_card_chargeDeclined")).await;
    let refused = refused.problem(402, "card_declined");
    assert_eq!(refused["purchase"]["status"], "failed");
    assert_eq!(available(&member).await, 0);
}

async fn nothing_is_left(member: &Client) {
    let seen = overview(member).await;
    assert_eq!((&seen["tier"]["slug"], &seen["subscription"]), (&json!("free"), &json!(null)));
}

async fn a_refund_made_at_stripe_takes_tokens_back_in_proportion_and_leaves_a_debt_for_what_was_spent(
    database: Database,
) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "starter").await;
    let intent = purchase["stripe_payment_intent_id"].as_str().unwrap();
    let path = at(&format!("tokens/purchases/{}/", purchase["id"].as_str().unwrap()));
    // A third of the money: 33,333.3 tokens, rounded up.
    let refund = |amount: &'static str| {
        let (stripe, form) = (app.stripe(), [("payment_intent", intent), ("amount", amount)]);
        async move { stripe.post_form("/v1/refunds", &form).await.expect(200) }
    };
    refund("167").await;
    wait_for_tokens(&member, 100_000 - 33_400).await;
    let seen = member.get(&path).await.expect(200);
    assert_eq!(seen["purchase"]["status"], "partially_refunded");

    let spend = json!({"tokens": 60_000});
    member.post(&at("usage/consume/"), spend).await.expect(200);
    assert_eq!(available(&member).await, 6_600);
    refund("333").await;
    wait_for_tokens(&member, 0).await;
    let after = balance(&member).await;
    assert_eq!((&after["debt"], &after["spent"]), (&json!(60_000), &json!(60_000)), "what was spent is owed");
    assert_eq!(member.get(&path).await.expect(200)["purchase"]["status"], "refunded");
    books_agree(&app).await;

    buy(&member, "starter").await;
    let after = balance(&member).await;
    assert_eq!((&after["available"], &after["debt"]), (&json!(40_000), &json!(0)), "the debt is paid first");
    books_agree(&app).await;
}
