//! Requests whose cost is known only afterwards: held, and ended once, by what was used, by being given up, or by time.

use super::mails::subjects;
use super::support::{
    DAY, at, backend, balance, books_agree, buy, consume, count, run_sql, seeded, shop, wait_for_tokens,
};
use axum::http::Method;
use billing::holds::{Named, VoidHold};
use domain::ids::{AccountId, HoldId, ServiceKeyId};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::{Query as _, args};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    a_hold_is_captured_with_what_was_used_and_the_rest_comes_back,
    a_hold_that_nothing_used_is_voided,
    what_was_done_is_answered_as_done_and_everything_else_is_refused,
    trap_13_fifty_concurrent_holds_on_tokens_for_ten_exactly_ten_are_held,
    trap_13_of_many_ends_at_once_one_counts,
    a_refusal_holds_nothing_and_says_what_would_help,
    the_source_is_fixed_when_the_hold_is_made,
    trap_29_a_voided_unit_goes_back_to_the_window_that_it_was_taken_from,
    trap_14_a_hold_that_nobody_ends_is_given_back_in_time,
    trap_15_a_request_that_outlives_its_hold_is_paid_with_tokens,
    trap_15_a_request_that_outlives_its_unit_takes_one_of_the_same_window_again,
    trap_15_a_late_capture_takes_nothing_of_another_window,
    trap_15_of_many_late_captures_and_the_worker_one_counts,
    trap_14_several_workers_give_a_hold_back_once,
    trap_14_holds_that_cannot_be_given_back_keep_no_other_waiting,
    trap_14_a_hold_outlives_its_process_and_still_expires,
    trap_12_what_is_given_back_pays_a_debt_first,
    trap_15_without_a_report_the_estimate_is_taken_and_flagged,
    more_than_was_held_is_taken_from_the_balance_as_far_as_it_goes,
    more_than_a_unit_covers_is_taken_from_the_balance,
    where_the_catalog_caps_nothing_is_taken_beyond_the_hold,
    a_hold_is_ended_only_by_the_key_that_made_it,
    once_a_key_is_revoked_another_of_its_host_ends_its_holds,
    a_hold_under_a_key_is_made_once,
    a_retry_under_a_key_gets_the_hold_as_it_is_by_then,
    what_was_not_paid_is_held_anew_under_its_key,
    a_low_balance_is_told_by_what_was_used_and_not_by_what_was_held,
    a_debt_that_is_paid_by_what_comes_back_may_leave_little_and_is_told,
    who_leaves_with_an_open_hold_leaves_books_that_agree,
    what_is_no_hold_is_refused,
);

async fn hold(backend: &Client, tokens: i64) -> Reply {
    backend.post(&at("holds/"), json!({"tokens": tokens})).await
}

/// A hold's id, when it is held.
async fn held(backend: &Client, tokens: i64) -> String {
    hold(backend, tokens).await.expect(201)["hold"]["id"].as_str().unwrap().to_owned()
}

async fn capture(backend: &Client, id: &str, tokens: i64) -> Reply {
    backend.post(&at(&format!("holds/{id}/capture/")), json!({"tokens": tokens})).await
}

async fn void(backend: &Client, id: &str) -> Reply {
    backend.post(&at(&format!("holds/{id}/void/")), json!({})).await
}

/// A member with a hundred thousand tokens and no allowance left, and a backend that acts for them.
async fn with_tokens_only(app: &App) -> (Client, Client) {
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    let backend = backend(app, &member).await;
    (member, backend)
}

async fn has(member: &Client, available: i64, held: i64, debt: i64) {
    let seen = balance(member).await;
    let seen = (&seen["available"], &seen["held"], &seen["debt"]);
    assert_eq!(seen, (&json!(available), &json!(held), &json!(debt)));
}

async fn today(member: &Client) -> Value {
    member.get(&at("usage/")).await.expect(200)["today"].clone()
}

/// Waits for the worker to give back what is due.
async fn all_expired(app: &App) {
    let held = async || {
        let open = "SELECT COUNT(*) FROM token_holds WHERE status = 'held'";
        (count(app, open).await == 0).then_some(())
    };
    wait_until("nothing is held any more", held).await;
}

