//! The AI chat: admitted before its first word, paid by what was used, and nothing stays held.

use super::support::{at, backend, balance, books_agree, buy, consume, count, shop};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Client, Database, Reply, wait_until};

testkit::on_both_databases!(
    the_allowance_pays_for_an_answer_and_then_tokens_do,
    an_answer_is_streamed_and_ends_with_what_it_cost,
    a_refusal_comes_before_the_first_byte_and_consumes_nothing,
    trap_14_who_leaves_before_the_first_part_pays_nothing,
    trap_15_who_leaves_in_the_middle_pays_for_what_was_streamed,
    a_large_request_draws_tokens_entirely,
    a_key_asks_on_behalf_of_a_member,
    a_retry_under_a_key_gets_the_same_answer_and_pays_nothing,
    a_retry_of_a_stream_under_a_key_pays_nothing,
    streamed_or_not_it_is_the_same_request_under_its_key,
    what_is_no_conversation_is_refused,
);

const CHAT: &str = "/api/v1/ai/chat/";

fn asking(content: &str) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

fn streaming(content: &str) -> Value {
    let mut body = asking(content);
    body["stream"] = json!(true);
    body
}

/// Tokens of a text, by the documented rule.
fn tokens(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap().div_euclid(4)
        + i64::from(!text.chars().count().is_multiple_of(4))
}

async fn ask(who: &Client, body: Value) -> Reply {
    who.post(CHAT, body).await
}

/// A member whose allowance is used up, with a hundred thousand tokens.
async fn with_tokens_only(app: &App) -> Client {
    let member = app.register().await;
    buy(&member, "starter").await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    member
}

/// The events of a stream, by their names.
fn events(reply: &Reply) -> Vec<(String, Value)> {
    let text = reply.body.as_str().expect("a stream is no JSON");
    let event = |block: &str| {
        let (name, data) = block.split_once('\n').unwrap();
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        (name, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap())
    };
    text.split("\n\n").filter(|block| !block.is_empty()).map(event).collect()
}

fn said(events: &[(String, Value)]) -> String {
    events.iter().filter_map(|(_, data)| data["text"].as_str()).collect()
}

async fn nothing_is_held(app: &App) {
    let held = async || {
        let open = "SELECT COUNT(*) FROM token_holds WHERE status = 'held'";
        (count(app, open).await == 0).then_some(())
    };
    wait_until("nothing is held", held).await;
    books_agree(app).await;
}

async fn the_allowance_pays_for_an_answer_and_then_tokens_do(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let answer = ask(&member, asking("How do I begin?")).await.expect(200);
    let text = answer["message"]["content"].as_str().unwrap();
    assert!(answer["id"].as_str().unwrap().starts_with("chat_"));
    assert_eq!((&answer["model"], &answer["message"]["role"]), (&json!("demo"), &json!("assistant")));
    assert!(text.contains("“How do I begin?”") && text.contains("no AI model was asked"), "{text}");
    let output = tokens(text);
    assert!((60..=130).contains(&output), "{output}");
    assert_eq!(
        answer["usage"],
        json!({"input_tokens": 4, "output_tokens": output, "total_tokens": 4 + output})
    );
    assert_eq!((&answer["source"], &answer["tokens"]), (&json!("allowance"), &json!(0)));
    assert_eq!((&answer["allowance"]["used"], &answer["allowance"]["remaining"]), (&json!(1), &json!(2)));
    assert_eq!(answer["balance"], json!({"available": 0, "held": 0}));

    buy(&member, "starter").await;
    for _ in 0..2 {
        assert_eq!(ask(&member, asking("More?")).await.expect(200)["source"], "allowance");
    }
    let paid = ask(&member, asking("Tell me a long story")).await.expect(200);
    let total = paid["usage"]["total_tokens"].as_i64().unwrap();
    assert!((360..=450).contains(&total), "{total}");
    assert_eq!((&paid["source"], &paid["tokens"]), (&json!("tokens"), &json!(total)));
    assert_eq!(paid["balance"], json!({"available": 100_000 - total, "held": 0}));
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["today"], json!({"ai_requests": 4, "tokens": total}));
    let history = member.get(&at("tokens/history/")).await.expect(200);
    assert_eq!(history["data"][0]["description"], "ai_chat");
    nothing_is_held(&app).await;
}

