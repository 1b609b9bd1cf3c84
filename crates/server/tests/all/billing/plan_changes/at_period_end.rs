//! Changes at the end of the period: scheduled, undone, replaced, and carried out.

use super::super::support::{
    DAY, at, list, overview, paid_now, quarterly, settled, shop, subscribe, wait_for_subscription,
};
use super::{accept, kinds, paid, promise, subscriber, to, update, use_card};
use serde_json::json;
use testkit::{App, Database};

testkit::on_both_databases!(
    a_downgrade_waits_for_the_period_end_and_lets_go_of_its_schedule,
    a_downgrade_can_be_undone_before_it_happens,
    a_shorter_period_waits_for_the_period_end,
    a_downgrade_over_another_replaces_it,
    during_a_trial_a_shorter_period_waits_for_its_end,
    free_is_a_cancellation,
    what_is_scheduled_stays_when_a_cancellation_fails,
    what_is_scheduled_does_not_come_back_over_a_cancellation_whose_answer_is_lost,
    what_would_leave_a_credit_waits_for_the_period_end,
    a_code_for_a_change_that_is_scheduled_already_is_taken,
    the_next_payment_that_is_shown_is_what_is_charged_then,
    a_code_lowers_what_an_older_discount_leaves,
);

async fn a_downgrade_waits_for_the_period_end_and_lets_go_of_its_schedule(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let (quote, answer) = accept(&member, to("community-pro")).await;
    assert_eq!((&quote["kind"], &quote["due_today"]), (&json!("downgrade"), &json!(0)));
    assert_eq!(quote["effective_at"], made["current_period_end"]);
    let scheduled = json!({"tier_slug": "community-pro", "billing_period": "quarterly", "at": made["current_period_end"]});
    assert_eq!(answer["subscription"]["scheduled_change"], scheduled);
    assert_eq!(answer["subscription"]["tier_slug"], "pro-learn");
    let next = json!({"amount": 5_400, "at": made["current_period_end"]});
    assert_eq!(answer["subscription"]["next_payment"], next);
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    app.advance(83 * DAY).await;
    wait_for_subscription(&member, "tier_slug", json!("community-pro")).await;
    app.advance(2 * 3_600).await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [5_400, 10_500]);
    let seen = overview(&member).await;
    assert_eq!(seen["subscription"]["scheduled_change"], json!(null));
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["amount"]),
        (&json!("community-pro"), &json!(5_400))
    );
    let schedules = list(&app, "/v1/subscription_schedules").await;
    assert_eq!(schedules[0]["status"], "released", "nothing may block what comes next");
    assert_eq!(kinds(&member).await, ["activated", "change_scheduled", "plan_changed"]);
    member.post(&at("cancel/"), json!({})).await.expect(200);
}

async fn a_downgrade_can_be_undone_before_it_happens(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    // Twice is the same as once.
    update(&member, to("community-pro")).await.expect(200);
    assert_eq!(list(&app, "/v1/subscription_schedules").await.len(), 1);
    let resumed = member.post(&at("resume/"), json!({})).await.expect(200);
    assert_eq!(resumed["subscription"]["scheduled_change"], json!(null));
    assert_eq!(resumed["subscription"]["next_payment"]["amount"], 10_500);
    member.post(&at("resume/"), json!({})).await.problem(409, "nothing_to_resume");
    app.advance(93 * DAY).await;
    settled(&app).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    assert_eq!(kinds(&member).await, ["activated", "change_scheduled", "schedule_undone", "renewed"]);
}

async fn a_shorter_period_waits_for_the_period_end(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let (quote, answer) = accept(&member, json!({"billing_period": "monthly"})).await;
    assert_eq!((&quote["kind"], &quote["due_today"]), (&json!("shorter_period"), &json!(0)));
    assert_eq!(answer["subscription"]["scheduled_change"]["billing_period"], "monthly");
    assert_eq!(answer["subscription"]["scheduled_change"]["at"], made["current_period_end"]);
    app.advance(93 * DAY).await;
    wait_for_subscription(&member, "billing_period", json!("monthly")).await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [3_900, 10_500]);
}

