//! What people with power do: stop sales, invite, give a tier, give tokens, refund; each logged with its reason.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::mails::subjects;
use super::support::{
    DAY, at, available, balance, books_agree, buy, count, list, order, overview, paid_now, quarterly,
    run_sql, settled, shop, subscribe, wait_for_subscription, wait_for_tokens,
};
use axum::http::Method;
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    sales_are_stopped_at_once_and_everything_else_goes_on,
    only_an_admin_has_power,
    a_member_applies_and_is_invited_once,
    an_application_that_was_declined_may_be_made_again,
    a_tier_is_given_without_a_subscription_and_ends_at_its_date,
    the_better_of_what_is_paid_and_what_was_given_counts,
    a_tier_that_was_given_is_taken_back,
    tokens_are_given_once_for_each_request,
    a_purchase_is_refunded_with_a_reason_and_its_tokens_are_taken_back,
    a_refund_whose_answer_was_lost_is_finished_without_a_second_one,
);

/// A member with the admin's role.
async fn admin(app: &App) -> Client {
    let admin = app.register().await;
    let me = admin.get("/api/v1/auth/me/").await.expect(200);
    app.billing().make_admin(me["user"]["email"].as_str().unwrap()).await.unwrap();
    admin
}

fn power(path: &str) -> String {
    format!("/api/v1/admin/{path}")
}

async fn pause(admin: &Client, paused: bool) -> Reply {
    let body = json!({"paused": paused, "reason": "a wrong price"});
    let request = admin.request(Method::PUT, &power("settings/sales-paused/")).json(&body);
    admin.send(request).await
}

async fn account_of(member: &Client) -> String {
    balance(member).await["account_id"].as_str().unwrap().to_owned()
}

/// What the log says of this kind: reasons, oldest first.
async fn reasons(app: &App, action: &str) -> Vec<String> {
    let sql = "SELECT reason FROM admin_actions WHERE action = $1 ORDER BY id";
    let rows = app.database.db.reader().all::<(String,)>(sql, args![action]).await.unwrap();
    rows.into_iter().map(|(reason,)| reason).collect()
}

async fn sales_are_stopped_at_once_and_everything_else_goes_on(database: Database) {
    let app = shop(database).await;
    let admin = admin(&app).await;
    let (ada, bob, eve) = (app.register().await, app.register().await, app.register().await);
    subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    subscribe(&bob, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    buy(&ada, "starter").await;

    for _ in 0..2 {
        assert_eq!(pause(&admin, true).await.expect(200)["sales_paused"], true);
    }
    let config = app.anyone().get(&at("config/")).await.expect(200);
    assert_eq!(config["sales_paused"], true);
    let refused = eve.post(&at("subscribe/"), paid_now("community-pro", "pm_card_visa")).await;
    assert_eq!(refused.header("retry-after"), Some("300"));
    refused.problem(503, "sales_paused");
    order(&ada, "starter", Some("pm_card_visa")).await.problem(503, "sales_paused");

    // What was bought is used, renewed, paid and canceled as ever.
    ada.post(&at("usage/consume/"), json!({"tokens": 20_000})).await.expect(200);
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&bob, "status", json!("past_due")).await;
    let pay = json!({"payment_method_id": "pm_card_visa"});
    assert_eq!(bob.post(&at("subscription/pay/"), pay).await.expect(200)["subscription"]["status"], "active");
    app.advance(91 * DAY).await;
    let renewed = async || {
        let seen = overview(&ada).await;
        let paid = list(&app, "/v1/invoices?status=paid").await;
        (seen["subscription"]["status"] == "active" && paid.len() >= 4).then_some(())
    };
    wait_until("it is renewed", renewed).await;
    ada.post(&at("cancel/"), json!({})).await.expect(200);
    ada.post(&at("resume/"), json!({})).await.expect(200);

    pause(&admin, false).await.expect(200);
    subscribe(&eve, paid_now("community-pro", "pm_card_visa")).await;
    assert_eq!(reasons(&app, "sales.pause").await, ["a wrong price"], "doing it twice is done once");
    assert_eq!(reasons(&app, "sales.resume").await, ["a wrong price"]);
}

