//! Requests whose cost is known only afterwards: held, and ended once, by what was used, by being given up, or by time.

mod ending;
mod expiring;
mod holding;
mod keys;
mod late;
mod telling;

use super::support::{at, backend, balance, buy, consume, count, seeded};
use serde_json::{Value, json};
use testkit::{App, Client, Database, Reply, wait_until};

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
    let catalog = include_str!("../../../../../../catalog.toml");
    let path = database.folder().join("catalog.toml");
    let changed = catalog.replacen(line, instead, 1);
    assert_ne!(catalog, changed);
    std::fs::write(&path, changed).unwrap();
    seeded(App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await).await
}
