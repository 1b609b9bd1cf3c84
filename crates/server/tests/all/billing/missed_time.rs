//! Hours without webhooks: what Stripe has to tell is asked for, and a delivery that comes late changes nothing.

use super::flaky_stripe::FlakyStripe;
use super::program::{command, run};
use super::support::{
    DAY, available, books_agree, count, deliver, list, order, overview, paid_now, settled, subscribe,
};
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    trap_11_after_hours_without_webhooks_everything_is_caught_up_with,
    deliveries_that_come_after_all_do_nothing_twice,
    where_nothing_was_ever_heard_nothing_was_missed,
    at_its_start_the_program_asks_for_what_it_missed,
    a_delivery_after_an_outage_hides_nothing_of_what_was_missed,
    the_command_catches_up,
);

/// Every event that Stripe has, oldest first.
async fn told(app: &App) -> Vec<Value> {
    let mut all = list(app, "/v1/events?limit=100").await;
    all.reverse();
    all
}

/// One event came; then hours in which members paid, subscribed and cancelled in the browser and at Stripe, and
/// nothing was delivered.
async fn hours_of_silence(stripe: &FlakyStripe, database: Database) -> (App, Client, Client) {
    let app = stripe.quiet_shop(database).await;
    let [buyer, leaver] = [app.register().await, app.register().await];
    let left = subscribe(&leaver, paid_now("pro-learn", "pm_card_visa")).await;
    deliver(&app, told(&app).await.last().unwrap()).await.expect(200);
    settled(&app).await;
    app.advance(5 * 3_600).await;
    let answer = order(&buyer, "starter", None).await.expect(201);
    let intent = answer["purchase"]["stripe_payment_intent_id"].as_str().unwrap();
    let card = [("payment_method", "pm_card_visa"), ("return_url", "https://example.com/")];
    app.stripe().post_form(&format!("/v1/payment_intents/{intent}/confirm"), &card).await.expect(200);
    let left = left["stripe_subscription_id"].as_str().unwrap();
    app.stripe().delete(&format!("/v1/subscriptions/{left}")).await.expect(200);
    app.advance(3 * 3_600).await;
    assert_eq!(available(&buyer).await, 0);
    assert_eq!(overview(&leaver).await["tier"]["slug"], "pro-learn");
    (app, buyer, leaver)
}

async fn is_caught_up(app: &App, buyer: &Client, leaver: &Client) {
    settled(app).await;
    assert_eq!(available(buyer).await, 100_000);
    assert_eq!(overview(leaver).await["tier"]["slug"], "free");
    assert_eq!(count(app, "SELECT COUNT(*) FROM token_transactions").await, 1);
    books_agree(app).await;
}

async fn trap_11_after_hours_without_webhooks_everything_is_caught_up_with(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, buyer, leaver) = hours_of_silence(&stripe, database).await;
    let caught = app.billing().catch_up(None).await.unwrap();
    assert!(caught.missed >= 2, "{caught:?}");
    is_caught_up(&app, &buyer, &leaver).await;
    // Twice is once.
    let again = app.billing().catch_up(None).await.unwrap();
    assert_eq!(again.missed, 0);
    assert!(again.since > caught.since, "from the newest that is known");
}

async fn deliveries_that_come_after_all_do_nothing_twice(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, buyer, leaver) = hours_of_silence(&stripe, database).await;
    app.billing().catch_up(None).await.unwrap();
    is_caught_up(&app, &buyer, &leaver).await;
    let rows =
        "SELECT (SELECT COUNT(*) FROM subscription_changes) + (SELECT COUNT(*) FROM token_transactions)
         + (SELECT COUNT(*) FROM outbox_messages)";
    let before = count(&app, rows).await;
    for event in told(&app).await {
        deliver(&app, &event).await.expect(200);
    }
    is_caught_up(&app, &buyer, &leaver).await;
    assert_eq!(count(&app, rows).await, before);
}

async fn where_nothing_was_ever_heard_nothing_was_missed(database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.quiet_shop(database).await;
    let caught = app.billing().catch_up(None).await.unwrap();
    assert_eq!((caught.seen, caught.missed), (0, 0));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM stripe_events").await, 0);
}

async fn at_its_start_the_program_asks_for_what_it_missed(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, buyer, leaver) = hours_of_silence(&stripe, database).await;
    let mut app = app.restart().await;
    app.sandbox_url.clone_from(&stripe.behind);
    let [buyer, leaver] = [buyer.at(&app.url), leaver.at(&app.url)];
    super::support::wait_for_tokens(&buyer, 100_000).await;
    is_caught_up(&app, &buyer, &leaver).await;
    let compared = async || {
        let runs = "SELECT COUNT(*) FROM reconciliation_runs WHERE finished_at IS NOT NULL AND left_open = 0";
        (count(&app, runs).await == 1).then_some(())
    };
    testkit::wait_until("it has compared both sides afterwards", compared).await;
}

async fn a_delivery_after_an_outage_hides_nothing_of_what_was_missed(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, buyer, leaver) = hours_of_silence(&stripe, database).await;
    app.billing().catch_up_step(false).await.unwrap();
    assert_eq!(available(&buyer).await, 0, "something came a moment ago");
    let heard = async || {
        let sql = "SELECT value FROM settings WHERE name = 'events_heard'";
        app.database.db.reader().one::<(String,)>(sql, args![]).await.unwrap().0
    };
    let before = heard().await;
    // Hours after what was missed, and of somebody else.
    let missed = told(&app).await.len();
    subscribe(&app.register().await, paid_now("pro-learn", "pm_card_visa")).await;
    for event in &told(&app).await[missed..] {
        deliver(&app, event).await.expect(200);
    }
    settled(&app).await;
    assert_eq!((available(&buyer).await, &overview(&leaver).await["tier"]["slug"]), (0, &json!("pro-learn")));
    // What it remembers is from before the outage: no step has succeeded for an hour.
    let mut since: Value = serde_json::from_str(&before).unwrap();
    since["wall"] = json!(since["wall"].as_i64().unwrap() - 3_600_000);
    let mut tx = app.database.db.begin().await.unwrap();
    store::settings::set(&mut tx, "events_heard", &since.to_string()).await.unwrap();
    tx.commit().await.unwrap();
    app.billing().catch_up_step(false).await.unwrap();
    is_caught_up(&app, &buyer, &leaver).await;
    assert_ne!(heard().await, since.to_string(), "from now on it goes on from here");
}

async fn the_command_catches_up(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (app, buyer, leaver) = hours_of_silence(&stripe, database).await;
    let mut program = command();
    program.args(["events", "catch-up", "--since", "2d"]).current_dir(app.database.folder());
    program.env("DATABASE_URL", &app.database.url).env("SANDBOX_URL", &stripe.url);
    let output = run(program).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("had not come"), "{said}");
    // The worker looks once a minute, or when time jumps.
    app.advance(DAY / 24).await;
    is_caught_up(&app, &buyer, &leaver).await;
}
