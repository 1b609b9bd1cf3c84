//! Another plan: what is shown is what is charged, to the cent; a refused card changes nothing; what is cheaper
//! waits for the end of the period.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    DAY, at, count, list, overview, paid_now, quarterly, settled, shop, subscribe, wait_for_subscription,
};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    an_upgrade_in_mid_period_charges_exactly_the_quoted_cents,
    an_upgrade_that_the_card_declines_leaves_the_plan,
    an_upgrade_waits_for_3d_secure_and_then_takes_effect,
    an_upgrade_whose_3d_secure_fails_changes_nothing,
    a_quote_holds_for_fifteen_minutes,
    a_quote_does_not_outlive_a_change_of_what_it_is_of,
    a_longer_period_begins_now_and_credits_what_is_left,
    a_downgrade_waits_for_the_period_end_and_lets_go_of_its_schedule,
    a_downgrade_can_be_undone_before_it_happens,
    a_shorter_period_waits_for_the_period_end,
    two_upgrades_in_a_row_charge_what_each_was_quoted,
    a_downgrade_over_another_replaces_it,
    an_upgrade_right_after_subscribing_costs_the_difference,
    during_a_trial_an_upgrade_ends_it_and_costs_the_full_price,
    during_a_trial_a_shorter_period_waits_for_its_end,
    while_past_due_nothing_is_changed,
    an_upgrade_takes_a_pending_cancellation_back,
    a_downgrade_takes_a_pending_cancellation_back,
    an_upgrade_over_a_scheduled_downgrade_that_is_declined_leaves_it_scheduled,
    free_is_a_cancellation,
    the_same_plan_is_nothing_to_do,
    what_would_leave_a_credit_waits_for_the_period_end,
    a_lost_answer_is_finished_by_the_retry_with_one_charge,
    a_lost_answer_that_nobody_retries_is_settled_by_the_worker,
    a_lost_answer_of_a_declined_change_is_withdrawn_by_the_worker,
    half_a_schedule_is_released_by_the_worker,
    a_schedule_whose_second_step_is_lost_is_finished_by_a_retry,
    two_tabs_at_once_charge_once,
    another_wish_replaces_one_that_waits_for_the_bank,
    what_the_member_decides_while_a_change_waits_for_the_bank_stands,
    a_code_for_a_change_that_is_scheduled_already_is_taken,
    what_was_charged_above_the_quote_goes_back,
    a_promotion_code_lowers_what_is_quoted_and_charged,
    while_sales_are_paused_members_change_their_plans_as_ever,
    the_audit_log_says_what_a_change_has_cost,
);

async fn preview(member: &Client, body: Value) -> Value {
    member.post(&at("update/preview/"), body).await.expect(200)
}

async fn update(member: &Client, body: Value) -> Reply {
    member.post(&at("update/"), body).await
}

fn to(tier: &str) -> Value {
    json!({"tier_slug": tier})
}

/// Changes as it was quoted.
async fn accept(member: &Client, mut body: Value) -> (Value, Value) {
    let quote = preview(member, body.clone()).await;
    body["quote_id"] = quote["quote_id"].clone();
    let answer = update(member, body).await.expect(200);
    (quote, answer)
}

/// With a card of Stripe's; the subscription as the API shows it.
async fn subscriber(app: &App, tier: &str, card: &str) -> (Client, Value) {
    let member = app.register().await;
    let made = subscribe(&member, paid_now(tier, card)).await;
    (member, made)
}

/// The card that pays from now on, set by Stripe's own API.
async fn use_card(app: &App, subscription: &Value, card: &str) {
    let path = format!("/v1/subscriptions/{}", subscription["stripe_subscription_id"].as_str().unwrap());
    let customer = app.stripe().get(&path).await.expect(200)["customer"].as_str().unwrap().to_owned();
    let attached = app
        .stripe()
        .post_form(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &customer)])
        .await
        .expect(200);
    let form = [("default_payment_method", attached["id"].as_str().unwrap())];
    app.stripe().post_form(&path, &form).await.expect(200);
    settled(app).await;
}

/// What every invoice that cost something was paid with, newest first.
async fn paid(app: &App) -> Vec<i64> {
    let invoices = list(app, "/v1/invoices?status=paid&limit=100").await;
    let amounts = invoices.iter().map(|invoice| invoice["amount_paid"].as_i64().unwrap());
    amounts.filter(|amount| *amount > 0).collect()
}

