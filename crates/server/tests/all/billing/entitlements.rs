//! What an account may do, answered from memory where the database says that nothing has changed: never late, whoever
//! changed it, on whichever instance.

use super::support::{
    DAY, at, buy, consume, count, overview, paid_now, quarterly, run_sql, settled, shop, subscribe,
};
use billing::Billing;
use domain::clock::{Clock, Clocks};
use domain::ids::AccountId;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::args;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    what_a_webhook_changes_is_seen_at_once_by_every_instance,
    what_an_admin_changes_is_seen_at_once_by_every_instance,
    what_time_changes_is_seen_at_its_moment_and_needs_no_event,
    what_somebody_changes_with_sql_is_seen_at_once,
    an_ai_request_is_never_admitted_by_what_is_kept_in_memory,
    one_call_answers_everything,
    an_answer_that_still_holds_is_not_sent_again,
    a_feature_is_allowed_or_says_which_tier_has_it,
    a_limit_is_allowed_or_says_which_tier_has_more,
    an_answer_takes_little_time,
);

const ENTITLEMENTS: &str = "/api/v1/billing/entitlements/";

/// Another process on the same database, as far as entitlements go: pools and memory of its own.
async fn another_instance(app: &App) -> Billing {
    let db = app.database.open_again().await;
    Billing { db, known_facts: Arc::default(), ..app.billing().clone() }
}

/// One whose business clock is moved by hand: no worker of its own, and no sandbox that hears of it.
fn in_the_future(app: &App) -> (Billing, Arc<AtomicI64>) {
    let (now, ahead) = (app.billing().now().0, Arc::new(AtomicI64::new(0)));
    let clocks = Clocks { business: Clock::new(move || now, ahead.clone()), ..app.billing().clocks.clone() };
    (Billing { clocks, known_facts: Arc::default(), ..app.billing().clone() }, ahead)
}

async fn account(member: &Client) -> AccountId {
    AccountId::from_stored(overview(member).await["account_id"].as_str().unwrap())
}

/// The tier by every instance. Asked twice, so that what is kept is used.
async fn tiers(instances: &[&Billing], account: &AccountId) -> Vec<String> {
    let mut tiers = Vec::new();
    for billing in instances {
        let first = billing.entitlements(account).await.unwrap().tier.slug;
        assert_eq!(billing.entitlements(account).await.unwrap().tier.slug, first);
        tiers.push(first.to_string());
    }
    tiers
}

async fn what_a_webhook_changes_is_seen_at_once_by_every_instance(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let (here, there) = (app.billing(), another_instance(&app).await);
    let id = account(&ada).await;
    assert_eq!(tiers(&[here, &there], &id).await, ["free", "free"]);
    let made = subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    assert_eq!(tiers(&[&there, here], &id).await, ["pro-learn", "pro-learn"]);
    // In the dashboard: nobody but the webhook tells of it.
    let path = format!("/v1/subscriptions/{}", made["stripe_subscription_id"].as_str().unwrap());
    app.stripe().delete(&path).await.expect(200);
    settled(&app).await;
    assert_eq!(tiers(&[&there, here], &id).await, ["free", "free"]);
}

async fn what_an_admin_changes_is_seen_at_once_by_every_instance(database: Database) {
    let app = shop(database).await;
    let (ada, root) = (app.register().await, app.register().await);
    app.billing().make_admin("member1@members.example").await.unwrap();
    let (here, there) = (app.billing(), another_instance(&app).await);
    let id = account(&ada).await;
    assert_eq!(tiers(&[here, &there], &id).await, ["free", "free"]);
    let path = format!("/api/v1/admin/accounts/{id}/tier/");
    root.post(&path, json!({"tier_slug": "creator-mentor", "reason": "a mentor"})).await.expect(200);
    assert_eq!(tiers(&[&there, here], &id).await, ["creator-mentor", "creator-mentor"]);
    let body = root.request(reqwest::Method::DELETE, &path).json(&json!({"reason": "over"}));
    root.send(body).await.expect(200);
    assert_eq!(tiers(&[&there, here], &id).await, ["free", "free"]);
}

