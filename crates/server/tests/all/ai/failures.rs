//! A service that fails: nothing is paid for nothing, and its troubles are not the member's.

use super::*;

testkit::on_both_databases!(
    what_the_service_refuses_is_passed_on_in_its_words,
    the_services_troubles_are_told_as_such_and_cost_nothing,
    a_service_that_is_down_or_silent_costs_nothing,
    an_answer_that_is_cut_is_paid_as_far_as_it_came_and_says_so,
    an_answer_that_breaks_off_before_its_first_word_costs_nothing,
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
    assert_eq!(upstream.requests().len(), 16, "each was sent once");
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
