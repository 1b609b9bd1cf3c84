//! Answers that come at once.

use super::*;

testkit::on_both_databases!(
    what_the_service_reports_is_what_is_paid,
    the_allowance_pays_for_a_request_within_the_largest,
    the_bodies_pass_untouched_but_for_what_is_ours,
    trap_15_without_a_report_what_came_is_counted_and_flagged,
    a_request_that_costs_more_than_it_was_held_for_takes_the_rest_from_the_balance,
    whoever_is_out_of_tokens_is_refused_before_the_service_is_asked,
    a_backend_asks_on_behalf_of_a_member_for_a_feature,
    what_cannot_be_priced_is_refused_in_openais_form,
);

async fn what_the_service_reports_is_what_is_paid(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let answer = ask(&member, asking(json!({"words": 7}))).await.expect(200);
    assert_eq!(answer["choices"][0]["message"]["content"], "word ".repeat(7));
    assert_eq!(answer["usage"]["completion_tokens"], 7);
    assert_eq!(available(&member).await, 100_000 - reported(7));
    let days = "SELECT COUNT(*) FROM usage_days WHERE feature = 'ai_chat' AND model = 'gpt-5-mini' AND ai_requests = 1";
    assert_eq!(count(&app, days).await, 1);
    let tokens = "SELECT CAST(SUM(tokens) AS BIGINT) FROM usage_days WHERE feature = 'ai_chat'";
    assert_eq!(count(&app, tokens).await, reported(7));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE estimated").await, 0);
    nothing_is_held(&app).await;
}

async fn the_allowance_pays_for_a_request_within_the_largest(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = app.register().await;
    ask(&member, asking(json!({}))).await.expect(200);
    let mut large = asking(json!({}));
    large["max_tokens"] = json!(4_001);
    error(ask(&member, large).await, 403, "out_of_tokens");
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!((&usage["allowance"]["used"], &usage["today"]["tokens"]), (&json!(1), &json!(0)));
    nothing_is_held(&app).await;
}

async fn the_bodies_pass_untouched_but_for_what_is_ours(database: Database) {
    let upstream = Upstream::start().await;
    let catalog = unlimited().replacen(
        "name = \"gpt-5-mini\"\n",
        "name = \"gpt-5-mini\"\nupstream = \"mine\"\nupstream_model = \"mini-2026\"\n",
        1,
    );
    let mine = format!("mine={}", upstream.url);
    let more = [("AI_UPSTREAMS", mine.as_str()), ("AI_UPSTREAM_KEYS", "mine=sk-of-ours")];
    let app = shop_with(database, &upstream, &catalog, &more).await;
    let member = with_tokens(&app).await;
    let picture =
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}});
    let body = json!({
        "model": "gpt-5-mini", "temperature": 0.1, "seed": 9_007_199_254_740_993_i64, "not_known": [{"a": null}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Look"}, picture]}],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    });
    ask(&member, body.clone()).await.expect(200);
    let mut expected = body;
    expected["model"] = json!("mini-2026");
    expected["max_completion_tokens"] = json!(2_000);
    assert_eq!(upstream.requests(), [expected]);
    assert_eq!(upstream.last_header("authorization").as_deref(), Some("Bearer sk-of-ours"));
    assert_eq!(upstream.last_header("cookie"), None);
}

async fn trap_15_without_a_report_what_came_is_counted_and_flagged(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let nothing = json!({"prompt_tokens": 0, "completion_tokens": 0});
    for usage in [Value::Null, nothing] {
        let before = available(&member).await;
        ask(&member, asking(json!({"words": 8, "usage": usage}))).await.expect(200);
        // "Hi", and 40 characters.
        assert_eq!(before - available(&member).await, price(1, 0, 10));
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE estimated").await, 2);
}

async fn a_request_that_costs_more_than_it_was_held_for_takes_the_rest_from_the_balance(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let usage = json!({"prompt_tokens": 1_000, "completion_tokens": 3_000});
    ask(&member, asking(json!({ "usage": usage }))).await.expect(200);
    assert_eq!(available(&member).await, 100_000 - price(1_000, 0, 3_000));
    // As far as it goes: nobody owes anything.
    let usage = json!({"prompt_tokens": 0, "completion_tokens": 1_000_000});
    ask(&member, asking(json!({ "usage": usage }))).await.expect(200);
    assert_eq!(available(&member).await, 0);
    nothing_is_held(&app).await;
}

async fn whoever_is_out_of_tokens_is_refused_before_the_service_is_asked(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    for body in [asking(json!({})), streaming(json!({}))] {
        let refused = error(ask(&member, body).await, 403, "out_of_ai_requests");
        assert_eq!(
            (&refused["type"], &refused["upgrade_to"]),
            (&json!("insufficient_quota"), &json!("community-pro"))
        );
        assert!(refused["resets_at"].is_string() && refused["allowance"]["limit"] == 3, "{refused:#}");
    }
    assert_eq!(upstream.requests(), Vec::<Value>::new());
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 0);
    error(app.anyone().post(CHAT, asking(json!({}))).await, 401, "unauthenticated");
}

async fn a_backend_asks_on_behalf_of_a_member_for_a_feature(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await.header("x-feature", "ai_upload");
    ask(&backend, asking(json!({}))).await.expect(200);
    let uploads = "SELECT COUNT(*) FROM usage_days WHERE feature = 'ai_upload' AND ai_requests = 1";
    assert_eq!(count(&app, uploads).await, 1);
    let wrong =
        error(ask(&backend.header("x-feature", "a b"), asking(json!({}))).await, 400, "invalid_request");
    assert_eq!(wrong["param"], "feature");
}

async fn what_cannot_be_priced_is_refused_in_openais_form(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = app.register().await;
    for (field, value) in
        [("model", json!(null)), ("messages", json!("Hi")), ("max_tokens", json!(32_001)), ("n", json!(0))]
    {
        let mut body = asking(json!({}));
        body[field] = value;
        assert_eq!(error(ask(&member, body).await, 400, "invalid_request")["param"], field);
    }
    error(member.post_bytes(CHAT, "application/json", "{").await, 400, "invalid_json");
    error(member.post_bytes(CHAT, "text/plain", "{}").await, 415, "unsupported_media_type");
    let endless = vec![b' '; 9 * 1024 * 1024];
    error(member.post_bytes(CHAT, "application/json", endless).await, 413, "payload_too_large");
    let mut body = asking(json!({}));
    body["model"] = json!("gpt-image-1");
    assert_eq!(error(ask(&member, body).await, 400, "invalid_request")["param"], "model");
    assert_eq!(upstream.requests(), Vec::<Value>::new());
}
