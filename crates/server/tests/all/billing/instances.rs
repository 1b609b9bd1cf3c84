//! Several instances on one PostgreSQL, and one of them dies while they are busy.

use super::flaky_stripe::FlakyStripe;
use super::program::Program;
use super::support::at;
use axum::http::{Method, StatusCode};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Query as _, args};
use testkit::{Client, Database, wait_until};

testkit::on_postgres!(
    three_instances_and_one_dies_in_the_middle_of_its_batches,
    one_key_at_two_instances_at_once_is_one_request,
);

const MEMBERS: usize = 12;
const REQUESTS: usize = 480;
const TOKENS: i64 = 50_000;
/// Keys that are used twice.
const ONE_KEY: usize = 40;

/// A request that breaks off is asked again, of another instance, under the same key: as a host's backend does it.
async fn insist(instances: &[Client; 3], number: usize, member: usize, path: &str, body: &Value) -> Value {
    let key = format!("{path}:{number}");
    for attempt in 0..60 {
        let instance = &instances[(number + attempt) % 3];
        let client = instance.header("on-behalf-of", &format!("member-{member}")).key(&key);
        let Ok(answer) = client.request(Method::POST, &at(path)).json(body).send().await else { continue };
        match answer.status() {
            StatusCode::OK | StatusCode::CREATED => {
                if let Ok(body) = answer.json().await {
                    return body;
                }
            }
            StatusCode::SERVICE_UNAVAILABLE => tokio::task::yield_now().await,
            other => panic!("{other}: {}", answer.text().await.unwrap()),
        }
    }
    panic!("no instance answers request {number}");
}

/// Consumes three of four times; else holds, and captures or gives up. Answers what it has paid.
async fn one_request(instances: &[Client; 3], number: usize) -> i64 {
    let member = number * 7 % MEMBERS;
    if number % 4 != 3 {
        let consumed = insist(instances, number, member, "usage/consume/", &json!({"tokens": 2})).await;
        return consumed["tokens"].as_i64().unwrap();
    }
    let held = insist(instances, number, member, "holds/", &json!({"tokens": 40})).await;
    let id = held["hold"]["id"].as_str().unwrap().to_owned();
    if number % 8 == 7 {
        insist(instances, number, member, &format!("holds/{id}/void/"), &json!({})).await;
        return 0;
    }
    let captured =
        insist(instances, number, member, &format!("holds/{id}/capture/"), &json!({"tokens": 9})).await;
    captured["hold"]["paid"].as_i64().unwrap()
}

async fn figure(database: &Database, sql: &'static str) -> i64 {
    database.db.reader().one::<(i64,)>(sql, args![]).await.unwrap().0
}

/// Twelve members without an allowance, each with tokens that an admin gave.
async fn with_tokens(program: &Program, database: &Database) -> String {
    let mut keys = super::program::command();
    keys.args(["keys", "create", "host", "--issuer", "https://host.example"]);
    keys.env("DATABASE_URL", &database.url)
        .env("SANDBOX_URL", "http://127.0.0.1:9")
        .current_dir(database.folder());
    let made = super::program::run(keys).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let host = Client::new(&program.url).bearer(&key);
    for member in 0..MEMBERS {
        let host = host.header("on-behalf-of", &format!("member-{member}"));
        for _ in 0..3 {
            host.post(&at("usage/consume/"), json!({})).await.expect(200);
        }
    }
    let mut tx = database.db.begin().await.unwrap();
    for sql in [
        "INSERT INTO user_token_balances (account_id, available, updated_at) SELECT id, 50000, 0 FROM accounts
         WHERE id IN (SELECT account_id FROM usage_windows)",
        "INSERT INTO token_transactions (id, account_id, kind, tokens, balance_after, description, created_at)
         SELECT 'ttx_' || account_id, account_id, 'grant', 50000, 50000, 'a gift', 0 FROM user_token_balances",
    ] {
        tx.run(sql, args![]).await.unwrap();
    }
    tx.commit().await.unwrap();
    key
}

