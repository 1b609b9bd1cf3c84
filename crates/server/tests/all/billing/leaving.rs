//! Somebody takes what is theirs along, or leaves for good: ended at Stripe first, and nothing is charged afterwards.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::mails::subjects;
use super::support::{
    DAY, at, balance, books_agree, buy, count, customer_of, deliver, event, list, order, overview, paid_now,
    quarterly, run_sql, settled, shop, subscribe, wait_for_subscription,
};
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Query as _, args};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    trap_25_a_deleted_account_is_never_charged_again,
    trap_25_a_past_due_account_that_leaves_owes_nothing_more,
    a_payment_that_waits_in_a_browser_is_canceled_with_the_account,
    trap_25_deletion_stops_when_stripe_fails_and_goes_on_when_asked_again,
    deletion_wants_the_password_and_is_done_once,
    nothing_new_is_begun_for_somebody_who_is_leaving,
    a_trial_stays_used_and_the_address_is_kept_as_a_hash_only,
    late_events_of_a_deleted_customer_change_nothing,
    what_is_told_of_a_deleted_customer_afterwards_is_not_kept,
    what_is_told_while_an_account_is_deleted_is_not_kept,
    what_is_exported_is_everything_of_ones_own_and_nothing_else,
);

const PASSWORD: &str = "correct horse";

async fn leave_with(member: &Client, body: Value) -> Reply {
    member.send(member.request(Method::DELETE, "/api/v1/auth/me/").json(&body)).await
}

async fn leave(member: &Client) -> Reply {
    leave_with(member, json!({"password": PASSWORD})).await
}

async fn text(app: &App, sql: &'static str) -> String {
    app.database.db.reader().one::<(Option<String>,)>(sql, args![]).await.unwrap().0.unwrap_or_default()
}

async fn paid_charges(app: &App) -> usize {
    list(app, "/v1/charges?limit=100").await.iter().filter(|charge| charge["paid"] == true).count()
}

async fn trap_25_a_deleted_account_is_never_charged_again(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let made = subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    buy(&ada, "starter").await;
    ada.post(&at("usage/consume/"), json!({"tokens": 20_000})).await.expect(200);
    ada.post(&at("invitation/"), json!({"message": "I am Ada."})).await.expect(201);
    let customer = customer_of(&app, &ada).await;
    settled(&app).await;
    let charged = paid_charges(&app).await;

    leave(&ada).await.expect(204);
    ada.get("/api/v1/auth/me/").await.problem(401, "unauthenticated");
    ada.get(&at("subscription/")).await.problem(401, "unauthenticated");
    let login = json!({"email": "member0@members.example", "password": PASSWORD});
    app.anyone().post("/api/v1/auth/login/", login).await.problem(401, "unauthenticated");
    let gone = app.stripe().get(&format!("/v1/customers/{customer}")).await.expect(200);
    assert_eq!(gone["deleted"], true);
    let id = made["stripe_subscription_id"].as_str().unwrap();
    let ended = app.stripe().get(&format!("/v1/subscriptions/{id}")).await.expect(200);
    assert_eq!(ended["status"], "canceled");

    app.advance(365 * DAY).await;
    settled(&app).await;
    assert_eq!(paid_charges(&app).await, charged, "nothing is charged after the end");

    // The ledger and the invoices stay, and name nobody.
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 2);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM invoices").await, 1);
    books_agree(&app).await;
    let everything = dump(&app).await;
    for word in ["member0", "A Member", "I am Ada"] {
        let left: Vec<_> = everything.iter().filter(|row| row.contains(word)).collect();
        // But for the last mail, which still has to be sent.
        let others = left.iter().filter(|row| !row.contains("Your account was deleted"));
        assert_eq!(others.map(|row| &row[..row.len().min(200)]).collect::<Vec<_>>(), [""; 0], "{word}");
    }
    assert_eq!(subjects(&app).await.last().unwrap(), "Your account was deleted");
}

