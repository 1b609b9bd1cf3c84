//! The proof: a day in which a fifth of all requests to Stripe fails before it has an effect and a fifth after it, and
//! no webhook arrives. Afterwards `reconcile --repair`, and then a checker that shares no code with it looks at
//! Stripe's raw objects and the raw tables.
//!
//! `FAULT_SEEDS=10` plays ten days instead of two, `FAULT_FIRST_SEED=7` begins elsewhere:
//! `FAULT_SEEDS=10 cargo nextest run -p server -E 'test(proof::sqlite)' --no-capture`.

pub(crate) mod chance;
mod checker;
mod day;

use super::flaky_stripe::FlakyStripe;
use super::support::{delivered, settled};
use billing::reconciliation::{Outcome, Reconcile, Report};
use chance::Chance;
use day::Day;
use domain::time::Timestamp;
use serde_json::json;
use testkit::{App, Database, wait_until};

testkit::on_both_databases!(trap_11_after_a_day_of_faults_everything_is_where_it_belongs);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

async fn trap_11_after_a_day_of_faults_everything_is_where_it_belongs(database: Database) {
    let (first, postgres) = (setting("FAULT_FIRST_SEED", 1), database.is_postgres());
    let mut given = Some(database);
    for seed in first..first + setting("FAULT_SEEDS", 2) {
        let database = match given.take() {
            Some(given) => given,
            None if postgres => Database::postgres().await,
            None => Database::sqlite().await,
        };
        prove(seed, database).await;
    }
}

async fn prove(seed: u64, database: Database) {
    let stripe = FlakyStripe::start().await;
    let app = stripe.shop(database).await;
    let mut day = Day::begin(&app, Chance::new(seed)).await;
    day.pass().await;
    println!("seed {seed}: {}", day.told());
    // Stripe is well again, and what workers undo by themselves is due.
    faults(&app, json!({ "rules": [] })).await;
    app.advance(3_600).await;
    delivered(&app).await;
    let asked = async || app.billing().stripe.ping().await.ok();
    wait_until("the breaker lets requests through again", asked).await;
    let repaired = reconcile(&app, true, day.began()).await;
    println!("seed {seed}: {repaired}");
    // What a worker would begin while the checker looks is begun before.
    app.billing().void_abandoned_purchases().await.unwrap();
    settled(&app).await;
    let wrong = checker::check(&app, day.members()).await;
    assert!(wrong.is_empty(), "seed {seed}:\n{}\n{repaired}\n{}", wrong.join("\n"), day.told());
    assert_eq!(repaired.left, [], "seed {seed}: {repaired}");
    let again = reconcile(&app, false, day.began()).await;
    assert_eq!(again.outcome, Outcome::Agrees, "seed {seed}: {again}");
    app.stop().await;
}

async fn faults(app: &App, rules: serde_json::Value) {
    app.stripe().post("/_sandbox/faults", rules).await.expect(200);
}

/// As an operator would after a known outage: since it began. Until a run comes to its end: while the breaker is open, none does.
async fn reconcile(app: &App, repair: bool, since: Timestamp) -> Report {
    let command = Reconcile { repair, since: Some(since) };
    let run = async || {
        let ended = app.billing().reconcile(command, |_| {}).await.unwrap();
        ended.filter(|report| report.outcome != Outcome::Unfinished)
    };
    wait_until("a reconciliation ends", run).await
}