async fn three_instances_and_one_dies_in_the_middle_of_its_batches(database: Database) {
    let stripe = FlakyStripe::start().await;
    let mut first = Program::start(&database, Some(&stripe.url)).await;
    let (second, third) = tokio::join!(
        Program::start(&database, Some(&stripe.url)),
        Program::start(&database, Some(&stripe.url))
    );
    let key = with_tokens(&first, &database).await;
    let instances = [&first, &second, &third].map(|program| Client::new(&program.url).bearer(&key));
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let before = figure(&database, deadlocks).await;

    let done = AtomicUsize::new(0);
    let (instances, counted) = (&instances, &done);
    let asked = stream::iter(0..REQUESTS).map(|number| async move {
        let paid = one_request(instances, number).await;
        counted.fetch_add(1, Ordering::SeqCst);
        paid
    });
    let asking = asked.buffer_unordered(48).collect::<Vec<_>>();
    let killing = async {
        let enough = async || (done.load(Ordering::SeqCst) >= REQUESTS / 4).then_some(());
        wait_until("a quarter is answered", enough).await;
        first.kill();
    };
    let (paid, ()) = tokio::join!(asking, killing);

    let paid: i64 = paid.into_iter().sum();
    let requests = i64::try_from(REQUESTS).unwrap();
    assert_eq!(paid, requests * 3 / 4 * 2 + requests / 8 * 9, "each was answered with what it costs");
    let members = i64::try_from(MEMBERS).unwrap();
    for (what, sql, expected) in [
        (
            "available",
            "SELECT CAST(SUM(available) AS BIGINT) FROM user_token_balances",
            members * TOKENS - paid,
        ),
        ("held", "SELECT CAST(SUM(held) AS BIGINT) FROM user_token_balances", 0),
        (
            "the history",
            "SELECT CAST(SUM(tokens) AS BIGINT) FROM token_transactions",
            members * TOKENS - paid,
        ),
        (
            "requests",
            "SELECT CAST(SUM(ai_requests) AS BIGINT) FROM usage_days",
            members * 3 + requests * 3 / 4 + requests / 8,
        ),
        ("holds that are left", "SELECT COUNT(*) FROM token_holds WHERE status = 'held'", 0),
        ("holds", "SELECT COUNT(*) FROM token_holds", requests / 4),
        ("deadlocks", deadlocks, before),
    ] {
        assert_eq!(figure(&database, sql).await, expected, "{what}");
    }
    let of_one = "SELECT COUNT(*) FROM user_token_balances AS b WHERE available <> (
        SELECT SUM(tokens) FROM token_transactions AS t WHERE t.account_id = b.account_id)";
    assert_eq!(figure(&database, of_one).await, 0, "and so are each member's books");
    for alive in [&second, &third] {
        Client::new(&alive.url).get("/readyz").await.expect(200);
    }
}

/// As two instances may have it: nothing but the account's lock keeps them apart.
async fn one_key_at_two_instances_at_once_is_one_request(database: Database) {
    let stripe = FlakyStripe::start().await;
    let (one, other) = tokio::join!(
        Program::start(&database, Some(&stripe.url)),
        Program::start(&database, Some(&stripe.url))
    );
    let key = with_tokens(&one, &database).await;
    let instances = [&one, &other]
        .map(|program| Client::new(&program.url).bearer(&key).header("on-behalf-of", "member-0"));
    let (mut replays, mut paid) = (0, 0);
    for number in 0..ONE_KEY {
        let asked = instances.iter().map(|client| async move {
            let client = client.key(&format!("one-key:{number}"));
            let answer = client.request(Method::POST, &at("usage/consume/")).json(&json!({"tokens": 2}));
            let answer = answer.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            let replayed = answer.headers().contains_key("idempotent-replayed");
            (replayed, answer.json::<Value>().await.unwrap())
        });
        let answers = futures_util::future::join_all(asked).await;
        assert_eq!(answers[0].1, answers[1].1, "both are told the same");
        paid += answers[0].1["tokens"].as_i64().unwrap();
        replays += answers.iter().filter(|(replayed, _)| *replayed).count();
    }
    assert_eq!(replays, ONE_KEY, "one of the two each time");
    let spent = "SELECT CAST(-SUM(tokens) AS BIGINT) FROM token_transactions WHERE kind <> 'grant'";
    assert_eq!(figure(&database, spent).await, paid);
    let requests = "SELECT CAST(SUM(ai_requests) AS BIGINT) FROM usage_days";
    assert_eq!(figure(&database, requests).await, i64::try_from(MEMBERS * 3 + ONE_KEY).unwrap());
}
