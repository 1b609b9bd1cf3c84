//! Under an Idempotency-Key a request is paid once.

use super::*;

testkit::on_both_databases!(
    a_retry_after_an_answer_pays_nothing_and_says_so,
    a_retry_while_the_first_runs_waits,
    a_retry_after_a_failure_is_a_new_request,
);

async fn a_retry_after_an_answer_pays_nothing_and_says_so(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await.key("once");
    ask(&member, asking(json!({}))).await.expect(200);
    let again = ask(&member, asking(json!({}))).await;
    assert_eq!(again.header("x-should-retry"), Some("false"));
    error(again, 409, "already_answered");
    error(ask(&member, asking(json!({"words": 1}))).await, 409, "idempotency_key_reused");
    assert_eq!(upstream.requests().len(), 1);
    assert_eq!(available(&member).await, 100_000 - reported(upstream::WORDS));
    nothing_is_held(&app).await;
}

async fn a_retry_while_the_first_runs_waits(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await.key("once");
    let body = streaming(json!({"stall_after": 2}));
    let mut reader = Reader::open(&member, CHAT, body.clone()).await;
    reader.until("word ", 2).await;
    let again = ask(&member, body).await;
    assert_eq!((again.header("retry-after"), again.header("x-should-retry")), (Some("5"), None));
    error(again, 409, "idempotency_key_in_use");
    drop(reader);
    nothing_is_held(&app).await;
    assert_eq!(upstream.requests().len(), 1);
}

async fn a_retry_after_a_failure_is_a_new_request(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await.key("once");
    for _ in 0..2 {
        error(ask(&member, asking(json!({"fail": 500}))).await, 502, "upstream_failed");
    }
    assert_eq!(upstream.requests().len(), 2);
    assert_eq!(available(&member).await, 100_000);
    nothing_is_held(&app).await;
}
