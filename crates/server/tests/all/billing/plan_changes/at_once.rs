//! Changes at once: exactly the quoted cents, and nothing when the card refuses.

use super::super::support::{
    DAY, at, count, list, overview, paid_now, quarterly, run_sql, settled, shop, subscribe,
    wait_for_subscription,
};
use super::{accept, confirm, kinds, paid, preview, subscriber, to, update, use_card};
use serde_json::{Value, json};
use testkit::{Database, wait_until};

testkit::on_both_databases!(
    an_upgrade_in_mid_period_charges_exactly_the_quoted_cents,
    an_upgrade_that_the_card_declines_leaves_the_plan,
    an_upgrade_waits_for_3d_secure_and_then_takes_effect,
    an_upgrade_whose_3d_secure_fails_changes_nothing,
    an_upgrade_that_waits_for_3d_secure_is_shown_and_confirmed_later,
    an_upgrade_that_nobody_confirms_is_shown_until_it_is_over,
    a_longer_period_begins_now_and_credits_what_is_left,
    two_upgrades_in_a_row_charge_what_each_was_quoted,
    an_upgrade_right_after_subscribing_costs_the_difference,
    during_a_trial_an_upgrade_ends_it_and_costs_the_full_price,
    while_sales_are_paused_members_change_their_plans_as_ever,
);

/// In seconds.
fn moment(text: &Value) -> i64 {
    text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
}

async fn an_upgrade_in_mid_period_charges_exactly_the_quoted_cents(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(33 * DAY + 12_345).await;
    let quote = preview(&member, to("pro-learn")).await;
    assert_eq!((&quote["kind"], &quote["then"]["amount"]), (&json!("upgrade"), &json!(10_500)));
    assert_eq!(quote["then"]["from"], made["current_period_end"]);
    assert!(quote["gains"].as_array().unwrap().contains(&json!("Completion certificates")));
    let lines: i64 =
        quote["lines"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).sum();
    assert_eq!(quote["due_today"], json!(lines));
    // Minutes pass while somebody reads it.
    app.advance(14 * 60).await;
    let answer = update(&member, json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]})).await;
    let answer = answer.expect(200);
    assert_eq!(
        (&answer["subscription"]["tier_slug"], &answer["confirm"]),
        (&json!("pro-learn"), &json!(null))
    );
    assert_eq!(answer["subscription"]["current_period_end"], made["current_period_end"]);
    assert_eq!(paid(&app).await, [lines, 5_400]);
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM discrepancies").await, 0);
}

async fn an_upgrade_that_the_card_declines_leaves_the_plan(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    app.advance(10 * DAY).await;
    let problem = update(&member, to("pro-learn")).await.problem(402, "card_declined");
    assert!(problem["message"].is_string());
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["status"]),
        (&json!("community-pro"), &json!("active"))
    );
    assert_eq!(paid(&app).await, [5_400]);
    let open = list(&app, "/v1/invoices?status=open").await;
    assert!(open.is_empty(), "nothing is owed: {open:?}");
    // With another card it works.
    use_card(&app, &made, "pm_card_visa").await;
    update(&member, to("pro-learn")).await.expect(200);
    assert_eq!(overview(&member).await["tier"]["slug"], "pro-learn");
}

async fn an_upgrade_waits_for_3d_secure_and_then_takes_effect(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    app.advance(10 * DAY).await;
    let (quote, answer) = accept(&member.key("mine"), to("pro-learn")).await;
    assert_eq!(answer["confirm"]["intent"], "payment");
    assert_eq!(answer["confirm"]["action"], "next_action");
    assert_eq!(
        answer["subscription"]["tier_slug"], "community-pro",
        "until it is confirmed the present plan goes on"
    );
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    // The same request again asks for the same confirmation.
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    let again = update(&member.key("mine"), body).await.expect(200);
    assert_eq!(again["confirm"], answer["confirm"]);
    confirm(&app, &answer, "succeeded").await;
    wait_for_subscription(&member, "tier_slug", json!("pro-learn")).await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [quote["due_today"].as_i64().unwrap(), 5_400]);
    let done = async || {
        let open = "SELECT COUNT(*) FROM plan_changes WHERE state <> 'done'";
        (count(&app, open).await == 0).then_some(())
    };
    wait_until("the change is done", done).await;
    let changes = member.get(&at("subscription/changes/")).await.expect(200);
    let newest = &changes["data"][0];
    assert_eq!((&newest["kind"], &newest["cause"]), (&json!("plan_changed"), &json!("member")));
    assert_eq!(newest["charged"], quote["due_today"]);
}

async fn an_upgrade_whose_3d_secure_fails_changes_nothing(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    let (_, answer) = accept(&member, to("pro-learn")).await;
    confirm(&app, &answer, "failed").await;
    settled(&app).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    // Nobody pays it: a day later it is gone, and nothing is owed.
    app.advance(DAY).await;
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["status"]),
        (&json!("community-pro"), &json!("active"))
    );
    assert_eq!(paid(&app).await, [5_400]);
    let failed = async || {
        let failed = "SELECT COUNT(*) FROM plan_changes WHERE state = 'failed'";
        (count(&app, failed).await == 1).then_some(())
    };
    wait_until("the wish is over", failed).await;
}

