//! A member's cards: set up, listed, made the default, replaced, removed; and a brake on trying many.

use super::support::{
    DAY, at, customer_of, list, order, overview, paid_now, quarterly, settled, shop, subscribe,
    wait_for_subscription,
};
use serde_json::{Value, json};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    cards_are_set_up_listed_made_the_default_and_removed,
    a_card_of_somebody_else_is_not_found,
    the_card_of_a_live_subscription_is_replaced_and_not_removed,
    a_card_is_set_up_in_the_browser_and_with_3d_secure,
    trap_05_a_new_default_card_pays_what_is_open_at_once,
    a_new_default_card_that_wants_3d_secure_or_is_refused_leaves_the_invoice_open,
    a_new_default_card_pays_a_first_payment_that_is_missing,
    a_new_default_card_pays_what_a_scheduled_change_begins,
    a_schedule_that_has_let_go_is_in_nobodys_way,
    a_card_chosen_in_the_portal_pays_the_subscription,
    a_card_that_expires_is_told_in_time_and_no_default_afterwards,
    five_refused_cards_within_an_hour_are_the_last,
);

/// Sets a card up that needs nobody.
async fn set_up(member: &Client, card: &str) -> String {
    let answer = try_to_set_up(member, Some(card)).await.expect(200);
    assert_eq!(answer["confirm"], json!(null), "{answer:#}");
    answer["payment_method"]["id"].as_str().unwrap().to_owned()
}

async fn try_to_set_up(member: &Client, card: Option<&str>) -> Reply {
    member.post(&at("payment-methods/setup/"), json!({"payment_method_id": card})).await
}

async fn make_default(member: &Client, card: &str, body: Value) -> Reply {
    member.post(&at(&format!("payment-methods/{card}/default/")), body).await
}

async fn remove(member: &Client, card: &str) -> Reply {
    member.delete(&at(&format!("payment-methods/{card}/"))).await
}

/// Number and default of every saved card.
async fn saved(member: &Client) -> Vec<(String, bool)> {
    let all = member.get(&at("payment-methods/")).await.expect(200);
    let card =
        |card: &Value| (card["last4"].as_str().unwrap().to_owned(), card["is_default"].as_bool().unwrap());
    all["data"].as_array().unwrap().iter().map(card).collect()
}

fn cards(all: &[(&str, bool)]) -> Vec<(String, bool)> {
    all.iter().map(|(last4, default)| ((*last4).to_owned(), *default)).collect()
}

async fn cards_are_set_up_listed_made_the_default_and_removed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    assert_eq!(saved(&member).await, []);
    let visa = set_up(&member, "pm_card_visa").await;
    let other = set_up(&member, "pm_card_mastercard").await;
    assert_eq!(saved(&member).await, cards(&[("4444", false), ("4242", false)]));
    let answer = make_default(&member, &visa, json!({})).await.expect(200);
    assert_eq!(answer["payment_method"]["last4"], "4242");
    assert_eq!((&answer["subscription"], &answer["confirm"]), (&json!(null), &json!(null)));
    assert_eq!(saved(&member).await, cards(&[("4444", false), ("4242", true)]));
    order(&member, "starter", None).await.expect(201);
    let charges = list(&app, "/v1/charges").await;
    assert_eq!(charges[0]["payment_method"], json!(visa), "the saved card pays");
    assert_eq!(remove(&member, &other).await.status, 204);
    remove(&member, &other).await.problem(404, "not_found");
    make_default(&member, &other, json!({})).await.problem(404, "not_found");
    assert_eq!(remove(&member, &visa).await.status, 204, "nothing is paid with it");
    assert_eq!(saved(&member).await, []);
}

async fn a_card_of_somebody_else_is_not_found(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let (adas, bobs) = (set_up(&ada, "pm_card_visa").await, set_up(&bob, "pm_card_mastercard").await);
    for (member, path) in [(&bob, &adas), (&bob, &"pm_none".to_owned()), (&bob, &"cus_1".to_owned())] {
        make_default(member, path, json!({})).await.problem(404, "not_found");
        remove(member, path).await.problem(404, "not_found");
    }
    make_default(&bob, &bobs, json!({"replaces": adas})).await.problem(404, "not_found");
    let itself = make_default(&bob, &bobs, json!({"replaces": bobs})).await;
    assert_eq!(itself.problem(422, "invalid_request")["errors"][0]["field"], "replaces");
    let stranger = app.register().await;
    remove(&stranger, &adas).await.problem(404, "not_found");
    app.anyone().get(&at("payment-methods/")).await.problem(401, "unauthenticated");
    assert_eq!(saved(&ada).await, cards(&[("4242", false)]));
    assert_eq!(saved(&bob).await, cards(&[("4444", false)]), "nothing was made the default");
}

