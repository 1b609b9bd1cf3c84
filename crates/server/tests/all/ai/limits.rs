//! What a tier allows: how many a minute, how many at a time, which models.

use super::*;
use axum::body::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;

testkit::on_both_databases!(
    so_many_requests_a_minute,
    so_many_requests_at_a_time,
    a_request_counts_before_its_body_is_there,
    a_model_of_another_tier_is_refused_with_the_tier_that_has_it,
);

fn limited(limits: &str) -> String {
    unlimited().replacen("[[tiers]]\n", &format!("[[tiers]]\nai_limits = {{ {limits} }}\n"), 1)
}

async fn so_many_requests_a_minute(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop_with(database, &upstream, &limited("requests_per_minute = 2"), &[]).await;
    let member = with_tokens(&app).await;
    for _ in 0..2 {
        ask(&member, asking(json!({}))).await.expect(200);
    }
    for body in [asking(json!({})), streaming(json!({}))] {
        let reply = ask(&member, body).await;
        let wait: i64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=31).contains(&wait), "{wait}");
        assert_eq!(error(reply, 429, "rate_limited")["type"], "rate_limit_error");
    }
    ask(&with_tokens(&app).await, asking(json!({}))).await.expect(200);
    assert_eq!(upstream.requests().len(), 3);
    nothing_is_held(&app).await;
}

async fn so_many_requests_at_a_time(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop_with(database, &upstream, &limited("concurrent = 2"), &[]).await;
    let member = with_tokens(&app).await;
    let mut readers = vec![];
    for _ in 0..2 {
        let mut reader = Reader::open(&member, CHAT, streaming(json!({"stall_after": 1}))).await;
        reader.until("word ", 1).await;
        readers.push(reader);
    }
    let reply = ask(&member, asking(json!({}))).await;
    assert_eq!(reply.header("retry-after"), Some("1"));
    error(reply, 429, "too_many_at_a_time");
    member
        .post("/api/v1/ai/chat/", json!({"messages": [{"role": "user", "content": "Hi"}]}))
        .await
        .problem(429, "too_many_at_a_time");
    readers.pop();
    let free = async || (ask(&member, asking(json!({}))).await.status == 200).then_some(());
    wait_until("a place is free when one has left", free).await;
    drop(readers);
    nothing_is_held(&app).await;
}

async fn a_request_counts_before_its_body_is_there(database: Database) {
    let upstream = Upstream::start().await;
    let limits = limited("concurrent = 1, requests_per_minute = 4");
    let app = shop_with(database, &upstream, &limits, &[]).await;
    let member = with_tokens(&app).await;
    let (go_on, wait) = tokio::sync::oneshot::channel::<Bytes>();
    let body = StreamBody::new(stream::once(async { wait.await.map(Frame::data) }));
    let request = member.request(Method::POST, CHAT).header("content-type", "application/json");
    let slow = tokio::spawn(request.body(reqwest::Body::wrap(body)).send());
    let refused = async || {
        let reply = ask(&member, json!({})).await;
        (reply.body["error"]["code"] == "too_many_at_a_time").then_some(())
    };
    wait_until("the slow one has its place", refused).await;
    go_on.send("{".into()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap().status(), 400);
    for _ in 0..4 {
        if ask(&member, json!({})).await.body["error"]["code"] == "rate_limited" {
            return;
        }
    }
    panic!("what is no request counts as well");
}

async fn a_model_of_another_tier_is_refused_with_the_tier_that_has_it(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop_with(database, &upstream, CATALOG, &[]).await;
    let member = with_tokens(&app).await;
    let mut body = asking(json!({}));
    body["model"] = json!("gpt-5");
    let refused = error(ask(&member, body).await, 403, "model_not_in_tier");
    assert_eq!(refused["upgrade_to"], "community-pro");
    ask(&member, asking(json!({}))).await.expect(200);
    assert_eq!(upstream.requests().len(), 1);
}
