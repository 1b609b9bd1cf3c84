//! Clients that leave: the request ends at the service as well, and only what was taken is paid.

use super::*;
use std::time::Duration;

testkit::on_both_databases!(
    trap_14_who_leaves_before_the_first_word_pays_nothing,
    trap_14_who_leaves_before_an_answer_that_is_not_streamed_pays_nothing,
    trap_15_who_leaves_in_the_middle_pays_for_what_was_streamed,
    who_leaves_once_everything_is_there_pays_what_is_reported,
    an_answer_under_way_when_the_program_ends_is_paid_as_far_as_it_came,
);

async fn is_gone(upstream: &Upstream) {
    wait_until("the request at the service has ended", async || (upstream.open() == 0).then_some(())).await;
}

async fn trap_14_who_leaves_before_the_first_word_pays_nothing(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    // The service says who speaks, and then nothing.
    let mut reader = Reader::open(&member, CHAT, streaming(json!({"stall_after": 0}))).await;
    reader.until("assistant", 1).await;
    assert_eq!(upstream.open(), 1);
    drop(reader);
    is_gone(&upstream).await;
    nothing_is_held(&app).await;
    assert_eq!((available(&member).await, upstream.aborted()), (100_000, 1));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE status = 'voided'").await, 1);
}

async fn trap_14_who_leaves_before_an_answer_that_is_not_streamed_pays_nothing(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    for body in [asking(json!({"stall": true})), streaming(json!({"stall": true}))] {
        let request = member.request(Method::POST, CHAT).json(&body);
        let waiting = tokio::spawn(request.send());
        wait_until("the service is asked", async || (upstream.open() == 1).then_some(())).await;
        waiting.abort();
        is_gone(&upstream).await;
        nothing_is_held(&app).await;
        assert_eq!(available(&member).await, 100_000);
    }
    assert_eq!(upstream.aborted(), 2);
}

async fn trap_15_who_leaves_in_the_middle_pays_for_what_was_streamed(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let mut reader = Reader::open(&member, CHAT, streaming(json!({"words": 900, "stall_after": 800}))).await;
    reader.until("word ", 800).await;
    drop(reader);
    is_gone(&upstream).await;
    nothing_is_held(&app).await;
    // 800 words of five characters were read, and nothing more had come.
    assert_eq!(available(&member).await, 100_000 - price(1, 0, 1_000));
    assert_eq!(upstream.aborted(), 1);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE estimated").await, 1);
}

async fn who_leaves_once_everything_is_there_pays_what_is_reported(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let mut reader = Reader::open(&member, CHAT, streaming(json!({"words": 4}))).await;
    reader.until("\"finish_reason\":\"stop\"", 1).await;
    drop(reader);
    nothing_is_held(&app).await;
    assert_eq!(available(&member).await, 100_000 - reported(4));
}

async fn an_answer_under_way_when_the_program_ends_is_paid_as_far_as_it_came(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let mut reader = Reader::open(&member, CHAT, streaming(json!({"words": 900, "stall_after": 800}))).await;
    reader.until("word ", 800).await;
    let app = app.restart_within(Duration::from_millis(100)).await;
    assert_eq!(
        count(&app, "SELECT paid FROM token_holds WHERE status = 'captured'").await,
        price(1, 0, 1_000)
    );
    assert!(reader.response.chunk().await.is_err(), "cut, without an end");
    nothing_is_held(&app).await;
}