async fn an_upgrade_that_waits_for_3d_secure_is_shown_and_confirmed_later(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    assert_eq!(overview(&member).await["pending_change"], json!(null));
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    let (quote, _) = accept(&member, to("pro-learn")).await;
    let pending = overview(&member).await["pending_change"].clone();
    assert_eq!(
        (&pending["tier_slug"], &pending["billing_period"]),
        (&json!("pro-learn"), &json!("quarterly"))
    );
    assert_eq!(pending["amount"], quote["due_today"]);
    let left = moment(&pending["expires_at"]) - app.billing().now().seconds();
    assert!((22 * 3_600..=23 * 3_600).contains(&left), "{left}");
    // The tab is gone: hours later it is asked for anew, refused once, and then confirmed.
    app.advance(3 * 3_600).await;
    for outcome in ["failed", "succeeded"] {
        assert_ne!(overview(&member).await["pending_change"], json!(null), "before it has {outcome}");
        let asked = member.post(&at("subscription/pay/"), json!({})).await.expect(200);
        assert_eq!(asked["confirm"]["action"], "next_action", "{asked:#}");
        assert_eq!(asked["subscription"]["tier_slug"], "community-pro");
        confirm(&app, &asked, outcome).await;
        settled(&app).await;
    }
    let seen = wait_for_subscription(&member, "tier_slug", json!("pro-learn")).await;
    assert_eq!(seen["pending_change"], json!(null));
    assert_eq!(paid(&app).await, [quote["due_today"].as_i64().unwrap(), 5_400]);
}

async fn an_upgrade_that_nobody_confirms_is_shown_until_it_is_over(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    accept(&member, to("pro-learn")).await;
    app.advance(22 * 3_600).await;
    assert_ne!(overview(&member).await["pending_change"], json!(null));
    app.advance(3_600 + 60).await;
    assert_eq!(overview(&member).await["pending_change"], json!(null), "by its time, whoever tells of it");
    settled(&app).await;
    let asked = member.post(&at("subscription/pay/"), json!({})).await.expect(200);
    assert_eq!(
        (&asked["confirm"], &asked["subscription"]["tier_slug"]),
        (&json!(null), &json!("community-pro"))
    );
    assert_eq!(paid(&app).await, [5_400]);
}

async fn a_longer_period_begins_now_and_credits_what_is_left(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(30 * DAY).await;
    let (quote, answer) = accept(&member, json!({"billing_period": "annual"})).await;
    assert_eq!(quote["kind"], "longer_period");
    let due = quote["due_today"].as_i64().unwrap();
    assert!(due < 18_900 && due > 18_900 - 5_400, "{due}");
    let changed = &answer["subscription"];
    assert_eq!((&changed["billing_period"], &changed["amount"]), (&json!("annual"), &json!(18_900)));
    // The clock of the sandbox runs: a second or two may pass in between.
    assert!((moment(&changed["current_period_end"]) - moment(&quote["then"]["from"])).abs() < 10);
    assert_eq!(paid(&app).await, [due, 5_400]);
}

async fn two_upgrades_in_a_row_charge_what_each_was_quoted(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let mut body = paid_now("community-pro", "pm_card_visa");
    body["billing_period"] = json!("monthly");
    subscribe(&member, body).await;
    app.advance(5 * DAY).await;
    let (first, _) = accept(&member, to("pro-learn")).await;
    app.advance(5 * DAY).await;
    let (second, answer) = accept(&member, json!({"billing_period": "annual"})).await;
    assert_eq!(answer["subscription"]["billing_period"], "annual");
    let due = |quote: &Value| quote["due_today"].as_i64().unwrap();
    assert_eq!(paid(&app).await, [due(&second), due(&first), 2_000]);
    // And back: at the end of the year.
    update(&member, json!({"tier_slug": "community-pro", "billing_period": "monthly"})).await.expect(200);
    assert_eq!(overview(&member).await["subscription"]["scheduled_change"]["tier_slug"], "community-pro");
}

async fn an_upgrade_right_after_subscribing_costs_the_difference(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    let (quote, _) = accept(&member, to("pro-learn")).await;
    let due = quote["due_today"].as_i64().unwrap();
    assert!((5_099..=5_100).contains(&due), "{due}");
    assert_eq!(paid(&app).await, [due, 5_400]);
}

async fn during_a_trial_an_upgrade_ends_it_and_costs_the_full_price(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    app.advance(2 * DAY).await;
    let (quote, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!(quote["due_today"], 10_500);
    assert_eq!(answer["subscription"]["status"], "active");
    assert_eq!(paid(&app).await, [10_500]);
    settled(&app).await;
    assert_eq!(kinds(&member).await, ["trial_started", "activated", "plan_changed"]);
}

async fn while_sales_are_paused_members_change_their_plans_as_ever(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    run_sql(&app, "INSERT INTO settings (name, value) VALUES ('sales_paused', 'true')").await;
    let upgraded = update(&member, to("pro-learn")).await.expect(200);
    assert_eq!(upgraded["subscription"]["tier_slug"], "pro-learn");
    let scheduled = update(&member, json!({"billing_period": "monthly"})).await.expect(200);
    assert_eq!(scheduled["subscription"]["scheduled_change"]["billing_period"], "monthly");
}