/// A shop with another line in its catalog.
async fn shop_with(database: Database, line: &str, instead: &str) -> App {
    let catalog = include_str!("../../../../../catalog.toml");
    let path = database.folder().join("catalog.toml");
    let changed = catalog.replacen(line, instead, 1);
    assert_ne!(catalog, changed);
    std::fs::write(&path, changed).unwrap();
    seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await
}

async fn a_hold_is_captured_with_what_was_used_and_the_rest_comes_back(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let body = json!({"tokens": 4_000, "feature": "essay"});
    let made = backend.post(&at("holds/"), body).await.expect(201);
    let (id, expires) = (made["hold"]["id"].as_str().unwrap(), made["hold"]["expires_at"].as_str().unwrap());
    assert!(id.starts_with("hold_"));
    let expires: domain::time::Timestamp = expires.parse().unwrap();
    assert!((290..=300).contains(&(expires.seconds() - app.billing().now().seconds())));
    let hold = |status: &str, used: Value| {
        json!({"id": id, "status": status, "tokens": 4_000, "source": "tokens",
            "expires_at": made["hold"]["expires_at"], "used": used, "paid": used, "estimated": false, "late": false})
    };
    assert_eq!(made["hold"], hold("held", Value::Null));
    assert_eq!(made["balance"], json!({"available": 96_000, "held": 4_000}));
    assert_eq!(made["allowance"]["remaining"], 0);
    has(&member, 96_000, 4_000, 0).await;
    assert_eq!(today(&member).await, json!({"ai_requests": 3, "tokens": 0}), "counted when it is captured");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1, "a hold moves nothing");
    books_agree(&app).await;

    let done = capture(&backend, id, 812).await.expect(200);
    assert_eq!(done["hold"], hold("captured", json!(812)));
    assert_eq!(done["balance"], json!({"available": 99_188, "held": 0}));
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 812}));
    let history = member.get(&at("tokens/history/")).await.expect(200);
    let row = &history["data"][0];
    assert_eq!(
        (&row["kind"], &row["tokens"], &row["balance_after"], &row["description"]),
        (&json!("usage"), &json!(-812), &json!(99_188), &json!("essay"))
    );
    assert_eq!(balance(&member).await["spent"], 812);
    books_agree(&app).await;
}

async fn a_hold_that_nothing_used_is_voided(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let done = void(&backend, &id).await.expect(200);
    assert_eq!((&done["hold"]["status"], &done["hold"]["used"]), (&json!("voided"), &Value::Null));
    assert_eq!(done["balance"], json!({"available": 100_000, "held": 0}));
    assert_eq!(today(&member).await, json!({"ai_requests": 3, "tokens": 0}));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions").await, 1);
    books_agree(&app).await;
}

async fn what_was_done_is_answered_as_done_and_everything_else_is_refused(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let captured = held(&backend, 4_000).await;
    let first = capture(&backend, &captured, 812).await.expect(200);
    assert_eq!(capture(&backend, &captured, 812).await.expect(200), first);
    let refused = capture(&backend, &captured, 813).await.problem(409, "hold_not_held");
    assert_eq!((&refused["hold"]["status"], &refused["hold"]["used"]), (&json!("captured"), &json!(812)));
    void(&backend, &captured).await.problem(409, "hold_not_held");

    let voided = held(&backend, 4_000).await;
    let first = void(&backend, &voided).await.expect(200);
    assert_eq!(void(&backend, &voided).await.expect(200), first);
    let refused = capture(&backend, &voided, 812).await.problem(409, "hold_not_held");
    assert_eq!(refused["hold"]["status"], "voided");
    has(&member, 99_188, 0, 0).await;
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 812}));
    books_agree(&app).await;
}