async fn a_downgrade_over_another_replaces_it(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    let answer = update(&member, json!({"billing_period": "monthly"})).await.expect(200);
    let expected =
        json!({"tier_slug": "pro-learn", "billing_period": "monthly", "at": made["current_period_end"]});
    assert_eq!(answer["subscription"]["scheduled_change"], expected);
    let mut open: Vec<_> = list(&app, "/v1/subscription_schedules").await;
    open.retain(|schedule| schedule["status"] == "active");
    assert_eq!(open.len(), 1);
}

async fn during_a_trial_a_shorter_period_waits_for_its_end(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    let (quote, answer) = accept(&member, json!({"billing_period": "monthly"})).await;
    assert_eq!((&quote["kind"], &quote["due_today"]), (&json!("shorter_period"), &json!(0)));
    assert_eq!(answer["subscription"]["scheduled_change"]["at"], made["trial_end"]);
    assert_eq!(answer["subscription"]["status"], "trialing");
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "billing_period", json!("monthly")).await;
    app.advance(2 * 3_600).await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [2_000]);
    assert_eq!(overview(&member).await["subscription"]["status"], "active");
}

async fn free_is_a_cancellation(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let (quote, answer) = accept(&member, to("free")).await;
    assert_eq!((&quote["kind"], &quote["then"]["amount"]), (&json!("downgrade"), &json!(0)));
    assert!(!quote["losses"].as_array().unwrap().is_empty());
    assert_eq!(answer["subscription"]["cancel_at"], made["current_period_end"]);
}

/// Requests of this method to a subscription fail at once, before or after they took effect.
async fn subscriptions_fail(app: &App, when: &str, method: &str) {
    let rule = json!({"target": "request", "share": 1, "when": when, "method": method, "path": "/v1/subscriptions/", "status": 500, "should_retry": false});
    app.stripe().post("/_sandbox/faults", json!({"rules": [rule]})).await.expect(200);
}

async fn nothing_fails(app: &App) {
    app.stripe().post("/_sandbox/faults", json!({"rules": []})).await.expect(200);
}

async fn what_is_scheduled_stays_when_a_cancellation_fails(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    promise(&app, "HALF", &[("percent_off", "50"), ("duration", "once")]).await;
    let mut body = to("community-pro");
    body["promotion_code"] = json!("HALF");
    accept(&member, body).await;
    let scheduled = json!({"tier_slug": "community-pro", "billing_period": "quarterly", "at": made["current_period_end"]});
    for (method, body) in [("POST", json!({})), ("DELETE", json!({"at": "now"}))] {
        subscriptions_fail(&app, "before", method).await;
        member.post(&at("cancel/"), body).await.problem(503, "stripe_unavailable");
        nothing_fails(&app).await;
        settled(&app).await;
        let seen = overview(&member).await["subscription"].clone();
        assert_eq!((&seen["scheduled_change"], &seen["cancel_at"]), (&scheduled, &json!(null)), "{method}");
    }
    app.advance(93 * DAY).await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [2_700, 10_500], "with its code");
    assert_eq!(app.billing().open_discrepancies().await.unwrap(), 0);
}

async fn what_is_scheduled_does_not_come_back_over_a_cancellation_whose_answer_is_lost(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    subscriptions_fail(&app, "after", "POST").await;
    member.post(&at("cancel/"), json!({})).await.problem(503, "stripe_unavailable");
    nothing_fails(&app).await;
    settled(&app).await;
    let seen = overview(&member).await["subscription"].clone();
    assert_eq!((&seen["scheduled_change"], &seen["cancel_at"]), (&json!(null), &made["current_period_end"]));
}

async fn what_would_leave_a_credit_waits_for_the_period_end(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let mut body = paid_now("community-pro", "pm_card_visa");
    body["billing_period"] = json!("annual");
    subscribe(&member, body).await;
    // Dearer a month, but what is left of the year is worth more than the first month.
    let wish = json!({"tier_slug": "pro-learn", "billing_period": "monthly"});
    let (quote, answer) = accept(&member, wish).await;
    assert_eq!((&quote["kind"], &quote["due_today"]), (&json!("upgrade"), &json!(0)));
    assert_eq!(answer["subscription"]["tier_slug"], "community-pro");
    assert_eq!(answer["subscription"]["scheduled_change"]["tier_slug"], "pro-learn");
    assert_eq!(paid(&app).await, [18_900]);
}

