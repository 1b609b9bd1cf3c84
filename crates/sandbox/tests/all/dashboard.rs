//! The page to read.

use serde_json::json;

use crate::harness::receiver::Receiver;
use crate::harness::{Reply, World, id, until};

/// The page, without a key.
async fn page(world: &World, query: &str) -> Reply {
    let reply = world.call(world.client.get(format!("{}/dashboard{query}", world.base))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_sandbox_says_that_no_money_moves_and_that_nothing_happened() {
    let world = World::start().await;
    let shown = page(&world, "").await;
    assert!(shown.text.contains("No money moves here."));
    assert!(shown.text.contains("Nothing has happened yet."));
    assert!(
        !shown.text.contains("<script") && !shown.text.contains("http"),
        "it needs nothing from elsewhere"
    );
    assert!(
        shown.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_shows_what_there_is_with_the_clock_and_the_state_of_deliveries() {
    let world = World::start().await;
    let (refusing, taking) = (Receiver::start(500).await, Receiver::start(200).await);
    for (receiver, event) in [(&refusing, "invoice.paid"), (&taking, "customer.created")] {
        let form = [("url", receiver.url.as_str()), ("enabled_events[0]", event)];
        world.post("/v1/webhook_endpoints", &form).await;
    }
    world.advance(90_000).await;
    let (customer, price) = (world.customer("pm_card_visa").await, world.price(5400, "month", 3).await);
    let subscription = world.subscribe(&customer, &price, &[]).await;
    refusing.wait_for(2).await;
    taking.wait_for(1).await;
    // A delivery that came is settled a moment later.
    let shown = until("a delivery is shown as delivered", async || {
        Some(page(&world, "?account=sandbox").await.text).filter(|shown| shown.contains(">delivered<"))
    })
    .await;
    let expected = [
        customer.as_str(),
        &id(&subscription),
        &id(&subscription["latest_invoice"]),
        "$54.00 every 3 months",
        "jenny@example.com",
        "active",
        "succeeded",
        ">delivered<",
        ">nobody listens<",
        ">tried ",
        &taking.url,
        "1 d 1 h ahead",
        "Key <code>sk_test_sandbox</code>",
    ];
    for part in expected {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(!shown.contains("whsec_"), "secrets are not shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_lead_to_one_account_and_whatever_was_sent_is_escaped() {
    let mut world = World::start().await;
    world.post("/v1/customers", &[("name", "<script>alert('x')</script>")]).await;
    world.key = "sk_test_other".into();
    for number in 0..8 {
        world.post("/v1/customers", &[("name", &format!("name-{number}"))]).await;
    }
    let all = page(&world, "").await.text;
    assert!(
        all.contains("href=\"/dashboard?account=other\"") && all.contains("&lt;script&gt;alert(&#39;x&#39;)")
    );
    assert!(!all.contains("<script"));
    assert!(all.contains("Customers (8, the newest 5)") && !all.contains("name-0"));
    let one = page(&world, "?account=other").await.text;
    assert!(one.contains("Customers (8)") && one.contains("name-0") && !one.contains("alert"));
    let none = page(&world, "?account=%3Cb%3E").await.text;
    assert!(none.contains("There is no account &lt;b&gt;."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_that_faults_are_on_and_is_not_struck_by_them() {
    let world = World::start().await;
    let faults = json!({ "rules": [{ "target": "request", "share": 1 }] });
    world.call(world.client.post(format!("{}/_sandbox/faults", world.base)).json(&faults)).await.ok();
    assert!(page(&world, "").await.text.contains("Faults on demand are on"));
}