async fn trap_13_fifty_concurrent_holds_on_tokens_for_ten_exactly_ten_are_held(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let replies = join_all((0..50).map(|_| hold(&backend, 10_000))).await;
    let (made, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), refused.len()), (10, 40));
    for reply in refused {
        let refused = reply.problem(403, "out_of_ai_requests");
        assert_eq!(refused["balance"], json!({"available": 0, "held": 100_000}));
    }
    has(&member, 0, 100_000, 0).await;
    let id = |reply: Reply| reply.body["hold"]["id"].as_str().unwrap().to_owned();
    let ids: Vec<_> = made.into_iter().map(id).collect();
    join_all(ids.iter().map(|id| capture(&backend, id, 7_000))).await;
    has(&member, 30_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_13_of_many_ends_at_once_one_counts(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let captures = join_all((0..8).map(|number| capture(&backend, &id, 100 + number)));
    let voids = join_all((0..8).map(|_| void(&backend, &id)));
    let (captures, voids) = tokio::join!(captures, voids);
    let done: Vec<_> = captures.iter().filter(|reply| reply.status == 200).collect();
    let voided = voids.iter().filter(|reply| reply.status == 200).count();
    assert!((done.len() == 1 && voided == 0) || (done.is_empty() && voided == 8), "{}, {voided}", done.len());
    let paid = done.first().map_or(0, |reply| reply.body["hold"]["paid"].as_i64().unwrap());
    has(&member, 100_000 - paid, 0, 0).await;
    books_agree(&app).await;
}

async fn a_refusal_holds_nothing_and_says_what_would_help(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    hold(&backend, 4_001).await.problem(403, "out_of_tokens");
    for _ in 0..3 {
        assert_eq!(hold(&backend, 4_000).await.expect(201)["hold"]["source"], "allowance");
    }
    let refused = hold(&backend, 1).await.problem(403, "out_of_ai_requests");
    assert_eq!((&refused["upgrade_to"], &refused["allowance"]["used"]), (&json!("community-pro"), &json!(3)));
    assert!(refused["resets_at"].is_string());
    consume(&member).await.problem(403, "out_of_ai_requests");
    buy(&member, "starter").await;
    let refused = hold(&backend, 100_001).await.problem(403, "out_of_tokens");
    assert_eq!(refused["balance"], json!({"available": 100_000, "held": 0}));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 3);
    has(&member, 100_000, 0, 0).await;
    books_agree(&app).await;
}

async fn the_source_is_fixed_when_the_hold_is_made(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    let id = held(&backend, 3_000).await;
    buy(&member, "starter").await;
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    // The allowance is used up, and has paid for this one.
    let done = capture(&backend, &id, 2_500).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("allowance"), &json!(0)));
    assert_eq!(done["allowance"]["used"], 3);
    has(&member, 100_000, 0, 0).await;
    // And this one was held in tokens, whatever the allowance has by then.
    let id = held(&backend, 3_000).await;
    app.advance(DAY).await;
    assert_eq!(today(&member).await["ai_requests"], 0);
    void(&backend, &id).await.problem(409, "hold_not_held");
    all_expired(&app).await;
    let mut body = json!({"tokens": 5_000, "expires_in": 86_400});
    let id = backend.post(&at("holds/"), body.take()).await.expect(201)["hold"]["id"].clone();
    app.advance(DAY - 60).await;
    let done = capture(&backend, id.as_str().unwrap(), 1_000).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("tokens"), &json!(1_000)));
    assert_eq!(done["allowance"]["used"], 0);
    books_agree(&app).await;
}

async fn trap_29_a_voided_unit_goes_back_to_the_window_that_it_was_taken_from(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    // Noon, so that the day ends while the holds last.
    app.advance(DAY + DAY / 2 - app.billing().now().seconds().rem_euclid(DAY)).await;
    let long = json!({"tokens": 100, "expires_in": 86_400});
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = backend.post(&at("holds/"), long.clone()).await.expect(201);
        ids.push(made["hold"]["id"].as_str().unwrap().to_owned());
    }
    // On the same day the unit can be used again.
    assert_eq!(void(&backend, &ids[0]).await.expect(200)["allowance"]["used"], 2);
    assert_eq!(consume(&member).await.expect(200)["allowance"]["used"], 3);
    app.advance(DAY - 60).await;
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    let new_day = "SELECT CAST(MAX(starts_at) AS BIGINT) FROM usage_windows";
    let old_day = "SELECT CAST(MIN(starts_at) AS BIGINT) FROM usage_windows";
    assert_eq!(count(&app, new_day).await - count(&app, old_day).await, DAY * 1_000);
    let voided = void(&backend, &ids[1]).await.expect(200);
    assert_eq!(voided["allowance"]["used"], 2, "the new day has nothing back");
    let used = "SELECT used FROM usage_windows ORDER BY starts_at LIMIT 1";
    assert_eq!(count(&app, used).await, 2, "the old day has");
    app.advance(120).await;
    all_expired(&app).await;
    assert_eq!(count(&app, used).await, 1, "and by time, too");
}

