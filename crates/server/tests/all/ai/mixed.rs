//! A thousand calls of all kinds at once, of which many are given up or fail: what was reported is what was paid, and nothing
//! stays held.

use super::*;
use futures_util::{StreamExt as _, stream};

testkit::on_both_databases!(after_a_thousand_mixed_calls_nothing_is_held_and_usage_is_what_was_reported,);

const CALLS: usize = 1_000;
const AT_A_TIME: usize = 24;
const KINDS: [&str; 8] = ["whole", "streamed", "failed", "cut", "left", "left_early", "embedded", "given_up"];

/// One call, under its kind as the feature.
async fn call(member: Client, upstream: &Upstream, kind: &'static str, number: usize) {
    let who = member.header("x-feature", kind);
    match kind {
        "whole" => drop(ask(&who, asking(json!({"words": 9}))).await.expect(200)),
        "streamed" => drop(ask(&who, streaming(json!({"words": 12}))).await.expect(200)),
        "failed" => drop(error(ask(&who, streaming(json!({"fail": 500}))).await, 502, "upstream_failed")),
        "cut" => drop(ask(&who, streaming(json!({"words": 9, "cut_after": 3}))).await.expect(200)),
        "left" => {
            let mut reader = Reader::open(&who, CHAT, streaming(json!({"stall_after": 4}))).await;
            reader.until("word ", 4).await;
        }
        "left_early" => {
            let mut reader = Reader::open(&who, CHAT, streaming(json!({"stall_after": 0}))).await;
            reader.until("assistant", 1).await;
        }
        "embedded" => {
            let body = json!({"model": "text-embedding-3-small", "input": "x"});
            who.post("/v1/embeddings", body).await.expect(200);
        }
        _ => {
            let act = json!({"stall": true, "number": number});
            let waiting = tokio::spawn(who.request(Method::POST, CHAT).json(&asking(act.clone())).send());
            let is_there = async || {
                upstream.requests().iter().any(|request| request["metadata"]["act"] == act).then_some(())
            };
            wait_until("the request is there", is_there).await;
            waiting.abort();
        }
    }
}

async fn after_a_thousand_mixed_calls_nothing_is_held_and_usage_is_what_was_reported(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let mut members = vec![];
    for _ in 0..4 {
        let member = app.register().await;
        buy(&member, "power").await;
        for _ in 0..3 {
            consume(&member).await.expect(200);
        }
        members.push(member);
    }
    let calls = (0..CALLS).map(|number| {
        // Each member has calls of each kind.
        let member = &members[number / KINDS.len() % members.len()];
        call(member.clone(), &upstream, KINDS[number % KINDS.len()], number)
    });
    stream::iter(calls).buffer_unordered(AT_A_TIME).collect::<Vec<()>>().await;
    wait_until("nothing runs at the service", async || (upstream.open() == 0).then_some(())).await;
    nothing_is_held(&app).await;

    let each = i64::try_from(CALLS / KINDS.len()).unwrap();
    // By the service's reports, and for those that broke off what was streamed: so many words of five characters.
    let paid = [
        ("whole", reported(9)),
        ("streamed", reported(12)),
        ("cut", price(1, 0, 4)),
        ("left", price(1, 0, 5)),
        ("embedded", 2),
    ];
    let mut total = 0;
    for (kind, tokens) in paid {
        let sums =
            "SELECT CAST(COALESCE(SUM(ai_requests), 0) AS BIGINT), CAST(COALESCE(SUM(tokens), 0) AS BIGINT)
                    FROM usage_days WHERE feature = $1";
        let found: (i64, i64) = app.database.db.reader().one(sums, args![kind]).await.unwrap();
        assert_eq!(found, (each, each * tokens), "{kind}");
        let of_kind = "SELECT CAST(-SUM(tokens) AS BIGINT) FROM token_transactions WHERE description = $1";
        let found: (i64,) = app.database.db.reader().one(of_kind, args![kind]).await.unwrap();
        assert_eq!(found.0, each * tokens, "{kind}");
        total += each * tokens;
    }
    let nothing = "SELECT COUNT(*) FROM usage_days WHERE feature IN ('failed', 'left_early', 'given_up')";
    assert_eq!(count(&app, nothing).await, 0);
    let mut left = 0;
    for member in &members {
        left += available(member).await;
    }
    assert_eq!(left, 4_000_000 - total);
    let voided = "SELECT COUNT(*) FROM token_holds WHERE status = 'voided'";
    assert_eq!(count(&app, voided).await, 3 * each);
    assert_eq!(app.running.state.units_of_work(), 0);
}