async fn the_card_of_a_live_subscription_is_replaced_and_not_removed(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    let first = made["payment_method"]["id"].as_str().unwrap();
    remove(&member, first).await.problem(409, "last_payment_method");
    let second = set_up(&member, "pm_card_mastercard").await;
    remove(&member, first).await.problem(409, "last_payment_method");
    let answer = make_default(&member, &second, json!({"replaces": first})).await.expect(200);
    assert_eq!(answer["subscription"]["payment_method"]["last4"], "4444");
    assert_eq!(saved(&member).await, cards(&[("4444", true)]));
    // Whose answer was lost tries again.
    make_default(&member, &second, json!({"replaces": first})).await.expect(200);
    make_default(&member, &second, json!({"replaces": "pm_of_nobody"})).await.problem(404, "not_found");
    remove(&member, &second).await.problem(409, "last_payment_method");
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("active")).await;
    assert_eq!(list(&app, "/v1/charges").await[0]["payment_method"], json!(second));
    member.post(&at("cancel/"), json!({"at": "now"})).await.expect(200);
    assert_eq!(remove(&member, &second).await.status, 204, "nothing is paid with it any more");
}

/// What the 3D Secure layer, or the payment element, does in the browser.
async fn in_the_browser(app: &App, confirm: &Value, step: &str, form: &[(&str, &str)]) -> Reply {
    let secret = confirm["client_secret"].as_str().unwrap();
    let (noun, intent) = match confirm["intent"].as_str().unwrap() {
        "setup" => ("setup_intents", secret.split("_secret_").next().unwrap()),
        _ => ("payment_intents", secret.split("_secret_").next().unwrap()),
    };
    app.stripe().post_form(&format!("/v1/{noun}/{intent}/{step}"), form).await
}

async fn a_card_is_set_up_in_the_browser_and_with_3d_secure(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let collect = try_to_set_up(&member, None).await.expect(200);
    let confirm = &collect["confirm"];
    assert_eq!((&confirm["intent"], &confirm["action"]), (&json!("setup"), &json!("collect")));
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    let done = in_the_browser(&app, confirm, "confirm", &card).await.expect(200);
    assert_eq!((&done["status"], &done["usage"]), (&json!("succeeded"), &json!("off_session")));
    assert_eq!(saved(&member).await, cards(&[("4242", false)]));

    for (outcome, status) in [("failed", "requires_payment_method"), ("succeeded", "succeeded")] {
        let asked = try_to_set_up(&member, Some("pm_card_authenticationRequiredOnSetup")).await.expect(200);
        assert_eq!(
            (&asked["payment_method"], &asked["confirm"]["action"]),
            (&json!(null), &json!("next_action"))
        );
        let done = in_the_browser(&app, &asked["confirm"], "3ds", &[("outcome", outcome)]).await.expect(200);
        assert_eq!(done["status"], status);
    }
    assert_eq!(saved(&member).await, cards(&[("3155", false), ("4242", false)]));
    let refused = try_to_set_up(&member, Some("pm_card_chargeDeclinedInsufficientFunds")).await;
    assert_eq!(refused.problem(402, "card_declined")["decline_code"], "insufficient_funds");
    // The same key sets nothing up twice.
    let key = member.key("once");
    let (first, again) = (set_up(&key, "pm_card_mastercard").await, set_up(&key, "pm_card_mastercard").await);
    assert_eq!(first, again);
}

/// A member whose trial has ended in a payment that failed.
async fn past_due(app: &App) -> Client {
    let member = app.register().await;
    subscribe(&member, quarterly("community-pro", "pm_card_chargeCustomerFail")).await;
    app.advance(7 * DAY + 2 * 3_600).await;
    wait_for_subscription(&member, "status", json!("past_due")).await;
    member
}

async fn trap_05_a_new_default_card_pays_what_is_open_at_once(database: Database) {
    let app = shop(database).await;
    let member = past_due(&app).await;
    let card = set_up(&member, "pm_card_visa").await;
    assert_eq!(overview(&member).await["subscription"]["status"], "past_due", "to set it up pays nothing");
    let key = member.key("mend");
    let mended = make_default(&key, &card, json!({})).await.expect(200);
    assert_eq!((&mended["subscription"]["status"], &mended["confirm"]), (&json!("active"), &json!(null)));
    assert_eq!(mended["subscription"]["grace_until"], json!(null));
    let again = make_default(&key, &card, json!({})).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let charges = list(&app, "/v1/charges").await;
    assert_eq!(charges.iter().filter(|charge| charge["paid"] == true).count(), 1);
    assert_eq!(list(&app, "/v1/invoices?status=open").await.len(), 0);
}