async fn trap_14_a_hold_that_nobody_ends_is_given_back_in_time(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    app.advance(200).await;
    has(&member, 96_000, 4_000, 0).await;
    app.advance(150).await;
    let late = void(&backend, &id).await.problem(409, "hold_not_held");
    assert_eq!(late["hold"]["status"], "expired", "whether or not it was given back yet");
    wait_for_tokens(&member, 100_000).await;
    has(&member, 100_000, 0, 0).await;
    assert_eq!(today(&member).await["tokens"], 0);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE status = 'expired'").await, 1);
    app.advance(DAY).await;
    let late = capture(&backend, &id, 812).await.problem(409, "hold_not_held");
    assert_eq!(late["hold"]["status"], "expired", "and a day later nobody is billed for it");
    books_agree(&app).await;
}

async fn trap_15_a_request_that_outlives_its_hold_is_paid_with_tokens(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let (first, second) = (held(&backend, 4_000).await, held(&backend, 4_000).await);
    app.advance(310).await;
    all_expired(&app).await;
    has(&member, 100_000, 0, 0).await;
    let done = capture(&backend, &first, 812).await.expect(200);
    let hold = &done["hold"];
    assert_eq!(
        (&hold["status"], &hold["used"], &hold["paid"], &hold["late"]),
        (&json!("captured"), &json!(812), &json!(812), &json!(true))
    );
    assert_eq!(done["balance"], json!({"available": 99_188, "held": 0}));
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 812}));
    assert_eq!(capture(&backend, &first, 812).await.expect(200), done, "once");
    capture(&backend, &first, 813).await.problem(409, "hold_not_held");
    // As far as it goes, also where nothing is left.
    held(&backend, 99_100).await;
    let done = capture(&backend, &second, 812).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(812), &json!(88)));
    assert_eq!(today(&member).await, json!({"ai_requests": 5, "tokens": 900}), "it is counted");
    has(&member, 0, 99_100, 0).await;
    books_agree(&app).await;
}

async fn trap_15_a_request_that_outlives_its_unit_takes_one_of_the_same_window_again(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    // Noon, so that the day does not end by itself.
    app.advance(DAY + DAY / 2 - app.billing().now().seconds().rem_euclid(DAY)).await;
    let (first, second) = (held(&backend, 3_000).await, held(&backend, 3_000).await);
    app.advance(310).await;
    all_expired(&app).await;
    let done = capture(&backend, &first, 2_500).await.expect(200);
    let hold = &done["hold"];
    assert_eq!(
        (&hold["source"], &hold["paid"], &hold["late"]),
        (&json!("allowance"), &json!(0), &json!(true))
    );
    assert_eq!(done["allowance"]["used"], 1);
    for _ in 0..2 {
        consume(&member).await.expect(200);
    }
    // The window has none left.
    buy(&member, "starter").await;
    let done = capture(&backend, &second, 2_500).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("allowance"), &json!(2_500)));
    assert_eq!((&done["allowance"]["used"], &done["balance"]["available"]), (&json!(3), &json!(97_500)));
    assert_eq!(today(&member).await, json!({"ai_requests": 4, "tokens": 2_500}));
    books_agree(&app).await;
}

async fn trap_15_a_late_capture_takes_nothing_of_another_window(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    app.advance(2 * DAY - 60 - app.billing().now().seconds().rem_euclid(DAY)).await;
    let id = held(&backend, 3_000).await;
    app.advance(400).await;
    all_expired(&app).await;
    let done = capture(&backend, &id, 2_500).await.expect(200);
    assert_eq!((&done["hold"]["paid"], &done["allowance"]["used"]), (&json!(0), &json!(0)));
    assert_eq!(count(&app, "SELECT used FROM usage_windows").await, 1, "of the day that it began in");
}

async fn trap_15_of_many_late_captures_and_the_worker_one_counts(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    run_sql(&app, "UPDATE token_holds SET created_at = 0, expires_at = expires_at - 300000").await;
    let captures = join_all((0..8).map(|number| capture(&backend, &id, 100 + number)));
    let turns = join_all((0..4).map(|_| app.billing().expire_holds()));
    let (captures, turns) = tokio::join!(captures, turns);
    assert!(turns.iter().all(Result::is_ok), "{turns:?}");
    let done: Vec<_> = captures.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!((done.len(), &done[0].body["hold"]["late"]), (1, &json!(true)));
    has(&member, 100_000 - done[0].body["hold"]["paid"].as_i64().unwrap(), 0, 0).await;
    books_agree(&app).await;
}