/// Every row of every table, as text.
async fn dump(app: &App) -> Vec<String> {
    let mut reader = app.database.db.reader();
    let mut all = Vec::new();
    for table in store::db::tables(&mut reader).await.unwrap() {
        let first = table.columns[0].name.clone();
        let keys = store::db::built(format!("SELECT DISTINCT CAST({first} AS TEXT) FROM {}", table.name));
        for (key,) in reader.all::<(String,)>(keys, args![]).await.unwrap() {
            if table.columns[0].kind.to_lowercase() == "text" {
                let rows = store::db::rows_as_json(&mut reader, &table, &first, &key).await.unwrap();
                all.extend(rows.into_iter().map(|row| format!("{}: {row}", table.name)));
            }
        }
    }
    all
}

async fn trap_25_a_past_due_account_that_leaves_owes_nothing_more(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    subscribe(&ada, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&ada, "status", json!("past_due")).await;
    leave(&ada).await.expect(204);
    assert_eq!(list(&app, "/v1/invoices?status=open").await.len(), 0);
    assert_eq!(list(&app, "/v1/invoices?status=void").await.len(), 1);
    let tries = list(&app, "/v1/charges").await.len();
    app.advance(365 * DAY).await;
    settled(&app).await;
    assert_eq!(list(&app, "/v1/charges").await.len(), tries, "nobody tries any more");
}

async fn a_payment_that_waits_in_a_browser_is_canceled_with_the_account(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let waiting = order(&ada, "starter", None).await.expect(201);
    assert_eq!(waiting["confirm"]["action"], "collect");
    // A card that is being set up for a trial.
    let wish = json!({"tier_slug": "community-pro", "billing_period": "monthly"});
    let asked = ada.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(asked["confirm"]["intent"], "setup");
    leave(&ada).await.expect(204);
    let payment = list(&app, "/v1/payment_intents").await.remove(0);
    let setup = list(&app, "/v1/setup_intents").await.remove(0);
    assert_eq!((&payment["status"], &setup["status"]), (&json!("canceled"), &json!("canceled")));
    settled(&app).await;
    assert_eq!(paid_charges(&app).await, 0);
}

async fn trap_25_deletion_stops_when_stripe_fails_and_goes_on_when_asked_again(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let ada = app.register().await;
    subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    stripe.set(Method::DELETE, "/v1/subscriptions/", Fault::Refuse);
    let refused = leave(&ada).await;
    assert!(refused.header("retry-after").is_some());
    refused.problem(503, "stripe_unavailable");
    let seen = overview(&ada).await;
    assert_eq!(seen["subscription"]["status"], "active", "the account stays as it is");
    stripe.set(Method::DELETE, "/v1/customers/", Fault::LoseAnswer);
    leave(&ada).await.problem(503, "stripe_unavailable");
    ada.get("/api/v1/auth/me/").await.expect(200);
    stripe.heal();
    leave(&ada).await.expect(204);
    ada.get("/api/v1/auth/me/").await.problem(401, "unauthenticated");
    let subscriptions = list(&app, "/v1/subscriptions?status=all").await;
    assert!(subscriptions.iter().all(|it| it["status"] == "canceled"), "{subscriptions:#?}");
    app.advance(365 * DAY).await;
    assert_eq!(paid_charges(&app).await, 1);
}

async fn deletion_wants_the_password_and_is_done_once(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    for body in [json!({}), json!({"password": "wrong horse"})] {
        let refused = leave_with(&ada, body).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], "password");
    }
    ada.get("/api/v1/auth/me/").await.expect(200);
    // Of somebody who never was at Stripe.
    leave(&ada).await.expect(204);
    leave(&ada).await.problem(401, "unauthenticated");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM users WHERE deleted_at IS NOT NULL").await, 1);
    app.anyone()
        .send(app.anyone().request(Method::DELETE, "/api/v1/auth/me/"))
        .await
        .problem(401, "unauthenticated");
}