async fn only_an_admin_has_power(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let account = account_of(&member).await;
    pause(&member, true).await.problem(403, "not_allowed");
    pause(&app.anyone(), true).await.problem(401, "unauthenticated");
    let why = json!({"reason": "mine"});
    for (path, body) in [
        ("invitations/".to_owned(), json!({"account_id": account, "reason": "mine"})),
        ("invitations/inv_1/accept/".to_owned(), why.clone()),
        (format!("accounts/{account}/tier/"), json!({"tier_slug": "creator-mentor", "reason": "mine"})),
        (format!("accounts/{account}/tokens/"), json!({"tokens": 5, "reason": "mine"})),
        ("purchases/pur_1/refund/".to_owned(), why),
    ] {
        member.post(&power(&path), body).await.problem(403, "not_allowed");
    }
    member.get(&power("invitations/")).await.problem(403, "not_allowed");
    let admin = admin(&app).await;
    let nameless = json!({"tokens": 5, "reason": " "});
    let refused = admin.post(&power(&format!("accounts/{account}/tokens/")), nameless).await;
    assert_eq!(refused.problem(422, "invalid_request")["errors"][0]["field"], "reason");
    assert_eq!(available(&member).await, 0);
}

async fn a_member_applies_and_is_invited_once(database: Database) {
    let app = shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    let none = ada.get(&at("invitation/")).await.expect(200);
    assert_eq!(none, json!({"invitation": null, "invited": false}));
    let message = json!({"message": "I teach <welding> online."});
    let applied = ada.post(&at("invitation/"), message.clone()).await.expect(201);
    let again = ada.post(&at("invitation/"), json!({"message": "Hello?"})).await.expect(200);
    assert_eq!(applied["invitation"], again["invitation"], "one application at a time");
    assert_eq!(again["invitation"]["state"], "applied");

    let waiting = admin.get(&power("invitations/?state=applied")).await.expect(200);
    let waiting = &waiting["data"][0];
    assert_eq!(waiting["message"], message["message"]);
    assert_eq!(waiting["email"], "member1@members.example");
    let path = power(&format!("invitations/{}/accept/", waiting["id"].as_str().unwrap()));
    for _ in 0..2 {
        let accepted = admin.post(&path, json!({"reason": "a good teacher"})).await.expect(200);
        assert_eq!(accepted["invitation"]["state"], "accepted");
    }
    let invite = json!({"email": "member1@members.example", "reason": "again"});
    admin.post(&power("invitations/"), invite).await.expect(200);
    let standing = ada.get(&at("invitation/")).await.expect(200);
    assert_eq!((&standing["invited"], &standing["invitation"]["state"]), (&json!(true), &json!("accepted")));
    assert_eq!(reasons(&app, "account.invite").await, ["a good teacher"]);
    assert_eq!(
        subjects(&app).await,
        ["We have your application for Creator / Mentor", "You are invited to Creator / Mentor"]
    );
}

async fn an_application_that_was_declined_may_be_made_again(database: Database) {
    let app = shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    let applied = ada.post(&at("invitation/"), json!({})).await.expect(201);
    let id = applied["invitation"]["id"].as_str().unwrap();
    let decide = async |verb: &str| {
        admin.post(&power(&format!("invitations/{id}/{verb}/")), json!({"reason": "not yet"})).await
    };
    for _ in 0..2 {
        assert_eq!(decide("decline").await.expect(200)["invitation"]["state"], "declined");
    }
    decide("accept").await.problem(422, "invalid_request");
    let again = ada.post(&at("invitation/"), json!({})).await.expect(201);
    assert_ne!(again["invitation"]["id"], applied["invitation"]["id"]);
    assert_eq!(reasons(&app, "invitation.decline").await, ["not yet"]);
    let nobody = power("invitations/inv_none/decline/");
    admin.post(&nobody, json!({"reason": "not yet"})).await.problem(404, "not_found");
}