async fn an_answer_is_streamed_and_ends_with_what_it_cost(database: Database) {
    let app = shop(database).await;
    let member = with_tokens_only(&app).await;
    let whole = ask(&member, asking("Is this real?")).await.expect(200);
    let reply = ask(&member, streaming("Is this real?")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    let events = events(&reply);
    assert_eq!(said(&events), whole["message"]["content"], "the same answer");
    let (deltas, last) = events.split_at(events.len() - 1);
    assert!(deltas.len() > 20 && deltas.iter().all(|(name, _)| name == "delta"));
    let (name, done) = &last[0];
    assert_eq!(name, "done");
    let tokens = whole["tokens"].as_i64().unwrap();
    assert_eq!((&done["usage"], &done["tokens"]), (&whole["usage"], &json!(tokens)));
    assert_eq!(done.get("message"), None);
    assert_eq!(done["balance"], json!({"available": 100_000 - 2 * tokens, "held": 0}));
    nothing_is_held(&app).await;
}

async fn a_refusal_comes_before_the_first_byte_and_consumes_nothing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    for _ in 0..3 {
        consume(&member).await.expect(200);
    }
    for body in [asking("Hi"), streaming("Hi")] {
        let refused = ask(&member, body).await.problem(403, "out_of_ai_requests");
        assert_eq!(
            (&refused["upgrade_to"], &refused["allowance"]["used"]),
            (&json!("community-pro"), &json!(3))
        );
    }
    buy(&member, "starter").await;
    member.post(&at("usage/consume/"), json!({"tokens": 99_900})).await.expect(200);
    for body in [asking("Hi"), streaming("Hi")] {
        let refused = ask(&member, body).await.problem(403, "out_of_tokens");
        assert_eq!(refused["balance"], json!({"available": 100, "held": 0}));
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 0);
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["today"], json!({"ai_requests": 4, "tokens": 99_900}));
    books_agree(&app).await;
}

async fn trap_14_who_leaves_before_the_first_part_pays_nothing(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let (out, reading) = billing::ai::relay();
    drop(reading);
    let me = balance(&member).await["account_id"].as_str().unwrap().to_owned();
    let place = app.billing().enter_ai(domain::ids::AccountId::from_stored(me)).await.unwrap();
    let chat = billing::ai::Chat {
        place,
        messages: vec![billing::ai::Message { role: billing::ai::Role::User, content: "Hi".to_owned() }],
        model: None,
        max_output: None,
        streamed: true,
        feature: None,
        key: None,
    };
    assert_eq!(app.billing().chat(chat, out).await.unwrap(), None);
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!((&usage["today"]["ai_requests"], &usage["allowance"]["used"]), (&json!(0), &json!(0)));
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds WHERE status = 'voided'").await, 1);
    nothing_is_held(&app).await;
}

async fn trap_15_who_leaves_in_the_middle_pays_for_what_was_streamed(database: Database) {
    let app = shop(database).await;
    let member = with_tokens_only(&app).await;
    let request = member.request(Method::POST, CHAT).json(&streaming("A long one, please"));
    let mut reading = request.send().await.unwrap();
    let mut read = String::new();
    while read.matches("event: delta").count() < 12 {
        read += std::str::from_utf8(&reading.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert_eq!(balance(&member).await["held"], 505, "the estimate is held meanwhile");
    drop(reading);
    nothing_is_held(&app).await;
    let whole = ask(&member, asking("A long one, please")).await.expect(200)["tokens"].as_i64().unwrap();
    let paid = 100_000 - whole - balance(&member).await["available"].as_i64().unwrap();
    // What was read, and at most what was on its way.
    let was_read = Reply { status: 200, headers: reqwest::header::HeaderMap::default(), body: json!(read) };
    let least = 5 + tokens(&said(&events(&was_read)));
    assert!(least <= paid && paid < whole, "{least} <= {paid} < {whole}");
    let used = "SELECT used FROM token_holds ORDER BY id LIMIT 1";
    assert_eq!(count(&app, used).await, paid);
}

async fn a_large_request_draws_tokens_entirely(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let large = "x".repeat(4 * 3_600);
    ask(&member, asking(&large)).await.problem(403, "out_of_tokens");
    buy(&member, "starter").await;
    let answer = ask(&member, asking(&large)).await.expect(200);
    assert_eq!((&answer["source"], &answer["usage"]["input_tokens"]), (&json!("tokens"), &json!(3_600)));
    assert_eq!(answer["tokens"], answer["usage"]["total_tokens"]);
    let mut short = asking(&large);
    short["max_output_tokens"] = json!(10);
    let answer = ask(&member, short).await.expect(200);
    assert_eq!((&answer["source"], &answer["usage"]["output_tokens"]), (&json!("allowance"), &json!(10)));
    assert_eq!(answer["message"]["content"], "This is a demo: no AI model was asked, a");
    nothing_is_held(&app).await;
}

async fn a_key_asks_on_behalf_of_a_member(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let backend = backend(&app, &member).await;
    ask(&backend, asking("Hi")).await.expect(200);
    let usage = member.get(&at("usage/")).await.expect(200);
    assert_eq!(usage["today"]["ai_requests"], 1);
    ask(&app.anyone(), asking("Hi")).await.problem(401, "unauthenticated");
}

async fn a_retry_under_a_key_gets_the_same_answer_and_pays_nothing(database: Database) {
    let app = shop(database).await;
    let member = with_tokens_only(&app).await;
    let keyed = member.key("once");
    let replies = join_all((0..4).map(|_| ask(&keyed, asking("Hi")))).await;
    let answered: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert!(!answered.is_empty());
    assert!(answered.iter().all(|reply| reply.body == answered[0].body));
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!((reply.status, &reply.body["code"]), (409, &json!("idempotency_key_in_use")));
        assert_eq!(reply.header("retry-after"), Some("5"));
    }
    let again = ask(&keyed, asking("Hi")).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200)["id"], answered[0].body["id"]);
    ask(&keyed, asking("Ho")).await.problem(409, "idempotency_key_reused");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions WHERE description = 'ai_chat'").await, 1);
    nothing_is_held(&app).await;
}