async fn trap_14_several_workers_give_a_hold_back_once(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    for _ in 0..5 {
        held(&backend, 4_000).await;
    }
    // As if time had passed: the application's own worker does not know yet.
    run_sql(&app, "UPDATE token_holds SET created_at = 0, expires_at = 1").await;
    let turns = join_all((0..4).map(|_| app.billing().expire_holds())).await;
    assert!(turns.iter().all(|turn| matches!(turn, Ok(Some(_)))), "{turns:?}");
    has(&member, 100_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_14_holds_that_cannot_be_given_back_keep_no_other_waiting(database: Database) {
    let app = shop(database).await;
    let (wrong, backend) = with_tokens_only(&app).await;
    // As many as one turn takes, the oldest of all; and books that do not have what they reserve.
    let ids = join_all((0..100).map(|_| held(&backend, 1))).await;
    run_sql(&app, "UPDATE token_holds SET created_at = 0, expires_at = 1").await;
    run_sql(&app, "UPDATE user_token_balances SET available = available + held, held = 0").await;
    let (member, backend) = with_tokens_only(&app).await;
    held(&backend, 4_000).await;
    app.advance(310).await;
    wait_for_tokens(&member, 100_000).await;
    let waiting = "SELECT COUNT(*) FROM token_holds WHERE status = 'held' AND retry_at IS NOT NULL";
    assert_eq!(count(&app, waiting).await, i64::try_from(ids.len()).unwrap());
    let mended = "UPDATE user_token_balances SET available = available - 100, held = 100
        WHERE account_id IN (SELECT account_id FROM token_holds WHERE status = 'held')";
    run_sql(&app, mended).await;
    app.advance(2 * 3_600).await;
    all_expired(&app).await;
    has(&wrong, 100_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_14_a_hold_outlives_its_process_and_still_expires(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    held(&backend, 4_000).await;
    let token = member.get("/api/v1/auth/me/").await.expect(200)["user"]["email"].clone();
    let app = app.restart().await;
    let login = json!({"email": token, "password": "correct horse"});
    let signed_in = app.anyone().post("/api/v1/auth/login/", login).await.expect(200);
    let member = app.anyone().bearer(signed_in["token"].as_str().unwrap());
    has(&member, 96_000, 4_000, 0).await;
    app.advance(310).await;
    wait_for_tokens(&member, 100_000).await;
    books_agree(&app).await;
}

async fn trap_12_what_is_given_back_pays_a_debt_first(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let purchase = buy(&member, "starter").await;
    let backend = backend(&app, &member).await;
    let (voided, captured) = (held(&backend, 50_000).await, held(&backend, 20_000).await);
    let payment = purchase["stripe_payment_intent_id"].as_str().unwrap();
    let refund = [("payment_intent", payment), ("amount", "400")];
    app.stripe().post_form("/v1/refunds", &refund).await.expect(200);
    wait_for_tokens(&member, 0).await;
    has(&member, 0, 70_000, 50_000).await;
    let done = capture(&backend, &captured, 15_000).await.expect(200);
    assert_eq!(done["balance"], json!({"available": 0, "held": 50_000}));
    has(&member, 0, 50_000, 45_000).await;
    let done = void(&backend, &voided).await.expect(200);
    assert_eq!(done["balance"], json!({"available": 5_000, "held": 0}));
    has(&member, 5_000, 0, 0).await;
    books_agree(&app).await;
}

async fn trap_15_without_a_report_the_estimate_is_taken_and_flagged(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let path = at(&format!("holds/{id}/capture/"));
    let done = backend.post(&path, json!({})).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["estimated"]), (&json!(4_000), &json!(true)));
    assert_eq!(backend.post(&path, json!({})).await.expect(200), done);
    has(&member, 96_000, 0, 0).await;
    books_agree(&app).await;
}

async fn more_than_was_held_is_taken_from_the_balance_as_far_as_it_goes(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let id = held(&backend, 4_000).await;
    let done = capture(&backend, &id, 5_000).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(5_000), &json!(5_000)));
    has(&member, 95_000, 0, 0).await;
    let (open, id) = (held(&backend, 80_000).await, held(&backend, 4_000).await);
    let done = capture(&backend, &id, 1_000_000).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(1_000_000), &json!(15_000)));
    has(&member, 0, 80_000, 0).await;
    void(&backend, &open).await.expect(200);
    has(&member, 80_000, 0, 0).await;
    books_agree(&app).await;
}