async fn a_tier_is_given_without_a_subscription_and_ends_at_its_date(database: Database) {
    let app = shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    let path = power(&format!("accounts/{}/tier/", account_of(&ada).await));
    let until = app.billing().now().plus(30 * DAY * 1_000).to_string();
    let body = json!({"tier_slug": "creator-mentor", "until": until, "reason": "a mentor"});
    for _ in 0..2 {
        let given = admin.post(&path, body.clone()).await.expect(200);
        assert_eq!(given["assigned_tier"]["until"], until.as_str());
    }
    let seen = overview(&ada).await;
    assert_eq!((&seen["tier"]["slug"], &seen["subscription"]), (&json!("creator-mentor"), &json!(null)));
    assert_eq!(seen["assigned_tier"], json!({"tier_slug": "creator-mentor", "until": until}));
    let may = ada.get(&at("entitlements/")).await.expect(200);
    assert_eq!((&may["tier_slug"], &may["ai_requests"]["limit"]), (&json!("creator-mentor"), &json!(1_000)));
    app.advance(30 * DAY + 60).await;
    let seen = overview(&ada).await;
    assert_eq!((&seen["tier"]["slug"], &seen["assigned_tier"]), (&json!("free"), &json!(null)));
    let told = async || (subjects(&app).await.len() == 2).then_some(());
    wait_until("the end is told", told).await;
    assert_eq!(
        subjects(&app).await,
        ["You have Creator / Mentor now", "Your time with Creator / Mentor is over"]
    );
    assert_eq!(reasons(&app, "account.assign_tier").await, ["a mentor"]);

    for (field, wrong) in [("until", "yesterday"), ("until", "2020-01-01T00:00:00Z"), ("tier_slug", "free")] {
        let mut body = json!({"tier_slug": "pro-learn", "reason": "a mistake"});
        body[field] = json!(wrong);
        let refused = admin.post(&path, body).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let unknown = json!({"tier_slug": "gold", "reason": "a mistake"});
    admin.post(&path, unknown.clone()).await.problem(404, "unknown_tier");
    let nobody = json!({"tier_slug": "pro-learn", "reason": "a mistake"});
    admin.post(&power("accounts/acc_none/tier/"), nobody).await.problem(404, "not_found");
}

async fn the_better_of_what_is_paid_and_what_was_given_counts(database: Database) {
    let app = shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    let path = power(&format!("accounts/{}/tier/", account_of(&ada).await));
    admin.post(&path, json!({"tier_slug": "pro-learn", "reason": "a prize"})).await.expect(200);
    let seen = overview(&ada).await;
    assert_eq!(
        (&seen["tier"]["slug"], &seen["subscription"]["tier_slug"]),
        (&json!("pro-learn"), &json!("community-pro"))
    );
    ada.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    assert_eq!(overview(&ada).await["tier"]["slug"], "pro-learn", "what was given stays");
}

async fn a_tier_that_was_given_is_taken_back(database: Database) {
    let app = shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    let path = power(&format!("accounts/{}/tier/", account_of(&ada).await));
    admin.post(&path, json!({"tier_slug": "pro-learn", "reason": "a prize"})).await.expect(200);
    for _ in 0..2 {
        let body = json!({"reason": "a mistake"});
        let ended = admin.send(admin.request(Method::DELETE, &path).json(&body)).await.expect(200);
        assert_eq!(ended["assigned_tier"], json!(null));
    }
    assert_eq!(overview(&ada).await["tier"]["slug"], "free");
    assert_eq!(reasons(&app, "account.end_tier_assignment").await, ["a mistake"]);
    assert_eq!(subjects(&app).await, ["You have Pro Learn now", "Your time with Pro Learn is over"]);
}

async fn tokens_are_given_once_for_each_request(database: Database) {
    let app = shop(database).await;
    let (admin, ada, bob) = (admin(&app).await, app.register().await, app.register().await);
    let path = power(&format!("accounts/{}/tokens/", account_of(&ada).await));
    let body = json!({"tokens": 5_000, "reason": "an outage"});
    for _ in 0..2 {
        let given = admin.key("gift").post(&path, body.clone()).await.expect(201);
        assert_eq!(given["balance"], json!({"available": 5_000, "held": 0}));
    }
    // When its answer is not kept any more, either.
    run_sql(&app, "DELETE FROM idempotency_keys").await;
    admin.key("gift").post(&path, body.clone()).await.expect(201);
    run_sql(&app, "DELETE FROM idempotency_keys").await;
    let more = json!({"tokens": 8_000, "reason": "an outage"});
    admin.key("gift").post(&path, more).await.problem(409, "idempotency_key_reused");
    // The same key for somebody else is a mistake, and gives nothing.
    let other = power(&format!("accounts/{}/tokens/", account_of(&bob).await));
    admin.key("gift").post(&other, body.clone()).await.problem(409, "idempotency_key_reused");
    admin.post(&path, body).await.expect(201);
    assert_eq!((available(&ada).await, available(&bob).await), (10_000, 0));
    for wrong in [0, -5] {
        let body = json!({"tokens": wrong, "reason": "an outage"});
        admin.post(&path, body).await.problem(422, "invalid_request");
    }
    let history = ada.get(&at("tokens/history/")).await.expect(200);
    let newest = &history["data"][0];
    assert_eq!((&newest["kind"], &newest["description"]), (&json!("grant"), &json!("an outage")));
    assert_eq!(reasons(&app, "account.grant_tokens").await, ["an outage", "an outage"]);
    assert_eq!(
        subjects(&app).await,
        ["You have been given 5,000 tokens", "You have been given 5,000 tokens"]
    );
    books_agree(&app).await;
}

fn refund_path(purchase: &Value) -> String {
    power(&format!("purchases/{}/refund/", purchase["id"].as_str().unwrap()))
}

async fn a_purchase_is_refunded_with_a_reason_and_its_tokens_are_taken_back(database: Database) {
    let app = shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    let purchase = buy(&ada, "starter").await;
    let path = refund_path(&purchase);
    let body = json!({"amount": 125, "reason": "a broken feature"});
    for _ in 0..2 {
        let refunded = admin.key("back").post(&path, body.clone()).await.expect(201);
        assert_eq!(refunded["refund"]["amount"], 125);
    }
    wait_for_tokens(&ada, 75_000).await;
    let too_much = admin.post(&path, json!({"amount": 376, "reason": "all of it"})).await;
    assert_eq!(too_much.problem(422, "invalid_request")["errors"][0]["field"], "amount");
    admin.post(&path, json!({"reason": "all of it"})).await.expect(201);
    wait_for_tokens(&ada, 0).await;
    admin.post(&path, json!({"reason": "once more"})).await.problem(422, "invalid_request");
    assert_eq!(list(&app, "/v1/refunds").await.len(), 2);
    assert_eq!(reasons(&app, "purchase.refund").await, ["a broken feature", "all of it"]);
    let told = subjects(&app).await;
    assert_eq!(told[1..], ["Your refund of $1.25", "Your refund of $3.75"]);
    let declined = order(&ada, "starter", Some("pm_card_chargeDeclined")).await;
    let unpaid = declined.problem(402, "card_declined")["purchase"].clone();
    admin.post(&refund_path(&unpaid), json!({"reason": "why not"})).await.problem(422, "invalid_request");
    admin.post(&power("purchases/pur_none/refund/"), json!({"reason": "x"})).await.problem(404, "not_found");
    books_agree(&app).await;
}

async fn a_refund_whose_answer_was_lost_is_finished_without_a_second_one(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let (admin, ada) = (admin(&app).await, app.register().await);
    let purchase = buy(&ada, "starter").await;
    let body = json!({"amount": 125, "reason": "a broken feature"});
    stripe.set(Method::POST, "/v1/refunds", Fault::LoseAnswer);
    let lost = admin.key("back").post(&refund_path(&purchase), body.clone()).await;
    lost.problem(503, "stripe_unavailable");
    stripe.heal();
    admin.key("back").post(&refund_path(&purchase), body).await.expect(201);
    wait_for_tokens(&ada, 75_000).await;
    settled(&app).await;
    assert_eq!(list(&app, "/v1/refunds").await.len(), 1);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM admin_actions WHERE action = 'purchase.refund'").await, 1);
}