async fn nothing_new_is_begun_for_somebody_who_is_leaving(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    run_sql(&app, "UPDATE accounts SET leaving_until = 9000000000000").await;
    ada.post(&at("subscribe/"), paid_now("community-pro", "pm_card_visa"))
        .await
        .problem(409, "account_leaving");
    order(&ada, "starter", Some("pm_card_visa")).await.problem(409, "account_leaving");
    leave(&ada).await.problem(409, "account_leaving");
    // A process that died while deleting: after its time it can be tried again.
    run_sql(&app, "UPDATE accounts SET leaving_until = 1").await;
    leave(&ada).await.expect(204);
    assert_eq!(list(&app, "/v1/subscriptions?status=all").await.len(), 0);
}

async fn a_trial_stays_used_and_the_address_is_kept_as_a_hash_only(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    subscribe(&ada, quarterly("community-pro", "pm_card_visa")).await;
    let kept = text(&app, "SELECT value FROM trial_redemptions WHERE kind = 'email'").await;
    assert!(kept.len() == 64 && !kept.contains('@'), "{kept}");
    leave(&ada).await.expect(204);
    let again = json!({"email": "Member0+again@members.example", "password": PASSWORD});
    let again = app.anyone().post("/api/v1/auth/register/", again).await.expect(201);
    let again = app.anyone().bearer(again["token"].as_str().unwrap());
    let refused = again.post(&at("subscribe/"), quarterly("community-pro", "pm_card_mastercard")).await;
    refused.problem(409, "trial_used");

    // As an earlier version kept it: replaced at the next start.
    run_sql(&app, "UPDATE trial_redemptions SET value = 'member0@members.example' WHERE kind = 'email'")
        .await;
    assert_eq!(app.billing().hash_old_redemptions().await.unwrap(), 1);
    assert_eq!(app.billing().hash_old_redemptions().await.unwrap(), 0);
    assert_eq!(text(&app, "SELECT value FROM trial_redemptions WHERE kind = 'email'").await, kept);
}

async fn late_events_of_a_deleted_customer_change_nothing(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let made = subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    let id = made["stripe_subscription_id"].as_str().unwrap();
    let before = app.stripe().get(&format!("/v1/subscriptions/{id}")).await.expect(200);
    leave(&ada).await.expect(204);
    settled(&app).await;
    let told = subjects(&app).await.len();
    for kind in ["customer.subscription.updated", "customer.subscription.created"] {
        // Of the time when it was active.
        deliver(&app, &event(&format!("evt_late_{}", kind.len()), kind, &before)).await.expect(200);
    }
    settled(&app).await;
    let open = "SELECT COUNT(*) FROM stripe_events WHERE state NOT IN ('processed', 'ignored')";
    assert_eq!(count(&app, open).await, 0);
    let live = "SELECT COUNT(*) FROM user_subscriptions WHERE status <> 'canceled'";
    assert_eq!((count(&app, live).await, subjects(&app).await.len()), (0, told));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM accounts WHERE stripe_customer_id IS NOT NULL").await, 0);
}

/// How many stored events say the member's address.
async fn telling_events(app: &App) -> i64 {
    count(app, "SELECT COUNT(*) FROM stripe_events WHERE payload LIKE '%member0%'").await
}

/// A member with a payment, and the customer of it as Stripe shows it.
async fn customer_who_has_paid(app: &App) -> (Client, Value) {
    let ada = app.register().await;
    buy(&ada, "starter").await;
    let customer = customer_of(app, &ada).await;
    let shown = app.stripe().get(&format!("/v1/customers/{customer}")).await.expect(200);
    assert_eq!(shown["email"], "member0@members.example");
    (ada, shown)
}