async fn confirm(app: &App, answer: &Value, outcome: &str) {
    let secret = answer["confirm"]["client_secret"].as_str().unwrap();
    let intent = secret.split("_secret_").next().unwrap();
    let form = [("outcome", outcome), ("client_secret", secret)];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/3ds"), &form).await;
}

/// In seconds.
fn moment(text: &Value) -> i64 {
    text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
}

async fn kinds(member: &Client) -> Vec<String> {
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    let entries = page["data"].as_array().unwrap().iter().rev();
    entries.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
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

async fn a_quote_holds_for_fifteen_minutes(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    app.advance(15 * 60 + 1).await;
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    let problem = update(&member, body).await.problem(409, "quote_expired");
    let fresh = &problem["quote"];
    assert_ne!(fresh["quote_id"], quote["quote_id"]);
    assert_eq!(paid(&app).await, [5_400]);
    let body = json!({"tier_slug": "pro-learn", "quote_id": fresh["quote_id"]});
    update(&member, body).await.expect(200);
    assert_eq!(paid(&app).await, [fresh["due_today"].as_i64().unwrap(), 5_400]);
}

async fn a_quote_does_not_outlive_a_change_of_what_it_is_of(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    // Somebody gives the customer a credit.
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    let customer = app.stripe().get(&path).await.expect(200)["customer"].as_str().unwrap().to_owned();
    let form = [("amount", "-300"), ("currency", "usd")];
    let balance = format!("/v1/customers/{customer}/balance_transactions");
    app.stripe().post_form(&balance, &form).await.expect(200);
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    let problem = update(&member, body.clone()).await.problem(409, "quote_expired");
    let due = |quote: &Value| quote["due_today"].as_i64().unwrap();
    assert_eq!(due(&problem["quote"]), due(&quote) - 300);
    // A quote of another plan, or of somebody else, is none either.
    let other = json!({"tier_slug": "pro-learn", "billing_period": "annual", "quote_id": problem["quote"]["quote_id"]});
    update(&member, other).await.problem(409, "quote_expired");
    let (stranger, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    let stolen = json!({"tier_slug": "pro-learn", "quote_id": problem["quote"]["quote_id"]});
    update(&stranger, stolen.clone()).await.problem(409, "quote_expired");
    update(&member, stolen).await.expect(200);
    assert_eq!(paid(&app).await[0], due(&problem["quote"]));
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

async fn while_past_due_nothing_is_changed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("past_due")).await;
    member.post(&at("update/preview/"), to("pro-learn")).await.problem(409, "payment_due");
    update(&member, to("pro-learn")).await.problem(409, "payment_due");
    update(&member, json!({"billing_period": "monthly"})).await.problem(409, "payment_due");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM plan_changes").await, 0);
}

async fn an_upgrade_takes_a_pending_cancellation_back(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    // A card that declines leaves it pending.
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, to("pro-learn")).await.problem(402, "card_declined");
    assert_eq!(overview(&member).await["subscription"]["cancel_at"], made["current_period_end"]);
    use_card(&app, &made, "pm_card_visa").await;
    let (_, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!(
        (&answer["subscription"]["cancel_at"], &answer["subscription"]["tier_slug"]),
        (&json!(null), &json!("pro-learn"))
    );
}

async fn a_downgrade_takes_a_pending_cancellation_back(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    let (_, answer) = accept(&member, to("community-pro")).await;
    assert_eq!(answer["subscription"]["cancel_at"], json!(null));
    assert_eq!(answer["subscription"]["scheduled_change"]["at"], made["current_period_end"]);
}

async fn an_upgrade_over_a_scheduled_downgrade_that_is_declined_leaves_it_scheduled(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    let scheduled = overview(&member).await["subscription"]["scheduled_change"].clone();
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, json!({"billing_period": "annual"})).await.problem(402, "card_declined");
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["scheduled_change"], scheduled);
    use_card(&app, &made, "pm_card_visa").await;
    let answer = update(&member, json!({"billing_period": "annual"})).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"], json!(null));
    assert_eq!(answer["subscription"]["billing_period"], "annual");
}

async fn free_is_a_cancellation(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let (quote, answer) = accept(&member, to("free")).await;
    assert_eq!((&quote["kind"], &quote["then"]["amount"]), (&json!("downgrade"), &json!(0)));
    assert!(!quote["losses"].as_array().unwrap().is_empty());
    assert_eq!(answer["subscription"]["cancel_at"], made["current_period_end"]);
}

