//! What becomes of delivered events: stored first, applied afterwards, never lost.

use super::flaky_stripe::{Fault, FlakyStripe};
use super::support::{
    at, available, buy, count, customer_of, deliver, deliver_signed, event, list, order, outcome, overview,
    paid_now, run_sql, settled, shop, subscribe, wait_for_tokens,
};
use axum::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    trap_09_an_event_that_fails_stays_pending_and_is_applied_later,
    an_event_without_a_customer_waits_for_stripe_as_long_as_it_is_down,
    trap_10_a_poison_event_is_answered_200_given_up_in_the_end_and_replayed_by_hand,
    trap_37_bursts_of_valid_deliveries_are_never_limited_and_bad_signatures_are,
    trap_40_objects_of_others_are_ignored_with_the_reason,
);

async fn confirm_in_the_browser(app: &App, member: &Client) -> String {
    let answer = order(member, "starter", None).await.expect(201);
    let intent = answer["purchase"]["stripe_payment_intent_id"].as_str().unwrap().to_owned();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    intent
}

async fn succeeded(app: &App) -> String {
    let events = list(app, "/v1/events?type=payment_intent.succeeded").await;
    events[0]["id"].as_str().unwrap().to_owned()
}

async fn trap_09_an_event_that_fails_stays_pending_and_is_applied_later(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let member = app.register().await;
    stripe.set(Method::GET, "/v1/payment_intents/", Fault::Refuse);
    confirm_in_the_browser(&app, &member).await;
    let failing = async || {
        let failed = "SELECT COUNT(*) FROM customer_syncs WHERE failures > 0 AND dirty > synced";
        (count(&app, failed).await == 1).then_some(())
    };
    wait_until("a sync has failed", failing).await;
    let waiting =
        "SELECT COUNT(*) FROM stripe_events WHERE state = 'pending' AND type = 'payment_intent.succeeded'";
    assert_eq!((count(&app, waiting).await, available(&member).await), (1, 0));
    stripe.heal();
    wait_for_tokens(&member, 100_000).await;
    assert_eq!(outcome(&app, &succeeded(&app).await).await.0, "processed");
    settled(&app).await;
}

async fn an_event_without_a_customer_waits_for_stripe_as_long_as_it_is_down(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let member = app.register().await;
    subscribe(&member, paid_now("pro-learn", "pm_card_createDispute")).await;
    // A dispute names its payment only, and the payment is at Stripe.
    let dispute = list(&app, "/v1/disputes").await.remove(0);
    stripe.set(Method::GET, "/v1/payment_intents/", Fault::Refuse);
    deliver(&app, &event("evt_dispute", "charge.dispute.closed", &dispute)).await.expect(200);
    let waiting = async || {
        let waiting =
            "SELECT COUNT(*) FROM stripe_events WHERE id = 'evt_dispute' AND next_attempt_at > received_at";
        (count(&app, waiting).await == 1).then_some(())
    };
    wait_until("it waits", waiting).await;
    let waits =
        store::events::find(&mut app.database.db.reader(), &"evt_dispute".into()).await.unwrap().unwrap();
    assert_eq!((waits.state.as_str(), waits.attempts, waits.last_error), ("pending", 0, None));
    stripe.heal();
    assert_eq!(outcome(&app, "evt_dispute").await.0, "processed");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM disputes").await, 1);
}

async fn trap_10_a_poison_event_is_answered_200_given_up_in_the_end_and_replayed_by_hand(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let (poisoned, healthy) = (app.register().await, app.register().await);
    stripe.set(Method::GET, "/v1/payment_intents/", Fault::Garble);
    let intent = confirm_in_the_browser(&app, &poisoned).await;
    let object =
        json!({"id": intent, "object": "payment_intent", "customer": customer_of(&app, &poisoned).await});
    let told = event("evt_poison", "payment_intent.succeeded", &object);
    assert_eq!(deliver(&app, &told).await.expect(200)["received"], true);
    let tried = async || {
        let tried = "SELECT COUNT(*) FROM stripe_events WHERE id = 'evt_poison' AND attempts > 0";
        (count(&app, tried).await == 1).then_some(())
    };
    wait_until("it has failed once", tried).await;
    // Others are not held up by it.
    consume_and_see(&app, &healthy).await;
    // As if it had failed for seven hours.
    run_sql(&app, "UPDATE stripe_events SET attempts = 18 WHERE id = 'evt_poison' AND state = 'pending'")
        .await;
    let (state, _) = outcome(&app, "evt_poison").await;
    assert_eq!(state, "dead");
    let dead = app.billing().list_events(Some("dead"), 10).await.unwrap();
    // Beside a try that was under way when that was written.
    assert!(dead.len() == 1 && (19..=20).contains(&dead[0].attempts), "{dead:?}");
    assert!(dead[0].last_error.is_some(), "{dead:?}");
    stripe.heal();
    assert_eq!(app.billing().replay_failed_events().await.unwrap(), 1);
    assert_eq!(outcome(&app, "evt_poison").await.0, "processed");
    assert_eq!(available(&poisoned).await, 100_000);
    // Applying twice does nothing twice.
    app.billing().replay_event(&"evt_poison".into()).await.unwrap();
    settled(&app).await;
    assert_eq!(available(&poisoned).await, 100_000);
    assert!(app.billing().replay_event(&"evt_none".into()).await.is_err());
}