async fn a_new_default_card_that_wants_3d_secure_or_is_refused_leaves_the_invoice_open(database: Database) {
    let app = shop(database).await;
    let member = past_due(&app).await;
    let empty = set_up(&member, "pm_card_chargeCustomerFail").await;
    make_default(&member, &empty, json!({})).await.problem(402, "card_declined");
    assert_eq!(overview(&member).await["subscription"]["status"], "past_due");
    let asked = try_to_set_up(&member, Some("pm_card_authenticationRequired")).await.expect(200);
    in_the_browser(&app, &asked["confirm"], "3ds", &[("outcome", "succeeded")]).await.expect(200);
    let all = member.get(&at("payment-methods/")).await.expect(200);
    let strict = all["data"][0]["id"].as_str().unwrap();
    let asked = make_default(&member, strict, json!({"replaces": empty})).await.expect(200);
    assert_eq!(
        (&asked["confirm"]["intent"], &asked["confirm"]["action"]),
        (&json!("payment"), &json!("next_action"))
    );
    assert_eq!(asked["subscription"]["status"], "past_due");
    assert_eq!(saved(&member).await.len(), 3, "the old one stays until the new one is confirmed");
    in_the_browser(&app, &asked["confirm"], "3ds", &[("outcome", "failed")]).await.expect(200);
    settled(&app).await;
    assert_eq!(overview(&member).await["subscription"]["status"], "past_due");
    let asked = make_default(&member, strict, json!({})).await.expect(200);
    in_the_browser(&app, &asked["confirm"], "3ds", &[("outcome", "succeeded")]).await.expect(200);
    wait_for_subscription(&member, "status", json!("active")).await;
}

async fn a_new_default_card_pays_a_first_payment_that_is_missing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let wish = paid_now("pro-learn", "pm_card_authenticationRequired");
    let made = member.post(&at("subscribe/"), wish).await.expect(201);
    assert_eq!(made["subscription"]["status"], "incomplete");
    let card = set_up(&member, "pm_card_visa").await;
    let paid = make_default(&member, &card, json!({})).await.expect(200);
    assert_eq!(paid["subscription"]["status"], "active");
    assert_eq!(paid["subscription"]["id"], made["subscription"]["id"]);
}

async fn a_new_default_card_pays_what_a_scheduled_change_begins(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let down = json!({"tier_slug": "community-pro", "billing_period": "quarterly"});
    let scheduled = member.post(&at("update/"), down).await.expect(200);
    assert_eq!(scheduled["subscription"]["scheduled_change"]["tier_slug"], "community-pro");
    let card = set_up(&member, "pm_card_mastercard").await;
    let changed = make_default(&member, &card, json!({})).await.expect(200);
    assert_eq!(changed["subscription"]["scheduled_change"], scheduled["subscription"]["scheduled_change"]);
    app.advance(93 * DAY).await;
    let charges = list(&app, "/v1/charges").await;
    assert_eq!((&charges[0]["amount"], &charges[0]["payment_method"]), (&json!(5_400), &json!(card)));
}

/// A schedule in its last phase is let go by a sync, perhaps in that very moment.
async fn a_schedule_that_has_let_go_is_in_nobodys_way(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, paid_now("pro-learn", "pm_card_visa")).await;
    let card = set_up(&member, "pm_card_mastercard").await;
    let from = [("from_subscription", made["stripe_subscription_id"].as_str().unwrap())];
    app.stripe().post_form("/v1/subscription_schedules", &from).await.expect(200);
    make_default(&member, &card, json!({})).await.expect(200);
    settled(&app).await;
    assert_eq!(saved(&member).await, cards(&[("4444", true), ("4242", false)]));
}

