//! How much later the first part of an answer comes than it would without the gateway.

use super::*;
use std::time::Duration;
use tokio::time::Instant;

testkit::on_both_databases!(the_first_byte_comes_almost_as_soon_as_from_the_service_itself,);

const TIMES: usize = 60;
/// Far more than it takes also in a debug build on a busy machine: what is measured is printed.
const FAR_TOO_LONG: Duration = Duration::from_millis(250);

/// The median time to the first part of an answer.
async fn first_byte(who: &Client, path: &str, body: Value) -> Duration {
    let mut times = vec![];
    for _ in 0..TIMES {
        let request = who.request(Method::POST, path).json(&body);
        let started = Instant::now();
        let mut response = request.send().await.unwrap();
        assert!(!response.chunk().await.unwrap().unwrap().is_empty());
        times.push(started.elapsed());
        // So that the connection can be used again.
        while response.chunk().await.unwrap().is_some() {}
    }
    times.sort();
    times[TIMES / 2]
}

async fn the_first_byte_comes_almost_as_soon_as_from_the_service_itself(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let direct = app.anyone().at(upstream.url.trim_end_matches("/v1"));
    let body = streaming(json!({"words": 2}));
    let mut medians = vec![];
    for _ in 0..2 {
        // The second time everything is warm.
        medians = vec![
            first_byte(&direct, CHAT, body.clone()).await,
            first_byte(&member, CHAT, body.clone()).await,
            first_byte(&member, &at("usage/consume/"), json!({})).await,
        ];
    }
    let [without, with, admission] = medians[..] else { panic!("three were measured") };
    let added = with.saturating_sub(without);
    println!(
        "first byte, median of {TIMES}: {without:?} from the service, {with:?} by the gateway: {added:?} more; \
         an admission alone takes {admission:?}"
    );
    assert!(added < FAR_TOO_LONG, "{added:?}");
}