async fn a_code_for_a_change_that_is_scheduled_already_is_taken(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    promise(&app, "HALF", &[("percent_off", "50"), ("duration", "once")]).await;
    accept(&member, to("community-pro")).await;
    let mut body = to("community-pro");
    body["promotion_code"] = json!("HALF");
    let (quote, _) = accept(&member, body).await;
    assert_eq!(quote["then"]["amount"], 2_700);
    assert_eq!(overview(&member).await["subscription"]["next_payment"]["amount"], 2_700);
    // An upgrade that the card declines puts it aside, and brings it back with its code.
    app.advance(DAY).await;
    let made = overview(&member).await["subscription"].clone();
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, json!({"billing_period": "annual"})).await.problem(402, "card_declined");
    use_card(&app, &made, "pm_card_visa").await;
    assert_eq!(overview(&member).await["subscription"]["next_payment"]["amount"], 2_700, "also brought back");
    app.advance(92 * DAY).await;
    settled(&app).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    assert_eq!(paid(&app).await, [2_700, 10_500]);
}

async fn the_next_payment_that_is_shown_is_what_is_charged_then(database: Database) {
    let app = shop(database).await;
    // How much, for how long, what is quoted and charged at first, and what the payment after it is.
    let codes = [
        ("ONCE", vec![("percent_off", "33"), ("duration", "once")], 3_618, 5_400),
        ("LESS", vec![("amount_off", "1000"), ("currency", "usd"), ("duration", "once")], 4_400, 5_400),
        ("EVER", vec![("percent_off", "10"), ("duration", "forever")], 4_860, 4_860),
        ("ALL", vec![("percent_off", "100"), ("duration", "once")], 0, 5_400),
    ];
    let mut members = Vec::new();
    for (code, terms, first, _) in &codes {
        promise(&app, code, terms).await;
        let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
        let mut body = to("community-pro");
        body["promotion_code"] = json!(code);
        let (quote, answer) = accept(&member, body).await;
        assert_eq!(quote["then"]["amount"], *first, "{code}");
        let next = json!({"amount": first, "at": made["current_period_end"]});
        assert_eq!(answer["subscription"]["next_payment"], next, "{code}");
        members.push(member);
    }
    app.advance(93 * DAY).await;
    settled(&app).await;
    for (member, (code, _, first, second)) in members.iter().zip(codes) {
        let seen = wait_for_subscription(member, "tier_slug", json!("community-pro")).await;
        let invoices = member.get(&at("invoices/")).await.expect(200);
        let newest = &invoices["data"][0];
        assert_eq!((&newest["status"], &newest["amount_due"]), (&json!("paid"), &json!(first)), "{code}");
        assert_eq!(seen["subscription"]["next_payment"]["amount"], second, "{code}");
    }
}

async fn a_code_lowers_what_an_older_discount_leaves(database: Database) {
    let app = shop(database).await;
    promise(&app, "EVER", &[("percent_off", "10"), ("duration", "forever")]).await;
    promise(&app, "ONCE", &[("amount_off", "1000"), ("currency", "usd"), ("duration", "once")]).await;
    let member = app.register().await;
    let mut body = paid_now("pro-learn", "pm_card_visa");
    body["promotion_code"] = json!("EVER");
    subscribe(&member, body).await;
    let mut body = to("community-pro");
    body["promotion_code"] = json!("ONCE");
    let (quote, answer) = accept(&member, body).await;
    assert_eq!(quote["then"]["amount"], 5_400 - 540 - 1_000);
    assert_eq!(answer["subscription"]["next_payment"]["amount"], quote["then"]["amount"]);
    app.advance(93 * DAY).await;
    settled(&app).await;
    assert_eq!(paid(&app).await[0], quote["then"]["amount"].as_i64().unwrap());
    assert_eq!(overview(&member).await["subscription"]["next_payment"]["amount"], 4_860);
}
