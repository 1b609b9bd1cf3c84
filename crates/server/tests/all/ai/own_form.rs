//! Our own form of the chat, answered by a service.

use super::*;

testkit::on_both_databases!(a_service_answers_in_our_own_form, its_failures_are_problems);

const OWN: &str = "/api/v1/ai/chat/";

fn own(more: Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn a_service_answers_in_our_own_form(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let whole = member.post(OWN, own(json!({"max_output_tokens": 50}))).await.expect(200);
    assert_eq!(
        (&whole["model"], &whole["message"]["content"]),
        (&json!("gpt-5-mini"), &json!("word ".repeat(5)))
    );
    assert_eq!(whole["usage"], json!({"input_tokens": 100, "output_tokens": 5, "total_tokens": 105}));
    assert_eq!(whole["tokens"], reported(5));
    assert_eq!(upstream.requests()[0]["max_completion_tokens"], 50);

    let reply = member.post(OWN, own(json!({"stream": true, "model": "gpt-5-mini"}))).await;
    let text = reply.body.as_str().unwrap();
    assert_eq!(text.matches("event: delta\ndata: {\"text\":\"word \"}\n\n").count(), 5, "{text}");
    let done = text.split("event: done\ndata: ").nth(1).unwrap();
    let done: Value = serde_json::from_str(done.trim()).unwrap();
    assert_eq!((&done["tokens"], &done["usage"]), (&json!(reported(5)), &whole["usage"]));
    nothing_is_held(&app).await;
}

async fn its_failures_are_problems(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    member.post(OWN, own(json!({"model": "gpt-9"}))).await.problem(404, "model_not_found");
    let wrong = member.post(OWN, own(json!({"model": "gpt-image-1"}))).await.problem(422, "invalid_request");
    assert_eq!(wrong["errors"][0]["field"], "model");
    member.post(OWN, own(json!({"max_output_tokens": 32_001}))).await.problem(422, "invalid_request");
    let keyed = member.key("once");
    keyed.post(OWN, own(json!({}))).await.expect(200);
    keyed.post(OWN, own(json!({}))).await.problem(409, "already_answered");
    assert_eq!(upstream.requests().len(), 1);
    nothing_is_held(&app).await;
}
