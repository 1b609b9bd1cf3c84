//! Little is left: told once per window and threshold, and once on the way down.

use super::mails::subjects;
use super::support::{DAY, at, books_agree, buy, seeded, shop};
use futures_util::future::join_all;
use serde_json::json;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    thresholds_of_an_allowance_are_told_once_per_window,
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