async fn the_same_plan_is_nothing_to_do(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let (quote, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!((&quote["kind"], &quote["due_today"]), (&json!("same"), &json!(0)));
    assert_eq!(answer["subscription"], made);
    assert_eq!(paid(&app).await, [10_500]);
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

async fn a_lost_answer_is_finished_by_the_retry_with_one_charge(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let quote = preview(&member, to("pro-learn")).await;
    let body = json!({"tier_slug": "pro-learn", "quote_id": quote["quote_id"]});
    stripe.set(Method::POST, "/v1/subscriptions/", Fault::LoseAnswer);
    update(&member.key("mine"), body.clone()).await.problem(503, "stripe_unavailable");
    update(&member.key("other"), body.clone()).await.problem(409, "idempotency_key_in_use");
    stripe.heal();
    let finished = update(&member.key("mine"), body).await.expect(200);
    assert_eq!(finished["subscription"]["tier_slug"], "pro-learn");
    settled(&app).await;
    assert_eq!(paid(&app).await, [quote["due_today"].as_i64().unwrap(), 5_400]);
}

async fn a_lost_answer_that_nobody_retries_is_settled_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    stripe.set(Method::POST, "/v1/subscriptions/", Fault::LoseAnswer);
    update(&member.key("mine"), to("pro-learn")).await.problem(503, "stripe_unavailable");
    stripe.heal();
    app.advance(601).await;
    let over = async || {
        let done = "SELECT COUNT(*) FROM plan_changes WHERE state = 'done'";
        (count(&app, done).await == 1).then_some(())
    };
    wait_until("it is settled", over).await;
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["cancel_at"]),
        (&json!("pro-learn"), &json!(null))
    );
    assert_eq!(paid(&app).await.len(), 2, "what was charged is what was wished for, once");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM discrepancies").await, 0);
}

async fn a_lost_answer_of_a_declined_change_is_withdrawn_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    stripe.set(Method::POST, "/v1/subscriptions/", Fault::LoseAnswer);
    update(&member.key("mine"), to("pro-learn")).await.problem(503, "stripe_unavailable");
    stripe.heal();
    app.advance(601).await;
    let over = async || {
        let failed = "SELECT COUNT(*) FROM plan_changes WHERE state = 'failed'";
        (count(&app, failed).await == 1).then_some(())
    };
    wait_until("it is settled", over).await;
    settled(&app).await;
    assert!(list(&app, "/v1/invoices?status=open").await.is_empty());
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    assert_eq!(app.stripe().get(&path).await.expect(200)["pending_update"], json!(null));
}

async fn half_a_schedule_is_released_by_the_worker(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    stripe.set(Method::POST, "/v1/subscription_schedules", Fault::LoseAnswer);
    update(&member.key("mine"), to("community-pro")).await.problem(503, "stripe_unavailable");
    stripe.heal();
    app.advance(601).await;
    let over = async || {
        let failed = "SELECT COUNT(*) FROM plan_changes WHERE state = 'failed'";
        (count(&app, failed).await == 1).then_some(())
    };
    wait_until("it is settled", over).await;
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    assert_eq!(app.stripe().get(&path).await.expect(200)["schedule"], json!(null));
    // The same words are a new wish.
    let answer = update(&member.key("mine"), to("community-pro")).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"]["tier_slug"], "community-pro");
}

async fn a_schedule_whose_second_step_is_lost_is_finished_by_a_retry(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    stripe.set(Method::POST, "/v1/subscription_schedules", Fault::LoseAnswer);
    update(&member.key("mine"), to("community-pro")).await.problem(503, "stripe_unavailable");
    stripe.heal();
    // The retry finds the half that is there, and finishes it.
    let answer = update(&member.key("mine"), to("community-pro")).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"]["at"], made["current_period_end"]);
    assert_eq!(list(&app, "/v1/subscription_schedules").await.len(), 1);
}

