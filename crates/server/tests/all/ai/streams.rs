//! Answers that come in parts, in OpenAI's form.

use super::*;

testkit::on_both_databases!(
    an_answer_comes_in_openais_form_and_is_paid_by_its_last_chunk,
    the_usage_is_for_who_has_asked_for_it,
    trap_15_a_stream_without_usage_is_counted,
    the_demo_streams_in_the_same_form,
    the_connection_of_a_stream_that_has_ended_is_used_again,
    an_event_of_several_lines_comes_in_one,
);

async fn an_answer_comes_in_openais_form_and_is_paid_by_its_last_chunk(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let reply = ask(&member, streaming(json!({"words": 3}))).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    let events = events(reply.body.as_str().unwrap());
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!(last, "[DONE]");
    let chunks: Vec<Value> = chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    let said: String =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(said, "word word word ");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "stop");
    assert!(
        chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk.get("usage").is_none())
    );
    assert_eq!(available(&member).await, 100_000 - reported(3), "settled before the end is told");
    assert_eq!(upstream.aborted(), 0);
    nothing_is_held(&app).await;
}

async fn the_usage_is_for_who_has_asked_for_it(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let mut body = streaming(json!({}));
    body["stream_options"] = json!({"include_usage": true, "include_obfuscation": false});
    let reply = ask(&member, body).await;
    let events = events(reply.body.as_str().unwrap());
    let usage: Value = serde_json::from_str(&events[events.len() - 2]).unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]["prompt_tokens"]), (&json!([]), &json!(upstream::PROMPT)));
    let asked = &upstream.requests()[0]["stream_options"];
    assert_eq!(*asked, json!({"include_usage": true, "include_obfuscation": false}));
    ask(&member, streaming(json!({}))).await.expect(200);
    assert_eq!(upstream.requests()[1]["stream_options"], json!({"include_usage": true}), "asked in any case");
}

async fn trap_15_a_stream_without_usage_is_counted(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let reply = ask(&member, streaming(json!({"words": 8, "usage": null}))).await;
    assert!(reply.body.as_str().unwrap().ends_with("data: [DONE]\n\n"));
    assert_eq!(available(&member).await, 100_000 - price(1, 0, 10));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE estimated").await, 1);
    nothing_is_held(&app).await;
}

async fn the_demo_streams_in_the_same_form(database: Database) {
    let app = crate::billing::support::shop(database).await;
    let member = with_tokens(&app).await;
    let mut body = streaming(json!({}));
    body["model"] = json!("demo");
    body["stream_options"] = json!({"include_usage": true});
    let reply = ask(&member, body.clone()).await;
    let events = events(reply.body.as_str().unwrap());
    assert_eq!(events.last().unwrap(), "[DONE]");
    let usage: Value = serde_json::from_str(&events[events.len() - 2]).unwrap();
    let total = usage["usage"]["total_tokens"].as_i64().unwrap();
    assert_eq!(available(&member).await, 100_000 - total);
    body["stream"] = json!(false);
    let whole = ask(&member, body).await.expect(200);
    assert!(whole["choices"][0]["message"]["content"].as_str().unwrap().contains("no AI model was asked"));
    assert_eq!(whole["usage"]["total_tokens"], total);
    nothing_is_held(&app).await;
}

async fn the_connection_of_a_stream_that_has_ended_is_used_again(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let again = async || {
        ask(&member, streaming(json!({}))).await.expect(200);
        upstream.last_used_a_connection_again().then_some(())
    };
    wait_until("a connection is used again", again).await;
}

async fn an_event_of_several_lines_comes_in_one(database: Database) {
    let upstream = Upstream::start().await;
    let app = shop(database, &upstream).await;
    let member = with_tokens(&app).await;
    let mut body = streaming(json!({"words": 3, "lines": true}));
    // Else every chunk is written anew.
    body["stream_options"] = json!({"include_usage": true});
    let reply = ask(&member, body).await;
    let events = events(reply.body.as_str().unwrap());
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!(last, "[DONE]");
    assert!(chunks.iter().all(|chunk| !chunk.contains('\n')), "a second line without `data:` would be lost");
    let read = |chunk: &String| serde_json::from_str::<Value>(chunk).expect(chunk);
    let said: Vec<_> = chunks.iter().map(read).collect();
    assert_eq!(said.iter().filter(|chunk| chunk["choices"][0]["delta"]["content"] == "word ").count(), 3);
    assert_eq!(available(&member).await, 100_000 - reported(3));
}