async fn a_card_chosen_in_the_portal_pays_the_subscription(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let made = subscribe(&member, quarterly("community-pro", "pm_card_visa")).await;
    let customer = customer_of(&app, &member).await;
    let card = set_up(&member, "pm_card_mastercard").await;
    let path = format!("/v1/customers/{customer}");
    let chosen = [("invoice_settings[default_payment_method]", card.as_str())];
    app.stripe().post_form(&path, &chosen).await.expect(200);
    let pays = async |last4: &str| {
        let seen = async || {
            let seen = overview(&member).await;
            (seen["subscription"]["payment_method"]["last4"] == last4).then_some(())
        };
        wait_until("the card is the subscription's", seen).await;
    };
    pays("4444").await;
    // A card that was given to the subscription alone stays, whatever else changes about the customer.
    let subscription = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    let first = made["payment_method"]["id"].as_str().unwrap();
    app.stripe().post_form(&subscription, &[("default_payment_method", first)]).await.expect(200);
    pays("4242").await;
    app.stripe().post_form(&path, &[("name", "Another Name")]).await.expect(200);
    let told = "SELECT CAST(COUNT(*) AS BIGINT) FROM stripe_events WHERE type = 'customer.updated'
         AND payload LIKE '%Another Name%'";
    let come = async || (super::support::count(&app, told).await == 1).then_some(());
    wait_until("the event has come", come).await;
    settled(&app).await;
    assert_eq!(saved(&member).await, cards(&[("4444", false), ("4242", true)]));
}

async fn a_card_that_expires_is_told_in_time_and_no_default_afterwards(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let now = app.billing().now();
    let in_60_days = now.plus(60 * DAY * 1_000).date();
    let (year, month) = (&in_60_days[..4], &in_60_days[5..7]);
    let form = [
        ("type", "card"),
        ("card[number]", "4242424242424242"),
        ("card[exp_month]", month),
        ("card[exp_year]", year),
        ("card[cvc]", "123"),
    ];
    let made = app.stripe().post_form("/v1/payment_methods", &form).await.expect(200);
    let card = set_up(&member, made["id"].as_str().unwrap()).await;
    let said = async || {
        let all = member.get(&at("payment-methods/")).await.expect(200);
        (all["data"][0]["expires_soon"].clone(), all["data"][0]["expired"].clone())
    };
    assert_eq!(said().await, (json!(false), json!(false)));
    // To the last day of the month before its end at the earliest.
    app.advance(60 * DAY).await;
    assert_eq!(said().await, (json!(true), json!(false)));
    app.advance(31 * DAY).await;
    assert_eq!(said().await, (json!(false), json!(true)));
    let refused = make_default(&member, &card, json!({})).await.problem(422, "invalid_request");
    assert_eq!(refused["errors"][0], json!({"field": "id", "reason": "this card has expired"}));
}

async fn five_refused_cards_within_an_hour_are_the_last(database: Database) {
    let app = shop(database).await;
    let (ada, bob) = (app.register().await, app.register().await);
    let refused = async |reply: Reply| drop(reply.problem(402, "card_declined"));
    let key = ada.key("once");
    refused(order(&key, "starter", Some("pm_card_chargeDeclined")).await).await;
    let again = order(&key, "starter", Some("pm_card_chargeDeclined")).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "an answer that is kept is no attempt");
    refused(try_to_set_up(&ada, Some("pm_card_chargeDeclinedLostCard")).await).await;
    let wish = paid_now("pro-learn", "pm_card_chargeDeclinedStolenCard");
    refused(ada.post(&at("subscribe/"), wish).await).await;
    refused(order(&ada, "starter", Some("pm_card_chargeDeclinedFraudulent")).await).await;
    set_up(&ada, "pm_card_visa").await;
    refused(order(&ada, "booster", Some("pm_card_chargeDeclinedExpiredCard")).await).await;

    let asked = list(&app, "/v1/payment_intents?limit=100").await.len();
    for reply in [
        order(&ada, "power", Some("pm_card_visa")).await,
        try_to_set_up(&ada, Some("pm_card_visa")).await,
        ada.post(&at("subscribe/"), paid_now("pro-learn", "pm_card_visa")).await,
        ada.post(&at("subscription/pay/"), json!({})).await,
    ] {
        let wait: i64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((3_400..=3_600).contains(&wait), "{wait}");
        reply.problem(429, "rate_limited");
    }
    assert_eq!(list(&app, "/v1/payment_intents?limit=100").await.len(), asked, "Stripe was not asked");
    assert_eq!(order(&bob, "starter", Some("pm_card_visa")).await.status, 201, "others are not stopped");
    // An hour later.
    let sql = "UPDATE card_declines SET declined_at = declined_at - 3600000";
    super::support::run_sql(&app, sql).await;
    assert_eq!(order(&ada, "power", Some("pm_card_visa")).await.status, 201);
}