async fn two_tabs_at_once_charge_once(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    for period in ["quarterly", "annual"] {
        let body = json!({"tier_slug": "pro-learn", "billing_period": period});
        let before = paid(&app).await.len();
        let (one, other) = (member.key(&format!("one {period}")), member.key(&format!("other {period}")));
        let (one, other) = tokio::join!(update(&one, body.clone()), update(&other, body.clone()));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert!(statuses == [200, 409] || statuses == [200, 200], "{statuses:?}");
        settled(&app).await;
        assert_eq!(paid(&app).await.len(), before + 1, "{period}");
        // Whoever was refused finds it done.
        update(&member.key(&format!("other {period}")), body).await.expect(200);
        assert_eq!(paid(&app).await.len(), before + 1, "{period}");
    }
}

async fn another_wish_replaces_one_that_waits_for_the_bank(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    update(&member, to("community-pro")).await.expect(200);
    let scheduled = overview(&member).await["subscription"]["scheduled_change"].clone();
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    let (_, first) = accept(&member, json!({"billing_period": "annual"})).await;
    assert_eq!(first["subscription"]["scheduled_change"], json!(null));
    // The tab is closed, and somebody thinks again: nothing of the first is left to pay.
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, json!({"billing_period": "annual"})).await.problem(402, "card_declined");
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["scheduled_change"], scheduled);
    assert!(list(&app, "/v1/invoices?status=open").await.is_empty());
    // And over one that waits, a change for the end of the period.
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    let (_, second) = accept(&member, json!({"billing_period": "annual"})).await;
    assert_eq!(second["confirm"]["action"], "next_action");
    let answer = update(&member, json!({"billing_period": "monthly"})).await.expect(200);
    assert_eq!(answer["subscription"]["scheduled_change"]["billing_period"], "monthly");
    confirm(&app, &second, "succeeded").await;
    settled(&app).await;
    assert_eq!(paid(&app).await, [10_500], "what was replaced cannot be paid any more");
}

async fn what_the_member_decides_while_a_change_waits_for_the_bank_stands(database: Database) {
    let app = shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    use_card(&app, &made, "pm_card_authenticationRequired").await;
    member.post(&at("cancel/"), json!({})).await.expect(200);
    let (_, answer) = accept(&member, to("pro-learn")).await;
    assert_eq!(answer["confirm"]["action"], "next_action");
    member.post(&at("resume/"), json!({})).await.expect(200);
    // Nobody confirms it: Stripe gives it up after 23 hours.
    app.advance(DAY + 3_600).await;
    settled(&app).await;
    app.billing().settle_plan_changes().await.unwrap();
    settled(&app).await;
    let seen = overview(&member).await;
    assert_eq!(
        (&seen["subscription"]["tier_slug"], &seen["subscription"]["cancel_at"]),
        (&json!("community-pro"), &json!(null)),
        "it was resumed"
    );
    let open = "SELECT COUNT(*) FROM plan_changes WHERE state NOT IN ('done', 'failed')";
    assert_eq!(count(&app, open).await, 0);
}

async fn a_code_for_a_change_that_is_scheduled_already_is_taken(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "pro-learn", "pm_card_visa").await;
    let coupon = [("percent_off", "50"), ("duration", "once"), ("id", "half")];
    app.stripe().post_form("/v1/coupons", &coupon).await.expect(200);
    let code = [("promotion[type]", "coupon"), ("promotion[coupon]", "half"), ("code", "HALF")];
    app.stripe().post_form("/v1/promotion_codes", &code).await.expect(200);
    accept(&member, to("community-pro")).await;
    let mut body = to("community-pro");
    body["promotion_code"] = json!("HALF");
    let (quote, _) = accept(&member, body).await;
    assert_eq!(quote["then"]["amount"], 2_700);
    // An upgrade that the card declines puts it aside, and brings it back with its code.
    app.advance(DAY).await;
    let made = overview(&member).await["subscription"].clone();
    use_card(&app, &made, "pm_card_chargeCustomerFail").await;
    update(&member, json!({"billing_period": "annual"})).await.problem(402, "card_declined");
    use_card(&app, &made, "pm_card_visa").await;
    app.advance(92 * DAY).await;
    settled(&app).await;
    assert_eq!(overview(&member).await["tier"]["slug"], "community-pro");
    assert_eq!(paid(&app).await, [2_700, 10_500]);
}

