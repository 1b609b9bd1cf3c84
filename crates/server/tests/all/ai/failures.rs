//! A service that fails: nothing is paid for nothing, and its troubles are not the member's.

use super::*;

testkit::on_both_databases!(
    what_the_service_refuses_is_passed_on_in_its_words,
    the_services_troubles_are_told_as_such_and_cost_nothing,
    a_service_that_is_down_or_silent_costs_nothing,
    an_answer_that_is_cut_is_paid_as_far_as_it_came_and_says_so,
    an_answer_that_breaks_off_before_its_first_word_costs_nothing,
    an_answer_is_whole_at_its_end_and_not_at_a_reason_that_every_part_names,
    what_a_service_reports_or_writes_beyond_everything_is_not_paid,
);

async fn what_the_service_refuses_is_passed_on_in_its_words(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    for body in [asking(json!({"fail": 400})), streaming(json!({"fail": 400}))] {
        let refused = error(ask(&member, body).await, 400, "context_length_exceeded");
        assert_eq!(
            (&refused["message"], &refused["param"]),
            (&json!("The service says no."), &json!("messages"))
        );
    }
    assert_eq!(available(&member).await, 100_000);
    nothing_is_held(&app).await;
}

async fn the_services_troubles_are_told_as_such_and_cost_nothing(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    for (fail, status, code) in [
        (401, 502, "upstream_failed"),
        (403, 502, "upstream_failed"),
        (404, 502, "upstream_failed"),
        (429, 503, "upstream_busy"),
        (200, 502, "upstream_failed"),
        (500, 502, "upstream_failed"),
        (503, 502, "upstream_failed"),
        (504, 504, "upstream_timeout"),
        (307, 502, "upstream_failed"),
    ] {
        for body in [asking(json!({ "fail": fail })), streaming(json!({ "fail": fail }))] {
            let reply = ask(&member, body).await;
            if fail == 429 {
                assert_eq!(reply.header("retry-after"), Some("9"));
            }
            let told = error(reply, status, code);
            assert!(!told["message"].as_str().unwrap().contains("service says"), "{told}");
        }
    }
    assert_eq!(available(&member).await, 100_000);
    assert_eq!(upstream.requests().len(), 18, "each was sent once");
    nothing_is_held(&app).await;
}

async fn a_service_that_is_down_or_silent_costs_nothing(database: Database) {
    let upstream = Upstream::start().await;
    let catalog = format!(
        "{}\n[[models]]\nname = \"down\"\nkind = \"chat\"\nupstream = \"down\"\ninput = 1\noutput = 1\n",
        unlimited()
    );
    let settings = [("AI_UPSTREAMS", "down=http://127.0.0.1:1/v1"), ("AI_UPSTREAM_SILENCE", "1")];
    let app = shop_with(database, &upstream, &catalog, &settings).await;
    let member = with_tokens(&app).await;
    let mut down = asking(json!({}));
    down["model"] = json!("down");
    error(ask(&member, down).await, 503, "upstream_unreachable");
    for body in [asking(json!({"stall": true})), streaming(json!({"stall": true}))] {
        error(ask(&member, body).await, 504, "upstream_timeout");
    }
    assert_eq!(available(&member).await, 100_000);
    nothing_is_held(&app).await;
    let reply = ask(&member, streaming(json!({"words": 8, "stall_after": 4}))).await;
    let events = events(reply.body.as_str().unwrap());
    assert!(events.last().unwrap().contains("upstream_timeout"), "{events:?}");
    assert_eq!(available(&member).await, 100_000 - price(1, 0, 5), "20 characters came");
    nothing_is_held(&app).await;
}

async fn an_answer_that_is_cut_is_paid_as_far_as_it_came_and_says_so(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    for act in [json!({"words": 8, "cut_after": 4}), json!({"words": 8, "error_after": 4})] {
        let before = available(&member).await;
        let reply = ask(&member, streaming(act)).await;
        let events = events(reply.body.as_str().unwrap());
        let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "upstream_failed");
        assert_eq!(events.iter().filter(|event| event.contains("word ")).count(), 4);
        assert_eq!(before - available(&member).await, price(1, 0, 5));
    }
    nothing_is_held(&app).await;
}

async fn an_answer_that_breaks_off_before_its_first_word_costs_nothing(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let reply = ask(&member, streaming(json!({"cut_after": 0}))).await;
    assert!(reply.body.as_str().unwrap().contains("upstream_failed"), "{}", reply.body);
    assert_eq!(available(&member).await, 100_000);
    nothing_is_held(&app).await;
}

async fn an_answer_is_whole_at_its_end_and_not_at_a_reason_that_every_part_names(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    for reason in ["", "stop"] {
        let cut = ask(&member, streaming(json!({"words": 8, "cut_after": 4, "reason": reason}))).await;
        let told = events(cut.body.as_str().unwrap());
        assert!(told.last().unwrap().contains("upstream_failed"), "{reason:?}: {told:?}");
        let whole = ask(&member, streaming(json!({"words": 8, "reason": reason}))).await;
        assert_eq!(events(whole.body.as_str().unwrap()).last().unwrap(), "[DONE]");
    }
    assert_eq!(available(&member).await, 100_000 - 2 * (price(1, 0, 5) + reported(8)));
    nothing_is_held(&app).await;
}

async fn what_a_service_reports_or_writes_beyond_everything_is_not_paid(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let much = json!({"prompt_tokens": 1, "completion_tokens": 1_000_000_000_000_i64});
    ask(&member, asking(json!({"words": 8, "usage": much}))).await.expect(200);
    let counted = price(1, 0, 10);
    assert_eq!(available(&member).await, 100_000 - counted, "what was written is counted");
    // Its limit is 1,000 tokens.
    ask(&member, streaming(json!({"words": 2_000, "usage": null}))).await.expect(200);
    assert_eq!(available(&member).await, 100_000 - counted - price(1, 0, 1_000));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE estimated").await, 2);
    nothing_is_held(&app).await;
}