async fn more_than_a_unit_covers_is_taken_from_the_balance(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    let (within, beyond, without) =
        (held(&backend, 10).await, held(&backend, 10).await, held(&backend, 10).await);
    let done = capture(&backend, &without, 9_000).await.expect(200);
    assert_eq!(done["hold"]["paid"], 0, "there is nothing to take");
    buy(&member, "starter").await;
    assert_eq!(capture(&backend, &within, 4_000).await.expect(200)["hold"]["paid"], 0);
    let done = capture(&backend, &beyond, 4_500).await.expect(200);
    assert_eq!((&done["hold"]["source"], &done["hold"]["paid"]), (&json!("allowance"), &json!(500)));
    has(&member, 99_500, 0, 0).await;
    assert_eq!(today(&member).await, json!({"ai_requests": 3, "tokens": 500}));
    books_agree(&app).await;
}

async fn where_the_catalog_caps_nothing_is_taken_beyond_the_hold(database: Database) {
    let app = shop_with(database, "over = \"balance\"", "over = \"cap\"").await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    buy(&member, "starter").await;
    let by_allowance = held(&backend, 10).await;
    let by_tokens = held(&backend, 5_000).await;
    assert_eq!(capture(&backend, &by_allowance, 9_000).await.expect(200)["hold"]["paid"], 0);
    let done = capture(&backend, &by_tokens, 9_000).await.expect(200);
    assert_eq!((&done["hold"]["used"], &done["hold"]["paid"]), (&json!(9_000), &json!(5_000)));
    has(&member, 95_000, 0, 0).await;
    books_agree(&app).await;
}

async fn a_hold_is_ended_only_by_the_key_that_made_it(database: Database) {
    let app = shop(database).await;
    let (member, mine) = with_tokens_only(&app).await;
    let (other_member, another_account) = with_tokens_only(&app).await;
    let another_key = backend(&app, &member).await;
    let id = held(&mine, 4_000).await;
    for stranger in [&another_key, &another_account] {
        capture(stranger, &id, 10).await.problem(404, "not_found");
        void(stranger, &id).await.problem(404, "not_found");
    }
    for (who, path) in [(&member, format!("holds/{id}/void/")), (&member, "holds/".to_owned())] {
        who.post(&at(&path), json!({})).await.problem(403, "not_allowed");
    }
    // What the chat holds is nobody's to end.
    run_sql(&app, "UPDATE token_holds SET service_key_id = NULL").await;
    void(&mine, &id).await.problem(404, "not_found");
    has(&member, 96_000, 4_000, 0).await;
    has(&other_member, 100_000, 0, 0).await;
    let looks = app.billing().create_service_key("looks", &["read".to_owned()], "local").await.unwrap();
    let looks = app.anyone().bearer(&looks.secret).header("on-behalf-of", "usr_nobody");
    looks.post(&at("holds/"), json!({"tokens": 1})).await.problem(404, "not_found");
}

async fn once_a_key_is_revoked_another_of_its_host_ends_its_holds(database: Database) {
    let app = shop(database).await;
    let (member, old) = with_tokens_only(&app).await;
    let new = backend(&app, &member).await;
    let (captured, voided) = (held(&old, 4_000).await, held(&old, 4_000).await);
    capture(&new, &captured, 812).await.problem(404, "not_found");
    let of_first = "SELECT MIN(service_key_id) FROM token_holds";
    let (revoked,) = app.database.db.reader().one::<(String,)>(of_first, args![]).await.unwrap();
    app.billing().revoke_service_key(&revoked).await.unwrap();
    let me = member.get("/api/v1/auth/me/").await.expect(200)["user"]["id"].clone();
    let scopes = ["usage".to_owned()];
    let key = app.billing().create_service_key("other", &scopes, "https://other.example").await.unwrap();
    let other = app.anyone().bearer(&key.secret).header("on-behalf-of", me.as_str().unwrap());
    for id in [&captured, &voided] {
        capture(&other, id, 812).await.problem(404, "not_found");
        void(&other, id).await.problem(404, "not_found");
    }
    // Nor does it help to be given the account.
    let other = ServiceKeyId::from_stored(key.key.id.as_str());
    let account = balance(&member).await["account_id"].as_str().unwrap().to_owned();
    let named = Named {
        account: AccountId::from_stored(account),
        owner: Some(other),
        hold: HoldId::from_stored(&captured),
    };
    let refused = app.billing().void_hold(VoidHold { named, key: None }).await;
    assert!(matches!(refused, Err(billing::Error::NotFound)), "{refused:?}");
    assert_eq!(capture(&new, &captured, 812).await.expect(200)["hold"]["paid"], 812);
    void(&new, &voided).await.expect(200);
    has(&member, 99_188, 0, 0).await;
    books_agree(&app).await;
}