async fn what_time_changes_is_seen_at_its_moment_and_needs_no_event(database: Database) {
    let app = shop(database).await;
    let root = app.register().await;
    app.billing().make_admin("member0@members.example").await.unwrap();
    let [leaving, late, trying, given] =
        [app.register().await, app.register().await, app.register().await, app.register().await];
    subscribe(&leaving, paid_now("pro-learn", "pm_card_visa")).await;
    let canceled = leaving.post(&at("cancel/"), json!({"at": "period_end"})).await.expect(200);
    subscribe(&late, paid_now("pro-learn", "pm_card_visa")).await;
    subscribe(&trying, quarterly("community-pro", "pm_card_visa")).await;
    let path = format!("/api/v1/admin/accounts/{}/tier/", account(&given).await);
    let until = app.billing().now().plus(DAY * 1_000);
    let body = json!({"tier_slug": "creator-mentor", "until": until.to_string(), "reason": "a day"});
    root.post(&path, body).await.expect(200);
    settled(&app).await;

    // From here on only this instance's clock moves, so that no event can tell of anything.
    let (alone, ahead) = in_the_future(&app);
    let mut tx = app.database.db.begin().await.unwrap();
    let sql = "UPDATE user_subscriptions SET status = 'past_due', past_due_since = $1 WHERE account_id = $2";
    tx.run_one(sql, args![alone.now(), &account(&late).await]).await.unwrap();
    tx.commit().await.unwrap();

    let trying_view = overview(&trying).await;
    let trial_end = parsed(trying_view["subscription"]["trial_end"].as_str().unwrap());
    let cancel_at = parsed(canceled["subscription"]["cancel_at"].as_str().unwrap());
    let now = alone.now();
    let cases = [
        (account(&given).await, "creator-mentor", parsed(&until.to_string())),
        (account(&late).await, "pro-learn", now.plus(7 * DAY * 1_000)),
        (account(&trying).await, "community-pro", trial_end.plus(3 * DAY * 1_000)),
        (account(&leaving).await, "pro-learn", cancel_at),
    ];
    for (id, tier, end) in &cases {
        let (tier, move_to) = (*tier, |at: i64| ahead.store(at - now.0, Ordering::SeqCst));
        move_to(end.0 - 1);
        assert_eq!(tiers(&[&alone], id).await, [tier], "{id}");
        let check = alone.check_feature(id, "community").await.unwrap();
        assert_eq!(check.valid_until, Some(*end), "{id}");
        move_to(end.0);
        assert_eq!(tiers(&[&alone], id).await, ["free"], "{id}");
        // As by a clock that is a little behind.
        move_to(end.0 - 1);
        assert_eq!(tiers(&[&alone], id).await, [tier], "{id}");
    }
}

fn parsed(time: &str) -> domain::time::Timestamp {
    time.parse().unwrap()
}

async fn what_somebody_changes_with_sql_is_seen_at_once(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let (here, there) = (app.billing(), another_instance(&app).await);
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    let id = account(&ada).await;
    assert_eq!(tiers(&[here, &there], &id).await, ["pro-learn", "pro-learn"]);
    run_sql(&app, "UPDATE user_subscriptions SET status = 'unpaid'").await;
    assert_eq!(tiers(&[here, &there], &id).await, ["free", "free"]);
}

async fn an_ai_request_is_never_admitted_by_what_is_kept_in_memory(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    settled(&app).await;
    assert_eq!(ada.get(ENTITLEMENTS).await.expect(200)["tier_slug"], "pro-learn");
    // Nobody tells any more that something has changed.
    run_sql(
        &app,
        if app.database.is_postgres() {
            "DROP TRIGGER user_subscriptions_count ON user_subscriptions"
        } else {
            "DROP TRIGGER user_subscriptions_update_counts"
        },
    )
    .await;
    run_sql(&app, "UPDATE user_subscriptions SET status = 'unpaid'").await;
    assert_eq!(ada.get(ENTITLEMENTS).await.expect(200)["tier_slug"], "pro-learn", "from memory");
    assert_eq!(consume(&ada).await.expect(200)["allowance"]["limit"], 3, "not from memory");
}

async fn one_call_answers_everything(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let free = ada.get(ENTITLEMENTS).await.expect(200);
    assert_eq!(free["subscription"], Value::Null);
    assert_eq!(
        (&free["limits"]["projects"], &free["balance"]),
        (&json!(10), &json!({"available": 0, "held": 0}))
    );
    assert_eq!(
        free["ai_limits"],
        json!({
            "requests_per_minute": 20, "concurrent": 4, "models": ["gpt-5-mini", "text-embedding-3-small"],
            "largest_request": 4_000
        })
    );
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    buy(&ada, "starter").await;
    let host = super::support::backend(&app, &ada).await;
    consume(&ada).await.expect(200);
    let hold = json!({"tokens": 40_000});
    host.post(&at("holds/"), hold).await.expect(201);
    let canceled = ada.post(&at("cancel/"), json!({"at": "period_end"})).await.expect(200);
    let paid = host.get(ENTITLEMENTS).await.expect(200);
    assert_eq!(paid["tier_slug"], "pro-learn");
    assert_eq!(paid["limits"]["projects"], Value::Null);
    assert_eq!((&paid["ai_requests"]["limit"], &paid["ai_requests"]["used"]), (&json!(500), &json!(1)));
    assert_eq!((&paid["ai_limits"]["concurrent"], &paid["ai_limits"]["models"]), (&json!(16), &Value::Null));
    assert_eq!(paid["balance"], json!({"available": 60_000, "held": 40_000}));
    assert_eq!(
        paid["subscription"],
        json!({
            "tier_slug": "pro-learn", "status": "active", "trial_end": null,
            "cancel_at": canceled["subscription"]["cancel_at"], "grace_until": null,
        })
    );
    assert_eq!(paid["valid_until"], paid["ai_requests"]["resets_at"], "the sooner one");
}