async fn consume_and_see(app: &App, member: &Client) {
    subscribe(member, paid_now("pro-learn", "pm_card_visa")).await;
    let path = overview(member).await["subscription"]["stripe_subscription_id"].as_str().unwrap().to_owned();
    let canceled = app.stripe().delete(&format!("/v1/subscriptions/{path}")).await.expect(200);
    deliver(app, &event("evt_healthy", "customer.subscription.deleted", &canceled)).await.expect(200);
    assert_eq!(outcome(app, "evt_healthy").await.0, "processed");
    assert_eq!(overview(member).await["tier"]["slug"], "free");
}

async fn trap_37_bursts_of_valid_deliveries_are_never_limited_and_bad_signatures_are(database: Database) {
    let app = shop(database).await;
    let burst =
        (0..300).map(|number| event(&format!("evt_{number}"), "plan.updated", &json!({"id": "plan_1"})));
    let deliveries = burst.map(|told| {
        let app = &app;
        async move { deliver(app, &told).await.status }
    });
    assert!(join_all(deliveries).await.iter().all(|status| *status == 200));
    let stored = "SELECT COUNT(*) FROM stripe_events WHERE type = 'plan.updated'";
    assert_eq!(count(&app, stored).await, 300);

    let mut refused = [0, 0];
    for _ in 0..70 {
        let reply = deliver_signed(&app, "{}", "t=1,v1=00").await;
        match reply.body["code"].as_str() {
            Some("invalid_signature") => refused[0] += 1,
            Some("rate_limited") => refused[1] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(refused[0] >= 60 && refused[1] > 0, "{refused:?}");
    let still = event("evt_still", "plan.updated", &json!({"id": "plan_1"}));
    deliver(&app, &still).await.expect(200);
}

async fn trap_40_objects_of_others_are_ignored_with_the_reason(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    let customer = customer_of(&app, &member).await;
    let stripe = app.stripe();
    // Of another product in the same Stripe account: its customer, and its things on our customer.
    let stranger = stripe.post_form("/v1/customers", &[("email", "x@example.com")]).await.expect(200);
    let stranger = stranger["id"].as_str().unwrap();
    let price = [
        ("currency", "usd"),
        ("unit_amount", "100"),
        ("recurring[interval]", "month"),
        ("product_data[name]", "Else"),
    ];
    let price = stripe.post_form("/v1/prices", &price).await.expect(200);
    let price = price["id"].as_str().unwrap();
    let card = [("customer", stranger)];
    let card = stripe.post_form("/v1/payment_methods/pm_card_visa/attach", &card).await.expect(200);
    let paid = async |customer: &str| {
        let form = [
            ("amount", "700"),
            ("currency", "usd"),
            ("customer", customer),
            ("confirm", "true"),
            ("payment_method", "pm_card_visa"),
            ("return_url", "https://example.com/"),
        ];
        stripe.post_form("/v1/payment_intents", &form).await.expect(200)["id"].clone()
    };
    let foreign = [
        ("customer", stranger),
        ("items[0][price]", price),
        ("default_payment_method", card["id"].as_str().unwrap()),
    ];
    let foreign = stripe.post_form("/v1/subscriptions", &foreign).await.expect(200)["id"].clone();
    let theirs = paid(stranger).await;
    let on_ours = paid(&customer).await;
    let account = overview(&member).await["account_id"].as_str().unwrap().to_owned();
    let subscription = async |form: &[(&str, &str)]| {
        let base = [("customer", customer.as_str()), ("items[0][price]", price), ("trial_period_days", "30")];
        let form = [&base, form].concat();
        stripe.post_form("/v1/subscriptions", &form).await
    };
    let unmarked = subscription(&[]).await;
    let marked = subscription(&[("metadata[account_id]", &account)]).await;
    for (kind, id, reason) in [
        ("customer.subscription.created", foreign, "not one of ours"),
        ("payment_intent.succeeded", theirs, "not one of ours"),
        ("payment_intent.succeeded", on_ours, "no purchase of tokens"),
        ("customer.subscription.created", unmarked.body["id"].clone(), "metadata"),
        ("customer.subscription.created", marked.body["id"].clone(), "catalog"),
    ] {
        assert!(id.is_string(), "{kind} {reason}: {:#} {:#}", unmarked.body, marked.body);
        let told = async || find_event(&app, kind, &id).await;
        let told = wait_until("its event is here", told).await;
        let (state, why) = outcome(&app, &told).await;
        assert!(state == "ignored" && why.contains(reason), "{kind} of {id}: {state}, {why}");
    }
    assert_eq!(available(&member).await, 100_000);
    assert_eq!(overview(&member).await["subscription"], json!(null));
    assert_eq!(
        count(&app, "SELECT COUNT(*) FROM stripe_events WHERE state = 'ignored' AND reason IS NULL").await,
        0
    );
    app.anyone().get(&at("tiers/")).await.expect(200);
}

async fn find_event(app: &App, kind: &str, object: &Value) -> Option<String> {
    let events = app.billing().list_events(None, 1_000).await.unwrap();
    events
        .into_iter()
        .find(|event| event.kind == kind && *object == event.object_id)
        .map(|event| event.id.to_string())
}
