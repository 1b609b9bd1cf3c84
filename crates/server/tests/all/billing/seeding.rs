//! The catalog as data: seeded once, changed by a file, checked by a command.

use super::program::{command, run};
use super::support::{count, list, overview, paid_now, seeded, shop, subscribe};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use testkit::{App, Client, Database};

testkit::on_both_databases!(
    trap_38_seeding_twice_changes_nothing,
    trap_38_a_changed_amount_makes_a_new_price_and_old_subscribers_keep_theirs,
    trap_38_the_command_shows_the_difference_and_says_so_with_its_exit_code,
    a_package_that_is_dropped_from_the_catalog_is_no_longer_sold,
);

const CATALOG: &str = include_str!("../../../../../catalog.toml");

/// The catalog with another quarterly price of Community Pro.
fn dearer(database: &Database) -> PathBuf {
    changed(database, "amount = 5_400", "amount = 6_000")
}

fn changed(database: &Database, from: &str, to: &str) -> PathBuf {
    assert!(CATALOG.contains(from));
    let path = database.folder().join("catalog.toml");
    std::fs::write(&path, CATALOG.replace(from, to)).unwrap();
    path
}

async fn prices_at_stripe(app: &App) -> Vec<(String, i64, bool)> {
    let prices = list(app, "/v1/prices?limit=100").await;
    let mut prices: Vec<_> = prices
        .iter()
        .map(|price| {
            let key = price["lookup_key"].as_str().unwrap_or("-").to_owned();
            (key, price["unit_amount"].as_i64().unwrap(), price["active"].as_bool().unwrap())
        })
        .collect();
    prices.sort();
    prices
}

async fn trap_38_seeding_twice_changes_nothing(database: Database) {
    let app = shop(database).await;
    let before = prices_at_stripe(&app).await;
    assert_eq!(before.len(), 9);
    for _ in 0..2 {
        assert_eq!(app.billing().seed().await.unwrap().changes, Vec::<String>::new());
    }
    let (one, two) = tokio::join!(app.billing().seed(), app.billing().seed());
    assert_eq!((one.unwrap().changes.len(), two.unwrap().changes.len()), (0, 0));
    let app = seeded(app.restart().await).await;
    assert_eq!(prices_at_stripe(&app).await, before);
    let rows = "SELECT (SELECT COUNT(*) FROM tier_prices) + (SELECT COUNT(*) FROM package_prices)";
    assert_eq!(count(&app, rows).await, 9);
}

async fn trap_38_a_changed_amount_makes_a_new_price_and_old_subscribers_keep_theirs(database: Database) {
    let app = shop(database).await;
    let early = app.register().await;
    let kept = subscribe(&early, paid_now("community-pro", "pm_card_visa")).await;
    let database = app.stop().await;
    let catalog = dearer(&database);
    let app = App::start_with(database, &[("CATALOG", catalog.to_str().unwrap())]).await;
    let dearer = async || {
        let sql = "SELECT COUNT(*) FROM tier_prices WHERE lookup_key = 'community-pro_quarterly_usd' AND active AND amount = 6000";
        (count(&app, sql).await == 1).then_some(())
    };
    testkit::wait_until("the new price is seeded", dearer).await;
    let prices = prices_at_stripe(&app).await;
    let about = |amount| prices.iter().filter(|price| price.1 == amount).collect::<Vec<_>>();
    assert_eq!(about(6_000), [&("community-pro_quarterly_usd".to_owned(), 6_000, true)]);
    assert_eq!(about(5_400), [&("-".to_owned(), 5_400, false)]);

    let late = new_member(&app).await;
    let made = subscribe(&late, paid_now("community-pro", "pm_card_visa")).await;
    assert_eq!((&made["amount"], &made["tier_slug"]), (&json!(6_000), &json!("community-pro")));
    assert_eq!(kept["amount"], 5_400);
    let email = json!({"email": "member0@members.example", "password": "correct horse"});
    let again = app.anyone().post("/api/v1/auth/login/", email).await.expect(200);
    let early = app.anyone().bearer(again["token"].as_str().unwrap());
    app.advance(92 * super::support::DAY).await;
    let renewed = async || {
        let seen = overview(&early).await;
        (seen["subscription"]["current_period_end"] != kept["current_period_end"]).then_some(seen)
    };
    let renewed = testkit::wait_until("the early member's renewal", renewed).await;
    assert_eq!(
        (&renewed["subscription"]["amount"], &renewed["tier"]["slug"]),
        (&json!(5_400), &json!("community-pro"))
    );
}

/// After a new start, the names that [`App::register`] gives are taken.
async fn new_member(app: &App) -> Client {
    let body = json!({"email": "late@members.example", "password": "correct horse"});
    let made = app.anyone().post("/api/v1/auth/register/", body).await.expect(201);
    app.anyone().bearer(made["token"].as_str().unwrap())
}

async fn trap_38_the_command_shows_the_difference_and_says_so_with_its_exit_code(database: Database) {
    let app = shop(database).await;
    let seed = |catalog: Option<&PathBuf>, check: bool| {
        let mut seed: Command = command();
        seed.arg("seed").current_dir(app.database.folder());
        seed.env("DATABASE_URL", &app.database.url).env("SANDBOX_URL", &app.sandbox_url);
        seed.envs(catalog.map(|path| ("CATALOG", path)));
        if check {
            seed.arg("--check");
        }
        seed
    };
    let agrees = run(seed(None, true)).await;
    assert!(agrees.status.success() && agrees.stdout.is_empty(), "{agrees:?}");
    let catalog = dearer(&app.database);
    let before = prices_at_stripe(&app).await;
    let differs = run(seed(Some(&catalog), true)).await;
    let shown = String::from_utf8_lossy(&differs.stdout).into_owned();
    assert_eq!(differs.status.code(), Some(1), "{differs:?}");
    assert!(shown.contains("community-pro_quarterly_usd") && shown.lines().count() == 1, "{shown}");
    assert_eq!(prices_at_stripe(&app).await, before, "checking changes nothing");
    let done = run(seed(Some(&catalog), false)).await;
    assert!(done.status.success(), "{done:?}");
    let agrees = run(seed(Some(&catalog), true)).await;
    assert!(agrees.status.success(), "{agrees:?}");
    assert_eq!(prices_at_stripe(&app).await.len(), before.len() + 1);
}

async fn a_package_that_is_dropped_from_the_catalog_is_no_longer_sold(database: Database) {
    let app = shop(database).await;
    let database = app.stop().await;
    let power = CATALOG.rfind("[[packages]]").unwrap();
    let behind = CATALOG.find("# ── AI models").unwrap();
    let path = changed(&database, &CATALOG[power..behind], "");
    let app = App::start_with(database, &[("CATALOG", path.to_str().unwrap())]).await;
    let gone = async || {
        let sql = "SELECT COUNT(*) FROM token_packages WHERE slug = 'power' AND NOT active";
        (count(&app, sql).await == 1).then_some(())
    };
    testkit::wait_until("it is retired", gone).await;
    let packages = app.anyone().get("/api/v1/billing/tokens/packages/").await.expect(200);
    assert_eq!(packages["data"].as_array().unwrap().len(), 2);
    let member = app.register().await;
    super::support::order(&member, "power", Some("pm_card_visa")).await.problem(404, "unknown_package");
    assert_eq!(app.billing().seed().await.unwrap().changes, Vec::<String>::new());
}