async fn a_retry_of_a_stream_under_a_key_pays_nothing(database: Database) {
    let app = shop(database).await;
    let member = with_tokens_only(&app).await.key("once");
    let request = member.request(Method::POST, CHAT).json(&streaming("A long one, please"));
    let mut reading = request.send().await.unwrap();
    reading.chunk().await.unwrap().unwrap();
    ask(&member, streaming("A long one, please")).await.problem(409, "idempotency_key_in_use");
    drop(reading);
    nothing_is_held(&app).await;
    let available = balance(&member).await["available"].clone();
    let again = ask(&member, streaming("A long one, please")).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let again = events(&again);
    let (name, done) = again.last().unwrap();
    assert_eq!((name.as_str(), &done["balance"]["available"]), ("done", &available));
    assert_eq!(done["usage"]["output_tokens"], tokens(&said(&again)), "as far as it was paid");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions WHERE description = 'ai_chat'").await, 1);
}

async fn streamed_or_not_it_is_the_same_request_under_its_key(database: Database) {
    let app = shop(database).await;
    let member = with_tokens_only(&app).await.key("once");
    let first = ask(&member, streaming("How do I begin?")).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let whole = ask(&member, asking("How do I begin?")).await;
    assert_eq!(whole.header("idempotent-replayed"), Some("true"));
    let whole = whole.expect(200);
    assert_eq!(whole["message"]["content"], said(&events(&first)));
    let mut plainly = asking("How do I begin?");
    plainly["stream"] = json!(false);
    assert_eq!(ask(&member, plainly).await.expect(200), whole);
    let mut shorter = asking("How do I begin?");
    shorter["max_output_tokens"] = json!(9);
    for other in [asking("How do I end?"), shorter] {
        ask(&member, other).await.problem(409, "idempotency_key_reused");
    }
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_transactions WHERE description = 'ai_chat'").await, 1);
    nothing_is_held(&app).await;
}

async fn what_is_no_conversation_is_refused(database: Database) {
    let app = shop(database).await;
    let member = app.register().await;
    let message = |content: &str| json!({"role": "user", "content": content});
    let longest = "x".repeat(50_000);
    let wrong = [
        (json!({}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": vec![message("x"); 101]}), "messages"),
        (json!({"messages": [message(&longest), message(&longest), message("x")]}), "messages"),
        (json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].role"),
        (json!({"messages": [message("x")], "max_output_tokens": 0}), "max_output_tokens"),
        (json!({"messages": [message("x")], "max_output_tokens": 32_001}), "max_output_tokens"),
    ];
    for (body, field) in wrong {
        for stream in [false, true] {
            let mut body = body.clone();
            body["stream"] = json!(stream);
            let refused = ask(&member, body).await.problem(422, "invalid_request");
            assert_eq!(refused["errors"][0]["field"], field);
        }
    }
    member.post_bytes(CHAT, "application/json", "{").await.problem(400, "invalid_json");
    member.post_bytes(CHAT, "text/plain", "{}").await.problem(415, "unsupported_media_type");
    let endless = "x".repeat(2 * 1024 * 1024);
    ask(&member, asking(&endless)).await.problem(413, "payload_too_large");
    // The longest that may be, in the bytes that it can have at most.
    let largest = json!({"messages": [message(&"\u{1F600}".repeat(100_000))]});
    ask(&member, largest).await.problem(403, "out_of_tokens");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM token_holds").await, 0);
}