async fn a_hold_under_a_key_is_made_once(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let keyed = backend.key("once");
    let replies = join_all((0..16).map(|_| hold(&keyed, 4_000))).await;
    assert!(replies.iter().all(|reply| reply.status == 201 && reply.body == replies[0].body));
    let first = replies.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(first, 1);
    hold(&keyed, 4_001).await.problem(409, "idempotency_key_reused");
    has(&member, 96_000, 4_000, 0).await;

    let id = replies[0].body["hold"]["id"].as_str().unwrap();
    let captured = capture(&keyed, id, 812).await.expect(200);
    consume(&member).await.expect(200);
    let again = capture(&keyed, id, 812).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200), captured, "as it was then");
    capture(&keyed, id, 813).await.problem(409, "idempotency_key_reused");
    // A refusal is not kept.
    let late = backend.key("late");
    hold(&late, 200_000).await.problem(403, "out_of_tokens");
    buy(&member, "power").await;
    hold(&late, 200_000).await.expect(201);
    books_agree(&app).await;
}

async fn a_retry_under_a_key_gets_the_hold_as_it_is_by_then(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let keyed = backend.key("once");
    let made = hold(&keyed, 4_000).await.expect(201);
    let retried = async || {
        let reply = hold(&keyed, 4_000).await;
        assert_eq!(reply.header("idempotent-replayed"), Some("true"));
        reply.expect(201)
    };
    held(&backend, 1_000).await;
    let again = retried().await;
    assert_eq!((&again["hold"], &again["balance"]["held"]), (&made["hold"], &json!(5_000)));
    let captured = capture(&backend, made["hold"]["id"].as_str().unwrap(), 812).await.expect(200);
    assert_eq!(retried().await, captured, "it was done, and paid");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 2);
    has(&member, 98_188, 1_000, 0).await;
    books_agree(&app).await;
}

async fn what_was_not_paid_is_held_anew_under_its_key(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let keyed = backend.key("once");
    let first = held(&keyed, 4_000).await;
    void(&backend, &first).await.expect(200);
    let again = join_all((0..8).map(|_| hold(&keyed, 4_000))).await;
    let second = again[0].body["hold"]["id"].as_str().unwrap();
    assert!(second != first && again.iter().all(|reply| reply.body["hold"] == again[0].body["hold"]));
    let new = again.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(new, 1, "one of them");
    has(&member, 96_000, 4_000, 0).await;
    app.advance(310).await;
    let third = hold(&keyed, 4_000).await.expect(201)["hold"].clone();
    assert_eq!(third["status"], "held");
    assert_ne!(third["id"], json!(second), "whether or not it was given back yet");
    capture(&backend, third["id"].as_str().unwrap(), 812).await.expect(200);
    assert_eq!(hold(&keyed, 4_000).await.expect(201)["hold"]["status"], "captured");
    wait_for_tokens(&member, 99_188).await;
    has(&member, 99_188, 0, 0).await;
    books_agree(&app).await;
}