async fn what_was_charged_above_the_quote_goes_back(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (member, made) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(10 * DAY).await;
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    let customer = app.stripe().get(&path).await.expect(200)["customer"].as_str().unwrap().to_owned();
    let balance = format!("/v1/customers/{customer}/balance_transactions");
    let credit = |amount: &'static str| [("amount", amount), ("currency", "usd")];
    app.stripe().post_form(&balance, &credit("-3000")).await.expect(200);
    stripe.set(Method::POST, "/v1/invoices/create_preview", Fault::HoldAnswer);
    let changing = tokio::spawn({
        let member = member.clone();
        async move { update(&member, to("pro-learn")).await }
    });
    stripe.met(1).await;
    // Between the price and the change somebody takes the credit away.
    app.stripe().post_form(&balance, &credit("3000")).await.expect(200);
    stripe.heal();
    stripe.release();
    changing.await.unwrap().expect(200);
    settled(&app).await;
    let quoted = count(&app, "SELECT due_today FROM plan_changes").await;
    assert_eq!(paid(&app).await[0], quoted + 3_000);
    let refunds = list(&app, "/v1/refunds").await;
    let back: Vec<_> = refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).collect();
    assert_eq!(back, [3_000]);
    let reported = "SELECT COUNT(*) FROM discrepancies WHERE kind = 'quote_mismatch'";
    assert_eq!(count(&app, reported).await, 1, "and a person looks at it");
}

async fn a_promotion_code_lowers_what_is_quoted_and_charged(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    let form = [("percent_off", "50"), ("duration", "forever")];
    let coupon = app.stripe().post_form("/v1/coupons", &form).await.expect(200);
    let form = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", coupon["id"].as_str().unwrap()),
        ("code", "HALF"),
    ];
    app.stripe().post_form("/v1/promotion_codes", &form).await.expect(200);
    app.advance(10 * DAY).await;
    let wish = json!({"tier_slug": "pro-learn", "billing_period": "annual"});
    let plain = preview(&member, wish.clone()).await;
    let mut with = wish.clone();
    with["promotion_code"] = json!("half");
    let (quote, answer) = accept(&member, with).await;
    let due = |quote: &Value| quote["due_today"].as_i64().unwrap();
    assert!(due(&quote) < due(&plain), "{quote:#}");
    assert_eq!(quote["then"]["amount"], 36_900 / 2);
    assert_eq!(paid(&app).await[0], due(&quote));
    assert_eq!(answer["subscription"]["tier_slug"], "pro-learn");
    assert_eq!(answer["subscription"]["next_payment"]["amount"], 36_900 / 2);
    let unknown = json!({"billing_period": "monthly", "promotion_code": "NONE"});
    update(&member, unknown).await.problem(422, "promotion_code_invalid");
}

async fn while_sales_are_paused_members_change_their_plans_as_ever(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    super::support::run_sql(&app, "INSERT INTO settings (name, value) VALUES ('sales_paused', 'true')").await;
    let upgraded = update(&member, to("pro-learn")).await.expect(200);
    assert_eq!(upgraded["subscription"]["tier_slug"], "pro-learn");
    let scheduled = update(&member, json!({"billing_period": "monthly"})).await.expect(200);
    assert_eq!(scheduled["subscription"]["scheduled_change"]["billing_period"], "monthly");
}

async fn the_audit_log_says_what_a_change_has_cost(database: Database) {
    let app = shop(database).await;
    let (member, _) = subscriber(&app, "community-pro", "pm_card_visa").await;
    app.advance(DAY).await;
    let (quote, _) = accept(&member, to("pro-learn")).await;
    member.post(&at("cancel/"), json!({"at": "now", "refund": true})).await.expect(200);
    settled(&app).await;
    let page = member.get(&at("subscription/changes/")).await.expect(200);
    let told = |entry: &Value| {
        ["kind", "from_tier", "to_tier", "from_amount", "to_amount", "charged", "cause"]
            .map(|name| entry[name].clone())
    };
    let entries: Vec<_> = page["data"].as_array().unwrap().iter().rev().map(told).collect();
    let due = quote["due_today"].as_i64().unwrap();
    let expected = [
        [
            json!("activated"),
            json!(null),
            json!("community-pro"),
            json!(null),
            json!(5_400),
            json!(5_400),
            json!("member"),
        ],
        [
            json!("plan_changed"),
            json!("community-pro"),
            json!("pro-learn"),
            json!(5_400),
            json!(10_500),
            json!(due),
            json!("member"),
        ],
        [
            json!("canceled"),
            json!("pro-learn"),
            json!("pro-learn"),
            json!(10_500),
            json!(10_500),
            json!(-(due + 5_400)),
            json!("member"),
        ],
    ];
    assert_eq!(entries, expected);
}
