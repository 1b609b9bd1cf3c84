//! Little is left: told once per window and threshold, and once on the way down.

use super::mails::subjects;
use super::support::{DAY, at, backend, books_agree, buy, count, seeded, shop};
use futures_util::future::join_all;
use serde_json::json;
use store::{Query as _, args};
use testkit::{App, Client, Database, wait_until};

testkit::on_both_databases!(
    thresholds_of_an_allowance_are_told_once_per_window,
    what_is_held_is_told_when_it_is_used,
    a_unit_that_is_taken_again_is_told,
    many_requests_at_once_pass_a_threshold_once,
    a_small_allowance_is_not_told_by_mail,
    a_low_balance_is_told_once_until_it_was_above_again,
);

/// A shop whose free tier has so many requests a day.
async fn shop_with(database: Database, limit: i64) -> App {
    let catalog = include_str!("../../../../../catalog.toml");
    let path = database.folder().join("catalog.toml");
    let changed = catalog.replacen("{ limit = 3, window", &format!("{{ limit = {limit}, window"), 1);
    assert_ne!(catalog, changed);
    std::fs::write(&path, changed).unwrap();
    seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await
}

async fn use_some(member: &Client, requests: usize) {
    for _ in 0..requests {
        member.post(&at("usage/consume/"), json!({})).await.expect(200);
    }
}

async fn spend(member: &Client, tokens: i64) {
    // More than one unit of the allowance covers: tokens pay.
    member.post(&at("usage/consume/"), json!({"tokens": tokens})).await.expect(200);
}

async fn thresholds_of_an_allowance_are_told_once_per_window(database: Database) {
    let app = shop_with(database, 12).await;
    let ada = app.register().await;
    use_some(&ada, 5).await;
    assert_eq!(subjects(&app).await, [""; 0]);
    use_some(&ada, 7).await;
    let day = [
        "You have used 50% of your AI requests",
        "You have used 75% of your AI requests",
        "You have used all AI requests of your plan",
    ];
    assert_eq!(subjects(&app).await, day);
    // What is refused passes nothing.
    ada.post(&at("usage/consume/"), json!({})).await.problem(403, "out_of_ai_requests");
    app.advance(DAY).await;
    use_some(&ada, 9).await;
    assert_eq!(subjects(&app).await, [&day[..], &day[..2]].concat(), "a new window");
}

async fn hold_some(backend: &Client, requests: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..requests {
        let made = backend.post(&at("holds/"), json!({"tokens": 10})).await.expect(201);
        ids.push(made["hold"]["id"].as_str().unwrap().to_owned());
    }
    ids
}

async fn end_all(backend: &Client, ids: &[String], how: &str) {
    for id in ids {
        backend.post(&at(&format!("holds/{id}/{how}/")), json!({})).await.expect(200);
    }
}

/// Noon, so that the window does not end by itself.
async fn at_noon(app: &App) {
    app.advance(DAY + DAY / 2 - app.billing().now().seconds().rem_euclid(DAY)).await;
}

async fn what_is_held_is_told_when_it_is_used(database: Database) {
    let app = shop_with(database, 12).await;
    let ada = app.register().await;
    let backend = backend(&app, &ada).await;
    at_noon(&app).await;
    let ids = hold_some(&backend, 12).await;
    end_all(&backend, &ids, "void").await;
    assert_eq!(subjects(&app).await, [""; 0], "all of it came back");
    let ids = hold_some(&backend, 12).await;
    end_all(&backend, &ids[..5], "capture").await;
    assert_eq!(subjects(&app).await, [""; 0], "most of it may come back");
    end_all(&backend, &ids[5..6], "capture").await;
    let (half, most) = ("You have used 50% of your AI requests", "You have used 75% of your AI requests");
    assert_eq!(subjects(&app).await, [half]);
    end_all(&backend, &ids[6..9], "void").await;
    end_all(&backend, &ids[9..], "capture").await;
    assert_eq!(subjects(&app).await, [half, most]);
    use_some(&ada, 3).await;
    assert_eq!(subjects(&app).await, [half, most, "You have used all AI requests of your plan"]);
    let told = "SELECT body_text FROM outbox_messages WHERE subject LIKE '%75%'";
    let (text,) = app.database.db.reader().one::<(String,)>(told, args![]).await.unwrap();
    assert!(text.contains("9 of 12 AI requests"), "{text}");
}

async fn a_unit_that_is_taken_again_is_told(database: Database) {
    let app = shop_with(database, 10).await;
    let ada = app.register().await;
    let backend = backend(&app, &ada).await;
    at_noon(&app).await;
    let ids = hold_some(&backend, 5).await;
    end_all(&backend, &ids[..4], "capture").await;
    app.advance(310).await;
    let given_back = async || {
        let open = "SELECT COUNT(*) FROM token_holds WHERE status = 'held'";
        (count(&app, open).await == 0).then_some(())
    };
    wait_until("nothing is held any more", given_back).await;
    assert_eq!(subjects(&app).await, [""; 0]);
    end_all(&backend, &ids[4..], "capture").await;
    assert_eq!(subjects(&app).await, ["You have used 50% of your AI requests"]);
}

async fn many_requests_at_once_pass_a_threshold_once(database: Database) {
    let app = shop_with(database, 20).await;
    let ada = app.register().await;
    let body = || json!({});
    let path = at("usage/consume/");
    let replies = join_all((0..30).map(|_| ada.post(&path, body()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 20);
    assert_eq!(subjects(&app).await.len(), 3);
}

async fn a_small_allowance_is_not_told_by_mail(database: Database) {
    let app = shop_with(database, 9).await;
    let ada = app.register().await;
    use_some(&ada, 9).await;
    assert_eq!(subjects(&app).await, [""; 0]);
}

async fn a_low_balance_is_told_once_until_it_was_above_again(database: Database) {
    let app = shop(database).await;
    let ada = app.register().await;
    buy(&ada, "starter").await;
    for tokens in [85_000, 5_000, 4_001, 5_000] {
        spend(&ada, tokens).await;
    }
    let low = async || {
        let told = subjects(&app).await;
        told.into_iter().filter(|subject| subject.ends_with("tokens left")).collect::<Vec<_>>()
    };
    assert_eq!(low().await, ["You have 5,999 tokens left"]);
    buy(&ada, "starter").await;
    spend(&ada, 95_000).await;
    assert_eq!(low().await, ["You have 5,999 tokens left", "You have 5,999 tokens left"]);
    books_agree(&app).await;
}