async fn a_low_balance_is_told_by_what_was_used_and_not_by_what_was_held(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let low = async || {
        let told = subjects(&app).await;
        told.into_iter().filter(|subject| subject.ends_with("tokens left")).collect::<Vec<_>>()
    };
    let (one, other) = (held(&backend, 60_000).await, held(&backend, 39_000).await);
    assert_eq!(low().await, [""; 0], "most of it may come back");
    capture(&backend, &one, 60_000).await.expect(200);
    assert_eq!(low().await, [""; 0]);
    capture(&backend, &other, 34_000).await.expect(200);
    assert_eq!(low().await, ["You have 6,000 tokens left"]);
    let id = held(&backend, 2_000).await;
    void(&backend, &id).await.expect(200);
    let id = held(&backend, 2_000).await;
    capture(&backend, &id, 2_000).await.expect(200);
    assert_eq!(low().await.len(), 1, "once on the way down");
    buy(&member, "starter").await;
    let (one, _open) = (held(&backend, 98_000).await, held(&backend, 5_000).await);
    capture(&backend, &one, 98_000).await.expect(200);
    assert_eq!(low().await[1..], ["You have 1,000 tokens left"]);
    let mail = "SELECT body_text FROM outbox_messages WHERE subject = 'You have 1,000 tokens left'";
    let (mail,) = app.database.db.reader().one::<(String,)>(mail, args![]).await.unwrap();
    assert!(mail.contains("Another 5,000 tokens are put aside"), "what may come back: {mail}");
}

async fn a_debt_that_is_paid_by_what_comes_back_may_leave_little_and_is_told(database: Database) {
    let app = shop(database).await;
    for by_void in [true, false] {
        let member = app.register().await;
        let purchase = buy(&member, "starter").await;
        let backend = backend(&app, &member).await;
        let id = held(&backend, 95_000).await;
        let payment = purchase["stripe_payment_intent_id"].as_str().unwrap();
        let refund = [("payment_intent", payment), ("amount", "475")];
        app.stripe().post_form("/v1/refunds", &refund).await.expect(200);
        wait_for_tokens(&member, 0).await;
        has(&member, 0, 95_000, 90_000).await;
        let low = async || {
            let told = subjects(&app).await;
            told.into_iter().filter(|subject| subject == "You have 5,000 tokens left").count()
        };
        let before = low().await;
        if by_void {
            void(&backend, &id).await.expect(200);
        } else {
            app.advance(310).await;
            all_expired(&app).await;
        }
        has(&member, 5_000, 0, 0).await;
        assert_eq!(low().await, before + 1, "by giving it up: {by_void}");
    }
    books_agree(&app).await;
}

async fn who_leaves_with_an_open_hold_leaves_books_that_agree(database: Database) {
    let app = shop(database).await;
    let (member, backend) = with_tokens_only(&app).await;
    let captured = held(&backend, 3_000).await;
    capture(&backend, &captured, 1_000).await.expect(200);
    held(&backend, 4_000).await;
    let mine = member.get("/api/v1/auth/me/export/").await.expect(200);
    let rows = mine["token_holds"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["status"], &rows[0]["used"]), (&json!("captured"), &json!(1_000)));
    let leave =
        member.request(Method::DELETE, "/api/v1/auth/me/").json(&json!({"password": "correct horse"}));
    member.send(leave).await.expect(204);
    books_agree(&app).await;
    app.advance(310).await;
    all_expired(&app).await;
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 2, "kept, as the ledger is");
    assert_eq!(count(&app, "SELECT available FROM user_token_balances").await, 99_000);
    books_agree(&app).await;
}

async fn what_is_no_hold_is_refused(database: Database) {
    let app = shop(database).await;
    let (_, backend) = with_tokens_only(&app).await;
    let wrong = [
        (json!({}), "tokens"),
        (json!({"tokens": 0}), "tokens"),
        (json!({"tokens": -1}), "tokens"),
        (json!({"tokens": 1, "expires_in": 0}), "expires_in"),
        (json!({"tokens": 1, "expires_in": 86_401}), "expires_in"),
        (json!({"tokens": 1, "feature": "a b"}), "feature"),
        (json!({"tokens": 1, "token": 1}), "token"),
    ];
    for (body, field) in wrong {
        let refused = backend.post(&at("holds/"), body).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let largest = i64::MAX;
    hold(&backend, largest).await.problem(403, "out_of_tokens");
    let id = held(&backend, 1).await;
    for tokens in [0, -5] {
        let refused = capture(&backend, &id, tokens).await.problem(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], "tokens");
    }
    capture(&backend, &id, largest).await.expect(200);
    capture(&backend, "hold_of_nobody", 1).await.problem(404, "not_found");
    void(&backend, "hold_of_nobody").await.problem(404, "not_found");
    books_agree(&app).await;
}