async fn what_is_told_of_a_deleted_customer_afterwards_is_not_kept(database: Database) {
    let app = shop(database).await;
    let (ada, customer) = customer_who_has_paid(&app).await;
    let payment = text(&app, "SELECT stripe_payment_intent_id FROM token_purchases").await;
    deliver(&app, &event("evt_before", "customer.updated", &customer)).await.expect(200);
    settled(&app).await;
    assert!(telling_events(&app).await > 0, "it is kept while the account is there");
    leave(&ada).await.expect(204);

    // The last one names only the payment, which says whose it is.
    let dispute = json!({"id": "du_late", "object": "dispute", "payment_intent": payment,
        "evidence": {"customer_email_address": "member0@members.example"}});
    let late = [
        ("evt_updated", "customer.updated", &customer),
        ("evt_deleted", "customer.deleted", &customer),
        ("evt_unused", "customer.created", &customer),
        ("evt_dispute", "charge.dispute.updated", &dispute),
    ];
    for (id, kind, object) in late {
        deliver(&app, &event(id, kind, object)).await.expect(200);
    }
    let known = async || {
        let known =
            "SELECT COUNT(*) FROM stripe_events WHERE id = 'evt_dispute' AND stripe_customer_id IS NOT NULL";
        (count(&app, known).await == 1).then_some(())
    };
    wait_until("it is known whom the dispute is of", known).await;
    assert_eq!(telling_events(&app).await, 0);
}

async fn what_is_told_while_an_account_is_deleted_is_not_kept(database: Database) {
    let app = shop(database).await;
    let (ada, customer) = customer_who_has_paid(&app).await;
    let gone = AtomicBool::new(false);
    let leaving = async {
        leave(&ada).await.expect(204);
        gone.store(true, Ordering::Relaxed);
    };
    let tell = async |lane: usize| {
        for number in 0.. {
            if gone.load(Ordering::Relaxed) {
                break;
            }
            // Of a type that nobody applies, too: it is settled as it comes.
            let kind = ["customer.updated", "customer.created"][number % 2];
            deliver(&app, &event(&format!("evt_{lane}_{number}"), kind, &customer)).await.expect(200);
        }
    };
    tokio::join!(leaving, join_all((0..4).map(tell)));
    settled(&app).await;
    assert_eq!(telling_events(&app).await, 0);
}

async fn what_is_exported_is_everything_of_ones_own_and_nothing_else(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    for member in [&ada, &bob] {
        subscribe(member, paid_now("community-pro", "pm_card_visa")).await;
        buy(member, "starter").await;
        member.post(&at("usage/consume/"), json!({"tokens": 20_000})).await.expect(200);
    }
    ada.post(&at("invitation/"), json!({"message": "I teach."})).await.expect(201);
    settled(&app).await;
    let sent = async || {
        (count(&app, "SELECT COUNT(*) FROM outbox_messages WHERE status = 'pending'").await == 0)
            .then_some(())
    };
    wait_until("every mail is sent", sent).await;
    let file = ada.get("/api/v1/auth/me/export/").await;
    assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
    let all = file.expect(200);
    let account = balance(&ada).await["account_id"].clone();
    assert_eq!(all["users"][0]["email"], "member0@members.example");
    assert_eq!(all["accounts"][0]["id"], account);
    for (table, rows) in [
        ("user_subscriptions", 1),
        ("subscription_changes", 1),
        ("invoices", 1),
        ("token_purchases", 1),
        ("token_transactions", 2),
        ("user_token_balances", 1),
        ("usage_days", 1),
        ("invitations", 1),
        ("sessions", 2),
        ("outbox_messages", 5),
    ] {
        assert_eq!(all[table].as_array().map(Vec::len), Some(rows), "{table}: {:#}", all[table]);
    }
    assert_eq!(all["invoices"][0]["amount_paid"], 5_400);
    let paid_at = all["invoices"][0]["paid_at"].as_str().unwrap();
    assert!(paid_at.ends_with('Z') && paid_at.len() == 20, "{paid_at}");
    let text = all.to_string();
    for other in ["member1", "password_hash", "token_hash", "request_key", "$argon2"] {
        assert!(!text.contains(other), "{other} is in the export");
    }
    app.anyone().get("/api/v1/auth/me/export/").await.problem(401, "unauthenticated");
}