async fn an_answer_that_still_holds_is_not_sent_again(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let first = ada.get(ENTITLEMENTS).await;
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    assert_eq!(first.header("vary"), Some("authorization, cookie, on-behalf-of"));
    let tag = first.header("etag").unwrap().to_owned();
    let again = ada.header("if-none-match", &format!("\"other\", W/{tag}")).get(ENTITLEMENTS).await;
    assert_eq!((again.status, again.body.clone()), (304, Value::Null));
    assert_eq!(again.header("etag"), Some(tag.as_str()));
    assert_eq!(again.header("cache-control"), Some("private, no-cache"));

    let asking = ada.header("if-none-match", &tag);
    consume(&ada).await.expect(200);
    let used = asking.get(ENTITLEMENTS).await;
    assert_ne!(used.header("etag"), Some(tag.as_str()));
    assert_eq!(used.expect(200)["ai_requests"]["used"], 1);
    let feature = at("entitlements/features/deep_reviews/");
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    assert_eq!(asking.get(ENTITLEMENTS).await.expect(200)["tier_slug"], "pro-learn");
    // A check does not change with what is used.
    let tag = ada.get(&feature).await.header("etag").unwrap().to_owned();
    consume(&ada).await.expect(200);
    assert_eq!(ada.header("if-none-match", &tag).get(&feature).await.status, 304);
}

async fn a_feature_is_allowed_or_says_which_tier_has_it(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let check = async |key: &str| ada.get(&at(&format!("entitlements/features/{key}/"))).await;
    let refused = check("deep_reviews").await.problem(403, "feature_not_in_tier");
    assert_eq!((&refused["key"], &refused["upgrade_to"]), (&json!("deep_reviews"), &json!("community-pro")));
    let refused = check("completion_certificates").await.problem(403, "feature_not_in_tier");
    assert_eq!(refused["upgrade_to"], "pro-learn");
    check("teleportation").await.problem(404, "not_found");
    app.anyone().get(&at("entitlements/features/deep_reviews/")).await.problem(401, "unauthenticated");
    subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    let allowed = check("deep_reviews").await.expect(200);
    assert_eq!((&allowed["key"], &allowed["tier_slug"]), (&json!("deep_reviews"), &json!("community-pro")));
    let ends = parsed(overview(&ada).await["subscription"]["current_period_end"].as_str().unwrap());
    assert_eq!(allowed["valid_until"], ends.plus(3 * DAY * 1_000).to_string(), "72 hours after its period");
    check("completion_certificates").await.problem(403, "feature_not_in_tier");
}

async fn a_limit_is_allowed_or_says_which_tier_has_more(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    let check = async |query: &str| ada.get(&at(&format!("entitlements/limits/{query}"))).await;
    let nine = check("projects/?used=9").await.expect(200);
    assert_eq!((&nine["limit"], &nine["used"], &nine["remaining"]), (&json!(10), &json!(9), &json!(1)));
    for used in [10, 11] {
        let refused = check(&format!("projects/?used={used}")).await.problem(403, "limit_reached");
        assert_eq!((&refused["limit"], &refused["used"]), (&json!(10), &json!(used)));
        assert_eq!((&refused["key"], &refused["upgrade_to"]), (&json!("projects"), &json!("community-pro")));
    }
    for query in ["projects/", "projects/?used=-1", "projects/?used=many", "projects/?used=1&usde=2"] {
        check(query).await.problem(422, "invalid_request");
    }
    check("rockets/?used=0").await.problem(404, "not_found");
    subscribe(&ada, paid_now("community-pro", "pm_card_visa")).await;
    let many = check("projects/?used=10000").await.expect(200);
    assert_eq!((&many["limit"], &many["remaining"]), (&Value::Null, &Value::Null));
}

/// Measured, and printed: `cargo nextest run -E 'test(an_answer_takes_little_time)' --no-capture`.
#[allow(clippy::disallowed_methods, reason = "it is about how long something takes")]
async fn an_answer_takes_little_time(database: Database) {
    const TIMES: usize = 1_000;
    let app = shop(database).await;
    let ada = app.register().await;
    subscribe(&ada, paid_now("pro-learn", "pm_card_visa")).await;
    consume(&ada).await.expect(200);
    settled(&app).await;
    let id = account(&ada).await;
    let mut measured = Vec::new();
    for what in ["kept", "read anew", "over HTTP"] {
        let mut took = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let begun = std::time::Instant::now();
            match what {
                "kept" => drop(app.billing().entitlements(&id).await.unwrap()),
                "read anew" => {
                    let forgetful = Billing { known_facts: Arc::default(), ..app.billing().clone() };
                    drop(forgetful.entitlements(&id).await.unwrap());
                }
                _ => drop(ada.get(ENTITLEMENTS).await.expect(200)),
            }
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        let (half, most) = (took[TIMES / 2], took[TIMES * 99 / 100]);
        println!("entitlements, {what}: p50 {half:?}, p99 {most:?}");
        measured.push(half);
    }
    assert!(measured[0] < measured[1], "what is kept is of use");
    assert!(measured[0].as_millis() < 20, "{:?}", measured[0]);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM user_subscriptions").await, 1);
}
