//! What a tier allows: how many a minute, how many at a time, which models.

use super::*;
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
    let limits = limited("concurrent = 1, requests_per_minute = 3");
    let app = shop_with(database, &upstream, &limits, &[]).await;
    let member = with_tokens(&app).await;
    let request = member.request(Method::POST, CHAT).build().unwrap();
    let mut head = format!("POST {CHAT} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n");
    for (name, value) in request.headers() {
        writeln!(head, "{name}: {}\r", value.to_str().unwrap()).unwrap();
    }
    head += "content-length: 1\r\nexpect: 100-continue\r\n\r\n";
    let mut slow = TcpStream::connect(app.running.addr).await.unwrap();
    slow.write_all(head.as_bytes()).await.unwrap();
    // Told when the body is asked for.
    until(&mut slow, "100 Continue").await;
    error(ask(&member, asking(json!({}))).await, 429, "too_many_at_a_time");
    slow.write_all(b"{").await.unwrap();
    until(&mut slow, "HTTP/1.1 400").await;
    let refused = async || {
        let reply = ask(&member, json!({})).await;
        (reply.body["error"]["code"] == "rate_limited").then_some(())
    };
    wait_until("what is no request counts as well", refused).await;
}

async fn until(stream: &mut TcpStream, what: &str) {
    let (mut read, mut part) = (String::new(), [0; 1024]);
    while !read.contains(what) {
        let length = stream.read(&mut part).await.unwrap();
        assert!(length > 0, "{what} is not in {read}");
        read += std::str::from_utf8(&part[..length]).unwrap();
    }
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
