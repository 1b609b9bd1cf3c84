//! A connection that breaks at the COMMIT, or falls silent: whether the batch was written is looked up, and nothing is done
//! twice.

use super::support::{at, backend, buy, consume, shop};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use store::{Query as _, args};
use testkit::{App, Client, Database};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

testkit::on_postgres!(
    when_the_answer_to_a_commit_is_lost_nothing_is_done_twice,
    when_a_commit_is_lost_its_batch_is_written_again,
    a_host_that_falls_silent_is_not_waited_for,
);

const ROUNDS: usize = 25;

/// Where the wire breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The COMMIT never arrives.
    Before,
    /// It is done, and nobody hears of it.
    After,
    /// Nothing arrives any more, and nobody is told: the host is without power.
    Silent,
}

/// A wire to the database, which breaks at the next COMMIT once it is told to.
struct Wire {
    cut: Cut,
    armed: AtomicUsize,
    broken: AtomicUsize,
}

impl Wire {
    /// Answers the URL of the database by way of it.
    async fn lay(url: &str, cut: Cut) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = listener.local_addr().unwrap().to_string();
        let far = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        let through = url.replace(&far, &near);
        let wire = Arc::new(Self { cut, armed: AtomicUsize::new(0), broken: AtomicUsize::new(0) });
        let laid = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&far).await.unwrap();
                tokio::spawn(laid.clone().carry(client, server));
            }
        });
        (wire, through)
    }

    /// Until one side is gone, or the wire breaks.
    async fn carry(self: Arc<Self>, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        let mut breaks = false;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(length @ 1..) = read else { return };
                    let commits = asked[..length].windows(7).any(|bytes| bytes == b"COMMIT\0");
                    if commits && self.armed.swap(0, Ordering::SeqCst) == 1 {
                        self.broken.fetch_add(1, Ordering::SeqCst);
                        match self.cut {
                            Cut::Before => return,
                            Cut::Silent => std::future::pending().await,
                            Cut::After => breaks = true,
                        }
                    }
                    if server.write_all(&asked[..length]).await.is_err() {
                        return;
                    }
                }
                read = server.read(&mut answered) => {
                    let Ok(length @ 1..) = read else { return };
                    // What the server says now is that it is done.
                    if breaks || client.write_all(&answered[..length]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn when_the_answer_to_a_commit_is_lost_nothing_is_done_twice(database: Database) {
    every_request_counts_once(database, Cut::After).await;
}

async fn when_a_commit_is_lost_its_batch_is_written_again(database: Database) {
    every_request_counts_once(database, Cut::Before).await;
}

/// TCP alone would wait for a quarter of an hour, and everybody's requests with it.
async fn a_host_that_falls_silent_is_not_waited_for(database: Database) {
    const PATIENCE: Duration = Duration::from_mins(1);
    let (app, host, wire) = behind_a_wire(database, Cut::Silent).await;
    wire.armed.store(1, Ordering::SeqCst);
    let consume = at("usage/consume/");
    let silent = host.post(&consume, json!({"tokens": 2}));
    tokio::time::timeout(PATIENCE, silent).await.expect("an answer").expect(200);
    assert_eq!(wire.broken.load(Ordering::SeqCst), 1);
    host.post(&consume, json!({"tokens": 3})).await.expect(200);
    assert_spent(&app, 1 + 2 + 3, 6).await;
}

async fn every_request_counts_once(database: Database, cut: Cut) {
    let (app, host, wire) = behind_a_wire(database, cut).await;
    for _ in 0..ROUNDS {
        wire.armed.store(1, Ordering::SeqCst);
        host.post(&at("usage/consume/"), json!({"tokens": 2})).await.expect(200);
    }
    wire.armed.store(0, Ordering::SeqCst);
    // A worker may have met it now and then.
    assert!(wire.broken.load(Ordering::SeqCst) > ROUNDS / 2, "the wire has hardly broken");
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_spent(&app, 1 + 2 * rounds, 4 + rounds).await;
}

/// A member who has used the allowance up, and one token of 100,000; and the host that asks for more.
async fn behind_a_wire(mut database: Database, cut: Cut) -> (App, Client, Arc<Wire>) {
    let (wire, through) = Wire::lay(&database.url, cut).await;
    database.url = through;
    let app = shop(database).await;
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    // By a key that was looked up already: the request itself is all that is written.
    let host = backend(&app, &member).await;
    host.post(&at("usage/consume/"), json!({"tokens": 1})).await.expect(200);
    (app, host, wire)
}

/// So many tokens, each in the history, and so many requests in the statistics.
async fn assert_spent(app: &App, spent: i64, requests: i64) {
    let mut reader = app.database.db.reader();
    let sums = "SELECT CAST(SUM(b.available) AS BIGINT),
             (SELECT CAST(SUM(tokens) AS BIGINT) FROM token_transactions WHERE kind = 'usage'),
             (SELECT CAST(SUM(ai_requests) AS BIGINT) FROM usage_days)
         FROM user_token_balances b";
    let sums: (i64, i64, i64) = reader.one(sums, args![]).await.unwrap();
    assert_eq!(sums, (100_000 - spent, -spent, requests));
}
